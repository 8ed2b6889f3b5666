//! `config show`: the options that a command would run with, as a configuration that can be read back.
//!
//! Goes in: a command, words as they would be typed, the configuration. Comes out: TOML, each option with where its value comes from. Paths
//! are absolute, so that the text means the same wherever it is put. An address is shown by its host alone, in a comment.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;
use clap::ArgMatches;
use clap::error::ErrorKind;

use super::config_args::ShowArgs;
use super::configured::{self, VARIABLE};
use crate::app::config_file::ConfigFile;
use crate::app::options::{self, COMMANDS, Kind, OptionFact};
use crate::detect::{self, DETECTORS, Setting};
use crate::schema::web_address::{has_credential, is_address, told};

/// Where a value comes from.
enum Origin {
    Default,
    File(usize),
    CommandLine,
}

impl Origin {
    fn comment(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File(line) => format!("file, line {line}"),
            Self::CommandLine => "command line".to_owned(),
        }
    }
}

/// The text that `config show` prints; `variable` is what [`VARIABLE`] holds.
pub fn show(args: &ShowArgs, variable: Option<OsString>) -> Result<String> {
    let words: Vec<OsString> = std::iter::once("azflow".into())
        .chain(args.command.iter().map(OsString::from))
        .chain(args.words.iter().cloned())
        .collect();
    let matches = if args.command.is_some() { typed(&words)? } else { None };
    let path = args.file.config.as_deref().or_else(|| matches.as_ref().and_then(configured::typed_config));
    let config = configured::read(path, variable)?;
    if let Some(error) = config.as_ref().and_then(|config| configured::wrong_values(config).into_iter().next()) {
        return Err(error.into());
    }
    let config = config.as_ref();
    let mut text = head(config, path.is_some());
    for command in COMMANDS.iter().filter(|name| args.command.as_deref().is_none_or(|asked| asked == **name)) {
        section(&mut text, command, matches.as_ref(), config)?;
    }
    let finds = |name: &str| options::of(name).any(|option| option.name == "allow_list");
    if args.command.as_deref().is_none_or(finds) {
        detectors(&mut text, config)?;
    }
    Ok(text)
}

/// What is typed of the options of a command.
fn typed(words: &[OsString]) -> Result<Option<ArgMatches>> {
    match configured::command().try_get_matches_from(words) {
        Err(error) if error.kind() != ErrorKind::MissingRequiredArgument => Err(error.into()),
        _ => Ok(configured::typed(words).map(|(_, matches)| matches)),
    }
}

fn head(config: Option<&ConfigFile>, is_typed: bool) -> String {
    let named = match config {
        Some(config) => {
            let by = if is_typed { "--config" } else { VARIABLE };
            format!("configuration: {} ({by})", one_line(&config.path.display().to_string()))
        }
        None => format!("no configuration: neither --config nor {VARIABLE} names one"),
    };
    format!("# azflow {}, {named}\n", env!("CARGO_PKG_VERSION"))
}

/// The table of a command: every option, in the order of the documentation.
fn section(text: &mut String, name: &str, matches: Option<&ArgMatches>, config: Option<&ConfigFile>) -> Result<()> {
    let mut commands = configured::command();
    commands.build();
    let command = commands.find_subcommand(name);
    writeln!(text, "\n[{name}]")?;
    for option in options::of(name) {
        let arg = command.and_then(|command| command.get_arguments().find(|arg| arg.get_id() == option.name));
        let defaults = || -> Vec<String> {
            let defaults = arg.map(|arg| arg.get_default_values()).unwrap_or_default();
            defaults.iter().map(|value| value.to_string_lossy().into_owned()).collect()
        };
        let set = config.and_then(|config| config.options(name).into_iter().find(|set| set.option == option));
        let (values, origin) = match (matches.filter(|matches| configured::is_typed(matches, option.name)), set) {
            (Some(matches), _) => (raw(matches, option), Origin::CommandLine),
            (None, Some(set)) => (set.values.clone(), Origin::File(set.line)),
            (None, None) => (defaults(), Origin::Default),
        };
        writeln!(text, "{}", line(option, &values, &origin))?;
    }
    Ok(())
}

