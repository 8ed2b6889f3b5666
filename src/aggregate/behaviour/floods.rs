//! Very many flows or packets from one local address to another one within an interval, with little coming back.
//!
//! Goes in: the supplying rows, the corrections of what a destination denied, and contacts for the busiest minute. Comes out: one row per
//! interval, source, destination and protocol, over the ports from which little came back. Rows are weighed first, per source, then per
//! hashed key, so that only those of keys that can be a flood are collected. Judges nothing.

mod minutes;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::dedup::{Role, Suppliers};
use crate::aggregate::denied::Correction;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::hash;
use crate::schema::Status;
use crate::schema::codes::TCP;
use crate::schema::tables::{FLOOD_CONNECTIONS_MIN, FLOOD_PACKETS_MIN, FloodRow, ServiceKey};
use crate::schema::units::MINUTE_MS;

/// Counters that keep keys of little weight from being collected. Unit: counters of 4 bytes; a power of two; fewer let more
/// such keys share one and be collected in vain.
const COUNTERS: usize = 1 << 20;

/// The same for intervals and sources, which are fewer. Unit: as above.
const SOURCE_COUNTERS: usize = 1 << 18;

/// What a key must weigh to be collected. Unit: packets; a connection weighs as many as make a row of either kind.
const WEIGHT_MIN: u32 = FLOOD_PACKETS_MIN as u32;

/// What one flow weighs. Unit: packets.
const FLOW_WEIGHT: u64 = FLOOD_PACKETS_MIN / FLOOD_CONNECTIONS_MIN;

/// From how many packets sent for one packet back little comes back, whatever the flows. Unit: packets; range 10 and up. TCP
/// acknowledges every second packet as a rule, merged ones every tenth or so. Raising it hides floods that are answered now and then.
const SENT_PER_RECEIVED_MIN: u64 = 20;

/// From how many flows for one packet back of another protocol than TCP little comes back. Unit: flows; range 2 and up. An
/// answer of UDP is one packet, so that ten to one is nine of ten without one. Raising it hides floods that are answered now and then.
const FLOWS_PER_RECEIVED_MIN: u64 = 10;

/// All floods.
pub(super) fn floods(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<FloodRow> {
    let parts = parts(source);
    let of_one = parts.par_chunk_by(|a, b| a.key == b.key);
    let mut sums: Vec<Sum> = of_one.filter_map(Sum::of).collect();
    minutes::count(source, suppliers, &mut sums);
    let mut rows: Vec<FloodRow> = sums.iter().map(|sum| row(source, sum)).collect();
    rows.sort_by_key(|row| (row.interval_start, row.key));
    rows
}

/// Interval, source, destination and protocol of a flood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    interval: u32,
    src_ip: u32,
    dst_ip: u32,
    protocol: u8,
}

impl Key {
    /// Its interval and source alone.
    fn of_source(self) -> Self {
        Self { dst_ip: 0, protocol: 0, ..self }
    }

    /// As one integer.
    fn packed(self) -> u128 {
        u128::from(self.interval) << 72 | u128::from(self.src_ip) << 40 | u128::from(self.dst_ip) << 8 | u128::from(self.protocol)
    }
}

/// A row, or a correction, that may belong to a flood.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    key: Key,
    dst_port: u16,
    nic: u32,
    flows: u64,
    flows_denied: u64,
    connections: u64,
    packets_sent: u64,
    packets_received: u64,
    bytes_sent: u64,
    bytes_received: u64,
    unmeasured: u64,
    first_time: i64,
    last_time: i64,
}

impl Part {
    fn of_row(source: &Source<'_>, rows: &Rows<'_>, row: usize) -> Self {
        let start = source.dataset.interval().start(rows.interval[row]);
        let point = rows.capture_point[row] as usize;
        let flows = u64::from(rows.flows_started[row]);
        let is_denied = rows.status[row] == Status::Denied as u8;
        let is_recreated = rows.protocol[row] == TCP && !is_denied && source.dataset.capture_points()[point].format.is_vnet();
        Self {
            key: key_of(rows, row),
            dst_port: rows.dst_port[row],
            nic: source.dataset.nic_of_capture_point()[point],
            flows,
            flows_denied: if is_denied { flows } else { 0 },
            connections: if is_recreated { flows.div_ceil(2) } else { flows },
            packets_sent: rows.packets_src_to_dst[row],
            packets_received: rows.packets_dst_to_src[row],
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
            unmeasured: u64::from(rows.tuples_unmeasured[row]),
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        }
    }

