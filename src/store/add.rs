//! Adds units of work that were read to a workspace, in one commit.
//!
//! Goes in: Partials, which of their rows are whose, and what became of the blobs. Comes out: a workspace that holds them. Rows that
//! they replace are retired in the same commit: all rows of a blob that was rewritten, and what was pending of one that was read on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use polars::prelude::{DataFrame, PolarsError};

use super::checkpoint::{Checkpoint, KeptBlob, KeptUnit, Tail, UnitKey};
use super::error::StoreError;
use super::part_file;
use super::partial_tables::{PARTIAL_TABLES, PartialTable};
use super::partition::{Part, PartKind};
use super::picked::{Columns, Rows, Run};
use super::retire::{Retiring, retire};
use super::unit_tables::{self, BlobRow};
use super::workspace::{Change, Workspace};
use super::{STATE_HOURS, state, threads};
use crate::rollup::UnitRows;
use crate::schema::Partial;
use crate::schema::kept::{self, KeptTable};
use crate::schema::partial::{BlobProblem, Counts};
use crate::schema::units::Interval;

/// The rows that one thread wrote.
#[derive(Debug, Default)]
pub struct Block {
    /// What is final of its units.
    pub settled: Partial,
    /// What the flows in flight of its units come to, and what must be known of them to read on.
    pub pending: Partial,
}

/// One unit that was read.
#[derive(Debug)]
pub struct UnitRead {
    /// By which it is known between runs.
    pub key: UnitKey,
    /// The hour that its path names, from the epoch.
    pub hour: Option<u32>,
    /// Its blobs as they were listed.
    pub blobs: Vec<KeptBlob>,
    /// How it is read on; `None` where it is read anew when it changes.
    pub tail: Option<Tail>,
    /// Whether it was read on: what is settled of it stays.
    pub goes_on: bool,
    /// The block that holds its rows.
    pub block: usize,
    /// Its rows among what is settled.
    pub settled: UnitRows,
    /// Its rows among what is pending.
    pub pending: UnitRows,
    /// Contents of the records read now; empty where it cannot be read on.
    pub contents: Vec<u128>,
    /// What was counted now, blobs and bytes included.
    pub counts: Counts,
    /// Blobs of it that could not be read whole.
    pub problems: Vec<BlobProblem>,
}

/// Makes the rows of a file that is called so.
type Frame<'a> = Box<dyn Fn(&str) -> Result<DataFrame, PolarsError> + Send + Sync + 'a>;

/// What is in a file.
enum Content<'a> {
    /// Rows of Partials.
    Rows(Columns, Rows<'a>),
    /// Few rows of units as a whole.
    Frame(Frame<'a>),
}

/// A file to be written.
struct Job<'a> {
    part: Part,
    table: &'static KeptTable,
    content: Content<'a>,
}

impl<'a> Job<'a> {
    fn frame(
        part: Part,
        table: &'static KeptTable,
        frame: impl Fn(&str) -> Result<DataFrame, PolarsError> + Send + Sync + 'a,
    ) -> Self {
        Self { part, table, content: Content::Frame(Box::new(frame)) }
    }
}

/// A unit that was read, with its number and the hours of its rows.
struct Numbered<'a> {
    read: &'a UnitRead,
    id: u32,
    hour: u32,
    span: (u32, u32),
    window: Option<(i64, i64)>,
}

impl Workspace {
    /// Adds what was read, in one commit.
    ///
    /// # Errors
    /// A file cannot be read or written; the workspace is then as before.
    pub fn add(&mut self, blocks: &[Block], reads: &[UnitRead]) -> Result<(), StoreError> {
        let interval = self.interval();
        let mut next_id = self.checkpoint().next_id;
        let units: Vec<Numbered<'_>> = reads.iter().map(|read| numbered(read, blocks, self.checkpoint(), &mut next_id)).collect();
        let run = self.checkpoint().run + 1;
        self.begin()?;
        let newest = units.iter().map(|unit| unit.hour).chain(self.checkpoint().newest_hour).max();
        let mut change = Change::default();
        self.forget_state(newest, &mut change);
        let mut jobs = partial_jobs(blocks, &units, interval, run);
        jobs.extend(unit_jobs(blocks, &units, run));
        jobs.extend(state_jobs(blocks, &units, run));
        let retiring = self.retiring(&units);
        let numbers = jobs.iter().map(|job| job.part.number + 1).max().unwrap_or(0);
        retire(self, &retiring, (run, numbers), &mut change)?;
        write_jobs(self, &jobs)?;
        change.added.extend(jobs.iter().map(|job| job.part.clone()));
        self.sync_folders(&change.added)?;
        self.commit(change, |checkpoint| {
            checkpoint.next_id = next_id;
            checkpoint.newest_hour = newest;
            for unit in &units {
                checkpoint.units.insert(unit.read.key, kept(unit));
            }
        })
    }

