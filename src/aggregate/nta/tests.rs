//! Rows of the table, held against traffic written by hand.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::super::tests::build::*;
use super::super::{Dataset, Estate};
use super::*;
use crate::enrich::inventory::Nsg;
use crate::enrich::{Country, Endpoints, Inventory, Owners, Resource, ServiceTag, Site, ThreatHit};
use crate::schema::column::Value;
use crate::schema::nta::COLUMNS;
use crate::schema::tables::Scope;
use crate::schema::{Encryption, Partial};

const VM: &str = "10.0.0.4";
const OTHER_VM: &str = "10.0.0.5";

type Line = BTreeMap<&'static str, String>;

fn text(value: Value<'_>) -> String {
    match value {
        Value::Empty => String::new(),
        Value::Text(text) => text.to_owned(),
        Value::Address(address) => address.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Time(time) => time.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

fn lines_of(dataset: &Dataset, estate: &Estate<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    let collected: Result<(), ()> = for_each_row(dataset, estate, |row| {
        lines.push(COLUMNS.iter().map(|column| (column.name, text((column.value)(row)))).collect());
        Ok(())
    });
    assert_eq!(collected, Ok(()));
    lines
}

/// The rows of `partials`, their endpoints changed by `learn`.
fn lines_with(partials: Vec<Partial>, learn: impl Fn(&mut Endpoints)) -> Vec<Line> {
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let mut endpoints = endpoints(&dataset, &owners);
    learn(&mut endpoints);
    lines_of(&dataset, &Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() })
}

fn lines(rows: &[Row]) -> Vec<Line> {
    lines_with(vec![partial(rows)], |_| ())
}

fn endpoint<'a>(endpoints: &'a mut Endpoints, ip: &str) -> &'a mut crate::enrich::Endpoint {
    endpoints.rows.iter_mut().find(|row| row.address == address(ip)).unwrap()
}

fn cells<const N: usize>(line: &Line, names: [&str; N]) -> [String; N] {
    names.map(|name| line[name].clone())
}

fn sum(lines: &[Line], columns: &[&str]) -> u64 {
    lines.iter().flat_map(|line| columns.iter().map(|column| line[*column].parse::<u64>().unwrap())).sum()
}

const FLOWS: [&str; 4] = ["AllowedInFlows", "AllowedOutFlows", "DeniedInFlows", "DeniedOutFlows"];
const ENDS: [&str; 4] = ["SrcIp", "DestIp", "SrcPublicIps", "DestPublicIps"];

#[test]
fn the_public_end_is_packed_and_the_vms_end_keeps_its_address() {
    let rows = [
        outbound("A", VM, "203.0.113.9", 443).flows(2),
        outbound("A", VM, "203.0.113.10", 443),
        inbound("A", "198.51.100.7", VM, 22).denied().flows(3),
    ];
    let lines = lines(&rows);
    assert_eq!(lines.len(), 2);
    let [inward, outward] = [&lines[0], &lines[1]];
    assert_eq!(cells(outward, ENDS), [VM, "", "", "203.0.113.9|2|0|2|2|100|50 203.0.113.10|1|0|2|2|100|50"]);
    assert_eq!(cells(outward, FLOWS), ["0", "3", "0", "0"]);
    assert_eq!(
        cells(outward, ["BytesSrcToDest", "BytesDestToSrc", "RecordCount", "FlowType"]),
        ["200", "100", "3", "ExternalPublic"]
    );
    assert_eq!(cells(inward, ENDS), ["", VM, "198.51.100.7|3|0|0|0|0|0", ""]);
    assert_eq!(cells(inward, FLOWS), ["0", "0", "3", "0"]);
    assert_eq!(cells(inward, ["FlowDirection", "FlowStatus", "L7Protocol"]), ["Inbound", "Denied", "ssh"]);
}

#[test]
fn a_packed_row_has_one_country_or_one_azure_region() {
    let peers = ["198.51.100.1", "198.51.100.2", "203.0.113.1", "203.0.113.2", "203.0.113.3"];
    let rows: Vec<Row> = peers.iter().map(|peer| outbound("A", VM, peer, 443)).collect();
    let lines = lines_with(vec![partial(&rows)], |endpoints| {
        endpoint(endpoints, peers[0]).country = Country::new("de");
        endpoint(endpoints, peers[1]).country = Country::new("NL");
        let tag = |name: &str, region: &str| ServiceTag { name: name.into(), region: region.into() };
        endpoints.service_tags =
            vec![tag("AzureMonitor", ""), tag("Sql.WestEurope", "westeurope"), tag("Storage.WestEurope", "westeurope")];
        for (peer, tag) in peers[2..].iter().zip([1, 2, 0]) {
            let row = endpoint(endpoints, peer);
            (row.scope, row.service_tag) = (Scope::AzurePublic, Some(tag));
        }
    });
    let columns = ["FlowType", "Country", "AzureRegion", "DestServiceTags"];
    let told: Vec<[String; 4]> = lines.iter().map(|line| cells(line, columns)).collect();
    assert_eq!(
        told,
        [
            ["AzurePublic", "", "Global", "203.0.113.3|AzureMonitor"],
            ["AzurePublic", "", "westeurope", "203.0.113.1|Sql.WestEurope 203.0.113.2|Storage.WestEurope"],
            ["ExternalPublic", "DE", "", ""],
            ["ExternalPublic", "NL", "", ""],
        ]
    );
}

