//! How fast blobs decode: bytes and tuples per second, one thread and all, beside a typed serde_json decoder.
//!
//! `cargo bench --bench decode` decodes generated logs; `AZFLOW_BENCH_LOGS=FOLDER` takes a folder of your own. The ways take
//! turns, and the ratio of medians is what counts: absolute times drift on shared machines. Nothing fails on time.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use azflow::decode::decode_all;
use azflow::sample::{self, SampleFormat};
use serde::Deserialize;

/// Rounds in which every way takes its turn.
const ROUNDS: usize = 5;

/// Bytes of generated logs per format.
const GENERATED_BYTES: u64 = 64 << 20;

/// A way to decode a blob: returns how many tuples it held.
type Decode = fn(&[u8]) -> u64;

/// What is measured, the peer first.
const WAYS: [(&str, Decode); 2] = [("serde_json, typed", with_serde), ("azflow", with_azflow)];

fn main() {
    match std::env::var_os("AZFLOW_BENCH_LOGS") {
        Some(folder) => measure("given logs", &blobs(Path::new(&folder))),
        None => {
            for (name, format) in [("NSG v2", SampleFormat::Nsg), ("VNet v4", SampleFormat::Vnet)] {
                measure(name, &generated(format));
            }
        }
    }
}

fn measure(name: &str, blobs: &[Vec<u8>]) {
    let bytes: usize = blobs.iter().map(Vec::len).sum();
    println!("{name}: {} blobs, {:.3} GB", blobs.len(), bytes as f64 / 1e9);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for threads in [1, cores] {
        let mut times = WAYS.map(|_| Vec::new());
        let mut tuples = [0; WAYS.len()];
        for _ in 0..ROUNDS {
            for (way, (_, decode)) in WAYS.iter().enumerate() {
                let (time, count) = run(blobs, *decode, threads);
                times[way].push(time);
                tuples[way] = count;
            }
        }
        assert_eq!(tuples[0], tuples[1], "both ways read the same tuples");
        let medians = times.map(|mut times| {
            times.sort();
            times[ROUNDS / 2]
        });
        for ((way, _), median) in WAYS.iter().zip(medians) {
            println!(
                "  {threads} threads  {way:18} {:8.1} ms  {:6.2} GB/s  {:6.1} M tuples/s  {:5.1} ns per tuple and thread  {:4.2} of serde_json",
                median.as_secs_f64() * 1e3,
                bytes as f64 / median.as_secs_f64() / 1e9,
                tuples[0] as f64 / median.as_secs_f64() / 1e6,
                median.as_secs_f64() * 1e9 * threads as f64 / tuples[0] as f64,
                median.as_secs_f64() / medians[0].as_secs_f64(),
            );
        }
    }
}

fn run(blobs: &[Vec<u8>], decode: Decode, threads: usize) -> (Duration, u64) {
    let (next, tuples) = (AtomicUsize::new(0), AtomicU64::new(0));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    tuples.fetch_add(decode(blob), Ordering::Relaxed);
                }
            });
        }
    });
    (start.elapsed(), tuples.into_inner())
}

fn with_azflow(blob: &[u8]) -> u64 {
    let mut tuples = 0;
    decode_all(blob, &mut |batch, _| tuples += std::hint::black_box(batch).tuples.len() as u64);
    tuples
}

/// What a good Rust programmer writes first: borrowed strings, `split`, `parse`.
fn with_serde(blob: &[u8]) -> u64 {
    let Ok(log) = serde_json::from_slice::<Log<'_>>(blob) else { return 0 };
    let mut tuples = 0;
    for record in &log.records {
        let nsg = record.properties.iter().flat_map(|p| &p.flows).flat_map(|flow| &flow.flows);
        let vnet = record.flow_records.iter().flat_map(|r| &r.flows).flat_map(|flow| &flow.groups);
        for tuple in nsg.chain(vnet).flat_map(|group| &group.tuples) {
            tuples += u64::from(std::hint::black_box(parse(tuple)).is_some());
        }
    }
    tuples
}

/// Time, ends, ports, the coded fields' lengths, and counters.
type Parsed = (u64, std::net::IpAddr, std::net::IpAddr, u16, u16, [usize; 4], [u64; 4]);

fn parse(tuple: &str) -> Option<Parsed> {
    let mut fields = tuple.split(',');
    let mut next = || fields.next();
    let head =
        (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let codes = [next()?.len(), next()?.len(), next()?.len(), next()?.len()];
    let mut counter = || next().map(|text| text.parse().unwrap_or(0));
    Some((head.0, head.1, head.2, head.3, head.4, codes, [counter()?, counter()?, counter()?, counter()?]))
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    records: Vec<LogRecord<'a>>,
}

#[derive(Deserialize)]
struct LogRecord<'a> {
    #[serde(borrow)]
    properties: Option<Flows<'a>>,
    #[serde(borrow, rename = "flowRecords")]
    flow_records: Option<Flows<'a>>,
}

#[derive(Deserialize)]
struct Flows<'a> {
    #[serde(borrow)]
    flows: Vec<Flow<'a>>,
}

#[derive(Deserialize)]
struct Flow<'a> {
    #[serde(borrow, default)]
    flows: Vec<Group<'a>>,
    #[serde(borrow, default, rename = "flowGroups")]
    groups: Vec<Group<'a>>,
}

#[derive(Deserialize)]
struct Group<'a> {
    #[serde(borrow, rename = "flowTuples")]
    tuples: Vec<&'a str>,
}

fn generated(format: SampleFormat) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = sample::Settings {
        out: folder.path().join("logs"),
        seed: 1,
        format,
        start: 1_772_409_600_000,
        hours: 4,
        interfaces: 40,
        size: Some(GENERATED_BYTES),
        attacks: false,
    };
    sample::write(&settings).expect("a sample");
    blobs(&settings.out)
}

/// Every blob below `folder`, in memory.
fn blobs(folder: &Path) -> Vec<Vec<u8>> {
    let (mut folders, mut blobs) = (vec![PathBuf::from(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "PT1H.json") {
                blobs.push(std::fs::read(path).expect("a blob"));
            }
        }
    }
    blobs
}
