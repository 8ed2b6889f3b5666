//! The page in a real browser: its script runs under its policy, sorts a table, and nothing is asked of the network.
//!
//! Needs `chromium` on PATH; without it the test says so and passes.

use std::path::Path;
use std::process::Command;

use azflow::report::{ReportInput, View, render};
use azflow::schema::finding::Findings;
use azflow::schema::summary::{FindingCounts, Input, SCHEMA_VERSION, Summary, Traffic, TrafficTotals, Tuples, Window};
use azflow::schema::tables::{PairMeasures, PortRow, Tables};
use azflow::schema::units::Interval;

/// Presses two headings of the page in a frame and writes what became of it into its own document.
const HARNESS: &str = r##"<!DOCTYPE html><meta charset="utf-8"><iframe id="page" src="report.html"></iframe><script>
window.addEventListener("load", () => {
  const page = document.getElementById("page").contentDocument;
  const column = () => Array.from(page.querySelectorAll("#top_ports tbody tr"), (row) => row.cells[0].textContent).join(" ");
  const heading = (name) => Array.from(page.querySelectorAll("#top_ports th")).find((th) => th.textContent === name);
  const press = (name) => { heading(name).querySelector("button").click(); return column(); };
  const said = {
    ready: page.documentElement.dataset.ready,
    before: column(), flows: press("Flows allowed"), turned: press("Flows allowed"), port: press("Port"),
    state: heading("Port").getAttribute("aria-sort"), others: page.querySelectorAll("#top_ports th[aria-sort]").length,
    requests: page.defaultView.performance.getEntriesByType("resource").length,
    wide: page.documentElement.scrollWidth <= page.documentElement.clientWidth,
  };
  for (const [name, value] of Object.entries(said)) document.body.dataset[name] = value;
});
</script><style>iframe { width: 390px; height: 844px; }</style>"##;

#[test]
fn the_page_sorts_its_tables_in_a_browser_and_breaks_no_policy() {
    if Command::new("chromium").arg("--version").output().is_err() {
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("skipped: no chromium on PATH");
        }
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("report.html"), page()).expect("written");
    std::fs::write(folder.path().join("harness.html"), HARNESS).expect("written");
    let (dom, log) = browse(folder.path());
    for (name, value) in [
        ("ready", "1"),
        ("before", "443/tcp 22/tcp 53/udp other"),
        ("flows", "53/udp 443/tcp 22/tcp other"),
        ("turned", "22/tcp 443/tcp 53/udp other"),
        ("port", "22/tcp 53/udp 443/tcp other"),
        ("state", "ascending"),
        ("others", "1"),
        ("requests", "0"),
        ("wide", "true"),
    ] {
        assert!(dom.contains(&format!("data-{name}=\"{value}\"")), "{name} is not {value}: {dom}\n{log}");
    }
    let complaints: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// The document after loading, and what the browser logged.
fn browse(folder: &Path) -> (String, String) {
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--allow-file-access-from-files", "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", folder.join("harness.html").display()))
        .output()
        .expect("chromium starts");
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A page whose table of ports has three rows and the row of the rest.
fn page() -> Vec<u8> {
    let port = |key, l7_protocol: &str, flows_allowed| PortRow {
        key,
        l7_protocol: l7_protocol.into(),
        measures: PairMeasures { flows_allowed, flows_denied: 100, ..PairMeasures::default() },
    };
    let tables = Tables {
        traffic_by_port: vec![
            port(Some((443, 6)), "https", 90),
            port(Some((22, 6)), "<script>alert(1)</script>", 8),
            port(Some((53, 17)), "dns", 1_000),
            port(None, "", 500),
        ],
        ..Tables::default()
    };
    let totals = TrafficTotals { flows_inbound_allowed: 1_598, flows_inbound_denied: 400, ..TrafficTotals::default() };
    let summary = Summary {
        schema_version: SCHEMA_VERSION,
        azflow_version: "0.1.0",
        window: Window::default(),
        input: Input { blobs: 1, ..Input::default() },
        tuples: Tuples { read: 1_998, kept: 1_998, ..Tuples::default() },
        traffic: Traffic { observed: totals, deduplicated: totals },
        findings: FindingCounts::default(),
        enrichment: Vec::new(),
        tables: Default::default(),
        previous: None,
    };
    let findings =
        Findings { schema_version: SCHEMA_VERSION, incidents: vec![], findings: vec![], allowed: vec![], notes: vec![] };
    let input = ReportInput {
        summary: &summary,
        tables: &tables,
        findings: &findings,
        problems: &[],
        interval: Interval::TenMinutes,
        has_topology: false,
        version: "0.1.0",
        view: &View::default(),
        previous: None,
    };
    let files = render(&input).expect("report");
    files.into_iter().find(|file| file.path == "report.html").expect("the page").bytes
}
