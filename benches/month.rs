//! A report over a month of 10-minute rows that a workspace keeps: how long it takes, and how its memory grows with the days.
//!
//! `cargo bench --bench month` makes 1,400,000 rows a day for three days; `AZFLOW_BENCH_DAYS`, `AZFLOW_BENCH_ROWS` (rows a day) ask for
//! more, `AZFLOW_BENCH_WORKSPACE=FOLDER` keeps the workspace there, and takes it as it is where it has that many days. 100 million rows of 30 days are
//! `AZFLOW_BENCH_DAYS=30 AZFLOW_BENCH_ROWS=3340000`: some 12 GB of logs, of which one day at a time is on the disk. Nothing fails on time.
//!
//! The logs are NSG flow logs of 200 interfaces. Each calls services that stay the same from day to day, is called by its neighbours, has
//! sessions that last for hours, and one in ten is scanned from the Internet: sources that come back, some often and most seldom, so that each day has
//! keys that no other has. With `AZFLOW_BENCH_SCANS=same` every day has the same ones, which tells what days cost from what keys cost.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use azflow::app::analyze::AnalyzeSettings;
use azflow::app::ingest::{IngestSettings, ingest};
use azflow::app::progress::Silent;
use azflow::app::report::{ReportSettings, report};
use azflow::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS, date};
use support::peak_kib;

/// Interfaces.
const INTERFACES: usize = 200;

/// Interfaces of which one is scanned.
const SCANNED: usize = 10;

/// The first day, ms since the epoch: 2026-03-02.
const START: i64 = 1_772_409_600_000;

/// Says to a process that it is one report: the days that it is over.
const STEP: &str = "AZFLOW_BENCH_STEP_DAYS";
/// `same` if no day has sources of scans that others have not.
const SCANS: &str = "AZFLOW_BENCH_SCANS";
/// Where the workspace lies.
const WORKSPACE: &str = "AZFLOW_BENCH_WORKSPACE";

fn main() {
    let kept = std::env::var_os(WORKSPACE).map(PathBuf::from);
    if let (Some(days), Some(workspace)) = (number(STEP), &kept) {
        return run(workspace, days);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = kept.unwrap_or_else(|| folder.path().join("workspace"));
    let (days, rows) = (number("AZFLOW_BENCH_DAYS").unwrap_or(3), number("AZFLOW_BENCH_ROWS").unwrap_or(1_400_000));
    if !workspace.exists() {
        let start = Instant::now();
        (0..days).for_each(|day| add_day(&workspace, folder.path(), day, rows));
        println!("{days} days of {rows} rows written and ingested in {:.0} s", start.elapsed().as_secs_f64());
    }
    let mut asked = vec![2, days / 3, days * 2 / 3, days];
    asked.retain(|asked| *asked > 0);
    asked.sort_unstable();
    asked.dedup();
    for days in asked {
        let mut this = Command::new(std::env::current_exe().expect("this program"));
        let output = this.env(STEP, days.to_string()).env(WORKSPACE, &workspace).output().expect("a report");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        print!("{}", String::from_utf8_lossy(&output.stdout));
    }
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok()?.parse().ok()
}

/// One report over the first days of the workspace.
fn run(workspace: &Path, days: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = Instant::now();
    let mut analyze = AnalyzeSettings::new(Vec::new(), folder.path().join("report"));
    analyze.to = Some(START + days as i64 * DAY_MS);
    let outcome = report(&ReportSettings { workspace: workspace.to_path_buf(), analyze }, &Silent).expect("a report");
    let (seconds, peak) = (start.elapsed().as_secs_f64(), peak_kib() / 1024);
    println!("report over {days:>2} days  {seconds:>6.1} s  peak {peak} MiB  {}", outcome.lines.last().map_or("", |line| line));
}

/// Writes the logs of a day, ingests them and takes them away.
fn add_day(workspace: &Path, folder: &Path, day: usize, rows: usize) {
    let logs = folder.join("logs");
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for thread in 0..threads {
            let logs = &logs;
            scope.spawn(move || {
                for interface in (thread..INTERFACES).step_by(threads) {
                    (0..24).for_each(|hour| write_hour(logs, interface, START + day as i64 * DAY_MS + hour * HOUR_MS, rows));
                }
            });
        }
    });
    let settings = IngestSettings::new(vec![logs.display().to_string()], workspace.to_path_buf());
    ingest(&settings, &Silent).expect("it is ingested");
    std::fs::remove_dir_all(&logs).expect("the logs can be taken away");
}

