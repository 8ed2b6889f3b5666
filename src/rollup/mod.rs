//! Rolls the records of one unit of work up to a Partial, and appends Partials.
//!
//! Goes in: decoded batches. Comes out: a `Partial`. Knows no files, no threads, no polars; does not know which
//! addresses are local, so that what is kept for its locality is left to those who do.

mod addresses;
mod append;
mod builder;
mod contacts;
mod coverage;
mod flows;
mod index;
mod memory;
mod merge;
mod origins;
#[cfg(test)]
mod tests;
mod traffic;
mod unit;

pub use append::append;
pub use builder::{BLOCK_ROWS, OTHER_ENCRYPTION, PartialBuilder};
pub use contacts::{CONTACT_PORTS, is_contact_port};
pub use memory::{BlobPosition, UnitMemory, UnitPoint, UnitRows};
pub use merge::{merge_contacts, merge_traffic};
pub use unit::UnitRollup;

use crate::schema::units::Interval;

/// How tuples are rolled up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// The length of the rows of `traffic`.
    pub interval: Interval,
    /// Tuples before this moment do not count. Unit: ms since the epoch.
    pub from: Option<i64>,
    /// Tuples from this moment on do not count. Unit: ms since the epoch.
    pub to: Option<i64>,
}

impl Settings {
    /// Whether a tuple of this time counts.
    pub fn holds(&self, time: i64) -> bool {
        self.from.is_none_or(|from| time >= from) && self.to.is_none_or(|to| time < to)
    }
}

/// What became of the tuples of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Tuples that count.
    pub kept: u64,
    /// Tuples refused.
    pub rejected: u64,
    /// Tuples of a repeated record.
    pub duplicate: u64,
    /// Tuples before or after the window asked for.
    pub outside_window: u64,
}

impl RecordCounts {
    /// All tuples read.
    pub fn read(&self) -> u64 {
        self.kept + self.rejected + self.duplicate + self.outside_window
    }
}

/// Where a tuple belongs, as indexes of the unit.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    src: u32,
    dst: u32,
    /// Its capture point.
    point: u32,
    /// Its capture point and rule.
    origin: u32,
}

impl Place {
    /// Both addresses as one word, the source in the upper half.
    fn pair(self) -> u64 {
        u64::from(self.src) << 32 | u64::from(self.dst)
    }
}
