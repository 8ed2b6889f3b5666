//! What public addresses reach, and which ones reached it most.
//!
//! Goes in: allowed Inbound rows as logged, of logs that no other log of the NIC replaces, whose source is public and not
//! Azure's platform. Comes out: what was reached, which adds up over pieces of which no two share a pair of addresses, and of it exposed_ports,
//! one row per local end, port, protocol and rule, and exposed_sources. A row that only continues or ends a flow counts too: that traffic
//! passed proves that the port is open. Judges nothing.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::add_up::add_up;
use super::dataset::Dataset;
use super::dedup::Role;
use super::entities::Names;
use super::groups::each_group;
use super::places::Places;
use super::plans::RawSums;
use super::rows::Rows;
use super::supply::Supply;
use crate::enrich::Endpoints;
use crate::schema::tables::{ExposedRow, ExposedSourceRow, Measures};
use crate::schema::{Direction, Status};

/// Most sources shown per exposed address, port and protocol. Unit: rows; range 1 and up: more than a reader looks through,
/// few enough that a host with every port open stays small. Raising it lengthens exposed_sources, whose sums stay the same.
pub(super) const SOURCES_SHOWN: usize = 20;

/// The two tables.
pub(super) struct Exposed {
    /// Most distinct sources first.
    pub ports: Vec<ExposedRow>,
    /// By exposed address, port and protocol.
    pub sources: Vec<ExposedSourceRow>,
}

/// One source of one exposed port, through one rule or all.
#[derive(Clone, Copy)]
struct Exposure {
    first_time: i64,
    last_time: i64,
    sums: RawSums,
}

impl Default for Exposure {
    fn default() -> Self {
        Self { first_time: i64::MAX, last_time: i64::MIN, sums: RawSums::default() }
    }
}

impl Exposure {
    fn add(&mut self, other: &Self) {
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
        self.sums.add(&other.sums);
    }

    fn measures(&self) -> Measures {
        self.sums.measures(Direction::Inbound, Status::Allowed)
    }
}

/// Address (above `groups::HOME_SHIFT`), port, protocol, name of the rule and source as one integer of the same order.
fn key(dst_ip: u32, dst_port: u16, protocol: u8, rule_name: u32, src_ip: u32) -> u128 {
    let port = u128::from(dst_ip) << 24 | u128::from(dst_port) << 8 | u128::from(protocol);
    port << 64 | u128::from(rule_name) << 32 | u128::from(src_ip)
}

/// What was reached of one local end, port and protocol.
pub(super) struct ExposedPort {
    /// Number of the address, port and protocol: the upper half of [`key`].
    port: u64,
    /// Distinct sources.
    sources: u64,
    /// By number of the rule's name, ascending.
    rules: Vec<Rule>,
    /// The top sources by number of their address, the first one first; at most [`SOURCES_SHOWN`].
    top: Vec<(u32, Exposure)>,
    /// Sum of the others, if there are any.
    others: Option<Exposure>,
}

/// What one rule let through to a port.
struct Rule {
    name: u32,
    /// Distinct sources.
    sources: u64,
    sum: Exposure,
}

impl ExposedPort {
    /// Sums the groups of one port.
    fn of(groups: &[(u128, Exposure)]) -> Self {
        let of_rules = groups.chunk_by(|a, b| a.0 >> 32 == b.0 >> 32);
        let sources = by_source(groups);
        let mut port = Self {
            port: (groups[0].0 >> 64) as u64,
            sources: sources.len() as u64,
            rules: of_rules.map(Rule::of).collect(),
            top: sources,
            others: None,
        };
        port.cut();
        port
    }

    /// Adds what other sources reached.
    fn add(&mut self, other: &mut Self) {
        self.sources += other.sources;
        self.rules.append(&mut other.rules);
        self.rules.sort_by_key(|rule| rule.name);
        add_up(
            &mut self.rules,
            |a, b| a.name == b.name,
            |kept, next| {
                kept.sources += next.sources;
                kept.sum.add(&next.sum);
            },
        );
        self.top.append(&mut other.top);
        if let Some(others) = &other.others {
            self.others.get_or_insert_default().add(others);
        }
        self.cut();
    }

    /// Ranks the sources and leaves the top ones by themselves.
    fn cut(&mut self) {
        self.top.sort_unstable_by_key(|(source, exposure)| {
            let measures = exposure.measures();
            (Reverse(measures.flows()), Reverse(measures.bytes()), *source)
        });
        for (_, exposure) in self.top.drain(self.top.len().min(SOURCES_SHOWN)..) {
            self.others.get_or_insert_default().add(&exposure);
        }
        self.top.shrink_to_fit();
    }
}

impl Rule {
    fn of(groups: &[(u128, Exposure)]) -> Self {
        let mut sum = Exposure::default();
        groups.iter().for_each(|(_, exposure)| sum.add(exposure));
        Self { name: (groups[0].0 >> 32) as u32, sources: groups.len() as u64, sum }
    }
}

/// What was reached, by address, port and protocol.
pub(super) fn reached(supply: &Supply<'_>, places: &Places<'_>) -> Vec<ExposedPort> {
    let (rule_numbers, _) = rule_names(supply.dataset);
    groups(supply, places, &rule_numbers).chunk_by(|a, b| a.0 >> 64 == b.0 >> 64).map(ExposedPort::of).collect()
}

/// What different sources reached together.
pub(super) fn joined(mut all: Vec<ExposedPort>, more: Vec<ExposedPort>) -> Vec<ExposedPort> {
    all.extend(more);
    all.sort_by_key(|port| port.port);
    add_up(&mut all, |a, b| a.port == b.port, ExposedPort::add);
    all
}

