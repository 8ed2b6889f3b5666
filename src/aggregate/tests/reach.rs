//! Who reached what is exposed, malicious flows, and encryption.

use super::super::exposed::SOURCES_SHOWN;
use super::build::*;
use crate::enrich::{Country, Inventory, Network, ServiceTag};
use crate::schema::tables::{EncryptionRow, PairMeasures};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const BAD: &str = "203.0.113.9";
const GOOD: &str = "198.51.100.7";

/// The codes of `X` and `NX`.
const X: u8 = 1;
const NX: u8 = 2;

fn background(mac: &'static str, ip: &'static str) -> Vec<Row> {
    vec![outbound(mac, ip, GOOD, 53), inbound(mac, GOOD, ip, 53)]
}

#[test]
fn malicious_flows_are_counted_by_rule_interface_time_and_exposed_port() {
    let rows = [
        inbound("A", BAD, A, 443).flows(3),
        inbound("A", BAD, A, 22).flows(4).denied(),
        inbound("A", GOOD, A, 443).flows(5),
        outbound("A", A, BAD, 443).flows(6),
    ];
    let tables = count_with(&rows, &Inventory::default(), |endpoints| name_threat(endpoints, BAD, None));
    let malicious = |m: &crate::schema::tables::Measures| (m.flows_malicious_allowed, m.flows_malicious_denied);
    let mut by_rule: Vec<_> = tables.traffic_by_rule.iter().map(|r| malicious(&r.measures)).collect();
    by_rule.sort_unstable();
    assert_eq!(by_rule, [(0, 4), (3, 0), (6, 0)]);
    assert_eq!(malicious(&tables.traffic_by_interface[0].measures), (9, 4));
    assert_eq!(malicious(&tables.traffic_over_time[0].measures), (9, 4));
    assert_eq!(malicious(&tables.exposed_ports[0].measures), (3, 0));
}

#[test]
fn a_threat_of_one_port_makes_no_other_port_malicious() {
    let rows = [inbound("A", BAD, A, 443).flows(3), inbound("A", BAD, A, 8443).flows(2)];
    let tables = count_with(&rows, &Inventory::default(), |endpoints| name_threat(endpoints, BAD, Some(8443)));
    let seen: Vec<_> = tables
        .exposed_sources
        .iter()
        .map(|r| (r.dst_port, &*r.threat_list, r.measures.flows_inbound_allowed, r.measures.flows_malicious()))
        .collect();
    assert_eq!(seen, [(443, "", 3, 0), (8443, "list", 2, 2)]);
}

#[test]
fn a_correction_moves_malicious_flows_from_allowed_to_denied() {
    // S is a logged NIC whose address a threat list names; A's flows to it are denied there.
    let mut rows = [background("A", A), background("S", BAD)].concat();
    rows.extend([outbound("A", A, BAD, 445).flows(3), inbound("S", A, BAD, 445).flows(5).denied()]);
    let tables = count_with(&rows, &Inventory::default(), |endpoints| {
        name_threat(endpoints, BAD, None);
        endpoint(endpoints, BAD).vnet = None;
    });
    let m = &tables.traffic_over_time[0].measures;
    assert_eq!((m.flows_malicious_allowed, m.flows_malicious_denied), (0, 5));
    let encryption = tables.encryption.iter().find(|row| row.measures.flows_denied > 0).unwrap();
    assert_eq!((encryption.measures.flows_malicious_allowed, encryption.measures.flows_malicious_denied), (0, 5));
}

#[test]
fn an_exposed_port_shows_its_top_sources_and_the_others_in_one_row() {
    let sources: Vec<&'static str> = (1..=SOURCES_SHOWN + 2).map(|i| &*format!("203.0.113.{i}").leak()).collect();
    let mut rows: Vec<Row> = sources.iter().map(|source| inbound("A", source, A, 443)).collect();
    // The last comes first by flows, though they came through two rules; the one before it has more bytes.
    rows.push(Row { rule: "second", ..inbound("A", sources[SOURCES_SHOWN + 1], A, 443).at(3) });
    rows[SOURCES_SHOWN].bytes = (5_000, 0);
    rows.push(inbound("A", sources[0], A, 22));
    let tables = count(&rows).tables;
    let of_22 = tables.exposed_sources.iter().filter(|row| row.dst_port == 22).count();
    let of_443: Vec<_> = tables.exposed_sources.iter().filter(|row| row.dst_port == 443).collect();
    assert_eq!((of_22, of_443.len()), (1, SOURCES_SHOWN + 1));
    assert_eq!(tables.exposed_sources[0].dst_port, 22, "by port");
    let expected = [sources[SOURCES_SHOWN + 1], sources[SOURCES_SHOWN], sources[0], sources[1]];
    assert_eq!(of_443[..4].iter().map(|row| row.src_ip.unwrap()).collect::<Vec<_>>(), expected.map(address));
    assert_eq!((of_443[0].first_time, of_443[0].last_time, of_443[0].sources), (1, 3 * 600_000 + 2, 1));
    let other = of_443[SOURCES_SHOWN];
    assert_eq!((other.src_ip, other.sources, other.measures.flows(), other.measures.bytes()), (None, 2, 2, 300));
    let ports: Vec<_> = tables.exposed_ports.iter().map(|r| (&*r.rule, r.dst_port, r.sources, r.sources_of_port)).collect();
    let all = SOURCES_SHOWN as u64 + 2;
    assert_eq!(ports, [("rule", 443, all, all), ("rule", 22, 1, 1), ("second", 443, 1, all)]);
}

