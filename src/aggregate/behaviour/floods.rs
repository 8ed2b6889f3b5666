//! Very many flows or packets from one local address to another one within an interval, with little coming back.
//!
//! Goes in: the supplying rows, the corrections of what a destination denied, and contacts for the busiest minute. Comes out: one row per
//! interval, source, destination and protocol, over the ports from which little came back. A first pass weighs rows per
//! hashed key, so that only those of keys that can be a flood are collected. Judges nothing.

mod minutes;

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
    let counters: Vec<AtomicU32> = (0..COUNTERS).map(|_| AtomicU32::new(0)).collect();
    let counter = |key: Key| &counters[hash(key.packed()) as usize & (COUNTERS - 1)];
    let is_local = |address: u32| source.places.of[address as usize].is_local;
    let of_chunk = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
        let supplying = (0..rows.count()).filter(|row| roles[*row] == Role::Supplies && is_little_back(rows, *row));
        supplying.filter(|row| is_local(rows.src_ip[*row])).map(|row| row as u32).collect::<Vec<u32>>()
    };
    let add = |key: Key, weight: u32| {
        // A counter that is full grows no more, so that it never overflows.
        if counter(key).load(Ordering::Relaxed) < WEIGHT_MIN {
            counter(key).fetch_add(weight, Ordering::Relaxed);
        }
    };
    let add_row = |rows: &Rows<'_>, row: usize| {
        add(key_of(rows, row), weight(u64::from(rows.flows_started[row]), rows.packets_src_to_dst[row]));
    };
    let candidates: Vec<Vec<u32>> = (source.rows.par_iter().zip(&source.deduplicated.roles))
        .map(|chunk| {
            let candidates = of_chunk(chunk);
            candidates.iter().for_each(|row| add_row(chunk.0, *row as usize));
            candidates
        })
        .collect();
    let corrections = source.deduplicated.corrections.iter().filter(|correction| is_local(correction.src_ip));
    let corrections: Vec<Part> = corrections.map(Part::of_correction).collect();
    corrections.iter().for_each(|part| add(part.key, weight(part.flows, part.packets_sent)));

    let is_heavy = |key: Key| counter(key).load(Ordering::Relaxed) >= WEIGHT_MIN;
    let of_rows = (source.rows.par_iter().zip(candidates)).flat_map_iter(|(rows, candidates)| {
        let heavy = candidates.into_iter().map(|row| row as usize).filter(|row| is_heavy(key_of(rows, *row)));
        heavy.map(|row| Part::of_row(source, rows, row)).collect::<Vec<_>>()
    });
    let mut parts: Vec<Part> = of_rows.collect();
    parts.extend(corrections.into_iter().filter(|part| is_heavy(part.key)));
    parts.par_sort_unstable_by_key(|part| (part.key, part.dst_port));
    parts
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
