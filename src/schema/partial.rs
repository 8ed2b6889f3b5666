//! A Partial: what one unit of work rolls up to. Partials add up by appending; no key needs to be unique.
//!
//! Rows refer to addresses, rules and capture points by their index in the Partial's own dictionaries.

use std::sync::Arc;

use super::reject::Reason;
use super::{Address, Direction, Format, Reject, Status};

/// Everything that is kept of the blobs it came from.
#[derive(Clone, Debug, Default)]
pub struct Partial {
    /// The addresses that rows refer to, each once.
    pub addresses: Vec<Address>,
    /// The rules that rows refer to, each once.
    pub rules: Vec<Rule>,
    /// Texts of the encryption codes from `Encryption::FIRST_UNKNOWN` on.
    pub encryptions: Vec<Box<str>>,
    /// The capture points that rows refer to, each once.
    pub capture_points: Vec<CapturePoint>,
    /// One row per interval and key.
    pub traffic: Traffic,
    /// One row per hour and peer, for what connections are found in.
    pub contacts: Contacts,
    /// Flows whose begin or end is not in the same unit of work.
    pub open_flows: Vec<OpenFlow>,
    /// Flows that may go on where the unit is read on; empty unless it was suspended.
    pub in_flight: Vec<FlowInFlight>,
    /// One row per capture point and hour of the tuples.
    pub coverage: Vec<Coverage>,
    /// Refused tuples and records, at most [`REJECT_ROWS_MAX`] per blob and reason; `counts` are exact.
    pub rejects: Vec<RejectRow>,
    /// Blobs that could not be read whole.
    pub problems: Vec<BlobProblem>,
    /// What was read.
    pub counts: Counts,
}

/// A rule of an access control list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule {
    /// `aclID`, or the NSG's resource id; verbatim.
    pub acl: Box<str>,
    /// The rule, verbatim.
    pub rule: Box<str>,
}

/// Where flows were captured: one NIC as seen by one flow log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CapturePoint {
    /// The flow log (VNet), or the NSG; upper-cased.
    pub log_resource: Box<str>,
    /// What the NIC was logged by: 12 upper-case hex digits as a rule; may be empty.
    pub mac: Box<str>,
    /// The VNet, subnet or NIC the flow log is aimed at; empty for NSG logs.
    pub target_resource: Box<str>,
    /// The format of its records.
    pub format: Format,
    /// Whether one 5-tuple with different ends went both in and out of it in one unit of work.
    pub forwards: bool,
    /// Records kept that hold a tuple of this capture point.
    pub records: u64,
}

/// `traffic`, column by column; all columns are of one length.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Number of the interval, from the epoch.
    pub interval: Vec<u32>,
    /// Index into [`Partial::capture_points`].
    pub capture_point: Vec<u32>,
    /// Index into [`Partial::rules`].
    pub rule: Vec<u32>,
    /// Code of `Direction`.
    pub direction: Vec<u8>,
    /// Code of `Status`.
    pub status: Vec<u8>,
    /// IANA number.
    pub protocol: Vec<u8>,
    /// Code of `Encryption`.
    pub encryption: Vec<u8>,
    /// Index into [`Partial::addresses`].
    pub src_ip: Vec<u32>,
    /// Index into [`Partial::addresses`].
    pub dst_ip: Vec<u32>,
    /// Destination port.
    pub dst_port: Vec<u16>,
    /// Tuples that begin a flow (ARCHITECTURE.md, "Counting in one page").
    pub flows_started: Vec<u32>,
    /// `E` tuples.
    pub flows_ended: Vec<u32>,
    /// All tuples.
    pub tuples: Vec<u32>,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: Vec<u32>,
    /// Sum of packets from source to destination.
    pub packets_src_to_dst: Vec<u64>,
    /// Sum of bytes from source to destination.
    pub bytes_src_to_dst: Vec<u64>,
    /// Sum of packets from destination to source.
    pub packets_dst_to_src: Vec<u64>,
    /// Sum of bytes from destination to source.
    pub bytes_dst_to_src: Vec<u64>,
    /// Time of the first tuple. Unit: ms from the interval's start.
    pub first_offset: Vec<u32>,
    /// Time of the last tuple. Unit: ms from the interval's start.
    pub last_offset: Vec<u32>,
}

impl Traffic {
    /// The same rows where columns that nobody read are 0.
    #[must_use]
    pub fn filled(mut self) -> Self {
        let rows = self.rows();
        for column in [&mut self.direction, &mut self.status, &mut self.protocol, &mut self.encryption] {
            column.resize(rows, 0);
        }
        self.dst_port.resize(rows, 0);
        for column in [
            &mut self.capture_point,
            &mut self.rule,
            &mut self.src_ip,
            &mut self.dst_ip,
            &mut self.flows_started,
            &mut self.flows_ended,
            &mut self.tuples,
            &mut self.tuples_unmeasured,
            &mut self.first_offset,
            &mut self.last_offset,
        ] {
            column.resize(rows, 0);
        }
        for column in
            [&mut self.packets_src_to_dst, &mut self.bytes_src_to_dst, &mut self.packets_dst_to_src, &mut self.bytes_dst_to_src]
        {
            column.resize(rows, 0);
        }
        self
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.interval.len()
    }
}

