//! What a workspace remembers of blobs that may still grow: their flows in flight and the contents of their records.
//!
//! Goes in: the pending Partial of a batch, and contents. Comes out: columns and frames, and a `UnitMemory`'s parts back from them. These tables
//! are of no use to a query.

use std::collections::HashMap;

use polars::prelude::{DataFrame, PolarsError};

use super::cells::Cells;
use super::column::u64s;
use super::error::StoreError;
use super::partial_tables::{capture_point, direction, status};
use super::picked::Columns;
use super::rows::{capture_points, codes, end_addresses};
use super::unit_tables::ids;
use crate::schema::kept::{Kept, KeptColumn, KeptTable};
use crate::schema::partial::FlowInFlight;
use crate::schema::{Direction, Partial, Status};

/// Shortens the tables below.
const fn column(name: &'static str, kind: Kept, doc: &'static str) -> KeptColumn {
    KeptColumn { name, kind, doc }
}

/// Flows that may go on when their blob is read on.
pub(super) static FLOWS: KeptTable = KeptTable {
    name: "state/flows",
    doc: "a flow that may go on when its blob is read on",
    columns: &[column("blob_id", Kept::U32, "the blob")],
};

/// Records that were read.
pub(super) static RECORDS: KeptTable = KeptTable {
    name: "state/records",
    doc: "the content of a record, so that a repeat is recognised",
    columns: &[
        column("blob_id", Kept::U32, "the blob"),
        column("content_high", Kept::U64, "upper half of the hash"),
        column("content_low", Kept::U64, "lower half of the hash"),
    ],
};

/// The columns of flows in flight.
pub(super) fn flows() -> Columns {
    let mut columns = Columns::default();
    columns.blob_ids();
    capture_point(&mut columns, |p, row| p.in_flight[row].capture_point);
    direction(&mut columns, |p, row| p.in_flight[row].direction as u8);
    status(&mut columns, |p, row| p.in_flight[row].status as u8);
    columns.u8s("protocol", |p, row| p.in_flight[row].protocol);
    columns.addresses("src_ip", |p, row| p.in_flight[row].src_ip);
    columns.addresses("dst_ip", |p, row| p.in_flight[row].dst_ip);
    columns.u16s("src_port", |p, row| p.in_flight[row].src_port);
    columns.u16s("dst_port", |p, row| p.in_flight[row].dst_port);
    columns.flags("unstated", |p, row| p.in_flight[row].unstated);
    columns.u64s("begins", |p, row| u64::from(p.in_flight[row].begins));
    columns.u64s("ends", |p, row| u64::from(p.in_flight[row].ends));
    columns.u64s("tuples_unmeasured", |p, row| u64::from(p.in_flight[row].tuples_unmeasured));
    columns.u64s("packets_src_to_dst", |p, row| p.in_flight[row].packets_src_to_dst);
    columns.u64s("bytes_src_to_dst", |p, row| p.in_flight[row].bytes_src_to_dst);
    columns.u64s("packets_dst_to_src", |p, row| p.in_flight[row].packets_dst_to_src);
    columns.u64s("bytes_dst_to_src", |p, row| p.in_flight[row].bytes_dst_to_src);
    columns.times("begin_time", |p, row| p.in_flight[row].begin_time);
    columns.times("first_time", |p, row| p.in_flight[row].first_time);
    columns.times("last_time", |p, row| p.in_flight[row].last_time);
    columns
}

/// Flows in flight, blob by blob.
pub(super) fn read_flows(cells: Cells<'_>, into: &mut HashMap<u32, Partial>) -> Result<(), StoreError> {
    let mut points = Vec::new();
    let point = capture_points(cells, &mut points)?;
    let mut addresses = Vec::new();
    let (src_ip, dst_ip) = end_addresses(cells, &mut addresses)?;
    let directions = codes(cells, "direction", &Direction::ALL.map(Direction::name))?;
    let statuses = codes(cells, "status", &Status::ALL.map(Status::name))?;
    let (protocol, src_port, dst_port) = (cells.u8s("protocol")?, cells.u16s("src_port")?, cells.u16s("dst_port")?);
    let (unstated, begins, ends) = (cells.flags("unstated")?, cells.counts("begins")?, cells.counts("ends")?);
    let unmeasured = cells.counts("tuples_unmeasured")?;
    let (packets_src_to_dst, bytes_src_to_dst) = (cells.u64s("packets_src_to_dst")?, cells.u64s("bytes_src_to_dst")?);
    let (packets_dst_to_src, bytes_dst_to_src) = (cells.u64s("packets_dst_to_src")?, cells.u64s("bytes_dst_to_src")?);
    let begin_time = cells.known_times("begin_time")?;
    let (first_time, last_time) = (cells.known_times("first_time")?, cells.known_times("last_time")?);
    for (row, id) in cells.u32s("blob_id")?.into_iter().enumerate() {
        let partial = into.entry(id).or_default();
        let mut entry = Entry { partial };
        let flow = FlowInFlight {
            capture_point: entry.point(&points[point[row] as usize]),
            src_ip: entry.address(addresses[src_ip[row] as usize]),
            dst_ip: entry.address(addresses[dst_ip[row] as usize]),
            src_port: src_port[row],
            dst_port: dst_port[row],
            protocol: protocol[row],
            direction: Direction::ALL[usize::from(directions[row])],
            status: Status::ALL[usize::from(statuses[row])],
            unstated: unstated[row],
            begins: begins[row],
            ends: ends[row],
            tuples_unmeasured: unmeasured[row],
            begin_time: begin_time[row],
            first_time: first_time[row],
            last_time: last_time[row],
            packets_src_to_dst: packets_src_to_dst[row],
            bytes_src_to_dst: bytes_src_to_dst[row],
            packets_dst_to_src: packets_dst_to_src[row],
            bytes_dst_to_src: bytes_dst_to_src[row],
        };
        entry.partial.in_flight.push(flow);
    }
    Ok(())
}

/// A unit's Partial. Its addresses need not be distinct, since they are numbered anew when the unit is taken up.
struct Entry<'a> {
    partial: &'a mut Partial,
}

impl Entry<'_> {
    fn point(&mut self, point: &crate::schema::partial::CapturePoint) -> u32 {
        let points = &mut self.partial.capture_points;
        let known = points.iter().rposition(|known| known == point);
        known.unwrap_or_else(|| {
            points.push(point.clone());
            points.len() - 1
        }) as u32
    }

    fn address(&mut self, address: crate::schema::Address) -> u32 {
        self.partial.addresses.push(address);
        self.partial.addresses.len() as u32 - 1
    }
}

/// The frame of records' contents.
pub(super) fn records(rows: &[(u32, u128)]) -> Result<DataFrame, PolarsError> {
    let half = |name: &str, shift: u32| u64s(name, rows.iter().map(|(_, content)| (content >> shift) as u64).collect());
    DataFrame::new(rows.len(), vec![ids(rows.iter().map(|(id, _)| *id)), half("content_high", 64), half("content_low", 0)])
}

/// Records' contents, blob by blob.
pub(super) fn read_records(cells: Cells<'_>, into: &mut HashMap<u32, Vec<u128>>) -> Result<(), StoreError> {
    let (ids, high, low) = (cells.u32s("blob_id")?, cells.u64s("content_high")?, cells.u64s("content_low")?);
    for ((id, high), low) in ids.into_iter().zip(high).zip(low) {
        into.entry(id).or_default().push(u128::from(high) << 64 | u128::from(low));
    }
    Ok(())
}
