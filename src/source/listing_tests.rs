//! Tests of the listing over folders made for them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;

use tempfile::TempDir;

use super::*;
use crate::schema::units::{HOUR_MS, date_start};

const HOUR: &str = "resourceId=/S/N/y=2024/m=08/d=19/h=17/m=00/macAddress=000D3AF87856";

fn folder(files: &[&str]) -> TempDir {
    let root = TempDir::new().unwrap();
    for file in files {
        let path = root.path().join(file.replace("HOUR", HOUR));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "{}").unwrap();
    }
    root
}

fn inputs(root: &TempDir, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| root.path().join(name).to_str().unwrap().to_string()).collect()
}

fn list(inputs: &[String]) -> Result<Listing, SourceError> {
    super::list(inputs, &ListOptions::default())
}

fn names(listing: &Listing) -> Vec<Vec<&str>> {
    listing.units.iter().map(|unit| unit.blobs.iter().map(|blob| &*blob.name).collect()).collect()
}

#[test]
fn a_folder_is_read_at_any_depth_in_the_order_of_names() {
    let root =
        folder(&["b/x.JSON", "a.json.gz", "c/d/e/f.json.zst", "readme.md", ".hidden.json", ".git/a.json", "b/labels.json"]);
    let listing = list(&inputs(&root, &[""])).unwrap();
    assert_eq!(names(&listing), [["a.json.gz"], ["b/x.JSON"], ["c/d/e/f.json.zst"]]);
    assert_eq!(listing.units[0].bytes, 2);
}

#[test]
fn blobs_of_one_capture_point_and_hour_are_one_unit() {
    let root = folder(&["a/HOUR/PT1H.json", "b/HOUR/PT1H.json.gz", "b/other.json", "z.json"]);
    let listing = list(&inputs(&root, &[""])).unwrap();
    let (a, b) = (format!("a/{HOUR}/PT1H.json"), format!("b/{HOUR}/PT1H.json.gz"));
    assert_eq!(names(&listing), [vec![&*a, &*b], vec!["b/other.json"], vec!["z.json"]]);
    assert_eq!(listing.units[0].bytes, 4);
}

#[test]
fn the_unit_is_known_also_when_the_input_lies_inside_the_layout() {
    let root = folder(&["HOUR/PT1H.json", "HOUR/PT1H (1).json"]);
    let listing = list(&inputs(&root, &[HOUR])).unwrap();
    assert_eq!(names(&listing), [["PT1H (1).json", "PT1H.json"]]);
}

