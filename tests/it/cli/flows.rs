//! `azflow flows`: rows, filters, formats.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::folder;
use crate::logs::{MAC, VNET_TUPLES, blob, put, small_blob, vnet};
use crate::run::{Table, azflow_reading, command};

/// The rows of the small blob that these options leave.
fn rows(options: &[&str]) -> Table {
    let ran = azflow_reading(small_blob().as_bytes(), ["flows", "-", "--quiet"].iter().chain(options));
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{options:?}");
    Table::parse(ran.stdout.as_bytes())
}

#[test]
fn rows_are_typed_and_in_the_order_of_the_log() {
    let table = rows(&[]);
    assert_eq!(
        table.columns.join(","),
        "time,src_ip,src_port,dst_ip,dst_port,protocol,direction,status,state,encryption,packets_src_to_dst,bytes_src_to_dst,packets_dst_to_src,bytes_dst_to_src,rule,acl,mac,blob"
    );
    assert_eq!(table.rows.len(), 8);
    let cells =
        |row: usize| table.columns[..17].iter().map(|column| table.rows[row][column].as_str()).collect::<Vec<_>>().join(",");
    assert_eq!(
        cells(1),
        "2024-08-19T17:01:10.123Z,10.0.0.4,45321,10.0.0.5,443,6,Outbound,Allowed,Continuing,NX,10,1000,9,9000,AllowWeb,a,000D3AF87856"
    );
    assert_eq!(
        cells(4),
        "2024-08-19T17:00:11.000Z,10.0.1.4,45322,192.0.2.10,443,6,Outbound,Allowed,Begin,,,,,,UserRule_Out,/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG-WEB,000D3AF87899"
    );
}

#[test]
fn every_filter_leaves_its_rows() {
    for (options, expected) in [
        (&["--ip", "10.0.0.4"][..], 4),
        (&["--ip", "10.0.0.5"], 3),
        (&["--ip", "::ffff:10.0.0.5"], 3),
        (&["--ip", "198.51.100.9"], 2),
        (&["--ip", "10.9.9.9"], 0),
        (&["--port", "443"], 6),
        (&["--port", "45321"], 3),
        (&["--port", "22"], 1),
        (&["--denied"], 2),
        (&["--denied", "--ip", "10.0.0.4"], 1),
        (&["--denied", "--port", "443"], 0),
        (&["--rule", "AllowWeb"], 4),
        (&["--rule", "userrule"], 4),
        (&["--rule", "nothing"], 0),
        (&["--from", "2024-08-19T17:02:00Z"], 4),
        (&["--to", "2024-08-19T17:00:11Z"], 1),
        (&["--from", "2024-08-19T17:00:11Z", "--to", "2024-08-19T17:01:10.124Z"], 2),
    ] {
        assert_eq!(rows(options).rows.len(), expected, "{options:?}");
    }
}

#[test]
fn one_object_a_line_says_the_same_as_the_rows() {
    let table = rows(&[]);
    let ran = azflow_reading(small_blob().as_bytes(), ["flows", "-", "--quiet", "--format", "ndjson"]);
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    assert_eq!(lines.len(), table.rows.len());
    for (object, row) in lines.iter().zip(&table.rows) {
        assert_eq!(object.as_object().expect("an object").len(), table.columns.len());
        for column in &table.columns {
            let text = match &object[column] {
                Value::Null => String::new(),
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                other => panic!("{column}: {other}"),
            };
            let is_guarded = row[column].strip_prefix('\'') == Some(text.as_str());
            assert!(row[column] == text || is_guarded, "{column}: {text} {}", row[column]);
        }
    }
    assert!(lines[4]["bytes_src_to_dst"].is_null() && lines[0]["bytes_src_to_dst"] == 0, "what is not stated is not zero");
}

#[test]
fn names_are_quoted_and_guarded_as_data() {
    let names = ["=cmd|' /C calc'!A0", "@sum", "a,\\\"b\\\"\\nc", "-1", "\\ttab"];
    let records: Vec<String> = names.iter().map(|name| vnet(MAC, name, name, &VNET_TUPLES[..1])).collect();
    let folder = folder();
    let path = put(folder.path(), "a.json", blob(&records));
    let input = path.to_str().expect("UTF-8");
    let csv = azflow_reading(b"", ["flows", input, "--quiet"]);
    let rules: Vec<String> = Table::parse(csv.stdout.as_bytes()).rows.into_iter().map(|row| row["rule"].clone()).collect();
    assert_eq!(rules, ["'=cmd|' /C calc'!A0", "'@sum", "a,\"b\"\nc", "'-1", "'\ttab"]);
    let ndjson = azflow_reading(b"", ["flows", input, "--quiet", "--format", "ndjson"]);
    let rules: Vec<String> = ndjson
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["rule"].as_str().expect("a text").to_owned())
        .collect();
    assert_eq!(rules, ["=cmd|' /C calc'!A0", "@sum", "a,\"b\"\nc", "-1", "\ttab"]);
}

#[test]
fn a_record_that_repeats_is_printed_once() {
    let record = vnet(MAC, "t", "r", &VNET_TUPLES);
    let ran = azflow_reading(blob(&[&record, &record]).as_bytes(), ["flows", "-"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 5));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let tuples: Vec<&str> = VNET_TUPLES.iter().cycle().take(40_000).copied().collect();
    let folder = folder();
    let path = put(folder.path(), "a.json", blob(&[vnet(MAC, "t", "r", &tuples), vnet(MAC, "u", "r", &tuples)]));
    for format in ["csv", "ndjson"] {
        let mut child = command()
            .args(["flows".as_ref(), path.as_os_str(), "--format".as_ref(), format.as_ref()])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let output = child.wait_with_output().expect("the binary ends");
        assert_eq!(output.status.code(), Some(0), "{format}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(!stderr.contains("error") && !stderr.contains("panic"), "{stderr}");
    }
}
