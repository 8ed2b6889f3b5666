//! `analyze`: reads, counts, finds, and writes one report.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::aggregate;
use crate::app::beside::Beside;
use crate::app::config_file::ConfigFile;
use crate::app::enrichment::Enrichment;
use crate::app::exit::{Exit, Outcome};
use crate::app::export::{Export, export};
use crate::app::logs::Logs;
use crate::app::metrics::Measures;
use crate::app::notice;
use crate::app::output::OutputFolder;
use crate::app::period::{Period, Reading};
use crate::app::previous::{Compare, Unwarned, reduced, windows};
use crate::app::progress::Progress;
use crate::app::remote::refuse_remote;
use crate::app::stopwatch::Stopwatch;
use crate::app::summary;
use crate::detect;
use crate::report::{self, ReportInput, View};
use crate::schema::finding::{Findings, Severity};
use crate::schema::partial::Counts;
use crate::schema::previous::Previous;
use crate::schema::units::Interval;
use crate::source::{self, Blob, ListOptions};

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
    pub config: Option<ConfigFile>,
    /// First moment that counts, ms since the epoch.
    pub from: Option<i64>,
    /// First moment that no longer counts, ms since the epoch.
    pub to: Option<i64>,
    /// How long before the newest tuple the window begins, ms.
    pub last: Option<i64>,
    /// The period that is read too, to say what changed since. Needs `from` or `last`.
    pub compare: Option<Compare>,
    /// How the report is presented.
    pub view: View,
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

impl AnalyzeSettings {
    /// A report over `inputs` into `out`, with nothing beside the logs and everything else as where no option is given.
    pub fn new(inputs: Vec<String>, out: PathBuf) -> Self {
        Self {
            inputs,
            out,
            topology: Vec::new(),
            geo: Vec::new(),
            asn: Vec::new(),
            service_tags: Vec::new(),
            threat_lists: Vec::new(),
            allow_lists: Vec::new(),
            config: None,
            from: None,
            to: None,
            last: None,
            compare: None,
            view: View::default(),
            interval: Interval::TenMinutes,
            top_rows: aggregate::Settings::default().top_rows,
            threads: None,
            exports: Vec::new(),
            strict: false,
            fail_on: None,
        }
    }
}

/// Threads where a blob lies in a store and nobody says how many: reading waits for the network more than for a core. Unit: threads;
/// Azure serves many times that from one account.
pub(super) const REMOTE_THREADS: usize = 16;

/// Reads the inputs and writes the report. Nothing is left in the output folder when it fails.
pub fn analyze(settings: &AnalyzeSettings, progress: &dyn Progress) -> Result<Outcome> {
    refuse_remote(settings)?;
    let listing = without_output(source::list(&settings.inputs, &ListOptions::default())?, &settings.out);
    let beside = Beside::read(settings, &listing.topology)?;
    for place in &listing.topology_ignored {
        progress.warn(&format!("topology {place} is not read; hint: download it, then give --topology PATH"));
    }
    let is_remote = listing.units.iter().flat_map(|unit| &unit.blobs).any(Blob::is_remote);
    let threads = settings.threads.unwrap_or(if is_remote { REMOTE_THREADS } else { 0 });
    write_report(settings, &Logs::Blobs(&listing.units), (beside, threads), progress)
}

/// Counts the logs on so many threads (0: all cores), finds, and writes the report.
pub(super) fn write_report(
    settings: &AnalyzeSettings,
    logs: &Logs<'_>,
    (mut beside, threads): (Beside, usize),
    progress: &dyn Progress,
) -> Result<Outcome> {
    let out = OutputFolder::create(&settings.out)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")?;
    let mut analysis = pool.install(|| run(settings, logs, &mut beside, &out, progress))?;
    out.commit()?;
    analysis.stopwatch.lap("putting in place");
    Ok(outcome(settings, &analysis))
}

