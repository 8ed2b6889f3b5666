//! Plain twins of encryption, exposed sources, the pairs of rules and malicious flows; compared on random rows.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::dedup::{self, Deduplicated, Role};
use super::super::{Dataset, Estate, Settings, owners, tables};
use super::build::*;
use super::twin::{any_row, of_counting_logs};
use crate::enrich::{Endpoints, Inventory};
use crate::schema::tables::{Measures, PairMeasures, RulePairRow, Scope, Tables};
use crate::schema::{Address, Direction, Encryption, Status};

/// A threat list names it for port 443.
const BAD: &str = "203.0.113.9";

/// Measures, first and last tuple per exposed address, port, protocol and source.
type Sources = BTreeMap<(Address, u16, u8, Address), (Measures, i64, i64)>;

struct Twin<'a> {
    rows: &'a [Row],
    dataset: &'a Dataset,
    endpoints: &'a Endpoints,
}

impl Twin<'_> {
    fn known(&self, ip: &str) -> &crate::enrich::Endpoint {
        self.endpoints.rows.iter().find(|row| row.address == address(ip)).unwrap()
    }

    fn subnet(&self, ip: &str) -> String {
        self.known(ip).subnet.map(|place| self.endpoints.subnets[place as usize].name.clone()).unwrap_or_default()
    }

    fn is_malicious(&self, row: &Row) -> bool {
        let is_met = |own: &str, peer: &str| self.known(own).vnet.is_some() && peer == BAD && row.port == 443;
        is_met(row.src, row.dst) || is_met(row.dst, row.src)
    }

    fn pair(&self, row: &Row) -> PairMeasures {
        let flows = u64::from(row.flows);
        let (allowed, denied) = if row.status == Status::Allowed { (flows, 0) } else { (0, flows) };
        let malicious = u64::from(self.is_malicious(row));
        PairMeasures {
            flows_allowed: allowed,
            flows_denied: denied,
            bytes_received: row.bytes.1,
            bytes_sent: row.bytes.0,
            packets_received: row.packets.1,
            packets_sent: row.packets.0,
            tuples_unmeasured: u64::from(row.unmeasured),
            flows_malicious_allowed: allowed * malicious,
            flows_malicious_denied: denied * malicious,
        }
    }

    /// Every correction flow by flow: each was one of the flows that left, those of the commonest code first.
    fn encryption(&self, deduplicated: &Deduplicated) -> BTreeMap<(String, String, String), PairMeasures> {
        let roles: Vec<Role> = deduplicated.roles.concat();
        let supplying: Vec<&Row> =
            self.rows.iter().zip(&roles).filter(|(_, role)| **role == Role::Supplies).map(|(row, _)| row).collect();
        let code = |code: u8| Encryption::KNOWN[usize::from(code)].to_owned();
        let mut sums: BTreeMap<_, PairMeasures> = BTreeMap::new();
        for row in &supplying {
            sums.entry((self.subnet(row.src), self.subnet(row.dst), code(row.encryption))).or_default().add(&self.pair(row));
        }
        for correction in &deduplicated.corrections {
            let ip = |number: u32| self.dataset.addresses()[number as usize];
            let is_meant = |row: &&&Row| {
                (address(row.src), address(row.dst), row.port, row.protocol)
                    == (ip(correction.src_ip), ip(correction.dst_ip), correction.dst_port, correction.protocol)
                    && (row.interval, row.status) == (correction.interval, Status::Allowed)
            };
            let mut left: Vec<u8> = Vec::new();
            let mut codes: Vec<u8> = Vec::new();
            for row in supplying.iter().filter(is_meant) {
                left.extend(std::iter::repeat_n(row.encryption, row.flows as usize));
                codes.push(row.encryption);
            }
            let count = |code: u8| left.iter().filter(|other| **other == code).count();
            codes.sort_by_key(|code| (Reverse(count(*code)), *code));
            let first = codes.first().copied().unwrap_or(0);
            let mut flows: Vec<u8> = left.clone();
            flows.sort_by_key(|code| (Reverse(count(*code)), *code));
            let (src, dst) = (ip(correction.src_ip).to_string(), ip(correction.dst_ip).to_string());
            let one = Row { port: correction.dst_port, ..outbound("", src.leak(), dst.leak(), 0) };
            for flow in 0..correction.denied as usize {
                let moved = flows.get(flow).copied();
                let key = (self.subnet(one.src), self.subnet(one.dst), code(moved.unwrap_or(first)));
                let sum = sums.entry(key).or_default();
                let (left, malicious) = (u64::from(moved.is_some()), u64::from(self.is_malicious(&one)));
                sum.flows_allowed -= left;
                sum.flows_denied += 1;
                sum.flows_malicious_allowed -= left * malicious;
                sum.flows_malicious_denied += malicious;
            }
        }
        sums
    }

    /// Per exposed address, port, protocol and source: the rows of the NIC, and first and last tuple.
    fn exposed_sources(&self) -> Sources {
        let mut sums = Sources::new();
        for row in of_counting_logs(self.rows) {
            let source = self.known(row.src);
            let is_public = source.scope == Scope::ExternalPublic && !source.is_local;
            if row.direction != Direction::Inbound || row.status != Status::Allowed || !is_public {
                continue;
            }
            let key = (address(row.dst), row.port, row.protocol, address(row.src));
            let (measures, first, last) = sums.entry(key).or_insert((Measures::default(), i64::MAX, i64::MIN));
            let pair = self.pair(row);
            measures.flows_inbound_allowed += pair.flows_allowed;
            measures.flows_malicious_allowed += pair.flows_malicious_allowed;
            measures.bytes_received += pair.bytes_sent;
            measures.bytes_sent += pair.bytes_received;
            measures.packets_received += pair.packets_sent;
            measures.packets_sent += pair.packets_received;
            measures.tuples_unmeasured += pair.tuples_unmeasured;
            let start = i64::from(row.interval) * 600_000;
            (*first, *last) = ((*first).min(start + 1), (*last).max(start + 2));
        }
        sums
    }

    fn rule_pairs(&self) -> Vec<String> {
        let mut rules: BTreeMap<_, BTreeMap<(Address, Address), PairMeasures>> = BTreeMap::new();
        for row in self.rows {
            let of_rule = rules.entry((row.acl, row.rule, row.direction, row.status)).or_default();
            of_rule.entry((address(row.src), address(row.dst))).or_default().add(&self.pair(row));
        }
        let mut rows = Vec::new();
        for ((acl, rule, direction, status), pairs) in rules {
            let mut pairs: Vec<_> = pairs.into_iter().collect();
            pairs.sort_by_key(|(pair, m)| (Reverse(m.flows()), Reverse(m.bytes()), *pair));
            for (rank, ((src_ip, dst_ip), measures)) in (1..=3).zip(pairs) {
                let (acl, rule) = (acl.to_owned(), rule.to_owned());
                rows.push(format!("{:?}", RulePairRow { acl, rule, direction, status, rank, src_ip, dst_ip, measures }));
            }
        }
        rows
    }
}

