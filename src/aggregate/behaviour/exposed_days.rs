//! What public addresses reached of each host, and what they were denied, day by day.
//!
//! Goes in: the supplying Inbound rows whose source is public and not Azure's platform. Comes out: exposed_days, one row per local end, UTC day,
//! port and protocol that was let through to, and denied_days, one row per local end and UTC day. Sources are counted exactly:
//! the flows of each key's are summed by number of their address. Judges nothing.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::dedup::Role;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::aggregate::supply::workers;
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
    fn of(source: &Source<'_>, rows: &Rows<'_>, row: usize) -> Self {
        let start = source.dataset.interval().start(rows.interval[row]);
        Self {
            flows: u64::from(rows.flows_started[row]),
            packets_sent: rows.packets_dst_to_src[row],
            bytes_sent: rows.bytes_dst_to_src[row],
            bytes_received: rows.bytes_src_to_dst[row],
            tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
            nic: source.dataset.nic_of_capture_point()[rows.capture_point[row] as usize],
            first_time: start + i64::from(rows.first_offset[row]),
            last_time: start + i64::from(rows.last_offset[row]),
        }
    }

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
struct Top {
    best: Vec<(Reverse<u64>, u32)>,
    /// The last of the first [`DAY_LISTED_MAX`], once there were so many: what comes after it is none of them.
    last: Option<(Reverse<u64>, u32)>,
}

impl Top {
    fn add(&mut self, flows: u64, number: u32) {
        let entry = (Reverse(flows), number);
        if self.last.is_some_and(|last| entry > last) {
            return;
        }
        self.best.push(entry);
        if self.best.len() == 2 * DAY_LISTED_MAX {
            self.cut();
            self.last = self.best.last().copied();
        }
    }

    fn cut(&mut self) {
        self.best.sort_unstable();
        self.best.truncate(DAY_LISTED_MAX);
    }

    /// The first [`DAY_LISTED_MAX`] with their flows.
    fn cut_off(mut self) -> impl Iterator<Item = (u64, u32)> {
        self.cut();
        self.best.into_iter().map(|(flows, number)| (flows.0, number))
    }
}

/// Flows by number, for what may have any number up to a bound; keeps its memory.
#[derive(Default)]
struct Flows {
    /// By number: the flows plus one, 0 for a number without a row.
    of: Vec<u64>,
    /// The numbers that have rows.
    numbers: Vec<u32>,
}

impl Flows {
    fn add(&mut self, number: u32, flows: u32) {
        let sum = &mut self.of[number as usize];
        if *sum == 0 {
            self.numbers.push(number);
            *sum = 1;
        }
        *sum += u64::from(flows);
    }

    /// What was added since the last time.
    fn take(&mut self) -> Distinct {
        let mut distinct = Distinct { count: self.numbers.len() as u64, top: Top::default() };
        for number in self.numbers.drain(..) {
            distinct.top.add(std::mem::take(&mut self.of[number as usize]) - 1, number);
        }
        distinct
    }
}

/// Distinct others, and those with most flows.
struct Distinct {
    count: u64,
    top: Top,
}

impl Distinct {
    fn of(sums: &Sums<u64>) -> Self {
        let mut distinct = Self { count: sums.rows().len() as u64, top: Top::default() };
        sums.rows().iter().for_each(|(number, flows)| distinct.top.add(*flows, *number as u32));
        distinct
    }
}

/// What the rows of one end, day and port that was let through to add up to; of a denied day, whatever the port.
struct Day {
    traffic: Traffic,
    sources: Distinct,
    ports: Distinct,
}

/// What a chunk has of each key: what its rows add up to, and their numbers, as distinct others are counted key by key.
type Keyed = Sums<(Traffic, Vec<u32>)>;

/// Both tables.
pub(super) fn exposed_days(source: &Source<'_>) -> (Vec<ExposedDay>, Vec<DeniedDay>) {
    let chunks = source.rows.par_iter().zip(&source.deduplicated.roles);
    let (let_through, denied): (Vec<Keyed>, Vec<Keyed>) = chunks.map(|(rows, roles)| keyed(source, rows, roles)).unzip();
    let exposed = summed(source, &let_through, false, |key, day| exposed_day(source, key, day));
    (exposed, summed(source, &denied, true, |key, day| denied_day(source, key, day)))
}

