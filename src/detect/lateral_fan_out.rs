//! Finds hosts that reach for many other hosts inside, over the ports by which intruders move on.
//!
//! Goes in: `logon_attempts`, what `endpoints` knows of the addresses, the window of `traffic_over_time`, and `host_fan_out` for what a sweep tells already.
//! Comes out: one finding per host and campaign. Does not look at how often a host was tried: that is `brute_force`.

use std::collections::{BTreeMap, BTreeSet};

use super::campaign::{Tried, listed, most_tried};
use super::logons::{Side, side};
use super::peers::Peers;
use super::{Detector, LISTED_MAX, Setting, counted, id, score};
use crate::schema::Address;
use crate::schema::codes::{Direction, TCP};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{LogonRow, Tables};
use crate::schema::units::{HOUR_MS, rfc3339};

/// A host that reaches for many hosts inside which it did not talk to before.
///
/// # What it finds
///
/// A host of yours that within an hour contacts many inside hosts for the first time, over SSH (22), RPC and WMI (135), NetBIOS (139), SMB (445), RDP (3389)
/// or WinRM (5985, 5986).
///
/// # Why it matters
///
/// Intruders and worms move on over these ports. A server of yours talks over them to the same few hosts, day after day.
///
/// # How
///
/// The first TCP contact of each source, host and port in the log, answered or not; both ends inside (local, known VNet, on-premises, private). n is
/// the most distinct hosts first contacted within 60 minutes; n ≥ `peers_min` makes a campaign, which ends with a pause of more than 2 hours.
///
/// Everything is new when a log begins. So of the first `learning_hours` hours a contact does not count if it comes again in 3 or more later hours, or 12
/// hours later: that is a habit. And where most were answered and the source had as much as half of n other hosts on these ports in any
/// hour outside of the campaign, it is a server that always talks to many, and nothing is found. Score = n / (n + `peers_min`).
///
/// Medium; high from `peers_high` hosts, or where most hosts did not answer. Low (`lowered_by`) where most answered and, within the learning
/// time, the log has fewer than 3 other hours to compare with or the campaign lasts 6 hours and more. A sweep that `host_sweep` reports at the same time on one of the
/// ports is left to it.
///
/// # Settings
///
/// - `peers_min`: default 5, range 3 to 10000, hosts within 60 minutes. A member of a domain meets two to four servers when it
///   starts. Raising it hides careful intruders.
/// - `peers_high`: default 15, range 3 to 10000, hosts within 60 minutes: more than a person reaches for by hand. Raising it makes fewer findings
///   high.
/// - `learning_hours`: default 24, range 0 to 720, hours from the log's begin: a day has most jobs once. Raising it takes more for habits.
///
/// # Known false positives
///
/// Backup, deployment and inventory servers on the first day of a log, if they run once a day. Vulnerability scanners of your own. A log of several days knows
/// them better.
///
/// # References
///
/// ATT&CK T1021 (remote services: .001 RDP, .002 SMB, .003 DCOM, .004 SSH, .006 WinRM). Elastic detection rules on sweeps of administration ports;
/// Microsoft Sentinel's port sweep rule (20 hosts on a port in an hour).
pub struct LateralFanOut;

/// Thresholds of [`LateralFanOut`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Hosts within 60 minutes.
    pub peers_min: u64,
    /// Hosts within 60 minutes.
    pub peers_high: u64,
    /// Hours.
    pub learning_hours: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { peers_min: 5, peers_high: 15, learning_hours: 24 }
    }
}

/// Ports by which intruders move on, and the ATT&CK technique of each. Ascending.
static PORTS: &[(u16, &str)] = &[
    (22, "T1021.004"),
    (135, "T1021.003"),
    (139, "T1021.002"),
    (445, "T1021.002"),
    (3389, "T1021.001"),
    (5985, "T1021.006"),
    (5986, "T1021.006"),
];

/// Longest pause inside a campaign. Unit: ms; range 1 hour and up; raising it joins separate campaigns of a day.
const PAUSE_MAX_MS: i64 = 2 * HOUR_MS;
/// Later hours with a contact that make a habit. Unit: hours; range 1 to 24. Raising it takes fewer contacts for habits.
const HABIT_HOURS: usize = 3;
/// How much later a contact comes again if it is a habit of few hours a day. Unit: hours; range 6 to 24.
const HABIT_PAUSE_HOURS: u32 = 12;
/// Hours to compare with. Unit: hours of the log outside of the campaign; range 1 to 24. Raising it makes more findings low.
const OTHER_HOURS_MIN: u32 = 3;
/// Hours after which a campaign looks like a server's daily work. Unit: hours; range 3 to 24.
const STEADY_HOURS: u32 = 6;

