//! Joins what several files tell of one VNet or one interface.
//!
//! Goes in: VNets or interfaces known so far, and those of one more file. Comes out: each once, or what contradicts.
//! The first name and the first MAC told are kept; prefixes, subnets and addresses add up.

use std::collections::BTreeMap;

use super::error::{Place, TopologyReason, quote};
use super::resource::{Interface, Vnet, VnetSubnet};

/// Joins VNets: those with one id, or one name where an id is lacking.
pub(super) fn vnets(known: &mut Vec<Vnet>, more: Vec<Vnet>) -> Result<(), (Place, TopologyReason)> {
    let (mut by_id, mut by_name) = (BTreeMap::new(), BTreeMap::new());
    for (at, vnet) in known.iter().enumerate() {
        by_id.insert(vnet.id.clone(), at);
        by_name.entry(vnet.name.to_lowercase()).or_insert(at);
    }
    for vnet in more {
        let of_id = by_id.get(&vnet.id).filter(|_| !vnet.id.is_empty());
        let of_name = || {
            let at: &usize = by_name.get(&vnet.name.to_lowercase())?;
            (vnet.id.is_empty() || known[*at].id.is_empty()).then_some(at)
        };
        let at = of_id.or_else(of_name).copied().unwrap_or_else(|| {
            known.push(Vnet { id: String::new(), name: vnet.name.clone(), prefixes: Vec::new(), subnets: Vec::new() });
            known.len() - 1
        });
        by_id.insert(vnet.id.clone(), at);
        by_name.entry(vnet.name.to_lowercase()).or_insert(at);
        join_vnet(&mut known[at], vnet)?;
    }
    Ok(())
}

fn join_vnet(known: &mut Vnet, more: Vnet) -> Result<(), (Place, TopologyReason)> {
    keep_first(&mut known.id, more.id);
    known.prefixes.extend(more.prefixes);
    known.prefixes.sort_unstable();
    known.prefixes.dedup();
    let (mut by_name, mut by_prefix) = (BTreeMap::new(), BTreeMap::new());
    for (at, subnet) in known.subnets.iter().enumerate() {
        by_name.insert(subnet.name.to_lowercase(), at);
        by_prefix.extend(subnet.prefixes.iter().map(|prefix| (*prefix, at)));
    }
    for subnet in more.subnets {
        let at = *by_name.entry(subnet.name.to_lowercase()).or_insert(known.subnets.len());
        if at == known.subnets.len() {
            known.subnets.push(VnetSubnet { prefixes: Vec::new(), ..subnet.clone() });
        }
        keep_first(&mut known.subnets[at].id, subnet.id);
        for prefix in subnet.prefixes {
            match by_prefix.insert(prefix, at) {
                None => known.subnets[at].prefixes.push(prefix),
                Some(other) if other == at => {}
                Some(other) => {
                    let (first, second) = (quote(&known.subnets[other].name), quote(&subnet.name));
                    return Err((subnet.place, TopologyReason::EqualPrefix(quote(&known.name), prefix, first, second)));
                }
            }
        }
        known.subnets[at].prefixes.sort_unstable();
    }
    Ok(())
}

/// Joins interfaces: those with one id, or one MAC and one name.
pub(super) fn interfaces(known: &mut Vec<Interface>, more: Vec<Interface>) -> Result<(), (Place, TopologyReason)> {
    let (mut by_id, mut by_mac) = (BTreeMap::new(), BTreeMap::new());
    for (at, interface) in known.iter().enumerate() {
        by_id.insert(interface.id.clone(), at);
        by_mac.insert(interface.mac.clone(), at);
    }
    for interface in more {
        let of_id = by_id.get(&interface.id).filter(|_| !interface.id.is_empty());
        let of_mac = by_mac.get(&interface.mac).filter(|_| !interface.mac.is_empty());
        if let Some(other) = of_mac.map(|at: &usize| &known[*at])
            && !other.name.eq_ignore_ascii_case(&interface.name)
        {
            let (first, second) = (quote(&other.name), quote(&interface.name));
            return Err((interface.place, TopologyReason::EqualMac(interface.mac, first, second)));
        }
        let at = of_id.or(of_mac).copied().unwrap_or(known.len());
        by_id.insert(interface.id.clone(), at);
        by_mac.insert(interface.mac.clone(), at);
        match known.get_mut(at) {
            Some(one) => join_interface(one, interface),
            None => known.push(interface),
        }
    }
    Ok(())
}

fn join_interface(known: &mut Interface, more: Interface) {
    keep_first(&mut known.id, more.id);
    keep_first(&mut known.mac, more.mac);
    keep_first(&mut known.vm, more.vm);
    let mut addresses: BTreeMap<_, String> = std::mem::take(&mut known.addresses).into_iter().collect();
    for (address, subnet) in more.addresses {
        keep_first(addresses.entry(address).or_default(), subnet);
    }
    known.addresses = addresses.into_iter().collect();
}

fn keep_first(known: &mut String, more: String) {
    if known.is_empty() {
        *known = more;
    }
}
