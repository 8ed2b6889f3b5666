//! Finds hosts of ours that flood another host.
//!
//! Goes in: `floods`, `contact_series` and what `endpoints` knows of the targets. Comes out: one finding per campaign of a host,
//! and one for what is probably harmless in it. Does not look at many ports or many hosts with few flows each: those are scans. Does not see floods against our hosts.

mod campaign;

use std::collections::{BTreeMap, BTreeSet};

use super::peers::Peers;
use super::{Detector, Setting, known_good};
use crate::schema::Address;
use crate::schema::codes::TCP;
use crate::schema::finding::{Finding, Severity};
use crate::schema::tables::{ContactSeries, FloodRow, Scope, Tables};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// A host that floods another one with connections or packets that nobody answers.
///
/// # What it finds
///
/// More connections a minute, or more packets, from a local host to one address than any service needs, with almost nothing coming back.
///
/// # Why it matters
///
/// A flood that leaves your network means that somebody else commands the host. It also costs bandwidth, and may get the
/// subscription blocked.
///
/// # How
///
/// Per interval, host, target and protocol, over the ports from which little comes back. VNet logs re-create TCP connections, whose begins are then
/// two of one millisecond: connections of one millisecond (one second in NSG logs) and source
/// port count once, and never fewer than half the flows. A row is a flood if
///
/// - connections: at least `connections_per_minute_min` begin within one minute and TCP gets back at most one packet for each, other protocols one
///   for ten; at least ten for each port, since fewer are a scan; or
/// - packets: at least `tcp_packets_min` (TCP) or `packets_min` (others) in ten minutes, and at most one back for a hundred; or
/// - unmeasured: where the log has no counters for UDP (NSG logs), at least `unmeasured_flows_min` flows in ten minutes, ten for each port. Unmeasured TCP
///   (NSG logs of version 1) cannot be judged.
///
/// Rows of one host form a campaign until a pause of more than `pause_hours`, whose targets are listed worst first; targets that are low have their
/// own finding. Score = x / (x + least) of the worst
/// row.
///
/// High. Medium where everything was denied, where only the number of unmeasured flows says so, and for a target inside, where clients
/// of a service that is down look the same. Low (`lowered_by`) for streams of packets inside (logs, metrics, media), for Azure's own services, for
/// unmeasured flows of services that are busy by design, and where the target answered in three other hours: then the service was down.
///
/// # Settings
///
/// - `connections_per_minute_min`: default 1000, range 100 to 1000000, unanswered connections a minute. A labelled bot begins 9900; retries of a broken
///   client stay below 100. Raising it hides slow floods.
/// - `tcp_packets_min`: default 10000, range 1000 to 1000000000, packets in ten minutes. TCP sends at most 7 packets a connection before an answer, so that no client sends
///   this many without one. Raising it hides short floods.
/// - `packets_min`: default 100000, range 1000 to 1000000000, packets in ten minutes: 167 a second. Streams of logs and metrics are mostly smaller. Raising it hides short floods.
/// - `unmeasured_flows_min`: default 10000, range 1000 to 1000000000, flows in ten minutes. Ten times the rate of a busy client. Raising it hides slower floods.
/// - `pause_hours`: default 5, range 0 to 168, hours without a row inside a campaign. Raising it joins separate attacks.
///
/// # Known false positives
///
/// Load tests. Media that is sent one way without any feedback to a public address. A host whose answers come back by another way,
/// past the NIC that is logged.
///
/// # References
///
/// ATT&CK T1498 (network denial of service), T1499 (endpoint denial of service). GuardDuty `DenialOfService` findings. S. Garcia et al., IoT-23, 2020.
pub struct Dos;

/// Thresholds of [`Dos`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Unanswered connections a minute.
    pub connections_per_minute_min: u64,
    /// Packets in ten minutes.
    pub tcp_packets_min: u64,
    /// Packets in ten minutes.
    pub packets_min: u64,
    /// Flows in ten minutes.
    pub unmeasured_flows_min: u64,
    /// Hours.
    pub pause_hours: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections_per_minute_min: 1_000,
            tcp_packets_min: 10_000,
            packets_min: 100_000,
            unmeasured_flows_min: 10_000,
            pause_hours: 5,
        }
    }
}

