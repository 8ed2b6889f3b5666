//! How the columns of `schema::kept` are made of rows of Partials, table by table.
//!
//! Goes in: nothing; these are facts. Comes out: what a file of each table is written by. What is read back from it is in [`super::rows`].

use std::ops::Range;

use super::cells::Cells;
use super::error::StoreError;
use super::picked::Columns;
use super::rows::{self, KeptRows};
use crate::rollup::UnitRows;
use crate::schema::kept::{CONTACTS, COVERAGE, Kept, KeptTable, OPEN_FLOWS, TRAFFIC};
use crate::schema::partial::StateCounts;
use crate::schema::units::{HOUR_MS, Interval};
use crate::schema::{Direction, Encryption, Partial, Status};

/// A table that is made of Partials: which of its columns are built how.
pub(super) struct PartialTable {
    /// Its name and columns.
    pub table: &'static KeptTable,
    /// The rows of a unit.
    pub range: fn(&UnitRows) -> Range<usize>,
    /// The hour of a row, from the epoch.
    pub hour: fn(&Partial, usize, Interval) -> u32,
    /// Its columns.
    pub columns: fn(Interval) -> Columns,
    /// Reads its rows back.
    pub read: fn(Cells<'_>, Interval) -> Result<KeptRows, StoreError>,
}

/// How rows are read back.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// The columns that are needed; all without any.
    pub columns: Option<&'static [&'static str]>,
    /// Makes rows of them. What is not read is 0.
    pub read: fn(Cells<'_>, Interval) -> Result<KeptRows, StoreError>,
}

/// See [`super::Asked::Names`].
pub(super) const NAMES: Reading = Reading { columns: Some(rows::NAME_COLUMNS), read: |cells, _| rows::names(cells) };

/// See [`super::Asked::Measures`].
pub(super) const MEASURES: Reading = Reading { columns: Some(rows::MEASURE_COLUMNS), read: rows::measures };

/// See [`super::Workspace::load_past`].
pub(super) const PAST: Reading = Reading { columns: Some(rows::PAST_COLUMNS), read: rows::past };

impl PartialTable {
    /// Reads all columns.
    pub fn reading(&self) -> Reading {
        Reading { columns: None, read: self.read }
    }
}

/// Every table whose rows a Partial holds as they are kept.
pub(super) static PARTIAL_TABLES: &[PartialTable] = &[
    PartialTable {
        table: &TRAFFIC,
        range: |rows| rows.traffic.clone(),
        hour: |partial, row, interval| interval.hour(partial.traffic.interval[row]),
        columns: traffic,
        read: rows::traffic,
    },
    PartialTable {
        table: &CONTACTS,
        range: |rows| rows.contacts.clone(),
        hour: |partial, row, _| partial.contacts.hour[row],
        columns: contacts,
        read: |cells, _| rows::contacts(cells),
    },
    PartialTable {
        table: &OPEN_FLOWS,
        range: |rows| rows.open_flows.clone(),
        hour: |partial, row, _| hour_of(partial.open_flows[row].first_time),
        columns: open_flows,
        read: |cells, _| rows::open_flows(cells),
    },
    PartialTable {
        table: &COVERAGE,
        range: |rows| rows.coverage.clone(),
        hour: |partial, row, _| partial.coverage[row].hour,
        columns: coverage,
        read: |cells, _| rows::coverage(cells),
    },
];

/// The hour of a moment, from the epoch.
pub(super) fn hour_of(time: i64) -> u32 {
    u32::try_from(time.div_euclid(HOUR_MS)).unwrap_or(0)
}

