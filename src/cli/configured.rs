//! The command line and the configuration, put together: what is typed wins over the file, the file over the defaults.
//!
//! Goes in: the words typed, and the file that `--config` or `AZFLOW_CONFIG` names. Comes out: the arguments of a command. The values of
//! the file become words of a command line, so that each is judged by the rules for what is typed, and by no others.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches};

use super::args::Args;
use super::log::{one_line, split_hint};
use crate::app::config_file::{ConfigFile, SetOption};
use crate::app::options::{self, COMMANDS, Kind};
use crate::app::webhook::Webhook;
use crate::detect::file_error::FileError;
use crate::schema::web_address::told;

/// The variable that names a configuration where `--config` does not.
pub const VARIABLE: &str = "AZFLOW_CONFIG";

/// A command line with its configuration.
#[derive(Debug)]
pub struct Line {
    /// What is asked for.
    pub args: Args,
    /// The configuration of a command that takes one.
    pub config: Option<ConfigFile>,
}

/// Why a command line means nothing.
#[derive(Debug)]
pub enum Refused {
    /// What is typed is wrong, or asks for help.
    Usage(clap::Error),
    /// The configuration is wrong.
    Config(anyhow::Error),
}

/// The commands as they are parsed: each flag that a file can set may be typed as `--flag=false`, so that what is typed can win.
pub fn command() -> clap::Command {
    let flag = |arg: clap::Arg| {
        arg.action(ArgAction::Set)
            .value_parser(clap::value_parser!(bool))
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .value_name("BOOL")
            .hide_default_value(true)
            .hide_possible_values(true)
    };
    COMMANDS.iter().fold(Args::command(), |commands, name| {
        let flags = options::of(name).filter(|option| option.kind == Kind::Flag);
        commands.mut_subcommand(name, |command| flags.fold(command, |command, option| command.mut_arg(option.name, flag)))
    })
}

/// The arguments that `words` and the configuration they name come to; `variable` is what [`VARIABLE`] holds.
pub fn parse(words: &[OsString], variable: Option<OsString>) -> Result<Line, Refused> {
    let config = match typed(words) {
        Some((command, matches)) if COMMANDS.contains(&command.as_str()) => {
            let config = read(typed_config(&matches), variable).map_err(Refused::Config)?;
            config.map(|config| (merged(words, &command, &matches, &config), config))
        }
        _ => None,
    };
    let parsed = |words: &[OsString]| {
        let matches = command().try_get_matches_from(words)?;
        Args::from_arg_matches(&matches).map_err(|error| error.format(&mut command()))
    };
    match config {
        Some((words, config)) => match wrong_values(&config).into_iter().next() {
            Some(error) => Err(Refused::Config(error.into())),
            None => Ok(Line { args: parsed(&words).map_err(Refused::Usage)?, config: Some(config) }),
        },
        None => Ok(Line { args: parsed(words).map_err(Refused::Usage)?, config: None }),
    }
}

/// The command that is typed, and its options as far as they can be read; `None` where help is asked for. What is missing or wrong in
/// them is told when the whole line is parsed.
pub fn typed(words: &[OsString]) -> Option<(String, ArgMatches)> {
    command().ignore_errors(true).try_get_matches_from(words).ok()?.remove_subcommand()
}

/// The configuration that is typed as an option of a command.
pub fn typed_config(matches: &ArgMatches) -> Option<&Path> {
    matches.get_one::<PathBuf>("config").map(PathBuf::as_path)
}

/// Reads the configuration that is typed, else the one that the environment names. The current folder is never looked into: a file
/// that lies where somebody happens to stand must not change what a command does.
pub fn read(typed: Option<&Path>, variable: Option<OsString>) -> anyhow::Result<Option<ConfigFile>> {
    match (typed, variable.filter(|path| !path.is_empty())) {
        (Some(path), _) => ConfigFile::read(path).map(Some),
        (None, Some(path)) => ConfigFile::read(Path::new(&path)).map(Some).context(VARIABLE),
        (None, None) => Ok(None),
    }
}

