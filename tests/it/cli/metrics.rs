//! `analyze --metrics`: what stands in the file after runs that end well, find no flow log, or fail.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::folder;
use crate::logs::{MAC, VNET_TUPLES, blob, put, small_blob, vnet};
use crate::run::{Ran, azflow, numbers};

fn analyze(input: &Path, out: &Path, metrics: &Path) -> Ran {
    let words = ["analyze".as_ref(), "--quiet".as_ref(), input.as_os_str(), "--out".as_ref(), out.as_os_str()];
    azflow(words.into_iter().chain(["--metrics".as_ref(), metrics.as_os_str()]))
}

/// Every value by its series.
fn values(path: &Path) -> BTreeMap<String, f64> {
    let text = fs::read_to_string(path).expect("metrics");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

#[test]
fn metrics_are_those_of_the_summary() {
    let folder = folder();
    let bad = blob(&[vnet(MAC, "t", "r", &[VNET_TUPLES[0], "bad"])]);
    put(folder.path(), "logs/a.json", small_blob());
    put(folder.path(), "logs/b.json", bad);
    let (out, metrics) = (folder.path().join("out"), folder.path().join("azflow.prom"));
    assert_eq!(analyze(&folder.path().join("logs"), &out, &metrics).code, 0);
    let values = values(&metrics);
    let summary = serde_json::from_slice(&fs::read(out.join("summary.json")).expect("a summary")).expect("JSON");
    let [blobs, kept, rejected] = numbers(&summary, ["input.blobs", "tuples.kept", "tuples.rejected"]);
    assert_eq!((blobs, kept, rejected), (2, 9, 1));
    assert_eq!(values["azflow_blobs{result=\"read\"}"], 2.0);
    assert_eq!(values["azflow_tuples{result=\"kept\"}"], 9.0);
    assert_eq!(values["azflow_tuples{result=\"rejected\"}"], 1.0);
    assert_eq!(values["azflow_rejects{reason=\"field_count\"}"], 1.0);
    assert_eq!(values["azflow_last_run_exit_code"], 0.0);
    let newest = azflow::schema::moment::moment(summary["window"]["last_time"].as_str().expect("a time")).expect("a moment");
    assert_eq!(values["azflow_newest_tuple_timestamp_seconds"], newest as f64 / 1_000.0);
    let lag = values["azflow_last_run_timestamp_seconds"] - newest as f64 / 1_000.0;
    assert!((values["azflow_lag_seconds"] - lag).abs() < 0.01, "{values:?}");
}

#[test]
fn a_failed_run_says_so_and_keeps_the_time_of_the_last_success() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let (out, metrics) = (folder.path().join("out"), folder.path().join("azflow.prom"));
    assert_eq!(analyze(&input, &out, &metrics).code, 0);
    let success = values(&metrics)["azflow_last_success_timestamp_seconds"];
    let missing = analyze(&folder.path().join("missing"), &out, &metrics);
    assert!(missing.code == 2 && missing.stderr.contains("cannot read input"), "{missing:?}");
    let failed = values(&metrics);
    assert_eq!(failed["azflow_last_run_exit_code"], 2.0);
    assert_eq!(failed["azflow_last_success_timestamp_seconds"], success);
    assert!(!failed.contains_key("azflow_lag_seconds"), "{failed:?}");
    // Where the output folder is a file, the run fails after its inputs were listed.
    assert_eq!(analyze(&input, &input, &metrics).code, 1);
    assert_eq!(values(&metrics)["azflow_last_run_exit_code"], 1.0);
}

#[test]
fn a_run_without_a_flow_log_is_no_success() {
    let folder = folder();
    let input = put(folder.path(), "a.json", "{\"records\":[{\"category\":\"Other\",\"properties\":{}}]}");
    let metrics = folder.path().join("azflow.prom");
    let ran = analyze(&input, &folder.path().join("out"), &metrics);
    let values = values(&metrics);
    assert_eq!((ran.code, values["azflow_last_run_exit_code"]), (5, 5.0), "{ran:?}");
    assert!(!values.contains_key("azflow_last_success_timestamp_seconds"), "{values:?}");
    assert!(!values.contains_key("azflow_newest_tuple_timestamp_seconds"), "{values:?}");
    assert_eq!(values["azflow_tuples{result=\"kept\"}"], 0.0);
}

#[test]
fn a_metrics_path_that_cannot_be_is_refused_before_the_work() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("out");
    let ran = analyze(&input, &out, &folder.path().join("azflow.txt"));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.starts_with("error: cannot write metrics: ") && ran.stderr.contains("\nhint: "), "{ran:?}");
    assert!(!out.exists());
}