fn traffic(interval: Interval) -> Columns {
    let mut columns = Columns::default();
    columns.blob_ids();
    columns.starts("interval_start", |p, row| p.traffic.interval[row], move |number| interval.start(number));
    capture_point(&mut columns, |p, row| p.traffic.capture_point[row]);
    let rule = |p: &Partial, row: usize| p.traffic.rule[row] as usize;
    columns.names("acl", |p| p.rules.len(), rule, |p, rule| &p.rules[rule].acl);
    columns.names("rule", |p| p.rules.len(), rule, |p, rule| &p.rules[rule].rule);
    direction(&mut columns, |p, row| p.traffic.direction[row]);
    status(&mut columns, |p, row| p.traffic.status[row]);
    columns.u8s("protocol", |p, row| p.traffic.protocol[row]);
    let encryption_code = |p: &Partial, row: usize| usize::from(p.traffic.encryption[row]);
    columns.names("encryption", |_| usize::from(u8::MAX) + 1, encryption_code, encryption);
    columns.addresses("src_ip", |p, row| p.traffic.src_ip[row]);
    columns.addresses("dst_ip", |p, row| p.traffic.dst_ip[row]);
    columns.u16s("dst_port", |p, row| p.traffic.dst_port[row]);
    columns.counts_of("flows_started", |p| &p.traffic.flows_started);
    columns.counts_of("flows_ended", |p| &p.traffic.flows_ended);
    columns.counts_of("tuples", |p| &p.traffic.tuples);
    columns.counts_of("tuples_unmeasured", |p| &p.traffic.tuples_unmeasured);
    columns.u64s_of("packets_src_to_dst", |p| &p.traffic.packets_src_to_dst);
    columns.u64s_of("bytes_src_to_dst", |p| &p.traffic.bytes_src_to_dst);
    columns.u64s_of("packets_dst_to_src", |p| &p.traffic.packets_dst_to_src);
    columns.u64s_of("bytes_dst_to_src", |p| &p.traffic.bytes_dst_to_src);
    let at = move |p: &Partial, row: usize, offset: &[u32]| interval.start(p.traffic.interval[row]) + i64::from(offset[row]);
    columns.times("first_time", move |p, row| at(p, row, &p.traffic.first_offset));
    columns.times("last_time", move |p, row| at(p, row, &p.traffic.last_offset));
    columns
}

fn contacts(_: Interval) -> Columns {
    let mut columns = Columns::default();
    columns.blob_ids();
    columns.starts("hour_start", |p, row| p.contacts.hour[row], |hour| i64::from(hour) * HOUR_MS);
    capture_point(&mut columns, |p, row| p.contacts.capture_point[row]);
    direction(&mut columns, |p, row| p.contacts.direction[row]);
    status(&mut columns, |p, row| p.contacts.status[row]);
    columns.u8s("protocol", |p, row| p.contacts.protocol[row]);
    columns.addresses("src_ip", |p, row| p.contacts.src_ip[row]);
    columns.addresses("dst_ip", |p, row| p.contacts.dst_ip[row]);
    columns.u16s("dst_port", |p, row| p.contacts.dst_port[row]);
    columns.counts_of("begins", |p| &p.contacts.begins);
    columns.counts_of("answered", |p| &p.contacts.answered);
    columns.counts_of("unanswered", |p| &p.contacts.unanswered);
    columns.counts_of("unknown", |p| &p.contacts.unknown);
    columns.u64s_of("bytes_src_to_dst", |p| &p.contacts.bytes_src_to_dst);
    columns.u64s_of("bytes_dst_to_src", |p| &p.contacts.bytes_dst_to_src);
    let range = |p: &Partial, row: usize| p.contacts.starts_of(row);
    columns.lists(("starts", Kept::U32List), range, |p| &p.contacts.starts);
    columns.lists(("sizes", Kept::U64List), range, |p| &p.contacts.sizes);
    columns
}

fn open_flows(_: Interval) -> Columns {
    let mut columns = Columns::default();
    columns.blob_ids();
    capture_point(&mut columns, |p, row| p.open_flows[row].capture_point);
    direction(&mut columns, |p, row| p.open_flows[row].direction);
    columns.u8s("protocol", |p, row| p.open_flows[row].protocol);
    columns.addresses("src_ip", |p, row| p.open_flows[row].src_ip);
    columns.addresses("dst_ip", |p, row| p.open_flows[row].dst_ip);
    columns.u16s("src_port", |p, row| p.open_flows[row].src_port);
    columns.u16s("dst_port", |p, row| p.open_flows[row].dst_port);
    columns.flags("begun", |p, row| p.open_flows[row].begun);
    columns.flags("ended", |p, row| p.open_flows[row].ended);
    columns.u64s("tuples_unmeasured", |p, row| u64::from(p.open_flows[row].tuples_unmeasured));
    columns.u64s("packets_src_to_dst", |p, row| p.open_flows[row].packets_src_to_dst);
    columns.u64s("bytes_src_to_dst", |p, row| p.open_flows[row].bytes_src_to_dst);
    columns.u64s("packets_dst_to_src", |p, row| p.open_flows[row].packets_dst_to_src);
    columns.u64s("bytes_dst_to_src", |p, row| p.open_flows[row].bytes_dst_to_src);
    columns.times("first_time", |p, row| p.open_flows[row].first_time);
    columns.times("last_time", |p, row| p.open_flows[row].last_time);
    columns
}

