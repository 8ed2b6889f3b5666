//! Reads units of work into blocks of rows that a workspace can add: whole, or on from where they ended.
//!
//! Goes in: steps. Comes out: blocks, and what became of each unit. A blob that is not what it should be is read whole instead, so that
//! no number depends on how a blob was read.

use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use crate::app::ingest::growth::{CLOSER, Edges, OPENER, TAIL_BYTES, Watched, tail_hash, tail_length};
use crate::app::ingest::plan::{Step, kept_blobs, key};
use crate::app::progress::Progress;
use crate::app::queue::Queue;
use crate::app::reading::{BlobRead, Seen, Window};
use crate::app::units::{DEFECT, blob_problem, failed_unit};
use crate::decode::{BlobEnd, Decoder};
use crate::rollup::{BLOCK_ROWS, BlobPosition, PartialBuilder, Settings, UnitMemory, UnitRollup};
use crate::schema::partial::{BlobProblem, Counts};
use crate::source::{Blob, SourceError};
use crate::store::{Block, KeptUnit, Tail, UnitRead};

/// Most hours that the tuples of a unit may lie in. Unit: hours; range 10 and up: a blob has tuples of one or two, an export of a month in one file of 720.
/// Each makes files of its own, which a crafted blob could ask for by the million.
const UNIT_HOURS_MAX: usize = 1_000;

/// Bytes before the end of a blob that grew which are looked at again. Unit: bytes.
const LOOKED_AT_BYTES: u64 = TAIL_BYTES + CLOSER.len() as u64;

/// What was read.
#[derive(Debug, Default)]
pub struct Batch {
    /// The rows.
    pub blocks: Vec<Block>,
    /// The units that they belong to.
    pub units: Vec<UnitRead>,
    /// Blobs that the system or the network refused. Their units are left as they were, so that the next run reads them.
    pub unread: Vec<BlobProblem>,
}

