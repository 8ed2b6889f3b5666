//! Series of subnets, interfaces and rules: by hand, and against the twin on random rows.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::build::*;
use super::twin::{any_row, counted_once, of_counting_logs};
use crate::schema::tables::{SERIES_HOURS_MAX, SeriesKind, SeriesRow};
use crate::schema::units::{HOUR_MS, Interval};
use crate::schema::{Direction, Status};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const PUBLIC: &str = "203.0.113.9";

fn named<'a>(rows: &'a [SeriesRow], kind: SeriesKind, name: &str) -> &'a SeriesRow {
    rows.iter().find(|row| row.kind == kind && row.name == name).unwrap()
}

#[test]
fn an_hour_holds_its_intervals_and_an_hour_nobody_logged_is_a_gap() {
    let rows = [
        outbound("A", A, PUBLIC, 443),
        outbound("A", A, PUBLIC, 443).at(5).flows(2),
        inbound("A", PUBLIC, A, 22).at(12).denied(),
        outbound("B", B, PUBLIC, 443).at(6),
    ];
    let series = count(&rows).tables.series;
    let names: Vec<(SeriesKind, &str)> = series.iter().map(|row| (row.kind, &*row.name)).collect();
    use SeriesKind::{Interface, Rule, Subnet};
    let subnets = [(Subnet, "inferred 10.0.0.0/24"), (Subnet, "inferred 10.0.1.0/24")];
    assert_eq!(names, [&subnets[..], &[(Interface, "A"), (Interface, "B"), (Rule, "acl rule")]].concat());
    let a = named(&series, Interface, "A");
    assert_eq!((a.start, a.step, &a.bytes[..], &a.bytes_sent[..]), (0, HOUR_MS, &[300, 0, 0][..], &[200, 0, 0][..]));
    assert_eq!((&a.flows_allowed[..], &a.flows_denied[..]), (&[3, 0, 0][..], &[0, 0, 1][..]));
    assert_eq!((&a.flows_denied_outbound[..], &a.is_covered[..]), (&[0, 0, 0][..], &[true, false, true][..]));
    assert_eq!(named(&series, Subnet, subnets[0].1).is_covered, [true, false, true]);
    let rule = named(&series, Rule, "acl rule");
    assert_eq!((&rule.flows_allowed[..], &rule.is_covered[..]), (&[3, 1, 0][..], &[true, true, true][..]));
}

#[test]
fn a_flow_that_its_destination_denied_is_denied_in_both_subnets_and_began_in_one() {
    let rows = [outbound("A", A, B, 443), inbound("B", A, B, 443).denied(), outbound("B", B, PUBLIC, 443)];
    let series = count(&rows).tables.series;
    let flows = |name| {
        let row = named(&series, SeriesKind::Subnet, name);
        (row.flows_allowed[0], row.flows_denied[0], row.flows_denied_outbound[0])
    };
    assert_eq!((flows("inferred 10.0.0.0/24"), flows("inferred 10.0.1.0/24")), ((0, 1, 1), (1, 1, 0)));
}

#[test]
fn a_window_that_is_too_long_keeps_its_last_hours() {
    let last = 6 * (SERIES_HOURS_MAX + 10);
    let series = count(&[outbound("A", A, PUBLIC, 443), outbound("A", A, PUBLIC, 443).at(last).flows(7)]).tables.series;
    let a = named(&series, SeriesKind::Interface, "A");
    assert_eq!((a.flows_allowed.len(), a.start), (SERIES_HOURS_MAX as usize, 11 * HOUR_MS));
    assert_eq!((a.flows_allowed.iter().sum::<u64>(), a.flows_allowed.last()), (7, Some(&7)));
    assert!(count(&[]).tables.series.is_empty());
}

/// Bytes, allowed and denied flows, denied ones that it began; by kind, name and hour.
type Twin = BTreeMap<(SeriesKind, String, u32), (u64, i64, i64, i64)>;

fn add(twin: &mut Twin, key: (SeriesKind, String, u32), bytes: u64, (allowed, denied): (i64, i64), outbound: bool) {
    let sums = twin.entry(key).or_default();
    let begun = if outbound { denied } else { 0 };
    *sums = (sums.0 + bytes, sums.1 + allowed, sums.2 + denied, sums.3 + begun);
}

fn check(rows: &[Row]) {
    let dataset = dataset(rows.chunks(7).map(partial).collect());
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    let mut twin = Twin::new();
    for row in of_counting_logs(rows) {
        let hour = Interval::TenMinutes.hour(row.interval);
        let flows = i64::from(row.flows);
        let flows = if row.status == Status::Allowed { (flows, 0) } else { (0, flows) };
        let (bytes, outbound) = (row.bytes.0 + row.bytes.1, row.direction == Direction::Outbound);
        add(&mut twin, (SeriesKind::Interface, row.mac.to_owned(), hour), bytes, flows, outbound);
        add(&mut twin, (SeriesKind::Rule, format!("{} {}", row.acl, row.rule), hour), bytes, flows, outbound);
    }
    for row in counted_once(rows, &owners) {
        let hour = Interval::TenMinutes.hour(row.interval);
        for (ip, outbound) in [(row.key.0, true), (row.key.1, false)] {
            let number = dataset.addresses().binary_search(&ip).unwrap();
            if let Some(subnet) = endpoints.rows[number].subnet {
                let key = (SeriesKind::Subnet, endpoints.subnets[subnet as usize].name.clone(), hour);
                add(&mut twin, key, row.bytes.0 + row.bytes.1, (row.allowed, row.denied), outbound);
            }
        }
    }
    let mut actual = Twin::new();
    for row in analyse(rows.chunks(7).map(partial).collect(), 100).tables.series {
        for (place, hour) in (0..row.bytes.len()).zip((row.start / HOUR_MS) as u32..) {
            let flows =
                (row.flows_allowed[place] as i64, row.flows_denied[place] as i64, row.flows_denied_outbound[place] as i64);
            if row.is_covered[place] {
                actual.insert((row.kind, row.name.clone(), hour), (row.bytes[place], flows.0, flows.1, flows.2));
            } else {
                assert_eq!((row.bytes[place], flows), (0, (0, 0, 0)), "a gap holds nothing");
            }
        }
    }
    // A covered hour without a row is a zero that the twin does not know.
    actual.retain(|key, sums| twin.contains_key(key) || *sums != (0, 0, 0, 0));
    assert_eq!(actual, twin);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_add_up_as_in_the_twin(rows in prop::collection::vec(any_row(), 0..150)) {
        check(&rows);
    }
}
