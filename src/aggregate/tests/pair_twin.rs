//! A plain twin of the tables that follow from pairs: maps and loops over what counts once, compared on random rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{Aggregates, identities};
use super::build::*;
use super::known::*;
use super::twin::{Counted, PairKey, add_end, add_pair, any_row, counted_once};
use crate::enrich::Owners;
use crate::schema::tables::{Measures, NamedRow, PairMeasures};
use crate::schema::units::Interval;
use crate::schema::{Address, FlowType};

/// What the twin knows: the rows, and which addresses are local.
struct Twin {
    counted: Vec<Counted>,
    local: BTreeSet<Address>,
}

impl Twin {
    fn new(rows: &[Row], owners: &Owners) -> Self {
        let local = owners.interfaces.iter().flat_map(|i| i.addresses.iter().copied()).collect();
        Self { counted: counted_once(rows, owners), local }
    }

    fn is_local(&self, ip: Address) -> bool {
        self.local.contains(&ip)
    }

    fn vnet(&self, ip: Address) -> &'static str {
        match self.is_local(ip) {
            true if ip.to_string().starts_with("10.0.0.") => "hub",
            true => "spoke",
            false => "",
        }
    }

    fn flow_type(&self, key: &PairKey) -> FlowType {
        let outside = match (self.is_local(key.0), self.is_local(key.1)) {
            (true, true) if self.vnet(key.0) == self.vnet(key.1) => return FlowType::IntraVNet,
            (true, true) => return FlowType::InterVNet,
            (false, false) => return FlowType::Unknown,
            (true, false) => key.1,
            (false, true) => key.0,
        };
        match fact(outside) {
            Some(fact) if fact.is_malicious(key.2) => FlowType::MaliciousFlow,
            Some(fact) if fact.is_azure() => FlowType::AzurePublic,
            Some(_) => FlowType::ExternalPublic,
            None if outside == address("168.63.129.16") => FlowType::AzurePublic,
            None => FlowType::UnknownPrivate,
        }
    }

    fn is_malicious(&self, row: &Counted) -> bool {
        self.flow_type(&row.key) == FlowType::MaliciousFlow
    }

    /// Adds a row at one end with its malicious flows.
    fn add_end(&self, sum: &mut Measures, row: &Counted, inbound: bool) {
        add_end(sum, row, inbound);
        if self.is_malicious(row) {
            sum.flows_malicious_allowed = sum.flows_malicious_allowed.wrapping_add_signed(row.allowed);
            sum.flows_malicious_denied = sum.flows_malicious_denied.wrapping_add_signed(row.denied);
        }
    }

    fn add_pair(&self, sum: &mut PairMeasures, row: &Counted) {
        add_pair(sum, row);
        if self.is_malicious(row) {
            sum.flows_malicious_allowed = sum.flows_malicious_allowed.wrapping_add_signed(row.allowed);
            sum.flows_malicious_denied = sum.flows_malicious_denied.wrapping_add_signed(row.denied);
        }
    }

    fn by_pair(&self) -> BTreeMap<PairKey, PairMeasures> {
        let mut sums: BTreeMap<PairKey, PairMeasures> = BTreeMap::new();
        self.counted.iter().for_each(|row| self.add_pair(sums.entry(row.key).or_default(), row));
        sums
    }

    /// By a name that follows from a pair, inbound by locality.
    fn by_locality(&self, name: impl Fn(&PairKey) -> &'static str) -> BTreeMap<String, Measures> {
        let mut sums: BTreeMap<String, Measures> = BTreeMap::new();
        for row in &self.counted {
            let inbound = self.is_local(row.key.1) && !self.is_local(row.key.0);
            self.add_end(sums.entry(name(&row.key).to_owned()).or_default(), row, inbound);
        }
        sums
    }

    /// By a name of each end.
    fn by_end<Name: Ord>(&self, name: impl Fn(Address) -> Name) -> BTreeMap<Name, Measures> {
        let mut sums: BTreeMap<Name, Measures> = BTreeMap::new();
        for row in &self.counted {
            self.add_end(sums.entry(name(row.key.0)).or_default(), row, false);
            self.add_end(sums.entry(name(row.key.1)).or_default(), row, true);
        }
        sums
    }

    /// The end that is not local, the destination first.
    fn remote(&self, key: &PairKey) -> Option<Address> {
        [key.1, key.0].into_iter().find(|ip| !self.is_local(*ip))
    }
}

/// Azure's own address, which has no fact.
const PLATFORM: &str = "168.63.129.16";

fn named(rows: &[NamedRow]) -> BTreeMap<String, Measures> {
    let order = |row: &NamedRow| (Reverse(row.measures.bytes()), Reverse(row.measures.flows()), row.name.clone());
    assert!(rows.is_sorted_by_key(order));
    rows.iter().map(|row| (row.name.clone(), row.measures)).collect()
}

