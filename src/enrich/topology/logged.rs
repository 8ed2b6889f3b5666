//! Which resources an enabled flow log covers.
//!
//! Goes in: flow-log settings, interfaces, subnets, VNets, NSGs. Comes out: [`Logged`] of each. Where no setting is given at
//! all, nothing is known; a setting says nothing about how long it has been enabled.

use std::collections::{BTreeMap, BTreeSet};

use super::join::Store;
use super::networks::Networks;
use crate::enrich::inventory::Logged;

/// Whether each resource is logged, by its number in the store or the networks.
pub(super) struct Coverage<'a> {
    pub interfaces: Vec<Logged>,
    pub subnets: Vec<Logged>,
    pub vnets: Vec<Logged>,
    /// By id.
    pub nsgs: BTreeMap<&'a str, Logged>,
}

pub(super) fn coverage<'a>(store: &'a Store, networks: &Networks) -> Coverage<'a> {
    let settings = &store.others.flow_logs;
    let targets: BTreeSet<&str> = settings.values().filter(|log| log.is_enabled).map(|log| log.target.as_str()).collect();
    let is_target = |id: &str| !id.is_empty() && targets.contains(id);
    let mut nsg_of_part: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, nsg) in &store.others.nsgs {
        for part in &nsg.attached {
            nsg_of_part.entry(part.as_str()).or_default().push(id);
        }
    }
    // Of what stands below a VNet: itself, or an NSG that it names or that names it.
    let is_named = |id: &str, nsg: &str| {
        let attached = nsg_of_part.get(id).filter(|_| !id.is_empty());
        is_target(id) || is_target(nsg) || attached.into_iter().flatten().any(|nsg| is_target(nsg))
    };
    let mut vnets: Vec<bool> = networks.vnet_facts.iter().map(|vnet| is_target(&vnet.id)).collect();
    let all_of_vnet = vnets.clone();
    let above = networks.subnet_facts.iter().map(|one| all_of_vnet[one.vnet as usize] || is_named(&one.id, &one.nsg));
    let mut subnets: Vec<bool> = above.collect();
    let all_of_subnet = subnets.clone();
    let mut interfaces = Vec::new();
    for interface in &store.interfaces {
        let is_own = is_named(&interface.id, &interface.nsg);
        let within: Vec<usize> =
            interface.addresses.iter().filter_map(|held| networks.subnet(&held.subnet)).map(|at| at as usize).collect();
        interfaces.push(is_own || within.iter().any(|subnet| all_of_subnet[*subnet]));
        within.into_iter().filter(|_| is_own).for_each(|subnet| subnets[subnet] = true);
    }
    for (subnet, is_logged) in networks.subnet_facts.iter().zip(&subnets) {
        vnets[subnet.vnet as usize] |= is_logged;
    }
    let mut nsgs: BTreeMap<&str, bool> = store.others.nsgs.keys().map(|id| (id.as_str(), is_target(id))).collect();
    let of_subnets = networks.subnet_facts.iter().zip(&all_of_subnet).map(|(one, logged)| (&one.id, &one.nsg, *logged));
    let of_interfaces = store.interfaces.iter().zip(&interfaces).map(|(one, logged)| (&one.id, &one.nsg, *logged));
    for (id, nsg, _) in of_subnets.chain(of_interfaces).filter(|(.., is_logged)| *is_logged) {
        let attached = nsg_of_part.get(id.as_str()).into_iter().flatten().copied();
        for nsg in attached.chain([nsg.as_str()]) {
            if let Some(is_logged) = nsgs.get_mut(nsg) {
                *is_logged = true;
            }
        }
    }
    let told = |is_logged: bool| match (settings.is_empty(), is_logged) {
        (true, _) => Logged::Unknown,
        (false, true) => Logged::Yes,
        (false, false) => Logged::No,
    };
    Coverage {
        interfaces: interfaces.into_iter().map(told).collect(),
        subnets: subnets.into_iter().map(told).collect(),
        vnets: vnets.into_iter().map(told).collect(),
        nsgs: nsgs.into_iter().map(|(id, is_logged)| (id, told(is_logged))).collect(),
    }
}
