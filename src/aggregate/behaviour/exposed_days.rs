//! What public addresses reached of each host, and what they were denied, day by day.
//!
//! Goes in: the supplying Inbound rows whose source is public and not Azure's platform. Comes out: exposed_days, one row per local end, UTC day,
//! port and protocol that was let through to, and denied_days, one row per local end and UTC day. Sources are counted exactly,
//! one group of a source at a time: none is kept but those that are listed. Judges nothing.

use std::cmp::Reverse;

use super::Source;
use crate::aggregate::dedup::Role;
use crate::aggregate::groups::each_group;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::schema::tables::{DAY_LISTED_MAX, DeniedDay, DeniedPort, ExposedDay, Scope};
use crate::schema::units::DAY_MS;
use crate::schema::{Direction, Status};

/// What the rows of one key add up to.
#[derive(Clone, Copy, Debug)]
struct Traffic {
    flows: u64,
    packets_sent: u64,
    bytes_sent: u64,
    bytes_received: u64,
    tuples_unmeasured: u64,
    nic: u32,
    first_time: i64,
    last_time: i64,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            flows: 0,
            packets_sent: 0,
            bytes_sent: 0,
            bytes_received: 0,
            tuples_unmeasured: 0,
            nic: u32::MAX,
            first_time: i64::MAX,
            last_time: i64::MIN,
        }
    }
}

impl Traffic {
    fn add(&mut self, other: &Self) {
        self.flows += other.flows;
        self.packets_sent += other.packets_sent;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.nic = self.nic.min(other.nic);
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }
}

/// The numbers with most flows: the most first, then the smallest number. Holds at most twice [`DAY_LISTED_MAX`].
#[derive(Clone, Debug, Default)]
struct Top(Vec<(Reverse<u64>, u32)>);

impl Top {
    fn add(&mut self, flows: u64, number: u32) {
        self.0.push((Reverse(flows), number));
        if self.0.len() == 2 * DAY_LISTED_MAX {
            self.cut();
        }
    }

    fn join(&mut self, other: &Self) {
        other.0.iter().for_each(|(flows, number)| self.add(flows.0, *number));
    }

    fn cut(&mut self) {
        self.0.sort_unstable();
        self.0.truncate(DAY_LISTED_MAX);
    }

    /// The first [`DAY_LISTED_MAX`] with their flows.
    fn cut_off(mut self) -> impl Iterator<Item = (u64, u32)> {
        self.cut();
        self.0.into_iter().map(|(flows, number)| (flows.0, number))
    }
}

/// What one end had to do with many others.
#[derive(Clone, Debug, Default)]
struct Tried {
    traffic: Traffic,
    /// How many distinct others there are.
    others: u64,
    top: Top,
}

impl Tried {
    fn add(&mut self, other: &Self) {
        self.traffic.add(&other.traffic);
        self.others += other.others;
        self.top.join(&other.top);
    }
}

/// The rows that count, by status.
struct Inbound<'a> {
    source: &'a Source<'a>,
    is_public: Vec<bool>,
}

/// Both tables.
pub(super) fn exposed_days(source: &Source<'_>) -> (Vec<ExposedDay>, Vec<DeniedDay>) {
    let is_public = |scope: Scope| matches!(scope, Scope::AzurePublic | Scope::ExternalPublic);
    let endpoints = &source.estate.endpoints.rows;
    let inbound = Inbound { source, is_public: endpoints.iter().map(|e| !e.is_local && is_public(e.scope)).collect() };
    let port = |rows: &Rows<'_>, row: usize| u128::from(rows.dst_port[row]) << 8 | u128::from(rows.protocol[row]);
    let let_through =
        inbound.days(Status::Allowed, |rows, row, day| day << 56 | port(rows, row) << 32 | u128::from(rows.src_ip[row]));
    let of_sources = inbound.days(Status::Denied, |rows, row, day| day << 32 | u128::from(rows.src_ip[row]));
    let of_ports = inbound.days(Status::Denied, |rows, row, day| day << 32 | port(rows, row));
    // Both have a group for every row, so that the same days come out of them.
    let denied = of_sources.into_iter().zip(of_ports);
    (
        let_through.into_iter().map(|(key, tried)| exposed_day(source, key, tried)).collect(),
        denied.map(|((key, sources), (_, ports))| denied_day(source, key, sources, ports)).collect(),
    )
}

