//! The one pass over all pairs: every table whose key follows from source, destination, port and protocol.
//!
//! Goes in: the supplying rows and the corrections. Comes out: sums per key. Rows are dealt into partitions by the hash of
//! their two addresses, so that one partition's groups fit in a cache, no other partition shares them, and both directions
//! of a conversation meet. What a conversation adds to which sum stands in `pair_sums`. Knows no names and no time.

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::deal::{Dealt, partition_of};
use super::dedup::{Deduplicated, Role};
use super::denied::Correction;
use super::pair_sums::PairSums;
use super::places::Places;
use super::rows::Rows;
use super::sums::Sums;
use crate::schema::Status;
use crate::schema::tables::PairMeasures;

/// Rows a partition should have. Unit: rows; range 10^4 to 10^6: fewer waste cache lines of the columns, more outgrow the
/// second cache (1 MiB) with their groups (80 bytes each, and as many as half the rows).
const PARTITION_ROWS: usize = 16 * 1024;

/// Most threads that share the pass. Unit: threads; each holds a row per address, which bounds memory.
const WORKERS_MAX: usize = 8;

/// Source, destination, port and protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Number of the address.
    pub src_ip: u32,
    /// Number of the address.
    pub dst_ip: u32,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
}

impl Pair {
    /// Bits of [`Pair::key`].
    pub const KEY_BITS: u32 = 88;

    /// As one integer in the order of source, destination, port, protocol.
    pub fn key(self) -> u128 {
        u128::from(self.src_ip) << 56 | u128::from(self.dst_ip) << 24 | u128::from(port_key(self.dst_port, self.protocol))
    }

    /// The inverse of [`Pair::key`].
    pub fn of_key(key: u128) -> Self {
        let (src_ip, dst_ip) = ((key >> 56) as u32, (key >> 24) as u32);
        Self { src_ip, dst_ip, dst_port: (key >> 8) as u16, protocol: key as u8 }
    }

    /// As one integer in the order of both addresses, port, protocol, who began: 89 bits.
    fn conversation_key(self) -> u128 {
        let addresses = u128::from(self.src_ip.min(self.dst_ip)) << 32 | u128::from(self.src_ip.max(self.dst_ip));
        let is_back = u128::from(self.src_ip > self.dst_ip);
        addresses << CONVERSATION_SHIFT | u128::from(port_key(self.dst_port, self.protocol)) << 1 | is_back
    }

    /// The inverse of [`Pair::conversation_key`].
    fn of_conversation_key(key: u128) -> Self {
        let (least, greatest) = ((key >> (CONVERSATION_SHIFT + 32)) as u32, (key >> CONVERSATION_SHIFT) as u32);
        let (src_ip, dst_ip) = if key & 1 == 0 { (least, greatest) } else { (greatest, least) };
        Self { src_ip, dst_ip, dst_port: (key >> 9) as u16, protocol: (key >> 1) as u8 }
    }
}

/// The sums of a pair. Whether its flows are malicious follows from the pair, so that groups need not carry it.
#[derive(Clone, Copy, Debug, Default)]
struct Flows {
    allowed: u64,
    denied: u64,
    unmeasured: u64,
    bytes_sent: u64,
    bytes_received: u64,
    packets_sent: u64,
    packets_received: u64,
}

impl Flows {
    /// As the tables have them; none malicious.
    fn measures(&self) -> PairMeasures {
        PairMeasures {
            flows_allowed: self.allowed,
            flows_denied: self.denied,
            bytes_received: self.bytes_received,
            bytes_sent: self.bytes_sent,
            packets_received: self.packets_received,
            packets_sent: self.packets_sent,
            tuples_unmeasured: self.unmeasured,
            ..PairMeasures::default()
        }
    }
}

/// How many pairs are read ahead of the sums, so that the waits for memory overlap. Unit: pairs; range 8 to 256: fewer overlap less,
/// more fall out of the first cache.
const READ_AHEAD: usize = 48;

/// Bits of port, protocol and who began in [`Pair::conversation_key`].
const CONVERSATION_SHIFT: u32 = 25;

/// Bits that the place of a group takes below its key while groups are sorted.
const PLACE_BITS: u32 = 32;

/// Port and protocol as one integer of the same order.
pub(super) fn port_key(dst_port: u16, protocol: u8) -> u32 {
    u32::from(dst_port) << 8 | u32::from(protocol)
}

