//! Fills in summary.json, and says the same in a few lines for the terminal.

use std::collections::BTreeMap;

use crate::aggregate::Aggregates;
use crate::detect::allow_list;
use crate::schema::finding::{Findings, Severity, Since};
use crate::schema::inputs::InputInfo;
use crate::schema::partial::Counts;
use crate::schema::summary::{
    ChangeCounts, FindingCounts, Input, SCHEMA_VERSION, SinceCounts, Summary, TableInfo, Traffic, Tuples, Window,
};
use crate::schema::tables::Counting::{Deduplicated, Observed};
use crate::schema::tables::{Change, ChangeKind, ChangeRow, Tables};
use crate::schema::units::rfc3339;
use crate::schema::{Format, Reason};

/// The summary of a run. `window` is the first and the last tuple kept, ms since the epoch.
pub fn summary(
    counts: &Counts,
    window: Option<(i64, i64)>,
    aggregates: &Aggregates,
    findings: &Findings,
    enrichment: &[InputInfo],
) -> Summary {
    Summary {
        schema_version: SCHEMA_VERSION,
        azflow_version: env!("CARGO_PKG_VERSION"),
        window: window_of(window.map(|(first, _)| first), window.map(|(_, last)| last)),
        input: input(counts),
        tuples: tuples(counts),
        traffic: Traffic { observed: aggregates.observed, deduplicated: aggregates.deduplicated },
        findings: finding_counts(findings),
        enrichment: enrichment.to_vec(),
        tables: tables(&aggregates.tables),
        previous: None,
        changes: None,
        findings_since: None,
    }
}

/// From the first to the last tuple kept, ms since the epoch.
pub fn window_of(first: Option<i64>, last: Option<i64>) -> Window {
    Window { first_time: first.map(rfc3339), last_time: last.map(rfc3339) }
}

/// What was read, by blob and record.
pub fn input(counts: &Counts) -> Input {
    Input {
        blobs: counts.blobs,
        blobs_failed: counts.blobs_failed,
        blobs_ignored: counts.blobs_ignored,
        bytes: counts.bytes,
        records: counts.records,
        records_duplicate: counts.records_duplicate,
        records_rejected: counts.records_rejected,
    }
}

/// What was read, by tuple.
pub fn tuples(counts: &Counts) -> Tuples {
    Tuples {
        read: counts.tuples_read,
        kept: counts.tuples_kept,
        rejected: counts.tuples_rejected,
        duplicate: counts.tuples_duplicate,
        outside_window: counts.tuples_outside_window,
        by_format: Format::ALL.map(|format| (format.name(), counts.by_format[format as usize])).into(),
        by_state: counts.by_state,
        rejected_by_reason: Reason::ALL
            .iter()
            .filter(|(reason, _)| counts.rejected_by_reason[*reason as usize] > 0)
            .map(|(reason, name)| (*name, counts.rejected_by_reason[*reason as usize]))
            .collect(),
    }
}

/// Names by kind and change, of every kind and change.
pub fn change_counts(changes: &[ChangeRow]) -> ChangeCounts {
    let count = |kind, change| changes.iter().filter(|row| row.kind == kind && row.change == change).count() as u64;
    let of_kind = |kind| Change::ALL.map(|change| (change.name(), count(kind, change))).into();
    ChangeKind::ALL.map(|kind| (kind.name(), of_kind(kind))).into()
}

/// New, ongoing and ended findings.
pub fn since_counts(findings: &Findings) -> SinceCounts {
    let count = |since| findings.findings.iter().filter(|finding| finding.since == Some(since)).count() as u64;
    let ended = findings.ended.as_ref().map_or(0, Vec::len) as u64;
    SinceCounts { new: count(Since::New), ongoing: count(Since::Ongoing), ended }
}

