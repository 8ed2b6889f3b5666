//! Load balancers and application gateways: frontends, backend pools, and the ports that rules forward to.

use std::collections::BTreeMap;

use super::node::{Failure, Node};
use crate::enrich::inventory::BalancerKind;
use crate::enrich::topology::error::TopologyReason;
use crate::enrich::topology::resource::{BalancerSettings, Frontend, Pool, Resources};
use crate::enrich::topology::text::parse_addresses;

/// Where application gateways keep rules that name a pool and settings with a port: the list, the pool, the settings.
const ROUTES: &[(&str, &str, &str)] = &[
    ("requestRoutingRules", "backendAddressPool", "backendHttpSettings"),
    ("routingRules", "backendAddressPool", "backendSettings"),
    ("urlPathMaps", "defaultBackendAddressPool", "defaultBackendHttpSettings"),
    ("pathRules", "backendAddressPool", "backendHttpSettings"),
];

pub(super) fn load_balancer(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mut forwards = Vec::new();
    for one in node.list("loadBalancingRules") {
        let pools = [vec![one.reference("backendAddressPool")?], one.references("backendAddressPools")?].concat();
        let port = port(&one, "backendPort")?;
        forwards.extend(pools.into_iter().map(|pool| (pool, port)));
    }
    for one in node.list("inboundNatRules") {
        let targets = [one.reference("backendIPConfiguration")?, one.reference("backendAddressPool")?];
        let port = port(&one, "backendPort")?;
        forwards.extend(targets.into_iter().map(|target| (target, port)));
    }
    keep(node, resources, BalancerKind::LoadBalancer, forwards, Vec::new())
}

pub(super) fn application_gateway(node: &Node, resources: &mut Resources) -> Result<(), Failure> {
    let mut ports = BTreeMap::new();
    for one in ["backendHttpSettingsCollection", "backendSettingsCollection"].iter().flat_map(|key| node.list(key)) {
        ports.insert(one.id()?, port(&one, "port")?);
    }
    let maps = node.list("urlPathMaps");
    let mut forwards = Vec::new();
    for (list, pool, settings) in ROUTES {
        let routes = node.list(list).into_iter().chain(maps.iter().flat_map(|map| map.list(list)));
        for one in routes {
            if let Some(port) = ports.get(&one.reference(settings)?) {
                forwards.push((one.reference(pool)?, *port));
            }
        }
    }
    let mut subnets = Vec::new();
    for one in node.list("gatewayIPConfigurations") {
        subnets.push(one.told_reference("subnet")?);
    }
    subnets.retain(|subnet| !subnet.is_empty());
    keep(node, resources, BalancerKind::ApplicationGateway, forwards, subnets)
}

fn keep(
    node: &Node,
    resources: &mut Resources,
    kind: BalancerKind,
    mut forwards: Vec<(String, u16)>,
    subnets: Vec<String>,
) -> Result<(), Failure> {
    forwards.retain(|(target, _)| !target.is_empty());
    let mut frontends = Vec::new();
    for one in node.list("frontendIPConfigurations") {
        let addresses = one.addresses("privateIPAddress")?;
        let (subnet, public_ip) = (one.told_reference("subnet")?, one.reference("publicIPAddress")?);
        frontends.push(Frontend { addresses, subnet, public_ip });
    }
    let mut pools = BTreeMap::new();
    for one in node.list("backendAddressPools") {
        let mut addresses = Vec::new();
        for member in ["loadBalancerBackendAddresses", "backendAddresses"].iter().flat_map(|key| one.list(key)) {
            member.expect_object()?;
            // A backend may be named by a host name, also where an address is asked for.
            let address = member.field("ipAddress").and_then(|field| parse_addresses(field.value.as_str()?).ok());
            addresses.extend(address.unwrap_or_default());
        }
        pools.insert(one.key()?, Pool { addresses, configurations: one.references("backendIPConfigurations")? });
    }
    let (name, region) = (node.name()?, node.region()?);
    let balancer = BalancerSettings { name, kind, region, frontends, pools, forwards, subnets };
    resources.others.balancers.entry(node.key()?).or_insert(balancer);
    Ok(())
}

/// A port; 0, for every port, if it is absent.
fn port(node: &Node, key: &str) -> Result<u16, Failure> {
    let number = node.optional_number(key)?.unwrap_or(0);
    u16::try_from(number).map_err(|_| node.fail(TopologyReason::Expected("a port of at most 65535")))
}
