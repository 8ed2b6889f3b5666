//! The arithmetic that port scans and host sweeps share: hours of fan-out become campaigns, campaigns become findings.
//!
//! Goes in: rows of fan-out. Comes out: one campaign per actor and stretch of hours, half-made findings, and summaries of
//! inbound noise. Does not decide what is a port scan or a sweep, nor how bad one is: the detectors do.

use std::cell::OnceCell;
use std::cmp::Reverse;
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
    tried: Vec<Tried<'a>>,
    targets: OnceCell<Vec<Address>>,
    ports: OnceCell<Vec<u16>>,
}

/// Folds `tried` into campaigns, in order of actor and time. A pause of more than `pause_hours` begins a new one.
///
/// Azure's own probes (scope platform) are left out: they are everywhere and cannot be acted upon.
pub(super) fn campaigns<'a>(mut tried: Vec<Tried<'a>>, pause_hours: u32, tables: &Tables) -> Vec<Campaign<'a>> {
    tried.sort_by_key(|t| (t.actor, t.hour, t.first_time, t.protocol, t.targets, t.ports));
    let mut actors: Vec<Address> = tried.iter().map(|t| t.actor).collect();
    actors.dedup();
    let scopes = scopes(tables, &actors);
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
                campaigns.push(Campaign::new(t.actor, is_inside, vec![t]));
            }
        }
    }
    campaigns
}

/// Where each of `wanted`, which ascend, belongs, as far as the table of addresses knows it.
pub(super) fn scopes(tables: &Tables, wanted: &[Address]) -> BTreeMap<Address, Scope> {
    let is_wanted = |ip: &Address| wanted.binary_search(ip).is_ok();
    tables.traffic_by_ip.iter().filter(|row| is_wanted(&row.ip)).map(|row| (row.ip, row.scope)).collect()
}

impl<'a> Campaign<'a> {
    fn new(actor: Address, is_inside: bool, tried: Vec<Tried<'a>>) -> Self {
        Self { actor, is_inside, tried, targets: OnceCell::new(), ports: OnceCell::new() }
    }

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
    fn pairs(&self) -> Vec<(Address, u16)> {
        let of_row = |t: &Tried<'a>| {
            let (targets, ports) = (t.targets, t.ports);
            targets.iter().flat_map(|target| ports.iter().map(|port| (*target, *port)))
        };
        let mut pairs: Vec<(Address, u16)> = self.tried.iter().flat_map(of_row).collect();
        // Those of a row ascend: such runs are merged.
        pairs.sort();
        pairs.dedup();
        pairs
    }

    /// Hosts tried, most often tried first, then by address.
    pub fn targets(&self) -> &[Address] {
        let tries = || self.tried.iter().flat_map(|t| t.targets.iter().map(|target| (*target, t.ports.len() as u64)));
        self.targets.get_or_init(|| most_tried(tries()))
    }

    /// Ports tried, most often tried first, then by number.
    pub fn ports(&self) -> &[u16] {
        let tries = || self.tried.iter().flat_map(|t| t.ports.iter().map(|port| (*port, t.targets.len() as u64)));
        self.ports.get_or_init(|| most_tried(tries()))
    }

    /// The id of the finding.
    fn id(&self, detector: &'static str) -> String {
        let hour = self.tried.first().map_or(0, |t| t.hour);
        id(detector, &self.actor.to_string(), &format!("hour {hour}"))
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
            id: self.id(detector),
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
            ports: listed(ports.to_vec()),
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
fn shown(pairs: &[(Address, u16)]) -> Vec<String> {
    let step = pairs.len().div_ceil(PAIRS_MAX).max(1);
    pairs.iter().step_by(step).map(|(target, port)| format!("{target} {port}")).collect()
}

/// How campaigns are judged, and how inbound noise is summed up.
pub(super) struct Judge<'j> {
    /// Name of the detector.
    pub detector: &'static str,
    /// How bad a campaign is.
    pub severity: &'j dyn Fn(&Campaign<'_>) -> Severity,
    /// How far beyond the threshold it is.
    pub score: &'j dyn Fn(&Campaign<'_>) -> f64,
    /// Its finding in words.
    pub describe: &'j dyn Fn(&Campaign<'_>) -> Finding,
    /// Whether each host attacked has its own summary; else one for all hosts.
    pub per_target: bool,
    /// Findings of one day that stay apart.
    pub apart: usize,
    /// What the actors did, in the plural.
    pub what: &'static str,
}

