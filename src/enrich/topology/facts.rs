//! What resources say of single addresses: which interface, gateway, balancer or private endpoint has them.
//!
//! Goes in: resources, resolved. Comes out: [`Facts`] by address. An address that no resource names has none; its subnet or site
//! is told by prefix.

use std::collections::{BTreeMap, BTreeSet};

use super::balancers::Balanced;
use super::holders::Holder;
use super::join::Store;
use super::networks::Networks;
use super::text::{last_segment, normalised_id, parent, segment_after};
use crate::enrich::inventory::BalancerKind;
use crate::schema::Address;

/// What resources say of one address.
#[derive(Clone, Debug, Default)]
pub(in crate::enrich) struct Facts {
    /// Interfaces with the subnet they hold it in, sorted by name.
    pub(super) nics: Vec<(usize, Option<u32>)>,
    /// Whether it is an address of the customer's, rather than only a backend.
    pub is_own: bool,
    /// Whether it is a public address of the customer's.
    pub is_public: bool,
    /// Its subnet, where a frontend names it.
    pub subnet: Option<u32>,
    /// The VNet of the owner of a public address.
    pub vnet: Option<u32>,
    pub load_balancers: BTreeSet<String>,
    pub application_gateways: BTreeSet<String>,
    pub gateways: BTreeSet<String>,
    pub private_endpoints: BTreeSet<String>,
    pub region: String,
    pub subscription: String,
}

impl Facts {
    fn of_resource(&mut self, id: &str, region: &str) {
        self.is_own = true;
        if self.region.is_empty() {
            region.clone_into(&mut self.region);
        }
        if self.subscription.is_empty() {
            segment_after(id, "subscriptions").clone_into(&mut self.subscription);
        }
    }

    fn balancers(&mut self, kind: BalancerKind) -> &mut BTreeSet<String> {
        match kind {
            BalancerKind::LoadBalancer => &mut self.load_balancers,
            BalancerKind::ApplicationGateway => &mut self.application_gateways,
        }
    }
}

type ByAddress = BTreeMap<Address, Facts>;

/// The facts of every address that a resource names. `by_prefix` tells the subnet of an address whose interface names none.
pub(super) fn facts(
    store: &Store,
    networks: &Networks,
    holders: &[Holder],
    balancers: &[Balanced],
    by_prefix: &dyn Fn(Address) -> Option<u32>,
) -> ByAddress {
    let mut facts = ByAddress::new();
    for (at, (interface, holder)) in store.interfaces.iter().zip(holders).enumerate() {
        for held in &interface.addresses {
            // Where VNets overlap, only the id tells which subnet the NIC is in.
            let subnet = networks.subnet(&held.subnet).or_else(|| by_prefix(held.address));
            let one = facts.entry(held.address).or_default();
            one.is_own = true;
            one.nics.push((at, subnet));
            one.private_endpoints.extend(Some(&holder.private_endpoint).filter(|name| !name.is_empty()).cloned());
        }
    }
    for (id, endpoint) in &store.others.private_endpoints {
        for address in &endpoint.addresses {
            let one = facts.entry(*address).or_default();
            one.of_resource(id, &endpoint.region);
            one.private_endpoints.insert(endpoint.name.clone());
        }
    }
    of_balancers(&mut facts, balancers);
    for (id, gateway) in &store.others.gateways {
        for address in &gateway.addresses {
            let one = facts.entry(*address).or_default();
            one.of_resource(id, &gateway.region);
            one.gateways.insert(gateway.name.clone());
            let subnet = gateway.subnets.iter().find_map(|subnet| networks.subnet(subnet));
            one.vnet = one.vnet.or(subnet.map(|subnet| networks.vnet_of(subnet)));
        }
    }
    of_public_ips(&mut facts, store, networks, holders, balancers);
    for one in facts.values_mut() {
        one.nics.sort_by(|a, b| (&holders[a.0].name, a.0, a.1).cmp(&(&holders[b.0].name, b.0, b.1)));
        one.nics.dedup();
    }
    facts
}

fn of_balancers(facts: &mut ByAddress, balancers: &[Balanced]) {
    for balancer in balancers {
        for (address, subnet) in &balancer.private_frontends {
            let one = facts.entry(*address).or_default();
            one.of_resource(&balancer.id, &balancer.region);
            one.subnet = one.subnet.or(*subnet);
            one.balancers(balancer.kind).insert(balancer.name.clone());
        }
        for address in &balancer.members {
            facts.entry(*address).or_default().balancers(balancer.kind).insert(balancer.name.clone());
        }
    }
}

