//! Names the sums and sorts them: the tables by address, interface, subnet, pair, port, rule and time, and the matrix.
//!
//! Goes in: sums by number. Comes out: rows as `report` prints them, each table in its stated order, then by flows, then by
//! its key. Decides nothing about counting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Estate;
use super::attributes::Attributes;
use super::dataset::Dataset;
use super::pair_sums::{AddressSums, Conversation, PairSums, turned};
use super::pairs::Pair;
use super::places::subnet_number;
use super::plans::{self, Group, direction, status};
use super::supply::Supply;
use super::top::Top;
use crate::enrich::inventory::InventoryInterface;
use crate::enrich::{Endpoints, FlowTypes, Owners, Subnet};
use crate::schema::service::service_name;
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{
    ConversationRow, InterfaceRow, IpRow, MatrixRow, Measures, PairKey, PairMeasures, PairRow, PortRow, RuleRow, SubnetRow,
    TimeRow,
};
use crate::schema::{Address, Direction};

/// What numbers stand for.
pub(super) struct Names<'a> {
    dataset: &'a Dataset,
    owners: &'a Owners,
    endpoints: &'a Endpoints,
    /// Interfaces of the topology by MAC, those that have one.
    by_mac: BTreeMap<&'a str, &'a InventoryInterface>,
    /// Their names.
    names_with_mac: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    /// Names by the dataset's numbers; `endpoints` has one row per address.
    pub fn new(dataset: &'a Dataset, estate: &Estate<'a>) -> Self {
        let Estate { owners, endpoints, inventory } = *estate;
        debug_assert_eq!(endpoints.rows.len(), dataset.addresses().len());
        let with_mac = || inventory.interfaces.iter().filter(|known| !known.mac.is_empty());
        let names_with_mac = with_mac().map(|known| known.name.as_str()).collect();
        // Of two interfaces with one MAC the first in the inventory's order.
        let by_mac = with_mac().rev().map(|known| (known.mac.as_str(), known)).collect();
        Self { dataset, owners, endpoints, by_mac, names_with_mac }
    }

    /// The name of an address's subnet, or the empty text.
    pub fn subnet_of(&self, address: u32) -> &str {
        self.subnet(subnet_number(self.endpoints.rows[address as usize].subnet)).map_or("", |s| &s.name)
    }

    /// The subnet with a number of [`subnet_number`].
    fn subnet(&self, number: u32) -> Option<&'a Subnet> {
        self.endpoints.subnets.get((number as usize).checked_sub(1)?)
    }

    fn subnet_name(&self, number: u32) -> &'a str {
        self.subnet(number).map_or("", |subnet| &subnet.name)
    }

    /// One row per address with traffic that counts.
    pub fn by_ip(&self, sums: &PairSums) -> Vec<IpRow> {
        let with_traffic = sums.by_ip.iter().enumerate().filter(|(_, sums)| sums.peers > 0);
        let row = |(address, AddressSums { measures, .. }): (usize, &AddressSums)| {
            let known = Attributes::of(self.endpoints, address);
            IpRow {
                ip: self.dataset.addresses()[address],
                scope: known.endpoint.scope,
                subnet: known.subnet().to_owned(),
                interface: known.endpoint.interface.clone(),
                vm: known.endpoint.vm.clone(),
                country: known.country().to_owned(),
                asn: known.asn(),
                service_tag: known.service_tag(|tag| &tag.name).to_owned(),
                threat: known.threat(),
                measures: *measures,
            }
        };
        let mut rows: Vec<IpRow> = with_traffic.map(row).collect();
        rows.sort_by_key(|row| (by_bytes(&row.measures), row.ip));
        rows
    }

    /// One row per subnet of such addresses, one for those of none: the sum of their rows, since both ends have theirs.
    pub fn by_subnet(&self, sums: &PairSums) -> Vec<SubnetRow> {
        let mut by_number: BTreeMap<u32, Measures> = BTreeMap::new();
        for (endpoint, sums) in self.endpoints.rows.iter().zip(&sums.by_ip).filter(|(_, sums)| sums.peers > 0) {
            by_number.entry(subnet_number(endpoint.subnet)).or_default().add(&sums.measures);
        }
        let row = |(number, measures)| {
            let subnet = self.subnet(number).cloned().unwrap_or_default();
            SubnetRow { subnet: subnet.name, vnet: subnet.vnet, prefix: subnet.prefixes, measures }
        };
        let mut rows: Vec<SubnetRow> = by_number.into_iter().map(row).collect();
        rows.sort_by(|a, b| (by_bytes(&a.measures), &a.subnet).cmp(&(by_bytes(&b.measures), &b.subnet)));
        rows
    }

    /// One row per subnet of the source and of the destination.
    pub fn matrix(&self, sums: &PairSums) -> Vec<MatrixRow> {
        let row = |(key, measures): &(u128, PairMeasures)| MatrixRow {
            src_subnet: self.subnet_name((key >> 32) as u32).to_owned(),
            dst_subnet: self.subnet_name(*key as u32).to_owned(),
            measures: *measures,
        };
        let mut rows: Vec<MatrixRow> = sums.matrix.rows().iter().map(row).collect();
        rows.sort_by(|a, b| {
            let key_order = || (&a.src_subnet, &a.dst_subnet).cmp(&(&b.src_subnet, &b.dst_subnet));
            pair_order(&a.measures).cmp(&pair_order(&b.measures)).then_with(key_order)
        });
        rows
    }

    /// The top pairs, then the row `other` if any was cut.
    pub fn by_pair(&self, top: Top<u128>, flow_types: &FlowTypes) -> Vec<PairRow> {
        let (groups, other) = top.finish();
        let mut rows = Vec::with_capacity(groups.len() + 1);
        for (packed, measures) in groups {
            let Pair { src_ip, dst_ip, dst_port, protocol } = Pair::of_key(packed);
            let key = PairKey { src_ip: self.address(src_ip), dst_ip: self.address(dst_ip), dst_port, protocol };
            let l7_protocol = service_name(dst_port, protocol).to_owned();
            rows.push(PairRow {
                key: Some(key),
                l7_protocol,
                flow_type: Some(flow_types.of(src_ip, dst_ip, dst_port)),
                measures,
            });
        }
        rows.extend(other.map(|measures| PairRow { key: None, l7_protocol: String::new(), flow_type: None, measures }));
        rows
    }

    /// The top conversations, then the row `other` if any was cut.
    pub fn conversations(&self, top: Top<Conversation>) -> Vec<ConversationRow> {
        let (groups, other) = top.finish();
        let row = |(conversation, measures): (Conversation, PairMeasures)| ConversationRow {
            ips: Some((self.address(conversation.least), self.address(conversation.greatest))),
            flow_type: Some(conversation.flow_type),
            ports: u64::from(conversation.ports),
            top_port: Some(((conversation.top_port >> 8) as u16, conversation.top_port as u8)),
            measures,
        };
        let mut rows: Vec<ConversationRow> = groups.into_iter().map(row).collect();
        rows.extend(other.map(|measures| ConversationRow { ips: None, flow_type: None, ports: 0, top_port: None, measures }));
        rows
    }

    fn address(&self, number: u32) -> Address {
        self.dataset.addresses()[number as usize]
    }

    /// One row per group; `groups` by rule, direction and status.
    pub fn by_rule(&self, groups: Vec<Group<3>>) -> Vec<RuleRow> {
        let row = |Group { key, sums }: Group<3>| {
            let rule = &self.dataset.rules()[key[0] as usize];
            let (direction, status) = (direction(key[1]), status(key[2]));
            let measures = sums.measures(direction, status);
            RuleRow { acl: rule.acl.to_string(), rule: rule.rule.to_string(), direction, status, measures }
        };
        let mut rows: Vec<RuleRow> = groups.into_iter().map(row).collect();
        rows.sort_by(|a, b| {
            let flows = b.measures.flows().cmp(&a.measures.flows());
            flows.then_with(|| (&a.acl, &a.rule, a.direction, a.status).cmp(&(&b.acl, &b.rule, b.direction, b.status)))
        });
        rows
    }

    /// One row per NIC; `groups` by capture point, direction and status.
    pub fn by_interface(&self, groups: Vec<Group<3>>) -> Vec<InterfaceRow> {
        let macs = self.dataset.macs();
        let mut rows: Vec<InterfaceRow> = macs.iter().map(|mac| self.interface(mac)).collect();
        for (point, nic) in self.dataset.capture_points().iter().zip(self.dataset.nic_of_capture_point()) {
            let logs = &mut rows[*nic as usize].log_resources;
            // Capture points ascend by log resource, so repeats are neighbours.
            if logs.last().is_none_or(|last| **last != *point.log_resource) {
                logs.push(point.log_resource.to_string());
            }
        }
        for Group { key, sums } in groups {
            let nic = self.dataset.nic_of_capture_point()[key[0] as usize];
            rows[nic as usize].measures.add(&sums.measures(direction(key[1]), status(key[2])));
        }
        rows.sort_by(|a, b| (by_bytes(&a.measures), &a.mac).cmp(&(by_bytes(&b.measures), &b.mac)));
        rows
    }

    /// A NIC with what is known of it and no traffic yet.
    fn interface(&self, mac: &str) -> InterfaceRow {
        let owned = self.owners.interfaces.binary_search_by(|i| (*i.mac).cmp(mac)).ok();
        let ips: Vec<Address> = owned.map(|place| self.owners.interfaces[place].addresses.clone()).unwrap_or_default();
        let known = self.by_mac.get(mac);
        let addresses = known.map_or(&ips, |known| &known.addresses);
        let seen = addresses.iter().find_map(|ip| self.dataset.addresses().binary_search(ip).ok());
        let subnet = seen.map(|address| self.subnet_of(address as u32).to_owned()).unwrap_or_default();
        let interface = match (known, seen) {
            (Some(known), _) => known.name.clone(),
            (None, Some(address)) => self.name_by_address(address),
            (None, None) => String::new(),
        };
        InterfaceRow { mac: mac.to_owned(), interface, ips, subnet, ..InterfaceRow::default() }
    }

    /// The name of the interface of an address, for a NIC whose MAC the topology does not know. Empty where it is that of a NIC
    /// with another MAC, which shares the address, or a MAC, which is no name.
    fn name_by_address(&self, address: usize) -> String {
        let name = &self.endpoints.rows[address].interface;
        let is_mac = self.dataset.macs().binary_search_by(|mac| (**mac).cmp(name)).is_ok();
        if is_mac || self.names_with_mac.contains(name.as_str()) { String::new() } else { name.clone() }
    }
}

