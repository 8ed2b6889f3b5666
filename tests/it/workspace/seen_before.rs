//! Detectors and what a workspace knows of the time before the window.

use std::fs;

use serde_json::Value;

use super::{Place, report};
use crate::logs::{MAC, blob, put, vnet};

/// 2024-08-12T00:00Z, a Monday, ms since the epoch.
const START: i64 = 1_723_420_800_000;
const HOUR: i64 = 3_600_000;

/// A flow of 10.0.0.4 to a port of a public address, begun and ended in the hour.
fn flow(hour: i64, peer: &str, port: u16, bytes: u64) -> [String; 2] {
    let at = START + hour * HOUR + 300_000;
    let ends = at + 60_000;
    [
        format!("{at},10.0.0.4,{peer},45321,{port},6,O,B,NX,0,0,0,0"),
        format!("{ends},10.0.0.4,{peer},45321,{port},6,O,E,NX,9,{bytes},9,900"),
    ]
}

/// Adds the blob of an hour.
fn hour(place: &Place, hour: i64, flows: &[[String; 2]]) {
    let tuples: Vec<&String> = flows.iter().flatten().collect();
    let (day, of_day) = (12 + hour / 24, hour % 24);
    let time = format!("2024-08-{day:02}T{of_day:02}:10:00.0000000Z");
    let name = format!("flowLogResourceID=/LOG/y=2024/m=08/d={day:02}/h={of_day:02}/m=00/macAddress={MAC}/PT1H.json");
    put(&place.logs(), &name, blob(&[vnet(MAC, &time, "r", &tuples)]));
}

/// Days of hourly web traffic from `first_day` to the third; on the first day also one flow to port 6667, and on the third, the window, one
/// to that port of the same peer and one to another new one.
fn three_days(first_day: i64) -> Place {
    let place = Place::new();
    for number in first_day * 24..72 {
        let mut flows = vec![flow(number, "203.0.113.9", 443, 1_000)];
        if number == 3 || number == 53 {
            flows.push(flow(number, "198.51.100.7", 6667, 1_000));
        }
        if number == 53 {
            flows.push(flow(number, "192.0.2.99", 7777, 1_000));
        }
        hour(&place, number, &flows);
    }
    assert_eq!(place.ingest().code, 0);
    place
}

/// The findings of a detector in the report of the third day.
fn findings(place: &Place, detector: &str, options: &[&str]) -> Vec<Value> {
    let config = put(place.path(), "azflow.toml", "[detectors.new_peer]\nlearning_hours = 24\n");
    let config = config.display().to_string();
    let (ran, out) = report(&place.workspace(), &[options, &["--config", &config]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = fs::read_to_string(out.path().join("report/findings.json")).expect("findings");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let all = json["findings"].as_array().expect("a list");
    all.iter().filter(|finding| finding["detector"] == detector).cloned().collect()
}

const THIRD_DAY: [&str; 2] = ["--from", "2024-08-14"];

#[test]
fn what_the_workspace_knows_from_before_the_window_is_not_new() {
    let [finding] = &findings(&three_days(0), "new_peer", &THIRD_DAY)[..] else { panic!("one finding") };
    assert_eq!(finding["ports"], serde_json::json!([7777]));
    assert_eq!(finding["targets"], serde_json::json!(["192.0.2.99"]));
    assert_eq!(finding["evidence"]["history"], "workspace, 2 days");
    assert_eq!(finding["evidence"]["peer_seen_before"], "no");
}

#[test]
fn without_that_history_it_is_new() {
    let [finding] = &findings(&three_days(1), "new_peer", &THIRD_DAY)[..] else { panic!("one finding") };
    assert_eq!(finding["ports"], serde_json::json!([6667, 7777]));
    assert_eq!(finding["evidence"]["history"], "workspace, 29 hours");
}

#[test]
fn a_window_without_a_beginning_has_no_history_but_its_own_earlier_part() {
    let findings = findings(&three_days(1), "new_peer", &[]);
    let [finding] = &findings[..] else { panic!("one finding: {findings:?}") };
    assert_eq!(finding["evidence"]["history"], "window, 29 hours");
    assert_eq!(finding["ports"], serde_json::json!([6667, 7777]));
}

#[test]
fn what_happened_before_the_window_is_history_and_no_finding() {
    // The second day's window: the contact of the first is told by no finding, and that of the third has not happened.
    let options = ["--from", "2024-08-13", "--to", "2024-08-14"];
    assert!(findings(&three_days(0), "new_peer", &options).is_empty());
}

#[test]
fn a_volume_is_held_against_the_hours_before_the_window() {
    let place = Place::new();
    for number in 0..76 {
        let bytes = if (73..76).contains(&number) { 9_000_000_000 } else { 20_000_000 + (number as u64 % 5) * 1_000_000 };
        hour(&place, number, &[flow(number, "203.0.113.9", 443, bytes)]);
    }
    assert_eq!(place.ingest().code, 0);
    // The window is four hours long: alone it is too short to know what is usual.
    let found = findings(&place, "volume_anomaly", &["--from", "2024-08-15T00:00:00Z"]);
    assert!(!found.is_empty(), "a rise of the window");
    for finding in &found {
        assert!(finding["first_time"].as_str().expect("a time") >= "2024-08-15T00:00:00.000Z", "{finding}");
        assert!(finding["evidence"]["history"].as_str().expect("a text").starts_with("workspace, 3 days"), "{finding}");
    }
    // The same rise is no finding of a window after it.
    hour(&place, 76, &[flow(76, "203.0.113.9", 443, 20_000_000)]);
    assert_eq!(place.ingest().code, 0);
    assert!(findings(&place, "volume_anomaly", &["--from", "2024-08-15T04:00:00Z"]).is_empty());
    let exfiltrations = findings(&place, "exfiltration", &["--from", "2024-08-15T00:00:00Z"]);
    assert!(
        exfiltrations.iter().all(|finding| finding["evidence"]["usual_hour_bytes"].as_u64() >= Some(20_000_000)),
        "{exfiltrations:?}"
    );
}
