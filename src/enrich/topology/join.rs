//! Joins what several files tell of one resource.
//!
//! Goes in: what one more file tells. Comes out: each VNet and interface once, or what contradicts, in which case nothing has
//! changed. The first name and the first MAC told are kept; prefixes, subnets, peerings and addresses add up. The work is that of
//! the file, not of all files before it.

use std::collections::BTreeMap;

use super::error::{Place, TopologyReason, quote};
use super::overlap;
use super::resource::{Held, Interface, Others, Resources, Vnet};
use crate::schema::Address;

type Failure = (Place, TopologyReason);

/// What all files tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub vnets: Vec<Vnet>,
    pub interfaces: Vec<Interface>,
    pub others: Others,
    vnet_numbers: Numbers,
    interface_numbers: Numbers,
}

/// Numbers by id, and by a second key: the name of a VNet, the MAC of an interface.
#[derive(Clone, Debug, Default)]
struct Numbers {
    by_id: BTreeMap<String, usize>,
    by_key: BTreeMap<String, usize>,
}

/// What a file changes, until all of it is known to fit: changed and new ones by number, and their keys.
struct Staged<T> {
    changed: BTreeMap<usize, T>,
    numbers: Numbers,
    count: usize,
}

impl Store {
    /// Adds what a file tells; gives its warnings.
    pub fn add(&mut self, more: Resources) -> Result<Vec<String>, Failure> {
        let vnets = self.stage_vnets(more.vnets)?;
        let interfaces = self.stage_interfaces(more.interfaces)?;
        let mut warnings = more.warnings;
        warnings.extend(overlap::warnings(vnets.changed.values()));
        vnets.commit(&mut self.vnets, &mut self.vnet_numbers);
        interfaces.commit(&mut self.interfaces, &mut self.interface_numbers);
        self.others.add(more.others);
        Ok(warnings)
    }

    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        let others = &self.others;
        let gateways = others.gateways.len() + others.connections.len() + others.local_networks.len();
        let machines = others.machines.len() + others.scale_sets.len() + others.private_endpoints.len();
        let settings = others.nsgs.len() + others.flow_logs.len();
        let addresses = others.public_ips.len() + others.balancers.len();
        self.vnets.is_empty() && self.interfaces.is_empty() && gateways + machines + settings + addresses == 0
    }

    /// The number of the interface with this MAC, in its normal form.
    pub fn interface_of_mac(&self, mac: &str) -> Option<usize> {
        self.interface_numbers.by_key.get(mac).copied()
    }

    /// The number of the interface with this id, in its normal form.
    pub fn interface_of_id(&self, id: &str) -> Option<usize> {
        self.interface_numbers.by_id.get(id).copied()
    }

    /// Joins VNets: those with one id, or one name where an id is lacking.
    fn stage_vnets(&self, more: Vec<Vnet>) -> Result<Staged<Vnet>, Failure> {
        let mut staged = Staged::new(self.vnets.len());
        for vnet in grouped(more) {
            let known = &self.vnet_numbers;
            let of_id = || Numbers::get(&staged.numbers.by_id, &known.by_id, &vnet.id);
            let of_name = || {
                let at = Numbers::get(&staged.numbers.by_key, &known.by_key, &vnet.name.to_lowercase())?;
                let other = staged.changed.get(&at).unwrap_or_else(|| &self.vnets[at]);
                (vnet.id.is_empty() || other.id.is_empty()).then_some(at)
            };
            let at = of_id().or_else(of_name).unwrap_or(staged.count);
            if !vnet.id.is_empty() {
                staged.numbers.by_id.insert(vnet.id.clone(), at);
            }
            if Numbers::get(&staged.numbers.by_key, &known.by_key, &vnet.name.to_lowercase()).is_none() {
                staged.numbers.by_key.insert(vnet.name.to_lowercase(), at);
            }
            let first = || Vnet { name: vnet.name.clone(), ..Vnet::default() };
            let one = staged.entry(at, &self.vnets, first);
            join_vnet(one, vnet)?;
        }
        Ok(staged)
    }

    /// Joins interfaces: those with one id, or one MAC and one name.
    fn stage_interfaces(&self, more: Vec<Interface>) -> Result<Staged<Interface>, Failure> {
        let mut staged = Staged::new(self.interfaces.len());
        for interface in more {
            let known = &self.interface_numbers;
            let of_id = Numbers::get(&staged.numbers.by_id, &known.by_id, &interface.id);
            let of_mac = Numbers::get(&staged.numbers.by_key, &known.by_key, &interface.mac);
            if let Some(other) = of_mac.map(|at| staged.changed.get(&at).unwrap_or_else(|| &self.interfaces[at]))
                && !other.name.eq_ignore_ascii_case(&interface.name)
            {
                let (first, second) = (quote(&other.name), quote(&interface.name));
                return Err((interface.place, TopologyReason::EqualMac(interface.mac, first, second)));
            }
            let at = of_id.or(of_mac).unwrap_or(staged.count);
            for (numbers, key) in [(&mut staged.numbers.by_id, &interface.id), (&mut staged.numbers.by_key, &interface.mac)] {
                if !key.is_empty() {
                    numbers.insert(key.clone(), at);
                }
            }
            let first = || Interface { addresses: Vec::new(), ..interface.clone() };
            let one = staged.entry(at, &self.interfaces, first);
            join_interface(one, interface);
        }
        Ok(staged)
    }
}

impl Numbers {
    /// The number of a key in either map; none for an empty key.
    fn get(staged: &BTreeMap<String, usize>, known: &BTreeMap<String, usize>, key: &str) -> Option<usize> {
        if key.is_empty() { None } else { staged.get(key).or_else(|| known.get(key)).copied() }
    }
}

