//! Finds hosts that call an outside peer at regular times.
//!
//! Goes in: `contact_series`, and what `endpoints` knows of the peers. Comes out: one finding per host, peer, port and protocol.
//! Does not look at contacts without an answer as such: that is `failed_retries`.

use rayon::prelude::*;

use super::median::median;
use super::peers::Peers;
use super::{Detector, Setting, counted, known_good, series_finding};
use crate::schema::Address;
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{ContactSeries, ContactThresholds, RegularWindow, ServiceKey, Tables};

/// A host that calls one outside service at regular times.
///
/// # What it finds
///
/// Contacts that a local host begins to one public address and port at gaps, sizes and hours too even for a person: what
/// malware does that asks its command server for orders.
///
/// # Why it matters
///
/// A beacon is often the only trace that a compromise leaves in flow logs between the break-in and the damage.
///
/// # How
///
/// RITA's score, the mean of four parts from 0 to 1: how alike the gaps are (Bowley skewness and median deviation), how
/// alike the bytes sent are, how evenly the contacts fill the 24 parts of the window or stand on two levels, and how much of the window
/// they reach over. It is taken over sliding windows of 1, 6 and 24 hours (each moves by half its length), because a day's
/// window misses a compromise of an hour; longer windows must score higher, because more harmless things are regular over a
/// day. Only begins count: the counters of one long session would look like a perfect beacon. Where NSG logs leave sizes unmeasured
/// the mean is of the other three parts.
///
/// Medium if a window scores, high if two lengths do. Low at most where the service calls home by design (`lowered_by`: web, DNS, NTP,
/// push, Azure's own), or where at least `prevalence_max` of the local hosts that have contacts call the same peer, or where the
/// host has called it on `old_days` days: what was always there is seldom the intruder.
///
/// # Settings
///
/// - `contacts_min`: default 12, range 4 to 10000, contacts in a window. RITA scores from 4; with fewer than 12 even a person who
///   reloads a page can look regular. Raising it hides slow beacons.
/// - `score_min_1h`: default 0.8, range 0 to 1, score of an hour. In labelled captures command channels score 0.82 to 0.92 in their best hour, and peer-to-peer
///   clients that retry stay below 0.7. Raising it hides beacons with jitter.
/// - `score_min_6h`: default 0.85, range 0 to 1, score of six hours. As above.
/// - `score_min_24h`: default 0.9, range 0 to 1, score of a day. RITA calls 0.9 medium and 1.0 high over a day.
/// - `prevalence_max`: default 0.5, range 0 to 1, share of the local hosts with contacts, of at least four. RITA takes the same. Raising it keeps
///   fleet agents at medium.
/// - `old_days`: default 7, range 2 to 400, days with contacts. RITA lowers what it first saw 30 days ago and raises what is younger
///   than 7.
///
/// # Known false positives
///
/// Telemetry, licence checks, monitoring agents and game servers on ports of their own. Allow them by peer and port.
///
/// # References
///
/// ATT&CK T1071 (application layer protocol), T1571 (non-standard port). RITA 5, "beacon scoring". X. Hu et al., "BAYWATCH", DSN 2016.
pub struct Beacon;

/// Thresholds of [`Beacon`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Contacts in a window.
    pub contacts_min: usize,
    /// Score of an hour.
    pub score_min_1h: f64,
    /// Score of six hours.
    pub score_min_6h: f64,
    /// Score of a day.
    pub score_min_24h: f64,
    /// Share of local hosts.
    pub prevalence_max: f64,
    /// Days with contacts.
    pub old_days: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let ContactThresholds { window_contacts_min: contacts_min, window_scores_min, .. } = ContactThresholds::default();
        let [score_min_1h, score_min_6h, score_min_24h] = window_scores_min;
        Self { contacts_min, score_min_1h, score_min_6h, score_min_24h, prevalence_max: 0.5, old_days: 7 }
    }
}

/// Local hosts from which prevalence says something. Unit: hosts; of three hosts two are no fleet.
const PREVALENCE_HOSTS_MIN: usize = 4;

/// Most gaps that the evidence lists, for the interval strip. Unit: gaps.
const GAPS_LISTED_MAX: usize = 48;

impl Detector for Beacon {
    fn name(&self) -> &'static str {
        "beacon"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contact_series", "endpoints"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.beacon;
        vec![
            Setting { name: "contacts_min", value: s.contacts_min as f64, least: 4.0, most: 10_000.0 },
            Setting { name: "score_min_1h", value: s.score_min_1h, least: 0.0, most: 1.0 },
            Setting { name: "score_min_6h", value: s.score_min_6h, least: 0.0, most: 1.0 },
            Setting { name: "score_min_24h", value: s.score_min_24h, least: 0.0, most: 1.0 },
            Setting { name: "prevalence_max", value: s.prevalence_max, least: 0.0, most: 1.0 },
            Setting { name: "old_days", value: s.old_days as f64, least: 2.0, most: 400.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.beacon;
        let peers = Peers::new(tables);
        let prevalence = Prevalence::new(&tables.contact_series);
        let regular = tables.contact_series.iter().filter(|series| peers.is_public(series.key.dst_ip));
        regular
            .filter_map(|series| {
                let best = best(&series.regular)?;
                let reason = lowering(series, &peers, &prevalence, s);
                Some(describe(self.name(), &Judged { series, best, reason }, s))
            })
            .collect()
    }
}

/// The best of the windows: the greatest score, then the shorter window.
fn best(windows: &[RegularWindow]) -> Option<&RegularWindow> {
    windows.iter().min_by(|a, b| b.score.total.total_cmp(&a.score.total).then_with(|| a.hours.cmp(&b.hours)))
}

/// How many local hosts have contacts with each peer.
struct Prevalence {
    hosts: usize,
    /// Peer and host, each pair once; ascending.
    pairs: Vec<(Address, Address)>,
}

impl Prevalence {
    fn new(series: &[ContactSeries]) -> Self {
        let mut pairs: Vec<(Address, Address)> = series.iter().map(|s| (s.key.dst_ip, s.key.src_ip)).collect();
        pairs.par_sort_unstable();
        pairs.dedup();
        // Series ascend by host.
        let mut hosts: Vec<Address> = series.iter().map(|s| s.key.src_ip).collect();
        hosts.dedup();
        hosts.sort_unstable();
        hosts.dedup();
        Self { hosts: hosts.len(), pairs }
    }

