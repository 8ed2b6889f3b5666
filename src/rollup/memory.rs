//! A unit of work that is read in pieces: what must be remembered between them, and which rows are whose.
//!
//! Goes in: a unit that ends with a record. Comes out: plain values that can be kept. Knows no files.

use std::ops::Range;

use crate::schema::partial::Counts;
use crate::schema::{Partial, Reason};

use super::builder::PartialBuilder;

/// Where in its blob the first record of a piece stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlobPosition {
    /// Records before it.
    pub records: u64,
    /// What is added to an offset in the piece to make it one in the blob. Unit: bytes.
    pub bytes: u64,
}

/// What a unit must remember to be read on.
#[derive(Clone, Debug)]
pub struct UnitMemory {
    /// Time of its newest tuple, ms since the epoch; `i64::MIN` before the first.
    pub newest: i64,
    /// Reject rows of its blob so far, by the code of `Reason`.
    pub reject_rows: [u64; Reason::COUNT],
    /// Contents of its records, ascending.
    pub contents: Vec<u128>,
    /// Its flows in flight, with the addresses and capture points that they refer to.
    pub flows: Partial,
}

/// One capture point of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitPoint {
    /// Index into the Partial's capture points.
    pub capture_point: u32,
    /// Whether its NIC forwards, as far as the unit knows.
    pub forwards: bool,
    /// Records kept that hold a tuple of it.
    pub records: u64,
}

/// Which rows of a Partial a unit wrote, and what it counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnitRows {
    /// Rows of `traffic`.
    pub traffic: Range<usize>,
    /// Rows of `contacts`.
    pub contacts: Range<usize>,
    /// Rows of `open_flows`.
    pub open_flows: Range<usize>,
    /// Rows of `in_flight`.
    pub in_flight: Range<usize>,
    /// Rows of `coverage`.
    pub coverage: Range<usize>,
    /// Rows of `rejects`.
    pub rejects: Range<usize>,
    /// Its capture points.
    pub points: Vec<UnitPoint>,
    /// What it counted of its records; blobs and bytes are not among it.
    pub counts: Counts,
}

impl UnitRows {
    /// No rows yet, behind those of `builder`.
    pub(super) fn before(builder: &PartialBuilder) -> Self {
        let none = |rows: usize| rows..rows;
        let partial = &builder.partial;
        Self {
            traffic: none(partial.traffic.rows()),
            contacts: none(partial.contacts.rows()),
            open_flows: none(partial.open_flows.len()),
            in_flight: none(partial.in_flight.len()),
            coverage: none(partial.coverage.len()),
            rejects: none(partial.rejects.len()),
            ..Self::default()
        }
    }

    /// All rows that were written since.
    pub(super) fn until(self, builder: &PartialBuilder) -> Self {
        let end = Self::before(builder);
        let to = |from: Range<usize>, end: Range<usize>| from.start..end.start;
        Self {
            traffic: to(self.traffic, end.traffic),
            contacts: to(self.contacts, end.contacts),
            open_flows: to(self.open_flows, end.open_flows),
            in_flight: to(self.in_flight, end.in_flight),
            coverage: to(self.coverage, end.coverage),
            rejects: to(self.rejects, end.rejects),
            ..self
        }
    }
}
