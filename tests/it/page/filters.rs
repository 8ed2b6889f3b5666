//! The filters of the page in a real browser: what they keep, where they stand in the address, and that unfiltered the live charts
//! have exactly the numbers of the tables.

use serde_json::json;

use super::{Browser, Lent, NONE, Page, SAMPLE, Viewport, assert_well, hostile, lent, open};

/// Rows of the drawn tables that the cube sums otherwise. Interfaces are counted as logged, which the cube is not.
const DIFFERENT: &str = r##"(() => {
  const cube = readCube(), view = select(cube, {}), wrong = [];
  const numbers = ["Received", "Sent", "Packets", "Flows allowed", "Flows denied", "Unmeasured"];
  const keys = ["received", "sent", "packets", "allowed", "denied", "unmeasured"];
  for (const entry of CUBE_TABLES.filter((one) => one.file !== "traffic_by_interface")) {
    for (const box of document.querySelectorAll(`.scroll[data-file="${entry.file}"]`)) {
      const reach = entry.isReach ? (box.closest("section").id.endsWith("internal") ? "internal" : "external") : null;
      const { rows } = rowsFor(entry, view, "bytes", reach), table = box.querySelector("table");
      const heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.textContent);
      const told = (first, values) => [first, ...values].join(" ");
      const summed = new Set(rows.map((row) => told(entry.cells(cube, row)[0][0], keys.map((key) => row[key]))));
      for (const row of table.querySelectorAll("tbody tr:not(.rest)")) {
        const values = numbers.map((name) => (heads.includes(name) ? row.cells[heads.indexOf(name)].dataset.key : 0));
        const line = told(row.cells[0].textContent, values);
        if (!summed.has(line)) wrong.push(`${entry.file}: ${line}`);
      }
      if (table.tBodies[0].rows.length === 0) wrong.push(`${entry.file}: no row`);
    }
  }
  return wrong;
})()"##;

/// The sample's page with `fragment` as its address says, once everything is redrawn.
fn filtered(browser: &Browser, fragment: &str) -> Lent {
    let mut page = lent(browser);
    page.eval(&format!("location.hash = {}; true", json!(fragment)));
    page.wait_for(&format!("location.hash === {} && azflow.isSettled", json!(fragment)));
    page
}

fn status(page: &mut Page) -> String {
    page.eval("document.querySelector('.said-status').textContent").as_str().unwrap_or_default().to_owned()
}

fn fragment(page: &mut Page) -> String {
    page.eval("location.hash").as_str().unwrap_or_default().to_owned()
}

#[test]
fn unfiltered_the_cube_has_the_numbers_of_every_table() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    assert_eq!(page.texts(DIFFERENT), NONE);
    assert_eq!(page.eval("document.querySelector('.filter-toggle').textContent"), "Filters");
}

#[test]
fn the_period_before_is_drawn_in_steps_of_the_window_and_bars_begin_at_zero() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    let previous =
        "{ start: 1050, step: 50, received: [1, 2, 3, 4, null, null, 7, 8], sent: [10, 20, 30, 40, null, null, 70, 80] }";
    let joined = page.eval(&format!("bySteps({previous}, {{ start: 1000, step: 100, steps: 4 }})"));
    // Two make one step, two are unknown, and the last lies beyond the window.
    assert_eq!(joined, json!({ "start": 1000, "step": 100, "received": [1, 5, 4, 7], "sent": [10, 50, 40, 70] }));
    let unknown =
        page.eval("bySteps({ start: 0, step: 1, received: [null], sent: [null] }, { start: 0, step: 1, steps: 2 }).received");
    assert_eq!(unknown, json!([null, null]));
    let least = page.eval("timeOption(readCube(), { ink: {}, width: 900, unit: 'bytes', labels: [], series: [], marks: [], reach: 10, deniedMost: 40000 }).yAxis[1].min({ min: 27000, max: 30000 })");
    assert_eq!(least, 0);
}

#[test]
fn a_filter_and_its_opposite_add_up_to_the_whole() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    let sum = |states: &str| format!("{states}.reduce((sum, state) => sum + (azflow.apply(state), azflow.total.flows), 0)");
    let whole = page.eval(&sum("[{}]"));
    assert!(whole.as_f64().is_some_and(|flows| flows > 1_000.0), "{whole}");
    for states in [
        "[{ status: 'allowed' }, { status: 'denied' }]",
        "[{ direction: 'inbound' }, { direction: 'outbound' }]",
        "readCube().types.map((type) => ({ type }))",
        "[{ to: readCube().start + 36e5 }, { from: readCube().start + 36e5 }]",
    ] {
        assert_eq!(page.eval(&sum(states)), whole, "{states}");
    }
    let bytes = page.eval("azflow.apply({ status: 'denied' }), azflow.total.bytes");
    assert_eq!(bytes, 0, "what was denied carries nothing");
}