#[test]
fn a_malicious_address_stays_in_the_key() {
    let rows = [inbound("A", "198.51.100.7", VM, 22), inbound("A", "198.51.100.8", VM, 22)];
    let lines = lines_with(vec![partial(&rows)], |endpoints| {
        endpoints.threats = vec![ThreatHit::default()];
        for ip in ["198.51.100.7", "198.51.100.8"] {
            (endpoint(endpoints, ip).threat, endpoint(endpoints, ip).country) = (Some(0), Country::new("FR"));
        }
    });
    let columns = ["FlowType", "SrcIp", "DestIp", "SrcPublicIps", "Country"];
    assert_eq!(
        lines.iter().map(|line| cells(line, columns)).collect::<Vec<_>>(),
        [["MaliciousFlow", "198.51.100.7", VM, "", "FR"], ["MaliciousFlow", "198.51.100.8", VM, "", "FR"],]
    );
}

#[test]
fn every_nic_that_logged_a_flow_has_its_row_as_in_traffic_analytics() {
    let lines = lines(&[outbound("A", VM, OTHER_VM, 443), inbound("B", VM, OTHER_VM, 443)]);
    let columns = ["MacAddress", "FlowDirection", "FlowType", "SrcIp", "DestIp", "SrcSubnet", "SrcNic"];
    assert_eq!(
        lines.iter().map(|line| cells(line, columns)).collect::<Vec<_>>(),
        [
            ["A", "Outbound", "IntraVNet", VM, OTHER_VM, "/inferred/10.0.0.0_24", "/a"],
            ["B", "Inbound", "IntraVNet", VM, OTHER_VM, "/inferred/10.0.0.0_24", "/a"],
        ]
    );
}

#[test]
fn intervals_follow_each_other_and_their_times_are_those_of_their_tuples() {
    let lines =
        lines(&[outbound("A", VM, OTHER_VM, 443).at(1), outbound("A", VM, OTHER_VM, 443), outbound("A", VM, OTHER_VM, 443)]);
    let columns =
        ["FlowIntervalStartTime", "FlowIntervalEndTime", "FlowStartTime", "FlowEndTime", "TimeGenerated", "AllowedOutFlows"];
    assert_eq!(
        lines.iter().map(|line| cells(line, columns)).collect::<Vec<_>>(),
        [["0", "600000", "1", "2", "600000", "2"], ["600000", "1200000", "600001", "600002", "1200000", "1"],]
    );
}

#[test]
fn addresses_that_do_not_fit_into_one_text_go_into_further_rows_and_none_is_lost() {
    let peers: Vec<String> = (0..2_000).map(|peer| format!("203.{}.{}.200", peer / 200, peer % 200)).collect();
    let peers: Vec<&'static str> = peers.into_iter().map(|peer| &*peer.leak()).collect();
    let rows: Vec<Row> = peers.iter().map(|peer| outbound("A", VM, peer, 443)).collect();
    let lines = lines(&rows);
    assert!(lines.len() > 1, "{}", lines.len());
    let mut seen = 0;
    for line in &lines {
        let public_ips = &line["DestPublicIps"];
        assert!(public_ips.len() <= packing::PACKED_BYTES_MAX);
        let entries: Vec<Vec<&str>> = public_ips.split(' ').map(|entry| entry.split('|').collect()).collect();
        assert!(entries.iter().all(|entry| entry.len() == 7));
        let column = |index: usize| entries.iter().map(|entry| entry[index].parse::<u64>().unwrap()).sum::<u64>();
        let totals =
            ["AllowedOutFlows", "CompletedFlows", "PacketsSrcToDest", "PacketsDestToSrc", "BytesSrcToDest", "BytesDestToSrc"];
        let expected: Vec<u64> = totals.iter().map(|name| line[name].parse().unwrap()).collect();
        assert_eq!((1..7).map(column).collect::<Vec<_>>(), expected, "what is packed adds up to its row");
        seen += entries.len();
    }
    assert_eq!((seen, sum(&lines, &FLOWS)), (2_000, 2_000));
}

#[test]
fn sums_are_those_of_the_observed_traffic_and_the_order_of_partials_does_not_matter() {
    let first = partial(&[
        outbound("A", VM, "203.0.113.9", 443).flows(3),
        outbound("A", VM, OTHER_VM, 22),
        inbound("B", VM, OTHER_VM, 22),
    ]);
    let second =
        partial(&[inbound("B", "203.0.113.9", OTHER_VM, 3389).denied().flows(9), outbound("A", VM, "203.0.113.9", 443).at(2)]);
    let aggregates = analyse(vec![first.clone(), second.clone()], 100);
    let lines = lines_with(vec![first.clone(), second.clone()], |_| ());
    assert_eq!(lines, lines_with(vec![second, first], |_| ()));
    let observed = aggregates.observed;
    let expected = [
        observed.flows_inbound_allowed,
        observed.flows_outbound_allowed,
        observed.flows_inbound_denied,
        observed.flows_outbound_denied,
    ];
    assert_eq!(FLOWS.map(|column| sum(&lines, &[column])), expected);
    assert_eq!(sum(&lines, &["BytesSrcToDest"]), observed.bytes_src_to_dst);
    assert_eq!(sum(&lines, &["PacketsDestToSrc"]), observed.packets_dst_to_src);
    assert!(lines.iter().all(|line| FLOWS.iter().filter(|column| line[**column] != "0").count() <= 1));
}

