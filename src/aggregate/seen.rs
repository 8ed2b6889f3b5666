//! When each address was seen: its first and last tuple at either end, observed.
//!
//! Goes in: all rows, whether they supply or not. Comes out: one span per address. Looks at nothing but times.

use rayon::prelude::*;

use super::dataset::Dataset;
use super::rows::Rows;

/// Most threads that share the pass. Unit: threads; each holds a span per address, which bounds memory.
const WORKERS_MAX: usize = 8;

/// From the first to the last tuple, ms since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub first_time: i64,
    pub last_time: i64,
}

impl Span {
    /// The span of no tuple: it widens by any.
    pub const NONE: Self = Self { first_time: i64::MAX, last_time: i64::MIN };

    /// Whether there was a tuple.
    pub fn is_seen(&self) -> bool {
        self.first_time <= self.last_time
    }

    /// Takes in the tuples of another.
    pub fn widen(&mut self, other: &Self) {
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }
}

/// One span per address of the dataset.
pub(super) fn seen(dataset: &Dataset, chunks: &[Rows<'_>]) -> Vec<Span> {
    let none = || vec![Span::NONE; dataset.addresses().len()];
    let workers = rayon::current_num_threads().clamp(1, WORKERS_MAX).min(chunks.len().max(1));
    let work = |worker: usize| {
        let mut spans = none();
        for rows in chunks.iter().skip(worker).step_by(workers) {
            for row in 0..rows.count() {
                let start = dataset.interval().start(rows.interval[row]);
                let (first, last) = (i64::from(rows.first_offset[row]), i64::from(rows.last_offset[row]));
                let span = Span { first_time: start + first, last_time: start + last };
                spans[rows.src_ip[row] as usize].widen(&span);
                spans[rows.dst_ip[row] as usize].widen(&span);
            }
        }
        spans
    };
    (0..workers).into_par_iter().map(work).reduce_with(joined).unwrap_or_else(none)
}

/// The spans of different rows together.
pub(super) fn joined(mut spans: Vec<Span>, others: Vec<Span>) -> Vec<Span> {
    spans.iter_mut().zip(&others).for_each(|(span, other)| span.widen(other));
    spans
}