/// What pairs are summed from; `top_rows` is how many pairs and conversations are kept.
#[derive(Clone, Copy)]
pub(super) struct Summing<'a> {
    pub chunks: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated,
    pub places: &'a Places<'a>,
    pub top_rows: usize,
}

impl Summing<'_> {
    /// Sums every pair.
    pub fn sums(self) -> PairSums {
        self.sums_and(|sums| sums, || ()).0
    }

    /// Sums every pair and does `then` with the sums, `beside` meanwhile: the threads that have no pair left begin with it, while the last one
    /// joins the sums. So none waits.
    pub fn sums_and<T: Send, U: Send>(
        self,
        then: impl FnOnce(PairSums) -> T + Send,
        beside: impl FnOnce() -> U + Send,
    ) -> (T, U) {
        let dealt = self.deal();
        let (mut done, mut done_beside) = (None, None);
        let parts = Mutex::new(Vec::new());
        let last = Mutex::new(Some(|parts| done = Some(then(self.joined(parts)))));
        let add = |part: (usize, PairSums)| {
            let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.push(part);
            (parts.len() == dealt.workers).then(|| std::mem::take(&mut *parts))
        };
        let work = |worker: usize| {
            if let Some(parts) = add((worker, self.sum(&dealt, worker)))
                && let Some(go_on) = last.lock().unwrap_or_else(PoisonError::into_inner).take()
            {
                go_on(parts);
            }
        };
        rayon::scope_fifo(|scope| {
            let work = &work;
            (0..dealt.workers).for_each(|worker| scope.spawn_fifo(move |_| work(worker)));
            scope.spawn_fifo(|_| done_beside = Some(beside()));
        });
        drop(last);
        (done.expect("the last worker has joined the sums"), done_beside.expect("was spawned"))
    }

    /// The parts of all workers as one, in the order of the workers.
    fn joined(&self, mut parts: Vec<(usize, PairSums)>) -> PairSums {
        parts.sort_by_key(|(worker, _)| *worker);
        parts.into_iter().map(|(_, part)| part).reduce(PairSums::merge).unwrap_or_else(|| self.none())
    }

    fn none(&self) -> PairSums {
        PairSums::new(self.places, self.top_rows)
    }

    fn deal(&self) -> DealtRows<'_> {
        let rows: usize = self.chunks.iter().map(Rows::count).sum();
        let partitions = (rows / PARTITION_ROWS).next_power_of_two().clamp(1, 1024);
        let rows =
            self.chunks.par_iter().zip(&self.deduplicated.roles).map(|(rows, roles)| deal(rows, roles, partitions)).collect();
        let mut corrections: Vec<Vec<&Correction>> = vec![Vec::new(); partitions];
        for correction in &self.deduplicated.corrections {
            corrections[usize::from(partition_of(correction.src_ip, correction.dst_ip, partitions))].push(correction);
        }
        let workers = rayon::current_num_threads().clamp(1, WORKERS_MAX).min(partitions);
        DealtRows { rows, corrections, workers }
    }

    /// Sums the partitions of one worker.
    fn sum(&self, dealt: &DealtRows<'_>, worker: usize) -> PairSums {
        let mut sums = self.none();
        let mut groups: Sums<Flows> = Sums::default();
        let mut order: Vec<u128> = Vec::new();
        for partition in (worker..dealt.corrections.len()).step_by(dealt.workers) {
            for (rows, dealt) in self.chunks.iter().zip(&dealt.rows) {
                for some in dealt.of_partition(partition).chunks(READ_AHEAD) {
                    some.iter().for_each(|row| read_ahead(&groups, rows, *row as usize));
                    some.iter().for_each(|row| add_row(&mut groups, rows, *row as usize));
                }
            }
            for correction in &dealt.corrections[partition] {
                correct(&mut groups, correction);
            }
            add_conversations(&mut sums, &groups, &mut order, self.places);
            groups.clear();
        }
        sums
    }
}

/// Rows and corrections by partition, which the workers share.
struct DealtRows<'a> {
    /// Per chunk.
    rows: Vec<Dealt>,
    /// Per partition.
    corrections: Vec<Vec<&'a Correction>>,
    workers: usize,
}