#[test]
fn what_the_address_says_is_filtered_and_what_does_not_exist_is_told() {
    let Some(browser) = Browser::start() else { return };
    let mut page = filtered(browser, "#?port=443/tcp&status=denied&country=XX&from=1999-01-01T00:00Z");
    let said = status(&mut page);
    assert!(said.starts_with("Filtered: ") && said.contains(" flows"), "{said}");
    assert!(said.ends_with("Not in these logs, so ignored: from 1999-01-01T00:00Z, country XX."), "{said}");
    assert_eq!(
        page.texts("Array.from(document.querySelectorAll('.chip'), (chip) => chip.textContent)"),
        ["Status denied×", "Port 443/tcp×"]
    );
    assert_eq!(page.eval("document.querySelector('#filter-port').value"), "443/tcp");
    assert_eq!(page.eval("document.querySelector('#flow_types .units [aria-pressed=true]').textContent"), "flows");
    page.click(".filter-acts button");
    page.wait_for("azflow.isSettled && location.hash === ''");
    assert!(status(&mut page).starts_with("Nothing filtered."));
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}

#[test]
fn dragging_over_the_time_chart_chooses_whole_steps() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("document.querySelector('#traffic_over_time').scrollIntoView(); true");
    page.wait_for("document.querySelector('#traffic_over_time canvas') !== null");
    let (x, y) = page.middle("#traffic_over_time .live");
    page.drag((x - 100.0, y - 60.0), (x + 100.0, y - 60.0));
    page.wait_for("location.hash.includes('from=')");
    let minutes = page.eval("['from', 'to'].map((key) => azflow.state[key] % readCube().step)");
    assert_eq!(minutes, json!([0, 0]));
    assert!(status(&mut page).starts_with("Filtered: "));
    assert_eq!(page.complaints(), NONE);
}

#[test]
fn a_click_on_a_bar_filters_by_it_and_a_second_one_clears_it() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("document.querySelector('#flow_types').scrollIntoView(); true");
    page.wait_for("document.querySelector('#flow_types canvas') !== null");
    let (x, y) = page.middle("#flow_types .live");
    let top = page.eval("document.querySelector('#flow_types .live').getBoundingClientRect().top").as_f64().unwrap_or(y);
    // The name of the first bar, at the left; dragging nowhere is a click.
    let left = page.eval("document.querySelector('#flow_types .live').getBoundingClientRect().left").as_f64().unwrap_or(x);
    page.drag((left + 40.0, top + 44.0), (left + 40.0, top + 44.0));
    page.wait_for("location.hash.startsWith('#?type=') && azflow.isSettled");
    page.drag((left + 40.0, top + 44.0), (left + 40.0, top + 44.0));
    page.wait_for("location.hash === ''");
}

#[test]
fn links_keep_the_filters_and_going_back_takes_them_away() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("azflow.apply({ status: 'denied' }); true");
    page.click("nav.toc a[href='#what']");
    assert_eq!(fragment(&mut page), "#?status=denied&at=what");
    page.eval("history.back(); true");
    page.wait_for("location.hash === '#?status=denied'");
    page.eval("history.back(); true");
    page.wait_for("location.hash === '' && azflow.isSettled");
    assert_eq!(page.eval("document.documentElement.classList.contains('filtered')"), false);
}

#[test]
fn what_no_filter_acts_on_says_so_while_one_is_active() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    let shown = "Array.from(document.querySelectorAll('.still')).filter((badge) => badge.checkVisibility()).length";
    assert_eq!(page.eval(shown), 0);
    page.eval("azflow.apply({ direction: 'inbound' }); true");
    page.wait_for("azflow.isSettled");
    assert!(page.eval(shown).as_u64().is_some_and(|badges| badges > 5));
    assert_eq!(page.eval("document.querySelector('#top_addresses .still') === null"), true);
    assert_eq!(page.eval("document.querySelector('#coverage .still').checkVisibility()"), true);
}

