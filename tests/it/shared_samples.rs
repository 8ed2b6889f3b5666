//! Real captures, read in place where they lie beside the project: every one gives exactly the numbers known for it.
//!
//! The captures carry other people's identifiers and are no part of the project; without them each test says so and passes.

use std::path::PathBuf;

use crate::run::{Report, analyze, number, numbers};

/// What a right decoder gets out of one capture.
struct Capture {
    file: &'static str,
    format: &'static str,
    exit: i32,
    /// Records, and how many of them repeat.
    records: [u64; 2],
    /// Read, kept, duplicate, rejected.
    tuples: [u64; 4],
    /// Begin, continuing, end, denied, unstated.
    states: [u64; 5],
    /// From source to destination, and back.
    bytes: [u64; 2],
}

const CAPTURES: &[Capture] = &[
    Capture {
        file: "nsg-v1/nsg_flow_events.json",
        format: "nsg_v1",
        exit: 0,
        records: [40, 0],
        tuples: [4334, 4334, 0, 0],
        states: [0, 0, 0, 0, 4334],
        bytes: [0, 0],
    },
    Capture {
        file: "nsg-v2/blob_fixtures.json",
        format: "nsg_v2",
        exit: 0,
        records: [8, 0],
        tuples: [153, 153, 0, 0],
        states: [36, 3, 39, 75, 0],
        bytes: [71455, 6490],
    },
    Capture {
        file: "vnet-v4/blob_fixtures_networkinterfaceflowlogs.json",
        format: "vnet_v4",
        exit: 0,
        records: [4, 1],
        tuples: [61, 49, 12, 0],
        states: [9, 0, 9, 31, 0],
        bytes: [2_481_443, 3_678_052],
    },
    Capture {
        file: "vnet-v4/blob_fixtures_subnetflowlogs.json",
        format: "vnet_v4",
        exit: 0,
        records: [4, 2],
        tuples: [68, 34, 34, 0],
        states: [6, 0, 7, 21, 0],
        bytes: [15882, 12350],
    },
    Capture {
        file: "vnet-v4/blob_fixtures_vnetflowlogs.json",
        format: "vnet_v4",
        exit: 0,
        records: [8, 4],
        tuples: [166, 83, 83, 0],
        states: [5, 2, 9, 67, 0],
        bytes: [35278, 41032],
    },
    Capture {
        file: "vnet-v4/worm-containment-PT1H.json",
        format: "vnet_v4",
        exit: 0,
        records: [2, 0],
        tuples: [22, 22, 0, 0],
        states: [1, 0, 1, 20, 0],
        bytes: [160, 66],
    },
    Capture {
        file: "invalid-hybrid/sample-flowlog.json",
        format: "vnet_v4",
        exit: 4,
        records: [2, 0],
        tuples: [6, 0, 0, 6],
        states: [0; 5],
        bytes: [0, 0],
    },
];

const RECORDS: [&str; 2] = ["input.records", "input.records_duplicate"];
const TUPLES: [&str; 4] = ["tuples.read", "tuples.kept", "tuples.duplicate", "tuples.rejected"];
const STATES: [&str; 5] = [
    "tuples.by_state.begin",
    "tuples.by_state.continuing",
    "tuples.by_state.end",
    "tuples.by_state.denied",
    "tuples.by_state.unstated",
];
const BYTES: [&str; 2] = ["traffic.observed.bytes_src_to_dst", "traffic.observed.bytes_dst_to_src"];

/// The folder of the captures; `None`, with a note, where it is absent.
fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples");
    let folder = folder.is_dir().then_some(folder);
    if folder.is_none() {
        eprintln!("skipped: ../shared/samples is absent");
    }
    folder
}

fn known() -> impl Iterator<Item = (&'static Capture, PathBuf)> {
    let folder = samples();
    CAPTURES.iter().filter_map(move |capture| {
        let path = folder.as_ref()?.join(capture.file);
        assert!(path.is_file(), "{}: missing", path.display());
        Some((capture, path))
    })
}

