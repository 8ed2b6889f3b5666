//! What local addresses send to public ones, hour by hour: in all, and to the peers that take much.
//!
//! Goes in: the supplying rows of flows that local addresses began. Comes out: sender_hours, and peer_hours of at least
//! [`PEER_HOUR_BYTES_MIN`]. A first pass adds bytes up per hashed key, so that only rows of keys that can reach the bound are collected.

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

/// The rows that count: supplying, from a local address to a public one that is not the platform's.
struct Outward<'a> {
    source: &'a Source<'a>,
    /// Per chunk, ascending.
    rows: Vec<Vec<u32>>,
}

/// A row's source, destination and hour as integers.
fn peer_key(src_ip: u32, dst_ip: u32, hour: u32) -> u128 {
    u128::from(src_ip) << 64 | u128::from(dst_ip) << 32 | u128::from(hour)
}

/// Both tables.
pub(super) fn sending(source: &Source<'_>) -> (Vec<SenderHour>, Vec<PeerHour>) {
    let outward = Outward::of(source);
    let counters: Vec<AtomicU64> = (0..COUNTERS).map(|_| AtomicU64::new(0)).collect();
    let senders = outward.sum(|sums, rows, row, hour, sent| {
        let key = peer_key(rows.src_ip[row], rows.dst_ip[row], hour);
        counters[hash(key) as usize & (COUNTERS - 1)].fetch_add(sent.bytes_sent, Ordering::Relaxed);
        sums.entry(peer_key(rows.src_ip[row], 0, hour)).add(&sent);
    });
    let peers = outward.sum(|sums, rows, row, hour, mut sent| {
        let key = peer_key(rows.src_ip[row], rows.dst_ip[row], hour);
        if counters[hash(key) as usize & (COUNTERS - 1)].load(Ordering::Relaxed) >= PEER_HOUR_BYTES_MIN {
            sent.add_port(rows.dst_port[row]);
            sums.entry(key).add(&sent);
        }
    });
    (sender_hours(source, senders), peer_hours(source, peers))
}

impl<'a> Outward<'a> {
    fn of(source: &'a Source<'a>) -> Self {
        let places = &source.places.of;
        let of_chunk = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
            let supplying = (0..rows.count()).filter(|row| roles[*row] == Role::Supplies);
            let is_outward =
                |row: &usize| places[rows.src_ip[*row] as usize].is_local && places[rows.dst_ip[*row] as usize].is_public;
            supplying.filter(is_outward).map(|row| row as u32).collect()
        };
        Self { source, rows: source.rows.par_iter().zip(&source.deduplicated.roles).map(of_chunk).collect() }
    }

    /// Sums by key, ascending; `add` is told each row that counts with its hour and what it sent.
    fn sum(&self, add: impl Fn(&mut Sums<Sent>, &Rows<'_>, usize, u32, Sent) + Sync) -> Vec<(u128, Sent)> {
        let dataset = self.source.dataset;
        let sum_chunk = |(rows, outward): (&Rows<'_>, &Vec<u32>)| {
            let mut sums = Sums::default();
            for row in outward.iter().map(|row| *row as usize) {
                let sent = Sent {
                    bytes_sent: rows.bytes_src_to_dst[row],
                    bytes_received: rows.bytes_dst_to_src[row],
                    flows: u64::from(rows.flows_started[row]),
                    nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
                    ports: Vec::new(),
                };
                add(&mut sums, rows, row, dataset.interval().hour(rows.interval[row]), sent);
            }
            sums
        };
        let chunks = self.source.rows.par_iter().zip(&self.rows).map(sum_chunk);
        let merge = |mut all: Sums<Sent>, more: Sums<Sent>| {
            more.rows().iter().for_each(|(key, sent)| all.entry(*key).add(sent));
            all
        };
        let mut sums = chunks.reduce(Sums::default, merge).rows().to_vec();
        sums.sort_unstable_by_key(|(key, _)| *key);
        sums
    }
}

fn sender_hours(source: &Source<'_>, sums: Vec<(u128, Sent)>) -> Vec<SenderHour> {
    let row = |(key, sent): (u128, Sent)| SenderHour {
        ip: source.dataset.addresses()[(key >> 64) as u32 as usize],
        hour: key as u32,
        bytes_sent: sent.bytes_sent,
        bytes_received: sent.bytes_received,
        flows: sent.flows,
        mac: source.dataset.macs()[sent.nic as usize].to_string(),
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
