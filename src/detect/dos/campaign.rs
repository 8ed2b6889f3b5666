//! The finding of one host's campaign of floods.
//!
//! Goes in: rows that are floods, and how bad they are. Comes out: a finding with its words. Decides nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{Hit, Kind, Settings, Verdict};
use crate::detect::campaign::listed;
use crate::detect::{LISTED_MAX, counted, id, score};
use crate::schema::Address;
use crate::schema::codes::Direction;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::FloodRow;
use crate::schema::units::{HOUR_MS, MINUTE_MS, rfc3339};

/// The finding of a verdict, whose floods are of one host; `None` where it has none.
pub(super) fn finding(detector: &'static str, verdict: &Verdict<'_>, s: &Settings) -> Option<Finding> {
    let Verdict { hits, severity: Some(severity), reasons } = verdict else { return None };
    let targets = worst_first(hits);
    let actor = hits.iter().map(|hit| hit.row.key.src_ip).min().unwrap_or_default().to_string();
    let sum = |measure: fn(&FloodRow) -> u64| hits.iter().map(|hit| measure(hit.row)).fold(0, u64::saturating_add);
    let first_time = hits.iter().map(|hit| hit.row.first_time).min().unwrap_or(0);
    let last_time = hits.iter().map(|hit| hit.row.last_time).max().unwrap_or(0);
    let protocols: BTreeSet<u8> = hits.iter().map(|hit| hit.row.key.protocol).collect();
    let ports: BTreeSet<u16> = hits.iter().map(|hit| hit.row.key.dst_port).filter(|port| *port > 0).collect();
    let worst = hits.iter().map(|hit| score(hit.observed, hit.least)).fold(0.0, f64::max);
    let (what, target) = (words(hits, targets[0]), targets[0].to_string());
    let others = if targets.len() > 1 { format!(" and {}", counted(targets.len() as u64 - 1, "other")) } else { String::new() };
    let mut evidence = evidence(hits, targets.len() as u64, s);
    evidence.insert("flows_denied", Evidence::Count(sum(|row| row.flows_denied)));
    evidence.insert("packets_sent", Evidence::Count(sum(|row| row.packets_sent)));
    evidence.insert("packets_received", Evidence::Count(sum(|row| row.packets_received)));
    evidence.insert("tuples_unmeasured", Evidence::Count(sum(|row| row.tuples_unmeasured)));
    if !reasons.is_empty() {
        evidence.insert("lowered_by", Evidence::Text(reasons.iter().map(String::as_str).collect::<Vec<_>>().join("; ")));
    }
    let hour = hits.iter().map(|hit| hit.row.interval_start.div_euclid(HOUR_MS)).min().unwrap_or(0);
    let apart = if *severity < Severity::Medium { " low" } else { "" };
    Some(Finding {
        id: id(detector, &actor, &format!("hour {hour}{apart}")),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector,
        title: format!("{actor} floods {target}{others}"),
        severity: *severity,
        score: worst,
        actor_kind: ActorKind::Ip,
        targets: targets.iter().take(LISTED_MAX).map(Address::to_string).collect(),
        ports: listed(ports.into_iter().collect()),
        protocol: if protocols.len() == 1 { protocols.first().copied() } else { None },
        direction: Direction::Outbound.name(),
        interface: hits.iter().map(|hit| hit.row.mac.as_str()).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(first_time),
        last_time: rfc3339(last_time),
        flows: sum(|row| row.flows),
        bytes_sent: sum(|row| row.bytes_sent),
        bytes_received: sum(|row| row.bytes_received),
        techniques: vec!["T1498", "T1499"],
        evidence,
        why: format!("{actor} sent {target} {what}, in {}.", counted(intervals(hits), "interval")),
        next_step: format!(
            "Isolate {actor} (an NSG rule that denies it all outbound, `az network nsg rule create --access Deny --direction Outbound`), and find the \
             process that sent this. `azflow flows --ip {target} INPUT` shows every tuple. In Log Analytics: `NTANetAnalytics | where SrcIp == \
             '{actor}' | summarize sum(AllowedOutFlows), sum(PacketsSrcToDest) by DestIp, DestPort, bin(FlowStartTime, 10m)`."
        ),
        actor,
    })
}

/// The targets: by how far their worst row lies beyond its threshold, then packets, then address.
fn worst_first(hits: &[Hit<'_>]) -> Vec<Address> {
    let mut worst: BTreeMap<Address, (u64, u64)> = BTreeMap::new();
    for hit in hits {
        let of_target = worst.entry(hit.row.key.dst_ip).or_default();
        of_target.0 = of_target.0.max(hit.observed.saturating_mul(1_000) / hit.least.max(1));
        of_target.1 = of_target.1.saturating_add(hit.row.packets_sent);
    }
    let mut targets: Vec<(Reverse<(u64, u64)>, Address)> = worst.into_iter().map(|(ip, much)| (Reverse(much), ip)).collect();
    targets.sort_unstable();
    targets.into_iter().map(|(_, ip)| ip).collect()
}

fn intervals(hits: &[Hit<'_>]) -> u64 {
    hits.iter().map(|hit| hit.row.interval_start).collect::<BTreeSet<i64>>().len() as u64
}

/// The greatest number of each kind, beside its threshold.
fn evidence(hits: &[Hit<'_>], targets: u64, s: &Settings) -> BTreeMap<&'static str, Evidence> {
    let most = |kind: Kind| hits.iter().filter(|hit| hit.kind == kind).max_by_key(|hit| hit.observed);
    let mut evidence = BTreeMap::from([
        ("targets", Evidence::Count(targets)),
        ("intervals", Evidence::Count(intervals(hits))),
        ("connections_per_minute", Evidence::Count(hits.iter().map(|hit| hit.row.connections_minute_max).max().unwrap_or(0))),
        ("connections_per_minute_min", Evidence::Count(s.connections_per_minute_min)),
    ]);
    if let Some(hit) = most(Kind::Packets) {
        evidence.insert("packets_in_interval", Evidence::Count(hit.observed));
        evidence.insert("packets_in_interval_min", Evidence::Count(hit.least));
    }
    if let Some(hit) = most(Kind::Unmeasured) {
        evidence.insert("unmeasured_flows_in_interval", Evidence::Count(hit.observed));
        evidence.insert("unmeasured_flows_in_interval_min", Evidence::Count(hit.least));
    }
    evidence
}

/// What the worst row of `target` had, in words.
fn words(hits: &[Hit<'_>], target: Address) -> String {
    let by_excess = |hit: &&Hit| (hit.observed.saturating_mul(1_000) / hit.least.max(1), hit.observed);
    let Some(hit) = hits.iter().filter(|hit| hit.row.key.dst_ip == target).max_by_key(by_excess) else { return String::new() };
    let minutes = hit.row.step / MINUTE_MS;
    let (observed, least, back) = (hit.observed, hit.least, counted(hit.row.packets_received, "packet"));
    match hit.kind {
        Kind::Connections => format!("up to {observed} connections a minute (threshold {least}) and got {back} back"),
        Kind::Packets => format!("{observed} packets within {minutes} minutes (threshold {least}) and got {back} back"),
        Kind::Unmeasured => {
            format!("{observed} flows within {minutes} minutes (threshold {least}) whose answers the log does not measure")
        }
    }
}
