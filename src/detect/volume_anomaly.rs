//! Finds subnets, interfaces and rules that carry far more than they usually do, and busy interfaces that fall silent.
//!
//! Goes in: `series`. Comes out: at most one finding per series and day, folded where one interface explains several. Does not look
//! at who talked to whom.

use rayon::prelude::*;

use super::anomaly::{Candidate, Judged, Rise, finding, fold, judge, round, subject, where_to_look, window_begin};
use super::{Detector, Setting, counted, score};
use crate::schema::amount;
use crate::schema::finding::{Evidence, Finding, Severity};
use crate::schema::tables::{SeriesKind, SeriesRow, Tables};

/// A subnet, interface or rule that carries far more than it usually does.
///
/// # What it finds
///
/// Hours in which the bytes or allowed flows of a subnet, an interface or a rule lie far above what the rest of the logs lets expect, with the
/// time of day and growth taken into account. Also a busy interface of which only denied flows are logged any more.
///
/// # Why it matters
///
/// A flood, a leak, a copy of a database or a runaway job shows as volume first, whatever its ports. An interface that falls silent while
/// it is still logged has lost its service or its route.
///
/// # How
///
/// Per series and measure, hour by hour, hours that nobody logged left out: the season (a day or a week, where the series resembles itself one
/// later by 0.6) as the median of each phase, then a line; what is left, r, is held against its 10th and 90th percentile. Score = (r - P90) /
/// (P90 - P10), where the range is at least half the median, the square root of the median, and `bytes_min` or `flows_min` over `score_min`.
/// This is like KQL's `series_decompose_anomalies`, not equal to it. Hours in a row are one finding; of a day the worst is told. What came
/// before counts too: at least 6 hours, and no rise before of half the height. Of each kind the 2,000 series with most flows are judged, over
/// the last 35 days, with a workspace those before the window among them. A rise that an interface shows as well as its subnet and rule is one
/// finding, which names the others (`also_at`).
///
/// Medium if it lasts three hours, reaches 100 times `bytes_min` (10 times `flows_min`) in one of them, is five times the greatest rise before, and
/// `history_hours_min` hours of the same kind of day (workday or weekend) came before; else low, and `lowered_by` says why. A day of logs alone is
/// therefore never more than low.
/// Score of the finding = x / (x + `score_min`).
///
/// An interface is silent if for two hours it has denied flows only, after 24 hours with at least 100 allowed flows each: low.
///
/// # Settings
///
/// - `score_min`: default 5, range 1 to 1000, ranges above the band. As Microsoft's rules on time series ask; for a bell curve 14 standard
///   deviations, for sums with heavy tails about 3, so that 500 NICs show a few a day of what is then held against history. Raising it finds less.
/// - `bytes_min`: default 10000000, range 1 to 1000000000000, bytes an hour: the floor of Sentinel's rule on data size. Raising it
///   hides small leaks and updates of idle hosts.
/// - `flows_min`: default 1000, range 1 to 1000000000, allowed flows an hour, one every four seconds. Raising it hides slow scans.
/// - `history_hours_min`: default 24, range 1 to 840, covered hours of the same kind of day before a medium finding. Raising it
///   makes fewer findings medium.
///
/// # Known false positives
///
/// First backups, monthly jobs, restores, a release; a NIC whose log begins raises its subnet; a log that begins to measure bytes. A rise that
/// lasts over a tenth of the window is taken for usual.
///
/// # References
///
/// ATT&CK T1498 (network denial of service), T1030 (data transfer size limits), T1489 (service stop). KQL `series_decompose_anomalies`; Sentinel "Time series
/// anomaly for total volume of traffic".
pub struct VolumeAnomaly;

/// Thresholds of [`VolumeAnomaly`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Ranges above the band.
    pub score_min: f64,
    /// Bytes an hour.
    pub bytes_min: u64,
    /// Allowed flows an hour.
    pub flows_min: u64,
    /// Covered hours before.
    pub history_hours_min: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { score_min: 5.0, bytes_min: 10_000_000, flows_min: 1_000, history_hours_min: 24 }
    }
}

/// Hours that a rise lasts at least to matter. Unit: hours; range 1 and up; one large copy ends within the hour or runs into the next.
/// Raising it makes fewer findings medium.
const HOURS_CLEAR: usize = 3;

/// Bytes that an hour of a rise must reach to matter, in `bytes_min`. Unit: times; range 1 and up; 1 GB an hour: bytes have heavy tails, and
/// one update or dump is some hundred MB. Raising it makes fewer findings medium.
const BYTES_CLEAR: u64 = 100;

