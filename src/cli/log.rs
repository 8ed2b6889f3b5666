//! `--log-format`: how lines of standard error are written, as text or as JSON, one object a line.
//!
//! Goes in: a level, a message and what belongs to it. Comes out: one line of JSON. Texts from logs are sanitized as on a terminal.

use std::ffi::OsStr;

use clap::ValueEnum;
use serde::Serialize;

use super::terminal::sanitize;
use crate::schema::units::rfc3339;

/// `--log-format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people, with progress on a terminal
    #[default]
    Text,
    /// One JSON object a line, without progress
    Json,
}

impl LogFormat {
    /// The format that a command line asks for which may not be well formed otherwise.
    pub fn asked_for<A: AsRef<OsStr>>(args: &[A]) -> Self {
        let words = || args.iter().map(AsRef::as_ref);
        let is_json = words().any(|word| word == "--log-format=json")
            || words().zip(words().skip(1)).any(|(option, value)| option == "--log-format" && value == "json");
        if is_json { Self::Json } else { Self::Text }
    }
}

/// How much a line matters. The names are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// What a run read and found.
    Info,
    /// Something went wrong that does not stop the run.
    Warning,
    /// What ended the run.
    Error,
}

/// A line of JSON, its keys in this order.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: Level,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<u8>,
}

/// One line without its end. `time`: ms since the epoch; what follows `; hint: ` in the message becomes `hint`.
pub fn json_line(time: i64, level: Level, message: &str, exit_code: Option<u8>) -> String {
    let message = sanitize(message);
    let (message, hint) = split_hint(&message);
    let line = Line { time: rfc3339(time), level, message, hint, exit_code };
    serde_json::to_string(&line).expect("texts and numbers are JSON")
}

/// A message, and what follows `; hint: ` in it.
pub fn split_hint(message: &str) -> (&str, Option<&str>) {
    message.split_once("; hint: ").map_or((message, None), |(what, hint)| (what, Some(hint)))
}

/// What is wrong with a command line, in one line: the first paragraph of `error`, then its tip as the hint.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let joined = |part: &str| part.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut parts = text.split("\n\n").map(joined);
    let message = parts.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    let tip = parts.find_map(|part| part.strip_prefix("tip: ").map(str::to_owned));
    format!("{message}; hint: {}", tip.as_deref().unwrap_or("try --help"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::Args;

    #[test]
    fn a_line_is_one_object_with_its_keys_in_order() {
        assert_eq!(
            json_line(1_724_090_346_250, Level::Warning, "a \"b\"\nc", None),
            "{\"time\":\"2024-08-19T17:59:06.250Z\",\"level\":\"warning\",\"message\":\"a \\\"b\\\"\u{fffd}c\"}"
        );
        assert_eq!(
            json_line(0, Level::Error, "cannot x: why; hint: do y", Some(2)),
            "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\",\"message\":\"cannot x: why\",\"hint\":\"do y\",\"exit_code\":2}"
        );
    }

    #[test]
    fn the_format_is_known_also_of_a_wrong_command_line() {
        for (words, format) in [
            (&["azflow", "x", "--log-format", "json"][..], LogFormat::Json),
            (&["azflow", "--log-format=json", "--wrong"], LogFormat::Json),
            (&["azflow", "--log-format", "text", "json"], LogFormat::Text),
            (&["azflow", "json", "--log-format"], LogFormat::Text),
        ] {
            assert_eq!(LogFormat::asked_for(words), format, "{words:?}");
        }
    }

    #[test]
    fn a_wrong_command_line_is_told_in_one_line() {
        let line = |words: &[&str]| one_line(&Args::try_parse_from(words).expect_err("wrong"));
        let missing = "the following required arguments were not provided: --out <DIR>; hint: try --help";
        assert_eq!(line(&["azflow", "analyze", "x"]), missing);
        let near = line(&["azflow", "analyze", "x", "--out", "y", "--stric"]);
        assert_eq!(near, "unexpected argument '--stric' found; hint: a similar argument exists: '--strict'");
    }
}