impl<T: Clone> Staged<T> {
    fn new(count: usize) -> Self {
        Self { changed: BTreeMap::new(), numbers: Numbers::default(), count }
    }

    /// The one of this number, a copy of the known one when it is first asked for, or a new one.
    fn entry(&mut self, at: usize, known: &[T], first: impl FnOnce() -> T) -> &mut T {
        self.count = self.count.max(at + 1);
        self.changed.entry(at).or_insert_with(|| known.get(at).cloned().unwrap_or_else(first))
    }

    fn commit(self, known: &mut Vec<T>, numbers: &mut Numbers) {
        for (at, one) in self.changed {
            match known.get_mut(at) {
                Some(old) => *old = one,
                None => known.push(one),
            }
        }
        numbers.by_id.extend(self.numbers.by_id);
        numbers.by_key.extend(self.numbers.by_key);
    }
}

impl Others {
    fn add(&mut self, more: Self) {
        keep_known(&mut self.nsgs, more.nsgs);
        keep_known(&mut self.flow_logs, more.flow_logs);
        keep_known(&mut self.public_ips, more.public_ips);
        keep_known(&mut self.balancers, more.balancers);
        keep_known(&mut self.gateways, more.gateways);
        keep_known(&mut self.connections, more.connections);
        keep_known(&mut self.local_networks, more.local_networks);
        keep_known(&mut self.machines, more.machines);
        keep_known(&mut self.scale_sets, more.scale_sets);
        keep_known(&mut self.private_endpoints, more.private_endpoints);
    }
}

fn keep_known<T>(known: &mut BTreeMap<String, T>, more: BTreeMap<String, T>) {
    for (key, one) in more {
        known.entry(key).or_insert(one);
    }
}

/// VNets of one id as one, so that a list of the parts of a VNet is joined in one go.
fn grouped(vnets: Vec<Vnet>) -> Vec<Vnet> {
    let (mut grouped, mut by_id) = (Vec::<Vnet>::new(), BTreeMap::new());
    for vnet in vnets {
        let at = if vnet.id.is_empty() { grouped.len() } else { *by_id.entry(vnet.id.clone()).or_insert(grouped.len()) };
        let Some(one) = grouped.get_mut(at) else {
            grouped.push(vnet);
            continue;
        };
        keep_first(&mut one.region, vnet.region);
        one.prefixes.extend(vnet.prefixes);
        one.subnets.extend(vnet.subnets);
        one.peerings.extend(vnet.peerings);
    }
    grouped
}

fn join_vnet(known: &mut Vnet, more: Vnet) -> Result<(), Failure> {
    keep_first(&mut known.id, more.id);
    keep_first(&mut known.region, more.region);
    join_lists(&mut known.prefixes, more.prefixes);
    join_lists(&mut known.peerings, more.peerings);
    let (mut by_name, mut by_prefix) = (BTreeMap::new(), BTreeMap::new());
    for (at, subnet) in known.subnets.iter().enumerate() {
        by_name.insert(subnet.name.to_lowercase(), at);
        by_prefix.extend(subnet.prefixes.iter().map(|prefix| (*prefix, at)));
    }
    for mut subnet in more.subnets {
        let at = *by_name.entry(subnet.name.to_lowercase()).or_insert(known.subnets.len());
        let prefixes = std::mem::take(&mut subnet.prefixes);
        if at == known.subnets.len() {
            known.subnets.push(subnet.clone());
        }
        for prefix in prefixes {
            match by_prefix.insert(prefix, at) {
                None => known.subnets[at].prefixes.push(prefix),
                Some(other) if other == at => {}
                Some(other) => {
                    let (first, second) = (quote(&known.subnets[other].name), quote(&subnet.name));
                    return Err((subnet.place, TopologyReason::EqualPrefix(quote(&known.name), prefix, first, second)));
                }
            }
        }
        let one = &mut known.subnets[at];
        keep_first(&mut one.id, subnet.id);
        keep_first(&mut one.nsg, subnet.nsg);
        keep_first(&mut one.nat_gateway, subnet.nat_gateway);
        join_lists(&mut one.configurations, subnet.configurations);
        one.prefixes.sort_unstable();
    }
    Ok(())
}

fn join_interface(known: &mut Interface, more: Interface) {
    keep_first(&mut known.id, more.id);
    keep_first(&mut known.mac, more.mac);
    keep_first(&mut known.vm, more.vm);
    keep_first(&mut known.vm_id, more.vm_id);
    keep_first(&mut known.scale_set, more.scale_set);
    keep_first(&mut known.region, more.region);
    keep_first(&mut known.nsg, more.nsg);
    keep_first(&mut known.private_endpoint, more.private_endpoint);
    join_lists(&mut known.public_ips, more.public_ips);
    join_lists(&mut known.pools, more.pools);
    let mut addresses: BTreeMap<Address, Held> = BTreeMap::new();
    for held in std::mem::take(&mut known.addresses).into_iter().chain(more.addresses) {
        let one = addresses.entry(held.address).or_insert_with(|| Held { address: held.address, ..Held::default() });
        keep_first(&mut one.subnet, held.subnet);
        keep_first(&mut one.configuration, held.configuration);
    }
    known.addresses = addresses.into_values().collect();
}

fn keep_first(known: &mut String, more: String) {
    if known.is_empty() {
        *known = more;
    }
}

fn join_lists<T: Ord>(known: &mut Vec<T>, more: Vec<T>) {
    known.extend(more);
    known.sort_unstable();
    known.dedup();
}
