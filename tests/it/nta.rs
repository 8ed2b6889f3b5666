//! `--export nta` end to end: what it adds up to, that both files say the same, and what Traffic Analytics itself wrote.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;

use azflow::schema::FlowType;
use azflow::schema::codes::{TCP, UDP};
use azflow::schema::nta::COLUMNS;
use azflow::schema::service::service_name;
use polars::prelude::{ParquetReader, SerReader};
use tempfile::TempDir;

use crate::run::{Report, Table, analyze, azflow, files, number};

const FLOWS: [&str; 4] = ["AllowedInFlows", "DeniedInFlows", "AllowedOutFlows", "DeniedOutFlows"];

/// Each total of the summary, and the columns that add up to it.
const IDENTITIES: [(&str, &str); 8] = [
    ("flows_inbound_allowed", "AllowedInFlows"),
    ("flows_inbound_denied", "DeniedInFlows"),
    ("flows_outbound_allowed", "AllowedOutFlows"),
    ("flows_outbound_denied", "DeniedOutFlows"),
    ("bytes_src_to_dst", "BytesSrcToDest"),
    ("bytes_dst_to_src", "BytesDestToSrc"),
    ("packets_src_to_dst", "PacketsSrcToDest"),
    ("packets_dst_to_src", "PacketsDestToSrc"),
];

/// Where packed entries have the parts that the columns of their row add up to.
const PACKED: [(usize, &str); 5] =
    [(2, "CompletedFlows"), (3, "PacketsSrcToDest"), (4, "PacketsDestToSrc"), (5, "BytesSrcToDest"), (6, "BytesDestToSrc")];

/// A sample and its export.
fn exported(seed: &str, interval: &str) -> (TempDir, Report) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let logs = folder.path().join("logs");
    let out = logs.to_str().expect("UTF-8");
    assert_eq!(azflow(["sample", "--quiet", "--out", out, "--seed", seed, "--hours", "3", "--attacks"]).code, 0);
    let report = analyze([&logs], &["--export", "nta", "--export", "nta", "--interval", interval]);
    assert_eq!(report.ran.code, 0, "{:?}", report.ran);
    (folder, report)
}

fn table(report: &Report) -> Table {
    Table::read(&report.out.join("export/NTANetAnalytics.csv"))
}

#[test]
fn the_export_adds_up_to_what_was_observed() {
    for interval in ["10m", "60m"] {
        let (_folder, report) = exported("11", interval);
        let (table, summary) = (table(&report), report.summary());
        assert_eq!(table.columns, COLUMNS.iter().map(|column| column.name).collect::<Vec<_>>());
        for (total, column) in IDENTITIES {
            assert_eq!(table.sum(column), number(&summary, &format!("traffic.observed.{total}")), "{interval}: {column}");
        }
        assert_eq!(table.sum("RecordCount"), number(&summary, "tuples.kept"));
        assert_eq!(table.sum("CompletedFlows"), number(&summary, "tuples.by_state.end"));
        let mut ids = 0;
        for row in &table.rows {
            assert!(FLOWS.iter().filter(|column| row[**column] != "0").count() <= 1, "{row:?}");
            assert!(FlowType::ALL.iter().any(|known| known.name() == row["FlowType"]), "{row:?}");
            assert!(row["FlowIntervalStartTime"] <= row["FlowStartTime"] && row["FlowStartTime"] <= row["FlowEndTime"]);
            assert!(row["FlowEndTime"] < row["FlowIntervalEndTime"], "{row:?}");
            // Security admin rules and the platform have a GUID.
            let is_id = row["AclGroup"].starts_with('/');
            assert!(!is_id || row["AclGroup"].split('/').nth(8).is_some_and(|name| !name.is_empty()), "{row:?}");
            ids += usize::from(is_id);
        }
        assert!(ids > table.rows.len() / 2, "{interval}: {ids}");
    }
}

#[test]
fn packed_addresses_add_up_to_their_row_and_only_public_flows_are_packed() {
    let (_folder, report) = exported("12", "60m");
    let mut packed_rows = 0;
    for row in table(&report).rows {
        let packed = ["SrcPublicIps", "DestPublicIps"].map(|column| row[column].as_str());
        let is_public = ["AzurePublic", "ExternalPublic"].contains(&&*row["FlowType"]);
        let filled = packed.iter().filter(|text| !text.is_empty()).count();
        assert_eq!(filled, usize::from(is_public), "{row:?}");
        // The end that is packed is blank, the other one is not.
        for (ip, packed) in ["SrcIp", "DestIp"].iter().zip(packed) {
            assert_eq!(row[*ip].is_empty(), !packed.is_empty(), "{row:?}");
        }
        let Some(text) = packed.iter().find(|text| !text.is_empty()) else { continue };
        packed_rows += 1;
        let entries: Vec<Vec<&str>> = text.split(' ').map(|entry| entry.split('|').collect()).collect();
        let addresses: BTreeSet<&str> = entries.iter().map(|entry| entry[0]).collect();
        assert_eq!(addresses.len(), entries.len(), "an address stands once: {row:?}");
        let sum = |part: usize| entries.iter().map(|entry| entry[part].parse::<u64>().expect("a number")).sum::<u64>();
        for (part, column) in PACKED {
            assert_eq!(sum(part).to_string(), row[column], "{column}: {row:?}");
        }
        let flows: u64 = FLOWS.iter().map(|column| row[*column].parse::<u64>().expect("a number")).sum();
        assert_eq!(sum(1), flows, "{row:?}");
    }
    assert!(packed_rows > 10, "{packed_rows}");
}

