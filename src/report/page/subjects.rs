//! The tables of the page, by the name of their CSV: its most telling columns and its first rows.

use super::table::{Cell, ROWS_MAX, Row, TableView, bytes, count, share, text, time};
use crate::report::{ReportInput, words};
use crate::schema::Address;
use crate::schema::tables::{IpRow, Measures, PairMeasures};

/// Headings of the measures.
const MEASURES: [&str; 5] = ["#Received", "#Sent", "#Flows allowed", "#Flows denied", "#Unmeasured"];

/// The table `name`; an empty view for names without one.
pub fn table(name: &str, input: &ReportInput) -> TableView {
    match name {
        "traffic_over_time" => over_time(input),
        "traffic_by_ip" => addresses(input),
        "traffic_by_subnet" => subnets(input),
        "subnet_matrix" => matrix(input),
        "traffic_by_interface" => interfaces(input),
        "traffic_by_port" => ports(input),
        "traffic_by_rule" => rules(input),
        "coverage" => coverage(input),
        "exposed_ports" => exposed(input),
        _ => TableView::default(),
    }
}

/// What is exposed, in one sentence.
pub fn exposed_title(input: &ReportInput) -> String {
    let rows = &input.tables.exposed_ports;
    let Some(first) = rows.first() else {
        let is_known = input.summary.tuples.kept > 0;
        return if is_known { "No public address was let in" } else { "Unknown: there is no data" }.into();
    };
    format!(
        "{} reached from public addresses; {} port {}/{} by {}",
        words::counted(super::facts::open_ports(input), "open port"),
        first.ip,
        first.dst_port,
        words::protocol(first.protocol),
        words::counted(first.sources, "source")
    )
}

/// `label` of a table that shows the first rows of `total`.
fn top(total: usize, noun: &str, order: &str) -> String {
    if total <= ROWS_MAX {
        words::counted(total as u64, noun)
    } else {
        format!("the {ROWS_MAX} of {} with most {order}", words::counted(total as u64, noun))
    }
}

/// What most tables are sorted by: bytes, or flows where no byte was counted.
fn order(input: &ReportInput) -> &'static str {
    let totals = &input.summary.traffic.observed;
    if totals.bytes_src_to_dst + totals.bytes_dst_to_src > 0 { "bytes" } else { "flows" }
}

/// How a table is counted and sorted.
fn counted_and_sorted(input: &ReportInput, counting: &str) -> String {
    format!("{counting}, most {} first.", order(input))
}

fn rows_of(total: usize) -> String {
    words::counted(total as u64, "row")
}

fn measures(m: &Measures) -> [Cell; 5] {
    let [received, sent] = bytes_cells([m.bytes_received, m.bytes_sent], m.tuples_unmeasured);
    let denied = m.flows_denied();
    [received, sent, count(m.flows() - denied), count(denied), count(m.tuples_unmeasured)]
}

/// Received and sent; a dash where no byte was counted though tuples went unmeasured, which is not zero.
fn bytes_cells(both: [u64; 2], unmeasured: u64) -> [Cell; 2] {
    let is_unknown = both == [0, 0] && unmeasured > 0;
    both.map(|number| if is_unknown { Cell { text: "–".into(), key: Some(0) } } else { bytes(number) })
}

fn pair_measures(m: &PairMeasures) -> [Cell; 5] {
    let [received, sent] = bytes_cells([m.bytes_received, m.bytes_sent], m.tuples_unmeasured);
    [received, sent, count(m.flows_allowed), count(m.flows_denied), count(m.tuples_unmeasured)]
}

fn row(keys: impl IntoIterator<Item = Cell>, measures: [Cell; 5]) -> Row {
    Row::new(keys.into_iter().chain(measures).collect())
}

