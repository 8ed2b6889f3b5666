//! One chunk of traffic: a polars frame for query plans, and the same columns as slices for passes written by hand.
//!
//! Goes in: the columns of one Partial, remapped to the dataset's numbers. Comes out: a frame that shares their memory.

use polars::prelude::*;

use crate::schema::partial::Traffic;

/// The columns of one chunk, row by row at the same index; see `partial::Traffic` for their units.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the fields are those of partial::Traffic")]
pub(super) struct Rows<'a> {
    pub interval: &'a [u32],
    pub capture_point: &'a [u32],
    pub rule: &'a [u32],
    pub direction: &'a [u8],
    pub status: &'a [u8],
    pub protocol: &'a [u8],
    pub encryption: &'a [u8],
    pub src_ip: &'a [u32],
    pub dst_ip: &'a [u32],
    pub dst_port: &'a [u16],
    pub flows_started: &'a [u32],
    pub flows_ended: &'a [u32],
    pub tuples: &'a [u32],
    pub tuples_unmeasured: &'a [u32],
    pub packets_src_to_dst: &'a [u64],
    pub bytes_src_to_dst: &'a [u64],
    pub packets_dst_to_src: &'a [u64],
    pub bytes_dst_to_src: &'a [u64],
    pub first_offset: &'a [u32],
    pub last_offset: &'a [u32],
}

impl<'a> Rows<'a> {
    /// The columns of a frame made by [`frame`].
    pub fn of(frame: &'a DataFrame) -> Self {
        Self {
            interval: u32s(frame, "interval"),
            capture_point: u32s(frame, "capture_point"),
            rule: u32s(frame, "rule"),
            direction: u8s(frame, "direction"),
            status: u8s(frame, "status"),
            protocol: u8s(frame, "protocol"),
            encryption: u8s(frame, "encryption"),
            src_ip: u32s(frame, "src_ip"),
            dst_ip: u32s(frame, "dst_ip"),
            dst_port: column(frame, "dst_port").u16().and_then(|c| c.cont_slice()).expect(INVARIANT),
            flows_started: u32s(frame, "flows_started"),
            flows_ended: u32s(frame, "flows_ended"),
            tuples: u32s(frame, "tuples"),
            tuples_unmeasured: u32s(frame, "tuples_unmeasured"),
            packets_src_to_dst: u64s(frame, "packets_src_to_dst"),
            bytes_src_to_dst: u64s(frame, "bytes_src_to_dst"),
            packets_dst_to_src: u64s(frame, "packets_dst_to_src"),
            bytes_dst_to_src: u64s(frame, "bytes_dst_to_src"),
            first_offset: u32s(frame, "first_offset"),
            last_offset: u32s(frame, "last_offset"),
        }
    }

    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.interval.len()
    }
}

/// Puts the columns of `traffic` into a frame, without copying them.
///
/// Columns: interval, capture_point, rule (u32); direction, status, protocol, encryption (u8); src_ip, dst_ip (u32); dst_port
/// (u16); flows_started, flows_ended, tuples, tuples_unmeasured (u32); packets_*, bytes_* (u64); first_offset, last_offset (u32). One row per row.
pub(super) fn frame(traffic: Traffic) -> DataFrame {
    let height = traffic.rows();
    let columns = vec![
        UInt32Chunked::from_vec("interval".into(), traffic.interval).into_column(),
        UInt32Chunked::from_vec("capture_point".into(), traffic.capture_point).into_column(),
        UInt32Chunked::from_vec("rule".into(), traffic.rule).into_column(),
        UInt8Chunked::from_vec("direction".into(), traffic.direction).into_column(),
        UInt8Chunked::from_vec("status".into(), traffic.status).into_column(),
        UInt8Chunked::from_vec("protocol".into(), traffic.protocol).into_column(),
        UInt8Chunked::from_vec("encryption".into(), traffic.encryption).into_column(),
        UInt32Chunked::from_vec("src_ip".into(), traffic.src_ip).into_column(),
        UInt32Chunked::from_vec("dst_ip".into(), traffic.dst_ip).into_column(),
        UInt16Chunked::from_vec("dst_port".into(), traffic.dst_port).into_column(),
        UInt32Chunked::from_vec("flows_started".into(), traffic.flows_started).into_column(),
        UInt32Chunked::from_vec("flows_ended".into(), traffic.flows_ended).into_column(),
        UInt32Chunked::from_vec("tuples".into(), traffic.tuples).into_column(),
        UInt32Chunked::from_vec("tuples_unmeasured".into(), traffic.tuples_unmeasured).into_column(),
        UInt64Chunked::from_vec("packets_src_to_dst".into(), traffic.packets_src_to_dst).into_column(),
        UInt64Chunked::from_vec("bytes_src_to_dst".into(), traffic.bytes_src_to_dst).into_column(),
        UInt64Chunked::from_vec("packets_dst_to_src".into(), traffic.packets_dst_to_src).into_column(),
        UInt64Chunked::from_vec("bytes_dst_to_src".into(), traffic.bytes_dst_to_src).into_column(),
        UInt32Chunked::from_vec("first_offset".into(), traffic.first_offset).into_column(),
        UInt32Chunked::from_vec("last_offset".into(), traffic.last_offset).into_column(),
    ];
    DataFrame::new(height, columns).expect("the columns of a Partial are of one length")
}

/// A frame of the dataset has the columns that [`frame`] gave it, each in one piece.
const INVARIANT: &str = "a chunk holds each column in one piece";

fn column<'a>(frame: &'a DataFrame, name: &str) -> &'a Column {
    frame.column(name).expect(INVARIANT)
}

fn u8s<'a>(frame: &'a DataFrame, name: &str) -> &'a [u8] {
    column(frame, name).u8().and_then(|c| c.cont_slice()).expect(INVARIANT)
}

fn u32s<'a>(frame: &'a DataFrame, name: &str) -> &'a [u32] {
    column(frame, name).u32().and_then(|c| c.cont_slice()).expect(INVARIANT)
}

fn u64s<'a>(frame: &'a DataFrame, name: &str) -> &'a [u64] {
    column(frame, name).u64().and_then(|c| c.cont_slice()).expect(INVARIANT)
}