impl Detector for LateralFanOut {
    fn name(&self) -> &'static str {
        "lateral_fan_out"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["endpoints", "host_fan_out", "logon_attempts", "traffic_over_time"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.lateral_fan_out;
        vec![
            Setting { name: "peers_min", value: s.peers_min as f64, least: 3.0, most: 10_000.0 },
            Setting { name: "peers_high", value: s.peers_high as f64, least: 3.0, most: 10_000.0 },
            Setting { name: "learning_hours", value: f64::from(s.learning_hours), least: 0.0, most: 720.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let peers = Peers::new(tables);
        let is_inside = |row: &LogonRow| {
            side(&peers, row.key.src_ip, row.src_is_local) == Side::Inside
                && side(&peers, row.key.dst_ip, row.dst_is_local) == Side::Inside
        };
        let is_port = |row: &LogonRow| row.key.protocol == TCP && technique(row.key.dst_port).is_some();
        let mut sources: BTreeMap<Address, Vec<&LogonRow>> = BTreeMap::new();
        for row in tables.logon_attempts.iter().filter(|row| is_port(row) && row.key.src_ip != row.key.dst_ip && is_inside(row)) {
            sources.entry(row.key.src_ip).or_default().push(row);
        }
        let window = window(tables);
        let sweeps = Sweeps::of(tables, settings);
        let mut findings = Vec::new();
        // Each host of a burst has a row.
        let may_burst = |rows: &&Vec<&LogonRow>| rows.len() as u64 >= settings.lateral_fan_out.peers_min;
        for rows in sources.values().filter(may_burst) {
            for campaign in campaigns(rows, window, &settings.lateral_fan_out) {
                if !sweeps.tell_of(&campaign) {
                    findings.extend(judge(self.name(), &campaign, rows, window, &settings.lateral_fan_out));
                }
            }
        }
        findings
    }
}

fn technique(port: u16) -> Option<&'static str> {
    PORTS.binary_search_by_key(&port, |(of, _)| *of).ok().map(|at| PORTS[at].1)
}

/// First and last hour of the log, from the epoch.
fn window(tables: &Tables) -> (u32, u32) {
    let intervals = tables.traffic_over_time.iter().map(|row| row.interval_start.div_euclid(HOUR_MS) as u32);
    let logons = tables.logon_attempts.iter().map(|row| row.hour);
    let hours = || intervals.clone().chain(logons.clone());
    (hours().min().unwrap_or(0), hours().max().unwrap_or(0))
}

/// The first contact of a source with a host and port.
#[derive(Clone, Copy)]
struct First<'a> {
    row: &'a LogonRow,
    is_answered: bool,
}

/// First contacts that belong together, ascending by time; never empty.
struct Campaign<'a> {
    contacts: Vec<First<'a>>,
    /// Most distinct hosts within 60 minutes.
    peak: u64,
}

impl Campaign<'_> {
    fn hours(&self) -> std::ops::RangeInclusive<u32> {
        let hours = self.contacts.iter().map(|first| first.row.hour);
        hours.clone().min().unwrap_or(0)..=hours.max().unwrap_or(0)
    }

    fn ports(&self) -> Vec<u16> {
        most_tried(self.contacts.iter().map(|first| (first.row.key.dst_port, 1)))
    }

    fn peers(&self) -> Vec<Address> {
        most_tried(self.contacts.iter().map(|first| (first.row.key.dst_ip, 1)))
    }

    /// How many hosts answered on no port.
    fn silent(&self) -> u64 {
        let answered: BTreeSet<Address> =
            self.contacts.iter().filter(|first| first.is_answered).map(|first| first.row.key.dst_ip).collect();
        self.peers().len() as u64 - answered.len() as u64
    }
}

