//! How fast a workspace is: filling it, a run with nothing new, a run after a minute was appended, a report over it.
//!
//! `cargo bench --bench workspace` takes generated logs; `AZFLOW_BENCH_LOGS=FOLDER` a folder of your own, which it appends to a copy of. Each
//! step is a process of its own, so that its peak memory is its own. Nothing fails on time.
//!
//! Before each filling the logs are read without a look at them: they then lie in the system's cache, and how fast that goes tells hours in which others use
//! the machine from quiet ones.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "support/generated.rs"]
mod generated;
mod support;

use std::fs::File;
use std::io::Read;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use azflow::app::analyze::AnalyzeSettings;
use azflow::app::ingest::{IngestSettings, ingest};
use azflow::app::progress::Silent;
use azflow::app::report::{ReportSettings, report};
use generated::generate;
use support::peak_kib;

/// Runs of each step that can be repeated; the fastest and the slowest are told beside the median.
const RUNS: usize = 3;

/// Blobs that a minute is appended to.
const GROWN: usize = 200;

/// Says to a process that it is one step: which, the logs, and the workspace.
const STEP: &str = "AZFLOW_BENCH_STEP";
const STEP_LOGS: &str = "AZFLOW_BENCH_STEP_LOGS";
const STEP_WORKSPACE: &str = "AZFLOW_BENCH_STEP_WORKSPACE";

fn main() {
    if let (Ok(step), Some(logs), Some(workspace)) =
        (std::env::var(STEP), std::env::var_os(STEP_LOGS), std::env::var_os(STEP_WORKSPACE))
    {
        return run(&step, Path::new(&logs), Path::new(&workspace));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let logs = std::env::var_os("AZFLOW_BENCH_LOGS").map_or_else(|| generate(folder.path()), PathBuf::from);
    let bytes: u64 = blobs(&logs).iter().map(|path| path.metadata().map_or(0, |meta| meta.len())).sum();
    let workspaces: Vec<PathBuf> = (0..RUNS).map(|number| folder.path().join(format!("workspace-{number}"))).collect();
    let mut alone = Vec::new();
    let fill = |workspace: &PathBuf| {
        // The first time some may come from the disk.
        read(&logs);
        alone.push(read(&logs));
        child("ingest", &logs, workspace)
    };
    let filled: Vec<Step> = workspaces.iter().map(fill).collect();
    print(
        "reading the logs alone",
        alone.into_iter().map(|seconds| Step { seconds, peak_kib: peak_kib() }).collect(),
        Some(bytes),
    );
    print("ingest, all new", filled, Some(bytes));
    let workspace = &workspaces[0];
    print("ingest, nothing new", (0..RUNS).map(|_| child("ingest", &logs, workspace)).collect(), None);
    print("report, everything", (0..RUNS).map(|_| child("report", &logs, workspace)).collect(), None);
    let copy = folder.path().join("copy");
    let appended: Vec<Step> = (0..RUNS)
        .map(|_| {
            let _ = std::fs::remove_dir_all(&copy);
            let whole = newest(&logs, &copy);
            let grown = folder.path().join("grown");
            let _ = std::fs::remove_dir_all(&grown);
            child("ingest", &copy, &grown);
            whole.iter().for_each(|(path, text)| std::fs::write(path, text).expect("the blob can be written"));
            child("ingest", &copy, &grown)
        })
        .collect();
    print(&format!("ingest, a record appended to {GROWN} blobs"), appended, None);
}

/// What one step took.
struct Step {
    seconds: f64,
    peak_kib: u64,
}

fn print(name: &str, mut steps: Vec<Step>, bytes: Option<u64>) {
    steps.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let (fastest, median, slowest) = (&steps[0], &steps[steps.len() / 2], &steps[steps.len() - 1]);
    let rate = bytes.map(|bytes| format!("  {:.2} GB/s", bytes as f64 / median.seconds / 1e9)).unwrap_or_default();
    let peak = median.peak_kib / 1024;
    println!("{name:<40}  {:.2} s ({:.2} to {:.2}){rate}  peak {peak} MiB", median.seconds, fastest.seconds, slowest.seconds);
}

fn child(step: &str, logs: &Path, workspace: &Path) -> Step {
    let mut this = Command::new(std::env::current_exe().expect("this program"));
    let output = this.env(STEP, step).env(STEP_LOGS, logs).env(STEP_WORKSPACE, workspace).output().expect("a step");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers");
    let mut numbers = text.split_whitespace();
    let mut number = || numbers.next().expect("a number");
    Step { seconds: number().parse().expect("seconds"), peak_kib: number().parse().expect("KiB") }
}

fn run(step: &str, logs: &Path, workspace: &Path) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let start = Instant::now();
    if step == "ingest" {
        let settings = IngestSettings::new(vec![logs.display().to_string()], workspace.to_path_buf());
        ingest(&settings, &Silent).expect("it is ingested");
    } else {
        let analyze = AnalyzeSettings::new(Vec::new(), folder.path().join("report"));
        report(&ReportSettings { workspace: workspace.to_path_buf(), analyze }, &Silent).expect("a report");
    }
    println!("{} {}", start.elapsed().as_secs_f64(), peak_kib());
}

/// Seconds that all threads together take to read the logs and do nothing with them.
fn read(logs: &Path) -> f64 {
    let (blobs, next) = (blobs(logs), AtomicUsize::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZeroUsize::get) {
            scope.spawn(|| {
                let mut buffer = vec![0; 256 << 10];
                while let Some(path) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut file = File::open(path).expect("a blob can be opened");
                    while file.read(&mut buffer).expect("a blob can be read") > 0 {}
                }
            });
        }
    });
    start.elapsed().as_secs_f64()
}

/// Copies the newest blobs to `copy`, each without its last record, and hands out what they should become.
fn newest(logs: &Path, copy: &Path) -> Vec<(PathBuf, String)> {
    let mut all = blobs(logs);
    // The hour stands in the path, and the folders above it are the same for every hour of a NIC.
    all.sort_by_key(|path| path.to_string_lossy().split("/y=").nth(1).map(str::to_owned));
    let mut whole = Vec::new();
    for path in all.iter().rev().take(GROWN) {
        let text = std::fs::read_to_string(path).expect("a blob is text");
        let target = copy.join(path.strip_prefix(logs).expect("it lies below"));
        std::fs::create_dir_all(target.parent().expect("a folder")).expect("the folder can be made");
        let Some(last) = text.rfind(",{\"time\"").or_else(|| text.rfind(",{\"records\"")) else { continue };
        std::fs::write(&target, format!("{}]}}", &text[..last])).expect("the blob can be written");
        whole.push((target, text));
    }
    whole
}

fn blobs(logs: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(logs).into_iter().filter_map(Result::ok);
    entries.map(walkdir::DirEntry::into_path).filter(|path| path.ends_with("PT1H.json")).collect()
}
