//! Looks each address up once: its place in the estate by the topology, and of public ones country, service and threat.
//!
//! Goes in: addresses, the NICs' own addresses, the knowledge. Comes out: one [`Endpoint`] per address, and what they refer to.
//! Reads no file and judges no flow.

use std::collections::{BTreeMap, BTreeSet};

use super::topology::{Area, Facts, Nic, normalised_mac};
use super::{
    Endpoint, Endpoints, Knowledge, Network, Owners, Resource, ServiceTag, Site, Subnet, ThreatHit, Topology, VnetInfo, scope,
};
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
    let vnets = number_vnets(&mut rows, &places, topology);
    let sites = number_sites(&mut rows, &places, topology);
    let mut endpoints = Endpoints { rows, subnets, vnets, sites, ..Endpoints::default() };
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

/// Lists the VNets that hold an address, by name, and numbers the rows by them.
fn number_vnets(rows: &mut [Endpoint], places: &[Place], topology: &Topology) -> Vec<VnetInfo> {
    let distinct: BTreeSet<VnetPlace> = places.iter().filter_map(|place| place.vnet).collect();
    let info = |vnet: VnetPlace| match vnet {
        VnetPlace::Known(number) => topology.vnet(number).clone(),
        VnetPlace::Inferred => VnetInfo { name: INFERRED.to_owned(), region: String::new() },
    };
    let mut vnets: Vec<(VnetInfo, VnetPlace)> = distinct.into_iter().map(|vnet| (info(vnet), vnet)).collect();
    vnets.sort_by(|(a, at), (b, other)| (&a.name, at).cmp(&(&b.name, other)));
    let numbers: BTreeMap<VnetPlace, u32> = vnets.iter().map(|(_, vnet)| *vnet).zip(0..).collect();
    for (row, place) in rows.iter_mut().zip(places) {
        row.vnet = place.vnet.and_then(|vnet| numbers.get(&vnet).copied());
    }
    vnets.into_iter().map(|(info, _)| info).collect()
}

/// Lists the sites that an address is behind, and numbers the rows by them.
fn number_sites(rows: &mut [Endpoint], places: &[Place], topology: &Topology) -> Vec<Site> {
    let distinct: BTreeSet<u32> = places.iter().filter_map(|place| place.site).collect();
    let numbers: BTreeMap<u32, u32> = distinct.iter().copied().zip(0..).collect();
    for (row, place) in rows.iter_mut().zip(places) {
        row.site = place.site.and_then(|site| numbers.get(&site).copied());
    }
    distinct.into_iter().map(|site| topology.site(site).clone()).collect()
}

/// A logged NIC, looked up in the topology once for all its addresses.
struct Logged<'a> {
    /// Its MAC in the topology's form, if it is one.
    mac: Option<String>,
    /// Its name in the topology, else its MAC as logged.
    name: &'a str,
    /// What the topology knows of it.
    nic: Option<Nic<'a>>,
}

impl<'a> Logged<'a> {
    fn new(mac: &'a str, topology: &'a Topology) -> Self {
        let nic = topology.nic_of_mac(mac);
        Self { mac: normalised_mac(mac), name: nic.map_or(mac, |nic| nic.name), nic }
    }
}

/// Where an address lies, by the topology's numbers.
#[derive(Clone, Copy, Default)]
struct Place {
    subnet: Option<SubnetPlace>,
    vnet: Option<VnetPlace>,
    site: Option<u32>,
}

/// The subnet an address lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SubnetPlace {
    Known(u32),
    /// Network and length, and the VNet if that is known.
    Inferred(Address, u8, VnetPlace),
}

/// The VNet an address lies in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum VnetPlace {
    Known(u32),
    Inferred,
}

fn endpoint(address: Address, own: &[&Logged], topology: &Topology) -> (Endpoint, Place) {
    let facts = topology.facts(address);
    let mut nics: Vec<Nic> = facts.into_iter().flat_map(|facts| topology.nics(facts)).collect();
    // VNets may overlap: of interfaces with one address, those that were logged are meant.
    let is_logged = |nic: &Nic| own.iter().any(|logged| logged.mac.as_deref() == Some(nic.mac));
    if nics.len() > 1 && nics.iter().any(is_logged) {
        nics.retain(is_logged);
    }
    let is_own = facts.is_some_and(|facts| facts.is_own);
    let place = place(address, Held { facts, nics: &nics, is_logged: !own.is_empty(), is_own }, topology);
    let is_known = is_own || (place.vnet.is_some_and(|vnet| vnet != VnetPlace::Inferred));
    let of_mac: Vec<Nic> = own.iter().filter_map(|logged| logged.nic).collect();
    let is_of_mac = nics.is_empty();
    let nics = if is_of_mac { of_mac } else { nics };
    let interface =
        if is_of_mac { joined(own.iter().map(|logged| logged.name)) } else { joined(nics.iter().map(|nic| nic.name)) };
    let scope = match (own.is_empty(), is_known, place.site) {
        (false, ..) => Scope::Local,
        (true, true, _) => Scope::Vnet,
        (true, false, Some(_)) => Scope::OnPremises,
        (true, false, None) => scope::of_unknown(address),
    };
    let endpoint = Endpoint {
        address,
        scope,
        is_local: !own.is_empty() || is_known,
        interface,
        vm: joined(nics.iter().map(|nic| nic.vm)),
        resource: resource(facts, &nics, place, topology),
        ..Endpoint::default()
    };
    (endpoint, place)
}

