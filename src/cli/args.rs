//! What is typed, and what it means.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

use super::log::LogFormat;
use super::moment::{duration, moment};
use super::view::ViewArgs;
use crate::app::analyze::AnalyzeSettings;
use crate::app::export::Export;
use crate::app::flows::{FlowsFormat, FlowsSettings};
use crate::sample;
use crate::schema::finding::Severity;
use crate::schema::units::{DAY_MS, Interval};

/// A combination of arguments that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(&'static str);

/// azflow: offline analysis of Azure Network Watcher flow logs (NSG v1 and v2, VNet v4).
///
/// Reads exported logs and answers who talks to whom, how much, through which rule, what is exposed and what is odd.
/// Nothing leaves this machine.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXAMPLES, propagate_version = false)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    /// How standard error is written: text for people, or json, one object a line
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text", hide_possible_values = true, global = true)]
    pub log_format: LogFormat,
}

const EXAMPLES: &str = "\
Examples:
  azflow analyze logs/ --out report                 one report over a folder from azcopy
  azflow analyze 'logs/**/PT1H.json' --out report --last 24h
  azflow flows logs/ --ip 10.0.0.4 --denied         why is my connection blocked
  azflow sample --out demo --seed 1 --attacks       realistic logs to try things on

Exit codes: 0 done, 1 failed, 2 usage, 3 findings (--fail-on), 4 some input unreadable, 5 no flow log.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read flow logs once and write a report: page, charts, tables, findings, summary
    Analyze(Box<AnalyzeArgs>),
    /// Print the flow tuples themselves, typed and filtered
    Flows(FlowsArgs),
    /// Make realistic flow logs from a seed
    Sample(SampleArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

impl Args {
    /// Whether only warnings and errors go to standard error.
    pub fn is_quiet(&self) -> bool {
        match &self.command {
            Command::Analyze(args) => args.quiet,
            Command::Flows(args) => args.quiet,
            Command::Sample(args) => args.quiet,
            Command::Completions { .. } | Command::Man => true,
        }
    }
}

/// Inputs and the window, shared by the commands that read logs.
#[derive(Debug, ClapArgs)]
pub struct WindowArgs {
    /// Only tuples from this moment on (UTC: 2024-08-19 or 2024-08-19T17:30:00Z)
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    from: Option<i64>,
    /// Only tuples before this moment (UTC)
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    to: Option<i64>,
}

impl WindowArgs {
    fn check(&self) -> Result<(), UsageError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from >= to => Err(UsageError("the window is empty: --from is not before --to")),
            _ => Ok(()),
        }
    }
}

/// What is known of public addresses.
#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Countries of addresses: an .mmdb file of any layout or a CSV; may be given several times
    #[arg(long, value_name = "PATH")]
    geo: Vec<PathBuf>,
    /// Autonomous systems of addresses: an .mmdb file or a CSV; may be given several times
    #[arg(long, value_name = "PATH")]
    asn: Vec<PathBuf>,
    /// Service tags: Microsoft's ServiceTags_Public JSON, or that of az network list-service-tags; may be given several times
    #[arg(long, value_name = "PATH")]
    service_tags: Vec<PathBuf>,
    /// Threat list: plain, FireHOL, Spamhaus DROP, Feodo, ipsum, DShield, STIX 2 or MISP; may be given several times
    #[arg(long, value_name = "PATH")]
    threat_list: Vec<PathBuf>,
}

/// Arguments of `analyze`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow analyze logs/ --out report
  azflow analyze PT1H.json.gz --out report --topology vnets.json --topology nics.json
  gzip -dc PT1H.json.gz | azflow analyze - --out report --quiet
  azflow analyze logs/ --out report --export nta      report/export/NTANetAnalytics.csv and .parquet
  azflow analyze logs/ --out report --last 24h --compare previous --title 'Night shift'
  azflow analyze logs/ --out report --fail-on high    exit code 3 for a scheduled job
  azflow analyze logs/ --out report --metrics textfile/azflow.prom")]
pub struct AnalyzeArgs {
    /// Blob files, folders at any depth, patterns in quotes, or - for standard input (.json, .json.gz, .json.zst)
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
    /// Also read the period of the same length just before the window (--from or --last), and say what changed since
    #[arg(long, value_name = "WITH", value_enum)]
    compare: Option<CompareArg>,
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
    /// Configuration (TOML) with settings of detectors and an allow-list
    #[arg(long, value_name = "PATH")]
    config: Option<PathBuf>,
    /// Write Prometheus metrics of this run, also if it fails, for node_exporter's textfile collector (a file NAME.prom)
    #[arg(long, value_name = "PATH")]
    pub metrics: Option<PathBuf>,
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
    quiet: bool,
}

