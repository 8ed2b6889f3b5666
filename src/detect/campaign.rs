//! The arithmetic that port scans and host sweeps share: hours of fan-out become campaigns, campaigns become findings.
//!
//! Goes in: rows of fan-out. Comes out: one campaign per actor and stretch of hours, half-made findings, and summaries of
//! inbound noise. Does not decide what is a port scan or a sweep, nor how bad one is: the detectors do.

use std::collections::{BTreeMap, BTreeSet};

use super::{LISTED_MAX, counted, id};
use crate::schema::Address;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{FanOutRow, Scope, Tables};
use crate::schema::units::{DAY_MS, rfc3339};

/// IANA number of TCP.
pub(super) const TCP: u8 = 6;

/// Most pairs of host and port that a finding lists, for the picture of a scan. Unit: pairs; a few hundred dots still show the pattern.
const PAIRS_MAX: usize = 300;

/// What one source tried in one hour, with its targets and ports; one of the two has a single entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried<'a> {
    /// Hour, from the epoch.
    pub hour: u32,
    /// Who tried.
    pub actor: Address,
    /// IANA number.
    pub protocol: u8,
    /// Hosts.
    pub targets: &'a [Address],
    /// Destination ports.
    pub ports: &'a [u16],
    /// Ports or hosts without an answer.
    pub unanswered: u64,
    /// Ports or hosts with an answer.
    pub answered: u64,
    flows: u64,
    flows_denied: u64,
    bytes_sent: u64,
    bytes_received: u64,
    src_is_local: bool,
    dst_is_local: bool,
    mac: &'a str,
    first_time: i64,
    last_time: i64,
}

impl<'a> Tried<'a> {
    /// Many ports of one host.
    pub fn from_ports(row: &'a FanOutRow<u16>) -> Self {
        Self::new(row, row.dst_ip.as_slice(), &row.unanswered)
    }

    /// Many hosts on one port.
    pub fn from_hosts(row: &'a FanOutRow<Address>) -> Self {
        Self::new(row, &row.unanswered, row.dst_port.as_slice())
    }

    fn new<Many>(row: &'a FanOutRow<Many>, targets: &'a [Address], ports: &'a [u16]) -> Self {
        Self {
            hour: row.hour,
            actor: row.src_ip,
            protocol: row.protocol,
            targets,
            ports,
            unanswered: row.unanswered.len() as u64,
            answered: row.answered,
            flows: row.flows,
            flows_denied: row.flows_denied,
            bytes_sent: row.bytes_sent,
            bytes_received: row.bytes_received,
            src_is_local: row.src_is_local,
            dst_is_local: row.dst_is_local,
            mac: &row.mac,
            first_time: row.first_time,
            last_time: row.last_time,
        }
    }

    /// Whether at least `least` were tried without an answer, and these are at least the share `share_min` of all tried.
    ///
    /// Only TCP shows in the counters whether a peer answered: a UDP answer is one packet, and NSG logs leave UDP
    /// unmeasured. So of other protocols only rows count of which at least half of the flows were denied.
    pub fn is_fan_out(&self, least: u64, share_min: f64) -> bool {
        let is_known = self.protocol == TCP || self.flows_denied.saturating_mul(2) >= self.flows;
        let tried = self.unanswered + self.answered;
        is_known && self.unanswered >= least && self.unanswered as f64 >= share_min * tried as f64
    }
}

/// Hours of one actor that belong together.
#[derive(Debug)]
pub(super) struct Campaign<'a> {
    /// Who tried.
    pub actor: Address,
    /// Whether the actor is a host of ours: local, in a known VNet, behind a gateway or on an unexplained private address.
    pub is_inside: bool,
    /// By hour; never empty.
    pub tried: Vec<Tried<'a>>,
}

