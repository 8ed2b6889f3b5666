//! What exists in the topology, whether traffic shows it or not: what logs are held against.
//!
//! Goes in: the topology. Comes out: plain lists, each sorted by name. Names are those of [`super::Endpoints`], so that
//! the two can be joined. Counts nothing.

use ipnet::IpNet;

use crate::schema::Address;
use crate::schema::codes::{Direction, Status};

/// Everything that exists.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// VNets.
    pub vnets: Vec<InventoryVnet>,
    /// Subnets.
    pub subnets: Vec<InventorySubnet>,
    /// Network interfaces.
    pub interfaces: Vec<InventoryInterface>,
    /// NSGs with their rules.
    pub nsgs: Vec<Nsg>,
    /// Load balancers and application gateways.
    pub balancers: Vec<Balancer>,
    /// Connections of gateways, and gateways without one.
    pub connections: Vec<Connection>,
}

/// Whether an enabled flow log covers something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Logged {
    /// One does.
    Yes,
    /// The flow-log settings were given, and none does.
    No,
    /// No flow-log settings were given.
    #[default]
    Unknown,
}

/// A VNet.
#[derive(Clone, Debug, Default)]
pub struct InventoryVnet {
    /// Its name, as in `Endpoints::vnets`.
    pub name: String,
    /// Its Azure region; empty where unknown.
    pub region: String,
    /// Whether a flow log of it, or of anything in it, is enabled.
    pub logged: Logged,
}

/// A subnet.
#[derive(Clone, Debug, Default)]
pub struct InventorySubnet {
    /// Its name, as in `Endpoints::subnets`.
    pub name: String,
    /// Its VNet.
    pub vnet: String,
    /// Whether a flow log of it, of its VNet, of its NSG or of a NIC in it is enabled.
    pub logged: Logged,
}

/// A network interface.
#[derive(Clone, Debug, Default)]
pub struct InventoryInterface {
    /// Its name, as in `Endpoint::interface`.
    pub name: String,
    /// 12 upper hexadecimal digits, or empty.
    pub mac: String,
    /// Its addresses, ascending.
    pub addresses: Vec<Address>,
    /// Whether a flow log of it, of its subnet or VNet, or of an NSG of either is enabled.
    pub logged: Logged,
}

/// A network security group.
#[derive(Clone, Debug, Default)]
pub struct Nsg {
    /// Its id, lower case, without a leading slash; empty where unknown.
    pub id: String,
    /// Its GUID, lower case; empty where unknown. Some flow logs name an ACL by it.
    pub guid: String,
    /// Its name.
    pub name: String,
    /// Whether a flow log covers what it decides.
    pub logged: Logged,
    /// Its rules, default ones included, by direction, then priority.
    pub rules: Vec<NsgRule>,
}

/// A rule of an NSG.
#[derive(Clone, Debug)]
pub struct NsgRule {
    /// Its name, without the prefix that flow logs write before it.
    pub name: String,
    /// Less comes first.
    pub priority: u32,
    /// Its direction.
    pub direction: Direction,
    /// What it decides.
    pub access: Status,
    /// Whether it is one of the six that every NSG has.
    pub is_default: bool,
}

/// What spreads traffic over backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BalancerKind {
    /// `Microsoft.Network/loadBalancers`.
    LoadBalancer,
    /// `Microsoft.Network/applicationGateways`.
    ApplicationGateway,
}

/// A load balancer or an application gateway.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// Its name.
    pub name: String,
    /// Which of both.
    pub kind: BalancerKind,
    /// Its frontend addresses, ascending.
    pub frontends: Vec<Address>,
    /// Backend addresses with the port that a rule forwards to (0 for every port), ascending, distinct.
    pub backends: Vec<(Address, u16)>,
    /// The prefixes of the subnets that an application gateway's instances have their addresses in; empty for a load balancer.
    pub instances: Vec<IpNet>,
}

/// A connection of a gateway.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    /// Name of the gateway, as in `Site`.
    pub gateway: String,
    /// `Vpn` or `ExpressRoute`.
    pub gateway_type: String,
    /// Name of the connection, as in `Site`; empty for a gateway without one.
    pub connection: String,
    /// `IPsec`, `Vnet2Vnet`, `ExpressRoute`, `VPNClient`, as Azure names it.
    pub connection_type: String,
}
