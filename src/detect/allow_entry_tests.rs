//! Tests of entries: how their conditions may be written, what they match, and every way to be wrong.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::schema::finding::{ActorKind, Severity};

/// The entry of these lines, with a reason.
fn read(lines: &str) -> Result<Entry, String> {
    let text = format!("[[allow]]\nwhy = \"x\"\n{lines}\n");
    let toml = TomlFile::parse("allow-list", "a/allow.toml", text.as_bytes()).map_err(|error| error.to_string())?;
    let value = &toml.table["allow"].get_ref().as_array().unwrap()[0];
    let DeValue::Table(table) = value.get_ref() else { panic!("{text}") };
    Entry::read(&toml, value.span().start, table).map_err(|error| error.to_string())
}

/// A finding of this actor with these targets, to port 443.
fn finding(actor: &str, targets: &[&str]) -> Finding {
    Finding {
        id: String::new(),
        incident: String::new(),
        detector: "beacon",
        title: String::new(),
        severity: Severity::Medium,
        score: 0.5,
        actor: actor.to_owned(),
        actor_kind: ActorKind::Ip,
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        ports: vec![443],
        protocol: None,
        direction: "Outbound",
        interface: String::new(),
        first_time: String::new(),
        last_time: String::new(),
        flows: 0,
        bytes_sent: 0,
        bytes_received: 0,
        techniques: Vec::new(),
        evidence: std::collections::BTreeMap::new(),
        why: String::new(),
        next_step: String::new(),
        allow_entry: String::new(),
        since: None,
    }
}

fn expects(lines: &str, finding: &Finding) -> bool {
    read(lines).unwrap().expects(&Subject::of(finding))
}

#[test]
fn actor_and_peer_are_compared_as_addresses_however_they_are_written() {
    let v4 = finding("10.0.0.4", &["203.0.113.9"]);
    for same in ["10.0.0.4", " 10.0.0.4 ", "::ffff:10.0.0.4", "::FFFF:a00:4", "0:0:0:0:0:ffff:10.0.0.4"] {
        assert!(expects(&format!("actor = \"{same}\""), &v4), "{same}");
    }
    assert!(expects("peer = \"::ffff:203.0.113.9\"", &v4));
    assert!(!expects("actor = \"10.0.0.40\"", &v4) && !expects("peer = \"10.0.0.4\"", &v4));
    let v6 = finding("2001:db8::a", &["2001:db8::ff"]);
    assert!(expects("actor = \"2001:0DB8:0:0::000A\"\npeer = \"2001:DB8::FF\"", &v6));
    assert!(!expects("actor = \"2001:db8::b\"", &v6));
}

#[test]
fn names_are_compared_whatever_their_case() {
    let named = finding("Hub-VNet/Web", &[]);
    assert!(expects("actor = \"hub-vnet/web\"", &named) && expects("actor = \"HUB-VNET/WEB\"", &named));
    assert!(!expects("actor = \"hub-vnet/web2\"", &named));
    assert!(expects("actor = \"00-0d-3a-aa-bb-cc\"", &finding("00-0D-3A-AA-BB-CC", &[])));
    assert!(expects("actor = \"00:0d:3a:aa:bb:cc\"", &finding("00:0D:3A:AA:BB:CC", &[])), "a MAC is a name, not IPv6");
}

#[test]
fn a_network_holds_the_actor_or_all_targets() {
    let near = finding("10.0.0.4", &["203.0.113.9", "203.0.113.77"]);
    for network in ["203.0.113.0/24", "10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:203.0.113.0/120", " 10.0.0.4/32 "] {
        assert!(expects(&format!("network = \"{network}\""), &near), "{network}");
    }
    for network in ["203.0.113.0/26", "10.0.1.0/24", "::/0"] {
        assert!(!expects(&format!("network = \"{network}\""), &near), "{network}");
    }
    assert!(!expects("network = \"203.0.113.0/24\"", &finding("web", &[])), "a name lies in no network");
    let targets: Vec<String> = (0..LISTED_MAX).map(|host| format!("203.0.113.{host}")).collect();
    let full = finding("10.0.0.4", &targets.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!expects("network = \"203.0.113.0/24\"", &full), "a full list may hide others");
}

#[test]
fn directions_are_read_whatever_their_case() {
    let out = finding("10.0.0.4", &[]);
    assert!(expects("port = 443\ndirection = \"OUTBOUND\"", &out) && !expects("port = 443\ndirection = \"inbound\"", &out));
}

#[test]
fn dates_and_times_need_no_quotes() {
    let until = |text: &str| read(&format!("port = 1\nuntil = {text}")).unwrap().until;
    // 2026-12-31T00:00:00Z is 1,798,675,200 seconds after the epoch.
    let day = 1_798_675_200_000;
    for (text, ms) in [
        ("2026-12-31", DAY_MS),
        ("\"2026-12-31\"", DAY_MS),
        ("2026-12-31T18:30:00Z", 18 * HOUR_MS + 30 * MINUTE_MS),
        ("\"2026-12-31T18:30:00Z\"", 18 * HOUR_MS + 30 * MINUTE_MS),
        ("2026-12-31T18:30:00", 18 * HOUR_MS + 30 * MINUTE_MS),
        ("2026-12-31 18:30:00.5", 18 * HOUR_MS + 30 * MINUTE_MS + 500),
        ("2026-12-31T18:30:00+01:30", 17 * HOUR_MS),
        ("\"2026-12-31T18:30:00-05:00\"", 23 * HOUR_MS + 30 * MINUTE_MS),
    ] {
        assert_eq!(until(text), Some(day + ms), "{text}");
    }
}

