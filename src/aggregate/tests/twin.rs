//! A plain twin of counting: loops over row literals, maps and nothing else; compared on random rows.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::fan_out::Search;
use super::super::identities;
use super::build::*;
use crate::enrich::Owners;
use crate::schema::tables::{FanOutRow, Measures, PairMeasures};
use crate::schema::units::Interval;
use crate::schema::{Address, Direction, Status};

/// Logs, and the names of things that random rows are made of. F forwards as a rule.
const LOGS: [&str; 4] = ["NSG-A", "NSG-B", "VNET-A", "VNET-B"];
const MACS: [&str; 4] = ["A", "B", "C", "F"];
const IPS: [&str; 9] =
    ["10.0.0.4", "10.0.0.5", "10.0.1.6", "10.0.1.7", "203.0.113.9", "2001:db8::1", "168.63.129.16", "198.51.100.7", "20.60.0.1"];

pub fn any_row() -> impl Strategy<Value = Row> {
    // Few different keys, so that rows meet; three of four logs are NSG logs, which VNet logs would replace.
    let interval = prop::sample::select(vec![0_u32, 0, 1, 6]);
    let log = prop::sample::select(vec![0_usize, 0, 0, 1, 1, 1, 2, 3]);
    let place = (interval, log, 0..MACS.len(), any::<bool>(), 0..2_usize);
    let protocol = prop::sample::select(vec![6_u8, 6, 6, 17]);
    let key = (0..IPS.len(), 0..IPS.len(), prop::sample::select(vec![22_u16, 443]), protocol);
    let measures = (0..4_u32, prop::bool::weighted(0.1), (0..5_u64, 0..5_u64), (0..300_u64, 0..300_u64));
    (place, key, prop::bool::weighted(0.3), measures).prop_map(|(place, key, denied, (flows, unmeasured, packets, bytes))| {
        let (interval, log, mac, is_outbound, rule) = place;
        // As a rule a NIC logs what begins or ends at its own address.
        let (own, peer) = (IPS[mac], IPS[key.1]);
        let (own, peer) = if MACS[mac] == "F" { (IPS[key.0], peer) } else { (own, peer) };
        let row = if is_outbound { outbound(MACS[mac], own, peer, key.2) } else { inbound(MACS[mac], peer, own, key.2) };
        let row = Row { forwards: MACS[mac] == "F", rule: ["r", "s"][rule], log: LOGS[log], protocol: key.3, ..row };
        let row = Row { flows, unmeasured: u32::from(unmeasured), packets, bytes, ..row.at(interval) };
        if denied { row.denied() } else { row }
    })
}

pub type PairKey = (Address, Address, u16, u8);

/// One row as it counts once: its flows may be negative corrections of others.
pub struct Counted {
    pub interval: u32,
    pub key: PairKey,
    pub allowed: i64,
    pub denied: i64,
    pub unmeasured: u64,
    pub packets: (u64, u64),
    pub bytes: (u64, u64),
}

fn hour(row: &Row) -> u32 {
    Interval::TenMinutes.hour(row.interval)
}

fn owns(owners: &Owners, mac: &str, ip: &str) -> bool {
    owners.interfaces.iter().any(|i| i.mac == mac && i.addresses.contains(&address(ip)))
}

/// Rows of logs that nothing replaces.
pub fn of_counting_logs(rows: &[Row]) -> Vec<&Row> {
    let vnet_log = |row: &Row| {
        let same_nic = rows.iter().filter(|r| r.mac == row.mac && hour(r) == hour(row));
        same_nic.filter(|r| r.log.starts_with("VNET")).map(|r| r.log).min()
    };
    rows.iter().filter(|row| vnet_log(row).is_none_or(|log| row.log == log)).collect()
}

