//! What lies behind gateways: sites with their prefixes, and the connections that lead to them.
//!
//! Goes in: gateways, connections, local networks. Comes out: sites sorted by gateway, then connection, each once, and all
//! connections whether a prefix is known behind them or not. Knows no addresses of Azure.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;

use super::resource::{GatewayConnection, LocalNetwork, Others};
use super::text::{last_segment, normalised_id};
use crate::enrich::Site;
use crate::enrich::inventory::Connection;

/// Name of the connection of a gateway's VPN clients.
const POINT_TO_SITE: &str = "point-to-site";

/// Every connection as a site, sorted by gateway, then connection, with the prefixes behind it.
pub(super) fn sites(others: &Others) -> Vec<(Site, Vec<IpNet>)> {
    let mut sites: Vec<(Site, Vec<IpNet>)> = Vec::new();
    // A site by hand is met by the connection's name, which is its key.
    let mut leading_to: BTreeMap<String, Vec<&GatewayConnection>> = BTreeMap::new();
    for connection in others.connections.values() {
        leading_to.entry(connection.name.to_lowercase()).or_default().push(connection);
        if !connection.local_network.is_empty() {
            leading_to.entry(connection.local_network.clone()).or_default().push(connection);
        }
    }
    for (id, local) in &others.local_networks {
        let of_connections = leading_to.get(id).into_iter().flatten().map(|connection| site(connection, others));
        let mut of_local: Vec<Site> = of_connections.collect();
        if of_local.is_empty() {
            of_local.push(unconnected(local, others));
        }
        sites.extend(of_local.into_iter().map(|site| (site, local.prefixes.clone())));
    }
    sites.extend(others.connections.values().map(|connection| (site(connection, others), Vec::new())));
    for gateway in others.gateways.values().filter(|gateway| !gateway.client_pools.is_empty()) {
        let site = Site {
            gateway: gateway.name.clone(),
            gateway_type: gateway.gateway_type.clone(),
            connection: POINT_TO_SITE.to_owned(),
            connection_type: "VPNClient".to_owned(),
            is_point_to_site: true,
        };
        sites.push((site, gateway.client_pools.clone()));
    }
    joined(sites)
}

/// The connections of the sites, and gateways without one.
pub(super) fn connections(others: &Others, sites: &[(Site, Vec<IpNet>)]) -> Vec<Connection> {
    let of_sites = sites.iter().map(|(site, _)| Connection {
        gateway: site.gateway.clone(),
        gateway_type: site.gateway_type.clone(),
        connection: site.connection.clone(),
        connection_type: site.connection_type.clone(),
    });
    let mut connections: Vec<Connection> = of_sites.collect();
    let connected: BTreeSet<&str> = sites.iter().map(|(site, _)| site.gateway.as_str()).collect();
    for gateway in others.gateways.values() {
        if !connected.contains(gateway.name.as_str()) {
            let (gateway, gateway_type) = (gateway.name.clone(), gateway.gateway_type.clone());
            connections.push(Connection { gateway, gateway_type, ..Connection::default() });
        }
    }
    connections
        .sort_by(|a, b| (&a.gateway, &a.connection, &a.connection_type).cmp(&(&b.gateway, &b.connection, &b.connection_type)));
    connections
}

fn site(connection: &GatewayConnection, others: &Others) -> Site {
    let gateway = others.gateways.get(&normalised_id(&connection.gateway));
    let is_express_route = connection.connection_type.eq_ignore_ascii_case("ExpressRoute");
    let of_connection = if is_express_route { "ExpressRoute" } else { "Vpn" };
    Site {
        gateway: gateway.map_or_else(|| last_segment(&connection.gateway), |gateway| &gateway.name).to_owned(),
        gateway_type: gateway.map_or(of_connection, |gateway| &gateway.gateway_type).to_owned(),
        connection: connection.name.clone(),
        connection_type: connection.connection_type.clone(),
        is_point_to_site: false,
    }
}

/// The site of a local network that no connection leads to.
fn unconnected(local: &LocalNetwork, others: &Others) -> Site {
    let name = &local.gateway;
    let of_name = || others.gateways.values().find(|gateway| gateway.name.eq_ignore_ascii_case(name));
    let gateway = if name.is_empty() { None } else { of_name() };
    let own = if local.gateway_type.is_empty() { "Vpn" } else { &local.gateway_type };
    Site {
        gateway: gateway.map_or(&local.gateway, |gateway| &gateway.name).clone(),
        gateway_type: gateway.map_or(own, |gateway| &gateway.gateway_type).to_owned(),
        connection: local.name.clone(),
        connection_type: String::new(),
        is_point_to_site: false,
    }
}

/// Equal sites as one, with the prefixes of all; a default route is no place, so it is left out.
fn joined(sites: Vec<(Site, Vec<IpNet>)>) -> Vec<(Site, Vec<IpNet>)> {
    let mut by_key: BTreeMap<(String, String, String), (Site, Vec<IpNet>)> = BTreeMap::new();
    for (site, prefixes) in sites {
        let key = (site.gateway.clone(), site.connection.clone(), site.connection_type.clone());
        let known = &mut by_key.entry(key).or_insert((site, Vec::new())).1;
        known.extend(prefixes.into_iter().filter(|prefix| prefix.prefix_len() > 0));
        known.sort_unstable();
        known.dedup();
    }
    by_key.into_values().collect()
}
