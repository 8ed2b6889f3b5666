//! Units of work in, Partials out: the parallel part of a report that reads logs once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use crate::app::progress::Progress;
use crate::app::queue::Queue;
use crate::app::reading::{Seen, Window};
use crate::decode::{BlobEnd, Decoder};
use crate::rollup::{BLOCK_ROWS, PartialBuilder, Settings, UnitRollup};
use crate::schema::Partial;
use crate::schema::partial::{BlobProblem, Counts, Traffic};
use crate::source::{Blob, SourceError, Unit};

/// Rolls all units up, largest first, on the threads of the current rayon pool.
///
/// The order of the Partials, and what is in which, depends on the threads; their sum does not. A store that throttles ends it
/// with an error: whoever goes on asking only makes that worse.
pub fn roll_up(units: &[Unit], settings: Settings, progress: &dyn Progress) -> Result<Vec<Partial>, SourceError> {
    let mut order: Vec<&Unit> = units.iter().collect();
    order.sort_by_key(|unit| std::cmp::Reverse(unit.bytes));
    let queue = Queue::new(order.iter().map(|unit| (*unit, 0)));
    let stopped = OnceLock::new();
    let partials = rayon::broadcast(|_| {
        let mut worker = Worker::new(settings);
        while let Some(next) = queue.take().filter(|_| stopped.get().is_none()) {
            if let Err(error) = worker.roll_up(order[next], progress) {
                let _ = stopped.set(error);
            }
        }
        worker.finish()
    });
    match stopped.into_inner() {
        Some(error) => Err(error),
        None => Ok(partials.into_iter().flatten().collect()),
    }
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

    /// Rolls one unit up. A panic while reading is a defect, but it costs this unit alone and is reported with its blobs.
    fn roll_up(&mut self, unit: &Unit, progress: &dyn Progress) -> Result<(), SourceError> {
        let (counts, problems) = match catch_unwind(AssertUnwindSafe(|| self.read(unit, progress))) {
            Ok(read) => {
                let read = read?;
                if self.builder.rows() > 0 && self.builder.rows() + self.rollup.rows() > BLOCK_ROWS {
                    self.done.push(self.builder.take());
                }
                self.rollup.finish_into(&self.decoder.dictionary, &mut self.builder);
                read
            }
            Err(_) => {
                self.rollup = UnitRollup::new(self.settings);
                self.decoder = Decoder::default();
                failed_unit(unit, DEFECT)
            }
        };
        self.decoder.reset();
        let partial = self.builder.partial_mut();
        partial.counts.add(&counts);
        for problem in problems {
            progress.warn(&problem.problem);
            partial.problems.push(problem);
        }
        Ok(())
    }

    /// Reads the unit's blobs into the rollup; says how many there were and what was wrong with them.
    fn read(&mut self, unit: &Unit, progress: &dyn Progress) -> Result<(Counts, Vec<BlobProblem>), SourceError> {
        let mut counts = Counts::default();
        let mut problems = Vec::new();
        for blob in &unit.blobs {
            let mut seen = Seen::default();
            let rollup = &mut self.rollup;
            rollup.begin_blob(&blob.name);
            let read = self.window.read(
                blob,
                &mut self.decoder,
                &mut |batch, _| {
                    seen.good += batch.tuples.len() as u64;
                    seen.refused += batch.rejected.iter().sum::<u64>();
                    rollup.add(batch);
                },
                &mut |bytes| progress.advance(bytes),
            );
            let problem = read.problem(&seen);
            if let Some(stop) = read.stop {
                return Err(stop);
            }
            counts.blobs += 1;
            counts.bytes += read.stored_bytes;
            counts.blobs_ignored += u64::from(read.error.is_none() && read.end == BlobEnd::NotFlowLog);
            if let Some(why) = problem {
                counts.blobs_failed += 1;
                problems.push(blob_problem(blob, &why));
            }
        }
        Ok((counts, problems))
    }
}

pub(super) fn blob_problem(blob: &Blob, why: &str) -> BlobProblem {
    BlobProblem { blob: Arc::clone(&blob.name), problem: format!("cannot read blob {} whole: {why}", blob.name) }
}

/// Said of a unit whose reading panicked.
pub(super) const DEFECT: &str = "a defect in azflow stopped it; please report it";

/// What is told of a unit none of which counts.
pub(super) fn failed_unit(unit: &Unit, why: &str) -> (Counts, Vec<BlobProblem>) {
    let blobs = unit.blobs.len() as u64;
    let counts = Counts { blobs, blobs_failed: blobs, ..Counts::default() };
    (counts, unit.blobs.iter().map(|blob| blob_problem(blob, why)).collect())
}

/// Largest sum of all counters. Unit: bytes; tables add both ways up in 64 bits, and no cloud has moved four exabytes.
const BYTES_MAX: u128 = 1 << 62;

/// The counters of what was read so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct CounterSums {
    bytes: u128,
    packets: u128,
}

impl CounterSums {
    /// Adds `partials`; says whether everything so far can be added up without overflow. A crafted log may hold more.
    pub fn add(&mut self, partials: &[Partial]) -> bool {
        let sum = |column: fn(&Traffic) -> &Vec<u64>| -> u128 {
            partials.iter().flat_map(|partial| column(&partial.traffic)).map(|value| u128::from(*value)).sum()
        };
        self.bytes += sum(|traffic| &traffic.bytes_src_to_dst) + sum(|traffic| &traffic.bytes_dst_to_src);
        self.packets += sum(|traffic| &traffic.packets_src_to_dst) + sum(|traffic| &traffic.packets_dst_to_src);
        self.bytes.max(self.packets) <= BYTES_MAX
    }
}