/// Who has a public address.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Interface(usize),
    Balancer(&'a Balanced),
    /// A VPN or ExpressRoute gateway, a firewall, a bastion, a NAT gateway, or a balancer that is not told itself: the type in its
    /// id, lower case, its name, and its VNet.
    Named(&'static str, &'a str, Option<u32>),
    Nobody,
}

/// Types of owners that need not be told themselves; any other but an interface counts as a gateway.
const NAMED: [&str; 2] = ["loadbalancers", "applicationgateways"];

fn of_public_ips(facts: &mut ByAddress, store: &Store, networks: &Networks, holders: &[Holder], balancers: &[Balanced]) {
    let owners = Owners::new(store, networks, balancers);
    for (id, public_ip) in &store.others.public_ips {
        let Some(address) = public_ip.address else { continue };
        let one = facts.entry(address).or_default();
        one.of_resource(id, &public_ip.region);
        one.is_public = true;
        match owners.told.get(id.as_str()).copied().unwrap_or_else(|| owners.of_id(&public_ip.owner)) {
            Owner::Interface(at) => {
                one.nics.push((at, None));
                one.vnet = one.vnet.or(holders[at].vnet);
            }
            Owner::Balancer(balancer) => {
                one.balancers(balancer.kind).insert(balancer.name.clone());
                one.vnet = one.vnet.or(balancer.vnet);
            }
            Owner::Named(kind, name, vnet) => {
                let names = match kind {
                    "loadbalancers" => &mut one.load_balancers,
                    "applicationgateways" => &mut one.application_gateways,
                    _ => &mut one.gateways,
                };
                names.insert(name.to_owned());
                one.vnet = one.vnet.or(vnet);
            }
            Owner::Nobody => {}
        }
    }
}

/// The owners of public addresses.
struct Owners<'a> {
    store: &'a Store,
    networks: &'a Networks,
    balancers: BTreeMap<&'a str, &'a Balanced>,
    /// By the id of the public address, as the owner's own side tells it.
    told: BTreeMap<&'a str, Owner<'a>>,
}

impl<'a> Owners<'a> {
    fn new(store: &'a Store, networks: &'a Networks, balancers: &'a [Balanced]) -> Self {
        let balancers = balancers.iter().map(|balancer| (balancer.id.as_str(), balancer)).collect();
        let mut owners = Self { store, networks, balancers, told: BTreeMap::new() };
        for (id, gateway) in &store.others.gateways {
            let owner = Owner::Named("", &gateway.name, owners.vnet_of_gateway(id));
            owners.told.extend(gateway.public_ips.iter().map(|id| (id.as_str(), owner)));
        }
        for (id, settings) in &store.others.balancers {
            let Some(owner) = owners.balancers.get(id.as_str()).map(|balancer| Owner::Balancer(balancer)) else { continue };
            let ids = settings.frontends.iter().map(|frontend| frontend.public_ip.as_str());
            owners.told.extend(ids.filter(|id| !id.is_empty()).map(|id| (id, owner)));
        }
        for (at, interface) in store.interfaces.iter().enumerate() {
            owners.told.extend(interface.public_ips.iter().map(|id| (id.as_str(), Owner::Interface(at))));
        }
        owners
    }

    fn vnet_of_gateway(&self, id: &str) -> Option<u32> {
        let gateway = self.store.others.gateways.get(id)?;
        let subnet = gateway.subnets.iter().find_map(|subnet| self.networks.subnet(subnet))?;
        Some(self.networks.vnet_of(subnet))
    }

    /// The owner by the told id of its IP configuration, or of a NAT gateway.
    fn of_id(&self, told: &'a str) -> Owner<'a> {
        let part = normalised_id(told);
        let type_of = |id: &str| id.rsplit('/').nth(1).unwrap_or_default().to_lowercase();
        let whole = if type_of(&part) == "natgateways" { told } else { parent(told) };
        let (id, kind) = (normalised_id(whole), type_of(whole));
        if id.is_empty() {
            return Owner::Nobody;
        }
        if kind == "networkinterfaces" {
            return self.store.interface_of_id(&id).map_or(Owner::Nobody, Owner::Interface);
        }
        if let Some(balancer) = self.balancers.get(id.as_str()) {
            return Owner::Balancer(balancer);
        }
        let vnet = self.vnet_of_gateway(&id).or_else(|| self.networks.vnet_of_part(&part));
        Owner::Named(NAMED.into_iter().find(|named| *named == kind).unwrap_or_default(), last_segment(whole), vnet)
    }
}
