//! `analyze`: reads, counts, finds, and writes one report.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::aggregate::{self, Aggregates, Dataset};
use crate::app::enrichment::Enrichment;
use crate::app::exit::{Exit, Outcome};
use crate::app::export::{Export, export};
use crate::app::ingestion::{counters_fit, ingest};
use crate::app::newest::newest_time;
use crate::app::output::OutputFolder;
use crate::app::progress::Progress;
use crate::app::stopwatch::Stopwatch;
use crate::app::summary;
use crate::detect::{self, allow_list::AllowList, toml_file::FILE_BYTES_MAX};
use crate::enrich::endpoints;
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
    /// Databases of countries; asked in this order.
    pub geo: Vec<PathBuf>,
    /// Databases of autonomous systems; asked in this order.
    pub asn: Vec<PathBuf>,
    /// Files of service tags.
    pub service_tags: Vec<PathBuf>,
    /// Threat lists; the first that names an address is told.
    pub threat_lists: Vec<PathBuf>,
    /// Allow-lists.
    pub allow_lists: Vec<PathBuf>,
    /// The configuration, with settings of detectors and an allow-list.
    pub config: Option<PathBuf>,
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
    /// What is written for other tools beside the report.
    pub exports: Vec<Export>,
    /// Whether any reject is a failure.
    pub strict: bool,
    /// Findings of at least this severity are told by the exit code.
    pub fail_on: Option<Severity>,
}

/// Reads the inputs and writes the report. Nothing is left in the output folder when it fails.
pub fn analyze(settings: &AnalyzeSettings, progress: &dyn Progress) -> Result<Outcome> {
    let listing = without_output(source::list(&settings.inputs)?, &settings.out);
    let enrichment = Enrichment::read(settings, &listing.topology)?;
    let (detectors, allow_list) = read_detection(settings.config.as_deref(), &settings.allow_lists)?;
    let mut beside = Beside { enrichment, allow_list, detectors };
    let out = OutputFolder::create(&settings.out)?;
    let pool =
        rayon::ThreadPoolBuilder::new().num_threads(settings.threads.unwrap_or(0)).build().context("cannot start threads")?;
    let mut analysis = pool.install(|| run(settings, &listing.units, &mut beside, &out, progress))?;
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

/// What was read beside the logs.
struct Beside {
    enrichment: Enrichment,
    allow_list: AllowList,
    detectors: detect::Settings,
}

/// Reads the configuration, if one is given, with its allow-list, and every allow-list given after it.
fn read_detection(config: Option<&Path>, allow_lists: &[PathBuf]) -> Result<(detect::Settings, AllowList)> {
    let mut list = AllowList::default();
    let detectors = match config {
        Some(path) => detect::config::read(&path.display().to_string(), &read_bytes(path, "configuration")?, &mut list)?,
        None => detect::Settings::default(),
    };
    for path in allow_lists {
        list.add(&path.display().to_string(), &read_bytes(path, "allow-list")?)?;
    }
    Ok((detectors, list))
}

/// A file that the user wrote and that cannot be opened or read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {what}: {}: {why}; hint: check the path and its permissions", path.display())]
pub struct UserFileError {
    /// What it is.
    pub what: &'static str,
    /// Its path, as given.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// The bytes of a file that the user wrote, `what` it is; at most one more than such a file may have.
fn read_bytes(path: &Path, what: &'static str) -> Result<Vec<u8>, UserFileError> {
    let fail = |why: String| UserFileError { what, path: path.to_owned(), why };
    if !path.exists() {
        return Err(fail("there is no such file".to_owned()));
    }
    if path.is_dir() {
        return Err(fail("is a folder, not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| fail(error.to_string()))?;
    Ok(bytes)
}

/// What a run leaves behind for its outcome.
struct Analysis {
    files: Vec<report::OutputFile>,
    counts: Counts,
    findings: Findings,
    problems: u64,
    stopwatch: Stopwatch,
}

fn run(
    settings: &AnalyzeSettings,
    units: &[source::Unit],
    Beside { enrichment, allow_list, detectors }: &mut Beside,
    out: &OutputFolder,
    progress: &dyn Progress,
) -> Result<Analysis> {
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
    let window = dataset.window().unwrap_or_default();
    enrichment.judge(window, progress);
    let owners = dataset.owners(&|mac| enrichment.knowledge.topology.addresses_of(mac));
    let endpoints = endpoints(dataset.addresses(), &owners, &enrichment.knowledge, window);
    let inventory = enrichment.knowledge.topology.inventory();
    dataset.drop_local_contacts(&endpoints, |port| rollup::CONTACT_PORTS.iter().any(|(kept, _)| *kept == port));
    let aggregate_settings = aggregate::Settings { top_rows: settings.top_rows };
    let estate = aggregate::Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let aggregates = aggregate::tables(&dataset, &estate, &aggregate_settings);
    let findings = detect::judge(&aggregates.tables, detectors, allow_list, dataset.window().map(|(_, last)| last));
    stopwatch.lap("counting");
    let summary = summary::summary(dataset.counts(), dataset.window(), &aggregates, &findings, &enrichment.inputs);
    let has_topology = !enrichment.knowledge.topology.is_empty();
    let files = render(settings, &dataset, &aggregates, &findings, &summary, has_topology)?;
    stopwatch.lap("drawing");
    if !settings.exports.is_empty() {
        export(&settings.exports, &dataset, &estate, out)?;
        stopwatch.lap("exporting");
    }
    Ok(Analysis { files, counts: *dataset.counts(), findings, problems: dataset.problems().len() as u64, stopwatch })
}

fn render(
    settings: &AnalyzeSettings,
    dataset: &Dataset,
    aggregates: &Aggregates,
    findings: &Findings,
    summary: &Summary,
    has_topology: bool,
) -> Result<Vec<report::OutputFile>> {
    let input = ReportInput {
        summary,
        tables: &aggregates.tables,
        findings,
        problems: dataset.problems(),
        interval: settings.interval,
        has_topology,
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

#[cfg(test)]
#[path = "analyze_tests.rs"]
mod tests;
