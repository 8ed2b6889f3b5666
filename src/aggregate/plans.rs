//! The small group-bys as query plans on the streaming engine: over time, by rule, by interface.
//!
//! Goes in: the dataset's frames with the columns `supplies` and `inbound` beside them. Comes out: raw sums per key, in no
//! order; who turns them into tables sorts. The in-memory engine is never used on all rows: it copies them.

use polars::prelude::*;
use rayon::prelude::*;

use super::add_up::add_up;
use super::dedup::Role;
use super::denied::Correction;
use super::rows::Rows;
use super::supply::Supply;
use crate::schema::tables::{Measures, PairMeasures};
use crate::schema::{Direction, Status};

/// Sums of the measures as logged: one group of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are the measures of the rows")]
pub(super) struct RawSums {
    pub flows_started: u64,
    pub flows_malicious: u64,
    pub tuples_unmeasured: u64,
    pub packets_src_to_dst: u64,
    pub bytes_src_to_dst: u64,
    pub packets_dst_to_src: u64,
    pub bytes_dst_to_src: u64,
}

/// The column of [`RawSums`] that a frame may lack; nothing is malicious then.
const MALICIOUS: &str = "flows_malicious";

/// The other columns of [`RawSums`].
const MEASURES: [&str; 6] =
    ["flows_started", "tuples_unmeasured", "packets_src_to_dst", "bytes_src_to_dst", "packets_dst_to_src", "bytes_dst_to_src"];

impl RawSums {
    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.flows_started += other.flows_started;
        self.flows_malicious += other.flows_malicious;
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.packets_src_to_dst += other.packets_src_to_dst;
        self.bytes_src_to_dst += other.bytes_src_to_dst;
        self.packets_dst_to_src += other.packets_dst_to_src;
        self.bytes_dst_to_src += other.bytes_dst_to_src;
    }

    /// The measures of rows of one status as a pair has them: src to dst is sent.
    pub fn pair_measures(&self, status: Status) -> PairMeasures {
        let mut measures = PairMeasures {
            tuples_unmeasured: self.tuples_unmeasured,
            packets_sent: self.packets_src_to_dst,
            packets_received: self.packets_dst_to_src,
            bytes_sent: self.bytes_src_to_dst,
            bytes_received: self.bytes_dst_to_src,
            ..PairMeasures::default()
        };
        match status {
            Status::Allowed => {
                (measures.flows_allowed, measures.flows_malicious_allowed) = (self.flows_started, self.flows_malicious);
            }
            Status::Denied => {
                (measures.flows_denied, measures.flows_malicious_denied) = (self.flows_started, self.flows_malicious);
            }
        }
        measures
    }

    /// The measures of rows of one status that all went in, or all went out: in, src to dst is received; out, it is sent.
    pub fn measures(&self, direction: Direction, status: Status) -> Measures {
        let mut measures = Measures { tuples_unmeasured: self.tuples_unmeasured, ..Measures::default() };
        match (direction, status) {
            (Direction::Inbound, Status::Allowed) => measures.flows_inbound_allowed = self.flows_started,
            (Direction::Inbound, Status::Denied) => measures.flows_inbound_denied = self.flows_started,
            (Direction::Outbound, Status::Allowed) => measures.flows_outbound_allowed = self.flows_started,
            (Direction::Outbound, Status::Denied) => measures.flows_outbound_denied = self.flows_started,
        }
        match status {
            Status::Allowed => measures.flows_malicious_allowed = self.flows_malicious,
            Status::Denied => measures.flows_malicious_denied = self.flows_malicious,
        }
        let (received, sent) = match direction {
            Direction::Inbound => {
                ((self.bytes_src_to_dst, self.packets_src_to_dst), (self.bytes_dst_to_src, self.packets_dst_to_src))
            }
            Direction::Outbound => {
                ((self.bytes_dst_to_src, self.packets_dst_to_src), (self.bytes_src_to_dst, self.packets_src_to_dst))
            }
        };
        (measures.bytes_received, measures.packets_received) = received;
        (measures.bytes_sent, measures.packets_sent) = sent;
        measures
    }
}

/// Applies a correction to measures that hold all rows it is about, which all went in `direction`.
pub(super) fn correct(measures: &mut Measures, direction: Direction, correction: &Correction, is_malicious: bool) {
    let (allowed, denied) = match direction {
        Direction::Inbound => (&mut measures.flows_inbound_allowed, &mut measures.flows_inbound_denied),
        Direction::Outbound => (&mut measures.flows_outbound_allowed, &mut measures.flows_outbound_denied),
    };
    *allowed -= correction.were_allowed;
    *denied += correction.denied;
    if is_malicious {
        measures.flows_malicious_allowed -= correction.were_allowed;
        measures.flows_malicious_denied += correction.denied;
    }
}

/// One group: its key in the order asked for, and its sums.
pub(super) struct Group<const KEYS: usize> {
    pub key: [u32; KEYS],
    pub sums: RawSums,
}

