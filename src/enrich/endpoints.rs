//! Looks each address up once: its place in the estate by the topology, and of public ones country, service and threat.
//!
//! Goes in: addresses, the NICs' own addresses, the knowledge. Comes out: one [`Endpoint`] per address, and what they refer to.
//! Reads no file and judges no flow.

use std::collections::{BTreeMap, BTreeSet};

use super::topology::{Nic, normalised_mac};
use super::{Endpoint, Endpoints, Knowledge, Network, Owners, ServiceTag, Subnet, ThreatHit, Topology, VnetInfo, scope};
use crate::schema::Address;
use crate::schema::tables::Scope;

/// The VNet of addresses that a logged NIC owns and no topology places (ARCHITECTURE.md, "Counting in one page").
const INFERRED: &str = "inferred";

/// Length of an inferred IPv4 subnet. Unit: bits; range 0 to 32; longer splits real subnets, shorter joins them.
const INFERRED_V4: u8 = 24;

/// Length of an inferred IPv6 subnet: Azure's subnets are exactly /64. Unit: bits; range 0 to 128.
const INFERRED_V6: u8 = 64;

/// What is known of each address, in the order given.
///
/// An interface of the topology that has the address comes first, then the logged NICs that own it. Where several have it, the names of
/// interfaces and VMs are joined by a blank, ascending, and the subnet is that of the first interface. `window` is the first and
/// the last tuple, ms since the epoch: threat lists are judged by it.
pub fn endpoints(addresses: &[Address], owners: &Owners, knowledge: &Knowledge, window: (i64, i64)) -> Endpoints {
    let topology = &knowledge.topology;
    let logged: Vec<Logged> = owners.interfaces.iter().map(|owned| Logged::new(&owned.mac, topology)).collect();
    let mut owned: Vec<(Address, usize)> = Vec::new();
    for (at, interface) in owners.interfaces.iter().enumerate() {
        owned.extend(interface.addresses.iter().map(|address| (*address, at)));
    }
    owned.sort_unstable();
    let mut places = Vec::with_capacity(addresses.len());
    let mut rows = Vec::with_capacity(addresses.len());
    for &address in addresses {
        let from = owned.partition_point(|(other, _)| *other < address);
        let own = owned[from..].iter().take_while(|(other, _)| *other == address);
        let own: Vec<&Logged> = own.map(|(_, at)| &logged[*at]).collect();
        let (row, place) = endpoint(address, &own, topology);
        rows.push(row);
        places.push(place);
    }
    let subnets = number_subnets(&mut rows, &places, topology);
    let vnets = number_vnets(&mut rows, &subnets);
    let mut endpoints = Endpoints { rows, subnets, vnets, ..Endpoints::default() };
    look_up_public(&mut endpoints, knowledge, window);
    endpoints
}

/// Country, network, service tag and threat of the public addresses that are not the customer's own.
fn look_up_public(endpoints: &mut Endpoints, knowledge: &Knowledge, window: (i64, i64)) {
    let mut networks: Vec<(usize, Network)> = Vec::new();
    let mut service_tags: Vec<(usize, ServiceTag)> = Vec::new();
    let mut threats: Vec<(usize, ThreatHit)> = Vec::new();
    for (at, row) in endpoints.rows.iter_mut().enumerate().filter(|(_, row)| row.scope == Scope::ExternalPublic) {
        row.country = knowledge.geo.country(row.address);
        networks.extend(knowledge.geo.network(row.address).map(|network| (at, network)));
        threats.extend(knowledge.threats.get(row.address, window).map(|threat| (at, threat)));
        if let Some(service_tag) = knowledge.service_tags.get(row.address) {
            row.scope = Scope::AzurePublic;
            service_tags.push((at, service_tag.clone()));
        }
    }
    endpoints.networks = numbered(networks, |at, number| endpoints.rows[at].network = Some(number));
    endpoints.service_tags = numbered(service_tags, |at, number| endpoints.rows[at].service_tag = Some(number));
    endpoints.threats = numbered(threats, |at, number| endpoints.rows[at].threat = Some(number));
}

/// The distinct values, ascending; `set` is told the number of each row's value.
fn numbered<T: Ord + Clone>(found: Vec<(usize, T)>, mut set: impl FnMut(usize, u32)) -> Vec<T> {
    let distinct: BTreeSet<&T> = found.iter().map(|(_, value)| value).collect();
    let numbers: BTreeMap<&T, u32> = distinct.iter().copied().zip(0..).collect();
    for (at, value) in &found {
        set(*at, numbers[value]);
    }
    distinct.into_iter().cloned().collect()
}

