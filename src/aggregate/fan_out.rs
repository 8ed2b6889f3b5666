//! Who got no answer from many ports of one host, or from many hosts on one port, within an hour.
//!
//! Goes in: the supplying rows and the corrections. Comes out: one row per source, hour and one host or port with at least
//! [`FAN_OUT_MIN`] others without an answer. A first pass counts, per hashed key, the others that no stretch of rows shows an answer of,
//! so that only rows of keys that can reach the threshold are ever collected. Judges no scan: a detector does.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::dedup::{Deduplicated, Role};
use super::denied::Correction;
use super::rows::Rows;
use super::sums::{Sums, hash};
use crate::schema::tables::{FAN_OUT_MIN, FanOutRow};
use crate::schema::{Address, Status};

/// Most counters per fan-out. Unit: counters of a byte; a power of two; fewer let more innocent keys share one and be
/// collected, more outgrow the cache.
const COUNTERS_MAX: usize = 1 << 22;

/// Tries that are summed before they are counted. Unit: tries of 32 bytes; fewer break up more of them, whose begin may lie in one stretch
/// and whose answer in the next, more outgrow the second cache.
const STRETCH_TRIES: usize = 1 << 13;

/// The two tables: many ports of a host, many hosts on a port. By hour, source, host or port, then protocol.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    pub ports: Vec<FanOutRow<u16>>,
    pub hosts: Vec<FanOutRow<Address>>,
}

/// Finds both.
pub(super) fn fan_out(dataset: &Dataset, chunks: &[Rows<'_>], deduplicated: &Deduplicated<'_>, is_local: &[bool]) -> FanOut {
    Search { least: FAN_OUT_MIN, dataset, chunks, deduplicated, is_local }.run()
}

/// What a fan-out is looked for in.
pub(super) struct Search<'a> {
    /// Least distinct others, from 2 to [`FAN_OUT_MIN`].
    pub least: usize,
    pub dataset: &'a Dataset,
    pub chunks: &'a [Rows<'a>],
    pub deduplicated: &'a Deduplicated<'a>,
    /// Per address.
    pub is_local: &'a [bool],
}

/// What there are many of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Many {
    Ports,
    Hosts,
}

impl Many {
    /// How many low bits of a packed key say which of the many it is.
    const fn bits(self) -> u32 {
        match self {
            Self::Ports => 16,
            Self::Hosts => 32,
        }
    }
}

/// A row or a correction that may belong to a fan-out.
#[derive(Clone, Copy)]
struct Tried {
    /// See [`Key::packed`].
    key: u128,
    /// Which chunk; [`OF_CORRECTION`] for a correction.
    chunk: u32,
    /// Which row of the chunk, or which correction.
    row: u32,
}

/// Stands for the corrections among the chunks.
const OF_CORRECTION: u32 = u32::MAX;

