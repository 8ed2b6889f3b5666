//! The one pass over all pairs, and the tables whose keys follow from a pair: address, subnet, pair, port, matrix.
//!
//! Goes in: the supplying rows and the corrections. Comes out: sums per key. Rows are dealt into partitions by the hash of
//! their pair, so that one partition's groups fit in a cache and no other partition shares them; only the top pairs are
//! kept, never all of them. Knows no names and no time.

use rayon::prelude::*;

use super::dedup::{Deduplicated, Role};
use super::denied::Correction;
use super::rows::Rows;
use super::sums::{Sums, hash};
use super::top::Top;
use crate::schema::Status;
use crate::schema::tables::{Measures, PairMeasures};

/// Rows a partition should have. Unit: rows; range 10^4 to 10^6: fewer waste cache lines of the columns, more outgrow the
/// cache with their groups (80 bytes each).
const PARTITION_ROWS: usize = 128 * 1024;

/// Most threads that share the pass. Unit: threads; each holds a row per address, which bounds memory.
const WORKERS_MAX: usize = 8;

/// Sums per key of everything that follows from a pair. Numbers are the dataset's.
#[derive(Default)]
pub(super) struct PairSums {
    /// Per address.
    pub by_ip: Vec<Measures>,
    /// Whether the address has a row that counts.
    pub has_traffic: Vec<bool>,
    /// Per [`port_key`].
    pub by_port: Sums<PairMeasures>,
    /// Per [`matrix_key`].
    pub matrix: Sums<PairMeasures>,
    /// The top pairs, per [`pair_key`].
    pub top: Top,
}

/// Source, destination, port and protocol as one integer of the same order.
pub(super) fn pair_key(src_ip: u32, dst_ip: u32, dst_port: u16, protocol: u8) -> u128 {
    u128::from(src_ip) << 56 | u128::from(dst_ip) << 24 | u128::from(port_key(dst_port, protocol))
}

/// Port and protocol as one integer of the same order.
pub(super) fn port_key(dst_port: u16, protocol: u8) -> u32 {
    u32::from(dst_port) << 8 | u32::from(protocol)
}

/// The number of a subnet in the matrix: 0 for none, else its index plus one.
pub(super) fn subnet_number(subnet: Option<u32>) -> u32 {
    subnet.map_or(0, |index| index + 1)
}

/// Subnets of source and destination, by [`subnet_number`], as one integer.
fn matrix_key(src: u32, dst: u32) -> u128 {
    u128::from(src) << 32 | u128::from(dst)
}

/// Sums every pair. `subnets` has the [`subnet_number`] of each address, `top_rows` is how many pairs are kept.
pub(super) fn sum_pairs(chunks: &[Rows<'_>], deduplicated: &Deduplicated<'_>, subnets: &[u32], top_rows: usize) -> PairSums {
    let rows: usize = chunks.iter().map(Rows::count).sum();
    let partitions = (rows / PARTITION_ROWS).next_power_of_two().clamp(1, 1024);
    let dealt: Vec<Dealt> =
        chunks.par_iter().zip(&deduplicated.roles).map(|(rows, roles)| Dealt::of(rows, roles, partitions)).collect();
    let mut corrections: Vec<Vec<&Correction>> = vec![Vec::new(); partitions];
    for correction in &deduplicated.corrections {
        corrections[partition_of(key_of(correction), partitions)].push(correction);
    }
    let workers = rayon::current_num_threads().clamp(1, WORKERS_MAX).min(partitions);
    let work = |worker: usize| {
        let mut sums = PairSums::new(subnets.len(), top_rows);
        let mut groups: Sums<PairMeasures> = Sums::default();
        for partition in (worker..partitions).step_by(workers) {
            for (rows, dealt) in chunks.iter().zip(&dealt) {
                dealt.of_partition(partition).iter().for_each(|row| add_row(&mut groups, rows, *row as usize));
            }
            for correction in &corrections[partition] {
                correct(groups.entry(key_of(correction)), correction);
            }
            for (key, measures) in groups.rows() {
                sums.add(*key, measures, subnets);
            }
            groups.clear();
        }
        sums
    };
    (0..workers).into_par_iter().map(work).reduce_with(PairSums::merge).unwrap_or_default()
}

fn key_of(correction: &Correction) -> u128 {
    pair_key(correction.src_ip, correction.dst_ip, correction.dst_port, correction.protocol)
}

/// Applies a correction to a pair all of whose rows have been added.
fn correct(measures: &mut PairMeasures, correction: &Correction) {
    measures.flows_denied += correction.denied;
    measures.flows_allowed -= correction.were_allowed;
}

fn add_row(groups: &mut Sums<PairMeasures>, rows: &Rows<'_>, row: usize) {
    let key = pair_key(rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row], rows.protocol[row]);
    let sums = groups.entry(key);
    let flows = u64::from(rows.flows_started[row]);
    if rows.status[row] == Status::Denied as u8 {
        sums.flows_denied += flows;
    } else {
        sums.flows_allowed += flows;
    }
    sums.bytes_sent += rows.bytes_src_to_dst[row];
    sums.bytes_received += rows.bytes_dst_to_src[row];
    sums.packets_sent += rows.packets_src_to_dst[row];
    sums.packets_received += rows.packets_dst_to_src[row];
    sums.tuples_unmeasured += u64::from(rows.tuples_unmeasured[row]);
}

