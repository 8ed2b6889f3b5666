//! VNets and subnets by name, id and prefix: those that are listed, and those that only others tell of.
//!
//! Goes in: all resources. Comes out: VNets sorted by name, subnets sorted by VNet and name, and their numbers by id. A VNet that
//! is only the other side of a peering has the peering's prefixes; a subnet that only an interface, gateway or frontend names
//! has none.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::join::Store;
use super::names;
use super::resource::{Vnet, VnetSubnet};
use super::text::{last_segment, normalised_id, parent, segment_after};
use crate::enrich::{Subnet, VnetInfo};

#[derive(Clone, Debug, Default)]
pub(super) struct Networks {
    /// Sorted by name.
    pub vnets: Vec<VnetInfo>,
    /// One per VNet.
    pub vnet_facts: Vec<VnetFacts>,
    /// Sorted by VNet, then name.
    pub subnets: Vec<Subnet>,
    pub subnet_facts: Vec<SubnetFacts>,
    subnet_of_id: BTreeMap<String, u32>,
    /// Into `subnets`, by the id of an IP configuration in it, or of its NAT gateway.
    subnet_of_part: BTreeMap<String, u32>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct VnetFacts {
    pub id: String,
    pub subscription: String,
    pub prefixes: Vec<IpNet>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct SubnetFacts {
    pub id: String,
    pub vnet: u32,
    pub nsg: String,
    pub prefixes: Vec<IpNet>,
}

impl Networks {
    pub fn new(store: &Store) -> Self {
        let mut all = all_vnets(store);
        let named: Vec<(&str, &str)> = all.iter().map(|vnet| (vnet.name.as_str(), vnet.id.as_str())).collect();
        for (name, vnet) in names::distinct(&named).into_iter().zip(&mut all) {
            vnet.name = name;
        }
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        let mut networks = Self::default();
        let mut subnets: Vec<(Subnet, u32, VnetSubnet)> = Vec::new();
        for (vnet, number) in all.into_iter().zip(0..) {
            for subnet in vnet.subnets {
                let prefixes: Vec<String> = subnet.prefixes.iter().map(ToString::to_string).collect();
                let name = format!("{}/{}", vnet.name, subnet.name);
                subnets.push((Subnet { name, vnet: vnet.name.clone(), prefixes: prefixes.join(" ") }, number, subnet));
            }
            let subscription = segment_after(&vnet.id, "subscriptions").to_owned();
            networks.vnets.push(VnetInfo { name: vnet.name, region: vnet.region });
            networks.vnet_facts.push(VnetFacts { id: vnet.id, subscription, prefixes: vnet.prefixes });
        }
        subnets.sort_by(|(a, ..), (b, ..)| (&a.vnet, &a.name, &a.prefixes).cmp(&(&b.vnet, &b.name, &b.prefixes)));
        for ((subnet, vnet, told), number) in subnets.into_iter().zip(0..) {
            networks.subnet_of_id.insert(told.id.clone(), number);
            for part in told.configurations.into_iter().chain([told.nat_gateway]) {
                networks.subnet_of_part.entry(part).or_insert(number);
            }
            networks.subnets.push(subnet);
            networks.subnet_facts.push(SubnetFacts { id: told.id, vnet, nsg: told.nsg, prefixes: told.prefixes });
        }
        networks
    }

    /// The subnet of a told id.
    pub fn subnet(&self, told_id: &str) -> Option<u32> {
        if told_id.is_empty() { None } else { self.subnet_of_id.get(&normalised_id(told_id)).copied() }
    }

    /// The VNet of a subnet.
    pub fn vnet_of(&self, subnet: u32) -> u32 {
        self.subnet_facts[subnet as usize].vnet
    }

    /// The VNet that an IP configuration or a NAT gateway of this id serves.
    pub fn vnet_of_part(&self, id: &str) -> Option<u32> {
        if id.is_empty() { None } else { self.subnet_of_part.get(id).map(|subnet| self.vnet_of(*subnet)) }
    }
}

/// The VNets that are listed, and those that others tell of.
fn all_vnets(store: &Store) -> Vec<Vnet> {
    let mut all = store.vnets.clone();
    let mut by_id: BTreeMap<String, usize> = BTreeMap::new();
    for (at, vnet) in all.iter().enumerate().filter(|(_, vnet)| !vnet.id.is_empty()) {
        by_id.insert(vnet.id.clone(), at);
    }
    let of_vnets = store.vnets.iter().flat_map(|vnet| &vnet.subnets);
    let mut known: BTreeMap<String, ()> = of_vnets.map(|subnet| (subnet.id.clone(), ())).collect();
    for told in told_subnets(store) {
        let id = normalised_id(told);
        let parts: Vec<&str> = id.rsplitn(4, '/').collect();
        if parts.len() < 4 || parts[1] != "subnets" || parts[0].is_empty() || known.insert(id.clone(), ()).is_some() {
            continue;
        }
        let at = numbered(&mut all, &mut by_id, parent(told));
        all[at].subnets.push(VnetSubnet {
            id,
            name: last_segment(told).to_owned(),
            prefixes: Vec::new(),
            nsg: String::new(),
            nat_gateway: String::new(),
            configurations: Vec::new(),
            place: super::error::Place::File,
        });
    }
    // What a VNet says of itself holds against what a peering says of it.
    for peering in store.vnets.iter().flat_map(|vnet| &vnet.peerings) {
        let at = numbered(&mut all, &mut by_id, &peering.remote);
        if store.vnets.get(at).is_none_or(|vnet| vnet.prefixes.is_empty()) {
            all[at].prefixes.extend(&peering.prefixes);
        }
    }
    for vnet in &mut all {
        vnet.prefixes.sort_unstable();
        vnet.prefixes.dedup();
    }
    all
}

/// The number of the VNet of a told id; one that is not known yet is added.
fn numbered(all: &mut Vec<Vnet>, by_id: &mut BTreeMap<String, usize>, told: &str) -> usize {
    *by_id.entry(normalised_id(told)).or_insert_with_key(|id| {
        all.push(Vnet { id: id.clone(), name: last_segment(told).to_owned(), ..Vnet::default() });
        all.len() - 1
    })
}

/// The told ids of subnets that interfaces, frontends and gateways name.
fn told_subnets(store: &Store) -> impl Iterator<Item = &String> {
    let others = &store.others;
    let of_interfaces = store.interfaces.iter().flat_map(|interface| interface.addresses.iter().map(|held| &held.subnet));
    let of_balancers = others.balancers.values();
    let of_balancers = of_balancers.flat_map(|one| one.frontends.iter().map(|frontend| &frontend.subnet).chain(&one.subnets));
    let of_gateways = others.gateways.values().flat_map(|gateway| &gateway.subnets);
    of_interfaces.chain(of_balancers).chain(of_gateways)
}
