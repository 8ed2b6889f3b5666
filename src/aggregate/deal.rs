//! Deals rows into partitions that fit in a cache, so that what belongs together lies in one of them.
//!
//! Goes in: the partition of each row that counts. Comes out: those rows, partition by partition. Sums nothing.

use super::sums::hash;

/// The rows of one chunk that count, dealt into partitions.
pub(super) struct Dealt {
    /// The numbers of the rows, partition by partition.
    rows: Vec<u32>,
    /// Where each partition ends in `rows`.
    ends: Vec<u32>,
}

impl Dealt {
    /// Deals the numbers of `rows` rows into `partitions`, a power of two; `partition` is `None` for rows that do not count.
    pub fn of(rows: usize, partition: impl Fn(usize) -> Option<u16>, partitions: usize) -> Self {
        let placed: Vec<(u32, u16)> =
            (0..rows).filter_map(|row| partition(row).map(|partition| (row as u32, partition))).collect();
        let mut ends = vec![0_u32; partitions];
        placed.iter().for_each(|(_, partition)| ends[usize::from(*partition)] += 1);
        let mut end = 0;
        let mut next = Vec::with_capacity(partitions);
        for count in &mut ends {
            next.push(end as usize);
            end += *count;
            *count = end;
        }
        let mut dealt = vec![0; placed.len()];
        for (row, partition) in placed {
            let place = &mut next[usize::from(partition)];
            dealt[*place] = row;
            *place += 1;
        }
        Self { rows: dealt, ends }
    }

    /// The rows of one partition, which ascend.
    pub fn of_partition(&self, partition: usize) -> &[u32] {
        let from = if partition == 0 { 0 } else { self.ends[partition - 1] };
        &self.rows[from as usize..self.ends[partition] as usize]
    }
}

/// The partition of a hash: its upper bits, as tables of sums use the lower ones; at most 65,536 partitions.
pub(super) fn partition_of_hash(hash: u64, partitions: usize) -> u16 {
    ((hash >> 48) as usize & (partitions - 1)) as u16
}

/// The partition of two addresses, whichever began.
pub(super) fn partition_of(one: u32, other: u32, partitions: usize) -> u16 {
    partition_of_hash(hash_of(one, other), partitions)
}

/// The hash of two addresses, whichever comes first.
pub(super) fn hash_of(one: u32, other: u32) -> u64 {
    hash(u128::from(one.min(other)) << 32 | u128::from(one.max(other)))
}