#[test]
fn a_source_shows_what_is_known_of_it() {
    let tables = count_with(&[inbound("A", GOOD, A, 443)], &Inventory::default(), |endpoints| {
        endpoints.networks = vec![Network { asn: 64_500, name: "Example".into() }];
        endpoints.service_tags = vec![ServiceTag { name: "Storage.WestEurope".into(), region: "westeurope".into() }];
        let source = endpoint(endpoints, GOOD);
        (source.country, source.network, source.service_tag) = (Country::new("de"), Some(0), Some(0));
    });
    let row = &tables.exposed_sources[0];
    assert_eq!((&*row.country, row.asn, &*row.service_tag, &*row.threat_list), ("DE", Some(64_500), "Storage.WestEurope", ""));
}

#[test]
fn traffic_without_a_begin_proves_that_a_port_is_open() {
    let row = &count(&[inbound("A", GOOD, A, 443).flows(0)]).tables.exposed_ports[0];
    assert_eq!((row.sources, row.measures.flows(), row.measures.bytes()), (1, 0, 150));
}

fn encrypted(row: Row, encryption: u8) -> Row {
    Row { encryption, ..row }
}

/// Rows of encryption from A's subnet to B's: code, allowed and denied flows, bytes.
fn from_a_to_b(rows: &[Row]) -> Vec<(String, u64, u64, u64)> {
    let tables = count(rows).tables;
    let is_pair = |row: &&EncryptionRow| row.src_subnet.contains("10.0.0.0") && row.dst_subnet.contains("10.0.1.0");
    let shown = |row: &EncryptionRow| {
        (row.encryption.clone(), row.measures.flows_allowed, row.measures.flows_denied, row.measures.bytes())
    };
    let mut total = PairMeasures::default();
    tables.encryption.iter().for_each(|row| total.add(&row.measures));
    let mut matrix = PairMeasures::default();
    tables.subnet_matrix.iter().for_each(|row| matrix.add(&row.measures));
    assert_eq!(
        (total.flows_allowed, total.flows_denied, total.bytes()),
        (matrix.flows_allowed, matrix.flows_denied, matrix.bytes())
    );
    tables.encryption.iter().filter(is_pair).map(shown).collect()
}

fn row(code: &str, allowed: u64, denied: u64, bytes: u64) -> (String, u64, u64, u64) {
    (code.to_owned(), allowed, denied, bytes)
}

#[test]
fn encryption_splits_what_goes_between_two_subnets() {
    let rows = [
        background("B", B),
        vec![
            encrypted(outbound("A", A, B, 443).flows(2), X),
            encrypted(outbound("A", A, B, 80).at(1), X),
            encrypted(outbound("A", A, B, 22), NX),
            outbound("A", A, B, 23).denied(),
            encrypted(inbound("B", A, B, 443), NX),
        ],
    ]
    .concat();
    assert_eq!(from_a_to_b(&rows), [row("X", 3, 0, 300), row("NX", 1, 0, 150), row("", 0, 1, 0)], "B's row does not supply");
}

#[test]
fn a_denied_flow_is_moved_within_the_code_that_has_most_flows_then_the_next() {
    let ends = || [background("A", A), background("B", B)].concat();
    let sent = |x: u32, nx: u32, denied: u32| {
        let mut rows = ends();
        rows.extend([
            encrypted(outbound("A", A, B, 445).flows(x), X),
            encrypted(outbound("A", A, B, 445).flows(nx), NX),
            encrypted(outbound("A", A, B, 22).flows(9), NX),
            encrypted(inbound("B", A, B, 445).flows(denied).denied(), X),
        ]);
        let mut rows = from_a_to_b(&rows);
        rows.sort();
        rows.into_iter().map(|(_, allowed, denied, _)| (allowed, denied)).collect::<Vec<_>>()
    };
    assert_eq!(sent(1, 3, 2), [(9 + 1, 2), (1, 0)], "NX has most");
    assert_eq!(sent(3, 3, 5), [(9 + 1, 2), (0, 3)], "X is the smaller code, and the rest is of NX");
    assert_eq!(sent(2, 3, 9), [(9, 3 + 4), (0, 2)], "what nobody saw leaving goes to the first");
    let mut never_left = ends();
    never_left.push(encrypted(inbound("B", A, B, 445).flows(2).denied(), X));
    assert_eq!(from_a_to_b(&never_left), [row("", 0, 2, 0)], "and to `not stated` where nothing left");
}
