//! What holds for every page, asked of each: it loads in silence, can be read by day and night at every width, and tells those who
//! do not see it what stands where.
//!
//! A page is opened once for all questions: loading and drawing take longer than asking.

use std::path::Path;

use super::{Browser, ESTATE, NONE, PORTS, Page, SAMPLE, Viewport, assert_well, hostile};

#[test]
fn the_page_of_the_sample_is_well() {
    assert_page_is_well("sample", &SAMPLE);
}

#[test]
fn the_page_of_the_estate_is_well() {
    assert_page_is_well("estate", &ESTATE);
}

#[test]
fn a_page_of_a_few_rows_is_well() {
    assert_page_is_well("ports", &PORTS);
}

#[test]
fn the_page_of_hostile_names_is_well() {
    assert_page_is_well("hostile", &hostile::PAGE);
}

fn assert_page_is_well(name: &str, path: &Path) {
    let Some(browser) = Browser::start() else { return };
    let mut page = browser.open(path, Viewport::DESKTOP);
    page.wait_for("document.documentElement.dataset.ready === '1'");
    assert_silent(&mut page, name);
    page.eval(&format!("{}; true", super::CHECKS));
    assert_well(&mut page, name, &["cut()"]);
    assert_can_be_read(&mut page, name);
    // Folded text has no width, and folded charts are not told to anyone.
    page.eval("for (const one of document.querySelectorAll('details')) one.open = true");
    assert_in_order(&mut page, name);
    for width in [320, 390, 768, 1280, 2560] {
        page.resize(Viewport::of_width(width));
        assert_well(&mut page, &format!("{name} at {width}"), &["sideways()"]);
    }
    assert_silent(&mut page, name);
}

/// It complains of nothing and asks for nothing.
fn assert_silent(page: &mut Page, name: &str) {
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()), "{name}");
}

/// Its inks stand out by day and by night, also those of the findings.
fn assert_can_be_read(page: &mut Page, name: &str) {
    page.eval("for (const one of document.querySelectorAll('details.finding')) one.open = true");
    for viewport in [Viewport::DESKTOP.dark(), Viewport::DESKTOP] {
        page.resize(viewport);
        page.settle();
        assert_well(page, &format!("{name}, dark {}", viewport.is_dark), &["contrast()"]);
    }
}

/// Headings, ids, links and the names of charts.
fn assert_in_order(page: &mut Page, name: &str) {
    assert_well(page, name, &["ids()", "links()", "headings()"]);
    assert_eq!(page.eval("document.documentElement.lang"), "en");
    assert_ne!(page.eval("document.title.trim()"), "");
    let drawn = page.eval(
        "Array.from(document.querySelectorAll('svg:not([aria-hidden=true]), canvas:not([aria-hidden=true]), img'))\
         .filter((one) => one.checkVisibility()).length",
    );
    let names = page.image_names();
    assert!(names.iter().all(|name| name.trim().len() > 10), "{name}: {names:#?}");
    assert!(drawn.as_u64().is_some_and(|drawn| names.len() as u64 >= drawn), "{name}: {drawn} drawn, {names:#?}");
}

#[test]
fn the_page_of_the_sample_can_be_mailed() {
    let bytes = std::fs::metadata(&*SAMPLE).expect("the page is there").len();
    assert!(bytes <= 3_000_000, "{bytes} bytes");
}
