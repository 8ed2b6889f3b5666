//! What really happens on the network: connections, before anybody captures them.
//!
//! Goes in: an estate and an hour. Comes out: the connections that begin in that hour, each once, edge by edge; every edge
//! (client, server, service) and hour has its own random stream, so that any NIC's hour can be made without the others.
//! Knows nothing of tuples, ticks or records.

use std::collections::BTreeMap;

use super::estate::{Estate, Nic, Role, Vnet, key_of};
use super::random::{Random, key, mix};
use super::service::{self, DAYS, Decision, HIGH_RISK_PORTS, Range, Rule, SCANNED_PORTS, Service, WEEKEND};
use crate::schema::Address;
use crate::schema::codes::{TCP, UDP};
use crate::schema::units::{DAY_MS, HOUR_MS};

/// Packets and bytes of one direction, headers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Packets.
    pub packets: u64,
    /// Bytes.
    pub bytes: u64,
}

/// One connection, or one attempt at it with its retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    /// Distinct, and the seed of whatever a NIC adds to it.
    pub id: u64,
    /// First packet, last packet, and when the platform calls it ended; ms since the epoch.
    pub start: i64,
    pub active_end: i64,
    pub end: i64,
    pub src_ip: Address,
    pub dst_ip: Address,
    pub src_port: u16,
    pub dst_port: u16,
    pub protocol: u8,
    pub sent: Volume,
    pub received: Volume,
    pub decision: Decision,
    /// How often a denied connection is tried.
    pub attempts: u64,
    pub rule_out: Rule,
    pub rule_in: Rule,
    /// The logged NICs it touches, as indexes into the estate.
    pub source: Option<u32>,
    pub destination: Option<u32>,
    pub via: Option<u32>,
}

impl Connection {
    /// Whether the NIC sees it.
    pub(super) fn touches(&self, nic: u32) -> bool {
        [self.source, self.destination, self.via].contains(&Some(nic))
    }
}

/// One end of an edge.
#[derive(Clone, Copy, Debug)]
enum Party {
    Nic(u32),
    /// Internet visitors, a few of whom come often.
    Visitors,
    /// Scanners, each of whom comes once.
    Scanners,
    Ranges(&'static [Range]),
}

/// Somebody who uses a service of somebody.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    id: u64,
    client: Party,
    server: Party,
    via: Option<u32>,
    service: &'static Service,
    /// Visits an hour at activity 1.
    rate: f64,
    /// For periodic services: ms between two connections.
    period_ms: Option<i64>,
}

impl Edge {
    /// The NICs that see this edge's connections.
    pub(super) fn nics(&self) -> impl Iterator<Item = u32> {
        let of = |party| match party {
            Party::Nic(nic) => Some(nic),
            _ => None,
        };
        [of(self.client), of(self.server), self.via].into_iter().flatten()
    }
}

/// TCP and IP headers of a packet, and the most payload of one.
const HEADER_BYTES: u64 = 54;
const SEGMENT_BYTES: u64 = 1_400;
/// Linux draws source ports from here.
const EPHEMERAL_FIRST: u64 = 32_768;
const EPHEMERAL_COUNT: u64 = 28_232;
/// A step with no factor in common with the number of ports: a stream meets each port before it repeats one.
const EPHEMERAL_STEP: u64 = 7_919;

/// Every edge of the estate.
pub(super) fn edges(estate: &Estate) -> Vec<Edge> {
    let mut plan = Plan { estate, roles: RoleIndex::new(estate), edges: Vec::new() };
    for (index, nic) in estate.nics.iter().enumerate() {
        let index = index as u32;
        plan.everyone(index, nic);
        match nic.role {
            Role::Web => plan.web(index, nic),
            Role::App => plan.app(index, nic),
            Role::Batch => plan.batch(index, nic),
            Role::Jump => plan.jump(index),
            Role::Sql => plan.add(Party::Nic(index), Party::Ranges(service::TELEMETRY), &service::DENIED_OUT, 0.5),
            Role::Directory => plan.add(Party::Nic(index), Party::Ranges(service::RESOLVERS), &service::DNS_UPSTREAM, 1.0),
            Role::Appliance => {}
        }
    }
    plan.edges
}

struct Plan<'a> {
    estate: &'a Estate,
    roles: RoleIndex,
    edges: Vec<Edge>,
}

/// The NICs of each role, of one VNet or of both.
struct RoleIndex(BTreeMap<(Role, Option<Vnet>), Vec<u32>>);

impl RoleIndex {
    fn new(estate: &Estate) -> Self {
        let mut index = BTreeMap::<_, Vec<u32>>::new();
        for (nic, number) in estate.nics.iter().zip(0..) {
            for vnet in [Some(nic.vnet), None] {
                index.entry((nic.role, vnet)).or_default().push(number);
            }
        }
        Self(index)
    }

