//! The tables beside counting: order, cuts, attributes, exposure, listings.

use super::build::*;
use crate::schema::tables::{ExposedRow, PairMeasures};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const PUBLIC: [&str; 3] = ["203.0.113.7", "203.0.113.8", "203.0.113.9"];

#[test]
fn what_is_cut_from_pairs_and_ports_is_in_the_row_other() {
    let rows: Vec<Row> = (1..=5).map(|port| outbound("A", A, PUBLIC[0], port).flows(u32::from(port))).collect();
    let tables = analyse(vec![partial(&rows)], 2).tables;
    let pairs: Vec<_> = tables.traffic_by_pair.iter().map(|r| (r.key.map(|k| k.dst_port), r.measures.flows())).collect();
    assert_eq!(pairs, [(Some(5), 5), (Some(4), 4), (None, 6)], "equal bytes: most flows first");
    let ports: Vec<_> = tables.traffic_by_port.iter().map(|r| (r.key, r.measures.flows())).collect();
    assert_eq!(ports, [(Some((5, 6)), 5), (Some((4, 6)), 4), (None, 6)]);
    let whole = analyse(vec![partial(&rows)], 5).tables;
    assert!(whole.traffic_by_pair.iter().all(|row| row.key.is_some()), "no row other if nothing was cut");
    let nothing = analyse(vec![partial(&rows)], 0).tables;
    assert_eq!((nothing.traffic_by_port.len(), nothing.traffic_by_pair[0].measures.flows()), (1, 15));
}

#[test]
fn ports_and_pairs_have_service_names() {
    let tables = count(&[outbound("A", A, PUBLIC[0], 443), outbound("A", A, PUBLIC[0], 40_000)]).tables;
    assert_eq!(tables.traffic_by_port.iter().map(|r| &*r.l7_protocol).collect::<Vec<_>>(), ["https", ""]);
    assert_eq!(tables.traffic_by_pair[0].l7_protocol, "https");
    let towards_port = PairMeasures {
        flows_allowed: 1,
        bytes_received: 100,
        bytes_sent: 50,
        packets_received: 2,
        packets_sent: 2,
        ..PairMeasures::default()
    };
    assert_eq!(tables.traffic_by_port[0].measures, towards_port);
}

#[test]
fn a_flow_inside_a_subnet_is_in_and_out_of_it_and_addresses_of_none_share_a_row() {
    let rows = [outbound("A", A, "10.0.0.5", 22), inbound("C", A, "10.0.0.5", 22), outbound("A", A, PUBLIC[0], 443)];
    let tables = count(&rows).tables;
    let subnets: Vec<_> =
        tables.traffic_by_subnet.iter().map(|r| (&*r.subnet, r.measures.bytes_received, r.measures.bytes_sent)).collect();
    assert_eq!(subnets, [("inferred 10.0.0.0/24", 200, 250), ("", 100, 50)]);
    let matrix: Vec<_> = tables.subnet_matrix.iter().map(|r| (&*r.src_subnet, &*r.dst_subnet, r.measures.bytes_sent)).collect();
    assert_eq!(matrix, [("inferred 10.0.0.0/24", "", 100), ("inferred 10.0.0.0/24", "inferred 10.0.0.0/24", 100)]);
}

#[test]
fn interfaces_and_rules_show_what_was_logged_at_them() {
    let rows = [
        outbound("A", A, B, 22),
        inbound("B", A, B, 22),
        inbound("B", A, B, 22).denied().log("VNET-A"),
        inbound("B", PUBLIC[0], B, 22).log("NSG-Z").at(9),
    ];
    let aggregates = count(&rows);
    let interfaces = &aggregates.tables.traffic_by_interface;
    let at_b = interfaces.iter().find(|row| row.mac == "B").unwrap();
    assert_eq!(at_b.log_resources, ["NSG-A", "NSG-Z", "VNET-A"]);
    assert_eq!((&at_b.ips[..], &*at_b.subnet, &*at_b.interface), (&[address(B)][..], "inferred 10.0.1.0/24", ""));
    let m = &at_b.measures;
    assert_eq!((m.flows_inbound_allowed, m.flows_inbound_denied, m.bytes_received, m.bytes_sent), (2, 1, 200, 100));
    let rules = aggregates.tables.traffic_by_rule.iter().map(|r| (r.direction.name(), r.status.name(), r.measures.flows()));
    assert_eq!(rules.collect::<Vec<_>>(), [("Inbound", "Allowed", 2), ("Inbound", "Denied", 1), ("Outbound", "Allowed", 1)]);
}

