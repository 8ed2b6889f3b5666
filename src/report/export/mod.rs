//! Rows in the formats of other tools, written one by one: an export may be larger than memory.
//!
//! Goes in: rows, and a writer that another opened. Comes out: bytes on it. Knows no disk and computes nothing.

mod nta_csv;

pub use nta_csv::NtaCsv;
