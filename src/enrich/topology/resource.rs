//! Azure resources as files tell them, before they are joined to one another.
//!
//! An id is lower case and without a leading slash (`normalised_id`), empty where a file has none; a *told* id is as the file
//! writes it, because the names in it are shown. Holds facts only: what follows from them is the index's.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::error::Place;
use crate::enrich::inventory::{BalancerKind, NsgRule};
use crate::schema::Address;

/// A VNet.
#[derive(Clone, Debug, Default)]
pub(super) struct Vnet {
    pub id: String,
    pub name: String,
    pub region: String,
    pub prefixes: Vec<IpNet>,
    pub subnets: Vec<VnetSubnet>,
    pub peerings: Vec<Peering>,
}

/// A subnet of a VNet.
#[derive(Clone, Debug)]
pub(super) struct VnetSubnet {
    pub id: String,
    pub name: String,
    pub prefixes: Vec<IpNet>,
    /// Id of its NSG.
    pub nsg: String,
    /// Id of its NAT gateway.
    pub nat_gateway: String,
    /// Ids of the IP configurations in it: of NICs, gateways, firewalls, bastions.
    pub configurations: Vec<String>,
    /// Where it stands, for errors found when joining.
    pub place: Place,
}

/// A peering: the other VNet, which need not be told itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Peering {
    /// Told id of the other VNet.
    pub remote: String,
    pub prefixes: Vec<IpNet>,
}

/// A network interface.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub id: String,
    pub name: String,
    /// 12 upper hexadecimal digits, or empty.
    pub mac: String,
    pub vm: String,
    /// Id of its VM.
    pub vm_id: String,
    /// Told id of the scale set whose instance it belongs to.
    pub scale_set: String,
    pub region: String,
    pub addresses: Vec<Held>,
    /// Id of its NSG.
    pub nsg: String,
    /// Name of the private endpoint it belongs to.
    pub private_endpoint: String,
    /// Ids of its public addresses.
    pub public_ips: Vec<String>,
    /// Backend pools and the IP configuration that is in them, both by id.
    pub pools: Vec<(String, String)>,
    pub place: Place,
}

/// An address of an interface.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub address: Address,
    /// Told id of its subnet.
    pub subnet: String,
    /// Id of its IP configuration.
    pub configuration: String,
}

/// A network security group.
#[derive(Clone, Debug)]
pub(super) struct SecurityGroup {
    pub name: String,
    pub guid: String,
    pub rules: Vec<NsgRule>,
    /// Ids of the subnets and interfaces it is attached to.
    pub attached: Vec<String>,
}

/// A flow-log setting.
#[derive(Clone, Debug)]
pub(super) struct FlowLog {
    /// Id of what it logs.
    pub target: String,
    pub is_enabled: bool,
}

/// A public address.
#[derive(Clone, Debug)]
pub(super) struct PublicIp {
    /// `None` while none is assigned.
    pub address: Option<Address>,
    pub region: String,
    /// Told id of the IP configuration, or of the NAT gateway, that has it.
    pub owner: String,
}

/// A load balancer or an application gateway.
#[derive(Clone, Debug)]
pub(super) struct BalancerSettings {
    pub name: String,
    pub kind: BalancerKind,
    pub region: String,
    pub frontends: Vec<Frontend>,
    /// By id.
    pub pools: BTreeMap<String, Pool>,
    /// Where rules forward to: id of a pool or of an IP configuration, and the port there.
    pub forwards: Vec<(String, u16)>,
    /// Told ids of the subnets that an application gateway's instances are in.
    pub subnets: Vec<String>,
}

/// A frontend: a private address with the told id of its subnet, or the id of a public one.
#[derive(Clone, Debug)]
pub(super) struct Frontend {
    pub addresses: Vec<Address>,
    pub subnet: String,
    pub public_ip: String,
}

/// A backend pool: addresses, and ids of IP configurations.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    pub addresses: Vec<Address>,
    pub configurations: Vec<String>,
}

/// A VPN or ExpressRoute gateway.
#[derive(Clone, Debug)]
pub(super) struct Gateway {
    pub name: String,
    pub gateway_type: String,
    pub region: String,
    /// Told ids of its subnets.
    pub subnets: Vec<String>,
    pub addresses: Vec<Address>,
    /// Ids of its public addresses.
    pub public_ips: Vec<String>,
    /// Prefixes of its VPN clients.
    pub client_pools: Vec<IpNet>,
}

/// A connection of a gateway.
#[derive(Clone, Debug)]
pub(super) struct GatewayConnection {
    pub name: String,
    pub connection_type: String,
    /// Told id of its gateway.
    pub gateway: String,
    /// Id of the local network it leads to.
    pub local_network: String,
}

/// A network that is reached through a gateway.
#[derive(Clone, Debug)]
pub(super) struct LocalNetwork {
    pub name: String,
    pub prefixes: Vec<IpNet>,
    /// Name of its gateway, where the file names it itself.
    pub gateway: String,
    /// `Vpn` or `ExpressRoute`, where the file states it itself.
    pub gateway_type: String,
}

/// A VM, or an instance of a scale set.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub name: String,
    pub region: String,
    /// Ids of its interfaces.
    pub interfaces: Vec<String>,
    /// Told id of its scale set.
    pub scale_set: String,
}

/// A scale set.
#[derive(Clone, Debug)]
pub(super) struct ScaleSet {
    pub name: String,
    pub region: String,
}

/// A private endpoint.
#[derive(Clone, Debug)]
pub(super) struct PrivateEndpoint {
    pub name: String,
    pub region: String,
    /// Ids of its interfaces.
    pub interfaces: Vec<String>,
    pub addresses: Vec<Address>,
}

/// What one file tells, or all files. Maps are keyed by id, or by a name where there is none.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    pub vnets: Vec<Vnet>,
    pub interfaces: Vec<Interface>,
    pub others: Others,
    /// How many resources were of use.
    pub count: u64,
    /// What a reader of the file must know.
    pub warnings: Vec<String>,
}

/// Everything but VNets and interfaces: of what is told twice, the first stays.
#[derive(Clone, Debug, Default)]
pub(super) struct Others {
    pub nsgs: BTreeMap<String, SecurityGroup>,
    pub flow_logs: BTreeMap<String, FlowLog>,
    pub public_ips: BTreeMap<String, PublicIp>,
    pub balancers: BTreeMap<String, BalancerSettings>,
    pub gateways: BTreeMap<String, Gateway>,
    pub connections: BTreeMap<String, GatewayConnection>,
    pub local_networks: BTreeMap<String, LocalNetwork>,
    pub machines: BTreeMap<String, Machine>,
    pub scale_sets: BTreeMap<String, ScaleSet>,
    pub private_endpoints: BTreeMap<String, PrivateEndpoint>,
}
