//! What public addresses reached of each host, and what they were denied, day by day.
//!
//! Goes in: the supplying Inbound rows whose source is public and not Azure's platform. Comes out: exposed_days, one row per local end, UTC day,
//! port and protocol that was let through to, and denied_days, one row per local end and UTC day. Sources are counted exactly:
//! each end's are sorted by themselves. Judges nothing.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::Source;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::schema::tables::{DAY_LISTED_MAX, DeniedDay, DeniedPort, ExposedDay};
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

/// One of the others a row names, and the row's flows.
type Other = (u32, u32);

/// What the rows of one end, day and port that was let through to add up to; of a denied day, whatever the port.
#[derive(Clone, Debug, Default)]
struct Day {
    traffic: Traffic,
    /// Of each row, repeats included.
    sources: Vec<Other>,
    /// Of each denied row, repeats included.
    ports: Vec<Other>,
}

/// Distinct others, and those with most flows.
struct Distinct {
    count: u64,
    top: Top,
}

impl Distinct {
    /// Joins the repeats.
    fn of(mut others: Vec<Other>) -> Self {
        // One integer is compared without a branch, unlike a pair.
        others.sort_unstable_by_key(|(other, flows)| u64::from(*other) << 32 | u64::from(*flows));
        let mut distinct = Self { count: 0, top: Top::default() };
        for of_one in others.chunk_by(|a, b| a.0 == b.0) {
            distinct.count += 1;
            distinct.top.add(of_one.iter().map(|(_, flows)| u64::from(*flows)).sum(), of_one[0].0);
        }
        distinct
    }
}

/// Both tables.
pub(super) fn exposed_days(source: &Source<'_>) -> (Vec<ExposedDay>, Vec<DeniedDay>) {
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles);
    let (let_through, denied): (Vec<Sums<Day>>, Vec<Sums<Day>>) = chunks.map(|(rows, roles)| days(source, rows, roles)).unzip();
    (joined(let_through, |key, day| exposed_day(source, key, day)), joined(denied, |key, day| denied_day(source, key, day)))
}

/// The days of one chunk: what was let through by end, day and port, and what was denied by end and day.
fn days(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role]) -> (Sums<Day>, Sums<Day>) {
    let interval = source.dataset.interval();
    let (mut let_through, mut denied) = (Sums::default(), Sums::default());
    let counts = |row: &usize| {
        rows.direction[*row] == Direction::Inbound as u8
            && roles[*row] == Role::Supplies
            && source.places.of[rows.src_ip[*row] as usize].is_public
    };
    for row in (0..rows.count()).filter(counts) {
        let start = interval.start(rows.interval[row]);
        // Intervals of 32 bits begin within 2^32 days of the epoch.
        let end = u128::from(rows.dst_ip[row]) << 32 | u128::from(start.div_euclid(DAY_MS) as u32);
        let port = u32::from(rows.dst_port[row]) << 8 | u32::from(rows.protocol[row]);
        let flows = rows.flows_started[row];
        let day: &mut Day = if rows.status[row] == Status::Denied as u8 {
            let day: &mut Day = denied.entry(end);
            day.ports.push((port, flows));
            day
        } else {
            let_through.entry(end << 24 | u128::from(port))
        };
        day.sources.push((rows.src_ip[row], flows));
        day.traffic.add(&Traffic {
            flows: u64::from(flows),
            packets_sent: rows.packets_dst_to_src[row],
            bytes_sent: rows.bytes_dst_to_src[row],
            bytes_received: rows.bytes_src_to_dst[row],
            tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
            nic: source.dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        });
    }
    (let_through, denied)
}

/// One row per key, ascending, from what all chunks tell of it.
fn joined<T: Send>(chunks: Vec<Sums<Day>>, row: impl Fn(u128, Day) -> T + Sync) -> Vec<T> {
    let mut days: Vec<&(u128, Day)> = chunks.iter().flat_map(Sums::rows).collect();
    days.par_sort_by_key(|(key, _)| *key);
    let join = |of_key: &[&(u128, Day)]| {
        let mut joined = Day::default();
        for (_, day) in of_key {
            joined.traffic.add(&day.traffic);
            joined.sources.extend_from_slice(&day.sources);
            joined.ports.extend_from_slice(&day.ports);
        }
        row(of_key[0].0, joined)
    };
    days.par_chunk_by(|a, b| a.0 == b.0).map(join).collect()
}

fn addresses(source: &Source<'_>, top: Top) -> Vec<crate::schema::Address> {
    top.cut_off().map(|(_, number)| source.dataset.addresses()[number as usize]).collect()
}

fn exposed_day(source: &Source<'_>, key: u128, day: Day) -> ExposedDay {
    let Traffic { flows, packets_sent, bytes_sent, bytes_received, tuples_unmeasured, nic, first_time, last_time } = day.traffic;
    let sources = Distinct::of(day.sources);
    ExposedDay {
        ip: source.dataset.addresses()[(key >> 56) as u32 as usize],
        day: (key >> 24) as u32,
        dst_port: (key >> 8) as u16,
        protocol: key as u8,
        mac: source.dataset.macs()[nic as usize].to_string(),
        sources: sources.count,
        top_sources: addresses(source, sources.top),
        flows,
        packets_sent,
        bytes_sent,
        bytes_received,
        tuples_unmeasured,
        first_time,
        last_time,
    }
}

fn denied_day(source: &Source<'_>, key: u128, day: Day) -> DeniedDay {
    let (traffic, sources, ports) = (day.traffic, Distinct::of(day.sources), Distinct::of(day.ports));
    let port = |(flows, port): (u64, u32)| DeniedPort { dst_port: (port >> 8) as u16, protocol: port as u8, flows };
    DeniedDay {
        ip: source.dataset.addresses()[(key >> 32) as u32 as usize],
        day: key as u32,
        mac: source.dataset.macs()[traffic.nic as usize].to_string(),
        flows: traffic.flows,
        sources: sources.count,
        ports: ports.count,
        top_sources: addresses(source, sources.top),
        top_ports: ports.top.cut_off().map(port).collect(),
        first_time: traffic.first_time,
        last_time: traffic.last_time,
    }
}
