//! `analyze --metrics`: what a scheduled run tells a monitoring system, as node_exporter's textfile collector reads it.
//!
//! Goes in: what a run measured, when, and its exit code. Comes out: gauges in Prometheus's text format, version 0.0.4. Labels are
//! fixed words, never an address or a name. Touches no file; the clock's readings are given.

use std::fmt::Write as _;

use crate::app::exit::Exit;
use crate::app::notice::WorstFinding;
use crate::schema::Reason;
use crate::schema::partial::Counts;
use crate::schema::summary::FindingCounts;

/// The gauge of the last success, which outlives runs that fail.
const LAST_SUCCESS: &str = "azflow_last_success_timestamp_seconds";

/// Last moment that is believed of an earlier file: the year 9999. Unit: s since the epoch.
const SECONDS_MAX: f64 = 253_402_300_799.0;

/// What a run that wrote a report measured.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// What it read.
    pub counts: Counts,
    /// Its findings by severity.
    pub findings: FindingCounts,
    /// Time of the oldest tuple kept, ms since the epoch.
    pub oldest: Option<i64>,
    /// Time of the newest tuple kept, ms since the epoch.
    pub newest: Option<i64>,
    /// Its worst findings, the worst first.
    pub worst: Vec<WorstFinding>,
}

/// One run, as metrics tell it.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// When it ended, ms since the epoch.
    pub ended: i64,
    /// How long it took, ms.
    pub took: i64,
    /// How it ended.
    pub exit: Exit,
    /// When a run last succeeded before this one, ms since the epoch.
    pub last_success: Option<i64>,
}

/// The gauges of `run`; those of its input and findings only where it wrote a report.
pub fn text(run: &Run, measures: Option<&Measures>) -> String {
    let mut text = String::new();
    gauge(&mut text, "azflow_last_run_timestamp_seconds", "When the last run ended, since the epoch.", &seconds(run.ended));
    let success = if is_success(run.exit) { Some(run.ended) } else { run.last_success };
    if let Some(success) = success {
        gauge(&mut text, LAST_SUCCESS, "When a run last ended with exit code 0, 3 or 4, since the epoch.", &seconds(success));
    }
    gauge(&mut text, "azflow_last_run_duration_seconds", "How long the last run took.", &seconds(run.took));
    gauge(&mut text, "azflow_last_run_exit_code", "Exit code of the last run.", &run.exit.code().to_string());
    if let Some(measures) = measures {
        input(&mut text, &measures.counts);
        if let Some(newest) = measures.newest {
            let help = "Time of the newest flow tuple that counts, since the epoch.";
            gauge(&mut text, "azflow_newest_tuple_timestamp_seconds", help, &seconds(newest));
            let lag = run.ended.saturating_sub(newest);
            gauge(
                &mut text,
                "azflow_lag_seconds",
                "How far the newest flow tuple lies before the end of the run.",
                &seconds(lag),
            );
        }
        let found = &measures.findings;
        let findings = [
            ("critical", found.critical),
            ("high", found.high),
            ("medium", found.medium),
            ("low", found.low),
            ("info", found.info),
        ];
        gauges(&mut text, "azflow_findings", "Findings of the last run.", "severity", &findings);
    }
    text
}

/// When a run last succeeded, by the text of an earlier file, ms since the epoch; `None` where it does not say so readably.
pub fn last_success(text: &str) -> Option<i64> {
    let value = text.lines().find_map(|line| line.strip_prefix(LAST_SUCCESS)?.strip_prefix(' '))?;
    let seconds: f64 = value.trim().parse().ok()?;
    (0.0..=SECONDS_MAX).contains(&seconds).then(|| (seconds * 1_000.0).round() as i64)
}

/// Whether a report over flow logs was written; findings and single unreadable blobs do not change that.
const fn is_success(exit: Exit) -> bool {
    matches!(exit, Exit::Done | Exit::Findings | Exit::Partial)
}

/// What was read.
fn input(text: &mut String, counts: &Counts) {
    let others = |all: u64, parts: [u64; 2]| all.saturating_sub(parts[0]).saturating_sub(parts[1]);
    let blobs = [
        ("read", others(counts.blobs, [counts.blobs_failed, counts.blobs_ignored])),
        ("failed", counts.blobs_failed),
        ("ignored", counts.blobs_ignored),
    ];
    gauges(text, "azflow_blobs", "Files found in the input of the last run.", "result", &blobs);
    let records = [
        ("read", others(counts.records, [counts.records_duplicate, counts.records_rejected])),
        ("duplicate", counts.records_duplicate),
        ("rejected", counts.records_rejected),
    ];
    gauges(text, "azflow_records", "Records of the last run.", "result", &records);
    let tuples = [
        ("kept", counts.tuples_kept),
        ("rejected", counts.tuples_rejected),
        ("duplicate", counts.tuples_duplicate),
        ("outside_window", counts.tuples_outside_window),
    ];
    gauges(text, "azflow_tuples", "Flow tuples of the last run.", "result", &tuples);
    let rejects = Reason::ALL.map(|(reason, name)| (name, counts.rejected_by_reason[reason as usize]));
    gauges(text, "azflow_rejects", "Flow tuples and records that the last run rejected.", "reason", &rejects);
}

fn gauge(text: &mut String, name: &str, help: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
}

fn gauges(text: &mut String, name: &str, help: &str, label: &str, values: &[(&'static str, u64)]) {
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    for (word, value) in values {
        let _ = writeln!(text, "{name}{{{label}=\"{word}\"}} {value}");
    }
}

/// Milliseconds as seconds.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
