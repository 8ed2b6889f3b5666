//! Network interfaces and what has them: VMs, scale sets, private endpoints.

use super::node::{Failure, Node};
use crate::enrich::topology::resource::{Held, Interface, Machine, PrivateEndpoint, Resources, ScaleSet};
use crate::enrich::topology::text::{last_segment, normalised_id, parse_addresses, parse_mac};

pub(super) fn interface(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mac = node.field("macAddress").map_or(Ok(String::new()), |field| field.parsed(parse_mac))?;
    let told_id = node.optional_text("id")?;
    let vm = node.told_reference("virtualMachine")?;
    // The NIC of a scale set's instance says so by its own id.
    let instance = if vm.is_empty() { instance_id(told_id) } else { &vm };
    let mut addresses = Vec::new();
    let (mut public_ips, mut pools) = (Vec::new(), Vec::new());
    for one in node.list("ipConfigurations") {
        let configuration = one.id()?;
        let subnet = one.told_reference("subnet")?;
        if let Some(field) = one.field("privateIPAddress") {
            let own = field.parsed(parse_addresses)?;
            let held = |address| Held { address, subnet: subnet.clone(), configuration: configuration.clone() };
            addresses.extend(own.into_iter().map(held));
        }
        public_ips.push(one.reference("publicIPAddress")?);
        for key in ["loadBalancerBackendAddressPools", "applicationGatewayBackendAddressPools"] {
            pools.extend(one.references(key)?.into_iter().map(|pool| (pool, configuration.clone())));
        }
    }
    public_ips.retain(|id| !id.is_empty());
    resources.interfaces.push(Interface {
        id: node.id()?,
        name: node.name()?,
        mac,
        vm: machine_name(instance),
        vm_id: normalised_id(instance),
        scale_set: scale_set_of(instance).to_owned(),
        region: node.region()?,
        addresses,
        nsg: node.reference("networkSecurityGroup")?,
        private_endpoint: last_segment(&node.told_reference("privateEndpoint")?).to_owned(),
        public_ips,
        pools,
        place: node.place(),
    });
    Ok(())
}

pub(super) fn machine(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let told_id = node.optional_text("id")?;
    let own = scale_set_of(told_id);
    let profile = node.field("networkProfile");
    let machine = Machine {
        name: if own.is_empty() { node.name()? } else { machine_name(told_id) },
        region: node.region()?,
        interfaces: profile.map_or(Ok(Vec::new()), |profile| profile.references("networkInterfaces"))?,
        scale_set: if own.is_empty() { node.told_reference("virtualMachineScaleSet")? } else { own.to_owned() },
    };
    resources.others.machines.entry(node.key()?).or_insert(machine);
    Ok(())
}

pub(super) fn scale_set(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let scale_set = ScaleSet { name: node.name()?, region: node.region()? };
    resources.others.scale_sets.entry(node.key()?).or_insert(scale_set);
    Ok(())
}

pub(super) fn private_endpoint(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mut addresses = Vec::new();
    for one in node.list("customDnsConfigs") {
        addresses.extend(one.addresses("ipAddresses")?);
    }
    for one in node.list("ipConfigurations") {
        addresses.extend(one.addresses("privateIPAddress")?);
    }
    let interfaces = node.references("networkInterfaces")?;
    let endpoint = PrivateEndpoint { name: node.name()?, region: node.region()?, interfaces, addresses };
    resources.others.private_endpoints.entry(node.key()?).or_insert(endpoint);
    Ok(())
}

/// The segments `…/virtualMachineScaleSets/{set}/virtualMachines/{number}` of an id, where it has them.
fn scale_set_segments(id: &str) -> Option<(usize, Vec<&str>)> {
    let segments: Vec<&str> = id.split('/').collect();
    let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case("virtualMachineScaleSets"))?;
    (segments.len() >= at + 4 && segments[at + 2].eq_ignore_ascii_case("virtualMachines")).then_some((at, segments))
}

/// The part of an id that names an instance of a scale set; empty for any other id.
fn instance_id(id: &str) -> &str {
    match scale_set_segments(id) {
        Some((at, segments)) => &id[..segments[..at + 4].iter().map(|segment| segment.len() + 1).sum::<usize>() - 1],
        None => "",
    }
}

/// The part of an instance's id that names its scale set; empty for any other id.
fn scale_set_of(id: &str) -> &str {
    match scale_set_segments(id) {
        Some((at, segments)) => &id[..segments[..at + 2].iter().map(|segment| segment.len() + 1).sum::<usize>() - 1],
        None => "",
    }
}

/// The VM's name from its id; an instance of a scale set is named as Azure names it, `set_0`.
fn machine_name(id: &str) -> String {
    match scale_set_segments(id) {
        Some((at, segments)) => format!("{}_{}", segments[at + 1], segments[at + 3]),
        None => last_segment(id).to_owned(),
    }
}
