//! What lookups in a topology need, made once after all files are read.
//!
//! Goes in: all resources. Comes out: networks, sites, interfaces and balancers with their references resolved, facts by address,
//! and the place of an address by its longest prefix.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::balancers::{Balanced, balancers};
use super::facts::{Facts, facts};
use super::holders::{Holder, holders};
use super::join::Store;
use super::networks::Networks;
use super::sites::sites;
use crate::enrich::Site;
use crate::enrich::prefix_map::PrefixMap;
use crate::schema::Address;

/// What a prefix belongs to: indexes into the subnets, VNets and sites of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::enrich) enum Area {
    Subnet(u32),
    Vnet(u32),
    Site(u32),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    pub networks: Networks,
    /// One per interface.
    pub holders: Vec<Holder>,
    pub balancers: Vec<Balanced>,
    /// Sorted by gateway, then connection.
    pub sites: Vec<(Site, Vec<IpNet>)>,
    pub areas: PrefixMap<Area>,
    pub facts: BTreeMap<Address, Facts>,
    /// Names of the application gateways whose instances are in a subnet.
    pub gateways_of_subnet: BTreeMap<u32, Vec<String>>,
}

impl Index {
    pub fn new(store: &Store) -> Self {
        let networks = Networks::new(store);
        let sites = sites(&store.others);
        // Of equal prefixes the first wins: a site never takes what a VNet has.
        let of_subnets = (0..).zip(&networks.subnet_facts).map(|(at, one)| (Area::Subnet(at), &one.prefixes));
        let of_vnets = (0..).zip(&networks.vnet_facts).map(|(at, one)| (Area::Vnet(at), &one.prefixes));
        let of_sites = (0..).zip(&sites).map(|(at, (_, prefixes))| (Area::Site(at), prefixes));
        let areas = of_subnets.chain(of_vnets).chain(of_sites);
        let areas = PrefixMap::new(areas.flat_map(|(area, prefixes)| prefixes.iter().map(move |prefix| (*prefix, area))));
        let by_prefix = |address| match areas.get(address) {
            Some(Area::Subnet(subnet)) => Some(subnet),
            _ => None,
        };
        let (holders, balancers) = (holders(store, &networks), balancers(store, &networks));
        let facts = facts(store, &networks, &holders, &balancers, &by_prefix);
        let mut gateways_of_subnet: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        for balancer in &balancers {
            for subnet in &balancer.subnets {
                gateways_of_subnet.entry(*subnet).or_default().push(balancer.name.clone());
            }
        }
        Self { networks, holders, balancers, sites, areas, facts, gateways_of_subnet }
    }
}
