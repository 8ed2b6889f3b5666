//! The tables that a workspace keeps: what each is called, its columns in order, what they hold and what they mean.
//!
//! Goes in: nothing; these are facts. Comes out: what the writer of Parquet files, the queries and the documentation walk. The names are
//! public: SQL refers to them. Knows no file format.
//!
//! Rows of every table add up: a key may have several rows, of blobs that overlap in time or of a blob that was read in pieces.
//! So every number is asked for with `sum`, never with `count(*)`.

/// What a kept column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// A text that repeats from row to row: kept once per file.
    Name,
    /// A text of its own.
    Text,
    /// A number of 8 bits.
    U8,
    /// A number of 16 bits.
    U16,
    /// A number of 32 bits.
    U32,
    /// A number of 64 bits.
    U64,
    /// A moment, ms since the epoch, UTC; may be unknown.
    Time,
    /// A length of time or a number that may be negative, 64 bits; may be unknown.
    I64,
    /// True or false.
    Flag,
    /// Numbers of 32 bits.
    U32List,
    /// Numbers of 64 bits.
    U64List,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct KeptColumn {
    /// Its name, in lower case.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kept,
    /// What it means, with its unit.
    pub doc: &'static str,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct KeptTable {
    /// Its name, which is also that of its folder.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// The columns, in order. The first is always `blob_id`.
    pub columns: &'static [KeptColumn],
}