/// `contacts`, column by column: one row per hour, capture point, direction, src, dst, port, protocol, status.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Hour of the begins, from the epoch.
    pub hour: Vec<u32>,
    /// Index into [`Partial::capture_points`].
    pub capture_point: Vec<u32>,
    /// Code of `Direction`.
    pub direction: Vec<u8>,
    /// Code of `Status`.
    pub status: Vec<u8>,
    /// IANA number.
    pub protocol: Vec<u8>,
    /// Index into [`Partial::addresses`].
    pub src_ip: Vec<u32>,
    /// Index into [`Partial::addresses`].
    pub dst_ip: Vec<u32>,
    /// Destination port.
    pub dst_port: Vec<u16>,
    /// Contacts begun; equal 5-tuples of one millisecond are one. `answered + unanswered + unknown`.
    pub begins: Vec<u32>,
    /// Ended with more than a reset coming back.
    pub answered: Vec<u32>,
    /// Denied, or ended with nothing or a reset coming back.
    pub unanswered: Vec<u32>,
    /// Unmeasured, or not ended in this unit of work.
    pub unknown: Vec<u32>,
    /// Bytes from source to destination, of all contacts of the row.
    pub bytes_src_to_dst: Vec<u64>,
    /// Bytes from destination to source, of all contacts of the row.
    pub bytes_dst_to_src: Vec<u64>,
    /// Where the row's part of `starts` ends; it begins where the row before ends.
    pub starts_end: Vec<u32>,
    /// Per row: the start times (ms from the hour, ascending), or 60 counts per minute when there are over
    /// [`STARTS_MAX`] begins.
    pub starts: Vec<u32>,
    /// Per start time the bytes from source to destination of that contact, 0 for each of 60 minute counts.
    pub sizes: Vec<u64>,
}

/// Most start times kept per row of contacts; beyond it counts per minute. Unit: begins per hour; one per five seconds
/// is still held in full.
pub const STARTS_MAX: usize = 720;

impl Contacts {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.hour.len()
    }

    /// Where row `row` keeps its start times and sizes.
    pub fn starts_of(&self, row: usize) -> std::ops::Range<usize> {
        let from = if row == 0 { 0 } else { self.starts_end[row - 1] as usize };
        from..self.starts_end[row] as usize
    }
}

/// A flow whose begin or end is not in its unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFlow {
    /// Index into [`Partial::capture_points`].
    pub capture_point: u32,
    /// Index into [`Partial::addresses`].
    pub src_ip: u32,
    /// Index into [`Partial::addresses`].
    pub dst_ip: u32,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// Code of `Direction`.
    pub direction: u8,
    /// Whether its begin was seen.
    pub begun: bool,
    /// Whether its end was seen.
    pub ended: bool,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u32,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Sum of packets from source to destination.
    pub packets_src_to_dst: u64,
    /// Sum of bytes from source to destination.
    pub bytes_src_to_dst: u64,
    /// Sum of packets from destination to source.
    pub packets_dst_to_src: u64,
    /// Sum of bytes from destination to source.
    pub bytes_dst_to_src: u64,
}

/// A flow that may go on when its unit of work is read on, as it stood at the end of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowInFlight {
    /// Index into [`Partial::capture_points`].
    pub capture_point: u32,
    /// Index into [`Partial::addresses`].
    pub src_ip: u32,
    /// Index into [`Partial::addresses`].
    pub dst_ip: u32,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// Relative to the capturing NIC.
    pub direction: Direction,
    /// Allowed or denied.
    pub status: Status,
    /// Whether its format states no states.
    pub unstated: bool,
    /// Begins, all of them at `begin_time`; 0 when it began in another unit.
    pub begins: u32,
    /// Ends.
    pub ends: u32,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u32,
    /// When it began, ms since the epoch; means nothing without a begin.
    pub begin_time: i64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Sum of packets from source to destination.
    pub packets_src_to_dst: u64,
    /// Sum of bytes from source to destination.
    pub bytes_src_to_dst: u64,
    /// Sum of packets from destination to source.
    pub packets_dst_to_src: u64,
    /// Sum of bytes from destination to source.
    pub bytes_dst_to_src: u64,
}

/// What one capture point logged in one hour of the tuples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Index into [`Partial::capture_points`].
    pub capture_point: u32,
    /// Hour of the tuples, from the epoch.
    pub hour: u32,
    /// Records with at least one tuple of this hour.
    pub records: u64,
    /// Tuples per direction (code) and kind ([`StateCounts`]).
    pub tuples: [StateCounts; 2],
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
    /// Tuples whose record was written more than [`LATE_MS`] after them.
    pub tuples_late: u64,
    /// Tuples that are more than [`EARLY_MS`] younger than their record.
    pub tuples_early: u64,
    /// Least and greatest time from a tuple to its record. Unit: ms; `None` where no record states a time.
    pub lag: Option<(i64, i64)>,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// From this long after a tuple its record counts as late. Unit: ms; range 64 s and up. Flow logs are written once a minute and
