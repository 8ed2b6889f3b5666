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
mod subnets;
mod well;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};

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

/// Tables of the sample that its page is held against; they lie beside it.
const HELD_AGAINST: [&str; 2] = ["traffic_by_subnet.csv", "subnet_matrix.csv"];

/// The page of the committed sample, made once.
static SAMPLE: LazyLock<PathBuf> = LazyLock::new(|| {
    let logs = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-flowlogs");
    let out = folder();
    let mut settings = settings(vec![logs.display().to_string()], &out.path().join("report"));
    settings.threads = None;
    analyze(&settings, &Silent).expect("the report is written");
    let page = written("sample", &std::fs::read(settings.out.join("report.html")).expect("the page is written"));
    for table in HELD_AGAINST {
        std::fs::copy(settings.out.join("tables").join(table), page.with_file_name(table)).expect("the table is kept");
    }
    page
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

/// A page of the sample that tests pass on to each other, unfiltered and as it was loaded but for the places in its tables. Goes back
/// when it is dropped, unless its test failed.
struct Lent(Option<Page>);

/// Pages that no test has at the moment.
static FREE: Mutex<Vec<Page>> = Mutex::new(Vec::new());

/// Lends the sample's page on a desktop, with `checks` at hand. What it complained of under the test before fails this one.
fn lent(browser: &Browser) -> Lent {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut page = free.unwrap_or_else(|| open(browser, &SAMPLE, Viewport::DESKTOP));
    page.resize(Viewport::DESKTOP);
    page.eval("for (const one of document.querySelectorAll('details')) one.open = false; azflow.apply({}); scrollTo(0, 0); true");
    page.wait_for("azflow.isSettled && location.hash === ''");
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()), "the test before");
    Lent(Some(page))
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).extend(self.0.take());
        }
    }
}

impl Deref for Lent {
    type Target = Page;

    fn deref(&self) -> &Page {
        self.0.as_ref().expect("a page is lent until it is dropped")
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut Page {
        self.0.as_mut().expect("a page is lent until it is dropped")
    }
}

/// Asserts that each of these checks finds nothing.
fn assert_well(page: &mut Page, what: &str, checks: &[&str]) {
    for check in checks {
        let found = page.texts(&format!("checks.{check}"));
        assert_eq!(found, NONE, "{what}: {check}");
    }
}
