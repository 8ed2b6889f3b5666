//! Who got no answer from many ports of one host, or from many hosts on one port, within an hour.
//!
//! Goes in: the supplying rows and the corrections. Comes out: one row per source, hour and one host or port with at least
//! [`FAN_OUT_MIN`] others without an answer. A first pass finds which keys can reach the threshold (`suspicion`); the rows of those
//! alone are dealt into partitions by hour, source and protocol, so that all that a source tried meets in one, and each partition
//! is summed (`tries`) and searched for both fan-outs by itself. Judges no scan: a detector does.

mod suspicion;
mod tries;

use rayon::prelude::*;

use super::dataset::Dataset;
use super::deal::{Dealt, partition_of_hash};
use super::dedup::{Deduplicated, Role};
use super::rows::Rows;
use super::sums::Sums;
use crate::schema::Address;
use crate::schema::tables::{FAN_OUT_MIN, FanOutRow};
use suspicion::Suspicions;
use tries::{Key, Many, TARGET_BITS, Tried, Try};

/// Rows of the dataset for each partition. Unit: rows, of which a fifth or so are dealt; fewer make many small heaps, more outgrow the
/// second cache with their sums (about 100 bytes each).
const PARTITION_ROWS: usize = 32 * 1024;

/// Most partitions. Unit: partitions; a power of two.
const PARTITIONS_MAX: usize = 256;

/// The two tables: many ports of a host, many hosts on a port. By hour, source, host or port, then protocol.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    pub ports: Vec<FanOutRow<u16>>,
    pub hosts: Vec<FanOutRow<Address>>,
}

/// Finds both.
pub(super) fn fan_out(dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &Deduplicated, is_local: &[bool]) -> FanOut {
    let partitions = (dataset.traffic_rows() / PARTITION_ROWS).next_power_of_two().min(PARTITIONS_MAX);
    Search { least: FAN_OUT_MIN, partitions, dataset, chunks, deduplicated, is_local }.run()
}

/// What a fan-out is looked for in.
pub(super) struct Search<'a> {
    /// Least distinct others, from 2 to [`FAN_OUT_MIN`].
    pub least: usize,
    /// How many partitions there are; a power of two.
    pub partitions: usize,
    pub dataset: &'a Dataset,
    pub chunks: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated,
    /// Per address.
    pub is_local: &'a [bool],
}

/// A key, packed where ports are the many, and what is known of its try.
type Summed = (u128, Try);

/// Rows of the tables, each with what it is sorted by as one integer.
#[derive(Default)]
struct Found {
    ports: Vec<(u128, FanOutRow<u16>)>,
    hosts: Vec<(u128, FanOutRow<Address>)>,
}

impl Found {
    fn join(mut self, mut more: Self) -> Self {
        self.ports.append(&mut more.ports);
        self.hosts.append(&mut more.hosts);
        self
    }
}