fn exposed(rows: &[Row]) -> Vec<ExposedRow> {
    count(rows).tables.exposed_ports
}

#[test]
fn exposed_are_allowed_inbound_ports_by_their_distinct_public_sources() {
    let mut rows =
        vec![inbound("A", PUBLIC[0], A, 443), inbound("A", PUBLIC[0], A, 443).at(1), inbound("A", PUBLIC[1], A, 443).at(2)];
    rows.extend([inbound("A", PUBLIC[2], A, 22), inbound("A", PUBLIC[2], A, 23).denied()]);
    rows.extend([inbound("A", "168.63.129.16", A, 80), inbound("A", "10.9.9.9", A, 80), outbound("A", A, PUBLIC[0], 25)]);
    let exposed = exposed(&rows);
    let seen: Vec<_> = exposed.iter().map(|r| (r.ip, r.dst_port, r.sources, r.measures.flows_inbound_allowed)).collect();
    assert_eq!(seen, [(address(A), 443, 2, 3), (address(A), 22, 1, 1)]);
    assert_eq!((exposed[0].first_time, exposed[0].last_time), (1, 2 * 600_000 + 2));
    assert_eq!((exposed[0].measures.bytes_received, exposed[0].measures.bytes_sent), (300, 150));
    assert_eq!((&*exposed[0].subnet, &*exposed[0].interface, &*exposed[0].rule), ("inferred 10.0.0.0/24", "A", "rule"));
}

#[test]
fn an_exposed_port_of_a_replaced_log_is_not_exposed_twice() {
    let rows = [inbound("A", PUBLIC[0], A, 443), inbound("A", PUBLIC[0], A, 443).log("VNET-A")];
    assert_eq!(exposed(&rows)[0].measures.flows_inbound_allowed, 1);
}

#[test]
fn rules_of_one_name_in_several_acls_expose_together() {
    let rows = [
        inbound("A", PUBLIC[0], A, 443),
        Row { acl: "other", ..inbound("A", PUBLIC[0], A, 443) },
        Row { acl: "other", ..inbound("A", PUBLIC[1], A, 443) },
        Row { rule: "second", ..inbound("A", PUBLIC[1], A, 443) },
    ];
    let exposed: Vec<_> = exposed(&rows).into_iter().map(|r| (r.rule, r.sources, r.measures.flows())).collect();
    assert_eq!(exposed, [("rule".to_owned(), 2, 3), ("second".to_owned(), 1, 1)]);
}

#[test]
fn coverage_and_capture_points_count_tuples_by_hour_and_in_all() {
    let rows = [outbound("A", A, B, 22).flows(2), outbound("A", A, B, 22).flows(3).at(1), outbound("A", A, B, 22).flows(4).at(6)];
    let tables = count(&rows).tables;
    let coverage: Vec<_> = tables.coverage.iter().map(|r| (&*r.log_resource, &*r.mac, r.hour, r.records, r.tuples)).collect();
    assert_eq!(coverage, [("NSG-A", "A", 0, 2, 5), ("NSG-A", "A", 1, 1, 4)]);
    let point = &tables.capture_points[0];
    assert_eq!((point.tuples, point.first_time, point.last_time), (9, 1, 3_600_002));
}

#[test]
fn inbound_is_what_comes_from_outside_and_everything_else_is_outbound() {
    let rows =
        [inbound("A", PUBLIC[0], A, 443), outbound("A", A, B, 22), inbound("B", A, B, 22), outbound("A", A, PUBLIC[1], 80)];
    let aggregates = count(&rows);
    let totals = &aggregates.deduplicated;
    assert_eq!((totals.flows_inbound_allowed, totals.flows_outbound_allowed), (1, 2));
    assert_eq!((totals.bytes_src_to_dst, totals.bytes_dst_to_src), (300, 150));
    let time = &aggregates.tables.traffic_over_time[0].measures;
    assert_eq!((time.bytes_received, time.bytes_sent), (100 + 50 + 50, 50 + 100 + 100));
    assert_eq!(aggregates.tables.traffic_by_country[0].measures, *time);
    assert_eq!((aggregates.observed.flows_inbound_allowed, aggregates.observed.flows_outbound_allowed), (2, 2));
}