#[test]
fn a_path_given_twice_is_read_once() {
    let root = folder(&["a/x.json", "b/y.json"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(root.path().join("a"), root.path().join("link")).unwrap();
    let listing = list(&inputs(&root, &["a", "a/x.json", "b/../a", "", "a/*.json", "b/y.json"])).unwrap();
    assert_eq!(names(&listing), [["b/y.json"], ["x.json"]]);
    assert_eq!(names(&list(&["-".into(), "-".into()]).unwrap()), [["-"]]);
}

#[test]
fn a_unit_says_which_capture_point_and_hour_its_paths_name() {
    let root = folder(&["HOUR/PT1H.json", "other.json"]);
    let listing = list(&inputs(&root, &[""])).unwrap();
    let hour = (date_start(2024, 8, 19) / HOUR_MS) + 17;
    let capture = CapturePath { resource: "S/N".into(), mac: "000D3AF87856".into(), hour };
    assert_eq!(listing.units.iter().map(|unit| unit.capture.clone()).collect::<Vec<_>>(), [None, Some(capture)]);
}

#[test]
fn hours_that_are_over_are_left_out_and_other_blobs_are_not() {
    let layout = |time: &str| format!("resourceId=/S/N/{time}/m=00/macAddress=00/PT1H.json");
    let times = ["y=2023/m=12/d=31/h=23", "y=2024/m=07/d=31/h=23", "y=2024/m=08/d=18/h=23", "y=2024/m=08/d=19/h=16"];
    let wanted = ["y=2024/m=08/d=19/h=17", "y=2024/m=08/d=19/h=18", "y=2024/m=08/d=20/h=00", "y=2024/m=09/d=01/h=00"];
    let files: Vec<String> = times.iter().chain(&wanted).map(|time| layout(time)).chain(["other.json".into()]).collect();
    let root = folder(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let since = |since, names: &[&str]| super::list(&inputs(&root, names), &ListOptions { since: Some(since) });
    let from_17 = date_start(2024, 8, 19) + 17 * HOUR_MS;
    let expected: Vec<Vec<String>> =
        [vec!["other.json".to_owned()]].into_iter().chain(wanted.map(|time| vec![layout(time)])).collect();
    for moment in [from_17, from_17 + 1, from_17 + HOUR_MS - 1] {
        assert_eq!(names(&since(moment, &[""]).unwrap()), expected);
    }
    assert_eq!(since(from_17 + HOUR_MS, &[""]).unwrap().units.len(), expected.len() - 1);
    assert_eq!(since(i64::MIN, &[""]).unwrap().units.len(), files.len());
    assert_eq!(names(&since(i64::MAX, &[""]).unwrap()), [["other.json"]]);
    let inside = "resourceId=/S/N/y=2024/m=08/d=19";
    assert_eq!(since(from_17, &[inside]).unwrap().units.len(), 2, "an INPUT inside the layout");
    assert_eq!(since(i64::MAX, &["**/PT1H.json"]).unwrap().units.len(), 0, "a glob that matches what is left out is no error");
    assert_eq!(since(i64::MAX, &[&files[0]]).unwrap().units.len(), 0, "a blob that is named itself");
}

#[test]
fn folders_of_a_time_that_is_over_are_not_looked_into() {
    let root = folder(&["y=2024/m=08/d=19/h=17/PT1H.json", "y=2024/m=08/other.json", "y=2024/other.json", "other.json"]);
    let since = |since| {
        let listing = super::list(&inputs(&root, &[""]), &ListOptions { since: Some(since) }).unwrap();
        names(&listing).concat().join(" ")
    };
    assert_eq!(since(date_start(2025, 1, 1)), "other.json", "nobody saw what else lies in the year");
    assert_eq!(since(date_start(2024, 9, 1)), "other.json y=2024/other.json");
}

#[cfg(unix)]
#[test]
fn a_path_through_links_is_known_by_where_it_leads() {
    let root = folder(&["HOUR/PT1H.json"]);
    std::os::unix::fs::symlink(root.path().join("resourceId=/S"), root.path().join("a")).unwrap();
    let direct = root.path().canonicalize().unwrap().join(HOUR).join("PT1H.json");
    let linked = list(&inputs(&root, &["a"])).unwrap();
    assert_eq!(names(&linked), [[format!("N/{}/PT1H.json", HOUR.split_once("/N/").unwrap().1)]]);
    assert_eq!(linked.units[0].blobs[0].location(), direct.to_str().unwrap());
    assert_eq!(linked.units[0].blobs[0].path(), Some(&*direct));
    let capture = linked.units[0].capture.clone().unwrap();
    assert_eq!(&*capture.resource, format!("{}/A/N", root.path().to_str().unwrap().trim_matches('/').to_uppercase()));
}

#[cfg(unix)]
#[test]
fn links_that_turn_in_circles_end_and_links_to_nothing_fail_at_reading() {
    let root = folder(&["a/x.json"]);
    std::os::unix::fs::symlink(root.path(), root.path().join("a/loop")).unwrap();
    std::os::unix::fs::symlink(root.path().join("gone"), root.path().join("a/gone.json")).unwrap();
    let listing = list(&inputs(&root, &[""])).unwrap();
    assert_eq!(names(&listing), [["a/gone.json"], ["a/x.json"]]);
    assert!(matches!(listing.units[0].blobs[0].open(), Err(SourceError::Unreadable { .. })));
}

#[test]
fn globs_match_files_and_folders() {
    let root = folder(&["a/x.json", "a/y.json", "a/deep/z.json", "b/x.json", "topology/t.json"]);
    let found = |glob: &str| list(&inputs(&root, &[glob])).unwrap();
    assert_eq!(names(&found("a/*.json")), [["x.json"], ["y.json"]]);
    assert_eq!(names(&found("*/x.json")), [["a/x.json"], ["b/x.json"]]);
    assert_eq!(names(&found("**/z.json")), [["a/deep/z.json"]]);
    assert_eq!(names(&found("[a]")), [["a/deep/z.json"], ["a/x.json"], ["a/y.json"]]);
    assert_eq!(found("*").topology.len(), 1);
}

#[test]
fn a_file_whose_name_looks_like_a_glob_is_read_as_it_is() {
    let root = folder(&["x[1].json", "x1.json"]);
    assert_eq!(names(&list(&inputs(&root, &["x[1].json"])).unwrap()), [["x[1].json"]]);
}

#[test]
fn a_topology_folder_directly_under_an_input_folder_is_topology() {
    let root = folder(&[
        "topology/b.toml",
        "topology/a.json",
        "topology/c.NDJSON",
        "topology/d.jsonl",
        "topology/note.txt",
        "sub/topology/x.json",
    ]);
    let listing = list(&inputs(&root, &[""])).unwrap();
    assert_eq!(names(&listing), [["sub/topology/x.json"]]);
    let topology: Vec<_> = listing.topology.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(topology, ["a.json", "b.toml", "c.NDJSON", "d.jsonl"]);
}

#[test]
fn a_named_file_is_read_whatever_its_ending() {
    let root = folder(&["capture.log"]);
    let listing = list(&inputs(&root, &["capture.log"])).unwrap();
    assert_eq!(names(&listing), [["capture.log"]]);
    let mut text = String::new();
    listing.units[0].blobs[0].open().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "{}");
}

#[test]
fn inputs_that_hold_nothing_to_read_are_typed_errors() {
    let root = folder(&["a/x.json"]);
    let error = |name: &str| list(&inputs(&root, &[name])).unwrap_err();
    assert!(matches!(error("none"), SourceError::Missing { .. }));
    assert!(matches!(error("none/*.json"), SourceError::Missing { .. }));
    assert!(matches!(error("*.json"), SourceError::NoMatch { .. }));
    assert!(matches!(error("[.json"), SourceError::BadGlob { .. }));
    // A build that reads addresses knows none of this scheme.
    let remote = list(&["s3://bucket/prefix?sig=secret".into()]).unwrap_err();
    assert!(matches!(remote, SourceError::Remote { .. } | SourceError::Address { .. }));
    assert!(remote.to_string().starts_with("cannot read input: s3://…: ") && !remote.to_string().contains("secret"));
}

#[cfg(unix)]
#[test]
fn devices_are_refused_rather_than_waited_for() {
    assert!(matches!(list(&["/dev/null".into()]), Err(SourceError::NotAFile { .. })));
    let blob = Blob::file("d", "/dev/null".into(), None);
    assert!(matches!(blob.open(), Err(SourceError::NotAFile { .. })));
}
