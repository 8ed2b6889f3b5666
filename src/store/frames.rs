//! Rows of Partials as frames with the columns of `schema::kept`, table by table.
//!
//! Goes in: the rows of a file. Comes out: its frame. What is read back from it is in [`super::rows`].

use std::borrow::Cow;
use std::ops::Range;

use polars::prelude::{Column, DataFrame, PolarsError};

use super::cells::Cells;
use super::column::{Picks, flags, i64s, known_times, u8s, u16s, u32_lists, u64_lists, u64s};
use super::error::StoreError;
use super::rows::{self, KeptRows};
use crate::rollup::UnitRows;
use crate::schema::kept::{CONTACTS, COVERAGE, KeptTable, OPEN_FLOWS, TRAFFIC};
use crate::schema::partial::{CapturePoint, Coverage, OpenFlow, StateCounts};
use crate::schema::units::{HOUR_MS, Interval};
use crate::schema::{Direction, Encryption, Partial, Status};

type Columns = Result<Vec<Column>, PolarsError>;

/// A table that is made of Partials: which of its columns are built how.
pub(super) struct PartialTable {
    /// Its name and columns.
    pub table: &'static KeptTable,
    /// The rows of a unit.
    pub range: fn(&UnitRows) -> Range<usize>,
    /// The hour of a row, from the epoch.
    pub hour: fn(&Partial, usize, Interval) -> u32,
    columns: fn(&Picks<'_>, Interval) -> Columns,
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

impl PartialTable {
    /// Reads all columns.
    pub fn reading(&self) -> Reading {
        Reading { columns: None, read: self.read }
    }

    /// The frame of a file's rows.
    pub fn frame(&self, picks: &Picks<'_>, interval: Interval) -> Result<DataFrame, PolarsError> {
        DataFrame::new(picks.count(), (self.columns)(picks, interval)?)
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

fn traffic(picks: &Picks<'_>, interval: Interval) -> Columns {
    let starts = picks.values(|p, row| interval.start(p.traffic.interval[row]));
    let at = |offset: fn(&Partial) -> &[u32]| {
        picks.values(|p, row| interval.start(p.traffic.interval[row]) + i64::from(offset(p)[row]))
    };
    let mut columns = vec![picks.blob_ids(), known_times("interval_start", starts)];
    columns.extend(capture_point(picks, |p, row| p.traffic.capture_point[row])?);
    let rule = |p: &Partial, row: usize| p.traffic.rule[row] as usize;
    columns.push(picks.names("acl", |p| p.rules.len(), rule, |p, rule| Cow::from(&*p.rules[rule].acl))?);
    columns.push(picks.names("rule", |p| p.rules.len(), rule, |p, rule| Cow::from(&*p.rules[rule].rule))?);
    columns.push(direction(picks, |p, row| p.traffic.direction[row])?);
    columns.push(status(picks, |p, row| p.traffic.status[row])?);
    columns.push(u8s("protocol", picks.gather(|p| &p.traffic.protocol)));
    columns.push(picks.names(
        "encryption",
        |_| usize::from(u8::MAX) + 1,
        |p, row| usize::from(p.traffic.encryption[row]),
        |p, code| Cow::from(encryption(p, code)),
    )?);
    columns.push(address(picks, "src_ip", |p, row| p.traffic.src_ip[row])?);
    columns.push(address(picks, "dst_ip", |p, row| p.traffic.dst_ip[row])?);
    columns.push(u16s("dst_port", picks.gather(|p| &p.traffic.dst_port)));
    columns.push(u64s("flows_started", picks.gather(|p| &p.traffic.flows_started)));
    columns.push(u64s("flows_ended", picks.gather(|p| &p.traffic.flows_ended)));
    columns.push(u64s("tuples", picks.gather(|p| &p.traffic.tuples)));
    columns.push(u64s("tuples_unmeasured", picks.gather(|p| &p.traffic.tuples_unmeasured)));
    columns.push(u64s("packets_src_to_dst", picks.gather(|p| &p.traffic.packets_src_to_dst)));
    columns.push(u64s("bytes_src_to_dst", picks.gather(|p| &p.traffic.bytes_src_to_dst)));
    columns.push(u64s("packets_dst_to_src", picks.gather(|p| &p.traffic.packets_dst_to_src)));
    columns.push(u64s("bytes_dst_to_src", picks.gather(|p| &p.traffic.bytes_dst_to_src)));
    columns.push(known_times("first_time", at(|p| &p.traffic.first_offset)));
    columns.push(known_times("last_time", at(|p| &p.traffic.last_offset)));
    Ok(columns)
}

fn contacts(picks: &Picks<'_>, _: Interval) -> Columns {
    let hours = picks.values(|p, row| i64::from(p.contacts.hour[row]) * HOUR_MS);
    let mut columns = vec![picks.blob_ids(), known_times("hour_start", hours)];
    columns.extend(capture_point(picks, |p, row| p.contacts.capture_point[row])?);
    columns.push(direction(picks, |p, row| p.contacts.direction[row])?);
    columns.push(status(picks, |p, row| p.contacts.status[row])?);
    columns.push(u8s("protocol", picks.gather(|p| &p.contacts.protocol)));
    columns.push(address(picks, "src_ip", |p, row| p.contacts.src_ip[row])?);
    columns.push(address(picks, "dst_ip", |p, row| p.contacts.dst_ip[row])?);
    columns.push(u16s("dst_port", picks.gather(|p| &p.contacts.dst_port)));
    columns.push(u64s("begins", picks.gather(|p| &p.contacts.begins)));
    columns.push(u64s("answered", picks.gather(|p| &p.contacts.answered)));
    columns.push(u64s("unanswered", picks.gather(|p| &p.contacts.unanswered)));
    columns.push(u64s("unknown", picks.gather(|p| &p.contacts.unknown)));
    columns.push(u64s("bytes_src_to_dst", picks.gather(|p| &p.contacts.bytes_src_to_dst)));
    columns.push(u64s("bytes_dst_to_src", picks.gather(|p| &p.contacts.bytes_dst_to_src)));
    let ranges = || {
        picks
            .picks
            .iter()
            .flat_map(|pick| pick.rows.iter().map(|row| (pick.partial, pick.partial.contacts.starts_of(*row as usize))))
    };
    let values = ranges().map(|(_, range)| range.len()).sum();
    let starts: Vec<&[u32]> = ranges().map(|(partial, range)| &partial.contacts.starts[range]).collect();
    let sizes: Vec<&[u64]> = ranges().map(|(partial, range)| &partial.contacts.sizes[range]).collect();
    columns.push(u32_lists("starts", starts.into_iter(), values));
    columns.push(u64_lists("sizes", sizes.into_iter(), values));
    Ok(columns)
}

fn open_flows(picks: &Picks<'_>, _: Interval) -> Columns {
    let flow = |p: &Partial, row: usize| p.open_flows[row];
    let sum = |value: fn(OpenFlow) -> u64| picks.values(|p, row| value(flow(p, row)));
    let mut columns = vec![picks.blob_ids()];
    columns.extend(capture_point(picks, |p, row| flow(p, row).capture_point)?);
    columns.push(direction(picks, |p, row| flow(p, row).direction)?);
    columns.push(u8s("protocol", picks.values(|p, row| flow(p, row).protocol)));
    columns.push(address(picks, "src_ip", |p, row| flow(p, row).src_ip)?);
    columns.push(address(picks, "dst_ip", |p, row| flow(p, row).dst_ip)?);
    columns.push(u16s("src_port", picks.values(|p, row| flow(p, row).src_port)));
    columns.push(u16s("dst_port", picks.values(|p, row| flow(p, row).dst_port)));
    columns.push(flags("begun", picks.values(|p, row| flow(p, row).begun)));
    columns.push(flags("ended", picks.values(|p, row| flow(p, row).ended)));
    columns.push(u64s("tuples_unmeasured", sum(|flow| u64::from(flow.tuples_unmeasured))));
    columns.push(u64s("packets_src_to_dst", sum(|flow| flow.packets_src_to_dst)));
    columns.push(u64s("bytes_src_to_dst", sum(|flow| flow.bytes_src_to_dst)));
    columns.push(u64s("packets_dst_to_src", sum(|flow| flow.packets_dst_to_src)));
    columns.push(u64s("bytes_dst_to_src", sum(|flow| flow.bytes_dst_to_src)));
    columns.push(known_times("first_time", picks.values(|p, row| flow(p, row).first_time)));
    columns.push(known_times("last_time", picks.values(|p, row| flow(p, row).last_time)));
    Ok(columns)
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

fn coverage(picks: &Picks<'_>, _: Interval) -> Columns {
    let row_of = |p: &Partial, row: usize| p.coverage[row];
    let sum = |value: fn(&Coverage) -> u64| picks.values(|p, row| value(&row_of(p, row)));
    let hours = picks.values(|p, row| i64::from(row_of(p, row).hour) * HOUR_MS);
    let mut columns = vec![picks.blob_ids(), known_times("hour_start", hours)];
    columns.extend(capture_point(picks, |p, row| row_of(p, row).capture_point)?);
    columns.push(u64s("records", sum(|row| row.records)));
    for (name, direction, count) in STATES {
        columns.push(u64s(name, picks.values(|p, row| count(&row_of(p, row).tuples[*direction as usize]))));
    }
    columns.push(u64s("tuples_unmeasured", sum(|row| row.tuples_unmeasured)));
    columns.push(u64s("tuples_late", sum(|row| row.tuples_late)));
    columns.push(u64s("tuples_early", sum(|row| row.tuples_early)));
    columns.push(i64s("lag_ms_min", picks.values(|p, row| row_of(p, row).lag.map(|(min, _)| min))));
    columns.push(i64s("lag_ms_max", picks.values(|p, row| row_of(p, row).lag.map(|(_, max)| max))));
    columns.push(known_times("first_time", picks.values(|p, row| row_of(p, row).first_time)));
    columns.push(known_times("last_time", picks.values(|p, row| row_of(p, row).last_time)));
    Ok(columns)
}

/// A text of a capture point.
type PointText = fn(&CapturePoint) -> &str;

/// The four columns that name a capture point.
pub(super) fn capture_point(picks: &Picks<'_>, index: impl Fn(&Partial, usize) -> u32) -> Columns {
    let columns: [(&str, PointText); 4] = [
        ("log_resource", |point| &point.log_resource),
        ("target_resource", |point| &point.target_resource),
        ("mac", |point| &point.mac),
        ("format", |point| point.format.name()),
    ];
    columns
        .into_iter()
        .map(|(name, text)| {
            let of = |p: &Partial, row: usize| index(p, row) as usize;
            picks.names(name, |p| p.capture_points.len(), of, |p, point| Cow::from(text(&p.capture_points[point])))
        })
        .collect()
}

/// A column of addresses.
pub(super) fn address(picks: &Picks<'_>, name: &str, index: impl Fn(&Partial, usize) -> u32) -> Result<Column, PolarsError> {
    let of = |p: &Partial, row: usize| index(p, row) as usize;
    picks.names(name, |p| p.addresses.len(), of, |p, address| Cow::from(p.addresses[address].to_string()))
}

/// The column `direction` of codes.
pub(super) fn direction(picks: &Picks<'_>, code: impl Fn(&Partial, usize) -> u8) -> Result<Column, PolarsError> {
    let of = |p: &Partial, row: usize| usize::from(code(p, row));
    picks.names("direction", |_| Direction::ALL.len(), of, |_, code| Cow::from(Direction::ALL[code].name()))
}

/// The column `status` of codes.
pub(super) fn status(picks: &Picks<'_>, code: impl Fn(&Partial, usize) -> u8) -> Result<Column, PolarsError> {
    let of = |p: &Partial, row: usize| usize::from(code(p, row));
    picks.names("status", |_| Status::ALL.len(), of, |_, code| Cow::from(Status::ALL[code].name()))
}

/// The text of an encryption code of a Partial.
fn encryption(partial: &Partial, code: usize) -> &str {
    match code.checked_sub(usize::from(Encryption::FIRST_UNKNOWN)) {
        Some(unknown) => &partial.encryptions[unknown],
        None => Encryption::KNOWN[code],
    }
}
