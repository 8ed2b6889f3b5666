//! Tests that loop the table of detectors: names, documentation, settings, and the cases of `tests/data/detect`.
//!
//! A detector's `hit.json` and `near_miss.json` are lists of cases: `case` says what it shows, `tables` holds rows, `findings` the
//! fields to expect of each finding in order. Times are ms since the epoch. `unanswered` of fan-out is a list, or
//! `count` ports or addresses from `first` on.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod day_rows;
mod flow_rows;
mod rows;

use super::*;
use crate::schema::Address;
use crate::schema::finding::Severity;
use crate::schema::tables::*;

/// The headings of a detector's documentation, in order.
const HEADINGS: [&str; 6] =
    ["# What it finds", "# Why it matters", "# How", "# Settings", "# Known false positives", "# References"];

/// First line of `docs/detectors.md` and what follows it.
const PREFACE: &str = "# Detectors\n\n\
    What `azflow` looks for, detector by detector. This file is made from the doc comments in `src/detect` by\n\
    `AZFLOW_BLESS=1 cargo test --lib detect::`; change it there.\n\n\
    Every setting can be set in a file that `--config` names; what it does not name keeps its default, and a value out of range is refused:\n\n\
    ```toml\n[detectors.beacon]\nscore_min_1h = 0.75\n```\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The doc comment of the detector's struct, as Markdown.
fn documentation_of(name: &str) -> String {
    let path = root().join("src/detect").join(format!("{name}.rs"));
    let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} has no file of its name"));
    let name: String = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
    let (before, _) = source.split_once(&format!("\npub struct {name};")).expect("a unit struct of the detector's name");
    let lines: Vec<&str> = before.lines().rev().take_while(|line| line.starts_with("///")).collect();
    lines.iter().rev().map(|line| line[3..].strip_prefix(' ').unwrap_or(&line[3..]).to_owned() + "\n").collect()
}

fn documentation() -> String {
    let chapters = DETECTORS.iter().map(|detector| {
        let text = documentation_of(detector.name()).replace("\n# ", "\n### ");
        format!("\n## {}\n\n{text}", detector.name())
    });
    PREFACE.to_owned() + &chapters.collect::<String>()
}

#[test]
fn the_table_is_sorted_and_its_names_are_unique() {
    assert!(DETECTORS.windows(2).all(|pair| pair[0].name() < pair[1].name()));
}

#[test]
fn every_detector_is_documented_under_the_six_headings() {
    for detector in DETECTORS {
        let text = documentation_of(detector.name());
        let found: Vec<&str> = text.lines().filter(|line| line.starts_with("# ")).collect();
        assert_eq!(found, HEADINGS, "{}", detector.name());
    }
}

#[test]
fn every_setting_is_documented_with_its_default_and_range() {
    for detector in DETECTORS {
        let text = documentation_of(detector.name());
        for setting in detector.settings(&Settings::default()) {
            let Setting { name, value, least, most } = setting;
            assert!(least <= value && value <= most, "{name}");
            let line = format!("- `{name}`: default {value}, range {least} to {most}, ");
            assert!(text.contains(&line), "{} lacks: {line}", detector.name());
        }
    }
}

#[test]
fn the_committed_documentation_is_that_of_the_code() {
    let path = root().join("docs/detectors.md");
    if std::env::var_os("AZFLOW_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, documentation()).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == documentation(), "docs/detectors.md is stale: AZFLOW_BLESS=1 cargo test --lib detect::");
}

#[test]
fn empty_tables_hold_no_findings() {
    let found = findings(&Tables::default(), &Settings::default());
    assert_eq!((found.schema_version, found.findings.len(), found.incidents.len()), (1, 0, 0));
}

#[test]
fn every_detector_finds_its_hits_and_leaves_its_near_misses() {
    for detector in DETECTORS {
        for kind in ["hit", "near_miss"] {
            for case in cases(detector.name(), kind) {
                let name = format!("{} {kind}: {}", detector.name(), case["case"]);
                let found = detector.find(&flow_rows::tables(&case["tables"]), &Settings::default());
                let expected = case["findings"].as_array().unwrap();
                assert_eq!(kind == "hit", !expected.is_empty(), "{name}");
                let titles: Vec<&str> = found.iter().map(|finding| finding.title.as_str()).collect();
                assert_eq!(found.len(), expected.len(), "{name}: {titles:?}");
                for (finding, expected) in found.iter().zip(expected) {
                    assert_fields(&name, &serde_json::to_value(finding).unwrap(), expected);
                }
            }
        }
    }
}

#[test]
fn findings_are_bounded_complete_and_the_same_in_every_order_of_rows() {
    for detector in DETECTORS {
        for case in cases(detector.name(), "hit") {
            let forwards = flow_rows::tables(&case["tables"]);
            let mut backwards = forwards.clone();
            backwards.series.reverse();
            backwards.port_fan_out.reverse();
            backwards.host_fan_out.reverse();
            backwards.exposed_days.reverse();
            backwards.denied_days.reverse();
            backwards.exposed_ports.reverse();
            backwards.logon_attempts.reverse();
            backwards.traffic_by_ip.reverse();
            backwards.traffic_by_pair.reverse();
            backwards.long_flows.reverse();
            backwards.floods.reverse();
            let found = findings(&forwards, &Settings::default());
            assert_eq!(found, findings(&backwards, &Settings::default()), "{}", case["case"]);
            let mut ids: Vec<&str> = found.findings.iter().map(|finding| finding.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), found.findings.len(), "ids of {}", case["case"]);
            for finding in &found.findings {
                assert!(finding.targets.len() <= LISTED_MAX && finding.ports.len() <= LISTED_MAX);
                assert!((0.0..=1.0).contains(&finding.score) && finding.id.len() == 32);
                assert!(!finding.why.is_empty() && !finding.next_step.is_empty() && !finding.techniques.is_empty());
                let incident = found.incidents.iter().find(|incident| incident.id == finding.incident).unwrap();
                assert!(incident.actor == finding.actor && incident.findings.contains(&finding.id));
                assert!(incident.severity >= finding.severity);
            }
        }
    }
}

