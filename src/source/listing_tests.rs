//! Tests of the listing over folders made for them.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Read;

use tempfile::TempDir;

use super::*;

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
    let remote = list(&["az://container/prefix?sig=secret".into()]).unwrap_err();
    assert_eq!(remote.to_string(), "cannot read input: az://…: this build reads local files only");
    assert!(remote.hint().contains("azcopy"));
}

#[cfg(unix)]
#[test]
fn devices_are_refused_rather_than_waited_for() {
    assert!(matches!(list(&["/dev/null".into()]), Err(SourceError::NotAFile { .. })));
    let blob = Blob::file("d", "/dev/null".into(), 0);
    assert!(matches!(blob.open(), Err(SourceError::NotAFile { .. })));
}
