//! What is typed: the commands, and what stands for each of them. The arguments of a command are in its own file.

use clap::{Parser, Subcommand};

use super::analyze_args::AnalyzeArgs;
use super::config_args::ConfigCommand;
use super::flows_args::FlowsArgs;
use super::ingest_args::{IngestArgs, PruneArgs};
use super::log::LogFormat;
use super::query_args::QueryArgs;
use super::report_args::ReportArgs;
use super::sample_args::SampleArgs;

/// A combination of arguments that means nothing.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub &'static str);

/// azflow: offline analysis of Azure Network Watcher flow logs (NSG v1 and v2, VNet v4).
///
/// Reads exported logs, from this machine or from Azure Blob Storage, and answers who talks to whom, how much, through which rule,
/// what is exposed and what is odd. Nothing leaves this machine but the message of a webhook that is asked for.
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
  azflow analyze az://insights-logs-flowlogflowevent --out report
  azflow flows logs/ --ip 10.0.0.4 --denied         why is my connection blocked
  azflow ingest logs/ --workspace ws                every hour; then
  azflow report --workspace ws --out report --last 7d --compare previous
  azflow sample --out demo --seed 1 --attacks       realistic logs to try things on

Exit codes: 0 done, 1 failed, 2 usage, 3 findings (--fail-on), 4 some input unreadable, 5 no flow log, 75 try again.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read flow logs once and write a report: page, charts, tables, findings, summary
    Analyze(Box<AnalyzeArgs>),
    /// Print the flow tuples themselves, typed and filtered
    Flows(FlowsArgs),
    /// Add what is new in flow logs to a workspace, for scheduled jobs
    Ingest(IngestArgs),
    /// Write the report of analyze over the rows that a workspace keeps
    Report(Box<ReportArgs>),
    /// Ask a question in SQL over the tables of a workspace
    Query(Box<QueryArgs>),
    /// Take old rows out of a workspace
    Prune(PruneArgs),
    /// Make realistic flow logs from a seed
    Sample(SampleArgs),
    /// Check a configuration, or print the options that a command would run with
    #[command(subcommand, after_help = super::config_args::EXAMPLES)]
    Config(ConfigCommand),
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
            Command::Ingest(args) => args.quiet,
            Command::Report(args) => args.quiet,
            Command::Query(args) => args.quiet,
            Command::Prune(args) => args.quiet,
            Command::Sample(args) => args.quiet,
            Command::Config(_) => false,
            Command::Completions { .. } | Command::Man => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

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
                // What stands in quotes is one word.
                let pieces = example.split('\'').enumerate();
                let words =
                    pieces.flat_map(|(at, piece)| if at % 2 == 1 { vec![piece] } else { piece.split_whitespace().collect() });
                let parsed = Args::try_parse_from(words).map(drop).or_else(|error| match error.kind() {
                    // What is missing stands in the configuration.
                    ErrorKind::MissingRequiredArgument if example.contains("--config") => Ok(()),
                    _ => Err(error),
                });
                assert!(parsed.is_ok(), "{example}");
                count += 1;
            }
        }
        assert!(count >= 12, "{count}");
    }

    #[test]
    fn an_empty_window_is_refused() {
        let args = Args::try_parse_from(["azflow", "analyze", "x", "--out", "y", "--from", "2024-01-02", "--to", "2024-01-01"]);
        let Ok(Args { command: Command::Analyze(args), .. }) = args else { panic!("parses") };
        assert!(args.settings(None).is_err());
    }
}
