//! The rows hour by hour: a fan-out never reaches beyond one.
//!
//! Goes in: the rows and the corrections of the dataset. Comes out: per hour the stretches of rows that lie in it. Copies no row.

use std::ops::Range;

use rayon::prelude::*;

use crate::aggregate::dataset::Dataset;
use crate::aggregate::dedup::Deduplicated;
use crate::aggregate::denied::Correction;
use crate::aggregate::rows::Rows;

/// Rows of a chunk, one after the other, that lie in one hour: as a rule all that a NIC logged in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    hour: u32,
    pub chunk: usize,
    pub rows: Range<usize>,
}

/// What there is of an hour.
#[derive(Clone, Debug)]
pub(super) struct Hour<'a> {
    /// Hours since the epoch.
    pub number: u32,
    /// By chunk, then row; not empty.
    pub stretches: Vec<Stretch>,
    /// What destinations denied.
    pub corrections: &'a [Correction],
}

impl<'a> Hour<'a> {
    /// Every hour that has rows, ascending. An hour without rows has no corrections.
    pub fn all(dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &'a Deduplicated) -> Vec<Self> {
        let of_chunk = |(chunk, rows): (usize, &Rows<'_>)| stretches(dataset, chunk, rows);
        let mut stretches: Vec<Stretch> = chunks.par_iter().enumerate().flat_map_iter(of_chunk).collect();
        stretches.sort_unstable_by_key(|stretch| (stretch.hour, stretch.chunk, stretch.rows.start));
        let of_hour = stretches.chunk_by(|a, b| a.hour == b.hour);
        of_hour.map(|stretches| Self::of(dataset, stretches, &deduplicated.corrections)).collect()
    }

    fn of(dataset: &Dataset, stretches: &[Stretch], corrections: &'a [Correction]) -> Self {
        let number = stretches[0].hour;
        // Corrections ascend by interval.
        let before = |hour: u32| corrections.partition_point(|correction| dataset.interval().hour(correction.interval) < hour);
        let corrections = &corrections[before(number)..before(number + 1)];
        Self { number, stretches: stretches.to_vec(), corrections }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.stretches.iter().map(|stretch| stretch.rows.len()).sum()
    }
}

/// The stretches of a chunk, in its order.
fn stretches(dataset: &Dataset, chunk: usize, rows: &Rows<'_>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut start = 0;
    for of_interval in rows.interval.chunk_by(|a, b| a == b) {
        let (hour, end) = (dataset.interval().hour(of_interval[0]), start + of_interval.len());
        match stretches.last_mut() {
            Some(last) if last.hour == hour => last.rows.end = end,
            _ => stretches.push(Stretch { hour, chunk, rows: start..end }),
        }
        start = end;
    }
    stretches
}
