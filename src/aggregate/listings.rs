//! The tables that count no traffic: capture points, coverage, rejects.
//!
//! Goes in: what the dataset carries beside the rows. Comes out: rows with names. Leaves nothing out.

use std::sync::Arc;

use super::add_up::add_up;
use super::dataset::Dataset;
use crate::schema::partial::{CapturePoint, Coverage, RejectRow};
use crate::schema::tables::{CapturePointRow, CoverageRow, RejectedRow};

/// One row per capture point, by log resource, MAC, target resource and format.
pub(super) fn capture_points(dataset: &Dataset) -> Vec<CapturePointRow> {
    let points = dataset.capture_points().iter();
    let mut rows: Vec<CapturePointRow> = points
        .map(|point| CapturePointRow {
            log_resource: point.log_resource.to_string(),
            target_resource: point.target_resource.to_string(),
            mac: point.mac.to_string(),
            format: point.format,
            first_time: i64::MAX,
            last_time: i64::MIN,
            records: point.records,
            tuples: 0,
        })
        .collect();
    for coverage in dataset.coverage() {
        let row = &mut rows[coverage.capture_point as usize];
        row.first_time = row.first_time.min(coverage.first_time);
        row.last_time = row.last_time.max(coverage.last_time);
        row.tuples += coverage.tuples[0].total() + coverage.tuples[1].total();
    }
    // A capture point is in the dictionary because a tuple of it was kept; without one there is nothing to say.
    rows.retain(|row| row.tuples > 0);
    rows
}

/// One row per log resource, NIC and hour, in that order; capture points that differ in target or format add up.
pub(super) fn coverage(dataset: &Dataset) -> Vec<CoverageRow> {
    // Hours are many, and share the names.
    let names = |point: &CapturePoint| -> [Arc<str>; 2] { [&point.log_resource, &point.mac].map(|name| Arc::from(&**name)) };
    let names: Vec<[Arc<str>; 2]> = dataset.capture_points().iter().map(names).collect();
    let row = |c: &Coverage| {
        let [log_resource, mac] = names[c.capture_point as usize].clone();
        CoverageRow { log_resource, mac, hour: c.hour, records: c.records, tuples: c.tuples[0].total() + c.tuples[1].total() }
    };
    let mut rows: Vec<CoverageRow> = dataset.coverage().iter().map(row).collect();
    rows.sort_by(|a, b| (&a.log_resource, &a.mac, a.hour).cmp(&(&b.log_resource, &b.mac, b.hour)));
    let is_same = |a: &CoverageRow, b: &CoverageRow| (&a.log_resource, &a.mac, a.hour) == (&b.log_resource, &b.mac, b.hour);
    add_up(&mut rows, is_same, |kept, next| {
        kept.records += next.records;
        kept.tuples += next.tuples;
    });
    rows
}

/// Every reject that was kept, by blob, record and position.
pub(super) fn rejects(dataset: &Dataset) -> Vec<RejectedRow> {
    let row = |row: &RejectRow| RejectedRow { blob: row.blob.to_string(), reject: row.reject.clone() };
    dataset.rejects().iter().map(row).collect()
}
