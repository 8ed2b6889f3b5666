//! Tests of endpoints: owners, subnets, scopes, inference.

#![allow(clippy::unwrap_used)]
use std::net::IpAddr;

use super::*;
use crate::enrich::OwnedInterface;

const TOPOLOGY: &str = include_str!("../../tests/data/topology/two-vnets.toml");
const WEB: &str = "000D3A000001";
const OTHER: &str = "000D3A0000FF";

fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn owners(owned: &[(&str, &[&str])]) -> Owners {
    let interface = |(mac, ips): &(&str, &[&str])| OwnedInterface {
        mac: (*mac).to_owned(),
        addresses: ips.iter().map(|ip| address(ip)).collect(),
    };
    Owners { interfaces: owned.iter().map(interface).collect() }
}

fn topology(text: &str) -> Knowledge {
    let mut topology = Topology::default();
    topology.add("net.toml", text.as_bytes()).unwrap();
    Knowledge { topology, ..Knowledge::default() }
}

/// Interface, VM, subnet, scope, local of one address.
fn look(ip: &str, owners: &Owners, knowledge: &Knowledge) -> (String, String, String, Scope, bool) {
    let found = endpoints(&[address(ip)], owners, knowledge, (0, 0));
    let row = found.rows[0].clone();
    assert_eq!(row.address, address(ip));
    let subnet = row.subnet.map(|at| found.subnets[at as usize].name.clone()).unwrap_or_default();
    (row.interface, row.vm, subnet, row.scope, row.is_local)
}

fn told(interface: &str, vm: &str, subnet: &str, scope: Scope, is_local: bool) -> (String, String, String, Scope, bool) {
    (interface.into(), vm.into(), subnet.into(), scope, is_local)
}

#[test]
fn without_topology_subnets_are_inferred_for_owned_addresses_only() {
    let (owners, none) = (owners(&[(OTHER, &["10.0.1.4", "2001:db8:0:5::9"])]), Knowledge::default());
    assert_eq!(look("10.0.1.4", &owners, &none), told(OTHER, "", "inferred 10.0.1.0/24", Scope::Local, true));
    assert_eq!(look("2001:db8:0:5::9", &owners, &none), told(OTHER, "", "inferred 2001:db8:0:5::/64", Scope::Local, true));
    assert_eq!(look("10.0.1.5", &owners, &none), told("", "", "", Scope::UnknownPrivate, false));
    assert_eq!(look("203.0.113.9", &owners, &none), told("", "", "", Scope::ExternalPublic, false));
    assert_eq!(look("168.63.129.16", &owners, &none), told("", "", "", Scope::Platform, false));
    let found = endpoints(&[address("10.0.1.4")], &owners, &none, (0, 0));
    let inferred = Subnet { name: "inferred 10.0.1.0/24".into(), vnet: "inferred".into(), prefixes: "10.0.1.0/24".into() };
    assert_eq!(found.subnets, [inferred]);
}

#[test]
fn the_topology_names_interface_vm_and_subnet() {
    let topology = topology(TOPOLOGY);
    let logged = owners(&[(WEB, &["10.0.1.4", "10.0.1.5"])]);
    assert_eq!(look("10.0.1.4", &logged, &topology), told("web-1-nic", "web-1", "hub/web", Scope::Local, true));
    assert_eq!(look("10.1.0.9", &logged, &topology), told("stopped-nic", "", "spoke/app", Scope::Vnet, true));
    assert_eq!(look("fd00:1:0:1::77", &logged, &topology), told("", "", "hub/web", Scope::Vnet, true));
    assert_eq!(look("10.0.200.1", &logged, &topology), told("", "", "", Scope::Vnet, true));
    assert_eq!(look("10.9.0.1", &logged, &topology), told("", "", "", Scope::UnknownPrivate, false));
}

#[test]
fn a_learnt_address_takes_the_name_of_the_topologys_mac_and_its_subnet() {
    let topology = topology(TOPOLOGY);
    let logged = owners(&[("00-0d-3a-00-00-01", &["10.0.1.77"]), (OTHER, &["10.0.9.9", "10.0.1.130"])]);
    assert_eq!(look("10.0.1.77", &logged, &topology), told("web-1-nic", "web-1", "hub/web", Scope::Local, true));
    assert_eq!(look("10.0.1.130", &logged, &topology), told(OTHER, "", "hub/web-canary", Scope::Local, true));
    // In the VNet, in no subnet of it.
    assert_eq!(look("10.0.9.9", &logged, &topology), told(OTHER, "", "inferred 10.0.9.0/24", Scope::Local, true));
}

#[test]
fn several_owners_are_joined_ascending() {
    let logged = owners(&[(OTHER, &["10.0.1.4"]), (WEB, &["10.0.1.4"])]);
    let row = look("10.0.1.4", &logged, &Knowledge::default());
    assert_eq!(row, told("000D3A000001 000D3A0000FF", "", "inferred 10.0.1.0/24", Scope::Local, true));
}

#[test]
fn of_interfaces_with_one_address_the_logged_one_is_meant() {
    let two = topology(
        "[[interface]]\nname = 'a'\nmac = '000D3A000001'\naddresses = ['10.0.0.4']\nvm = 'x'\n\
         [[interface]]\nname = 'b'\nmac = '000D3A000002'\naddresses = ['10.0.0.4']\nvm = 'y'\n",
    );
    let logged = owners(&[("000D3A000002", &["10.0.0.4"])]);
    assert_eq!(look("10.0.0.4", &logged, &two), told("b", "y", "inferred 10.0.0.0/24", Scope::Local, true));
    assert_eq!(look("10.0.0.4", &Owners::default(), &two), told("a b", "x y", "", Scope::Vnet, true));
}

