//! `analyze`: reads, counts, finds, and writes one report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::aggregate::{self, Aggregates, Dataset};
use crate::app::exit::{Exit, Outcome};
use crate::app::ingestion::{counters_fit, ingest};
use crate::app::newest::newest_time;
use crate::app::output::OutputFolder;
use crate::app::progress::Progress;
use crate::app::stopwatch::Stopwatch;
use crate::app::summary;
use crate::detect;
use crate::enrich::{Topology, endpoints};
use crate::report::{self, ReportInput};
use crate::rollup;
use crate::schema::finding::{Findings, Severity};
use crate::schema::partial::Counts;
use crate::schema::summary::Summary;
use crate::schema::units::Interval;
use crate::source;

/// What `analyze` was asked for.
#[derive(Clone, Debug)]
pub struct AnalyzeSettings {
    /// INPUT texts.
    pub inputs: Vec<String>,
    /// The report's folder.
    pub out: PathBuf,
    /// Topology files or folders, beside those found in the inputs.
    pub topology: Vec<PathBuf>,
    /// First moment that counts, ms since the epoch.
    pub from: Option<i64>,
    /// First moment that no longer counts, ms since the epoch.
    pub to: Option<i64>,
    /// How long before the newest tuple the window begins, ms.
    pub last: Option<i64>,
    /// Length of an interval.
    pub interval: Interval,
    /// Rows kept of the tables of pairs and ports.
    pub top_rows: usize,
    /// Threads; all cores by default.
    pub threads: Option<usize>,
    /// Whether any reject is a failure.
    pub strict: bool,
    /// Findings of at least this severity are told by the exit code.
    pub fail_on: Option<Severity>,
}

/// Reads the inputs and writes the report. Nothing is left in the output folder when it fails.
pub fn analyze(settings: &AnalyzeSettings, progress: &dyn Progress) -> Result<Outcome> {
    let listing = without_output(source::list(&settings.inputs)?, &settings.out);
    let topology = read_topology(&listing.topology, &settings.topology)?;
    let out = OutputFolder::create(&settings.out)?;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(settings.threads.unwrap_or(0)).build().context("cannot start threads")?;
    let mut analysis = pool.install(|| run(settings, &listing.units, &topology, progress))?;
    for file in &analysis.files {
        out.write(&file.path, &file.bytes)?;
    }
    out.commit()?;
    analysis.stopwatch.lap("writing");
    Ok(outcome(settings, &analysis))
}

/// The listing without what an earlier run wrote into `out`, where that lies inside an input.
fn without_output(mut listing: source::Listing, out: &Path) -> source::Listing {
    let Ok(out) = out.canonicalize() else { return listing };
    listing.units.retain(|unit| {
        let is_output = |path: &Path| path.canonicalize().is_ok_and(|path| path.starts_with(&out));
        !unit.blobs.iter().all(|blob| blob.path().is_some_and(is_output))
    });
    listing
}

/// What a run leaves behind for its outcome.
struct Analysis {
    files: Vec<report::OutputFile>,
    counts: Counts,
    findings: Findings,
    problems: u64,
    stopwatch: Stopwatch,
}

