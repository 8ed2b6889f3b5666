//! Columns of a file that azflow exports: what a column is called, what it holds, and the value that a row has in it.
//!
//! Goes in: nothing; these are facts. Comes out: what every writer of an export walks. Knows no file format.

use super::Address;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text; unknown is the empty text, since KQL has no missing texts.
    Text,
    /// A number of 64 bits.
    Long,
    /// A number of 32 bits.
    Int,
    /// A number with decimals.
    Real,
    /// A moment, ms since the epoch, UTC.
    Time,
    /// True or false.
    Flag,
}

/// The value of one row in one column. A text column takes every value and writes it as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Not known.
    Empty,
    /// A text.
    Text(&'a str),
    /// An address.
    Address(Address),
    /// A number.
    Number(u64),
    /// A moment, ms since the epoch.
    Time(i64),
    /// True or false.
    Flag(bool),
}
