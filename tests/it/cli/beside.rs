//! Files beside the logs: which of them stop a run, which give a warning, and which of a folder are read.

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{analyze, azflow};

/// Every option that names a file beside the logs.
const BESIDE: [&str; 5] = ["--topology", "--geo", "--asn", "--service-tags", "--threat-list"];

#[test]
fn a_file_beside_the_logs_that_cannot_be_used_is_told_before_anything_is_read() {
    let folder = folder();
    let good = put(folder.path(), "good.json", small_blob());
    let out = folder.path().join("out");
    let empty_folder = folder.path().join("folder");
    std::fs::create_dir(&empty_folder).expect("a folder");
    let wrong = [
        empty_folder,
        folder.path().join("missing"),
        put(folder.path(), "empty", ""),
        put(folder.path(), "text", "hello, this is text"),
        put(folder.path(), "cut", "[{\"id\": \"/subscriptions/s\", \"name\": \"v"),
        put(folder.path(), "binary", b"\x7fELF\x02\x01\x01\0\xff\xfe"),
    ];
    for option in BESIDE {
        for file in &wrong {
            let args =
                ["analyze".as_ref(), good.as_os_str(), "--out".as_ref(), out.as_os_str(), option.as_ref(), file.as_os_str()];
            let ran = azflow(args);
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option} {}: {}", file.display(), ran.stderr);
            let name = file.display().to_string();
            assert!(ran.stderr.starts_with("error: cannot read ") && ran.stderr.contains(&name), "{option}: {}", ran.stderr);
            assert!(!out.exists(), "{option} {name}");
        }
    }
}

#[test]
fn what_is_odd_about_a_file_beside_the_logs_is_a_warning_and_the_report_is_written() {
    let folder = folder();
    let good = put(folder.path(), "good.json", small_blob());
    let list = put(folder.path(), "list.txt", "10.0.0.0/8\n0.0.0.0/0\n203.0.113.9\n");
    let report = analyze([good], &["--threat-list", list.to_str().expect("UTF-8")]);
    assert_eq!(report.ran.code, 0, "{:?}", report.ran);
    let warnings: Vec<&str> = report.ran.stderr.lines().collect();
    assert_eq!(
        warnings,
        [
            "warning: threat list list.txt: 1 private or reserved prefix was passed over: it matches no public address",
            "warning: threat list list.txt: 1 prefix was refused: it holds private space or more than anybody owns, \
             the first is \"0.0.0.0/0\"",
        ]
    );
}

#[test]
fn a_folder_of_topology_is_read_whatever_its_files_are_named_after() {
    let folder = folder();
    let good = put(folder.path(), "good.json", small_blob());
    let vnet = |name: &str, prefix: &str| {
        format!(
            "{{\"type\":\"Microsoft.Network/virtualNetworks\",\"name\":\"{name}\",\"addressSpace\":{{\"addressPrefixes\":[\"{prefix}\"]}}}}"
        )
    };
    let topology = folder.path().join("exports");
    put(&topology, "a.json", vnet("a", "10.1.0.0/16"));
    put(&topology, "b.ndjson", vnet("b", "10.2.0.0/16"));
    put(&topology, "c.JSONL", vnet("c", "10.3.0.0/16"));
    put(&topology, "notes.txt", "no topology");
    let report = analyze([good], &["--topology", topology.to_str().expect("UTF-8")]);
    let names: Vec<String> = report.summary()["enrichment"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|file| file["file"].as_str().expect("a name").to_owned())
        .collect();
    assert_eq!(names, ["a.json", "b.ndjson", "c.JSONL"]);
}
