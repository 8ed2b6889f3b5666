//! `ingest`: adds what is new in the inputs to a workspace, for scheduled jobs.
//!
//! Goes in: a listing, and what a workspace knows. Comes out: the workspace with what was new, batch by batch, each of which counts whole or
//! not at all. A run may be stopped at any byte and started again.

mod growth;
mod plan;
mod worker;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::app::analyze::REMOTE_THREADS;
use crate::app::exit::{Exit, Outcome};
use crate::app::metrics::Measures;
use crate::app::progress::Progress;
use crate::app::remote::local;
use crate::app::stopwatch::Stopwatch;
use crate::rollup;
use crate::schema::partial::Counts;
use crate::schema::units::Interval;
use crate::source;
use crate::store::{KeptUnit, Workspace};
use plan::{Plan, Step, plan};
use worker::{Batch, read_steps};

/// What `ingest` was asked for.
#[derive(Clone, Debug)]
pub struct IngestSettings {
    /// INPUT texts.
    pub inputs: Vec<String>,
    /// The workspace; made where there is none.
    pub workspace: PathBuf,
    /// Blobs of hours that end before this moment are not even listed, ms since the epoch.
    pub since: Option<i64>,
    /// Length of the intervals of a new workspace; an existing one has its own.
    pub interval: Option<Interval>,
    /// Threads; all cores by default.
    pub threads: Option<usize>,
    /// Whether any reject is a failure.
    pub strict: bool,
}

impl IngestSettings {
    /// Everything of `inputs` into `workspace`, and everything else as where no option is given.
    pub fn new(inputs: Vec<String>, workspace: PathBuf) -> Self {
        Self { inputs, workspace, since: None, interval: None, threads: None, strict: false }
    }
}

/// How many stored bytes are read between two commits. Unit: bytes. Their rows take about as much memory, and are written while as many are
/// read: terabytes are read in bounded memory, and a run that is stopped loses half a gigabyte of reading at most. Larger ones save no time,
/// and smaller ones leave more files for the closing of a day.
const BATCH_BYTES: u64 = 256 << 20;

/// How much more a compressed blob counts for its rows. Flow logs compress 5 to 30 times.
const COMPRESSED_WEIGHT: u64 = 16;

/// What a run did.
#[derive(Debug, Default)]
struct Done {
    counts: Counts,
    new: u64,
    grown: u64,
    rewritten: u64,
}

/// Adds what is new to the workspace.
pub fn ingest(settings: &IngestSettings, progress: &dyn Progress) -> Result<Outcome> {
    local("workspace", &settings.workspace)?;
    let mut stopwatch = Stopwatch::start();
    // What is held was listed while it was held; but an INPUT that is not there leaves no new workspace behind.
    let open = || Workspace::open_or_create(&settings.workspace, settings.interval);
    let held = settings.workspace.exists().then(open).transpose()?;
    let listing = source::list(&settings.inputs, &source::ListOptions { since: settings.since })?;
    let mut workspace = held.map_or_else(open, Ok)?;
    let plan = plan(&listing.units, workspace.checkpoint());
    stopwatch.lap("listing");
    let is_remote = listing.units.iter().flat_map(|unit| &unit.blobs).any(source::Blob::is_remote);
    let threads = settings.threads.unwrap_or(if is_remote { REMOTE_THREADS } else { 0 });
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads");
    let pools = Pools { readers: pool()?, writers: pool()? };
    let done = add_batches(&mut workspace, &plan, &pools, progress)?;
    stopwatch.lap("reading");
    pools.writers.install(|| workspace.close_days())?;
    stopwatch.lap("closing days");
    plan.refused.iter().for_each(|problem| progress.warn(&problem.problem));
    outcome(settings, &workspace, (&plan, &done), stopwatch)
}

/// The threads of a run. Those that write have a pool of their own, since who waits for files would keep a reader from reading.
struct Pools {
    readers: rayon::ThreadPool,
    writers: rayon::ThreadPool,
}