/// The partition of a key: the upper bits of its hash, as the table of groups uses the lower ones.
fn partition_of(key: u128, partitions: usize) -> usize {
    (hash(key) >> 48) as usize & (partitions - 1)
}

/// The supplying rows of one chunk, dealt into partitions.
struct Dealt {
    /// Row numbers, partition by partition.
    rows: Vec<u32>,
    /// Where each partition ends in `rows`.
    ends: Vec<u32>,
}

impl Dealt {
    fn of(rows: &Rows<'_>, roles: &[Role], partitions: usize) -> Self {
        let partition = |row: usize| {
            partition_of(pair_key(rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row], rows.protocol[row]), partitions)
        };
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

    fn of_partition(&self, partition: usize) -> &[u32] {
        let from = if partition == 0 { 0 } else { self.ends[partition - 1] };
        &self.rows[from as usize..self.ends[partition] as usize]
    }
}

impl PairSums {
    fn new(addresses: usize, top_rows: usize) -> Self {
        Self {
            by_ip: vec![Measures::default(); addresses],
            has_traffic: vec![false; addresses],
            top: Top::new(top_rows),
            ..Self::default()
        }
    }

    /// Adds one whole pair.
    fn add(&mut self, key: u128, pair: &PairMeasures, subnets: &[u32]) {
        let (src, dst) = ((key >> 56) as u32 as usize, (key >> 24) as u32 as usize);
        let at_source = &mut self.by_ip[src];
        at_source.flows_outbound_allowed += pair.flows_allowed;
        at_source.flows_outbound_denied += pair.flows_denied;
        add_traffic(at_source, pair.bytes_received, pair.bytes_sent, pair.packets_received, pair.packets_sent);
        at_source.tuples_unmeasured += pair.tuples_unmeasured;
        let at_destination = &mut self.by_ip[dst];
        at_destination.flows_inbound_allowed += pair.flows_allowed;
        at_destination.flows_inbound_denied += pair.flows_denied;
        add_traffic(at_destination, pair.bytes_sent, pair.bytes_received, pair.packets_sent, pair.packets_received);
        at_destination.tuples_unmeasured += pair.tuples_unmeasured;
        self.has_traffic[src] = true;
        self.has_traffic[dst] = true;
        self.by_port.entry(key & 0xff_ffff).add(pair);
        self.matrix.entry(matrix_key(subnets[src], subnets[dst])).add(pair);
        self.top.push(key, *pair);
    }

    fn merge(mut self, other: Self) -> Self {
        self.by_ip.iter_mut().zip(&other.by_ip).for_each(|(sum, more)| sum.add(more));
        self.has_traffic.iter_mut().zip(&other.has_traffic).for_each(|(sum, more)| *sum |= more);
        other.by_port.rows().iter().for_each(|(key, more)| self.by_port.entry(*key).add(more));
        other.matrix.rows().iter().for_each(|(key, more)| self.matrix.entry(*key).add(more));
        self.top.merge(other.top);
        self
    }
}

fn add_traffic(sum: &mut Measures, bytes_received: u64, bytes_sent: u64, packets_received: u64, packets_sent: u64) {
    sum.bytes_received += bytes_received;
    sum.bytes_sent += bytes_sent;
    sum.packets_received += packets_received;
    sum.packets_sent += packets_sent;
}
