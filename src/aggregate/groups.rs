//! Sums per key where keys are nearly as many as rows: rows dealt into partitions that fit in a cache.
//!
//! Goes in: a key per row, or none for rows that do not count. Comes out: each whole group once, in no order. No two
//! partitions share a group, so that what is not needed of a group is dropped at once. The upper bits of a key decide
//! its partition: rows that share them lie close together as a rule, and are read together.

use rayon::prelude::*;

use super::deal::{Dealt, partition_of_hash};
use super::rows::Rows;
use super::sums::{Sums, hash};
use super::supply::workers;

/// Rows a partition should have. Unit: rows; range 10^4 to 10^6: fewer waste cache lines of the columns, more outgrow the
/// cache with their groups (about 100 bytes each).
const PARTITION_ROWS: usize = 32 * 1024;

/// Bits of a key that do not decide its partition.
pub(super) const HOME_SHIFT: u32 = 88;

/// How many rows are read ahead of the sums, so that the waits for memory overlap. Unit: rows; range 8 to 256: fewer overlap less,
/// more fall out of the first cache.
const READ_AHEAD: usize = 48;

/// Sums the rows by `key` of (chunk, row) and gives every group to `take` of one of the states that come out. Groups whose keys
/// share the bits above [`HOME_SHIFT`] are of one partition.
pub(super) fn each_group<V: Default + Send, S: Default + Send>(
    chunks: &[Rows<'_>],
    key: impl Fn(usize, usize) -> Option<u128> + Sync,
    add: impl Fn(&mut V, &Rows<'_>, usize) + Sync,
    take: impl Fn(&mut S, u128, &V) + Sync,
) -> Vec<S> {
    let rows: usize = chunks.iter().map(Rows::count).sum();
    let partitions = (rows / PARTITION_ROWS).next_power_of_two().clamp(1, 1024);
    let deal = |(chunk, rows): (usize, &Rows<'_>)| {
        let partition = |row: usize| key(chunk, row).map(|key| partition_of_hash(hash(key >> HOME_SHIFT), partitions));
        Dealt::of(rows.count(), partition, partitions)
    };
    let dealt: Vec<Dealt> = chunks.par_iter().enumerate().map(deal).collect();
    let workers = workers(partitions);
    let work = |worker: usize| {
        let mut state = S::default();
        let mut groups: Sums<V> = Sums::default();
        let mut keys: Vec<(u128, usize)> = Vec::with_capacity(READ_AHEAD);
        for partition in (worker..partitions).step_by(workers) {
            for (chunk, (rows, dealt)) in chunks.iter().zip(&dealt).enumerate() {
                for some in dealt.of_partition(partition).chunks(READ_AHEAD) {
                    keys.clear();
                    keys.extend(some.iter().filter_map(|row| Some((key(chunk, *row as usize)?, *row as usize))));
                    keys.iter().for_each(|(key, _)| groups.read_ahead(*key));
                    keys.iter().for_each(|(key, row)| add(groups.entry(*key), rows, *row));
                }
            }
            groups.rows().iter().for_each(|(key, group)| take(&mut state, *key, group));
            groups.clear();
        }
        state
    };
    (0..workers).into_par_iter().map(work).collect()
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;
    use crate::schema::partial::Traffic;

    #[test]
    fn every_group_comes_once_and_whole_however_many_partitions_and_chunks_there_are() {
        let rows = PARTITION_ROWS as u32 * 3;
        let column = || vec![0_u32; rows as usize];
        let counters = || vec![0_u64; rows as usize];
        let traffic = || Traffic {
            interval: column(),
            capture_point: column(),
            rule: column(),
            direction: vec![0; rows as usize],
            status: vec![0; rows as usize],
            protocol: vec![0; rows as usize],
            encryption: vec![0; rows as usize],
            src_ip: (0..rows).map(|row| row % 50_000).collect(),
            dst_ip: column(),
            dst_port: vec![0; rows as usize],
            flows_started: vec![1; rows as usize],
            flows_ended: column(),
            tuples: column(),
            tuples_unmeasured: column(),
            packets_src_to_dst: counters(),
            bytes_src_to_dst: counters(),
            packets_dst_to_src: counters(),
            bytes_dst_to_src: counters(),
            first_offset: column(),
            last_offset: column(),
        };
        let frames = [rows::frame(traffic()), rows::frame(traffic())];
        let chunks: Vec<Rows<'_>> = frames.iter().map(Rows::of).collect();
        // Sources below 10 have no key.
        let key = |chunk: usize, row: usize| {
            let src = chunks[chunk].src_ip[row];
            (src >= 10).then(|| u128::from(src) << HOME_SHIFT)
        };
        let add = |sum: &mut u64, rows: &Rows<'_>, row: usize| *sum += u64::from(rows.flows_started[row]);
        let take = |all: &mut Vec<(u128, u64)>, key: u128, sum: &u64| all.push((key >> HOME_SHIFT, *sum));
        let mut groups: Vec<(u128, u64)> = each_group(&chunks, key, add, take).concat();
        groups.sort_unstable();
        let expected: Vec<(u128, u64)> = (10..50_000_u32)
            .map(|src| (u128::from(src), 2 * u64::from(rows / 50_000 + u32::from(src < rows % 50_000))))
            .collect();
        assert_eq!(groups, expected);
    }
}
