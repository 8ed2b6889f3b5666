//! The traffic rows of a unit: one per interval and key, summed.
//!
//! Goes in: kept tuples with the indexes of their addresses and origin. Comes out: dense rows in the order first met.
//! Every count stops at the largest value of its column instead of wrapping.

use crate::schema::partial::Traffic;
use crate::schema::units::Interval;
use crate::schema::{Direction, FlowTuple, State, Status};

use super::Place;
use super::builder::Translation;
use super::index::{Index, Seed, forget};
use super::origins::Origins;

/// How many rows are written column by column. Unit: rows of 80 bytes; as many as the first cache holds.
const ROWS_AT_ONCE: usize = 256;

/// What a row is found by, packed into three words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    /// src, dst.
    pair: u64,
    /// Origin, destination port, protocol, encryption.
    service: u64,
    /// Interval, direction, status.
    slot: u64,
}

/// One row of traffic; addresses and origin are indexes of the unit.
#[derive(Clone, Copy, Debug)]
struct TrafficRow {
    key: Key,
    packets_src_to_dst: u64,
    bytes_src_to_dst: u64,
    packets_dst_to_src: u64,
    bytes_dst_to_src: u64,
    flows_started: u32,
    flows_ended: u32,
    tuples: u32,
    tuples_unmeasured: u32,
    first_offset: u32,
    last_offset: u32,
}

impl TrafficRow {
    fn origin(&self) -> u32 {
        (self.key.service >> 32) as u32
    }
}

/// Where a tuple's row is looked for, if the tuple lies in this interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    interval: u32,
    hash: u32,
}

/// The traffic rows of one unit.
#[derive(Debug)]
pub(super) struct TrafficRows {
    rows: Vec<TrafficRow>,
    index: Index,
    seed: Seed,
    interval: Interval,
    /// Start and number of the interval met last; a record holds one or two.
    start: i64,
    number: u32,
}

