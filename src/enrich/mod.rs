//! Says what is known of an address: subnet, VNet, interface, VM, scope. Each address is looked up once.
//!
//! Goes in: distinct addresses, the NICs' own addresses, the topology. Comes out: one [`Endpoint`] per address.
//! Knows no files (it parses bytes that others read), no decoding and no network.

mod endpoints;
pub mod prefix_map;
mod scope;
pub mod topology;

pub use self::endpoints::endpoints;
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

/// What is known of one address.
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
    /// Name of its interface, else the MAC of the logged NIC that owns it, else empty.
    pub interface: String,
    /// Name of its VM, or empty.
    pub vm: String,
}

/// One endpoint per address, in the order of the addresses given, and the subnets they lie in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// One per address.
    pub rows: Vec<Endpoint>,
    /// Sorted by VNet, then name; only subnets that hold one of the addresses.
    pub subnets: Vec<Subnet>,
}
