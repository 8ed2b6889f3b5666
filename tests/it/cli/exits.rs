//! Exit codes, and which of them wins.

use std::path::{Path, PathBuf};

use super::folder;
use crate::logs::{MAC, VNET_TUPLES, blob, gzip, put, small_blob, vnet};
use crate::run::{analyze, azflow, azflow_reading};

/// A blob with one good and one bad tuple.
fn with_reject() -> String {
    blob(&[vnet(MAC, "t", "r", &[VNET_TUPLES[0], "bad"])])
}

/// A blob that is cut off behind its first record.
fn cut_off() -> String {
    let text = small_blob();
    text[..text.len() - 200].to_owned()
}

/// RDP open to 40 public addresses: a finding of at least medium severity.
fn with_finding() -> String {
    let tuples: Vec<String> = (1..=40)
        .map(|host| format!("17240868{host:02}123,203.0.113.{host},10.0.0.4,50000,3389,6,I,B,NX,0,0,0,0"))
        .chain((1..=40).map(|host| format!("17240869{host:02}123,203.0.113.{host},10.0.0.4,50000,3389,6,I,E,NX,9,900,9,900")))
        .collect();
    blob(&[vnet(MAC, "t", "AllowRdp", &tuples)])
}

/// The exit codes of `analyze` and `flows` over the same inputs and options.
fn codes(inputs: &[PathBuf], options: &[&str]) -> (i32, i32) {
    let flows = ["flows".into(), "--quiet".into()].into_iter().chain(inputs.to_vec()).chain(options.iter().map(PathBuf::from));
    (analyze(inputs, options).ran.code, azflow(flows).code)
}

#[test]
fn rejects_are_a_failure_only_where_they_are_all_or_asked_for() {
    let folder = folder();
    let some = put(folder.path(), "some.json", with_reject());
    let all = put(folder.path(), "all.json", blob(&[vnet(MAC, "t", "r", &["bad", "worse"])]));
    let foreign = put(folder.path(), "foreign.json", blob(&[vnet(MAC, "t", "r", &VNET_TUPLES[..1]), "{\"x\":1}".into()]));
    let all_and_foreign = put(folder.path(), "both.json", blob(&[vnet(MAC, "t", "r", &["bad"]), "{\"x\":1}".into()]));
    assert_eq!(codes(std::slice::from_ref(&some), &[]), (0, 0));
    assert_eq!(codes(std::slice::from_ref(&some), &["--strict"]), (4, 4));
    assert_eq!(codes(std::slice::from_ref(&all), &[]), (4, 4));
    assert_eq!(codes(&[some, all], &[]), (4, 4), "one of two");
    assert_eq!(codes(std::slice::from_ref(&foreign), &[]), (0, 0), "its only tuple is good");
    assert_eq!(codes(&[foreign], &["--strict"]), (4, 4), "a record without flows is a reject");
    assert_eq!(codes(&[all_and_foreign], &[]), (4, 4), "its only tuple is bad");
}

#[test]
fn what_cannot_be_read_whole_is_told() {
    let folder = folder();
    let text = small_blob();
    let cut = put(folder.path(), "cut.json", cut_off());
    let begun = put(folder.path(), "begun.json", "{\"records\":[{\"ti");
    let compressed = gzip(text.as_bytes());
    let short = put(folder.path(), "short.json.gz", &compressed[..compressed.len() / 2]);
    for path in [&cut, &begun, &short] {
        assert_eq!(codes(std::slice::from_ref(path), &[]), (4, 4), "{}", path.display());
    }
    let report = analyze([&cut], &[]);
    let summary = report.summary();
    assert_eq!((summary["tuples"]["kept"].as_u64(), summary["input"]["blobs_failed"].as_u64()), (Some(4), Some(1)));
}

#[test]
fn no_flow_log_is_told() {
    let folder = folder();
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    assert_eq!(codes(&[empty], &[]), (5, 5), "an empty folder");
    let other = put(folder.path(), "other.json", "{\"records\":[{\"category\":\"AuditEvent\"}]}");
    assert_eq!(codes(std::slice::from_ref(&other), &[]), (5, 5), "another log");
    let text = put(folder.path(), "text.json", "no JSON");
    assert_eq!(codes(&[text], &[]), (5, 5), "no JSON");
    let good = put(folder.path(), "good.json", small_blob());
    assert_eq!(codes(&[other, good.clone()], &[]), (0, 0), "one of two");
    let window = ["--from", "2030-01-01"];
    assert_eq!(codes(&[good], &window), (5, 5), "nothing in the window");
}

