//! Listings ask for no more than is wanted, and for more than one answer holds.

use std::collections::BTreeSet;

use azflow::source::{ListOptions, Listing, list};

use super::fake::{Answer, Fake, Request};
use crate::logs::HOUR;

/// Names that a listing gives at once here.
const PAGE: usize = 1_000;

/// A container of these blobs, which lists as Azure does: by prefix, by folder, page by page.
fn container(keys: Vec<String>) -> Fake {
    Fake::answering(move |request: &Request| {
        let query = request.line.split(['?', ' ']).nth(2).unwrap_or_default();
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)).map(decoded);
        let (prefix, marker) = (value("prefix=").unwrap_or_default(), value("marker=").unwrap_or_default());
        let is_by_folder = value("delimiter=").is_some();
        let entries: BTreeSet<&str> = keys
            .iter()
            .filter(|key| key.starts_with(&prefix))
            .map(|key| match key[prefix.len()..].find('/') {
                Some(end) if is_by_folder => &key[..=prefix.len() + end],
                _ => key,
            })
            .collect();
        let page: Vec<&str> = entries.range(&*marker..).copied().take(PAGE + 1).collect();
        let listed: String = page.iter().take(PAGE).map(|entry| element(entry)).collect();
        let next = page.get(PAGE).copied().unwrap_or_default();
        Answer::new(
            200,
            format!("<EnumerationResults><Blobs>{listed}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"),
        )
    })
}

fn element(name: &str) -> String {
    if name.ends_with('/') {
        return format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>");
    }
    format!(
        "<Blob><Name>{name}</Name><Properties><Last-Modified>Mon, 19 Aug 2024 17:00:00 GMT</Last-Modified><Etag>0x1</Etag>\
         <Content-Length>12</Content-Length><Content-Type>x</Content-Type></Properties></Blob>"
    )
}

fn decoded(text: &str) -> String {
    text.replace("%2F", "/").replace("%3D", "=")
}

fn listed(fake: &Fake, prefix: &str, since: Option<i64>) -> Listing {
    let address = format!("{}/logs/{prefix}?sig=x", fake.endpoint("store1"));
    list(&[address], &ListOptions { since }).expect("a listing")
}

/// Blobs of two resources, three NICs each, every hour from June to August 2024.
fn summer() -> Vec<String> {
    let times = (6..=8).flat_map(|month| (1..=28).flat_map(move |day| (0..24).map(move |hour| (month, day, hour))));
    let path = |(month, day, hour), name: &str, nic: usize| {
        format!("resourceId=/S/{name}/y=2024/m={month:02}/d={day:02}/h={hour:02}/m=00/macAddress=0{nic}/PT1H.json")
    };
    times.flat_map(|time| ["A", "B"].into_iter().flat_map(move |name| (0..3).map(move |nic| path(time, name, nic)))).collect()
}

#[test]
fn pages_are_followed_to_the_last() {
    let keys = summer();
    let fake = container(keys.clone());
    let listing = listed(&fake, "", None);
    assert_eq!(listing.units.len(), keys.len());
    assert_eq!(fake.requests().len(), keys.len().div_ceil(PAGE));
    let names: BTreeSet<&str> = listing.units.iter().flat_map(|unit| &unit.blobs).map(|blob| &*blob.name).collect();
    assert!(names.iter().eq(keys.iter().collect::<BTreeSet<_>>()));
}

#[test]
fn folders_of_a_time_that_is_over_are_not_asked_for() {
    let other = "resourceId=/S/other.json".to_owned();
    let fake = container([summer(), vec![other.clone()]].concat());
    // 2024-08-19T17:00Z: of August 7 hours of that day and 9 days are left.
    let listing = listed(&fake, "", Some(HOUR * 1_000));
    let left = (7 + 9 * 24) * 2 * 3;
    assert_eq!(listing.units.len(), left + 1);
    assert!(listing.units.iter().any(|unit| *unit.blobs[0].name == *other), "a blob without a time is always listed");
    let asked: Vec<String> = fake.requests().iter().map(|request| decoded(&request.line)).collect();
    for over in ["m=06/", "m=07/", "d=18/", "h=16/"] {
        assert!(!asked.iter().any(|line| line.contains(over)), "{over} is asked for: {asked:#?}");
    }
    // Down to the resources 3, then for each year, month, day and hour one, and one for each day and hour that is left.
    assert_eq!(asked.len(), 3 + 2 * (4 + 9 + 7), "{asked:#?}");
}
