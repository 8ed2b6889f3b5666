//! Finds prefixes that overlap and should not: subnets of one VNet, and VNets that are peered.
//!
//! Goes in: prefixes, each with the number of what has it. Comes out: pairs of prefixes of different numbers, and warnings about
//! them. Judges nothing else: which prefix wins is told by length alone.

use ipnet::IpNet;

use super::error::quote;
use super::resource::Vnet;
use super::text::{last_segment, normalised_id};

/// Most overlaps of one file that are listed, the rest being counted.
const LISTED_MAX: usize = 10;

/// A prefix that lies inside another one, or equals it.
struct Overlap {
    outer: (IpNet, usize),
    inner: (IpNet, usize),
}

/// For each prefix the nearest one around it that has another number.
fn overlaps(mut prefixes: Vec<(IpNet, usize)>) -> Vec<Overlap> {
    prefixes.sort_unstable_by_key(|(prefix, number)| (prefix.network(), prefix.prefix_len(), *number));
    let mut around: Vec<(IpNet, usize)> = Vec::new();
    let mut found = Vec::new();
    for inner in prefixes {
        while around.last().is_some_and(|(outer, _)| !outer.contains(&inner.0)) {
            around.pop();
        }
        found.extend(around.iter().rev().find(|(_, number)| *number != inner.1).map(|&outer| Overlap { outer, inner }));
        // One prefix of many owners is kept once, so that this stays as short as prefixes can nest.
        if around.last().is_none_or(|(outer, _)| *outer != inner.0) {
            around.push(inner);
        }
    }
    found
}

/// Warnings about the subnets and the peerings of these VNets.
pub(super) fn warnings<'a>(vnets: impl Iterator<Item = &'a Vnet>) -> Vec<String> {
    let mut warnings = Vec::new();
    for vnet in vnets {
        let subnets = vnet.subnets.iter().enumerate();
        let prefixes = subnets.flat_map(|(at, subnet)| subnet.prefixes.iter().map(move |prefix| (*prefix, at))).collect();
        for Overlap { outer, inner } in overlaps(prefixes) {
            let name = |at: usize| quote(&vnet.subnets[at].name);
            warnings.push(format!(
                "subnets {} ({}) and {} ({}) of VNet {} overlap, which Azure forbids: the export is stale or made by hand",
                name(outer.1),
                outer.0,
                name(inner.1),
                inner.0,
                quote(&vnet.name)
            ));
        }
        for peering in vnet.peerings.iter().filter(|peering| normalised_id(&peering.remote) != vnet.id) {
            let prefixes = [(0, &vnet.prefixes), (1, &peering.prefixes)];
            let prefixes = prefixes.iter().flat_map(|(side, list)| list.iter().map(|prefix| (*prefix, *side))).collect();
            if let Some(Overlap { outer, inner }) = overlaps(prefixes).first() {
                let mut names = [quote(&vnet.name), quote(last_segment(&peering.remote))];
                names.sort();
                warnings.push(format!(
                    "VNets {} and {} are peered and overlap ({} and {}): addresses in both are told apart by interface alone",
                    names[0], names[1], outer.0, inner.0
                ));
            }
        }
    }
    warnings.sort();
    warnings.dedup();
    if warnings.len() > LISTED_MAX {
        let more = warnings.len() - LISTED_MAX;
        warnings.truncate(LISTED_MAX);
        warnings.push(format!("{more} more overlaps of prefixes"));
    }
    warnings
}
