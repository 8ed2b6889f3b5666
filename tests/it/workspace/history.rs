//! Reports over history: which period a window is compared with, and what changed since.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::growing::sample_blobs;
use super::{Place, report};
use crate::run::Ran;

/// A workspace of six hours from 2026-03-02 00:00 UTC.
fn six_hours() -> Place {
    let place = Place::new();
    sample_blobs(&place.logs(), 6, 2).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    place
}

fn summary((ran, out): &(Ran, TempDir)) -> Value {
    assert!([0, 4].contains(&ran.code), "{}", ran.stderr);
    let text = fs::read_to_string(out.path().join("report/summary.json")).expect("a summary");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_window_of_a_workspace_and_the_one_before_it_have_whole_hours_and_meet() {
    let place = six_hours();
    let options = ["--last", "90m", "--to", "2026-03-02T04:30:00Z", "--compare", "previous"];
    let compared = summary(&report(&place.workspace(), &options));
    // From 03:00 to 05:00: the hours that 90 minutes before 04:30 touch, rounded outwards.
    assert_eq!(compared["previous"]["from"], "2026-03-02T01:00:00.000Z");
    assert_eq!(compared["previous"]["to"], "2026-03-02T03:00:00.000Z");
    let of = |from: &str, to: &str| summary(&report(&place.workspace(), &["--from", from, "--to", to]));
    let (before, window) = (of("2026-03-02T01:00", "2026-03-02T03:00"), of("2026-03-02T03:00", "2026-03-02T05:00"));
    assert_eq!(compared["previous"]["traffic"], before["traffic"]);
    assert_eq!(compared["traffic"], window["traffic"]);
}

#[test]
fn a_window_is_compared_with_the_period_that_begins_at_a_given_time() {
    let place = six_hours();
    let (ran, out) = report(&place.workspace(), &["--last", "2h", "--compare", "2026-03-02T01:20:00Z"]);
    let compared = summary(&(ran, out));
    assert_eq!(compared["previous"]["from"], "2026-03-02T01:00:00.000Z");
    assert_eq!(compared["previous"]["to"], "2026-03-02T03:00:00.000Z");
    let (_, out) = report(&place.workspace(), &["--last", "2h", "--compare", "2026-03-02T01:00:00Z"]);
    let page = fs::read_to_string(out.path().join("report/report.md")).expect("a report");
    assert!(page.contains(" the 2 h from 2026-03-02 01:00 UTC"), "{page}");
}

#[test]
fn a_period_that_reaches_into_the_window_is_refused() {
    let place = six_hours();
    let (ran, _) = report(&place.workspace(), &["--last", "2h", "--compare", "2026-03-02T03:00:00Z"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let said = "--compare 2026-03-02T03:00:00.000Z: the period from then until 2026-03-02T05:00:00.000Z does not end before the window, which begins at 2026-03-02T04:00:00.000Z; hint: ";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    for (options, said) in [
        (&["--compare", "2026-03-02"][..], "hint: give --from TIME or --last DURATION"),
        (&["--last", "2h", "--compare", "yesterday"][..], "'yesterday' is neither previous nor a UTC date or time"),
    ] {
        let (ran, _) = report(&place.workspace(), options);
        assert!(ran.code == 2 && ran.stderr.contains(said), "{}", ran.stderr);
    }
}
