//! Tests of allow-lists: what an entry expects, and every way to be wrong.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::detect::{Settings, judge};
use crate::schema::codes::TCP;
use crate::schema::tables::{ContactHour, ContactSeries, EndpointRow, Scope, ServiceKey, Tables};
use crate::schema::units::HOUR_MS;

/// 2024-08-20T00:00:00Z.
const DAY: i64 = 1_724_112_000_000;

/// A beacon of 10.0.0.4 to 203.0.113.9 port 1177, a call a minute for an hour.
fn tables() -> Tables {
    let ip = |text: &str| address(text).unwrap();
    let key = ServiceKey { src_ip: ip("10.0.0.4"), dst_ip: ip("203.0.113.9"), dst_port: 1_177, protocol: TCP };
    let series = ContactSeries {
        key,
        hours: vec![ContactHour { hour: (DAY / HOUR_MS) as u32, begins: 60, answered: 60, ..ContactHour::default() }],
        starts: (0..60).map(|minute| DAY + minute * 60_000).collect(),
        sizes: vec![100; 60],
        is_exact: true,
        ..ContactSeries::default()
    };
    let peer = EndpointRow { ip: ip("203.0.113.9"), scope: Scope::ExternalPublic, ..EndpointRow::default() };
    Tables { contact_series: vec![series], endpoints: vec![peer], ..Tables::default() }
}

/// How many findings are left, how many are allowed, and the notes, with an allow-list of this text.
fn judged(text: &str) -> (usize, usize, Vec<String>) {
    let mut list = AllowList::default();
    list.add("lists/allow.toml", text).unwrap();
    let found = judge(&tables(), &Settings::default(), &list, DAY + HOUR_MS);
    (found.findings.len(), found.allowed.len(), found.notes)
}

/// The message that a list is refused with.
fn refused(text: &str) -> String {
    AllowList::default().add("allow.toml", text).unwrap_err().to_string()
}

#[test]
fn an_entry_that_meets_every_condition_takes_the_finding_out_and_lists_it() {
    let whole = "[[allow]]\ndetector = \"beacon\"\nactor = \"10.0.0.4\"\npeer = \"203.0.113.9\"\nnetwork = \"203.0.113.0/24\"\nport = 1177\nuntil = \"2024-08-21\"\nwhy = \"our agent\"\n";
    assert_eq!(judged(whole), (0, 1, vec![]));
    let list = |text: &str| {
        let mut list = AllowList::default();
        list.add("lists/allow.toml", text).unwrap();
        list
    };
    let found = judge(&tables(), &Settings::default(), &list(whole), DAY + HOUR_MS);
    assert_eq!((found.allowed[0].why.as_str(), found.allowed[0].entry.as_str()), ("our agent", "allow.toml line 1"));
    assert!(found.incidents.is_empty());
}

#[test]
fn an_entry_that_misses_one_condition_leaves_the_finding_and_is_said_to_match_nothing() {
    for condition in [
        "port = 1178",
        "peer = \"203.0.113.10\"",
        "network = \"198.51.100.0/24\"",
        "actor = \"10.0.0.5\"",
        "port = 1177\ndirection = \"Inbound\"",
        "detector = \"dos\"",
    ] {
        let (left, allowed, notes) = judged(&format!("\n[[allow]]\n{condition}\nwhy = \"x\"\n"));
        assert_eq!((left, allowed), (1, 0), "{condition}");
        assert_eq!(notes, ["the entry of allow.toml line 2 matches no finding"], "{condition}");
    }
}

#[test]
fn an_entry_expires_by_the_window_and_not_by_a_clock() {
    let (left, allowed, notes) = judged("[[allow]]\nport = 1177\nuntil = \"2024-08-20T01:00:00Z\"\nwhy = \"x\"\n");
    assert_eq!((left, allowed), (1, 0));
    assert_eq!(notes, ["the entry of allow.toml line 1 has expired before the window's end and was not applied"]);
    assert_eq!(judged("[[allow]]\nport = 1177\nuntil = \"2024-08-20T01:00:00.001Z\"\nwhy = \"x\"\n").1, 1);
}

#[test]
fn the_entry_that_a_finding_offers_allows_it_once_a_reason_is_given() {
    let found = judge(&tables(), &Settings::default(), &AllowList::default(), DAY);
    let entry = found.findings[0].allow_entry.replace("why = \"\"", "why = \"known\"");
    assert_eq!(judged(&entry), (0, 1, vec![]));
    assert!(refused(&found.findings[0].allow_entry).contains("states no reason"));
}

#[test]
fn every_wrong_entry_is_refused_with_its_line_and_reason() {
    for (text, expected) in [
        ("", "allow.toml line 1: holds no entry"),
        ("[[allow]]\nwhy = \"x\"\n", "line 1: states no condition"),
        ("[[allow]]\nport = 1\n", "line 1: states no reason"),
        ("[[allow]]\nwhy = \"x\"\npeer = \"300.1.1.1\"\n", "line 3: \"300.1.1.1\" is no IP address"),
        ("[[allow]]\nwhy = \"x\"\nnetwork = \"10.0.0.0\"\n", "line 3: \"10.0.0.0\" is no network"),
        (
            "[[allow]]\nwhy = \"x\"\nnetwork = \"10.0.0.1/24\"\n",
            "line 3: 10.0.0.1/24 has host bits set; hint: did you mean 10.0.0.0/24?",
        ),
        ("[[allow]]\nwhy = \"x\"\nport = 1\nuntil = \"tomorrow\"\n", "line 4: \"tomorrow\" is no UTC date"),
        (
            "[[allow]]\nwhy = \"x\"\ndetector = \"beacons\"\n",
            "line 3: there is no detector \"beacons\"; hint: did you mean beacon?",
        ),
        ("[[allow]]\nwhy = \"x\"\ndirection = \"up\"\n", "line 3: \"up\" is no direction"),
        ("[[allow]]\nwhy = \"x\"\nprot = 1\n", "line 3: unknown field `prot`"),
        ("[[allow]]\nwhy = \"x\"\nport = 70000\n", "line 3:"),
        ("[allow\n", "line 1:"),
    ] {
        assert!(refused(text).contains(expected), "{text:?}: {}", refused(text));
    }
}