    /// The blobs whose rows are replaced, and where these may lie.
    fn retiring(&self, units: &[Numbered<'_>]) -> Retiring {
        let mut retiring = Retiring::default();
        for unit in units {
            let Some(known) = self.checkpoint().units.get(&unit.read.key) else { continue };
            let ids = if unit.read.goes_on { &mut retiring.pending } else { &mut retiring.all };
            ids.insert(known.id);
            retiring.hours.extend(known.span.0..=known.span.1.min(known.span.0.saturating_add(SPAN_HOURS_MAX)));
            retiring.is_wide |= known.span.1 - known.span.0 > SPAN_HOURS_MAX;
        }
        retiring
    }

    /// Retires what was kept to read on blobs that are too old for that.
    fn forget_state(&self, newest: Option<u32>, change: &mut Change) {
        let Some(before) = newest.and_then(|newest| newest.checked_sub(STATE_HOURS + 1)) else { return };
        for table in [state::FLOWS.name, state::RECORDS.name] {
            change.retired.extend(self.parts(table, 0..=before).cloned());
        }
    }

    /// Makes sure that the disk has the names of new files.
    pub(super) fn sync_folders(&self, added: &[Part]) -> Result<(), StoreError> {
        let mut folders = BTreeSet::new();
        for part in added {
            let path = self.path(part);
            folders
                .extend(path.ancestors().skip(1).take_while(|folder| *folder != self.root()).map(std::path::Path::to_path_buf));
        }
        let folders: Vec<_> = folders.into_iter().collect();
        threads::each(&folders, |folder| part_file::sync_folder(folder))?;
        part_file::sync_folder(self.root())
    }
}

/// Most hours of one blob that are listed one by one when its rows are looked for. Unit: hours. Flow logs hold one hour and the last minute of
/// the one before; a blob that holds more than a month is searched for everywhere.
const SPAN_HOURS_MAX: u32 = 24 * 31;

fn numbered<'a>(read: &'a UnitRead, blocks: &[Block], checkpoint: &Checkpoint, next_id: &mut u32) -> Numbered<'a> {
    let known = checkpoint.units.get(&read.key);
    let id = known.map_or_else(
        || {
            *next_id += 1;
            *next_id - 1
        },
        |known| known.id,
    );
    let block = &blocks[read.block];
    let rows = &block.settled.coverage[read.settled.coverage.clone()];
    let first = rows.iter().map(|row| row.first_time).min();
    let window = first.zip(rows.iter().map(|row| row.last_time).max());
    let (oldest, newest) = (rows.iter().map(|row| row.hour).min(), rows.iter().map(|row| row.hour).max());
    let kept_hour = known.filter(|_| read.goes_on).map(|known| known.hour);
    let hour = read.hour.or(kept_hour).or(oldest).unwrap_or(0);
    let mut span = (oldest.unwrap_or(hour).min(hour), newest.unwrap_or(hour).max(hour));
    if let Some(known) = known.filter(|_| read.goes_on) {
        span = (span.0.min(known.span.0), span.1.max(known.span.1));
    }
    Numbered { read, id, hour, span, window }
}

fn kept(unit: &Numbered<'_>) -> KeptUnit {
    KeptUnit { id: unit.id, hour: unit.hour, span: unit.span, blobs: unit.read.blobs.clone(), tail: unit.read.tail.clone() }
}

/// One job per table, kind and hour of the rows of Partials.
fn partial_jobs<'a>(blocks: &'a [Block], units: &[Numbered<'_>], interval: Interval, run: u64) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for table in PARTIAL_TABLES {
        for kind in [PartKind::Settled, PartKind::Pending] {
            for (hour, runs) in by_hour(table, kind, blocks, units, interval) {
                jobs.push(Job {
                    part: Part { table: table.table.name.into(), hour, run, number: 0, kind },
                    table: table.table,
                    content: Content::Rows((table.columns)(interval), Rows { partials: partials(blocks, kind), runs }),
                });
            }
        }
    }
    jobs
}

/// A blob, and the content of a record of it.
type RecordContent = (u32, u128);

fn partials(blocks: &[Block], kind: PartKind) -> Vec<&Partial> {
    blocks.iter().map(|block| partial_of(block, kind)).collect()
}

fn partial_of(block: &Block, kind: PartKind) -> &Partial {
    match kind {
        PartKind::Settled => &block.settled,
        PartKind::Pending => &block.pending,
    }
}

