//! What exists and what was seen of it: gateways, balancers, regions, VNets, subnets, interfaces.

use super::build::*;
use crate::enrich::inventory::{Balancer, BalancerKind, Connection, InventoryInterface, InventorySubnet, InventoryVnet, Logged};
use crate::enrich::{Endpoints, Inventory, Resource, Site, VnetInfo};
use crate::schema::tables::{Activity, PlaceKind, Scope};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const OFFICE: &str = "10.200.0.9";
const OTHER_OFFICE: &str = "10.201.0.9";
const PUBLIC: &str = "203.0.113.9";

/// Rows that make every NIC own its address and log both directions in hour 0.
fn background(mac: &'static str, ip: &'static str) -> Vec<Row> {
    vec![outbound(mac, ip, PUBLIC, 53), inbound(mac, PUBLIC, ip, 53)]
}

pub fn site(connection: &str) -> Site {
    Site {
        gateway: "gw".into(),
        gateway_type: "Vpn".into(),
        connection: connection.into(),
        connection_type: "IPsec".into(),
        is_point_to_site: false,
    }
}

pub fn behind(endpoints: &mut Endpoints, ip: &str, site: u32) {
    let endpoint = endpoint(endpoints, ip);
    (endpoint.site, endpoint.scope) = (Some(site), Scope::OnPremises);
}

#[test]
fn a_gateway_counts_what_crosses_it_both_ways_and_idle_connections_have_zeros() {
    let connection = |gateway: &str, name: &str| Connection {
        gateway: gateway.into(),
        gateway_type: "ExpressRoute".into(),
        connection: name.into(),
        connection_type: "ExpressRoute".into(),
    };
    let inventory = Inventory {
        connections: vec![connection("gw", "hq"), connection("er", ""), connection("er", "x")],
        ..Inventory::default()
    };
    let mut rows = background("A", A);
    rows.extend([
        inbound("A", OFFICE, A, 22).flows(3),
        outbound("A", A, OFFICE, 443).flows(2).at(1),
        outbound("A", A, OFFICE, 80).denied(),
        Row { bytes: (0, 150), ..outbound("A", A, "10.200.0.10", 443) }.at(2),
        inbound("A", OTHER_OFFICE, A, 22).at(9),
    ]);
    let tables = count_with(&rows, &inventory, |endpoints| {
        endpoints.sites = vec![site("branch"), site("hq")];
        behind(endpoints, OFFICE, 1);
        behind(endpoints, "10.200.0.10", 1);
        behind(endpoints, OTHER_OFFICE, 0);
    });
    let names: Vec<_> = tables.gateways.iter().map(|r| (&*r.gateway, &*r.connection, r.peers)).collect();
    assert_eq!(names, [("gw", "hq", 2), ("gw", "branch", 1), ("er", "", 0), ("er", "x", 0)]);
    let hq = &tables.gateways[0];
    let m = &hq.measures;
    assert_eq!((m.flows_inbound_allowed, m.flows_outbound_allowed, m.flows_outbound_denied), (3, 3, 1));
    assert_eq!((m.bytes_received, m.bytes_sent), (100 + 50 + 150, 50 + 100), "received is from behind the gateway");
    assert_eq!((hq.bytes_per_second_max, hq.busiest_interval), (150 / 600, Some(0)), "of equal intervals the earliest");
    assert_eq!((tables.gateways[2].busiest_interval, &*tables.gateways[2].gateway_type), (None, "ExpressRoute"));
}

#[test]
fn the_busiest_interval_is_the_one_with_most_bytes_both_ways() {
    let rows = [
        outbound("A", A, OFFICE, 443),
        Row { bytes: (600_000, 0), ..outbound("A", A, OFFICE, 443) }.at(7),
        Row { bytes: (600_000, 601_199), ..inbound("A", OFFICE, A, 443) }.at(8),
    ];
    let tables = count_with(&rows, &Inventory::default(), |endpoints| {
        endpoints.sites = vec![site("hq")];
        behind(endpoints, OFFICE, 0);
    });
    let row = &tables.gateways[0];
    assert_eq!((row.bytes_per_second_max, row.busiest_interval), (2_001, Some(8 * 600_000)), "1,201,199 bytes in 600 s");
}

