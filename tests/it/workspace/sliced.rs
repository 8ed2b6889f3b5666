//! A report over more than a day reads its rows day by day: it must tell what a report over the blobs themselves tells.

use std::path::Path;

use tempfile::TempDir;

use super::{Place, report};
use crate::logs::{MAC, put, vnet};
use crate::run::{azflow, files};

/// Two and a half days of a small estate with attacks, its topology among the logs.
fn days_of_logs(place: &Place) {
    let ran = azflow([
        Path::new("sample"),
        Path::new("--out"),
        &place.logs(),
        Path::new("--seed"),
        Path::new("5"),
        Path::new("--start"),
        Path::new("2026-03-02"),
        Path::new("--hours"),
        Path::new("60"),
        Path::new("--interfaces"),
        Path::new("6"),
        Path::new("--attacks"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// The report over the blobs themselves, among which the topology lies.
fn analyzed(place: &Place, options: &[&str]) -> TempDir {
    let out = tempfile::tempdir().expect("a temporary folder");
    let target = out.path().join("report");
    let mut args = vec![Path::new("analyze").to_owned(), place.logs(), "--out".into(), target, "--quiet".into()];
    args.extend(options.iter().map(Into::into));
    let ran = azflow(args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    out
}

#[test]
fn a_report_that_is_read_day_by_day_is_that_of_the_blobs() {
    let place = Place::new();
    days_of_logs(&place);
    assert_eq!(place.ingest().code, 0);
    let topology = place.logs().join("topology");
    let options = ["--top-rows", "500", "--topology", topology.to_str().expect("a path")];
    let (ran, sliced) = report(&place.workspace(), &options);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let whole = analyzed(&place, &options[..2]);
    let (sliced, whole) = (files(sliced.path()), files(whole.path()));
    assert_eq!(sliced.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>());
    // Tables first: they tell what differs.
    for (name, bytes) in whole.iter().filter(|(name, _)| name.ends_with(".csv")).chain(&whole) {
        let (a, b) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&sliced[name]));
        if a != b {
            let line = a.lines().zip(b.lines()).find(|(a, b)| a != b);
            panic!("{name} differs: {line:?}");
        }
    }
}

#[test]
fn days_between_those_with_rows_are_an_empty_window() {
    let place = Place::new();
    for (day, second) in [(2, 1_772_409_650), (20, 1_773_964_850)] {
        let tuple = format!("{second}000,10.0.0.4,203.0.113.9,50001,443,6,O,B,NX,0,0,0,0");
        let record = vnet(MAC, &format!("2026-03-{day:02}T00:01:00Z"), "AllowWeb", &[tuple]);
        let path = format!("flowLogResourceID=/S/y=2026/m=03/d={day:02}/h=00/m=00/macAddress={MAC}/PT1H.json");
        put(&place.logs(), &path, format!("{{\"records\":[{record}]}}"));
    }
    assert_eq!(place.ingest().code, 0);
    let (ran, _out) = report(&place.workspace(), &["--from", "2026-03-05", "--to", "2026-03-10"]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let options = ["--from", "2026-03-05", "--compare", "previous"];
    let (ran, out) = report(&place.workspace(), &options);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let table = std::fs::read_to_string(out.path().join("report/tables/traffic_over_time.csv")).expect("the table");
    assert_eq!(table.lines().count(), 2, "{table}");
}

#[test]
fn hours_that_were_read_in_pieces_are_read_day_by_day_as_whole_ones() {
    let place = Place::new();
    let path = |day: u32| format!("flowLogResourceID=/S/y=2026/m=03/d={day:02}/h=00/m=00/macAddress={MAC}/PT1H.json");
    let record = |day: u32, minute: u32, state: &str| {
        let millisecond = 1_772_409_600_000_i64 + i64::from(day - 2) * 86_400_000 + i64::from(minute) * 60_000 - 9_000;
        let tuple = format!("{millisecond},10.0.0.4,203.0.113.9,50001,443,6,O,{state},NX,2,200,1,100");
        vnet(MAC, &format!("2026-03-{day:02}T00:{minute:02}:00Z"), "AllowWeb", &[tuple])
    };
    put(&place.logs(), &path(2), format!("{{\"records\":[{}]}}", record(2, 1, "B")));
    for records in [1, 2, 3] {
        let records: Vec<String> =
            [(1, "B"), (2, "C"), (3, "E")][..records].iter().map(|(minute, state)| record(4, *minute, state)).collect();
        put(&place.logs(), &path(4), format!("{{\"records\":[{}]}}", records.join(",")));
        assert_eq!(place.ingest().code, 0);
    }
    place.check();
}
