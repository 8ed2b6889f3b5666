//! Arguments of `ingest` and `prune`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::args::UsageError;
use super::moment::{duration, moment};
use super::shared_args::{ConfigArg, IntervalArg, WatchArgs};
use crate::app::ingest::IngestSettings;
use crate::app::prune::PruneSettings;

/// Arguments of `ingest`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow ingest logs/ --workspace ws                       the first run reads everything, later ones what is new
  azflow ingest az://insights-logs-flowlogflowevent --workspace ws --since 2026-03-01
  azflow ingest logs/ --workspace ws --metrics textfile/azflow.prom --quiet")]
pub struct IngestArgs {
    /// Blob files, folders at any depth, patterns in quotes, or Azure Blob Storage: az://CONTAINER/PREFIX or an https address, with
    /// credentials as docs/azure.md says (.json, .json.gz, .json.zst)
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Folder of the workspace; made where there is none
    #[arg(long, value_name = "DIR")]
    workspace: PathBuf,
    /// Pass over blobs of hours before this moment without listing them (UTC: 2026-03-01 or 2026-03-01T17:30:00Z)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<i64>,
    /// Length of an interval of a new workspace [default: 10m]; an existing one keeps its own
    #[arg(long, value_enum)]
    interval: Option<IntervalArg>,
    #[command(flatten)]
    pub file: ConfigArg,
    #[command(flatten)]
    pub watch: WatchArgs,
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

impl IngestArgs {
    /// What these arguments mean.
    pub fn settings(self) -> Result<IngestSettings, UsageError> {
        if self.inputs.iter().any(|input| input == "-") {
            return Err(UsageError(
                "cannot ingest standard input: it has no name by which the next run would know it; hint: write it to a file",
            ));
        }
        Ok(IngestSettings {
            inputs: self.inputs,
            workspace: self.workspace,
            since: self.since,
            interval: self.interval.map(Into::into),
            threads: self.threads.map(usize::from),
            strict: self.strict,
        })
    }
}

/// Arguments of `prune`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow prune --workspace ws --keep 400d
  azflow prune --workspace ws --keep 400d --contacts 30d   contacts and open flows, the larger tables, for a month")]
pub struct PruneArgs {
    /// Folder of the workspace
    #[arg(long, value_name = "DIR")]
    workspace: PathBuf,
    /// How long before the newest row rows are kept: 24h, 400d …
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    keep: i64,
    /// How long contacts and open flows are kept [default: as long as everything else]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    contacts: Option<i64>,
    #[command(flatten)]
    pub file: ConfigArg,
    /// No closing lines
    #[arg(long, short)]
    pub quiet: bool,
}

impl PruneArgs {
    /// What these arguments mean.
    pub fn settings(self) -> PruneSettings {
        PruneSettings { workspace: self.workspace, keep: self.keep, contacts: self.contacts }
    }
}
