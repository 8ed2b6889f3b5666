//! Old rows are taken out, and do not come back.

use super::growing::sample_blobs;
use super::{Place, report, said};
use crate::run::{Ran, Table, azflow, number};

/// Hours of the logs.
const HOURS: u32 = 6;

fn prune(place: &Place, options: &[&str]) -> Ran {
    let workspace = place.workspace();
    let args = ["prune".as_ref(), "--workspace".as_ref(), workspace.as_os_str()];
    azflow(args.into_iter().chain(options.iter().map(|option| option.as_ref())))
}

/// A workspace of six hours.
fn filled() -> Place {
    let place = Place::new();
    sample_blobs(&place.logs(), HOURS, 2).iter().for_each(|blob| blob.write(blob.count()));
    assert_eq!(place.ingest().code, 0);
    place
}

/// The hours that a report over the workspace covers, and its tuples.
fn hours_and_tuples(place: &Place) -> (Vec<String>, u64) {
    let (ran, out) = report(&place.workspace(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let coverage = Table::read(&out.path().join("report/tables/coverage.csv"));
    let mut hours: Vec<String> = coverage.rows.iter().map(|row| row["hour"].clone()).collect();
    hours.sort();
    hours.dedup();
    let summary = std::fs::read(out.path().join("report/summary.json")).expect("a summary");
    let summary = serde_json::from_slice(&summary).expect("JSON");
    assert_eq!(
        number(&summary, "tuples.read"),
        number(&summary, "tuples.kept") + number(&summary, "tuples.outside_window"),
        "every tuple of a blob with a row here is accounted for"
    );
    (hours, number(&summary, "tuples.kept"))
}

#[test]
fn rows_before_the_time_that_is_kept_are_gone_and_stay_gone() {
    let place = filled();
    let (before, all) = hours_and_tuples(&place);
    let ran = prune(&place, &["--keep", "2h"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(said(&ran, " files,") > 0, "{}", ran.stderr);
    let (after, kept) = hours_and_tuples(&place);
    assert_eq!(after, before[before.len() - 2..]);
    assert!(0 < kept && kept < all);
    // The logs are still there, and are not read again.
    let ran = place.ingest();
    assert_eq!((ran.code, said(&ran, " bytes,")), (0, 0), "{}", ran.stderr);
    assert_eq!(hours_and_tuples(&place), (after, kept));
    assert_eq!(said(&prune(&place, &["--keep", "2h"]), " files,"), 0);
}

#[test]
fn contacts_may_go_earlier_than_traffic() {
    let place = filled();
    let (before, all) = hours_and_tuples(&place);
    assert_eq!(prune(&place, &["--keep", "400d", "--contacts", "1h"]).code, 0);
    assert_eq!(hours_and_tuples(&place), (before, all));
    let hours = |table: &str| {
        let files = crate::run::files(&place.workspace()).into_keys().filter(|name| name.starts_with(&format!("{table}/")));
        let mut hours: Vec<String> = files.filter_map(|name| name.rsplit('/').nth(1).map(str::to_owned)).collect();
        hours.dedup();
        hours
    };
    assert_eq!(hours("contacts").len(), 1);
    assert!(hours("traffic").len() >= HOURS as usize);
}

#[test]
fn what_is_no_workspace_is_not_made_one() {
    let place = Place::new();
    let ran = prune(&place, &["--keep", "1h"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(!place.workspace().exists());
    assert_eq!(prune(&filled(), &["--keep", "1"]).code, 2);
}

#[test]
fn a_blob_that_grows_after_its_hour_was_taken_out_is_read_whole() {
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), 3, 2);
    blobs.iter().for_each(|blob| blob.write(blob.count() - 1));
    assert_eq!(place.ingest().code, 0);
    assert_eq!(prune(&place, &["--keep", "1h"]).code, 0);
    blobs.iter().for_each(|blob| blob.write(blob.count()));
    let ran = place.ingest();
    let (grown, rewritten) = (said(&ran, " grown,"), said(&ran, " rewritten"));
    assert!(ran.code == 0 && grown > 0 && rewritten > 0, "{}", ran.stderr);
    assert_eq!(grown + rewritten, blobs.len() as u64);
    // What was taken out is whole again.
    place.check();
}
