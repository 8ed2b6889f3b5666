//! Reports over history: which period a window is compared with, and what changed since.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::growing::sample_blobs;
use super::{Place, report};
use crate::logs::{MAC, blob, put, vnet};
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
    let said = "--compare 2026-03-02T03:00:00.000Z: the period from then until 2026-03-02T05:00:00.000Z does not end before the window, which begins at 2026-03-02T04:00:00.000Z\nhint: give an earlier time";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    for (options, said) in [
        (&["--compare", "2026-03-02"][..], "hint: give --from TIME or --last DURATION"),
        (&["--last", "2h", "--compare", "yesterday"][..], "'yesterday' is neither previous nor a UTC date or time"),
    ] {
        let (ran, _) = report(&place.workspace(), options);
        assert!(ran.code == 2 && ran.stderr.contains(said), "{}", ran.stderr);
    }
}

/// The rows of changes.csv.
fn changes((_, out): &(Ran, TempDir)) -> Vec<Vec<String>> {
    let text = fs::read_to_string(out.path().join("report/tables/changes.csv")).expect("the table");
    text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn every_difference_of_an_address_is_the_one_of_two_reports() {
    let place = six_hours();
    let compared = report(&place.workspace(), &["--last", "2h", "--compare", "2026-03-02T00:00:00Z"]);
    let alone =
        [["--from", "2026-03-02T00:00", "--to", "2026-03-02T02:00"], ["--from", "2026-03-02T04:00", "--to", "2026-03-02T06:00"]];
    let [before, now] = alone.map(|options| {
        let (ran, out) = report(&place.workspace(), &options);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let text = fs::read_to_string(out.path().join("report/tables/traffic_by_ip.csv")).expect("the table");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.records().map(|row| row.expect("a row"));
        rows.map(|row| {
            let number = |at: usize| row[at].parse::<i64>().expect("a number");
            (row[0].to_owned(), (number(13) + number(14), (9..13).map(number).sum::<i64>()))
        })
        .collect::<std::collections::BTreeMap<String, (i64, i64)>>()
    });
    let rows = changes(&compared);
    let mut said = std::collections::BTreeMap::new();
    for row in rows.iter().filter(|row| row[0] == "address") {
        said.insert(row[1].clone(), (row[5].parse::<i64>().expect("bytes"), row[8].parse::<i64>().expect("flows")));
        let (was, is) = (before.contains_key(&row[1]), now.contains_key(&row[1]));
        let expected = match row[2].as_str() {
            "new" => (false, true),
            "gone" => (true, false),
            _ => (true, true),
        };
        assert_eq!((was, is), expected, "{row:?}");
    }
    let names: std::collections::BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    for name in names {
        let (was, is) = (before.get(name).copied().unwrap_or_default(), now.get(name).copied().unwrap_or_default());
        let difference = (is.0 - was.0, is.1 - was.1);
        assert_eq!(said.get(name).copied().unwrap_or_default(), difference, "{name}");
    }
    assert!(rows.iter().any(|row| row[0] == "interface") && rows.iter().any(|row| row[0] == "rule"));
    let counts = summary(&compared)["changes"].clone();
    let total: u64 = counts
        .as_object()
        .expect("kinds")
        .values()
        .flat_map(|kind| kind.as_object().expect("changes").values())
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(total, rows.len() as u64);
}

#[test]
fn the_same_comparison_is_the_same_bytes() {
    let place = six_hours();
    let run = || report(&place.workspace(), &["--last", "2h", "--compare", "previous", "--threads", "1"]).1;
    let (one, two) = (run(), report(&place.workspace(), &["--last", "2h", "--compare", "previous", "--threads", "2"]).1);
    assert!(crate::run::files(one.path()) == crate::run::files(two.path()), "a file differs");
}

#[test]
fn without_a_comparison_nothing_is_said_to_have_changed() {
    let place = six_hours();
    let alone = report(&place.workspace(), &["--last", "2h"]);
    assert!(changes(&alone).is_empty() && summary(&alone).get("changes").is_none());
    // Before the first hour there is nothing to compare with.
    let nothing = report(&place.workspace(), &["--last", "6h", "--compare", "previous"]);
    assert!(changes(&nothing).is_empty() && summary(&nothing).get("changes").is_none());
}

/// Two days on which public sources were let in to ports: 22 on both, 3389 on the first, 1433 on the second.
fn two_days() -> Place {
    let place = Place::new();
    for (day, ports) in [(19_i64, [22, 3389]), (20, [22, 1433])] {
        let begins = 1_724_025_600_000 + (day - 19) * 86_400_000 + 36_000_000;
        let tuples: Vec<String> = (0..20)
            .flat_map(|source| ports.map(|port| (source, port)))
            .flat_map(|(source, port)| {
                let (at, ends) = (begins + source * 1_000, begins + source * 1_000 + 500);
                let flow = format!("198.51.100.{source},10.0.0.4,50000,{port},6,I");
                [format!("{at},{flow},B,NX,0,0,0,0"), format!("{ends},{flow},E,NX,5,500,5,5000")]
            })
            .collect();
        let time = format!("2024-08-{day}T10:01:00.0000000Z");
        let name = format!("flowLogResourceID=/LOG/y=2024/m=08/d={day}/h=10/m=00/macAddress={MAC}/PT1H.json");
        put(&place.logs(), &name, blob(&[vnet(MAC, &time, "AllowAll", &tuples)]));
    }
    assert_eq!(place.ingest().code, 0);
    place
}

#[test]
fn findings_are_new_ongoing_or_ended_though_their_ids_name_the_day() {
    let place = two_days();
    let (ran, out) = report(&place.workspace(), &["--from", "2024-08-20", "--to", "2024-08-21", "--compare", "previous"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let text = fs::read_to_string(out.path().join("report/findings.json")).expect("findings");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let exposed = json["findings"].as_array().expect("a list").iter().filter(|finding| finding["detector"] == "exposed_service");
    let mut said: Vec<(u64, &str)> = exposed
        .map(|finding| (finding["ports"][0].as_u64().expect("a port"), finding["since"].as_str().expect("said")))
        .collect();
    said.sort_unstable();
    assert_eq!(said, [(22, "ongoing"), (1433, "new")]);
    let ended = json["ended"].as_array().expect("a list");
    assert!(ended.iter().any(|ended| ended["title"].as_str().is_some_and(|title| title.contains("3389"))), "{ended:?}");
    let counts = summary(&(ran, out))["findings_since"].clone();
    assert_eq!(counts["ended"].as_u64(), Some(ended.len() as u64));
    let total = counts["new"].as_u64().zip(counts["ongoing"].as_u64()).map(|(new, ongoing)| new + ongoing);
    assert_eq!(total, json["findings"].as_array().map(|findings| findings.len() as u64));
}

#[test]
fn without_a_comparison_no_finding_is_new_or_ended() {
    let (_, out) = report(&two_days().workspace(), &["--from", "2024-08-20"]);
    let text = fs::read_to_string(out.path().join("report/findings.json")).expect("findings");
    assert!(text.contains("exposed_service") && !text.contains("\"since\"") && !text.contains("\"ended\""));
}
