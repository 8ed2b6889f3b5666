//! Deals rows into partitions that fit in a cache, so that what belongs together lies in one of them.
//!
//! Goes in: the partition of each row that counts. Comes out: those rows, or what is taken of them, partition by partition. Sums nothing.

use super::sums::hash;

/// The rows of one chunk that count, dealt into partitions.
pub(super) struct Dealt<T> {
    /// What is taken of the rows, partition by partition.
    items: Vec<T>,
    /// Where each partition ends in `items`.
    ends: Vec<u32>,
}

impl Dealt<u32> {
    /// Deals the numbers of `rows` rows into `partitions`, a power of two; `partition` is `None` for rows that do not count.
    pub fn of(rows: usize, partition: impl Fn(usize) -> Option<u16>, partitions: usize) -> Self {
        Self::with(rows, partition, partitions, |row| row as u32)
    }
}

impl<T: Clone + Default> Dealt<T> {
    /// Deals what `item` takes of each row; see [`Dealt::of`].
    pub fn with(rows: usize, partition: impl Fn(usize) -> Option<u16>, partitions: usize, item: impl Fn(usize) -> T) -> Self {
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
        let mut items = vec![T::default(); placed.len()];
        for (row, partition) in placed {
            let place = &mut next[usize::from(partition)];
            items[*place] = item(row as usize);
            *place += 1;
        }
        Self { items, ends }
    }

    /// What was taken of the rows of one partition, which ascend.
    pub fn of_partition(&self, partition: usize) -> &[T] {
        let from = if partition == 0 { 0 } else { self.ends[partition - 1] };
        &self.items[from as usize..self.ends[partition] as usize]
    }
}

/// The partition of a hash: its upper bits, as tables of sums use the lower ones; at most 65,536 partitions.
pub(super) fn partition_of_hash(hash: u64, partitions: usize) -> u16 {
    ((hash >> 48) as usize & (partitions - 1)) as u16
}

/// The partition of two addresses, whichever began.
pub(super) fn partition_of(one: u32, other: u32, partitions: usize) -> u16 {
    let both = u128::from(one.min(other)) << 32 | u128::from(one.max(other));
    partition_of_hash(hash(both), partitions)
}