fn check_named(twin: &Twin, aggregates: &Aggregates) {
    let tables = &aggregates.tables;
    assert_eq!(named(&tables.traffic_by_flow_type), twin.by_locality(|key| twin.flow_type(key).name()));
    let of_remote =
        |text: fn(&'static Fact) -> &'static str| twin.by_locality(|key| twin.remote(key).and_then(fact).map_or("", text));
    assert_eq!(named(&tables.traffic_by_country), of_remote(|fact| fact.country));
    let region = |ip| if ip == address(PLATFORM) { "Global" } else { fact(ip).map_or("", Fact::region) };
    assert_eq!(named(&tables.traffic_by_azure_region), twin.by_locality(|key| twin.remote(key).map_or("", region)));
    assert_eq!(named(&tables.traffic_by_vnet), twin.by_end(|ip| twin.vnet(ip).to_owned()));
    let scale_set = |ip| if twin.vnet(ip) == "hub" { "web" } else { "" };
    assert_eq!(named(&tables.traffic_by_scale_set), twin.by_end(|ip| scale_set(ip).to_owned()));
    assert_eq!(tables.traffic_by_ip.iter().map(|r| (r.ip, r.measures)).collect::<BTreeMap<_, _>>(), twin.by_end(|ip| ip));
    let pairs = tables.traffic_by_pair.iter().map(|r| (r.key.unwrap(), (r.flow_type.unwrap(), r.measures)));
    let pairs: BTreeMap<_, _> = pairs.map(|(k, row)| ((k.src_ip, k.dst_ip, k.dst_port, k.protocol), row)).collect();
    assert_eq!(pairs, twin.by_pair().into_iter().map(|(key, sum)| (key, (twin.flow_type(&key), sum))).collect());
}

/// Bytes and flows per port.
type Ports = BTreeMap<(u16, u8), (u64, u64)>;

type Conversation = ((Address, Address), FlowType, u64, (u16, u8), PairMeasures);

fn conversations(twin: &Twin) -> Vec<Conversation> {
    let mut sums: BTreeMap<(Address, Address), PairMeasures> = BTreeMap::new();
    let mut ports: BTreeMap<(Address, Address), Ports> = BTreeMap::new();
    let mut types: BTreeMap<(Address, Address), BTreeSet<FlowType>> = BTreeMap::new();
    for (key, sum) in twin.by_pair() {
        let ips = (key.0.min(key.1), key.0.max(key.1));
        let mut seen_from_least = sum;
        if key.0 > key.1 {
            (seen_from_least.bytes_sent, seen_from_least.bytes_received) = (sum.bytes_received, sum.bytes_sent);
            (seen_from_least.packets_sent, seen_from_least.packets_received) = (sum.packets_received, sum.packets_sent);
        }
        sums.entry(ips).or_default().add(&seen_from_least);
        let of_port = ports.entry(ips).or_default().entry((key.2, key.3)).or_default();
        *of_port = (of_port.0 + sum.bytes(), of_port.1 + sum.flows());
        types.entry(ips).or_default().insert(twin.flow_type(&key));
    }
    let row = |(ips, sum): ((Address, Address), PairMeasures)| {
        let found = &types[&ips];
        let malicious = found.get(&FlowType::MaliciousFlow);
        let top = ports[&ips].iter().min_by_key(|(port, (bytes, flows))| (Reverse(*bytes), Reverse(*flows), **port));
        (ips, *malicious.or(found.first()).unwrap(), ports[&ips].len() as u64, *top.unwrap().0, sum)
    };
    let mut rows: Vec<Conversation> = sums.into_iter().map(row).collect();
    rows.sort_by_key(|row| (Reverse(row.4.bytes()), Reverse(row.4.flows()), row.0));
    rows
}

fn check_conversations(twin: &Twin, aggregates: &Aggregates) {
    let rows = aggregates.tables.conversations.iter();
    let rows = rows.map(|r| (r.ips.unwrap(), r.flow_type.unwrap(), r.ports, r.top_port.unwrap(), r.measures));
    assert_eq!(rows.collect::<Vec<_>>(), conversations(twin));
}

fn check_public_addresses(twin: &Twin, aggregates: &Aggregates) {
    let mut expected: BTreeMap<Address, (FlowType, u64, Measures)> = BTreeMap::new();
    for (ip, measures) in twin.by_end(|ip| ip) {
        let platform = ip == address(PLATFORM);
        if twin.is_local(ip) || (fact(ip).is_none() && !platform) {
            continue;
        }
        let own = || twin.counted.iter().filter(|row| row.key.0 == ip || row.key.1 == ip);
        let peers: BTreeSet<Address> = own().map(|row| if row.key.0 == ip { row.key.1 } else { row.key.0 }).collect();
        let benign = if platform || fact(ip).unwrap().is_azure() { FlowType::AzurePublic } else { FlowType::ExternalPublic };
        let flow_type = if own().any(|row| twin.is_malicious(row)) { FlowType::MaliciousFlow } else { benign };
        expected.insert(ip, (flow_type, peers.len() as u64, measures));
    }
    let rows = &aggregates.tables.public_addresses;
    assert!(rows.is_sorted_by_key(|row| (Reverse(row.measures.bytes()), Reverse(row.measures.flows()), row.ip)));
    assert_eq!(rows.iter().map(|r| (r.ip, (r.flow_type, r.peers, r.measures))).collect::<BTreeMap<_, _>>(), expected);
}

/// Peers, ports, locations and traffic of a sender.
type Sender = (u64, u64, String, PairMeasures);

fn senders(twin: &Twin) -> BTreeMap<Address, Sender> {
    let mut senders = BTreeMap::new();
    for &ip in &twin.local {
        let mut sum = PairMeasures::default();
        let (mut peers, mut ports) = (BTreeSet::new(), BTreeSet::new());
        let mut locations: BTreeMap<&str, u64> = BTreeMap::new();
        for (key, pair) in twin.by_pair().into_iter().filter(|(key, _)| key.0 == ip && !twin.is_local(key.1)) {
            let Some(fact) = fact(key.1) else { continue };
            sum.add(&pair);
            if pair.flows_allowed > 0 || pair.bytes() > 0 {
                peers.insert(key.1);
                ports.insert((key.2, key.3));
                *locations.entry(if fact.is_azure() { fact.region() } else { fact.country }).or_default() += pair.bytes();
            }
        }
        let mut locations: Vec<_> = locations.into_iter().collect();
        locations.sort_by_key(|(name, bytes)| (Reverse(*bytes), *name));
        let names: Vec<&str> = locations.into_iter().map(|(name, _)| name).take(3).collect();
        if !peers.is_empty() {
            senders.insert(ip, (peers.len() as u64, ports.len() as u64, names.join(" "), sum));
        }
    }
    senders
}

fn check_senders(twin: &Twin, aggregates: &Aggregates) {
    let rows = &aggregates.tables.internet_senders;
    assert!(rows.is_sorted_by_key(|row| (Reverse(row.measures.bytes_sent), Reverse(row.measures.flows()), row.ip)));
    let row = |r: &crate::schema::tables::SenderRow| {
        let m = &r.measures;
        assert_eq!((m.flows_inbound_allowed, m.flows_inbound_denied), (0, 0));
        let pair = PairMeasures {
            flows_allowed: m.flows_outbound_allowed,
            flows_denied: m.flows_outbound_denied,
            bytes_received: m.bytes_received,
            bytes_sent: m.bytes_sent,
            packets_received: m.packets_received,
            packets_sent: m.packets_sent,
            tuples_unmeasured: m.tuples_unmeasured,
            flows_malicious_allowed: m.flows_malicious_allowed,
            flows_malicious_denied: m.flows_malicious_denied,
        };
        (r.ip, (r.peers, r.ports, r.locations.clone(), pair))
    };
    assert_eq!(rows.iter().map(row).collect::<BTreeMap<_, _>>(), senders(twin));
}

/// The rows as logged tell when an address was seen: each has its tuples 1 and 2 ms after its interval's start.
fn check_endpoints(rows: &[Row], aggregates: &Aggregates) {
    let mut spans: BTreeMap<Address, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let start = Interval::TenMinutes.start(row.interval);
        for ip in [row.src, row.dst] {
            let span = spans.entry(address(ip)).or_insert((i64::MAX, i64::MIN));
            *span = (span.0.min(start + 1), span.1.max(start + 2));
        }
    }
    let endpoints = &aggregates.tables.endpoints;
    assert!(endpoints.is_sorted_by_key(|row| row.ip));
    assert_eq!(endpoints.iter().map(|r| (r.ip, (r.first_time, r.last_time))).collect::<BTreeMap<_, _>>(), spans);
    for row in &aggregates.tables.public_addresses {
        assert_eq!((row.first_time, row.last_time), spans[&row.ip]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(11), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_give_the_tables_of_the_twin(rows in prop::collection::vec(any_row(), 0..150)) {
        let partials = rows.chunks(7).map(partial).collect();
        let (aggregates, owners) = analyse_known(partials, 100_000);
        assert_eq!(identities::check(&aggregates), Ok(()));
        let twin = Twin::new(&rows, &owners);
        check_named(&twin, &aggregates);
        check_conversations(&twin, &aggregates);
        check_public_addresses(&twin, &aggregates);
        check_senders(&twin, &aggregates);
        check_endpoints(&rows, &aggregates);
    }
}
