//! The command line: arguments, help, terminal output and exit codes. The only module that prints.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the module that prints")]

mod analyze_args;
mod args;
mod config_args;
mod config_check;
mod config_show;
mod configured;
mod flows_args;
mod ingest_args;
mod log;
mod moment;
mod query_args;
mod report_args;
mod sample_args;
mod shared_args;
mod terminal;
mod view;
mod watch;

use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, LineWriter, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use anyhow::Context;

use crate::app::analyze::{UserFileError, analyze};
use crate::app::enrichment::EnrichmentError;
use crate::app::exit::{Exit, Outcome};
use crate::app::flows::flows;
use crate::app::ingest::ingest;
use crate::app::metrics_file::MetricsError;
use crate::app::previous::CompareError;
use crate::app::prune::prune;
use crate::app::query::query;
use crate::app::remote::{RemoteError, local};
use crate::app::report::report;
use crate::app::saved::SavedError;
use crate::app::webhook::WebhookError;
use crate::detect::file_error::FileError;
use crate::enrich::{GeoError, ServiceTagError, ThreatError, TopologyError};
use crate::sample;
use crate::schema::web_address::told;
use crate::source::SourceError;
use crate::store::StoreError;
use crate::store::sql::QueryError;
use args::Command;
use config_args::ConfigCommand;
use configured::{Line, Refused, VARIABLE};
use log::LogFormat;
use terminal::{Sanitized, Terminal};
use watch::watched;

/// Runs the command line and returns the exit code.
pub fn run(args: impl Iterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = args.collect();
    let line = match configured::parse(&words, std::env::var_os(VARIABLE)) {
        Ok(line) => line,
        Err(Refused::Usage(error)) => return refuse(&error, &words).code(),
        Err(Refused::Config(error)) => {
            let exit = exit_of(&error);
            Terminal::new(false, LogFormat::asked_for(&words)).error(&message(&error), exit);
            return exit.code();
        }
    };
    let terminal = Terminal::new(line.args.is_quiet(), line.args.log_format);
    if line.args.log_format == LogFormat::Json {
        // The default hook writes lines that are no JSON; the error that follows tells of the panic.
        panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
            Terminal::new(false, LogFormat::Json).warn_plain(&format!("a defect in azflow{place}"));
        }));
    }
    match guarded(|| command(line, &terminal)) {
        Ok(exit) => exit.code(),
        Err(error) if is_broken_pipe(&error) => Exit::Done.code(),
        Err(error) => match error.downcast_ref::<clap::Error>() {
            Some(error) => refuse(error, &words).code(),
            None => {
                let exit = exit_of(&error);
                terminal.error(&message(&error), exit);
                exit.code()
            }
        },
    }
}

/// Tells what is wrong with a command line, or the help or version that it asks for. Of an address among its words only the host is told.
fn refuse(error: &clap::Error, words: &[OsString]) -> Exit {
    if !error.use_stderr() {
        let _ = error.print();
        return Exit::Done;
    }
    let format = LogFormat::asked_for(words);
    let addresses: Vec<String> = words.iter().filter_map(|word| address_in(&word.to_string_lossy())).collect();
    let untold = |text: String| addresses.iter().fold(text, |text, address| text.replace(address, &told(address)));
    match format {
        LogFormat::Text if addresses.is_empty() => drop(error.print()),
        LogFormat::Text => eprint!("{}", untold(error.render().to_string())),
        LogFormat::Json => Terminal::new(false, format).error(&untold(log::one_line(error)), Exit::Usage),
    }
    Exit::Usage
}

/// The address that a word holds, from its scheme on.
fn address_in(word: &str) -> Option<String> {
    let (before, _) = word.split_once("://")?;
    let begins = before.rfind(|letter: char| !letter.is_ascii_alphanumeric() && !"+-.".contains(letter)).map_or(0, |at| {
        // A letter that ends what stands before the scheme, such as = of an option, may have several bytes.
        at + before[at..].chars().next().map_or(0, char::len_utf8)
    });
    Some(word[begins..].to_owned())
}

/// What `work` gives; a panic in it is an error, of which the hook has told by then.
fn guarded<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(anyhow::anyhow!("cannot go on: this is a defect in azflow; please report it")))
}

