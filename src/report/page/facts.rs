//! What was read, the headline tiles, what is missing, and how good the data are.

use std::collections::BTreeSet;

use super::table::{Row, TableView, count, text, time};
use crate::report::{ReportInput, words};
use crate::schema::finding::Severity;
use crate::schema::inputs::InputKind;
use crate::schema::tables::Tables;

/// Most unreadable blobs that the page names.
const PROBLEMS_MAX: usize = 50;

/// What a tile shows where there is nothing to count; 0 would say that it was counted.
const NO_DATA: &str = "–";

/// A headline number.
pub struct Tile {
    pub name: &'static str,
    pub value: String,
    pub more: String,
}

/// A name and what is known of it.
pub struct Fact {
    pub name: String,
    pub value: String,
}

/// Longest value that stands beside others. Unit: characters; a moment to a moment fits.
const SHORT_CHARS_MAX: usize = 42;

impl Fact {
    /// Whether the value needs a line of its own.
    pub fn is_long(&self) -> bool {
        self.value.chars().count() > SHORT_CHARS_MAX
    }
}

/// The section on data quality.
pub struct Quality {
    pub title: String,
    pub facts: Vec<Fact>,
    pub problems: Vec<Fact>,
    pub more_problems: String,
    pub rejects: TableView,
    pub capture_points: TableView,
}

/// How long the window is, in whole intervals; empty without any tuple. A window shorter than one says nothing.
pub fn length(input: &ReportInput) -> String {
    let rows = &input.tables.traffic_over_time;
    match (rows.first(), rows.last()) {
        (Some(first), Some(last)) if rows.len() > 2 => {
            words::length(last.interval_start + input.interval.ms() - first.interval_start)
        }
        _ => String::new(),
    }
}

/// One line on what was read.
pub fn read_line(input: &ReportInput) -> String {
    let read = &input.summary.input;
    format!(
        "{}, {}, {}",
        words::counted(read.blobs, "blob"),
        words::bytes(read.bytes),
        words::counted(input.summary.tuples.kept, "tuple")
    )
}

/// How many ports of an address public sources reached, by whichever rules.
pub fn open_ports(tables: &Tables) -> u64 {
    let ports: BTreeSet<_> = tables.exposed_ports.iter().map(|row| (row.ip, row.dst_port, row.protocol)).collect();
    ports.len() as u64
}

/// The headline numbers.
pub fn tiles(input: &ReportInput) -> Vec<Tile> {
    let totals = &input.summary.traffic.deduplicated;
    let (bytes, flows, denied) = (totals.bytes(), totals.flows(), totals.flows_denied());
    let has_data = input.summary.tuples.kept > 0;
    let is_unmeasured = totals.is_unmeasured();
    let exposed = &input.tables.exposed_ports;
    let mut hosts: Vec<_> = exposed.iter().map(|row| row.ip).collect();
    hosts.sort_unstable();
    hosts.dedup();
    vec![
        Tile {
            name: "Bytes",
            value: match (has_data, is_unmeasured) {
                (false, _) => NO_DATA.into(),
                (true, true) => "not measured".into(),
                (true, false) => words::bytes(bytes),
            },
            more: match totals.tuples_unmeasured {
                0 if has_data => "nothing unmeasured".into(),
                0 => "no tuple".into(),
                n if is_unmeasured && input.summary.tuples.by_format.get("nsg_v1") == Some(&input.summary.tuples.kept) => {
                    format!("version 1 logs count none; {}", words::counted(n, "tuple"))
                }
                n if is_unmeasured => format!("{} without counters", words::counted(n, "tuple")),
                n => format!("apart from {}", words::counted(n, "unmeasured tuple")),
            },
        },
        Tile {
            name: "Flows",
            value: if has_data { words::count(flows) } else { NO_DATA.into() },
            more: format!("{} inbound", words::count(totals.flows_inbound_allowed + totals.flows_inbound_denied)),
        },
        Tile {
            name: "Denied",
            value: if flows == 0 { NO_DATA.into() } else { words::share(denied, flows) },
            more: words::counted(denied, "flow"),
        },
        Tile {
            name: "Exposed ports",
            value: if has_data { words::count(open_ports(input.tables)) } else { NO_DATA.into() },
            more: if exposed.is_empty() {
                if has_data { "no public source was let in".into() } else { "unknown".into() }
            } else {
                format!("on {}", words::counted(hosts.len() as u64, "address"))
            },
        },
        malicious_tile(input),
        findings_tile(input),
    ]
}