    fn get(&self, role: Role, vnet: Option<Vnet>) -> &[u32] {
        self.0.get(&(role, vnet)).map_or(&[], Vec::as_slice)
    }
}

impl Plan<'_> {
    fn add(&mut self, client: Party, server: Party, service: &'static Service, rate: f64) {
        let id = self.edges.len() as u64;
        let activity = |party| match party {
            Party::Nic(nic) => self.estate.nics[nic as usize].activity,
            _ => 1.0,
        };
        let rate = rate * activity(client) * activity(server);
        let via = self.via(client, server, service);
        self.edges.push(Edge { id, client, server, via, service, rate, period_ms: None });
    }

    /// Traffic between the VNets (but the directory's) and the spoke's way to mirrors passes the appliance.
    fn via(&self, client: Party, server: Party, service: &Service) -> Option<u32> {
        let appliances = self.roles.get(Role::Appliance, None);
        let Party::Nic(client) = client else { return None };
        let from = &self.estate.nics[client as usize];
        let passes = match server {
            Party::Nic(server) => {
                let to = &self.estate.nics[server as usize];
                from.vnet != to.vnet && to.role != Role::Directory
            }
            _ => from.vnet == Vnet::Spoke && service.port == 80,
        };
        if !passes || from.role == Role::Appliance || appliances.is_empty() || service.decision != Decision::Allowed {
            return None;
        }
        Some(appliances[client as usize % appliances.len()])
    }

    /// `count` of the NICs of a role, spread so that every server has its clients.
    fn servers(&self, client: u32, role: Role, vnet: Option<Vnet>, count: usize) -> Vec<Party> {
        let all = self.roles.get(role, vnet);
        (0..count.min(all.len())).map(|i| Party::Nic(all[(client as usize + i) % all.len()])).collect()
    }

    fn everyone(&mut self, index: u32, nic: &Nic) {
        let me = Party::Nic(index);
        if nic.role != Role::Directory {
            for server in self.servers(index, Role::Directory, None, 1) {
                self.add(me, server, &service::DNS, 1.2);
                self.add(me, server, &service::KERBEROS, 0.15);
                self.add(me, server, &service::LDAP, 0.15);
            }
        }
        self.add(me, Party::Ranges(service::CLOCKS), &service::NTP, 0.4);
        if nic.role != Role::Sql {
            self.add(me, Party::Ranges(service::MICROSOFT), &service::AGENT, 1.2);
            self.add(me, Party::Ranges(service::MIRRORS), &service::UPDATES, 0.08);
        }
        if nic.role.is_public() {
            self.add(Party::Scanners, me, &service::NOISE, 5.0);
        }
    }

    fn web(&mut self, index: u32, nic: &Nic) {
        let me = Party::Nic(index);
        self.add(Party::Visitors, me, &service::HTTPS, 5.0);
        for (period_ms, ranges, service) in
            [(900_000, service::PLATFORM, &service::PROBE), (2_400_000, service::PROBERS, &service::PLATFORM_PROBE)]
        {
            self.add(Party::Ranges(ranges), me, service, 1.0);
            if let Some(edge) = self.edges.last_mut() {
                edge.period_ms = Some(period_ms);
            }
        }
        for server in self.servers(index, Role::App, Some(nic.vnet), 2) {
            self.add(me, server, &service::APP_API, 2.0);
        }
    }

    fn app(&mut self, index: u32, nic: &Nic) {
        let me = Party::Nic(index);
        for server in self.servers(index, Role::Sql, Some(nic.vnet), 1) {
            self.add(me, server, &service::SQL, 1.2);
        }
        if nic.vnet == Vnet::Spoke {
            for server in self.servers(index, Role::Sql, Some(Vnet::Hub), 1) {
                self.add(me, server, &service::SQL, 0.3);
            }
        }
        self.add(me, Party::Ranges(service::BLOB_STORAGE), &service::STORAGE, 0.4);
    }

    fn batch(&mut self, index: u32, nic: &Nic) {
        let me = Party::Nic(index);
        for server in self.servers(index, Role::Sql, None, 2) {
            self.add(me, server, &service::SQL_JOB, 1.0);
        }
        self.add(me, Party::Ranges(service::BLOB_STORAGE), &service::STORAGE, 1.5);
        let other = if nic.vnet == Vnet::Hub { Vnet::Spoke } else { Vnet::Hub };
        for server in self.servers(index, Role::App, Some(other), 1) {
            self.add(me, server, &service::MISCONFIGURED, 0.8);
        }
    }

    /// Administrators work on a few machines each; none of them is reached by more than a handful.
    fn jump(&mut self, index: u32) {
        for role in [Role::Web, Role::App, Role::Sql] {
            for server in self.servers(index, role, None, 2) {
                self.add(Party::Nic(index), server, &service::SSH, 0.12);
            }
        }
    }
}