#[test]
fn traffic_between_sites_or_of_an_address_in_a_vnet_crosses_no_gateway() {
    let rows = [outbound("F", OFFICE, OTHER_OFFICE, 443).forwards(), outbound("A", A, B, 443), outbound("B", B, A, 443)];
    let tables = count_with(&rows, &Inventory::default(), |endpoints| {
        endpoints.sites = vec![site("hq")];
        [OFFICE, OTHER_OFFICE].iter().for_each(|ip| behind(endpoints, ip, 0));
        endpoint(endpoints, B).site = Some(0);
    });
    assert_eq!((tables.gateways[0].peers, tables.gateways[0].measures.flows()), (0, 0));
}

#[test]
fn what_its_destination_denied_is_denied_at_the_gateway_and_the_balancer() {
    let mut rows = [background("A", A), background("S", OFFICE)].concat();
    rows.extend([outbound("A", A, OFFICE, 445).flows(3), inbound("S", A, OFFICE, 445).flows(2).denied()]);
    let inventory = Inventory { balancers: vec![balancer("lb", &[], &[(OFFICE, 445)], &[])], ..Inventory::default() };
    let tables = count_with(&rows, &inventory, |endpoints| {
        endpoints.sites = vec![site("hq")];
        endpoint(endpoints, OFFICE).vnet = None;
        behind(endpoints, OFFICE, 0);
    });
    let at_gateway = &tables.gateways[0].measures;
    assert_eq!((at_gateway.flows_outbound_allowed, at_gateway.flows_outbound_denied), (1, 2));
    let at_balancer = &tables.load_balancers[0].measures;
    assert_eq!((at_balancer.flows_inbound_allowed, at_balancer.flows_inbound_denied), (1, 2));
}

pub fn balancer(name: &str, frontends: &[&str], backends: &[(&str, u16)], instances: &[&str]) -> Balancer {
    Balancer {
        name: name.into(),
        kind: if instances.is_empty() { BalancerKind::LoadBalancer } else { BalancerKind::ApplicationGateway },
        frontends: frontends.iter().map(|ip| address(ip)).collect(),
        backends: backends.iter().map(|(ip, port)| (address(ip), *port)).collect(),
        instances: instances.iter().map(|prefix| prefix.parse().unwrap()).collect(),
    }
}

#[test]
fn a_balancer_counts_a_row_once_towards_its_frontend_or_backend_or_begun_by_its_instances() {
    let inventory = Inventory {
        balancers: vec![
            balancer("app", &["10.0.0.9"], &[(B, 80)], &["10.0.0.0/28"]),
            balancer("idle", &["198.51.100.1"], &[("10.9.9.9", 0)], &[]),
            balancer("lb", &[], &[(B, 0), (B, 80)], &[]),
        ],
        ..Inventory::default()
    };
    let rows = [
        // Instance to backend: inbound of `app`, once; inbound of `lb`, once though two of its backends match.
        outbound("A", A, B, 80).flows(5),
        // Another port of the backend: outbound of `app`, whose instance begins it; inbound of `lb`.
        outbound("A", A, B, 22).flows(2),
        inbound("A", PUBLIC, A, 443).flows(9),
        inbound("C", PUBLIC, "10.0.0.9", 443).flows(4),
    ];
    let tables = count_with(&rows, &inventory, |_| ());
    let seen: Vec<_> = tables
        .load_balancers
        .iter()
        .map(|r| (&*r.name, r.kind, r.backends, r.is_active, r.measures.flows_inbound_allowed, r.measures.flows_outbound_allowed))
        .collect();
    let expected = [
        ("app", "application_gateway", 1, true, 5 + 4, 2),
        ("lb", "load_balancer", 1, true, 5 + 2, 0),
        ("idle", "load_balancer", 1, false, 0, 0),
    ];
    assert_eq!(seen, expected);
    let app = &tables.load_balancers[0].measures;
    assert_eq!((app.bytes_received, app.bytes_sent), (100 + 100 + 50, 50 + 50 + 100));
}

#[test]
fn malicious_flows_to_a_frontend_are_counted() {
    let inventory = Inventory { balancers: vec![balancer("lb", &[A], &[], &[])], ..Inventory::default() };
    let rows =
        [inbound("A", PUBLIC, A, 443).flows(2), inbound("A", PUBLIC, A, 22).flows(3).denied(), inbound("A", PUBLIC, A, 80)];
    let tables = count_with(&rows, &inventory, |endpoints| name_threat(endpoints, PUBLIC, None));
    let m = &tables.load_balancers[0].measures;
    assert_eq!((m.flows_malicious_allowed, m.flows_malicious_denied, m.flows()), (3, 3, 6));
}

