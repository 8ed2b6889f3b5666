//! Who talks with whom: addresses, VNets, subnets, scale sets, conversations, gateways, load balancers, and what is silent.

use super::{MEASURES, PAIR_MEASURES, cells, counts, expected, named, row, rows, table};

#[test]
fn an_address_of_the_estate_tells_where_it_belongs() {
    let columns = ["scope", "subnet", "vnet", "interface", "vm", "region"];
    for (ip, known) in [
        ("10.0.1.4", ["local", "hub/web", "hub", "nic-web-1", "web-1", "westeurope"]),
        ("10.0.2.4", ["local", "hub/appliance", "hub", "nic-appliance", "fw-1", "westeurope"]),
        ("10.1.1.4", ["local", "spoke/db", "spoke", "nic-db-1", "db-1", "northeurope"]),
        ("2001:db8:1:1::4", ["local", "spoke/db", "spoke", "nic-db-1", "db-1", "northeurope"]),
    ] {
        assert_eq!(cells(&row("endpoints", &[("ip", ip)]), &columns), known, "{ip}");
    }
    let endpoint = |ip: &str, columns: &[&str]| {
        let row = row("endpoints", &[("ip", ip)]);
        cells(&row, columns).join(",")
    };
    assert_eq!(endpoint("10.0.1.4", &["load_balancer"]), "lb-edge lb-web");
    assert_eq!(endpoint("10.0.1.5", &["load_balancer"]), "lb-web");
    assert_eq!(endpoint("10.0.1.100", &["scope", "vnet", "load_balancer"]), "vnet,hub,lb-web");
    assert_eq!(endpoint("10.1.1.10", &["scope", "vnet", "scale_set"]), "local,spoke,workers");
    assert_eq!(endpoint("10.1.1.20", &["scope", "vnet", "private_endpoint"]), "vnet,spoke,pe-storage");
    assert_eq!(endpoint("192.0.2.4", &["vnet", "interface", "country", "asn"]), "hub,nic-web-1,,", "the customer's own");
}

#[test]
fn an_address_elsewhere_tells_what_it_is_reached_through_or_who_runs_it() {
    let site = ["scope", "vnet", "gateway", "connection"];
    let public = ["scope", "country", "asn", "as_name", "service_tag", "service_tag_region", "threat_list", "threat_entry"];
    let endpoint = |ip: &str| row("endpoints", &[("ip", ip)]);
    assert_eq!(cells(&endpoint("192.168.1.10"), &site), ["on_premises", "", "vpn-hub", "conn-hq"]);
    assert_eq!(cells(&endpoint("172.16.200.5"), &site), ["on_premises", "", "vpn-hub", "point-to-site"]);
    assert_eq!(cells(&endpoint("10.99.0.1"), &site), ["unknown_private", "", "", ""]);
    assert_eq!(
        cells(&endpoint("198.51.100.10"), &public),
        ["azure_public", "US", "64501", "EXAMPLE-CLOUD", "Storage.WestEurope", "westeurope", "", ""]
    );
    assert_eq!(
        cells(&endpoint("203.0.113.130"), &public),
        ["external_public", "NL", "64500", "EXAMPLE-NET, Netherlands", "", "", "threats.txt", "203.0.113.128/25"]
    );
    assert_eq!(cells(&endpoint("2001:db8:f::7"), &public)[..4], ["external_public", "JP", "64502", "EXAMPLE-SIX"]);
    let times = ["first_time", "last_time"];
    // (4) from web-1 at 17:00:10, its end at 19:05.
    assert_eq!(cells(&endpoint("203.0.113.9"), &times), ["2024-08-19T17:00:10.000Z", "2024-08-19T19:05:00.000Z"]);
    // Seven of hub and spoke by IPv4, one by IPv6, web-1's own public one, 10.99.0.1, two behind the gateway, seven public ones.
    assert_eq!(table("endpoints").rows.len(), 7 + 1 + 1 + 1 + 2 + 7);
}

