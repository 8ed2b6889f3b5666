//! Coverage of a unit: what each capture point logged in each hour of the tuples.
//!
//! Goes in: kept tuples. Comes out: rows in the order first met.

use crate::schema::partial::{Coverage, EARLY_MS, LATE_MS, StateCounts};
use crate::schema::units::HOUR_MS;
use crate::schema::{FlowTuple, State, Status};

use super::index::{Index, Seed};

/// How many kinds of tuples [`StateCounts`] tells apart.
const KINDS: usize = 5;

#[derive(Clone, Copy, Debug)]
struct Row {
    point: u32,
    hour: u32,
    records: u64,
    /// The record that was counted last.
    last_record: u64,
    tuples: [[u64; KINDS]; 2],
    tuples_unmeasured: u64,
    tuples_late: u64,
    tuples_early: u64,
    /// Least and greatest lag; crossed where no record stated a time.
    lag_min: i64,
    lag_max: i64,
    first_time: i64,
    last_time: i64,
}

/// One tuple and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Its capture point, as an index of the unit.
    pub point: u32,
    /// The number of its record in the unit.
    pub record: u64,
    /// When that record was written, ms since the epoch.
    pub record_time: Option<i64>,
    /// The tuple.
    pub tuple: &'a FlowTuple,
    /// Whether its traffic is unknown.
    pub is_unmeasured: bool,
}

/// The coverage rows of one unit.
#[derive(Debug, Default)]
pub(super) struct CoverageRows {
    rows: Vec<Row>,
    index: Index,
    seed: Seed,
    /// The row met last, if any.
    last: usize,
}

impl CoverageRows {
    /// Adds one tuple.
    #[inline]
    pub fn add(&mut self, Seen { point, record, record_time, tuple, is_unmeasured }: Seen<'_>) {
        let row = self.row(point, tuple.time);
        row.tuples_unmeasured += u64::from(is_unmeasured);
        if let Some(record_time) = record_time {
            let lag = record_time - tuple.time;
            row.tuples_late += u64::from(lag > LATE_MS);
            row.tuples_early += u64::from(lag < -EARLY_MS);
            row.lag_min = row.lag_min.min(lag);
            row.lag_max = row.lag_max.max(lag);
        }
        if row.last_record != record {
            row.last_record = record;
            row.records += 1;
        }
        row.tuples[tuple.direction as usize][kind(tuple)] += 1;
        row.first_time = row.first_time.min(tuple.time);
        row.last_time = row.last_time.max(tuple.time);
    }

    /// The rows, capture points being indexes of the unit.
    pub fn rows(&self) -> impl Iterator<Item = Coverage> + '_ {
        self.rows.iter().map(|row| Coverage {
            capture_point: row.point,
            hour: row.hour,
            records: row.records,
            tuples: row.tuples.map(state_counts),
            tuples_unmeasured: row.tuples_unmeasured,
            tuples_late: row.tuples_late,
            tuples_early: row.tuples_early,
            lag: (row.lag_min <= row.lag_max).then_some((row.lag_min, row.lag_max)),
            first_time: row.first_time,
            last_time: row.last_time,
        })
    }

    /// How many different hours there are.
    pub fn hours(&self) -> usize {
        let mut hours: Vec<u32> = self.rows.iter().map(|row| row.hour).collect();
        hours.sort_unstable();
        hours.dedup();
        hours.len()
    }

    /// Forgets all rows, keeping the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.index.clear();
        self.last = 0;
    }

    #[inline]
    fn row(&mut self, point: u32, time: i64) -> &mut Row {
        let is_last = self.rows.get(self.last).is_some_and(|row| {
            let offset = time.wrapping_sub(i64::from(row.hour) * HOUR_MS);
            row.point == point && (0..HOUR_MS).contains(&offset)
        });
        if !is_last {
            self.last = self.find(point, (time / HOUR_MS) as u32);
        }
        &mut self.rows[self.last]
    }

    fn find(&mut self, point: u32, hour: u32) -> usize {
        let (next, rows) = (self.rows.len(), &self.rows);
        let hash = self.seed.hash(u64::from(point), u64::from(hour));
        let found = self.index.find_or_insert(hash, next, |row| (rows[row].point, rows[row].hour) == (point, hour));
        if found.is_none() {
            self.rows.push(Row {
                point,
                hour,
                records: 0,
                last_record: u64::MAX,
                tuples: [[0; KINDS]; 2],
                tuples_unmeasured: 0,
                tuples_late: 0,
                tuples_early: 0,
                lag_min: i64::MAX,
                lag_max: i64::MIN,
                first_time: i64::MAX,
                last_time: i64::MIN,
            });
        }
        found.unwrap_or(next)
    }
}

/// What a tuple counts as: its state, 4 for a denied one whatever its state and format.
#[inline]
fn kind(tuple: &FlowTuple) -> usize {
    if tuple.status == Status::Denied { KINDS - 1 } else { tuple.state as usize }
}

fn state_counts(kinds: [u64; KINDS]) -> StateCounts {
    StateCounts {
        begin: kinds[State::Begin as usize],
        continuing: kinds[State::Continuing as usize],
        end: kinds[State::End as usize],
        unstated: kinds[State::Unstated as usize],
        denied: kinds[KINDS - 1],
    }
}
