//! What is read from a container is what is read from a folder of the same blobs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azflow::source::{ListOptions, Listing, list};

use super::azflow_with;
use super::azurite::{Azurite, Container, signature};
use super::fake::{Answer, Fake};
use crate::logs::{HOUR, MAC, VNET_TUPLES, blob, gzip, put, small_blob, vnet, vnet_path};
use crate::run::files;

/// Blobs of a container with all that an INPUT may hold.
fn blobs() -> BTreeMap<String, Vec<u8>> {
    let hour = |hour: i64| blob(&[vnet(MAC, &format!("2024-08-19T1{hour}:00:00Z"), "AllowWeb", &VNET_TUPLES)]).into_bytes();
    BTreeMap::from([
        (vnet_path(MAC, 0), hour(7)),
        (vnet_path(MAC, 1), hour(8)),
        ("other folder/a b%20+ü.json".to_owned(), small_blob().into_bytes()),
        ("other folder/packed.json.gz".to_owned(), gzip(&hour(9))),
        ("other folder/audit.json".to_owned(), b"{\"records\":[{\"category\":\"AuditEvent\"}]}".to_vec()),
        ("other folder/note.txt".to_owned(), b"no blob of a flow log".to_vec()),
        ("cut.json".to_owned(), small_blob().into_bytes()[..700].to_vec()),
        ("empty.json".to_owned(), Vec::new()),
    ])
}

fn filled<'a>(azurite: &'a Azurite, name: &str) -> Container<'a> {
    let container = azurite.container(name);
    for (path, bytes) in blobs() {
        container.write(&path, &bytes);
    }
    container
}