impl Inbound<'_> {
    /// Sums rows of `status` by `key`, of which the last 32 bits are one of the others, and joins those by the bits above; ascending by these.
    ///
    /// `key` is told the row's destination and day, as an integer of 64 bits.
    fn days(&self, status: Status, key: impl Fn(&Rows<'_>, usize, u128) -> u128 + Sync) -> Vec<(u128, Tried)> {
        let Source { dataset, rows: chunks, deduplicated, .. } = *self.source;
        let interval = dataset.interval();
        let key = |chunk: usize, row: usize| {
            let rows = &chunks[chunk];
            let counts = rows.direction[row] == Direction::Inbound as u8
                && rows.status[row] == status as u8
                && deduplicated.roles[chunk][row] == Role::Supplies
                && self.is_public[rows.src_ip[row] as usize];
            // Intervals of 32 bits begin within 2^32 days of the epoch.
            let day = || interval.start(rows.interval[row]).div_euclid(DAY_MS) as u32;
            counts.then(|| key(rows, row, u128::from(rows.dst_ip[row]) << 32 | u128::from(day())))
        };
        let add = |sum: &mut Traffic, rows: &Rows<'_>, row: usize| {
            let start = interval.start(rows.interval[row]);
            sum.add(&Traffic {
                flows: u64::from(rows.flows_started[row]),
                packets_sent: rows.packets_dst_to_src[row],
                bytes_sent: rows.bytes_dst_to_src[row],
                bytes_received: rows.bytes_src_to_dst[row],
                tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
                nic: dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
                first_time: start + i64::from(rows.first_offset[row]),
                last_time: start + i64::from(rows.last_offset[row]),
            });
        };
        let take = |days: &mut Sums<Tried>, key: u128, traffic: &Traffic| {
            let tried = days.entry(key >> 32);
            tried.traffic.add(traffic);
            tried.others += 1;
            tried.top.add(traffic.flows, key as u32);
        };
        let mut parts = each_group(chunks, key, add, take).into_iter();
        let mut days = parts.next().unwrap_or_default();
        for part in parts {
            part.rows().iter().for_each(|(key, tried)| days.entry(*key).add(tried));
        }
        let mut days = days.rows().to_vec();
        days.sort_unstable_by_key(|(key, _)| *key);
        days
    }
}

fn addresses(source: &Source<'_>, top: Top) -> Vec<crate::schema::Address> {
    top.cut_off().map(|(_, number)| source.dataset.addresses()[number as usize]).collect()
}

fn exposed_day(source: &Source<'_>, key: u128, tried: Tried) -> ExposedDay {
    let Traffic { flows, packets_sent, bytes_sent, bytes_received, tuples_unmeasured, nic, first_time, last_time } =
        tried.traffic;
    ExposedDay {
        ip: source.dataset.addresses()[(key >> 56) as u32 as usize],
        day: (key >> 24) as u32,
        dst_port: (key >> 8) as u16,
        protocol: key as u8,
        mac: source.dataset.macs()[nic as usize].to_string(),
        sources: tried.others,
        top_sources: addresses(source, tried.top),
        flows,
        packets_sent,
        bytes_sent,
        bytes_received,
        tuples_unmeasured,
        first_time,
        last_time,
    }
}

fn denied_day(source: &Source<'_>, key: u128, sources: Tried, ports: Tried) -> DeniedDay {
    let port = |(flows, port): (u64, u32)| DeniedPort { dst_port: (port >> 8) as u16, protocol: port as u8, flows };
    DeniedDay {
        ip: source.dataset.addresses()[(key >> 32) as u32 as usize],
        day: key as u32,
        mac: source.dataset.macs()[sources.traffic.nic as usize].to_string(),
        flows: sources.traffic.flows,
        sources: sources.others,
        ports: ports.others,
        top_sources: addresses(source, sources.top),
        top_ports: ports.top.cut_off().map(port).collect(),
        first_time: sources.traffic.first_time,
        last_time: sources.traffic.last_time,
    }
}