impl Search<'_> {
    /// Finds both fan-outs.
    pub fn run(&self) -> FanOut {
        let suspicions = Suspicions::of(self);
        let chunks = self.chunks.par_iter().zip(&self.deduplicated.roles);
        let dealt: Vec<Dealt<Tried>> = chunks.map(|(rows, roles)| self.deal(rows, roles, &suspicions)).collect();
        let mut corrected: Vec<Vec<Summed>> = vec![Vec::new(); self.partitions];
        for correction in &self.deduplicated.corrections {
            let key = Key::of_correction(self.dataset, correction);
            if let Some(partition) = self.partition(key, &suspicions) {
                corrected[usize::from(partition)].push((key.packed(Many::Ports), Try::of_correction(correction)));
            }
        }
        let interval = self.dataset.interval();
        let search = |sums: &mut Sums<Try>, partition: usize| {
            for tried in dealt.iter().flat_map(|dealt| dealt.of_partition(partition)) {
                sums.entry(tried.key(interval).packed(Many::Ports)).add_row(tried, interval);
            }
            corrected[partition].iter().for_each(|(key, correction)| sums.entry(*key).add(correction));
            let found = self.found(sums.rows());
            sums.clear();
            found
        };
        let found = (0..self.partitions).into_par_iter().map_init(Sums::default, search).reduce(Found::default, Found::join);
        FanOut { ports: sorted(found.ports), hosts: sorted(found.hosts) }
    }

    /// Every supplying row of a chunk whose key may reach a threshold, answered or not.
    fn deal(&self, rows: &Rows<'_>, roles: &[Role], suspicions: &Suspicions) -> Dealt<Tried> {
        let partition = |row: usize| {
            let is_tried = roles[row] == Role::Supplies && suspicions.is_source(rows.src_ip[row]);
            is_tried.then(|| self.partition(Key::of(self.dataset, rows, row), suspicions)).flatten()
        };
        Dealt::with(rows.count(), partition, self.partitions, |row| Tried::of(self.dataset, rows, row))
    }

    /// The partition of a key that may reach a threshold.
    fn partition(&self, key: Key, suspicions: &Suspicions) -> Option<u16> {
        suspicions.fall_on(key).then(|| partition_of_hash(key.source_hash(), self.partitions))
    }

    /// Both fan-outs of a partition, whose tries are summed.
    fn found(&self, sums: &[Summed]) -> Found {
        let mut found = Found::default();
        let mut order: Vec<(u128, u32)> = sums.iter().zip(0..).map(|((key, _), place)| (*key, place)).collect();
        order.sort_unstable();
        for of_source in order.chunk_by_mut(|a, b| a.0 >> TARGET_BITS == b.0 >> TARGET_BITS) {
            if of_source.len() < self.least {
                continue;
            }
            found.ports.extend(self.rows(Many::Ports, of_source, sums, |key| key.dst_port));
            of_source.iter_mut().for_each(|(key, _)| *key = Key::of_packed_by_port(*key).packed(Many::Hosts));
            of_source.sort_unstable();
            found.hosts.extend(self.rows(Many::Hosts, of_source, sums, |key| self.address(key.dst_ip)));
        }
        found
    }

    /// The rows of one fan-out of a source. `order` has the packed keys, ascending, with their places in `sums`; `each` tells the
    /// many apart.
    fn rows<T>(&self, many: Many, order: &[(u128, u32)], sums: &[Summed], each: impl Fn(Key) -> T) -> Vec<(u128, FanOutRow<T>)> {
        let of = |(_, place): &(u128, u32)| {
            let (key, tried) = &sums[*place as usize];
            (Key::of_packed_by_port(*key), tried)
        };
        let of_one = order.chunk_by(|a, b| a.0 >> many.bits() == b.0 >> many.bits());
        let row = |of_one: &[(u128, u32)]| {
            let is_enough = |count: usize| count >= self.least;
            let unanswered = || of_one.iter().map(of).filter(|(_, tried)| tried.is_unanswered());
            let is_fan_out = is_enough(of_one.len()) && is_enough(unanswered().count());
            is_fan_out.then(|| {
                let answered = of_one.iter().filter(|entry| of(entry).1.is_answered()).count() as u64;
                self.row(many, answered, unanswered(), &each)
            })
        };
        of_one.filter_map(row).collect()
    }

    /// The row of the tries of a source that were not answered, at least one, with what it is sorted by.
    fn row<'t, T>(
        &self,
        many: Many,
        answered: u64,
        tries: impl Iterator<Item = (Key, &'t Try)>,
        each: impl Fn(Key) -> T,
    ) -> (u128, FanOutRow<T>) {
        let (mut sum, mut flows, mut dst_is_local) = (Try::default(), 0, false);
        let mut unanswered = Vec::new();
        let mut one = Key::default();
        for (key, tried) in tries {
            one = key;
            unanswered.push(each(key));
            flows += tried.unanswered_flows();
            dst_is_local |= self.is_local[key.dst_ip as usize];
            sum.add(tried);
        }
        let row = FanOutRow {
            hour: one.hour,
            src_ip: self.address(one.src_ip),
            dst_ip: (many == Many::Ports).then(|| self.address(one.dst_ip)),
            dst_port: (many == Many::Hosts).then_some(one.dst_port),
            protocol: one.protocol,
            unanswered,
            answered,
            flows,
            flows_denied: sum.denied,
            bytes_sent: sum.bytes_sent,
            bytes_received: sum.bytes_received,
            src_is_local: self.is_local[one.src_ip as usize],
            dst_is_local,
            mac: self.dataset.macs()[sum.nic as usize].to_string(),
            first_time: sum.first_time,
            last_time: sum.last_time,
        };
        (one.row_order(many), row)
    }

    fn address(&self, number: u32) -> Address {
        self.dataset.addresses()[number as usize]
    }
}

/// Rows by what they are sorted by, which no two share.
fn sorted<T: Send>(mut found: Vec<(u128, FanOutRow<T>)>) -> Vec<FanOutRow<T>> {
    found.par_sort_unstable_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, row)| row).collect()
}
