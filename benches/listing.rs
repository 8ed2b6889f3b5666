//! How long 120,000 blobs take to be listed, and how much memory: the price of a scheduled run with nothing new.
//!
//! `cargo bench --bench listing` makes the blobs in Azure's layout first, empty; `AZFLOW_BENCH_LIST=FOLDER` keeps them there for the
//! next time. Each run is a process of its own, so that its peak memory is its own. Nothing fails on time.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use azflow::source::{ListOptions, list};
use support::peak_kib;

/// Runs of each kind; the first one warms the cache of the file system and is not counted.
const RUNS: usize = 6;

/// Logged NICs, each with a blob for every hour of [`DAYS`] days.
const INTERFACES: u32 = 200;

/// Days of August 2024.
const DAYS: u32 = 25;

/// The last day and hour, of which a run with `since` lists one: 2024-08-25T23:00Z, in ms since the epoch.
const LAST_HOUR: i64 = 1_724_626_800_000;

/// Says to a process that it is one run: the folder.
const RUN_FOLDER: &str = "AZFLOW_BENCH_RUN_FOLDER";
/// Says to a process that it is one run: its `since`, ms since the epoch, or nothing.
const RUN_SINCE: &str = "AZFLOW_BENCH_RUN_SINCE";

fn main() {
    if let (Some(folder), Ok(since)) = (std::env::var_os(RUN_FOLDER), std::env::var(RUN_SINCE)) {
        return run(Path::new(&folder), since.parse().ok());
    }
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = std::env::var_os("AZFLOW_BENCH_LIST").map_or_else(|| temporary.path().join("logs"), PathBuf::from);
    if !folder.exists() {
        make(&folder);
    }
    for (name, since) in [("all", String::new()), ("since the last hour", LAST_HOUR.to_string())] {
        let mut runs: Vec<[f64; 3]> = (0..RUNS).map(|_| child(&folder, &since)).skip(1).collect();
        runs.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let [seconds, peak_kib, blobs] = runs[runs.len() / 2];
        let (fastest, slowest) = (runs[0][0], runs[runs.len() - 1][0]);
        println!("{name:<20}  {blobs} blobs  {seconds:.2} s ({fastest:.2} to {slowest:.2})  peak {:.0} MiB", peak_kib / 1024.0);
    }
}

/// Seconds, peak memory in KiB, and blobs of one run.
fn child(folder: &Path, since: &str) -> [f64; 3] {
    let mut this = Command::new(std::env::current_exe().expect("this program"));
    let output = this.env(RUN_FOLDER, folder).env(RUN_SINCE, since).output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    numbers.try_into().expect("three numbers")
}

fn run(folder: &Path, since: Option<i64>) {
    let start = Instant::now();
    let listing = list(&[folder.display().to_string()], &ListOptions { since }).expect("a listing");
    let seconds = start.elapsed().as_secs_f64();
    let blobs: usize = listing.units.iter().map(|unit| unit.blobs.len()).sum();
    println!("{seconds} {} {blobs}", peak_kib());
}

/// One blob per NIC and hour, as Azure names them.
fn make(folder: &Path) {
    let log = "SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK\
               /NETWORKWATCHERS/NETWORKWATCHER_WESTEUROPE/FLOWLOGS/VNET-HUB";
    for day in 1..=DAYS {
        for hour in 0..24 {
            let time = folder.join(format!("flowLogResourceID=/{log}/y=2024/m=08/d={day:02}/h={hour:02}/m=00"));
            for interface in 0..INTERFACES {
                let nic = time.join(format!("macAddress=000D3A{interface:06X}"));
                std::fs::create_dir_all(&nic).expect("a folder");
                std::fs::write(nic.join("PT1H.json"), "{\"records\":[]}").expect("a blob");
            }
        }
    }
}