#[test]
fn an_address_has_its_inbound_and_outbound_flows() {
    let row = row("traffic_by_ip", &[("ip", "10.0.1.4")]);
    // In (6) twice, (7)…(11), (18); out (1)…(5), (12), (17), (22).
    // Received: in 600+200+100+4800+1200+60, back 160+14000+30000+5110+200+8000+50.
    // Sent: out 80+1500+2000+620+300+60+700+40, back 7000+2000+1000+29000+13000.
    assert_eq!(counts(&row, MEASURES), [5, 3, 8, 0, 64_480, 57_300, 100, 95, 0, 2, 2]);
    let public = super::row("traffic_by_ip", &[("ip", "203.0.113.66")]);
    assert_eq!(
        cells(&public, &["country", "asn", "threat"]),
        ["NL", "AS64500 EXAMPLE-NET, Netherlands", "threats.txt: 203.0.113.66"]
    );
}

#[test]
fn both_ends_of_a_flow_have_their_vnet() {
    let vnets = expected(&[
        // 10.0.1.4 as above; 10.0.1.5: (19) out, (20) in; 10.0.1.100: (13) in; 10.0.2.4: (1) in; 192.0.2.4: (14) in.
        // Received 64480+11000+900+80+250, sent 57300+1000+10000+160+350.
        ("hub", [8, 4, 10, 0, 76_710, 68_810, 123, 118, 1, 2, 2]),
        // In: (3), (4), (5), (12), (15), (19) twice, (21); out: (6) twice, (7)…(11), (20), (21).
        // Received 2000+620+300+60+555+1000+110 + 7000+2000+1000+29000+13000+220,
        // sent 600+200+100+4800+1200+110 + 30000+5110+200+666+11000+220.
        ("", [8, 0, 6, 3, 56_865, 54_206, 89, 95, 1, 2, 2]),
        // In: (2), (16), (17), (22); out: (13)…(16), (18).
        // Received 1500+333+700+40 + 10000+350+666+4444, sent 900+250+555+333+60 + 14000+4444+8000+50.
        ("spoke", [4, 0, 4, 1, 18_033, 28_592, 48, 47, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_by_vnet"), vnets);
}

#[test]
fn subnets_have_their_vnet_and_prefixes_and_what_lies_in_none_shares_a_row() {
    let table = table("traffic_by_subnet");
    let found: Vec<_> =
        table.rows.iter().map(|row| (["subnet", "vnet", "prefix"].map(|key| row[key].as_str()), counts(row, MEASURES))).collect();
    let expected = [
        // hub of the table above without 10.0.2.4 and 192.0.2.4.
        (["hub/web", "hub", "10.0.1.0/24"], [6, 4, 10, 0, 76_380, 68_300, 120, 115, 1, 2, 2]),
        // What has no VNet, and web-1's own public address, which has a VNet but no subnet.
        (["", "", ""], [9, 0, 6, 3, 57_115, 54_556, 91, 97, 1, 2, 2]),
        (["spoke/db", "spoke", "10.1.1.0/24 2001:db8:1:1::/64"], [4, 0, 4, 1, 18_033, 28_592, 48, 47, 0, 0, 0]),
        // (1)
        (["hub/appliance", "hub", "10.0.2.0/24"], [1, 0, 0, 0, 80, 160, 1, 1, 0, 0, 0]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_scale_set_has_what_its_instances_have() {
    let scale_sets = expected(&[
        // All that follows is missing here.
        ("", [19, 4, 19, 3, 147_124, 151_165, 255, 255, 2, 4, 4]),
        // In (22); out (16), (18) denied. Received 40+4444+0, sent 333+60+50.
        ("workers", [1, 0, 1, 1, 4_484, 443, 5, 5, 0, 0, 0]),
    ]);
    assert_eq!(named("traffic_by_scale_set"), scale_sets);
}

/// Conversations of the given flow types: smaller and greater address, type, ports, busiest port.
fn conversations(flow_types: &[&str]) -> Vec<(String, [u64; 9])> {
    let is_meant = |row: &super::Row| flow_types.contains(&row["flow_type"].as_str());
    let rows = table("conversations").rows.into_iter().filter(is_meant);
    rows.map(|row| (cells(&row, &["ip_a", "ip_b", "flow_type", "ports", "top_port"]).join(" "), counts(&row, PAIR_MEASURES)))
        .collect()
}

fn texts(rows: &[(&str, [u64; 9])]) -> Vec<(String, [u64; 9])> {
    rows.iter().map(|(text, measures)| ((*text).to_owned(), *measures)).collect()
}

#[test]
fn an_internal_conversation_joins_both_directions() {
    let internal = conversations(&["IntraVNet", "InterVNet", "S2S", "P2S", "UnknownPrivate"]);
    // Sent: from the smaller address to the greater.
    let expected = texts(&[
        ("10.0.1.4 192.168.1.10 S2S 1 8443", [1, 0, 4_800, 29_000, 16, 18, 0, 0, 0]),
        ("10.0.1.4 10.1.1.4 InterVNet 1 1433", [1, 0, 14_000, 1_500, 14, 15, 0, 0, 0]),
        ("10.0.1.4 172.16.200.5 P2S 1 3389", [1, 0, 1_200, 13_000, 12, 13, 0, 0, 0]),
        ("10.0.1.100 10.1.1.4 InterVNet 1 443", [1, 0, 900, 10_000, 9, 10, 0, 0, 0]),
        ("10.0.1.4 10.1.1.20 InterVNet 1 443", [1, 0, 8_000, 700, 8, 7, 0, 0, 0]),
        ("10.1.1.4 10.1.1.10 IntraVNet 1 5432", [1, 0, 333, 4_444, 3, 4, 0, 0, 0]),
        ("10.1.1.4 192.0.2.4 InterVNet 1 443", [1, 0, 350, 250, 2, 2, 0, 0, 0]),
        ("10.0.1.4 10.0.2.4 IntraVNet 1 53", [1, 0, 160, 80, 1, 1, 0, 0, 0]),
        // (22) from 10.0.1.4 and (18) from 10.1.1.10: received 50+60; port 8080 has 90 bytes, 22 has 60.
        ("10.0.1.4 10.1.1.10 InterVNet 2 8080", [1, 1, 110, 40, 2, 1, 0, 0, 0]),
        ("10.0.1.4 10.99.0.1 UnknownPrivate 1 8080", [1, 0, 0, 60, 0, 1, 0, 0, 0]),
    ]);
    assert_eq!(internal, expected);
}

#[test]
fn an_external_conversation_is_malicious_if_any_of_its_flows_is() {
    let external = conversations(&["AzurePublic", "ExternalPublic", "MaliciousFlow"]);
    let expected = texts(&[
        ("10.0.1.4 198.51.100.10 AzurePublic 1 443", [1, 0, 30_000, 2_000, 30, 20, 0, 0, 0]),
        ("10.0.1.5 203.0.113.9 ExternalPublic 1 443", [2, 0, 11_000, 1_000, 11, 10, 1, 0, 0]),
        ("10.0.1.4 203.0.113.20 ExternalPublic 1 443", [1, 0, 600, 7_000, 6, 7, 0, 0, 0]),
        ("10.0.1.4 203.0.113.9 ExternalPublic 1 443", [1, 0, 5_110, 620, 6, 6, 0, 0, 0]),
        ("10.0.1.4 203.0.113.21 ExternalPublic 1 443", [1, 0, 200, 2_000, 2, 2, 0, 0, 0]),
        ("2001:db8:1:1::4 2001:db8:f::7 ExternalPublic 1 443", [1, 0, 666, 555, 6, 5, 0, 0, 0]),
        // (6) twice on port 22, (9) on 443
        ("10.0.1.4 203.0.113.130 MaliciousFlow 2 443", [1, 2, 100, 1_000, 1, 1, 0, 1, 2]),
        ("10.0.1.4 203.0.113.66 MaliciousFlow 1 4444", [1, 0, 200, 300, 2, 3, 0, 1, 0]),
        ("10.0.1.5 203.0.113.20 ExternalPublic 1 80", [0, 1, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    assert_eq!(external, expected);
    assert_eq!(conversations(&["Unknown"]).len(), 1, "(21)");
    let busiest = row("conversations", &[("ip_a", "10.0.1.4"), ("ip_b", "198.51.100.10")]);
    assert_eq!(cells(&busiest, &["top_port", "top_protocol", "top_l7_protocol"]), ["443", "6", "https"]);
}

#[test]
fn a_gateway_has_a_row_per_connection_with_its_busiest_rate() {
    let gateway = |connection: &str| row("gateways", &[("connection", connection)]);
    let columns = ["gateway", "gateway_type", "connection_type", "peers", "bytes_per_second_max", "busiest_interval"];
    let hq = gateway("conn-hq");
    // 17:00: 800+9000 bytes, 17:10: 4000+20000 bytes; 24000 in 600 seconds.
    assert_eq!(cells(&hq, &columns), ["vpn-hub", "Vpn", "IPsec", "1", "40", "2024-08-19T17:10:00.000Z"]);
    assert_eq!(counts(&hq, MEASURES), [1, 0, 0, 0, 4_800, 29_000, 16, 18, 0, 0, 0]);
    let clients = gateway("point-to-site");
    // 14200 bytes in 600 seconds are 23.7 a second.
    assert_eq!(cells(&clients, &columns), ["vpn-hub", "Vpn", "VPNClient", "1", "23", "2024-08-19T17:00:00.000Z"]);
    assert_eq!(counts(&clients, MEASURES), [1, 0, 0, 0, 1_200, 13_000, 12, 13, 0, 0, 0]);
    let branch = gateway("conn-branch");
    assert_eq!(cells(&branch, &columns), ["vpn-hub", "Vpn", "IPsec", "0", "0", ""], "no traffic, and yet a row");
    assert_eq!(counts(&branch, MEASURES), [0; 11]);
    assert_eq!(table("gateways").rows.len(), 3, "(21) is no traffic of the gateway's VNet");
}

#[test]
fn a_load_balancer_counts_its_frontend_and_its_backends_on_the_forwarded_port() {
    let columns = ["kind", "frontends", "backends", "is_active"];
    let web = row("load_balancers", &[("name", "lb-web")]);
    assert_eq!(cells(&web, &columns), ["load_balancer", "10.0.1.100", "2", "true"]);
    // (13) to the frontend, (10) to web-1 on 8443: received 900+4800, sent 10000+29000.
    assert_eq!(counts(&web, MEASURES), [2, 0, 0, 0, 5_700, 39_000, 25, 28, 0, 0, 0]);
    let edge = row("load_balancers", &[("name", "lb-edge")]);
    assert_eq!(cells(&edge, &columns), ["load_balancer", "192.0.2.10", "1", "false"]);
    assert_eq!(counts(&edge, MEASURES), [0; 11]);
}

#[test]
fn what_is_silent_is_told_from_what_is_not_logged() {
    let activity = |kind: &str| -> Vec<(String, String)> {
        rows("activity", &[("kind", kind)]).into_iter().map(|row| (row["name"].clone(), row["activity"].clone())).collect()
    };
    let told = |rows: &[(&str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(name, activity)| ((*name).to_owned(), (*activity).to_owned())).collect()
    };
    assert_eq!(activity("region"), told(&[("northeurope", "active"), ("uksouth", "not_logged"), ("westeurope", "active")]));
    assert_eq!(activity("vnet"), told(&[("dark", "not_logged"), ("hub", "active"), ("spoke", "active")]));
    let subnets = told(&[
        ("dark/jobs", "not_logged"),
        ("hub/GatewaySubnet", "silent"),
        ("hub/appliance", "active"),
        ("hub/silent", "silent"),
        ("hub/web", "active"),
        // Of spoke only the subnet db is logged.
        ("spoke/cache", "not_logged"),
        ("spoke/db", "active"),
    ]);
    assert_eq!(activity("subnet"), subnets);
    let interfaces = activity("interface");
    let active = interfaces.iter().filter(|(_, activity)| activity == "active").count();
    assert_eq!((interfaces.len(), active), (7, 6), "{interfaces:?}");
    assert!(interfaces.contains(&("nic-jobs".to_owned(), "not_logged".to_owned())));
}

#[test]
fn activity_has_the_measures_and_times_of_its_addresses() {
    let of = |kind: &str, name: &str| row("activity", &[("kind", kind), ("name", name)]);
    let hub = of("vnet", "hub");
    assert_eq!(counts(&hub, MEASURES), [8, 4, 10, 0, 76_710, 68_810, 123, 118, 1, 2, 2], "as in the table by VNet");
    let db = of("subnet", "spoke/db");
    // 10.1.1.4, 10.1.1.10, 10.1.1.20, 2001:db8:1:1::4
    assert_eq!(counts(&db, ["addresses"]), [4]);
    let appliance = of("subnet", "hub/appliance");
    // (1) as web-1 logged its begin and the appliance its end.
    assert_eq!(cells(&appliance, &["first_time", "last_time"]), ["2024-08-19T17:00:01.000Z", "2024-08-19T17:00:02.500Z"]);
    let silent = of("subnet", "hub/silent");
    assert_eq!(cells(&silent, &["first_time", "last_time", "addresses"]), ["", "", "0"]);
}