/// Who has an address.
#[derive(Clone, Copy)]
struct Held<'a> {
    facts: Option<&'a Facts>,
    nics: &'a [Nic<'a>],
    /// Whether a logged NIC owns it.
    is_logged: bool,
    /// Whether the topology says that it is the customer's own.
    is_own: bool,
}

/// Where an address lies: by what has it, else by the longest prefix. A public address lies in no subnet, but has its owner's VNet.
fn place(address: Address, held: Held, topology: &Topology) -> Place {
    let area = topology.area(address);
    let is_public = held.facts.is_some_and(|facts| facts.is_public);
    let of_resource = held.nics.iter().find_map(|nic| nic.subnet).or_else(|| held.facts?.subnet);
    let subnet = of_resource.or(match area {
        Some(Area::Subnet(subnet)) => Some(subnet),
        _ => None,
    });
    let vnet = match (subnet, area) {
        (Some(subnet), _) => Some(topology.vnet_of(subnet)),
        (None, Some(Area::Vnet(vnet))) => Some(vnet),
        (None, _) => held.facts.and_then(|facts| facts.vnet),
    };
    let vnet = vnet.map(VnetPlace::Known);
    let site = match area {
        Some(Area::Site(site)) if vnet.is_none() && !held.is_logged && !held.is_own => Some(site),
        _ => None,
    };
    match subnet {
        Some(subnet) => Place { subnet: Some(SubnetPlace::Known(subnet)), vnet, site },
        None if !held.is_logged || (is_public && vnet.is_some()) => Place { subnet: None, vnet, site },
        None => {
            let length = if address.is_v4() { INFERRED_V4 } else { INFERRED_V6 };
            let vnet = vnet.unwrap_or(VnetPlace::Inferred);
            let subnet = SubnetPlace::Inferred(address.network(length), length, vnet);
            Place { subnet: Some(subnet), vnet: Some(vnet), site }
        }
    }
}

/// What else the topology knows of an address; `None` where that is nothing.
fn resource(facts: Option<&Facts>, nics: &[Nic], place: Place, topology: &Topology) -> Option<Box<Resource>> {
    let instances = match place.subnet {
        // An application gateway's instances have no interfaces that are listed.
        Some(SubnetPlace::Known(subnet)) if nics.is_empty() => topology.gateways_of_subnet(subnet),
        _ => &[],
    };
    let known_vnet = match place.vnet {
        Some(VnetPlace::Known(vnet)) => Some(vnet),
        _ => None,
    };
    let names = |of: fn(&Facts) -> &BTreeSet<String>| facts.into_iter().flat_map(of).map(String::as_str);
    let of_nics = |of: fn(&Nic) -> String| nics.iter().map(of).find(|text| !text.is_empty());
    let of_facts = |of: fn(&Facts) -> &String| facts.map(of).filter(|text| !text.is_empty()).cloned();
    let region = of_nics(|nic| nic.region.to_owned())
        .or_else(|| of_facts(|facts| &facts.region))
        .or_else(|| known_vnet.map(|vnet| topology.vnet(vnet).region.clone()));
    let subscription = of_nics(|nic| nic.subscription.to_owned())
        .or_else(|| of_facts(|facts| &facts.subscription))
        .or_else(|| known_vnet.map(|vnet| topology.subscription_of(vnet).to_owned()));
    let resource = Resource {
        scale_set: joined(nics.iter().map(|nic| nic.scale_set)),
        load_balancer: joined(names(|facts| &facts.load_balancers)),
        application_gateway: joined(names(|facts| &facts.application_gateways).chain(instances.iter().map(String::as_str))),
        gateway: joined(names(|facts| &facts.gateways)),
        private_endpoint: joined(names(|facts| &facts.private_endpoints)),
        region: region.unwrap_or_default(),
        subscription: subscription.unwrap_or_default(),
    };
    (resource != Resource::default()).then(|| Box::new(resource))
}

/// Distinct texts that are not empty, ascending, with blanks between.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.join(" ")
}

/// Lists the subnets that hold an address, sorted by VNet, then name, and numbers the rows by them.
fn number_subnets(rows: &mut [Endpoint], places: &[Place], topology: &Topology) -> Vec<Subnet> {
    let distinct: BTreeSet<SubnetPlace> = places.iter().filter_map(|place| place.subnet).collect();
    let mut subnets: Vec<(Subnet, SubnetPlace)> = distinct.into_iter().map(|place| (subnet(place, topology), place)).collect();
    // Names first; the place settles two inferred or equally named subnets.
    subnets.sort_by(|(a, at), (b, other)| (&a.vnet, &a.name, at).cmp(&(&b.vnet, &b.name, other)));
    let numbers: BTreeMap<SubnetPlace, u32> = subnets.iter().map(|(_, place)| *place).zip(0..).collect();
    for (row, place) in rows.iter_mut().zip(places) {
        row.subnet = place.subnet.and_then(|subnet| numbers.get(&subnet).copied());
    }
    subnets.into_iter().map(|(subnet, _)| subnet).collect()
}

fn subnet(place: SubnetPlace, topology: &Topology) -> Subnet {
    match place {
        SubnetPlace::Known(number) => topology.subnet(number).clone(),
        SubnetPlace::Inferred(network, length, vnet) => {
            let vnet = match vnet {
                VnetPlace::Known(number) => topology.vnet(number).name.clone(),
                VnetPlace::Inferred => INFERRED.to_owned(),
            };
            let prefix = format!("{network}/{length}");
            Subnet { name: format!("{INFERRED} {prefix}"), vnet, prefixes: prefix }
        }
    }
}

#[cfg(test)]
#[path = "endpoints_tests.rs"]
mod tests;
