//! Who got no answer from many ports of one host, or from many hosts on one port, within an hour.
//!
//! Goes in: the supplying rows and the corrections. Comes out: one row per source, hour and one host or port with at least
//! [`FAN_OUT_MIN`] others without an answer. Hours are looked at one by one (`hours`), so that what was found of some is added to what was found of
//! others. In each a first pass finds the sources that can reach the threshold (`suspicion`); the rows of those alone are collected source by
//! source (`suspects`), summed (`tries`) and searched for both fan-outs (`groups`). Judges no scan: a detector does.

mod groups;
mod hours;
mod suspects;
mod suspicion;
mod tries;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::dedup::Deduplicated;
use super::denied::Correction;
use super::rows::Rows;
use super::sums::Sums;
use super::supply::workers;
use crate::schema::Address;
use crate::schema::tables::{FAN_OUT_MIN, FanOutRow};
use groups::{Group, Groups, Summed};
use hours::Hour;
use suspects::Suspects;
use suspicion::Suspicion;
use tries::{Target, Tried, Try};

/// Pieces of work for each thread, so that none waits long for the others. Unit: pieces.
const PIECES_A_THREAD: usize = 2;

/// The two tables: many ports of a host, many hosts on a port. By hour, source, host or port, then protocol.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    pub ports: Vec<FanOutRow<u16>>,
    pub hosts: Vec<FanOutRow<Address>>,
}

/// Finds both.
pub(super) fn fan_out(dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &Deduplicated, is_local: &[bool]) -> FanOut {
    let threads = rayon::current_num_threads();
    Search { least: FAN_OUT_MIN, threads, dataset, chunks, deduplicated, is_local, partitions: 1 }.run()
}

/// What a fan-out is looked for in.
pub(super) struct Search<'a> {
    /// Least distinct others, from 2 to [`FAN_OUT_MIN`].
    pub least: usize,
    /// How many threads there is to be work for.
    pub threads: usize,
    /// How many parts the sources of an hour are cut into; a power of two. Set by [`Search::run`].
    pub partitions: u32,
    pub dataset: &'a Dataset,
    pub chunks: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated,
    /// Per address.
    pub is_local: &'a [bool],
}

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

/// What a thread works with.
struct Worker {
    suspicion: Suspicion,
    suspects: Suspects,
    sums: Sums<Try>,
    groups: Groups,
    found: Found,
}

impl Worker {
    fn new(search: &Search<'_>) -> Self {
        Self {
            suspicion: Suspicion::default(),
            suspects: Suspects::default(),
            sums: Sums::default(),
            groups: Groups::new(search.dataset.addresses().len()),
            found: Found::default(),
        }
    }
}

/// A source within an hour, and one protocol.
#[derive(Clone, Copy)]
struct Source {
    hour: u32,
    src_ip: u32,
    protocol: u8,
}

impl Source {
    /// What the rows of a table are sorted by, as one integer: hour, source, host or port, protocol. Numbers ascend as addresses do.
    fn row_order(self, one: u32) -> u128 {
        let of_source = u128::from(self.hour) << 72 | u128::from(self.src_ip) << 40;
        of_source | u128::from(one) << 8 | u128::from(self.protocol)
    }
}

