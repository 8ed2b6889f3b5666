//! How fast a report is made: wall time, peak memory and tuples per second of `analyze`, everything written.
//!
//! `cargo bench --bench pipeline` analyses generated logs; `AZFLOW_BENCH_LOGS=FOLDER` takes a folder of your own. Where one of
//! [`ENRICHMENTS`] names a file, every run is followed by one with these files, so that what they cost shows beside it. Each run
//! is a process of its own, so that its peak memory is its own. Nothing fails on time.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "support/generated.rs"]
mod generated;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use azflow::app::analyze::{AnalyzeSettings, analyze};
use azflow::app::progress::Silent;
use generated::generate;
use support::peak_kib;

/// Runs per number of threads; the first one warms the page cache and is not counted.
const RUNS: usize = 4;

/// Says to a process that it is one run: the logs.
const RUN_LOGS: &str = "AZFLOW_BENCH_RUN_LOGS";
/// Says to a process that it is one run: the threads.
const RUN_THREADS: &str = "AZFLOW_BENCH_RUN_THREADS";

/// Says to a process that it is one run: whether with enrichment.
const RUN_ENRICHED: &str = "AZFLOW_BENCH_RUN_ENRICHED";

/// Variables that name a file each: topology, countries, autonomous systems, service tags, threat list.
const ENRICHMENTS: [&str; 5] =
    ["AZFLOW_BENCH_TOPOLOGY", "AZFLOW_BENCH_GEO", "AZFLOW_BENCH_ASN", "AZFLOW_BENCH_SERVICE_TAGS", "AZFLOW_BENCH_THREAT_LIST"];

fn main() {
    if let (Some(logs), Ok(threads)) = (std::env::var_os(RUN_LOGS), std::env::var(RUN_THREADS)) {
        return run(Path::new(&logs), threads.parse().expect("a number"));
    }
    let generated = tempfile::tempdir().expect("a temporary folder");
    let logs = std::env::var_os("AZFLOW_BENCH_LOGS").map_or_else(|| generate(generated.path()), PathBuf::from);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let is_enriched = ENRICHMENTS.iter().any(|name| std::env::var_os(name).is_some());
    for threads in 1..=cores {
        // In turns, so that a change of the machine's load meets both.
        let rounds: Vec<(Run, Option<Run>)> =
            (0..RUNS).map(|_| (child(&logs, threads, false), is_enriched.then(|| child(&logs, threads, true)))).skip(1).collect();
        let (plain, enriched): (Vec<Run>, Vec<Option<Run>>) = rounds.into_iter().unzip();
        print(&format!("{threads} threads"), plain);
        if is_enriched {
            print(&format!("{threads} threads, enriched"), enriched.into_iter().flatten().collect());
        }
    }
}

/// Prints the median of runs, at least one, with the fastest and the slowest.
fn print(name: &str, mut runs: Vec<Run>) {
    runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (fastest, median, slowest) = (&runs[0], &runs[runs.len() / 2], &runs[runs.len() - 1]);
    println!(
        "{name:<20}  {:.2} s ({:.2} to {:.2})  {:.2} GB/s  {:.1} M tuples/s  peak {} MiB",
        median.seconds,
        fastest.seconds,
        slowest.seconds,
        median.bytes / median.seconds / 1e9,
        median.tuples / median.seconds / 1e6,
        median.peak_kib / 1024
    );
}

/// What one run measured.
struct Run {
    seconds: f64,
    peak_kib: u64,
    bytes: f64,
    tuples: f64,
}

fn child(logs: &Path, threads: usize, enriched: bool) -> Run {
    let mut this = Command::new(std::env::current_exe().expect("this program"));
    this.env(RUN_LOGS, logs).env(RUN_THREADS, threads.to_string());
    if enriched {
        this.env(RUN_ENRICHED, "1");
    }
    let output = this.output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    Run { seconds: numbers[0], peak_kib: numbers[1] as u64, bytes: numbers[2], tuples: numbers[3] }
}

fn run(logs: &Path, threads: usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [topology, geo, asn, service_tags, threat_lists] = ENRICHMENTS.map(enrichment);
    let settings = AnalyzeSettings {
        topology,
        geo,
        asn,
        service_tags,
        threat_lists,
        threads: Some(threads),
        ..AnalyzeSettings::new(vec![logs.display().to_string()], folder.path().join("report"))
    };
    let start = Instant::now();
    analyze(&settings, &Silent).expect("a report");
    let seconds = start.elapsed().as_secs_f64();
    let summary = std::fs::read(settings.out.join("summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("JSON");
    println!("{seconds} {} {} {}", peak_kib(), summary["input"]["bytes"], summary["tuples"]["read"]);
}

/// The file that a variable names, in a run with enrichment.
fn enrichment(name: &str) -> Vec<PathBuf> {
    std::env::var_os(RUN_ENRICHED).and_then(|_| std::env::var_os(name)).map(PathBuf::from).into_iter().collect()
}