/// Whether an option was typed.
pub fn is_typed(matches: &ArgMatches, option: &str) -> bool {
    matches.value_source(option) == Some(ValueSource::CommandLine)
}

/// The words typed, and after them what the configuration sets of the options that are not typed.
pub fn merged(words: &[OsString], command: &str, matches: &ArgMatches, config: &ConfigFile) -> Vec<OsString> {
    let untyped = config.options(command).into_iter().filter(|set| !is_typed(matches, set.option.name));
    let (inputs, options): (Vec<&SetOption>, Vec<_>) = untyped.partition(|set| set.option.kind == Kind::Inputs);
    // What stands behind -- is an input, whatever it begins with.
    let end = words.iter().position(|word| word == "--");
    let (before, after) = words.split_at(end.unwrap_or(words.len()));
    let mut merged = before.to_vec();
    merged.extend(options.into_iter().flat_map(as_words));
    merged.extend_from_slice(after);
    let mut inputs = inputs.into_iter().flat_map(|set| &set.values).peekable();
    if end.is_none() && inputs.peek().is_some() {
        merged.push("--".into());
    }
    merged.extend(inputs.map(OsString::from));
    merged
}

/// An option as it would be typed.
fn as_words(set: &SetOption) -> Vec<OsString> {
    let name = set.option.name.replace('_', "-");
    set.values.iter().map(|value| format!("--{name}={value}").into()).collect()
}

/// Every value of the file that its option does not take, with its line.
pub fn wrong_values(config: &ConfigFile) -> Vec<FileError> {
    let wrong = |set: &SetOption| {
        let commands = set.command.as_slice().iter().chain(if set.command.is_none() { set.option.commands } else { &[] });
        let reason = commands.copied().find_map(|command| wrong_value(command, set));
        reason.map(|(why, hint)| config.refuse(set, why, hint))
    };
    config.all().iter().filter_map(wrong).collect()
}

/// Why a command does not take the value of an option, and what to do.
fn wrong_value(name: &str, set: &SetOption) -> Option<(String, String)> {
    let hint_of_help = || format!("azflow {name} --help says what it takes");
    match set.option.kind {
        Kind::Inputs => None,
        // What it says is never repeated, which the command line's own errors would.
        Kind::Address => set.values.iter().find_map(|value| {
            let error = Webhook::parse(value).err()?.why();
            let (why, hint) = split_hint(&error);
            Some((why.to_owned(), hint.map_or_else(hint_of_help, str::to_owned)))
        }),
        _ => {
            let words = ["azflow".into(), OsString::from(name)].into_iter().chain(as_words(set));
            let error = command().try_get_matches_from(words).err()?;
            match error.kind() {
                // The other options are not looked at here.
                ErrorKind::MissingRequiredArgument | ErrorKind::ArgumentConflict => None,
                _ => Some(explained(&error, hint_of_help)),
            }
        }
    }
}

/// What is wrong with a value, in the words of whoever refused it, and what to do.
fn explained(error: &clap::Error, hint_of_help: impl Fn() -> String) -> (String, String) {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => Some(texts.join(", ")),
        _ => None,
    };
    let typed = text(ContextKind::InvalidValue).unwrap_or_default();
    let value = told(&typed);
    if let Some(source) = std::error::Error::source(error).map(ToString::to_string) {
        let source = if value == typed { source } else { source.replace(&typed, &value) };
        let (why, hint) = split_hint(&source);
        return (format!("{value:?}: {why}"), hint.map_or_else(hint_of_help, str::to_owned));
    }
    match (text(ContextKind::SuggestedValue), text(ContextKind::ValidValue)) {
        (suggested, Some(valid)) => {
            let hint = suggested.map_or_else(|| format!("write one of {valid}"), |near| format!("did you mean {near}?"));
            (format!("{value:?} is none of {valid}"), hint)
        }
        _ => (split_hint(&one_line(error)).0.to_owned(), hint_of_help()),
    }
}

#[cfg(test)]
#[path = "configured_tests.rs"]
mod tests;
