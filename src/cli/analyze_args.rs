//! The arguments of `analyze`, and what they mean.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::UsageError;
use super::moment::duration;
use super::shared_args::{CompareArgs, ConfigArg, IntervalArg, ListArgs, SeverityArg, WatchArgs, WindowArgs};
use super::view::ViewArgs;
use crate::app::analyze::AnalyzeSettings;
use crate::app::config_file::ConfigFile;
use crate::app::export::Export;
use crate::schema::finding::Severity;

/// Arguments of `analyze`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow analyze logs/ --out report
  azflow analyze PT1H.json.gz --out report --topology vnets.json --topology nics.json
  gzip -dc PT1H.json.gz | azflow analyze - --out report --quiet
  AZURE_USE_AZURE_CLI=true AZURE_STORAGE_ACCOUNT_NAME=logs1 azflow analyze az://insights-logs-flowlogflowevent --out report
  azflow analyze logs/ --out report --export nta      report/export/NTANetAnalytics.csv and .parquet
  azflow analyze logs/ --out report --last 24h --compare previous --title 'Night shift'
  azflow analyze logs/ --out report --fail-on high    exit code 3 for a scheduled job
  azflow analyze logs/ --out report --metrics textfile/azflow.prom
  azflow analyze --config azflow.toml                 inputs, out and more stand in the file")]
pub struct AnalyzeArgs {
    /// Blob files, folders at any depth, patterns in quotes, - for standard input, or Azure Blob Storage: az://CONTAINER/PREFIX or an
    /// https address, with credentials as docs/azure.md says (.json, .json.gz, .json.zst)
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Folder for the report; it appears whole or not at all
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Topology: exports of VNets, NICs, NSGs, load balancers, gateways, public addresses, flow logs … as JSON of Azure CLI,
    /// REST, PowerShell or Resource Graph, or own TOML; a file or a folder; may be given several times
    #[arg(long, value_name = "PATH")]
    topology: Vec<PathBuf>,
    #[command(flatten)]
    lists: ListArgs,
    #[command(flatten)]
    window: WindowArgs,
    /// Only the last 90m, 24h, 7d … before the newest tuple (or the newest one before --to)
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    last: Option<i64>,
    #[command(flatten)]
    compare: CompareArgs,
    #[command(flatten)]
    view: ViewArgs,
    /// Length of an interval over time
    #[arg(long, value_enum, default_value = "10m")]
    interval: IntervalArg,
    /// Rows kept of the tables of pairs and ports; the rest becomes one row
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    top_rows: usize,
    /// Also write export/ for other tools: nta is Traffic Analytics' table NTANetAnalytics, as CSV and Parquet
    #[arg(long, value_name = "FORMAT", value_enum)]
    export: Vec<ExportArg>,
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
    /// Threads to use [default: all cores, or 16 to read from Azure]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Exit with 4 if any tuple was rejected
    #[arg(long)]
    strict: bool,
    /// No progress and no closing lines
    #[arg(long, short)]
    pub quiet: bool,
}

impl AnalyzeArgs {
    /// What these arguments mean, with the settings of detectors and the allow-list of `config`.
    pub fn settings(self, config: Option<ConfigFile>) -> Result<AnalyzeSettings, UsageError> {
        self.window.check()?;
        if self.last.is_some() && self.inputs.iter().any(|input| input == "-") {
            return Err(UsageError("--last reads the input twice, which standard input does not allow: use --from"));
        }
        self.compare.check(self.window.from.is_some() || self.last.is_some())?;
        if self.compare.compare.is_some() && self.inputs.iter().any(|input| input == "-") {
            return Err(UsageError("--compare reads the input twice, which standard input does not allow; hint: give a file"));
        }
        Ok(AnalyzeSettings {
            inputs: self.inputs,
            out: self.out,
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
            interval: self.interval.into(),
            top_rows: self.top_rows,
            threads: self.threads.map(usize::from),
            exports: exports(&self.export),
            strict: self.strict,
            fail_on: self.fail_on.map(Severity::from),
        })
    }
}

/// `--export`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ExportArg {
    Nta,
}

impl From<ExportArg> for Export {
    fn from(export: ExportArg) -> Self {
        match export {
            ExportArg::Nta => Self::Nta,
        }
    }
}

/// Each export once, in the order asked for.
fn exports(asked: &[ExportArg]) -> Vec<Export> {
    let mut exports: Vec<Export> = Vec::new();
    for export in asked.iter().copied().map(Export::from) {
        if !exports.contains(&export) {
            exports.push(export);
        }
    }
    exports
}
