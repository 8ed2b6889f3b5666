//! A window that is read day by day gives the tables of one that is held at once.

use std::io::{self, Cursor};

use proptest::prelude::*;

use super::build::*;
use super::places::{balancer, behind, site};
use super::rules::nsg;
use super::twin::any_row;
use crate::aggregate::{
    Aggregates, Dataset, Estate, Need, Settings, Slice, Slices, Spill, SpillError, SpillFile, Survey, condensed, dedup, owners,
    tables, tables_of_slices,
};
use crate::enrich::inventory::Logged;
use crate::enrich::{Endpoints, Inventory, Owners};
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

/// What is known of the addresses: a threat, sites behind gateways, a balancer and rules, so that each table has rows.
fn known(dataset: &Dataset, owners: &Owners) -> (Endpoints, Inventory) {
    let mut endpoints = endpoints(dataset, owners);
    let has = |ip: &str| dataset.addresses().contains(&address(ip));
    if has("203.0.113.9") {
        name_threat(&mut endpoints, "203.0.113.9", Some(443));
    }
    endpoints.sites = vec![site("branch"), site("hq")];
    for (number, office) in (0..).zip(["198.51.100.7", "2001:db8::1"]).filter(|(_, office)| has(office)) {
        behind(&mut endpoints, office, number);
    }
    let balancers = vec![balancer("lb", &["10.0.1.6"], &[("10.0.0.5", 443)], &[])];
    let rules = [("r", Direction::Inbound), ("s", Direction::Outbound), ("quiet", Direction::Inbound)];
    let nsgs = vec![nsg("nsg", "acl", "", Logged::Yes, &rules)];
    (endpoints, Inventory { balancers, nsgs, ..Inventory::default() })
}

