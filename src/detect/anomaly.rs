//! Hours of a series that are far above what it usually does: what `volume_anomaly` and `deny_anomaly` share.
//!
//! Goes in: a series and one of its measures. Comes out: rises (hours in a row far above the band), with how much history there was to
//! judge them by, and folded where one interface explains what its subnet and rule show too. Words are the detectors'.

use std::collections::BTreeMap;

use super::decompose::{Decomposition, Shape, decompose};
use super::{counted, id};
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{SeriesKind, SeriesRow, Tables};
use crate::schema::units::{DAY_MS, HOUR_MS, rfc3339};

/// Least covered hours before an anomaly. Unit: hours; range 1 and up; Azure Firewall's rule on denies learns from five. Raising it judges
/// the first hours of the logs less.
const LEARNING_HOURS: u64 = 6;

/// How many times the greatest rise before a rise must be. Unit: times; range 1 and up. What has happened before is no anomaly; sums of
/// flows have heavy tails, so that a little more than ever before is common. Raising it finds less.
const RISE_MIN: f64 = 2.0;

/// The same for a finding that matters. Unit: times; range as above. With Pareto tails of exponent 1.5 a rise five times the greatest of 24 hours
/// comes in an hour with a chance of 1 / (24 x 5^1.5), about 0.4 %; the detectors ask for more beside it.
const RISE_CLEAR: f64 = 5.0;

/// Most points of the series around an anomaly that the evidence holds. Unit: hours; two days show the season.
const POINTS_MAX: usize = 48;

/// How many of those points follow the anomaly's first hour. Unit: hours.
const POINTS_AFTER: usize = 8;

/// How alike two rises are that one traffic makes in two series. Unit: share of the greater one; raising it folds more.
const SAME_SHARE: f64 = 0.2;

/// One measure of a series, taken apart.
pub(super) struct Judged<'a> {
    pub row: &'a SeriesRow,
    pub values: &'a [u64],
    pub parts: Decomposition,
    /// The window's first hour, as a place of the series: what came before is history.
    pub since: usize,
}

/// Hours in a row far above the band.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rise {
    /// First and last hour in the window, as places of the series.
    pub hours: (usize, usize),
    /// The first hour, which may lie before the window.
    pub begin: usize,
    /// The hour with the greatest score.
    pub peak: usize,
    /// Its score.
    pub score: f64,
    /// Its value less what was expected.
    pub rise: f64,
    /// `rise` as a multiple of the greatest one before, which counts as at least the spread.
    pub times: f64,
    /// Covered hours before.
    pub history: u64,
    /// Those on the same kind of day: workdays or weekends.
    pub history_alike: u64,
}

/// Where the window begins in a series that may begin before it.
pub(super) fn window_begin(tables: &Tables, row: &SeriesRow) -> usize {
    let window = tables.history.as_ref().map_or(row.start, |history| history.window);
    usize::try_from((window - row.start) / row.step.max(1)).unwrap_or(0)
}

/// Takes a measure apart; `None` where no hour reaches `least`, or where there is too little to judge by.
pub(super) fn judge<'a>(
    row: &'a SeriesRow,
    values: &'a [u64],
    (least, score_min): (u64, f64),
    since: usize,
) -> Option<Judged<'a>> {
    let covered = row.is_covered.iter().filter(|covered| **covered).count() as u64;
    if covered <= LEARNING_HOURS || row.step <= 0 || values.iter().skip(since).all(|value| *value < least) {
        return None;
    }
    let known: Vec<Option<f64>> =
        values.iter().zip(&row.is_covered).map(|(value, covered)| covered.then_some(*value as f64)).collect();
    let shape = Shape { day: (DAY_MS / row.step).max(1) as usize, spread_min: least as f64 / score_min };
    Some(Judged { row, values, parts: decompose(&known, shape), since })
}

