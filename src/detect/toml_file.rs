//! A TOML file that the user wrote, read key by key, so that whatever is wrong with a value is told with its line.
//!
//! Goes in: the bytes. Comes out: its table, where every key and value knows where it stands, and errors with file and line. Knows
//! neither settings nor entries.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::file_error::{FileError, FileReason};
use crate::enrich::topology::quote;

/// Largest allow-list or configuration. Unit: bytes; 10,000 entries of 200 bytes are 2 MiB.
pub const FILE_BYTES_MAX: usize = 4 << 20;

/// Most parts of a dotted key. Unit: parts; `detectors.NAME.setting` has three. Each part is a table within a table, and tables are
/// freed by recursion: without a bound a long key would end the program by its stack.
const KEY_PARTS_MAX: usize = 16;

/// A key and where it stands.
pub(super) type Key<'a> = Spanned<DeString<'a>>;
/// A value and where it stands.
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// A file that is TOML.
pub(super) struct TomlFile<'a> {
    source: Source<'a>,
    /// What stands in it.
    pub table: DeTable<'a>,
}

/// A file before it is known to be TOML.
struct Source<'a> {
    what: &'static str,
    file: &'a str,
    text: &'a str,
    /// Offsets of the line ends, ascending.
    line_ends: Vec<usize>,
}

impl<'a> TomlFile<'a> {
    /// Reads the bytes of `file`; `what` it is. A byte order mark is passed over.
    pub fn parse(what: &'static str, file: &'a str, bytes: &'a [u8]) -> Result<Self, FileError> {
        let mut source = Source { what, file, text: "", line_ends: line_ends(bytes) };
        if bytes.len() > FILE_BYTES_MAX {
            return Err(source.fail(FILE_BYTES_MAX, FileReason::TooLarge(FILE_BYTES_MAX >> 20)));
        }
        let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        source.line_ends = line_ends(plain);
        source.text = std::str::from_utf8(plain).map_err(|error| source.fail(error.valid_up_to(), FileReason::Encoding))?;
        if let Some(at) = deep_key(plain) {
            return Err(source.fail(at, FileReason::TooDeep(KEY_PARTS_MAX)));
        }
        let table = DeTable::parse(source.text).map_err(|error| source.syntax(&error))?.into_inner();
        Ok(Self { source, table })
    }

    /// What is wrong at an offset, with file and line.
    pub fn fail(&self, at: usize, reason: FileReason) -> FileError {
        self.source.fail(at, reason)
    }

    /// What the parser says, with file and line.
    pub fn syntax(&self, error: &toml::de::Error) -> FileError {
        self.source.syntax(error)
    }

    /// A value that is not what `key` takes; `write` says how it is written.
    pub fn wrong_kind(&self, key: &str, value: &Value<'_>, write: impl Into<String>) -> FileError {
        self.fail(value.span().start, FileReason::Kind(key.to_owned(), kind(value.get_ref()), write.into()))
    }

    /// Name of the file, without its folders.
    pub fn name(&self) -> &'a str {
        self.source.file.rsplit(['/', '\\']).next().unwrap_or(self.source.file)
    }

    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.source.line(at)
    }

    /// A value as it stands in the file, quoted and cut.
    pub fn quoted(&self, value: &Value<'_>) -> String {
        quote(self.source.text.get(value.span()).unwrap_or_default())
    }
}

impl Source<'_> {
    fn line(&self, at: usize) -> usize {
        self.line_ends.partition_point(|end| *end < at) + 1
    }

    fn fail(&self, at: usize, reason: FileReason) -> FileError {
        FileError { what: self.what, file: self.file.to_owned(), line: self.line(at), reason }
    }

    fn syntax(&self, error: &toml::de::Error) -> FileError {
        let span = error.span().unwrap_or_default();
        let text = self.text.get(span.clone()).unwrap_or_default();
        let reason = if error.message() == "duplicate key" {
            FileReason::Repeated(quote(text))
        } else if text.contains(['.', 'e', 'E']) && text.replace('_', "").parse::<f64>().is_ok() {
            FileReason::Fraction(quote(text))
        } else {
            FileReason::Syntax(error.message().replace('\n', " "))
        };
        self.fail(span.start, reason)
    }
}

/// The keys of a table as they stand in the file, so that the first thing wrong is told first.
pub(super) fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Key<'a>, &'t Value<'a>)> {
    let mut keys: Vec<_> = table.iter().collect();
    keys.sort_by_key(|(key, _)| key.span().start);
    keys
}

/// What a value is, with its article.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn line_ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).collect()
}

/// What ends a bare word, as the parser has it: a quote within a word opens no text.
const WORD_ENDS: &[u8] = b".=,[]{} \t#\r\n";

/// Where a key has more parts than are read: dots outside of texts and comments with nothing but names between them.
fn deep_key(text: &[u8]) -> Option<usize> {
    let up_to = |at: usize, ends: &[u8]| at + text[at..].iter().position(|byte| ends.contains(byte)).unwrap_or(text.len() - at);
    let (mut at, mut dots) = (0, 0);
    while let Some(byte) = text.get(at) {
        at = match byte {
            b'"' | b'\'' => end_of_text(text, at),
            b'#' => up_to(at, b"\r\n"),
            word if !WORD_ENDS.contains(word) => up_to(at, WORD_ENDS),
            _ => at + 1,
        };
        match byte {
            b'.' => dots += 1,
            b'=' | b',' | b'[' | b']' | b'{' | b'}' | b'\n' => dots = 0,
            _ => {}
        }
        if dots >= KEY_PARTS_MAX {
            return Some(at);
        }
    }
    None
}

/// The offset after the text whose opening quote stands at `start`; a text that is not closed ends with its line, or with the file.
fn end_of_text(text: &[u8], start: usize) -> usize {
    let quote = text[start];
    let fence = [quote; 3];
    let is_long = text[start..].starts_with(&fence);
    let mut at = start + if is_long { 3 } else { 1 };
    while let Some(byte) = text.get(at) {
        match byte {
            b'\\' if quote == b'"' && matches!(text.get(at + 1), Some(b'\\' | b'"')) => at += 1,
            b'\n' if !is_long => return at,
            _ if is_long && text[at..].starts_with(&fence) => {
                // Up to two quotes before the closing three belong to the text.
                return at + 3 + text[at + 3..].iter().take(2).take_while(|byte| **byte == quote).count();
            }
            _ if !is_long && *byte == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

#[cfg(test)]
#[path = "toml_file_tests.rs"]
mod tests;
