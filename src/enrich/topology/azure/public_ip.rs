//! Public addresses, each with the IP configuration or the NAT gateway that has it.

use super::node::{Failure, Node};
use crate::enrich::topology::resource::{PublicIp, Resources};
use crate::enrich::topology::text::parse_addresses;

pub(super) fn public_ip(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let owner = match node.told_reference("ipConfiguration")? {
        none if none.is_empty() => node.told_reference("natGateway")?,
        owner => owner,
    };
    let address = node.field("ipAddress").map_or(Ok(Vec::new()), |field| field.parsed(parse_addresses))?;
    let public_ip = PublicIp { address: address.first().copied(), region: node.region()?, owner };
    resources.others.public_ips.entry(node.key()?).or_insert(public_ip);
    Ok(())
}