impl Judged<'_> {
    /// The rises of the window with a score of at least `score_min` and a value of at least `least`, one per UTC day: the worst.
    pub fn rises(&self, least: u64, score_min: f64) -> Vec<Rise> {
        let is_high = |at: usize| self.row.is_covered[at] && self.parts.scores[at] >= score_min && self.values[at] >= least;
        let mut by_day: BTreeMap<i64, Rise> = BTreeMap::new();
        let mut at = 0;
        while at < self.values.len() {
            if !is_high(at) {
                at += 1;
                continue;
            }
            let mut last = at;
            // Hours that nobody logged do not end it.
            let mut next = at + 1;
            while next < self.values.len() && (is_high(next) || !self.row.is_covered[next]) {
                last = if is_high(next) { next } else { last };
                next += 1;
            }
            let rise = self.rise(at, last);
            if last >= self.since && rise.history >= LEARNING_HOURS && rise.times >= RISE_MIN {
                let day = self.time(rise.hours.0).div_euclid(DAY_MS);
                let worst = by_day.entry(day).or_insert_with(|| rise.clone());
                if rise.score > worst.score {
                    *worst = rise;
                }
            }
            at = last + 1;
        }
        by_day.into_values().collect()
    }

    /// The hours from `first` to `last`, told as far as they are the window's and held against what came before the first.
    fn rise(&self, first: usize, last: usize) -> Rise {
        let scores = &self.parts.scores;
        let from = first.max(self.since.min(last));
        let peak = (from..=last).fold(from, |peak, at| if scores[at] > scores[peak] { at } else { peak });
        let before = || (0..first).filter(|at| self.row.is_covered[*at]);
        let earlier = before().map(|at| self.above(at)).fold(self.parts.spread, f64::max);
        let is_weekend = |at: usize| is_weekend(self.time(at));
        Rise {
            hours: (from, last),
            begin: first,
            peak,
            score: scores[peak],
            rise: self.above(peak),
            times: self.above(peak) / earlier,
            history: before().count() as u64,
            history_alike: before().filter(|at| is_weekend(*at) == is_weekend(first)).count() as u64,
        }
    }

    /// How much more than expected.
    fn above(&self, at: usize) -> f64 {
        self.values[at] as f64 - self.parts.expected[at]
    }

    /// What was expected, in whole units.
    pub fn expected(&self, at: usize) -> u64 {
        whole(self.parts.expected[at])
    }

    /// Start of an hour, ms since the epoch.
    pub fn time(&self, at: usize) -> i64 {
        self.row.start + self.row.step * at as i64
    }

    /// The numbers of a rise beside their thresholds, and the series around it.
    pub fn evidence(&self, rise: &Rise, score_min: f64, history_min: u64) -> BTreeMap<&'static str, Evidence> {
        let (expected, band) = (self.parts.expected[rise.peak], self.parts.band);
        let from = rise.hours.0.saturating_sub(POINTS_MAX - POINTS_AFTER);
        let shown: Vec<usize> = (from..self.values.len().min(from + POINTS_MAX)).filter(|at| self.row.is_covered[*at]).collect();
        let counts = |of: &dyn Fn(usize) -> u64| Evidence::Counts(shown.iter().map(|at| of(*at)).collect());
        let season = self.parts.period.map_or_else(|| "none".to_owned(), |period| counted(period as u64, "hour"));
        BTreeMap::from([
            ("value", Evidence::Count(self.values[rise.peak])),
            ("expected", Evidence::Count(self.expected(rise.peak))),
            ("band_low", Evidence::Count(whole(expected + band.0))),
            ("band_high", Evidence::Count(whole(expected + band.1))),
            ("value_min", Evidence::Count(whole(expected + band.1 + score_min * self.parts.spread))),
            ("score", Evidence::Number(round(rise.score))),
            ("score_min", Evidence::Number(score_min)),
            ("times_earlier_rise", Evidence::Number(round(rise.times))),
            ("times_earlier_rise_min", Evidence::Number(RISE_MIN)),
            ("history_hours", Evidence::Count(rise.history)),
            ("history_hours_of_such_days", Evidence::Count(rise.history_alike)),
            ("history_hours_of_such_days_min", Evidence::Count(history_min)),
            ("season", Evidence::Text(season)),
            ("series_times", Evidence::List(shown.iter().map(|at| rfc3339(self.time(*at))).collect())),
            ("series_values", counts(&|at| self.values[at])),
            ("series_expected", counts(&|at| self.expected(at))),
            ("series_band_low", counts(&|at| whole(self.parts.expected[at] + band.0))),
            ("series_band_high", counts(&|at| whole(self.parts.expected[at] + band.1))),
        ])
    }

    /// Why a rise matters less than it seems; `None` where it is clear.
    pub fn doubt(&self, rise: &Rise, history_min: u64) -> Option<String> {
        if rise.history_alike < history_min {
            let days = if is_weekend(self.time(rise.hours.0)) { "weekends" } else { "workdays" };
            return Some(format!(
                "only {} of {days} before it to compare with ({history_min} needed)",
                counted(rise.history_alike, "hour")
            ));
        }
        (rise.times < RISE_CLEAR)
            .then(|| format!("it is {:.1} times the greatest rise before it ({RISE_CLEAR:.0} needed)", rise.times))
    }
}

/// Whether a moment is on a Saturday or Sunday, UTC. 1970-01-01 was a Thursday.
fn is_weekend(time: i64) -> bool {
    (time.div_euclid(DAY_MS) + 3).rem_euclid(7) >= 5
}

fn whole(value: f64) -> u64 {
    value.round().max(0.0) as u64
}

pub(super) fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// A finding with what folding needs to know of it.
pub(super) struct Candidate {
    pub finding: Finding,
    pub kind: SeriesKind,
    /// What was measured.
    pub measure: &'static str,
    /// Start of the hour with the greatest score, ms since the epoch.
    pub peak: i64,
    /// How much more than expected.
    pub rise: f64,
}