#[test]
fn subnets_are_those_asked_for_sorted_by_vnet_then_name() {
    let topology = topology(TOPOLOGY);
    let logged = owners(&[(OTHER, &["192.168.2.1", "192.168.10.1"])]);
    let asked = ["10.1.0.9", "192.168.2.1", "192.168.10.1", "10.0.1.4", "8.8.8.8", "10.1.0.10"].map(address);
    let found = endpoints(&asked, &logged, &topology, (0, 0));
    let names: Vec<&str> = found.subnets.iter().map(|subnet| subnet.name.as_str()).collect();
    assert_eq!(names, ["hub/web", "inferred 192.168.10.0/24", "inferred 192.168.2.0/24", "spoke/app"]);
    let indexes: Vec<Option<u32>> = found.rows.iter().map(|row| row.subnet).collect();
    assert_eq!(indexes, [Some(3), Some(2), Some(1), Some(0), None, Some(3)]);
    assert!(found.rows.iter().map(|row| row.address).eq(asked));
    assert!(endpoints(&[], &logged, &topology, (0, 0)).subnets.is_empty());
}

/// The estate of the fixture.
fn estate() -> Knowledge {
    let mut topology = Topology::default();
    topology.add("estate.json", include_bytes!("../../tests/data/topology/estate-rest.json")).unwrap();
    Knowledge { topology, ..Knowledge::default() }
}

#[test]
fn an_address_has_its_vnet_also_without_a_subnet() {
    let asked = ["10.0.1.4", "10.0.9.9", "10.1.0.1", "203.0.113.4", "8.8.8.8", "10.0.1.100"].map(address);
    let found = endpoints(&asked, &Owners::default(), &estate(), (0, 0));
    let vnets: Vec<(&str, &str)> = found.vnets.iter().map(|vnet| (vnet.name.as_str(), vnet.region.as_str())).collect();
    assert_eq!(vnets, [("hub", "westeurope"), ("spoke", "")]);
    assert_eq!(found.rows.iter().map(|row| row.vnet).collect::<Vec<_>>(), [Some(0), Some(0), Some(1), Some(0), None, Some(0)]);
    assert_eq!(found.rows.iter().map(|row| row.subnet).collect::<Vec<_>>(), [Some(0), None, None, None, None, Some(0)]);
    let scopes: Vec<(Scope, bool)> = found.rows.iter().map(|row| (row.scope, row.is_local)).collect();
    let (vnet, external) = ((Scope::Vnet, true), (Scope::ExternalPublic, false));
    assert_eq!(scopes, [vnet, vnet, vnet, vnet, external, vnet]);
}

#[test]
fn an_address_behind_a_gateway_is_on_premises_and_not_local() {
    let asked = ["192.168.1.1", "172.16.9.9", "10.0.255.30", "198.51.100.7"].map(address);
    let found = endpoints(&asked, &Owners::default(), &estate(), (0, 0));
    let sites: Vec<(&str, &str, bool)> =
        found.sites.iter().map(|site| (site.gateway.as_str(), site.connection.as_str(), site.is_point_to_site)).collect();
    assert_eq!(sites, [("vpn", "hub-to-hq", false), ("vpn", "point-to-site", true)]);
    let rows: Vec<_> = found.rows.iter().map(|row| (row.site, row.scope, row.is_local)).collect();
    let behind = |site| (Some(site), Scope::OnPremises, false);
    assert_eq!(rows, [behind(0), behind(1), (None, Scope::Vnet, true), behind(0)]);
    assert_eq!(found.rows[2].resource.as_ref().unwrap().gateway, "vpn");
    assert_eq!(found.rows[0].resource, None);
}

#[test]
fn an_address_has_the_resources_that_it_belongs_to() {
    let asked = ["10.0.1.4", "10.0.1.100", "203.0.113.4", "10.0.1.77"].map(address);
    let found = endpoints(&asked, &Owners::default(), &estate(), (0, 0));
    let resources: Vec<Resource> = found.rows.iter().map(|row| (**row.resource.as_ref().unwrap()).clone()).collect();
    let own = Resource {
        region: "westeurope".into(),
        subscription: "00000000-0000-0000-0000-000000000001".into(),
        ..Resource::default()
    };
    let of_balancer = Resource { load_balancer: "lb".into(), ..own.clone() };
    assert_eq!(resources, [of_balancer.clone(), of_balancer, own.clone(), own]);
    assert_eq!(found.rows[2].interface, "web-1-nic");
}

#[test]
fn a_public_address_that_a_logged_nic_owns_is_local_and_in_no_subnet() {
    let logged = owners(&[(WEB, &["203.0.113.4"])]);
    assert_eq!(look("203.0.113.4", &logged, &estate()), told("web-1-nic", "", "", Scope::Local, true));
}

#[test]
fn a_learnt_address_in_the_space_of_a_vnet_is_in_that_vnet() {
    let logged = owners(&[(OTHER, &["10.0.9.9", "10.44.0.1"])]);
    let found = endpoints(&["10.0.9.9", "10.44.0.1"].map(address), &logged, &estate(), (0, 0));
    let subnets: Vec<(&str, &str)> = found.subnets.iter().map(|one| (one.name.as_str(), one.vnet.as_str())).collect();
    assert_eq!(subnets, [("inferred 10.0.9.0/24", "hub"), ("inferred 10.44.0.0/24", "inferred")]);
    assert_eq!(found.rows.iter().map(|row| row.vnet).collect::<Vec<_>>(), [Some(0), Some(1)]);
}
