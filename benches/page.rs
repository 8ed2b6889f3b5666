//! How fast the page is: first paint, and every filter, of a page about as large as a page may be.
//!
//! `cargo bench --bench page` makes the logs of a large estate, renders their report, and opens its page in headless Chromium; where
//! there is none it says so and ends. The page measures its filters itself (`azflow.timings`). Nothing fails on time.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]

#[allow(dead_code, unused_imports, reason = "the tests of the page use the rest of it")]
#[path = "../tests/it/browser/mod.rs"]
mod browser;

use std::path::{Path, PathBuf};

use azflow::app::analyze::{AnalyzeSettings, analyze};
use azflow::app::progress::Silent;
use azflow::report::View;
use azflow::sample::{self, SampleFormat};
use serde_json::Value;

use browser::{Browser, Page, Viewport};

/// Rounds; the median of each time is told, with the least and the most.
const ROUNDS: usize = 5;

/// Rows of each table on the page, so many that the page comes close to its bound of 10 MB; one that is larger falls back to 50.
const ROWS: usize = 3_000;

/// How large the estate is: enough addresses and hours to fill the cube.
const INTERFACES: u32 = 400;
const HOURS: u32 = 24;
const LOG_BYTES: u64 = 60_000_000;

/// Each filter of the page by itself, with the value that has most traffic, then none: `[key, ms to react, ms until all is redrawn]`.
const FILTERED: &str = r#"(async () => {
  const cube = readCube(), whole = select(cube, {}), times = [];
  const settle = () => new Promise((done) => { const look = () => azflow.isSettled ? requestAnimationFrame(done) : setTimeout(look, 5); look(); });
  const most = (filter) => {
    if (filter.isTime) return cube.start + Math.floor(cube.steps * (filter.key === "from" ? 0.25 : 0.75)) * cube.step;
    if (!filter.subject) return filter.values()[0];
    const values = new Set(valuesOf(cube, filter));
    const found = ranked(sumBy(whole, filter.subject), cube.by[filter.subject].names, "flows").rows.map((row) => row.name || NAMELESS);
    return found.find((name) => values.has(name));
  };
  for (const filter of [...FILTERS, null]) {
    const value = filter && most(filter);
    if (filter && value === undefined) continue;
    azflow.apply(filter ? { [filter.key]: value } : {});
    await settle();
    times.push([filter ? filter.key : "(none)", azflow.timings.apply, azflow.timings.settled]);
  }
  return times;
})()"#;

/// Until something of the page is painted, and until it is ready for the reader, both since the navigation. Unit: ms.
const PAINTED: &str = "new Promise((done) => { const look = () => { \
    const paint = performance.getEntriesByName('first-contentful-paint')[0]; \
    if (paint) done([paint.startTime, performance.getEntriesByType('navigation')[0].loadEventEnd]); else setTimeout(look, 5); }; look(); })";

fn main() {
    let Some(browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = page(folder.path());
    let bytes = std::fs::metadata(&path).expect("the page is there").len();
    let mut loads = Vec::new();
    let mut filters: Vec<(String, Vec<f64>, Vec<f64>)> = Vec::new();
    for round in 0..ROUNDS {
        let mut page = browser.open(&path, Viewport::DESKTOP);
        page.wait_for("window.azflow && azflow.isSettled");
        if round == 0 {
            println!("{:.2} MB, {} rows of the cube", bytes as f64 / 1e6, page.eval("readCube().size"));
        }
        let painted = page.eval(PAINTED);
        loads.push((ms(&painted[0]), ms(&painted[1])));
        filter(&mut page, &mut filters);
    }
    println!("{:<14}  {}", "first paint", spread(loads.iter().map(|load| load.0).collect()));
    println!("{:<14}  {}", "loaded", spread(loads.iter().map(|load| load.1).collect()));
    for (name, apply, settled) in filters {
        println!("{name:<14}  reacts {}   redrawn {}", spread(apply), spread(settled));
    }
}

/// Adds a round of every filter.
fn filter(page: &mut Page, filters: &mut Vec<(String, Vec<f64>, Vec<f64>)>) {
    let times = page.eval(FILTERED);
    for (at, time) in times.as_array().expect("a list").iter().enumerate() {
        if filters.len() <= at {
            filters.push((time[0].as_str().unwrap_or_default().to_owned(), Vec::new(), Vec::new()));
        }
        let (_, apply, settled) = &mut filters[at];
        apply.push(ms(&time[1]));
        settled.push(ms(&time[2]));
    }
}

fn ms(value: &Value) -> f64 {
    value.as_f64().expect("a time")
}

/// The median of times, at least one, with the least and the most.
fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    format!("{:>6.0} ms ({:.0} to {:.0})", times[times.len() / 2], times[0], times[times.len() - 1])
}

/// The page of a large estate.
fn page(folder: &Path) -> PathBuf {
    let logs = folder.join("logs");
    let generated = sample::Settings {
        out: logs.clone(),
        seed: 1,
        format: SampleFormat::Vnet,
        start: 1_772_409_600_000,
        hours: HOURS,
        interfaces: INTERFACES,
        size: Some(LOG_BYTES),
        attacks: true,
    };
    sample::write(&generated).expect("a sample");
    let settings = AnalyzeSettings {
        view: View { rows: ROWS, ..View::default() },
        ..AnalyzeSettings::new(vec![logs.display().to_string()], folder.join("report"))
    };
    analyze(&settings, &Silent).expect("a report");
    settings.out.join("report.html")
}
