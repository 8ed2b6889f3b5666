//! The tables of the page, by the name of the chart they belong to: their most telling columns and their first rows.

mod changes;
mod estate;
mod exposure;
mod peers;
mod quality;
mod rules;
mod totals;
mod traffic;

pub use changes::{name as changed_name, tables as changes, title as changes_title};
pub use exposure::{exposed, exposed_title};

use super::table::{Cell, MALICIOUS, Row, TableView, UNMEASURED, bytes, count, text};
use crate::report::{ReportInput, words};
use crate::schema::flow_type::Reach;
use crate::schema::tables::{Measures, NamedRow, PairMeasures};

/// Headings of the measures; `#` marks numbers.
const MEASURES: [&str; 7] = ["#Received", "#Sent", "#Packets", "#Flows allowed", "#Flows denied", MALICIOUS, UNMEASURED];

/// The tables of the chart `name`, those of its own file first; none for names without.
pub fn tables(name: &str, input: &ReportInput) -> Vec<TableView> {
    match name {
        "traffic_over_time" => vec![traffic::over_time(input)],
        "top_addresses" => vec![traffic::addresses(input)],
        "top_subnets" => vec![traffic::subnets(input)],
        "subnet_matrix" => vec![traffic::matrix(input)],
        "vnets" => {
            vec![named(input, &input.tables.traffic_by_vnet, ("VNet", "traffic_by_vnet", "(in no VNet)"), totals::BOTH_ENDS)]
        }
        "scale_sets" => {
            vec![named(
                input,
                &input.tables.traffic_by_scale_set,
                ("scale set", "traffic_by_scale_set", "(in no scale set)"),
                totals::BOTH_ENDS,
            )]
        }
        "top_interfaces" => vec![traffic::interfaces(input)],
        "conversations_internal" => vec![estate::conversations(input, Reach::Internal)],
        "conversations_external" => vec![estate::conversations(input, Reach::External)],
        "activity" => vec![estate::activity(input)],
        "countries" => {
            vec![named(input, &input.tables.traffic_by_country, ("country", "traffic_by_country", "(none known)"), totals::TOTAL)]
        }
        "azure_regions" => {
            vec![named(
                input,
                &input.tables.traffic_by_azure_region,
                ("region", "traffic_by_azure_region", "(none known)"),
                totals::TOTAL,
            )]
        }
        "public_addresses" => vec![peers::public_addresses(input)],
        "gateways" => vec![peers::gateways(input)],
        "load_balancers" => vec![peers::load_balancers(input)],
        "top_ports" => vec![traffic::ports(input)],
        "flow_types" => {
            vec![named(
                input,
                &input.tables.traffic_by_flow_type,
                ("flow type", "traffic_by_flow_type", "(none known)"),
                totals::TOTAL,
            )]
        }
        "encryption" => vec![estate::encryption(input)],
        "top_rules" => vec![rules::rules(input), rules::top_pairs(input)],
        "rule_usage" => vec![rules::usage(input)],
        "exposed_sources" => vec![exposure::sources(input)],
        "internet_senders" => vec![exposure::senders(input)],
        "coverage" => vec![quality::coverage(input)],
        "data_quality" => vec![quality::data_quality(input)],
        _ => Vec::new(),
    }
}

/// What a table says of itself.
struct Said<'a> {
    /// What a row is.
    noun: &'a str,
    /// What it is sorted by, most first.
    order: &'a str,
    /// Name of the CSV.
    file: &'static str,
    /// How it is counted, and what its columns mean.
    source: String,
    /// What to say instead if it is empty.
    none: &'static str,
}

/// A table of which `total` rows exist.
fn view(input: &ReportInput, said: Said, total: usize, rows: Vec<Row>, columns: &[&'static str]) -> TableView {
    TableView {
        label: top(input, total, said.noun, said.order),
        rows,
        file: said.file,
        total: words::counted(total as u64, "row"),
        source: said.source,
        none: said.none,
        ..TableView::default()
    }
    .with_columns(columns)
    .without_empty_columns()
}

/// `label` of a table that shows the first rows of `total`.
fn top(input: &ReportInput, total: usize, noun: &str, order: &str) -> String {
    let rows = input.view.rows;
    if total <= rows {
        words::counted(total as u64, noun)
    } else {
        format!("the {rows} of {} with most {order}", words::counted(total as u64, noun))
    }
}

/// What most tables are sorted by: bytes, or flows where no byte was counted.
fn order(input: &ReportInput) -> &'static str {
    let totals = &input.summary.traffic.observed;
    if totals.bytes() > 0 { "bytes" } else { "flows" }
}

/// How a table is counted and sorted.
fn counted_and_sorted(input: &ReportInput, counting: &str) -> String {
    format!("{counting}, most {} first.", order(input))
}

/// A table with one name as its key: its noun, its CSV, and what stands for the row without a name. `total`: what its sum is called.
fn named(input: &ReportInput, all: &[NamedRow], (noun, file, nameless): (&str, &'static str, &str), total: &str) -> TableView {
    let rows = all
        .iter()
        .take(input.view.rows)
        .map(|r| row([text(if r.name.is_empty() { nameless } else { &r.name })], measures(&r.measures)))
        .collect();
    let source = counted_and_sorted(input, "Deduplicated");
    let said = Said { noun, order: order(input), file, source, none: "No row has traffic." };
    let view = view(input, said, all.len(), rows, &headed(&["Name"]));
    totals::summed(view, total, all.iter().map(|r| &r.measures))
}

fn measures(m: &Measures) -> [Cell; 7] {
    let [received, sent, packets] =
        volumes([m.bytes_received, m.bytes_sent], m.packets_received + m.packets_sent, m.tuples_unmeasured);
    let denied = m.flows_denied();
    let flows = [count(m.flows() - denied), count(denied), count(m.flows_malicious())];
    let [allowed, denied, malicious] = flows;
    [received, sent, packets, allowed, denied, malicious, count(m.tuples_unmeasured)]
}

fn pair_measures(m: &PairMeasures) -> [Cell; 7] {
    let [received, sent, packets] =
        volumes([m.bytes_received, m.bytes_sent], m.packets_received + m.packets_sent, m.tuples_unmeasured);
    let malicious = count(m.flows_malicious_allowed + m.flows_malicious_denied);
    [received, sent, packets, count(m.flows_allowed), count(m.flows_denied), malicious, count(m.tuples_unmeasured)]
}

/// Received, sent, packets; a dash where nothing was counted though tuples went unmeasured, which is not zero.
fn volumes(both: [u64; 2], packets: u64, unmeasured: u64) -> [Cell; 3] {
    if both == [0, 0] && unmeasured > 0 {
        return std::array::from_fn(|_| Cell { text: "–".into(), key: Some(0), ..Cell::default() });
    }
    [bytes(both[0]), bytes(both[1]), count(packets)]
}

fn row(keys: impl IntoIterator<Item = Cell>, measures: [Cell; 7]) -> Row {
    Row::new(keys.into_iter().chain(measures).collect())
}

/// Headings: `keys`, then those of the measures.
fn headed(keys: &[&'static str]) -> Vec<&'static str> {
    keys.iter().copied().chain(MEASURES).collect()
}

fn subnet_or_none(subnet: &str) -> &str {
    if subnet.is_empty() { "(no known subnet)" } else { subnet }
}

/// `443/tcp`
fn port_text(port: u16, protocol: u8) -> String {
    format!("{port}/{}", words::protocol(protocol))
}
