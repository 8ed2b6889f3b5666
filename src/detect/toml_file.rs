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

/// A key and where it stands.
pub type Key<'a> = Spanned<DeString<'a>>;
/// A value and where it stands.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// A file that is TOML.
pub struct TomlFile<'a> {
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

/// Where a line begins, and how many dots stand in it.
#[derive(Default)]
struct Line {
    start: usize,
    dots: usize,
}

impl<'a> TomlFile<'a> {
    /// Reads the bytes of `file`; `what` it is. A byte order mark is passed over.
    ///
    /// # Errors
    /// The line that is no TOML, and why.
    pub fn parse(what: &'static str, file: &'a str, bytes: &'a [u8]) -> Result<Self, FileError> {
        let mut source = Source { what, file, text: "", line_ends: line_ends(bytes) };
        if bytes.len() > FILE_BYTES_MAX {
            return Err(source.fail(FILE_BYTES_MAX, FileReason::TooLarge(FILE_BYTES_MAX >> 20)));
        }
        let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        source.line_ends = line_ends(plain);
        source.text = std::str::from_utf8(plain).map_err(|error| source.fail(error.valid_up_to(), FileReason::Encoding))?;
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

    /// Where the line with the most dots begins, the first of several: the parser tells no place of a key with too many parts.
    fn most_dotted(&self) -> usize {
        let mut most = Line::default();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let dots = line.bytes().filter(|byte| *byte == b'.').count();
            if dots > most.dots {
                most = Line { start, dots };
            }
            start += line.len();
        }
        most.start
    }

    fn syntax(&self, error: &toml::de::Error) -> FileError {
        if error.message() == "recursion limit" {
            return self.fail(self.most_dotted(), FileReason::TooDeep);
        }
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
pub fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Key<'a>, &'t Value<'a>)> {
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

#[cfg(test)]
#[path = "toml_file_tests.rs"]
mod tests;
