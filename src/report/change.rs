//! What changed since the period before: as words beside a number, and as data for the script of the page.
//!
//! Goes in: a number, and what it was. Comes out: `+12 %`, `new`, `unknown`. A period in which nothing was logged has no zeros:
//! nothing is said to be new since then.

use serde::Serialize;

use super::{ReportInput, words};
use crate::schema::finding::Finding;
use crate::schema::moment::moment;
use crate::schema::previous::Previous;

/// From how many times on a growth is told as times, not percent. Unit: times.
const TIMES_MIN: u64 = 10;
/// Detectors whose findings are anomalies along time.
const ANOMALY_DETECTORS: [&str; 2] = ["volume_anomaly", "deny_anomaly"];

/// `now` against `before`: `+12 %`, `-3 %`, `14 times`, `new`, `none now`, `unchanged`.
pub fn relative(now: u64, before: u64) -> String {
    match (now, before) {
        (now, before) if now == before => "unchanged".into(),
        (_, 0) => "new".into(),
        (0, _) => "none now".into(),
        (now, before) if now / before >= TIMES_MIN => format!("{} times", words::count(now / before)),
        (now, before) => {
            let percent = (now as f64 - before as f64) * 100.0 / before as f64;
            match percent.round() as i64 {
                0 if now > before => "+ under 1 %".into(),
                0 => "- under 1 %".into(),
                -100 => "- over 99 %".into(),
                percent => format!("{percent:+} %"),
            }
        }
    }
}

/// `now` against `before`, of things that are few: `+3`, `-1`, `unchanged`.
pub fn difference(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => "unchanged".into(),
        std::cmp::Ordering::Greater => format!("+{}", words::count(now - before)),
        std::cmp::Ordering::Less => format!("-{}", words::count(before - now)),
    }
}

/// The share of `now` against that of `before`, each a part and its whole, in points: `+3 points`.
pub fn points(now: (u64, u64), before: (u64, u64)) -> String {
    if now.1 == 0 || before.1 == 0 {
        return "unknown".into();
    }
    let percent = |(part, whole): (u64, u64)| part as f64 * 100.0 / whole as f64;
    match (percent(now) - percent(before)).round() as i64 {
        0 => "unchanged".into(),
        points @ (-1 | 1) => format!("{points:+} point"),
        points => format!("{points:+} points"),
    }
}

/// The period before, where it can be compared with: both hold data.
pub fn comparable<'a>(input: &ReportInput<'a>) -> Option<&'a Previous> {
    input.previous.filter(|previous| previous.has_data() && input.summary.tuples.kept > 0)
}

/// What the earlier period is called: `24 h before` where the window follows it, else `24 h from 2024-08-12 00:00 UTC`.
pub fn period(previous: &Previous) -> String {
    let length = words::length(previous.length());
    match previous.to == previous.window {
        true => format!("{length} before"),
        false => format!("{length} from {} UTC", words::minute(previous.from)),
    }
}

/// `+12 % against the 24 h before`; empty where no comparison was asked for. `said` is told only where both periods have data.
pub fn against(input: &ReportInput, said: impl FnOnce(&Previous) -> String) -> String {
    let Some(previous) = input.previous else { return String::new() };
    let period = period(previous);
    match comparable(input) {
        Some(previous) => match said(previous).as_str() {
            "new" => format!("new: none in the {period}"),
            "unknown" => format!("change since the {period} unknown"),
            "unchanged" => format!("as in the {period}"),
            change => format!("{change} against the {period}"),
        },
        None if !previous.has_data() => format!("no tuple in the {period}"),
        None => "unknown".into(),
    }
}

/// Anomalies along time with when they begin, ms since the epoch; worst first, as the findings are.
pub fn anomalies<'a>(input: &ReportInput<'a>) -> impl Iterator<Item = (i64, &'a Finding)> {
    let is_anomaly = |finding: &&Finding| ANOMALY_DETECTORS.contains(&finding.detector);
    input.findings.findings.iter().filter(is_anomaly).filter_map(|finding| Some((moment(&finding.first_time)?, finding)))
}

/// The period before as the page's script reads it: moved into the window, one number per step; gaps are `null`.
#[derive(Serialize)]
struct Series {
    /// Unit: ms since the epoch.
    start: i64,
    /// Unit: ms.
    step: i64,
    received: Vec<Option<u64>>,
    sent: Vec<Option<u64>>,
    flows: Vec<Option<u64>>,
    denied: Vec<Option<u64>>,
}

/// Most steps of [`Series`]. Unit: intervals; a year of ten minutes. A longer period has no series.
const STEPS_MAX: i64 = 53_000;

/// JSON of the period before for the script, or `null`: `start` and `step` in ms, one number per step for `received`, `sent`,
/// `flows` and `denied`. Safe inside a script element.
pub fn previous_json(input: &ReportInput) -> String {
    let rows = input.previous.map_or(&[][..], |previous| &previous.over_time);
    let (Some(previous), Some(first), Some(last)) = (input.previous, rows.first(), rows.last()) else { return "null".into() };
    let step = input.interval.ms();
    let count = (last.interval_start - first.interval_start) / step + 1;
    if count > STEPS_MAX {
        return "null".into();
    }
    let none = || vec![None; count as usize];
    let start = first.interval_start + previous.shift;
    let mut series = Series { start, step, received: none(), sent: none(), flows: none(), denied: none() };
    for row in rows {
        let at = ((row.interval_start - first.interval_start) / step) as usize;
        series.received[at] = Some(row.measures.bytes_received);
        series.sent[at] = Some(row.measures.bytes_sent);
        series.flows[at] = Some(row.measures.flows());
        series.denied[at] = Some(row.measures.flows_denied());
    }
    in_script(&series)
}

/// JSON of the anomalies for the script: `[[ms, "title", "finding id"], …]`. Safe inside a script element.
pub fn anomalies_json(input: &ReportInput) -> String {
    let all: Vec<(i64, String, &str)> =
        anomalies(input).map(|(time, finding)| (time, words::clean(&finding.title), finding.id.as_str())).collect();
    in_script(&all)
}

/// `value` as JSON that neither ends a script element nor begins a comment in one.
fn in_script(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".into());
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