fn command(Line { args, config }: Line, terminal: &Terminal) -> anyhow::Result<Exit> {
    match args.command {
        Command::Analyze(mut args) => {
            let watch = std::mem::take(&mut args.watch);
            let outcome = watched("analyze", &watch, terminal, || analyze(&args.settings(config)?, terminal))?;
            say_report(&outcome)?;
            Ok(close(outcome, terminal))
        }
        Command::Ingest(mut args) => {
            let watch = std::mem::take(&mut args.watch);
            let settings = args.settings()?;
            Ok(close(watched("ingest", &watch, terminal, || ingest(&settings, terminal))?, terminal))
        }
        Command::Report(mut args) => {
            let watch = std::mem::take(&mut args.watch);
            let outcome = watched("report", &watch, terminal, || report(&args.settings(config)?, terminal))?;
            say_report(&outcome)?;
            Ok(close(outcome, terminal))
        }
        Command::Prune(args) => Ok(close(prune(&args.settings())?, terminal)),
        Command::Flows(args) => {
            let settings = args.settings()?;
            let mut out = stdout();
            let outcome = flows(&settings, &mut out, terminal)?;
            out.flush()?;
            Ok(close(outcome, terminal))
        }
        Command::Query(args) => {
            let mut out = stdout();
            if args.write_list(&mut out)? {
                return Ok(Exit::Done);
            }
            let outcome = query(&args.settings(config)?, &mut out, terminal)?;
            Ok(close(outcome, terminal))
        }
        Command::Sample(args) => {
            let settings = args.settings()?;
            local("output folder", &settings.out)?;
            let written = sample::write(&settings)?;
            terminal.say(&format!("wrote {} blobs, {} bytes, {} tuples", written.blobs, written.bytes, written.tuples));
            Ok(Exit::Done)
        }
        Command::Config(ConfigCommand::Check(file)) => config_check::check(&file, std::env::var_os(VARIABLE), terminal),
        Command::Config(ConfigCommand::Show(args)) => {
            io::stdout().write_all(config_show::show(&args, std::env::var_os(VARIABLE))?.as_bytes())?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut configured::command(), "azflow", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Exit::Done)
        }
        Command::Man => {
            io::stdout().write_all(&man_page().context("cannot write the man page")?)?;
            Ok(Exit::Done)
        }
    }
}

/// Standard output for rows; texts from logs reach no terminal raw.
fn stdout() -> Box<dyn Write> {
    let stdout = io::stdout().lock();
    if stdout.is_terminal() { Box::new(LineWriter::new(Sanitized(stdout))) } else { Box::new(BufWriter::new(stdout)) }
}

/// Says where the page is.
fn say_report(outcome: &Outcome) -> io::Result<()> {
    match &outcome.report {
        Some(report) => writeln!(io::stdout(), "{}", report.display()),
        None => Ok(()),
    }
}

/// One page: the command, then each of its subcommands and theirs.
fn man_page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let mut command = configured::command();
    command.build();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    man_sections(&command, "AZFLOW", &mut page)?;
    Ok(page)
}

fn man_sections(command: &clap::Command, name: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let name = format!("{name} {}", subcommand.get_name().to_uppercase());
        let man = clap_mangen::Man::new(subcommand.clone());
        writeln!(page, ".SH {name}")?;
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        man_sections(subcommand, &name, page)?;
    }
    Ok(())
}

fn close(outcome: Outcome, terminal: &Terminal) -> Exit {
    for line in &outcome.lines {
        terminal.say(line);
    }
    if outcome.exit == Exit::NoFlowLog {
        terminal.warn_plain("no flow log in the input or window");
    }
    outcome.exit
}

/// Whether whoever read the output went away, also where the csv writer wrapped the error, once or twice.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        let inner = io.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref::<csv::Error>());
        let csv = inner.or(cause.downcast_ref::<csv::Error>()).and_then(|error| match error.kind() {
            csv::ErrorKind::Io(error) => Some(error.kind()),
            _ => None,
        });
        csv.or(io.map(io::Error::kind)) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// The error and its causes, then the hint of an input that cannot be read.
fn message(error: &anyhow::Error) -> String {
    match error.chain().find_map(|cause| cause.downcast_ref::<SourceError>()) {
        Some(source) => format!("{error:#}; hint: {}", source.hint()),
        None => format!("{error:#}"),
    }
}

/// Inputs, and files beside them, that are missing or wrong are the caller's to mend; a store that throttles mends itself; everything
/// else failed while running.
fn exit_of(error: &anyhow::Error) -> Exit {
    if error.chain().filter_map(|cause| cause.downcast_ref::<SourceError>()).any(SourceError::is_temporary) {
        return Exit::Again;
    }
    let is_usage = error.chain().any(|cause| {
        cause.is::<SourceError>()
            || cause.is::<EnrichmentError>()
            || cause.is::<UserFileError>()
            || cause.is::<RemoteError>()
            || cause.is::<CompareError>()
            || cause.is::<FileError>()
            || cause.is::<TopologyError>()
            || cause.is::<GeoError>()
            || cause.is::<ServiceTagError>()
            || cause.is::<ThreatError>()
            || cause.is::<args::UsageError>()
            || cause.is::<WebhookError>()
            || cause.is::<SavedError>()
            || cause.downcast_ref::<QueryError>().is_some_and(QueryError::is_usage)
            || cause.downcast_ref::<MetricsError>().is_some_and(|error| error.is_usage)
    });
    match error.chain().find_map(|cause| cause.downcast_ref::<StoreError>()) {
        Some(StoreError::Held { .. }) => Exit::Again,
        Some(error) if error.is_usage() => Exit::Usage,
        _ if is_usage => Exit::Usage,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod schedule_tests;
