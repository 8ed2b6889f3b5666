//! Why a file that the user wrote, an allow-list or a configuration, cannot be read: the file, the line, the reason, and what to do.

use ipnet::IpNet;

/// An allow-list or configuration that cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{file}:{line}: cannot read {what}: {reason}")]
pub struct FileError {
    /// `allow-list` or `configuration`.
    pub what: &'static str,
    /// Name of the file, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Why.
    pub reason: FileReason,
}

/// Why such a file cannot be read. Texts of the file are quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FileReason {
    /// Beyond the bound, in MiB.
    #[error("the file goes on after {0} MiB; hint: check that it is the file that was meant")]
    TooLarge(usize),
    /// Bytes that are no UTF-8.
    #[error("the text is not UTF-8; hint: save the file as UTF-8")]
    Encoding,
    /// A key of more parts than the parser nests.
    #[error("a key has too many parts; hint: write each setting as key = value")]
    TooDeep,
    /// The parser's own words.
    #[error("{0}; hint: write key = value, texts in quotes; docs/configuration.md and docs/allow-list.md have examples")]
    Syntax(String),
    /// A key or table that was set before.
    #[error("{0} is set twice; hint: keep one of the two")]
    Repeated(String),
    /// A key, detector or setting that does not exist: what, its name, the nearest that does.
    #[error("there is no {0} {1}; hint: did you mean {2}?")]
    Unknown(&'static str, String, String),
    /// Settings of detectors in an allow-list.
    #[error("an allow-list holds no settings of detectors; hint: put them into the file that --config names")]
    SettingsInList,
    /// A field of an entry outside of one.
    #[error("{0} stands outside of an entry; hint: begin each entry with [[allow]]")]
    NoHeader(String),
    /// A value of another kind: the key, what it is, how it is written.
    #[error("{0} is {1}; hint: write {2}")]
    Kind(String, &'static str, String),
    /// An option of a command at the top of the file, where those stand that commands share: its name, and the table it belongs to.
    #[error("{0} does not stand at the top of the file; hint: write it below {1}")]
    Misplaced(&'static str, String),
    /// An option in the table of a command that does not take it: its name, and the command.
    #[error("{0} is no option of {1}; hint: write it at the top of the file, or below a command that takes it")]
    Foreign(&'static str, String),
    /// A text of no letters: the option.
    #[error("{0} is empty; hint: give a value, or leave the line out")]
    EmptyValue(&'static str),
    /// A value that an option does not take: the option, why, what to do.
    #[error("{0}: {1}; hint: {2}")]
    Option(&'static str, String, String),
    /// A setting outside of its range: key, value, least, greatest.
    #[error("{0} is {1}, outside of its range {2} to {3}; hint: docs/detectors.md has its unit and default")]
    Range(String, String, f64, f64),
    /// A fraction where a count is expected.
    #[error("{0} is no whole number; hint: write it without a fraction")]
    Fraction(String),
    /// An allow-list without an entry.
    #[error("the file holds no entry; hint: begin each with [[allow]], docs/allow-list.md has examples")]
    Empty,
    /// More entries than are kept, of all files; holds the bound.
    #[error("there are more than {0} entries; hint: allow a network or a detector in place of single addresses")]
    TooMany(usize),
    /// An entry that would allow everything.
    #[error("the entry states no condition; hint: give an actor, peer, network, port or detector")]
    NoCondition,
    /// An entry without a reason.
    #[error("the entry states no reason; hint: add why = \"who expects this, and since when\"")]
    NoWhy,
    /// A reason that was not filled in.
    #[error("why is empty: the entry states no reason; hint: fill in who expects this, and since when")]
    EmptyWhy,
    /// A reason beyond the bound, in characters.
    #[error("why has more than {0} characters; hint: it is shown with each finding, name a ticket in place of the story")]
    LongWhy(usize),
    /// An actor or peer of no letters.
    #[error("{0} is empty; hint: give an address or a name, or leave the line out")]
    EmptyName(&'static str),
    /// What looks like an address and is none.
    #[error("{0} is no IP address; hint: check its digits")]
    Address(String),
    /// A network where an actor or peer is expected.
    #[error("{0} is a network, and {1} is one address or name; hint: write network = {0}")]
    NetworkAsParty(String, &'static str),
    /// A network that is none.
    #[error("{0} is no network such as 203.0.113.0/24; hint: one address goes into actor or peer")]
    Network(String),
    /// A network with bits beyond its length.
    #[error("{0} has host bits set; hint: did you mean {1}?")]
    HostBits(IpNet, IpNet),
    /// A port that is none.
    #[error("{0} is no port; hint: write a number from 0 to 65535")]
    Port(String),
    /// A date that is none.
    #[error("{0} is no UTC date or time; hint: write it like 2026-12-31 or 2026-12-31T18:00:00Z")]
    Until(String),
    /// A direction that is none.
    #[error("{0} is no direction; hint: write Inbound or Outbound")]
    Direction(String),
}
