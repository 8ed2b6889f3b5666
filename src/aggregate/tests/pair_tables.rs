//! The tables that follow from pairs, by hand: malicious flows, conversations, names, public peers, senders, endpoints.

use super::build::*;
use super::known::*;
use crate::schema::tables::{IpRow, NamedRow, PairMeasures, PublicAddressRow, Scope};
use crate::schema::{Address, FlowType};

const A: &str = "10.0.0.4";
const B: &str = "10.0.0.5";
const C: &str = "10.0.1.6";
/// Of a threat list, for every port.
const BAD: &str = "198.51.100.7";
/// Of a threat list, for port 443 only.
const BAD_ON_443: &str = "203.0.113.9";
const V6: &str = "2001:db8::1";
const STORAGE: &str = "20.60.0.1";
const CLOUD: &str = "20.60.0.2";
const PLATFORM: &str = "168.63.129.16";

/// Name, flows and malicious flows, allowed and denied.
fn flows_of(rows: &[NamedRow]) -> Vec<(&str, u64, u64, u64)> {
    let row = |r: &NamedRow| r.measures;
    rows.iter().map(|r| (&*r.name, row(r).flows(), row(r).flows_malicious_allowed, row(r).flows_malicious_denied)).collect()
}

#[test]
fn a_peer_of_a_threat_list_makes_flows_malicious_in_every_table() {
    let rows = [outbound("A", A, BAD, 22).flows(3), inbound("A", BAD, A, 80).flows(2).denied(), outbound("A", A, V6, 22)];
    let tables = count_known(&rows).tables;
    assert_eq!(flows_of(&tables.traffic_by_flow_type), [("MaliciousFlow", 5, 3, 2), ("ExternalPublic", 1, 0, 0)]);
    assert_eq!(flows_of(&tables.traffic_by_country), [("US", 5, 3, 2), ("DE", 1, 0, 0)]);
    assert_eq!(flows_of(&tables.traffic_by_vnet), [("", 6, 3, 2), ("hub", 6, 3, 2)]);
    let by_port = tables.traffic_by_port.iter().map(|r| (r.key.unwrap().0, r.measures));
    let by_port: Vec<_> = by_port.map(|(port, m)| (port, m.flows_malicious_allowed, m.flows_malicious_denied)).collect();
    assert_eq!(by_port, [(22, 3, 0), (80, 0, 2)]);
    let at = |ip: &str| tables.traffic_by_ip.iter().find(|r| r.ip == address(ip)).unwrap();
    assert_eq!(
        (at(A).measures.flows_malicious(), at(BAD).measures.flows_malicious(), at(V6).measures.flows_malicious()),
        (5, 5, 0)
    );
    assert_eq!((at(BAD).measures.flows_malicious_allowed, at(BAD).measures.flows_malicious_denied), (3, 2));
}

#[test]
fn a_threat_bound_to_a_port_leaves_other_ports_alone() {
    let rows = [outbound("A", A, BAD_ON_443, 443).flows(3), outbound("A", A, BAD_ON_443, 80).flows(5)];
    let tables = count_known(&rows).tables;
    assert_eq!(flows_of(&tables.traffic_by_flow_type), [("ExternalPublic", 5, 0, 0), ("MaliciousFlow", 3, 3, 0)]);
    let pairs: Vec<_> = tables.traffic_by_pair.iter().map(|r| (r.key.unwrap().dst_port, r.flow_type.unwrap())).collect();
    assert_eq!(pairs, [(80, FlowType::ExternalPublic), (443, FlowType::MaliciousFlow)]);
    let conversation = &tables.conversations[0];
    assert_eq!((tables.conversations.len(), conversation.flow_type), (1, Some(FlowType::MaliciousFlow)));
    assert_eq!((conversation.measures.flows(), conversation.measures.flows_malicious_allowed), (8, 3));
    assert_eq!(tables.public_addresses[0].flow_type, FlowType::MaliciousFlow);
}

#[test]
fn a_threat_that_is_only_met_on_other_ports_is_an_external_public_address() {
    let tables = count_known(&[outbound("A", A, BAD_ON_443, 80)]).tables;
    assert_eq!(tables.public_addresses[0].flow_type, FlowType::ExternalPublic);
    assert_eq!(tables.public_addresses[0].threat_list, "list", "what is known of it stays");
}