#[test]
fn usage_is_told_before_anything_is_read() {
    let folder = folder();
    let good = put(folder.path(), "good.json", small_blob());
    let good = good.to_str().expect("UTF-8");
    let out = folder.path().join("out");
    let out = out.to_str().expect("UTF-8");
    for args in [
        &[][..],
        &["nonsense"],
        &["analyze", good],
        &["analyze", "--out", out],
        &["analyze", good, "--out", out, "--no-such-option"],
        &["analyze", good, "--out", out, "--fail-on", "sometimes"],
        &["analyze", good, "--out", out, "--interval", "7m"],
        &["analyze", good, "--out", out, "--from", "yesterday"],
        &["analyze", good, "--out", out, "--from", "2024-08-20", "--to", "2024-08-19"],
        &["analyze", good, "--out", out, "--last", "soon"],
        &["analyze", good, "--out", out, "--threads", "0"],
        &["analyze", good, "missing.json", "--out", out],
        &["analyze", good, "--out", out, "--topology", "missing.toml"],
        &["analyze", good, "--out", out, "--geo", "missing.mmdb"],
        &["analyze", "-", "--out", out, "--last", "1h"],
        &["flows"],
        &["flows", good, "--ip", "10.0.0"],
        &["flows", good, "--port", "65536"],
        &["flows", good, "--format", "xml"],
        &["flows", "s3://container/prefix"],
        &["sample", "--out", out, "--hours", "0"],
        &["sample", "--out", out, "--start", "2024-08-19T01:00"],
    ] {
        let ran = azflow_reading(small_blob().as_bytes(), args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: ") || args.is_empty(), "{args:?}: {}", ran.stderr);
        assert!(!Path::new(out).exists(), "{args:?}");
    }
}

#[test]
fn what_cannot_be_written_fails() {
    let folder = folder();
    let good = put(folder.path(), "good.json", small_blob());
    let file = put(folder.path(), "file", "in the way");
    for out in [file.clone(), file.join("below")] {
        let ran = azflow(["analyze".as_ref(), good.as_os_str(), "--out".as_ref(), out.as_os_str()]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran:?}");
        let says_where = ran.stderr.contains(&out.display().to_string());
        assert!(ran.stderr.starts_with("error: cannot write ") && says_where, "{ran:?}");
    }
    assert_eq!(std::fs::read(&file).expect("a file"), b"in the way");
    let full = folder.path().join("full");
    put(&full, "x", "");
    assert_eq!(azflow(["sample".as_ref(), "--out".as_ref(), full.as_os_str()]).code, 1, "a sample wants an empty folder");
}

#[test]
fn findings_are_told_from_the_severity_asked_for() {
    let folder = folder();
    let path = put(folder.path(), "a.json", with_finding());
    let report = analyze([&path], &[]);
    let findings = report.summary()["findings"].clone();
    let at_least_medium: u64 = ["critical", "high", "medium"].iter().filter_map(|severity| findings[severity].as_u64()).sum();
    assert_eq!(report.ran.code, 0, "findings alone are no failure");
    assert!(at_least_medium > 0, "{findings}");
    let code = |severity| analyze([&path], &["--fail-on", severity]).ran.code;
    assert_eq!((code("info"), code("low"), code("medium")), (3, 3, 3));
    assert_eq!(code("critical"), if findings["critical"].as_u64() > Some(0) { 3 } else { 0 });
    let quiet = put(folder.path(), "quiet.json", blob(&[vnet(MAC, "t", "r", &VNET_TUPLES[..3])]));
    assert_eq!(analyze([&quiet], &["--fail-on", "info"]).ran.code, 0);
}

#[test]
fn the_first_code_that_applies_wins() {
    let folder = folder();
    let finding = put(folder.path(), "finding.json", with_finding());
    let cut = put(folder.path(), "cut.json", cut_off());
    let begun = put(folder.path(), "begun.json", "{\"records\":[");
    let missing = folder.path().join("missing");
    let file = put(folder.path(), "file", "in the way");
    let analyze_to = |inputs: &[&PathBuf], out: &Path| {
        let args = ["analyze", "--fail-on", "medium", "--quiet", "--out"].map(PathBuf::from).into_iter();
        azflow(args.chain([out.to_path_buf()]).chain(inputs.iter().map(|input| (*input).clone()))).code
    };
    let out = folder.path().join("out");
    assert_eq!(analyze_to(&[&missing, &finding], &file), 2, "usage before failure");
    assert_eq!(analyze_to(&[&finding, &cut], &file), 1, "failure before findings");
    assert_eq!(analyze_to(&[&finding, &cut], &out), 3, "findings before what is unreadable");
    assert_eq!(analyze_to(&[&begun], &out), 4, "what is unreadable before no flow log");
}