    /// What a destination denied: the flows that were seen leaving are those of its source's row.
    fn of_correction(correction: &Correction) -> Self {
        let unseen = correction.denied.saturating_sub(correction.were_allowed);
        Self {
            key: Key {
                interval: correction.interval,
                src_ip: correction.src_ip,
                dst_ip: correction.dst_ip,
                protocol: correction.protocol,
            },
            dst_port: correction.dst_port,
            nic: correction.nic,
            flows: unseen,
            flows_denied: correction.denied,
            connections: unseen,
            first_time: correction.first_time,
            last_time: correction.last_time,
            ..Self::default()
        }
    }
}

/// What flows and packets sent weigh.
fn weight(flows: u64, packets_sent: u64) -> u32 {
    let weight = flows.saturating_mul(FLOW_WEIGHT).max(packets_sent);
    u32::try_from(weight).unwrap_or(u32::MAX).min(WEIGHT_MIN)
}

fn key_of(rows: &Rows<'_>, row: usize) -> Key {
    Key { interval: rows.interval[row], src_ip: rows.src_ip[row], dst_ip: rows.dst_ip[row], protocol: rows.protocol[row] }
}

/// Whether a row has traffic and little of it came back: at most one packet for a flow of TCP, which may be a reset.
fn is_little_back(rows: &Rows<'_>, row: usize) -> bool {
    let (flows, sent, received) =
        (u64::from(rows.flows_started[row]), rows.packets_src_to_dst[row], rows.packets_dst_to_src[row]);
    let back = if rows.protocol[row] == TCP { received } else { received.saturating_mul(FLOWS_PER_RECEIVED_MIN) };
    flows > 0 && back <= flows || sent > 0 && received.saturating_mul(SENT_PER_RECEIVED_MIN) <= sent
}

/// The rows and corrections whose key may be a flood, by key and port.
fn parts(source: &Source<'_>) -> Vec<Part> {
    let is_local = |address: u32| source.places.is_local[address as usize];
    let corrections = source.deduplicated.corrections.iter().filter(|correction| is_local(correction.src_ip));
    let mut corrections: Vec<Part> = corrections.map(Part::of_correction).collect();
    let weight_of = |part: &Part| weight(part.flows, part.packets_sent);

    // All that a source sends in an interval weighs as much as any flood of it: of most sources that is too little.
    let sources = Weights::new(SOURCE_COUNTERS);
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles);
    let runs: Vec<Vec<Run>> = chunks.map(|(rows, roles)| runs(source, rows, roles, &sources)).collect();
    corrections.iter().for_each(|part| sources.add(part.key.of_source().packed(), weight_of(part)));
    corrections.retain(|part| sources.is_heavy(part.key.of_source().packed()));

    let keys = Weights::new(COUNTERS);
    let candidates: Vec<Vec<u32>> = (source.rows.par_iter().zip(&source.deduplicated.roles).zip(runs))
        .map(|((rows, roles), runs)| {
            let heavy = runs.into_iter().filter(|run| sources.is_heavy(run.key.packed()));
            let candidates: Vec<u32> =
                heavy.flat_map(|run| run.rows).filter(|row| may_flood(source, rows, roles, *row as usize)).collect();
            candidates.iter().for_each(|row| keys.add(key_of(rows, *row as usize).packed(), weight_of_row(rows, *row as usize)));
            candidates
        })
        .collect();
    corrections.iter().for_each(|part| keys.add(part.key.packed(), weight_of(part)));

    let of_rows = (source.rows.par_iter().zip(candidates)).flat_map_iter(|(rows, candidates)| {
        let heavy = candidates.into_iter().map(|row| row as usize).filter(|row| keys.is_heavy(key_of(rows, *row).packed()));
        heavy.map(|row| Part::of_row(source, rows, row)).collect::<Vec<_>>()
    });
    let mut parts: Vec<Part> = of_rows.collect();
    parts.extend(corrections.into_iter().filter(|part| keys.is_heavy(part.key.packed())));
    parts.par_sort_unstable_by_key(|part| (part.key, part.dst_port));
    parts
}

/// Rows of a chunk between which no other source and interval has one that may belong to a flood.
struct Run {
    /// Source and interval.
    key: Key,
    rows: Range<u32>,
}

/// The runs of a chunk, whose weights are added to those of their sources.
fn runs(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role], sources: &Weights) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut weight = 0;
    for row in (0..rows.count()).filter(|row| may_flood(source, rows, roles, *row)) {
        let key = key_of(rows, row).of_source();
        match runs.last_mut() {
            Some(run) if run.key == key => {
                run.rows.end = row as u32 + 1;
                weight = WEIGHT_MIN.min(weight + weight_of_row(rows, row));
            }
            last => {
                last.into_iter().for_each(|run| sources.add(run.key.packed(), weight));
                weight = weight_of_row(rows, row);
                runs.push(Run { key, rows: row as u32..row as u32 + 1 });
            }
        }
    }
    runs.last().into_iter().for_each(|run| sources.add(run.key.packed(), weight));
    runs
}

