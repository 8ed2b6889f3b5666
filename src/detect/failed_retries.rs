//! Finds hosts that keep calling an outside service that does not answer.
//!
//! Goes in: `contact_series`, and what `endpoints` knows of the peers. Comes out: one finding per host, peer, port and protocol.
//! Does not look at many peers or ports: those are scans.

use super::peers::Peers;
use super::{Detector, Setting, counted, known_good, score, series_finding};
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{ContactCounts, ContactSeries, ContactThresholds, FailingHours, Tables};

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
        Self { contacts_min: 40, unanswered_share_min: ContactThresholds::default().unanswered_share_min }
    }
}

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
        let bursting = tables.contact_series.iter().filter(|series| series.failing.burst >= s.contacts_min);
        let public = bursting.filter(|series| peers.is_public(series.key.dst_ip));
        public.map(|series| describe(self.name(), series, &peers, s)).collect()
    }
}

/// Why the retries are probably harmless, if anything says so.
fn lowering(series: &ContactSeries, peers: &Peers<'_>) -> Option<String> {
    let (key, all, failing) = (&series.key, &series.contacts, &series.failing);
    if failing.contacts.denied == failing.contacts.unanswered {
        return Some("every contact without an answer was denied".to_owned());
    }
    let (begins, answered) = (all.begins - failing.contacts.begins, all.answered - failing.contacts.answered);
    if answered * 2 > begins && answered >= failing.burst {
        return Some("the service answered in the other hours".to_owned());
    }
    known_good::reason(peers.of(key.dst_ip), key.dst_port, key.protocol)
}

fn describe(detector: &'static str, series: &ContactSeries, peers: &Peers<'_>, s: &Settings) -> Finding {
    let FailingHours { hours, contacts, first_time, last_time, burst } = series.failing;
    let ContactCounts { begins, unanswered, .. } = contacts;
    let mut finding = series_finding::finding(detector, series, first_time, last_time);
    let reason = lowering(series, peers);
    finding.severity = known_good::lowered(Severity::Medium, reason.as_ref());
    finding.score = score(burst, s.contacts_min);
    finding.techniques = vec!["T1071", "T1571"];
    let (peer, port) = (finding.targets[0].clone(), finding.ports[0]);
    finding.title = format!("{} keeps calling {peer} port {port} without an answer", finding.actor);
    finding.why = format!(
        "{} began {} to {peer} port {port} within 10 minutes (threshold {}), and {unanswered} of the {begins} in such hours got no answer.",
        finding.actor,
        counted(burst, "contact"),
        s.contacts_min,
    );
    let look = series_finding::where_to_look(&finding);
    finding.next_step = format!(
        "Find the process on {} that calls {peer}. If it is a service of yours, mend it; if nobody knows of it, isolate the host. {look}",
        finding.actor
    );
    finding.evidence.insert("burst_contacts", Evidence::Count(burst));
    finding.evidence.insert("contacts_min", Evidence::Count(s.contacts_min));
    finding
        .evidence
        .insert("unanswered_share", Evidence::Number((unanswered as f64 / begins.max(1) as f64 * 1000.0).round() / 1000.0));
    finding.evidence.insert("unanswered_share_min", Evidence::Number(s.unanswered_share_min));
    finding.evidence.insert("failing_hours", Evidence::Count(hours));
    if let Some(reason) = reason {
        finding.evidence.insert("lowered_by", Evidence::Text(reason));
    }
    finding
}