/// records trail their tuples by 1.7 to 64 s in real captures; five minutes also spare a host that skips a few writes.
/// Raising it hides forwarders that fall behind.
pub const LATE_MS: i64 = 5 * 60_000;

/// From this much younger than its record a tuple counts as early: the clocks of host and log differ. Unit: ms; range 0 and up.
/// NSG logs state whole seconds, so that one second proves nothing.
pub const EARLY_MS: i64 = 1_000;

impl Coverage {
    /// Adds what another unit of work tells of the same capture point and hour.
    pub fn add(&mut self, other: &Self) {
        self.records += other.records;
        self.tuples.iter_mut().zip(&other.tuples).for_each(|(sum, more)| sum.add(more));
        self.tuples_unmeasured += other.tuples_unmeasured;
        self.tuples_late += other.tuples_late;
        self.tuples_early += other.tuples_early;
        self.lag = match (self.lag, other.lag) {
            (Some(one), Some(two)) => Some((one.0.min(two.0), one.1.max(two.1))),
            (one, two) => one.or(two),
        };
        self.first_time = self.first_time.min(other.first_time);
        self.last_time = self.last_time.max(other.last_time);
    }
}

/// Tuples by what they say: `by_state` of the summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize)]
pub struct StateCounts {
    /// Allowed begins.
    pub begin: u64,
    /// Continuing.
    pub continuing: u64,
    /// Ends.
    pub end: u64,
    /// Denied, of every format.
    pub denied: u64,
    /// Allowed tuples of NSG v1.
    pub unstated: u64,
}

impl StateCounts {
    /// All tuples.
    pub fn total(&self) -> u64 {
        self.begin + self.continuing + self.end + self.denied + self.unstated
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.begin += other.begin;
        self.continuing += other.continuing;
        self.end += other.end;
        self.denied += other.denied;
        self.unstated += other.unstated;
    }
}

/// Most rows of rejects kept per blob and reason. Unit: rows; origin: the promise of rejects.csv.
pub const REJECT_ROWS_MAX: u64 = 1_000;

/// A reject and the blob it stands in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectRow {
    /// Name of the blob, relative to its INPUT.
    pub blob: Arc<str>,
    /// Place and reason.
    pub reject: Reject,
}

/// A blob that could not be read whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobProblem {
    /// Name of the blob, relative to its INPUT.
    pub blob: Arc<str>,
    /// What is wrong with it, as *what: where: why*.
    pub problem: String,
}

/// What was read; every field is a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// Files found in the input, the failed and the ignored ones included.
    pub blobs: u64,
    /// Blobs that could not be read or are cut off, or all of whose tuples were rejected.
    pub blobs_failed: u64,
    /// Files that are no flow log.
    pub blobs_ignored: u64,
    /// Bytes of blobs as stored (compressed ones compressed).
    pub bytes: u64,
    /// Records, repeats and rejected ones included.
    pub records: u64,
    /// Records dropped because they repeat.
    pub records_duplicate: u64,
    /// Records that could not be walked.
    pub records_rejected: u64,
    /// Tuples read; `kept + rejected + duplicate + outside_window`.
    pub tuples_read: u64,
    /// Tuples that count.
    pub tuples_kept: u64,
    /// Tuples refused.
    pub tuples_rejected: u64,
    /// Tuples of repeated records.
    pub tuples_duplicate: u64,
    /// Tuples before or after the window asked for.
    pub tuples_outside_window: u64,
    /// Tuples kept, by the code of `Format`.
    pub by_format: [u64; 3],
    /// Tuples kept, by state.
    pub by_state: StateCounts,
    /// Rejects by the code of `Reason`, records included.
    pub rejected_by_reason: [u64; Reason::COUNT],
}

impl Counts {
    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.blobs += other.blobs;
        self.blobs_failed += other.blobs_failed;
        self.blobs_ignored += other.blobs_ignored;
        self.bytes += other.bytes;
        self.records += other.records;
        self.records_duplicate += other.records_duplicate;
        self.records_rejected += other.records_rejected;
        self.tuples_read += other.tuples_read;
        self.tuples_kept += other.tuples_kept;
        self.tuples_rejected += other.tuples_rejected;
        self.tuples_duplicate += other.tuples_duplicate;
        self.tuples_outside_window += other.tuples_outside_window;
        self.by_format.iter_mut().zip(other.by_format).for_each(|(sum, more)| *sum += more);
        self.by_state.add(&other.by_state);
        self.rejected_by_reason.iter_mut().zip(other.rejected_by_reason).for_each(|(sum, more)| *sum += more);
    }
}
