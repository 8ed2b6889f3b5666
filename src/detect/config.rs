//! Settings of detectors from a file: `azflow.toml`.
//!
//! Goes in: the file. Comes out: settings within their ranges, and the entries of its allow-list, or the line that is wrong. A key
//! that is misspelt is an error, so that no threshold is thought to be set that is not. Options of commands stand beside them: they are
//! read by others.

use serde::Deserialize;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::allow_list::AllowList;
use super::file_error::{FileError, FileReason};
use super::toml_file::{Key, TomlFile, Value, in_order};
use super::{DETECTORS, Detector, Setting, Settings};
use crate::enrich::topology::quote;
use crate::schema::nearest::nearest;

/// Most characters of a number that a message repeats. Unit: characters.
const NUMBER_SHOWN_MAX: usize = 40;

/// The keys of a configuration that are read here.
pub const KEYS: [&str; 2] = ["allow", "detectors"];

/// Reads the settings of `[detectors.NAME]`, and adds each `[[allow]]` to `allow_list`; what is not set keeps its default. `others` are
/// the keys that may stand beside them, which others read.
///
/// # Errors
/// The file, the line, and the reason; then nothing is added.
pub fn read(toml: &TomlFile<'_>, others: &[&'static str], allow_list: &mut AllowList) -> Result<Settings, FileError> {
    for (key, value) in in_order(&toml.table) {
        match key.get_ref().as_ref() {
            "detectors" => check_detectors(toml, value)?,
            name if KEYS.contains(&name) || others.contains(&name) => {}
            _ => return Err(unknown_key(toml, key, value, others)),
        }
    }
    let settings = match toml.table.get("detectors") {
        Some(value) => Settings::deserialize(ValueDeserializer::from(value.clone())).map_err(|error| toml.syntax(&error))?,
        None => Settings::default(),
    };
    allow_list.add_entries(toml)?;
    Ok(settings)
}

/// A key at the top that nobody reads.
fn unknown_key(toml: &TomlFile<'_>, key: &Key<'_>, value: &Value<'_>, others: &[&'static str]) -> FileError {
    let name = key.get_ref().as_ref();
    let right = if DETECTORS.iter().any(|detector| detector.name() == name) {
        format!("detectors.{name}")
    } else {
        nearest(name, KEYS.iter().chain(others).copied()).to_owned()
    };
    let what = if matches!(value.get_ref(), DeValue::Table(_)) { "table" } else { "option" };
    toml.fail(key.span().start, FileReason::Unknown(what, quote(name), right))
}

/// Checks the names, kinds and ranges of everything set under `[detectors]`.
fn check_detectors(toml: &TomlFile<'_>, value: &Value<'_>) -> Result<(), FileError> {
    let DeValue::Table(detectors) = value.get_ref() else {
        return Err(toml.wrong_kind("detectors", value, "[detectors.NAME], and settings below it"));
    };
    let defaults = Settings::default();
    for (key, value) in in_order(detectors) {
        let name = key.get_ref().as_ref();
        let Some(detector) = DETECTORS.iter().find(|detector| detector.name() == name) else {
            let right = nearest(name, DETECTORS.iter().map(|detector| detector.name()));
            return Err(toml.fail(key.span().start, FileReason::Unknown("detector", quote(name), right.to_owned())));
        };
        let DeValue::Table(settings) = value.get_ref() else {
            let write = format!("[detectors.{name}], and settings below it");
            return Err(toml.wrong_kind(&format!("detectors.{name}"), value, write));
        };
        check_settings(toml, *detector, settings, &detector.settings(&defaults))?;
    }
    Ok(())
}

fn check_settings(toml: &TomlFile<'_>, detector: &dyn Detector, set: &DeTable<'_>, known: &[Setting]) -> Result<(), FileError> {
    for (key, value) in in_order(set) {
        let Some(setting) = known.iter().find(|setting| setting.name == key.get_ref().as_ref()) else {
            return Err(unknown_setting(toml, key, known));
        };
        let Setting { name, least, most, .. } = *setting;
        let full = format!("detectors.{}.{name}", detector.name());
        let Some(number) = number(value.get_ref()) else {
            return Err(toml.wrong_kind(&full, value, format!("a number from {least} to {most}, without quotes")));
        };
        // Not a number lies in no range.
        if !(least..=most).contains(&number.value) {
            return Err(toml.fail(value.span().start, FileReason::Range(full, number.shown, least, most)));
        }
    }
    Ok(())
}

fn unknown_setting(toml: &TomlFile<'_>, key: &Key<'_>, known: &[Setting]) -> FileError {
    let right = nearest(key.get_ref(), known.iter().map(|setting| setting.name)).to_owned();
    toml.fail(key.span().start, FileReason::Unknown("setting", quote(key.get_ref()), right))
}

/// A number of the file.
struct Number {
    value: f64,
    /// As a message shows it.
    shown: String,
}

/// The number that a value is; infinite where it is too large for any setting.
fn number(value: &DeValue<'_>) -> Option<Number> {
    let (value, shown) = match value {
        DeValue::Integer(whole) => {
            let read = i64::from_str_radix(whole.as_str(), whole.radix());
            (read.map_or(f64::INFINITY, |whole| whole as f64), whole.to_string())
        }
        DeValue::Float(float) => (float.as_str().parse().unwrap_or(f64::NAN), float.to_string()),
        _ => return None,
    };
    Some(Number { value, shown: shown.chars().take(NUMBER_SHOWN_MAX).collect() })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
