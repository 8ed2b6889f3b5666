//! Load balancers and application gateways with their addresses: frontends, members, and the ports behind them.
//!
//! Goes in: all resources and the networks. Comes out: one [`Balanced`] each, with every reference to an IP configuration, a pool
//! or a public address resolved; what cannot be resolved is left out.

use std::collections::{BTreeMap, BTreeSet};

use super::join::Store;
use super::networks::Networks;
use super::resource::BalancerSettings;
use crate::enrich::inventory::BalancerKind;
use crate::schema::Address;

#[derive(Clone, Debug)]
pub(super) struct Balanced {
    pub id: String,
    pub name: String,
    pub kind: BalancerKind,
    pub region: String,
    /// Private and public addresses of frontends.
    pub frontends: BTreeSet<Address>,
    /// Private ones with their subnet.
    pub private_frontends: Vec<(Address, Option<u32>)>,
    /// All backend addresses, whether a rule forwards to them or not.
    pub members: BTreeSet<Address>,
    /// Those that a rule forwards to, with the port there; 0 for every port.
    pub backends: BTreeSet<(Address, u16)>,
    /// The subnets of an application gateway's instances.
    pub subnets: Vec<u32>,
    /// The VNet of its instances, frontend or backends.
    pub vnet: Option<u32>,
}

pub(super) fn balancers(store: &Store, networks: &Networks) -> Vec<Balanced> {
    let configurations = Configurations::new(store, networks);
    let others = &store.others;
    let mut frontends_of: BTreeMap<&str, Vec<Address>> = BTreeMap::new();
    for public_ip in others.public_ips.values() {
        let id = super::text::normalised_id(super::text::parent(&public_ip.owner));
        if let (Some((id, _)), Some(address)) = (others.balancers.get_key_value(&id), public_ip.address) {
            frontends_of.entry(id).or_default().push(address);
        }
    }
    let balancers = others.balancers.iter().map(|(id, settings)| {
        let mut balanced = configurations.resolve(id, settings, networks);
        balanced.frontends.extend(frontends_of.remove(id.as_str()).unwrap_or_default());
        let public = settings.frontends.iter().filter_map(|one| others.public_ips.get(&one.public_ip)?.address);
        balanced.frontends.extend(public);
        balanced
    });
    balancers.collect()
}

/// The addresses of IP configurations by id, of pools by id, and the VNet of each address.
struct Configurations<'a> {
    addresses: BTreeMap<&'a str, Vec<(Address, Option<u32>)>>,
    members: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Configurations<'a> {
    fn new(store: &'a Store, networks: &Networks) -> Self {
        let (mut addresses, mut members): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = (BTreeMap::new(), BTreeMap::new());
        for interface in &store.interfaces {
            for held in interface.addresses.iter().filter(|held| !held.configuration.is_empty()) {
                let vnet = networks.subnet(&held.subnet).map(|subnet| networks.vnet_of(subnet));
                addresses.entry(held.configuration.as_str()).or_default().push((held.address, vnet));
            }
            for (pool, configuration) in &interface.pools {
                members.entry(pool.as_str()).or_default().push(configuration.as_str());
            }
        }
        Self { addresses, members }
    }

    /// The addresses of a configuration with their VNets.
    fn of(&self, configuration: &str) -> &[(Address, Option<u32>)] {
        self.addresses.get(configuration).map(Vec::as_slice).unwrap_or_default()
    }

    fn resolve(&self, id: &str, settings: &BalancerSettings, networks: &Networks) -> Balanced {
        let mut pools: BTreeMap<&str, Vec<(Address, Option<u32>)>> = BTreeMap::new();
        for (pool_id, pool) in &settings.pools {
            let told = self.members.get(pool_id.as_str()).into_iter().flatten().copied();
            let configurations = pool.configurations.iter().map(String::as_str).chain(told);
            let mut addresses: Vec<_> = configurations.flat_map(|one| self.of(one)).copied().collect();
            addresses.extend(pool.addresses.iter().map(|address| (*address, None)));
            pools.insert(pool_id, addresses);
        }
        let targets = |target: &str| pools.get(target).map_or_else(|| self.of(target), Vec::as_slice);
        let forwards = settings.forwards.iter();
        let backends = forwards.flat_map(|(target, port)| targets(target).iter().map(|(address, _)| (*address, *port))).collect();
        let frontends = settings.frontends.iter();
        let private_frontends: Vec<(Address, Option<u32>)> =
            frontends.flat_map(|one| one.addresses.iter().map(|address| (*address, networks.subnet(&one.subnet)))).collect();
        let subnets: Vec<u32> = settings.subnets.iter().filter_map(|subnet| networks.subnet(subnet)).collect();
        let own = subnets.iter().copied().chain(private_frontends.iter().filter_map(|(_, subnet)| *subnet)).next();
        let of_members = || pools.values().flatten().find_map(|(_, vnet)| *vnet);
        let of_targets = || settings.forwards.iter().flat_map(|(target, _)| targets(target)).find_map(|(_, vnet)| *vnet);
        let nat_members = settings.forwards.iter().flat_map(|(target, _)| targets(target));
        Balanced {
            id: id.to_owned(),
            name: settings.name.clone(),
            kind: settings.kind,
            region: settings.region.clone(),
            frontends: private_frontends.iter().map(|(address, _)| *address).collect(),
            members: pools.values().flatten().chain(nat_members).map(|(address, _)| *address).collect(),
            backends,
            vnet: own.map(|subnet| networks.vnet_of(subnet)).or_else(of_members).or_else(of_targets),
            private_frontends,
            subnets,
        }
    }
}
