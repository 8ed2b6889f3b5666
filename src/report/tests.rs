//! The report as a whole: which files, the same bytes twice, and extremes that must not panic.

use std::sync::Mutex;

use super::fixture::{self, Fixture};
use super::*;
use crate::schema::tables::{CoverageRow, TimeRow};

fn files(fixture: &Fixture) -> Vec<OutputFile> {
    let files = Mutex::new(Vec::new());
    let take = |file| {
        files.lock().expect("no thread failed").push(file);
        Ok::<(), ReportError>(())
    };
    render(&fixture.input(), &take).expect("report");
    let mut files = files.into_inner().expect("no thread failed");
    files.sort_by(|a: &OutputFile, b| a.path.cmp(&b.path));
    files
}

#[test]
fn a_report_has_every_file_of_the_contract_once() {
    let paths: Vec<String> = files(&fixture::day()).into_iter().map(|file| file.path).collect();
    let mut expected: Vec<String> = tables::TABLES.iter().map(|table| format!("tables/{}.csv", table.name)).collect();
    expected.extend(chart::CHARTS.iter().flat_map(|c| ["svg", "png"].map(|kind| format!("charts/{}.{kind}", c.name))));
    expected.extend(["summary.json", "findings.json", "report.html", "report.md"].map(String::from));
    expected.sort();
    assert_eq!(paths, expected);
}

#[test]
fn every_table_and_chart_stands_in_the_documentation() {
    let text = include_str!("../../docs/report.md");
    let names = tables::TABLES.iter().map(|table| table.name).chain(chart::CHARTS.iter().map(|chart| chart.name));
    let missing: Vec<_> = names.filter(|name| !text.contains(&format!("\n| `{name}` |"))).collect();
    assert!(missing.is_empty(), "docs/report.md lacks {missing:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let fixture = fixture::hostile();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("pool");
    assert!(files(&fixture) == alone.install(|| files(&fixture)));
}

#[test]
fn json_files_are_indented_and_end_with_a_line_feed() {
    for file in files(&fixture::hostile()).iter().filter(|file| file.path.ends_with(".json")) {
        assert!(file.bytes.starts_with(b"{\n  \"schema_version\": 1,") && file.bytes.ends_with(b"}\n"));
        assert!(serde_json::from_slice::<serde_json::Value>(&file.bytes).is_ok());
    }
}

#[test]
fn a_window_from_the_first_to_the_last_possible_moment_is_drawn_without_delay() {
    let mut fixture = fixture::day();
    let hours = [0, u32::MAX / 6];
    fixture.tables.coverage =
        hours.map(|hour| CoverageRow { log_resource: "a".into(), mac: "b".into(), hour, records: 1, tuples: 1 }).into();
    fixture.tables.traffic_over_time = [0, i64::from(u32::MAX) * Interval::TenMinutes.ms()]
        .map(|interval_start| TimeRow { interval_start, ..TimeRow::default() })
        .into();
    assert!(!files(&fixture).is_empty());
}

#[test]
fn rows_of_nothing_but_zeros_are_drawn_as_zeros() {
    let mut fixture = fixture::day();
    fixture.summary.traffic = Default::default();
    let tables = &mut fixture.tables;
    tables.traffic_by_ip.iter_mut().for_each(|row| row.measures = Default::default());
    tables.traffic_by_port.iter_mut().for_each(|row| row.measures = Default::default());
    tables.traffic_by_rule.iter_mut().for_each(|row| row.measures = Default::default());
    tables.subnet_matrix.iter_mut().for_each(|row| row.measures = Default::default());
    tables.traffic_over_time.iter_mut().for_each(|row| row.measures = Default::default());
    assert!(!files(&fixture).is_empty());
}

/// Writes every fixture's report into the folder that `AZFLOW_LOOK` names, for eyes.
#[test]
fn reports_are_written_for_eyes_where_asked() {
    let Ok(folder) = std::env::var("AZFLOW_LOOK") else { return };
    let fixtures = [
        ("day", fixture::day()),
        ("hostile", fixture::hostile()),
        ("empty", fixture::empty()),
        ("unmeasured", fixture::unmeasured()),
        ("vast", fixture::vast()),
    ];
    for (name, fixture) in fixtures {
        for file in files(&fixture) {
            let path = std::path::Path::new(&folder).join(name).join(&file.path);
            std::fs::create_dir_all(path.parent().expect("folder")).expect("created");
            std::fs::write(path, file.bytes).expect("written");
        }
    }
}