pub fn counted_once(rows: &[Row], owners: &Owners) -> Vec<Counted> {
    let rows = of_counting_logs(rows);
    let logged = |at: u32, ip: &str, direction: Direction| {
        rows.iter().any(|r| hour(r) == at && r.direction == direction && owns(owners, r.mac, ip))
    };
    let mut counted = Vec::new();
    let mut left: BTreeMap<(u32, PairKey), (u64, u64)> = BTreeMap::new();
    for row in &rows {
        let key = (address(row.src), address(row.dst), row.port, row.protocol);
        let is_outbound = row.direction == Direction::Outbound;
        let supplies = if logged(hour(row), row.src, Direction::Outbound) {
            let begins = left.entry((row.interval, key)).or_default();
            let supplies = is_outbound && owns(owners, row.mac, row.src);
            if supplies && row.status == Status::Allowed {
                begins.0 += u64::from(row.flows);
            }
            if !is_outbound && row.status == Status::Denied && owns(owners, row.mac, row.dst) {
                begins.1 += u64::from(row.flows);
            }
            supplies
        } else if logged(hour(row), row.dst, Direction::Inbound) {
            !is_outbound && owns(owners, row.mac, row.dst)
        } else {
            let of_pair = || rows.iter().filter(|r| hour(r) == hour(row) && (r.src, r.dst) == (row.src, row.dst));
            let smallest = of_pair().map(|r| r.mac).min().unwrap();
            let has_outbound = of_pair().any(|r| r.mac == smallest && r.direction == Direction::Outbound);
            row.mac == smallest && is_outbound == has_outbound
        };
        if supplies {
            let flows = i64::from(row.flows);
            let (allowed, denied) = if row.status == Status::Allowed { (flows, 0) } else { (0, flows) };
            let unmeasured = u64::from(row.unmeasured);
            counted.push(Counted {
                interval: row.interval,
                key,
                allowed,
                denied,
                unmeasured,
                packets: row.packets,
                bytes: row.bytes,
            });
        }
    }
    for ((interval, key), (a, d)) in left.into_iter().filter(|(_, (_, d))| *d > 0) {
        let (allowed, denied) = (-(a.min(d) as i64), d as i64);
        counted.push(Counted { interval, key, allowed, denied, unmeasured: 0, packets: (0, 0), bytes: (0, 0) });
    }
    counted
}

pub fn add_pair(sum: &mut PairMeasures, row: &Counted) {
    sum.flows_allowed = sum.flows_allowed.wrapping_add_signed(row.allowed);
    sum.flows_denied = sum.flows_denied.wrapping_add_signed(row.denied);
    sum.bytes_sent += row.bytes.0;
    sum.bytes_received += row.bytes.1;
    sum.packets_sent += row.packets.0;
    sum.packets_received += row.packets.1;
    sum.tuples_unmeasured += row.unmeasured;
}

/// Adds a row at one end: `inbound` where traffic from source to destination is received.
pub fn add_end(sum: &mut Measures, row: &Counted, inbound: bool) {
    let (allowed, denied) = match inbound {
        true => (&mut sum.flows_inbound_allowed, &mut sum.flows_inbound_denied),
        false => (&mut sum.flows_outbound_allowed, &mut sum.flows_outbound_denied),
    };
    *allowed = allowed.wrapping_add_signed(row.allowed);
    *denied = denied.wrapping_add_signed(row.denied);
    let there_and_back = |(there, back): (u64, u64)| if inbound { (there, back) } else { (back, there) };
    let (bytes, packets) = (there_and_back(row.bytes), there_and_back(row.packets));
    sum.bytes_received += bytes.0;
    sum.bytes_sent += bytes.1;
    sum.packets_received += packets.0;
    sum.packets_sent += packets.1;
    sum.tuples_unmeasured += row.unmeasured;
}

/// Of a fan-out: the many without an answer, how many had one, flows without an answer, denied ones, bytes sent.
type FanOut<Many> = (Vec<Many>, u64, u64, u64, u64);

/// Per hour, source, the one host or port, and protocol.
type FanOuts<One, Many> = BTreeMap<(u32, Address, One, u8), FanOut<Many>>;

/// What was tried of one host and port in an hour.
#[derive(Default)]
struct Tried {
    allowed: i64,
    were_allowed: i64,
    denied: i64,
    packets_back: u64,
    unmeasured: u64,
    bytes_sent: u64,
}

/// The fan-outs of both kinds, of at least `least`.
fn fan_outs(counted: &[Counted], least: usize) -> (FanOuts<Address, u16>, FanOuts<u16, Address>) {
    let mut tries: BTreeMap<(u32, PairKey), Tried> = BTreeMap::new();
    for row in counted {
        let tried = tries.entry((Interval::TenMinutes.hour(row.interval), row.key)).or_default();
        tried.allowed += row.allowed.max(0);
        tried.were_allowed -= row.allowed.min(0);
        tried.denied += row.denied;
        tried.packets_back += row.packets.1;
        tried.unmeasured += row.unmeasured;
        tried.bytes_sent += row.bytes.0;
    }
    let (mut ports, mut hosts) = (FanOuts::new(), FanOuts::new());
    for ((hour, (src, dst, port, protocol)), tried) in &tries {
        add_tried(ports.entry((*hour, *src, *dst, *protocol)).or_default(), *port, tried);
        add_tried(hosts.entry((*hour, *src, *port, *protocol)).or_default(), *dst, tried);
    }
    ports.retain(|_, (unanswered, ..)| unanswered.len() >= least);
    hosts.retain(|_, (unanswered, ..)| unanswered.len() >= least);
    (ports, hosts)
}

