//! The period before the window: where it lies, and what is kept of it.
//!
//! Goes in: the window asked for, and the tables of the period before it. Comes out: a [`Previous`]; the tables are dropped before the
//! window itself is read, so that a comparison takes the memory of one period.

use crate::app::analyze::AnalyzeSettings;
use crate::app::logs::Logs;
use crate::app::period::Period;
use crate::app::progress::Progress;
use crate::app::summary::finding_counts;
use crate::report;
use crate::schema::previous::{Amount, Previous, PreviousSummary, Ranking, rule_key};
use crate::schema::summary::Traffic;
use crate::schema::tables::{Measures, NamedRow};
use crate::schema::units::{Interval, rfc3339};

/// The window that a run counts: first moment, and first moment after it; `None` where it has no such end.
pub type Window = (Option<i64>, Option<i64>);

/// The window that the settings ask for, and the one of the same length before it, if a comparison is asked for and both have ends.
///
/// Reads the logs where an end is that of the newest tuple.
pub fn windows(settings: &AnalyzeSettings, logs: &Logs<'_>) -> anyhow::Result<(Window, Option<(i64, i64)>)> {
    let is_open = settings.last.is_some() || (settings.compares && settings.to.is_none());
    let after_newest = if is_open { logs.newest(settings.to)?.map(|newest| newest + 1) } else { settings.to };
    let from = match settings.last {
        Some(last) => after_newest.map(|end| end - last).max(settings.from),
        None => settings.from,
    };
    let before = match (from, after_newest) {
        (Some(from), Some(end)) if settings.compares && from < end => from.checked_sub(end - from).map(|start| (start, from)),
        _ => None,
    };
    Ok(((from, settings.to), before))
}

/// What is kept of `period`, which was read from `from` until before `to`.
pub fn reduced(period: &Period, (from, to): (i64, i64), interval: Interval) -> Previous {
    let tables = &period.aggregates.tables;
    let step = interval.ms();
    let of = |measures: &Measures| Amount { bytes: measures.bytes(), flows: measures.flows() };
    let named = |rows: &[NamedRow]| Ranking::of(rows.iter().map(|row| (row.name.clone(), of(&row.measures))));
    let mut ports = Ranking::of(tables.traffic_by_port.iter().filter_map(|row| {
        let (port, protocol) = row.key?;
        Some((format!("{port}/{protocol}"), Amount { bytes: row.measures.bytes(), flows: row.measures.flows() }))
    }));
    // The row of the rest stands for ports whose names are not known.
    ports.is_cut |= tables.traffic_by_port.iter().any(|row| row.key.is_none());
    Previous {
        from,
        to,
        shift: (to - from + step / 2).div_euclid(step) * step,
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
        addresses: Ranking::of(tables.traffic_by_ip.iter().map(|row| (row.ip.to_string(), of(&row.measures)))),
        subnets: Ranking::of(tables.traffic_by_subnet.iter().map(|row| (row.subnet.clone(), of(&row.measures)))),
        ports,
        rules: Ranking::of(
            tables
                .traffic_by_rule
                .iter()
                .map(|row| (rule_key(&row.acl, &row.rule, row.direction.name(), row.status.name()), of(&row.measures))),
        ),
        countries: named(&tables.traffic_by_country),
    }
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
