//! Finds traffic with addresses of threat lists.
//!
//! Goes in: `threat_contacts`. Comes out: a finding per local address and threat that it called, and one per local address for
//! those that came to it, and for what was denied. Does not judge lists: `enrich` did, by the window.

use std::collections::{BTreeMap, BTreeSet};

use super::{Detector, LISTED_MAX, Setting, counted, id, score};
use crate::schema::Address;
use crate::schema::amount::bytes;
use crate::schema::codes::Direction;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{Tables, ThreatContactRow};
use crate::schema::units::rfc3339;

/// A host that exchanged flows with an address of a threat list.
///
/// # What it finds
///
/// Flows between an address in a VNet and a public one that a given threat list names.
///
/// # Why it matters
///
/// A host that calls a known command server is compromised until shown otherwise. A known attacker that calls a host is
/// the weather, and worth a look only where it was let through.
///
/// # How
///
/// Per local address and threat: flows allowed and denied, bytes both ways, the entry with its age at the window's end.
///
/// | who began | severity |
/// |---|---|
/// | the local address, something allowed | high; medium where the entry is older than `age_days_max`, since addresses change hands |
/// | the local address, everything denied | low: a rule stopped it, the host still tried |
/// | the threat, something allowed and answered | low |
/// | the threat, otherwise | info |
///
/// Calls of one address to more than `apart` threats are summed up beyond that many; what came to an address is one finding.
/// Score = bytes both ways / (bytes both ways + 1 MiB), at least 0.5 where something was allowed.
///
/// # Settings
///
/// - `age_days_max`: default 30, range 1 to 3650, days. Lists drop addresses within weeks; Feodo's advice is to use entries of the last 30
///   days. Raising it keeps old entries at high.
/// - `apart`: default 5, range 1 to 100, findings per local address. Raising it shows more threats one by one.
///
/// # Known false positives
///
/// Shared addresses (hosting, proxies, Tor exits that somebody visits), and lists that hold scanners as well as command servers.
///
/// # References
///
/// ATT&CK T1071 (application layer protocol), T1595 (active scanning). Traffic Analytics' `MaliciousFlow`; Sentinel's rules "TI map IP entity".
pub struct ThreatContact;

/// Thresholds of [`ThreatContact`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Days.
    pub age_days_max: i64,
    /// Findings per local address.
    pub apart: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { age_days_max: 30, apart: 5 }
    }
}

/// Bytes at which the score is one half. Unit: bytes; a session that did something, beyond a handshake.
const BYTES_SCORED: u64 = 1 << 20;

