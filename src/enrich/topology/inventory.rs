//! Lists what exists, by the names that endpoints have.
//!
//! Goes in: all resources and the index over them. Comes out: the [`Inventory`], each list sorted by name, then id.

use super::index::Index;
use super::join::Store;
use super::logged::coverage;
use super::sites::connections;
use crate::enrich::Inventory;
use crate::enrich::inventory::{Balancer, InventoryInterface, InventorySubnet, InventoryVnet, Nsg};

pub(super) fn inventory(store: &Store, index: &Index) -> Inventory {
    let (networks, covered) = (&index.networks, coverage(store, &index.networks));
    let vnets = networks.vnets.iter().zip(&covered.vnets);
    let subnets = networks.subnets.iter().zip(&covered.subnets);
    let mut inventory = Inventory {
        vnets: vnets
            .map(|(vnet, logged)| InventoryVnet { name: vnet.name.clone(), region: vnet.region.clone(), logged: *logged })
            .collect(),
        subnets: subnets
            .map(|(subnet, logged)| InventorySubnet { name: subnet.name.clone(), vnet: subnet.vnet.clone(), logged: *logged })
            .collect(),
        connections: connections(&store.others, &index.sites),
        ..Inventory::default()
    };
    for ((interface, holder), logged) in store.interfaces.iter().zip(&index.holders).zip(&covered.interfaces) {
        let mut addresses: Vec<_> = interface.addresses.iter().map(|held| held.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let (name, mac) = (holder.name.clone(), interface.mac.clone());
        inventory.interfaces.push(InventoryInterface { name, mac, addresses, logged: *logged });
    }
    inventory.interfaces.sort_by(|a, b| (&a.name, &a.mac, &a.addresses).cmp(&(&b.name, &b.mac, &b.addresses)));
    for (id, group) in &store.others.nsgs {
        inventory.nsgs.push(Nsg {
            id: id.clone(),
            guid: group.guid.clone(),
            name: group.name.clone(),
            logged: covered.nsgs.get(id.as_str()).copied().unwrap_or_default(),
            rules: group.rules.clone(),
        });
    }
    inventory.nsgs.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    for balancer in &index.balancers {
        let instances = balancer.subnets.iter().flat_map(|subnet| &networks.subnet_facts[*subnet as usize].prefixes);
        inventory.balancers.push(Balancer {
            name: balancer.name.clone(),
            kind: balancer.kind,
            frontends: balancer.frontends.iter().copied().collect(),
            backends: balancer.backends.iter().copied().collect(),
            instances: instances.copied().collect(),
        });
    }
    // Those of one name are in the order of their ids.
    inventory.balancers.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
    inventory
}
