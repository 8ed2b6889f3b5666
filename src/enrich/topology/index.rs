//! What lookups in a topology need: subnets by name and by prefix, interfaces by MAC and by address.
//!
//! Goes in: joined VNets and interfaces. Comes out: the index, made anew whenever a file is added.

use std::collections::BTreeMap;

use super::resource::{Interface, Vnet, VnetSubnet, normalised_id};
use crate::enrich::Subnet;
use crate::enrich::prefix_map::PrefixMap;
use crate::schema::Address;

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Sorted by VNet, then name.
    pub subnets: Vec<Subnet>,
    /// Into `subnets`.
    pub by_prefix: PrefixMap<u32>,
    /// The prefixes of all VNets and subnets.
    pub inside: PrefixMap<()>,
    /// MAC into the interfaces.
    pub by_mac: BTreeMap<String, usize>,
    /// Address, then into the interfaces, then into `subnets`; sorted by address, then name of the interface.
    pub nics: Vec<(Address, usize, Option<u32>)>,
}

impl Index {
    pub(super) fn new(vnets: &[Vnet], interfaces: &[Interface]) -> Self {
        let mut all = vnets.to_vec();
        all.extend(vnets_of_interfaces(vnets, interfaces));
        let mut named: Vec<(Subnet, &VnetSubnet)> = Vec::new();
        for (vnet, name) in all.iter().zip(distinct_names(&all)) {
            for subnet in &vnet.subnets {
                let prefixes: Vec<String> = subnet.prefixes.iter().map(ToString::to_string).collect();
                let name_of_subnet = format!("{name}/{}", subnet.name);
                named.push((Subnet { name: name_of_subnet, vnet: name.clone(), prefixes: prefixes.join(" ") }, subnet));
            }
        }
        named.sort_by(|(a, _), (b, _)| (&a.vnet, &a.name, &a.prefixes).cmp(&(&b.vnet, &b.name, &b.prefixes)));
        let numbered = || (0u32..).zip(&named).map(|(number, (_, subnet))| (number, *subnet));
        let by_prefix =
            PrefixMap::new(numbered().flat_map(|(number, subnet)| subnet.prefixes.iter().map(move |prefix| (*prefix, number))));
        let by_id: BTreeMap<&str, u32> =
            numbered().filter(|(_, subnet)| !subnet.id.is_empty()).map(|(number, subnet)| (subnet.id.as_str(), number)).collect();
        let mut nics = Vec::new();
        for (at, interface) in interfaces.iter().enumerate() {
            for (address, subnet) in &interface.addresses {
                // Where VNets overlap, only the id tells which subnet the NIC is in.
                let subnet = by_id.get(normalised_id(subnet).as_str()).copied().or_else(|| by_prefix.get(*address));
                nics.push((*address, at, subnet));
            }
        }
        nics.sort_by(|a, b| (a.0, &interfaces[a.1].name, a.1, a.2).cmp(&(b.0, &interfaces[b.1].name, b.1, b.2)));
        let subnet_prefixes = all.iter().flat_map(|vnet| &vnet.subnets).flat_map(|subnet| &subnet.prefixes);
        let prefixes = all.iter().flat_map(|vnet| &vnet.prefixes).chain(subnet_prefixes);
        let inside = PrefixMap::new(prefixes.map(|prefix| (*prefix, ())));
        let macs = interfaces.iter().enumerate().filter(|(_, interface)| !interface.mac.is_empty());
        let by_mac = macs.map(|(at, interface)| (interface.mac.clone(), at)).collect();
        Self { subnets: named.into_iter().map(|(subnet, _)| subnet).collect(), by_prefix, inside, by_mac, nics }
    }
}

/// VNets and subnets that only the interfaces tell of, by the id of their subnet; without prefixes.
fn vnets_of_interfaces(known: &[Vnet], interfaces: &[Interface]) -> Vec<Vnet> {
    let subnets = known.iter().flat_map(|vnet| &vnet.subnets);
    let ids: std::collections::BTreeSet<&str> = subnets.map(|subnet| subnet.id.as_str()).collect();
    let mut told: BTreeMap<String, Vnet> = BTreeMap::new();
    for interface in interfaces {
        for (_, original) in &interface.addresses {
            let id = normalised_id(original);
            let parts: Vec<&str> = original.trim().trim_matches('/').rsplitn(4, '/').collect();
            let [subnet, subnets, vnet, _] = parts[..] else { continue };
            if ids.contains(id.as_str()) || !subnets.eq_ignore_ascii_case("subnets") || subnet.is_empty() || vnet.is_empty() {
                continue;
            }
            let vnet_id = id.rsplitn(3, '/').last().unwrap_or_default().to_owned();
            // A subnet that a listed VNet lacks still belongs to that VNet.
            let name = known.iter().find(|vnet| vnet.id == vnet_id).map_or(vnet, |vnet| vnet.name.as_str());
            let entry = told.entry(vnet_id.clone()).or_insert_with(|| Vnet {
                id: vnet_id,
                name: name.to_owned(),
                prefixes: Vec::new(),
                subnets: Vec::new(),
            });
            if entry.subnets.iter().all(|known| known.id != id) {
                let place = interface.place.clone();
                entry.subnets.push(VnetSubnet { id, name: subnet.to_owned(), prefixes: Vec::new(), place });
            }
        }
    }
    told.into_values().collect()
}

/// The names of VNets; where two VNets share one, with the resource group, and with the subscription if that is shared too.
fn distinct_names(vnets: &[Vnet]) -> Vec<String> {
    let mut names: Vec<String> = vnets.iter().map(|vnet| vnet.name.clone()).collect();
    for keys in [&["resourcegroups"][..], &["subscriptions", "resourcegroups"]] {
        // Each id counts once, for a VNet and the subnets that only interfaces tell are one.
        let mut ids_of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, vnet) in names.iter().zip(vnets) {
            let ids = ids_of.entry(name.to_lowercase()).or_default();
            if vnet.id.is_empty() || !ids.contains(&vnet.id.as_str()) {
                ids.push(&vnet.id);
            }
        }
        for (name, vnet) in names.iter_mut().zip(vnets) {
            let groups: Vec<&str> = keys.iter().filter_map(|key| segment_after(&vnet.id, key)).collect();
            if ids_of.get(&name.to_lowercase()).is_some_and(|ids| ids.len() > 1) && !groups.is_empty() {
                *name = format!("{} ({})", vnet.name, groups.join("/"));
            }
        }
    }
    names
}

/// The segment of an id that follows `key`.
fn segment_after<'a>(id: &'a str, key: &str) -> Option<&'a str> {
    id.split('/').skip_while(|segment| *segment != key).nth(1)
}