fn add_tried<Many>((unanswered, answered, flows, denied, bytes): &mut FanOut<Many>, other: Many, tried: &Tried) {
    let is_silent = tried.allowed > 0 && tried.unmeasured == 0 && tried.packets_back <= tried.allowed as u64;
    *answered += u64::from(tried.packets_back > tried.allowed as u64);
    if tried.denied > 0 || is_silent {
        unanswered.push(other);
        *flows += tried.denied as u64 + if is_silent { (tried.allowed - tried.were_allowed) as u64 } else { 0 };
        *denied += tried.denied as u64;
        *bytes += tried.bytes_sent;
    }
}

/// A row as the twin has it.
fn told<Many>(row: FanOutRow<Many>) -> FanOut<Many> {
    (row.unanswered, row.answered, row.flows, row.flows_denied, row.bytes_sent)
}

/// What only depends on the rows: compared with the twin, field by field.
fn check(rows: &[Row]) {
    let partials = rows.chunks(7).map(partial).collect();
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    let settings = super::super::Settings::default();
    let inventory = crate::enrich::Inventory::default();
    let estate = super::super::Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let aggregates = super::super::tables(&dataset, &estate, &settings);
    assert_eq!(identities::check(&aggregates), Ok(()));
    let tables = &aggregates.tables;

    let counted = counted_once(rows, &owners);
    let mut by_pair: BTreeMap<PairKey, PairMeasures> = BTreeMap::new();
    let mut by_ip: BTreeMap<Address, Measures> = BTreeMap::new();
    let mut over_time: BTreeMap<i64, Measures> = BTreeMap::new();
    let local: BTreeSet<Address> = owners.interfaces.iter().flat_map(|i| i.addresses.iter().copied()).collect();
    for row in &counted {
        add_pair(by_pair.entry(row.key).or_default(), row);
        add_end(by_ip.entry(row.key.0).or_default(), row, false);
        add_end(by_ip.entry(row.key.1).or_default(), row, true);
        let is_inbound = local.contains(&row.key.1) && !local.contains(&row.key.0);
        add_end(over_time.entry(Interval::TenMinutes.start(row.interval)).or_default(), row, is_inbound);
    }
    let pairs = tables.traffic_by_pair.iter().map(|r| (r.key.unwrap(), r.measures));
    assert_eq!(pairs.map(|(k, m)| ((k.src_ip, k.dst_ip, k.dst_port, k.protocol), m)).collect::<BTreeMap<_, _>>(), by_pair);
    assert_eq!(tables.traffic_by_ip.iter().map(|r| (r.ip, r.measures)).collect::<BTreeMap<_, _>>(), by_ip);
    assert_eq!(tables.traffic_over_time.iter().map(|r| (r.interval_start, r.measures)).collect::<BTreeMap<_, _>>(), over_time);
    let mut by_port: BTreeMap<(u16, u8), u64> = BTreeMap::new();
    by_pair.iter().for_each(|(key, m)| *by_port.entry((key.2, key.3)).or_default() += m.flows());
    assert_eq!(tables.traffic_by_port.iter().map(|r| (r.key.unwrap(), r.measures.flows())).collect::<BTreeMap<_, _>>(), by_port);

    let chunks = dataset.rows();
    let ownership = super::super::owners::Ownership::new(&dataset, &owners);
    let (deduplicated, _) = super::super::dedup::deduplicate(&dataset, &chunks, &ownership);
    let is_local: Vec<bool> = endpoints.rows.iter().map(|e| e.is_local).collect();
    let (deduplicated, is_local) = (&deduplicated, &is_local[..]);
    // More threads than hours have the sources of an hour dealt among them.
    for threads in [1, 8] {
        let found = Search { least: 2, threads, partitions: 1, dataset: &dataset, chunks: &chunks, deduplicated, is_local }.run();
        let key = |r: &FanOutRow<u16>| (r.hour, r.src_ip, r.dst_ip.unwrap(), r.protocol);
        assert!(found.ports.is_sorted_by_key(key));
        let ports = found.ports.into_iter().map(|r| (key(&r), told(r))).collect();
        let key = |r: &FanOutRow<Address>| (r.hour, r.src_ip, r.dst_port.unwrap(), r.protocol);
        assert!(found.hosts.is_sorted_by_key(key));
        let hosts = found.hosts.into_iter().map(|r| (key(&r), told(r))).collect();
        assert_eq!((ports, hosts), fan_outs(&counted, 2));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn random_rows_count_as_in_the_twin_and_identities_hold(rows in prop::collection::vec(any_row(), 0..150)) {
        check(&rows);
    }
}
