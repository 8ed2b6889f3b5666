//! The interfaces as they are shown: with distinct names, their VM, scale set, region and subscription.
//!
//! Goes in: all resources and the networks. Comes out: one holder per interface, in the order of the interfaces.

use std::collections::BTreeMap;

use super::join::Store;
use super::names;
use super::networks::Networks;
use super::text::{last_segment, normalised_id, segment_after};

#[derive(Clone, Debug, Default)]
pub(super) struct Holder {
    pub name: String,
    pub vm: String,
    pub scale_set: String,
    pub private_endpoint: String,
    pub region: String,
    pub subscription: String,
    /// The VNet of its first address that has one.
    pub vnet: Option<u32>,
}

pub(super) fn holders(store: &Store, networks: &Networks) -> Vec<Holder> {
    let others = &store.others;
    let machines = others.machines.iter();
    let by_interface: BTreeMap<&str, (&str, &str)> = machines
        .flat_map(|(id, machine)| machine.interfaces.iter().map(|one| (one.as_str(), (id.as_str(), machine.name.as_str()))))
        .collect();
    let mut endpoints: BTreeMap<&str, &str> = BTreeMap::new();
    for endpoint in others.private_endpoints.values() {
        endpoints.extend(endpoint.interfaces.iter().map(|one| (one.as_str(), endpoint.name.as_str())));
    }
    let named: Vec<(&str, &str)> = store.interfaces.iter().map(|one| (one.name.as_str(), one.id.as_str())).collect();
    let names = names::distinct(&named);
    let holders = store.interfaces.iter().zip(names).map(|(interface, name)| {
        let of_machine = by_interface.get(interface.id.as_str()).filter(|_| !interface.id.is_empty());
        let (vm_id, vm) = match of_machine {
            Some((id, name)) if interface.vm.is_empty() => (*id, *name),
            _ => (interface.vm_id.as_str(), interface.vm.as_str()),
        };
        let machine = others.machines.get(vm_id);
        let of_vm = machine.map(|machine| machine.scale_set.as_str()).unwrap_or_default();
        let scale_set_id = if interface.scale_set.is_empty() { of_vm } else { &interface.scale_set };
        let scale_set = others.scale_sets.get(&normalised_id(scale_set_id));
        let vnet = interface.addresses.iter().find_map(|held| networks.subnet(&held.subnet));
        let vnet = vnet.map(|subnet| networks.vnet_of(subnet));
        let endpoint = endpoints.get(interface.id.as_str()).filter(|_| !interface.id.is_empty());
        let regions = [Some(&interface.region), machine.map(|one| &one.region), scale_set.map(|one| &one.region)];
        Holder {
            name,
            vm: vm.to_owned(),
            scale_set: scale_set.map_or_else(|| last_segment(scale_set_id), |one| &one.name).to_owned(),
            private_endpoint: endpoint.map_or(&interface.private_endpoint[..], |name| name).to_owned(),
            region: regions.into_iter().flatten().find(|region| !region.is_empty()).cloned().unwrap_or_default(),
            subscription: segment_after(&interface.id, "subscriptions").to_owned(),
            vnet,
        }
    });
    holders.collect()
}
