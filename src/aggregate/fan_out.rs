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
use super::deal::partition_of_hash;
use super::dedup::{Deduplicated, Role};
use super::rows::Rows;
use super::sums::{Sums, hash};
use crate::schema::Address;
use crate::schema::tables::{FAN_OUT_MIN, FanOutRow};
use suspicion::Suspicions;
use tries::{Key, Many, TARGET_BITS, Try};

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
pub(super) fn fan_out(dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &Deduplicated<'_>, is_local: &[bool]) -> FanOut {
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
    pub deduplicated: &'a Deduplicated<'a>,
    /// Per address.
    pub is_local: &'a [bool],
}

/// What a row, or a correction, adds to the try with a key that is packed where ports are the many.
type Tried = (u128, Try);

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
        let dealt = self.dealt(&Suspicions::of(self));
        let search = |sums: &mut Sums<Try>, partition: usize| {
            let tried = dealt.iter().flat_map(|of_chunk| &of_chunk[partition]);
            tried.for_each(|(key, tried)| sums.entry(*key).add(tried));
            let found = self.found(sums.rows());
            sums.clear();
            found
        };
        let found = (0..self.partitions).into_par_iter().map_init(Sums::default, search).reduce(Found::default, Found::join);
        FanOut { ports: sorted(found.ports), hosts: sorted(found.hosts) }
    }

    /// Every row and correction whose key may reach a threshold, answered or not: per chunk and partition.
    fn dealt(&self, suspicions: &Suspicions) -> Vec<Vec<Vec<Tried>>> {
        let deal = |dealt: &mut [Vec<Tried>], key: Key, tried: &dyn Fn() -> Try| {
            if suspicions.fall_on(key) {
                let key = key.packed(Many::Ports);
                let partition = partition_of_hash(hash(key >> TARGET_BITS), self.partitions);
                dealt[usize::from(partition)].push((key, tried()));
            }
        };
        let of_chunk = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
            let mut dealt = vec![Vec::new(); self.partitions];
            let supplying = (0..rows.count()).filter(|row| roles[*row] == Role::Supplies);
            for row in supplying.filter(|row| suspicions.is_source(rows.src_ip[*row])) {
                deal(&mut dealt, Key::of(self.dataset, rows, row), &|| Try::of_row(self.dataset, rows, row));
            }
            dealt
        };
        let chunks = self.chunks.par_iter().zip(&self.deduplicated.roles);
        let mut all: Vec<Vec<Vec<Tried>>> = chunks.map(of_chunk).collect();
        let mut dealt = vec![Vec::new(); self.partitions];
        for correction in &self.deduplicated.corrections {
            deal(&mut dealt, Key::of_correction(self.dataset, correction), &|| Try::of_correction(correction));
        }
        all.push(dealt);
        all
    }

    /// Both fan-outs of a partition, whose tries are summed.
    fn found(&self, sums: &[Tried]) -> Found {
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
    fn rows<T>(&self, many: Many, order: &[(u128, u32)], sums: &[Tried], each: impl Fn(Key) -> T) -> Vec<(u128, FanOutRow<T>)> {
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
