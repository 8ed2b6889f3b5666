//! `analyze --webhook`: what a receiver is told of runs that end well, find something, or fail, and what standard error says of it.

use std::fs;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value;

use super::folder;
use crate::logs::{put, small_blob};
use crate::receiver::{Answer, Receiver, Request};
use crate::run::{Ran, azflow};

/// A path and a query as receivers hand them out, with a token in each.
const SECRET: &str = "/services/T0/tOkEn?sig=sIgNaTuRe";

fn analyze(input: &Path, out: &Path, options: &[&str]) -> Ran {
    let words = ["analyze".as_ref(), input.as_os_str(), "--out".as_ref(), out.as_os_str()];
    azflow(words.into_iter().chain(options.iter().map(|word| (*word).as_ref())))
}

/// Runs with a receiver that answers `head`, and gives what it was sent.
fn told(input: &Path, out: &Path, options: &[&str], head: &'static str) -> (Ran, Request) {
    let receiver = Receiver::start(&[Answer::Head(head)]);
    let url = format!("http://{}{SECRET}", receiver.address);
    let ran = analyze(input, out, &[&["--webhook", &url], options].concat());
    let [request] = receiver.requests().try_into().expect("one request");
    assert_nothing_secret(&ran);
    (ran, request)
}

fn assert_nothing_secret(ran: &Ran) {
    for secret in ["tOkEn", "sIgNaTuRe", "services"] {
        assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{secret}: {ran:?}");
    }
}

fn json(request: &Request) -> Value {
    serde_json::from_slice(&request.body).expect("a body of JSON")
}

#[test]
fn a_receiver_is_told_the_summary_once_the_report_is_there() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("out");
    let (ran, request) = told(&input, &out, &["--quiet"], "200 OK");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(request.head[0], format!("POST {SECRET} HTTP/1.1"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    let told = json(&request);
    let summary: Value = serde_json::from_slice(&fs::read(out.join("summary.json")).expect("a summary")).expect("JSON");
    for key in ["schema_version", "azflow_version", "window", "input", "tuples", "findings"] {
        assert_eq!(told[key], summary[key], "{key}");
    }
    assert_eq!((&told["command"], &told["exit_code"], &told["exit"]), (&"analyze".into(), &0.into(), &"done".into()));
    assert_eq!(told["report"].as_str().map(Path::new), Some(out.join("report.html").as_path()));
    assert!(told["start_time"].as_str() <= told["end_time"].as_str() && told.get("error").is_none(), "{told}");
}

#[test]
fn the_worst_findings_come_first_and_there_are_ten_at_most() {
    let folder = folder();
    let logs = folder.path().join("logs");
    let sample = ["sample", "--seed", "7", "--attacks", "--quiet", "--out"].map(std::ffi::OsStr::new);
    assert_eq!(azflow(sample.into_iter().chain([logs.as_os_str()])).code, 0);
    let out = folder.path().join("out");
    let (ran, request) = told(&logs, &out, &["--quiet", "--fail-on", "high"], "202 Accepted");
    assert_eq!(ran.code, 3);
    let told = json(&request);
    assert_eq!((&told["exit_code"], &told["exit"]), (&3.into(), &"findings".into()));
    let findings: Value = serde_json::from_slice(&fs::read(out.join("findings.json")).expect("findings")).expect("JSON");
    let all = findings["findings"].as_array().expect("a list");
    let worst = told["worst_findings"].as_array().expect("a list");
    assert!(all.len() > 10 && worst.len() == 10, "{} {}", all.len(), worst.len());
    for (told, found) in worst.iter().zip(all) {
        let keys: Vec<&str> = told.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
        assert!(keys.iter().all(|key| told[*key] == found[*key]), "{told}");
    }
}

#[test]
fn a_run_that_fails_is_told_too_with_why() {
    let folder = folder();
    let (ran, request) = told(&folder.path().join("missing"), &folder.path().join("out"), &[], "200 OK");
    assert_eq!(ran.code, 2);
    let told = json(&request);
    assert_eq!((&told["exit_code"], &told["exit"]), (&2.into(), &"usage".into()));
    assert!(told["error"].as_str().is_some_and(|why| why.starts_with("cannot read input")), "{told}");
    assert!(told.get("tuples").is_none() && told.get("report").is_none(), "{told}");
}

#[test]
fn a_receiver_that_is_not_reached_is_a_warning_and_the_run_is_as_good_as_before() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("out");
    let (ran, _) = told(&input, &out, &["--quiet"], "403 Forbidden");
    assert_eq!((ran.code, ran.stdout), (0, format!("{}\n", out.join("report.html").display())));
    let said = ran.stderr.lines().collect::<Vec<_>>();
    assert!(said.len() == 1 && said[0].starts_with("warning: cannot tell webhook http://127.0.0.1:"), "{said:?}");
    assert!(said[0].ends_with("/…: it answered with status 403; hint: check its address and what it expects"), "{said:?}");
    // Nobody listens there any more.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let ran = analyze(&input, &out, &["--quiet", "--webhook", &format!("http://{free}{SECRET}"), "--log-format", "json"]);
    assert_nothing_secret(&ran);
    assert_eq!(ran.code, 0, "{ran:?}");
    let line: Value = serde_json::from_str(ran.stderr.trim()).expect("one line of JSON");
    assert_eq!((&line["level"], &line["hint"]), (&"warning".into(), &"check that it is reachable from here".into()));
}

#[test]
fn an_address_that_cannot_be_is_refused_before_the_work() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("out");
    for wrong in ["ftp://host/tOkEn", "tOkEn", "https://host:tOkEn/", "https://ho st/tOkEn", ""] {
        let ran = analyze(&input, &out, &["--webhook", wrong]);
        assert_eq!(ran.code, 2, "{wrong}: {ran:?}");
        assert_nothing_secret(&ran);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with("error: cannot use webhook: it "), "{wrong}: {ran:?}");
        assert!(lines[1].starts_with("hint: "), "{wrong}: {ran:?}");
    }
    assert!(!out.exists());
}

#[test]
fn no_error_about_a_command_line_repeats_an_address_of_it() {
    let url = format!("https://hooks.example{SECRET}");
    for words in [
        &["analyze", "x", "--webhok", &url][..],
        &["analyze", "x", &format!("--webhok={url}")],
        &["analyze", "--out", "x", "--top", &url],
        &["analyze", "--out", "x", &format!("--fail-on={url}")],
        &[&url],
        &["man", &url],
        &["config", "check", &url],
        &["analyze", "--log-format", "json", "--out", "x", "--last", &url],
    ] {
        let ran = azflow(words);
        assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
        assert_nothing_secret(&ran);
    }
}