/// Spills as soon as there are more sums than `sums_max`.
fn with_spill<T>(sums_max: usize, take: impl FnOnce(Spill<'_>) -> T) -> T {
    let file = &mut || -> io::Result<Box<dyn SpillFile>> { Ok(Box::new(tempfile::tempfile()?)) };
    take(Spill { sums_max, slices_max: 0, place: "a temporary folder".to_owned(), file })
}

fn sliced(rows: &[Row], factor: u32, settings: &Settings, sums_max: usize) -> Aggregates {
    with_spill(sums_max, |spill| try_sliced(rows, factor, settings, spill)).unwrap()
}

fn try_sliced(rows: &[Row], factor: u32, settings: &Settings, spill: Spill<'_>) -> Result<Aggregates, SpillError> {
    let mut days: Vec<u32> = rows.iter().map(|row| row.interval / DAY).collect();
    days.sort_unstable();
    days.dedup();
    let of_day = |day: u32| -> Vec<Row> { rows.iter().filter(|row| row.interval / DAY == day).cloned().collect() };
    let mut survey = Survey::default();
    for day in &days {
        survey.add(&Dataset::from_partials(vec![slice_of(&of_day(*day), factor)], Interval::TenMinutes));
    }
    let (window, learnt) = survey.finish(vec![rest_of(rows)], Interval::TenMinutes);
    let owners = learnt.owners(window.numbering(), &no_topology);
    let (endpoints, inventory) = known(&window, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let numbering = window.numbering().clone();
    let slices: Slices<'_, SpillError> = &mut |need, take| {
        for day in &days {
            let mut partial = slice_of(&of_day(*day), factor);
            if need == Need::Traffic {
                (partial.contacts, partial.open_flows) = Default::default();
            }
            let dataset = Dataset::numbered(numbering.clone(), vec![partial], Interval::TenMinutes);
            take(Slice { dataset, end: i64::from(day + 1) * DAY_MS })?;
        }
        Ok(())
    };
    tables_of_slices(&window, &estate, settings, (slices, spill))
}

fn whole(rows: &[Row], factor: u32, settings: &Settings) -> Aggregates {
    let dataset = dataset(vec![with_behaviour(rows, factor)]);
    let owners = dataset.owners(&no_topology);
    let (endpoints, inventory) = known(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    tables(&dataset, &estate, settings)
}

fn check(rows: &[Row], factor: u32) {
    let settings = Settings { top_rows: 5, ..Settings::default() };
    let whole = format!("{:#?}", whole(rows, factor, &settings));
    // Never spilled, after some slices, and after most; in one piece, some, and many.
    for sums_max in [usize::MAX, 40, 6] {
        assert_eq!(format!("{:#?}", sliced(rows, factor, &settings, sums_max)), whole, "at most {sums_max} sums");
    }
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
    let tables = sliced(&rows, 1, &settings, usize::MAX).tables;
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
    for sums_max in [usize::MAX, 0] {
        let (traffic, roles) = with_spill(sums_max, |spill| {
            let mut condensed = condensed::Condensed::new(Interval::TenMinutes, spill);
            condensed.add(&chunks, &deduplicated).unwrap();
            let mut all = Vec::new();
            condensed.each_piece(&mut |traffic, deduplicated| all.push((traffic, deduplicated.roles))).unwrap();
            assert_eq!(all.len(), 1);
            all.remove(0)
        });
        assert_eq!((traffic.len(), traffic[0].rows(), roles[0].len()), (1, 3, 3));
        let sum = |column: &[u32]| column.iter().map(|count| u64::from(*count)).sum::<u64>();
        assert_eq!([sum(&traffic[0].flows_started), sum(&traffic[0].tuples_unmeasured)], [3 * u64::from(u32::MAX); 2]);
        assert_eq!(traffic[0].bytes_src_to_dst.iter().sum::<u64>(), 300);
        assert_eq!(traffic[0].direction[0], Direction::Outbound as u8);
    }
}

#[test]
fn the_top_sources_of_an_exposed_port_and_the_top_pairs_of_a_rule_are_those_of_all_pieces() {
    let source = |number: u32| &*format!("203.0.113.{number}").leak();
    let of_day =
        |day: u32| (1..60).map(move |number| inbound("A", source(number), "10.0.0.4", 443).flows(number * 7 % 31).at(day * DAY));
    let rows: Vec<Row> = (0..2).flat_map(of_day).collect();
    let tables = sliced(&rows, 1, &Settings::default(), 0).tables;
    assert_eq!((tables.exposed_ports[0].sources, tables.exposed_sources.len(), tables.rule_top_pairs.len()), (59, 21, 3));
    check(&rows, 1);
}

#[test]
fn keys_that_come_back_in_each_slice_are_not_spilled_and_others_are() {
    let spills = |rows: &[Row]| {
        let mut made = 0;
        let file = &mut || -> io::Result<Box<dyn SpillFile>> {
            made += 1;
            Ok(Box::new(Cursor::new(Vec::new())))
        };
        let spill = Spill { sums_max: 0, slices_max: 2, place: "memory".to_owned(), file };
        try_sliced(rows, 1, &Settings::default(), spill).unwrap();
        made
    };
    let of_day = |day: u32, port: u16| outbound("A", "10.0.0.4", "203.0.113.9", port).at(day * DAY);
    assert_eq!(spills(&(0..6).map(|day| of_day(day, 443)).collect::<Vec<_>>()), 0);
    assert_eq!(spills(&(0..6).map(|day| of_day(day, day as u16)).collect::<Vec<_>>()), 1);
}

/// A file on a full disk, or one whose bytes are gone: after so many bytes each writing, or reading, fails.
struct Failing {
    bytes: Cursor<Vec<u8>>,
    written_max: usize,
    is_readable: bool,
}

impl io::Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.get_ref().len() >= self.written_max {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.write(&bytes[..bytes.len().min(100)])
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Read for Failing {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.is_readable { self.bytes.read(bytes) } else { Ok(0) }
    }
}

impl io::Seek for Failing {
    fn seek(&mut self, place: io::SeekFrom) -> io::Result<u64> {
        self.bytes.seek(place)
    }
}

#[test]
fn a_spill_that_cannot_be_made_written_or_read_is_an_error_that_names_the_place() {
    let rows: Vec<Row> = (0..3).map(|day| outbound("A", "10.0.0.4", "203.0.113.9", 443).flows(1).at(day * DAY)).collect();
    let settings = Settings::default();
    let error = |written_max: Option<usize>, is_readable: bool| {
        let file = &mut || -> io::Result<Box<dyn SpillFile>> {
            let written_max = written_max.ok_or(io::ErrorKind::PermissionDenied)?;
            Ok(Box::new(Failing { bytes: Cursor::new(Vec::new()), written_max, is_readable }))
        };
        let spill = Spill { sums_max: 0, slices_max: 0, place: "the scratch folder".to_owned(), file };
        try_sliced(&rows, 1, &settings, spill).err().map(|error| error.to_string())
    };
    assert_eq!(error(Some(usize::MAX), true), None);
    for (written_max, is_readable, cause) in [
        (None, true, "permission denied"),
        (Some(150), true, "no storage space"),
        (Some(usize::MAX), false, "failed to fill whole buffer"),
    ] {
        let error = error(written_max, is_readable).expect("an error");
        assert!(error.starts_with("cannot put sums of a long window aside: the scratch folder: "), "{error}");
        assert!(error.contains(cause) && error.contains("; hint: "), "{error}");
    }
}
