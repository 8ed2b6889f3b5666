//! Blobs that Azure writes to while they are listed and read.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use azflow::source::{Blob, ListOptions, SourceError, list};

use super::azflow_with;
use super::azurite::{Azurite, signature};
use super::fake::{Answer, Fake, Request};
use crate::logs::{MAC, VNET_TUPLES, vnet, vnet_path};

fn record(minute: usize) -> String {
    vnet(MAC, &format!("2024-08-19T17:{minute:02}:00Z"), "AllowWeb", &VNET_TUPLES)
}

fn only_blob(address: &str) -> Blob {
    let listing = list(&[address.to_owned()], &ListOptions::default()).expect("a listing");
    let [unit] = &listing.units[..] else { panic!("{listing:?}") };
    unit.blobs[0].clone()
}

fn text(mut reader: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    reader.read_to_string(&mut text).map(|_| text)
}

#[test]
fn a_blob_reads_whole_and_valid_after_every_block() {
    let Some(azurite) = Azurite::start() else { return };
    let container = azurite.container("grows");
    let path = vnet_path(MAC, 0);
    let address = format!("{}?{}", container.address(""), signature("rl"));
    let mut before: Option<Blob> = None;
    for minute in 1..=4 {
        container.grow(&path, &[record(minute)]);
        let blob = only_blob(&address);
        let whole = text(blob.open().expect("it opens")).expect("it reads");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&whole).expect("JSON")["records"].as_array().map(Vec::len),
            Some(minute)
        );
        if let Some(before) = before {
            let grown = text(blob.open_at(before.bytes - 2).expect("it opens")).expect("it reads");
            assert_eq!(grown, format!(",{}]}}", record(minute)), "what is new begins where the end was");
            assert!(before.version != blob.version && before.location() == blob.location());
            assert!(text(before.open().expect("it opens")).is_ok_and(|text| text == whole), "the newest version, whole");
            let part = text(before.open_at(0).expect("it opens"));
            assert!(part.is_err_and(|error| error.to_string() == "it changed while it was read"));
            assert!(matches!(before.read_range(0, 12), Err(SourceError::Changed { .. })));
            assert_eq!(before.refreshed().expect("it is there"), blob);
        }
        before = Some(blob);
        let ran = azflow_with(&azurite.variables(), ["flows", "az://grows", "--quiet"]);
        assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1 + minute * VNET_TUPLES.len()), "{ran:?}");
    }
}

/// Seven parts of the reader.
const BYTES: usize = 25 << 20;

/// Reads after which the blob changes: four parts are asked for at once, so that some were given by then.
const READS_BEFORE: usize = 5;

fn pattern(seed: u8) -> Vec<u8> {
    (0..BYTES).map(|at| (at / 1_000) as u8 ^ seed).collect()
}

/// A store with one blob, whose version depends on how many reads came before, and its bytes on its version.
fn changing(version: fn(usize) -> usize, content: impl Fn(usize) -> Vec<u8> + Send + Sync + 'static) -> (Fake, String) {
    let reads = AtomicUsize::new(0);
    let fake = Fake::answering(move |request: &Request| {
        let is_head = request.line.starts_with("HEAD ");
        let version = version(if is_head { reads.load(Ordering::SeqCst) } else { reads.fetch_add(1, Ordering::SeqCst) });
        let (bytes, etag) = (content(version), format!("\"0x{version}\""));
        let blob = |status: u16, bytes: Vec<u8>| {
            Answer::new(status, bytes).with("etag", &etag).with("last-modified", "Mon, 19 Aug 2024 17:00:00 GMT")
        };
        if is_head {
            return blob(200, Vec::new()).with("content-length", bytes.len());
        }
        if request.header("if-match").is_some_and(|wanted| wanted != etag) {
            return Answer::new(412, "").with("x-ms-error-code", "ConditionNotMet");
        }
        let Some((first, last)) = request.range() else { return Answer::new(400, "") };
        blob(206, bytes[first..=last].to_vec()).with("content-range", format!("bytes {first}-{last}/{}", bytes.len()))
    });
    let address = format!("{}/logs/a.json?sig=x", fake.endpoint("account"));
    (fake, address)
}

/// It changes once.
fn once(reads: usize) -> usize {
    usize::from(reads >= READS_BEFORE)
}

#[test]
fn a_blob_that_grows_while_it_is_read_is_read_to_its_new_end() {
    let (fake, address) = changing(once, |version| [pattern(0), vec![b'+'; version * 100]].concat());
    let blob = only_blob(&address);
    let mut read = Vec::new();
    blob.open().expect("it opens").read_to_end(&mut read).expect("it reads");
    assert!(read == [pattern(0), vec![b'+'; 100]].concat(), "{} bytes", read.len());
    assert!(fake.requests().iter().all(|request| request.line.starts_with("HEAD ") || request.header("if-match").is_some()));
}

#[test]
fn a_blob_that_is_rewritten_while_it_is_read_is_an_error() {
    let (_fake, address) = changing(once, |version| pattern(version as u8));
    let mut read = Vec::new();
    let error = only_blob(&address).open().expect("it opens").read_to_end(&mut read).expect_err("two versions are no blob");
    assert_eq!(error.to_string(), "it changed while it was read");
    assert!(!read.is_empty() && pattern(0).starts_with(&read), "nothing of another version was given");
    let (_fake, address) = changing(once, |version| pattern(0)[..if version == 0 { BYTES } else { 1 << 20 }].to_vec());
    assert!(only_blob(&address).open().expect("it opens").read_to_end(&mut Vec::new()).is_err(), "it shrinks");
}

#[test]
fn a_blob_that_never_stays_the_same_ends_in_an_error() {
    let (fake, address) = changing(|reads| reads, |version| [pattern(0), vec![b'+'; version]].concat());
    let blob = only_blob(&address);
    let read = blob.open().and_then(|mut reader| {
        reader.read_to_end(&mut Vec::new()).map_err(|cause| SourceError::Unreadable { path: "a".into(), cause })
    });
    assert!(read.is_err_and(|error| error.to_string().ends_with("it changed while it was read")));
    assert!(fake.requests().len() < 60, "{}", fake.requests().len());
}
