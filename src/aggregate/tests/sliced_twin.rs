//! A window that is read day by day gives the tables of one that is held at once.

use std::convert::Infallible;

use proptest::prelude::*;

use super::build::*;
use super::twin::any_row;
use crate::aggregate::{
    Aggregates, Dataset, Estate, Need, Settings, Slice, Survey, condensed, dedup, owners, tables, tables_of_slices,
};
use crate::enrich::Inventory;
use crate::schema::partial::{Contacts, OpenFlow, Partial};
use crate::schema::tables::SERIES_CONTACTS_MIN;
use crate::schema::units::{DAY_MS, HOUR_MS, Interval};
use crate::schema::{Direction, Encryption};

/// Intervals of several days, at their edges too, and beyond what one row can span.
const INTERVALS: [u32; 10] = [0, 1, 6, 143, 144, 150, 287, 288, 4_607, 6_000];

/// Intervals of a day.
const DAY: u32 = 144;

/// Contacts and an open flow of each row, as many contacts as it has flows times a factor, so that series come together.
fn with_behaviour(rows: &[Row], factor: u32) -> Partial {
    let mut all = partial(rows);
    for (row, told) in rows.iter().enumerate() {
        let begins = told.flows * factor;
        if begins > 0 {
            add_contacts(&mut all.contacts, &all.traffic, row, begins);
        }
        let t = &all.traffic;
        let first_time = Interval::TenMinutes.start(t.interval[row]) + 1_000;
        all.open_flows.push(OpenFlow {
            capture_point: t.capture_point[row],
            src_ip: t.src_ip[row],
            dst_ip: t.dst_ip[row],
            src_port: 50_000,
            dst_port: t.dst_port[row],
            protocol: t.protocol[row],
            direction: t.direction[row],
            begun: told.flows == 3,
            ended: told.flows == 2,
            tuples_unmeasured: 0,
            first_time,
            // Long enough to meet the next piece, over midnight too.
            last_time: first_time + i64::from(told.flows) * 2 * HOUR_MS,
            packets_src_to_dst: 1,
            bytes_src_to_dst: told.bytes.0,
            packets_dst_to_src: 1,
            bytes_dst_to_src: told.bytes.1,
        });
    }
    all
}

fn add_contacts(contacts: &mut Contacts, t: &crate::schema::partial::Traffic, row: usize, begins: u32) {
    contacts.hour.push(t.interval[row] / 6);
    contacts.capture_point.push(t.capture_point[row]);
    contacts.direction.push(t.direction[row]);
    contacts.status.push(t.status[row]);
    contacts.protocol.push(t.protocol[row]);
    contacts.src_ip.push(t.src_ip[row]);
    contacts.dst_ip.push(t.dst_ip[row]);
    contacts.dst_port.push(t.dst_port[row]);
    contacts.begins.push(begins);
    contacts.answered.push(begins / 2);
    contacts.unanswered.push(begins - begins / 2);
    contacts.unknown.push(0);
    contacts.bytes_src_to_dst.push(u64::from(begins) * 100);
    contacts.bytes_dst_to_src.push(50);
    contacts.starts.extend((0..begins).map(|i| i * 9_000 + t.interval[row] % 7));
    contacts.sizes.extend((0..begins).map(|_| 100));
    contacts.starts_end.push(contacts.starts.len() as u32);
}

/// What a workspace hands on of a day: its rows, whose capture points say nothing of records and forwarding.
fn slice_of(rows: &[Row], factor: u32) -> Partial {
    let mut slice = with_behaviour(rows, factor);
    slice.coverage.clear();
    for point in &mut slice.capture_points {
        (point.records, point.forwards) = (0, false);
    }
    slice
}

/// Everything but traffic, contacts and open flows.
fn rest_of(rows: &[Row]) -> Partial {
    let whole = partial(rows);
    Partial { capture_points: whole.capture_points, coverage: whole.coverage, counts: whole.counts, ..Partial::default() }
}