#[test]
fn findings_of_one_actor_within_a_day_are_one_incident() {
    let mut tables = Tables::default();
    let hour = |hour: u32| FanOutRow { hour, ..port_row(1) };
    tables.port_fan_out = vec![hour(0), hour(20), hour(80)];
    for row in &mut tables.port_fan_out {
        row.first_time = i64::from(row.hour) * 3_600_000;
        row.last_time = row.first_time + 60_000;
    }
    let found = findings(&tables, &Settings::default());
    let sizes: Vec<usize> = found.incidents.iter().map(|incident| incident.findings.len()).collect();
    assert_eq!((found.findings.len(), sizes), (3, vec![2, 1]));
    assert_eq!(found.incidents[0].last_time, "1970-01-01T20:01:00.000Z");
    assert_eq!(found.incidents[0].techniques, ["T1046"]);
}

#[test]
fn a_day_of_internet_noise_is_three_findings_per_host() {
    let tables = Tables { port_fan_out: (1..=500).map(port_row).map(outside).collect(), ..Tables::default() };
    let found = findings(&tables, &Settings::default()).findings;
    assert_eq!(found.len(), 3);
    let summary = found.iter().find(|finding| finding.actor == "10.0.0.4").unwrap();
    assert_eq!(summary.title, "498 more outside sources made port scans of 10.0.0.4 on 1970-01-01");
    assert_eq!((summary.targets.len(), summary.flows, summary.severity), (100, 498 * 20, Severity::Info));
    assert_eq!((summary.bytes_sent, summary.bytes_received), (0, 498 * 800));
}

#[test]
fn scores_grow_from_the_threshold_to_one() {
    assert_eq!([score(0, 15), score(15, 15), score(30, 15), score(135, 15), score(0, 0)], [0.0, 0.5, 0.667, 0.9, 0.0]);
    assert!(score(u64::MAX, u64::MAX).is_finite());
}

/// A scan of ports 1 to 20 of 10.0.0.4 by a local 10.0.1.x.
fn port_row(source: u32) -> FanOutRow<u16> {
    FanOutRow {
        hour: 0,
        src_ip: Address::from_v4(0x0a00_0100 + source),
        dst_ip: Some(Address::from_v4(0x0a00_0004)),
        dst_port: None,
        protocol: 6,
        unanswered: (1..=20).collect(),
        answered: 0,
        flows: 20,
        flows_denied: 20,
        bytes_sent: 800,
        bytes_received: 0,
        src_is_local: true,
        dst_is_local: true,
        mac: "000D3AF87856".into(),
        first_time: 0,
        last_time: 60_000,
    }
}

fn outside(row: FanOutRow<u16>) -> FanOutRow<u16> {
    FanOutRow { src_is_local: false, ..row }
}

fn cases(detector: &str, kind: &str) -> Vec<Value> {
    let path: PathBuf = root().join("tests/data/detect").join(detector).join(format!("{kind}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{detector} has no {kind}.json"));
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!cases.is_empty());
    cases
}

/// Holds the fields that `expected` names against the finding; of objects, the members it names.
fn assert_fields(name: &str, actual: &Value, expected: &Value) {
    for (key, expected) in expected.as_object().unwrap() {
        match expected {
            Value::Object(_) => assert_fields(&format!("{name}, {key}"), &actual[key], expected),
            _ => assert_eq!(&actual[key], expected, "{name}, {key}"),
        }
    }
}