impl Judge<'_> {
    /// The findings of actors inside, and of the others the worst of each UTC day; sums up the rest of that day, of which no finding is written.
    pub fn findings(&self, campaigns: Vec<Campaign<'_>>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut days: BTreeMap<(i64, Option<Address>), Vec<Campaign>> = BTreeMap::new();
        for campaign in campaigns {
            if campaign.is_inside {
                findings.push((self.describe)(&campaign));
                continue;
            }
            let day = campaign.tried.iter().map(|t| t.first_time).min().unwrap_or(0).div_euclid(DAY_MS);
            let target = if self.per_target { campaign.targets().first().copied() } else { None };
            days.entry((day, target)).or_default().push(campaign);
        }
        for ((day, _), campaigns) in days {
            let mut ranked = self.ranked(campaigns);
            if ranked.len() > self.apart + 1 {
                let rest = ranked.split_off(self.apart);
                findings.push(self.summary(&rest, day));
            }
            findings.extend(ranked.iter().map(self.describe));
        }
        findings
    }

    /// The worst first, as findings are sorted.
    fn ranked<'a>(&self, campaigns: Vec<Campaign<'a>>) -> Vec<Campaign<'a>> {
        let rank =
            |campaign: Campaign<'a>| ((self.severity)(&campaign), (self.score)(&campaign), campaign.id(self.detector), campaign);
        let mut ranked: Vec<(Severity, f64, String, Campaign)> = campaigns.into_iter().map(rank).collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| b.1.total_cmp(&a.1)).then_with(|| a.2.cmp(&b.2)));
        ranked.into_iter().map(|(.., campaign)| campaign).collect()
    }

    /// One finding in place of `rest`, which is not empty and ranked: about the host that was tried most often, with the actors as targets.
    fn summary(&self, rest: &[Campaign<'_>], day: i64) -> Finding {
        let attacked = most_tried(rest.iter().flat_map(|campaign| campaign.targets().iter().map(|ip| (*ip, 1))));
        let actor = attacked.first().map(Address::to_string).unwrap_or_default();
        let actors: Vec<String> = rest.iter().map(|campaign| campaign.actor.to_string()).collect();
        let sources = actors.iter().collect::<BTreeSet<_>>().len() as u64;
        let tried = rest.iter().flat_map(|campaign| campaign.tried.iter().copied()).collect();
        let all = Campaign::new(attacked.first().copied().unwrap_or_default(), false, tried);
        let worst = (self.describe)(&rest[0]);
        let mut finding = all.finding(self.detector);
        let date = rfc3339(day.saturating_mul(DAY_MS)).chars().take(10).collect::<String>();
        let count = counted(sources, "outside source");
        finding.id = id(self.detector, &actor, &format!("inbound {date}"));
        finding.title = format!("{} made {} of {actor} on {date}", counted(sources, "more outside source"), self.what);
        (finding.severity, finding.score, finding.techniques) = (worst.severity, worst.score, worst.techniques);
        finding.evidence.insert("sources", Evidence::Count(sources));
        finding.evidence.insert("campaigns", Evidence::Count(rest.len() as u64));
        finding.why = format!(
            "{count} made {} of {} in {}; {} of them were denied. Internet noise is summed up so that it hides nothing else.",
            self.what,
            counted(attacked.len() as u64, "host"),
            counted(finding.flows, "flow"),
            all.sum(|t| t.flows_denied),
        );
        finding.next_step = format!(
            "Check that nothing was let through that should not be: `azflow flows --ip {actor} INPUT`, and the rules with \
             `az network nic list-effective-nsg`."
        );
        let mut listed = BTreeSet::new();
        finding.targets = actors.iter().filter(|actor| listed.insert(*actor)).take(LISTED_MAX).cloned().collect();
        finding.actor = actor;
        (finding.bytes_sent, finding.bytes_received) = (finding.bytes_received, finding.bytes_sent);
        finding
    }
}

/// The share of contacts without an answer, from 0 to 1, rounded to three places.
fn share(unanswered: u64, answered: u64) -> f64 {
    let all = (unanswered as f64 + answered as f64).max(1.0);
    (unanswered as f64 / all * 1000.0).round() / 1000.0
}

/// Distinct `tries`, those with the greatest sum first, then the smallest key.
pub(super) fn most_tried<Key: Ord + Copy>(tries: impl Iterator<Item = (Key, u64)>) -> Vec<Key> {
    // Tries come in ascending runs as a rule, which a stable sort merges.
    let mut sums: Vec<(Key, u64)> = tries.collect();
    sums.sort_by_key(|(key, _)| *key);
    sums.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 = kept.1.saturating_add(next.1);
        }
        same
    });
    sums.sort_by_key(|(_, count)| Reverse(*count));
    sums.into_iter().map(|(key, _)| key).collect()
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
        let pairs: Vec<(Address, u16)> = (1..=700).map(|port| (host, port)).collect();
        let shown = shown(&pairs);
        assert_eq!((shown.len(), shown[0].as_str(), shown[1].as_str()), (234, "10.0.0.4 1", "10.0.0.4 4"));
    }
}
