//! Finds hosts that hold a connection to an outside peer for hours.
//!
//! Goes in: `long_flows`, who else talks to the peer (`traffic_by_pair`), and what `endpoints` knows of it. Comes out: one finding per
//! host, peer, port and protocol. Does not look at how regular or how big the traffic is.

use std::collections::{BTreeMap, BTreeSet};

use super::peers::Peers;
use super::{Detector, Setting, counted, id, known_good, score};
use crate::schema::Address;
use crate::schema::codes::{Direction, TCP, UDP};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{LongFlowRow, Scope, ServiceKey, Tables};
use crate::schema::units::{HOUR_MS, MINUTE_MS, rfc3339};

/// A host that holds a connection to a new or unusual outside peer for hours.
///
/// # What it finds
///
/// Connections that a local host began to one public address and port and that together last for hours, where the peer is new, or
/// where nothing explains why they last.
///
/// # Why it matters
///
/// Remote shells, tunnels and chat-driven bots keep one connection open instead of calling home again and again, so that no beacon shows.
///
/// # How
///
/// The pieces that each hour's log has of a connection are stitched by source port; t is the time in which at least one connection to
/// the peer, port and protocol was open (only connections of an hour and more count). The peer is new if nobody in the logs talked to
/// it within `new_after_hours` from the window's start. Score = t / (t + `hours_low`).
///
/// | t | new peer | peer that was there before |
/// |---|---|---|
/// | from `hours_medium` | medium | low |
/// | from `hours_low` | low | none |
///
/// One step lower where the connection is of a kind that stays open by design (`lowered_by`: Azure's own services, web, push, message queues, VPN)
/// or where at least half of four or more local hosts talk to the peer; none then if the peer was there before.
///
/// # Settings
///
/// - `hours_low`: default 4, range 1 to 720, hours. RITA's low; people's own sessions seldom last longer. Raising it hides tunnels of half a
///   working day.
/// - `hours_medium`: default 12, range 1 to 720, hours. RITA's high; no working day lasts as long. Raising it keeps more at low.
/// - `new_after_hours`: default 4, range 0 to 720, hours from the window's start. What connects again and again was there within hours. Raising it makes
///   fewer peers new, 0 makes all new.
///
/// # Known false positives
///
/// Databases, message queues and remote desktops at a partner, on ports of their own. The end of a connection may be missing from the
/// logs; then it lasts as long as its counters were written. A VM that restarts looks new to its peers.
///
/// # References
///
/// ATT&CK T1071 (application layer protocol), T1571 (non-standard port), T1572 (protocol tunneling). RITA 5, "long connections".
pub struct LongConnection;

/// Thresholds of [`LongConnection`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hours.
    pub hours_low: u64,
    /// Hours.
    pub hours_medium: u64,
    /// Hours from the window's start.
    pub new_after_hours: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { hours_low: 4, hours_medium: 12, new_after_hours: 4 }
    }
}

/// Local hosts from which it says something that half of them talk to a peer. Unit: hosts; of three hosts two are no fleet.
const FLEET_HOSTS_MIN: usize = 4;

/// Services whose connections stay open, besides those that call home: protocol, destination port, and what it is.
static STAY_OPEN: &[(u8, u16, &str)] = &[
    (TCP, 179, "BGP"),
    (TCP, 993, "IMAP: mail clients wait for mail"),
    (TCP, 1194, "OpenVPN"),
    (UDP, 1194, "OpenVPN"),
    (TCP, 5672, "AMQP: message queues keep their connection open"),
    (TCP, 6514, "syslog over TLS"),
    (UDP, 51820, "WireGuard"),
];