/// Which of the tuples of a direction.
type StateCount = fn(&StateCounts) -> u64;

/// The tuples of a coverage row, in the order of the columns, by direction and kind.
static STATES: &[(&str, Direction, StateCount)] = &[
    ("inbound_begin", Direction::Inbound, |c| c.begin),
    ("inbound_continuing", Direction::Inbound, |c| c.continuing),
    ("inbound_end", Direction::Inbound, |c| c.end),
    ("inbound_denied", Direction::Inbound, |c| c.denied),
    ("inbound_unstated", Direction::Inbound, |c| c.unstated),
    ("outbound_begin", Direction::Outbound, |c| c.begin),
    ("outbound_continuing", Direction::Outbound, |c| c.continuing),
    ("outbound_end", Direction::Outbound, |c| c.end),
    ("outbound_denied", Direction::Outbound, |c| c.denied),
    ("outbound_unstated", Direction::Outbound, |c| c.unstated),
];

fn coverage(_: Interval) -> Columns {
    let mut columns = Columns::default();
    columns.blob_ids();
    columns.starts("hour_start", |p, row| p.coverage[row].hour, |hour| i64::from(hour) * HOUR_MS);
    capture_point(&mut columns, |p, row| p.coverage[row].capture_point);
    columns.u64s("records", |p, row| p.coverage[row].records);
    for (name, direction, count) in STATES {
        columns.u64s(name, |p, row| count(&p.coverage[row].tuples[*direction as usize]));
    }
    columns.u64s("tuples_unmeasured", |p, row| p.coverage[row].tuples_unmeasured);
    columns.u64s("tuples_late", |p, row| p.coverage[row].tuples_late);
    columns.u64s("tuples_early", |p, row| p.coverage[row].tuples_early);
    columns.i64s("lag_ms_min", |p, row| p.coverage[row].lag.map(|(min, _)| min));
    columns.i64s("lag_ms_max", |p, row| p.coverage[row].lag.map(|(_, max)| max));
    columns.times("first_time", |p, row| p.coverage[row].first_time);
    columns.times("last_time", |p, row| p.coverage[row].last_time);
    columns
}

/// The four columns that name a capture point.
pub(super) fn capture_point(columns: &mut Columns, index: impl Fn(&Partial, usize) -> u32 + Copy + Send + Sync + 'static) {
    let count = |p: &Partial| p.capture_points.len();
    let of = move |p: &Partial, row: usize| index(p, row) as usize;
    columns.names("log_resource", count, of, |p, point| &p.capture_points[point].log_resource);
    columns.names("target_resource", count, of, |p, point| &p.capture_points[point].target_resource);
    columns.names("mac", count, of, |p, point| &p.capture_points[point].mac);
    columns.names("format", count, of, |p, point| p.capture_points[point].format.name());
}

/// The column `direction` of codes.
pub(super) fn direction(columns: &mut Columns, code: impl Fn(&Partial, usize) -> u8 + Send + Sync + 'static) {
    let of = move |p: &Partial, row: usize| usize::from(code(p, row));
    columns.names("direction", |_| Direction::ALL.len(), of, |_, code| Direction::ALL[code].name());
}

/// The column `status` of codes.
pub(super) fn status(columns: &mut Columns, code: impl Fn(&Partial, usize) -> u8 + Send + Sync + 'static) {
    let of = move |p: &Partial, row: usize| usize::from(code(p, row));
    columns.names("status", |_| Status::ALL.len(), of, |_, code| Status::ALL[code].name());
}

/// The text of an encryption code of a Partial.
fn encryption(partial: &Partial, code: usize) -> &str {
    match code.checked_sub(usize::from(Encryption::FIRST_UNKNOWN)) {
        Some(unknown) => &partial.encryptions[unknown],
        None => Encryption::KNOWN[code],
    }
}
