//! What the user knows of the network: VNets, subnets, interfaces, VMs.
//!
//! Goes in: the bytes of topology files, in any order, as TOML of our own or Azure's JSON (docs/topology.md). Comes out: for an
//! address its interfaces, subnet and VNet, and for a MAC its interface. Knows no files and no network, and keeps no
//! peerings, gateways or public addresses.

mod azure_json;
mod error;
mod index;
mod join;
mod own_toml;
mod resource;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) use self::error::quote;
pub use self::error::{Place, TopologyError, TopologyReason};
use self::index::Index;
pub(super) use self::resource::normalised_mac;
use self::resource::{Interface, Vnet};
use super::{Inventory, Subnet};
use crate::schema::Address;
use crate::schema::inputs::{InputInfo, InputKind};

/// VNets and interfaces of all files given; by default none.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    vnets: Vec<Vnet>,
    interfaces: Vec<Interface>,
    index: Index,
}

/// An interface that holds an address, and the subnet it holds it in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nic<'a> {
    pub name: &'a str,
    pub mac: &'a str,
    pub vm: &'a str,
    pub subnet: Option<u32>,
}

impl Topology {
    /// Adds what a file tells. The text is UTF-8, or UTF-16 with a byte order mark as PowerShell redirects it; TOML or JSON by
    /// the extension of `file`, else by its first characters. A VNet or interface that several files tell is
    /// joined, by id, MAC or (VNets) name.
    ///
    /// # Errors
    /// The file, the line or path in it, and the reason. The topology then is as it was before.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<InputInfo, TopologyError> {
        let fail = |(place, reason)| TopologyError { file: file.to_owned(), place, reason: Box::new(reason) };
        let text = decode(bytes).ok_or((Place::File, TopologyReason::Encoding)).map_err(fail)?;
        if text.trim().is_empty() {
            return Err(fail((Place::File, TopologyReason::Empty)));
        }
        let resources = if is_json(file, &text) { azure_json::read(&text) } else { own_toml::read(&text) }.map_err(fail)?;
        let entries = (resources.vnets.len() + resources.interfaces.len()) as u64;
        let mut joined = self.clone();
        join::vnets(&mut joined.vnets, resources.vnets).map_err(fail)?;
        join::interfaces(&mut joined.interfaces, resources.interfaces).map_err(fail)?;
        joined.index = Index::new(&joined.vnets, &joined.interfaces);
        *self = joined;
        Ok(InputInfo { kind: InputKind::Topology, file: file.to_owned(), version: String::new(), entries, warnings: Vec::new() })
    }

    /// What exists, whether traffic shows it or not.
    pub fn inventory(&self) -> Inventory {
        Inventory::default()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.vnets.is_empty() && self.interfaces.is_empty()
    }

    /// The addresses of the NIC with this MAC (any separators, any case), ascending; `None` if the NIC is unknown
    /// or no address of it is.
    pub fn addresses_of(&self, mac: &str) -> Option<Vec<Address>> {
        let interface = self.interface(mac)?;
        let addresses: BTreeSet<Address> = interface.addresses.iter().map(|(address, _)| *address).collect();
        (!addresses.is_empty()).then(|| addresses.into_iter().collect())
    }

    /// The name of the NIC with this MAC (any separators, any case).
    pub fn interface_name(&self, mac: &str) -> Option<&str> {
        self.interface(mac).map(|interface| interface.name.as_str())
    }

    /// Whether a NIC of the topology has this address, or a VNet or subnet of it holds it.
    pub fn knows(&self, address: Address) -> bool {
        self.index.inside.get(address).is_some() || self.nics(address).next().is_some()
    }

    /// The VM of the NIC with this MAC, empty if it has none.
    pub(super) fn vm_name(&self, mac: &str) -> Option<&str> {
        self.interface(mac).map(|interface| interface.vm.as_str())
    }

    /// The NICs that have this address: several where VNets overlap.
    pub(super) fn nics(&self, address: Address) -> impl Iterator<Item = Nic<'_>> {
        let nics = &self.index.nics;
        let from = nics.partition_point(|(other, ..)| *other < address);
        nics[from..].iter().take_while(move |(other, ..)| *other == address).map(|(_, at, subnet)| {
            let Interface { name, mac, vm, .. } = &self.interfaces[*at];
            Nic { name, mac, vm, subnet: *subnet }
        })
    }

    /// The subnet with the longest prefix that holds this address, as an index into [`Topology::subnets`].
    pub(super) fn subnet_of(&self, address: Address) -> Option<u32> {
        self.index.by_prefix.get(address)
    }

    /// All subnets, sorted by VNet, then name.
    pub(super) fn subnets(&self) -> &[Subnet] {
        &self.index.subnets
    }

    fn interface(&self, mac: &str) -> Option<&Interface> {
        self.index.by_mac.get(&normalised_mac(mac)?).map(|at| &self.interfaces[*at])
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
