//! Finds subnets, interfaces and rules that deny far more flows than they usually do.
//!
//! Goes in: `series`. Comes out: at most one finding per series and day, folded where one interface explains several. Does not look at
//! which ports were tried: that is a scan's finding.

use rayon::prelude::*;

use super::anomaly::{Candidate, Judged, Rise, finding, fold, judge, round, subject, where_to_look, window_begin};
use super::{Detector, Setting, counted, score};
use crate::schema::amount;
use crate::schema::codes::Direction;
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{SeriesRow, Tables};

/// A subnet, interface or rule that denies far more flows than it usually does.
///
/// # What it finds
///
/// Hours in which the denied flows of a subnet, an interface or a rule lie far above what the rest of the logs lets expect.
///
/// # Why it matters
///
/// A host of yours that is suddenly denied a lot scans, or calls what it may not: it may be taken over, or a change of rules broke
/// it. Denied flows from outside are the noise of the Internet; a burst of them is worth knowing, and was stopped.
///
/// # How
///
/// An hour's denied flows must be more than `denied_min` and more than the mean and `deviations` standard deviations of the covered hours before
/// (at least 6), as Azure Firewall's rule on denies has it; and their score must be at least `score_min`, which is made as that of
/// `volume_anomaly` (season, line, distance from the 10th and 90th percentile); and there was no rise of half the height before. Hours in a
/// row are one finding; of a day the worst is told. Of each kind the 2,000 series with most flows are judged, over the last 35 days. A rise that
/// an interface shows as well as its subnet and rule is one finding, which names the others (`also_at`).
///
/// Medium where most of the denied flows were begun by the interface or subnet (of a rule: were to leave), the rise is five times the greatest
/// before, and `history_hours_min` hours of the same kind of day (workday or weekend) came before; low otherwise, and `lowered_by` says why. Score of
/// the finding = x / (x + `score_min`).
///
/// # Settings
///
/// - `score_min`: default 5, range 1 to 1000, ranges above the band. As Microsoft's rules on time series ask. Raising it finds less.
/// - `denied_min`: default 1000, range 1 to 1000000000, denied flows an hour, one every four seconds: above the noise that a public address sees.
///   Raising it hides slow scans.
/// - `deviations`: default 3, range 0 to 100, standard deviations. As Azure Firewall's rule. Raising it finds less.
/// - `history_hours_min`: default 24, range 1 to 840, covered hours of the same kind of day before a medium finding. Raising it makes
///   fewer findings medium.
///
/// # Known false positives
///
/// A rule that was narrowed while clients still call; an agent that is denied its service and retries; a vulnerability scanner of your own.
///
/// # References
///
/// ATT&CK T1046 (network service discovery), T1595 (active scanning). Azure Firewall solution of Sentinel, "Abnormal Deny Rate"; KQL `series_decompose_anomalies`.
pub struct DenyAnomaly;

/// Thresholds of [`DenyAnomaly`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ranges above the band.
    pub score_min: f64,
    /// Denied flows an hour.
    pub denied_min: u64,
    /// Standard deviations.
    pub deviations: f64,
    /// Covered hours before.
    pub history_hours_min: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { score_min: 5.0, denied_min: 1_000, deviations: 3.0, history_hours_min: 24 }
    }
}

