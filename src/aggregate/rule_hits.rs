//! The flows and bytes of each pair of addresses of each rule.
//!
//! Goes in: every row as logged. Comes out: each whole group once, in no order. A capture point's hour repeats its pairs from
//! interval to interval and from port to port, so that its rows are summed in a small table on the way, and only these sums are
//! dealt into partitions. Ranks nothing.

use rayon::prelude::*;

use super::deal::partition_of_hash;
use super::rows::Rows;
use super::sums::{Sums, hash};
use super::supply::{Supply, workers};
use crate::schema::tables::Counting;

/// Rows a partition should have. Unit: rows; range 10^4 to 10^6: fewer make many small lists, more outgrow the cache with
/// their groups (32 bytes each).
const PARTITION_ROWS: usize = 32 * 1024;

/// Sums under way of one worker. Unit: sums of 32 bytes; a power of two: fewer are driven out before they are whole, more
/// outgrow the cache.
const UNDER_WAY: usize = 8 * 1024;

/// What pairs are ranked by. Small, so that many stay in cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hits {
    pub flows: u64,
    pub bytes: u64,
}

impl Hits {
    fn add(&mut self, other: &Self) {
        self.flows += other.flows;
        self.bytes += other.bytes;
    }
}

/// Stands for no key: keys have less than 128 bits.
const FREE: u128 = u128::MAX;

/// The sums of one worker.
struct Combiner {
    /// One place per low bits of a key's hash.
    under_way: Vec<(u128, Hits)>,
    /// What was driven out, by partition; one key may come several times.
    partitions: Vec<Vec<(u128, Hits)>>,
}

impl Combiner {
    fn new(partitions: usize) -> Self {
        Self { under_way: vec![(FREE, Hits::default()); UNDER_WAY], partitions: vec![Vec::new(); partitions] }
    }

    fn add(&mut self, key: u128, hits: &Hits) {
        let place = hash(key) as usize & (UNDER_WAY - 1);
        if self.under_way[place].0 != key {
            self.drive_out(place);
            self.under_way[place].0 = key;
        }
        self.under_way[place].1.add(hits);
    }

    /// Frees a place.
    fn drive_out(&mut self, place: usize) {
        let (key, hits) = std::mem::replace(&mut self.under_way[place], (FREE, Hits::default()));
        if key != FREE {
            let partition = partition_of_hash(hash(key), self.partitions.len());
            self.partitions[usize::from(partition)].push((key, hits));
        }
    }

    /// All sums by partition.
    fn finish(mut self) -> Vec<Vec<(u128, Hits)>> {
        (0..UNDER_WAY).for_each(|place| self.drive_out(place));
        self.partitions
    }
}

/// Sums all rows by `key`, less than 2^128 - 1, and gives every group to `take` of one of the states that come out.
pub(super) fn each_pair_of_rule<S: Default + Send>(
    supply: &Supply<'_>,
    key: impl Fn(&Rows<'_>, usize) -> u128 + Sync,
    take: impl Fn(&mut S, u128, &Hits) + Sync,
) -> Vec<S> {
    let rows: usize = supply.chunks.iter().map(Rows::count).sum();
    let partitions = (rows / PARTITION_ROWS).next_power_of_two().clamp(1, 1024);
    let add = |of_worker: &mut Vec<Combiner>, rows: &Rows<'_>, row: usize| {
        let bytes = rows.bytes_src_to_dst[row] + rows.bytes_dst_to_src[row];
        of_worker[0].add(key(rows, row), &Hits { flows: u64::from(rows.flows_started[row]), bytes });
    };
    let merge = |mut all: Vec<Combiner>, more: Vec<Combiner>| {
        all.extend(more);
        all
    };
    let combiners = supply.fold(Counting::Observed, || vec![Combiner::new(partitions)], add, merge);
    let parts: Vec<Vec<Vec<(u128, Hits)>>> = combiners.into_iter().map(Combiner::finish).collect();
    let workers = workers(partitions);
    let work = |worker: usize| {
        let mut state = S::default();
        let mut groups: Sums<Hits> = Sums::default();
        for partition in (worker..partitions).step_by(workers) {
            parts.iter().flat_map(|part| &part[partition]).for_each(|(key, hits)| groups.entry(*key).add(hits));
            groups.rows().iter().for_each(|(key, hits)| take(&mut state, *key, hits));
            groups.clear();
        }
        state
    };
    (0..workers).into_par_iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_driven_out_comes_again_and_its_parts_add_up() {
        let mut combiner = Combiner::new(4);
        // Three times as many keys as places, twice: every place is fought for.
        for key in (0..3 * UNDER_WAY as u128).chain(0..3 * UNDER_WAY as u128) {
            combiner.add(key << 40, &Hits { flows: 1, bytes: 10 });
        }
        let partitions = combiner.finish();
        let mut sums: Sums<Hits> = Sums::default();
        for (partition, parts) in partitions.iter().enumerate() {
            for (key, hits) in parts {
                assert_eq!(usize::from(partition_of_hash(hash(*key), 4)), partition);
                sums.entry(*key).add(hits);
            }
        }
        assert_eq!(sums.rows().len(), 3 * UNDER_WAY);
        assert!(sums.rows().iter().all(|(_, hits)| *hits == Hits { flows: 2, bytes: 20 }));
    }

    #[test]
    fn a_key_of_zeros_without_hits_is_a_group_too() {
        let mut combiner = Combiner::new(1);
        combiner.add(0, &Hits::default());
        assert_eq!(combiner.finish(), [vec![(0, Hits::default())]]);
    }
}
