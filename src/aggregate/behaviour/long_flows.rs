//! Connections that last longer than one blob tells: the pieces of each, stitched together.
//!
//! Goes in: the open flows, of which each unit of work (as a rule a NIC's hour) has its piece, slice of time by slice. Comes out: one row per
//! connection of at least [`LONG_FLOW_MS`], longest first. Only pieces of the NIC that supplies the pair in the piece's hour are taken. A flow that begins and
//! ends in one unit is no open flow: where a unit is longer than an hour (a blob named otherwise than Azure does), such a flow is missed.

use std::sync::atomic::{AtomicU32, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::aggregate::sums::hash;
use crate::schema::Direction;
use crate::schema::partial::OpenFlow;
use crate::schema::tables::{LONG_FLOW_MS, LongFlowRow, ServiceKey};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// Longest pause between two pieces of one connection. Unit: ms; range 5 minutes and up. A connection is logged every 5 minutes (NSG
/// logs of version 2) or every minute (VNet logs); twice the longer tick spares a host that skips one. Raising it joins
/// connections that used the same source port one after the other and whose ends were lost.
const PAUSE_MS: i64 = 10 * MINUTE_MS;

/// Places for each piece among which spans are told apart. Unit: places of 8 bytes; fewer let more keys share one and be sorted in vain.
const SPANS_A_PIECE: usize = 2;

/// The connections so far.
#[derive(Default)]
pub(super) struct LongFlows {
    /// Those that lasted and that no later piece can continue.
    long: Vec<Piece>,
    /// What later pieces may continue.
    open: Vec<Piece>,
}

impl LongFlows {
    /// The table of open flows that are held at once.
    pub fn of(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<LongFlowRow> {
        let flows = source.dataset.open_flows();
        let reaching = || flows.par_iter().flatten().filter(|flow| reaches(flow));
        let spans = Spans::new(reaching().count(), 0);
        reaching().for_each(|flow| spans.add(&Key::of(source, flow), flow.first_time, flow.last_time));
        let may_last = flows.par_iter().flatten().filter(|flow| spans.may_last(&Key::of(source, flow)));
        let pieces: Vec<Piece> = may_last.filter_map(|flow| Piece::of(source, suppliers, flow)).collect();
        // What shared a place hardly ever shares one again among those that are left.
        let spans = Spans::new(pieces.len(), 1);
        pieces.par_iter().for_each(|piece| spans.add(&piece.key, piece.first_time, piece.last_time));
        let mut whole = Self::default();
        whole.stitch(pieces.into_par_iter().filter(|piece| spans.may_last(&piece.key)).collect(), i64::MAX);
        whole.rows(source)
    }

    /// Adds the open flows of a slice, none of which begins before those of earlier slices; later ones begin at `end` (ms since the epoch)
    /// or after.
    pub fn add(&mut self, source: &Source<'_>, suppliers: &Suppliers<'_>, end: i64) {
        let flows = source.dataset.open_flows().par_iter().flatten();
        self.stitch(flows.filter_map(|flow| Piece::of(source, suppliers, flow)).collect(), end);
    }

    fn stitch(&mut self, mut pieces: Vec<Piece>, end: i64) {
        pieces.append(&mut self.open);
        pieces.par_sort_unstable_by_key(|piece| {
            let sums = (piece.unmeasured, piece.packets, piece.bytes_sent, piece.bytes_received);
            (piece.key, piece.first_time, piece.last_time, piece.begun, piece.ended, sums)
        });
        let wholes = pieces.par_chunk_by(|a, b| a.key == b.key).flat_map_iter(stitched);
        let may_go_on = |whole: &Piece| whole.last_time.saturating_add(PAUSE_MS) >= end;
        let lasted = |whole: &Piece| whole.last_time - whole.first_time >= LONG_FLOW_MS;
        let kept: Vec<Piece> = wholes.filter(|whole| lasted(whole) || may_go_on(whole)).collect();
        let (open, long): (Vec<Piece>, Vec<Piece>) = kept.into_iter().partition(may_go_on);
        self.open = open;
        self.long.extend(long);
    }

    /// The table.
    pub fn rows(&self, source: &Source<'_>) -> Vec<LongFlowRow> {
        let lasted = |whole: &&Piece| whole.last_time - whole.first_time >= LONG_FLOW_MS;
        let wholes = self.long.iter().chain(&self.open).filter(lasted);
        let mut rows: Vec<LongFlowRow> = wholes.map(|whole| row(source, whole)).collect();
        rows.sort_by(|a, b| {
            let order = |row: &LongFlowRow| (row.first_time - row.last_time, row.key, row.src_port, row.first_time);
            order(a).cmp(&order(b)).then_with(|| a.mac.cmp(&b.mac)).then_with(|| a.direction.cmp(&b.direction))
        });
        rows
    }
}

/// Which connections can be one: NIC, direction, and the 5-tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    nic: u32,
    direction: u8,
    protocol: u8,
    src_port: u16,
    dst_port: u16,
    src_ip: u32,
    dst_ip: u32,
}

impl Key {
    fn of(source: &Source<'_>, flow: &OpenFlow) -> Self {
        Self {
            nic: source.dataset.nic_of_capture_point()[flow.capture_point as usize],
            direction: flow.direction,
            protocol: flow.protocol,
            src_port: flow.src_port,
            dst_port: flow.dst_port,
            src_ip: flow.src_ip,
            dst_ip: flow.dst_ip,
        }
    }

    /// Another hash for each `seed`.
    fn hash(&self, seed: u32) -> u64 {
        let ends = u128::from(self.src_ip) << 96 | u128::from(self.dst_ip) << 64;
        let ports = u128::from(self.src_port) << 48 | u128::from(self.dst_port) << 32;
        let way = u32::from(self.protocol) << 1 ^ u32::from(self.direction) ^ seed << 31;
        hash(ends | ports | u128::from(self.nic.rotate_left(8) ^ way))
    }
}

/// Whether a piece is more than the moment of a begin, of which nothing else is told. Most are no more: what nobody answers has no end. Such a
/// moment can begin a connection, at most [`PAUSE_MS`] before another piece goes on with it, but neither go on with one nor overlap.
fn reaches(flow: &OpenFlow) -> bool {
    !flow.begun || flow.first_time < flow.last_time
}

/// From when to when the pieces of each hashed key reach: most keys never reach over [`LONG_FLOW_MS`], so that their pieces need not be sorted.
struct Spans {
    /// First and last minute since the epoch, by hash. Keys that share a place reach further than each of them, never less far.
    of: Vec<[AtomicU32; 2]>,
    /// Which hash of the keys.
    seed: u32,
}

impl Spans {
    /// None yet, for so many pieces.
    fn new(pieces: usize, seed: u32) -> Self {
        let empty = || [AtomicU32::new(u32::MAX), AtomicU32::new(0)];
        Self { of: (0..(pieces * SPANS_A_PIECE).next_power_of_two()).map(|_| empty()).collect(), seed }
    }

    /// Adds a piece.
    fn add(&self, key: &Key, first_time: i64, last_time: i64) {
        let [first, last] = self.place(key);
        let (first_minute, last_minute) = (minute(first_time), minute(last_time));
        // Reading costs less than writing what stands there already.
        if first_minute < first.load(Ordering::Relaxed) {
            first.fetch_min(first_minute, Ordering::Relaxed);
        }
        if last_minute > last.load(Ordering::Relaxed) {
            last.fetch_max(last_minute, Ordering::Relaxed);
        }
    }

    fn place(&self, key: &Key) -> &[AtomicU32; 2] {
        &self.of[key.hash(self.seed) as usize & (self.of.len() - 1)]
    }

    /// Whether pieces of a key may lie as far apart as a long connection's, even if one that does not reach is before them.
    fn may_last(&self, key: &Key) -> bool {
        let [first, last] = self.place(key);
        let minutes = last.load(Ordering::Relaxed).saturating_sub(first.load(Ordering::Relaxed));
        // Up to a minute more, as each is cut off to the minute.
        i64::from(minutes) * MINUTE_MS >= LONG_FLOW_MS - PAUSE_MS
    }
}

/// The minute since the epoch that a time lies in; those of 32 bits reach far beyond what intervals of 32 bits can tell.
fn minute(time: i64) -> u32 {
    u32::try_from(time.div_euclid(MINUTE_MS)).unwrap_or(if time < 0 { 0 } else { u32::MAX })
}

/// What one unit of work, or several of them, tell of a connection.
#[derive(Clone, Copy, Debug)]
struct Piece {
    key: Key,
    begun: bool,
    ended: bool,
    first_time: i64,
    last_time: i64,
    unmeasured: u64,
    packets: u64,
    bytes_sent: u64,
    bytes_received: u64,
}

impl Piece {
    /// The piece of one unit; `None` where another NIC supplies the pair.
    fn of(source: &Source<'_>, suppliers: &Suppliers<'_>, flow: &OpenFlow) -> Option<Self> {
        let sight = Sight {
            hour: (flow.first_time / HOUR_MS) as u32,
            capture_point: flow.capture_point,
            outbound: flow.direction == Direction::Outbound as u8,
            src_ip: flow.src_ip,
            dst_ip: flow.dst_ip,
        };
        suppliers.supplies(sight).then(|| Self {
            key: Key::of(source, flow),
            begun: flow.begun,
            ended: flow.ended,
            first_time: flow.first_time,
            last_time: flow.last_time,
            unmeasured: u64::from(flow.tuples_unmeasured),
            packets: flow.packets_src_to_dst.saturating_add(flow.packets_dst_to_src),
            bytes_sent: flow.bytes_src_to_dst,
            bytes_received: flow.bytes_dst_to_src,
        })
    }

    /// Whether `next`, which begins later, tells of the same connection: it overlaps (two logs of a NIC), or it goes on where this one stopped.
    fn continues_in(&self, next: &Self) -> bool {
        let goes_on = !self.ended && !next.begun && next.first_time - self.last_time <= PAUSE_MS;
        goes_on || next.first_time < self.last_time
    }

    fn add(&mut self, next: &Self) {
        self.begun |= next.begun;
        if next.last_time >= self.last_time {
            self.ended = next.ended;
        }
        self.last_time = self.last_time.max(next.last_time);
        self.unmeasured = self.unmeasured.saturating_add(next.unmeasured);
        self.packets = self.packets.saturating_add(next.packets);
        self.bytes_sent = self.bytes_sent.saturating_add(next.bytes_sent);
        self.bytes_received = self.bytes_received.saturating_add(next.bytes_received);
    }
}

/// The connections of one key, from its pieces by time.
fn stitched(pieces: &[Piece]) -> Vec<Piece> {
    let mut wholes: Vec<Piece> = Vec::new();
    for next in pieces {
        match wholes.last_mut() {
            Some(whole) if whole.continues_in(next) => whole.add(next),
            _ => wholes.push(*next),
        }
    }
    wholes
}

fn row(source: &Source<'_>, whole: &Piece) -> LongFlowRow {
    let Key { nic, direction, protocol, src_port, dst_port, src_ip, dst_ip } = whole.key;
    let address = |number: u32| source.dataset.addresses()[number as usize];
    let is_local = |number: u32| source.estate.endpoints.rows[number as usize].is_local;
    LongFlowRow {
        key: ServiceKey { src_ip: address(src_ip), dst_ip: address(dst_ip), dst_port, protocol },
        src_port,
        direction: Direction::ALL.into_iter().find(|known| *known as u8 == direction),
        mac: source.dataset.macs()[nic as usize].to_string(),
        src_is_local: is_local(src_ip),
        dst_is_local: is_local(dst_ip),
        first_time: whole.first_time,
        last_time: whole.last_time,
        is_begun: whole.begun,
        is_ended: whole.ended,
        bytes_sent: whole.bytes_sent,
        bytes_received: whole.bytes_received,
        packets: whole.packets,
        tuples_unmeasured: whole.unmeasured,
    }
}
