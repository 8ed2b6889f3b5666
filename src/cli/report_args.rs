//! Arguments of `report`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::args::UsageError;
use super::moment::duration;
use super::shared_args::{CompareArgs, ConfigArg, ListArgs, SeverityArg, WatchArgs, WindowArgs};
use super::view::ViewArgs;
use crate::app::analyze::AnalyzeSettings;
use crate::app::config_file::ConfigFile;
use crate::app::report::ReportSettings;
use crate::schema::finding::Severity;

/// Arguments of `report`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow report --workspace ws --out report --last 7d --compare previous
  azflow report --workspace ws --out week10 --from 2026-03-02 --to 2026-03-09 --title 'Week 10'
  azflow report --workspace ws --out monday --from 2026-03-09 --to 2026-03-10 --compare 2026-03-02
  azflow report --workspace ws --out report --last 24h --fail-on high    exit code 3 for a scheduled job")]
pub struct ReportArgs {
    /// Folder of the workspace, as azflow ingest made it
    #[arg(long, value_name = "DIR")]
    workspace: PathBuf,
    /// Folder for the report; it appears whole or not at all
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Topology: exports of VNets, NICs, NSGs … as for analyze; a file or a folder; may be given several times
    #[arg(long, value_name = "PATH")]
    topology: Vec<PathBuf>,
    #[command(flatten)]
    lists: ListArgs,
    #[command(flatten)]
    window: WindowArgs,
    /// Only the last 24h, 7d … of the workspace (or before --to); windows begin and end with a whole hour. Up to 30 days before a window
    /// are the history that detectors hold it against
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    last: Option<i64>,
    #[command(flatten)]
    compare: CompareArgs,
    #[command(flatten)]
    view: ViewArgs,
    /// Rows kept of the tables of pairs and ports; the rest becomes one row
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    top_rows: usize,
    /// Allow-list (TOML) of findings that are expected; may be given several times
    #[arg(long, value_name = "PATH")]
    allow_list: Vec<PathBuf>,
    #[command(flatten)]
    pub file: ConfigArg,
    #[command(flatten)]
    pub watch: WatchArgs,
    /// Exit with 3 if there is a finding of at least this severity
    #[arg(long, value_name = "SEVERITY", value_enum)]
    fail_on: Option<SeverityArg>,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Exit with 4 if any tuple was rejected
    #[arg(long)]
    strict: bool,
    /// No progress and no closing lines
    #[arg(long, short)]
    pub quiet: bool,
}

impl ReportArgs {
    /// What these arguments mean, with the settings of detectors and the allow-list of `config`.
    pub fn settings(self, config: Option<ConfigFile>) -> Result<ReportSettings, UsageError> {
        self.window.check()?;
        self.compare.check(self.window.from.is_some() || self.last.is_some())?;
        let analyze = AnalyzeSettings {
            topology: self.topology,
            geo: self.lists.geo,
            asn: self.lists.asn,
            service_tags: self.lists.service_tags,
            threat_lists: self.lists.threat_list,
            allow_lists: self.allow_list,
            config,
            from: self.window.from,
            to: self.window.to,
            last: self.last,
            compare: self.compare.compare,
            view: self.view.view(),
            top_rows: self.top_rows,
            threads: self.threads.map(usize::from),
            strict: self.strict,
            fail_on: self.fail_on.map(Severity::from),
            ..AnalyzeSettings::new(Vec::new(), self.out)
        };
        Ok(ReportSettings { workspace: self.workspace, analyze })
    }
}
