//! Why a threat list cannot be read: the file, the line in it, the reason, and what to do.

/// A threat list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read threat list: {file}{}: {reason}", line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct ThreatError {
    /// Name of the file, as given.
    pub file: String,
    /// The line in it, from 1; `None` for the file as a whole.
    pub line: Option<usize>,
    /// Why.
    pub reason: ThreatReason,
}

/// Why a threat list cannot be read. Texts of the file are quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThreatReason {
    /// Nothing in it, or only comments.
    #[error("holds no entry; hint: a list that could not be fetched is often empty, fetch it again or leave it out")]
    Empty,
    /// Other bytes than UTF-8.
    #[error("is not UTF-8 text; hint: unpack it, or save it as UTF-8")]
    Encoding,
    /// A page of the web.
    #[error("is an HTML page, not a list; hint: the download failed, open the file to see what the server answered")]
    Html,
    /// XML, such as STIX 1.
    #[error("is XML; hint: of STIX, versions 2.0 and 2.1 are read, which are JSON")]
    Xml,
    /// JSON that ends too early.
    #[error("the JSON ends before it is closed; hint: the download was cut off, fetch the list again")]
    Truncated,
    /// The parser's own words.
    #[error("{0}")]
    Syntax(String),
    /// JSON of another shape.
    #[error(
        "is JSON, but none of STIX, MISP event, Feodo Tracker or Spamhaus DROP; \
         hint: docs/threat-lists.md names the formats that are read"
    )]
    UnknownJson,
    /// A list of addresses that are known to be harmless.
    #[error("is a MISP warninglist: it names what is known to be harmless; hint: leave it out")]
    Warninglist,
    /// A list of autonomous systems.
    #[error("names autonomous systems, not addresses; hint: give drop_v4.json and drop_v6.json instead")]
    AsnDrop,
    /// Entries, but none that an address can be held against; holds what became of them.
    #[error(
        "nothing in it names a public address: {0}; hint: docs/threat-lists.md names the formats that are read, and what matches"
    )]
    NothingUsable(String),
    /// More entries than are kept; holds that number.
    #[error("holds more than {0} entries; hint: split it into several lists")]
    TooMany(usize),
}

/// Why, and in which line; the file is known to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The line, from 1.
    pub line: Option<usize>,
    /// Why.
    pub reason: ThreatReason,
}

impl ThreatReason {
    /// The reason in a line.
    pub(super) fn at(self, line: impl Into<Option<usize>>) -> Failure {
        Failure { line: line.into(), reason: self }
    }

    /// Why JSON cannot be parsed that begins in `first_line`, from 1.
    pub(super) fn json(error: &serde_json::Error, first_line: usize) -> Failure {
        let line = first_line + error.line().max(1) - 1;
        if error.is_eof() {
            return Self::Truncated.at(line);
        }
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Self::Syntax(format!("{what} at column {}", error.column())).at(line)
    }
}

impl From<ThreatReason> for Failure {
    fn from(reason: ThreatReason) -> Self {
        reason.at(None)
    }
}
