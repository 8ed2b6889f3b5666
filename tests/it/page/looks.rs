//! How the page looks by day and night and on paper. Pictures are kept for a look; what a machine can judge is asserted. What every
//! page must be like at every width stands in `well.rs`.

use super::{Browser, ESTATE, NONE, PORTS, SAMPLE, Viewport, assert_well, lent, open};

/// Height of A4 between its margins, in CSS pixels (`Viewport::PAPER`).
const SHEET: u32 = Viewport::PAPER.height;

#[test]
fn the_night_changes_paper_and_ink_of_page_and_charts() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &PORTS, Viewport::DESKTOP);
    let inks = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,
        getComputedStyle(document.querySelector('.chart svg > rect')).fill,
        getComputedStyle(document.querySelector('.chart svg > text')).fill]";
    let day = page.texts(inks);
    page.resize(Viewport::DESKTOP.dark());
    let night = page.texts(inks);
    assert!(day.iter().zip(&night).all(|(day, night)| day != night), "{day:?} {night:?}");
    page.resize(Viewport::PAPER.dark());
    assert_eq!(page.texts(inks).get(2), Some(&"rgb(255, 255, 255)".to_owned()), "paper is white at night, too");
}

#[test]
fn paper_cuts_no_chart_and_nothing_at_its_edge() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in [("sample", &*SAMPLE), ("estate", &*ESTATE)] {
        let mut page = open(browser, path, Viewport::PAPER);
        assert_well(&mut page, name, &[&format!("cutByPaper({SHEET})")]);
        let pdf = page.pdf(name);
        assert!((2..=60).contains(&pdf.sheets), "{name}: {} sheets", pdf.sheets);
        // Printing unfolds the findings.
        assert_eq!(page.eval("document.querySelectorAll('details.finding:not([open])').length"), 0);
    }
}

#[test]
fn pictures_of_the_sample_are_kept_for_a_look() {
    let Some(browser) = Browser::start() else { return };
    // Loaded at night: what is drawn before anything changes must be well there, too.
    let mut page = open(browser, &SAMPLE, Viewport::DESKTOP.dark());
    for (name, viewport) in [
        ("desktop-dark", Viewport::DESKTOP.dark()),
        ("desktop-light", Viewport::DESKTOP),
        ("phone-light", Viewport::PHONE),
        ("phone-dark", Viewport::PHONE.dark()),
    ] {
        page.resize(viewport);
        page.settle();
        let picture = page.screenshot(name);
        assert!(std::fs::metadata(&picture).is_ok_and(|file| file.len() > 50_000), "{}", picture.display());
    }
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}

#[test]
fn the_check_of_contrast_sees_what_cannot_be_read() {
    let Some(browser) = Browser::start() else { return };
    let body = "<!DOCTYPE html><p id=faint style='color:#999'>faint</p><p>plain</p><div class=chart>
        <svg width=300 height=60 viewBox='0 0 600 120'><rect x=0 y=0 width=300 height=120 fill='#4a90c4'/>
        <text x=20 y=60 fill='#fff'>on blue</text><text x=320 y=60 fill='#000'>beside</text></svg></div>";
    let mut page = open(browser, &super::written("faint", body.as_bytes()), Viewport::DESKTOP);
    // 2.85 is that of #999 to white, 3.46 that of white to #4a90c4.
    assert_eq!(page.texts("checks.contrast()"), ["2.85 p#faint \"faint\"", "3.46 text \"on blue\""]);
}

#[test]
fn what_is_filtered_prints_filtered_and_uncut() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &SAMPLE, Viewport::PAPER);
    page.eval("azflow.apply({ status: 'allowed' }); true");
    page.wait_for("azflow.isSettled");
    let pdf = page.pdf("filtered");
    assert!((2..=60).contains(&pdf.sheets), "{} sheets", pdf.sheets);
    let paper = "Array.from(document.querySelectorAll('img.paper'))";
    assert!(page.eval(&format!("{paper}.length")).as_u64().is_some_and(|pictures| pictures >= 8));
    let cut = format!(
        "{paper}.filter((one) => one.getBoundingClientRect().height > {SHEET} || getComputedStyle(one).breakInside !== 'avoid')\
         .map((one) => one.alt)"
    );
    assert_eq!(page.texts(&cut), NONE);
    assert_eq!(page.eval("document.querySelector('.paper-filter').textContent"), "Filtered: status allowed.");
}

#[test]
fn live_charts_change_their_inks_at_night() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("document.querySelector('#flow_types').scrollIntoView(); true");
    page.wait_for("document.querySelector('#flow_types canvas') !== null");
    page.settle();
    let picture = "document.querySelector('#flow_types canvas').toDataURL()";
    let day = page.eval(picture);
    page.resize(Viewport::DESKTOP.dark());
    page.wait_for(&format!("azflow.isSettled && {picture} !== {day}"));
    page.resize(Viewport::DESKTOP);
    page.wait_for(&format!("azflow.isSettled && {picture} === {day}"));
}
