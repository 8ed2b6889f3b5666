//! Blobs that grow, stay or are rewritten between runs.

use std::fs;

use super::growing::sample_blobs;
use super::{Place, said};
use crate::logs::{MAC, put, vnet};

#[test]
fn blobs_that_grow_between_runs_come_to_the_same_as_whole_ones() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 2, 2);
    for step in 1..=4 {
        for (number, blob) in blobs.iter().enumerate() {
            // Each at its own pace, one of them not before the second step.
            blob.write((blob.count() * step / 4).saturating_sub(number % 3));
        }
        let ran = place.ingest();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        place.check();
    }
    for blob in &blobs {
        blob.write(blob.count());
    }
    assert_eq!(place.ingest().code, 0);
    place.check();
}

#[test]
fn a_run_with_nothing_new_changes_nothing() {
    let place = Place::new();
    sample_blobs(&place.logs(), 2, 2).iter().for_each(|blob| blob.write(blob.count()));
    assert!(said(&place.ingest(), " new,") > 0);
    let before = crate::run::files(&place.workspace());
    let ran = place.ingest();
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!((said(&ran, " new,"), said(&ran, " grown,"), said(&ran, " bytes,")), (0, 0, 0));
    assert!(before == crate::run::files(&place.workspace()), "files of the workspace changed");
}

#[test]
fn only_what_was_appended_is_read() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 1, 2);
    blobs.iter().for_each(|blob| blob.write(blob.count() - 1));
    assert_eq!(place.ingest().code, 0);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    let ran = place.ingest();
    let appended: usize = blobs.iter().map(|blob| blob.text(blob.count()).len() - blob.text(blob.count() - 1).len()).sum();
    assert_eq!(said(&ran, " grown,"), blobs.len() as u64, "{}", ran.stderr);
    assert_eq!(said(&ran, " bytes,"), appended as u64);
    place.check();
}

#[test]
fn a_rewritten_blob_replaces_its_rows() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 2, 2);
    blobs.iter().for_each(|blob| blob.write(blob.count() / 2));
    assert_eq!(place.ingest().code, 0);
    // Longer, but it does not go on where it ended.
    let text = blobs[0].text(blobs[0].count()).replace("10.", "11.");
    fs::write(blobs[0].path(), text).expect("the blob can be written");
    // Shorter.
    blobs[1].write(1);
    let ran = place.ingest();
    assert_eq!((ran.code, said(&ran, " rewritten")), (0, 2), "{}", ran.stderr);
    place.check();
}

#[test]
fn a_blob_that_was_cut_off_is_read_whole_once_it_is() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 1, 2);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    let whole = blobs[0].text(blobs[0].count());
    fs::write(blobs[0].path(), &whole[..whole.len() / 2]).expect("the blob can be written");
    let ran = place.ingest();
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("cannot read blob "), "{}", ran.stderr);
    fs::write(blobs[0].path(), &whole).expect("the blob can be written");
    assert_eq!(place.ingest().code, 0);
    place.check();
}

#[test]
fn logs_that_moved_are_not_read_again() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 1, 2);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    let moved = place.path().join("moved");
    fs::rename(place.logs(), &moved).expect("the folder can be moved");
    let ran = super::ingest(&moved, &place.workspace());
    assert_eq!((ran.code, said(&ran, " new,"), said(&ran, " rewritten"), said(&ran, " bytes,")), (0, 0, 0, 0), "{}", ran.stderr);
}

#[test]
fn two_runs_over_parts_of_the_logs_come_to_one_over_all() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 3, 2);
    for (number, blob) in blobs.iter().enumerate().filter(|(number, _)| number % 2 == 0) {
        let _ = number;
        blob.write(blob.count());
    }
    assert_eq!(place.ingest().code, 0);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    place.check();
}

#[test]
fn hours_before_since_are_passed_over() {
    let place = Place::new();
    sample_blobs(&place.logs(), 3, 2).iter().for_each(|blob| blob.write(blob.count()));
    let logs = place.logs();
    let args = ["ingest".as_ref(), logs.as_os_str(), "--workspace".as_ref()];
    let workspace = place.workspace();
    let ran =
        crate::run::azflow(args.into_iter().chain([workspace.as_os_str(), "--since".as_ref(), "2026-03-02T02:00:00Z".as_ref()]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let all = sample_blobs(&place.logs(), 3, 2).len() as u64;
    assert!(said(&ran, " new,") > 0 && said(&ran, " new,") < all, "{}", ran.stderr);
    assert!(said(&place.ingest(), " new,") > 0);
    place.check();
}

/// A blob of the hour at midnight whose first record tells of the minute before, and the rest of it: the end of that flow.
fn midnight(is_whole: bool) -> String {
    let record = |time: &str, tuple: &str| vnet(MAC, time, "AllowWeb", &[tuple]);
    let begin = record("2026-03-03T00:00:20Z", "1772495990000,10.0.0.4,203.0.113.9,50000,443,6,O,B,NX,0,0,0,0");
    let end = record("2026-03-03T00:01:20Z", "1772496010000,10.0.0.4,203.0.113.9,50000,443,6,O,E,NX,5,500,5,500");
    if is_whole { format!("{{\"records\":[{begin},{end}]}}") } else { format!("{{\"records\":[{begin}]}}") }
}

#[test]
fn a_blob_with_rows_in_a_day_that_is_closed_is_read_whole_when_it_grows() {
    let place = Place::new();
    let path = |day: u32| format!("flowLogResourceID=/S/y=2026/m=03/d={day:02}/h=00/m=00/macAddress={MAC}/PT1H.json");
    // Two days later to the hour: the day before midnight is closed, and the blob may still grow.
    let newest =
        vnet(MAC, "2026-03-05T00:01:00Z", "AllowWeb", &["1772668850000,10.0.0.4,203.0.113.9,50001,443,6,O,B,NX,0,0,0,0"]);
    put(&place.logs(), &path(5), format!("{{\"records\":[{newest}]}}"));
    put(&place.logs(), &path(3), midnight(false));
    assert_eq!(place.ingest().code, 0);
    put(&place.logs(), &path(3), midnight(true));
    assert_eq!(place.ingest().code, 0);
    let begins = |workspace: &std::path::Path| {
        let sql = "SELECT SUM(begins) AS begins, SUM(answered) AS answered FROM contacts";
        let workspace = workspace.as_os_str();
        crate::run::azflow(["query".as_ref(), "--format=csv".as_ref(), "--workspace".as_ref(), workspace, sql.as_ref()]).stdout
    };
    assert_eq!(begins(&place.workspace()), "begins,answered\n2,1\n");
    place.check();
}
