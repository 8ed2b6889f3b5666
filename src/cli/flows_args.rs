//! The arguments of `flows`, and what they mean.

use std::net::IpAddr;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::UsageError;
use super::shared_args::{ConfigArg, WindowArgs};
use crate::app::flows::{FlowsFormat, FlowsSettings};

/// Arguments of `flows`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow flows logs/ --ip 10.0.0.4 --denied           why is my connection blocked
  azflow flows logs/ --port 3389 --format ndjson | jq .src_ip
  azflow flows logs/ --rule DenyAllInBound --from 2024-08-19T17:00:00Z")]
pub struct FlowsArgs {
    /// Blob files, folders at any depth, patterns in quotes, - for standard input, or Azure Blob Storage: az://CONTAINER/PREFIX or an
    /// https address, with credentials as docs/azure.md says
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Only tuples with this address at either end
    #[arg(long, value_name = "ADDRESS")]
    ip: Option<IpAddr>,
    /// Only tuples with this port at either end
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Only denied tuples
    #[arg(long)]
    denied: bool,
    /// Only tuples of rules whose name contains this, whatever the case
    #[arg(long, value_name = "RULE")]
    rule: Option<String>,
    /// How rows are written
    #[arg(long, value_enum, default_value = "csv")]
    format: FormatArg,
    #[command(flatten)]
    window: WindowArgs,
    #[command(flatten)]
    pub file: ConfigArg,
    /// Exit with 4 if any tuple was rejected
    #[arg(long)]
    strict: bool,
    /// No progress and no closing line
    #[arg(long, short)]
    pub quiet: bool,
}

impl FlowsArgs {
    /// What these arguments mean.
    pub fn settings(self) -> Result<FlowsSettings, UsageError> {
        self.window.check()?;
        Ok(FlowsSettings {
            inputs: self.inputs,
            ip: self.ip,
            port: self.port,
            denied: self.denied,
            rule: self.rule,
            format: self.format.into(),
            from: self.window.from,
            to: self.window.to,
            strict: self.strict,
        })
    }
}

/// `flows --format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    Csv,
    Ndjson,
}

impl From<FormatArg> for FlowsFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Csv => Self::Csv,
            FormatArg::Ndjson => Self::Ndjson,
        }
    }
}
