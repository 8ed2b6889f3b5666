//! The dataset: Partials under one numbering of addresses, rules and capture points.
//!
//! Goes in: Partials in any order. Comes out: the same rows, unmerged, numbered as `numbering` says. Counts nothing.

use std::sync::Arc;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::add_up::add_up;
use super::numbering::Numbering;
use super::rows::{self, Rows};
use crate::schema::partial::{BlobProblem, CapturePoint, Contacts, Counts, Coverage, OpenFlow, RejectRow, Rule, Traffic};
use crate::schema::units::Interval;
use crate::schema::{Address, Partial};

/// Everything that is known of the logs, ready for counting.
#[derive(Debug, Default)]
pub struct Dataset {
    interval: Interval,
    numbering: Arc<Numbering>,
    chunks: Vec<DataFrame>,
    pub(super) contacts: Vec<Contacts>,
    open_flows: Vec<Vec<OpenFlow>>,
    coverage: Vec<Coverage>,
    rejects: Vec<RejectRow>,
    problems: Vec<BlobProblem>,
    counts: Counts,
}

impl Dataset {
    /// Takes over the rows of `partials`, whose intervals are of length `interval`; no column is copied.
    pub fn from_partials(partials: Vec<Partial>, interval: Interval) -> Self {
        let numbering = Arc::new(Numbering::of(&partials));
        Self::numbered(numbering, partials, interval)
    }

    /// The same under a numbering that knows everything that `partials` refer to.
    pub fn numbered(numbering: Arc<Numbering>, partials: Vec<Partial>, interval: Interval) -> Self {
        let remapped: Vec<Partial> = partials.into_par_iter().map(|partial| numbering.remap(partial)).collect();
        let mut dataset = Self { interval, numbering, ..Self::default() };
        for partial in remapped {
            dataset.take(partial);
        }
        if dataset.chunks.is_empty() {
            dataset.chunks.push(rows::frame(Traffic::default()));
        }
        dataset.sort();
        dataset
    }

    /// Rows of traffic, in at least one chunk, under the numbers of this dataset.
    pub(super) fn of_traffic(&self, chunks: Vec<Traffic>) -> Self {
        let chunks = chunks.into_iter().map(rows::frame).collect();
        Self { interval: self.interval, numbering: Arc::clone(&self.numbering), chunks, ..Self::default() }
    }

    /// What its numbers stand for.
    pub fn numbering(&self) -> &Arc<Numbering> {
        &self.numbering
    }

    /// See [`Numbering::addresses`].
    pub fn addresses(&self) -> &[Address] {
        self.numbering.addresses()
    }

    /// See [`Numbering::rules`].
    pub fn rules(&self) -> &[Rule] {
        self.numbering.rules()
    }

    /// See [`Numbering::encryption`].
    pub fn encryption(&self, code: u8) -> &str {
        self.numbering.encryption(code)
    }

    /// See [`Numbering::capture_points`].
    pub fn capture_points(&self) -> &[CapturePoint] {
        self.numbering.capture_points()
    }

    /// See [`Numbering::macs`].
    pub fn macs(&self) -> &[Arc<str>] {
        self.numbering.macs()
    }

    /// See [`Numbering::nic_of_capture_point`].
    pub fn nic_of_capture_point(&self) -> &[u32] {
        self.numbering.nic_of_capture_point()
    }

    /// The contacts, in as many pieces as there were Partials and in no particular order.
    pub fn contacts(&self) -> &[Contacts] {
        &self.contacts
    }

    /// Flows that begin or end in another unit of work, in as many pieces as there were Partials with any and in no particular order.
    pub fn open_flows(&self) -> &[Vec<OpenFlow>] {
        &self.open_flows
    }

    /// One row per capture point and hour, ascending.
    pub fn coverage(&self) -> &[Coverage] {
        &self.coverage
    }

    /// The rows of rejects.csv, by blob, record and position.
    pub fn rejects(&self) -> &[RejectRow] {
        &self.rejects
    }

    /// Blobs that could not be read whole, by name.
    pub fn problems(&self) -> &[BlobProblem] {
        &self.problems
    }

    /// What was read.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The length of the intervals of the rows.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// First and last tuple kept, ms since the epoch; `None` without any tuple.
    pub fn window(&self) -> Option<(i64, i64)> {
        let first = self.coverage.iter().map(|c| c.first_time).min()?;
        let last = self.coverage.iter().map(|c| c.last_time).max()?;
        Some((first, last))
    }

    /// How many rows of traffic there are.
    pub fn traffic_rows(&self) -> usize {
        self.chunks.iter().map(DataFrame::height).sum()
    }

    /// The traffic as frames, at least one, see [`rows::frame`].
    pub(super) fn chunks(&self) -> &[DataFrame] {
        &self.chunks
    }

    /// The traffic as slices, chunk by chunk.
    pub(super) fn rows(&self) -> Vec<Rows<'_>> {
        self.chunks.iter().map(Rows::of).collect()
    }

    /// Appends a remapped Partial.
    fn take(&mut self, partial: Partial) {
        if partial.traffic.rows() > 0 {
            self.chunks.push(rows::frame(partial.traffic));
        }
        if partial.contacts.rows() > 0 {
            self.contacts.push(partial.contacts);
        }
        if !partial.open_flows.is_empty() {
            self.open_flows.push(partial.open_flows);
        }
        self.coverage.extend(partial.coverage);
        self.rejects.extend(partial.rejects);
        self.problems.extend(partial.problems);
        self.counts.add(&partial.counts);
    }

    /// Makes what was appended independent of the order in which it came.
    fn sort(&mut self) {
        self.coverage.sort_unstable_by_key(|c| (c.capture_point, c.hour));
        let is_same = |a: &Coverage, b: &Coverage| (a.capture_point, a.hour) == (b.capture_point, b.hour);
        add_up(&mut self.coverage, is_same, |kept, next| kept.add(next));
        self.rejects.par_sort_unstable_by(|a, b| reject_order(a).cmp(&reject_order(b)));
        self.problems.sort_unstable_by(|a, b| (&a.blob, &a.problem).cmp(&(&b.blob, &b.problem)));
    }
}

/// A total order of rejects: blob, record, position, then what was wrong.
fn reject_order(row: &RejectRow) -> impl Ord + '_ {
    let reject = &row.reject;
    let place = (reject.record, reject.flow, reject.group, reject.tuple, reject.byte_offset);
    (&row.blob, place, reject.reason, &reject.text)
}
