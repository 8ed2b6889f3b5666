//! Names that tell resources apart: VNets and interfaces of one name get what their ids differ in.
//!
//! Goes in: names and ids. Comes out: names, with the resource group (of a scale set's NIC, the instance) in brackets where two
//! share one, and with the subscription too if that is shared as well.

use std::collections::BTreeMap;

use super::text::segment_after;

/// Distinct names of resources, in their order; ids are in normal form. Resources of one id are one.
pub(super) fn distinct(named: &[(&str, &str)]) -> Vec<String> {
    let mut names: Vec<String> = named.iter().map(|(name, _)| (*name).to_owned()).collect();
    for qualifier in [near, far] {
        // Each id counts once.
        let mut ids_of: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (name, (_, id)) in names.iter().zip(named) {
            ids_of.entry(name.to_lowercase()).or_default().push(id);
        }
        for ids in ids_of.values_mut() {
            ids.sort_unstable();
            ids.dedup_by(|a, b| !a.is_empty() && a == b);
        }
        for (name, (own, id)) in names.iter_mut().zip(named) {
            let text = qualifier(id);
            if !text.is_empty() && ids_of.get(&name.to_lowercase()).is_some_and(|ids| ids.len() > 1) {
                *name = format!("{own} ({text})");
            }
        }
    }
    names
}

/// The resource group, or the instance of a scale set.
fn near(id: &str) -> String {
    match (segment_after(id, "virtualmachinescalesets"), segment_after(id, "virtualmachines")) {
        ("", _) | (_, "") => segment_after(id, "resourcegroups").to_owned(),
        (set, number) => format!("{set}_{number}"),
    }
}

/// The subscription as well.
fn far(id: &str) -> String {
    let (subscription, group, near) = (segment_after(id, "subscriptions"), segment_after(id, "resourcegroups"), near(id));
    let parts = [subscription, group, if near == group { "" } else { &near }];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<&str>>().join("/")
}