impl Detector for LongConnection {
    fn name(&self) -> &'static str {
        "long_connection"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["endpoints", "long_flows", "traffic_by_pair"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.long_connection;
        vec![
            Setting { name: "hours_low", value: s.hours_low as f64, least: 1.0, most: 720.0 },
            Setting { name: "hours_medium", value: s.hours_medium as f64, least: 1.0, most: 720.0 },
            Setting { name: "new_after_hours", value: s.new_after_hours as f64, least: 0.0, most: 720.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.long_connection;
        let peers = Peers::new(tables);
        let mut services: BTreeMap<ServiceKey, Vec<&LongFlowRow>> = BTreeMap::new();
        for flow in &tables.long_flows {
            if flow.src_is_local && !flow.dst_is_local && peers.is_public(flow.key.dst_ip) {
                services.entry(flow.key).or_default().push(flow);
            }
        }
        let mut held: Vec<Held> = services.into_iter().map(|(key, flows)| Held::new(key, flows)).collect();
        held.retain(|held| held.ms >= s.hours_low as i64 * HOUR_MS);
        let talkers = Talkers::new(tables, held.iter().map(|held| held.key.dst_ip).collect());
        held.iter()
            .filter_map(|held| judge(held, &peers, &talkers, s).map(|verdict| describe(self.name(), held, verdict, s)))
            .collect()
    }
}

/// The connections of one host to one service.
struct Held<'a> {
    key: ServiceKey,
    /// By time; never empty.
    flows: Vec<&'a LongFlowRow>,
    /// How long at least one was open, ms.
    ms: i64,
}

impl<'a> Held<'a> {
    fn new(key: ServiceKey, mut flows: Vec<&'a LongFlowRow>) -> Self {
        flows.sort_by_key(|flow| (flow.first_time, flow.last_time, flow.src_port));
        let mut ms = 0;
        let mut until = i64::MIN;
        for flow in &flows {
            ms += (flow.last_time - flow.first_time.max(until)).max(0);
            until = until.max(flow.last_time);
        }
        Self { key, flows, ms }
    }
}

/// Who talks to the peers in question.
struct Talkers {
    window_start: i64,
    local_hosts: usize,
    by_peer: BTreeMap<Address, BTreeSet<Address>>,
}

impl Talkers {
    fn new(tables: &Tables, peers: BTreeSet<Address>) -> Self {
        let is_local = |ip: Address| Peers::new(tables).of(ip).is_some_and(|row| row.scope == Scope::Local);
        let mut by_peer: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        let keys = tables.traffic_by_pair.iter().filter_map(|row| row.key);
        for key in keys.filter(|key| peers.contains(&key.dst_ip) && is_local(key.src_ip)) {
            by_peer.entry(key.dst_ip).or_default().insert(key.src_ip);
        }
        Self {
            window_start: tables.endpoints.iter().map(|row| row.first_time).min().unwrap_or(0),
            local_hosts: tables.endpoints.iter().filter(|row| row.scope == Scope::Local).count(),
            by_peer,
        }
    }

