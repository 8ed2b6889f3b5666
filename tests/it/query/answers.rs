//! What the command prints in each format, and how it ends where a query, a name or a workspace is wrong.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::workspace;
use crate::run::{Ran, Table, azflow, command};

fn ask(format: &str, sql: &str) -> Ran {
    azflow(["query", "--workspace", &workspace().text(), "--format", format, sql])
}

/// The rows as JSON.
fn rows(sql: &str) -> Vec<Value> {
    let ran = ask("json", sql);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{sql}");
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{sql}: {error}: {}", ran.stdout))
}

#[test]
fn every_format_says_the_same() {
    let _shared = workspace();
    let sql = "SELECT src_ip, rule, first_time, SUM(bytes_src_to_dst) AS bytes FROM traffic GROUP BY src_ip, rule, first_time";
    let rows = rows(sql);
    assert!(rows.len() > 100);
    let lines: Vec<Value> =
        ask("ndjson", sql).stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines, rows);
    let csv = ask("csv", sql);
    assert!(csv.stdout.starts_with("src_ip,rule,first_time,bytes\n") && !csv.stdout.contains('\r'));
    let table = Table::parse(csv.stdout.as_bytes());
    assert_eq!(table.rows.len(), rows.len());
    for (row, object) in table.rows.iter().zip(&rows) {
        assert_eq!(row["src_ip"], object["src_ip"].as_str().expect("a text"));
        assert_eq!(row["bytes"], object["bytes"].to_string());
        assert_eq!(row["first_time"], object["first_time"].as_str().expect("a moment"));
        assert_eq!(row["rule"].trim_start_matches('\''), object["rule"].as_str().expect("a text"));
    }
    let aligned = ask("table", sql).stdout;
    assert_eq!(aligned.lines().count(), rows.len() + 2);
    assert!(aligned.starts_with("src_ip"), "{}", &aligned[..200]);
    let parquet = workspace().path().join("answer.parquet");
    let file = fs::File::create(&parquet).expect("a file");
    let status = command().args(["query", "--workspace", &workspace().text(), "--format", "parquet", sql]).stdout(file).status();
    assert!(status.expect("the binary starts").success());
    let bytes = fs::read(&parquet).expect("written");
    fs::remove_file(&parquet).expect("removed");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn the_same_question_has_the_same_bytes_each_time() {
    let _shared = workspace();
    for sql in [
        "SELECT dst_port, COUNT(DISTINCT src_ip) AS n FROM traffic GROUP BY dst_port",
        "SELECT * FROM traffic",
        "SELECT DISTINCT rule FROM traffic",
    ] {
        let first = ask("csv", sql).stdout;
        assert!(first.lines().count() > 2, "{sql}");
        for threads in ["1", "3"] {
            let args = ["query", "--workspace", &workspace().text(), "--format", "csv", sql];
            let again = command().args(args).env("POLARS_MAX_THREADS", threads).output().expect("the binary ends");
            assert!(first.as_bytes() == again.stdout, "{sql}");
        }
    }
}

#[test]
fn texts_of_logs_are_data_in_every_format() {
    let _shared = workspace();
    let sql = "SELECT DISTINCT rule FROM traffic WHERE rule = '=rule()'";
    assert_eq!(ask("csv", sql).stdout, "rule\n'=rule()\n");
    assert_eq!(rows(sql)[0]["rule"], "=rule()");
    let texts = ask("csv", "SELECT text FROM rejects ORDER BY text").stdout;
    assert!(texts.lines().any(|line| line.starts_with("'=bad")), "{texts}");
}

#[test]
fn the_list_names_every_saved_query() {
    let list = azflow(["query", "--list"]);
    assert_eq!((list.code, list.stderr.as_str()), (0, ""));
    assert!(list.stdout.starts_with("name ") && list.stdout.contains("\ntop_talkers  "), "{}", list.stdout);
    let json = azflow(["query", "--list", "--format", "json"]);
    let json: Vec<Value> = serde_json::from_str(&json.stdout).expect("JSON");
    assert!(json.len() >= 12 && json.iter().all(|saved| saved["question"].as_str().is_some_and(|text| text.ends_with('?'))));
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("mine.sql"), "-- title: Mine\nSELECT 1 AS one").expect("writes");
    let queries = folder.path().to_str().expect("UTF-8");
    assert!(azflow(["query", "--list", "--queries", queries]).stdout.contains("\nmine "));
    let mine = azflow(["query", "--workspace", &workspace().text(), "--queries", queries, "--saved", "mine", "--format", "csv"]);
    assert_eq!((mine.code, mine.stdout.as_str()), (0, "one\n1\n"));
}

#[test]
fn tables_and_columns_are_told() {
    let _shared = workspace();
    let tables = rows("SHOW TABLES");
    assert!(tables.iter().any(|table| table["table_name"] == "endpoints") && tables.len() == 10);
    let columns = rows("DESCRIBE traffic");
    assert_eq!(columns[0]["column_name"], "blob_id");
    assert!(columns.iter().any(|column| column["column_name"] == "hour" && column["column_type"] == "BIGINT"));
}

