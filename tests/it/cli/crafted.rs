//! Files that are made to exhaust the machine end in a bounded reject: quickly, and in little memory.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::folder;
use crate::logs::{MAC, VNET_TUPLES, put, vnet};
use crate::run::number;

/// How long one run may take, also where tests run unoptimised on a busy machine.
const LONGEST: Duration = Duration::from_secs(30);

/// Address space that one run may take. Unit: KiB. Threads reserve stacks that they do not use, so it is more than memory.
const LARGEST: u64 = 1 << 20;

/// Analyses the file in a bounded address space; returns the exit code and `summary.json`.
fn analyze_bounded(path: &Path) -> (i32, Value) {
    let out = path.with_extension("report");
    let start = Instant::now();
    let mut command = if cfg!(target_os = "linux") {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -v {LARGEST} && exec \"$@\""), "sh", env!("CARGO_BIN_EXE_azflow")]);
        shell
    } else {
        Command::new(env!("CARGO_BIN_EXE_azflow"))
    };
    command.args(["analyze", "--threads", "1", "--quiet", "--strict", "--out"]).args([&out, path]);
    let output = command.output().expect("the binary starts");
    assert!(start.elapsed() < LONGEST, "{:?}", start.elapsed());
    let code = output.status.code().unwrap_or_else(|| panic!("{output:?}"));
    let summary = std::fs::read(out.join("summary.json")).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (code, serde_json::from_slice(&summary).expect("JSON"))
}

fn good() -> String {
    vnet(MAC, "t", "r", &VNET_TUPLES)
}

fn reason(summary: &Value, reason: &str) -> u64 {
    number(summary, &format!("tuples.rejected_by_reason.{reason}"))
}

#[test]
fn deep_nesting_is_one_reject() {
    let folder = folder();
    let (open, close) = ("[".repeat(2_000_000), "]".repeat(2_000_000));
    let path = put(folder.path(), "a.json", format!("{{\"records\":[{},{{\"x\":{open}{close}}},{}]}}", good(), good()));
    let (code, summary) = analyze_bounded(&path);
    assert_eq!((code, reason(&summary, "nested_too_deep")), (4, 1));
    assert_eq!((number(&summary, "tuples.kept"), number(&summary, "input.records_rejected")), (4, 1));
}

#[test]
fn wrappers_without_end_are_bounded() {
    let folder = folder();
    let wrapped = put(folder.path(), "a.json", "{\"records\":".repeat(500_000));
    assert_eq!(analyze_bounded(&wrapped).0, 4);
    let bare = put(folder.path(), "b.json", "[".repeat(5_000_000));
    assert_eq!(analyze_bounded(&bare).0, 5);
}

#[test]
fn a_huge_string_is_one_reject_and_the_next_record_counts() {
    let folder = folder();
    for (name, record) in [
        ("name", vnet(MAC, "t", &"x".repeat(70_000_000), &VNET_TUPLES)),
        ("tuple", vnet(MAC, "t", "r", &["x".repeat(70_000_000)])),
    ] {
        let path = put(folder.path(), &format!("{name}.json"), format!("{{\"records\":[{record},{}]}}", good()));
        let (code, summary) = analyze_bounded(&path);
        assert_eq!((code, reason(&summary, "record_too_large")), (4, 1), "{name}");
        assert_eq!(number(&summary, "tuples.kept"), 4, "{name}");
    }
}

#[test]
fn a_bomb_of_white_space_stops() {
    let folder = folder();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(format!("{{\"records\":[{},", good()).as_bytes()).expect("memory can be written");
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..600 {
        encoder.write_all(&spaces).expect("memory can be written");
    }
    let path = put(folder.path(), "bomb.json.gz", encoder.finish().expect("memory can be written"));
    let (code, summary) = analyze_bounded(&path);
    assert_eq!((code, number(&summary, "input.blobs_failed"), number(&summary, "tuples.kept")), (4, 1, 4));
}

#[test]
fn names_without_number_are_bounded() {
    const NAMES: u64 = 120_000;
    let folder = folder();
    let mut text = String::from("{\"records\":[");
    for name in 0..NAMES {
        let comma = if name > 0 { "," } else { "" };
        let tuple = VNET_TUPLES[0];
        let _ = write!(
            text,
            r#"{comma}{{"flowLogVersion":4,"flowRecords":{{"flows":[{{"flowGroups":[{{"rule":"r{name}","flowTuples":["{tuple}"]}}]}}]}}}}"#
        );
    }
    text.push_str("]}");
    let path = put(folder.path(), "names.json", text);
    let (code, summary) = analyze_bounded(&path);
    assert_eq!((code, number(&summary, "tuples.read")), (4, NAMES));
    let rejected = reason(&summary, "names");
    assert!(rejected > NAMES / 4, "{rejected}");
    assert_eq!(number(&summary, "tuples.kept") + rejected, NAMES);
    let rows = std::fs::read_to_string(path.with_extension("report").join("tables/rejects.csv")).expect("a table");
    assert_eq!(rows.lines().count(), 1_001, "at most 1,000 rows of a reason, and the header");
}