/// Leaves out rises of subnets and rules that an interface explains (of rules, that a subnet explains): the same rise in the same hour. The
/// kept finding says under `also_at` where else it shows, and is as severe as the worst.
pub(super) fn fold(mut candidates: Vec<Candidate>) -> Vec<Finding> {
    let order = |kind: SeriesKind| match kind {
        SeriesKind::Interface => 0,
        SeriesKind::Subnet => 1,
        SeriesKind::Rule => 2,
    };
    candidates.sort_by(|a, b| {
        (order(a.kind), &a.finding.actor, a.peak, a.measure).cmp(&(order(b.kind), &b.finding.actor, b.peak, b.measure))
    });
    let mut kept: BTreeMap<(&'static str, i64), Vec<Candidate>> = BTreeMap::new();
    for candidate in candidates {
        let of_hour = kept.entry((candidate.measure, candidate.peak)).or_default();
        let is_same = |other: &&mut Candidate| {
            let (most, least) = (other.rise.max(candidate.rise), other.rise.min(candidate.rise));
            order(other.kind) < order(candidate.kind) && most - least <= SAME_SHARE * most
        };
        match of_hour.iter_mut().find(is_same) {
            Some(other) => also_at(&mut other.finding, &candidate.finding),
            None => of_hour.push(candidate),
        }
    }
    kept.into_values().flatten().map(|candidate| candidate.finding).collect()
}

fn also_at(kept: &mut Finding, other: &Finding) {
    if other.severity > kept.severity {
        kept.severity = other.severity;
        kept.evidence.remove("lowered_by");
    }
    let list = kept.evidence.entry("also_at").or_insert_with(|| Evidence::List(Vec::new()));
    if let Evidence::List(names) = list
        && names.len() < super::LISTED_MAX
    {
        names.push(other.actor.clone());
    }
}

/// The half-made finding of `detector` about hours of a series; `key` is what its id is made of beside the actor.
pub(super) fn finding(detector: &'static str, row: &SeriesRow, (first, last): (usize, usize), key: &str) -> Finding {
    let time = |at: usize| row.start + row.step * at as i64;
    let sum = |values: &[u64]| values[first..=last].iter().sum::<u64>();
    let day = rfc3339(time(first)).chars().take(10).collect::<String>();
    let is_interface = row.kind == SeriesKind::Interface;
    Finding {
        id: id(detector, &row.name, &format!("{:?} {key} {day}", row.kind)),
        incident: String::new(),
        allow_entry: String::new(),
        since: None,
        detector,
        title: String::new(),
        severity: Severity::Low,
        score: 0.0,
        actor: row.name.clone(),
        actor_kind: match row.kind {
            SeriesKind::Subnet => ActorKind::Subnet,
            SeriesKind::Interface => ActorKind::Interface,
            SeriesKind::Rule => ActorKind::Rule,
        },
        targets: Vec::new(),
        ports: Vec::new(),
        protocol: None,
        direction: "",
        interface: if is_interface { row.name.clone() } else { String::new() },
        first_time: rfc3339(time(first)),
        last_time: rfc3339(time(last) + row.step - 1),
        flows: sum(&row.flows_allowed) + sum(&row.flows_denied),
        bytes_sent: sum(&row.bytes_sent),
        bytes_received: sum(&row.bytes) - sum(&row.bytes_sent).min(sum(&row.bytes)),
        techniques: Vec::new(),
        evidence: BTreeMap::new(),
        why: String::new(),
        next_step: String::new(),
    }
}

/// The command and the query that show what made the hours of `finding`, from `time` on for an hour.
pub(super) fn where_to_look(row: &SeriesRow, time: i64, is_denied: bool) -> String {
    let (from, to) = (rfc3339(time), rfc3339(time + HOUR_MS));
    let denied = if is_denied { " --denied" } else { "" };
    let of_interface = row.kind == SeriesKind::Interface && row.name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let filter = if of_interface { format!(" and MacAddress =~ '{}'", row.name) } else { String::new() };
    let (flows, most) = if is_denied {
        ("DeniedInFlows + DeniedOutFlows", "Flows")
    } else {
        ("AllowedInFlows + AllowedOutFlows + DeniedInFlows + DeniedOutFlows", "Bytes")
    };
    format!(
        "`azflow flows --from {from} --to {to}{denied} INPUT` shows the flows of the worst hour. In Log Analytics: `NTANetAnalytics | where \
         FlowIntervalStartTime >= datetime({from}) and FlowIntervalStartTime < datetime({to}){filter} | summarize Bytes = \
         sum(BytesSrcToDest + BytesDestToSrc), Flows = sum({flows}) by SrcIp, DestIp, DestPort | top 20 by {most}`."
    )
}

/// What a series is about, in a sentence.
pub(super) fn subject(row: &SeriesRow) -> String {
    let kind = match row.kind {
        SeriesKind::Subnet => "subnet",
        SeriesKind::Interface => "interface",
        SeriesKind::Rule => "rule",
    };
    format!("{kind} {}", row.name)
}