fn sliced(rows: &[Row], factor: u32, settings: &Settings) -> Aggregates {
    let mut days: Vec<u32> = rows.iter().map(|row| row.interval / DAY).collect();
    days.sort_unstable();
    days.dedup();
    let of_day = |day: u32| -> Vec<Row> { rows.iter().filter(|row| row.interval / DAY == day).cloned().collect() };
    let mut survey = Survey::default();
    for day in &days {
        survey.add(&Dataset::from_partials(vec![slice_of(&of_day(*day), factor)], Interval::TenMinutes));
    }
    let (mut window, learnt) = survey.finish(vec![rest_of(rows)], Interval::TenMinutes);
    let owners = learnt.owners(window.numbering(), &no_topology);
    let endpoints = endpoints(&window, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    let numbering = window.numbering().clone();
    let Ok(aggregates) = tables_of_slices::<Infallible>(&mut window, &estate, settings, &mut |need, take| {
        for day in &days {
            let mut partial = slice_of(&of_day(*day), factor);
            if need == Need::Traffic {
                (partial.contacts, partial.open_flows) = Default::default();
            }
            let dataset = Dataset::numbered(numbering.clone(), vec![partial], Interval::TenMinutes);
            take(Slice { dataset, end: i64::from(day + 1) * DAY_MS });
        }
        Ok(())
    });
    aggregates
}

fn whole(rows: &[Row], factor: u32, settings: &Settings) -> Aggregates {
    let dataset = dataset(vec![with_behaviour(rows, factor)]);
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    tables(&dataset, &estate, settings)
}

fn check(rows: &[Row], factor: u32) {
    let settings = Settings { top_rows: 5, ..Settings::default() };
    let (sliced, whole) = (sliced(rows, factor, &settings), whole(rows, factor, &settings));
    assert_eq!(format!("{sliced:#?}"), format!("{whole:#?}"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(13), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_of_several_days_give_the_same_tables(
        rows in prop::collection::vec((any_row(), 0..INTERVALS.len(), 0..3_u8), 0..120),
        factor in 1..9_u32,
    ) {
        let rows: Vec<Row> = rows
            .into_iter()
            .map(|(row, interval, encryption)| {
                let encryption = if row.log.starts_with("VNET") { encryption } else { Encryption::NONE.0 };
                Row { encryption, ..row.at(INTERVALS[interval]) }
            })
            .collect();
        check(&rows, factor);
    }
}

#[test]
fn a_series_of_contacts_and_a_long_flow_go_on_from_day_to_day() {
    let rows: Vec<Row> = (0..8).map(|i| outbound("A", "10.0.0.4", "203.0.113.9", 443).flows(4).at(141 + i)).collect();
    let settings = Settings::default();
    let tables = sliced(&rows, 1, &settings).tables;
    let [series] = &tables.contact_series[..] else { panic!("one series") };
    assert!(series.contacts.begins >= SERIES_CONTACTS_MIN && series.days.len() == 2);
    let [long] = &tables.long_flows[..] else { panic!("one long flow") };
    assert!(long.first_time < DAY_MS && long.last_time > DAY_MS);
    check(&rows, 1);
}

#[test]
fn days_without_rows_are_no_days() {
    check(&[], 1);
}

#[test]
fn counts_of_a_key_beyond_32_bits_are_kept_whole() {
    let rows: Vec<Row> = (0..3)
        .map(|day| Row { unmeasured: u32::MAX, ..outbound("A", "10.0.0.4", "203.0.113.9", 443).flows(u32::MAX).at(day * DAY) })
        .collect();
    let dataset = dataset(vec![partial(&rows)]);
    let owners = dataset.owners(&no_topology);
    let ownership = owners::Ownership::new(&dataset, &owners);
    let chunks = dataset.rows();
    let (deduplicated, _) = dedup::deduplicate(&dataset, &chunks, &ownership);
    let mut condensed = condensed::Condensed::new(Interval::TenMinutes);
    condensed.add(&chunks, &deduplicated);
    let (traffic, of_rows) = condensed.finish();
    assert_eq!((traffic.len(), traffic[0].rows(), of_rows.roles[0].len()), (1, 3, 3));
    let sum = |column: &[u32]| column.iter().map(|count| u64::from(*count)).sum::<u64>();
    assert_eq!([sum(&traffic[0].flows_started), sum(&traffic[0].tuples_unmeasured)], [3 * u64::from(u32::MAX); 2]);
    assert_eq!(traffic[0].bytes_src_to_dst.iter().sum::<u64>(), 300);
    assert_eq!(traffic[0].direction[0], Direction::Outbound as u8);
}