/// Folds `tried` into campaigns, in order of actor and time. A pause of more than `pause_hours` begins a new one.
///
/// Azure's own probes (scope platform) are left out: they are everywhere and cannot be acted upon.
pub(super) fn campaigns<'a>(mut tried: Vec<Tried<'a>>, pause_hours: u32, tables: &Tables) -> Vec<Campaign<'a>> {
    tried.sort_by_key(|t| (t.actor, t.hour, t.first_time, t.protocol, t.targets, t.ports));
    let scopes = scopes(tables, tried.iter().map(|t| t.actor).collect());
    let mut campaigns: Vec<Campaign> = Vec::new();
    for t in tried {
        let scope = scopes.get(&t.actor).copied();
        if scope == Some(Scope::Platform) {
            continue;
        }
        match campaigns.last_mut() {
            Some(open) if open.actor == t.actor && t.hour.saturating_sub(open.last_hour()) <= pause_hours.saturating_add(1) => {
                open.tried.push(t);
            }
            _ => {
                let is_inside = t.src_is_local || scope.is_some_and(|scope| !scope.is_public());
                campaigns.push(Campaign { actor: t.actor, is_inside, tried: vec![t] });
            }
        }
    }
    campaigns
}

/// Where each of `wanted` belongs, as far as the table of addresses knows it.
pub(super) fn scopes(tables: &Tables, wanted: BTreeSet<Address>) -> BTreeMap<Address, Scope> {
    tables.traffic_by_ip.iter().filter(|row| wanted.contains(&row.ip)).map(|row| (row.ip, row.scope)).collect()
}

impl Campaign<'_> {
    fn last_hour(&self) -> u32 {
        self.tried.last().map_or(0, |t| t.hour)
    }

    fn sum(&self, measure: impl Fn(&Tried) -> u64) -> u64 {
        self.tried.iter().map(measure).fold(0, u64::saturating_add)
    }

    /// Most ports or hosts without an answer in one row: of one host, or on one port, within an hour.
    pub fn peak(&self) -> u64 {
        self.tried.iter().map(|t| t.unanswered).max().unwrap_or(0)
    }

    /// Distinct hours with a row.
    pub fn hours(&self) -> u64 {
        self.tried.iter().map(|t| t.hour).collect::<BTreeSet<_>>().len() as u64
    }

    /// Whether something was let through or answered.
    pub fn was_let_through(&self) -> bool {
        self.sum(|t| t.answered) > 0 || self.sum(|t| t.flows - t.flows_denied.min(t.flows)) > 0
    }

    /// The hosts and ports tried without an answer, ascending.
    fn pairs(&self) -> BTreeSet<(Address, u16)> {
        let of_row = |t: &Tried<'_>| -> Vec<(Address, u16)> {
            t.targets.iter().flat_map(|target| t.ports.iter().map(|port| (*target, *port))).collect()
        };
        self.tried.iter().flat_map(of_row).collect()
    }

    /// Hosts tried, most often tried first, then by address.
    pub fn targets(&self) -> Vec<Address> {
        most_tried(self.tried.iter().flat_map(|t| t.targets.iter().map(|target| (*target, t.ports.len() as u64))))
    }

    /// Ports tried, most often tried first, then by number.
    pub fn ports(&self) -> Vec<u16> {
        most_tried(self.tried.iter().flat_map(|t| t.ports.iter().map(|port| (*port, t.targets.len() as u64))))
    }

    /// The direction at the NIC that logged it.
    fn direction(&self) -> &'static str {
        let is_inbound = self.tried.iter().any(|t| t.dst_is_local && !t.src_is_local);
        if is_inbound { "Inbound" } else { "Outbound" }
    }

    /// The finding of this campaign with everything that follows from its rows; the words stay for the detector.
    pub fn finding(&self, detector: &'static str) -> Finding {
        let targets = self.targets();
        let ports = self.ports();
        let protocols: BTreeSet<u8> = self.tried.iter().map(|t| t.protocol).collect();
        let hour = self.tried.first().map_or(0, |t| t.hour);
        let first_time = self.tried.iter().map(|t| t.first_time).min().unwrap_or(0);
        let last_time = self.tried.iter().map(|t| t.last_time).max().unwrap_or(0);
        let (unanswered, answered) = (self.sum(|t| t.unanswered), self.sum(|t| t.answered));
        let pairs = self.pairs();
        let port = |port: Option<u16>| Evidence::Count(u64::from(port.unwrap_or(0)));
        let evidence = BTreeMap::from([
            ("contacts_unanswered", Evidence::Count(unanswered)),
            ("contacts_answered", Evidence::Count(answered)),
            ("unanswered_share", Evidence::Number(share(unanswered, answered))),
            ("flows_denied", Evidence::Count(self.sum(|t| t.flows_denied))),
            ("hours", Evidence::Count(self.hours())),
            ("targets", Evidence::Count(targets.len() as u64)),
            ("ports", Evidence::Count(ports.len() as u64)),
            ("pairs", Evidence::Count(pairs.len() as u64)),
            ("port_least", port(ports.iter().min().copied())),
            ("port_greatest", port(ports.iter().max().copied())),
            ("tried", Evidence::List(shown(&pairs))),
        ]);
        let actor = self.actor.to_string();
        Finding {
            id: id(detector, &actor, &format!("hour {hour}")),
            incident: String::new(),
            allow_entry: String::new(),
            since: None,
            detector,
            title: String::new(),
            severity: Severity::Info,
            score: 0.0,
            actor,
            actor_kind: ActorKind::Ip,
            targets: targets.iter().take(LISTED_MAX).map(Address::to_string).collect(),
            ports: listed(ports),
            protocol: if protocols.len() == 1 { protocols.first().copied() } else { None },
            direction: self.direction(),
            interface: self.tried.iter().map(|t| t.mac).min().unwrap_or_default().to_owned(),
            first_time: rfc3339(first_time),
            last_time: rfc3339(last_time),
            flows: self.sum(|t| t.flows),
            bytes_sent: self.sum(|t| t.bytes_sent),
            bytes_received: self.sum(|t| t.bytes_received),
            techniques: Vec::new(),
            evidence,
            why: String::new(),
            next_step: String::new(),
        }
    }
}

