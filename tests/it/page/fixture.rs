//! A page without logs: a few rows of a table, rendered by the library, so that every cell is known.

use std::sync::Mutex;

use azflow::report::{OutputFile, ReportError, ReportInput, View, render};
use azflow::schema::finding::Findings;
use azflow::schema::summary::{FindingCounts, Input, SCHEMA_VERSION, Summary, Traffic, TrafficTotals, Tuples, Window};
use azflow::schema::tables::{PairMeasures, PortRow, Tables};
use azflow::schema::units::Interval;

/// A page whose table of ports has three rows and the row of the rest.
pub fn page() -> Vec<u8> {
    let port = |key, l7_protocol: &str, flows_allowed| PortRow {
        key,
        l7_protocol: l7_protocol.into(),
        measures: PairMeasures { flows_allowed, flows_denied: 100, ..PairMeasures::default() },
    };
    let tables = Tables {
        traffic_by_port: vec![
            port(Some((443, 6)), "https", 90),
            port(Some((22, 6)), "<script>alert(1)</script>", 8),
            port(Some((53, 17)), "dns", 1_000),
            port(None, "", 500),
        ],
        ..Tables::default()
    };
    let totals = TrafficTotals { flows_inbound_allowed: 1_598, flows_inbound_denied: 400, ..TrafficTotals::default() };
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        azflow_version: "0.1.0",
        window: Window::default(),
        input: Input { blobs: 1, ..Input::default() },
        tuples: Tuples { read: 1_998, kept: 1_998, ..Tuples::default() },
        traffic: Traffic { observed: totals, deduplicated: totals },
        findings: FindingCounts::default(),
        enrichment: Vec::new(),
        tables: Default::default(),
        previous: None,
        changes: None,
        findings_since: None,
    };
    let findings = Findings {
        schema_version: SCHEMA_VERSION,
        incidents: vec![],
        findings: vec![],
        allowed: vec![],
        notes: vec![],
        ended: None,
    };
    let input = ReportInput {
        summary: &summary,
        tables: &tables,
        findings: &findings,
        problems: &[],
        interval: Interval::TenMinutes,
        has_topology: false,
        version: "0.1.0",
        view: &View::default(),
        previous: None,
    };
    let page = Mutex::new(None);
    let take = |file: OutputFile| {
        if file.path == "report.html" {
            *page.lock().expect("no thread failed") = Some(file.bytes);
        }
        Ok::<(), ReportError>(())
    };
    render(&input, &take).expect("report");
    page.into_inner().expect("no thread failed").expect("the page")
}
