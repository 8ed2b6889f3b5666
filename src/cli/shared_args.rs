//! Arguments that several commands have: the configuration, who is told, the window, what it is compared with, lists of public addresses,
//! a severity, the length of an interval.

use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::UsageError;
use super::moment::moment;
use crate::app::previous::Compare;
use crate::schema::finding::Severity;
use crate::schema::units::Interval;

/// Which configuration.
#[derive(Debug, Default, ClapArgs)]
pub struct ConfigArg {
    /// Configuration (TOML) with options, settings of detectors and an allow-list [default: what AZFLOW_CONFIG names]
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// Who is told how a run ended.
#[derive(Debug, Default, ClapArgs)]
pub struct WatchArgs {
    /// Write Prometheus metrics of this run, also if it fails, for node_exporter's textfile collector (a file NAME.prom)
    #[arg(long, value_name = "PATH")]
    pub metrics: Option<PathBuf>,
    /// POST a summary of this run as JSON, also if it fails (https://… or http://…); if that fails, the run does not
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,
}

/// The window.
#[derive(Debug, ClapArgs)]
pub struct WindowArgs {
    /// Only tuples from this moment on (UTC: 2024-08-19 or 2024-08-19T17:30:00Z)
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    pub from: Option<i64>,
    /// Only tuples before this moment (UTC)
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    pub to: Option<i64>,
}

impl WindowArgs {
    /// Refuses a window in which nothing can lie.
    pub fn check(&self) -> Result<(), UsageError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from >= to => Err(UsageError("the window is empty: --from is not before --to")),
            _ => Ok(()),
        }
    }
}

/// What the window is compared with.
#[derive(Debug, ClapArgs)]
pub struct CompareArgs {
    /// Also read an earlier period of the window's length, and say what changed since: previous, just before the window (--from or
    /// --last), or TIME (UTC), when it begins
    #[arg(long, value_name = "previous|TIME", value_parser = compare, allow_negative_numbers = true)]
    pub compare: Option<Compare>,
}

impl CompareArgs {
    /// Refuses a comparison of a window whose length is not known.
    pub fn check(&self, has_beginning: bool) -> Result<(), UsageError> {
        if self.compare.is_some() && !has_beginning {
            return Err(UsageError(
                "--compare: nothing lies before a window without a beginning; hint: give --from TIME or --last DURATION",
            ));
        }
        Ok(())
    }
}

/// Parses `previous`, or a moment as [`moment`] does.
fn compare(text: &str) -> Result<Compare, String> {
    if text == "previous" {
        return Ok(Compare::Previous);
    }
    moment(text)
        .map(Compare::From)
        .map_err(|_| format!("'{text}' is neither previous nor a UTC date or time such as 2024-08-19 or 2024-08-19T17:30:00Z"))
}

/// What is known of public addresses.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Countries of addresses: an .mmdb file of any layout or a CSV; may be given several times
    #[arg(long, value_name = "PATH")]
    pub geo: Vec<PathBuf>,
    /// Autonomous systems of addresses: an .mmdb file or a CSV; may be given several times
    #[arg(long, value_name = "PATH")]
    pub asn: Vec<PathBuf>,
    /// Service tags: Microsoft's ServiceTags_Public JSON, or that of az network list-service-tags; may be given several times
    #[arg(long, value_name = "PATH")]
    pub service_tags: Vec<PathBuf>,
    /// Threat list: plain, FireHOL, Spamhaus DROP, Feodo, ipsum, DShield, STIX 2 or MISP; may be given several times
    #[arg(long, value_name = "PATH")]
    pub threat_list: Vec<PathBuf>,
}

/// `--interval`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum IntervalArg {
    #[value(name = "10m")]
    TenMinutes,
    #[value(name = "60m")]
    Hour,
}

impl From<IntervalArg> for Interval {
    fn from(interval: IntervalArg) -> Self {
        match interval {
            IntervalArg::TenMinutes => Self::TenMinutes,
            IntervalArg::Hour => Self::Hour,
        }
    }
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum SeverityArg {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

impl From<SeverityArg> for Severity {
    fn from(severity: SeverityArg) -> Self {
        Self::ALL[severity as usize]
    }
}