/// The campaigns of one source, whose rows lie in any order.
fn campaigns<'a>(rows: &[&'a LogonRow], window: (u32, u32), s: &Settings) -> Vec<Campaign<'a>> {
    let mut services: Vec<(Address, u16, u32, &LogonRow)> =
        rows.iter().map(|row| (row.key.dst_ip, row.key.dst_port, row.hour, *row)).collect();
    services.sort_by_key(|(dst_ip, dst_port, hour, _)| (*dst_ip, *dst_port, *hour));
    let mut firsts: Vec<First> = Vec::new();
    for of_service in services.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let hours: Vec<&LogonRow> = of_service.iter().map(|(.., row)| *row).collect();
        if !(is_learning(hours[0].hour, window, s) && is_habit(&hours)) {
            firsts.push(First { row: hours[0], is_answered: hours.iter().any(|row| may_be_answered(row)) });
        }
    }
    firsts.sort_by_key(|first| (first.row.first_time, first.row.key));
    let mut campaigns: Vec<Campaign> = Vec::new();
    for (first, peak) in in_bursts(&firsts, s.peers_min) {
        let time = first.row.first_time;
        let last_time = |open: &Campaign| open.contacts.last().map_or(time, |last| last.row.first_time);
        match campaigns.last_mut() {
            Some(open) if time - last_time(open) <= PAUSE_MAX_MS => {
                open.contacts.push(first);
                open.peak = open.peak.max(peak);
            }
            _ => campaigns.push(Campaign { contacts: vec![first], peak }),
        }
    }
    campaigns
}

fn is_learning(hour: u32, window: (u32, u32), s: &Settings) -> bool {
    hour.saturating_sub(window.0) < s.learning_hours
}

/// Whether a source comes back to a host and port; `hours` ascend.
fn is_habit(hours: &[&LogonRow]) -> bool {
    let first = hours[0].hour;
    let last = hours.last().map_or(first, |row| row.hour);
    hours.len() > HABIT_HOURS || last - first >= HABIT_PAUSE_HOURS
}

/// What is not measured, or not ended within the hour, may have been answered.
fn may_be_answered(row: &LogonRow) -> bool {
    row.contacts.answered + row.contacts.unknown > 0
}

/// The contacts that lie in some 60 minutes with at least `peers_min` hosts, each with the most hosts of those.
fn in_bursts<'a>(firsts: &[First<'a>], peers_min: u64) -> Vec<(First<'a>, u64)> {
    let mut peaks = vec![0; firsts.len()];
    let mut hosts: BTreeMap<Address, u64> = BTreeMap::new();
    let (mut from, mut marked) = (0, 0);
    for (to, first) in firsts.iter().enumerate() {
        *hosts.entry(first.row.key.dst_ip).or_default() += 1;
        while first.row.first_time - firsts[from].row.first_time >= HOUR_MS {
            let host = firsts[from].row.key.dst_ip;
            if let Some(count) = hosts.get_mut(&host) {
                *count -= 1;
                if *count == 0 {
                    hosts.remove(&host);
                }
            }
            from += 1;
        }
        let count = hosts.len() as u64;
        if count >= peers_min {
            peaks[to] = count;
            // Those before `marked` have a mark of an earlier window, whose hosts the campaign counts as well.
            peaks[from.max(marked)..to].iter_mut().for_each(|peak| *peak = count.max(*peak));
            marked = to;
        }
    }
    firsts.iter().copied().zip(peaks).filter(|(_, peak)| *peak > 0).collect()
}

/// What `host_sweep` tells of.
struct Sweeps {
    /// Source, hour and port, ascending.
    tried: Vec<(Address, u32, u16)>,
}

impl Sweeps {
    fn of(tables: &Tables, settings: &super::Settings) -> Self {
        let s = &settings.host_sweep;
        let sweeps = tables.host_fan_out.iter().filter(|row| row.protocol == TCP);
        let sweeps = sweeps.filter(|row| Tried::from_hosts(row).is_fan_out(s.hosts_min, s.unanswered_share_min));
        let mut tried: Vec<_> = sweeps.filter_map(|row| Some((row.src_ip, row.hour, row.dst_port?))).collect();
        tried.sort_unstable();
        Self { tried }
    }

    /// Whether one is of the campaign's source, in its hours, on one of its ports.
    fn tell_of(&self, campaign: &Campaign<'_>) -> bool {
        let (hours, ports) = (campaign.hours(), campaign.ports());
        let source = campaign.contacts[0].row.key.src_ip;
        let from = self.tried.partition_point(|(of, hour, _)| (*of, *hour) < (source, *hours.start()));
        let of_source = self.tried[from..].iter().take_while(|(of, hour, _)| *of == source && hour <= hours.end());
        of_source.into_iter().any(|(.., port)| ports.contains(port))
    }
}