/// `pairs` as `ADDRESS PORT`; of more than [`PAIRS_MAX`] every so many.
fn shown(pairs: &BTreeSet<(Address, u16)>) -> Vec<String> {
    let step = pairs.len().div_ceil(PAIRS_MAX).max(1);
    pairs.iter().step_by(step).map(|(target, port)| format!("{target} {port}")).collect()
}

/// A campaign with its finished finding.
pub(super) type Found<'a> = (Campaign<'a>, Finding);

/// How inbound noise is summed up.
pub(super) struct Folding {
    /// Whether each host attacked has its own summary; else one for all hosts.
    pub per_target: bool,
    /// Findings of one day that stay apart.
    pub apart: usize,
    /// What the actors did, in the plural.
    pub what: &'static str,
}

/// Keeps the findings of actors inside, and of the others the worst of each UTC day; sums up the rest of that day.
pub(super) fn fold_inbound(found: Vec<Found>, folding: &Folding) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut days: BTreeMap<(i64, Option<Address>), Vec<Found>> = BTreeMap::new();
    for (campaign, finding) in found {
        if campaign.is_inside {
            findings.push(finding);
            continue;
        }
        let day = campaign.tried.iter().map(|t| t.first_time).min().unwrap_or(0).div_euclid(DAY_MS);
        let target = if folding.per_target { campaign.targets().first().copied() } else { None };
        days.entry((day, target)).or_default().push((campaign, finding));
    }
    for ((day, _), mut found) in days {
        found.sort_by(|(_, a), (_, b)| {
            (b.severity.cmp(&a.severity)).then_with(|| b.score.total_cmp(&a.score)).then_with(|| a.id.cmp(&b.id))
        });
        if found.len() > folding.apart + 1 {
            let rest = found.split_off(folding.apart);
            findings.push(summary(&rest, day, folding));
        }
        findings.extend(found.into_iter().map(|(_, finding)| finding));
    }
    findings
}

