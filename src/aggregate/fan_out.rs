//! Who got no answer from many ports of one host, or from many hosts on one port, within an hour.
//!
//! Goes in: the supplying rows and the corrections. Comes out: one row per source, hour and one host or port with at least
//! [`FAN_OUT_MIN`] others without an answer. A first pass counts rows per hashed key, so that only rows of keys that can
//! reach the threshold are ever collected. Judges no scan: a detector does.

use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::dedup::{Deduplicated, Role};
use super::rows::Rows;
use super::sums::hash;
use crate::schema::tables::{FAN_OUT_MIN, FanOutRow};
use crate::schema::{Address, Status};

/// Most counters per fan-out. Unit: counters of a byte; a power of two; fewer let more innocent keys share one and be
/// collected, more outgrow the cache.
const COUNTERS_MAX: usize = 1 << 22;

/// The two tables, by hour, source, then host or port, then protocol: many ports of a host, many hosts on a port.
pub(super) fn fan_out(
    dataset: &Dataset,
    chunks: &[Rows<'_>],
    deduplicated: &Deduplicated,
    is_local: &[bool],
) -> (Vec<FanOutRow<u16>>, Vec<FanOutRow<Address>>) {
    fan_out_from(FAN_OUT_MIN, dataset, chunks, deduplicated, is_local)
}

/// [`fan_out`] with another threshold, 2 or more.
pub(super) fn fan_out_from(
    least: usize,
    dataset: &Dataset,
    chunks: &[Rows<'_>],
    deduplicated: &Deduplicated,
    is_local: &[bool],
) -> (Vec<FanOutRow<u16>>, Vec<FanOutRow<Address>>) {
    let mut tries = tries(least.min(usize::from(u8::MAX / 2)) as u8, dataset, chunks, deduplicated);
    let context = Context { least, dataset, is_local };
    let many_ports = tries.chunk_by(|a, b| a.host_key() == b.host_key()).filter_map(|of_host| {
        let port = |t: &Try| t.dst_port;
        context.row(of_host, port).map(|row| FanOutRow { dst_ip: Some(context.address(of_host[0].dst_ip)), ..row })
    });
    let mut port_fan_out: Vec<FanOutRow<u16>> = many_ports.collect();
    port_fan_out.sort_by_key(|row| (row.hour, row.src_ip, row.dst_ip, row.protocol));

    tries.par_sort_unstable_by_key(|t| (t.port_key(), t.dst_ip));
    let many_hosts = tries.chunk_by(|a, b| a.port_key() == b.port_key()).filter_map(|of_port| {
        let host = |t: &Try| context.address(t.dst_ip);
        context.row(of_port, host).map(|row| FanOutRow { dst_port: Some(of_port[0].dst_port), ..row })
    });
    let mut host_fan_out: Vec<FanOutRow<Address>> = many_hosts.collect();
    host_fan_out.sort_by_key(|row| (row.hour, row.src_ip, row.dst_port, row.protocol));
    (port_fan_out, host_fan_out)
}

/// All that one source tried at one port of one host within an hour.
#[derive(Clone, Copy, Debug)]
struct Try {
    hour: u32,
    src_ip: u32,
    dst_ip: u32,
    dst_port: u16,
    protocol: u8,
    nic: u32,
    allowed: u64,
    /// Of the allowed flows, those that their destination denied.
    were_allowed: u64,
    denied: u64,
    unmeasured: u64,
    packets_back: u64,
    bytes_sent: u64,
    bytes_received: u64,
    first_time: i64,
    last_time: i64,
}

impl Try {
    fn host_key(&self) -> (u32, u32, u8, u32) {
        (self.hour, self.src_ip, self.protocol, self.dst_ip)
    }

    fn port_key(&self) -> (u32, u32, u8, u16) {
        (self.hour, self.src_ip, self.protocol, self.dst_port)
    }

    fn key(&self) -> (u32, u32, u8, u32, u16) {
        (self.hour, self.src_ip, self.protocol, self.dst_ip, self.dst_port)
    }

    fn add(&mut self, more: &Self) {
        self.nic = self.nic.min(more.nic);
        self.allowed += more.allowed;
        self.were_allowed += more.were_allowed;
        self.denied += more.denied;
        self.unmeasured += more.unmeasured;
        self.packets_back += more.packets_back;
        self.bytes_sent += more.bytes_sent;
        self.bytes_received += more.bytes_received;
        self.first_time = self.first_time.min(more.first_time);
        self.last_time = self.last_time.max(more.last_time);
    }

    /// Whether its allowed flows began, were measured, and got at most one packet back each: a reset is no answer.
    fn allowed_unanswered(&self) -> bool {
        self.allowed > 0 && self.unmeasured == 0 && self.packets_back <= self.allowed
    }

    fn is_unanswered(&self) -> bool {
        self.denied > 0 || self.allowed_unanswered()
    }

    fn is_answered(&self) -> bool {
        self.packets_back > self.allowed
    }

    fn unanswered_flows(&self) -> u64 {
        self.denied + if self.allowed_unanswered() { self.allowed - self.were_allowed } else { 0 }
    }
}

/// How many rows without an answer share a hashed key; saturates past every threshold.
struct Counters(Vec<AtomicU8>);

impl Counters {
    /// Counters for the keys of `rows` rows.
    fn for_rows(rows: usize) -> Self {
        let counters = rows.next_power_of_two().clamp(64, COUNTERS_MAX);
        Self((0..counters).map(|_| AtomicU8::new(0)).collect())
    }

    fn counter(&self, key: u128) -> &AtomicU8 {
        &self.0[hash(key) as usize & (self.0.len() - 1)]
    }

    fn count(&self, key: u128, least: u8) {
        let counter = self.counter(key);
        if counter.load(Ordering::Relaxed) < least {
            // Threads may pass `least` together, by far fewer than the other half of the byte.
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn reaches(&self, key: u128, least: u8) -> bool {
        self.counter(key).load(Ordering::Relaxed) >= least
    }
}

/// Rows of one hashed source that have no answer, by host and by port.
struct Suspicion {
    by_host: Counters,
    by_port: Counters,
    least: u8,
}

impl Suspicion {
    fn count(&self, key: Key) {
        self.by_host.count(key.of_host(), self.least);
        self.by_port.count(key.of_port(), self.least);
    }

    fn falls_on(&self, key: Key) -> bool {
        self.by_host.reaches(key.of_host(), self.least) || self.by_port.reaches(key.of_port(), self.least)
    }
}

/// The key of a try.
#[derive(Clone, Copy)]
struct Key {
    hour: u32,
    src_ip: u32,
    dst_ip: u32,
    dst_port: u16,
    protocol: u8,
}

impl Key {
    fn of(dataset: &Dataset, rows: &Rows<'_>, row: usize) -> Self {
        Self {
            hour: dataset.interval().hour(rows.interval[row]),
            src_ip: rows.src_ip[row],
            dst_ip: rows.dst_ip[row],
            dst_port: rows.dst_port[row],
            protocol: rows.protocol[row],
        }
    }

    fn of_source(self) -> u128 {
        u128::from(self.hour) << 96 | u128::from(self.src_ip) << 64 | u128::from(self.protocol) << 32
    }

    fn of_host(self) -> u128 {
        self.of_source() | u128::from(self.dst_ip)
    }

    fn of_port(self) -> u128 {
        self.of_source() | u128::from(self.dst_port)
    }
}

/// Every try of a source that may reach `least`, answered or not; ascending by [`Try::key`].
fn tries(least: u8, dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &Deduplicated) -> Vec<Try> {
    let counters = || Counters::for_rows(dataset.traffic_rows());
    let suspicion = Suspicion { by_host: counters(), by_port: counters(), least };
    let chunks_with_roles = || chunks.par_iter().zip(&deduplicated.roles);
    chunks_with_roles().for_each(|(rows, roles)| {
        for row in (0..rows.count()).filter(|row| roles[*row] == Role::Supplies && may_be_unanswered(rows, *row)) {
            suspicion.count(Key::of(dataset, rows, row));
        }
    });
    let corrected: Vec<Try> = deduplicated.corrections.iter().map(|correction| of_correction(dataset, correction)).collect();
    corrected.iter().for_each(|t| suspicion.count(key_of(t)));

    let of_chunk = |(rows, roles): (&Rows<'_>, &Vec<Role>)| {
        let supplying = (0..rows.count()).filter(|row| roles[*row] == Role::Supplies);
        let suspicious = supplying.filter(|row| suspicion.falls_on(Key::of(dataset, rows, *row)));
        suspicious.map(|row| of_row(dataset, rows, row)).collect::<Vec<_>>()
    };
    let mut tries: Vec<Try> = chunks_with_roles().flat_map_iter(of_chunk).collect();
    tries.extend(corrected.into_iter().filter(|t| suspicion.falls_on(key_of(t))));
    tries.par_sort_unstable_by_key(Try::key);
    tries.dedup_by(|next, kept| {
        let same = next.key() == kept.key();
        if same {
            kept.add(next);
        }
        same
    });
    tries
}

/// Whether a row can belong to a try without an answer: of such a try at least one row looks like this.
fn may_be_unanswered(rows: &Rows<'_>, row: usize) -> bool {
    rows.status[row] == Status::Denied as u8
        || (rows.tuples_unmeasured[row] == 0 && rows.packets_dst_to_src[row] <= u64::from(rows.flows_started[row]))
}

fn key_of(t: &Try) -> Key {
    Key { hour: t.hour, src_ip: t.src_ip, dst_ip: t.dst_ip, dst_port: t.dst_port, protocol: t.protocol }
}

fn of_row(dataset: &Dataset, rows: &Rows<'_>, row: usize) -> Try {
    let key = Key::of(dataset, rows, row);
    let start = dataset.interval().start(rows.interval[row]);
    let flows = u64::from(rows.flows_started[row]);
    let (allowed, denied) = if rows.status[row] == Status::Denied as u8 { (0, flows) } else { (flows, 0) };
    Try {
        hour: key.hour,
        src_ip: key.src_ip,
        dst_ip: key.dst_ip,
        dst_port: key.dst_port,
        protocol: key.protocol,
        nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
        allowed,
        were_allowed: 0,
        denied,
        unmeasured: u64::from(rows.tuples_unmeasured[row]),
        packets_back: rows.packets_dst_to_src[row],
        bytes_sent: rows.bytes_src_to_dst[row],
        bytes_received: rows.bytes_dst_to_src[row],
        first_time: start + i64::from(rows.first_offset[row]),
        last_time: start + i64::from(rows.last_offset[row]),
    }
}

fn of_correction(dataset: &Dataset, correction: &super::denied::Correction) -> Try {
    Try {
        hour: dataset.interval().hour(correction.interval),
        src_ip: correction.src_ip,
        dst_ip: correction.dst_ip,
        dst_port: correction.dst_port,
        protocol: correction.protocol,
        nic: correction.nic,
        allowed: 0,
        were_allowed: correction.were_allowed,
        denied: correction.denied,
        unmeasured: 0,
        packets_back: 0,
        bytes_sent: 0,
        bytes_received: 0,
        first_time: correction.first_time,
        last_time: correction.last_time,
    }
}

/// What a group of tries is turned into a row with.
struct Context<'a> {
    least: usize,
    dataset: &'a Dataset,
    is_local: &'a [bool],
}

impl Context<'_> {
    fn address(&self, number: u32) -> Address {
        self.dataset.addresses()[number as usize]
    }

    /// The row of `tries`, which share all of the key but what `many` says, ascending in that; `None` below the threshold.
    fn row<Many>(&self, tries: &[Try], many: impl Fn(&Try) -> Many) -> Option<FanOutRow<Many>> {
        let mut unanswered = tries.iter().filter(|t| t.is_unanswered());
        if unanswered.clone().count() < self.least {
            return None;
        }
        let mut sum = *unanswered.next()?;
        let mut row = FanOutRow {
            hour: sum.hour,
            src_ip: self.address(sum.src_ip),
            dst_ip: None,
            dst_port: None,
            protocol: sum.protocol,
            unanswered: vec![many(&sum)],
            answered: tries.iter().filter(|t| t.is_answered()).count() as u64,
            flows: sum.unanswered_flows(),
            flows_denied: 0,
            bytes_sent: 0,
            bytes_received: 0,
            src_is_local: self.is_local[sum.src_ip as usize],
            dst_is_local: self.is_local[sum.dst_ip as usize],
            mac: String::new(),
            first_time: 0,
            last_time: 0,
        };
        for more in unanswered {
            row.unanswered.push(many(more));
            row.flows += more.unanswered_flows();
            row.dst_is_local |= self.is_local[more.dst_ip as usize];
            sum.add(more);
        }
        row.flows_denied = sum.denied;
        (row.bytes_sent, row.bytes_received) = (sum.bytes_sent, sum.bytes_received);
        (row.first_time, row.last_time) = (sum.first_time, sum.last_time);
        row.mac = self.dataset.macs()[sum.nic as usize].to_string();
        Some(row)
    }
}