/// Adds the units of the plan, batch by batch: one is written while the next is read, so that neither waits for the disk or for the last of
/// its files.
fn add_batches(workspace: &mut Workspace, plan: &Plan<'_>, pools: &Pools, progress: &dyn Progress) -> Result<Done> {
    let mut done = Done::default();
    let rollup_settings = rollup::Settings { interval: workspace.interval(), ..rollup::Settings::default() };
    progress.start(plan.steps.iter().map(Step::bytes).sum(), plan.steps.iter().map(|step| step.unit.blobs.len() as u64).sum());
    let mut batches = batches(&plan.steps);
    let mut last: Option<Batch> = None;
    loop {
        let steps = batches.next();
        // What is remembered of these units is not touched by the batch that is not written yet: no unit is in two.
        let known: Vec<&KeptUnit> = steps.unwrap_or_default().iter().filter_map(|step| step.known.as_ref()).collect();
        let memories = workspace.memories(&known)?;
        let read = || steps.map(|steps| pools.readers.install(|| read_steps(steps, &memories, rollup_settings, progress)));
        let mut write = || last.take().map_or(Ok(()), |batch| pools.writers.install(|| add(workspace, &batch, &mut done)));
        let (written, read) = if pools.readers.current_num_threads() == 1 {
            (write(), read())
        } else {
            std::thread::scope(|scope| {
                let reading = scope.spawn(read);
                (write(), reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            })
        };
        written?;
        let Some(read) = read else { break };
        last = Some(read?);
    }
    progress.finish();
    Ok(done)
}

/// Adds what was read to the workspace, and counts it.
fn add(workspace: &mut Workspace, batch: &Batch, done: &mut Done) -> Result<()> {
    done.counts.blobs += batch.unread.len() as u64;
    done.counts.blobs_failed += batch.unread.len() as u64;
    for unit in &batch.units {
        done.counts.add(&unit.counts);
        let is_known = workspace.checkpoint().units.contains_key(&unit.key);
        let sort = match (is_known, unit.goes_on) {
            (false, _) => &mut done.new,
            (true, true) => &mut done.grown,
            (true, false) => &mut done.rewritten,
        };
        *sort += 1;
    }
    workspace.add(&batch.blocks, &batch.units)?;
    Ok(())
}

/// Steps that are read together: of about [`BATCH_BYTES`], at least one.
fn batches<'s, 'a>(steps: &'s [Step<'a>]) -> impl Iterator<Item = &'s [Step<'a>]> {
    let weight = |step: &Step<'_>| {
        let packed = |blob: &source::Blob| blob.name.ends_with(".gz") || blob.name.ends_with(".zst");
        step.bytes().saturating_mul(if step.unit.blobs.iter().any(packed) { COMPRESSED_WEIGHT } else { 1 })
    };
    let mut sum = 0;
    steps.chunk_by(move |a, b| {
        sum += weight(a);
        let goes_on = sum + weight(b) <= BATCH_BYTES;
        if !goes_on {
            sum = 0;
        }
        goes_on
    })
}

fn outcome(
    settings: &IngestSettings,
    workspace: &Workspace,
    (plan, done): (&Plan<'_>, &Done),
    stopwatch: Stopwatch,
) -> Result<Outcome> {
    let mut counts = done.counts;
    counts.blobs += plan.refused.len() as u64;
    counts.blobs_failed += plan.refused.len() as u64;
    let mut exits = vec![Exit::Done];
    if counts.blobs_failed > 0 || (settings.strict && counts.tuples_rejected + counts.records_rejected > 0) {
        exits.push(Exit::Partial);
    }
    if workspace.hours().is_none() && counts.tuples_rejected + counts.records_rejected == 0 {
        exits.push(Exit::NoFlowLog);
    }
    let lines = vec![
        format!(
            "ingested {} new, {} grown, {} rewritten units of blobs; {} unchanged{}",
            done.new,
            done.grown,
            done.rewritten,
            plan.unchanged,
            if plan.refused.is_empty() { String::new() } else { format!(", {} refused", plan.refused.len()) }
        ),
        format!(
            "read {} bytes, {} tuples in {} records: {} kept, {} rejected, {} duplicate",
            counts.bytes, counts.tuples_read, counts.records, counts.tuples_kept, counts.tuples_rejected, counts.tuples_duplicate
        ),
        stopwatch.line(),
    ];
    let measures = Measures { counts, newest: workspace.newest_time()?, ..Measures::default() };
    Ok(Outcome { exit: Exit::first(&exits), report: None, lines, measures: Some(measures) })
}