/// Headings: `keys`, then those of the measures.
fn headed(view: TableView, keys: &[&'static str]) -> TableView {
    let names: Vec<&'static str> = keys.iter().copied().chain(MEASURES).collect();
    view.with_columns(&names).without_empty_columns()
}

fn over_time(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_over_time;
    let mut busiest: Vec<_> = all.iter().collect();
    busiest.sort_by_key(|row| {
        (std::cmp::Reverse(row.measures.bytes()), std::cmp::Reverse(row.measures.flows()), row.interval_start)
    });
    let rows = busiest.into_iter().take(ROWS_MAX).map(|r| row([time(r.interval_start)], measures(&r.measures))).collect();
    let view = TableView {
        label: top(all.len(), "interval", order(input)),
        rows,
        file: "traffic_over_time",
        total: rows_of(all.len()),
        source: format!(
            "Intervals of {}, UTC. {}",
            words::length(input.interval.ms()),
            counted_and_sorted(input, "Deduplicated")
        ),
        none: "No interval has traffic.",
        ..TableView::default()
    };
    headed(view, &["Interval from (UTC)"])
}

fn addresses(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_ip;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| {
            // The measures come before what is wide, so that they are seen without scrolling.
            let head = [text(&r.ip.to_string()), text(&r.scope.name().replace('_', " "))];
            let known = [text(&r.subnet), text(&known_as(r)), text(&r.threat)];
            Row::new(head.into_iter().chain(measures(&r.measures)).chain(known).collect())
        })
        .collect();
    let view = TableView {
        label: top(all.len(), "address", order(input)),
        rows,
        file: "traffic_by_ip",
        total: rows_of(all.len()),
        source: counted_and_sorted(input, "Deduplicated"),
        none: "No address has traffic.",
        ..TableView::default()
    };
    let names: Vec<&'static str> =
        ["Address", "Scope"].into_iter().chain(MEASURES).chain(["Subnet", "Known as", "Threat list"]).collect();
    view.with_columns(&names).without_empty_columns()
}

/// Interface, VM, service tag, network and country, as far as known.
fn known_as(row: &IpRow) -> String {
    let known = [&row.interface, &row.vm, &row.service_tag, &row.asn, &row.country];
    let known: Vec<&str> = known.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    known.join(" · ")
}

fn subnets(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_subnet;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| row([text(or_none(&r.subnet)), text(&r.vnet), text(&r.prefix)], measures(&r.measures)))
        .collect();
    let view = TableView {
        label: top(all.len(), "subnet", order(input)),
        rows,
        file: "traffic_by_subnet",
        total: rows_of(all.len()),
        source: counted_and_sorted(input, "Deduplicated"),
        none: "No subnet has traffic.",
        ..TableView::default()
    };
    headed(view, &["Subnet", "VNet", "Prefix"])
}

fn or_none(subnet: &str) -> &str {
    if subnet.is_empty() { "(no known subnet)" } else { subnet }
}

fn matrix(input: &ReportInput) -> TableView {
    let all = &input.tables.subnet_matrix;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| row([text(or_none(&r.src_subnet)), text(or_none(&r.dst_subnet))], pair_measures(&r.measures)))
        .collect();
    let view = TableView {
        label: top(all.len(), "path", order(input)),
        rows,
        file: "subnet_matrix",
        total: rows_of(all.len()),
        source: format!(
            "From is who began the flows; sent is what it sent, received what came back. {}",
            counted_and_sorted(input, "Deduplicated")
        ),
        none: "No path has traffic.",
        ..TableView::default()
    };
    headed(view, &["From", "To"])
}

fn interfaces(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_interface;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| row([text(&r.interface), text(&r.mac), text(&addresses_text(&r.ips)), text(&r.subnet)], measures(&r.measures)))
        .collect();
    let view = TableView {
        label: top(all.len(), "interface", order(input)),
        rows,
        file: "traffic_by_interface",
        total: rows_of(all.len()),
        source: counted_and_sorted(input, "Observed"),
        none: "No interface has traffic.",
        ..TableView::default()
    };
    headed(view, &["Interface", "MAC", "Addresses", "Subnet"])
}

/// The first addresses, and how many more.
fn addresses_text(ips: &[Address]) -> String {
    let first: Vec<String> = ips.iter().take(4).map(ToString::to_string).collect();
    let more = if ips.len() > 4 { format!(" and {} more", ips.len() - 4) } else { String::new() };
    format!("{}{more}", first.join(" "))
}