#[test]
fn endpoints_and_findings_are_those_of_a_report_with_the_same_topology() {
    let shared = workspace();
    let out = tempfile::tempdir().expect("a folder");
    let (report, topology) = (out.path().join("report"), shared.logs().join("topology"));
    let beside = ["--quiet", "--workspace", &shared.text(), "--topology", topology.to_str().expect("UTF-8")].map(str::to_owned);
    let report_args = ["report", "--out", report.to_str().expect("UTF-8")].map(str::to_owned);
    assert_eq!(azflow(report_args.iter().chain(&beside)).code, 0);
    let query = |sql: &str, format: &str| {
        let ran = azflow(["query", "--format", format, sql].map(str::to_owned).iter().chain(&beside));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{sql}");
        ran.stdout
    };
    let endpoints = fs::read_to_string(report.join("tables/endpoints.csv")).expect("a table");
    assert!(endpoints.lines().count() > 20 && query("SELECT * FROM endpoints", "csv") == endpoints);
    let findings: Value = serde_json::from_slice(&fs::read(report.join("findings.json")).expect("a file")).expect("JSON");
    let rows: Vec<Value> = serde_json::from_str(&query("SELECT * FROM findings", "json")).expect("JSON");
    let findings = findings["findings"].as_array().expect("findings");
    assert!(!findings.is_empty() && findings.len() == rows.len());
    for (finding, row) in findings.iter().zip(&rows) {
        for (column, value) in row.as_object().expect("an object") {
            match column.as_str() {
                "evidence" => {
                    let evidence: Value = serde_json::from_str(value.as_str().expect("a text")).expect("JSON");
                    assert_eq!(evidence, finding["evidence"]);
                }
                column => assert_eq!(*value, finding[column], "{column}"),
            }
        }
    }
    let joined = "SELECT e.subnet, SUM(t.bytes_src_to_dst) AS bytes FROM traffic AS t JOIN endpoints AS e ON e.ip = t.src_ip \
                  WHERE t.direction = 'Outbound' GROUP BY e.subnet";
    assert!(query(joined, "csv").lines().count() > 2);
    let last_day = azflow(
        ["query", "--format", "csv", "--last", "3h", "SELECT MIN(last_time) AS first FROM endpoints"]
            .map(str::to_owned)
            .iter()
            .chain(&beside),
    );
    assert_eq!(last_day.stdout.get(..16), Some("first\n2026-03-03"), "{last_day:?}");
}

#[test]
fn what_is_wrong_is_told_with_exit_code_2() {
    let shared = workspace();
    let ws = shared.text();
    for (args, stderr) in [
        (
            &["--workspace", &ws, "SELECT src_adr FROM traffic"][..],
            "error: cannot run query: no column 'src_adr' in traffic\nhint: did you mean src_ip?\n",
        ),
        (
            &["--workspace", &ws, "SELECT * FROM trafic"],
            "error: cannot run query: no table 'trafic'\nhint: did you mean traffic?\n",
        ),
        (
            &["--workspace", &ws, "--saved", "top_talker"],
            "error: no saved query 'top_talker'\nhint: did you mean top_talkers? azflow query --list names them all\n",
        ),
        (
            &["--workspace", &ws, "SELECT * FROM read_parquet('x')"],
            "error: cannot run query: read_parquet() is not allowed: a query reads no files\nhint: SHOW TABLES lists what it may read\n",
        ),
        (&["--workspace", &ws, "--queries", "no/such", "--saved", "x"], "error: cannot read saved queries: no/such: "),
        (&["--workspace", "no/such", "SELECT 1"], "error: cannot open workspace: no/such: "),
        (&["--workspace", &ws, "--topology", "no/such", "SELECT * FROM endpoints"], "error: cannot read topology: no/such: "),
        (&["--workspace", &ws], "error: "),
        (&["--workspace", &ws, "--saved", "x", "SELECT 1"], "error: "),
        (&["SELECT 1"], "error: "),
        (&["--workspace", &ws, "--format", "xml", "SELECT 1"], "error: "),
    ] {
        let ran = azflow(["query"].iter().chain(args));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {ran:?}");
        assert!(ran.stderr.starts_with(stderr), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn only_the_first_rows_are_given_where_that_is_asked() {
    let _shared = workspace();
    let ran = azflow(["query", "--workspace", &workspace().text(), "--saved", "top_talkers", "--limit", "3", "--format", "csv"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 4));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let shared = workspace();
    let sql = "SELECT * FROM traffic";
    for format in ["csv", "ndjson", "json", "table", "parquet"] {
        let mut child = command()
            .args(["query", "--workspace", &shared.text(), "--format", format, sql])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = Vec::new();
        BufReader::new(child.stdout.take().expect("piped")).read_until(b'\n', &mut line).expect("a line");
        let output = child.wait_with_output().expect("the binary ends");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "{format}");
    }
}
