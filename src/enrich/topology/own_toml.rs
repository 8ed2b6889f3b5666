//! The topology in azflow's own TOML (docs/topology.md): VNets with subnets, interfaces, and sites behind a gateway.
//!
//! Goes in: the text. Comes out: VNets, interfaces and sites, or the line that is wrong. Unknown fields are errors, so that
//! a misspelt one is not passed over.

use serde::Deserialize;
use toml::Spanned;

use super::error::{Place, TopologyReason, quote};
use super::resource::{Held, Interface, LocalNetwork, Resources, Vnet, VnetSubnet};
use super::text::{parse_addresses, parse_mac, parse_prefix};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    vnet: Vec<FileVnet>,
    #[serde(default)]
    interface: Vec<FileInterface>,
    #[serde(default)]
    site: Vec<FileSite>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileVnet {
    name: Spanned<String>,
    #[serde(default)]
    prefixes: Vec<Spanned<String>>,
    #[serde(default)]
    subnet: Vec<FileSubnet>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSubnet {
    name: Spanned<String>,
    prefixes: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileInterface {
    name: Spanned<String>,
    mac: Option<Spanned<String>>,
    #[serde(default)]
    addresses: Vec<Spanned<String>>,
    #[serde(default)]
    vm: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileSite {
    name: Spanned<String>,
    prefixes: Vec<Spanned<String>>,
    #[serde(default)]
    gateway: String,
    gateway_type: Option<Spanned<String>>,
}

/// Reads the text of a TOML file.
pub(super) fn read(text: &str) -> Result<Resources, (Place, TopologyReason)> {
    let lines = Lines::of(text);
    let file: File = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(Place::File, |span| lines.place(span.start));
        (place, TopologyReason::Syntax(error.message().to_owned()))
    })?;
    let count = (file.vnet.len() + file.interface.len() + file.site.len()) as u64;
    let mut resources = Resources { count, ..Resources::default() };
    for vnet in file.vnet {
        let mut subnets = Vec::new();
        for subnet in vnet.subnet {
            let (name, place) = name(&lines, &subnet.name)?;
            let prefixes = each(&lines, &subnet.prefixes, parse_prefix)?;
            let (id, nsg, nat_gateway) = (String::new(), String::new(), String::new());
            subnets.push(VnetSubnet { id, name, prefixes, nsg, nat_gateway, configurations: Vec::new(), place });
        }
        let prefixes = each(&lines, &vnet.prefixes, parse_prefix)?;
        resources.vnets.push(Vnet { name: name(&lines, &vnet.name)?.0, prefixes, subnets, ..Vnet::default() });
    }
    for file_interface in file.interface {
        resources.interfaces.push(interface(&lines, file_interface)?);
    }
    for site in file.site {
        let name = name(&lines, &site.name)?.0;
        let prefixes = each(&lines, &site.prefixes, parse_prefix)?;
        let gateway_type = each(&lines, site.gateway_type.as_slice(), parse_gateway_type)?.pop().unwrap_or_default();
        let key = name.to_lowercase();
        let network = LocalNetwork { name, prefixes, gateway: site.gateway, gateway_type };
        resources.others.local_networks.entry(key).or_insert(network);
    }
    Ok(resources)
}

fn interface(lines: &Lines, interface: FileInterface) -> Result<Interface, (Place, TopologyReason)> {
    let (name, place) = name(lines, &interface.name)?;
    let mac = each(lines, interface.mac.as_slice(), parse_mac)?.pop().unwrap_or_default();
    let addresses = each(lines, &interface.addresses, parse_addresses)?.concat();
    let addresses = addresses.into_iter().map(|address| Held { address, ..Held::default() }).collect();
    Ok(Interface {
        id: String::new(),
        name,
        mac,
        vm: interface.vm,
        vm_id: String::new(),
        scale_set: String::new(),
        region: String::new(),
        addresses,
        nsg: String::new(),
        private_endpoint: String::new(),
        public_ips: Vec::new(),
        pools: Vec::new(),
        place,
    })
}

/// `Vpn` or `ExpressRoute`, in any case.
fn parse_gateway_type(text: &str) -> Result<String, TopologyReason> {
    let known = ["Vpn", "ExpressRoute"].into_iter().find(|known| known.eq_ignore_ascii_case(text));
    known.map(str::to_owned).ok_or(TopologyReason::GatewayType(quote(text)))
}

/// A name, which must not be empty, and its place.
fn name(lines: &Lines, name: &Spanned<String>) -> Result<(String, Place), (Place, TopologyReason)> {
    let place = lines.place(name.span().start);
    if name.get_ref().is_empty() {
        return Err((place, TopologyReason::Missing("name")));
    }
    Ok((name.get_ref().clone(), place))
}

/// Each text read by `parse`, or the line of the first that cannot be.
fn each<T>(
    lines: &Lines,
    values: &[Spanned<String>],
    parse: fn(&str) -> Result<T, TopologyReason>,
) -> Result<Vec<T>, (Place, TopologyReason)> {
    let at = |value: &Spanned<String>| lines.place(value.span().start);
    values.iter().map(|value| parse(value.get_ref()).map_err(|reason| (at(value), reason))).collect()
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte offset.
    fn place(&self, offset: usize) -> Place {
        Place::Line(self.0.partition_point(|start| *start <= offset))
    }
}
