//! Public addresses packed into one text, as Traffic Analytics packs them.
//!
//! Goes in: addresses with their sums, ascending. Comes out: the texts of `SrcPublicIps` or `DestPublicIps` and of
//! `SrcServiceTags` or `DestServiceTags`. Decides nothing of which addresses belong together.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::schema::Address;
use crate::schema::nta::NtaSums;

/// Longest packed text. Unit: bytes; range 100 and up; Log Analytics cuts a text at 32 KiB, in the middle of a number. More would
/// give fewer rows, and texts that a workspace cuts.
pub(super) const PACKED_BYTES_MAX: usize = 32_000;

/// One row's packed addresses.
#[derive(Default)]
pub(super) struct Packing<'a> {
    addresses: String,
    tags: BTreeMap<&'a str, String>,
    tag_bytes: usize,
}

impl<'a> Packing<'a> {
    /// Whether one more address fits; the first always does.
    pub fn fits(&self, address: Address, tag: Option<&str>, sums: &NtaSums) -> bool {
        let entry = entry(address, sums).len() + 1;
        let tag_bytes = self.tag_bytes + tag.map_or(0, |tag| tag.len() + entry);
        self.addresses.is_empty() || (self.addresses.len() + entry <= PACKED_BYTES_MAX && tag_bytes <= PACKED_BYTES_MAX)
    }

    /// Adds one address with what it exchanged.
    pub fn add(&mut self, address: Address, tag: Option<&'a str>, sums: &NtaSums) {
        let entry = entry(address, sums);
        if !self.addresses.is_empty() {
            self.addresses.push(' ');
        }
        self.addresses.push_str(&entry);
        if let Some(tag) = tag {
            // Writing to a string cannot fail.
            let _ = write!(self.tags.entry(tag).or_default(), "{address} ");
            self.tag_bytes += tag.len() + entry.len() + 1;
        }
    }

    /// The packed addresses, blank separated.
    pub fn addresses(&self) -> &str {
        &self.addresses
    }

    /// The addresses by service tag: `10.0.0.1 10.0.0.2|Storage`, groups blank separated.
    pub fn service_tags(&self) -> String {
        let groups: Vec<String> = self.tags.iter().map(|(tag, addresses)| format!("{}|{tag}", addresses.trim_end())).collect();
        groups.join(" ")
    }
}

fn entry(address: Address, sums: &NtaSums) -> String {
    format!(
        "{address}|{}|{}|{}|{}|{}|{}",
        sums.flows_started,
        sums.flows_ended,
        sums.packets_src_to_dst,
        sums.packets_dst_to_src,
        sums.bytes_src_to_dst,
        sums.bytes_dst_to_src
    )
}
