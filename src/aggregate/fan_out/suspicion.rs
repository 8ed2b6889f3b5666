//! Whose tries may reach the threshold of a fan-out: a first pass, so that few rows have to be summed.
//!
//! Goes in: the supplying rows and the corrections. Comes out: per hashed key how many others no stretch of rows shows an answer of. Counts
//! are never too low; they are too high where keys share a counter, or where an answer lies in another stretch.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use rayon::prelude::*;

use super::Search;
use super::tries::{Key, Many};
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::{Sums, hash};
use crate::schema::Status;
use crate::schema::tables::FAN_OUT_MIN;

/// Most counters per fan-out. Unit: counters of a byte; a power of two; fewer let more innocent keys share one and be
/// collected, more outgrow the cache.
const COUNTERS_MAX: usize = 1 << 22;

/// Counters that all keys of one hour, source and protocol lie in. Unit: counters; a power of two. A source's rows lie close together as a rule,
/// so that what is read of them stays in the first cache; fewer fill up with what one busy source tried, more outgrow that cache.
const REGION: usize = 1 << 12;

/// Tries that are summed before they are counted. Unit: tries of 32 bytes; fewer break up more of them, whose begin may lie in one stretch
/// and whose answer in the next, more outgrow the second cache.
const STRETCH_TRIES: usize = 1 << 13;

/// A suspicion for each fan-out.
pub(super) struct Suspicions {
    ports: Suspicion,
    hosts: Suspicion,
    /// Per address, whether it is the source of a key that reaches the threshold. Most sources are not.
    sources: Vec<AtomicBool>,
}

impl Suspicions {
    /// Counts each host, port and protocol that a source tried in an hour without an answer.
    pub fn of(search: &Search<'_>) -> Self {
        let dataset = search.dataset;
        let new = || Suspicion::new(dataset.traffic_rows(), search.least.min(FAN_OUT_MIN) as u8);
        let sources = (0..dataset.addresses().len()).map(|_| AtomicBool::new(false)).collect();
        let suspicions = Self { ports: new(), hosts: new(), sources };
        let chunks = search.chunks.par_iter().zip(&search.deduplicated.roles);
        chunks.for_each_init(Sums::default, |tries, (rows, roles)| {
            let mut start = 0;
            while start < rows.count() {
                start = stretch(search, tries, (rows, roles), start);
                let unanswered = tries.rows().iter().filter(|(_, answer)| answer.may_lack());
                unanswered.for_each(|(key, _)| suspicions.count(Key::of_packed_by_port(*key)));
                tries.clear();
            }
        });
        let corrections = &search.deduplicated.corrections;
        corrections.iter().for_each(|correction| suspicions.count(Key::of_correction(dataset, correction)));
        suspicions
    }

    /// Counts a try without an answer.
    fn count(&self, key: Key) {
        let source = key.source_hash();
        let reaches = [self.ports.count(source, key.one(Many::Ports)), self.hosts.count(source, key.one(Many::Hosts))];
        if reaches != [false; 2] {
            self.sources[key.src_ip as usize].store(true, Ordering::Relaxed);
        }
    }

    /// Whether any key of a source may reach the threshold.
    pub fn is_source(&self, src_ip: u32) -> bool {
        self.sources[src_ip as usize].load(Ordering::Relaxed)
    }

    /// Whether a try may belong to either fan-out.
    pub fn fall_on(&self, key: Key) -> bool {
        // Both are read at once, whatever the first says: either is as good as random from row to row, and far away in memory.
        let source = key.source_hash();
        self.ports.falls_on(source, key.one(Many::Ports)) | self.hosts.falls_on(source, key.one(Many::Hosts))
    }
}

/// How many others without an answer share a hashed key, at most.
struct Suspicion {
    /// Saturates past every threshold.
    counters: Vec<AtomicU8>,
    least: u8,
}

impl Suspicion {
    fn new(rows: usize, least: u8) -> Self {
        let counters = rows.next_power_of_two().clamp(64, COUNTERS_MAX);
        Self { counters: (0..counters).map(|_| AtomicU8::new(0)).collect(), least }
    }

    /// The counter of what the many share: hour, source and protocol, hashed, and the one host or port.
    fn counter(&self, source: u64, one: u32) -> &AtomicU8 {
        let place = hash(u128::from(source) << 32 | u128::from(one)) as usize & (REGION - 1);
        &self.counters[(source as usize & !(REGION - 1) | place) & (self.counters.len() - 1)]
    }

    /// Counts one more; returns whether there are enough.
    fn count(&self, source: u64, one: u32) -> bool {
        let counter = self.counter(source, one);
        // Threads may pass `least` together, by far fewer than the byte still holds.
        counter.load(Ordering::Relaxed) >= self.least || counter.fetch_add(1, Ordering::Relaxed) + 1 >= self.least
    }

    fn falls_on(&self, source: u64, one: u32) -> bool {
        self.counter(source, one).load(Ordering::Relaxed) >= self.least
    }
}

/// Sums the answers of a stretch of supplying rows from `start` on, of tries that may lack one; returns where the next begins.
///
/// A try without an answer lacks it in at least one of the stretches that it lies in, however they are cut.
fn stretch(search: &Search<'_>, tries: &mut Sums<Answer>, (rows, roles): (&Rows<'_>, &[Role]), start: usize) -> usize {
    let key = |row: usize| Key::of(search.dataset, rows, row).packed(Many::Ports);
    let mut end = start;
    while end < rows.count() && tries.rows().len() < STRETCH_TRIES {
        if roles[end] == Role::Supplies && may_be_unanswered(rows, end) {
            tries.entry(key(end)).add(rows, end);
        }
        end += 1;
    }
    for row in (start..end).filter(|row| roles[*row] == Role::Supplies && !may_be_unanswered(rows, *row)) {
        if let Some(answer) = tries.get_mut(key(row)) {
            answer.add(rows, row);
        }
    }
    end
}

/// What a stretch of rows tells of the answers to one try.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    /// Allowed flows less packets back. Sums of a dataset's counters fit.
    lacking: i64,
    is_denied: bool,
    is_unmeasured: bool,
}

impl Answer {
    fn add(&mut self, rows: &Rows<'_>, row: usize) {
        if rows.status[row] == Status::Denied as u8 {
            self.is_denied = true;
        } else {
            self.lacking += i64::from(rows.flows_started[row]);
        }
        self.is_unmeasured |= rows.tuples_unmeasured[row] > 0;
        self.lacking -= rows.packets_dst_to_src[row] as i64;
    }

    /// Whether the whole try may lack an answer, as far as this stretch shows; see `Try::is_unanswered`.
    fn may_lack(&self) -> bool {
        self.is_denied || (!self.is_unmeasured && self.lacking >= 0)
    }
}

/// Whether a row can belong to a try without an answer: of such a try at least one row looks like this.
fn may_be_unanswered(rows: &Rows<'_>, row: usize) -> bool {
    rows.status[row] == Status::Denied as u8
        || (rows.tuples_unmeasured[row] == 0 && rows.packets_dst_to_src[row] <= u64::from(rows.flows_started[row]))
}