/// Whether a row may belong to a flood: it supplies, a local address began it, and little came back.
fn may_flood(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role], row: usize) -> bool {
    roles[row] == Role::Supplies && source.places.is_local[rows.src_ip[row] as usize] && is_little_back(rows, row)
}

fn weight_of_row(rows: &Rows<'_>, row: usize) -> u32 {
    weight(u64::from(rows.flows_started[row]), rows.packets_src_to_dst[row])
}

/// What hashed keys weigh, up to [`WEIGHT_MIN`]; keys that share a counter weigh more than each of them, never less.
struct Weights(Vec<AtomicU32>);

impl Weights {
    fn new(counters: usize) -> Self {
        Self((0..counters).map(|_| AtomicU32::new(0)).collect())
    }

    fn of(&self, key: u128) -> &AtomicU32 {
        &self.0[hash(key) as usize & (self.0.len() - 1)]
    }

    /// Adds at most [`WEIGHT_MIN`].
    fn add(&self, key: u128, weight: u32) {
        // A counter that is full grows no more, so that it never overflows.
        let counter = self.of(key);
        if counter.load(Ordering::Relaxed) < WEIGHT_MIN {
            counter.fetch_add(weight, Ordering::Relaxed);
        }
    }

    fn is_heavy(&self, key: u128) -> bool {
        self.of(key).load(Ordering::Relaxed) >= WEIGHT_MIN
    }
}

/// All parts of one key.
#[derive(Clone, Copy, Debug)]
struct Sum {
    part: Part,
    ports: u64,
    minute_max: u64,
}

impl Sum {
    /// The sum of `parts`, which ascend by port; `None` where it is no flood.
    fn of(parts: &[Part]) -> Option<Self> {
        let mut sum = *parts.first()?;
        for part in &parts[1..] {
            sum.flows = sum.flows.saturating_add(part.flows);
            sum.flows_denied = sum.flows_denied.saturating_add(part.flows_denied);
            sum.connections = sum.connections.saturating_add(part.connections);
            sum.packets_sent = sum.packets_sent.saturating_add(part.packets_sent);
            sum.packets_received = sum.packets_received.saturating_add(part.packets_received);
            sum.bytes_sent = sum.bytes_sent.saturating_add(part.bytes_sent);
            sum.bytes_received = sum.bytes_received.saturating_add(part.bytes_received);
            sum.unmeasured = sum.unmeasured.saturating_add(part.unmeasured);
            sum.nic = sum.nic.min(part.nic);
            sum.first_time = sum.first_time.min(part.first_time);
            sum.last_time = sum.last_time.max(part.last_time);
        }
        let ports = parts.chunk_by(|a, b| a.dst_port == b.dst_port).count() as u64;
        let sum = Self { part: Part { dst_port: if ports == 1 { sum.dst_port } else { 0 }, ..sum }, ports, minute_max: 0 };
        let is_flood = sum.part.connections >= FLOOD_CONNECTIONS_MIN || sum.part.packets_sent >= FLOOD_PACKETS_MIN;
        is_flood.then_some(sum)
    }
}

fn row(source: &Source<'_>, sum: &Sum) -> FloodRow {
    let Sum { part, ports, minute_max } = *sum;
    let interval = source.dataset.interval();
    let address = |number: u32| source.dataset.addresses()[number as usize];
    let Key { interval: number, src_ip, dst_ip, protocol } = part.key;
    FloodRow {
        interval_start: interval.start(number),
        step: interval.ms(),
        key: ServiceKey { src_ip: address(src_ip), dst_ip: address(dst_ip), dst_port: part.dst_port, protocol },
        ports,
        mac: source.dataset.macs()[part.nic as usize].to_string(),
        dst_is_local: source.estate.endpoints.rows[dst_ip as usize].is_local,
        flows: part.flows,
        flows_denied: part.flows_denied,
        connections: part.connections,
        connections_minute_max: minute_max.max(part.connections / (interval.ms() / MINUTE_MS) as u64),
        packets_sent: part.packets_sent,
        packets_received: part.packets_received,
        bytes_sent: part.bytes_sent,
        bytes_received: part.bytes_received,
        tuples_unmeasured: part.unmeasured,
        first_time: part.first_time,
        last_time: part.last_time,
    }
}