/// A's NIC saw 3 flows to `dst` leave, and B's, which owns `dst` as it owns B, denied 2 of them.
fn denied_at_destination(dst: &'static str) -> Vec<Row> {
    let owns = outbound("B", dst, C, 53);
    vec![outbound("A", A, dst, 445).flows(3), owns, inbound("B", A, dst, 445).flows(2).denied()]
}

#[test]
fn a_deny_at_the_destination_moves_a_malicious_flow_too() {
    // A host behind a public address that a threat list names, in no VNet: its NIC is logged all the same.
    let partials = vec![partial(&denied_at_destination(BAD))];
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let mut endpoints = known(&dataset, &owners);
    let row = endpoints.rows.iter_mut().find(|row| row.address == address(BAD)).unwrap();
    (row.vnet, row.is_local) = (None, false);
    let inventory = crate::enrich::Inventory::default();
    let estate = super::super::Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let aggregates = super::super::tables(&dataset, &estate, &super::super::Settings::default());
    let m = pair(&aggregates, A, BAD, 445);
    assert_eq!((m.flows_allowed, m.flows_denied, m.flows_malicious_allowed, m.flows_malicious_denied), (1, 2, 1, 2));
    let by_type = &aggregates.tables.traffic_by_flow_type;
    assert!(by_type.iter().any(|row| row.name == "MaliciousFlow" && row.measures.flows_malicious_denied == 2));
}

#[test]
fn both_directions_of_two_addresses_are_one_conversation() {
    let back = Row { bytes: (7, 1_000), packets: (1, 9), ..outbound("C", C, A, 22) };
    let udp = Row { protocol: 17, bytes: (0, 0), packets: (0, 0), ..outbound("A", A, C, 22).flows(4) };
    let rows = [outbound("A", A, C, 443).flows(2), back, udp, outbound("A", A, B, 443), inbound("B", A, B, 443)];
    let tables = count_known(&rows).tables;
    let conversation = &tables.conversations[0];
    assert_eq!(conversation.ips, Some((address(A), address(C))));
    assert_eq!((conversation.ports, conversation.top_port), (3, Some((22, 6))));
    assert_eq!(conversation.flow_type, Some(FlowType::InterVNet));
    let expected = PairMeasures {
        flows_allowed: 7,
        bytes_sent: 100 + 1_000,
        bytes_received: 50 + 7,
        packets_sent: 2 + 9,
        packets_received: 2 + 1,
        ..PairMeasures::default()
    };
    assert_eq!(conversation.measures, expected);
    assert_eq!((tables.conversations.len(), tables.conversations[1].flow_type), (2, Some(FlowType::IntraVNet)));
}

#[test]
fn a_port_that_both_use_counts_once_and_equal_ports_rank_by_flows_then_number() {
    let quiet = |row: Row| Row { bytes: (0, 0), ..row };
    let both = [outbound("A", A, C, 443), outbound("C", C, A, 443)];
    assert_eq!(count_known(&both).tables.conversations[0].ports, 1);
    let ports = |rows: Vec<Row>| count_known(&rows).tables.conversations[0].top_port.unwrap().0;
    let row = |port, flows| quiet(outbound("A", A, C, port).flows(flows));
    assert_eq!(ports(vec![row(80, 1), row(443, 2), row(8_080, 2)]), 443);
    assert_eq!(ports(vec![row(80, 1), row(443, 1)]), 80);
    assert_eq!(ports(vec![row(80, 9), outbound("A", A, C, 443)]), 443, "bytes come first");
}

#[test]
fn an_address_that_talks_to_itself_is_one_conversation() {
    let tables = count_known(&[outbound("A", A, A, 443), inbound("A", A, A, 443)]).tables;
    let conversation = &tables.conversations[0];
    assert_eq!((conversation.ips, tables.conversations.len()), (Some((address(A), address(A))), 1));
    assert_eq!((conversation.measures.bytes_sent, conversation.measures.bytes_received), (100, 50));
}