/// The listing without what an earlier run wrote into `out`, where that lies inside an input.
fn without_output(mut listing: source::Listing, out: &Path) -> source::Listing {
    let Ok(out) = out.canonicalize() else { return listing };
    listing.units.retain(|unit| !unit.blobs.iter().all(|blob| blob.path().is_some_and(|path| path.starts_with(&out))));
    listing
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

/// What a run leaves behind for its outcome.
struct Analysis {
    counts: Counts,
    findings: Findings,
    problems: u64,
    /// Times of the oldest and the newest tuple kept, ms since the epoch.
    window: Option<(i64, i64)>,
    stopwatch: Stopwatch,
}

fn run(
    settings: &AnalyzeSettings,
    logs: &Logs<'_>,
    beside: &mut Beside,
    out: &OutputFolder,
    progress: &dyn Progress,
) -> Result<Analysis> {
    let mut stopwatch = Stopwatch::start();
    let (window, before) = windows(settings, logs)?;
    let previous = match before {
        Some((from, to)) => {
            let reading =
                Reading { progress: &Unwarned(progress), stopwatch: &mut stopwatch, scratch: out.scratch(), is_main: false };
            let period = Period::read(settings, logs, (Some(from), Some(to)), beside, reading)?;
            Some(reduced(&period, (from, to), window.0.unwrap_or(to), settings.interval))
        }
        None => None,
    };
    let reading = Reading { progress, stopwatch: &mut stopwatch, scratch: out.scratch(), is_main: true };
    let mut period = Period::read(settings, logs, window, beside, reading)?;
    if let Some(previous) = &previous {
        compare(&mut period, previous);
    }
    render(settings, &period, previous.as_ref(), &beside.enrichment, out)?;
    stopwatch.lap("drawing and writing");
    if !settings.exports.is_empty() {
        export(&settings.exports, &period.dataset, &period.estate(), out)?;
        stopwatch.lap("exporting");
    }
    let problems = period.dataset.problems().len() as u64;
    let (counts, window) = (*period.dataset.counts(), period.dataset.window());
    Ok(Analysis { counts, findings: period.findings, problems, window, stopwatch })
}

/// Says what changed, unless one of both periods holds no data: then nothing is known to be new or gone.
fn compare(period: &mut Period, previous: &Previous) {
    if previous.has_data() && period.dataset.counts().tuples_kept > 0 {
        period.aggregates.tables.changes = aggregate::changes(&period.aggregates.tables, previous);
        detect::since::compare(&mut period.findings, &previous.findings);
    }
}

fn render(
    settings: &AnalyzeSettings,
    Period { dataset, aggregates, findings, .. }: &Period,
    previous: Option<&Previous>,
    enrichment: &Enrichment,
    out: &OutputFolder,
) -> Result<()> {
    let mut summary = summary::summary(dataset.counts(), dataset.window(), aggregates, findings, &enrichment.inputs);
    summary.previous = previous.map(|previous| previous.summary.clone());
    if summary.tuples.kept > 0 && previous.is_some_and(Previous::has_data) {
        summary.changes = Some(summary::change_counts(&aggregates.tables.changes));
        summary.findings_since = Some(summary::since_counts(findings));
    }
    let input = ReportInput {
        summary: &summary,
        tables: &aggregates.tables,
        findings,
        problems: dataset.problems(),
        interval: settings.interval,
        has_topology: !enrichment.knowledge.topology.is_empty(),
        version: env!("CARGO_PKG_VERSION"),
        view: &settings.view,
        previous,
    };
    report::render(&input, &|file| out.write(&file.path, &file.bytes))
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
    let measures = Measures {
        counts: *counts,
        findings: summary::finding_counts(&analysis.findings),
        oldest: analysis.window.map(|(first, _)| first),
        newest: analysis.window.map(|(_, last)| last),
        worst: notice::worst(&analysis.findings),
    };
    let report = Some(settings.out.join("report.html"));
    Outcome { exit: Exit::first(&exits), report, lines, measures: Some(measures) }
}

#[cfg(test)]
#[path = "analyze_tests.rs"]
mod tests;