    /// The share of hosts that call `peer`, where there are enough to tell.
    fn of(&self, peer: Address) -> Option<f64> {
        let first = self.pairs.partition_point(|(other, _)| *other < peer);
        let calling = self.pairs[first..].partition_point(|(other, _)| *other == peer);
        (self.hosts >= PREVALENCE_HOSTS_MIN).then(|| calling as f64 / self.hosts as f64)
    }
}

/// Why the beacon is probably harmless, if anything says so.
fn lowering(series: &ContactSeries, peers: &Peers<'_>, prevalence: &Prevalence, s: &Settings) -> Option<String> {
    let ServiceKey { dst_ip, dst_port, protocol, .. } = series.key;
    let days = series.days.len();
    let of_fleet = || {
        let share = prevalence.of(dst_ip).filter(|share| *share >= s.prevalence_max)?;
        Some(format!("{:.0} % of the local hosts call this peer", share * 100.0))
    };
    let of_old = || (days >= s.old_days).then(|| format!("the host called this peer on {}", counted(days as u64, "day")));
    known_good::reason(peers.of(dst_ip), dst_port, protocol).or_else(of_fleet).or_else(of_old)
}

/// A series with everything that its finding says.
struct Judged<'a> {
    series: &'a ContactSeries,
    best: &'a RegularWindow,
    reason: Option<String>,
}

fn describe(detector: &'static str, judged: &Judged<'_>, s: &Settings) -> Finding {
    let Judged { series, best, reason } = judged;
    let starts = best.starts.as_slice();
    let (from, to) = (starts.first().copied().unwrap_or(0), starts.last().copied().unwrap_or(0));
    let mut finding = series_finding::finding(detector, series, from, to);
    let severity = if series.regular.len() > 1 { Severity::High } else { Severity::Medium };
    finding.severity = known_good::lowered(severity, reason.as_ref());
    finding.score = best.score.total;
    finding.techniques = if reason.is_some() { vec!["T1071"] } else { vec!["T1071", "T1571"] };
    let gaps = gaps(starts);
    let usual = usual(&gaps);
    let (peer, port) = (finding.targets[0].clone(), finding.ports[0]);
    finding.title = format!("{} calls {peer} port {port} every {}", finding.actor, seconds(usual));
    finding.why = format!(
        "{} began {} to {peer} port {port} within {} at gaps of {} as a rule; their regularity scores {:.3} of 1 (threshold {}).",
        finding.actor,
        counted(starts.len() as u64, "contact"),
        counted(best.hours as u64, "hour"),
        seconds(usual),
        best.score.total,
        best.least,
    );
    let look = series_finding::where_to_look(&finding);
    finding.next_step = format!(
        "Find the process on {} that talks to {peer}, and who runs that address. If nobody knows of it, isolate the host. {look}",
        finding.actor
    );
    let evidence = &mut finding.evidence;
    evidence.insert("score", Evidence::Number(best.score.total));
    evidence.insert("score_min", Evidence::Number(best.least));
    evidence.insert("score_timestamps", Evidence::Number(best.score.timestamps));
    if let Some(sizes) = best.score.sizes {
        evidence.insert("score_sizes", Evidence::Number(sizes));
    }
    evidence.insert("score_histogram", Evidence::Number(best.score.histogram));
    evidence.insert("score_duration", Evidence::Number(best.score.duration));
    evidence.insert("window_hours", Evidence::Count(best.hours as u64));
    evidence.insert("window_contacts", Evidence::Count(starts.len() as u64));
    evidence.insert("contacts_min", Evidence::Count(s.contacts_min as u64));
    evidence.insert("interval_seconds_median", Evidence::Number(usual));
    evidence.insert("interval_seconds_deviation", Evidence::Number(deviation(&gaps)));
    evidence.insert("intervals_seconds", Evidence::List(gaps.iter().take(GAPS_LISTED_MAX).map(f64::to_string).collect()));
    if let Some(reason) = reason {
        evidence.insert("lowered_by", Evidence::Text(reason.clone()));
    }
    finding
}

/// The gaps between starts that are not equal, in seconds.
fn gaps(starts: &[i64]) -> Vec<f64> {
    starts.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 0).map(|gap| gap as f64 / 1000.0).collect()
}

/// The median of values in any order.
fn usual(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    median(&sorted)
}

/// The median distance of `values` from their median, in their unit: at least half of them lie so near.
fn deviation(values: &[f64]) -> f64 {
    let middle = usual(values);
    usual(&values.iter().map(|value| (value - middle).abs()).collect::<Vec<_>>())
}

/// `12 s`, `5 min`, `2.5 h`.
fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}