impl Detector for DenyAnomaly {
    fn name(&self) -> &'static str {
        "deny_anomaly"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["series"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.deny_anomaly;
        vec![
            Setting { name: "score_min", value: s.score_min, least: 1.0, most: 1_000.0 },
            Setting { name: "denied_min", value: s.denied_min as f64, least: 1.0, most: 1_000_000_000.0 },
            Setting { name: "deviations", value: s.deviations, least: 0.0, most: 100.0 },
            Setting { name: "history_hours_min", value: s.history_hours_min as f64, least: 1.0, most: 840.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.deny_anomaly;
        let rises = |row| rises(self.name(), row, window_begin(tables, row), s);
        fold(tables.series.par_iter().flat_map_iter(rises).collect())
    }
}

fn rises(detector: &'static str, row: &SeriesRow, since: usize, s: &Settings) -> Vec<Candidate> {
    let Some(judged) = judge(row, &row.flows_denied, (s.denied_min, s.score_min), since) else { return Vec::new() };
    let found = judged.rises(s.denied_min, s.score_min).into_iter().filter_map(|rise| {
        let usual = usual_most(&judged, rise.begin, s);
        let is_more = judged.values[rise.peak] as f64 > usual.max(s.denied_min as f64);
        is_more.then(|| candidate(detector, &judged, &rise, usual, s))
    });
    found.collect()
}

/// The mean and `deviations` standard deviations of the covered hours before `first`.
fn usual_most(judged: &Judged<'_>, first: usize, s: &Settings) -> f64 {
    let before: Vec<f64> = (0..first).filter(|at| judged.row.is_covered[*at]).map(|at| judged.values[at] as f64).collect();
    let count = before.len().max(1) as f64;
    let mean = before.iter().sum::<f64>() / count;
    let variance = before.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    mean + s.deviations * variance.sqrt()
}

fn candidate(detector: &'static str, judged: &Judged<'_>, rise: &Rise, usual: f64, s: &Settings) -> Candidate {
    let row = judged.row;
    let value = judged.values[rise.peak];
    let is_outbound = row.flows_denied_outbound[rise.peak] > value / 2;
    let doubt = match is_outbound {
        true => judged.doubt(rise, s.history_hours_min),
        false => Some("most of the denied flows came in, and were stopped".to_owned()),
    };
    let mut finding = finding(detector, row, rise.hours, "rise");
    finding.severity = if doubt.is_some() { Severity::Low } else { Severity::Medium };
    finding.score = score((rise.score * 1000.0) as u64, (s.score_min * 1000.0) as u64);
    let direction = if is_outbound { Direction::Outbound } else { Direction::Inbound };
    finding.direction = direction.name();
    finding.techniques = vec![if is_outbound { "T1046" } else { "T1595" }];
    finding.flows = row.flows_denied[rise.hours.0..=rise.hours.1].iter().sum();
    // Denied flows carry nothing: the bytes of these hours are other flows'.
    (finding.bytes_sent, finding.bytes_received) = (0, 0);
    finding.evidence = judged.evidence(rise, s.score_min, s.history_hours_min);
    finding.evidence.insert("denied_min", Evidence::Count(s.denied_min));
    finding.evidence.insert("mean_and_deviations", Evidence::Number(round(usual)));
    finding.evidence.insert("deviations", Evidence::Number(s.deviations));
    finding.evidence.insert("denied_outbound", Evidence::Count(row.flows_denied_outbound[rise.peak]));
    if let Some(doubt) = doubt {
        finding.evidence.insert("lowered_by", Evidence::Text(doubt));
    }
    let (subject, denied, expected) = (subject(row), counted(value, "flow"), amount::count(judged.expected(rise.peak)));
    let way = if is_outbound { "going out" } else { "coming in" };
    finding.title = format!("{subject}: {denied} denied in an hour, where {expected} are usual, most of them {way}");
    finding.why = format!(
        "From {} on {denied} of {subject} were denied in an hour, most of them {way}; the {} of logs before it let expect {expected}, which gives a \
         score of {} (threshold {}).",
        finding.first_time,
        counted(rise.history, "hour"),
        round(rise.score),
        s.score_min,
    );
    let look = where_to_look(row, judged.time(rise.peak), true);
    let what = match is_outbound {
        true => {
            "Find the host that is denied and what it calls: a scan means that it is taken over, else a rule or a service was changed."
        }
        false => "Nothing got through; make sure that the rule is meant to deny, and that no allowed port took the same sources.",
    };
    finding.next_step = format!("{what} {look}");
    Candidate { finding, kind: row.kind, measure: "flows_denied", peak: judged.time(rise.peak), rise: rise.rise }
}