/// All chunks as one frame with three columns more: `supplies` (see [`Role`]), `inbound`: the destination is local and the
/// source is not, and, where there is a threat list, `flows_malicious`: those of `flows_started` with a peer of it.
pub(super) fn frame(supply: &Supply<'_>, is_local: &[bool]) -> DataFrame {
    let widen = |((chunk, rows), roles): ((&DataFrame, &Rows<'_>), &Vec<Role>)| {
        let supplies: BooleanChunked = roles.iter().map(|role| *role == Role::Supplies).collect();
        let local = |address: &u32| is_local[*address as usize];
        let inbound: BooleanChunked = rows.src_ip.iter().zip(rows.dst_ip).map(|(src, dst)| local(dst) && !local(src)).collect();
        let mut columns = chunk.columns().to_vec();
        columns.push(supplies.with_name("supplies".into()).into_column());
        columns.push(inbound.with_name("inbound".into()).into_column());
        if !supply.endpoints.threats.is_empty() {
            let malicious: Vec<u32> = (0..rows.count()).map(|row| malicious(supply, rows, row)).collect();
            columns.push(UInt32Chunked::from_vec(MALICIOUS.into(), malicious).into_column());
        }
        DataFrame::new(rows.count(), columns).expect("one role and one direction per row")
    };
    let widened: Vec<DataFrame> =
        supply.dataset.chunks().par_iter().zip(supply.chunks).zip(&supply.deduplicated.roles).map(widen).collect();
    let mut all = widened.into_iter();
    let mut frame = all.next().unwrap_or_default();
    for chunk in all {
        frame.vstack_mut_owned(chunk).expect("all chunks have the same columns");
    }
    frame
}

/// The flows of a row with a peer of a threat list.
fn malicious(supply: &Supply<'_>, rows: &Rows<'_>, row: usize) -> u32 {
    let is_malicious = supply.is_malicious(rows.src_ip[row], rows.dst_ip[row], rows.dst_port[row]);
    if is_malicious { rows.flows_started[row] } else { 0 }
}

/// Sums the measures of `rows` by `keys` (columns of u8, u32 or Boolean).
pub(super) fn sum_by<const KEYS: usize>(mut rows: LazyFrame, keys: [&str; KEYS]) -> Vec<Group<KEYS>> {
    // A sum of u32 stays u32 in polars, so the columns widen before.
    let has_malicious = rows.collect_schema().expect("a plan over the dataset's own columns").contains(MALICIOUS);
    let measures = MEASURES.into_iter().chain(has_malicious.then_some(MALICIOUS));
    let sums: Vec<Expr> = measures.map(|name| col(name).cast(DataType::UInt64).sum()).collect();
    let groups = collect(rows.group_by(keys.map(col)).agg(sums));
    let key_columns = keys.map(|key| u32_column(&groups, key));
    let sum_columns = MEASURES.map(|name| u64_column(&groups, name));
    let malicious = has_malicious.then(|| u64_column(&groups, MALICIOUS));
    (0..groups.height())
        .map(|row| Group {
            key: std::array::from_fn(|key| key_columns[key][row]),
            sums: RawSums {
                flows_started: sum_columns[0][row],
                flows_malicious: malicious.as_ref().map_or(0, |column| column[row]),
                tuples_unmeasured: sum_columns[1][row],
                packets_src_to_dst: sum_columns[2][row],
                bytes_src_to_dst: sum_columns[3][row],
                packets_dst_to_src: sum_columns[4][row],
                bytes_dst_to_src: sum_columns[5][row],
            },
        })
        .collect()
}

/// The groups of different rows together, by key.
pub(super) fn joined<const KEYS: usize>(mut all: Vec<Group<KEYS>>, more: Vec<Group<KEYS>>) -> Vec<Group<KEYS>> {
    all.extend(more);
    all.sort_unstable_by_key(|group| group.key);
    add_up(&mut all, |a, b| a.key == b.key, |kept, next| kept.sums.add(&next.sums));
    all
}

/// Runs a plan, on a thread of its own: one of rayon's that waits for polars takes up another job meanwhile, and could not go on before that
/// ends.
pub(super) fn collect(plan: LazyFrame) -> DataFrame {
    let collect = || plan.collect_with_engine(Engine::Streaming);
    let collected = std::thread::scope(|scope| scope.spawn(collect).join());
    let collected = collected.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    collected.expect("a plan over the dataset's own columns").unwrap_single()
}

/// A column of a result as u32.
pub(super) fn u32_column(frame: &DataFrame, name: &str) -> Vec<u32> {
    let column = frame.column(name).and_then(|c| c.cast(&DataType::UInt32)).expect("a column of the plan");
    column.u32().expect("was cast").into_no_null_iter().collect()
}

/// A column of a result as u64.
pub(super) fn u64_column(frame: &DataFrame, name: &str) -> Vec<u64> {
    let column = frame.column(name).and_then(|c| c.cast(&DataType::UInt64)).expect("a column of the plan");
    column.u64().expect("was cast").into_no_null_iter().collect()
}

/// The direction with a code.
pub(super) fn direction(code: u32) -> Direction {
    if code == Direction::Inbound as u32 { Direction::Inbound } else { Direction::Outbound }
}

/// The status with a code.
pub(super) fn status(code: u32) -> Status {
    if code == Status::Allowed as u32 { Status::Allowed } else { Status::Denied }
}
