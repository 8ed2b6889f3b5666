//! The worked example of docs/counting.md: one flow with 100 bytes there and 50 back, captured at one NIC and at two.

use std::path::Path;

use crate::logs::{blob, put, vnet};
use crate::properties::folder;
use crate::run::{Report, analyze, number, numbers};

const AT_SOURCE: &str = "000D3A00000A";
const AT_DESTINATION: &str = "000D3A00000B";

const SOURCE: [&str; 2] = [
    "1724086810123,10.0.0.4,10.1.0.4,45321,443,6,O,B,NX,0,0,0,0",
    "1724086870123,10.0.0.4,10.1.0.4,45321,443,6,O,E,NX,1,100,1,50",
];
const DESTINATION: [&str; 2] = [
    "1724086810124,10.0.0.4,10.1.0.4,45321,443,6,I,B,NX,0,0,0,0",
    "1724086870124,10.0.0.4,10.1.0.4,45321,443,6,I,E,NX,1,100,1,50",
];

fn report(records: &[String]) -> Report {
    let folder = folder();
    put(folder.path(), "logs.json", blob(records));
    analyze([folder.path()], &[])
}

/// Flows and bytes both ways, deduplicated and observed.
fn counted(records: &[String]) -> [u64; 4] {
    let summary = report(records).summary();
    let of = |counting: &str| {
        let traffic = &summary["traffic"][counting];
        let flows = number(traffic, "flows_inbound_allowed") + number(traffic, "flows_outbound_allowed");
        (flows, numbers(traffic, ["bytes_src_to_dst", "bytes_dst_to_src"]).iter().sum::<u64>())
    };
    let ((flows, bytes), (flows_observed, bytes_observed)) = (of("deduplicated"), of("observed"));
    [flows, bytes, flows_observed, bytes_observed]
}

#[test]
fn a_flow_of_150_bytes_has_150_bytes_wherever_it_was_captured() {
    let (source, destination) = (vnet(AT_SOURCE, "t", "Out", &SOURCE), vnet(AT_DESTINATION, "t", "In", &DESTINATION));
    assert_eq!(counted(std::slice::from_ref(&source)), [1, 150, 1, 150]);
    assert_eq!(counted(std::slice::from_ref(&destination)), [1, 150, 1, 150]);
    assert_eq!(counted(&[source, destination]), [1, 150, 2, 300]);
}

/// The workbooks' formula for bytes, as docs/counting.md writes it down. Each pair is what one NIC logged, there and back.
fn bytes_of_workbook(outbound_row: Option<[u64; 2]>, inbound_row: Option<[u64; 2]>) -> u64 {
    let [there_at_source, back_at_source] = outbound_row.unwrap_or_default();
    let [there_at_destination, back_at_destination] = inbound_row.unwrap_or_default();
    // "In" is the way back, "Out" the way there, whichever direction the row has.
    let out_at_source = there_at_source.max(back_at_destination);
    let out_at_destination = there_at_destination.max(back_at_source);
    out_at_source + out_at_destination
}

#[test]
fn the_workbooks_formula_gives_150_at_one_nic_and_200_at_two() {
    assert_eq!(bytes_of_workbook(Some([100, 50]), None), 150);
    assert_eq!(bytes_of_workbook(None, Some([100, 50])), 150);
    assert_eq!(bytes_of_workbook(Some([100, 50]), Some([100, 50])), 200);
}

#[test]
fn a_connection_that_the_log_begins_twice_counts_as_two_flows() {
    let again = "1724086811123,10.0.0.4,10.1.0.4,45321,443,6,O,B,NX,0,0,0,0";
    let record = vnet(AT_SOURCE, "t", "Out", &[SOURCE[0], again, SOURCE[1]]);
    assert_eq!(counted(&[record]), [2, 150, 2, 150]);
}

#[test]
fn hits_of_rules_are_not_deduplicated() {
    let report = report(&[vnet(AT_SOURCE, "t", "Out", &SOURCE), vnet(AT_DESTINATION, "t", "In", &DESTINATION)]);
    let rules = report.table("traffic_by_rule");
    assert_eq!(rules.sums(&["flows_inbound_allowed", "flows_outbound_allowed"]), 2);
    assert_eq!(rules.sums(&["bytes_received", "bytes_sent"]), 300);
}

#[test]
fn the_numbers_stand_in_the_page_on_counting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/counting.md");
    let page = std::fs::read_to_string(path).expect("docs/counting.md");
    for sentence in ["max(100, 100) + max(100, 100) = 200", "100 + 50 = 150"] {
        assert!(page.contains(sentence), "{sentence}");
    }
}
