//! Sums the rows into cells as fine as a bound allows: one pass, in which each thread makes its cells coarser as they grow too many.
//!
//! Goes in: what counts once. Comes out: the cells of the finest level at which all of them fit. A thread may leave a level as soon
//! as its own cells are too many, because all cells together can only be more; so the level does not depend on threads. Names nothing.

use super::ends::Ends;
use super::levels::{LEVELS, intervals_per_step};
use super::ports::Ports;
use crate::aggregate::denied::Correction;
use crate::aggregate::pairs::port_key;
use crate::aggregate::rows::Rows;
use crate::aggregate::sums::Sums;
use crate::enrich::FlowTypes;
use crate::schema::Status;
use crate::schema::units::Interval;

/// The sums of a cell.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of CubeRow")]
pub(super) struct Sum {
    pub flows_allowed: u64,
    pub flows_denied: u64,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub packets: u64,
    pub tuples_unmeasured: u64,
}

impl Sum {
    fn of(rows: &Rows<'_>, row: usize) -> Self {
        let flows = u64::from(rows.flows_started[row]);
        let is_denied = rows.status[row] == Status::Denied as u8;
        Self {
            flows_allowed: if is_denied { 0 } else { flows },
            flows_denied: if is_denied { flows } else { 0 },
            bytes_sent: rows.bytes_src_to_dst[row],
            bytes_received: rows.bytes_dst_to_src[row],
            packets: rows.packets_src_to_dst[row] + rows.packets_dst_to_src[row],
            tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
        }
    }

    fn add(&mut self, other: &Self) {
        self.flows_allowed += other.flows_allowed;
        self.flows_denied += other.flows_denied;
        self.bytes_sent += other.bytes_sent;
        self.bytes_received += other.bytes_received;
        self.packets += other.packets;
        self.tuples_unmeasured += other.tuples_unmeasured;
    }

    /// Whether it says nothing: a flow that only ended, say.
    fn is_zero(&self) -> bool {
        (self.flows_allowed | self.flows_denied | self.bytes_sent | self.bytes_received | self.packets | self.tuples_unmeasured)
            == 0
    }
}

/// What tells one cell from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Number of the first interval of its step.
    pub interval: u32,
    /// Node of [`Ends`].
    pub src: u32,
    /// Node of [`Ends`].
    pub dst: u32,
    /// See [`Ports::told`].
    pub port: u32,
    /// Code of the flow type.
    pub flow_type: u8,
}

impl Key {
    fn pack(self) -> u128 {
        let ends = u128::from(self.src) << 32 | u128::from(self.dst);
        u128::from(self.interval) << 93 | ends << 29 | u128::from(self.port) << 4 | u128::from(self.flow_type)
    }

    pub fn unpack(key: u128) -> Self {
        Self {
            interval: (key >> 93) as u32,
            src: (key >> 61) as u32,
            dst: (key >> 29) as u32,
            port: (key >> 4) as u32 & 0x1ff_ffff,
            flow_type: key as u8 & 0xf,
        }
    }
}

/// What each level makes of an address, a port and an interval.
pub(super) struct Ladder<'a> {
    pub ends: Ends,
    pub ports: Ports,
    pub flow_types: &'a FlowTypes,
    /// The intervals of a step, by level.
    intervals_per_step: Vec<u64>,
    /// Most cells. At least what the last level can need, or it may be exceeded there.
    cells_max: usize,
}