/// Reads the units of `steps` on the threads of the current rayon pool; `memories` has what is needed to read units on, by their numbers.
///
/// # Errors
/// The store throttles: whoever goes on asking only makes that worse.
pub fn read_steps(
    steps: &[Step<'_>],
    memories: &HashMap<u32, UnitMemory>,
    settings: Settings,
    progress: &dyn Progress,
) -> Result<Batch, SourceError> {
    let queue = Queue::new(steps.iter().map(|step| (step.unit, step.bytes_before().saturating_sub(LOOKED_AT_BYTES))));
    let stopped = OnceLock::new();
    let workers = rayon::broadcast(|_| {
        let mut worker = Worker::new(settings);
        while let Some(next) = queue.take().filter(|_| stopped.get().is_none()) {
            if let Err(error) = worker.read_step(&steps[next], memories, progress) {
                let _ = stopped.set(error);
            }
        }
        worker.finish()
    });
    if let Some(error) = stopped.into_inner() {
        return Err(error);
    }
    let mut all = Batch::default();
    for Batch { blocks, units, unread } in workers {
        let before = all.blocks.len();
        all.blocks.extend(blocks);
        all.units.extend(units.into_iter().map(|unit| UnitRead { block: unit.block + before, ..unit }));
        all.unread.extend(unread);
    }
    // The numbers that new units get do not depend on the threads.
    all.units.sort_by_key(|unit| unit.key);
    all.unread.sort_by(|a, b| a.blob.cmp(&b.blob));
    Ok(all)
}

/// What one thread reads with.
struct Worker {
    settings: Settings,
    window: Window,
    decoder: Decoder,
    rollup: UnitRollup,
    settled: PartialBuilder,
    pending: PartialBuilder,
    batch: Batch,
}

/// Why a unit is left as it was.
enum Left {
    /// A blob of it was refused.
    Unread(BlobProblem),
    /// The store throttles.
    Stop(SourceError),
}

/// How reading a unit went.
struct Outcome {
    counts: Counts,
    problems: Vec<BlobProblem>,
    /// How it is read on, if it may grow and ended as a blob that grows does.
    tail: Option<Tail>,
    goes_on: bool,
}

impl Worker {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            window: Window::default(),
            decoder: Decoder::default(),
            rollup: UnitRollup::new(settings),
            settled: PartialBuilder::default(),
            pending: PartialBuilder::default(),
            batch: Batch::default(),
        }
    }

    fn finish(mut self) -> Batch {
        self.close_block();
        self.batch
    }

    fn close_block(&mut self) {
        self.batch.blocks.push(Block { settled: self.settled.take(), pending: self.pending.take() });
    }

    /// Reads one unit. A panic while reading is a defect, but it costs this unit alone and is reported with its blobs.
    fn read_step(
        &mut self,
        step: &Step<'_>,
        memories: &HashMap<u32, UnitMemory>,
        progress: &dyn Progress,
    ) -> Result<(), SourceError> {
        let on = step.known.as_ref().and_then(|known| Some((known, memories.get(&known.id)?)));
        let read =
            catch_unwind(AssertUnwindSafe(|| match on.and_then(|(known, memory)| self.read_on(step, known, memory, progress)) {
                Some(outcome) => Ok(outcome),
                None => self.read_whole(step, progress),
            }));
        match read {
            Ok(Ok(outcome)) => {
                let outcome = self.within_bounds(step, outcome);
                self.keep(step, outcome, progress);
            }
            Ok(Err(Left::Unread(problem))) => {
                self.forget();
                progress.warn(&problem.problem);
                self.batch.unread.push(problem);
            }
            Ok(Err(Left::Stop(error))) => return Err(error),
            Err(_) => {
                self.forget();
                let (counts, problems) = failed_unit(step.unit, DEFECT);
                self.keep(step, Outcome { counts, problems, tail: None, goes_on: false }, progress);
            }
        }
        self.decoder.reset();
        Ok(())
    }

    /// How reading a unit went; none of it counts if it would make too many files.
    fn within_bounds(&mut self, step: &Step<'_>, outcome: Outcome) -> Outcome {
        let hours = self.rollup.hours();
        if hours <= UNIT_HOURS_MAX {
            return outcome;
        }
        self.forget();
        let why = format!(
            "its tuples lie in {hours} different hours, and a workspace takes at most {UNIT_HOURS_MAX} of a blob; hint: azflow analyze counts them"
        );
        let (counts, problems) = failed_unit(step.unit, &why);
        let counts = Counts { bytes: outcome.counts.bytes, ..counts };
        Outcome { counts, problems, tail: None, goes_on: false }
    }

    /// Writes the unit's rows into the blocks.
    fn keep(&mut self, step: &Step<'_>, outcome: Outcome, progress: &dyn Progress) {
        if self.settled.rows() > 0 && self.settled.rows() + self.rollup.rows() > BLOCK_ROWS {
            self.close_block();
        }
        let dictionary = &self.decoder.dictionary;
        let (settled, pending, contents) = match &outcome.tail {
            Some(_) => {
                let contents = self.rollup.new_contents();
                let (settled, pending) = self.rollup.suspend_into(dictionary, &mut self.settled, &mut self.pending);
                (settled, pending, contents)
            }
            None => (self.rollup.finish_into(dictionary, &mut self.settled), Default::default(), Vec::new()),
        };
        let mut counts = outcome.counts;
        counts.add(&settled.counts);
        outcome.problems.iter().for_each(|problem| progress.warn(&problem.problem));
        self.batch.units.push(UnitRead {
            key: key(step.unit),
            hour: step.hour,
            blobs: kept_blobs(step.unit),
            tail: outcome.tail,
            goes_on: outcome.goes_on,
            block: self.batch.blocks.len(),
            settled,
            pending,
            contents,
            counts,
            problems: outcome.problems,
        });
    }

    /// Reads every blob of a unit.
    fn read_whole(&mut self, step: &Step<'_>, progress: &dyn Progress) -> Result<Outcome, Left> {
        let mut outcome = Outcome { counts: Counts::default(), problems: Vec::new(), tail: None, goes_on: false };
        for blob in &step.unit.blobs {
            self.rollup.begin_blob(&blob.name);
            let mut reader = match blob.open() {
                Ok(reader) => Watched { inner: reader, edges: Edges::default() },
                Err(error) => return Err(left(blob, error)),
            };
            let Pumped { end, seen, error } = self.pump(&mut reader, progress);
            // What is compressed may be damaged itself; bytes as they are can only be refused.
            let is_content = !reader.inner.is_plain() && !blob.is_remote();
            let error = error.map(|error| blob.failed(error));
            let error = match error {
                Some(error) if !is_content => return Err(left(blob, error)),
                error => error.map(|error| error.cause()),
            };
            let read = BlobRead { end, stored_bytes: reader.inner.stored_bytes(), error, stop: None };
            outcome.counts.blobs += 1;
            outcome.counts.bytes += read.stored_bytes;
            outcome.counts.blobs_ignored += u64::from(read.error.is_none() && read.end == BlobEnd::NotFlowLog);
            let is_whole = reader.inner.is_plain() && reader.edges.bytes == blob.bytes && read.end == BlobEnd::Whole;
            if let Some(why) = read.problem(&seen) {
                outcome.counts.blobs_failed += 1;
                outcome.problems.push(blob_problem(blob, &why));
            } else if step.may_grow && is_whole {
                outcome.tail = self.tail(&reader.edges, 0);
            }
        }
        Ok(outcome)
    }

    /// Reads a blob on from where it ended; `None` if it is not the blob that was read, or does not end as it should.
    fn read_on(&mut self, step: &Step<'_>, known: &KeptUnit, memory: &UnitMemory, progress: &dyn Progress) -> Option<Outcome> {
        let ([blob], [before], Some(tail)) = (&step.unit.blobs[..], &known.blobs[..], &known.tail) else { return None };
        let mut rest = Rest::open(blob, before.bytes, tail.hash)?;
        let records = tail.records;
        // The offsets of what is read begin with an opener that is not there, and behind the comma.
        let bytes = (before.bytes - CLOSER.len() as u64 + 1).checked_sub(OPENER.len() as u64)?;
        let position = BlobPosition { records, bytes };
        let read = self
            .rollup
            .resume(&blob.name, position, memory, &mut self.decoder.dictionary)
            .then(|| self.pump(&mut rest, progress));
        let went_well = read.filter(|read| read.end == BlobEnd::Whole && read.error.is_none());
        // Whether all of it is within the bound is only known of what is read whole.
        let hours = (known.span.1 - known.span.0) as usize + 1 + self.rollup.hours();
        let went_well = went_well.filter(|_| hours <= UNIT_HOURS_MAX);
        let edges = rest.edges.of_end(blob.bytes);
        let tail = went_well.as_ref().and_then(|_| self.tail(&edges, records));
        let (Some(_), Some(tail)) = (went_well, tail) else {
            self.forget();
            return None;
        };
        let counts = Counts { bytes: blob.bytes - before.bytes, ..Counts::default() };
        Some(Outcome { counts, problems: Vec::new(), tail: Some(tail), goes_on: true })
    }

    /// How the unit is read on once it has been read so far, `records_before` being those of earlier pieces.
    fn tail(&self, edges: &Edges, records_before: u64) -> Option<Tail> {
        let records = records_before + self.rollup.records();
        let hash = edges.hash().filter(|_| records > 0)?;
        let reject_rows = self.rollup.reject_rows();
        let rejects = if reject_rows.iter().all(|rows| *rows == 0) { Vec::new() } else { reject_rows.to_vec() };
        Some(Tail { records, newest: self.rollup.newest(), hash, rejects })
    }

    /// Moves bytes through the decoder into the rollup.
    fn pump(&mut self, reader: &mut dyn Read, progress: &dyn Progress) -> Pumped {
        let mut seen = Seen::default();
        let Self { window, decoder, rollup, .. } = self;
        let result = window.pump(
            &mut |buffer| {
                let count = reader.read(buffer)?;
                progress.advance(count as u64);
                Ok(count)
            },
            decoder,
            &mut |batch, _| {
                seen.good += batch.tuples.len() as u64;
                seen.refused += batch.rejected.iter().sum::<u64>();
                rollup.add(batch);
            },
        );
        Pumped { end: decoder.end_blob(), seen, error: result.err() }
    }

    /// Drops what was read of a unit.
    fn forget(&mut self) {
        self.rollup = UnitRollup::new(self.settings);
        self.decoder = Decoder::default();
    }
}

