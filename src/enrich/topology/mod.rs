//! What the user knows of the network: VNets, interfaces, VMs, balancers, gateways, sites, NSGs, flow-log settings.
//!
//! Goes in: the bytes of topology files, in any order, as TOML of our own or Azure's JSON (docs/topology.md). Comes out: for an
//! address what has it and where it lies, for a MAC its interface, and the [`Inventory`] of all there is. Knows no files and no
//! network, judges no rule of an NSG, and follows no route.
//!
//! Files are joined as they come; the index over all of them is made once, when it is first asked for.

mod azure;
mod balancers;
mod error;
mod facts;
mod holders;
mod index;
mod inventory;
mod join;
mod logged;
mod names;
mod networks;
mod overlap;
mod own_toml;
mod resource;
mod sites;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::OnceLock;

pub(crate) use self::error::quote;
pub use self::error::{Place, TopologyError, TopologyReason};
pub(super) use self::facts::Facts;
pub(super) use self::index::Area;
use self::index::Index;
use self::join::Store;
pub(super) use self::text::normalised_mac;
use super::{Inventory, Site, Subnet, VnetInfo};
use crate::schema::Address;
use crate::schema::inputs::{InputInfo, InputKind};

/// What all files given tell; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    store: Store,
    index: OnceLock<Index>,
}

/// An interface that holds an address, and the subnet it holds it in: none for a public address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nic<'a> {
    pub name: &'a str,
    pub mac: &'a str,
    pub vm: &'a str,
    pub scale_set: &'a str,
    pub region: &'a str,
    pub subscription: &'a str,
    pub subnet: Option<u32>,
}

impl Topology {
    /// Adds what a file tells. The text is UTF-8, or UTF-16 with a byte order mark as PowerShell redirects it; TOML or JSON by
    /// the extension of `file`, else by its first characters. A resource that several files tell is joined, by id, MAC
    /// or (VNets) name. The entries counted are the resources of use.
    ///
    /// # Errors
    /// The file, the line or path in it, and the reason. The topology then is as it was before.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<InputInfo, TopologyError> {
        let fail = |(place, reason)| TopologyError { file: file.to_owned(), place, reason: Box::new(reason) };
        let text = decode(bytes).ok_or((Place::File, TopologyReason::Encoding)).map_err(fail)?;
        if text.trim().is_empty() {
            return Err(fail((Place::File, TopologyReason::Empty)));
        }
        let resources = if is_json(file, &text) { azure::read(&text) } else { own_toml::read(&text) }.map_err(fail)?;
        let entries = resources.count;
        let warnings = self.store.add(resources).map_err(fail)?;
        self.index = OnceLock::new();
        Ok(InputInfo { kind: InputKind::Topology, file: file.to_owned(), version: String::new(), entries, warnings })
    }

    /// What exists, whether traffic shows it or not.
    pub fn inventory(&self) -> Inventory {
        inventory::inventory(&self.store, self.index())
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.store.is_empty()
    }

    /// The private addresses of the NIC with this MAC (any separators, any case), ascending; `None` if the NIC is unknown
    /// or no address of it is.
    pub fn addresses_of(&self, mac: &str) -> Option<Vec<Address>> {
        let interface = &self.store.interfaces[self.interface(mac)?];
        let addresses: BTreeSet<Address> = interface.addresses.iter().map(|held| held.address).collect();
        (!addresses.is_empty()).then(|| addresses.into_iter().collect())
    }

    /// The name of the NIC with this MAC (any separators, any case).
    pub fn interface_name(&self, mac: &str) -> Option<&str> {
        self.interface(mac).map(|at| self.index().holders[at].name.as_str())
    }

    /// The NIC with this MAC, in no subnet.
    pub(super) fn nic_of_mac(&self, mac: &str) -> Option<Nic<'_>> {
        self.interface(mac).map(|at| self.nic(at, None))
    }

    /// What resources say of an address.
    pub(super) fn facts(&self, address: Address) -> Option<&Facts> {
        self.index().facts.get(&address)
    }

    /// The NICs of an address, by name: several where VNets overlap.
    pub(super) fn nics(&self, facts: &Facts) -> impl Iterator<Item = Nic<'_>> {
        facts.nics.iter().map(|(at, subnet)| self.nic(*at, *subnet))
    }

    /// The subnet, VNet or site with the longest prefix that holds this address.
    pub(super) fn area(&self, address: Address) -> Option<Area> {
        self.index().areas.get(address)
    }

    /// A subnet by its number.
    pub(super) fn subnet(&self, number: u32) -> &Subnet {
        &self.index().networks.subnets[number as usize]
    }

    /// The number of a subnet's VNet.
    pub(super) fn vnet_of(&self, subnet: u32) -> u32 {
        self.index().networks.vnet_of(subnet)
    }

    /// A VNet by its number; ascending numbers are ascending names.
    pub(super) fn vnet(&self, number: u32) -> &VnetInfo {
        &self.index().networks.vnets[number as usize]
    }

    /// The subscription of a VNet; empty where unknown.
    pub(super) fn subscription_of(&self, vnet: u32) -> &str {
        &self.index().networks.vnet_facts[vnet as usize].subscription
    }

    /// A site by its number; ascending numbers are ascending gateways, then connections.
    pub(super) fn site(&self, number: u32) -> &Site {
        &self.index().sites[number as usize].0
    }

    /// The application gateways whose instances have addresses in a subnet.
    pub(super) fn gateways_of_subnet(&self, subnet: u32) -> &[String] {
        self.index().gateways_of_subnet.get(&subnet).map(Vec::as_slice).unwrap_or_default()
    }

    fn nic(&self, at: usize, subnet: Option<u32>) -> Nic<'_> {
        let holder = &self.index().holders[at];
        Nic {
            name: &holder.name,
            mac: &self.store.interfaces[at].mac,
            vm: &holder.vm,
            scale_set: &holder.scale_set,
            region: &holder.region,
            subscription: &holder.subscription,
            subnet,
        }
    }

    fn interface(&self, mac: &str) -> Option<usize> {
        self.store.interface_of_mac(&normalised_mac(mac)?)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.store))
    }
}

/// The text of UTF-8, with or without a byte order mark, or of UTF-16 with one.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        if rest.is_empty() { String::from_utf16(&units).ok().map(Cow::Owned) } else { None }
    };
    match bytes {
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => std::str::from_utf8(text).ok().map(Cow::Borrowed),
        text => std::str::from_utf8(text).ok().map(Cow::Borrowed),
    }
}

/// JSON rather than TOML: by the extension, else because TOML never begins with `{`, nor with `[` before `{` or `]`.
fn is_json(file: &str, text: &str) -> bool {
    match file.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("toml") => false,
        Some("json" | "ndjson" | "jsonl") => true,
        _ => match text.trim_start().strip_prefix('[') {
            Some(rest) => rest.trim_start().starts_with(['{', ']']),
            None => text.trim_start().starts_with('{'),
        },
    }
}
