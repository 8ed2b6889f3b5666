//! A store that throttles is waited for as long as it asks; one that goes on ends the run with exit code 75.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::azflow_with;
use super::azurite::{ACCOUNT, KEY};
use super::fake::{Answer, Fake, Request};
use crate::logs::small_blob;

fn variables(fake: &Fake, seconds: u32) -> [(&'static str, String); 4] {
    [
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT.to_owned()),
        ("AZURE_STORAGE_ACCOUNT_KEY", KEY.to_owned()),
        ("AZURE_STORAGE_ENDPOINT", fake.endpoint(ACCOUNT)),
        ("AZFLOW_AZURE_RETRY_SECONDS", seconds.to_string()),
    ]
}

/// What Azure answers when it throttles.
fn busy(seconds: u32) -> Answer {
    Answer::new(503, "<Error><Code>ServerBusy</Code></Error>").with("x-ms-error-code", "ServerBusy").with("retry-after", seconds)
}

/// A listing of one blob.
fn listing() -> Answer {
    let blob = format!(
        "<Blob><Name>a.json</Name><Properties><Last-Modified>Mon, 19 Aug 2024 17:00:00 GMT</Last-Modified><Etag>0x1</Etag>\
         <Content-Length>{}</Content-Length><Content-Type>application/json</Content-Type></Properties></Blob>",
        small_blob().len()
    );
    Answer::new(
        200,
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>{blob}</Blobs><NextMarker /></EnumerationResults>"
        ),
    )
}

/// The blob of [`listing`].
fn content(request: &Request) -> Answer {
    let (first, last) = request.range().expect("a range");
    let bytes = small_blob().into_bytes();
    let range = format!("bytes {first}-{last}/{}", bytes.len());
    Answer::new(206, &bytes[first..=last])
        .with("etag", "\"0x1\"")
        .with("last-modified", "Mon, 19 Aug 2024 17:00:00 GMT")
        .with("content-range", range)
}

fn is_listing(request: &Request) -> bool {
    request.line.contains("comp=list")
}

#[test]
fn a_store_that_throttles_for_a_while_is_waited_for_as_long_as_it_asks() {
    let asked = AtomicUsize::new(0);
    let fake = Fake::answering(move |request| match (asked.fetch_add(1, Ordering::SeqCst), is_listing(request)) {
        (0 | 2, _) => busy(1),
        (_, true) => listing(),
        (_, false) => content(request),
    });
    let begun = Instant::now();
    let ran = azflow_with(&variables(&fake, 30), ["flows", "az://logs", "--quiet"]);
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (0, 9, ""), "{ran:?}");
    assert!(begun.elapsed() >= Duration::from_secs(2), "it asked for a second, twice");
    assert_eq!(fake.requests().len(), 4, "{:?}", fake.requests());
}

#[test]
fn a_store_that_goes_on_throttling_ends_the_run_with_75() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let analyze = |last: &[&str]| {
        let args = ["analyze", "az://logs", "--out"].map(str::to_owned).into_iter().chain([out.display().to_string()]);
        args.chain(last.iter().map(|arg| (*arg).to_owned())).collect::<Vec<String>>()
    };
    let flows = || ["flows", "az://logs", "--quiet"].map(str::to_owned).to_vec();
    let while_listing = Fake::answering(|_| busy(1));
    let while_reading = Fake::answering(|request| if is_listing(request) { listing() } else { busy(1) });
    for (fake, args) in [
        (&while_listing, analyze(&[])),
        (&while_listing, flows()),
        (&while_reading, analyze(&[])),
        (&while_reading, analyze(&["--last", "1h"])),
        (&while_reading, flows()),
    ] {
        let before = fake.requests().len();
        let ran = azflow_with(&variables(fake, 2), &args);
        assert_eq!(ran.code, 75, "{args:?}: {ran:?}");
        let said =
            "the store throttles, still after 2 s\nhint: run again later, or set AZFLOW_AZURE_RETRY_SECONDS to wait longer\n";
        assert!(
            ran.stderr.starts_with("error: cannot read input: az://devstoreaccount1/logs") && ran.stderr.ends_with(said),
            "{ran:?}"
        );
        assert!(!out.exists(), "{args:?} leaves nothing");
        let asked = fake.requests().len() - before;
        assert!((2..=4).contains(&asked), "{args:?} asked {asked} times");
    }
}

#[test]
fn a_server_in_trouble_is_asked_again_and_then_told_by_its_status() {
    let fake = Fake::answering(|_| Answer::new(500, "secret").with("x-ms-error-code", "InternalError"));
    let ran = azflow_with(&variables(&fake, 1), ["flows", "az://logs"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.starts_with("error: cannot read input: az://devstoreaccount1/logs: the store answers 500 (InternalError)\n"),
        "{ran:?}"
    );
    assert_eq!(fake.requests().len(), 2, "at once, and after half a second");
}
