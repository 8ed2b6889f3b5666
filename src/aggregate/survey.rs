//! What must be known of a whole window before any slice of it can be counted: all names, and who owns which address.
//!
//! Goes in: slices, of which no measure is read. Comes out: the numbering of the window, and what its rows teach of owners.

use std::sync::Arc;

use super::dataset::Dataset;
use super::numbering::Numbering;
use super::owners::Learnt;
use crate::schema::Partial;
use crate::schema::units::Interval;

/// What is known of the slices so far.
#[derive(Debug, Default)]
pub struct Survey {
    numbering: Numbering,
    learnt: Learnt,
}

impl Survey {
    /// Adds a slice: names of its rows, directions and statuses.
    pub fn add(&mut self, slice: &Dataset) {
        self.numbering = Numbering::joined(&[&self.numbering, slice.numbering()]);
        self.learnt.add(slice);
    }

    /// The window's dataset without traffic, contacts and open flows: `rest` has everything else of all slices. And what was learnt.
    pub fn finish(self, rest: Vec<Partial>, interval: Interval) -> (Dataset, Learnt) {
        let numbering = Numbering::joined(&[&self.numbering, &Numbering::of(&rest)]);
        (Dataset::numbered(Arc::new(numbering), rest, interval), self.learnt)
    }
}