/// Least flows of each port of a flood. Unit: flows; range 2 and up. A scan tries a port once or twice, and retries
/// a few times. Raising it hides floods against many ports.
const FLOWS_PER_PORT_MIN: u64 = 10;

/// Packets sent for one packet back. Unit: packets; range 20 and up. What is answered has a packet back for at most twenty.
const SENT_PER_RECEIVED_MIN: u64 = 100;

/// What `tcp_packets_min`, `packets_min` and `unmeasured_flows_min` are meant for. Unit: ms.
const THRESHOLD_MS: i64 = 10 * MINUTE_MS;

/// Hours with answers, outside of the flood's, that make it a service that was down. Unit: hours; range 1 and up. Raising it makes fewer floods low.
const ANSWERED_HOURS_MIN: usize = 3;

impl Detector for Dos {
    fn name(&self) -> &'static str {
        "dos"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contact_series", "endpoints", "floods"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.dos;
        let packets = |name, value| Setting { name, value: value as f64, least: 1_000.0, most: 1e9 };
        vec![
            Setting { name: "connections_per_minute_min", value: s.connections_per_minute_min as f64, least: 100.0, most: 1e6 },
            packets("tcp_packets_min", s.tcp_packets_min),
            packets("packets_min", s.packets_min),
            packets("unmeasured_flows_min", s.unmeasured_flows_min),
            Setting { name: "pause_hours", value: s.pause_hours as f64, least: 0.0, most: 168.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.dos;
        let mut hits: Vec<Hit> = tables.floods.iter().filter_map(|row| hit(row, s)).collect();
        hits.sort_by_key(|hit| (hit.row.key.src_ip, hit.row.interval_start, hit.row.key));
        let pause = (s.pause_hours as i64).saturating_mul(HOUR_MS);
        let is_one = |a: &Hit, b: &Hit| {
            a.row.key.src_ip == b.row.key.src_ip && b.row.interval_start - a.row.interval_start - a.row.step <= pause
        };
        hits.chunk_by(is_one).flat_map(|hits| self.of_campaign(hits, tables, s)).collect()
    }
}

impl Dos {
    /// One finding for the targets that matter, whose severity is that of the worst, and one for those that are probably harmless.
    fn of_campaign(&self, hits: &[Hit<'_>], tables: &Tables, s: &Settings) -> Vec<Finding> {
        let mut targets: BTreeMap<(Address, u8), Vec<Hit>> = BTreeMap::new();
        for hit in hits {
            targets.entry((hit.row.key.dst_ip, hit.row.key.protocol)).or_default().push(*hit);
        }
        let (mut serious, mut harmless) = (Verdict::default(), Verdict::default());
        for hits in targets.into_values() {
            let (severity, reason) = severity(&hits, tables);
            let verdict = if severity >= Severity::Medium { &mut serious } else { &mut harmless };
            verdict.add(hits, severity, reason);
        }
        [serious, harmless].iter().filter_map(|verdict| campaign::finding(self.name(), verdict, s)).collect()
    }
}

/// Floods of one campaign, and how bad they are.
#[derive(Default)]
struct Verdict<'a> {
    hits: Vec<Hit<'a>>,
    severity: Option<Severity>,
    /// Why no target is worse.
    reasons: BTreeSet<String>,
}

impl<'a> Verdict<'a> {
    fn add(&mut self, hits: Vec<Hit<'a>>, severity: Severity, reason: Option<String>) {
        self.hits.extend(hits);
        if self.severity.is_none_or(|worst| severity > worst) {
            self.severity = Some(severity);
            self.reasons.clear();
        }
        if self.severity == Some(severity) {
            self.reasons.extend(reason);
        }
    }
}

/// By what a row is a flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Connections,
    Packets,
    Unmeasured,
}

/// A row that is a flood, with the number that says so and its threshold.
#[derive(Clone, Copy, Debug)]
struct Hit<'a> {
    row: &'a FloodRow,
    kind: Kind,
    observed: u64,
    least: u64,
}