/// The same for flows, in `flows_min`. Unit: times; range 1 and up; 10,000 flows an hour: one host does not begin so many by chance.
const FLOWS_CLEAR: u64 = 10;

/// Hours that a silence lasts at least. Unit: hours; range 1 and up; one hour is a restart. Raising it finds only long ones.
const SILENT_HOURS: usize = 2;

/// Least allowed flows of every hour of a busy interface. Unit: flows an hour; fewer come to nothing by chance at night.
const BUSY_FLOWS: u64 = 100;

/// Hours in which an interface must be busy before its silence is odd. Unit: hours; a day, so that nights are among them.
const BUSY_HOURS: usize = 24;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Bytes,
    Flows,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Flows => "flows_allowed",
        }
    }

    fn values(self, row: &SeriesRow) -> &[u64] {
        match self {
            Self::Bytes => &row.bytes,
            Self::Flows => &row.flows_allowed,
        }
    }

    fn least(self, s: &Settings) -> u64 {
        match self {
            Self::Bytes => s.bytes_min,
            Self::Flows => s.flows_min,
        }
    }

    /// What an hour must reach for a medium finding.
    fn clear(self, s: &Settings) -> u64 {
        match self {
            Self::Bytes => s.bytes_min.saturating_mul(BYTES_CLEAR),
            Self::Flows => s.flows_min.saturating_mul(FLOWS_CLEAR),
        }
    }

    fn amount(self, value: u64) -> String {
        match self {
            Self::Bytes => amount::bytes(value),
            Self::Flows => counted(value, "allowed flow"),
        }
    }
}