/// A capture of a VNet flow log, with a rule and an ACL by its GUID.
fn vnet_partial() -> Partial {
    let mut partial = partial(&[outbound("A", VM, OTHER_VM, 443)]);
    partial.capture_points[0].log_resource = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_WESTEUROPE/FLOWLOGS/LOG".into();
    partial.capture_points[0].target_resource =
        "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/Inferred".into();
    partial.capture_points[0].format = crate::schema::Format::VnetV4;
    partial.rules[0].acl = "0000-AB".into();
    partial.rules[0].rule = "UserRule_Allow-Web".into();
    partial.traffic.encryption[0] = Encryption::NX.0;
    partial
}

#[test]
fn names_have_the_forms_that_the_workbooks_split() {
    let dataset = dataset(vec![vnet_partial()]);
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    let id = "subscriptions/s/resourcegroups/rg/providers/microsoft.network/networksecuritygroups/nsg-web";
    let nsg = Nsg { id: id.into(), guid: "0000-ab".into(), ..Nsg::default() };
    let inventory = Inventory { nsgs: vec![nsg], ..Inventory::default() };
    let lines = lines_of(&dataset, &Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory });
    for (name, expected) in [
        ("AclGroup", "/subscriptions/s/resourcegroups/rg/providers/microsoft.network/networksecuritygroups/nsg-web"),
        ("AclRule", "allow-web"),
        ("NsgRuleType", "User Defined"),
        ("NsgList", ""),
        ("FlowEncryption", "Unencrypted"),
        ("FlowLogResourceId", "networkwatcherrg/networkwatcher_westeurope/log"),
        ("TargetResourceId", "rg/inferred"),
        ("TargetResourceType", "VirtualNetwork"),
        ("SrcSubnet", "rg/inferred/10.0.0.0_24"),
        ("SrcSubscription", "s"),
        ("DestSubnet", ""),
    ] {
        assert_eq!(lines[0][name], expected, "{name}");
    }
}

#[test]
fn of_several_balancers_of_an_address_the_first_is_told() {
    let lines = lines_with(vec![partial(&[outbound("A", VM, OTHER_VM, 443)])], |endpoints| {
        let resource = Resource { subscription: "S".into(), load_balancer: "lb-a lb-b".into(), ..Resource::default() };
        endpoint(endpoints, VM).resource = Some(Box::new(resource));
    });
    assert_eq!(cells(&lines[0], ["SrcLoadBalancer", "DestLoadBalancer"]), ["s//lb-a", ""]);
}

#[test]
fn sites_and_vpn_clients_have_their_connections() {
    let rows = [outbound("A", VM, "10.9.0.1", 443), outbound("A", VM, "10.8.0.1", 443)];
    let lines = lines_with(vec![partial(&rows)], |endpoints| {
        let site = |connection: &str, is_point_to_site| Site {
            gateway: "Gw".into(),
            gateway_type: "Vpn".into(),
            connection: connection.into(),
            connection_type: "IPsec".into(),
            is_point_to_site,
        };
        endpoints.sites = vec![site("HQ", false), site("point-to-site", true)];
        endpoint(endpoints, "10.9.0.1").site = Some(0);
        endpoint(endpoints, "10.8.0.1").site = Some(1);
    });
    let told: Vec<[String; 3]> = lines.iter().map(|line| cells(line, ["FlowType", "ConnectionName", "ConnectionType"])).collect();
    assert_eq!(told, [["S2S", "//hq", "VpnGateway"], ["P2S", "gw_10.8.0.1", "VpnGateway"]]);
}

#[test]
fn a_forwarder_that_owns_neither_end_is_a_hop() {
    let rows = [outbound("A", VM, OTHER_VM, 443), outbound("F", VM, OTHER_VM, 443).forwards()];
    let hops: Vec<[String; 2]> = lines(&rows).iter().map(|line| cells(line, ["MacAddress", "IsFlowCapturedAtUdrHop"])).collect();
    assert_eq!(hops, [["A", "false"], ["F", "true"]]);
}

#[test]
fn the_first_error_of_the_writer_ends_the_walk() {
    let dataset = dataset(vec![partial(&[outbound("A", VM, OTHER_VM, 443), outbound("A", VM, OTHER_VM, 80)])]);
    let owners = Owners::default();
    let endpoints = endpoints(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    let mut calls = 0;
    let result = for_each_row(&dataset, &estate, |_| {
        calls += 1;
        Err("full")
    });
    assert_eq!((result, calls), (Err("full"), 1));
}