/// The table of ports with its rest. Received is towards the port: what the destination received.
pub(super) fn by_port(sums: &PairSums, top_rows: usize) -> Vec<PortRow> {
    let mut groups = sums.by_port.rows().to_vec();
    groups.sort_unstable_by_key(|(key, measures)| (Reverse(measures.flows()), *key));
    let kept = groups.len().min(top_rows);
    let mut other = PairMeasures::default();
    groups[kept..].iter().for_each(|(_, measures)| other.add(&turned(measures)));
    let row = |(key, measures): &(u128, PairMeasures)| {
        let (port, protocol) = ((key >> 8) as u16, *key as u8);
        let l7_protocol = service_name(port, protocol).to_owned();
        PortRow { key: Some((port, protocol)), l7_protocol, measures: turned(measures) }
    };
    let mut rows: Vec<PortRow> = groups[..kept].iter().map(row).collect();
    if groups.len() > kept {
        rows.push(PortRow { key: None, l7_protocol: String::new(), measures: other });
    }
    rows
}

/// `groups` by interval, whether inbound, and status; then the corrections.
pub(super) fn over_time(supply: &Supply<'_>, groups: Vec<Group<3>>, is_local: &[bool]) -> Vec<TimeRow> {
    let mut by_interval: BTreeMap<u32, Measures> = BTreeMap::new();
    for Group { key, sums } in groups {
        let direction = if key[1] == 1 { Direction::Inbound } else { Direction::Outbound };
        by_interval.entry(key[0]).or_default().add(&sums.measures(direction, status(key[2])));
    }
    for correction in &supply.deduplicated.corrections {
        let measures = by_interval.entry(correction.interval).or_default();
        let is_inbound = is_local[correction.dst_ip as usize] && !is_local[correction.src_ip as usize];
        let direction = if is_inbound { Direction::Inbound } else { Direction::Outbound };
        let is_malicious = supply.is_malicious(correction.src_ip, correction.dst_ip, correction.dst_port);
        plans::correct(measures, direction, correction, is_malicious);
    }
    let start = |number| supply.dataset.interval().start(number);
    by_interval.into_iter().map(|(number, measures)| TimeRow { interval_start: start(number), measures }).collect()
}