/// The supplying rows of a chunk, so dealt that all rows of two addresses lie in one partition.
fn deal(rows: &Rows<'_>, roles: &[Role], partitions: usize) -> Dealt {
    let partition = |row: usize| partition_of(rows.src_ip[row], rows.dst_ip[row], partitions);
    Dealt::of(rows.count(), |row| (roles[row] == Role::Supplies).then(|| partition(row)), partitions)
}

/// Adds the groups of a partition, conversation by conversation. `order` is room that is used again.
fn add_conversations(sums: &mut PairSums, groups: &Sums<Flows>, order: &mut Vec<u128>, places: &Places<'_>) {
    let groups = groups.rows();
    order.clear();
    order.extend(groups.iter().zip(0_u128..).map(|((key, _), place)| *key << PLACE_BITS | place));
    order.sort_unstable();
    let addresses = |packed: &u128| *packed >> (PLACE_BITS + CONVERSATION_SHIFT);
    let (mut added, mut read) = (0, 0);
    for of_conversation in order.chunk_by(|one, next| addresses(one) == addresses(next)) {
        added += of_conversation.len();
        if added > read {
            let ahead = &order[read..order.len().min(added + READ_AHEAD)];
            for packed in ahead {
                let pair = Pair::of_conversation_key(*packed >> PLACE_BITS);
                let flows = &groups[*packed as u32 as usize].1;
                black_box((flows.allowed, flows.unmeasured));
                sums.read_ahead(pair, places);
            }
            read += ahead.len();
        }
        sums.add(
            of_conversation
                .iter()
                .map(|packed| (Pair::of_conversation_key(*packed >> PLACE_BITS), groups[*packed as u32 as usize].1.measures())),
            places,
        );
    }
}

/// Applies a correction to a pair all of whose rows have been added.
fn correct(groups: &mut Sums<Flows>, correction: &Correction) {
    let sums = groups.entry(correction.pair().conversation_key());
    sums.denied += correction.denied;
    sums.allowed -= correction.were_allowed;
}

fn pair_of(rows: &Rows<'_>, row: usize) -> Pair {
    let (dst_port, protocol) = (rows.dst_port[row], rows.protocol[row]);
    Pair { src_ip: rows.src_ip[row], dst_ip: rows.dst_ip[row], dst_port, protocol }
}

/// Reads what [`add_row`] will need: rows of a partition lie far apart in their columns.
fn read_ahead(groups: &Sums<Flows>, rows: &Rows<'_>, row: usize) {
    groups.read_ahead(pair_of(rows, row).conversation_key());
    black_box((rows.status[row], rows.flows_started[row], rows.tuples_unmeasured[row]));
    black_box((rows.bytes_src_to_dst[row], rows.bytes_dst_to_src[row]));
    black_box((rows.packets_src_to_dst[row], rows.packets_dst_to_src[row]));
}

fn add_row(groups: &mut Sums<Flows>, rows: &Rows<'_>, row: usize) {
    let sums = groups.entry(pair_of(rows, row).conversation_key());
    let flows = u64::from(rows.flows_started[row]);
    if rows.status[row] == Status::Denied as u8 {
        sums.denied += flows;
    } else {
        sums.allowed += flows;
    }
    sums.bytes_sent += rows.bytes_src_to_dst[row];
    sums.bytes_received += rows.bytes_dst_to_src[row];
    sums.packets_sent += rows.packets_src_to_dst[row];
    sums.packets_received += rows.packets_dst_to_src[row];
    sums.unmeasured += u64::from(rows.tuples_unmeasured[row]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_their_pair_and_both_directions_of_a_conversation_are_neighbours() {
        let there = Pair { src_ip: 7, dst_ip: u32::MAX, dst_port: 65_535, protocol: 255 };
        let back = Pair { src_ip: u32::MAX, dst_ip: 7, ..there };
        for pair in [there, back, Pair { src_ip: 3, dst_ip: 3, dst_port: 0, protocol: 0 }] {
            assert_eq!(Pair::of_key(pair.key()), pair);
            assert_eq!(Pair::of_conversation_key(pair.conversation_key()), pair);
        }
        assert_eq!(there.conversation_key() + 1, back.conversation_key());
        assert!(back.conversation_key() >> (128 - PLACE_BITS) == 0, "a place fits below the key");
    }
}
