//! Threat lists as a whole: each format, each error, and how hits and warnings are judged by the window.

#![allow(clippy::unwrap_used)]

use std::net::IpAddr;

use super::*;
use crate::schema::units::{DAY_MS, date_start};

/// 22 and 23 November 2026.
const WINDOW: (i64, i64) = (1_795_305_600_000, 1_795_305_600_000 + 2 * DAY_MS - 1);

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn read_list(text: &str) -> (ThreatLists, InputInfo) {
    let mut lists = ThreatLists::default();
    let info = lists.add("feeds/list.txt", text.as_bytes()).unwrap();
    (lists, info)
}

fn error(text: &str) -> String {
    ThreatLists::default().add("feeds/list.txt", text.as_bytes()).unwrap_err().to_string()
}

/// Entry and date of the hit of an address, and its ports.
fn hit(lists: &ThreatLists, ip: &str) -> Option<String> {
    let hit = lists.get(address(ip), WINDOW)?;
    assert_eq!(hit.list, "list.txt");
    let ports = hit.port.into_iter().chain(hit.other_ports).map(|port| format!(" :{port}")).collect::<String>();
    let date = hit.date.map(|date| format!(" of {}", draft::day(date))).unwrap_or_default();
    Some(format!("{}{ports}{date}", hit.entry))
}

#[track_caller]
fn check(text: &str, hits: &[(&str, &str)]) -> InputInfo {
    let (lists, info) = read_list(text);
    for (ip, expected) in hits {
        let expected = (!expected.is_empty()).then(|| (*expected).to_owned());
        assert_eq!(hit(&lists, ip), expected, "{ip}");
    }
    info
}

#[test]
fn the_window_of_these_tests_begins_at_midnight() {
    assert_eq!(WINDOW.0, date_start(2026, 11, 22));
}