/// What all capture points logged; `groups` by capture point, direction and status.
pub(super) fn observed(groups: &[Group<3>]) -> TrafficTotals {
    let mut totals = TrafficTotals::default();
    for Group { key, sums } in groups {
        let measures = sums.measures(direction(key[1]), status(key[2]));
        totals.flows_inbound_allowed += measures.flows_inbound_allowed;
        totals.flows_inbound_denied += measures.flows_inbound_denied;
        totals.flows_outbound_allowed += measures.flows_outbound_allowed;
        totals.flows_outbound_denied += measures.flows_outbound_denied;
        totals.bytes_src_to_dst += sums.bytes_src_to_dst;
        totals.bytes_dst_to_src += sums.bytes_dst_to_src;
        totals.packets_src_to_dst += sums.packets_src_to_dst;
        totals.packets_dst_to_src += sums.packets_dst_to_src;
        totals.tuples_unmeasured += sums.tuples_unmeasured;
    }
    totals
}

/// Most bytes first, then most flows.
pub(super) fn by_bytes(measures: &Measures) -> impl Ord + use<> {
    (Reverse(measures.bytes()), Reverse(measures.flows()))
}

/// Most bytes first, then most flows.
fn pair_order(measures: &PairMeasures) -> impl Ord + use<> {
    (Reverse(measures.bytes()), Reverse(measures.flows()))
}