/// What makes a row a flood, if anything.
fn hit<'a>(row: &'a FloodRow, s: &Settings) -> Option<Hit<'a>> {
    let allowed = row.flows.saturating_sub(row.flows_denied);
    let is_unmeasured = row.tuples_unmeasured > 0 && row.tuples_unmeasured.saturating_mul(2) >= allowed;
    let is_scan = row.flows < row.ports.saturating_mul(FLOWS_PER_PORT_MIN);
    let is_tcp = row.key.protocol == TCP;
    let of_interval = |least: u64| least.saturating_mul((row.step / THRESHOLD_MS).max(1) as u64);
    let found = |kind, observed, least| (observed >= least).then_some(Hit { row, kind, observed, least });
    if is_unmeasured {
        let judged = !is_tcp && !is_scan;
        return found(Kind::Unmeasured, row.connections, of_interval(s.unmeasured_flows_min)).filter(|_| judged);
    }
    let by_connections = found(Kind::Connections, row.connections_minute_max, s.connections_per_minute_min)
        .filter(|_| !is_scan && is_unanswered(row));
    let is_one_way = row.packets_received.saturating_mul(SENT_PER_RECEIVED_MIN) <= row.packets_sent;
    let packets_min = of_interval(if is_tcp { s.tcp_packets_min } else { s.packets_min });
    by_connections.or_else(|| found(Kind::Packets, row.packets_sent, packets_min).filter(|_| is_one_way))
}

/// Whether TCP got at most one packet back for each connection, other protocols one for ten.
fn is_unanswered(row: &FloodRow) -> bool {
    let per_packet = if row.key.protocol == TCP { 1 } else { FLOWS_PER_PORT_MIN };
    row.packets_received.saturating_mul(per_packet) <= row.connections
}

/// How bad the floods of one target are, and why no worse.
fn severity(hits: &[Hit<'_>], tables: &Tables) -> (Severity, Option<String>) {
    let Some(first) = hits.first() else { return (Severity::Info, None) };
    let (key, peers) = (first.row.key, Peers::new(tables));
    let peer = peers.of(key.dst_ip);
    let all = |kind: Kind| hits.iter().all(|hit| hit.kind == kind);
    let low = |reason: &str| (Severity::Low, Some(reason.to_owned()));
    if let Some(peer) = peer.filter(|peer| peer.scope == Scope::Platform || is_azures_own(&peer.service_tag)) {
        return (Severity::Low, known_good::reason(Some(peer), key.dst_port, key.protocol));
    }
    if all(Kind::Unmeasured)
        && let Some(reason) = known_good::reason(peer, key.dst_port, key.protocol)
    {
        return (Severity::Low, Some(reason));
    }
    if !peers.is_public(key.dst_ip) {
        return if key.protocol != TCP && all(Kind::Packets) {
            low("the target is inside, where logs, metrics and media are streams without an answer")
        } else {
            (Severity::Medium, Some("the target is inside, where the clients of a service that is down look the same".to_owned()))
        };
    }
    if answered_hours(hits, tables) >= ANSWERED_HOURS_MIN {
        return low("the target answered in other hours");
    }
    if hits.iter().all(|hit| hit.row.flows_denied >= hit.row.flows && hit.row.flows > 0) {
        return (Severity::Medium, Some("every flow was denied".to_owned()));
    }
    if all(Kind::Unmeasured) {
        return (Severity::Medium, Some("the log does not tell whether the flows were answered".to_owned()));
    }
    (Severity::High, None)
}

/// Whether a service tag is that of a service: anybody may rent what has the tag `AzureCloud`.
fn is_azures_own(service_tag: &str) -> bool {
    !service_tag.is_empty() && !service_tag.starts_with("AzureCloud")
}

/// In how many hours outside of the floods most contacts of the host with the target's flooded ports were answered.
fn answered_hours(hits: &[Hit<'_>], tables: &Tables) -> usize {
    let Some(key) = hits.first().map(|hit| hit.row.key) else { return 0 };
    let ports: BTreeSet<u16> = hits.iter().map(|hit| hit.row.key.dst_port).collect();
    let flooded: BTreeSet<i64> = hits.iter().map(|hit| hit.row.interval_start.div_euclid(HOUR_MS)).collect();
    let of_target = tables.contact_series.iter().filter(|series| {
        (series.key.src_ip, series.key.dst_ip, series.key.protocol) == (key.src_ip, key.dst_ip, key.protocol)
            && (ports.contains(&series.key.dst_port) || ports.contains(&0))
    });
    let answered = of_target.flat_map(ContactSeries::answered_hours).map(i64::from);
    answered.filter(|hour| !flooded.contains(hour)).collect::<BTreeSet<i64>>().len()
}