impl Search<'_> {
    /// Finds both fan-outs.
    pub fn run(mut self) -> FanOut {
        let hours = Hour::all(self.dataset, self.chunks, self.deduplicated);
        self.partitions = (self.threads * PIECES_A_THREAD).div_ceil(hours.len().max(1)).next_power_of_two() as u32;
        let pieces: Vec<(&Hour<'_>, u32)> =
            hours.iter().flat_map(|hour| (0..self.partitions).map(move |part| (hour, part))).collect();
        let next = AtomicUsize::new(0);
        let work = |_| {
            let mut worker = Worker::new(&self);
            while let Some((hour, partition)) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.search(&mut worker, hour, *partition);
            }
            worker.found
        };
        let found = (0..workers(pieces.len())).into_par_iter().map(work).reduce(Found::default, Found::join);
        FanOut { ports: sorted(found.ports), hosts: sorted(found.hosts) }
    }

    /// Whether a source belongs to a partition.
    fn is_in(&self, partition: u32, src_ip: u32) -> bool {
        src_ip & (self.partitions - 1) == partition
    }

    /// Searches one partition of the sources of an hour.
    fn search(&self, worker: &mut Worker, hour: &Hour<'_>, partition: u32) {
        let Worker { suspicion, suspects, sums, groups, found } = worker;
        suspicion.look(self, hour, partition);
        suspects.collect(self, hour, suspicion);
        let mut corrections: Vec<(usize, &Correction)> =
            hour.corrections.iter().filter_map(|correction| Some((suspicion.place(correction.src_ip)?, correction))).collect();
        corrections.sort_by_key(|(place, _)| *place);
        for (place, src_ip) in suspicion.suspects().iter().enumerate() {
            let of_source =
                corrections.partition_point(|(of, _)| *of < place)..corrections.partition_point(|(of, _)| *of <= place);
            let corrections = corrections[of_source].iter().map(|(_, correction)| *correction);
            sum(sums, hour.number, suspects.tried(place), corrections);
            for (protocol, tries) in by_protocol(sums.rows()) {
                let source = Source { hour: hour.number, src_ip: *src_ip, protocol };
                let (of_hosts, of_ports) = groups.of(&tries, self.least);
                found.ports.extend(of_hosts.iter().map(|group| self.ports_row(source, group)));
                found.hosts.extend(of_ports.iter().map(|group| self.hosts_row(source, group)));
            }
        }
    }

    /// The row of a host, many of whose ports did not answer.
    fn ports_row(&self, source: Source, group: &Group<'_>) -> (u128, FanOutRow<u16>) {
        let dst_ip = Target::of_packed(group.unanswered[0].0).dst_ip;
        let row = self.row(source, group, |target| target.dst_port);
        (source.row_order(dst_ip), FanOutRow { dst_ip: Some(self.address(dst_ip)), ..row })
    }

    /// The row of a port that many hosts did not answer on.
    fn hosts_row(&self, source: Source, group: &Group<'_>) -> (u128, FanOutRow<Address>) {
        let dst_port = Target::of_packed(group.unanswered[0].0).dst_port;
        let row = self.row(source, group, |target| self.address(target.dst_ip));
        (source.row_order(u32::from(dst_port)), FanOutRow { dst_port: Some(dst_port), ..row })
    }

    /// The row of a group, but for what its tries share.
    fn row<T>(&self, source: Source, group: &Group<'_>, each: impl Fn(Target) -> T) -> FanOutRow<T> {
        let (mut sum, mut flows, mut dst_is_local) = (Try::default(), 0, false);
        let mut unanswered = Vec::with_capacity(group.unanswered.len());
        for (key, tried) in &group.unanswered {
            let target = Target::of_packed(*key);
            unanswered.push(each(target));
            flows += tried.unanswered_flows();
            dst_is_local |= self.is_local[target.dst_ip as usize];
            sum.add(tried);
        }
        FanOutRow {
            hour: source.hour,
            src_ip: self.address(source.src_ip),
            dst_ip: None,
            dst_port: None,
            protocol: source.protocol,
            unanswered,
            answered: group.answered,
            flows,
            flows_denied: sum.denied,
            bytes_sent: sum.bytes_sent,
            bytes_received: sum.bytes_received,
            src_is_local: self.is_local[source.src_ip as usize],
            dst_is_local,
            mac: Arc::clone(&self.dataset.macs()[sum.nic as usize]),
            first_time: sum.first_time,
            last_time: sum.last_time,
        }
    }

    fn address(&self, number: u32) -> Address {
        self.dataset.addresses()[number as usize]
    }
}

/// Sums what a source tried in an hour.
fn sum<'a>(sums: &mut Sums<Try>, hour: u32, tried: &[Tried], corrections: impl Iterator<Item = &'a Correction>) {
    sums.clear_for(tried.len());
    tried.iter().for_each(|tried| sums.entry(tried.target.packed()).add_row(tried, hour));
    corrections
        .for_each(|correction| sums.entry(Target::of_correction(correction).packed()).add(&Try::of_correction(correction)));
}

/// The tries of each protocol; there are few.
fn by_protocol(sums: &[Summed]) -> Vec<(u8, Vec<&Summed>)> {
    let mut protocols: Vec<(u8, Vec<&Summed>)> = Vec::new();
    for summed in sums {
        let protocol = Target::of_packed(summed.0).protocol;
        match protocols.iter_mut().find(|(known, _)| *known == protocol) {
            Some((_, tries)) => tries.push(summed),
            None => protocols.push((protocol, vec![summed])),
        }
    }
    protocols
}

/// Rows by what they are sorted by, which no two share.
fn sorted<T: Send>(mut found: Vec<(u128, FanOutRow<T>)>) -> Vec<FanOutRow<T>> {
    found.par_sort_unstable_by_key(|(order, _)| *order);
    found.into_iter().map(|(_, row)| row).collect()
}
