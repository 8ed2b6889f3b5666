//! Says what is known of an address: place in the estate, country, service, threat. Each address is looked up once.
//!
//! Goes in: distinct addresses, the NICs' own addresses, and [`Knowledge`] read from the bytes of files. Comes out: one
//! [`Endpoint`] per address, the [`FlowTypes`] of pairs of them, and the [`Inventory`] of what exists whether it is seen or not.
//! Knows no files (it parses bytes that others read), no decoding and no network.

mod endpoints;
pub mod flow_type;
pub mod geo;
pub mod inventory;
pub mod prefix_map;
mod scope;
pub mod service_tags;
pub mod threat;
pub mod topology;

pub use self::endpoints::endpoints;
pub use self::flow_type::FlowTypes;
pub use self::geo::{Geo, GeoError};
pub use self::inventory::Inventory;
pub use self::service_tags::{ServiceTagError, ServiceTags};
pub use self::threat::{ThreatError, ThreatLists, ThreatReason};
pub use self::topology::{Topology, TopologyError};
use crate::schema::Address;
use crate::schema::tables::Scope;

/// Which addresses each logged NIC owns; sorted by MAC, addresses ascending and distinct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owners {
    /// One entry per logged NIC, also for one that owns nothing.
    pub interfaces: Vec<OwnedInterface>,
}

/// One logged NIC and its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedInterface {
    /// MAC as logged.
    pub mac: String,
    /// The addresses it owns, ascending.
    pub addresses: Vec<Address>,
}

/// A subnet that addresses lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subnet {
    /// Its name: `vnet/subnet` of the topology, or `inferred 10.0.1.0/24`.
    pub name: String,
    /// Its VNet, or `inferred`.
    pub vnet: String,
    /// Its prefixes, space separated.
    pub prefixes: String,
}

/// What is known of one address. Texts that many addresses share stand once, in [`Endpoints`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub address: Address,
    /// Where it belongs.
    pub scope: Scope,
    /// Whether a logged NIC or the topology owns it (ARCHITECTURE.md, "Counting in one page").
    pub is_local: bool,
    /// Index into [`Endpoints::subnets`].
    pub subnet: Option<u32>,
    /// Index into [`Endpoints::vnets`]; for a customer's own public address the VNet of its owner.
    pub vnet: Option<u32>,
    /// Name of its interface, else the MAC of the logged NIC that owns it, else empty.
    pub interface: String,
    /// Name of its VM or scale-set instance, or empty.
    pub vm: String,
    /// What else the topology knows of it; `None` where that is nothing.
    pub resource: Option<Box<Resource>>,
    /// Index into [`Endpoints::sites`]: what it is reached through, for addresses behind a gateway.
    pub site: Option<u32>,
    /// ISO 3166-1 alpha-2 of a public address.
    pub country: Option<Country>,
    /// Index into [`Endpoints::networks`], of a public address.
    pub network: Option<u32>,
    /// Index into [`Endpoints::service_tags`], of a public address.
    pub service_tag: Option<u32>,
    /// Index into [`Endpoints::threats`], of a public address that is not the customer's own.
    pub threat: Option<u32>,
}

/// What the topology knows of an address beside its subnet, interface and VM. Texts are empty where unknown; several names are
/// space separated, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Name of its scale set.
    pub scale_set: String,
    /// Names of the load balancers whose frontend or backend it is.
    pub load_balancer: String,
    /// Names of the application gateways whose frontend, backend or instance it is.
    pub application_gateway: String,
    /// Name of the VPN or ExpressRoute gateway, firewall, NAT gateway or bastion that it is an address of.
    pub gateway: String,
    /// Name of the private endpoint it is the address of.
    pub private_endpoint: String,
    /// Azure region.
    pub region: String,
    /// Subscription id.
    pub subscription: String,
}

/// A VNet that addresses lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VnetInfo {
    /// Its name, or `inferred`.
    pub name: String,
    /// Its Azure region; empty where unknown.
    pub region: String,
}

/// What addresses behind a gateway are reached through: a connection, or the gateway's pool of VPN clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Name of the gateway; empty where a local network has no connection in the topology.
    pub gateway: String,
    /// `Vpn` or `ExpressRoute`.
    pub gateway_type: String,
    /// Name of the connection, else of the local network; `point-to-site` for VPN clients.
    pub connection: String,
    /// `IPsec`, `Vnet2Vnet`, `ExpressRoute`, `VPNClient`, as Azure names it.
    pub connection_type: String,
    /// Whether its addresses are point-to-site VPN clients.
    pub is_point_to_site: bool,
}

/// An autonomous system.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// Its number.
    pub asn: u32,
    /// The name of who runs it; may be empty.
    pub name: String,
}

/// A service tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceTag {
    /// `Storage.WestEurope`.
    pub name: String,
    /// Its region as Azure writes it (`westeurope`); empty for a global tag.
    pub region: String,
}

/// Why an address counts as malicious.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreatHit {
    /// The list, by the name of its file.
    pub list: String,
    /// The entry as written (`203.0.113.0/24`), then what the list says of it in brackets.
    pub entry: String,
    /// The only port that the entry is about; `None` for every port.
    pub port: Option<u16>,
    /// Further ports that entries name for the address, ascending; empty where `port` is `None`.
    pub other_ports: Vec<u16>,
    /// What the entry (else the list) is dated to, ms since the epoch; `None` where neither states a date.
    pub date: Option<i64>,
}

/// ISO 3166-1 alpha-2, upper case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// The country of a code of two letters in any case; `None` for any other text.
    pub fn new(code: &str) -> Option<Self> {
        match code.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// One endpoint per address, in the order of the addresses given, and what they refer to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// One per address.
    pub rows: Vec<Endpoint>,
    /// Sorted by VNet, then name; only subnets that hold one of the addresses.
    pub subnets: Vec<Subnet>,
    /// Sorted by name; only VNets that hold one of the addresses.
    pub vnets: Vec<VnetInfo>,
    /// Sorted by gateway, then connection; only those that one of the addresses is behind.
    pub sites: Vec<Site>,
    /// Ascending; only those of one of the addresses.
    pub networks: Vec<Network>,
    /// Ascending; only those of one of the addresses.
    pub service_tags: Vec<ServiceTag>,
    /// Ascending; only those of one of the addresses.
    pub threats: Vec<ThreatHit>,
}

/// Everything that files tell of addresses; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    /// Azure resources.
    pub topology: Topology,
    /// Countries and autonomous systems.
    pub geo: Geo,
    /// Microsoft's service tags.
    pub service_tags: ServiceTags,
    /// Addresses known for attacks.
    pub threats: ThreatLists,
}