/// Adds the connections of an edge that begin in the hour at `hour_start` (ms since the epoch).
///
/// `scale` multiplies how many there are; 1 is a quiet estate.
pub(super) fn connections(estate: &Estate, edge: &Edge, scale: f64, hour_start: i64, out: &mut Vec<Connection>) {
    let mut random = Random::keyed(&[estate.seed, key_of("edge"), edge.id, hour_start as u64]);
    let mut number = 0;
    if let Some(period) = edge.period_ms {
        let phase = (mix(edge.id ^ estate.seed) % period as u64) as i64;
        let first = hour_start + (phase - hour_start).rem_euclid(period);
        for start in (first..hour_start + HOUR_MS).step_by(period as usize) {
            out.push(connection(estate, edge, &mut random, Begin { start, number }));
            number += 1;
        }
        return;
    }
    let scale = if edge.service.grows { scale } else { scale.min(1.0) };
    let visits = random.count(edge.rate * scale * activity(edge.service, hour_start));
    let sessions = Sessions::new(estate.seed, scale, hour_start);
    for _ in 0..visits {
        let mut start = sessions.moment(&mut random);
        for _ in 0..random.between(1, edge.service.burst) {
            out.push(connection(estate, edge, &mut random, Begin { start, number }));
            number += 1;
            start += random.below(2_500) as i64;
        }
    }
}

/// Minutes of an hour in which somebody is at work: one visit begets calls to app, database and directory.
///
/// In a quiet estate most traffic falls into a few minutes; in a busy one, into all.
struct Sessions {
    hour_start: i64,
    key: u64,
    per_thousand: u64,
}

/// Sessions of an hour, and how long one is, ms.
const SESSIONS: u64 = 6;
const SESSION_MS: u64 = 20_000;
/// How many of a thousand visits of a quiet estate belong to a session.
const IN_SESSION_PER_THOUSAND: f64 = 800.0;

impl Sessions {
    fn new(seed: u64, scale: f64, hour_start: i64) -> Self {
        let per_thousand = (IN_SESSION_PER_THOUSAND / scale.max(1.0)) as u64;
        Self { hour_start, key: key(&[seed, key_of("session"), hour_start as u64]), per_thousand }
    }

    /// When a visit begins, ms since the epoch.
    fn moment(&self, random: &mut Random) -> i64 {
        let hour = HOUR_MS as u64;
        let offset = if random.chance(self.per_thousand) {
            mix(self.key ^ random.below(SESSIONS)) % (hour - SESSION_MS) + random.below(SESSION_MS)
        } else {
            random.below(hour)
        };
        self.hour_start + offset as i64
    }
}

/// Tuples that each NIC of an edge is expected to write about the hour at `hour_start`, at scale 1; 0 for services that
/// do not grow with the scale.
pub(super) fn expected_tuples(edge: &Edge, hour_start: i64) -> f64 {
    let service = edge.service;
    if edge.period_ms.is_some() || !service.grows {
        return 0.0;
    }
    let connections = edge.rate * activity(service, hour_start) * (1 + service.burst) as f64 / 2.0;
    // The mean of the heavy tail, in ticks of 5 minutes.
    let ticks = service.duration_ms as f64 * 1.5 * (1.0 + f64::from(service.duration_octaves) / 2.0) / 300_000.0;
    connections * (3.0 + ticks)
}

/// How busy a service is in an hour; 1 is the mean of a weekday.
fn activity(service: &Service, hour_start: i64) -> f64 {
    let hour = hour_start.rem_euclid(DAY_MS) / HOUR_MS;
    let percent = f64::from(DAYS[service.day as usize][hour as usize]);
    // The epoch began on a Thursday.
    let is_weekend = (hour_start.div_euclid(DAY_MS) + 3).rem_euclid(7) >= 5;
    let weekend = if is_weekend { f64::from(WEEKEND[service.day as usize]) } else { 100.0 };
    percent * weekend / 10_000.0
}

/// When a connection begins, and which of its edge's hour it is.
struct Begin {
    start: i64,
    number: u64,
}

