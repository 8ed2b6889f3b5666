//! VNets and interfaces as files tell them, before they are joined; and the reading of prefixes, addresses, MACs.
//!
//! Ids are lower-cased Azure resource ids without a leading slash, empty where a file has none.

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::{Place, TopologyReason, quote};
use crate::schema::Address;

/// A VNet.
#[derive(Clone, Debug)]
pub(super) struct Vnet {
    pub id: String,
    pub name: String,
    pub prefixes: Vec<IpNet>,
    pub subnets: Vec<VnetSubnet>,
}

/// A subnet of a VNet.
#[derive(Clone, Debug)]
pub(super) struct VnetSubnet {
    pub id: String,
    pub name: String,
    pub prefixes: Vec<IpNet>,
    /// Where it stands, for errors found when joining.
    pub place: Place,
}

/// A network interface.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    pub id: String,
    pub name: String,
    /// 12 upper hexadecimal digits, or empty.
    pub mac: String,
    pub vm: String,
    /// Its addresses, each with the id of its subnet as told, or an empty text.
    pub addresses: Vec<(Address, String)>,
    pub place: Place,
}

/// What one file tells.
#[derive(Clone, Debug, Default)]
pub(super) struct Resources {
    pub vnets: Vec<Vnet>,
    pub interfaces: Vec<Interface>,
}

/// An id in the form that ids are compared in.
pub(super) fn normalised_id(id: &str) -> String {
    id.trim().trim_matches('/').to_lowercase()
}

/// A MAC as 12 upper hexadecimal digits; `None` if it is none. Separators `-`, `:`, `.` and blanks are dropped.
pub(in crate::enrich) fn normalised_mac(mac: &str) -> Option<String> {
    let digits: String = mac.chars().filter(|c| !matches!(c, '-' | ':' | '.' | ' ')).take(13).collect();
    (digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digits.to_ascii_uppercase())
}

/// A MAC, or an empty text for none.
pub(super) fn parse_mac(text: &str) -> Result<String, TopologyReason> {
    if text.trim().is_empty() {
        return Ok(String::new());
    }
    normalised_mac(text).ok_or_else(|| TopologyReason::Mac(quote(text)))
}

/// A prefix without host bits.
pub(super) fn parse_prefix(text: &str) -> Result<IpNet, TopologyReason> {
    let prefix: IpNet = text.trim().parse().map_err(|_| TopologyReason::Prefix(quote(text)))?;
    if prefix.trunc() != prefix {
        return Err(TopologyReason::HostBits(prefix, prefix.trunc()));
    }
    Ok(prefix)
}

/// Most host bits of a block of addresses that one IP configuration may hold. Azure gives NICs blocks of 16 (/28).
const BLOCK_BITS_MAX: u8 = 8;

/// An address, or each address of a small block (`10.0.1.16/28`).
pub(super) fn parse_addresses(text: &str) -> Result<Vec<Address>, TopologyReason> {
    let text = text.trim();
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(vec![ip.into()]);
    }
    let block = text.parse::<IpNet>().ok().filter(|block| block.max_prefix_len() - block.prefix_len() <= BLOCK_BITS_MAX);
    let block = block.ok_or_else(|| TopologyReason::Address(quote(text)))?;
    let (first, count) = (Address::from(block.network()), 1u32 << (block.max_prefix_len() - block.prefix_len()));
    Ok((0..count).map(|i| Address::from_bits(first.bits() | u128::from(i))).collect())
}
