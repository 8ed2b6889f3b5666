//! Data quality, held against coverage written by hand.

use super::build::*;
use crate::schema::partial::Partial;
use crate::schema::tables::QualityRow;

/// The data quality of these rows, the coverage of each changed by `change` before it is counted.
fn quality(rows: &[Row], change: impl Fn(&mut Partial)) -> Vec<QualityRow> {
    let mut one = partial(rows);
    change(&mut one);
    analyse(vec![one], 10).tables.data_quality
}

fn nothing(_: &mut Partial) {}

#[test]
fn hours_without_tuples_and_the_longest_gap_are_counted_within_the_window_of_all() {
    // Intervals of ten minutes: A in the hours 0, 1, 5 and 7; B opens the window in hour 0 and ends it in hour 9.
    let a = [0, 6, 30, 42].map(|interval| outbound("A", "10.0.0.4", "8.8.8.8", 53).at(interval));
    let b = [0, 54].map(|interval| outbound("B", "10.0.0.5", "8.8.8.8", 53).at(interval));
    let rows = quality(&[&a[..], &b[..]].concat(), nothing);
    let told: Vec<_> = rows.iter().map(|r| (r.mac.as_str(), r.hours, r.hours_without, r.gap_hours_max)).collect();
    assert_eq!(told, [("A", 10, 6, 3), ("B", 10, 8, 8)]);
    assert!(rows[0].remarks.contains("hours are missing"), "{}", rows[0].remarks);
}

#[test]
fn a_vnet_log_replaces_the_nsg_log_of_its_nic_in_the_hours_it_has() {
    let nsg = [0, 6].map(|interval| outbound("A", "10.0.0.4", "8.8.8.8", 53).at(interval));
    let vnet = outbound("A", "10.0.0.4", "8.8.8.8", 53).at(6).log("VNET");
    let rows = quality(&[&nsg[..], &[vnet]].concat(), nothing);
    let told: Vec<_> = rows.iter().map(|r| (r.log_resource.as_str(), r.hours_replaced)).collect();
    assert_eq!(told, [("NSG-A", 1), ("VNET", 0)]);
    assert_eq!(rows[0].remarks, "another flow log of the same interface is counted instead in some hours");
}

#[test]
fn lags_and_what_came_late_or_early_add_up_over_hours() {
    let rows = [0, 6].map(|interval| outbound("A", "10.0.0.4", "8.8.8.8", 53).at(interval));
    let row = &quality(&rows, |partial| {
        (partial.coverage[0].lag, partial.coverage[0].tuples_late) = (Some((1_700, 900_000)), 3);
        (partial.coverage[1].lag, partial.coverage[1].tuples_early) = (Some((-5_000, 64_000)), 2);
        partial.coverage[1].tuples_unmeasured = 4;
    })[0];
    assert_eq!((row.lag_min_ms, row.lag_max_ms), (Some(-5_000), Some(900_000)));
    assert_eq!((row.tuples_late, row.tuples_early, row.tuples_unmeasured), (3, 2, 4));
    let remarks = "some tuples lack their counters; records came late; tuples are younger than their records: the clocks differ";
    assert_eq!(row.remarks, remarks);
}

#[test]
fn a_log_without_begins_is_told_from_one_with_few_tuples() {
    let rows = [outbound("A", "10.0.0.4", "8.8.8.8", 53)];
    let with = |ends: u64| {
        let rows = quality(&rows, |partial| {
            partial.coverage[0].tuples[0].begin = 0;
            partial.coverage[0].tuples[1].end = ends;
        });
        rows[0].remarks.clone()
    };
    assert_eq!(with(19), "");
    assert_eq!(with(20), "no begin: the flow log may be filtered, and flows are not counted");
}

#[test]
fn a_capture_point_without_a_stated_record_time_has_no_lag_rather_than_zero() {
    let row = &quality(&[outbound("A", "10.0.0.4", "8.8.8.8", 53)], nothing)[0];
    assert_eq!((row.lag_min_ms, row.lag_max_ms), (None, None));
    assert!(quality(&[], nothing).is_empty());
}
