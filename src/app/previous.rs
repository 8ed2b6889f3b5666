//! The period that the window is compared with: where it lies, and what is kept of it.
//!
//! Goes in: the window asked for, and the tables of an earlier period. Comes out: a [`Previous`]; the tables are dropped before the
//! window itself is read, so that a comparison takes the memory of one period.

use crate::aggregate;
use crate::app::analyze::AnalyzeSettings;
use crate::app::logs::Logs;
use crate::app::period::Period;
use crate::app::progress::Progress;
use crate::app::summary::finding_counts;
use crate::detect;
use crate::report;
use crate::schema::previous::{Previous, PreviousSummary};
use crate::schema::summary::Traffic;
use crate::schema::tables::ChangeKind;
use crate::schema::units::{Interval, rfc3339};

/// The window that a run counts: first moment, and first moment after it; `None` where it has no such end.
pub type Window = (Option<i64>, Option<i64>);

/// The period, of the window's length, that the window is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// The one that ends where the window begins.
    Previous,
    /// The one that begins at this moment, ms since the epoch.
    From(i64),
}

/// A period that cannot be compared with.
#[derive(Debug, thiserror::Error)]
#[error(
    "--compare {from}: the period from then until {to} does not end before the window, which begins at {window}; hint: give an earlier time, or previous"
)]
pub struct CompareError {
    from: String,
    to: String,
    window: String,
}

/// The window that the settings ask for, and the one of the same length that it is compared with, if that is asked for and the window
/// has ends.
///
/// Reads the logs where an end is that of the newest tuple.
pub fn windows(settings: &AnalyzeSettings, logs: &Logs<'_>) -> anyhow::Result<(Window, Option<(i64, i64)>)> {
    let is_open = settings.last.is_some() || (settings.compare.is_some() && settings.to.is_none());
    let after_newest = if is_open { logs.newest(settings.to)?.map(|newest| newest + 1) } else { settings.to };
    let from = match settings.last {
        Some(last) => after_newest.map(|end| end - last).max(settings.from),
        None => settings.from,
    };
    // Both periods end where rows can be told apart, so that they neither overlap nor differ in length.
    let (from, after_newest) = logs.whole((from, after_newest));
    let (_, to) = logs.whole((None, settings.to));
    let before = match (settings.compare, from, after_newest) {
        (Some(compare), Some(from), Some(end)) if from < end => earlier(compare, logs, (from, end))?,
        _ => None,
    };
    Ok(((from, to), before))
}

/// The period of the length of `window` that it is compared with; `None` before the first moment that can be told.
fn earlier(compare: Compare, logs: &Logs<'_>, window: (i64, i64)) -> Result<Option<(i64, i64)>, CompareError> {
    let length = window.1 - window.0;
    let Compare::From(asked) = compare else { return Ok(window.0.checked_sub(length).map(|start| (start, window.0))) };
    let start = logs.whole((Some(asked), None)).0.unwrap_or(asked);
    match start.checked_add(length) {
        Some(end) if end <= window.0 => Ok(Some((start, end))),
        end => {
            let [from, to, window] = [start, end.unwrap_or(i64::MAX), window.0].map(rfc3339);
            Err(CompareError { from, to, window })
        }
    }
}

/// What is kept of `period`, which was read from `from` until before `to`, for a window that begins at `window`.
pub fn reduced(period: &Period, (from, to): (i64, i64), window: i64, interval: Interval) -> Previous {
    let tables = &period.aggregates.tables;
    let step = interval.ms();
    let mut previous = Previous {
        from,
        to,
        window,
        shift: (window - from + step / 2).div_euclid(step) * step,
        summary: PreviousSummary {
            from: rfc3339(from),
            to: rfc3339(to),
            tuples_kept: period.dataset.counts().tuples_kept,
            traffic: Traffic { observed: period.aggregates.observed, deduplicated: period.aggregates.deduplicated },
            flows_malicious: tables.traffic_by_flow_type.iter().map(|row| row.measures.flows_malicious()).sum(),
            exposed_ports: report::open_ports(tables),
            findings: finding_counts(&period.findings),
        },
        over_time: tables.traffic_over_time.clone(),
        findings: detect::since::past(&period.findings),
        ..Previous::default()
    };
    for kind in ChangeKind::ALL {
        *previous.ranking_mut(kind) = aggregate::ranking(tables, kind);
    }
    previous
}

/// Passes on how far reading is, and no warning: whoever reads the same blobs again tells them.
pub struct Unwarned<'a>(pub &'a dyn Progress);

impl Progress for Unwarned<'_> {
    fn start(&self, bytes: u64, blobs: u64) {
        self.0.start(bytes, blobs);
    }
    fn advance(&self, bytes: u64) {
        self.0.advance(bytes);
    }
    fn finish(&self) {
        self.0.finish();
    }
    fn warn(&self, _: &str) {}
}