/// Writes the blob of an interface and hour, with about its share of `rows` a day.
fn write_hour(logs: &Path, interface: usize, hour: i64, rows: usize) {
    let (year, month, day) = date(hour);
    let mac = format!("000D3A{interface:06X}");
    let path = format!(
        "resourceId=/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG-{:02}/y={year}/m={month:02}/d={day:02}/h={:02}/m=00/macAddress={mac}/PT1H.json",
        interface % 8,
        hour.rem_euclid(DAY_MS) / HOUR_MS
    );
    let scans_are_same = std::env::var_os(SCANS).is_some_and(|value| value == "same");
    let mut writer = Hour::new(interface, hour, rows / INTERFACES / 24, scans_are_same);
    let path = logs.join(path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
    std::fs::write(path, writer.blob(&mac)).expect("the blob can be written");
}

/// One hour of an interface.
struct Hour {
    interface: usize,
    hour: i64,
    rows: usize,
    scans_are_same: bool,
    random: u64,
}

impl Hour {
    fn new(interface: usize, hour: i64, rows: usize, scans_are_same: bool) -> Self {
        Self { interface, hour, rows, scans_are_same, random: (hour as u64).wrapping_mul(31) ^ (interface as u64) << 40 | 1 }
    }

    /// A number below `below`.
    fn draw(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % below as u64) as usize
    }

    /// The blob: a record every 10 minutes.
    fn blob(&mut self, mac: &str) -> String {
        let mut text = String::from("{\"records\":[");
        for part in 0..6 {
            let time = self.hour + part * 10 * MINUTE_MS;
            if part > 0 {
                text.push(',');
            }
            let [allowed_out, allowed_in, denied] = self.tuples(time / 1_000);
            let (year, month, day) = date(time);
            let of_day = time.rem_euclid(DAY_MS) / MINUTE_MS;
            let _ = write!(
                text,
                r#"{{"time":"{year}-{month:02}-{day:02}T{:02}:{:02}:59.000Z","systemId":"s","macAddress":"{mac}","category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG-{:02}","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":2,"flows":[{}]}}}}"#,
                of_day / 60,
                of_day % 60,
                self.interface % 8,
                [("AllowOut", allowed_out), ("AllowIn", allowed_in), ("DenyAllInBound", denied)]
                    .map(|(rule, tuples)| format!(
                        r#"{{"rule":"{rule}","flows":[{{"mac":"{mac}","flowTuples":[{}]}}]}}"#,
                        tuples.trim_end_matches(',')
                    ))
                    .join(",")
            );
        }
        text.push_str("]}");
        text
    }

    /// The tuples of ten minutes from `time` on, in seconds: let out, let in, denied.
    fn tuples(&mut self, time: i64) -> [String; 3] {
        let (own, rows) = (address(self.interface), self.rows / 6);
        let [mut allowed_out, mut allowed_in, mut denied] = [const { String::new() }; 3];
        let is_scanned = self.interface.is_multiple_of(SCANNED);
        // Half of what a scanned interface logs is denied.
        let scans = if is_scanned { rows / 2 } else { 0 };
        let sessions = rows / 12;
        let called = rows / 4;
        let calls = rows.saturating_sub(scans + sessions + called);
        for call in 0..calls {
            let (at, port, bytes) = (time + self.draw(540) as i64, 49_152 + self.draw(16_000), self.draw(90_000));
            let service = (self.interface * 131 + call * 7) % 3_000;
            let to = format!("52.{}.{}.{}", 96 + service / 1_000, service / 250 % 4, service % 250);
            let _ = write!(
                allowed_out,
                "\"{at},{own},{to},{port},443,T,O,A,B,,,,\",\"{},{own},{to},{port},443,T,O,A,E,9,{bytes},12,{}\",",
                at + 30,
                bytes / 2
            );
        }
        for caller in 0..called {
            let (at, port) = (time + self.draw(540) as i64, 49_152 + self.draw(16_000));
            let from = address((self.interface + 1 + caller) % INTERFACES);
            let to = [443, 1433, 8080, 5432][caller % 4];
            let _ = write!(
                allowed_in,
                "\"{at},{from},{own},{port},{to},T,I,A,B,,,,\",\"{},{from},{own},{port},{to},T,I,A,E,5,700,6,4100\",",
                at + 2
            );
        }
        for session in 0..sessions {
            let peer = address((self.interface * 7 + session) % INTERFACES);
            let _ = write!(allowed_out, "\"{},{own},{peer},{},5671,T,O,A,C,40,9000,41,8000\",", time + 300, 40_000 + session);
        }
        for _ in 0..scans {
            let (source, port, at) = (self.scanner(), self.draw(8), time + self.draw(590) as i64);
            let port = [23, 22, 3389, 445, 8080, 5900, 6379, 443][if self.scans_are_same { source % 8 } else { port }];
            let _ = write!(
                denied,
                "\"{at},193.{}.{}.{},{own},{},{port},T,I,D,B,,,,\",",
                source >> 16 & 255,
                source >> 8 & 255,
                source & 255,
                1_024 + self.draw(60_000)
            );
        }
        [allowed_out, allowed_in, denied]
    }

    /// The number of a source of scans.
    fn scanner(&mut self) -> usize {
        if self.scans_are_same {
            return self.draw(400);
        }
        // The square of a uniform number: few sources come often, most seldom.
        let a = self.draw(450);
        a * a + self.draw(450)
    }
}

/// The address of an interface.
fn address(interface: usize) -> String {
    format!("10.0.{}.{}", interface / 25, 4 + interface % 25)
}