    /// The hosts that talk to `peer`, where they are at least half of a fleet.
    fn fleet_of(&self, peer: Address) -> Option<usize> {
        let hosts = self.by_peer.get(&peer).map_or(0, BTreeSet::len);
        (self.local_hosts >= FLEET_HOSTS_MIN && hosts * 2 >= self.local_hosts).then_some(hosts)
    }
}

/// How bad it is that a connection is held.
struct Verdict {
    severity: Severity,
    /// How long after the window's start the peer was first seen, ms.
    seen_after: i64,
    lowered_by: Option<String>,
}

/// `None` where it is no finding.
fn judge(held: &Held<'_>, peers: &Peers<'_>, talkers: &Talkers, s: &Settings) -> Option<Verdict> {
    let ServiceKey { dst_ip, dst_port, protocol, .. } = held.key;
    let seen_after = peers.of(dst_ip).map_or(0, |peer| peer.first_time - talkers.window_start);
    let is_new = seen_after >= s.new_after_hours as i64 * HOUR_MS;
    let lasts = held.ms >= s.hours_medium as i64 * HOUR_MS;
    let stays_open = || {
        let service = STAY_OPEN.iter().find(|(of, port, _)| (*of, *port) == (protocol, dst_port));
        service.map(|(_, port, what)| format!("port {port} is {what}"))
    };
    let of_fleet = || {
        let hosts = talkers.fleet_of(dst_ip)?;
        Some(format!("{hosts} of the {} local hosts talk to this peer", talkers.local_hosts))
    };
    let reason = known_good::reason(peers.of(dst_ip), dst_port, protocol).or_else(stays_open).or_else(of_fleet);
    let (severity, lowered_by) = match (is_new, lasts, reason) {
        (true, true, None) => (Severity::Medium, None),
        (true, true, reason) => (Severity::Low, reason),
        (true, false, None) => (Severity::Low, None),
        (true, false, reason) => (Severity::Info, reason),
        (false, true, None) => (Severity::Low, Some("the peer was there when the window began".to_owned())),
        (false, _, _) => return None,
    };
    Some(Verdict { severity, seen_after, lowered_by })
}

fn describe(detector: &'static str, held: &Held<'_>, verdict: Verdict, s: &Settings) -> Finding {
    let ServiceKey { src_ip, dst_ip, dst_port, protocol } = held.key;
    let (actor, peer) = (src_ip.to_string(), dst_ip.to_string());
    let sum = |measure: fn(&LongFlowRow) -> u64| held.flows.iter().map(|flow| measure(flow)).fold(0, u64::saturating_add);
    let longest = held.flows.iter().map(|flow| flow.last_time - flow.first_time).max().unwrap_or(0);
    let is_open = held.flows.iter().any(|flow| !flow.is_ended);
    let mut evidence = BTreeMap::from([
        ("connected_hours", Evidence::Number(hours(held.ms))),
        ("hours_low", Evidence::Count(s.hours_low)),
        ("hours_medium", Evidence::Count(s.hours_medium)),
        ("longest_hours", Evidence::Number(hours(longest))),
        ("connections", Evidence::Count(held.flows.len() as u64)),
        ("connections_without_begin", Evidence::Count(sum(|flow| u64::from(!flow.is_begun)))),
        ("connections_without_end", Evidence::Count(sum(|flow| u64::from(!flow.is_ended)))),
        ("seen_after_hours", Evidence::Number(hours(verdict.seen_after))),
        ("new_after_hours", Evidence::Count(s.new_after_hours)),
        ("tuples_unmeasured", Evidence::Count(sum(|flow| flow.tuples_unmeasured))),
    ]);
    if let Some(reason) = &verdict.lowered_by {
        evidence.insert("lowered_by", Evidence::Text(reason.clone()));
    }
    Finding {
        id: id(detector, &actor, &format!("{peer} {dst_port} {protocol}")),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector,
        title: format!("{actor} was connected to {peer} port {dst_port} for {:.1} hours", hours(held.ms)),
        severity: verdict.severity,
        score: score((held.ms / MINUTE_MS) as u64, s.hours_low.saturating_mul((HOUR_MS / MINUTE_MS) as u64)),
        actor_kind: ActorKind::Ip,
        targets: vec![peer.clone()],
        ports: vec![dst_port],
        protocol: Some(protocol),
        direction: Direction::Outbound.name(),
        interface: held.flows.iter().map(|flow| flow.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(held.flows.iter().map(|flow| flow.first_time).min().unwrap_or(0)),
        last_time: rfc3339(held.flows.iter().map(|flow| flow.last_time).max().unwrap_or(0)),
        flows: held.flows.len() as u64,
        bytes_sent: sum(|flow| flow.bytes_sent),
        bytes_received: sum(|flow| flow.bytes_received),
        techniques: if verdict.lowered_by.is_some() { vec!["T1071", "T1572"] } else { vec!["T1071", "T1571", "T1572"] },
        evidence,
        why: format!(
            "{actor} held {} to {peer} port {dst_port} for {:.1} hours in all (threshold {}){}; the peer was first seen {:.1} hours after the \
             window's start.",
            counted(held.flows.len() as u64, "connection"),
            hours(held.ms),
            s.hours_low,
            if is_open { " and may hold it still" } else { "" },
            hours(verdict.seen_after),
        ),
        next_step: format!(
            "Find the process on {actor} that holds the connection (`ss -tunp dst {peer}` or `Get-NetTCPConnection -RemoteAddress {peer}`), and \
             who runs that address. `azflow flows --ip {peer} --port {dst_port} INPUT` shows every tuple. In Log Analytics: `NTANetAnalytics | \
             where SrcIp == '{actor}' and DestPort == {dst_port} and (DestIp == '{peer}' or DestPublicIps has '{peer}')`."
        ),
        actor,
    }
}

/// Hours of a duration in ms, to one place.
fn hours(ms: i64) -> f64 {
    (ms as f64 / HOUR_MS as f64 * 10.0).round() / 10.0
}