/// The finding of a campaign of the source with `rows`, or nothing if it is a server that always talks to many.
fn judge(
    detector: &'static str,
    campaign: &Campaign<'_>,
    rows: &[&LogonRow],
    window: (u32, u32),
    s: &Settings,
) -> Option<Finding> {
    let (hours, silent) = (campaign.hours(), campaign.silent());
    let is_silent = silent * 2 > campaign.peers().len() as u64;
    let usual = usual(rows, campaign, &hours);
    if !is_silent && usual * 2 >= campaign.peak {
        return None;
    }
    let length = hours.end() - hours.start() + 1;
    let others = (window.1 - window.0 + 1).saturating_sub(length);
    let learning = !is_silent && is_learning(*hours.start(), window, s);
    let lowered_by = match () {
        () if learning && others < OTHER_HOURS_MIN => Some("the log is too short to know whom the host talks to as a rule"),
        () if learning && length >= STEADY_HOURS => Some("it goes on for hours, as a server's daily work does"),
        () => None,
    };
    let severity = match () {
        () if lowered_by.is_some() => Severity::Low,
        () if is_silent || campaign.peak >= s.peers_high => Severity::High,
        () => Severity::Medium,
    };
    let mut finding = describe(detector, campaign, silent, s);
    finding.severity = severity;
    finding.evidence.insert("peers_usual", Evidence::Count(usual));
    if let Some(reason) = lowered_by {
        finding.evidence.insert("lowered_by", Evidence::Text(reason.to_owned()));
    }
    Some(finding)
}

/// Most other hosts of an hour outside of the campaign's `hours`: who comes back to hosts does not make them usual.
fn usual(rows: &[&LogonRow], campaign: &Campaign<'_>, hours: &std::ops::RangeInclusive<u32>) -> u64 {
    let own: BTreeSet<Address> = campaign.peers().into_iter().collect();
    let mut others: BTreeMap<u32, BTreeSet<Address>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !hours.contains(&row.hour) && !own.contains(&row.key.dst_ip)) {
        others.entry(row.hour).or_default().insert(row.key.dst_ip);
    }
    others.values().map(|peers| peers.len() as u64).max().unwrap_or(0)
}

fn describe(detector: &'static str, campaign: &Campaign<'_>, silent: u64, s: &Settings) -> Finding {
    let rows = || campaign.contacts.iter().map(|first| first.row);
    let sum = |measure: fn(&LogonRow) -> u64| rows().map(measure).fold(0, u64::saturating_add);
    let (peers, ports) = (campaign.peers(), listed(campaign.ports()));
    let actor = rows().next().map(|row| row.key.src_ip.to_string()).unwrap_or_default();
    let techniques: BTreeSet<&'static str> = ports.iter().filter_map(|port| technique(*port)).collect();
    let shown: Vec<String> = ports.iter().map(u16::to_string).collect();
    let on = format!("port{} {}", if ports.len() == 1 { "" } else { "s" }, shown.join(", "));
    Finding {
        id: id(detector, &actor, &format!("hour {}", campaign.hours().start())),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector,
        title: format!("{actor} reached for {} it did not talk to before", counted(peers.len() as u64, "inside host")),
        severity: Severity::Medium,
        score: score(campaign.peak, s.peers_min),
        actor_kind: ActorKind::Ip,
        targets: peers.iter().take(LISTED_MAX).map(Address::to_string).collect(),
        protocol: Some(TCP),
        direction: rows().filter_map(|row| row.direction).max().unwrap_or(Direction::Outbound).name(),
        interface: rows().map(|row| &*row.mac).min().unwrap_or_default().to_owned(),
        first_time: rfc3339(rows().map(|row| row.first_time).min().unwrap_or(0)),
        last_time: rfc3339(rows().map(|row| row.last_time).max().unwrap_or(0)),
        flows: sum(|row| row.contacts.begins),
        bytes_sent: sum(|row| row.contacts.bytes_sent),
        bytes_received: sum(|row| row.contacts.bytes_received),
        techniques: techniques.into_iter().collect(),
        evidence: BTreeMap::from([
            ("peers", Evidence::Count(peers.len() as u64)),
            ("peers_silent", Evidence::Count(silent)),
            ("peers_peak", Evidence::Count(campaign.peak)),
            ("peers_min", Evidence::Count(s.peers_min)),
            ("peers_high", Evidence::Count(s.peers_high)),
        ]),
        why: format!(
            "{actor} contacted up to {} within an hour on {on} for the first time in this log (threshold {}); {silent} of {} did not answer.",
            counted(campaign.peak, "inside host"),
            s.peers_min,
            peers.len(),
        ),
        next_step: format!(
            "Ask who administers from {actor}, and find its process of that time; if nobody knows of it, isolate {actor} and read the logon events of \
             the hosts that answered. `azflow flows --ip {actor} INPUT` shows every contact. In Log Analytics: `NTANetAnalytics | where SrcIp == \
             '{actor}' and DestPort in ({}) | summarize min(FlowStartTime) by DestIp, DestPort`.",
            shown.join(", ")
        ),
        ports,
        actor,
    }
}
