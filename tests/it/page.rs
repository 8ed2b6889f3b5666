//! `report.html` in a real browser: what a reader sees, clicks, tabs through and prints, and that nothing leaves the page.
//!
//! Goes in: the page of the committed sample logs, of the estate, of a small fixture, of logs with hostile names. The checks
//! that hold for any page stand in `page/checks.js`. Without a browser every test says that it skips, and passes.

mod filters;
mod fixture;
mod hostile;
mod looks;
mod reading;
mod sorting;
mod well;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use azflow::app::analyze::analyze;
use azflow::app::progress::Silent;

use crate::browser::{Browser, NONE, Page, Viewport};
use crate::properties::{folder, settings};

/// Defines `checks`.
const CHECKS: &str = include_str!("page/checks.js");

/// Where pages are written for the browser. Every run writes the same files, so that they need not be removed.
fn written(name: &str, page: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    std::fs::create_dir_all(&folder).expect("the folder of pages is made");
    let path = folder.join(name).with_extension("html");
    std::fs::write(&path, page).expect("the page is written");
    path
}

/// The page of the committed sample, made once.
static SAMPLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-flowlogs");
    let out = folder();
    let mut settings = settings(vec![logs.display().to_string()], &out.path().join("report"));
    settings.threads = None;
    analyze(&settings, &Silent).expect("the report is written");
    written("sample", &std::fs::read(settings.out.join("report.html")).expect("the page is written"))
});

/// The page of the estate: every kind of place has something to show.
static ESTATE: LazyLock<PathBuf> = LazyLock::new(|| written("estate", &crate::estate::page()));

/// The page of [`fixture`].
static PORTS: LazyLock<PathBuf> = LazyLock::new(|| written("ports", &fixture::page()));

/// Opens a page with `checks` at hand.
fn open(browser: &Browser, path: &Path, viewport: Viewport) -> Page {
    let mut page = browser.open(path, viewport);
    page.eval(&format!("{CHECKS}; true"));
    page
}

/// Asserts that each of these checks finds nothing.
fn assert_well(page: &mut Page, what: &str, checks: &[&str]) {
    for check in checks {
        let found = page.texts(&format!("checks.{check}"));
        assert_eq!(found, NONE, "{what}: {check}");
    }
}