impl AnalyzeArgs {
    /// What these arguments mean.
    pub fn settings(self) -> Result<AnalyzeSettings, UsageError> {
        self.window.check()?;
        if self.last.is_some() && self.inputs.iter().any(|input| input == "-") {
            return Err(UsageError("--last reads the input twice, which standard input does not allow: use --from"));
        }
        if self.compare.is_some() && self.window.from.is_none() && self.last.is_none() {
            return Err(UsageError(
                "--compare previous: nothing lies before a window without a beginning; hint: give --from TIME or --last DURATION",
            ));
        }
        if self.compare.is_some() && self.inputs.iter().any(|input| input == "-") {
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
            config: self.config,
            from: self.window.from,
            to: self.window.to,
            last: self.last,
            compares: self.compare.is_some(),
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

/// Arguments of `flows`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow flows logs/ --ip 10.0.0.4 --denied           why is my connection blocked
  azflow flows logs/ --port 3389 --format ndjson | jq .src_ip
  azflow flows logs/ --rule DenyAllInBound --from 2024-08-19T17:00:00Z")]
pub struct FlowsArgs {
    /// Blob files, folders at any depth, patterns in quotes, or - for standard input
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
    /// Exit with 4 if any tuple was rejected
    #[arg(long)]
    strict: bool,
    /// No progress and no closing line
    #[arg(long, short)]
    quiet: bool,
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

/// Arguments of `sample`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow sample --out demo --seed 1
  azflow sample --out big --seed 1 --size 2GB --interfaces 200 --hours 10
  azflow sample --out attacked --seed 7 --attacks      with labels.json")]
pub struct SampleArgs {
    /// Folder to write to; must be empty or new
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The same seed and options give the same bytes
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Which flow logs
    #[arg(long, value_enum, default_value = "both")]
    format: SampleFormatArg,
    /// First day (UTC)
    #[arg(long, value_name = "DATE", value_parser = moment, default_value = "2026-03-02")]
    start: i64,
    /// Hours of logs
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=24 * 400))]
    hours: u32,
    /// Logged NICs
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    interfaces: u32,
    /// Size to aim for, such as 3MB or 2GB
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<u64>,
    /// Add labelled attacks and labels.json
    #[arg(long)]
    attacks: bool,
    /// No closing line
    #[arg(long, short)]
    quiet: bool,
}

impl SampleArgs {
    /// What these arguments mean.
    pub fn settings(self) -> Result<sample::Settings, UsageError> {
        if self.start % DAY_MS != 0 {
            return Err(UsageError("--start takes a day, such as 2026-03-02"));
        }
        Ok(sample::Settings {
            out: self.out,
            seed: self.seed,
            format: match self.format {
                SampleFormatArg::Nsg => sample::SampleFormat::Nsg,
                SampleFormatArg::Vnet => sample::SampleFormat::Vnet,
                SampleFormatArg::Both => sample::SampleFormat::Both,
            },
            start: self.start,
            hours: self.hours,
            interfaces: self.interfaces,
            size: self.size,
            attacks: self.attacks,
        })
    }
}

/// `--interval`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum IntervalArg {
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

/// `--compare`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum CompareArg {
    /// The period of the same length before
    Previous,
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

/// `--fail-on`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SeverityArg {
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

/// `sample --format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum SampleFormatArg {
    Nsg,
    Vnet,
    Both,
}

/// Parses `500KB`, `3MB`, `2GB` (powers of 1000) or a number of bytes.
fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is no size such as 500KB, 3MB or 2GB");
    let upper = text.to_ascii_uppercase();
    let (number, unit) = [("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("", 1)]
        .into_iter()
        .find_map(|(ending, unit)| upper.strip_suffix(ending).map(|number| (number.to_owned(), unit)))
        .ok_or_else(wrong)?;
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(unit).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_example_in_the_help_parses() {
        let mut commands = vec![Args::command()];
        commands.extend(Args::command().get_subcommands().cloned());
        let mut count = 0;
        for command in commands {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter_map(|line| line.find("azflow ").map(|at| &line[at..])) {
                let example = line.split("   ").next().unwrap_or(line).split(" | ").next().unwrap_or(line);
                let words = example.split_whitespace().map(|word| word.trim_matches('\''));
                assert!(Args::try_parse_from(words).is_ok(), "{example}");
                count += 1;
            }
        }
        assert!(count >= 12, "{count}");
    }

    #[test]
    fn sizes_are_powers_of_a_thousand() {
        assert_eq!((size("3MB"), size("2gb"), size("17")), (Ok(3_000_000), Ok(2_000_000_000), Ok(17)));
        assert!(["", "0", "x", "3TB5", "-1MB", "99999999999GB"].iter().all(|text| size(text).is_err()));
    }

    #[test]
    fn an_empty_window_is_refused() {
        let args = Args::try_parse_from(["azflow", "analyze", "x", "--out", "y", "--from", "2024-01-02", "--to", "2024-01-01"]);
        let Ok(Args { command: Command::Analyze(args), .. }) = args else { panic!("parses") };
        assert!(args.settings().is_err());
    }
}