fn run(settings: &AnalyzeSettings, units: &[source::Unit], topology: &Topology, progress: &dyn Progress) -> Result<Analysis> {
    let mut stopwatch = Stopwatch::start();
    let from = match settings.last {
        Some(last) => newest_time(units, settings.to).map(|newest| newest + 1 - last).max(settings.from),
        None => settings.from,
    };
    let rollup_settings = rollup::Settings { interval: settings.interval, from, to: settings.to };
    progress.start(units.iter().map(|unit| unit.bytes).sum(), units.iter().map(|unit| unit.blobs.len() as u64).sum());
    let partials = ingest(units, rollup_settings, progress);
    progress.finish();
    stopwatch.lap("reading");
    ensure!(
        counters_fit(&partials),
        "cannot add up the traffic: the counters of the input come to more than 2^62: a log is damaged or crafted"
    );
    let mut dataset = Dataset::from_partials(partials, settings.interval);
    let owners = dataset.owners(&|mac| topology.addresses_of(mac));
    let endpoints = endpoints(dataset.addresses(), &owners, topology);
    dataset.drop_local_contacts(&endpoints, |port| rollup::CONTACT_PORTS.iter().any(|(kept, _)| *kept == port));
    let aggregate_settings = aggregate::Settings { top_rows: settings.top_rows };
    let aggregates = aggregate::tables(&dataset, &owners, &endpoints, &aggregate_settings);
    let findings = detect::findings(&aggregates.tables, &detect::Settings::default());
    stopwatch.lap("counting");
    let summary = summary::summary(dataset.counts(), dataset.window(), &aggregates, &findings);
    let files = render(settings, &dataset, &aggregates, &findings, &summary, topology)?;
    stopwatch.lap("drawing");
    Ok(Analysis { files, counts: *dataset.counts(), findings, problems: dataset.problems().len() as u64, stopwatch })
}

fn render(
    settings: &AnalyzeSettings,
    dataset: &Dataset,
    aggregates: &Aggregates,
    findings: &Findings,
    summary: &Summary,
    topology: &Topology,
) -> Result<Vec<report::OutputFile>> {
    let input = ReportInput {
        summary,
        tables: &aggregates.tables,
        findings,
        problems: dataset.problems(),
        interval: settings.interval,
        has_topology: !topology.is_empty(),
        version: env!("CARGO_PKG_VERSION"),
    };
    Ok(report::render(&input)?)
}

fn outcome(settings: &AnalyzeSettings, analysis: &Analysis) -> Outcome {
    let counts = &analysis.counts;
    let worst = analysis.findings.findings.iter().map(|finding| finding.severity).max();
    let mut exits = vec![Exit::Done];
    if settings.fail_on.is_some_and(|least| worst.is_some_and(|worst| worst >= least)) {
        exits.push(Exit::Findings);
    }
    if counts.blobs_failed > 0 || (settings.strict && counts.tuples_rejected + counts.records_rejected > 0) {
        exits.push(Exit::Partial);
    }
    if counts.tuples_kept == 0 && counts.tuples_rejected == 0 && counts.records_rejected == 0 {
        exits.push(Exit::NoFlowLog);
    }
    let mut lines = summary::closing_lines(counts, &analysis.findings, analysis.problems);
    lines.push(analysis.stopwatch.line());
    Outcome { exit: Exit::first(&exits), report: Some(settings.out.join("report.html")), lines }
}

/// Largest topology file. Unit: bytes; 10,000 NICs are about 30 MB of JSON, which takes some twenty times as much memory while it is read.
const TOPOLOGY_BYTES_MAX: u64 = 64 << 20;

/// Reads the topology found in the inputs and that given by option: files, or folders of `.json` and `.toml`.
fn read_topology(found: &[PathBuf], given: &[PathBuf]) -> Result<Topology> {
    let mut topology = Topology::default();
    let mut files = found.to_vec();
    for path in given {
        files.extend(topology_files(path)?);
    }
    for path in &files {
        let size = fs::metadata(path).with_context(|| format!("cannot read topology {}", path.display()))?.len();
        ensure!(size <= TOPOLOGY_BYTES_MAX, "cannot read topology {}: it is larger than 64 MiB", path.display());
        let bytes = fs::read(path).with_context(|| format!("cannot read topology {}", path.display()))?;
        topology.add(&path.display().to_string(), &bytes)?;
    }
    Ok(topology)
}

fn topology_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.exists() {
        return Err(source::SourceError::Missing { path: path.to_owned() }.into());
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read topology folder {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json") || ending.eq_ignore_ascii_case("toml"))
        })
        .collect();
    files.sort();
    Ok(files)
}
