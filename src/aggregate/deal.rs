//! Deals rows into partitions, so that all rows of two addresses, whichever began, lie in one of them.
//!
//! Goes in: the rows of a chunk and their roles. Comes out: the numbers of those that supply, partition by partition.
//! Sums nothing.

use super::dedup::Role;
use super::rows::Rows;
use super::sums::hash;

/// The supplying rows of one chunk, dealt into partitions.
pub(super) struct Dealt {
    /// Row numbers, partition by partition.
    rows: Vec<u32>,
    /// Where each partition ends in `rows`.
    ends: Vec<u32>,
}

impl Dealt {
    /// Deals the rows of a chunk into `partitions`, a power of two.
    pub fn of(rows: &Rows<'_>, roles: &[Role], partitions: usize) -> Self {
        let partition = |row: usize| partition_of(rows.src_ip[row], rows.dst_ip[row], partitions);
        let supplying: Vec<u32> = (0..rows.count() as u32).filter(|row| roles[*row as usize] == Role::Supplies).collect();
        let mut ends = vec![0; partitions];
        for row in &supplying {
            ends[partition(*row as usize)] += 1;
        }
        let mut end = 0;
        let mut next = Vec::with_capacity(partitions);
        for count in &mut ends {
            next.push(end);
            end += *count;
            *count = end;
        }
        let mut dealt = vec![0; supplying.len()];
        for row in supplying {
            let place = &mut next[partition(row as usize)];
            dealt[*place as usize] = row;
            *place += 1;
        }
        Self { rows: dealt, ends }
    }

    /// The rows of one partition, ascending.
    pub fn of_partition(&self, partition: usize) -> &[u32] {
        let from = if partition == 0 { 0 } else { self.ends[partition - 1] };
        &self.rows[from as usize..self.ends[partition] as usize]
    }
}

/// The partition of two addresses: the upper bits of their hash, as tables of sums use the lower ones.
pub(super) fn partition_of(one: u32, other: u32, partitions: usize) -> usize {
    let both = u128::from(one.min(other)) << 32 | u128::from(one.max(other));
    (hash(both) >> 48) as usize & (partitions - 1)
}
