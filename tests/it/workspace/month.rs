//! A month of hourly runs ends equal to one run over all of it.

use azflow::app::ingest::{IngestSettings, ingest};
use azflow::app::progress::Silent;

use super::growing::sample_blobs;
use super::{Place, assert_same_reports};

/// Days that are simulated. Unit: days; `AZFLOW_MONTH_DAYS` asks for others.
const DAYS: u32 = 30;

#[test]
fn a_month_of_hourly_runs_ends_equal_to_one_big_run() {
    let days = std::env::var("AZFLOW_MONTH_DAYS").ok().and_then(|days| days.parse().ok()).unwrap_or(DAYS);
    let place = Place::new();
    let blobs = sample_blobs(&place.logs(), days * 24, 1);
    let settings = |workspace| IngestSettings {
        inputs: vec![place.logs().display().to_string()],
        workspace,
        since: None,
        interval: None,
        threads: Some(1),
        strict: false,
    };
    let mut hours: Vec<Vec<_>> = Vec::new();
    for blob in &blobs {
        let path = blob.path().display().to_string();
        let number =
            |key: &str| path.split(key).nth(1).and_then(|rest| rest.get(..2)).and_then(|text| text.parse::<usize>().ok());
        let hour = number("/h=").expect("an hour")
            + 24 * (number("/d=").expect("a day") - 1)
            + 24 * 31 * (number("/m=").expect("a month"));
        let first = hours.len();
        let _ = first;
        if hours.len() <= hour {
            hours.resize_with(hour + 1, Vec::new);
        }
        hours[hour].push(blob);
    }
    let hours: Vec<_> = hours.into_iter().filter(|blobs| !blobs.is_empty()).collect();
    for hour in 0..hours.len() {
        // A run finds the running hour half written, and the one before as it ended.
        hours[hour.saturating_sub(1)].iter().for_each(|blob| blob.write(blob.count()));
        hours[hour].iter().for_each(|blob| blob.write(blob.count() / 2));
        ingest(&settings(place.workspace()), &Silent).expect("the run succeeds");
    }
    hours.last().into_iter().flatten().for_each(|blob| blob.write(blob.count()));
    ingest(&settings(place.workspace()), &Silent).expect("the run succeeds");
    let big = place.path().join("big");
    ingest(&settings(big.clone()), &Silent).expect("the run succeeds");
    assert_same_reports(&place.workspace(), &big);
}