/// Flows with a peer of a threat list; unknown where no list was given.
fn malicious_tile(input: &ReportInput) -> Tile {
    let is_listed = input.summary.enrichment.iter().any(|file| file.kind == InputKind::ThreatList);
    let (mut allowed, mut denied) = (0, 0);
    for row in &input.tables.traffic_by_flow_type {
        allowed += row.measures.flows_malicious_allowed;
        denied += row.measures.flows_malicious_denied;
    }
    let (value, more) = match (is_listed, input.summary.tuples.kept) {
        (_, 0) => (NO_DATA.into(), "unknown".into()),
        (false, _) if allowed + denied == 0 => (NO_DATA.into(), "no threat list was given".into()),
        _ => (words::count(allowed + denied), format!("flows, {} denied", words::count(denied))),
    };
    Tile { name: "Malicious", value, more }
}

fn findings_tile(input: &ReportInput) -> Tile {
    let findings = &input.findings.findings;
    let of = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let split: Vec<String> = Severity::ALL
        .iter()
        .rev()
        .filter(|severity| of(**severity) > 0)
        .map(|severity| format!("{} {}", of(*severity), severity.name()))
        .collect();
    let (value, more) = match (findings.len(), input.summary.tuples.kept) {
        (0, 0) => (NO_DATA.into(), "nothing to look at".into()),
        (0, _) => ("0".into(), "nothing odd found".into()),
        (number, _) => (words::count(number as u64), split.join(", ")),
    };
    Tile { name: "Findings", value, more }
}

/// Most warnings of enrichment files in the box at the top; the section on them has more.
const INPUT_WARNINGS_MAX: usize = 6;

/// What a reader must know before trusting the numbers: of the logs, then of the files that enriched them.
pub fn warnings(input: &ReportInput) -> Vec<String> {
    let mut warnings = log_warnings(input);
    let all = input.summary.enrichment.iter().flat_map(|file| file.warnings.iter().map(move |text| (&file.file, text)));
    let total = all.clone().count();
    warnings.extend(
        all.take(INPUT_WARNINGS_MAX)
            .map(|(file, text)| format!("{}: {}.", words::shorten(file, 60), words::shorten(text.trim_end_matches('.'), 200))),
    );
    if total > INPUT_WARNINGS_MAX {
        warnings.push(format!("{} more.", words::counted((total - INPUT_WARNINGS_MAX) as u64, "warning")));
    }
    warnings
}

/// What was not read or not kept; empty if all was.
fn log_warnings(input: &ReportInput) -> Vec<String> {
    let (read, tuples) = (&input.summary.input, &input.summary.tuples);
    let mut warnings = Vec::new();
    if read.blobs_failed > 0 {
        warnings.push(format!(
            "{} of {} could not be read whole.",
            words::count(read.blobs_failed),
            words::counted(read.blobs, "blob")
        ));
    } else if !input.problems.is_empty() {
        warnings.push(format!("{} could not be read whole.", words::counted(input.problems.len() as u64, "blob")));
    }
    if tuples.rejected > 0 {
        warnings.push(format!("{} of {} rejected.", words::counted(tuples.rejected, "tuple"), words::count(tuples.read)));
    }
    if read.records_rejected > 0 {
        warnings.push(format!("{} rejected.", words::counted(read.records_rejected, "record")));
    }
    warnings
}