#[test]
fn every_wrong_field_is_refused_with_its_line_and_reason() {
    for (lines, expected) in [
        ("port = 1\nprot = 2", "a/allow.toml:4: cannot read allow-list: there is no field \"prot\"; hint: did you mean port?"),
        (
            "Detector = \"beacon\"",
            "allow.toml:3: cannot read allow-list: there is no field \"Detector\"; hint: did you mean detector?",
        ),
        ("detector = \"beacons\"", ":3: cannot read allow-list: there is no detector \"beacons\"; hint: did you mean beacon?"),
        ("detector = 3", ":3: cannot read allow-list: detector is a number; hint: write the name of a detector, in quotes"),
        ("peer = \"300.1.1.1\"", ":3: cannot read allow-list: \"300.1.1.1\" is no IP address; hint: check its digits"),
        ("actor = \"fe80::1::2\"", "\"fe80::1::2\" is no IP address"),
        ("actor = \" \"", ":3: cannot read allow-list: actor is empty; hint: "),
        ("actor = [\"10.0.0.4\"]", "actor is a list; hint: write an address or a name, in quotes"),
        (
            "peer = \"10.0.0.0/8\"",
            "\"10.0.0.0/8\" is a network, and peer is one address or name; hint: write network = \"10.0.0.0/8\"",
        ),
        (
            "network = \"10.0.0.0\"",
            ":3: cannot read allow-list: \"10.0.0.0\" is no network such as 203.0.113.0/24; hint: one address goes",
        ),
        (
            "network = \"10.0.0.1/24\"",
            ":3: cannot read allow-list: 10.0.0.1/24 has host bits set; hint: did you mean 10.0.0.0/24?",
        ),
        ("network = \"2001:DB8::1/32\"", "2001:db8::1/32 has host bits set; hint: did you mean 2001:db8::/32?"),
        ("network = true", "network is true or false; hint: write a network such as"),
        ("port = 70000", ":3: cannot read allow-list: \"70000\" is no port; hint: write a number from 0 to 65535"),
        ("port = -1", "\"-1\" is no port"),
        ("port = 1.5", "\"1.5\" is no port"),
        ("port = \"443\"", "port is a text; hint: write a number from 0 to 65535, without quotes"),
        (
            "port = 1\n\nuntil = \"tomorrow\"",
            ":5: cannot read allow-list: \"tomorrow\" is no UTC date or time; hint: write it like 2026-12-31",
        ),
        ("port = 1\nuntil = 18:30:00", ":4: cannot read allow-list: \"18:30:00\" is no UTC date or time"),
        ("port = 1\nuntil = \"2026-12-31T18:30:00Z+01:00\"", "is no UTC date or time"),
        ("port = 1\nuntil = \"2026-12-31T18:30:00+1:00\"", "is no UTC date or time"),
        ("port = 1\nuntil = \"2026-12-31T18:30:00+25:00\"", "is no UTC date or time"),
        ("port = 1\nuntil = 20261231", "until is a number; hint: write a date such as 2026-12-31"),
        ("direction = \"up\"", ":3: cannot read allow-list: \"up\" is no direction; hint: write Inbound or Outbound"),
        ("direction = \"Inbound\"", ":1: cannot read allow-list: the entry states no condition; hint: "),
        ("port = 1\nport = 2", ":4: cannot read allow-list: \"port\" is set twice; hint: keep one of the two"),
    ] {
        let message = read(lines).unwrap_err();
        assert!(message.contains(expected) && message.contains("; hint: "), "{lines:?}: {message}");
    }
}

#[test]
fn an_entry_needs_a_reason_of_some_words() {
    let refused = |text: &str| {
        let toml = TomlFile::parse("allow-list", "allow.toml", text.as_bytes()).unwrap();
        let DeValue::Table(table) = toml.table["allow"].get_ref().as_array().unwrap()[0].get_ref() else { panic!("{text}") };
        Entry::read(&toml, 0, table).unwrap_err().to_string()
    };
    assert!(
        refused("[[allow]]\nport = 1\n")
            .starts_with("allow.toml:1: cannot read allow-list: the entry states no reason; hint: add why")
    );
    let empty = "allow.toml:3: cannot read allow-list: why is empty: the entry states no reason; hint: fill in who expects this";
    assert!(refused("[[allow]]\nport = 1\nwhy = \"\"\n").starts_with(empty));
    assert!(refused("[[allow]]\nport = 1\nwhy = \" \\t\"\n").starts_with(empty));
    assert!(refused("[[allow]]\nwhy = 3\n").contains("why is a number; hint: write a sentence, in quotes"));
    assert!(
        refused(&format!("[[allow]]\nwhy = \"{}\"\n", "é".repeat(1_001)))
            .contains(":2: cannot read allow-list: why has more than 1000 characters")
    );
    assert!(read("port = 1").is_ok());
}

#[test]
fn what_a_message_repeats_of_the_file_is_escaped_and_cut() {
    let long = read(&format!("detector = \"\\u001b[2J{}\"", "a".repeat(10_000))).unwrap_err();
    assert!(long.len() < 250 && !long.contains('\u{1b}') && long.contains("\\u{1b}[2Jaaa"), "{long}");
}
