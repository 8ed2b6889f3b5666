//! Units of work in the order in which threads take them, each fetched from the disk some time before its turn.
//!
//! Goes in: units, and from which byte on each is read. Comes out: their numbers, each to one thread. Logs that nobody read lately are then
//! decoded while others of them are on their way.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::source::Unit;

/// How far fetching is ahead of reading. Unit: bytes of blobs as stored; range 4 to 64 MiB. In the 30 ms that decoding these takes even a disk behind a
/// network answers a few times. They lie in the system's cache of files, not in the memory of this process.
const AHEAD_BYTES: u64 = 16 << 20;

/// Most units that are fetched ahead of reading. Unit: units; range 16 to 1,024. Of very small ones so many suffice, and each must be opened.
const AHEAD_UNITS: usize = 64;

/// The units that are left.
pub struct Queue<'a> {
    turns: Vec<Turn<'a>>,
    /// The next to be read.
    next: AtomicUsize,
    /// The next to be fetched.
    fetch: AtomicUsize,
}

/// A unit, and what of it is read.
struct Turn<'a> {
    unit: &'a Unit,
    /// The first byte of each of its blobs that is read.
    from: u64,
    /// Bytes of all turns before.
    before: u64,
}

impl<'a> Queue<'a> {
    /// Units in their order, each with the first byte of its blobs that is read.
    pub fn new(units: impl Iterator<Item = (&'a Unit, u64)>) -> Self {
        let mut sum = 0_u64;
        let turn = |(unit, from): (&'a Unit, u64)| {
            let before = sum;
            sum = sum.saturating_add(unit.bytes.saturating_sub(from));
            Turn { unit, from, before }
        };
        Self { turns: units.map(turn).collect(), next: AtomicUsize::new(0), fetch: AtomicUsize::new(0) }
    }

    /// The number of the next unit, or `None` behind the last. Fetches those that come soon.
    pub fn take(&self) -> Option<usize> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        let now = self.turns.get(at)?;
        while let Some(turn) = self.claim(at, now) {
            turn.unit.blobs.iter().for_each(|blob| blob.fetch(turn.from));
        }
        Some(at)
    }

    /// The next unit to be fetched, if it comes soon after `now`, whose number is `at`.
    fn claim(&self, at: usize, now: &Turn<'_>) -> Option<&Turn<'a>> {
        let is_near = |turn: &Turn<'_>| turn.before < now.before.saturating_add(AHEAD_BYTES);
        let after = |next: usize| (next <= at + AHEAD_UNITS && self.turns.get(next).is_some_and(is_near)).then_some(next + 1);
        let next = self.fetch.fetch_update(Ordering::Relaxed, Ordering::Relaxed, after).ok()?;
        self.turns.get(next)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::PathBuf;

    use super::*;
    use crate::source::Blob;

    /// Units of so many bytes, whose blobs are not there: what cannot be fetched is no matter.
    fn units(sizes: &[u64]) -> Vec<Unit> {
        let blob = |at: usize| Blob::file(format!("{at}.json"), PathBuf::from("/nowhere").join(at.to_string()), None);
        sizes.iter().enumerate().map(|(at, bytes)| Unit { bytes: *bytes, blobs: vec![blob(at)], capture: None }).collect()
    }

    #[test]
    fn every_unit_is_taken_once_whatever_the_threads() {
        let units = units(&[1 << 20; 500]);
        let queue = Queue::new(units.iter().map(|unit| (unit, 0)));
        let mut taken: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| std::iter::from_fn(|| queue.take()).collect::<Vec<_>>())).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        taken.sort_unstable();
        assert_eq!(taken, (0..500).collect::<Vec<_>>());
        assert_eq!(queue.fetch.into_inner(), 500);
    }

    #[test]
    fn units_are_fetched_before_their_turn_up_to_a_bound() {
        let units = units(&[10 << 20, 10 << 20, 10 << 20, 100 << 20, 1, 1]);
        let queue = Queue::new(units.iter().map(|unit| (unit, 0)));
        let fetched: Vec<usize> = std::iter::from_fn(|| queue.take().map(|_| queue.fetch.load(Ordering::Relaxed))).collect();
        assert_eq!(fetched, [2, 3, 4, 4, 6, 6]);
    }

    #[test]
    fn of_small_units_only_so_many_are_fetched_before_their_turn() {
        let units = units(&[1; 200]);
        let queue = Queue::new(units.iter().map(|unit| (unit, 0)));
        let fetched: Vec<usize> = std::iter::from_fn(|| queue.take().map(|_| queue.fetch.load(Ordering::Relaxed))).collect();
        assert_eq!((fetched[0], fetched[1], fetched[199]), (AHEAD_UNITS + 1, AHEAD_UNITS + 2, 200));
    }

    #[test]
    fn what_was_read_before_does_not_count() {
        let units = units(&[10 << 20, 10 << 20, 10 << 20, 10 << 20]);
        let queue = Queue::new(units.iter().map(|unit| (unit, (10 << 20) - 1)));
        queue.take().unwrap();
        assert_eq!(queue.fetch.into_inner(), 4);
    }
}
