//! How good the logs themselves are: one row per capture point, with its gaps, record types, lags and doubles.
//!
//! Goes in: coverage, and the hours in which each capture point supplies numbers. Comes out: data_quality. Judges no traffic:
//! remarks say what a reader should know before trusting a number, each from a table of its own.

use super::dataset::Dataset;
use crate::schema::partial::{CapturePoint, Coverage};
use crate::schema::tables::QualityRow;
use crate::schema::units::HOUR_MS;

/// What may be odd about a capture point, and the words for it.
type Remark = (fn(&QualityRow) -> bool, &'static str);

static REMARKS: &[Remark] = &[
    (|row| row.gap_hours_max > 0, "hours are missing between others"),
    (|row| states(row) && row.states.begin == 0, "no begin: the flow log may be filtered, and flows are not counted"),
    (|row| states(row) && row.states.end == 0, "no end: the flow log may be filtered, and bytes may be missing"),
    (
        |row| lasts(row) && row.states.continuing == 0,
        "no continuing tuple in hours of traffic: the flow log may be filtered, and bytes come late",
    ),
    (|row| row.states.unstated > 0, "version 1 states no bytes and no ends"),
    (|row| row.tuples_unmeasured > row.states.unstated, "some tuples lack their counters"),
    (|row| row.tuples_late > 0, "records came late"),
    (|row| row.tuples_early > 0, "tuples are younger than their records: the clocks differ"),
    (|row| row.hours_replaced > 0, "another flow log of the same interface is counted instead in some hours"),
];

/// Whether its tuples state begins and ends, and there are enough allowed ones to miss a kind. Unit of the bound: tuples; of twenty
/// flows in real captures hardly one is still open.
fn states(row: &QualityRow) -> bool {
    let states = &row.states;
    states.unstated == 0 && states.begin + states.continuing + states.end >= 20
}

/// Whether it has traffic long enough for a flow to be continued: a host writes them every five minutes.
fn lasts(row: &QualityRow) -> bool {
    states(row) && row.hours - row.hours_without >= 2
}

/// One row per capture point with a tuple. `counting` holds the (hour, capture point) that supply numbers, ascending.
pub(super) fn data_quality(dataset: &Dataset, counting: &[(u32, u32)]) -> Vec<QualityRow> {
    let Some((first, last)) = dataset.window() else { return Vec::new() };
    let hours = (last.div_euclid(HOUR_MS) - first.div_euclid(HOUR_MS) + 1).unsigned_abs();
    // Coverage ascends by capture point, then hour.
    let of_points = dataset.coverage().chunk_by(|a, b| a.capture_point == b.capture_point);
    of_points
        .map(|coverage| {
            let number = coverage[0].capture_point;
            let supplies = |row: &&Coverage| counting.binary_search(&(row.hour, number)).is_ok();
            let supplied = coverage.iter().filter(supplies).count();
            let mut row = quality(&dataset.capture_points()[number as usize], coverage, hours);
            row.hours_replaced = (coverage.len() - supplied) as u64;
            let remarks: Vec<&str> = REMARKS.iter().filter(|(is_so, _)| is_so(&row)).map(|(_, remark)| *remark).collect();
            row.remarks = remarks.join("; ");
            row
        })
        .collect()
}

/// What the hours of one capture point tell; at least one hour.
fn quality(point: &CapturePoint, coverage: &[Coverage], hours: u64) -> QualityRow {
    let mut all = coverage[0];
    coverage[1..].iter().for_each(|row| all.add(row));
    let gaps = coverage.windows(2).map(|pair| u64::from(pair[1].hour - pair[0].hour - 1));
    let mut states = all.tuples[0];
    states.add(&all.tuples[1]);
    QualityRow {
        log_resource: point.log_resource.to_string(),
        mac: point.mac.to_string(),
        format: point.format,
        hours,
        hours_without: hours - coverage.len() as u64,
        gap_hours_max: gaps.max().unwrap_or(0),
        states,
        tuples_unmeasured: all.tuples_unmeasured,
        tuples_late: all.tuples_late,
        tuples_early: all.tuples_early,
        lag_min_ms: all.lag.map(|(least, _)| least),
        lag_max_ms: all.lag.map(|(_, most)| most),
        hours_replaced: 0,
        remarks: String::new(),
    }
}
