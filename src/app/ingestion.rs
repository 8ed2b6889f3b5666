//! Units of work in, Partials out: the parallel part of every command that counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::app::progress::Progress;
use crate::app::reading::Window;
use crate::decode::{BlobEnd, Decoder};
use crate::rollup::{BLOCK_ROWS, PartialBuilder, Settings, UnitRollup};
use crate::schema::Partial;
use crate::schema::partial::{BlobProblem, Counts};
use crate::source::{Blob, Unit};

/// Rolls all units up, largest first, on the threads of the current rayon pool.
///
/// The order of the Partials, and what is in which, depends on the threads; their sum does not.
pub fn ingest(units: &[Unit], settings: Settings, progress: &dyn Progress) -> Vec<Partial> {
    let mut order: Vec<&Unit> = units.iter().collect();
    order.sort_by_key(|unit| std::cmp::Reverse(unit.bytes));
    let next = AtomicUsize::new(0);
    let partials = rayon::broadcast(|_| {
        let mut worker = Worker::new(settings);
        while let Some(unit) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            worker.roll_up(unit, progress);
        }
        worker.finish()
    });
    partials.into_iter().flatten().collect()
}

/// What one thread rolls units up with.
struct Worker {
    settings: Settings,
    window: Window,
    decoder: Decoder,
    rollup: UnitRollup,
    builder: PartialBuilder,
    done: Vec<Partial>,
}

impl Worker {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            window: Window::default(),
            decoder: Decoder::default(),
            rollup: UnitRollup::new(settings),
            builder: PartialBuilder::default(),
            done: Vec::new(),
        }
    }

    fn finish(mut self) -> Vec<Partial> {
        self.done.push(self.builder.take());
        self.done
    }

    /// Rolls one unit up. A panic is a defect, but it costs this unit alone and is reported with its blobs.
    fn roll_up(&mut self, unit: &Unit, progress: &dyn Progress) {
        let (counts, problems) = match catch_unwind(AssertUnwindSafe(|| self.read(unit, progress))) {
            Ok(read) => read,
            Err(_) => {
                self.rollup = UnitRollup::new(self.settings);
                self.builder = PartialBuilder::default();
                failed_unit(unit)
            }
        };
        self.decoder.reset();
        let partial = self.builder.partial_mut();
        partial.counts.blobs += counts.blobs;
        partial.counts.blobs_failed += counts.blobs_failed;
        partial.counts.blobs_ignored += counts.blobs_ignored;
        partial.counts.bytes += counts.bytes;
        for problem in problems {
            progress.warn(&problem.problem);
            partial.problems.push(problem);
        }
        if self.builder.rows() >= BLOCK_ROWS {
            self.done.push(self.builder.take());
        }
    }

    fn read(&mut self, unit: &Unit, progress: &dyn Progress) -> (Counts, Vec<BlobProblem>) {
        let mut counts = Counts::default();
        let mut problems = Vec::new();
        for blob in &unit.blobs {
            let mut tuples = (0, 0);
            let rollup = &mut self.rollup;
            rollup.begin_blob(&blob.name);
            let read = self.window.read(
                blob,
                &mut self.decoder,
                &mut |batch, _| {
                    tuples.0 += batch.tuples_read();
                    tuples.1 += batch.tuples_rejected();
                    rollup.add(batch);
                },
                &mut |bytes| progress.advance(bytes),
            );
            counts.blobs += 1;
            counts.bytes += read.stored_bytes;
            let problem = match (read.error, read.end) {
                (Some(error), _) => Some(error),
                (None, BlobEnd::CutOff) => Some("it ends inside a record or before its records close".to_owned()),
                (None, _) if tuples.0 > 0 && tuples.0 == tuples.1 => {
                    Some("every tuple in it was rejected, see rejects.csv".to_owned())
                }
                (None, BlobEnd::NotFlowLog) => {
                    counts.blobs_ignored += 1;
                    None
                }
                (None, BlobEnd::Whole) => None,
            };
            if let Some(why) = problem {
                counts.blobs_failed += 1;
                problems.push(blob_problem(blob, &why));
            }
        }
        self.rollup.finish_into(&self.decoder.dictionary, &mut self.builder);
        (counts, problems)
    }
}

fn blob_problem(blob: &Blob, why: &str) -> BlobProblem {
    BlobProblem { blob: Arc::clone(&blob.name), problem: format!("cannot read blob {} whole: {why}", blob.name) }
}

fn failed_unit(unit: &Unit) -> (Counts, Vec<BlobProblem>) {
    let blobs = unit.blobs.len() as u64;
    let counts = Counts { blobs, blobs_failed: blobs, ..Counts::default() };
    let why = "a defect in azflow stopped it; please report it";
    (counts, unit.blobs.iter().map(|blob| blob_problem(blob, why)).collect())
}