/// A topology with a VNet that is logged and one that is not, each in its region.
fn inventory() -> Inventory {
    let vnet = |name: &str, region: &str, logged| InventoryVnet { name: name.into(), region: region.into(), logged };
    let subnet = |name: &str, logged| InventorySubnet { name: name.into(), vnet: "hub".into(), logged };
    let interface = |name: &str, logged| InventoryInterface { name: name.into(), logged, ..InventoryInterface::default() };
    Inventory {
        vnets: vec![
            vnet("hub", "westeurope", Logged::Yes),
            vnet("lab", "eastus", Logged::No),
            vnet("lab2", "eastus", Logged::No),
            vnet("new", "", Logged::Unknown),
        ],
        subnets: vec![subnet("hub/quiet", Logged::Yes)],
        interfaces: vec![interface("nic-a", Logged::Yes), interface("nic-z", Logged::Unknown)],
        ..Inventory::default()
    }
}

#[test]
fn places_are_active_silent_not_logged_or_unknown() {
    let rows = [outbound("A", A, B, 22), inbound("B", A, B, 22).at(3)];
    let tables = count_with(&rows, &inventory(), |endpoints| {
        endpoints.vnets = vec![VnetInfo { name: "hub".into(), region: "westeurope".into() }];
        endpoint(endpoints, A).interface = "nic-a".into();
    });
    let seen: Vec<_> = tables.activity.iter().map(|r| (r.kind, &*r.name, r.activity, r.addresses)).collect();
    let expected = [
        (PlaceKind::Region, "eastus", Activity::NotLogged, 0),
        (PlaceKind::Region, "westeurope", Activity::Active, 2),
        (PlaceKind::Vnet, "hub", Activity::Active, 2),
        (PlaceKind::Vnet, "lab", Activity::NotLogged, 0),
        (PlaceKind::Vnet, "lab2", Activity::NotLogged, 0),
        (PlaceKind::Vnet, "new", Activity::Unknown, 0),
        (PlaceKind::Subnet, "hub/quiet", Activity::Silent, 0),
        (PlaceKind::Subnet, "inferred 10.0.0.0/24", Activity::Active, 1),
        (PlaceKind::Subnet, "inferred 10.0.1.0/24", Activity::Active, 1),
        (PlaceKind::Interface, "B", Activity::Active, 1),
        (PlaceKind::Interface, "nic-a", Activity::Active, 1),
        (PlaceKind::Interface, "nic-z", Activity::Unknown, 0),
    ];
    assert_eq!(seen, expected);
    let hub = &tables.activity[2];
    assert_eq!((hub.first_time, hub.last_time), (Some(1), Some(3 * 600_000 + 2)), "as observed");
    assert_eq!((hub.measures.flows_inbound_allowed, hub.measures.flows_outbound_allowed), (1, 1), "as deduplicated");
    let quiet = &tables.activity[6];
    assert_eq!((quiet.first_time, quiet.last_time), (None, None));
}

#[test]
fn a_place_seen_only_in_rows_that_do_not_supply_is_active_without_measures() {
    // A's row of the pair supplies; F only forwards between addresses that supply elsewhere.
    let rows = [background("A", A), vec![inbound("B", A, B, 22)], background("B", B)].concat();
    let tables = count_with(&rows, &Inventory::default(), |endpoints| {
        endpoint(endpoints, PUBLIC).resource = Some(Box::new(Resource { region: "uksouth".into(), ..Resource::default() }));
    });
    let region = tables.activity.iter().find(|row| row.kind == PlaceKind::Region).unwrap();
    assert_eq!((&*region.name, region.activity, region.addresses), ("uksouth", Activity::Active, 1));
    let subnets: Vec<_> = tables.activity.iter().filter(|row| row.kind == PlaceKind::Subnet).collect();
    let by_subnet = |name: &str| tables.traffic_by_subnet.iter().find(|row| row.subnet == name).unwrap().measures;
    assert_eq!(subnets.len(), 2);
    assert!(subnets.iter().all(|row| row.measures == by_subnet(&row.name)), "a subnet has what the table by subnet has");
}
