//! Tests of allow-lists: which findings are taken, by which entry, and what is told of entries that take none.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::aggregate::{Begun, measured};
use crate::detect::{Settings, judge};
use crate::schema::Address;
use crate::schema::codes::TCP;
use crate::schema::tables::{ContactCounts, ContactSeries, EndpointRow, Scope, ServiceKey, Tables};
use crate::schema::units::HOUR_MS;

/// 2024-08-20T00:00:00Z.
const DAY: i64 = 1_724_112_000_000;

/// A beacon of 10.0.0.4 to 203.0.113.9 port 1177, a call a minute for an hour.
fn tables() -> Tables {
    let ip = |text: &str| Address::from(text.parse::<std::net::IpAddr>().unwrap());
    let key = ServiceKey { src_ip: ip("10.0.0.4"), dst_ip: ip("203.0.113.9"), dst_port: 1_177, protocol: TCP };
    let begun = Begun {
        hours: vec![((DAY / HOUR_MS) as u32, ContactCounts { begins: 60, answered: 60, ..ContactCounts::default() })],
        starts: (0..60).map(|minute| DAY + minute * 60_000).collect(),
        sizes: vec![100; 60],
    };
    let series = ContactSeries { key, ..measured(begun) };
    let peer = EndpointRow { ip: ip("203.0.113.9"), scope: Scope::ExternalPublic, ..EndpointRow::default() };
    Tables { contact_series: vec![series], endpoints: vec![peer], ..Tables::default() }
}

/// How many findings are left, how many are allowed, and the notes, with an allow-list of this text.
fn judged(text: &str) -> (usize, usize, Vec<String>) {
    let mut list = AllowList::default();
    list.add("lists/allow.toml", text.as_bytes()).unwrap();
    let found = judge(&tables(), &Settings::default(), &list, Some(DAY + HOUR_MS));
    (found.findings.len(), found.allowed.len(), found.notes)
}