/// Findings by severity.
pub fn finding_counts(findings: &Findings) -> FindingCounts {
    let count = |severity| findings.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    FindingCounts {
        critical: count(Severity::Critical),
        high: count(Severity::High),
        medium: count(Severity::Medium),
        low: count(Severity::Low),
        info: count(Severity::Info),
    }
}

fn tables(tables: &Tables) -> BTreeMap<&'static str, TableInfo> {
    [
        ("activity", tables.activity.len(), Deduplicated),
        ("capture_points", tables.capture_points.len(), Observed),
        ("changes", tables.changes.len(), Deduplicated),
        ("conversations", tables.conversations.len(), Deduplicated),
        ("coverage", tables.coverage.len(), Observed),
        ("data_quality", tables.data_quality.len(), Observed),
        ("encryption", tables.encryption.len(), Deduplicated),
        ("endpoints", tables.endpoints.len(), Observed),
        ("exposed_ports", tables.exposed_ports.len(), Deduplicated),
        ("exposed_sources", tables.exposed_sources.len(), Deduplicated),
        ("gateways", tables.gateways.len(), Deduplicated),
        ("internet_senders", tables.internet_senders.len(), Deduplicated),
        ("load_balancers", tables.load_balancers.len(), Deduplicated),
        ("public_addresses", tables.public_addresses.len(), Deduplicated),
        ("rejects", tables.rejects.len(), Observed),
        ("rule_top_pairs", tables.rule_top_pairs.len(), Observed),
        ("rule_usage", tables.rule_usage.len(), Observed),
        ("subnet_matrix", tables.subnet_matrix.len(), Deduplicated),
        ("traffic_by_azure_region", tables.traffic_by_azure_region.len(), Deduplicated),
        ("traffic_by_country", tables.traffic_by_country.len(), Deduplicated),
        ("traffic_by_flow_type", tables.traffic_by_flow_type.len(), Deduplicated),
        ("traffic_by_interface", tables.traffic_by_interface.len(), Observed),
        ("traffic_by_ip", tables.traffic_by_ip.len(), Deduplicated),
        ("traffic_by_pair", tables.traffic_by_pair.len(), Deduplicated),
        ("traffic_by_port", tables.traffic_by_port.len(), Deduplicated),
        ("traffic_by_rule", tables.traffic_by_rule.len(), Observed),
        ("traffic_by_scale_set", tables.traffic_by_scale_set.len(), Deduplicated),
        ("traffic_by_subnet", tables.traffic_by_subnet.len(), Deduplicated),
        ("traffic_by_vnet", tables.traffic_by_vnet.len(), Deduplicated),
        ("traffic_over_time", tables.traffic_over_time.len(), Deduplicated),
    ]
    .map(|(name, rows, counting)| (name, TableInfo { rows: rows as u64, counting }))
    .into()
}

/// What a run read and found, for the terminal.
pub fn closing_lines(counts: &Counts, findings: &Findings, problems: u64) -> Vec<String> {
    let mut lines = vec![format!(
        "read {} tuples in {} records of {} blobs: {} kept, {} rejected, {} duplicate, {} outside the window",
        counts.tuples_read,
        counts.records,
        counts.blobs,
        counts.tuples_kept,
        counts.tuples_rejected,
        counts.tuples_duplicate,
        counts.tuples_outside_window
    )];
    if counts.blobs_ignored > 0 {
        lines.push(format!("ignored {} files that are no flow log", counts.blobs_ignored));
    }
    if problems > 0 {
        lines.push(format!("could not read {problems} blobs whole; the report lists them"));
    }
    if !findings.allowed.is_empty() {
        lines.push(format!("the allow-list expects {} further findings; the report lists them", findings.allowed.len()));
    }
    lines.extend(findings.notes.iter().filter(|note| note.starts_with(allow_list::NOTE)).cloned());
    let found = finding_counts(findings);
    lines.push(format!(
        "findings: {} critical, {} high, {} medium, {} low, {} info",
        found.critical, found.high, found.medium, found.low, found.info
    ));
    lines
}
