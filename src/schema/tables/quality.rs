//! Rows about the logs themselves: how good what was read is.

use crate::schema::codes::Format;
use crate::schema::partial::StateCounts;

/// A row of data_quality: one capture point. Sorted by log resource, MAC, target, format.
#[derive(Clone, Debug)]
pub struct QualityRow {
    /// The flow log or NSG.
    pub log_resource: String,
    /// MAC of the NIC.
    pub mac: String,
    /// Format.
    pub format: Format,
    /// Hours of the window, from its first to its last tuple.
    pub hours: u64,
    /// Hours of the window in which this capture point has no tuple.
    pub hours_without: u64,
    /// The longest run of such hours between two hours that have tuples.
    pub gap_hours_max: u64,
    /// Kept tuples by what they say. A filtered flow log may lack begins or continuings altogether.
    pub states: StateCounts,
    /// Tuples without the counters they should have.
    pub tuples_unmeasured: u64,
    /// Tuples that came later than flow logs write them; see `rollup`.
    pub tuples_late: u64,
    /// Tuples that are younger than their record: the clocks of host and log differ.
    pub tuples_early: u64,
    /// Least time from a tuple to its record. Unit: ms; negative where the record is older; `None` where no record states a time.
    pub lag_min_ms: Option<i64>,
    /// Greatest time from a tuple to its record. Unit: ms; `None` where no record states a time.
    pub lag_max_ms: Option<i64>,
    /// Hours in which another log of the same NIC supplies the deduplicated numbers instead.
    pub hours_replaced: u64,
    /// What a reader should know, in words, separated by `; `; empty if nothing is odd.
    pub remarks: String,
}
