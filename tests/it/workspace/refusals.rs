//! Folders that are no workspace, options that do not fit, and files that are damaged.

use std::fs;

use super::growing::sample_blobs;
use super::{Place, report};
use crate::run::azflow;

#[test]
fn a_folder_that_is_no_workspace_is_refused_by_name() {
    let place = Place::new();
    sample_blobs(&place.logs(), 1, 1).iter().for_each(|blob| blob.write(blob.count()));
    let (ran, _out) = report(&place.path().join("none"), &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("there is no such folder\nhint: azflow ingest"), "{}", ran.stderr);
    fs::create_dir(place.workspace()).expect("the folder can be made");
    fs::write(place.workspace().join("mine.txt"), "mine").expect("the file can be written");
    let ran = place.ingest();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the folder holds other files and no workspace.json\nhint: "), "{}", ran.stderr);
    assert_eq!(fs::read_dir(place.workspace()).expect("the folder can be read").count(), 1);
    let (ran, _out) = report(&place.workspace(), &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

#[test]
fn another_format_or_interval_is_refused() {
    let place = Place::new();
    sample_blobs(&place.logs(), 1, 1).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let (logs, workspace) = (place.logs(), place.workspace());
    let ran =
        azflow(["ingest".as_ref(), logs.as_os_str(), "--workspace".as_ref(), workspace.as_os_str(), "--interval=60m".as_ref()]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("its intervals are of 10m, not 60m\nhint: "), "{}", ran.stderr);
    let identity = workspace.join("workspace.json");
    let text = fs::read_to_string(&identity).expect("the file can be read");
    fs::write(&identity, text.replace("\"format_version\": 1", "\"format_version\": 99")).expect("the file can be written");
    let ran = place.ingest();
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("it has format 99, this build reads 1\nhint: "), "{}", ran.stderr);
}

#[test]
fn a_damaged_file_is_named() {
    let place = Place::new();
    sample_blobs(&place.logs(), 1, 1).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let files = crate::run::files(&place.workspace());
    let part = files.keys().find(|name| name.starts_with("traffic/")).expect("there is traffic");
    let bytes = &files[part];
    for damaged in [&bytes[..bytes.len() / 2], b"PAR1", b""] {
        fs::write(place.workspace().join(part), damaged).expect("the file can be written");
        let (ran, _out) = report(&place.workspace(), &[]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(ran.stderr.contains("cannot read ") && ran.stderr.contains(".parquet"), "{}", ran.stderr);
    }
    fs::write(place.workspace().join(part), bytes).expect("the file can be written");
    fs::write(place.workspace().join("checkpoint.zst"), b"x").expect("the file can be written");
    assert_eq!(report(&place.workspace(), &[]).0.code, 1);
}

#[test]
fn an_input_without_flow_logs_makes_an_empty_workspace() {
    let place = Place::new();
    fs::create_dir(place.logs()).expect("the folder can be made");
    assert_eq!(place.ingest().code, 5);
    assert_eq!(report(&place.workspace(), &[]).0.code, 5);
}

#[test]
fn an_hour_that_is_known_from_elsewhere_with_other_content_is_refused() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 1, 1);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let other = Place::new();
    let text = blobs[0].text(blobs[0].count()).replace("10.", "11.");
    let path = other.logs().join(blobs[0].path().strip_prefix(place.logs()).expect("it lies below"));
    fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    fs::write(&path, text).expect("the blob can be written");
    let metrics = other.logs().with_file_name("azflow.prom");
    let (logs, workspace) = (other.logs(), place.workspace());
    let args = ["ingest".as_ref(), logs.as_os_str(), "--workspace".as_ref(), workspace.as_os_str()];
    let ran = azflow(args.into_iter().chain(["--metrics".as_ref(), metrics.as_os_str()]));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("the workspace holds this hour from "), "{}", ran.stderr);
    let metrics = fs::read_to_string(metrics).expect("the metrics are written");
    assert!(metrics.contains("azflow_blobs{result=\"failed\"} 1\n"), "{metrics}");
    place.check();
}

#[test]
fn an_input_that_is_not_there_or_has_no_name_leaves_no_workspace() {
    let place = Place::new();
    let ran = place.ingest();
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let workspace = place.workspace();
    let ran = azflow(["ingest".as_ref(), "-".as_ref(), "--workspace".as_ref(), workspace.as_os_str()]);
    assert!(ran.code == 2 && ran.stderr.contains("cannot ingest standard input"), "{}", ran.stderr);
    assert!(!workspace.exists());
}

#[test]
fn a_blob_with_tuples_in_very_many_hours_counts_not_at_all_and_the_others_do() {
    let place = Place::new();
    sample_blobs(&place.logs(), 1, 1).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let files = crate::run::files(&place.workspace()).len();
    let path = place.logs().join("crafted/PT1H.json");
    // Each record goes on with the hours where the one before ended.
    let record = |hours: std::ops::Range<i64>| {
        let tuple = |hour| format!("\"{},10.0.0.4,52.1.1.1,50000,443,T,O,A,B,,,,\"", 1_600_000_000 + hour * 3_600);
        let tuples: Vec<String> = hours.map(tuple).collect();
        format!(
            r#"{{"time":"2026-01-01T00:00:59.000Z","macAddress":"000D3A000001","category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":2,"flows":[{{"rule":"r","flows":[{{"mac":"000D3A000001","flowTuples":[{}]}}]}}]}}}}"#,
            tuples.join(",")
        )
    };
    let write = |ends: &[i64]| {
        let records: Vec<String> = ends.iter().scan(0, |start, end| Some(record(std::mem::replace(start, *end)..*end))).collect();
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&path, format!("{{\"records\":[{}]}}", records.join(","))).expect("the blob can be written");
    };
    write(&[500, 1_001]);
    let ran = place.ingest();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("its tuples lie in 1001 different hours, and a workspace takes at most 1000 of a blob; hint: "),
        "{}",
        ran.stderr
    );
    assert!(crate::run::files(&place.workspace()).len() < files + 10);
    let ran = place.ingest();
    assert!(ran.stderr.contains("0 new, 0 grown, 0 rewritten"), "it is known: {}", ran.stderr);
    fs::remove_file(&path).expect("the blob can be taken away");
    place.check();
    write(&[30]);
    assert_eq!(place.ingest().code, 0);
    place.check();
    write(&[30, 1_001]);
    assert_eq!(place.ingest().code, 4, "read on, it is the same as read whole");
    fs::remove_file(&path).expect("the blob can be taken away");
    place.check();
}