impl Search<'_> {
    /// Finds both fan-outs, one after the other, so that the rows of only one are held.
    pub fn run(&self) -> FanOut {
        let suspicions = self.suspicions();
        let each_port = |t: &Try| t.key.dst_port;
        let mut ports = self.rows(Many::Ports, &suspicions, each_port, |row, key| row.dst_ip = Some(self.address(key.dst_ip)));
        ports.sort_unstable_by_key(|row| (row.hour, row.src_ip, row.dst_ip, row.protocol));
        let each_host = |t: &Try| self.address(t.key.dst_ip);
        let mut hosts = self.rows(Many::Hosts, &suspicions, each_host, |row, key| row.dst_port = Some(key.dst_port));
        hosts.sort_unstable_by_key(|row| (row.hour, row.src_ip, row.dst_port, row.protocol));
        FanOut { ports, hosts }
    }

    /// The rows of one fan-out; `each` tells the many apart, `the_one` fills in what they share.
    fn rows<T: Send>(
        &self,
        many: Many,
        suspicions: &Suspicions,
        each: impl Fn(&Try) -> T + Sync,
        the_one: impl Fn(&mut FanOutRow<T>, Key) + Sync,
    ) -> Vec<FanOutRow<T>> {
        let tried = self.tried(many, suspicions.of(many));
        let bits = many.bits();
        let of_one = tried.par_chunk_by(|a, b| a.key >> bits == b.key >> bits);
        let row = |of_one: &[Tried]| {
            if of_one.len() < self.least {
                return None;
            }
            let tries: Vec<Try> = of_one.chunk_by(|a, b| a.key == b.key).map(|rows| self.add_up(rows)).collect();
            let mut row = self.row(&tries, &each)?;
            the_one(&mut row, tries[0].key);
            Some(row)
        };
        of_one.filter_map(row).collect()
    }

    /// Whose keys may reach the threshold: counts each host, port and protocol that a source tried in an hour without an answer.
    fn suspicions(&self) -> Suspicions {
        let new =
            || Suspicion::new(self.dataset.traffic_rows(), self.dataset.addresses().len(), self.least.min(FAN_OUT_MIN) as u8);
        let suspicions = Suspicions { ports: new(), hosts: new() };
        let chunks = self.chunks.par_iter().zip(&self.deduplicated.roles);
        chunks.for_each_init(Sums::default, |tries, (rows, roles)| {
            let mut start = 0;
            while start < rows.count() {
                start = self.stretch(tries, rows, roles, start);
                let unanswered = tries.rows().iter().filter(|(_, answer)| answer.may_lack());
                unanswered.for_each(|(key, _)| suspicions.count(Key::of_packed_by_port(*key)));
                tries.clear();
            }
        });
        let corrections = &self.deduplicated.corrections;
        corrections.iter().for_each(|correction| suspicions.count(Key::of_correction(self.dataset, correction)));
        suspicions
    }

    /// Sums the answers of a stretch of supplying rows from `start` on, of tries that may lack one; returns where the next begins.
    ///
    /// A try without an answer lacks it in at least one of the stretches that it lies in, however they are cut.
    fn stretch(&self, tries: &mut Sums<Answer>, rows: &Rows<'_>, roles: &[Role], start: usize) -> usize {
        let key = |row: usize| Key::of(self.dataset, rows, row).packed(Many::Ports);
        let mut end = start;
        while end < rows.count() && tries.rows().len() < STRETCH_TRIES {
            if roles[end] == Role::Supplies && may_be_unanswered(rows, end) {
                tries.entry(key(end)).add(rows, end);
            }
            end += 1;
        }
        for row in (start..end).filter(|row| roles[*row] == Role::Supplies && !may_be_unanswered(rows, *row)) {
            if let Some(answer) = tries.get_mut(key(row)) {
                answer.add(rows, row);
            }
        }
        end
    }

    /// Every row whose key may reach the threshold, answered or not; ascending by key.
    fn tried(&self, many: Many, suspicion: &Suspicion) -> Vec<Tried> {
        let of_chunk = |(chunk, (rows, roles)): (usize, (&Rows<'_>, &Vec<Role>))| {
            let supplying =
                (0..rows.count()).filter(|row| roles[*row] == Role::Supplies && suspicion.is_source(rows.src_ip[*row]));
            let tried = supplying.filter_map(|row| {
                let key = Key::of(self.dataset, rows, row).packed(many);
                suspicion.falls_on(key >> many.bits()).then_some(Tried { key, chunk: chunk as u32, row: row as u32 })
            });
            tried.collect::<Vec<_>>()
        };
        let chunks = self.chunks.par_iter().zip(&self.deduplicated.roles);
        let mut tried = chunks.enumerate().map(of_chunk).collect::<Vec<_>>().concat();
        for (row, correction) in self.deduplicated.corrections.iter().enumerate() {
            let key = Key::of_correction(self.dataset, correction).packed(many);
            if suspicion.falls_on(key >> many.bits()) {
                tried.push(Tried { key, chunk: OF_CORRECTION, row: row as u32 });
            }
        }
        tried.par_sort_unstable_by_key(|t| t.key);
        tried
    }

    /// Adds up rows of one key; at least one.
    fn add_up(&self, rows: &[Tried]) -> Try {
        let of = |tried: &Tried| match self.chunks.get(tried.chunk as usize) {
            Some(chunk) => Try::of_row(self.dataset, chunk, tried.row as usize),
            None => Try::of_correction(self.dataset, &self.deduplicated.corrections[tried.row as usize]),
        };
        let mut sum = of(&rows[0]);
        rows[1..].iter().for_each(|row| sum.add(&of(row)));
        sum
    }

    fn address(&self, number: u32) -> Address {
        self.dataset.addresses()[number as usize]
    }

    /// The row of `tries`, which share all of the key but what `each` says, ascending in that; `None` below the threshold.
    fn row<T>(&self, tries: &[Try], each: impl Fn(&Try) -> T) -> Option<FanOutRow<T>> {
        let mut unanswered = tries.iter().filter(|t| t.is_unanswered());
        if unanswered.clone().count() < self.least {
            return None;
        }
        let mut sum = *unanswered.next()?;
        let mut row = FanOutRow {
            hour: sum.key.hour,
            src_ip: self.address(sum.key.src_ip),
            dst_ip: None,
            dst_port: None,
            protocol: sum.key.protocol,
            unanswered: vec![each(&sum)],
            answered: tries.iter().filter(|t| t.is_answered()).count() as u64,
            flows: sum.unanswered_flows(),
            flows_denied: 0,
            bytes_sent: 0,
            bytes_received: 0,
            src_is_local: self.is_local[sum.key.src_ip as usize],
            dst_is_local: self.is_local[sum.key.dst_ip as usize],
            mac: String::new(),
            first_time: 0,
            last_time: 0,
        };
        for more in unanswered {
            row.unanswered.push(each(more));
            row.flows += more.unanswered_flows();
            row.dst_is_local |= self.is_local[more.key.dst_ip as usize];
            sum.add(more);
        }
        row.flows_denied = sum.denied;
        (row.bytes_sent, row.bytes_received) = (sum.bytes_sent, sum.bytes_received);
        (row.first_time, row.last_time) = (sum.first_time, sum.last_time);
        row.mac = self.dataset.macs()[sum.nic as usize].to_string();
        Some(row)
    }
}

