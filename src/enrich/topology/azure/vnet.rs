//! Virtual networks with their subnets and peerings; a subnet or a peering alone tells of its VNet by its id.

use super::node::{Failure, Node};
use crate::enrich::topology::resource::{Peering, Resources, Vnet, VnetSubnet};
use crate::enrich::topology::text::{last_segment, normalised_id, parent};

pub(super) fn vnet(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let id = node.id()?;
    let subnets = node.list("subnets").iter().map(|one| subnet_of(one, &id)).collect::<Result<_, Failure>>()?;
    let mut peerings = Vec::new();
    for one in node.list("virtualNetworkPeerings") {
        peerings.extend(peering_of(&one)?);
    }
    let (name, region, prefixes) = (node.name()?, node.region()?, node.prefixes_of("addressSpace")?);
    resources.vnets.push(Vnet { id, name, region, prefixes, subnets, peerings });
    Ok(())
}

pub(super) fn subnet(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let vnet = parent_vnet(node)?;
    let subnets = vec![subnet_of(node, &vnet.id)?];
    resources.vnets.push(Vnet { subnets, ..vnet });
    Ok(())
}

pub(super) fn peering(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let peerings = peering_of(node)?.into_iter().collect();
    resources.vnets.push(Vnet { peerings, ..parent_vnet(node)? });
    Ok(())
}

/// The VNet that the id of a part of it names.
fn parent_vnet(node: &Node) -> Result<Vnet, Failure> {
    let id = parent(node.optional_text("id")?);
    Ok(Vnet { id: normalised_id(id), name: last_segment(id).to_owned(), ..Vnet::default() })
}

fn subnet_of(node: &Node, vnet_id: &str) -> Result<VnetSubnet, Failure> {
    let name = node.name()?;
    let id = match node.id()? {
        own if own.is_empty() && !vnet_id.is_empty() => normalised_id(&format!("{vnet_id}/subnets/{name}")),
        own => own,
    };
    // Only a help to place what has no interface: a dump that is cut here is not refused.
    let configurations = node.list("ipConfigurations").iter().filter_map(|one| one.id().ok()).collect();
    let (nsg, nat_gateway) = (node.reference("networkSecurityGroup")?, node.reference("natGateway").unwrap_or_default());
    Ok(VnetSubnet { id, name, prefixes: node.prefixes()?, nsg, nat_gateway, configurations, place: node.place() })
}

/// A peering that carries traffic, or could; `None` for one whose other side was taken away.
fn peering_of(node: &Node) -> Result<Option<Peering>, Failure> {
    let remote = node.told_reference("remoteVirtualNetwork")?;
    if remote.is_empty() || node.optional_text("peeringState")?.eq_ignore_ascii_case("Disconnected") {
        return Ok(None);
    }
    // The other VNet's space as it is now, else as it was when the peering was last synchronised.
    let now = node.prefixes_of("remoteVirtualNetworkAddressSpace")?;
    let prefixes = if now.is_empty() { node.prefixes_of("remoteAddressSpace")? } else { now };
    Ok(Some(Peering { remote, prefixes }))
}
