//! Samples end to end: the same seed, the same bytes; nothing of them is rejected; what is labelled is found, and no more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Report, analyze, azflow, files, number, numbers};

/// Detectors that the sample labels attacks for and that exist.
const DETECTORS: [&str; 3] = ["port_scan", "host_sweep", "exposed_service"];

/// Writes a sample with these options.
fn sample(options: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("logs");
    let args = ["sample", "--quiet", "--out", out.to_str().expect("UTF-8")];
    let ran = azflow(args.iter().chain(options));
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{options:?}");
    folder
}

fn logs(folder: &TempDir) -> PathBuf {
    folder.path().join("logs")
}

/// The first file in which two folders differ.
fn difference(a: &Path, b: &Path) -> Option<String> {
    let (a, b) = (files(a), files(b));
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    names.into_iter().find(|name| a.get(*name) != b.get(*name)).cloned()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let options = ["--seed", "5", "--hours", "3", "--attacks"];
    let (first, second, other) = (sample(&options), sample(&options), sample(&["--seed", "6", "--hours", "3", "--attacks"]));
    assert_eq!(difference(&logs(&first), &logs(&second)), None);
    assert!(difference(&logs(&first), &logs(&other)).is_some());
}

#[test]
fn every_format_is_read_without_a_reject() {
    for (format, kinds) in [("nsg", &["nsg_v2"][..]), ("vnet", &["vnet_v4"]), ("both", &["nsg_v2", "vnet_v4"])] {
        let folder = sample(&["--seed", "3", "--hours", "3", "--format", format]);
        let report = analyze([logs(&folder)], &["--strict"]);
        assert_eq!((report.ran.code, report.ran.stderr.as_str()), (0, ""), "{format}");
        let summary = report.summary();
        let [read, kept] = numbers(&summary, ["tuples.read", "tuples.kept"]);
        assert!(read == kept && kept > 500, "{format}: {read} {kept}");
        assert_eq!(numbers(&summary, ["input.blobs_failed", "input.blobs_ignored", "input.records_duplicate"]), [0, 0, 0]);
        for kind in ["nsg_v1", "nsg_v2", "vnet_v4"] {
            let kept = number(&summary, &format!("tuples.by_format.{kind}"));
            assert_eq!(kept > 0, kinds.contains(&kind), "{format}: {kind}");
        }
        for state in ["begin", "continuing", "end", "denied"] {
            assert!(number(&summary, &format!("tuples.by_state.{state}")) > 0, "{format}: {state}");
        }
        check_topology(&report, format);
    }
}

/// The sample's own topology names its machines and subnets.
fn check_topology(report: &Report, format: &str) {
    let local: Vec<_> = report.table("traffic_by_ip").rows.into_iter().filter(|row| row["scope"] == "local").collect();
    assert!(local.len() >= 6, "{format}: {} local addresses", local.len());
    for row in &local {
        assert!(!row["subnet"].is_empty() && !row["interface"].is_empty() && !row["vm"].is_empty(), "{format}: {row:?}");
        assert!(!row["subnet"].starts_with("inferred"), "{format}: {row:?}");
    }
}

#[test]
fn the_sum_said_is_the_sum_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("logs");
    let ran = azflow(["sample", "--hours", "2", "--size", "300KB", "--out", out.to_str().expect("UTF-8")]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let summary = analyze([&out], &[]).summary();
    let [blobs, bytes, tuples] = numbers(&summary, ["input.blobs", "input.bytes", "tuples.read"]);
    assert_eq!(ran.stderr, format!("wrote {blobs} blobs, {bytes} bytes, {tuples} tuples\n"));
    assert!((150_000..600_000).contains(&bytes), "{bytes} bytes are not about 300 KB");
}

/// Whether two intervals of moments in RFC 3339 meet.
fn meets(a: &Value, b: &Value) -> bool {
    let text = |value: &Value, key: &str| value[key].as_str().expect("a time").to_owned();
    text(a, "first_time") <= text(b, "last_time") && text(b, "first_time") <= text(a, "last_time")
}

#[test]
fn every_labelled_attack_is_found_where_its_detector_exists() {
    let folder = sample(&["--seed", "7", "--attacks"]);
    let labels: Value =
        serde_json::from_slice(&std::fs::read(logs(&folder).join("labels.json")).expect("labels")).expect("labels are JSON");
    let findings = analyze([logs(&folder)], &[]).json("findings.json");
    let findings = findings["findings"].as_array().expect("a list");
    let mut seen = BTreeSet::new();
    for label in labels.as_array().expect("a list") {
        let detector = label["detector"].as_str().expect("a name");
        if !DETECTORS.contains(&detector) {
            continue;
        }
        let found = findings
            .iter()
            .filter(|finding| finding["detector"] == label["detector"] && finding["actor"] == label["actor"])
            .any(|finding| meets(finding, label));
        assert!(found, "{} of {} is not found", label["kind"], label["actor"]);
        seen.insert(detector);
    }
    assert_eq!(seen.len(), DETECTORS.len(), "the sample labels an attack for each detector: {seen:?}");
}

#[test]
fn where_nothing_happens_nothing_of_weight_is_found() {
    for seed in ["1", "2", "3"] {
        let folder = sample(&["--seed", seed]);
        let report = analyze([logs(&folder)], &["--fail-on", "medium"]);
        let findings = report.json("findings.json");
        assert_eq!(report.ran.code, 0, "seed {seed}: {findings}");
    }
}

#[test]
fn labels_are_no_input_and_change_no_number() {
    let folder = sample(&["--seed", "7", "--hours", "4", "--attacks"]);
    let with = analyze([logs(&folder)], &[]);
    std::fs::remove_file(logs(&folder).join("labels.json")).expect("labels are there");
    let without = analyze([logs(&folder)], &[]);
    assert_eq!(difference(&with.out, &without.out), None);
}

/// The words of the command in the sample's README that makes it, from `sample` on, without the value of `--out`.
fn command_of(readme: &str) -> Option<Vec<String>> {
    let line = readme.lines().find(|line| line.contains(" sample ") && line.contains("--out"))?;
    let line = &line[line.find(" sample ")?..];
    let line = line.split(['`', '#']).next().unwrap_or(line);
    let mut words = line.split_whitespace().map(str::to_owned);
    let mut command = Vec::new();
    while let Some(word) = words.next() {
        if word == "--out" {
            words.next();
        } else {
            command.push(word);
        }
    }
    Some(command)
}

#[test]
fn the_committed_sample_is_what_its_command_writes() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-flowlogs");
    if !committed.is_dir() {
        eprintln!("skipped: sample-flowlogs is absent");
        return;
    }
    let readme = std::fs::read_to_string(committed.join("README.md")).expect("the sample has a README.md");
    let command = command_of(&readme).expect("the README has the command that makes the sample");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("logs");
    let ran = azflow(command.into_iter().chain(["--out".to_owned(), out.display().to_string()]));
    assert_eq!(ran.code, 0, "{ran:?}");
    std::fs::write(out.join("README.md"), readme).expect("the README is copied");
    assert_eq!(difference(&committed, &out), None, "a file differs: run the command of sample-flowlogs/README.md anew");
}

#[test]
fn the_command_of_a_readme_is_found() {
    let readme = "# Sample\n\n```\ncargo run --release -- sample --out sample-flowlogs --seed 42 --attacks\n```\n";
    assert_eq!(command_of(readme), Some(["sample", "--seed", "42", "--attacks"].map(String::from).into()));
    assert_eq!(
        command_of("Run `azflow sample --seed 1 --out x` first"),
        Some(["sample", "--seed", "1"].map(String::from).into())
    );
}