/// All that one source tried at one port of one host within an hour.
#[derive(Clone, Copy, Debug)]
struct Try {
    key: Key,
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
    fn of_row(dataset: &Dataset, rows: &Rows<'_>, row: usize) -> Self {
        let start = dataset.interval().start(rows.interval[row]);
        let flows = u64::from(rows.flows_started[row]);
        let (allowed, denied) = if rows.status[row] == Status::Denied as u8 { (0, flows) } else { (flows, 0) };
        Self {
            key: Key::of(dataset, rows, row),
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

    fn of_correction(dataset: &Dataset, correction: &Correction) -> Self {
        Self {
            key: Key::of_correction(dataset, correction),
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

/// What a stretch of rows tells of the answers to one try.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    allowed: u64,
    packets_back: u64,
    is_denied: bool,
    is_unmeasured: bool,
}

impl Answer {
    fn add(&mut self, rows: &Rows<'_>, row: usize) {
        if rows.status[row] == Status::Denied as u8 {
            self.is_denied = true;
        } else {
            self.allowed += u64::from(rows.flows_started[row]);
        }
        self.is_unmeasured |= rows.tuples_unmeasured[row] > 0;
        self.packets_back += rows.packets_dst_to_src[row];
    }

    /// Whether the whole try may lack an answer, as far as this stretch shows; see [`Try::is_unanswered`].
    fn may_lack(&self) -> bool {
        self.is_denied || (!self.is_unmeasured && self.packets_back <= self.allowed)
    }
}

/// A suspicion for each fan-out.
struct Suspicions {
    ports: Suspicion,
    hosts: Suspicion,
}

impl Suspicions {
    /// Counts a try without an answer.
    fn count(&self, key: Key) {
        for (many, suspicion) in [(Many::Ports, &self.ports), (Many::Hosts, &self.hosts)] {
            suspicion.count(key.src_ip, key.packed(many) >> many.bits());
        }
    }

    fn of(&self, many: Many) -> &Suspicion {
        match many {
            Many::Ports => &self.ports,
            Many::Hosts => &self.hosts,
        }
    }
}

/// How many others without an answer share a hashed key, at most, and whose keys have enough.
struct Suspicion {
    /// Saturates past every threshold.
    counters: Vec<AtomicU8>,
    /// Per address, whether it is the source of a key that reaches the threshold. Most sources are not.
    sources: Vec<AtomicBool>,
    least: u8,
}

impl Suspicion {
    fn new(rows: usize, addresses: usize, least: u8) -> Self {
        let counters = rows.next_power_of_two().clamp(64, COUNTERS_MAX);
        Self {
            counters: (0..counters).map(|_| AtomicU8::new(0)).collect(),
            sources: (0..addresses).map(|_| AtomicBool::new(false)).collect(),
            least,
        }
    }

    fn counter(&self, key: u128) -> &AtomicU8 {
        &self.counters[hash(key) as usize & (self.counters.len() - 1)]
    }

    fn count(&self, src_ip: u32, key: u128) {
        let counter = self.counter(key);
        // Threads may pass `least` together, by far fewer than the byte still holds.
        if counter.load(Ordering::Relaxed) >= self.least || counter.fetch_add(1, Ordering::Relaxed) + 1 >= self.least {
            self.sources[src_ip as usize].store(true, Ordering::Relaxed);
        }
    }

    fn is_source(&self, src_ip: u32) -> bool {
        self.sources[src_ip as usize].load(Ordering::Relaxed)
    }

    fn falls_on(&self, key: u128) -> bool {
        self.counter(key).load(Ordering::Relaxed) >= self.least
    }
}

/// The key of a try.
#[derive(Clone, Copy, Debug)]
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

    fn of_correction(dataset: &Dataset, correction: &Correction) -> Self {
        Self {
            hour: dataset.interval().hour(correction.interval),
            src_ip: correction.src_ip,
            dst_ip: correction.dst_ip,
            dst_port: correction.dst_port,
            protocol: correction.protocol,
        }
    }

    /// The inverse of [`Key::packed`] where ports are the many.
    fn of_packed_by_port(packed: u128) -> Self {
        Self {
            hour: (packed >> 88) as u32,
            src_ip: (packed >> 56) as u32,
            dst_ip: (packed >> 16) as u32,
            dst_port: packed as u16,
            protocol: (packed >> 48) as u8,
        }
    }

    /// The key as one integer, with the many in its lowest bits.
    fn packed(self, many: Many) -> u128 {
        let source = u128::from(self.hour) << 88 | u128::from(self.src_ip) << 56 | u128::from(self.protocol) << 48;
        source
            | match many {
                Many::Ports => u128::from(self.dst_ip) << 16 | u128::from(self.dst_port),
                Many::Hosts => u128::from(self.dst_port) << 32 | u128::from(self.dst_ip),
            }
    }
}

/// Whether a row can belong to a try without an answer: of such a try at least one row looks like this.
fn may_be_unanswered(rows: &Rows<'_>, row: usize) -> bool {
    rows.status[row] == Status::Denied as u8
        || (rows.tuples_unmeasured[row] == 0 && rows.packets_dst_to_src[row] <= u64::from(rows.flows_started[row]))
}