/// The report of `analyze`, with its exit code.
fn report(variables: &[(&'static str, String)], input: &str, folder: &Path) -> (i32, BTreeMap<String, Vec<u8>>) {
    let out = folder.join("report");
    let args = ["analyze", input, "--quiet", "--out"].map(str::to_owned).into_iter().chain([out.display().to_string()]);
    let ran = azflow_with(variables, args);
    assert!(!ran.stderr.contains("sig="), "{ran:?}");
    let found = files(&out);
    assert!(!found.is_empty(), "{ran:?}");
    std::fs::remove_dir_all(&out).expect("a report");
    (ran.code, found)
}

#[test]
fn a_container_and_a_folder_of_the_same_blobs_give_the_same_report() {
    let Some(azurite) = Azurite::start() else { return };
    filled(azurite, "same-report");
    let folder = tempfile::tempdir().expect("a folder");
    let logs = folder.path().join("logs");
    for (path, bytes) in blobs() {
        put(&logs, &path, bytes);
    }
    let local = report(&[], &logs.display().to_string(), folder.path());
    assert_eq!(local.0, 4, "a blob is cut off");
    let by_key = report(&azurite.variables(), "az://same-report", folder.path());
    assert!(local == by_key, "az://");
    let signed = format!("{}/same-report?{}", azurite.endpoint(), signature("rl"));
    let by_signature = report(&[], &signed, folder.path());
    assert!(local == by_signature, "an address with a signature that allows reading and listing");
}

#[test]
fn flows_prints_names_relative_to_the_input() {
    let Some(azurite) = Azurite::start() else { return };
    let container = filled(azurite, "flows-of-names");
    let names = |input: &str| {
        let ran = azflow_with(&azurite.variables(), ["flows", input, "--quiet", "--port", "443"]);
        let mut names: Vec<String> =
            ran.stdout.lines().skip(1).filter_map(|line| line.rsplit(',').next()).map(str::to_owned).collect();
        names.dedup();
        names
    };
    assert_eq!(names("az://flows-of-names/other folder"), ["a b%20+ü.json", "packed.json.gz"]);
    assert_eq!(names("az://flows-of-names/other folder/"), ["a b%20+ü.json", "packed.json.gz"]);
    assert_eq!(names("az://flows-of-names/other folder/packed.json.gz"), ["packed.json.gz"]);
    assert_eq!(names(&container.address("other folder/a b%20+ü.json")), ["a b%20+ü.json"]);
}

/// Lists through a signature, which needs no variables.
fn listed(container: &Container<'_>, prefix: &str, since: Option<i64>) -> Listing {
    let address = format!("{}?{}", container.address(prefix), signature("rl"));
    list(&[address], &ListOptions { since }).expect("a listing")
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.units.iter().flat_map(|unit| &unit.blobs).map(|blob| &*blob.name).collect()
}

#[test]
fn a_remote_blob_says_what_a_local_one_says() {
    let Some(azurite) = Azurite::start() else { return };
    let container = filled(azurite, "one-blob");
    let listing = listed(&container, "", None);
    assert_eq!(listing.units.iter().filter(|unit| unit.capture.is_some()).count(), 2);
    let unit = listing.units.iter().find(|unit| unit.capture.is_some()).expect("a unit of the layout");
    let [blob] = &unit.blobs[..] else { panic!("{unit:?}") };
    assert_eq!(blob.location(), format!("az://devstoreaccount1/one-blob/{}", vnet_path(MAC, 0)));
    assert!(blob.version.len() > 4 && !blob.version.contains('"'), "{}", blob.version);
    let bytes = &blobs()[&vnet_path(MAC, 0)];
    assert_eq!((blob.bytes, unit.bytes), (bytes.len() as u64, bytes.len() as u64));
    assert_eq!(blob.read_range(3, 20).expect("a part"), bytes[3..20]);
    assert!(blob.read_range(3, blob.bytes + 1).is_err());
    assert_eq!(blob.refreshed().expect("it is there"), *blob);
    let mut tail = Vec::new();
    std::io::Read::read_to_end(&mut blob.open_at(blob.bytes - 2).expect("a tail"), &mut tail).expect("a tail");
    assert_eq!(tail, b"]}");
}

#[test]
fn a_blob_that_is_reached_by_two_addresses_is_listed_once() {
    let Some(azurite) = Azurite::start() else { return };
    let container = filled(azurite, "reached-twice");
    let address = |prefix: &str| format!("{}?{}", container.address(prefix), signature("rl"));
    let twice = list(&[address(""), address("other folder"), address("cut.json")], &ListOptions::default());
    assert_eq!(names(&twice.expect("a listing")), names(&listed(&container, "", None)));
}

#[test]
fn hours_that_are_over_are_not_listed() {
    let Some(azurite) = Azurite::start() else { return };
    let container = filled(azurite, "hours-over");
    let all = listed(&container, "", None);
    assert_eq!(all.units.len(), 7);
    for (hours_over, left) in [(0, 7), (1, 6), (2, 5), (1_000_000, 5)] {
        let since = (HOUR + hours_over * 3_600) * 1_000;
        assert_eq!(listed(&container, "", Some(since)).units.len(), left, "{hours_over}");
    }
    let inside = vnet_path(MAC, 0);
    let inside = inside.split("/d=19").next().expect("a month");
    assert_eq!(listed(&container, inside, Some((HOUR + 3_600) * 1_000)).units.len(), 1);
    assert_eq!(listed(&container, inside, Some(i64::MAX)).units.len(), 0, "everything is left out, which is no error");
}

#[test]
fn many_blobs_are_under_way_at_once() {
    let bytes = small_blob().into_bytes();
    let element = |number: usize| {
        format!(
            "<Blob><Name>{number:02}.json</Name><Properties><Last-Modified>Mon, 19 Aug 2024 17:00:00 GMT</Last-Modified><Etag>0x1</Etag>\
             <Content-Length>{}</Content-Length><Content-Type>x</Content-Type></Properties></Blob>",
            bytes.len()
        )
    };
    let listed: String = (0..40).map(element).collect();
    let listing = format!("<EnumerationResults><Blobs>{listed}</Blobs><NextMarker /></EnumerationResults>");
    let (under_way, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let fake = Fake::answering(move |request| {
        if request.line.contains("comp=list") {
            return Answer::new(200, listing.clone());
        }
        seen.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        under_way.fetch_sub(1, Ordering::SeqCst);
        let range = format!("bytes 0-{}/{}", bytes.len() - 1, bytes.len());
        let modified = "Mon, 19 Aug 2024 17:00:00 GMT";
        Answer::new(206, bytes.clone()).with("etag", "\"0x1\"").with("last-modified", modified).with("content-range", range)
    });
    let address = format!("{}/logs?sv=2024-11-04&sig=x", fake.endpoint("store1"));
    let folder = tempfile::tempdir().expect("a folder");
    let ran = azflow_with(&[], ["flows", &address, "--quiet"]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1 + 40 * 8), "{}", ran.stderr);
    let numbers: Vec<&str> = ran.stdout.lines().skip(1).filter_map(|line| line.rsplit(',').next()).collect();
    assert!(numbers.is_sorted(), "in the order of the names");
    let by_flows = most.swap(0, Ordering::SeqCst);
    assert!((4..=9).contains(&by_flows), "{by_flows} at once");
    report(&[], &address, folder.path());
    let by_analyze = most.load(Ordering::SeqCst);
    assert!((8..=16).contains(&by_analyze), "{by_analyze} at once");
}