/// The message that a list is refused with.
fn refused(text: &str) -> String {
    AllowList::default().add("allow.toml", text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn an_entry_that_meets_every_condition_takes_the_finding_out_and_lists_it() {
    let whole = "[[allow]]\ndetector = \"beacon\"\nactor = \"10.0.0.4\"\npeer = \"203.0.113.9\"\nnetwork = \"203.0.113.0/24\"\nport = 1177\nuntil = \"2024-08-21\"\nwhy = \"our agent\"\n";
    assert_eq!(judged(whole), (0, 1, vec![]));
    let list = |text: &str| {
        let mut list = AllowList::default();
        list.add("lists/allow.toml", text.as_bytes()).unwrap();
        list
    };
    let found = judge(&tables(), &Settings::default(), &list(whole), Some(DAY + HOUR_MS));
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
        assert_eq!(notes, ["allow-list: the entry of allow.toml line 2 matches no finding"], "{condition}");
    }
}

#[test]
fn an_entry_expires_by_the_window_and_not_by_a_clock() {
    let (left, allowed, notes) = judged("[[allow]]\nport = 1177\nuntil = \"2024-08-20T01:00:00Z\"\nwhy = \"x\"\n");
    assert_eq!((left, allowed), (1, 0));
    assert_eq!(notes, ["allow-list: the entry of allow.toml line 1 has expired before the window's end and was not applied"]);
    assert_eq!(judged("[[allow]]\nport = 1177\nuntil = \"2024-08-20T01:00:00.001Z\"\nwhy = \"x\"\n").1, 1);
}

#[test]
fn the_entry_that_a_finding_offers_allows_it_once_a_reason_is_given() {
    let found = judge(&tables(), &Settings::default(), &AllowList::default(), Some(DAY));
    let entry = found.findings[0].allow_entry.replace("why = \"\"", "why = \"known\"");
    assert_eq!(judged(&entry), (0, 1, vec![]));
    assert!(
        refused(&found.findings[0].allow_entry)
            .contains("why is empty: the entry states no reason; hint: fill in who expects this")
    );
}

#[test]
fn a_later_entry_for_the_same_findings_is_covered_and_says_by_which() {
    let text = "[[allow]]\ndetector = \"beacon\"\nwhy = \"x\"\n[[allow]]\nactor = \"10.0.0.4\"\nwhy = \"y\"\n[[allow]]\nport = 9\nwhy = \"z\"\n";
    let (left, allowed, notes) = judged(text);
    assert_eq!((left, allowed), (0, 1));
    assert_eq!(
        notes,
        [
            "allow-list: the entry of allow.toml line 4 takes no finding: covered by the entry at line 1",
            "allow-list: the entry of allow.toml line 7 matches no finding",
        ]
    );
    let mut list = AllowList::default();
    list.add("first.toml", b"[[allow]]\nport = 1177\nwhy = \"x\"\n").unwrap();
    list.add("second.toml", b"\n[[allow]]\nport = 1177\nwhy = \"x\"\n").unwrap();
    let found = judge(&tables(), &Settings::default(), &list, Some(DAY));
    assert_eq!(found.allowed[0].entry, "first.toml line 1");
    assert_eq!(
        found.notes,
        ["allow-list: the entry of second.toml line 2 takes no finding: covered by the entry of first.toml line 1"]
    );
}

#[test]
fn an_expired_entry_covers_nothing() {
    let (left, allowed, notes) =
        judged("[[allow]]\nport = 1177\nuntil = \"2024-08-19\"\nwhy = \"x\"\n[[allow]]\nport = 1177\nwhy = \"renewed\"\n");
    assert_eq!((left, allowed), (0, 1));
    assert_eq!(notes, ["allow-list: the entry of allow.toml line 1 has expired before the window's end and was not applied"]);
}

#[test]
fn without_traffic_one_note_says_that_entries_could_not_be_checked() {
    let notes_of = |text: &str| {
        let mut list = AllowList::default();
        list.add("allow.toml", text.as_bytes()).unwrap();
        judge(&Tables::default(), &Settings::default(), &list, None).notes
    };
    let entry = "[[allow]]\nport = 1\nwhy = \"x\"\n";
    assert_eq!(notes_of(entry), ["allow-list: 1 entry could not be checked: no traffic was read"]);
    assert_eq!(notes_of(&entry.repeat(3)), ["allow-list: 3 entries could not be checked: no traffic was read"]);
    assert!(judge(&Tables::default(), &Settings::default(), &AllowList::default(), None).notes.is_empty());
}

#[test]
fn notes_on_idle_entries_are_bounded_and_the_rest_is_counted() {
    let (_, _, notes) = judged(&"[[allow]]\nport = 9\nwhy = \"x\"\n".repeat(120));
    assert_eq!(notes.len(), 101);
    assert_eq!(notes[99], "allow-list: the entry of allow.toml line 298 matches no finding");
    assert_eq!(notes[100], "allow-list: 20 entries more took no finding");
}

#[test]
fn entries_are_bounded_over_all_files() {
    let many = "[[allow]]\nport=9\nwhy=\"x\"\n".repeat(ENTRIES_MAX);
    let mut list = AllowList::default();
    list.add("many.toml", many.as_bytes()).unwrap();
    assert_eq!(list.entries[ENTRIES_MAX - 1].line, 3 * ENTRIES_MAX - 2);
    let error = list.add("more.toml", b"\n[[allow]]\nport = 9\nwhy = \"x\"\n").unwrap_err();
    assert!(
        error.to_string().starts_with("more.toml:2: cannot read allow-list: there are more than 10000 entries; hint: "),
        "{error}"
    );
    assert_eq!(list.entries.len(), ENTRIES_MAX, "nothing of the file is added");
}

#[test]
fn every_wrong_table_is_refused_with_its_line_and_reason() {
    for (text, expected) in [
        ("", "allow.toml:1: cannot read allow-list: the file holds no entry; hint: "),
        ("# nothing yet\n", "allow.toml:1: cannot read allow-list: the file holds no entry"),
        ("allow = []\n", "allow.toml:1: cannot read allow-list: the file holds no entry"),
        (
            "\n[allow]\nport = 1\n",
            "allow.toml:2: cannot read allow-list: allow is a table; hint: write [[allow]], with two brackets",
        ),
        ("allow = [\n3]\n", "allow.toml:2: cannot read allow-list: allow is a number; hint: write [[allow]]"),
        ("\n[[alow]]\nport = 1\n", "allow.toml:2: cannot read allow-list: there is no table \"alow\"; hint: did you mean allow?"),
        (
            "\nport = 1\n",
            "allow.toml:2: cannot read allow-list: \"port\" stands outside of an entry; hint: begin each entry with [[allow]]",
        ),
        (
            "[detectors.beacon]\ncontacts_min = 20\n",
            "allow.toml:1: cannot read allow-list: an allow-list holds no settings of detectors; hint: put them into the file that --config names",
        ),
    ] {
        assert!(refused(text).starts_with(expected), "{text:?}: {}", refused(text));
    }
}