#[test]
fn a_plain_list_has_an_address_prefix_range_or_port_a_line() {
    let info = check(
        "# bad ones\n203.0.113.9\n\n198.51.100.0/24 # scanners\n192.0.2.4-192.0.2.5 ; two\n203.0.113.10:443\n[2001:db8::9]:8443\n2001:db8:1::/48\n",
        &[
            ("203.0.113.9", "203.0.113.9"),
            ("198.51.100.77", "198.51.100.0/24 (scanners)"),
            ("192.0.2.4", "192.0.2.4-192.0.2.5 (two)"),
            ("192.0.2.5", "192.0.2.4-192.0.2.5 (two)"),
            ("192.0.2.6", ""),
            ("203.0.113.10", "203.0.113.10:443 :443"),
            ("2001:db8::9", "[2001:db8::9]:8443 :8443"),
            ("2001:db8:1::77", "2001:db8:1::/48"),
            ("203.0.113.11", ""),
        ],
    );
    assert_eq!(
        (info.kind, info.file.as_str(), info.version.as_str()),
        (crate::schema::inputs::InputKind::ThreatList, "list.txt", "")
    );
    assert_eq!((info.entries, info.warnings), (6, vec![]));
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_change_nothing() {
    check("\u{feff}203.0.113.9\r\n198.51.100.0/24\r\n", &[("203.0.113.9", "203.0.113.9"), ("198.51.100.1", "198.51.100.0/24")]);
    let json = "\u{feff}{\"cidr\":\"203.0.113.0/24\",\"sblid\":\"SBL1\",\"rir\":\"ripencc\"}\r\n{\"type\":\"metadata\",\"timestamp\":1795219200,\"records\":1}\r\n";
    check(json, &[("203.0.113.9", "203.0.113.0/24 (SBL1) of 2026-11-21")]);
}

#[test]
fn a_firehol_list_is_dated_by_its_header_and_its_bogons_are_passed_over() {
    let info = check(
        "#\n# firehol_level1\n#\n# Source File Date: Thu Oct  8 04:14:54 UTC 2026\n# This File Date  : Fri Nov 20 04:41:57 UTC 2026\n\
         # Entries         : 5 subnets\n#\n0.0.0.0/8\n10.0.0.0/8\n127.0.0.0/8\n224.0.0.0/3\n203.0.113.0/24\n",
        &[("203.0.113.9", "203.0.113.0/24 of 2026-11-20"), ("10.0.0.4", ""), ("127.0.0.1", "")],
    );
    assert_eq!((info.entries, info.version.as_str()), (1, "2026-11-20"));
    assert_eq!(info.warnings, ["4 private or reserved prefixes were passed over: they match no public address"]);
}

#[test]
fn spamhaus_drop_as_text_tells_when_it_expires() {
    let info = check(
        "; Spamhaus DROP List 2026/11/21 - (c) 2026 The Spamhaus Project SLU\n; Last-Modified: Fri, 20 Nov 2026 17:01:40 GMT\n\
         ; Expires: Sat, 21 Nov 2026 17:14:02 GMT\n203.0.113.0/24 ; SBL256894\n198.51.100.0/25;SBL1\n",
        &[("203.0.113.9", "203.0.113.0/24 (SBL256894) of 2026-11-20"), ("198.51.100.1", "198.51.100.0/25 (SBL1) of 2026-11-20")],
    );
    assert_eq!(info.version, "2026-11-20, expires 2026-11-21");
    let info = check("; Spamhaus DROP List 2026/11/21 - (c)\n203.0.113.0/24 ; SBL1\n", &[]);
    assert_eq!(info.version, "2026-11-21");
}

#[test]
fn spamhaus_drop_as_json_is_one_object_a_line() {
    let text = "{\"cidr\":\"203.0.113.0\\/24\",\"sblid\":\"SBL256894\",\"rir\":\"apnic\"}\n{\"cidr\":\"2001:db8::/32\",\"sblid\":\"SBL2\",\"rir\":\"arin\"}\n\
                {\"type\":\"metadata\",\"timestamp\":1795219200,\"size\":1,\"records\":2,\"copyright\":\"c\"}\n";
    let hits =
        [("203.0.113.9", "203.0.113.0/24 (SBL256894) of 2026-11-21"), ("2001:db8::9", "2001:db8::/32 (SBL2) of 2026-11-21")];
    let info = check(text, &hits);
    assert_eq!((info.entries, info.version.as_str(), info.warnings.len()), (2, "2026-11-21", 0));
    let array = format!("[{}]", text.trim_end().replace('\n', ","));
    assert_eq!(check(&array, &hits).entries, 2);
}

#[test]
fn a_drop_list_that_was_cut_says_so() {
    let line = "{\"cidr\":\"203.0.113.0/24\",\"sblid\":\"SBL1\",\"rir\":\"apnic\"}\n";
    let info = check(line, &[]);
    assert_eq!(info.warnings, ["lacks its last line, the metadata: it may have been cut off"]);
    let info = check(&format!("{line}{{\"type\":\"metadata\",\"timestamp\":1795219200,\"records\":7}}\n"), &[]);
    assert_eq!(info.warnings, ["says it has 7 records, but holds 1: it may have been cut off"]);
    assert_eq!(
        error(&format!("{line}{line}{{\"cidr\":\"203.0.1")),
        "cannot read threat list: feeds/list.txt line 3: the JSON ends before it is closed; \
         hint: the download was cut off, fetch the list again"
    );
}

const FEODO: &str = "################################################################\n\
    # abuse.ch Feodo Tracker Botnet C2 IP Blocklist (CSV)          #\n\
    # Last updated: 2026-11-20 10:15:02 UTC                        #\n\
    ################################################################\n\
    \"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n\
    \"2026-10-01 00:00:01\",\"203.0.113.9\",\"8080\",\"online\",\"2026-11-19\",\"Emotet\"\n\
    \"2026-10-02 00:00:01\",\"203.0.113.10\",\"443\",\"offline\",\"\",\"QakBot\"\n";

#[test]
fn feodo_tracker_as_csv_dates_each_server_and_holds_for_every_port() {
    let info = check(
        &format!("{FEODO}# END 2 entries\n"),
        &[
            ("203.0.113.9", "203.0.113.9 (Emotet, port 8080, online) of 2026-11-19"),
            ("203.0.113.10", "203.0.113.10 (QakBot, port 443, offline) of 2026-10-02"),
        ],
    );
    assert_eq!((info.entries, info.version.as_str(), info.warnings.len()), (2, "2026-11-20", 0));
    let old = "# Firstseen,DstIP,DstPort,LastOnline,Malware\n2026-10-01 00:00:01,203.0.113.9,8080,2026-11-19,Heodo\n";
    check(old, &[("203.0.113.9", "203.0.113.9 (Heodo, port 8080) of 2026-11-19")]);
}

#[test]
fn a_feodo_list_without_servers_is_a_list() {
    let header = FEODO.lines().take(5).collect::<Vec<_>>().join("\n");
    let info = check(&format!("{header}\n# END 0 entries\n"), &[("203.0.113.9", "")]);
    assert_eq!((info.entries, info.warnings), (0, vec!["holds no entry".to_owned()]));
}

#[test]
fn feodo_tracker_as_json_has_the_same_servers() {
    let info = check(
        "[{\"ip_address\":\"203.0.113.9\",\"port\":8080,\"status\":\"online\",\"hostname\":null,\"as_number\":64500,\"as_name\":\"X\",\"country\":\"DE\",\
         \"first_seen\":\"2026-10-01 00:00:01\",\"last_online\":\"2026-11-19\",\"malware\":\"Emotet\"},{\"ip_address\":\"x\"}]",
        &[("203.0.113.9", "203.0.113.9 (Emotet, port 8080, online) of 2026-11-19")],
    );
    assert_eq!(info.version, "2026-11-19");
    assert_eq!(info.warnings, ["1 entry names no address and was passed over, the first is \"x\""]);
}

#[test]
fn ipsum_tells_on_how_many_lists_an_address_stands() {
    let info = check(
        "# IPsum Threat Intelligence Feed\n# Last update: Fri, 20 Nov 2026 03:00:35 +0200\n# IP\tnumber of (black)lists\n#\n203.0.113.9\t10\n203.0.113.10\t1\n",
        &[("203.0.113.9", "203.0.113.9 (10 lists) of 2026-11-20"), ("203.0.113.10", "203.0.113.10 (1 list) of 2026-11-20")],
    );
    assert_eq!(info.version, "2026-11-20");
}

#[test]
fn a_block_may_be_written_by_its_ends_or_with_a_netmask() {
    check(
        "203.0.113.0\t203.0.113.255\t24\t1500\tEXAMPLE\n198.51.100.0 255.255.255.128\n\"2026-11-20\",\"192.0.2.7\"\n",
        &[
            ("203.0.113.200", "203.0.113.0-203.0.113.255"),
            ("198.51.100.127", "198.51.100.0/25"),
            ("198.51.100.128", ""),
            ("192.0.2.7", "192.0.2.7"),
        ],
    );
}

#[test]
fn a_misp_event_tells_its_attributes_for_detection() {
    let attribute = |kind: &str, value: &str, more: &str| format!("{{\"type\":\"{kind}\",\"value\":\"{value}\",{more}}}");
    let yes = "\"to_ids\":true,\"comment\":\"\",\"timestamp\":\"1795132800\"";
    let attributes = [
        attribute("ip-dst", "203.0.113.1", yes),
        attribute("ip-dst|port", "203.0.113.2|8443", yes),
        attribute("domain|ip", "example.com|203.0.113.3", "\"to_ids\":true,\"comment\":\"C2\""),
        attribute("ip-src", "203.0.113.4", "\"to_ids\":false"),
        attribute("ip-src", "203.0.113.5", "\"to_ids\":true,\"deleted\":true"),
        attribute("url", "x", yes),
    ];
    let object = attribute("ip-src|port", "2001:db8::9|50000", yes);
    let event = format!(
        "{{\"Event\":{{\"info\":\"Campaign\",\"date\":\"2026-11-01\",\"publish_timestamp\":\"1795219200\",\"Attribute\":[{}],\"Object\":[{{\"Attribute\":[{object}]}}]}}}}",
        attributes.join(",")
    );
    let hits = [
        ("203.0.113.1", "203.0.113.1 (Campaign) of 2026-11-20"),
        ("203.0.113.2", "203.0.113.2|8443 (Campaign) :8443 of 2026-11-20"),
        ("203.0.113.3", "example.com|203.0.113.3 (C2) of 2026-11-21"),
        ("203.0.113.4", ""),
        ("203.0.113.5", ""),
        ("2001:db8::9", "2001:db8::9|50000 (Campaign) of 2026-11-20"),
    ];
    let info = check(&event, &hits);
    assert_eq!((info.entries, info.version.as_str()), (4, "2026-11-21"));
    assert_eq!(check(&format!("{{\"response\":[{event}]}}"), &hits).entries, 4);
}

#[test]
fn each_error_says_where_and_what_to_do() {
    for (text, expected) in [
        ("", ": holds no entry; hint: a list that could not be fetched is often empty, fetch it again or leave it out"),
        (
            " \n# only a comment\n",
            ": holds no entry; hint: a list that could not be fetched is often empty, fetch it again or leave it out",
        ),
        ("[]", ": holds no entry; hint: a list that could not be fetched is often empty, fetch it again or leave it out"),
        (
            "\n<!DOCTYPE html><html>",
            ": is an HTML page, not a list; hint: the download failed, open the file to see what the server answered",
        ),
        ("<?xml version=\"1.0\"?><x/>", ": is XML; hint: of STIX, versions 2.0 and 2.1 are read, which are JSON"),
        (
            "# domains\nexample.com\nexample.org\n",
            " line 2: nothing in it names a public address: 2 entries name no address and were passed over, \
             the first is line 2, \"example.com\"; \
             hint: docs/threat-lists.md names the formats that are read, and what matches",
        ),
        (
            "10.0.0.0/8\n",
            ": nothing in it names a public address: 1 private or reserved prefix was passed over: it matches no public address; \
             hint: docs/threat-lists.md names the formats that are read, and what matches",
        ),
        (
            "{\"type\":\"bundle\",\n\"objects\":[{\"type\":\"indica",
            " line 2: the JSON ends before it is closed; hint: the download was cut off, fetch the list again",
        ),
        ("{\"a\":1,\n\"b\":x}", " line 2: expected value at column 5"),
        (
            "{\"a\":1}",
            ": is JSON, but none of STIX, MISP event, Feodo Tracker or Spamhaus DROP; \
             hint: docs/threat-lists.md names the formats that are read",
        ),
        (
            "{\"list\":[\"203.0.113.0/24\"],\"matching_attributes\":[\"ip-src\"],\"type\":\"cidr\"}",
            ": is a MISP warninglist: it names what is known to be harmless; hint: leave it out",
        ),
        (
            "{\"asn\":64500,\"rir\":\"arin\",\"asname\":\"X\"}\n",
            " line 1: names autonomous systems, not addresses; hint: give drop_v4.json and drop_v6.json instead",
        ),
    ] {
        assert_eq!(error(text), format!("cannot read threat list: feeds/list.txt{expected}"), "{text}");
    }
    let error = ThreatLists::default().add("l", b"203.0.113.9\n\xff\xfe").unwrap_err();
    assert_eq!(error.to_string(), "cannot read threat list: l line 2: is not UTF-8 text; hint: unpack it, or save it as UTF-8");
}

#[test]
fn a_list_that_cannot_be_read_leaves_the_others_as_they_were() {
    let (mut lists, _) = read_list("203.0.113.9\n");
    assert!(lists.add("list.txt", b"").is_err());
    assert_eq!(lists.warnings(WINDOW).len(), 1);
    assert!(hit(&lists, "203.0.113.9").is_some());
}

#[test]
fn lines_that_name_no_address_are_counted_and_the_first_is_quoted() {
    let info = check("203.0.113.9\nexa\x1bmple.com\nhttp://203.0.113.10/x\n", &[("203.0.113.9", "203.0.113.9")]);
    assert_eq!(info.warnings, ["2 entries name no address and were passed over, the first is line 2, \"exa\\u{1b}mple.com\""]);
}

#[test]
fn a_prefix_that_would_make_everything_malicious_is_refused() {
    let info = check(
        "203.0.113.9\n0.0.0.0/0\n::/0\n192.0.0.0/8\n",
        &[("203.0.113.9", "203.0.113.9"), ("203.0.113.10", ""), ("2001:db8::1", "")],
    );
    assert_eq!(
        info.warnings,
        ["3 prefixes were refused: they hold private space or more than anybody owns, the first is \"0.0.0.0/0\""]
    );
    assert_eq!(info.entries, 1);
}

#[test]
fn a_private_address_is_never_malicious() {
    let (lists, _) = read_list("0.0.0.0/0\n10.0.0.4\n168.63.129.16\n203.0.113.9\n");
    for ip in ["10.0.0.4", "168.63.129.16", "169.254.169.254", "fd00::1", "127.0.0.1"] {
        assert_eq!(hit(&lists, ip), None, "{ip}");
    }
}

#[test]
fn within_a_list_the_longest_prefix_wins_and_of_lists_the_first() {
    let (mut lists, _) = read_list("203.0.113.0/24\n203.0.113.0/25 # half\n203.0.113.9 # one\n");
    lists.add("other/second.txt", b"203.0.113.9 # second\n198.51.100.1\n").unwrap();
    assert_eq!(hit(&lists, "203.0.113.9").unwrap(), "203.0.113.9 (one)");
    assert_eq!(hit(&lists, "203.0.113.8").unwrap(), "203.0.113.0/25 (half)");
    assert_eq!(hit(&lists, "203.0.113.200").unwrap(), "203.0.113.0/24");
    assert_eq!(lists.get(address("198.51.100.1"), WINDOW).unwrap().list, "second.txt");
}

#[test]
fn entries_for_one_port_each_tell_all_ports_and_yield_to_one_for_every_port() {
    let (mut lists, _) =
        read_list("203.0.113.9:8443\n203.0.113.9:443\n203.0.113.9:443\n203.0.113.10:80\n203.0.113.10\n192.0.2.1:22\n");
    assert_eq!(hit(&lists, "203.0.113.9").unwrap(), "203.0.113.9:443 :443 :8443");
    assert_eq!(hit(&lists, "203.0.113.10").unwrap(), "203.0.113.10");
    lists.add("second.txt", b"192.0.2.0/24\n203.0.113.9:22\n").unwrap();
    let wide = lists.get(address("192.0.2.1"), WINDOW).unwrap();
    assert_eq!((wide.list.as_str(), wide.entry.as_str(), wide.port), ("second.txt", "192.0.2.0/24", None));
    let ports = lists.get(address("203.0.113.9"), WINDOW).unwrap();
    assert_eq!((ports.port, ports.other_ports), (Some(443), vec![22, 8443]));
}

#[test]
fn a_list_that_expired_or_is_far_from_the_window_says_so() {
    let warnings = |header: &str| read_list(&format!("{header}\n203.0.113.9\n")).0.warnings(WINDOW).remove(0);
    assert_eq!(warnings("; Expires: Sat, 21 Nov 2026 23:59:59 GMT"), ["expired on 2026-11-21 before the window begins"]);
    assert_eq!(warnings("; Expires: Sun, 22 Nov 2026 00:00:00 GMT"), [""; 0]);
    assert_eq!(warnings("# Last updated: 2026-10-23 00:00:00"), [""; 0]);
    assert_eq!(
        warnings("# Last updated: 2026-10-22 23:59:59"),
        ["dated 2026-10-22, 30 days before the window begins: addresses may have changed hands"]
    );
    assert_eq!(warnings("# Last updated: 2026-12-23 23:59:59"), [""; 0]);
    assert_eq!(
        warnings("# Last updated: 2026-12-25"),
        ["dated 2026-12-25, 31 days after the window ends: its addresses may not have been bad then"]
    );
}

#[test]
fn a_text_of_a_list_is_cut_and_stands_on_one_line() {
    let (lists, _) = read_list(&format!("203.0.113.9 # a\tb{}\n", "x".repeat(5000)));
    assert_eq!(hit(&lists, "203.0.113.9").unwrap(), format!("203.0.113.9 (a b{}…)", "x".repeat(97)));
}

#[test]
fn many_entries_of_one_prefix_are_bounded() {
    let text: String = (1..=5000).map(|port| format!("203.0.113.9:{port}\n")).collect();
    let (lists, info) = read_list(&text);
    assert_eq!(info.entries, 5000);
    assert_eq!(lists.get(address("203.0.113.9"), WINDOW).unwrap().other_ports.len(), 999);
}

#[test]
fn a_large_list_answers_like_a_small_one() {
    // 100,000 distinct addresses of 32.0.0.0 and above, ten apart.
    let text: String = (0..100_000u32).map(|i| format!("{}\t3\n", std::net::Ipv4Addr::from((32 << 24) + i * 10))).collect();
    let (lists, info) = read_list(&text);
    assert_eq!((info.entries, info.warnings.len()), (100_000, 0));
    assert_eq!(hit(&lists, "32.0.0.10").unwrap(), "32.0.0.10 (3 lists)");
    assert_eq!(hit(&lists, "32.0.0.11"), None);
    assert_eq!(hit(&lists, "32.15.66.54").unwrap(), "32.15.66.54 (3 lists)");
    assert_eq!(hit(&lists, "32.15.66.64"), None);
}

mod stix;

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = ThreatLists::default().add("any", &bytes);
    }

    #[test]
    fn no_text_of_the_words_of_lists_makes_it_panic(
        text in r#"(203\.0\.113\.9|[0-9.:/,;#\[\]{}"' -]{1,6}|\n|\t|"cidr":|"objects":|\[\{"type":"indicator","id":"indicator--1","pattern":"\[a:b = 'c'\]"\}|dst_ip,|Expires: ){0,30}"#
    ) {
        let mut lists = ThreatLists::default();
        let _ = lists.add("any", text.as_bytes());
        let _ = (lists.get(address("203.0.113.9"), WINDOW), lists.warnings(WINDOW));
    }
}