/// Malicious flows by rule, interface and time, which hold the same traffic.
fn check_malicious(twin: &Twin<'_>, tables: &Tables) {
    let observed: u64 =
        twin.rows.iter().map(|row| twin.pair(row)).map(|m| m.flows_malicious_allowed + m.flows_malicious_denied).sum();
    let by_rule: u64 = tables.traffic_by_rule.iter().map(|row| row.measures.flows_malicious()).sum();
    let by_interface: u64 = tables.traffic_by_interface.iter().map(|row| row.measures.flows_malicious()).sum();
    assert_eq!((by_rule, by_interface), (observed, observed));
    let over_time: [u64; 2] = tables
        .traffic_over_time
        .iter()
        .map(|r| &r.measures)
        .fold([0; 2], |[allowed, denied], m| [allowed + m.flows_malicious_allowed, denied + m.flows_malicious_denied]);
    let encryption: [u64; 2] = tables
        .encryption
        .iter()
        .map(|r| &r.measures)
        .fold([0; 2], |[allowed, denied], m| [allowed + m.flows_malicious_allowed, denied + m.flows_malicious_denied]);
    assert_eq!(over_time, encryption);
}

fn check(rows: &[Row]) {
    let dataset = dataset(rows.chunks(7).map(partial).collect());
    let owners = dataset.owners(&no_topology);
    let mut endpoints = endpoints(&dataset, &owners);
    if dataset.addresses().contains(&address(BAD)) {
        name_threat(&mut endpoints, BAD, Some(443));
    }
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    let tables = tables(&dataset, &estate, &Settings::default()).tables;
    let ownership = owners::Ownership::new(&dataset, &owners);
    let (deduplicated, _) = dedup::deduplicate(&dataset, &dataset.rows(), &ownership);
    let twin = Twin { rows, dataset: &dataset, endpoints: &endpoints };

    let encryption =
        tables.encryption.iter().map(|r| ((r.src_subnet.clone(), r.dst_subnet.clone(), r.encryption.clone()), r.measures));
    assert_eq!(encryption.collect::<BTreeMap<_, _>>(), twin.encryption(&deduplicated));
    let sources = tables
        .exposed_sources
        .iter()
        .map(|r| ((r.ip, r.dst_port, r.protocol, r.src_ip.unwrap()), (r.measures, r.first_time, r.last_time)));
    assert_eq!(sources.collect::<BTreeMap<_, _>>(), twin.exposed_sources());
    assert_eq!(tables.rule_top_pairs.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>(), twin.rule_pairs());
    check_malicious(&twin, &tables);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_give_the_tables_of_the_twin(rows in prop::collection::vec((any_row(), 0..3_u8), 0..120)) {
        let rows: Vec<Row> = rows.into_iter().map(|(row, encryption)| Row { encryption, ..row }).collect();
        check(&rows);
    }
}
