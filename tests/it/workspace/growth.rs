//! Blobs that grow, stay or are rewritten between runs.

use std::fs;

use super::growing::sample_blobs;
use super::{Place, said};

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
