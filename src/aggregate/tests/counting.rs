//! What counts once (ARCHITECTURE.md, "Counting in one page").

use super::build::*;

const A: &str = "10.0.0.4";
const B: &str = "10.0.0.5";
const C: &str = "10.0.0.6";
const D: &str = "10.0.0.7";
const PUBLIC: &str = "203.0.113.9";

/// Rows that make every NIC own its address and log both directions in hour 0, beside the pairs that tests look at.
fn background(mac: &'static str, ip: &'static str) -> Vec<Row> {
    vec![outbound(mac, ip, PUBLIC, 53), inbound(mac, PUBLIC, ip, 53)]
}

fn deduplicated(rows: &[Row]) -> String {
    let tables = count(rows).tables;
    let by_ip: Vec<_> = tables.traffic_by_ip.iter().map(|row| (row.ip, row.measures)).collect();
    let by_pair: Vec<_> = tables.traffic_by_pair.iter().map(|row| (row.key, row.measures)).collect();
    let by_port: Vec<_> = tables.traffic_by_port.iter().map(|row| (row.key, row.measures)).collect();
    format!("{by_ip:?} {by_pair:?} {by_port:?}")
}

#[test]
fn allowed_traffic_counts_the_same_logged_at_its_source_its_destination_or_both() {
    let at_source = [outbound("A", A, B, 443), outbound("A", A, B, 22).flows(7), outbound("A", A, B, 443).at(8)];
    let at_destination = [inbound("B", A, B, 443), inbound("B", A, B, 22).flows(7), inbound("B", A, B, 443).at(8)];
    let both: Vec<Row> = at_source.iter().chain(&at_destination).cloned().collect();
    let expected = deduplicated(&at_source);
    assert_eq!(deduplicated(&at_destination), expected);
    assert_eq!(deduplicated(&both), expected);
    assert_eq!(pair(&count(&both), A, B, 443).bytes(), 300);
}

#[test]
fn a_source_that_was_logged_in_the_hour_supplies_even_where_it_saw_less() {
    let rows = [background("A", A), background("B", B), vec![inbound("B", A, B, 443).flows(9)]].concat();
    assert_eq!(flows(&count(&rows), A, B, 443), (0, 0));
    let next_hour = [background("A", A), background("B", B), vec![inbound("B", A, B, 443).flows(9).at(6)]].concat();
    assert_eq!(flows(&count(&next_hour), A, B, 443), (9, 0), "in hour 1 the source's NIC logged nothing");
}

#[test]
fn denied_flows_of_the_destination_are_taken_out_of_the_allowed_ones_of_the_source() {
    let check = |left: u32, refused: u32| {
        let pair_rows = vec![outbound("A", A, B, 445).flows(left), inbound("B", A, B, 445).flows(refused).denied()];
        let aggregates = count(&[background("A", A), background("B", B), pair_rows].concat());
        assert_eq!(pair(&aggregates, A, B, 445).bytes(), 150, "bytes stay the supplier's");
        flows(&aggregates, A, B, 445)
    };
    assert_eq!(check(3, 2), (1, 2));
    assert_eq!(check(1, 2), (0, 2));
    assert_eq!(check(0, 2), (0, 2));
}

#[test]
fn denials_are_matched_interval_by_interval() {
    let pair_rows = vec![
        outbound("A", A, B, 445).flows(3),
        inbound("B", A, B, 445).flows(1).denied(),
        outbound("A", A, B, 445).flows(1).at(1),
        inbound("B", A, B, 445).flows(5).denied().at(1),
    ];
    let aggregates = count(&[background("A", A), background("B", B), pair_rows].concat());
    assert_eq!(flows(&aggregates, A, B, 445), (2, 6));
    let over_time = &aggregates.tables.traffic_over_time;
    assert_eq!(over_time[1].measures.flows_outbound_denied, 5);
    assert_eq!(over_time[1].measures.flows_outbound_allowed, 0);
}

#[test]
fn a_deny_of_a_public_source_is_simply_the_destinations_row() {
    let rows = [background("B", B), vec![inbound("B", PUBLIC, B, 3389).flows(4).denied()]].concat();
    let aggregates = count(&rows);
    assert_eq!(flows(&aggregates, PUBLIC, B, 3389), (0, 4));
    assert_eq!(aggregates.deduplicated.flows_inbound_denied, 4);
}