fn ports(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_port;
    let named = all.iter().filter(|r| r.key.is_some());
    let label = top(named.clone().count(), "port", "flows");
    let rows = named
        .take(ROWS_MAX)
        .chain(all.iter().filter(|r| r.key.is_none()))
        .map(|r| {
            let key = match r.key {
                Some((port, protocol)) => text(&format!("{port}/{}", words::protocol(protocol))),
                None => text("other"),
            };
            Row { is_rest: r.key.is_none(), ..row([key, text(&r.l7_protocol)], pair_measures(&r.measures)) }
        })
        .collect();
    let view = TableView {
        label,
        rows,
        file: "traffic_by_port",
        total: rows_of(all.len()),
        source: "Received is towards the port. Deduplicated, most flows first.".into(),
        none: "No port has traffic.",
        ..TableView::default()
    };
    headed(view, &["Port", "Service"])
}

fn rules(input: &ReportInput) -> TableView {
    let all = &input.tables.traffic_by_rule;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| {
            let keys = [text(&r.rule), text(words::resource(&r.acl)), text(r.direction.name()), text(r.status.name())];
            row(keys, measures(&r.measures))
        })
        .collect();
    let view = TableView {
        label: top(all.len(), "rule", "flows"),
        rows,
        file: "traffic_by_rule",
        total: rows_of(all.len()),
        source: "One row per rule, direction and decision. Observed, most flows first.".into(),
        none: "No rule was named.",
        ..TableView::default()
    };
    headed(view, &["Rule", "ACL", "Direction", "Status"])
}

/// Hours and tuples per capture point, fewest hours first.
fn coverage(input: &ReportInput) -> TableView {
    let all = &input.tables.coverage;
    let mut points: std::collections::BTreeMap<(&str, &str), (u64, u64, u64)> = std::collections::BTreeMap::new();
    for r in all {
        let sum = points.entry((&r.log_resource, &r.mac)).or_default();
        *sum = (sum.0 + 1, sum.1 + r.records, sum.2 + r.tuples);
    }
    let first = all.iter().map(|r| r.hour).min().unwrap_or(0);
    let hours = all.iter().map(|r| u64::from(r.hour - first) + 1).max().unwrap_or(0);
    let total = points.len();
    let mut sorted: Vec<_> = points.into_iter().collect();
    sorted.sort_by_key(|(_, sum)| sum.0);
    let rows = sorted
        .into_iter()
        .take(ROWS_MAX)
        .map(|((resource, mac), (covered, records, tuples))| {
            let keys = [text(words::resource(resource)), text(mac)];
            let numbers =
                [count(covered), count(hours.saturating_sub(covered)), share(covered, hours), count(records), count(tuples)];
            Row::new(keys.into_iter().chain(numbers).collect())
        })
        .collect();
    TableView {
        label: top(total, "capture point", "gaps"),
        rows,
        file: "coverage",
        total: rows_of(all.len()),
        source: "One row per capture point, most gaps first; the CSV has one per hour.".into(),
        none: "No hour has tuples.",
        ..TableView::default()
    }
    .with_columns(&["Log resource", "MAC", "#Hours with tuples", "#Hours without", "#Covered", "#Records", "#Tuples"])
}

fn exposed(input: &ReportInput) -> TableView {
    let all = &input.tables.exposed_ports;
    let rows = all
        .iter()
        .take(ROWS_MAX)
        .map(|r| {
            let port = format!("{}/{}", r.dst_port, words::protocol(r.protocol));
            let m = &r.measures;
            Row::new(vec![
                text(&r.ip.to_string()),
                text(&port),
                text(&r.rule),
                text(if r.interface.is_empty() { &r.subnet } else { &r.interface }),
                count(r.sources),
                count(m.flows_inbound_allowed),
                bytes(m.bytes_received),
                time(r.first_time),
                time(r.last_time),
            ])
        })
        .collect();
    let names = ["Address", "Port", "Rule", "Interface", "#Sources", "#Flows", "#Received", "First (UTC)", "Last (UTC)"];
    TableView {
        label: top(all.len(), "exposed port", "sources"),
        rows,
        file: "exposed_ports",
        total: rows_of(all.len()),
        source: "Allowed inbound flows from public addresses that are not Azure's platform, most sources first.".into(),
        none: "No allowed inbound flow came from a public address.",
        ..TableView::default()
    }
    .with_columns(&names)
    .without_empty_columns()
}
