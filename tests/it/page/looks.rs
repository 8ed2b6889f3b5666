//! How the page looks: at every width, by day and night, on paper. Pictures are kept for a look; what a machine can judge is asserted.

use super::{Browser, NONE, PORTS, SAMPLE, Viewport, assert_well, open, pages};

/// Height of A4 between its margins, in CSS pixels (`Viewport::PAPER`).
const SHEET: u32 = Viewport::PAPER.height;

#[test]
fn loading_asks_for_nothing_and_complains_of_nothing() {
    let Some(browser) = Browser::start() else { return };
    let night = [("sample at night", &**SAMPLE, Viewport::DESKTOP.dark())];
    for (name, path, viewport) in pages().map(|(name, path)| (name, path, Viewport::DESKTOP)).into_iter().chain(night) {
        let mut page = browser.open(path, viewport);
        page.wait_for("document.documentElement.dataset.ready === '1'");
        assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()), "{name}");
    }
}

#[test]
fn no_width_makes_the_page_scroll_sideways_and_no_label_leaves_its_chart() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages() {
        let mut page = open(browser, path, Viewport::DESKTOP);
        assert_well(&mut page, name, &["cut()"]);
        // Folded text has no width.
        page.eval("for (const one of document.querySelectorAll('details')) one.open = true");
        for width in [320, 390, 768, 1280, 2560] {
            page.resize(Viewport::of_width(width));
            assert_well(&mut page, &format!("{name} at {width}"), &["sideways()"]);
        }
    }
}

#[test]
fn text_can_be_read_by_day_and_by_night() {
    let Some(browser) = Browser::start() else { return };
    for (name, path) in pages() {
        let mut page = open(browser, path, Viewport::DESKTOP);
        page.eval("for (const one of document.querySelectorAll('details.finding')) one.open = true");
        for viewport in [Viewport::DESKTOP, Viewport::DESKTOP.dark()] {
            page.resize(viewport);
            page.settle();
            assert_well(&mut page, &format!("{name}, dark {}", viewport.is_dark), &["contrast()"]);
        }
    }
}

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
    for (name, path) in [("sample", &*SAMPLE), ("ports", &*PORTS)] {
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
    for (name, viewport) in [
        ("desktop-light", Viewport::DESKTOP),
        ("desktop-dark", Viewport::DESKTOP.dark()),
        ("phone-light", Viewport::PHONE),
        ("phone-dark", Viewport::PHONE.dark()),
    ] {
        let mut page = open(browser, &SAMPLE, viewport);
        let picture = page.screenshot(name);
        assert!(std::fs::metadata(&picture).is_ok_and(|file| file.len() > 50_000), "{}", picture.display());
    }
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