impl KeptTable {
    /// Where the column `name` stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// The columns that every table has beside its own: the folders that its files lie in.
pub static PARTITIONS: &[KeptColumn] =
    &[column("date", Kept::Text, "UTC day of the row, 2026-03-02"), column("hour", Kept::U8, "UTC hour of the row, 0 to 23")];

/// Every table that a query may name, sorted by name.
pub static TABLES: &[KeptTable] = &[BLOBS, CAPTURE_POINTS, CONTACTS, COVERAGE, OPEN_FLOWS, PROBLEMS, REJECTS, TRAFFIC];

/// Shortens the tables below.
const fn column(name: &'static str, kind: Kept, doc: &'static str) -> KeptColumn {
    KeptColumn { name, kind, doc }
}

const BLOB_ID: KeptColumn = column(
    "blob_id",
    Kept::U32,
    "the blob, or blobs of one capture point and hour, that the row comes from; a number of the workspace",
);
const LOG_RESOURCE: KeptColumn = column("log_resource", Kept::Name, "the flow log (VNet) or the NSG, upper case");
const TARGET_RESOURCE: KeptColumn =
    column("target_resource", Kept::Name, "the VNet, subnet or NIC that the flow log is aimed at; empty for NSG logs");
const MAC: KeptColumn = column("mac", Kept::Name, "the NIC that captured, 12 upper-case hex digits as a rule");
const FORMAT: KeptColumn = column("format", Kept::Name, "nsg_v1, nsg_v2 or vnet_v4");
const DIRECTION: KeptColumn =
    column("direction", Kept::Name, "Inbound: the NIC owns the destination; Outbound: it owns the source");
const STATUS: KeptColumn = column("status", Kept::Name, "Allowed or Denied");
const PROTOCOL: KeptColumn = column("protocol", Kept::U8, "IANA number: 6 TCP, 17 UDP");
const SRC_IP: KeptColumn = column("src_ip", Kept::Name, "source address");
const DST_IP: KeptColumn = column("dst_ip", Kept::Name, "destination address");
const DST_PORT: KeptColumn = column("dst_port", Kept::U16, "destination port");
const TUPLES_UNMEASURED: KeptColumn = column("tuples_unmeasured", Kept::U64, "tuples whose traffic is not measured");
const PACKETS_SENT: KeptColumn = column("packets_src_to_dst", Kept::U64, "packets from source to destination");
const BYTES_SENT: KeptColumn = column("bytes_src_to_dst", Kept::U64, "bytes from source to destination");
const PACKETS_BACK: KeptColumn = column("packets_dst_to_src", Kept::U64, "packets from destination to source");
const BYTES_BACK: KeptColumn = column("bytes_dst_to_src", Kept::U64, "bytes from destination to source");
const FIRST_TIME: KeptColumn = column("first_time", Kept::Time, "time of the first tuple");
const LAST_TIME: KeptColumn = column("last_time", Kept::Time, "time of the last tuple");

/// Traffic, summed per interval.
pub const TRAFFIC: KeptTable = KeptTable {
    name: "traffic",
    doc: "traffic of an interval: capture point, rule, direction, status, protocol, encryption, both addresses and destination port",
    columns: &[
        BLOB_ID,
        column("interval_start", Kept::Time, "when the interval of 10 or 60 minutes begins"),
        LOG_RESOURCE,
        TARGET_RESOURCE,
        MAC,
        FORMAT,
        column("acl", Kept::Name, "the NSG or network group that decided, as logged"),
        column("rule", Kept::Name, "its rule, as logged"),
        DIRECTION,
        STATUS,
        PROTOCOL,
        column("encryption", Kept::Name, "encryption as logged (X, NX, NX_…); empty where not stated"),
        SRC_IP,
        DST_IP,
        DST_PORT,
        column("flows_started", Kept::U64, "tuples that begin a flow"),
        column("flows_ended", Kept::U64, "tuples that end a flow"),
        column("tuples", Kept::U64, "all tuples"),
        TUPLES_UNMEASURED,
        PACKETS_SENT,
        BYTES_SENT,
        PACKETS_BACK,
        BYTES_BACK,
        FIRST_TIME,
        LAST_TIME,
    ],
};

/// Begins of connections, per hour and peer.
pub const CONTACTS: KeptTable = KeptTable {
    name: "contacts",
    doc: "begins of an hour: outbound ones, and inbound ones on management and database ports; by capture point, both addresses, port, protocol and status",
    columns: &[
        BLOB_ID,
        column("hour_start", Kept::Time, "when the hour begins"),
        LOG_RESOURCE,
        TARGET_RESOURCE,
        MAC,
        FORMAT,
        DIRECTION,
        STATUS,
        PROTOCOL,
        SRC_IP,
        DST_IP,
        DST_PORT,
        column("begins", Kept::U64, "begins; equal 5-tuples of one millisecond are one"),
        column("answered", Kept::U64, "ended with more than a reset coming back"),
        column("unanswered", Kept::U64, "denied, or ended with nothing or a reset coming back"),
        column("unknown", Kept::U64, "not measured, or not ended within the blob"),
        BYTES_SENT,
        BYTES_BACK,
        column("starts", Kept::U32List, "when they began, ms from the hour; 60 counts per minute where there are more than 720"),
        column("sizes", Kept::U64List, "bytes from source to destination of each; 0 for counts per minute"),
    ],
};

/// Flows whose begin or end lies in another blob.
pub const OPEN_FLOWS: KeptTable = KeptTable {
    name: "open_flows",
    doc: "a flow whose begin or end is in no blob of its unit",
    columns: &[
        BLOB_ID,
        LOG_RESOURCE,
        TARGET_RESOURCE,
        MAC,
        FORMAT,
        DIRECTION,
        PROTOCOL,
        SRC_IP,
        DST_IP,
        column("src_port", Kept::U16, "source port"),
        DST_PORT,
        column("begun", Kept::Flag, "whether its begin was seen"),
        column("ended", Kept::Flag, "whether its end was seen"),
        TUPLES_UNMEASURED,
        PACKETS_SENT,
        BYTES_SENT,
        PACKETS_BACK,
        BYTES_BACK,
        FIRST_TIME,
        LAST_TIME,
    ],
};

/// What each capture point logged in each hour.
pub const COVERAGE: KeptTable = KeptTable {
    name: "coverage",
    doc: "what a capture point logged in an hour",
    columns: &[
        BLOB_ID,
        column("hour_start", Kept::Time, "when the hour begins"),
        LOG_RESOURCE,
        TARGET_RESOURCE,
        MAC,
        FORMAT,
        column("records", Kept::U64, "records with a tuple of this hour"),
        column("inbound_begin", Kept::U64, "inbound tuples: allowed begins"),
        column("inbound_continuing", Kept::U64, "inbound tuples: continuing"),
        column("inbound_end", Kept::U64, "inbound tuples: ends"),
        column("inbound_denied", Kept::U64, "inbound tuples: denied"),
        column("inbound_unstated", Kept::U64, "inbound tuples: allowed ones of NSG v1"),
        column("outbound_begin", Kept::U64, "outbound tuples: allowed begins"),
        column("outbound_continuing", Kept::U64, "outbound tuples: continuing"),
        column("outbound_end", Kept::U64, "outbound tuples: ends"),
        column("outbound_denied", Kept::U64, "outbound tuples: denied"),
        column("outbound_unstated", Kept::U64, "outbound tuples: allowed ones of NSG v1"),
        TUPLES_UNMEASURED,
        column("tuples_late", Kept::U64, "tuples written more than five minutes after their time"),
        column("tuples_early", Kept::U64, "tuples more than a second younger than their record"),
        column("lag_ms_min", Kept::I64, "least time from a tuple to its record, ms; unknown where no record states a time"),
        column("lag_ms_max", Kept::I64, "greatest time from a tuple to its record, ms"),
        FIRST_TIME,
        LAST_TIME,
    ],
};

/// Who captured.
pub const CAPTURE_POINTS: KeptTable = KeptTable {
    name: "capture_points",
    doc: "a NIC as seen by one flow log in one blob",
    columns: &[
        BLOB_ID,
        LOG_RESOURCE,
        TARGET_RESOURCE,
        MAC,
        FORMAT,
        column("forwards", Kept::Flag, "whether one flow went both in and out of it"),
        column("records", Kept::U64, "records kept with a tuple of it"),
    ],
};

/// What was refused.
pub const REJECTS: KeptTable = KeptTable {
    name: "rejects",
    doc: "a tuple or record that was refused, at most 1,000 per blob and reason",
    columns: &[
        BLOB_ID,
        column("blob", Kept::Name, "name of the blob, relative to its INPUT"),
        column("record", Kept::U64, "which record of the blob, from 0"),
        column("flow", Kept::I64, "which element of the record's outer flows, from 0; unknown for a record"),
        column("group", Kept::I64, "which element of the inner list, from 0; unknown for a record"),
        column("tuple", Kept::I64, "which element of flowTuples, from 0; unknown for a record"),
        column("byte_offset", Kept::U64, "where it begins, bytes from the start of the decompressed blob"),
        column("reason", Kept::Name, "why"),
        column("text", Kept::Text, "the refused text, at most 200 bytes"),
    ],
};

/// What was read of each blob.
pub const BLOBS: KeptTable = KeptTable {
    name: "blobs",
    doc: "what was read of a blob, or of the blobs of one capture point and hour, in one run",
    columns: &[
        BLOB_ID,
        column("blob", Kept::Text, "name of the first blob, relative to its INPUT"),
        column("blobs", Kept::U64, "how many blobs were first read here; 0 where one was read on"),
        column("blobs_failed", Kept::U64, "blobs that could not be read whole, or of which everything was rejected"),
        column("blobs_ignored", Kept::U64, "files that are no flow log"),
        column("bytes", Kept::U64, "bytes read, as stored"),
        column("records", Kept::U64, "records, repeats and rejected ones included"),
        column("records_duplicate", Kept::U64, "records dropped because they repeat"),
        column("records_rejected", Kept::U64, "records that could not be walked"),
        column("tuples_read", Kept::U64, "tuples_kept + tuples_rejected + tuples_duplicate"),
        column("tuples_kept", Kept::U64, "tuples that count"),
        column("tuples_rejected", Kept::U64, "tuples refused"),
        column("tuples_duplicate", Kept::U64, "tuples of repeated records"),
        column("rejected_by_reason", Kept::U64List, "rejects by reason, in the order of docs/workspace.md"),
        column("first_time", Kept::Time, "time of its first tuple; unknown without one"),
        column("last_time", Kept::Time, "time of its last tuple; unknown without one"),
    ],
};

/// Blobs that could not be read whole.
pub const PROBLEMS: KeptTable = KeptTable {
    name: "problems",
    doc: "a blob that could not be read whole",
    columns: &[
        BLOB_ID,
        column("blob", Kept::Text, "name of the blob, relative to its INPUT"),
        column("problem", Kept::Text, "what is wrong with it"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_sorted_and_lower_case() {
        assert!(TABLES.windows(2).all(|pair| pair[0].name < pair[1].name));
        for table in TABLES {
            let mut names: Vec<_> = table.columns.iter().chain(PARTITIONS).map(|column| column.name).collect();
            assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')), "{names:?}");
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{}: {names:?}", table.name);
            assert_eq!(table.columns[0].name, "blob_id");
        }
    }
}