#[test]
fn a_table_follows_the_filters_with_totals_and_comes_back_as_it_was() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("document.querySelector('#top_ports details').open = true; true");
    let rows = "Array.from(document.querySelectorAll('#top_ports tbody tr')).filter((row) => row.checkVisibility())";
    let before = page.texts(&format!("{rows}.map((row) => row.textContent)"));
    assert_eq!(before.len(), 25);
    page.eval("azflow.apply({ port: '443/tcp' }); true");
    page.wait_for("azflow.isSettled");
    assert_eq!(page.texts(&format!("{rows}.map((row) => row.cells[0].textContent)")), ["443/tcp"]);
    assert_eq!(page.eval("document.querySelector('#top_ports tfoot td').textContent"), "Total");
    page.eval("azflow.apply({}); true");
    page.wait_for("azflow.isSettled");
    assert_eq!(page.texts(&format!("{rows}.map((row) => row.textContent)")), before);
}

#[test]
fn tables_are_searched_turned_and_copied_without_formulas() {
    let Some(browser) = Browser::start() else { return };
    let mut page = lent(browser);
    page.eval("document.querySelector('#top_addresses details').open = true; true");
    let first = "Array.from(document.querySelectorAll('#top_addresses tbody tr')).find((row) => row.checkVisibility()).rowIndex";
    assert_eq!(page.eval(first), 1);
    page.click("#top_addresses .table-tools button[aria-label^=Next]");
    assert_eq!(page.eval(first), 26);
    page.click("#top_addresses .table-search");
    page.write("10.21.4.4");
    assert_eq!(page.eval("document.querySelector('#top_addresses .table-said').textContent"), "1 row found");
    let copied = page.eval(
        "(() => { const cells = ['=1+1', '+1', '-1', '@a', 'a,b', '1,024'].map((text) => make('td', {}, text)); cells[5].dataset.key = '1024'; \
         return csv(make('table', {}, make('thead', {}, make('tr', {}, make('th', {}, 'Name'))), make('tbody', {}, make('tr', {}, ...cells))), ''); })()",
    );
    assert_eq!(copied, "Name\n'=1+1,'+1,'-1,'@a,\"a,b\",1024\n");
}

#[test]
fn filtered_pages_are_well_on_any_screen() {
    let Some(browser) = Browser::start() else { return };
    let mut page = filtered(browser, "#?direction=inbound&port=443/tcp");
    page.click(".filter-toggle");
    for viewport in
        [Viewport::PHONE, Viewport::of_width(320), Viewport::DESKTOP, Viewport::DESKTOP.dark(), Viewport::of_width(2560)]
    {
        page.resize(viewport);
        page.settle();
        assert_well(&mut page, "filtered", &["sideways()", "ids()", "headings()"]);
        assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
    }
    page.press("Escape");
    assert_eq!(page.eval("document.querySelector('.filter-panel').hidden"), true);
}

#[test]
fn a_vnet_that_all_subnets_share_is_left_out_of_their_labels_and_the_subnet_stays_whole() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &SAMPLE, Viewport::DESKTOP);
    assert_eq!(page.eval("sharedPart(['hub/web', 'hub/app', '(no known subnet)'])"), "hub/");
    assert_eq!(page.eval("sharedPart(['hub/web', 'spoke/app']) + sharedPart(['hub/web', 'other']) + sharedPart([])"), "");
    assert_eq!(page.eval("shortenPath('vnet-production-weu/snet-application', 24)"), "vne…weu/snet-application");
    assert_eq!(page.eval("shortenPath('hub/web', 24)"), "hub/web");
}

#[test]
fn a_row_of_links_that_goes_on_beyond_the_edge_says_so_until_its_end() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &SAMPLE, Viewport::PHONE);
    let classes = "document.querySelector('nav.toc ul').className";
    page.wait_for(&format!("{classes} === 'wide'"));
    page.eval("document.querySelector('nav.toc ul').scrollLeft = 9999; true");
    page.wait_for(&format!("{classes} === 'wide ended'"));
}

#[test]
fn hostile_names_are_texts_in_filters_and_charts_too() {
    let Some(browser) = Browser::start() else { return };
    let mut page = open(browser, &hostile::PAGE, Viewport::DESKTOP);
    let elements = page.eval("document.querySelectorAll('img:not(.paper), iframe, object, embed').length");
    assert_eq!(elements, 0);
    page.eval("for (const value of valuesOf(readCube(), FILTERS[2])) azflow.apply({ subnet: value }); azflow.apply({}); true");
    page.wait_for("azflow.isSettled");
    assert_eq!((page.complaints(), page.requests()), (NONE.to_vec(), NONE.to_vec()));
}