/// How moving a blob's bytes went.
struct Pumped {
    end: BlobEnd,
    seen: Seen,
    error: Option<io::Error>,
}

/// Why a unit is left as it was, `blob` of it being refused.
fn left(blob: &Blob, error: SourceError) -> Left {
    if error.is_temporary() { Left::Stop(error) } else { Left::Unread(blob_problem(blob, &error.cause())) }
}

/// What a blob that grew holds behind its former end, as a blob of its own.
struct Rest {
    opener: Cursor<&'static [u8]>,
    inner: Box<dyn Read + Send>,
    edges: Edges,
}

impl Rest {
    /// Opens `blob` where it ended when it had `bytes` bytes; `None` if what stands before that is not what was read, or it does not go on
    /// with a comma.
    fn open(blob: &Blob, bytes: u64, hash: [u64; 2]) -> Option<Self> {
        let length = tail_length(bytes);
        let end = bytes.checked_sub(CLOSER.len() as u64)?;
        let mut inner = blob.open_at(end - length).ok()?;
        let mut before = vec![0; usize::try_from(length).ok()? + 1];
        inner.read_exact(&mut before).ok()?;
        let (comma, before) = before.split_last()?;
        if *comma != b',' || tail_hash(before) != hash {
            return None;
        }
        let mut edges = Edges::default();
        edges.see(before);
        edges.see(b",");
        Some(Self { opener: Cursor::new(OPENER), inner, edges })
    }
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.opener.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        let count = self.inner.read(buffer)?;
        self.edges.see(&buffer[..count]);
        Ok(count)
    }
}