fn check_rejects(report: &Report, expected: u64) {
    let rejects = report.table("rejects");
    assert_eq!(rejects.rows.len() as u64, expected);
    assert!(rejects.rows.iter().all(|row| row["reason"] == "hybrid" && !row["tuple"].is_empty()), "{rejects:?}");
}

#[test]
fn every_capture_gives_exactly_its_numbers() {
    for (capture, path) in known() {
        let report = analyze([&path], &[]);
        let (file, summary) = (capture.file, report.summary());
        assert_eq!(report.ran.code, capture.exit, "{file}: {:?}", report.ran);
        assert_eq!(numbers(&summary, ["input.blobs", "input.blobs_ignored"]), [1, 0], "{file}");
        assert_eq!(number(&summary, "input.bytes"), path.metadata().expect("a file").len(), "{file}");
        assert_eq!(number(&summary, "input.blobs_failed"), u64::from(capture.exit == 4), "{file}");
        assert_eq!(numbers(&summary, RECORDS), capture.records, "{file}: records, repeated");
        assert_eq!(numbers(&summary, TUPLES), capture.tuples, "{file}: read, kept, duplicate, rejected");
        assert_eq!(numbers(&summary, STATES), capture.states, "{file}: states");
        assert_eq!(numbers(&summary, BYTES), capture.bytes, "{file}: bytes");
        assert_eq!(number(&summary, &format!("tuples.by_format.{}", capture.format)), capture.tuples[1], "{file}");
        check_rejects(&report, capture.tuples[3]);
    }
}

#[test]
fn the_captures_together_give_the_sums_of_their_numbers() {
    let (captures, paths): (Vec<_>, Vec<_>) = known().unzip();
    if captures.is_empty() {
        return;
    }
    let report = analyze(&paths, &[]);
    let summary = report.summary();
    assert_eq!(report.ran.code, 4, "one capture cannot be read");
    assert_eq!(numbers(&summary, ["input.blobs", "input.blobs_failed"]), [7, 1]);
    let sum = |of: &dyn Fn(&Capture) -> u64| captures.iter().map(|capture| of(capture)).sum::<u64>();
    for (index, place) in RECORDS.iter().enumerate() {
        assert_eq!(number(&summary, place), sum(&|capture| capture.records[index]), "{place}");
    }
    for (index, place) in TUPLES.iter().enumerate() {
        assert_eq!(number(&summary, place), sum(&|capture| capture.tuples[index]), "{place}");
    }
    for (index, place) in STATES.iter().enumerate() {
        assert_eq!(number(&summary, place), sum(&|capture| capture.states[index]), "{place}");
    }
    for (index, place) in BYTES.iter().enumerate() {
        assert_eq!(number(&summary, place), sum(&|capture| capture.bytes[index]), "{place}");
    }
    for format in ["nsg_v1", "nsg_v2", "vnet_v4"] {
        let kept = sum(&|capture| if capture.format == format { capture.tuples[1] } else { 0 });
        assert_eq!(number(&summary, &format!("tuples.by_format.{format}")), kept);
    }
    check_rejects(&report, 6);
}

#[test]
fn the_window_of_a_capture_is_that_of_its_tuples_and_not_of_its_path() {
    let Some(folder) = samples() else { return };
    let report = analyze([folder.join("nsg-v2/blob_fixtures.json")], &[]);
    let summary = report.summary();
    assert_eq!(summary["window"]["first_time"], "2024-08-19T17:59:06.000Z");
    assert_eq!(summary["window"]["last_time"], "2024-08-19T18:06:59.000Z");
}

#[test]
fn a_capture_that_is_given_twice_is_read_once() {
    let Some(folder) = samples() else { return };
    let path = folder.join("vnet-v4/worm-containment-PT1H.json");
    let report = analyze([&path, &folder.join("vnet-v4/../vnet-v4/worm-containment-PT1H.json"), &path], &[]);
    assert_eq!(numbers(&report.summary(), ["input.blobs", "tuples.read"]), [1, 22]);
}
