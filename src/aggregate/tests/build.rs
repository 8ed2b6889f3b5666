//! Partials from rows written as literals, and the endpoints that a run without topology would have.

use std::net::IpAddr;

use super::super::{Aggregates, Dataset, Estate, Settings, tables};
use crate::enrich::{Endpoint, Endpoints, Inventory, Owners, Subnet, ThreatHit, VnetInfo};
use crate::schema::partial::{CapturePoint, Coverage, Partial, Rule, StateCounts};
use crate::schema::tables::{PairKey, PairMeasures, Scope, Tables};
use crate::schema::units::Interval;
use crate::schema::{Address, Direction, Format, Status};

/// One row of traffic with names in place of numbers. Logs whose name begins with `VNET` are VNet flow logs.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub interval: u32,
    pub log: &'static str,
    pub mac: &'static str,
    pub forwards: bool,
    pub acl: &'static str,
    pub rule: &'static str,
    pub direction: Direction,
    pub status: Status,
    pub src: &'static str,
    pub dst: &'static str,
    pub port: u16,
    pub protocol: u8,
    pub encryption: u8,
    pub flows: u32,
    pub unmeasured: u32,
    pub packets: (u64, u64),
    pub bytes: (u64, u64),
}

/// An allowed Outbound row of `mac` with one flow, 100 bytes there and 50 back, in 2 and 2 packets.
pub fn outbound(mac: &'static str, src: &'static str, dst: &'static str, port: u16) -> Row {
    Row {
        interval: 0,
        log: "NSG-A",
        mac,
        forwards: false,
        acl: "acl",
        rule: "rule",
        direction: Direction::Outbound,
        status: Status::Allowed,
        src,
        dst,
        port,
        protocol: 6,
        encryption: 0,
        flows: 1,
        unmeasured: 0,
        packets: (2, 2),
        bytes: (100, 50),
    }
}

/// The same row, Inbound.
pub fn inbound(mac: &'static str, src: &'static str, dst: &'static str, port: u16) -> Row {
    Row { direction: Direction::Inbound, ..outbound(mac, src, dst, port) }
}

impl Row {
    pub fn flows(self, flows: u32) -> Self {
        Self { flows, ..self }
    }

    pub fn denied(self) -> Self {
        Self { status: Status::Denied, packets: (0, 0), bytes: (0, 0), ..self }
    }

    pub fn at(self, interval: u32) -> Self {
        Self { interval, ..self }
    }

    pub fn log(self, log: &'static str) -> Self {
        Self { log, ..self }
    }

    pub fn forwards(self) -> Self {
        Self { forwards: true, ..self }
    }

    pub fn format(&self) -> Format {
        if self.log.starts_with("VNET") { Format::VnetV4 } else { Format::NsgV2 }
    }
}

pub fn address(text: &str) -> Address {
    text.parse::<IpAddr>().unwrap().into()
}

fn index<T: PartialEq>(all: &mut Vec<T>, item: T) -> u32 {
    let place = all.iter().position(|seen| *seen == item).unwrap_or_else(|| {
        all.push(item);
        all.len() - 1
    });
    place as u32
}

/// One Partial with the rows as they stand.
pub fn partial(rows: &[Row]) -> Partial {
    let mut partial = Partial::default();
    for row in rows {
        let point = CapturePoint {
            log_resource: row.log.into(),
            mac: row.mac.into(),
            target_resource: "".into(),
            format: row.format(),
            forwards: row.forwards,
            records: 1,
        };
        let capture_point = index(&mut partial.capture_points, point);
        partial.coverage.push(Coverage {
            capture_point,
            hour: Interval::TenMinutes.hour(row.interval),
            records: 1,
            tuples: [StateCounts { begin: u64::from(row.flows), ..StateCounts::default() }, StateCounts::default()],
            tuples_unmeasured: u64::from(row.unmeasured),
            tuples_late: 0,
            tuples_early: 0,
            lag: None,
            first_time: Interval::TenMinutes.start(row.interval) + 1,
            last_time: Interval::TenMinutes.start(row.interval) + 2,
        });
        let traffic = &mut partial.traffic;
        traffic.interval.push(row.interval);
        traffic.capture_point.push(capture_point);
        traffic.rule.push(index(&mut partial.rules, Rule { acl: row.acl.into(), rule: row.rule.into() }));
        traffic.direction.push(row.direction as u8);
        traffic.status.push(row.status as u8);
        traffic.protocol.push(row.protocol);
        traffic.encryption.push(row.encryption);
        traffic.src_ip.push(index(&mut partial.addresses, address(row.src)));
        traffic.dst_ip.push(index(&mut partial.addresses, address(row.dst)));
        traffic.dst_port.push(row.port);
        traffic.flows_started.push(row.flows);
        traffic.flows_ended.push(0);
        traffic.tuples.push(row.flows);
        traffic.tuples_unmeasured.push(row.unmeasured);
        traffic.packets_src_to_dst.push(row.packets.0);
        traffic.packets_dst_to_src.push(row.packets.1);
        traffic.bytes_src_to_dst.push(row.bytes.0);
        traffic.bytes_dst_to_src.push(row.bytes.1);
        traffic.first_offset.push(1);
        traffic.last_offset.push(2);
    }
    partial
}

