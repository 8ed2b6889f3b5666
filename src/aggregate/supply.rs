//! What the tables beside the pairs are counted from, and how a pass over its rows is shared among threads.
//!
//! Goes in: the rows with their roles. Comes out: what a pass folds them to. Folds must not depend on the order of rows, as
//! threads take chunks as they come.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::dataset::Dataset;
use super::dedup::{Deduplicated, Role};
use super::plans::RawSums;
use super::rows::Rows;
use crate::enrich::{Endpoints, FlowTypes};
use crate::schema::FlowType;
use crate::schema::tables::Counting;

/// Most threads that share a pass. Unit: threads; each holds a state of its own, which bounds memory.
const WORKERS_MAX: usize = 8;

/// The rows and what is known of them.
pub(super) struct Supply<'a> {
    pub dataset: &'a Dataset,
    /// The rows of the dataset.
    pub chunks: &'a [Rows<'a>],
    /// Which of them count once.
    pub deduplicated: &'a Deduplicated,
    /// One per address of the dataset.
    pub endpoints: &'a Endpoints,
    /// The types of pairs of them.
    pub flow_types: &'a FlowTypes,
}

impl Supply<'_> {
    /// Whether a flow has a peer of a threat list.
    #[inline]
    pub fn is_malicious(&self, src_ip: u32, dst_ip: u32, dst_port: u16) -> bool {
        !self.endpoints.threats.is_empty() && self.flow_types.of(src_ip, dst_ip, dst_port) == FlowType::MaliciousFlow
    }

    /// What one row says.
    #[inline]
    pub fn sums(&self, rows: &Rows<'_>, row: usize) -> RawSums {
        let flows_started = u64::from(rows.flows_started[row]);
        let is_malicious = self.is_malicious(rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row]);
        RawSums {
            flows_started,
            flows_malicious: if is_malicious { flows_started } else { 0 },
            tuples_unmeasured: u64::from(rows.tuples_unmeasured[row]),
            packets_src_to_dst: rows.packets_src_to_dst[row],
            bytes_src_to_dst: rows.bytes_src_to_dst[row],
            packets_dst_to_src: rows.packets_dst_to_src[row],
            bytes_dst_to_src: rows.bytes_dst_to_src[row],
        }
    }

    /// First and last tuple of a row, ms since the epoch.
    pub fn times(&self, rows: &Rows<'_>, row: usize) -> (i64, i64) {
        let start = self.dataset.interval().start(rows.interval[row]);
        (start + i64::from(rows.first_offset[row]), start + i64::from(rows.last_offset[row]))
    }

    /// Folds rows: every row where `counting` is observed, else the supplying ones.
    pub fn fold<S: Send>(
        &self,
        counting: Counting,
        new: impl Fn() -> S + Sync,
        add: impl Fn(&mut S, &Rows<'_>, usize) + Sync,
        merge: impl Fn(S, S) -> S + Sync + Send,
    ) -> S {
        let next = AtomicUsize::new(0);
        let work = |_| {
            let mut state = new();
            while let Some(rows) = self.chunks.get(next.fetch_add(1, Ordering::Relaxed)) {
                (0..rows.count()).for_each(|row| add(&mut state, rows, row));
            }
            state
        };
        let work_supplying = |_| {
            let mut state = new();
            loop {
                let chunk = next.fetch_add(1, Ordering::Relaxed);
                let Some(rows) = self.chunks.get(chunk) else { return state };
                let roles = self.deduplicated.roles[chunk].iter().enumerate();
                roles.filter(|(_, role)| **role == Role::Supplies).for_each(|(row, _)| add(&mut state, rows, row));
            }
        };
        let workers = (0..workers(self.chunks.len())).into_par_iter();
        let folded = match counting {
            Counting::Observed => workers.map(work).reduce_with(merge),
            Counting::Deduplicated => workers.map(work_supplying).reduce_with(merge),
        };
        folded.unwrap_or_else(new)
    }
}

/// How many threads share `pieces` of work.
pub(super) fn workers(pieces: usize) -> usize {
    rayon::current_num_threads().clamp(1, WORKERS_MAX).min(pieces.max(1))
}
