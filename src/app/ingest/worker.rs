//! Reads units of work into blocks of rows that a workspace can add: whole, or on from where they ended.
//!
//! Goes in: steps. Comes out: blocks, and what became of each unit. A blob that is not what it should be is read whole instead, so that
//! no number depends on how a blob was read.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::app::ingest::growth::{CLOSER, Edges, OPENER, Watched, tail_hash, tail_length};
use crate::app::ingest::plan::{Step, kept_blobs, key};
use crate::app::progress::Progress;
use crate::app::reading::{BlobRead, Seen, Window};
use crate::app::units::{blob_problem, failed_unit};
use crate::decode::{BlobEnd, Decoder};
use crate::rollup::{BLOCK_ROWS, BlobPosition, PartialBuilder, Settings, UnitMemory, UnitRollup};
use crate::schema::partial::{BlobProblem, Counts};
use crate::source::Blob;
use crate::store::{Block, KeptUnit, Tail, UnitRead};

/// Reads the units of `steps` on the threads of the current rayon pool; `memories` has what is needed to read units on, by their numbers.
pub fn read_steps(
    steps: &[Step<'_>],
    memories: &HashMap<u32, UnitMemory>,
    settings: Settings,
    progress: &dyn Progress,
) -> (Vec<Block>, Vec<UnitRead>) {
    let next = AtomicUsize::new(0);
    let workers = rayon::broadcast(|_| {
        let mut worker = Worker::new(settings);
        while let Some(step) = steps.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.read_step(step, memories, progress);
        }
        worker.finish()
    });
    let (mut blocks, mut units) = (Vec::new(), Vec::new());
    for (own_blocks, own_units) in workers {
        let before = blocks.len();
        blocks.extend(own_blocks);
        units.extend(own_units.into_iter().map(|unit| UnitRead { block: unit.block + before, ..unit }));
    }
    // The numbers that new units get do not depend on the threads.
    units.sort_by(|a, b| a.key.cmp(&b.key));
    (blocks, units)
}

/// What one thread reads with.
struct Worker {
    settings: Settings,
    window: Window,
    decoder: Decoder,
    rollup: UnitRollup,
    settled: PartialBuilder,
    pending: PartialBuilder,
    blocks: Vec<Block>,
    units: Vec<UnitRead>,
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
            blocks: Vec::new(),
            units: Vec::new(),
        }
    }

    fn finish(mut self) -> (Vec<Block>, Vec<UnitRead>) {
        self.close_block();
        (self.blocks, self.units)
    }

    fn close_block(&mut self) {
        self.blocks.push(Block { settled: self.settled.take(), pending: self.pending.take() });
    }

    /// Reads one unit. A panic while reading is a defect, but it costs this unit alone and is reported with its blobs.
    fn read_step(&mut self, step: &Step<'_>, memories: &HashMap<u32, UnitMemory>, progress: &dyn Progress) {
        let on = step.known.as_ref().and_then(|known| Some((known, memories.get(&known.id)?)));
        let read = catch_unwind(AssertUnwindSafe(|| {
            on.and_then(|(known, memory)| self.read_on(step, known, memory, progress))
                .unwrap_or_else(|| self.read_whole(step, progress))
        }));
        let outcome = read.unwrap_or_else(|_| {
            self.forget();
            let (counts, problems) = failed_unit(step.unit);
            Outcome { counts, problems, tail: None, goes_on: false }
        });
        self.keep(step, outcome, progress);
        self.decoder.reset();
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
        self.units.push(UnitRead {
            key: key(step.unit),
            hour: step.hour,
            blobs: kept_blobs(step.unit),
            tail: outcome.tail,
            goes_on: outcome.goes_on,
            block: self.blocks.len(),
            settled,
            pending,
            contents,
            counts,
            problems: outcome.problems,
        });
    }

    /// Reads every blob of a unit.
    fn read_whole(&mut self, step: &Step<'_>, progress: &dyn Progress) -> Outcome {
        let mut outcome = Outcome { counts: Counts::default(), problems: Vec::new(), tail: None, goes_on: false };
        for blob in &step.unit.blobs {
            self.rollup.begin_blob(&blob.name);
            let (read, seen, edges) = match blob.open() {
                Ok(reader) => {
                    let is_plain = reader.is_plain();
                    let mut reader = Watched { inner: reader, edges: Edges::default() };
                    let (read, seen) = self.pump(&mut reader, progress);
                    (BlobRead { stored_bytes: reader.inner.stored_bytes(), ..read }, seen, is_plain.then_some(reader.edges))
                }
                Err(error) => {
                    let read = BlobRead { end: BlobEnd::NotFlowLog, stored_bytes: 0, error: Some(error.to_string()) };
                    (read, Seen::default(), None)
                }
            };
            outcome.counts.blobs += 1;
            outcome.counts.bytes += read.stored_bytes;
            outcome.counts.blobs_ignored += u64::from(read.error.is_none() && read.end == BlobEnd::NotFlowLog);
            if let Some(why) = read.problem(&seen) {
                outcome.counts.blobs_failed += 1;
                outcome.problems.push(blob_problem(blob, &why));
            } else if step.may_grow && read.end == BlobEnd::Whole && edges.as_ref().is_some_and(|edges| edges.bytes == blob.bytes)
            {
                outcome.tail = edges.and_then(|edges| self.tail(&edges, 0));
            }
        }
        outcome
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
        let went_well = read.filter(|(read, seen)| read.end == BlobEnd::Whole && read.problem(seen).is_none());
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
    fn pump(&mut self, reader: &mut dyn Read, progress: &dyn Progress) -> (BlobRead, Seen) {
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
        let error = result.err().map(|error| error.to_string());
        (BlobRead { end: decoder.end_blob(), stored_bytes: 0, error }, seen)
    }

    /// Drops what was read of a unit.
    fn forget(&mut self) {
        self.rollup = UnitRollup::new(self.settings);
        self.decoder = Decoder::default();
    }
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
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.opener.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        let count = self.inner.read(buffer)?;
        self.edges.see(&buffer[..count]);
        Ok(count)
    }
}