#[test]
fn conversations_that_are_cut_are_in_the_row_other() {
    let rows = [outbound("A", A, C, 22).flows(3), outbound("A", A, B, 22).flows(2), outbound("A", A, BAD, 22)];
    let tables = analyse_known(vec![partial(&rows)], 1).0.tables;
    let seen: Vec<_> = tables.conversations.iter().map(|r| (r.ips, r.ports, r.measures.flows())).collect();
    assert_eq!(seen, [(Some((address(A), address(C))), 1, 3), (None, 0, 3)]);
    let other = &tables.conversations[1];
    assert_eq!((other.flow_type, other.top_port, other.measures.flows_malicious_allowed), (None, None, 1));
}

#[test]
fn country_and_region_are_of_the_end_that_is_not_local() {
    let rows = [
        inbound("A", STORAGE, A, 443),
        outbound("A", A, V6, 443).flows(2),
        outbound("A", A, CLOUD, 443).flows(3),
        outbound("A", A, C, 443).flows(4),
        outbound("A", A, PLATFORM, 53).flows(7),
        // Neither end is local: that of the destination.
        outbound("F", V6, STORAGE, 443).flows(5).forwards(),
    ];
    let tables = count_known(&rows).tables;
    let flows = |rows: &[NamedRow]| {
        let row = |r: &NamedRow| (r.name.clone(), r.measures.flows_inbound_allowed, r.measures.flows_outbound_allowed);
        let mut all: Vec<_> = rows.iter().map(row).collect();
        all.sort();
        all
    };
    let text = |name: &str| name.to_owned();
    assert_eq!(flows(&tables.traffic_by_country), [(text(""), 0, 7 + 7), (text("DE"), 0, 2), (text("NL"), 1, 5)]);
    assert_eq!(
        flows(&tables.traffic_by_azure_region),
        [(text(""), 0, 6), (text("Global"), 0, 3 + 7), (text("westeurope"), 1, 5)]
    );
    let region = tables.traffic_by_azure_region.iter().find(|r| r.name == "westeurope").unwrap();
    assert_eq!((region.measures.bytes_received, region.measures.bytes_sent), (100 + 50, 50 + 100));
}

#[test]
fn vnets_and_scale_sets_have_a_row_for_each_end() {
    let tables =
        count_known(&[outbound("A", A, B, 22), inbound("B", A, B, 22), outbound("A", A, C, 22), outbound("C", C, V6, 22)]).tables;
    let row = |r: &NamedRow| (r.name.clone(), r.measures.flows_inbound_allowed, r.measures.flows_outbound_allowed);
    let vnets: Vec<_> = tables.traffic_by_vnet.iter().map(row).collect();
    assert_eq!(vnets, [("hub".to_owned(), 1, 2), ("spoke".to_owned(), 1, 1), (String::new(), 1, 0)]);
    let sets: Vec<_> = tables.traffic_by_scale_set.iter().map(row).collect();
    assert_eq!(sets, [(String::new(), 2, 1), ("web".to_owned(), 1, 2)]);
}

#[test]
fn what_is_known_of_an_address_stands_in_its_row() {
    let tables =
        count_known(&[outbound("A", A, BAD, 22), outbound("A", A, BAD_ON_443, 22), outbound("A", A, STORAGE, 22)]).tables;
    let at = |ip: &str| tables.traffic_by_ip.iter().find(|r| r.ip == address(ip)).unwrap();
    let texts = |r: &IpRow| [r.country.clone(), r.asn.clone(), r.service_tag.clone(), r.threat.clone()];
    assert_eq!(texts(at(BAD)), ["US", "AS64501", "", "list: entry"]);
    assert_eq!(texts(at(BAD_ON_443)), ["NL", "AS64500 Example", "", "list: entry"]);
    assert_eq!(texts(at(STORAGE)), ["NL", "", "Storage.WestEurope", ""]);
    assert_eq!((at(STORAGE).scope, texts(at(A))), (Scope::AzurePublic, Default::default()));
}

fn public(rows: &[Row], ip: &str) -> Option<PublicAddressRow> {
    count_known(rows).tables.public_addresses.into_iter().find(|row| row.ip == address(ip))
}

