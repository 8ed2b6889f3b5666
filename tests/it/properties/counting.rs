//! The rules of counting over whole runs: traffic that several capture points saw, windows, and what replaces what.

use std::collections::BTreeMap;

use super::folder;
use crate::logs::{blob, nsg, put, vnet, vnet_path};
use crate::run::{Report, analyze, number};

/// Two machines, A and B, each with its NIC.
const A: &str = "000D3A00000A";
const B: &str = "000D3A00000B";

/// What A's NIC logs of one connection from A to B, and of one to elsewhere, by which its address is known.
const AT_A: [&str; 5] = [
    "1724086810123,10.0.0.4,10.0.0.5,45321,443,6,O,B,NX,0,0,0,0",
    "1724086870123,10.0.0.4,10.0.0.5,45321,443,6,O,C,NX,10,1000,9,9000",
    "1724086930123,10.0.0.4,10.0.0.5,45321,443,6,O,E,NX,5,500,5,5000",
    "1724086810123,10.0.0.4,192.0.2.1,45000,53,17,O,B,NX,0,0,0,0",
    "1724086930123,10.0.0.4,192.0.2.1,45000,53,17,O,E,NX,1,70,1,140",
];

/// What B's NIC, whose clock ticks at other seconds, logs of the same connection.
const AT_B: [&str; 3] = [
    "1724086810124,10.0.0.4,10.0.0.5,45321,443,6,I,B,NX,0,0,0,0",
    "1724086850124,10.0.0.4,10.0.0.5,45321,443,6,I,C,NX,7,700,6,6000",
    "1724086930124,10.0.0.4,10.0.0.5,45321,443,6,I,E,NX,8,800,8,8000",
];

/// What A's NIC logs as an NSG flow log of version 2.
const AT_A_BY_NSG: [&str; 3] = [
    "1724086810,10.0.0.4,10.0.0.5,45321,443,T,O,A,B,,,,",
    "1724086870,10.0.0.4,10.0.0.5,45321,443,T,O,A,C,10,1000,9,9000",
    "1724086930,10.0.0.4,10.0.0.5,45321,443,T,O,A,E,5,500,5,5000",
];

/// A report over records, each in a blob of its own.
fn report(records: &[String], options: &[&str]) -> Report {
    let folder = folder();
    for (index, record) in records.iter().enumerate() {
        put(folder.path(), &format!("{index}.json"), blob(&[record]));
    }
    analyze([folder.path()], options)
}

/// The row of the pair from A to B.
fn pair(report: &Report) -> BTreeMap<String, String> {
    let rows = report.table("traffic_by_pair").rows;
    let mut found = rows.into_iter().filter(|row| row["src_ip"] == "10.0.0.4" && row["dst_ip"] == "10.0.0.5");
    let row = found.next().expect("a row of the pair");
    assert_eq!(found.next(), None, "one row");
    row
}

fn numbers_of_pair(report: &Report) -> [String; 6] {
    let row = pair(report);
    ["flows_allowed", "flows_denied", "bytes_sent", "bytes_received", "packets_sent", "packets_received"]
        .map(|column| row[column].clone())
}

#[test]
fn allowed_traffic_is_the_same_at_the_source_the_destination_and_both() {
    let (at_a, at_b) = (vnet(A, "t", "Out", &AT_A), vnet(B, "t", "In", &AT_B));
    let expected = ["1", "0", "1500", "14000", "15", "14"];
    for (records, place) in [
        (vec![at_a.clone()], "source"),
        (vec![at_b.clone()], "destination"),
        (vec![at_a.clone(), at_b.clone()], "both"),
        (vec![at_b, at_a], "both, in another order"),
    ] {
        let report = report(&records, &[]);
        assert_eq!(numbers_of_pair(&report), expected, "{place}");
        let summary = report.summary();
        let observed = number(&summary, "traffic.observed.bytes_dst_to_src");
        let once = number(&summary, "traffic.deduplicated.bytes_dst_to_src");
        assert_eq!(observed - once, if records.len() == 2 { 14_000 } else { 0 }, "{place}");
    }
}

#[test]
fn a_vnet_log_replaces_an_nsg_log_of_the_same_nic() {
    let records = [vnet(A, "t", "Out", &AT_A), nsg(A, "t", "Out", &AT_A_BY_NSG)];
    let report = report(&records, &[]);
    assert_eq!(numbers_of_pair(&report), ["1", "0", "1500", "14000", "15", "14"]);
    assert_eq!(number(&report.summary(), "traffic.observed.bytes_src_to_dst"), 1_500 * 2 + 70);
}

#[test]
fn a_deny_at_the_destination_turns_an_allowed_flow_into_a_denied_one() {
    let denied = ["1724086810124,10.0.0.4,10.0.0.5,45321,443,6,I,D,NX,0,0,0,0"];
    let at_a = vnet(A, "t", "Out", &[AT_A[0], AT_A[3], AT_A[4]]);
    let report =
        report(&[at_a, vnet(B, "t", "DenyAllInBound", &[denied[0], AT_B[0].replace("10.0.0.4", "10.0.0.9").as_str()])], &[]);
    assert_eq!(numbers_of_pair(&report)[..2], ["0", "1"]);
}

#[test]
fn a_repeat_counts_once_in_its_unit_and_apart_in_others() {
    let record = vnet(A, "t", "Out", &AT_A);
    let kept = |names: [&str; 2]| {
        let folder = folder();
        names.iter().for_each(|name| drop(put(folder.path(), name, blob(&[&record]))));
        let summary = analyze([folder.path()], &[]).summary();
        (number(&summary, "tuples.kept"), number(&summary, "tuples.duplicate"))
    };
    let path = vnet_path(A, 0);
    assert_eq!(kept([&path, &path.replace("PT1H", "PT1H-2")]), (5, 5), "one capture point and hour");
    assert_eq!(kept([&path, &vnet_path(A, 1)]), (10, 0), "another hour");
    assert_eq!(kept(["a.json", "b.json"]), (10, 0), "names that say nothing");
}

#[test]
fn windows_that_meet_share_no_tuple_and_miss_none() {
    let records = [vnet(A, "t", "Out", &AT_A), vnet(B, "t", "In", &AT_B)];
    let moment = "2024-08-19T17:01:10.123Z";
    let kept = |options: &[&str]| {
        let summary = report(&records, options).summary();
        let (kept, outside) = (number(&summary, "tuples.kept"), number(&summary, "tuples.outside_window"));
        assert_eq!(kept + outside, 8, "{options:?}");
        kept
    };
    assert_eq!((kept(&[]), kept(&["--to", moment]), kept(&["--from", moment])), (8, 4, 4));
    // The newest tuple is of 17:02:10.124: one that is exactly two minutes older is outside the last two.
    assert_eq!((kept(&["--last", "1m"]), kept(&["--last", "2m"]), kept(&["--last", "24h"])), (3, 5, 8));
}

#[test]
fn the_interval_and_the_rows_kept_change_no_total() {
    let records = [vnet(A, "t", "Out", &AT_A), vnet(B, "t", "In", &AT_B)];
    let plain = report(&records, &[]).summary();
    for options in [&["--interval", "60m"][..], &["--top-rows", "1"], &["--threads", "3"]] {
        assert_eq!(report(&records, options).summary()["traffic"], plain["traffic"], "{options:?}");
    }
}
