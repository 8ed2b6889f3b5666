//! The way of those who do not use a mouse: the Tab key, and links to what is folded.

use super::{Browser, NONE, SAMPLE, Viewport, assert_well, open};

#[test]
fn everything_that_takes_the_focus_is_reached_by_tab_and_shows_it() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &SAMPLE, Viewport::DESKTOP);
    let stops = page.eval("checks.watchFocus(), checks.focusable().length").as_u64().expect("a number");
    assert!(stops > 50, "{stops}");
    page.press("Tab");
    assert_eq!(page.eval("document.activeElement.className"), "skip", "the first stop leads past the contents");
    for _ in 1..stops {
        page.press("Tab");
    }
    assert_well(&mut page, "sample", &["unreached()", "unseenFocus()"]);
}

#[test]
fn a_link_to_a_folded_finding_unfolds_it() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &SAMPLE, Viewport::DESKTOP);
    let id = page.eval("document.querySelector('details.finding:not([open])').id");
    let id = id.as_str().expect("a finding is folded").to_owned();
    page.eval(&format!("location.hash = '#{id}'"));
    page.wait_for(&format!("document.getElementById('{id}').open"));
    let url = format!("file://{}#{id}", SAMPLE.display());
    let mut page = browser.open_url(&url, Viewport::DESKTOP);
    assert_eq!(page.eval(&format!("document.getElementById('{id}').open")), true);
    assert_eq!(page.complaints(), NONE);
}
