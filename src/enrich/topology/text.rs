//! Reads the texts of topology files: ids, MACs, prefixes, addresses, regions.
//!
//! Goes in: a text. Comes out: its value, or the reason why it is none.

use std::net::IpAddr;

use ipnet::IpNet;

use super::error::{TopologyReason, quote};
use crate::schema::Address;

/// An id in the form that ids are compared in.
pub(super) fn normalised_id(id: &str) -> String {
    id.trim().trim_matches('/').to_lowercase()
}

/// The segment of a normalised id that follows `key`; empty if there is none.
pub(super) fn segment_after<'a>(id: &'a str, key: &str) -> &'a str {
    id.split('/').skip_while(|segment| *segment != key).nth(1).unwrap_or_default()
}

/// The last segment of an id: the resource's name.
pub(super) fn last_segment(id: &str) -> &str {
    id.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The id of the resource that a resource of this id is a part of: without type and name.
pub(super) fn parent(id: &str) -> &str {
    id.trim().trim_end_matches('/').rsplitn(3, '/').nth(2).unwrap_or_default()
}

/// A region as Azure's ids write it: `West Europe` is `westeurope`.
pub(super) fn region(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>().to_lowercase()
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

/// An address, or each address of a small block (`10.0.1.16/28`); none for an empty text.
pub(super) fn parse_addresses(text: &str) -> Result<Vec<Address>, TopologyReason> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(vec![ip.into()]);
    }
    let block = text.parse::<IpNet>().ok().filter(|block| block.max_prefix_len() - block.prefix_len() <= BLOCK_BITS_MAX);
    let block = block.ok_or_else(|| TopologyReason::Address(quote(text)))?;
    let (first, count) = (Address::from(block.network()), 1u32 << (block.max_prefix_len() - block.prefix_len()));
    Ok((0..count).map(|i| Address::from_bits(first.bits() | u128::from(i))).collect())
}
