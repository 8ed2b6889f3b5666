//! Each measured number of a finding beside what was asked of it: which key is the threshold of which, and a bar for each.
//!
//! Goes in: a finding. Comes out: its limits, for pictures and for facts. Judges nothing: the detector has.

use super::Picture;
use super::reading::{greatest, number};
use super::sheet::{Anchor, Mark, Sheet};
use crate::report::chart::canvas::{ABSENT, BLUE, MUTED, TEXT, VERMILLION};
use crate::report::words;
use crate::schema::finding::{Evidence, Finding};

/// A number and a threshold of it, both keys of the evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub measured: &'static str,
    pub limit: &'static str,
    /// What the threshold is: `at least`.
    pub word: &'static str,
}

/// Thresholds whose name is not that of the number with `_min` or `_max`: measured, limit, word. Sorted.
static NAMED: &[(&str, &str, &str)] = &[
    ("attempt_bytes_median", "attempt_bytes_max", "at most"),
    ("attempts_peak", "attempts_min", "at least"),
    ("burst_contacts", "contacts_min", "at least"),
    ("bytes_sent_hour", "bytes_min", "at least"),
    ("bytes_sent_hour", "bytes_much", "much from"),
    ("bytes_sent_peer_max", "bytes_min", "at least"),
    ("connected_hours", "hours_low", "low from"),
    ("connected_hours", "hours_medium", "medium from"),
    ("hosts_peak", "hosts_min", "at least"),
    ("peers_peak", "peers_high", "high from"),
    ("peers_peak", "peers_min", "at least"),
    ("ports_peak", "ports_min", "at least"),
    ("seen_after_hours", "new_after_hours", "new from"),
    ("sources", "sources_many", "many from"),
    ("sources_peak", "sources_min", "at least"),
    ("targets_peak", "targets_min", "at least"),
    ("value", "denied_min", "at least"),
    ("value", "floor", "at least"),
    ("window_contacts", "contacts_min", "at least"),
];

/// The limits of `finding`: those of [`NAMED`], then each number with its own `_min` or `_max`.
pub fn limits(finding: &Finding) -> Vec<Limit> {
    let has = |key: &str| number(finding, key).is_some();
    let named = NAMED.iter().filter(|(measured, limit, _)| has(measured) && has(limit));
    let mut limits: Vec<Limit> = named.map(|(measured, limit, word)| Limit { measured, limit, word }).collect();
    for limit in finding.evidence.keys().filter(|key| has(key)) {
        for (ending, word) in [("_min", "at least"), ("_max", "at most")] {
            let Some(stem) = limit.strip_suffix(ending) else { continue };
            let Some(measured) = finding.evidence.keys().find(|key| **key == stem && has(key)) else { continue };
            if limits.iter().all(|known| known.limit != *limit) {
                limits.push(Limit { measured, limit, word });
            }
        }
    }
    limits.sort_by_key(|limit| limit.measured);
    limits
}

/// Whether the number of `key` counts bytes: by its name, or by what the series measures.
pub fn is_bytes(finding: &Finding, key: &str) -> bool {
    let of_series = ["value", "value_min", "expected", "band_low", "band_high", "floor"].contains(&key);
    let measures_bytes = matches!(finding.evidence.get("measure"), Some(Evidence::Text(measure)) if measure == "bytes");
    key.contains("bytes") || of_series && measures_bytes
}

/// The number of `key` as people read it, with at most four decimals, which is more than they mean; its name tells the unit.
pub fn said(finding: &Finding, key: &str) -> Option<String> {
    Some(match finding.evidence.get(key)? {
        Evidence::Count(number) if is_bytes(finding, key) => words::bytes(*number),
        Evidence::Count(number) if key.starts_with("port_") => number.to_string(),
        Evidence::Count(number) => words::count(*number),
        Evidence::Number(number) if *number >= 1_000.0 => words::count(number.round() as u64),
        Evidence::Number(number) => {
            let text = format!("{number:.4}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        }
        _ => return None,
    })
}

/// What is asked of `measured`: `at least 10; much from 500`, or nothing.
pub fn asked(finding: &Finding, limits: &[Limit], measured: &str) -> String {
    let of = limits.iter().filter(|limit| limit.measured == measured);
    let texts: Vec<String> = of.filter_map(|limit| Some(format!("{} {}", limit.word, said(finding, limit.limit)?))).collect();
    texts.join("; ")
}

/// Height of a row and where its bar begins and ends. Unit: pixels.
const ROW: f64 = 36.0;
const LEFT: f64 = 206.0;
const RIGHT: f64 = 456.0;

/// A bar for each number that has a threshold, each on its own scale.
pub fn picture(finding: &Finding) -> Option<Picture> {
    let limits = limits(finding);
    let mut rows: Vec<&'static str> = limits.iter().map(|limit| limit.measured).collect();
    rows.dedup();
    // The parts of a score are drawn by themselves.
    rows.retain(|key| *key != "score" || number(finding, "score_timestamps").is_none());
    if rows.is_empty() {
        return None;
    }
    let top = 24.0;
    let mut sheet = Sheet::new(top + ROW * rows.len() as f64, "Measured numbers beside their thresholds");
    sheet.text("Measured, beside what is asked (each on its own scale from 0)", (0.0, 10.0), Anchor::Start, TEXT);
    for (at, key) in rows.iter().enumerate() {
        let y = top + ROW * at as f64;
        let value = number(finding, key).unwrap_or(0.0);
        let marks = || limits.iter().filter(|limit| limit.measured == *key).filter_map(|limit| number(finding, limit.limit));
        let most = greatest(marks().chain([value])).max(f64::MIN_POSITIVE);
        let length = |value: f64| value / most * (RIGHT - LEFT - 6.0);
        sheet.text(&key.replace('_', " "), (LEFT - 10.0, y + ROW / 2.0), Anchor::End, TEXT);
        sheet.boxes([Mark { x: LEFT, y: y + 6.0, width: RIGHT - LEFT, height: ROW - 12.0 }], ABSENT);
        sheet.boxes([Mark { x: LEFT, y: y + 11.0, width: length(value), height: ROW - 22.0 }], BLUE);
        let ticks = marks().map(|mark| Mark { x: LEFT + length(mark), y: y + 4.0, width: 3.0, height: ROW - 8.0 });
        sheet.boxes(ticks, VERMILLION);
        sheet.text(&said(finding, key).unwrap_or_default(), (RIGHT + 10.0, y + ROW / 2.0 - 7.0), Anchor::Start, TEXT);
        sheet.text(&asked(finding, &limits, key), (RIGHT + 10.0, y + ROW / 2.0 + 8.0), Anchor::Start, MUTED);
    }
    let caption = "Bar: measured. Upright mark: what the detector asks.".to_owned();
    Some(Picture { topic: "Measured and asked", svg: sheet.finish(), caption, drawn: &[] })
}