pub fn dataset(partials: Vec<Partial>) -> Dataset {
    Dataset::from_partials(partials, Interval::TenMinutes)
}

pub fn no_topology(_: &str) -> Option<Vec<Address>> {
    None
}

/// What is known without a topology: owned addresses are local and lie in subnets of /24; 10.0.0.0/8 is private, all
/// other addresses are public but the platform's.
pub fn endpoints(dataset: &Dataset, owners: &Owners) -> Endpoints {
    let owned: Vec<Address> = owners.interfaces.iter().flat_map(|i| i.addresses.iter().copied()).collect();
    let mut networks: Vec<Address> = dataset.addresses().iter().filter(|a| owned.contains(a)).map(|a| a.network(24)).collect();
    networks.dedup();
    let row = |ip: &Address| {
        let is_local = owned.contains(ip);
        let text = ip.to_string();
        let scope = match () {
            () if is_local => Scope::Local,
            () if text.starts_with("10.") => Scope::UnknownPrivate,
            () if text == "168.63.129.16" => Scope::Platform,
            () => Scope::ExternalPublic,
        };
        let owner = owners.interfaces.iter().find(|i| i.addresses.contains(ip));
        Endpoint {
            address: *ip,
            scope,
            is_local,
            subnet: networks.iter().position(|n| is_local && *n == ip.network(24)).map(|i| i as u32),
            interface: owner.map(|i| i.mac.clone()).unwrap_or_default(),
            vnet: is_local.then_some(0),
            ..Endpoint::default()
        }
    };
    let subnet = |n: &Address| Subnet { name: format!("inferred {n}/24"), vnet: "inferred".into(), prefixes: format!("{n}/24") };
    Endpoints {
        rows: dataset.addresses().iter().map(row).collect(),
        subnets: networks.iter().map(subnet).collect(),
        vnets: vec![VnetInfo { name: "inferred".into(), region: String::new() }],
        ..Endpoints::default()
    }
}

pub fn analyse(partials: Vec<Partial>, top_rows: usize) -> Aggregates {
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    tables(&dataset, &estate, &Settings { top_rows, ..Settings::default() })
}

/// The tables of one Partial.
pub fn count(rows: &[Row]) -> Aggregates {
    analyse(vec![partial(rows)], 100_000)
}

/// The tables of one Partial where more is known than the rows teach: `know` changes what [`endpoints`] makes of them.
pub fn count_with(rows: &[Row], inventory: &Inventory, know: impl FnOnce(&mut Endpoints)) -> Tables {
    let dataset = dataset(vec![partial(rows)]);
    let owners = dataset.owners(&no_topology);
    let mut endpoints = endpoints(&dataset, &owners);
    know(&mut endpoints);
    tables(&dataset, &Estate { owners: &owners, endpoints: &endpoints, inventory }, &Settings::default()).tables
}

/// The endpoint of an address, to be changed.
pub fn endpoint<'a>(endpoints: &'a mut Endpoints, ip: &str) -> &'a mut Endpoint {
    endpoints.rows.iter_mut().find(|row| row.address == address(ip)).unwrap()
}

/// Puts an address on a threat list, for one port or all.
pub fn name_threat(endpoints: &mut Endpoints, ip: &str, port: Option<u16>) {
    endpoints.threats.push(ThreatHit { list: "list".into(), entry: ip.into(), port, ..ThreatHit::default() });
    let threat = Some(endpoints.threats.len() as u32 - 1);
    endpoint(endpoints, ip).threat = threat;
}

/// The measures of one pair; zero if it has no row.
pub fn pair(aggregates: &Aggregates, src: &str, dst: &str, port: u16) -> PairMeasures {
    let key = PairKey { src_ip: address(src), dst_ip: address(dst), dst_port: port, protocol: 6 };
    let row = aggregates.tables.traffic_by_pair.iter().find(|row| row.key == Some(key));
    row.map(|row| row.measures).unwrap_or_default()
}

/// Allowed and denied flows of one pair.
pub fn flows(aggregates: &Aggregates, src: &str, dst: &str, port: u16) -> (u64, u64) {
    let measures = pair(aggregates, src, dst, port);
    (measures.flows_allowed, measures.flows_denied)
}