/// The section on data quality.
pub fn quality(input: &ReportInput) -> Quality {
    let tuples = &input.summary.tuples;
    let title = if tuples.read == 0 {
        "No tuple was read".to_owned()
    } else if log_warnings(input).is_empty() {
        "Nothing that was read was rejected".to_owned()
    } else {
        format!("{} of {} read were kept", words::count(tuples.kept), words::counted(tuples.read, "tuple"))
    };
    let more = input.problems.len().saturating_sub(PROBLEMS_MAX);
    Quality {
        title,
        facts: read_facts(input),
        problems: input
            .problems
            .iter()
            .take(PROBLEMS_MAX)
            .map(|problem| Fact { name: problem.blob.to_string(), value: problem.problem.clone() })
            .collect(),
        more_problems: if more > 0 { format!("{} more.", words::counted(more as u64, "blob")) } else { String::new() },
        rejects: rejects(input),
        capture_points: capture_points(input),
    }
}

fn read_facts(input: &ReportInput) -> Vec<Fact> {
    let (read, tuples) = (&input.summary.input, &input.summary.tuples);
    let n = words::count;
    let formats: Vec<String> = tuples
        .by_format
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(format, number)| format!("{} {}", n(*number), format.replace('_', " ")))
        .collect();
    let states = &tuples.by_state;
    let unmeasured = |counting: &str, number: u64| format!("{} {counting}", n(number));
    let traffic = &input.summary.traffic;
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    vec![
        fact(
            "Blobs",
            format!(
                "{} read, {} not whole, {} ignored (no flow log), {}",
                n(read.blobs),
                n(read.blobs_failed),
                n(read.blobs_ignored),
                words::bytes(read.bytes)
            ),
        ),
        fact(
            "Records",
            format!(
                "{}, of them {} duplicate and {} rejected",
                n(read.records),
                n(read.records_duplicate),
                n(read.records_rejected)
            ),
        ),
        fact(
            "Tuples",
            format!(
                "{} read = {} kept + {} rejected + {} duplicate + {} outside the window",
                n(tuples.read),
                n(tuples.kept),
                n(tuples.rejected),
                n(tuples.duplicate),
                n(tuples.outside_window)
            ),
        ),
        fact("Formats", if formats.is_empty() { "none".into() } else { formats.join(", ") }),
        fact(
            "States",
            format!(
                "{} begin, {} continuing, {} end, {} denied, {} unstated",
                n(states.begin),
                n(states.continuing),
                n(states.end),
                n(states.denied),
                n(states.unstated)
            ),
        ),
        fact(
            "Tuples without counters",
            format!(
                "{}, {}",
                unmeasured("observed", traffic.observed.tuples_unmeasured),
                unmeasured("deduplicated", traffic.deduplicated.tuples_unmeasured)
            ),
        ),
        fact("Intervals", words::length(input.interval.ms())),
        fact("Topology", if input.has_topology { "given".into() } else { "none; subnets and owners are inferred".into() }),
    ]
}

fn rejects(input: &ReportInput) -> TableView {
    let mut reasons: Vec<(&str, u64)> =
        input.summary.tuples.rejected_by_reason.iter().map(|(reason, number)| (*reason, *number)).collect();
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    let rows =
        reasons.into_iter().map(|(reason, number)| Row::new(vec![text(&reason.replace('_', " ")), count(number)])).collect();
    TableView {
        label: "rejects by reason".into(),
        rows,
        file: "rejects",
        total: words::counted(input.tables.rejects.len() as u64, "row"),
        source: "Each row of the CSV names the blob, the record, the tuple and its byte.".into(),
        none: "Nothing was rejected.",
        ..TableView::default()
    }
    .with_columns(&["Reason", "#Rejects"])
}

fn capture_points(input: &ReportInput) -> TableView {
    let all = &input.tables.capture_points;
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| {
            Row::new(vec![
                text(words::resource(&r.log_resource)),
                text(words::resource(&r.target_resource)),
                text(&r.mac),
                text(&r.format.name().replace('_', " ")),
                time(r.first_time),
                time(r.last_time),
                count(r.records),
                count(r.tuples),
            ])
        })
        .collect();
    TableView {
        label: words::counted(all.len() as u64, "capture point"),
        rows,
        file: "capture_points",
        total: words::counted(all.len() as u64, "row"),
        source: "One interface as one flow log saw it.".into(),
        none: "No capture point logged.",
        ..TableView::default()
    }
    .with_columns(&["Log resource", "Target", "MAC", "Format", "First (UTC)", "Last (UTC)", "#Records", "#Tuples"])
    .without_empty_columns()
}
