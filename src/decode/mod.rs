//! Decodes flow-log bytes into batches of tuples and rejects, one record at a time.
//!
//! A pure function of bytes: knows no files, no threads, no polars, and never fails on a tuple.
//!
//! The way of a record: `envelope` finds where objects begin, whatever they are wrapped in; `record` walks one object
//! to its end and notes where its tuples lie; `batch` reads its head and decodes the tuples, with `swar` where it knows
//! their shape, else with `tuple`. The record is the unit of commit: nothing of it counts before its end was seen.

pub mod batch;
pub mod envelope;
mod json;
mod record;
pub mod swar;
mod text;
pub mod tuple;

use crate::schema::{Dictionary, FlowBatch};

pub use envelope::{BlobEnd, Decoder, RECORD_BYTES_MAX};

/// Takes each record of a blob as it is decoded.
pub type Sink<'a> = dyn FnMut(&FlowBatch, &Dictionary) + 'a;

/// Decodes a whole blob that is in memory.
pub fn decode_all(bytes: &[u8], sink: &mut Sink<'_>) -> BlobEnd {
    let mut decoder = Decoder::default();
    let consumed = decoder.decode(bytes, true, sink);
    debug_assert_eq!(consumed, bytes.len(), "the last window is consumed whole");
    decoder.end_blob()
}