/// One finding in place of `rest`, which is not empty: about the host that was tried most often, with the actors as targets.
fn summary(rest: &[Found], day: i64, folding: &Folding) -> Finding {
    let attacked = most_tried(rest.iter().flat_map(|(campaign, _)| campaign.targets().into_iter().map(|ip| (ip, 1))));
    let actor = attacked.first().map(Address::to_string).unwrap_or_default();
    let sources: BTreeSet<&str> = rest.iter().map(|(_, finding)| finding.actor.as_str()).collect();
    let all = Campaign {
        actor: attacked.first().copied().unwrap_or_default(),
        is_inside: false,
        tried: rest.iter().flat_map(|(campaign, _)| campaign.tried.iter().copied()).collect(),
    };
    let mut finding = all.finding(rest[0].1.detector);
    let date = rfc3339(day.saturating_mul(DAY_MS)).chars().take(10).collect::<String>();
    let count = counted(sources.len() as u64, "outside source");
    finding.id = id(finding.detector, &actor, &format!("inbound {date}"));
    finding.title =
        format!("{} made {} of {actor} on {date}", counted(sources.len() as u64, "more outside source"), folding.what);
    finding.severity = rest[0].1.severity;
    finding.score = rest[0].1.score;
    finding.techniques = rest[0].1.techniques.clone();
    finding.evidence.insert("sources", Evidence::Count(sources.len() as u64));
    finding.evidence.insert("campaigns", Evidence::Count(rest.len() as u64));
    finding.why = format!(
        "{count} made {} of {} in {}; {} of them were denied. Internet noise is summed up so that it hides nothing else.",
        folding.what,
        counted(attacked.len() as u64, "host"),
        counted(finding.flows, "flow"),
        all.sum(|t| t.flows_denied),
    );
    finding.next_step = format!(
        "Check that nothing was let through that should not be: `azflow flows --ip {actor} INPUT`, and the rules with \
         `az network nic list-effective-nsg`."
    );
    let mut listed = BTreeSet::new();
    finding.targets = (rest.iter().map(|(_, f)| f.actor.clone())).filter(|a| listed.insert(a.clone())).take(LISTED_MAX).collect();
    finding.actor = actor;
    (finding.bytes_sent, finding.bytes_received) = (finding.bytes_received, finding.bytes_sent);
    finding
}

/// The share of contacts without an answer, from 0 to 1, rounded to three places.
fn share(unanswered: u64, answered: u64) -> f64 {
    let all = (unanswered as f64 + answered as f64).max(1.0);
    (unanswered as f64 / all * 1000.0).round() / 1000.0
}

/// Distinct `tries`, those with the greatest sum first, then the smallest key.
pub(super) fn most_tried<Key: Ord + Copy>(tries: impl Iterator<Item = (Key, u64)>) -> Vec<Key> {
    let mut sums: BTreeMap<Key, u64> = BTreeMap::new();
    for (key, count) in tries {
        let sum = sums.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }
    let mut keys: Vec<(Key, u64)> = sums.into_iter().collect();
    keys.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    keys.into_iter().map(|(key, _)| key).collect()
}

/// The first [`LISTED_MAX`] of `ports`, ascending.
pub(super) fn listed(mut ports: Vec<u16>) -> Vec<u16> {
    ports.truncate(LISTED_MAX);
    ports.sort_unstable();
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_more_pairs_than_a_finding_lists_every_so_many_are_shown() {
        let host = Address::from(std::net::IpAddr::from([10, 0, 0, 4]));
        let pairs: BTreeSet<(Address, u16)> = (1..=700).map(|port| (host, port)).collect();
        let shown = shown(&pairs);
        assert_eq!((shown.len(), shown[0].as_str(), shown[1].as_str()), (234, "10.0.0.4 1", "10.0.0.4 4"));
    }
}
