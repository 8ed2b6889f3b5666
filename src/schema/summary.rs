//! The content of summary.json.

use std::collections::BTreeMap;

use serde::Serialize;

use super::inputs::InputInfo;
use super::partial::StateCounts;
use super::previous::PreviousSummary;
use super::tables::Counting;

/// The version of the shape of every JSON file written.
pub const SCHEMA_VERSION: u32 = 1;

/// summary.json, key by key (ARCHITECTURE.md, "Counting in one page").
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of this build.
    pub azflow_version: &'static str,
    /// From the first to the last tuple kept.
    pub window: Window,
    /// Blobs and records.
    pub input: Input,
    /// Tuples.
    pub tuples: Tuples,
    /// Flows, bytes and packets in both ways of counting.
    pub traffic: Traffic,
    /// Findings by severity.
    pub findings: FindingCounts,
    /// The files that enriched the report.
    pub enrichment: Vec<InputInfo>,
    /// Rows and counting per table.
    pub tables: BTreeMap<&'static str, TableInfo>,
    /// The period before the window; absent unless it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSummary>,
    /// Rows of the table of changes; absent unless both periods of a comparison hold data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<ChangeCounts>,
    /// Findings against those of the period compared with; absent where `changes` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings_since: Option<SinceCounts>,
}

/// Findings of the window that were not found in the period compared with, that were, and those that no longer are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the words of findings.json")]
pub struct SinceCounts {
    pub new: u64,
    pub ongoing: u64,
    pub ended: u64,
}

/// Names by kind (`subnet`, `interface`, `address`, `port`, `rule`, `country`) and change (`new`, `gone`, `more`, `less`, `unknown`).
pub type ChangeCounts = BTreeMap<&'static str, BTreeMap<&'static str, u64>>;

/// First and last tuple kept, RFC 3339 UTC; `null` where none was.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Window {
    /// First tuple.
    pub first_time: Option<String>,
    /// Last tuple.
    pub last_time: Option<String>,
}

/// See `partial::Counts`.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the fields are those of partial::Counts")]
pub struct Input {
    pub blobs: u64,
    pub blobs_failed: u64,
    pub blobs_ignored: u64,
    pub bytes: u64,
    pub records: u64,
    pub records_duplicate: u64,
    pub records_rejected: u64,
}

/// See `partial::Counts`.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "the fields are those of partial::Counts")]
pub struct Tuples {
    pub read: u64,
    pub kept: u64,
    pub rejected: u64,
    pub duplicate: u64,
    pub outside_window: u64,
    pub by_format: BTreeMap<&'static str, u64>,
    pub by_state: StateCounts,
    pub rejected_by_reason: BTreeMap<&'static str, u64>,
}

/// Totals in both ways of counting.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Traffic {
    /// As logged.
    pub observed: TrafficTotals,
    /// Once.
    pub deduplicated: TrafficTotals,
}

/// Totals of flows, bytes and packets. `observed` splits flows by the NIC's direction, `deduplicated` by locality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the measures of the tables")]
pub struct TrafficTotals {
    pub flows_inbound_allowed: u64,
    pub flows_inbound_denied: u64,
    pub flows_outbound_allowed: u64,
    pub flows_outbound_denied: u64,
    pub bytes_src_to_dst: u64,
    pub bytes_dst_to_src: u64,
    pub packets_src_to_dst: u64,
    pub packets_dst_to_src: u64,
    pub tuples_unmeasured: u64,
}

impl TrafficTotals {
    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_src_to_dst + self.bytes_dst_to_src
    }

    /// All flows.
    pub fn flows(&self) -> u64 {
        self.flows_inbound_allowed + self.flows_outbound_allowed + self.flows_denied()
    }

    /// Denied flows.
    pub fn flows_denied(&self) -> u64 {
        self.flows_inbound_denied + self.flows_outbound_denied
    }

    /// Whether no byte is known though there are tuples that carry none: then 0 bytes are not measured rather than none.
    pub fn is_unmeasured(&self) -> bool {
        self.bytes() == 0 && self.tuples_unmeasured > 0
    }
}

/// Findings by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the fields are the severities")]
pub struct FindingCounts {
    pub critical: u64,
    pub high: u64,
    pub medium: u64,
    pub low: u64,
    pub info: u64,
}

impl FindingCounts {
    /// Findings of any severity.
    pub fn total(&self) -> u64 {
        self.critical + self.high + self.medium + self.low + self.info
    }
}

/// One table of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TableInfo {
    /// Rows of the CSV, header apart.
    pub rows: u64,
    /// How its traffic is counted.
    pub counting: Counting,
}