fn connection(estate: &Estate, edge: &Edge, random: &mut Random, begin: Begin) -> Connection {
    let service = edge.service;
    let Begin { start, number } = begin;
    let nic = |party| match party {
        Party::Nic(nic) => Some(nic),
        _ => None,
    };
    let (source, destination) = (nic(edge.client), nic(edge.server));
    let own6 = destination.and_then(|n| estate.nics[n as usize].address6);
    let over6 = matches!(edge.client, Party::Visitors) && own6.is_some() && random.chance(120);
    let (src_ip, dst_ip) = match own6 {
        Some(own6) if over6 => (visitor6(estate.seed, random.zipf_rank(6)), own6),
        _ => (address(estate, edge.client, random), address(estate, edge.server, random)),
    };
    let mut connection = Connection {
        id: key(&[edge.id, start as u64, number]),
        start,
        active_end: start + random.heavy_tail(service.duration_ms, service.duration_octaves) as i64,
        end: 0,
        src_ip,
        dst_ip,
        src_port: ephemeral_port(edge.id, start, number),
        dst_port: service.port,
        protocol: service.protocol,
        sent: volume(random.heavy_tail(service.sent, service.sent_octaves), service.protocol),
        received: volume(random.heavy_tail(service.received, service.received_octaves), service.protocol),
        decision: service.decision,
        attempts: 1 + random.below(4),
        rule_out: service.rule_out,
        rule_in: service.rule_in,
        source,
        destination,
        via: edge.via,
    };
    // What one side sends, the other acknowledges, every second segment.
    if service.protocol == TCP {
        acknowledge(&mut connection);
    }
    let idle = if random.chance(service.idle_per_thousand) { service.idle_ms } else { 0 };
    connection.end = connection.active_end + idle as i64;
    match edge.client {
        Party::Scanners => make_noise(&mut connection, random),
        Party::Ranges(ranges) if std::ptr::eq(ranges, service::PROBERS) => make_platform_probe(&mut connection),
        _ => {}
    }
    connection
}

fn acknowledge(connection: &mut Connection) {
    let (sent, received) = (connection.sent.packets, connection.received.packets);
    for (volume, other) in [(&mut connection.sent, received), (&mut connection.received, sent)] {
        let empty = 2 + (other / 2).saturating_sub(volume.packets / 2);
        volume.packets += empty;
        volume.bytes += empty * HEADER_BYTES;
    }
}

/// One try, or a few, at a port that nobody opened.
fn make_noise(connection: &mut Connection, random: &mut Random) {
    let common = random.chance(550);
    connection.dst_port = if common { random.pick(SCANNED_PORTS) } else { random.between(1, 65_535) as u16 };
    if connection.dst_port == 443 {
        connection.dst_port = 4_433;
    }
    connection.protocol = if matches!(connection.dst_port, 53 | 123 | 161 | 5060 | 11211) { UDP } else { TCP };
    connection.attempts = if random.chance(750) { 1 } else { 2 + random.below(2) };
    if connection.protocol == TCP && HIGH_RISK_PORTS.contains(&connection.dst_port) {
        connection.rule_in = Rule::AdminHighRisk;
    }
}

/// One packet of 128 bytes from port 23456, unanswered as far as the log says.
fn make_platform_probe(connection: &mut Connection) {
    connection.src_port = 23_456;
    connection.sent = Volume { packets: 1, bytes: 128 };
    connection.received = Volume::default();
}

/// Packets and bytes that carry so much payload.
pub(super) fn volume(payload: u64, protocol: u8) -> Volume {
    // A UDP exchange here is at least a question of each of two kinds.
    let packets = payload.div_ceil(SEGMENT_BYTES).max(if protocol == UDP { 2 } else { 1 });
    Volume { packets, bytes: payload + packets * HEADER_BYTES }
}

fn ephemeral_port(edge: u64, start: i64, number: u64) -> u16 {
    let base = mix(edge.wrapping_add((start / HOUR_MS) as u64 * 31));
    (EPHEMERAL_FIRST + (base % EPHEMERAL_COUNT + number % EPHEMERAL_COUNT * EPHEMERAL_STEP) % EPHEMERAL_COUNT) as u16
}

fn address(estate: &Estate, party: Party, random: &mut Random) -> Address {
    match party {
        Party::Nic(nic) => estate.nics[nic as usize].address,
        Party::Visitors => visitor(estate.seed, random.zipf_rank(12)),
        Party::Scanners => public(random.bits(), service::SCANNER_OCTETS),
        Party::Ranges(ranges) => {
            let range = random.pick(ranges);
            Address::from_v4(u32::from_be_bytes(range.first) + random.below(u64::from(range.count)) as u32)
        }
    }
}

/// The visitor of that rank.
pub(super) fn visitor(seed: u64, rank: u64) -> Address {
    public(key(&[seed, key_of("visitor"), rank]), service::VISITOR_OCTETS)
}

fn visitor6(seed: u64, rank: u64) -> Address {
    let bits = key(&[seed, key_of("visitor6"), rank]);
    let prefix = 0x2a02_u128 << 112 | u128::from(bits >> 32) << 80 | u128::from(bits >> 16 & 0xffff) << 64;
    Address::from_bits(prefix | u128::from(mix(bits)))
}

fn public(bits: u64, octets: &[u32]) -> Address {
    let first = octets[(bits >> 40) as usize % octets.len()];
    let middle = (bits >> 8) as u32 & 0xffff;
    Address::from_v4((first << 24) + (middle << 8) + 1 + bits as u32 % 254)
}
