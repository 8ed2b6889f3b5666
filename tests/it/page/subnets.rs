//! Choosing a subnet on the page gives the numbers that the tables on disk have for it, and what was chosen can be passed on.
//!
//! Goes in: the sample's page and its CSV files. A flow within a subnet has two ends there: its row counts both, the headline one.

use serde_json::json;

use super::{Browser, Lent, NONE, SAMPLE, Viewport, lent, open};
use crate::run::Table;

const SUBNET: &str = "vnet-shop-weu/snet-sql";

fn table(name: &str) -> Table {
    Table::read(&SAMPLE.with_file_name(name))
}

fn number(row: &std::collections::BTreeMap<String, String>, columns: &[&str]) -> u64 {
    columns.iter().map(|column| row[*column].parse::<u64>().expect("a number")).sum()
}

const RECEIVED: &[&str] = &["bytes_received"];
const SENT: &[&str] = &["bytes_sent"];
const PACKETS: &[&str] = &["packets_received", "packets_sent"];
const ALLOWED: &[&str] = &["flows_inbound_allowed", "flows_outbound_allowed"];
const DENIED: &[&str] = &["flows_inbound_denied", "flows_outbound_denied"];

/// The numbers of the filtered row of a subnet, as the page's table has them.
fn row_on_the_page(page: &mut Lent, shown: &str) -> serde_json::Value {
    page.eval("document.querySelector('#top_subnets details.table').open = true; true");
    page.wait_for("azflow.isSettled && document.querySelector('#top_subnets .made tbody tr') !== null");
    page.eval(&format!(
        "(() => {{ const table = document.querySelector('#top_subnets .made table'); \
         const heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent); \
         const row = Array.from(table.tBodies[0].rows).find((one) => one.cells[0].textContent === {}); \
         return ['Received', 'Sent', 'Packets', 'Flows allowed', 'Flows denied'].map((name) => Number(row.cells[heads.indexOf(name)].dataset.key)); }})()",
        json!(shown)
    ))
}

#[test]
fn a_chosen_subnet_has_the_numbers_of_its_row_on_disk() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    let (subnets, matrix) = (table("traffic_by_subnet.csv"), table("subnet_matrix.csv"));
    assert_eq!(subnets.rows.len(), 11);
    for row in &subnets.rows {
        let name = row["subnet"].as_str();
        let (chosen, shown) = if name.is_empty() { ("(none)", "(no known subnet)") } else { (name, name) };
        page.eval(&format!("azflow.apply({{ subnet: {} }}); true", json!(chosen)));
        let expected = [RECEIVED, SENT, PACKETS, ALLOWED, DENIED].map(|columns| number(row, columns));
        assert_eq!(row_on_the_page(&mut page, shown), json!(expected), "{shown}");
        // The headline counts what stays within the subnet once.
        let within = matrix.rows.iter().find(|cell| cell["src_subnet"] == name && cell["dst_subnet"] == name);
        let within = |columns: &[&str]| within.map_or(0, |cell| number(cell, columns));
        let bytes = number(row, &[RECEIVED, SENT].concat()) - within(&["bytes_received", "bytes_sent"]);
        let flows = number(row, &[ALLOWED, DENIED].concat()) - within(&["flows_allowed", "flows_denied"]);
        assert_eq!(page.eval("[azflow.total.bytes, azflow.total.flows]"), json!([bytes, flows]), "{shown}");
    }
}

#[test]
fn a_subnet_is_chosen_in_the_panel_and_the_headline_follows() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    let tile = "Array.from(document.querySelectorAll('.tile')).find((one) => one.textContent.trim().startsWith('Bytes')).querySelector('.value').textContent";
    let before = page.eval(tile);
    page.click(".filter-toggle");
    page.eval(&format!(
        "(() => {{ const list = document.querySelector('#filter-subnet'); list.value = {}; \
         list.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()",
        json!(SUBNET)
    ));
    page.wait_for(&format!("location.hash === '#?subnet={SUBNET}' && azflow.isSettled"));
    let after = page.eval(tile);
    assert_ne!(before, after);
    assert_eq!(page.eval("bytes(azflow.total.bytes)"), after);
    page.press("Escape");
}

#[test]
fn a_copied_link_opens_the_page_as_it_was_left() {
    let Some(browser) = Browser::start() else { return };
    // A page of its own: the clipboard and the address of it are looked at.
    let mut page = open(browser, &SAMPLE, Viewport::DESKTOP);
    page.eval("azflow.apply({ subnet: 'vnet-shop-weu/snet-sql', status: 'allowed', from: readCube().start + 36e5, unit: 'flows' }); true");
    page.wait_for("azflow.isSettled");
    page.eval("window.copied = null; document.addEventListener('copy', () => { window.copied = getSelection().toString() || document.activeElement.value; }); \
               if (navigator.clipboard) navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }; true");
    page.click(".filter-acts button:last-child");
    page.wait_for("window.copied !== null");
    let link = page.eval("window.copied");
    assert_eq!(link, page.eval("location.href"));
    let look = "[location.hash, JSON.stringify(azflow.state), azflow.total, document.querySelector('.said-status').textContent, \
                Array.from(document.querySelectorAll('.chip'), (chip) => chip.textContent), document.querySelector('#top_subnets h3.title').textContent]";
    let left = page.eval(look);
    let mut again = browser.open_url(link.as_str().expect("a link"), Viewport::DESKTOP);
    again.wait_for("azflow.isSettled");
    assert_eq!(again.eval(look), left, "another reader");
    page.load("about:blank", Viewport::DESKTOP);
    page.load(link.as_str().expect("a link"), Viewport::DESKTOP);
    page.wait_for("window.azflow && azflow.isSettled");
    assert_eq!(page.eval(look), left, "after loading it again");
    assert_eq!((again.complaints(), again.requests()), (NONE.to_vec(), NONE.to_vec()));
}
