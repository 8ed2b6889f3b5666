//! VPN and ExpressRoute gateways, their connections, and the networks behind them. Keys of connections are never read.

use ipnet::IpNet;

use super::node::{Failure, Node};
use crate::enrich::topology::resource::{Gateway, GatewayConnection, LocalNetwork, Resources};
use crate::enrich::topology::text::parse_addresses;
use crate::schema::Address;

pub(super) fn gateway(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let (mut subnets, mut addresses, mut public_ips) = (Vec::new(), Vec::new(), Vec::new());
    for one in node.list("ipConfigurations") {
        subnets.push(one.told_reference("subnet")?);
        public_ips.push(one.reference("publicIPAddress")?);
        addresses.extend(one.addresses("privateIPAddress")?);
    }
    if let Some(bgp) = node.field("bgpSettings") {
        addresses.extend(peering_addresses(&bgp)?);
        for one in bgp.list("bgpPeeringAddresses") {
            addresses.extend(one.addresses("defaultBgpIpAddresses")?);
        }
    }
    subnets.retain(|subnet| !subnet.is_empty());
    public_ips.retain(|id| !id.is_empty());
    let mut client_pools = Vec::new();
    if let Some(clients) = node.field("vpnClientConfiguration") {
        client_pools.extend(clients.prefixes_of("vpnClientAddressPool")?);
        for one in clients.list("vngClientConnectionConfigurations") {
            client_pools.extend(one.prefixes_of("vpnClientAddressPool")?);
        }
    }
    let gateway_type = node.optional_text("gatewayType")?.to_owned();
    let (name, region) = (node.name()?, node.region()?);
    let gateway = Gateway { name, gateway_type, region, subnets, addresses, public_ips, client_pools };
    resources.others.gateways.entry(node.key()?).or_insert(gateway);
    Ok(())
}

/// The addresses that a gateway speaks BGP from: one text, with commas between several.
fn peering_addresses(bgp: &Node) -> Result<Vec<Address>, Failure> {
    let Some(field) = bgp.field("bgpPeeringAddress") else { return Ok(Vec::new()) };
    let read = |one| parse_addresses(one).map_err(|reason| field.fail(reason));
    Ok(field.text()?.split(',').map(read).collect::<Result<Vec<Vec<Address>>, Failure>>()?.concat())
}

pub(super) fn connection(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let connection = GatewayConnection {
        name: node.name()?,
        connection_type: node.optional_text("connectionType")?.to_owned(),
        gateway: node.told_reference("virtualNetworkGateway1")?,
        local_network: node.reference("localNetworkGateway2")?,
    };
    resources.others.connections.entry(node.key()?).or_insert(connection);
    Ok(())
}

pub(super) fn local_network(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mut prefixes = node.prefixes_of("localNetworkAddressSpace")?;
    // The device at the other end, and where it speaks BGP from. It may have a name instead of an address.
    let peer = node.optional_text("gatewayIpAddress")?;
    let bgp = node.field("bgpSettings").map_or(Ok(""), |bgp| bgp.optional_text("bgpPeeringAddress"))?;
    let peers = peer.split(',').chain(bgp.split(',')).filter_map(|one| parse_addresses(one).ok()).flatten();
    prefixes.extend(peers.map(|address| IpNet::from(address.to_ip())));
    let (gateway, gateway_type) = (String::new(), String::new());
    let network = LocalNetwork { name: node.name()?, prefixes, gateway, gateway_type };
    resources.others.local_networks.entry(node.key()?).or_insert(network);
    Ok(())
}
