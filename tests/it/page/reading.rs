//! What the page tells those who do not see it, or do not use a mouse: headings, links, names of charts, the way of the Tab key.

use super::{Browser, NONE, SAMPLE, Viewport, assert_well, open, pages};

#[test]
fn headings_links_ids_and_names_of_charts_are_in_order() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages() {
        let mut page = open(browser, path, Viewport::DESKTOP);
        page.eval("for (const one of document.querySelectorAll('details')) one.open = true");
        assert_well(&mut page, name, &["ids()", "links()", "headings()"]);
        assert_eq!(page.eval("document.documentElement.lang"), "en");
        assert_ne!(page.eval("document.title.trim()"), "");
        let drawn = page.eval("Array.from(document.querySelectorAll('svg:not([aria-hidden=true]), canvas:not([aria-hidden=true]), img')).filter((one) => one.checkVisibility()).length");
        let names = page.image_names();
        assert!(names.iter().all(|name| name.trim().len() > 10), "{name}: {names:#?}");
        assert!(drawn.as_u64().is_some_and(|drawn| names.len() as u64 >= drawn), "{name}: {drawn} drawn, {names:#?}");
    }
}

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
