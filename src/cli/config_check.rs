//! `config check`: is the configuration right, and is everything there that it names?
//!
//! Goes in: which configuration. Comes out: on standard output what was found, on standard error every error.

use std::ffi::OsString;
use std::io::{self, Write};

use anyhow::Result;
use clap::{ArgMatches, FromArgMatches};

use super::args::{Args, Command, UsageError};
use super::configured;
use super::message;
use super::shared_args::ConfigArg;
use super::terminal::Terminal;
use crate::app::config_check;
use crate::app::config_file::ConfigFile;
use crate::app::exit::Exit;
use crate::app::options::COMMANDS;

/// Checks the configuration that `file` names, else `variable`.
pub fn check(file: &ConfigArg, variable: Option<OsString>, terminal: &Terminal) -> Result<Exit> {
    let config = configured::read(file.config.as_deref(), variable)?
        .ok_or(UsageError("no configuration is named; hint: give --config PATH, or set AZFLOW_CONFIG"))?;
    let wrong = configured::wrong_values(&config);
    let mut errors: Vec<anyhow::Error> = Vec::new();
    if wrong.is_empty() {
        errors.extend(wrong_together(&config));
    }
    errors.extend(wrong.into_iter().map(anyhow::Error::from));
    let checked = config_check::check(&config);
    errors.extend(checked.errors);
    let mut out = io::stdout().lock();
    for line in &checked.found {
        writeln!(out, "{}", super::terminal::sanitize(line))?;
    }
    checked.warnings.iter().for_each(|warning| terminal.warn_plain(warning));
    if errors.is_empty() {
        writeln!(out, "ok")?;
        return Ok(Exit::Done);
    }
    errors.iter().for_each(|error| terminal.error(&message(error), Exit::Usage));
    Ok(Exit::Usage)
}

/// What options, each right by itself, mean nothing together: each error once, though several commands may have it.
fn wrong_together(config: &ConfigFile) -> Vec<anyhow::Error> {
    let mut errors: Vec<String> = Vec::new();
    for command in COMMANDS {
        if let Some(error) = args_of(config, command).and_then(|args| meaning(args).err())
            && !errors.contains(&error.to_string())
        {
            errors.push(error.to_string());
        }
    }
    errors.into_iter().map(|error| anyhow::anyhow!("{}: {error}", config.path.display())).collect()
}

/// The arguments of a command by the configuration alone; what it must be given besides gets a stand-in, which nothing reads.
fn args_of(config: &ConfigFile, name: &str) -> Option<Args> {
    let words = ["azflow".into(), OsString::from(name)];
    let (_, matches): (_, ArgMatches) = configured::typed(&words)?;
    let mut words = configured::merged(&words, name, &matches, config);
    let commands = configured::command();
    let set = config.options(name);
    let required = commands.find_subcommand(name)?.get_arguments().filter(|arg| arg.is_required_set());
    for arg in required.filter(|arg| !set.iter().any(|set| set.option.name == arg.get_id().as_str() && !set.values.is_empty())) {
        match arg.get_long() {
            Some(long) => words.insert(2, format!("--{long}=.").into()),
            None => words.push(".".into()),
        }
    }
    Args::from_arg_matches(&commands.try_get_matches_from(words).ok()?).ok()
}

/// Whether the arguments of a command mean something.
fn meaning(args: Args) -> Result<(), UsageError> {
    match args.command {
        Command::Analyze(args) => args.settings(None).map(drop),
        Command::Flows(args) => args.settings().map(drop),
        Command::Report(args) => args.settings(None).map(drop),
        Command::Query(args) => args.settings(None).map(drop),
        Command::Ingest(args) => args.settings().map(drop),
        Command::Prune(_) | Command::Sample(_) | Command::Config(_) | Command::Completions { .. } | Command::Man => Ok(()),
    }
}
