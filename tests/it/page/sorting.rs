//! Tables sort by any of their columns, by mouse and by keyboard; the row of the rest stays last.

use super::{Browser, NONE, PORTS, Page, Viewport};

const PORT: &str = "Port";
const FLOWS_ALLOWED: &str = "Flows allowed";

/// The selector of the button in the heading of a column of the ports.
fn heading(page: &mut Page, name: &str) -> String {
    let headings = page.texts("Array.from(document.querySelectorAll('#top_ports th'), (th) => th.textContent)");
    let at = headings.iter().position(|heading| heading == name).unwrap_or_else(|| panic!("no {name} in {headings:?}"));
    format!("#top_ports th:nth-child({}) button", at + 1)
}

/// The first column of the ports, in the order shown.
fn ports(page: &mut Page) -> String {
    page.texts("Array.from(document.querySelectorAll('#top_ports tbody tr'), (row) => row.cells[0].textContent)").join(" ")
}

/// What the headings tell assistive technology: name and order of the sorted columns.
fn sorted_by(page: &mut Page) -> Vec<String> {
    page.texts(
        "Array.from(document.querySelectorAll('#top_ports th[aria-sort]'), (th) => `${th.textContent} ${th.getAttribute('aria-sort')}`)",
    )
}

#[test]
fn a_click_on_a_heading_sorts_and_a_second_one_turns_the_order() {
    let Some(browser) = Browser::start() else { return };
    let mut page = browser.open(&PORTS, Viewport::DESKTOP);
    page.click("#top_ports details.table > summary");
    assert_eq!(ports(&mut page), "443/tcp 22/tcp 53/udp other");
    let (flows, port) = (heading(&mut page, FLOWS_ALLOWED), heading(&mut page, PORT));
    for (button, order, told) in [
        (&flows, "53/udp 443/tcp 22/tcp other", "Flows allowed descending"),
        (&flows, "22/tcp 443/tcp 53/udp other", "Flows allowed ascending"),
        (&port, "22/tcp 53/udp 443/tcp other", "Port ascending"),
        (&port, "443/tcp 53/udp 22/tcp other", "Port descending"),
    ] {
        page.click(button);
        assert_eq!((ports(&mut page).as_str(), sorted_by(&mut page)), (order, vec![told.to_owned()]));
    }
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}

#[test]
fn a_heading_sorts_by_enter_and_by_space_and_keeps_the_focus() {
    let Some(browser) = Browser::start() else { return };
    let mut page = browser.open(&PORTS, Viewport::DESKTOP);
    page.click("#top_ports details.table > summary");
    let flows = heading(&mut page, FLOWS_ALLOWED);
    let focused = format!("document.activeElement === document.querySelector({flows:?})");
    for _ in 0..10 {
        if page.eval(&focused) == true {
            break;
        }
        page.press("Tab");
    }
    assert_eq!(page.eval(&focused), true, "ten times Tab do not lead from the summary to the heading");
    for (key, order) in [("Enter", "53/udp 443/tcp 22/tcp other"), ("Space", "22/tcp 443/tcp 53/udp other")] {
        page.press(key);
        assert_eq!(ports(&mut page), order, "{key}");
        assert_eq!(page.eval(&focused), true, "{key}");
    }
}