impl<'a> Ladder<'a> {
    /// The ladder for rows from the first to the last interval.
    pub fn new(
        (ends, ports, flow_types): (Ends, Ports, &'a FlowTypes),
        (interval, window): (Interval, (u32, u32)),
        cells_max: usize,
    ) -> Self {
        let intervals_per_step = LEVELS.iter().map(|level| intervals_per_step(interval, window, level.steps)).collect();
        Self { ends, ports, flow_types, intervals_per_step, cells_max }
    }

    /// How many intervals a step of this level has.
    pub fn intervals_per_step(&self, level: usize) -> u64 {
        self.intervals_per_step[level]
    }

    /// The cell of a key of a finer level, or of what a row says.
    #[inline]
    fn told(&self, key: Key, level: usize) -> Key {
        let interval = u64::from(key.interval);
        Key {
            interval: (interval - interval % self.intervals_per_step[level]) as u32,
            src: self.ends.told(key.src, level),
            dst: self.ends.told(key.dst, level),
            port: self.ports.told(key.port, level),
            flow_type: key.flow_type,
        }
    }
}

/// The cells so far.
pub(super) struct Folding<'a> {
    ladder: &'a Ladder<'a>,
    level: usize,
    cells: Sums<Sum>,
}

impl<'a> Folding<'a> {
    /// No cells, in the level to begin with.
    pub fn new(ladder: &'a Ladder<'a>, level: usize) -> Self {
        Self { ladder, level, cells: Sums::default() }
    }

    /// The level of the cells.
    pub fn level(&self) -> usize {
        self.level
    }

    /// The cells, in no order.
    pub fn cells(&self) -> impl Iterator<Item = (Key, &Sum)> {
        self.cells.rows().iter().map(|(key, sum)| (Key::unpack(*key), sum))
    }

    /// Adds a row that counts.
    #[inline]
    pub fn add(&mut self, rows: &Rows<'_>, row: usize) {
        let sum = Sum::of(rows, row);
        if !sum.is_zero() {
            let key =
                self.key(rows.interval[row], (rows.src_ip[row], rows.dst_ip[row]), (rows.dst_port[row], rows.protocol[row]));
            self.cells.entry(key).add(&sum);
            self.fit();
        }
    }

    /// Applies a correction; all rows that it is about have been added.
    pub fn correct(&mut self, correction: &Correction) {
        let Correction { interval, src_ip, dst_ip, dst_port, protocol, .. } = *correction;
        let key = self.key(interval, (src_ip, dst_ip), (dst_port, protocol));
        let sum = self.cells.entry(key);
        sum.flows_allowed -= correction.were_allowed;
        sum.flows_denied += correction.denied;
        self.fit();
    }

    /// Adds the cells of another thread.
    pub fn merge(mut self, mut other: Self) -> Self {
        let level = self.level.max(other.level);
        self.coarsen(level);
        other.coarsen(level);
        for (key, sum) in other.cells.rows() {
            self.cells.entry(*key).add(sum);
        }
        self.fit();
        self
    }

    /// Goes down to `level`, unless the cells are that coarse.
    fn coarsen(&mut self, level: usize) {
        if level > self.level {
            let fine = std::mem::take(&mut self.cells);
            for (key, sum) in fine.rows() {
                self.cells.entry(self.ladder.told(Key::unpack(*key), level).pack()).add(sum);
            }
            self.level = level;
        }
    }

    /// The cell of a row.
    #[inline]
    fn key(&self, interval: u32, (src, dst): (u32, u32), (dst_port, protocol): (u16, u8)) -> u128 {
        let flow_type = self.ladder.flow_types.of(src, dst, dst_port);
        let port = port_key(dst_port, protocol);
        self.ladder.told(Key { interval, src, dst, port, flow_type: flow_type as u8 }, self.level).pack()
    }

    /// Goes down until the cells fit.
    #[inline]
    fn fit(&mut self) {
        while self.cells.rows().len() > self.ladder.cells_max && self.level + 1 < LEVELS.len() {
            self.coarsen(self.level + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_their_cell() {
        for key in [
            Key { interval: u32::MAX, src: 7, dst: u32::MAX, port: super::super::ports::OTHER_PORTS, flow_type: 8 },
            Key { interval: 0, src: u32::MAX, dst: 0, port: 0xff_ffff, flow_type: 0 },
        ] {
            assert_eq!(Key::unpack(key.pack()), key);
        }
    }
}