/// Lists the VNets of the subnets, by name, and numbers the rows by them.
fn number_vnets(rows: &mut [Endpoint], subnets: &[Subnet]) -> Vec<VnetInfo> {
    let of_rows = rows.iter().enumerate();
    let found = of_rows.filter_map(|(at, row)| Some((at, subnets[row.subnet? as usize].vnet.clone()))).collect();
    let names: Vec<String> = numbered(found, |at, number| rows[at].vnet = Some(number));
    names.into_iter().map(|name| VnetInfo { name, region: String::new() }).collect()
}

/// A logged NIC, looked up in the topology once for all its addresses.
struct Logged<'a> {
    /// Its MAC in the topology's form, if it is one.
    mac: Option<String>,
    /// Its name in the topology, else its MAC as logged.
    name: &'a str,
    /// Its VM in the topology, or empty.
    vm: &'a str,
}

impl<'a> Logged<'a> {
    fn new(mac: &'a str, topology: &'a Topology) -> Self {
        let name = topology.interface_name(mac).unwrap_or(mac);
        Self { mac: normalised_mac(mac), name, vm: topology.vm_name(mac).unwrap_or_default() }
    }
}

/// The subnet an address lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Index into the topology's subnets.
    Known(u32),
    /// Network and length.
    Inferred(Address, u8),
}

fn endpoint(address: Address, own: &[&Logged], topology: &Topology) -> (Endpoint, Option<Place>) {
    let mut nics: Vec<Nic> = topology.nics(address).collect();
    // VNets may overlap: of interfaces with one address, those that were logged are meant.
    let is_logged = |nic: &Nic| own.iter().any(|logged| logged.mac.as_deref() == Some(nic.mac));
    if nics.len() > 1 && nics.iter().any(is_logged) {
        nics.retain(is_logged);
    }
    let subnet = nics.iter().find_map(|nic| nic.subnet).or_else(|| topology.subnet_of(address));
    let is_known = !nics.is_empty() || subnet.is_some() || topology.knows(address);
    let place = match subnet {
        Some(subnet) => Some(Place::Known(subnet)),
        None if own.is_empty() => None,
        None => {
            let length = if address.is_v4() { INFERRED_V4 } else { INFERRED_V6 };
            Some(Place::Inferred(address.network(length), length))
        }
    };
    let (interface, vm) = if nics.is_empty() {
        (joined(own.iter().map(|logged| logged.name)), joined(own.iter().map(|logged| logged.vm)))
    } else {
        (joined(nics.iter().map(|nic| nic.name)), joined(nics.iter().map(|nic| nic.vm)))
    };
    let scope = match (own.is_empty(), is_known) {
        (false, _) => Scope::Local,
        (true, true) => Scope::Vnet,
        (true, false) => scope::of_unknown(address),
    };
    (Endpoint { address, scope, is_local: !own.is_empty() || is_known, interface, vm, ..Endpoint::default() }, place)
}

/// Distinct texts that are not empty, ascending, with blanks between.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.join(" ")
}

/// Lists the subnets that hold an address, sorted by VNet, then name, and numbers the rows by them.
fn number_subnets(rows: &mut [Endpoint], places: &[Option<Place>], topology: &Topology) -> Vec<Subnet> {
    let distinct: BTreeSet<Place> = places.iter().flatten().copied().collect();
    let mut subnets: Vec<(Subnet, Place)> = distinct.into_iter().map(|place| (subnet(place, topology), place)).collect();
    // Names first; the place settles two inferred or equally named subnets.
    subnets.sort_by(|(a, at), (b, other)| (&a.vnet, &a.name, at).cmp(&(&b.vnet, &b.name, other)));
    let numbers: BTreeMap<Place, u32> = subnets.iter().map(|(_, place)| *place).zip(0..).collect();
    for (row, place) in rows.iter_mut().zip(places) {
        row.subnet = place.and_then(|place| numbers.get(&place).copied());
    }
    subnets.into_iter().map(|(subnet, _)| subnet).collect()
}

fn subnet(place: Place, topology: &Topology) -> Subnet {
    match place {
        Place::Known(number) => topology.subnets()[number as usize].clone(),
        Place::Inferred(network, length) => {
            let prefix = format!("{network}/{length}");
            Subnet { name: format!("{INFERRED} {prefix}"), vnet: INFERRED.to_owned(), prefixes: prefix }
        }
    }
}

#[cfg(test)]
#[path = "endpoints_tests.rs"]
mod tests;