/// Both tables.
pub(super) fn exposed(dataset: &Dataset, endpoints: &Endpoints, reached: &[ExposedPort], names: &Names<'_>) -> Exposed {
    let (_, rule_names) = rule_names(dataset);
    let mut exposed = Exposed { ports: Vec::new(), sources: Vec::new() };
    for port in reached {
        let (address, dst_port, protocol) = ((port.port >> 24) as u32, (port.port >> 8) as u16, port.port as u8);
        exposed.ports.extend(port.rules.iter().map(|rule| ExposedRow {
            ip: dataset.addresses()[address as usize],
            subnet: names.subnet_of(address).to_owned(),
            interface: endpoints.rows[address as usize].interface.clone(),
            dst_port,
            protocol,
            rule: rule_names[rule.name as usize].to_owned(),
            sources: rule.sources,
            sources_of_port: port.sources,
            first_time: rule.sum.first_time,
            last_time: rule.sum.last_time,
            measures: rule.sum.measures(),
        }));
        let row = |(source, sources, exposure): (Option<u32>, u64, &Exposure)| {
            source_row((dataset, endpoints), (address, dst_port, protocol), (source, sources), exposure)
        };
        exposed.sources.extend(port.top.iter().map(|(source, exposure)| row((Some(*source), 1, exposure))));
        exposed.sources.extend(port.others.iter().map(|others| row((None, port.sources - port.top.len() as u64, others))));
    }
    exposed.ports.sort_by(|a, b| {
        let order = |row: &ExposedRow| (Reverse(row.sources), Reverse(row.measures.flows()), row.ip, row.dst_port, row.protocol);
        order(a).cmp(&order(b)).then_with(|| a.rule.cmp(&b.rule))
    });
    exposed
}

/// The exposing rows summed by [`key`], ascending.
fn groups(supply: &Supply<'_>, places: &Places<'_>, rule_numbers: &[u32]) -> Vec<(u128, Exposure)> {
    let key = |chunk: usize, row: usize| {
        let rows = &supply.chunks[chunk];
        // One branch for all: each alone is as good as random from row to row.
        let exposes = (supply.deduplicated.roles[chunk][row] != Role::Replaced)
            & (rows.direction[row] == Direction::Inbound as u8)
            & (rows.status[row] == Status::Allowed as u8)
            & places.is_public[rows.src_ip[row] as usize];
        let rule_name = |row: usize| rule_numbers[rows.rule[row] as usize];
        exposes.then(|| key(rows.dst_ip[row], rows.dst_port[row], rows.protocol[row], rule_name(row), rows.src_ip[row]))
    };
    let add = |sum: &mut Exposure, rows: &Rows<'_>, row: usize| {
        let (first_time, last_time) = supply.times(rows, row);
        sum.add(&Exposure { first_time, last_time, sums: supply.sums(rows, row) });
    };
    let take = |all: &mut Vec<(u128, Exposure)>, key: u128, sum: &Exposure| all.push((key, *sum));
    let groups = each_group(supply.chunks, key, add, take).concat();
    // A group is three times as large as its key and its place, which are what a sort moves.
    let mut order: Vec<(u128, u32)> = groups.iter().zip(0..).map(|((key, _), place)| (*key, place)).collect();
    order.par_sort_unstable();
    order.iter().map(|(_, place)| groups[*place as usize]).collect()
}

/// The distinct sources of one port over all rules, by address.
fn by_source(of_port: &[(u128, Exposure)]) -> Vec<(u32, Exposure)> {
    let mut sources: Vec<(u32, Exposure)> = of_port.iter().map(|(key, exposure)| (*key as u32, *exposure)).collect();
    sources.sort_unstable_by_key(|(source, _)| *source);
    add_up(&mut sources, |a, b| a.0 == b.0, |kept, next| kept.1.add(&next.1));
    sources
}

fn source_row(
    (dataset, endpoints): (&Dataset, &Endpoints),
    (address, dst_port, protocol): (u32, u16, u8),
    (source, sources): (Option<u32>, u64),
    exposure: &Exposure,
) -> ExposedSourceRow {
    let endpoint = source.map(|source| &endpoints.rows[source as usize]);
    let tag = endpoint.and_then(|e| e.service_tag).map(|tag| &endpoints.service_tags[tag as usize]);
    // An entry about another port says nothing of this one, as it makes no flow to it malicious.
    let threat = endpoint.and_then(|e| e.threat).map(|threat| &endpoints.threats[threat as usize]);
    let threat = threat.filter(|threat| threat.port.is_none_or(|port| port == dst_port));
    ExposedSourceRow {
        ip: dataset.addresses()[address as usize],
        dst_port,
        protocol,
        src_ip: endpoint.map(|e| e.address),
        sources,
        country: endpoint.and_then(|e| e.country).map(|country| country.code().to_owned()).unwrap_or_default(),
        asn: endpoint.and_then(|e| e.network).map(|network| endpoints.networks[network as usize].asn),
        service_tag: tag.map(|tag| tag.name.clone()).unwrap_or_default(),
        threat_list: threat.map(|threat| threat.list.clone()).unwrap_or_default(),
        first_time: exposure.first_time,
        last_time: exposure.last_time,
        measures: exposure.measures(),
    }
}

/// The number of each rule's name, and the names by that number: rules of one name in several ACLs are one row here.
fn rule_names(dataset: &Dataset) -> (Vec<u32>, Vec<&str>) {
    let rules = dataset.rules();
    let mut names: Vec<&str> = rules.iter().map(|rule| &*rule.rule).collect();
    names.sort_unstable();
    names.dedup();
    let number = |name: &str| names.binary_search(&name).unwrap_or_default() as u32;
    (rules.iter().map(|rule| number(&rule.rule)).collect(), names)
}