#[test]
fn public_addresses_have_a_location_as_in_traffic_analytics() {
    let rows: Vec<Row> =
        [BAD, V6, STORAGE, CLOUD, PLATFORM, "169.254.169.254", "10.9.9.9"].iter().map(|ip| outbound("A", A, ip, 80)).collect();
    let said = |ip| public(&rows, ip).map(|row| (row.flow_type.name(), row.location));
    assert_eq!(said(BAD), Some(("MaliciousFlow", "US".to_owned())));
    assert_eq!(said(V6), Some(("ExternalPublic", "DE".to_owned())));
    assert_eq!(said(STORAGE), Some(("AzurePublic", "westeurope".to_owned())));
    assert_eq!(said(CLOUD), Some(("AzurePublic", "Global".to_owned())));
    assert_eq!(said(PLATFORM), Some(("AzurePublic", "Global".to_owned())));
    assert_eq!((said(A), said("10.9.9.9")), (None, None));
}

#[test]
fn a_public_address_counts_its_peers_and_when_it_was_seen() {
    let rows =
        [inbound("A", BAD, A, 22), outbound("A", A, BAD, 80), outbound("B", B, BAD, 443).at(144), outbound("A", A, V6, 22)];
    let row = public(&rows, BAD).unwrap();
    assert_eq!((row.peers, row.measures.flows_outbound_allowed, row.measures.flows_inbound_allowed), (2, 1, 2));
    assert_eq!((row.measures.bytes_sent, row.measures.bytes_received), (100 + 50 + 50, 50 + 100 + 100));
    assert_eq!((row.first_time, row.last_time), (1, 144 * 600_000 + 2));
    assert_eq!((row.asn, &*row.as_name, &*row.threat_list, &*row.threat_entry), (Some(64_501), "", "list", "entry"));
    assert_eq!(row.threat_age_days, Some(4), "dated three days before the epoch, the window ends 2 ms after a day");
}

#[test]
fn an_internet_sender_is_a_local_address_that_something_was_let_through_for() {
    let rows = [
        outbound("A", A, BAD, 443).flows(2),
        outbound("A", A, BAD, 80).flows(3).denied(),
        outbound("A", A, V6, 443),
        Row { bytes: (900, 0), ..outbound("A", A, STORAGE, 443) },
        outbound("A", A, PLATFORM, 53),
        outbound("A", A, C, 22),
        // Denied only, begun from outside, and neither: no senders.
        outbound("B", B, BAD, 443).denied(),
        inbound("C", V6, C, 443),
    ];
    let senders = count_known(&rows).tables.internet_senders;
    assert_eq!(senders.len(), 1);
    let sender = &senders[0];
    assert_eq!((sender.ip, sender.peers, sender.ports, &*sender.locations), (address(A), 3, 1, "westeurope DE US"));
    assert_eq!((&*sender.subnet, &*sender.interface), ("inferred 10.0.0.0/24", "A"));
    let m = &sender.measures;
    assert_eq!((m.flows_outbound_allowed, m.flows_outbound_denied, m.flows()), (4, 3, 7));
    assert_eq!((m.bytes_sent, m.bytes_received, m.flows_malicious_allowed, m.flows_malicious_denied), (1_100, 100, 2, 3));
}

#[test]
fn an_endpoint_says_where_it_belongs_and_when_any_log_saw_it() {
    let rows = [
        outbound("A", A, "172.16.0.9", 443).at(2),
        // Replaced by the VNet log, and seen nevertheless.
        outbound("A", A, BAD, 443).at(1),
        outbound("A", A, STORAGE, 443).at(3).log("VNET-A"),
    ];
    let tables = count_known(&rows).tables;
    let ips: Vec<Address> = tables.endpoints.iter().map(|row| row.ip).collect();
    assert_eq!(ips, [A, STORAGE, "172.16.0.9", BAD].map(address));
    let [own, storage, site, bad] = &tables.endpoints[..] else { unreachable!() };
    assert_eq!((&*own.vnet, &*own.scale_set, &*own.subnet, own.scope), ("hub", "web", "inferred 10.0.0.0/24", Scope::Local));
    assert_eq!((own.first_time, own.last_time), (600_001, 1_800_002));
    assert_eq!((&*storage.service_tag, &*storage.service_tag_region), ("Storage.WestEurope", "westeurope"));
    assert_eq!((&*site.gateway, &*site.connection, site.scope), ("gw", "hq", Scope::OnPremises));
    assert_eq!((bad.asn, bad.threat_age_days, bad.first_time), (Some(64_501), Some(3), 600_001));
    assert!(tables.public_addresses.iter().all(|row| row.ip != address(BAD)), "what is replaced has no traffic");
}
