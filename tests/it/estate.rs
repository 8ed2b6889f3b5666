//! One small estate in full, from exports of Azure and lists to every table: hub and spoke with gateway, load balancers, appliance,
//! scale set and private endpoint (`tests/data/estate`), and the logs of `estate/logged.rs`.
//!
//! Each test asks one question of the report. Expected values were worked out by hand; the arithmetic stands beside them, a
//! number in brackets being that of a flow in `estate/logged.rs`.

mod accounts;
mod internet;
mod logged;
mod places;
mod rules;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use azflow::app::analyze::analyze;
use azflow::app::progress::Silent;
use serde_json::Value;

use crate::logs::{blob, put};
use crate::properties::{folder, settings};
use crate::run::{Table, files};

/// Columns of most tables: flows in allowed, in denied, out allowed, out denied, bytes received, sent, packets received, sent,
/// tuples unmeasured, malicious flows allowed, denied.
const MEASURES: [&str; 11] = [
    "flows_inbound_allowed",
    "flows_inbound_denied",
    "flows_outbound_allowed",
    "flows_outbound_denied",
    "bytes_received",
    "bytes_sent",
    "packets_received",
    "packets_sent",
    "tuples_unmeasured",
    "flows_malicious_allowed",
    "flows_malicious_denied",
];

/// Columns of pairs, ports and the like: flows allowed, denied, then as [`MEASURES`].
const PAIR_MEASURES: [&str; 9] = [
    "flows_allowed",
    "flows_denied",
    "bytes_received",
    "bytes_sent",
    "packets_received",
    "packets_sent",
    "tuples_unmeasured",
    "flows_malicious_allowed",
    "flows_malicious_denied",
];

type Row = BTreeMap<String, String>;

/// The files of the report, made once.
static FILES: LazyLock<BTreeMap<String, Vec<u8>>> = LazyLock::new(|| {
    let logs = folder();
    for (index, record) in logged::records().iter().enumerate() {
        put(logs.path(), &format!("{index}.json"), blob(&[record]));
    }
    let out = folder();
    let given = |name: &str| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/estate").join(name) };
    let mut settings = settings(vec![logs.path().display().to_string()], &out.path().join("report"));
    settings.topology = vec![given("topology")];
    settings.geo = vec![given("country.csv")];
    settings.asn = vec![given("asn.csv")];
    settings.service_tags = vec![given("service-tags.json")];
    settings.threat_lists = vec![given("threats.txt")];
    let outcome = analyze(&settings, &Silent).expect("the report is written");
    assert_eq!(outcome.exit.code(), 0, "{:?}", outcome.lines);
    files(&settings.out)
});

/// `report.html` of the estate, for those who look at it in a browser.
pub fn page() -> Vec<u8> {
    FILES["report.html"].clone()
}

fn table(name: &str) -> Table {
    let file = format!("tables/{name}.csv");
    Table::parse(FILES.get(&file).unwrap_or_else(|| panic!("{file} is not among {:?}", FILES.keys())))
}

fn summary() -> Value {
    serde_json::from_slice(&FILES["summary.json"]).expect("JSON")
}

/// The rows of a table whose cells are these.
fn rows(name: &str, key: &[(&str, &str)]) -> Vec<Row> {
    let table = table(name);
    let cell = |row: &Row, column: &str| row.get(column).unwrap_or_else(|| panic!("{name} has no {column}: {row:?}")).clone();
    table.rows.into_iter().filter(|row| key.iter().all(|(column, value)| cell(row, column) == *value)).collect()
}

/// The one row of a table whose cells are these.
fn row(name: &str, key: &[(&str, &str)]) -> Row {
    let mut found = rows(name, key);
    assert_eq!(found.len(), 1, "{name}: {key:?}: {found:?}; all rows: {:#?}", table(name).rows);
    found.remove(0)
}

fn cells<'a>(row: &'a Row, columns: &[&str]) -> Vec<&'a str> {
    columns.iter().map(|column| row.get(*column).unwrap_or_else(|| panic!("no {column} in {row:?}")).as_str()).collect()
}

fn counts<const N: usize>(row: &Row, columns: [&str; N]) -> [u64; N] {
    columns.map(|column| row.get(column).and_then(|cell| cell.parse().ok()).unwrap_or_else(|| panic!("{column}: {row:?}")))
}

/// A table with one text as key: its rows in order.
fn named(name: &str) -> Vec<(String, [u64; 11])> {
    let table = table(name);
    let key = table.columns.first().expect("a column").clone();
    table.rows.iter().map(|row| (row[&key].clone(), counts(row, MEASURES))).collect()
}

fn expected(rows: &[(&str, [u64; 11])]) -> Vec<(String, [u64; 11])> {
    rows.iter().map(|(name, measures)| ((*name).to_owned(), *measures)).collect()
}