/// The rows of a table, hour by hour.
fn by_hour(
    table: &PartialTable,
    kind: PartKind,
    blocks: &[Block],
    units: &[Numbered<'_>],
    interval: Interval,
) -> BTreeMap<u32, Vec<Run>> {
    let mut hours: BTreeMap<u32, Vec<Run>> = BTreeMap::new();
    for unit in units {
        let partial = partial_of(&blocks[unit.read.block], kind);
        let rows = match kind {
            PartKind::Settled => (table.range)(&unit.read.settled),
            PartKind::Pending => (table.range)(&unit.read.pending),
        };
        let mut rows = rows.peekable();
        while let Some(first) = rows.next() {
            // Rows of an hour stand together as a rule: the map is asked once for all of them.
            let hour = (table.hour)(partial, first, interval);
            let mut to = first + 1;
            while rows.next_if(|row| (table.hour)(partial, *row, interval) == hour).is_some() {
                to += 1;
            }
            let run = Run { partial: unit.read.block as u32, from: first as u32, to: to as u32, blob_id: unit.id };
            hours.entry(hour).or_default().push(run);
        }
    }
    hours
}

/// One job per hour of the tables whose rows belong to a unit as a whole.
fn unit_jobs<'a>(blocks: &'a [Block], units: &[Numbered<'_>], run: u64) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let mut hours: BTreeMap<u32, Vec<&Numbered<'_>>> = BTreeMap::new();
    units.iter().for_each(|unit| hours.entry(unit.hour).or_default().push(unit));
    for (hour, units) in hours {
        let part = |table: &KeptTable| Part { table: table.name.into(), hour, run, number: 0, kind: PartKind::Settled };
        let blobs: Vec<BlobRow> = units.iter().map(|unit| blob_row(unit)).collect();
        jobs.push(Job::frame(part(&kept::BLOBS), &kept::BLOBS, move |_| unit_tables::blobs(&blobs)));
        let mut points = Vec::new();
        let mut rejects = Vec::new();
        let mut problems = Vec::new();
        for unit in units {
            let settled = &blocks[unit.read.block].settled;
            for point in &unit.read.settled.points {
                let known = settled.capture_points[point.capture_point as usize].clone();
                let (forwards, records) = (point.forwards, point.records);
                points.push((unit.id, crate::schema::partial::CapturePoint { forwards, records, ..known }));
            }
            rejects.extend(settled.rejects[unit.read.settled.rejects.clone()].iter().map(|row| (unit.id, row.clone())));
            problems.extend(unit.read.problems.iter().map(|problem| (unit.id, problem.clone())));
        }
        if !points.is_empty() {
            let table = &kept::CAPTURE_POINTS;
            jobs.push(Job::frame(part(table), table, move |file| unit_tables::points(&points, file)));
        }
        if !rejects.is_empty() {
            let table = &kept::REJECTS;
            jobs.push(Job::frame(part(table), table, move |file| unit_tables::rejects(&rejects, file)));
        }
        if !problems.is_empty() {
            let table = &kept::PROBLEMS;
            jobs.push(Job::frame(part(table), table, move |_| unit_tables::problems(&problems)));
        }
    }
    jobs
}

fn blob_row(unit: &Numbered<'_>) -> BlobRow {
    let name = unit.read.blobs.first().map_or("", |blob| &*blob.name);
    BlobRow { blob_id: unit.id, blob: Arc::from(name), counts: unit.read.counts, window: unit.window }
}

/// One job per hour of what must be known to read on.
fn state_jobs<'a>(blocks: &'a [Block], units: &[Numbered<'_>], run: u64) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    let mut hours: BTreeMap<u32, (Vec<Run>, Vec<RecordContent>)> = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit.read.tail.is_some()) {
        let (flows, records) = hours.entry(unit.hour).or_default();
        records.extend(unit.read.contents.iter().map(|content| (unit.id, *content)));
        let rows = &unit.read.pending.in_flight;
        if !rows.is_empty() {
            let (from, to) = (rows.start as u32, rows.end as u32);
            flows.push(Run { partial: unit.read.block as u32, from, to, blob_id: unit.id });
        }
    }
    for (hour, (flows, records)) in hours {
        let part = |table: &KeptTable, kind| Part { table: table.name.into(), hour, run, number: 0, kind };
        if !flows.is_empty() {
            let rows = Rows { partials: partials(blocks, PartKind::Pending), runs: flows };
            jobs.push(Job {
                part: part(&state::FLOWS, PartKind::Pending),
                table: &state::FLOWS,
                content: Content::Rows(state::flows(), rows),
            });
        }
        if !records.is_empty() {
            let table = &state::RECORDS;
            jobs.push(Job::frame(part(table, PartKind::Settled), table, move |_| state::records(&records)));
        }
    }
    jobs
}

/// Writes the files, several at once.
fn write_jobs(workspace: &Workspace, jobs: &[Job<'_>]) -> Result<(), StoreError> {
    threads::each(jobs, |job| {
        let (path, file) = (workspace.path(&job.part), job.part.to_string());
        match &job.content {
            Content::Rows(columns, rows) => part_file::write_rows((&path, &file), job.table, columns, rows),
            Content::Frame(frame) => {
                let mut frame = frame(&file).map_err(StoreError::polars_write(&path))?;
                part_file::write(&path, job.table, &mut frame)
            }
        }
    })?;
    Ok(())
}
