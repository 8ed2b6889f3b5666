//! Finds hosts that keep calling an outside service that does not answer.
//!
//! Goes in: `contact_series`, and what `endpoints` knows of the peers. Comes out: one finding per host, peer, port and protocol.
//! Does not look at many peers or ports: those are scans.

use super::peers::Peers;
use super::{Detector, Setting, counted, known_good, score, series_finding};
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{ContactHour, ContactSeries, Tables};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// A host that keeps calling one outside service without an answer.
///
/// # What it finds
///
/// Many contacts within minutes that a local host begins to one public address and port, most of which nobody answers.
///
/// # Why it matters
///
/// Malware whose command server was taken down goes on calling it. No regularity score sees that: the calls come in bursts. It
/// may as well be a broken service, which is worth knowing too.
///
/// # How
///
/// The most contacts within 10 minutes, of hours in which at least `unanswered_share_min` of the contacts got no answer (denied, or ended
/// with nothing or one packet back). Contacts whose answer is not known (NSG logs leave UDP unmeasured) count as answered. Score = n / (n +
/// `contacts_min`).
///
/// Medium. Low where every unanswered contact was denied (the rule already stops it), where the service calls home by design
/// (`lowered_by`), or where most of the other hours' contacts were answered: then the service was down for a while.
///
/// # Settings
///
/// - `contacts_min`: default 40, range 10 to 10000, contacts within 10 minutes. Measured on labelled captures: it finds dead command
///   servers that no beacon score sees, and peer-to-peer clients that retry stay at about 10. Raising it hides slow retries.
/// - `unanswered_share_min`: default 0.6, range 0 to 1, share of an hour's contacts. A service that answers every other call works. Raising it hides command servers that are up now and then.
///
/// # Known false positives
///
/// A monitoring or log target that is down, a licence server that moved.
///
/// # References
///
/// ATT&CK T1071 (application layer protocol), T1571 (non-standard port).
pub struct FailedRetries;

/// Thresholds of [`FailedRetries`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Contacts within 10 minutes.
    pub contacts_min: u64,
    /// Share of an hour's contacts.
    pub unanswered_share_min: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { contacts_min: 40, unanswered_share_min: 0.6 }
    }
}

/// How long a burst is. Unit: ms.
const BURST_MS: i64 = 10 * MINUTE_MS;

