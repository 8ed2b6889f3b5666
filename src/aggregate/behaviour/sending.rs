//! What local addresses send to public ones, hour by hour: in all, and to the peers that take much.
//!
//! Goes in: the supplying rows of flows that local addresses began. Comes out: sender_hours, and peer_hours of at least
//! [`PEER_HOUR_BYTES_MIN`]. A first pass adds bytes up per hashed key, so that only rows of keys that can reach the bound are collected.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::{Sums, hash};
use crate::schema::tables::{PEER_HOUR_BYTES_MIN, PeerHour, SenderHour};

/// Sums of the first pass. Unit: counters of 8 bytes; a power of two; fewer let more small keys share one and be collected in vain.
const COUNTERS: usize = 1 << 18;

/// Most ports that a row lists. Unit: ports; the bound of a finding.
const PORTS_MAX: usize = 100;

/// Bytes and flows of a key.
#[derive(Clone, Debug)]
struct Sent {
    bytes_sent: u64,
    bytes_received: u64,
    flows: u64,
    /// The smallest number of the NICs that supplied.
    nic: u32,
    /// Ascending; empty where ports are not asked for.
    ports: Vec<u16>,
}

impl Default for Sent {
    fn default() -> Self {
        Self { bytes_sent: 0, bytes_received: 0, flows: 0, nic: u32::MAX, ports: Vec::new() }
    }
}

impl Sent {
    /// What a row says, without its port.
    fn of(source: &Source<'_>, rows: &Rows<'_>, row: usize) -> Self {
        Self {
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
            flows: u64::from(rows.flows_started[row]),
            nic: source.dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            ports: Vec::new(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.flows += other.flows;
        self.nic = self.nic.min(other.nic);
        for port in &other.ports {
            self.add_port(*port);
        }
    }

    fn add_port(&mut self, port: u16) {
        if let Err(place) = self.ports.binary_search(&port) {
            self.ports.insert(place, port);
            self.ports.truncate(PORTS_MAX);
        }
    }
}

/// A row that counts: supplying, from a local address to a public one that is not the platform's.
struct Outward {
    row: u32,
    /// Place of the counter of its source, destination and hour.
    counter: u32,
}

/// Source, destination and hour as one integer.
fn peer_key(src_ip: u32, dst_ip: u32, hour: u32) -> u128 {
    u128::from(src_ip) << 64 | u128::from(dst_ip) << 32 | u128::from(hour)
}

/// Both tables.
pub(super) fn sending(source: &Source<'_>) -> (Vec<SenderHour>, Vec<PeerHour>) {
    let counters: Vec<AtomicU64> = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles);
    let (senders, outward): (Vec<Sums<Sent>>, Vec<Vec<Outward>>) =
        chunks.map(|(rows, roles)| senders(source, (rows, roles), &counters)).unzip();
    let peers = source.rows.par_iter().zip(&outward).map(|(rows, outward)| peers(source, (rows, outward), &counters));
    (sender_hours(source, merged(senders)), peer_hours(source, merged(peers.collect())))
}

/// What the senders of a chunk sent by hour, and the rows that count.
fn senders(source: &Source<'_>, (rows, roles): (&Rows<'_>, &[Role]), counters: &[AtomicU64]) -> (Sums<Sent>, Vec<Outward>) {
    let (places, interval) = (source.places, source.dataset.interval());
    let is_outward = |row: &usize| roles[*row] == Role::Supplies && places.goes_out(rows.src_ip[*row], rows.dst_ip[*row]);
    let (mut sums, mut outward) = (Sums::<Sent>::default(), Vec::new());
    for row in (0..rows.count()).filter(is_outward) {
        let (src_ip, hour) = (rows.src_ip[row], interval.hour(rows.interval[row]));
        let sent = Sent::of(source, rows, row);
        let counter = hash(peer_key(src_ip, rows.dst_ip[row], hour)) as usize & (COUNTERS - 1);
        counters[counter].fetch_add(sent.bytes_sent, Ordering::Relaxed);
        outward.push(Outward { row: row as u32, counter: counter as u32 });
        // As a rule a chunk is what one sender logged in an hour, so that many rows in a row are its.
        sums.entry_again(peer_key(src_ip, 0, hour)).add(&sent);
    }
    (sums, outward)
}

/// What the rows of a chunk sent to peers that may take enough.
fn peers(source: &Source<'_>, (rows, outward): (&Rows<'_>, &[Outward]), counters: &[AtomicU64]) -> Sums<Sent> {
    let mut sums: Sums<Sent> = Sums::default();
    let takes_much = |outward: &&Outward| counters[outward.counter as usize].load(Ordering::Relaxed) >= PEER_HOUR_BYTES_MIN;
    for row in outward.iter().filter(takes_much).map(|outward| outward.row as usize) {
        let hour = source.dataset.interval().hour(rows.interval[row]);
        let sums = sums.entry(peer_key(rows.src_ip[row], rows.dst_ip[row], hour));
        sums.add(&Sent::of(source, rows, row));
        sums.add_port(rows.dst_port[row]);
    }
    sums
}

/// The sums of all chunks, by key.
fn merged(chunks: Vec<Sums<Sent>>) -> Vec<(u128, Sent)> {
    let mut all: Sums<Sent> = Sums::default();
    chunks.iter().flat_map(|sums| sums.rows()).for_each(|(key, sent)| all.entry(*key).add(sent));
    let mut all = all.rows().to_vec();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

fn sender_hours(source: &Source<'_>, sums: Vec<(u128, Sent)>) -> Vec<SenderHour> {
    let row = |(key, sent): (u128, Sent)| SenderHour {
        ip: source.dataset.addresses()[(key >> 64) as u32 as usize],
        hour: key as u32,
        bytes_sent: sent.bytes_sent,
        bytes_received: sent.bytes_received,
        flows: sent.flows,
        mac: Arc::clone(&source.dataset.macs()[sent.nic as usize]),
    };
    sums.into_iter().map(row).collect()
}

fn peer_hours(source: &Source<'_>, sums: Vec<(u128, Sent)>) -> Vec<PeerHour> {
    let row = |(key, sent): (u128, Sent)| PeerHour {
        ip: source.dataset.addresses()[(key >> 64) as u32 as usize],
        peer: source.dataset.addresses()[(key >> 32) as u32 as usize],
        hour: key as u32,
        bytes_sent: sent.bytes_sent,
        bytes_received: sent.bytes_received,
        flows: sent.flows,
        ports: sent.ports,
    };
    sums.into_iter().filter(|(_, sent)| sent.bytes_sent >= PEER_HOUR_BYTES_MIN).map(row).collect()
}
