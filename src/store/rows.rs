//! Rows of Partials read back from the files of a workspace.
//!
//! Goes in: frames with the columns of `schema::kept`. Comes out: Partials with the rows of one table, and the blob of each row.
//! The inverse of [`super::partial_tables`].

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;

use super::cells::{Cells, NameCells};
use super::error::StoreError;
use crate::schema::partial::{CapturePoint, Contacts, Coverage, OpenFlow, Rule, StateCounts, Traffic};
use crate::schema::units::{HOUR_MS, Interval};
use crate::schema::{Address, Direction, Encryption, Format, Partial, Status};

/// Rows of one table.
#[derive(Debug, Default)]
pub struct KeptRows {
    /// The rows, and the dictionaries that they refer to.
    pub partial: Partial,
    /// The blob of each row.
    pub blob_ids: Vec<u32>,
}

/// Reads rows of `traffic`, whose intervals are of length `interval`.
pub(super) fn traffic(cells: Cells<'_>, interval: Interval) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let (seen, starts) = seen(cells, &mut partial, interval)?;
    partial.traffic = Traffic {
        rule: rules(cells, &mut partial.rules)?,
        encryption: encryptions(cells, &mut partial.encryptions)?,
        flows_ended: cells.counts("flows_ended")?,
        tuples: cells.counts("tuples")?,
        tuples_unmeasured: cells.counts("tuples_unmeasured")?,
        packets_src_to_dst: cells.u64s("packets_src_to_dst")?,
        packets_dst_to_src: cells.u64s("packets_dst_to_src")?,
        first_offset: offsets(cells, "first_time", &starts)?,
        last_offset: offsets(cells, "last_time", &starts)?,
        ..seen
    };
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// What every reading of `traffic` but that of names has: when, who, where to, how many flows and bytes; and the start of each interval, ms since
/// the epoch.
fn seen(cells: Cells<'_>, partial: &mut Partial, interval: Interval) -> Result<(Traffic, Vec<i64>), StoreError> {
    let starts = cells.known_times("interval_start")?;
    let (src_ip, dst_ip) = end_addresses(cells, &mut partial.addresses)?;
    let traffic = Traffic {
        interval: starts.iter().map(|start| interval.number(*start)).collect(),
        capture_point: capture_points(cells, &mut partial.capture_points)?,
        direction: codes(cells, "direction", &Direction::ALL.map(Direction::name))?,
        status: codes(cells, "status", &Status::ALL.map(Status::name))?,
        protocol: cells.u8s("protocol")?,
        src_ip,
        dst_ip,
        dst_port: cells.u16s("dst_port")?,
        flows_started: cells.counts("flows_started")?,
        bytes_src_to_dst: cells.u64s("bytes_src_to_dst")?,
        bytes_dst_to_src: cells.u64s("bytes_dst_to_src")?,
        ..Traffic::default()
    };
    Ok((traffic, starts))
}

/// Moments as ms from the starts of their intervals.
fn offsets(cells: Cells<'_>, name: &str, starts: &[i64]) -> Result<Vec<u32>, StoreError> {
    let times = cells.known_times(name)?;
    let offsets = times.iter().zip(starts).map(|(time, start)| u32::try_from(time - start).ok());
    offsets.collect::<Option<Vec<u32>>>().ok_or_else(|| cells.wrong(name, "a moment lies outside its interval"))
}

/// The columns of `traffic` that [`names`] reads.
pub(super) const NAME_COLUMNS: &[&str] = &[
    "blob_id",
    "log_resource",
    "target_resource",
    "mac",
    "format",
    "acl",
    "rule",
    "direction",
    "status",
    "encryption",
    "src_ip",
    "dst_ip",
];

/// Reads of rows of `traffic` who was seen where, allowed or denied.
pub(super) fn names(cells: Cells<'_>) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let traffic = Traffic {
        capture_point: capture_points(cells, &mut partial.capture_points)?,
        rule: rules(cells, &mut partial.rules)?,
        direction: codes(cells, "direction", &Direction::ALL.map(Direction::name))?,
        status: codes(cells, "status", &Status::ALL.map(Status::name))?,
        encryption: encryptions(cells, &mut partial.encryptions)?,
        ..Traffic::default()
    };
    let (src_ip, dst_ip) = end_addresses(cells, &mut partial.addresses)?;
    partial.traffic = Traffic { interval: vec![0; src_ip.len()], src_ip, dst_ip, ..traffic }.filled();
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// The columns of `traffic` that [`measures`] reads.
pub(super) const MEASURE_COLUMNS: &[&str] = &[
    "blob_id",
    "interval_start",
    "log_resource",
    "target_resource",
    "mac",
    "format",
    "direction",
    "status",
    "protocol",
    "src_ip",
    "dst_ip",
    "dst_port",
    "flows_started",
    "tuples_unmeasured",
    "packets_src_to_dst",
    "bytes_src_to_dst",
    "packets_dst_to_src",
    "bytes_dst_to_src",
];

/// Reads of rows of `traffic` when, who, where to, and how much.
pub(super) fn measures(cells: Cells<'_>, interval: Interval) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let (seen, _) = seen(cells, &mut partial, interval)?;
    let traffic = Traffic {
        tuples_unmeasured: cells.counts("tuples_unmeasured")?,
        packets_src_to_dst: cells.u64s("packets_src_to_dst")?,
        packets_dst_to_src: cells.u64s("packets_dst_to_src")?,
        ..seen
    };
    partial.traffic = traffic.filled();
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// The columns of `traffic` that [`past`] reads.
pub(super) const PAST_COLUMNS: &[&str] = &[
    "blob_id",
    "interval_start",
    "log_resource",
    "target_resource",
    "mac",
    "format",
    "acl",
    "rule",
    "direction",
    "status",
    "protocol",
    "src_ip",
    "dst_ip",
    "dst_port",
    "flows_started",
    "bytes_src_to_dst",
    "bytes_dst_to_src",
    "first_time",
    "last_time",
];

/// Reads of rows of `traffic` when, by which rule, who, where to, how many flows and bytes.
pub(super) fn past(cells: Cells<'_>, interval: Interval) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let (seen, starts) = seen(cells, &mut partial, interval)?;
    let traffic = Traffic {
        rule: rules(cells, &mut partial.rules)?,
        first_offset: offsets(cells, "first_time", &starts)?,
        last_offset: offsets(cells, "last_time", &starts)?,
        ..seen
    };
    partial.traffic = traffic.filled();
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// Reads rows of `contacts`.
pub(super) fn contacts(cells: Cells<'_>) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let (starts, starts_end) = cells.u32_lists("starts")?;
    let (sizes, sizes_end) = cells.u64_lists("sizes")?;
    if starts_end != sizes_end {
        return Err(cells.wrong("sizes", "there are not as many as starts"));
    }
    let contacts = Contacts {
        hour: hours(cells, "hour_start")?,
        capture_point: capture_points(cells, &mut partial.capture_points)?,
        direction: codes(cells, "direction", &Direction::ALL.map(Direction::name))?,
        status: codes(cells, "status", &Status::ALL.map(Status::name))?,
        protocol: cells.u8s("protocol")?,
        dst_port: cells.u16s("dst_port")?,
        begins: cells.counts("begins")?,
        answered: cells.counts("answered")?,
        unanswered: cells.counts("unanswered")?,
        unknown: cells.counts("unknown")?,
        bytes_src_to_dst: cells.u64s("bytes_src_to_dst")?,
        bytes_dst_to_src: cells.u64s("bytes_dst_to_src")?,
        starts_end,
        starts,
        sizes,
        ..Contacts::default()
    };
    let (src_ip, dst_ip) = end_addresses(cells, &mut partial.addresses)?;
    partial.contacts = Contacts { src_ip, dst_ip, ..contacts };
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// Reads rows of `open_flows`.
pub(super) fn open_flows(cells: Cells<'_>) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let points = capture_points(cells, &mut partial.capture_points)?;
    let (src_ip, dst_ip) = end_addresses(cells, &mut partial.addresses)?;
    let directions = codes(cells, "direction", &Direction::ALL.map(Direction::name))?;
    let (protocol, src_port, dst_port) = (cells.u8s("protocol")?, cells.u16s("src_port")?, cells.u16s("dst_port")?);
    let (begun, ended) = (cells.flags("begun")?, cells.flags("ended")?);
    let unmeasured = cells.counts("tuples_unmeasured")?;
    let (packets_src_to_dst, bytes_src_to_dst) = (cells.u64s("packets_src_to_dst")?, cells.u64s("bytes_src_to_dst")?);
    let (packets_dst_to_src, bytes_dst_to_src) = (cells.u64s("packets_dst_to_src")?, cells.u64s("bytes_dst_to_src")?);
    let (first_time, last_time) = (cells.known_times("first_time")?, cells.known_times("last_time")?);
    partial.open_flows = (0..points.len())
        .map(|row| OpenFlow {
            capture_point: points[row],
            src_ip: src_ip[row],
            dst_ip: dst_ip[row],
            src_port: src_port[row],
            dst_port: dst_port[row],
            protocol: protocol[row],
            direction: directions[row],
            begun: begun[row],
            ended: ended[row],
            tuples_unmeasured: unmeasured[row],
            first_time: first_time[row],
            last_time: last_time[row],
            packets_src_to_dst: packets_src_to_dst[row],
            bytes_src_to_dst: bytes_src_to_dst[row],
            packets_dst_to_src: packets_dst_to_src[row],
            bytes_dst_to_src: bytes_dst_to_src[row],
        })
        .collect();
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// Reads rows of `coverage`.
pub(super) fn coverage(cells: Cells<'_>) -> Result<KeptRows, StoreError> {
    let mut partial = Partial::default();
    let points = capture_points(cells, &mut partial.capture_points)?;
    let hour = hours(cells, "hour_start")?;
    let records = cells.u64s("records")?;
    let counts = |direction: &str| -> Result<Vec<StateCounts>, StoreError> {
        let of = |state: &str| cells.u64s(&format!("{direction}_{state}"));
        let (begin, continuing, end, denied, unstated) =
            (of("begin")?, of("continuing")?, of("end")?, of("denied")?, of("unstated")?);
        let row = |row: usize| StateCounts {
            begin: begin[row],
            continuing: continuing[row],
            end: end[row],
            denied: denied[row],
            unstated: unstated[row],
        };
        Ok((0..begin.len()).map(row).collect())
    };
    let (inbound, outbound) = (counts("inbound")?, counts("outbound")?);
    let (unmeasured, late, early) = (cells.u64s("tuples_unmeasured")?, cells.u64s("tuples_late")?, cells.u64s("tuples_early")?);
    let (lag_min, lag_max) = (cells.i64s("lag_ms_min")?, cells.i64s("lag_ms_max")?);
    let (first_time, last_time) = (cells.known_times("first_time")?, cells.known_times("last_time")?);
    partial.coverage = (0..points.len())
        .map(|row| Coverage {
            capture_point: points[row],
            hour: hour[row],
            records: records[row],
            tuples: [inbound[row], outbound[row]],
            tuples_unmeasured: unmeasured[row],
            tuples_late: late[row],
            tuples_early: early[row],
            lag: lag_min[row].zip(lag_max[row]),
            first_time: first_time[row],
            last_time: last_time[row],
        })
        .collect();
    Ok(KeptRows { partial, blob_ids: cells.u32s("blob_id")? })
}

/// Per row the number of its capture point, each of which is entered into `points` once.
pub(super) fn capture_points(cells: Cells<'_>, points: &mut Vec<CapturePoint>) -> Result<Vec<u32>, StoreError> {
    let columns = [cells.names("log_resource")?, cells.names("target_resource")?, cells.names("mac")?, cells.names("format")?];
    let formats = columns[3].texts.iter().map(|text| Format::ALL.into_iter().find(|format| format.name() == &**text));
    let formats: Vec<Option<Format>> = formats.collect();
    let keys = (0..columns[0].numbers.len()).map(|row| columns.each_ref().map(|column| column.numbers[row]));
    let (numbers, distinct) = numbered(keys);
    for [log_resource, target_resource, mac, format] in distinct {
        let text = |column: usize, number: u32| columns[column].texts[number as usize].clone();
        points.push(CapturePoint {
            log_resource: text(0, log_resource),
            target_resource: text(1, target_resource),
            mac: text(2, mac),
            format: formats[format as usize].ok_or_else(|| cells.wrong("format", "it is none that this build knows"))?,
            forwards: false,
            records: 0,
        });
    }
    Ok(numbers)
}

/// Per row the number of its rule, each of which is entered into `rules` once.
fn rules(cells: Cells<'_>, rules: &mut Vec<Rule>) -> Result<Vec<u32>, StoreError> {
    let (acl, rule) = (cells.names("acl")?, cells.names("rule")?);
    let (numbers, distinct) = numbered(acl.numbers.iter().copied().zip(rule.numbers.iter().copied()));
    let text = |(acl_number, rule_number): (u32, u32)| Rule {
        acl: acl.texts[acl_number as usize].clone(),
        rule: rule.texts[rule_number as usize].clone(),
    };
    rules.extend(distinct.into_iter().map(text));
    Ok(numbers)
}

/// Per row the number of its key, and the keys by their numbers. A key that repeats from row to row costs no look-up.
fn numbered<K: Copy + Eq + Hash>(keys: impl Iterator<Item = K>) -> (Vec<u32>, Vec<K>) {
    let mut numbers = Vec::with_capacity(keys.size_hint().0);
    let mut distinct = Vec::new();
    let mut number_of: HashMap<K, u32> = HashMap::new();
    let mut last: Option<(K, u32)> = None;
    for key in keys {
        let number = match last {
            Some((known, number)) if known == key => number,
            _ => *number_of.entry(key).or_insert_with(|| {
                distinct.push(key);
                distinct.len() as u32 - 1
            }),
        };
        last = Some((key, number));
        numbers.push(number);
    }
    (numbers, distinct)
}

/// Per row the code of a column that holds one of few words.
pub(super) fn codes(cells: Cells<'_>, name: &str, words: &[&str]) -> Result<Vec<u8>, StoreError> {
    let NameCells { numbers, texts } = cells.names(name)?;
    let codes: Vec<Option<u8>> =
        texts.iter().map(|text| words.iter().zip(0..).find(|(word, _)| **word == &**text).map(|(_, code)| code)).collect();
    let codes = numbers.into_iter().map(|number| codes[number as usize]).collect::<Option<Vec<u8>>>();
    codes.ok_or_else(|| cells.wrong(name, "it holds a word that this build does not know"))
}

/// Per row the code of its encryption; unknown texts are entered into `unknown`.
fn encryptions(cells: Cells<'_>, unknown: &mut Vec<Box<str>>) -> Result<Vec<u8>, StoreError> {
    let NameCells { numbers, texts } = cells.names("encryption")?;
    let codes = texts.into_iter().map(|text| match Encryption::KNOWN.iter().position(|known| **known == *text) {
        Some(code) => Some(code as u8),
        None => {
            unknown.push(text);
            u8::try_from(usize::from(Encryption::FIRST_UNKNOWN) + unknown.len() - 1).ok()
        }
    });
    let codes =
        codes.collect::<Option<Vec<u8>>>().ok_or_else(|| cells.wrong("encryption", "it holds too many different texts"))?;
    Ok(numbers.into_iter().map(|number| codes[number as usize]).collect())
}

fn hours(cells: Cells<'_>, name: &str) -> Result<Vec<u32>, StoreError> {
    let hours = cells.known_times(name)?.into_iter().map(|start| u32::try_from(start.div_euclid(HOUR_MS)).ok());
    hours.collect::<Option<Vec<u32>>>().ok_or_else(|| cells.wrong(name, "a moment lies before 1970"))
}

/// Per row the numbers of its source and destination, each of which is entered into `addresses` once.
pub(super) fn end_addresses(cells: Cells<'_>, addresses: &mut Vec<Address>) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
    let mut list = AddressList::default();
    let ends = (list.column(cells, "src_ip")?, list.column(cells, "dst_ip")?);
    *addresses = list.list;
    Ok(ends)
}

/// The addresses of several columns, each once.
#[derive(Default)]
struct AddressList {
    /// In the order first met.
    list: Vec<Address>,
    numbers: HashMap<Address, u32>,
}

impl AddressList {
    /// Per row of the column the number of its address.
    pub fn column(&mut self, cells: Cells<'_>, name: &str) -> Result<Vec<u32>, StoreError> {
        let NameCells { numbers, texts } = cells.names(name)?;
        let mut of_text = Vec::with_capacity(texts.len());
        for text in &texts {
            let address: Option<Address> = text.parse::<IpAddr>().ok().map(Address::from);
            of_text.push(address.map(|address| self.number(address)));
        }
        let numbers = numbers.into_iter().map(|number| of_text[number as usize]).collect::<Option<Vec<u32>>>();
        numbers.ok_or_else(|| cells.wrong(name, "a text is no address"))
    }

    fn number(&mut self, address: Address) -> u32 {
        *self.numbers.entry(address).or_insert_with(|| {
            self.list.push(address);
            self.list.len() as u32 - 1
        })
    }
}