impl Detector for FailedRetries {
    fn name(&self) -> &'static str {
        "failed_retries"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["contact_series", "endpoints"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.failed_retries;
        vec![
            Setting { name: "contacts_min", value: s.contacts_min as f64, least: 10.0, most: 10_000.0 },
            Setting { name: "unanswered_share_min", value: s.unanswered_share_min, least: 0.0, most: 1.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.failed_retries;
        let peers = Peers::new(tables);
        // What is cheap to know is known first: a burst has no more contacts than the series has starts.
        let may_burst = |series: &&ContactSeries| {
            series.starts.len() as u64 >= s.contacts_min && series.hours.iter().any(|hour| fails(hour, s))
        };
        let bursting = tables.contact_series.iter().filter(may_burst);
        bursting
            .filter(|series| peers.is_public(series.key.dst_ip))
            .filter_map(|series| {
                let failing: Vec<&ContactHour> = series.hours.iter().filter(|hour| fails(hour, s)).collect();
                let burst = burst(series, &failing);
                (burst >= s.contacts_min).then(|| describe(self.name(), &Retries { series, failing, burst }, &peers, s))
            })
            .collect()
    }
}

/// Whether most of an hour's contacts got no answer.
fn fails(hour: &ContactHour, s: &Settings) -> bool {
    hour.unanswered > 0 && hour.unanswered as f64 >= s.unanswered_share_min * hour.begins as f64
}

/// The most contacts of the failing hours that began within 10 minutes.
fn burst(series: &ContactSeries, failing: &[&ContactHour]) -> u64 {
    let is_failing = |start: &&i64| {
        let hour = start.div_euclid(HOUR_MS);
        failing.binary_search_by_key(&hour, |failing| i64::from(failing.hour)).is_ok()
    };
    let starts: Vec<i64> = series.starts.iter().filter(is_failing).copied().collect();
    let mut from = 0;
    let mut most = 0;
    for (to, start) in starts.iter().enumerate() {
        while start - starts[from] >= BURST_MS {
            from += 1;
        }
        most = most.max(to + 1 - from);
    }
    most as u64
}

/// A series with the hours that fail.
struct Retries<'a> {
    series: &'a ContactSeries,
    failing: Vec<&'a ContactHour>,
    burst: u64,
}

/// Why the retries are probably harmless, if anything says so.
fn lowering(retries: &Retries<'_>, peers: &Peers<'_>, s: &Settings) -> Option<String> {
    let key = &retries.series.key;
    let (unanswered, denied) = retries.failing.iter().fold((0, 0), |sum, hour| (sum.0 + hour.unanswered, sum.1 + hour.denied));
    if denied == unanswered {
        return Some("every contact without an answer was denied".to_owned());
    }
    let others = retries.series.hours.iter().filter(|hour| !fails(hour, s));
    let (begins, answered) = others.fold((0, 0), |sum, hour| (sum.0 + hour.begins, sum.1 + hour.answered));
    if answered * 2 > begins && answered >= retries.burst {
        return Some("the service answered in the other hours".to_owned());
    }
    known_good::reason(peers.of(key.dst_ip), key.dst_port, key.protocol)
}

fn describe(detector: &'static str, retries: &Retries<'_>, peers: &Peers<'_>, s: &Settings) -> Finding {
    let series = retries.series;
    let hour = |hour: &ContactHour| i64::from(hour.hour);
    let (from, to) = (retries.failing.first().map_or(0, |h| hour(h)), retries.failing.last().map_or(0, |h| hour(h) + 1));
    let of_failing = |start: &&i64| (from * HOUR_MS..to * HOUR_MS).contains(*start);
    let (first, last) = (series.starts.iter().find(of_failing), series.starts.iter().rfind(of_failing));
    let mut finding =
        series_finding::finding(detector, series, first.copied().unwrap_or_default(), last.copied().unwrap_or_default());
    let reason = lowering(retries, peers, s);
    let unanswered: u64 = retries.failing.iter().map(|hour| hour.unanswered).sum();
    let begins: u64 = retries.failing.iter().map(|hour| hour.begins).sum();
    finding.severity = known_good::lowered(Severity::Medium, reason.as_ref());
    finding.score = score(retries.burst, s.contacts_min);
    finding.techniques = vec!["T1071", "T1571"];
    let (peer, port) = (finding.targets[0].clone(), finding.ports[0]);
    finding.title = format!("{} keeps calling {peer} port {port} without an answer", finding.actor);
    finding.why = format!(
        "{} began {} to {peer} port {port} within 10 minutes (threshold {}), and {unanswered} of the {begins} in such hours got no answer.",
        finding.actor,
        counted(retries.burst, "contact"),
        s.contacts_min,
    );
    let look = series_finding::where_to_look(&finding);
    finding.next_step = format!(
        "Find the process on {} that calls {peer}. If it is a service of yours, mend it; if nobody knows of it, isolate the host. {look}",
        finding.actor
    );
    finding.evidence.insert("burst_contacts", Evidence::Count(retries.burst));
    finding.evidence.insert("contacts_min", Evidence::Count(s.contacts_min));
    finding
        .evidence
        .insert("unanswered_share", Evidence::Number((unanswered as f64 / begins.max(1) as f64 * 1000.0).round() / 1000.0));
    finding.evidence.insert("unanswered_share_min", Evidence::Number(s.unanswered_share_min));
    finding.evidence.insert("failing_hours", Evidence::Count(retries.failing.len() as u64));
    if let Some(reason) = reason {
        finding.evidence.insert("lowered_by", Evidence::Text(reason));
    }
    finding
}