impl Detector for ThreatContact {
    fn name(&self) -> &'static str {
        "threat_contact"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["threat_contacts"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.threat_contact;
        vec![
            Setting { name: "age_days_max", value: s.age_days_max as f64, least: 1.0, most: 3_650.0 },
            Setting { name: "apart", value: s.apart as f64, least: 1.0, most: 100.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.threat_contact;
        let mut by_ip: BTreeMap<Address, (Vec<&ThreatContactRow>, Vec<&ThreatContactRow>)> = BTreeMap::new();
        for row in &tables.threat_contacts {
            let (called, came) = by_ip.entry(row.ip).or_default();
            if row.is_outbound { called.push(row) } else { came.push(row) }
        }
        let mut findings = Vec::new();
        for (called, came) in by_ip.into_values() {
            findings.extend(outbound(called, s));
            findings.extend(inbound(came, s));
        }
        findings
    }
}

/// Whether anything was let through.
fn was_allowed(row: &ThreatContactRow) -> bool {
    row.flows_allowed > 0 || row.bytes_sent + row.bytes_received > 0
}

fn severity_of_call(row: &ThreatContactRow, s: &Settings) -> Severity {
    match (was_allowed(row), row.age_days.is_some_and(|days| days > s.age_days_max)) {
        (false, _) => Severity::Low,
        (true, true) => Severity::Medium,
        (true, false) => Severity::High,
    }
}

/// One finding per threat that one address called, worst first; beyond `apart` one for the rest.
fn outbound(mut rows: Vec<&ThreatContactRow>, s: &Settings) -> Vec<Finding> {
    rows.sort_by_key(|row| {
        let bytes = row.bytes_sent + row.bytes_received;
        (std::cmp::Reverse((severity_of_call(row, s), bytes, row.flows_allowed)), row.threat_ip)
    });
    let kept = if rows.len() > s.apart + 1 { s.apart } else { rows.len() };
    let rest = rows.split_off(kept);
    let mut findings: Vec<Finding> = rows.iter().map(|row| call(row, s)).collect();
    if let Some(worst) = rest.first() {
        let mut finding = half_made(&rest, "others");
        finding.severity = severity_of_call(worst, s);
        finding.title = format!("{} called {} more addresses of threat lists", worst.ip, rest.len());
        finding.why = format!(
            "{} began flows to {} that threat lists name, besides those told apart.",
            worst.ip,
            counted(rest.len() as u64, "peer")
        );
        finding.next_step = next_step(&finding);
        findings.push(finding);
    }
    findings
}

/// The finding of one threat that one address called.
fn call(row: &ThreatContactRow, s: &Settings) -> Finding {
    let mut finding = half_made(&[row], &row.threat_ip.to_string());
    finding.severity = severity_of_call(row, s);
    let verb = if was_allowed(row) { "called" } else { "tried to call" };
    finding.title = format!("{} {verb} {}, which {} names", row.ip, row.threat_ip, row.list);
    finding.why = format!(
        "{} began {} to {} ({} allowed, {} denied; {} sent, {} received), and the list {} names {}{}.",
        row.ip,
        counted(row.flows_allowed + row.flows_denied, "flow"),
        row.threat_ip,
        row.flows_allowed,
        row.flows_denied,
        bytes(row.bytes_sent),
        bytes(row.bytes_received),
        row.list,
        row.entry,
        age(row.age_days),
    );
    finding.next_step = next_step(&finding);
    finding.evidence.insert("list", Evidence::Text(row.list.clone()));
    finding.evidence.insert("entry", Evidence::Text(row.entry.clone()));
    if let Some(days) = row.age_days {
        finding.evidence.insert("age_days", Evidence::Number(days as f64));
        finding.evidence.insert("age_days_max", Evidence::Number(s.age_days_max as f64));
        if days > s.age_days_max && was_allowed(row) {
            finding.evidence.insert("lowered_by", Evidence::Text(format!("the entry is {days} days old")));
        }
    }
    finding
}

/// One finding for all threats that came to one address.
fn inbound(rows: Vec<&ThreatContactRow>, s: &Settings) -> Option<Finding> {
    let first = rows.first()?;
    let mut finding = half_made(&rows, "inbound");
    let through: Vec<&&ThreatContactRow> = rows.iter().filter(|row| was_allowed(row)).collect();
    let answered = through.iter().filter(|row| row.bytes_sent > 0).count() as u64;
    finding.severity = if answered > 0 { Severity::Low } else { Severity::Info };
    finding.direction = Direction::Inbound.name();
    finding.techniques = vec!["T1595"];
    finding.title = format!("{} of threat lists came to {}", counted(rows.len() as u64, "source"), first.ip);
    finding.why = format!(
        "{} that threat lists name began flows to {}: {} let through, {answered} of them answered.",
        counted(rows.len() as u64, "source"),
        first.ip,
        through.len(),
    );
    finding.next_step = format!(
        "Look at what was let through with `azflow flows --ip {} INPUT`, and narrow the rule to the sources that need it (`az network nsg rule update \
         --source-address-prefixes`).",
        first.ip
    );
    finding.evidence.insert("sources_answered", Evidence::Count(answered));
    finding.evidence.insert("age_days_max", Evidence::Number(s.age_days_max as f64));
    Some(finding)
}

/// A finding about `rows` (at least one) of one local address, without words.
fn half_made(rows: &[&ThreatContactRow], key: &str) -> Finding {
    let first = rows[0];
    let actor = first.ip.to_string();
    let sum = |measure: fn(&ThreatContactRow) -> u64| rows.iter().map(|row| measure(row)).sum::<u64>();
    let (sent, received) = (sum(|row| row.bytes_sent), sum(|row| row.bytes_received));
    let allowed = rows.iter().any(|row| was_allowed(row));
    let of_bytes = score(sent + received, BYTES_SCORED);
    let ports: BTreeSet<u16> = rows.iter().flat_map(|row| row.ports.iter().copied()).collect();
    let lists: BTreeSet<&str> = rows.iter().map(|row| row.list.as_str()).collect();
    let evidence = BTreeMap::from([
        ("flows_allowed", Evidence::Count(sum(|row| row.flows_allowed))),
        ("flows_denied", Evidence::Count(sum(|row| row.flows_denied))),
        ("threats", Evidence::Count(rows.len() as u64)),
        ("lists", Evidence::List(lists.iter().take(LISTED_MAX).map(ToString::to_string).collect())),
    ]);
    Finding {
        id: id("threat_contact", &actor, key),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector: "threat_contact",
        title: String::new(),
        severity: Severity::Info,
        score: if allowed { of_bytes.max(0.5) } else { of_bytes },
        actor,
        actor_kind: ActorKind::Ip,
        targets: rows.iter().take(LISTED_MAX).map(|row| row.threat_ip.to_string()).collect(),
        ports: ports.into_iter().take(LISTED_MAX).collect(),
        protocol: None,
        direction: Direction::Outbound.name(),
        interface: rows.iter().map(|row| row.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(rows.iter().map(|row| row.first_time).min().unwrap_or(0)),
        last_time: rfc3339(rows.iter().map(|row| row.last_time).max().unwrap_or(0)),
        flows: sum(|row| row.flows_allowed + row.flows_denied),
        bytes_sent: sent,
        bytes_received: received,
        techniques: vec!["T1071"],
        evidence,
        why: String::new(),
        next_step: String::new(),
    }
}

/// What to do about calls to threats.
fn next_step(finding: &Finding) -> String {
    let (actor, threat) = (&finding.actor, finding.targets.first().map_or("", String::as_str));
    format!(
        "Find the process on {actor} that talks to {threat}, look the address up with the list's publisher, and isolate the host if nobody can explain it. \
         `azflow flows --ip {threat} INPUT` shows every flow. In Log Analytics: `NTANetAnalytics | where FlowType == 'MaliciousFlow' and SrcIp == '{actor}'`."
    )
}

/// `, an entry of 12 days`; nothing where it states no date.
fn age(days: Option<i64>) -> String {
    days.map(|days| format!(" (entry of {} before the window's end)", counted(days.max(0) as u64, "day"))).unwrap_or_default()
}