/// The rows of one chunk: what was let through by end, day and port, and what was denied by end and day.
fn keyed(source: &Source<'_>, rows: &Rows<'_>, roles: &[Role]) -> (Keyed, Keyed) {
    let interval = source.dataset.interval();
    let (mut let_through, mut denied) = (Keyed::default(), Keyed::default());
    let counts = |row: &usize| {
        rows.direction[*row] == Direction::Inbound as u8
            && roles[*row] == Role::Supplies
            && source.places.is_public[rows.src_ip[*row] as usize]
    };
    for row in (0..rows.count()).filter(counts) {
        let start = interval.start(rows.interval[row]);
        // Intervals of 32 bits begin within 2^32 days of the epoch.
        let end = u128::from(rows.dst_ip[row]) << 32 | u128::from(start.div_euclid(DAY_MS) as u32);
        let of_key = if rows.status[row] == Status::Denied as u8 {
            denied.entry_again(end)
        } else {
            let_through.entry_again(end << 24 | u128::from(port(rows, row)))
        };
        of_key.0.add(&Traffic::of(source, rows, row));
        of_key.1.push(row as u32);
    }
    (let_through, denied)
}

/// Port and protocol as one number.
fn port(rows: &Rows<'_>, row: usize) -> u32 {
    u32::from(rows.dst_port[row]) << 8 | u32::from(rows.protocol[row])
}

/// One row per key, ascending, from what all chunks have of it. Ports are told apart if `by_port`.
fn summed<T: Send>(source: &Source<'_>, chunks: &[Keyed], by_port: bool, row: impl Fn(u128, Day) -> T + Sync) -> Vec<T> {
    let of_chunk = |(chunk, keyed): (usize, &'_ Keyed)| -> Vec<(u128, usize, usize)> {
        keyed.rows().iter().enumerate().map(|(place, (key, _))| (*key, chunk, place)).collect()
    };
    let mut places: Vec<(u128, usize, usize)> = chunks.iter().enumerate().flat_map(of_chunk).collect();
    places.sort_unstable();
    let keys: Vec<&[(u128, usize, usize)]> = places.chunk_by(|a, b| a.0 == b.0).collect();
    let next = AtomicUsize::new(0);
    let work = |_| {
        let mut sources = Flows { of: vec![0; source.dataset.addresses().len()], ..Flows::default() };
        let mut ports: Sums<u64> = Sums::default();
        let mut made: Vec<(u128, T)> = Vec::new();
        while let Some(of_key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut traffic = Traffic::default();
            for (_, chunk, place) in *of_key {
                let (rows, (of_chunk, numbers)) = (&source.rows[*chunk], &chunks[*chunk].rows()[*place].1);
                traffic.add(of_chunk);
                for at in numbers.iter().map(|row| *row as usize) {
                    sources.add(rows.src_ip[at], rows.flows_started[at]);
                    if by_port {
                        *ports.entry(u128::from(port(rows, at))) += u64::from(rows.flows_started[at]);
                    }
                }
            }
            made.push((of_key[0].0, row(of_key[0].0, Day { traffic, sources: sources.take(), ports: Distinct::of(&ports) })));
            ports.clear();
        }
        made
    };
    let mut made: Vec<(u128, T)> = (0..workers(keys.len())).into_par_iter().flat_map_iter(work).collect();
    made.sort_unstable_by_key(|(key, _)| *key);
    made.into_iter().map(|(_, row)| row).collect()
}

fn addresses(source: &Source<'_>, top: Top) -> Vec<crate::schema::Address> {
    top.cut_off().map(|(_, number)| source.dataset.addresses()[number as usize]).collect()
}

fn exposed_day(source: &Source<'_>, key: u128, day: Day) -> ExposedDay {
    let Traffic { flows, packets_sent, bytes_sent, bytes_received, tuples_unmeasured, nic, first_time, last_time } = day.traffic;
    let sources = day.sources;
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
    let Day { traffic, sources, ports } = day;
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