/// The values of an option as they were typed.
fn raw(matches: &ArgMatches, option: &OptionFact) -> Vec<String> {
    let values = matches.get_raw(option.name).into_iter().flatten();
    values.map(|value| value.to_string_lossy().into_owned()).collect()
}

/// One option.
fn line(option: &OptionFact, values: &[String], origin: &Origin) -> String {
    let OptionFact { name, kind, .. } = option;
    if values.is_empty() && matches!(origin, Origin::Default) {
        return format!("# {name}: not set");
    }
    let shown: Vec<Cow<'_, str>> = values.iter().map(|value| shown(*kind, value)).collect();
    let is_whole = shown.iter().zip(values).all(|(shown, value)| shown == value);
    let items: Vec<String> = shown.iter().map(|value| written(*kind, value)).collect();
    let value = if kind.is_list() { format!("[{}]", items.join(", ")) } else { items.join(", ") };
    let origin = origin.comment();
    if is_whole { format!("{name} = {value}  # {origin}") } else { format!("# {name} = {value}  # {origin}; not shown whole") }
}

/// A value without what may be a credential.
fn shown(kind: Kind, value: &str) -> Cow<'_, str> {
    if kind == Kind::Address || has_credential(value) { told(value) } else { Cow::Borrowed(value) }
}

/// A value as TOML.
fn written(kind: Kind, value: &str) -> String {
    match kind {
        Kind::Flag => value.to_owned(),
        Kind::Count => value.parse::<u64>().map_or_else(|_| text(value), |count| count.to_string()),
        Kind::Inputs if value == "-" || is_address(value) => text(value),
        Kind::Path | Kind::Paths | Kind::Inputs => {
            text(&std::path::absolute(Path::new(value)).map_or_else(|_| value.into(), |path| path.display().to_string()))
        }
        Kind::Text | Kind::Texts | Kind::Moment | Kind::Address => text(value),
    }
}

/// A text in quotes. A JSON text is a TOML text but for the delete character; what a terminal would act on is escaped too.
fn text(value: &str) -> String {
    let mut quoted = String::new();
    for letter in serde_json::Value::from(value).to_string().chars() {
        let is_plain = super::terminal::sanitize(letter.encode_utf8(&mut [0; 4])) == letter.to_string();
        if is_plain { quoted.push(letter) } else { quoted.extend(format!("\\u{:04X}", u32::from(letter)).chars()) }
    }
    quoted
}

/// A text that cannot end the comment it stands in.
fn one_line(value: &str) -> Cow<'_, str> {
    super::terminal::sanitize(value)
}

/// The settings of detectors, and how many entries the allow-list of the file has.
fn detectors(text: &mut String, config: Option<&ConfigFile>) -> Result<()> {
    let defaults = detect::Settings::default();
    let settings = config.map_or(&defaults, |config| &config.detectors);
    for detector in DETECTORS {
        writeln!(text, "\n[detectors.{}]", detector.name())?;
        let pairs = detector.settings(settings).into_iter().zip(detector.settings(&defaults));
        for (Setting { name, value, .. }, Setting { value: usual, .. }) in pairs {
            match value == usual {
                true => writeln!(text, "{name} = {value}  # default")?,
                false => writeln!(text, "{name} = {value}  # file; default {usual}")?,
            }
        }
    }
    let entries = config.map_or(0, |config| config.allow_list.count());
    if entries > 0 {
        writeln!(text, "\n# {entries} entries of [[allow]] stand in the configuration; they are not repeated here")?;
    }
    Ok(())
}

#[cfg(test)]
#[path = "config_show_tests.rs"]
mod tests;
