//! Why a geo or ASN database cannot be read: the file, the line in it, the reason, and what to do.

use super::Holds;
use crate::schema::inputs::InputKind;

/// A geo or ASN database that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {}: {file}{reason}", kind.name())]
pub struct GeoError {
    /// What it was given as.
    pub kind: InputKind,
    /// Name of the file, as given.
    pub file: String,
    /// Why.
    pub reason: Box<GeoReason>,
}

/// Why a geo or ASN database cannot be read; begins with the place in the file. Texts of the file are quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GeoReason {
    /// Nothing in it.
    #[error(": is empty; hint: download it again")]
    Empty,
    /// No .mmdb, and no text.
    #[error(": is neither .mmdb nor text; hint: unpack it first")]
    Encoding,
    /// A file named .mmdb without the metadata that stands at its end.
    #[error(": is no .mmdb, or was cut off: its metadata is missing; hint: download it again, and unpack it")]
    NoMetadata,
    /// A damaged .mmdb; holds the reader's own words.
    #[error(": is damaged: {0}; hint: download it again")]
    Damaged(String),
    /// Holds countries (or autonomous systems), but was given as the other: what it is, what it holds, its option.
    #[error(": is {0}, which holds {1}; hint: give it as {2}")]
    OtherKind(String, &'static str, &'static str),
    /// Holds neither: what it is, and the names of its fields.
    #[error(
        ": is {0}, which holds neither countries nor autonomous systems{1}; \
         hint: docs/lists.md names the databases that can be read"
    )]
    NeitherKind(String, String),
    /// GeoLite2's CSV of countries, which stands in two files that refer to each other.
    #[error(": is one of the two CSV files of GeoLite2, which refer to each other; hint: give the .mmdb of the same database")]
    TwoFiles,
    /// A header without columns that can be used; holds it.
    #[error(": the header {0} names no range, or neither country nor ASN; hint: docs/lists.md names the columns that are read")]
    Header(String),
    /// Not one line can be read; holds the first and why.
    #[error(" line {0}: {1}, and so is every line; hint: docs/lists.md names the databases that can be read")]
    NoLine(usize, LineReason),
}

impl GeoReason {
    /// The reason for a database that does not hold what it was given as: what it is (`CSV`, a database type), and its fields.
    pub(super) fn of_other_kind(holds: Holds, what: &str, fields: &str) -> Self {
        match holds {
            Holds { countries: true, .. } => Self::OtherKind(what.to_owned(), "countries", "--geo"),
            Holds { networks: true, .. } => Self::OtherKind(what.to_owned(), "autonomous systems", "--asn"),
            _ => Self::NeitherKind(what.to_owned(), fields.to_owned()),
        }
    }
}

/// Why a line of a table cannot be read. Texts are quoted, escaped and cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineReason {
    /// Fewer fields than the lines before it.
    #[error("a field is missing")]
    FewFields,
    /// No shape that is known.
    #[error("it is no range with a country or an ASN")]
    Shape,
    /// Not an address; holds it.
    #[error("{0} is no address")]
    Address(String),
    /// Not a prefix; holds it.
    #[error("{0} is no prefix such as 203.0.113.0/24")]
    Prefix(String),
    /// A range that ends before it begins, or begins as IPv4 and ends as IPv6.
    #[error("the range ends before it begins")]
    Backwards,
    /// Not a country; holds it.
    #[error("{0} is no country code of two letters")]
    Country(String),
    /// Not an autonomous system; holds it.
    #[error("{0} is no number of an autonomous system")]
    Asn(String),
}
