//! Tests of reading a file's bytes whole, in parts, and after it changed.

#![allow(clippy::unwrap_used)]

use std::fs;

use tempfile::TempDir;

use super::*;

fn blob(folder: &TempDir, content: &str) -> Blob {
    let path = folder.path().join("a.json");
    fs::write(&path, content).unwrap();
    let meta = fs::metadata(&path).unwrap();
    Blob::file("a.json", path, Some(&meta))
}

fn text(mut reader: impl Read) -> String {
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn parts_of_a_blob_are_exactly_the_bytes_asked_for() {
    let folder = TempDir::new().unwrap();
    let blob = blob(&folder, "0123456789");
    assert_eq!(blob.read_range(2, 5).unwrap(), b"234");
    assert_eq!(blob.read_range(10, 10).unwrap(), b"");
    assert_eq!(text(blob.open_at(7).unwrap()), "789");
    assert_eq!(text(blob.open_at(10).unwrap()), "");
    assert_eq!(text(blob.open().unwrap()), "0123456789");
    for (from, to) in [(2, 11), (5, 4), (11, 12), (0, u64::MAX)] {
        let error = blob.read_range(from, to).unwrap_err().to_string();
        assert_eq!(error, "cannot read input: a.json: it has only 10 bytes", "{from} to {to}");
    }
    assert!(blob.open_at(11).is_err());
}

#[test]
fn fetching_a_blob_changes_nothing_and_never_fails() {
    let folder = TempDir::new().unwrap();
    let blob = blob(&folder, "0123456789");
    for from in [0, 5, 10, u64::MAX] {
        blob.fetch(from);
    }
    assert_eq!(text(blob.open().unwrap()), "0123456789");
    fs::remove_file(folder.path().join("a.json")).unwrap();
    blob.fetch(0);
    Blob::file("folder", folder.path().to_path_buf(), None).fetch(0);
    Blob::stdin().fetch(0);
}

#[test]
fn a_blob_that_changed_is_read_in_parts_only_after_it_was_looked_at_again() {
    let folder = TempDir::new().unwrap();
    let listed = blob(&folder, "0123456789");
    let grown = blob(&folder, "0123456789ab");
    assert!(listed.version != grown.version && listed.location() == grown.location());
    assert!(matches!(listed.open_at(0), Err(SourceError::Changed { .. })));
    assert!(matches!(listed.read_range(0, 1), Err(SourceError::Changed { .. })));
    assert_eq!(text(listed.open().unwrap()), "0123456789ab");
    let refreshed = listed.refreshed().unwrap();
    assert_eq!(refreshed, grown);
    assert_eq!(text(refreshed.open_at(10).unwrap()), "ab");
    fs::remove_file(folder.path().join("a.json")).unwrap();
    assert!(matches!(listed.refreshed(), Err(SourceError::Unreadable { .. })));
}

#[test]
fn a_file_of_the_same_size_with_another_time_has_another_version() {
    let folder = TempDir::new().unwrap();
    let before = blob(&folder, "a");
    let file = File::options().write(true).open(folder.path().join("a.json")).unwrap();
    file.set_modified(UNIX_EPOCH + std::time::Duration::from_nanos(1_700_000_000_000_000_001)).unwrap();
    let after = before.refreshed().unwrap();
    assert_eq!(&*after.version, "1700000000000000001/1");
    assert_ne!(before.version, after.version);
}

#[test]
fn a_reader_that_runs_dry_early_is_an_error() {
    let mut reader = Exactly { inner: &b"abc"[..], left: 4 };
    let mut bytes = Vec::new();
    assert_eq!(reader.read_to_end(&mut bytes).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(bytes, b"abc");
}

#[test]
fn standard_input_is_not_read_in_parts() {
    assert!(matches!(Blob::stdin().open_at(0), Err(SourceError::NotAFile { .. })));
    assert_eq!((Blob::stdin().location(), &*Blob::stdin().version), ("-".into(), ""));
}
