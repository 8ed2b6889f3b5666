//! The command line end to end: what goes to which output, and what stands in the output folder.

mod allow;
mod beside;
mod config;
mod crafted;
mod exits;
mod flows;
mod logging;
mod metrics;
mod presented;
mod secrets;
mod webhook;

use std::fs;

use tempfile::TempDir;

use crate::logs::{MAC, VNET_TUPLES, blob, put, small_blob, vnet};
use crate::run::{Ran, analyze, azflow, azflow_reading, files};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Whether a text holds what a terminal would act on.
fn has_control_characters(text: &str) -> bool {
    text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[test]
fn help_has_examples_for_every_command_that_reads_or_writes() {
    for args in [
        &["--help"][..],
        &["analyze", "--help"],
        &["flows", "--help"],
        &["ingest", "--help"],
        &["report", "--help"],
        &["prune", "--help"],
        &["query", "--help"],
        &["sample", "--help"],
        &["config", "--help"],
    ] {
        let help = azflow(args);
        assert_eq!((help.code, help.stderr.as_str()), (0, ""), "{args:?}");
        assert!(help.stdout.contains("Examples:\n  azflow "), "{args:?}: {}", help.stdout);
    }
    for command in ["analyze", "ingest", "report", "query", "prune", "flows", "sample", "config", "completions", "man"] {
        assert!(azflow(["--help"]).stdout.contains(&format!("\n  {command} ")), "{command}");
    }
    assert!(azflow(["--help"]).stdout.contains("Exit codes: 0 done"));
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = azflow(["--version"]);
    assert_eq!((version.code, version.stdout), (0, format!("azflow {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_shell_gets_its_completions() {
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef azflow"), ("fish", "complete -c azflow")] {
        let script = azflow(["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (0, ""), "{shell}");
        assert!(script.stdout.contains(sign), "{shell}");
        for word in ["analyze", "flows", "fail-on", "top-rows"] {
            assert!(script.stdout.contains(word), "{shell} misses {word}");
        }
    }
    assert_eq!(azflow(["completions", "csh"]).code, 2);
}

#[test]
fn the_man_page_names_every_command_and_option() {
    let page = azflow(["man"]);
    assert_eq!((page.code, page.stderr.as_str()), (0, ""));
    assert!(page.stdout.contains(".TH azflow"), "{}", &page.stdout[..200.min(page.stdout.len())]);
    for word in ["ANALYZE", "FLOWS", "SAMPLE", "CONFIG SHOW", "webhook", "fail\\-on", "top\\-rows", "denied"] {
        assert!(page.stdout.contains(word), "{word}");
    }
}

#[test]
fn standard_output_carries_only_the_path_of_the_report() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("report");
    let run = |option: &[&str]| {
        let paths = [input.to_str().expect("UTF-8"), "--out", out.to_str().expect("UTF-8")];
        azflow(["analyze"].iter().chain(&paths).chain(option))
    };
    let Ran { code, stdout, stderr, .. } = run(&[]);
    assert_eq!((code, stdout), (0, format!("{}\n", out.join("report.html").display())));
    assert!(stderr.starts_with("read 8 tuples in 2 records of 1 blobs: 8 kept, 0 rejected"), "{stderr}");
    let quiet = run(&["--quiet"]);
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    assert_eq!(quiet.stdout, format!("{}\n", out.join("report.html").display()));
}

#[test]
fn progress_is_silent_where_standard_error_is_no_terminal() {
    let folder = folder();
    for index in 0..30 {
        put(folder.path(), &format!("logs/{index}.json"), small_blob());
    }
    let logs = folder.path().join("logs");
    let ran = azflow(["analyze".as_ref(), logs.as_os_str(), "--out".as_ref(), folder.path().join("out").as_os_str()]);
    assert_eq!(ran.code, 0);
    assert!(!has_control_characters(&ran.stderr), "{:?}", ran.stderr);
    let first_words: Vec<&str> = ran.stderr.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(first_words, ["read", "findings:", "took"], "{}", ran.stderr);
    let ran = azflow(["flows".as_ref(), logs.as_os_str()]);
    assert_eq!(ran.stderr, "240 of 240 tuples match; 0 rejected\n");
}

#[test]
fn the_report_holds_every_promised_file() {
    let folder = folder();
    let report = analyze([put(folder.path(), "a.json", small_blob())], &[]);
    let names: Vec<String> = files(&report.out).into_keys().collect();
    for table in [
        "traffic_by_ip",
        "traffic_by_interface",
        "capture_points",
        "traffic_by_subnet",
        "traffic_by_pair",
        "traffic_by_port",
        "traffic_by_rule",
        "traffic_by_flow_type",
        "traffic_by_country",
        "traffic_over_time",
        "subnet_matrix",
        "exposed_ports",
        "coverage",
        "rejects",
        "activity",
        "conversations",
        "data_quality",
        "encryption",
        "endpoints",
        "exposed_sources",
        "gateways",
        "internet_senders",
        "load_balancers",
        "public_addresses",
        "rule_top_pairs",
        "rule_usage",
        "traffic_by_azure_region",
        "traffic_by_scale_set",
        "traffic_by_vnet",
    ] {
        assert!(names.contains(&format!("tables/{table}.csv")), "{table}: {names:?}");
    }
    for name in ["report.html", "report.md", "summary.json", "findings.json"] {
        assert!(names.iter().any(|found| found == name), "{name}");
    }
    let charts = |ending| names.iter().filter(|name| name.starts_with("charts/") && name.ends_with(ending)).count();
    assert!(charts(".svg") >= 7 && charts(".svg") == charts(".png"), "{names:?}");
}

#[test]
fn tables_have_the_promised_columns() {
    const MEASURES: &str = "flows_inbound_allowed,flows_inbound_denied,flows_outbound_allowed,flows_outbound_denied,bytes_received,bytes_sent,packets_received,packets_sent,tuples_unmeasured,flows_malicious_allowed,flows_malicious_denied";
    const PAIR_MEASURES: &str = "flows_allowed,flows_denied,bytes_received,bytes_sent,packets_received,packets_sent,tuples_unmeasured,flows_malicious_allowed,flows_malicious_denied";
    let folder = folder();
    let report = analyze([put(folder.path(), "a.json", small_blob())], &[]);
    for (name, key, measures) in [
        ("traffic_by_ip", "ip,scope,subnet,interface,vm,country,asn,service_tag,threat", MEASURES),
        ("traffic_by_interface", "mac,interface,ip,subnet,log_resource", MEASURES),
        ("traffic_by_subnet", "subnet,vnet,prefix", MEASURES),
        ("traffic_by_pair", "src_ip,dst_ip,dst_port,protocol,l7_protocol,flow_type", PAIR_MEASURES),
        ("traffic_by_port", "dst_port,protocol,l7_protocol", PAIR_MEASURES),
        ("traffic_by_rule", "acl,rule,direction,status", MEASURES),
        ("traffic_by_flow_type", "flow_type", MEASURES),
        ("traffic_by_country", "country", MEASURES),
        ("traffic_over_time", "interval_start", MEASURES),
        ("subnet_matrix", "src_subnet,dst_subnet", PAIR_MEASURES),
        ("capture_points", "log_resource,target_resource,mac,format,first_time,last_time,records,tuples", ""),
        ("exposed_ports", "ip,subnet,interface,dst_port,protocol,rule,sources,first_time,last_time", MEASURES),
        ("coverage", "log_resource,mac,hour,records,tuples", ""),
        ("rejects", "blob,record,flow,group,tuple,byte_offset,reason,text", ""),
    ] {
        let text = fs::read_to_string(report.out.join("tables").join(name).with_extension("csv")).expect("a table");
        let columns = [key, measures].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(",");
        assert_eq!(text.lines().next(), Some(columns.as_str()), "{name}");
        assert!(!text.contains('\r'), "{name}");
    }
}

#[test]
fn a_failed_run_leaves_nothing_and_a_good_one_keeps_other_files() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("new/report");
    let args = |input: &std::path::Path| ["analyze".into(), input.to_owned(), "--out".into(), out.clone(), "--quiet".into()];
    assert_eq!(azflow(args(&folder.path().join("missing"))).code, 2);
    assert!(!out.exists());
    assert_eq!(azflow(args(&input)).code, 0);
    put(&out, "notes.txt", "mine");
    put(&out, "tables/notes.txt", "mine too");
    put(&out, "tables/old_table.csv", "an earlier run's");
    assert_eq!(azflow(args(&input)).code, 0);
    let names: Vec<String> = files(&out).into_keys().collect();
    assert!(names.contains(&"notes.txt".to_owned()) && names.contains(&"tables/notes.txt".to_owned()));
    assert!(!names.contains(&"tables/old_table.csv".to_owned()), "what an earlier run left goes");
    let beside = fs::read_dir(folder.path().join("new")).expect("a folder").count();
    assert_eq!(beside, 1, "no temporary folder stays beside the report");
}

#[test]
fn names_from_logs_reach_no_terminal_raw() {
    let folder = folder();
    let evil = "\\u001b[2J\\u009b31m\\u202eevil\\u0007";
    let text = blob(&[vnet(MAC, "t", evil, &VNET_TUPLES), vnet(MAC, "t", evil, &["\u{1b}[31mbad"])]);
    // A name that the terminal would act on, of a blob that is worth a warning.
    let name = "a\u{1b}[2J\u{202e}.json";
    put(folder.path(), &format!("logs/{name}"), &text[..text.len() - 30]);
    put(folder.path(), "logs/whole.json", &text);
    let logs = folder.path().join("logs");
    let report = analyze([&logs], &[]);
    assert_eq!(report.ran.code, 4);
    assert!(report.ran.stderr.contains("warning: cannot read blob a\u{fffd}[2J\u{fffd}.json whole"), "{:?}", report.ran.stderr);
    let flows = azflow(["flows".as_ref(), logs.as_os_str()]);
    assert_eq!(flows.code, 4);
    for stderr in [&report.ran.stderr, &flows.stderr] {
        assert!(!has_control_characters(stderr), "{stderr:?}");
    }
    let missing = azflow(["flows", "no\u{1b}[2Jsuch"]);
    assert!(missing.code == 2 && !has_control_characters(&missing.stderr), "{missing:?}");
}

#[test]
fn errors_say_what_where_why_and_what_to_do() {
    for (input, what) in [
        ("no/such/folder", "cannot read input: no/such/folder: there is no such file or folder"),
        ("src/*.nothing", "cannot read input: src/*.nothing: no .json, .json.gz or .json.zst file matches"),
        ("s3://logs/prefix", "cannot read input: s3://…: it is no address of Azure Blob Storage"),
        ("https://account.example/logs?sig=secret", "cannot read input: https://…: it is no address of Azure Blob Storage"),
    ] {
        let ran = azflow(["flows", input]);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(ran.code, 2, "{input}");
        assert_eq!(lines.first(), Some(&format!("error: {what}").as_str()), "{input}");
        assert!(lines.get(1).is_some_and(|hint| hint.starts_with("hint: ") && hint.len() > 20), "{ran:?}");
        assert!(!ran.stderr.contains("secret"), "{ran:?}");
    }
}

#[test]
fn what_is_unreadable_is_named_and_the_warnings_are_bounded() {
    let folder = folder();
    for index in 0..50 {
        put(folder.path(), &format!("logs/{index:02}.json"), "{\"records\":[{\"time\":");
    }
    let ran = azflow(["flows".as_ref(), folder.path().join("logs").as_os_str()]);
    assert_eq!(ran.code, 4);
    let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert!(warnings[0].starts_with("warning: cannot read blob 00.json whole: "), "{warnings:?}");
    assert_eq!(warnings.len(), 21, "{warnings:?}");
}

#[test]
fn standard_input_is_an_input() {
    let ran = azflow_reading(small_blob().as_bytes(), ["flows", "-"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 9));
    assert!(ran.stdout.lines().skip(1).all(|line| line.ends_with(",-") || line.ends_with(",'-")), "{}", ran.stdout);
}

#[test]
fn a_folder_a_glob_and_a_file_give_the_same_rows() {
    let folder = folder();
    let path = put(folder.path(), "logs/deep/a.json", small_blob());
    put(folder.path(), "logs/labels.json", "[]");
    put(folder.path(), "logs/topology/vnets.json", "[]");
    put(folder.path(), "logs/notes.txt", "no log");
    let logs = folder.path().join("logs");
    let rows = |input: &std::path::Path| {
        let ran = azflow(["flows".as_ref(), input.as_os_str()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let rows: Vec<String> = ran.stdout.lines().map(|line| line.rsplit_once(',').expect("cells").0.to_owned()).collect();
        rows
    };
    let expected = rows(&path);
    assert_eq!(expected.len(), 9);
    assert_eq!(rows(&logs), expected);
    assert_eq!(rows(&logs.join("**/*.json")), expected);
    assert_eq!(rows(&logs.join("d*")), expected);
}

#[test]
fn cells_that_a_spreadsheet_would_run_are_guarded_in_every_table() {
    let folder = folder();
    let names = ["=HYPERLINK(1)", "+1", "-1", "@x", "\\tx", "\\rx"];
    let mut records: Vec<String> = names.iter().map(|name| vnet(name, "t", name, &VNET_TUPLES)).collect();
    records.push(vnet(MAC, "t", "r", &["=bad", "-1,bad"]));
    put(folder.path(), "=cmd.json", blob(&records));
    let report = analyze([folder.path()], &[]);
    assert_eq!(report.ran.code, 0, "{:?}", report.ran);
    let mut guarded = 0;
    for name in files(&report.out.join("tables")).into_keys() {
        let table = report.table(name.strip_suffix(".csv").expect("a table"));
        for cell in table.rows.iter().flat_map(|row| row.values()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {cell:?}");
            guarded += usize::from(cell.starts_with('\''));
        }
    }
    assert!(guarded >= 3 * names.len(), "{guarded} cells are guarded");
}