#[test]
fn the_parquet_file_says_what_the_csv_says() {
    let (_folder, report) = exported("13", "10m");
    let table = table(&report);
    let file = File::open(report.out.join("export/NTANetAnalytics.parquet")).expect("the file is there");
    let frame = ParquetReader::new(file).finish().expect("a Parquet file");
    assert_eq!(frame.get_column_names().iter().map(|name| name.as_str()).collect::<Vec<_>>(), table.columns);
    assert_eq!(frame.height(), table.rows.len());
    for (_, column) in IDENTITIES {
        let sum: i64 = frame.column(column).and_then(|c| c.i64()).expect("longs").iter().flatten().sum();
        assert_eq!(sum as u64, table.sum(column), "{column}");
    }
    for column in ["SrcIp", "DestPublicIps", "FlowType", "AclRule"] {
        let texts = frame.column(column).and_then(|c| c.str()).expect("texts");
        assert!(texts.iter().zip(&table.rows).all(|(text, row)| text == Some(row[column].as_str())), "{column}");
    }
}

#[test]
fn the_same_logs_give_the_same_export_whatever_the_threads() {
    let (folder, report) = exported("14", "10m");
    let again = analyze([folder.path().join("logs")], &["--export", "nta", "--threads", "1"]);
    let [first, second] = [&report, &again].map(|report| files(&report.out.join("export")));
    assert_eq!(first.keys().collect::<Vec<_>>(), ["NTANetAnalytics.csv", "NTANetAnalytics.parquet"]);
    assert!(first == second);
}

#[test]
fn without_the_option_there_is_no_export() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = crate::logs::put(folder.path(), "a.json", crate::logs::small_blob());
    assert!(!analyze([&input], &[]).out.join("export").exists());
    assert_eq!(azflow(["analyze", "x", "--out", "y", "--export", "xml"]).code, 2);
}

/// Names of services that the table of 2019 has and the common names here differ from.
const OTHER_NAMES: [(&str, &str); 1] = [("ms-wbt-server", "rdp")];

/// What Traffic Analytics wrote; `None`, with a note, where it is absent.
fn older_table() -> Option<Table> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/traffic-analytics-output/az_net_flows.csv");
    if !path.is_file() {
        eprintln!("skipped: ../shared/samples is absent");
        return None;
    }
    Some(Table::read(&path))
}

#[test]
fn what_traffic_analytics_wrote_holds_to_the_same_rules() {
    let Some(table) = older_table() else { return };
    assert_eq!(table.rows.len(), 460);
    for row in &table.rows {
        let is_public = ["AzurePublic", "ExternalPublic"].contains(&&*row["FlowType"]);
        assert!(FlowType::ALL.iter().any(|known| known.name() == row["FlowType"]), "{row:?}");
        assert!(["I", "O"].contains(&&*row["FlowDirection"]), "{row:?}");
        assert_eq!(FLOWS.iter().filter(|column| row[**column] != "0.0").count(), 1, "{row:?}");
        let counter = if row["FlowDirection"] == "I" { "AllowedInFlows" } else { "AllowedOutFlows" };
        assert_ne!(row[counter], "0.0", "the direction tells the counter: {row:?}");
        assert_eq!(row["SrcIP"].is_empty(), is_public, "{row:?}");
        assert_eq!(row["DestIP"].is_empty(), is_public, "{row:?}");
        assert_eq!(!row["RemoteRegion"].is_empty(), row["FlowType"] == "AzurePublic", "every row to Azure has a region: {row:?}");
        let port = row["DestPort"].trim_end_matches(".0").parse().expect("a port");
        let name = service_name(port, if row["L4Protocol"] == "T" { TCP } else { UDP });
        let own = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == row["L7Protocol"]).map_or(&*row["L7Protocol"], |(_, own)| own);
        assert!(name == own || name == row["L7Protocol"], "{port}: {name}, {own}");
    }
}