impl Detector for VolumeAnomaly {
    fn name(&self) -> &'static str {
        "volume_anomaly"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["series"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.volume_anomaly;
        vec![
            Setting { name: "score_min", value: s.score_min, least: 1.0, most: 1_000.0 },
            Setting { name: "bytes_min", value: s.bytes_min as f64, least: 1.0, most: 1_000_000_000_000.0 },
            Setting { name: "flows_min", value: s.flows_min as f64, least: 1.0, most: 1_000_000_000.0 },
            Setting { name: "history_hours_min", value: s.history_hours_min as f64, least: 1.0, most: 840.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.volume_anomaly;
        let since = |row: &SeriesRow| window_begin(tables, row);
        let risen = tables.series.par_iter().flat_map_iter(|row| rises(self.name(), row, since(row), s)).collect();
        let silent = tables.series.iter().filter(|row| row.kind == SeriesKind::Interface);
        let of_window = |row: &SeriesRow| silences(row).into_iter().filter(|hours| hours.1 >= since(row)).collect::<Vec<_>>();
        let silent = silent.flat_map(|row| of_window(row).into_iter().map(|hours| silence(self.name(), row, hours, since(row))));
        fold(risen).into_iter().chain(silent).collect()
    }
}

/// The rises of a series, of one day the one with the greater score.
fn rises(detector: &'static str, row: &SeriesRow, since: usize, s: &Settings) -> Vec<Candidate> {
    let mut found: Vec<(f64, Candidate)> = Vec::new();
    for measure in [Measure::Bytes, Measure::Flows] {
        let Some(judged) = judge(row, measure.values(row), (measure.least(s), s.score_min), since) else { continue };
        for rise in judged.rises(measure.least(s), s.score_min) {
            let candidate = candidate(detector, &judged, &rise, measure, s);
            // The id names the day.
            match found.iter_mut().find(|(_, other)| other.finding.id == candidate.finding.id) {
                Some(other) if other.0 < rise.score => *other = (rise.score, candidate),
                Some(_) => {}
                None => found.push((rise.score, candidate)),
            }
        }
    }
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

fn candidate(detector: &'static str, judged: &Judged<'_>, rise: &Rise, measure: Measure, s: &Settings) -> Candidate {
    let row = judged.row;
    let value = judged.values[rise.peak];
    let doubt = doubt(judged, rise, measure, s);
    let mut finding = finding(detector, row, rise.hours, "rise");
    finding.severity = if doubt.is_some() { Severity::Low } else { Severity::Medium };
    finding.score = score((rise.score * 1000.0) as u64, (s.score_min * 1000.0) as u64);
    let is_leaving = measure == Measure::Bytes && finding.bytes_sent > finding.bytes_received;
    finding.techniques = vec![if is_leaving { "T1030" } else { "T1498" }];
    finding.evidence = judged.evidence(rise, s.score_min, s.history_hours_min);
    finding.evidence.insert("measure", Evidence::Text(measure.name().to_owned()));
    finding.evidence.insert("floor", Evidence::Count(measure.least(s)));
    if let Some(doubt) = doubt {
        finding.evidence.insert("lowered_by", Evidence::Text(doubt));
    }
    let (amount, expected) = (measure.amount(value), measure.amount(judged.expected(rise.peak)));
    let subject = subject(row);
    finding.title = format!("{subject} carried {amount} in an hour, where {expected} is usual");
    finding.why = format!(
        "From {} on {subject} carried {amount} in an hour; the {} of logs before it let expect {expected}, which gives a score of {} (threshold {}).",
        finding.first_time,
        counted(rise.history, "hour"),
        round(rise.score),
        s.score_min,
    );
    let look = where_to_look(row, judged.time(rise.peak), false);
    finding.next_step =
        format!("Find the pair that makes the rise, and ask its owner whether a job, release or backup ran then. {look}");
    Candidate { finding, kind: row.kind, measure: measure.name(), peak: judged.time(rise.peak), rise: rise.rise }
}

/// Why a rise is low only; `None` for medium.
fn doubt(judged: &Judged<'_>, rise: &Rise, measure: Measure, s: &Settings) -> Option<String> {
    let lasts = (rise.hours.0..=rise.hours.1).filter(|at| judged.row.is_covered[*at]).count();
    let clear = measure.clear(s);
    judged.doubt(rise, s.history_hours_min).or_else(|| match () {
        () if lasts < HOURS_CLEAR => Some(format!("it lasts {} ({HOURS_CLEAR} needed)", counted(lasts as u64, "hour"))),
        () if judged.values[rise.peak] < clear => Some(format!("it is below {}", measure.amount(clear))),
        () => None,
    })
}

/// First and last hour of each silence: covered, without a byte or an allowed flow, after a busy day. The window's last hour may be cut and counts not.
fn silences(row: &SeriesRow) -> Vec<(usize, usize)> {
    let covered: Vec<usize> = (0..row.is_covered.len().saturating_sub(1)).filter(|at| row.is_covered[*at]).collect();
    let is_silent = |at: usize| row.bytes[at] == 0 && row.flows_allowed[at] == 0;
    let mut found = Vec::new();
    for hours in covered.windows(BUSY_HOURS + SILENT_HOURS) {
        let (before, after) = hours.split_at(BUSY_HOURS);
        if after.iter().all(|at| is_silent(*at)) && before.iter().all(|at| row.flows_allowed[*at] >= BUSY_FLOWS) {
            let still = covered.iter().copied().skip_while(|at| *at < after[0]).take_while(|at| is_silent(*at));
            found.push((after[0], still.last().unwrap_or(after[0])));
        }
    }
    found
}

/// A silence, told as far as it is the window's, which begins at `since`.
fn silence(detector: &'static str, row: &SeriesRow, hours: (usize, usize), since: usize) -> Finding {
    let mut finding = finding(detector, row, (hours.0.max(since.min(hours.1)), hours.1), "silence");
    let subject = subject(row);
    let denied: u64 = row.flows_denied[hours.0..=hours.1].iter().sum();
    let covered = |at: &usize| row.is_covered[*at];
    let lasts = (hours.0..=hours.1).filter(covered).count() as u64;
    let usual = (0..hours.0).rev().filter(covered).take(BUSY_HOURS).map(|at| row.flows_allowed[at]).min().unwrap_or(0);
    finding.score = score(lasts, SILENT_HOURS as u64);
    finding.techniques = vec!["T1489"];
    finding.evidence.insert("silent_hours", Evidence::Count(lasts));
    finding.evidence.insert("silent_hours_min", Evidence::Count(SILENT_HOURS as u64));
    finding.evidence.insert("flows_of_quietest_hour_before", Evidence::Count(usual));
    finding.evidence.insert("flows_of_quietest_hour_before_min", Evidence::Count(BUSY_FLOWS));
    finding.evidence.insert("flows_denied", Evidence::Count(denied));
    finding.title = format!("{subject} went silent");
    finding.why = format!(
        "{subject} is still logged ({}) but let nothing through for {}, after a day with at least {} in every hour.",
        counted(denied, "denied flow"),
        counted(lasts, "hour"),
        counted(usual, "allowed flow"),
    );
    let look = where_to_look(row, row.start + row.step * hours.0 as i64, true);
    finding.next_step = format!("Check whether the host runs, and which change of a rule or route came just before. {look}");
    finding
}
