//! The configuration that `--config` names, read once: options of commands, settings of detectors, an allow-list.
//!
//! Goes in: a path. Comes out: what it sets, each option with its line, paths already relative to the file's folder. Judges no value of
//! an option beyond its kind: the command line does, by the rules that hold for what is typed.

use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::de::{DeTable, DeValue};

use crate::app::beside::read_bytes;
use crate::app::options::{self, COMMANDS, Kind, OPTIONS, OptionFact};
use crate::app::remote::local;
use crate::detect::allow_list::AllowList;
use crate::detect::file_error::{FileError, FileReason};
use crate::detect::toml_file::{TomlFile, Value, in_order};
use crate::detect::{self, config};
use crate::enrich::topology::quote;
use crate::schema::nearest::nearest;
use crate::schema::web_address::is_address;

/// What a configuration is called in messages.
const WHAT: &str = "configuration";

/// A configuration that was read.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Its path, as given.
    pub path: PathBuf,
    /// Settings of detectors.
    pub detectors: detect::Settings,
    /// Its `[[allow]]`.
    pub allow_list: AllowList,
    set: Vec<SetOption>,
}

/// An option that the file sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetOption {
    /// Which.
    pub option: &'static OptionFact,
    /// The command in whose table it stands; `None` at the top.
    pub command: Option<&'static str>,
    /// Its value as the command line takes it; of a list each of its values.
    pub values: Vec<String>,
    /// Line, from 1.
    pub line: usize,
}

impl ConfigFile {
    /// Reads the file. Its keys and the kinds of its values are right then.
    ///
    /// # Errors
    /// A path that cannot be read, or the line that is wrong.
    pub fn read(path: &Path) -> Result<Self> {
        local(WHAT, path)?;
        let name = path.display().to_string();
        let bytes = read_bytes(path, WHAT)?;
        let toml = TomlFile::parse(WHAT, &name, &bytes)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let set = Reader { toml: &toml, folder }.options()?;
        let mut allow_list = AllowList::default();
        let detectors = config::read(&toml, &options::top_keys(), &mut allow_list)?;
        Ok(Self { path: path.to_owned(), detectors, allow_list, set })
    }

    /// The options that hold for a command: those of its table, and those of the top that it takes and its table does not set.
    pub fn options(&self, command: &str) -> Vec<&SetOption> {
        options::of(command)
            .filter_map(|option| {
                let of = |place: Option<&str>| self.set.iter().find(|set| set.option == option && set.command == place);
                of(Some(command)).or_else(|| of(None))
            })
            .collect()
    }

    /// Every option that is set, in the order of the file.
    pub fn all(&self) -> &[SetOption] {
        &self.set
    }

    /// What is wrong with the value of an option.
    pub fn refuse(&self, set: &SetOption, why: String, hint: String) -> FileError {
        let reason = FileReason::Option(set.option.name, why, hint);
        FileError { what: WHAT, file: self.path.display().to_string(), line: set.line, reason }
    }
}

/// Reads options, knowing where relative paths start.
struct Reader<'a> {
    toml: &'a TomlFile<'a>,
    folder: &'a Path,
}

impl Reader<'_> {
    /// Everything that is set at the top and below the names of commands, in the order of the file. Keys of others are passed over.
    fn options(&self) -> Result<Vec<SetOption>, FileError> {
        let mut set = Vec::new();
        for (key, value) in in_order(&self.toml.table) {
            let name = key.get_ref().as_ref();
            if let Some(command) = COMMANDS.iter().find(|command| **command == name) {
                let DeValue::Table(table) = value.get_ref() else {
                    return Err(self.toml.wrong_kind(name, value, format!("[{name}], and options below it")));
                };
                self.command(command, table, &mut set)?;
            } else if let Some(option) = OPTIONS.iter().find(|option| option.name == name) {
                if !option.is_shared {
                    let tables: Vec<String> = option.commands.iter().map(|command| format!("[{command}]")).collect();
                    return Err(self.toml.fail(key.span().start, FileReason::Misplaced(option.name, tables.join(" or "))));
                }
                set.push(self.option(option, None, value)?);
            }
        }
        Ok(set)
    }

    fn command(&self, command: &'static str, table: &DeTable<'_>, set: &mut Vec<SetOption>) -> Result<(), FileError> {
        for (key, value) in in_order(table) {
            let name = key.get_ref().as_ref();
            let Some(option) = options::of(command).find(|option| option.name == name) else {
                return Err(self.toml.fail(key.span().start, stranger(command, name)));
            };
            set.push(self.option(option, Some(command), value)?);
        }
        Ok(())
    }

    fn option(
        &self,
        option: &'static OptionFact,
        command: Option<&'static str>,
        value: &Value<'_>,
    ) -> Result<SetOption, FileError> {
        let items = match value.get_ref() {
            DeValue::Array(items) if option.kind.is_list() => items.iter().collect(),
            _ => vec![value],
        };
        let text = |item: &Value<'_>| match self.text(option.kind, item) {
            Some(text) if text.is_empty() => Err(self.toml.fail(item.span().start, FileReason::EmptyValue(option.name))),
            Some(text) => Ok(text),
            None => Err(self.toml.wrong_kind(option.name, item, option.kind.written())),
        };
        let values = items.into_iter().map(text).collect::<Result<_, _>>()?;
        Ok(SetOption { option, command, values, line: self.toml.line(value.span().start) })
    }

    /// A single value as the command line takes it; `None` where it is of another kind.
    fn text(&self, kind: Kind, value: &Value<'_>) -> Option<String> {
        match (kind, value.get_ref()) {
            (Kind::Flag, DeValue::Boolean(flag)) => Some(flag.to_string()),
            (Kind::Count, DeValue::Integer(count)) => {
                let read = i128::from_str_radix(count.as_str(), count.radix());
                Some(read.map_or_else(|_| count.to_string(), |count| count.to_string()))
            }
            (Kind::Moment, DeValue::Datetime(moment)) => Some(moment.to_string()),
            (Kind::Text | Kind::Texts | Kind::Moment | Kind::Address, DeValue::String(text)) => Some(text.to_string()),
            (Kind::Inputs, DeValue::String(text)) if text == "-" || is_address(text) => Some(text.to_string()),
            (Kind::Path | Kind::Paths | Kind::Inputs, DeValue::String(text)) => Some(self.place(text)),
            _ => None,
        }
    }

    /// A path of the file, as it is from here. An address stays as it is, to be refused as one.
    fn place(&self, path: &str) -> String {
        if is_address(path) || path.is_empty() { path.to_owned() } else { self.folder.join(path).display().to_string() }
    }
}

/// A key below the name of a command that is none of its options.
fn stranger(command: &str, name: &str) -> FileReason {
    match OPTIONS.iter().find(|option| option.name == name) {
        Some(option) => FileReason::Foreign(option.name, command.to_owned()),
        None => {
            let right = nearest(name, options::of(command).map(|option| option.name));
            FileReason::Unknown("option", quote(name), right.to_owned())
        }
    }
}

#[cfg(test)]
#[path = "config_file_tests.rs"]
mod tests;