impl TrafficRows {
    pub fn new(interval: Interval) -> Self {
        Self { rows: Vec::new(), index: Index::default(), seed: Seed::default(), interval, start: 0, number: 0 }
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Where the row of a tuple is looked for, if it lies in the interval met last.
    #[inline]
    pub fn ahead(&self, place: Place, tuple: &FlowTuple) -> Ahead {
        Ahead { interval: self.number, hash: self.hash(&key(place, self.number, tuple)) }
    }

    /// See [`Index::read_ahead`].
    #[inline]
    pub fn read_ahead(&self, ahead: Ahead) -> u64 {
        self.index.read_ahead(ahead.hash)
    }

    /// Adds one tuple to its row.
    #[inline]
    pub fn add(&mut self, (place, ahead): (Place, Ahead), tuple: &FlowTuple, unmeasured: bool) {
        let mut offset = tuple.time.wrapping_sub(self.start) as u64;
        if offset >= self.interval.ms() as u64 {
            self.number = self.interval.number(tuple.time);
            self.start = self.interval.start(self.number);
            offset = tuple.time.wrapping_sub(self.start) as u64;
        }
        let key = key(place, self.number, tuple);
        let hash = if ahead.interval == self.number { ahead.hash } else { self.hash(&key) };
        let row = self.row(key, hash);
        let (offset, c) = (offset as u32, &tuple.counters);
        if matches!(tuple.state, State::Continuing | State::End) {
            row.packets_src_to_dst = row.packets_src_to_dst.saturating_add(c.packets_src_to_dst);
            row.bytes_src_to_dst = row.bytes_src_to_dst.saturating_add(c.bytes_src_to_dst);
            row.packets_dst_to_src = row.packets_dst_to_src.saturating_add(c.packets_dst_to_src);
            row.bytes_dst_to_src = row.bytes_dst_to_src.saturating_add(c.bytes_dst_to_src);
        }
        row.flows_started = row.flows_started.saturating_add(u32::from(tuple.state.begins_flow()));
        row.flows_ended = row.flows_ended.saturating_add(u32::from(tuple.state == State::End));
        row.tuples = row.tuples.saturating_add(1);
        row.tuples_unmeasured = row.tuples_unmeasured.saturating_add(u32::from(unmeasured));
        row.first_offset = row.first_offset.min(offset);
        row.last_offset = row.last_offset.max(offset);
    }

    /// Writes the rows behind those of `to`.
    pub fn write(&self, origins: &Origins, translation: &Translation, to: &mut Traffic) {
        self.rows.chunks(ROWS_AT_ONCE).for_each(|rows| write(rows, origins, translation, to));
    }

    /// Forgets all rows, keeping the memory of a usual unit.
    pub fn clear(&mut self) {
        forget(&mut self.rows);
        self.index.clear();
    }

    #[inline]
    fn hash(&self, key: &Key) -> u32 {
        self.seed.hash_three(key.pair, key.service, key.slot)
    }

    #[inline]
    fn row(&mut self, key: Key, hash: u32) -> &mut TrafficRow {
        let (next, rows) = (self.rows.len(), &self.rows);
        let found = self.index.find_or_insert(hash, next, |row| rows[row].key == key);
        if found.is_none() {
            self.rows.push(TrafficRow {
                key,
                packets_src_to_dst: 0,
                bytes_src_to_dst: 0,
                packets_dst_to_src: 0,
                bytes_dst_to_src: 0,
                flows_started: 0,
                flows_ended: 0,
                tuples: 0,
                tuples_unmeasured: 0,
                first_offset: u32::MAX,
                last_offset: 0,
            });
        }
        &mut self.rows[found.unwrap_or(next)]
    }
}

/// Writes rows column by column.
fn write(rows: &[TrafficRow], origins: &Origins, translation: &Translation, to: &mut Traffic) {
    let rows = rows.iter();
    let point = |row: &TrafficRow| translation.capture_point(origins.origins[row.origin() as usize].point);
    to.interval.extend(rows.clone().map(|row| (row.key.slot >> 2) as u32));
    to.capture_point.extend(rows.clone().map(point));
    to.rule.extend(rows.clone().map(|row| translation.rules[row.origin() as usize]));
    to.direction.extend(rows.clone().map(|row| (row.key.slot >> 1 & 1) as u8));
    to.status.extend(rows.clone().map(|row| (row.key.slot & 1) as u8));
    to.protocol.extend(rows.clone().map(|row| (row.key.service >> 8) as u8));
    to.encryption.extend(rows.clone().map(|row| translation.encryptions[usize::from(row.key.service as u8)]));
    to.src_ip.extend(rows.clone().map(|row| translation.address((row.key.pair >> 32) as u32)));
    to.dst_ip.extend(rows.clone().map(|row| translation.address(row.key.pair as u32)));
    to.dst_port.extend(rows.clone().map(|row| (row.key.service >> 16) as u16));
    to.flows_started.extend(rows.clone().map(|row| row.flows_started));
    to.flows_ended.extend(rows.clone().map(|row| row.flows_ended));
    to.tuples.extend(rows.clone().map(|row| row.tuples));
    to.tuples_unmeasured.extend(rows.clone().map(|row| row.tuples_unmeasured));
    to.packets_src_to_dst.extend(rows.clone().map(|row| row.packets_src_to_dst));
    to.bytes_src_to_dst.extend(rows.clone().map(|row| row.bytes_src_to_dst));
    to.packets_dst_to_src.extend(rows.clone().map(|row| row.packets_dst_to_src));
    to.bytes_dst_to_src.extend(rows.clone().map(|row| row.bytes_dst_to_src));
    to.first_offset.extend(rows.clone().map(|row| row.first_offset));
    to.last_offset.extend(rows.map(|row| row.last_offset));
}

#[inline]
fn key(place: Place, interval: u32, tuple: &FlowTuple) -> Key {
    Key {
        pair: place.pair(),
        service: u64::from(place.origin) << 32
            | u64::from(tuple.dst_port) << 16
            | u64::from(tuple.protocol) << 8
            | u64::from(tuple.encryption.0),
        slot: u64::from(interval) << 2
            | u64::from(tuple.direction == Direction::Outbound) << 1
            | u64::from(tuple.status == Status::Denied),
    }
}