#[test]
fn a_deny_at_the_source_never_reached_the_destination() {
    let rows = [background("A", A), background("B", B), vec![outbound("A", A, B, 25).flows(4).denied()]].concat();
    assert_eq!(flows(&count(&rows), A, B, 25), (0, 4));
}

#[test]
fn a_vnet_log_replaces_the_nsg_logs_of_its_nic_hour_by_hour() {
    let rows = [
        outbound("A", A, PUBLIC, 443).flows(5).log("NSG-A"),
        outbound("A", A, PUBLIC, 443).flows(2).log("NSG-B"),
        outbound("A", A, PUBLIC, 443).flows(6).log("VNET-B"),
        outbound("A", A, PUBLIC, 443).flows(8).log("VNET-C"),
        outbound("A", A, PUBLIC, 80).flows(5).log("NSG-A").at(7),
        outbound("A", A, PUBLIC, 80).flows(2).log("NSG-B").at(7),
        outbound("B", B, PUBLIC, 443).flows(3).log("NSG-A"),
    ];
    let aggregates = count(&rows);
    assert_eq!(flows(&aggregates, A, PUBLIC, 443), (6, 0), "of two VNet logs the smaller supplies");
    assert_eq!(flows(&aggregates, A, PUBLIC, 80), (7, 0), "NSG logs add up where no VNet log is");
    assert_eq!(flows(&aggregates, B, PUBLIC, 443), (3, 0), "another NIC is not concerned");
    assert_eq!(aggregates.observed.flows_outbound_allowed, 31, "observed is as logged");
}

#[test]
fn a_replaced_row_does_not_prove_that_its_nic_logged_the_hour() {
    let rows = [
        outbound("A", A, PUBLIC, 443).at(60),
        outbound("A", A, B, 22).log("NSG-A"),
        inbound("A", PUBLIC, A, 22).log("VNET-A"),
        inbound("B", A, B, 22).flows(4),
        outbound("B", B, PUBLIC, 53).at(60),
    ];
    assert_eq!(flows(&count(&rows), A, B, 22), (4, 0), "A's only Outbound row of the hour is replaced");
}

#[test]
fn a_forwarder_between_logged_ends_adds_nothing() {
    let ends = [background("A", A), background("B", B), vec![outbound("A", A, B, 443), inbound("B", A, B, 443)]].concat();
    let through = vec![inbound("F", A, B, 443).forwards(), outbound("F", A, B, 443).forwards()];
    let expected = deduplicated(&ends);
    assert_eq!(deduplicated(&[ends, through].concat()), expected);
}

#[test]
fn a_forwarder_alone_counts_once_with_its_outbound_rows() {
    let rows = [inbound("F", A, B, 443).forwards(), outbound("F", A, B, 443).forwards(), inbound("F", A, B, 22).forwards()];
    let aggregates = count(&rows);
    assert_eq!(flows(&aggregates, A, B, 443), (1, 0));
    assert_eq!(flows(&aggregates, A, B, 22), (0, 0), "the pair has an Outbound row, which supplies all its ports");
}

#[test]
fn of_nics_that_own_neither_end_the_smallest_mac_supplies() {
    let rows = [
        outbound("G", A, B, 443).flows(5).forwards(),
        inbound("F", A, B, 443).flows(3).forwards(),
        outbound("G", C, D, 443).flows(2).forwards(),
    ];
    let aggregates = count(&rows);
    assert_eq!(flows(&aggregates, A, B, 443), (3, 0), "F comes first, with the Inbound rows it has");
    assert_eq!(flows(&aggregates, C, D, 443), (2, 0));
}

#[test]
fn all_nics_that_own_an_address_supply_and_add_up() {
    let rows = [outbound("A", A, PUBLIC, 443).flows(2), outbound("B", A, PUBLIC, 443).flows(3)];
    assert_eq!(flows(&count(&rows), A, PUBLIC, 443), (5, 0));
}

#[test]
fn an_address_that_talks_to_itself_counts_once() {
    let rows = [outbound("A", A, A, 443).flows(2), inbound("A", A, A, 443).flows(2)];
    let aggregates = count(&rows);
    assert_eq!(flows(&aggregates, A, A, 443), (2, 0));
    let row = &aggregates.tables.traffic_by_ip[0].measures;
    assert_eq!((row.flows_inbound_allowed, row.flows_outbound_allowed, row.bytes_received, row.bytes_sent), (2, 2, 150, 150));
}
