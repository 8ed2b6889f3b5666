//! What all detectors add to `analyze`: everything between reading and drawing, timed with them and without.
//!
//! `cargo bench --bench detectors` reads generated logs; `AZFLOW_BENCH_LOGS=FOLDER` takes a folder of your own, `AZFLOW_BENCH_ROUNDS` and
//! `AZFLOW_BENCH_THREADS` change how often and on how many threads. A round is two runs, one with detectors and one without, which takes turns at
//! being first. Each run is a process of its own, so that its memory is as fresh as that of a command. What is timed is all that
//! `analyze` does from the rolled-up logs to the findings: numbering them, owners, endpoints, tables, judging. A run without detectors
//! has no contacts and no open flows, makes no table that only detectors read, and judges nothing. What detectors add is the
//! difference of the two whole runs, as the median over rounds. Not in it: that contacts are kept while logs are read. Nothing fails on time.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "support/generated.rs"]
mod generated;
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use azflow::aggregate::{self, Dataset, Estate};
use azflow::app::progress::Silent;
use azflow::app::units::roll_up;
use azflow::enrich::{Knowledge, endpoints};
use azflow::schema::Partial;
use azflow::schema::partial::Contacts;
use azflow::schema::tables::Tables;
use azflow::schema::units::Interval;
use azflow::{detect, rollup, source};
use generated::generate;
use support::peak_kib;

/// Rounds that count; one before them warms the page cache.
const ROUNDS: usize = 7;

/// Says to a process that it is one run: the logs.
const RUN_LOGS: &str = "AZFLOW_BENCH_RUN_LOGS";
/// Says to a process that it is one run: the threads.
const RUN_THREADS: &str = "AZFLOW_BENCH_RUN_THREADS";
/// Says to a process that it is one run: present with detectors.
const RUN_DETECTORS: &str = "AZFLOW_BENCH_RUN_DETECTORS";

fn main() {
    if let (Some(logs), Some(threads)) = (std::env::var_os(RUN_LOGS), number(RUN_THREADS)) {
        return run(Path::new(&logs), threads);
    }
    let generated = tempfile::tempdir().expect("a temporary folder");
    let logs = std::env::var_os("AZFLOW_BENCH_LOGS").map_or_else(|| generate(generated.path()), PathBuf::from);
    let threads = number("AZFLOW_BENCH_THREADS").or(std::thread::available_parallelism().map(usize::from).ok()).unwrap_or(1);
    let rounds = number("AZFLOW_BENCH_ROUNDS").unwrap_or(ROUNDS).max(1);
    let rounds: Vec<Round> = (0..=rounds).map(|round| Round::run(&logs, threads, round % 2 == 0)).skip(1).collect();

    println!("{threads} threads, {} rounds, load average before each: {}", rounds.len(), loads(&rounds));
    let of = |what: fn(&Round) -> f64| rounds.iter().map(what).collect::<Vec<f64>>();
    println!("without     wall {}   processor {}", spread(of(|r| r.without.wall)), spread(of(|r| r.without.processor)));
    println!("with        wall {}   processor {}", spread(of(|r| r.with.wall)), spread(of(|r| r.with.processor)));
    println!(
        "difference  wall {}   processor {}",
        spread(of(|r| r.with.wall - r.without.wall)),
        spread(of(|r| r.with.processor - r.without.processor))
    );
    println!("judging, beside the cube  wall {}", spread(of(|r| r.with.judging)));
    let mib = |kib: f64| kib / 1024.0;
    println!(
        "peak memory without {:.0} MiB, with {:.0} MiB",
        mib(median(of(|r| r.without.peak_kib))),
        mib(median(of(|r| r.with.peak_kib)))
    );
}

/// One run with detectors and one without.
struct Round {
    load: String,
    with: Run,
    without: Run,
}

/// What one run measured. Seconds, and KiB.
struct Run {
    wall: f64,
    processor: f64,
    judging: f64,
    peak_kib: f64,
}

impl Round {
    fn run(logs: &Path, threads: usize, with_is_first: bool) -> Self {
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default().to_owned();
        let first = child(logs, threads, with_is_first);
        let second = child(logs, threads, !with_is_first);
        let (with, without) = if with_is_first { (first, second) } else { (second, first) };
        Self { load, with, without }
    }
}

fn loads(rounds: &[Round]) -> String {
    rounds.iter().map(|round| round.load.as_str()).collect::<Vec<_>>().join(" ")
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

/// The median of seconds, at least one, with the least and the most.
fn spread(mut seconds: Vec<f64>) -> String {
    seconds.sort_by(f64::total_cmp);
    format!("{:.2} s ({:.2} to {:.2})", seconds[seconds.len() / 2], seconds[0], seconds[seconds.len() - 1])
}

fn number(variable: &str) -> Option<usize> {
    std::env::var(variable).ok().map(|text| text.parse().expect("a number"))
}

fn child(logs: &Path, threads: usize, with_detectors: bool) -> Run {
    let mut this = Command::new(std::env::current_exe().expect("this program"));
    this.env(RUN_LOGS, logs).env(RUN_THREADS, threads.to_string());
    if with_detectors {
        this.env(RUN_DETECTORS, "1");
    }
    let output = this.output().expect("a run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    Run { wall: numbers[0], processor: numbers[1], judging: numbers[2], peak_kib: numbers[3] }
}

/// Reads the logs, then times the rest and prints what it took.
fn run(logs: &Path, threads: usize) {
    let with_detectors = std::env::var_os(RUN_DETECTORS).is_some();
    let listing = source::list(&[logs.display().to_string()], &source::ListOptions::default()).expect("logs");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    pool.install(|| {
        let mut partials = roll_up(&listing.units, rollup::Settings::default(), &Silent).expect("logs");
        if !with_detectors {
            forget_contacts(&mut partials);
        }
        let (start, processor) = (Instant::now(), processor_seconds());
        let judging = count(partials, with_detectors);
        println!("{} {} {judging} {}", start.elapsed().as_secs_f64(), processor_seconds() - processor, peak_kib());
    });
}

/// Drops what is kept for detectors alone.
fn forget_contacts(partials: &mut [Partial]) {
    for partial in partials {
        partial.contacts = Contacts::default();
        partial.open_flows = Vec::new();
    }
}

/// Does as `analyze` does from the rolled-up logs to the findings; returns the seconds that judging took.
fn count(partials: Vec<Partial>, with_detectors: bool) -> f64 {
    let knowledge = Knowledge::default();
    let mut dataset = Dataset::from_partials(partials, Interval::default());
    let owners = dataset.owners(&|mac| knowledge.topology.addresses_of(mac));
    let endpoints = endpoints(dataset.addresses(), &owners, &knowledge, dataset.window().unwrap_or_default());
    let inventory = knowledge.topology.inventory();
    dataset.drop_local_contacts(&endpoints);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let settings = aggregate::Settings { for_detectors: with_detectors, ..aggregate::Settings::default() };
    let judge = |tables: &Tables| {
        let start = Instant::now();
        if with_detectors {
            std::hint::black_box(detect::findings(tables, &detect::Settings::default()));
        }
        start.elapsed().as_secs_f64()
    };
    aggregate::tables_and(&dataset, &estate, &settings, judge).1
}

/// What the process has used of its processors, where the system tells it: user and system time in ticks of 10 ms.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in brackets, may hold blanks.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|ticks| ticks.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}
