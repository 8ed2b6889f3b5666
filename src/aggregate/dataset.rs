//! The dataset: all Partials of a run under one numbering of addresses, rules and capture points.
//!
//! Goes in: Partials in any order. Comes out: the same rows, unmerged, whose numbers are ranks: the smaller number is the
//! smaller address, rule or capture point. So no table depends on the order in which Partials came. Counts nothing.

use polars::prelude::DataFrame;
use rayon::prelude::*;

use super::acls::Acls;
use super::rows::{self, Rows};
use crate::schema::partial::{BlobProblem, CapturePoint, Contacts, Counts, Coverage, OpenFlow, RejectRow, Rule, Traffic};
use crate::schema::units::Interval;
use crate::schema::{Address, Encryption, Partial};

/// Everything that is known of the logs, ready for counting.
#[derive(Debug, Default)]
pub struct Dataset {
    interval: Interval,
    addresses: Vec<Address>,
    rules: Vec<Rule>,
    encryptions: Vec<Box<str>>,
    capture_points: Vec<CapturePoint>,
    macs: Vec<Box<str>>,
    nic_of_capture_point: Vec<u32>,
    chunks: Vec<DataFrame>,
    pub(super) contacts: Vec<Contacts>,
    open_flows: Vec<OpenFlow>,
    coverage: Vec<Coverage>,
    rejects: Vec<RejectRow>,
    problems: Vec<BlobProblem>,
    counts: Counts,
}

impl Dataset {
    /// Takes over the rows of `partials`, whose intervals are of length `interval`; no column is copied.
    pub fn from_partials(partials: Vec<Partial>, interval: Interval) -> Self {
        let acls = Acls::of(partials.iter().flat_map(|p| &p.rules));
        let mut dataset = Self {
            interval,
            addresses: distinct(partials.iter().flat_map(|p| p.addresses.iter().copied()).collect()),
            rules: distinct(partials.iter().flat_map(|p| p.rules.iter().map(|rule| acls.rule(rule))).collect()),
            encryptions: encryptions(&partials),
            capture_points: capture_points(&partials),
            ..Self::default()
        };
        dataset.macs = distinct(dataset.capture_points.iter().map(|c| c.mac.clone()).collect());
        dataset.nic_of_capture_point = dataset.capture_points.iter().map(|c| rank(&dataset.macs, &c.mac)).collect();
        let remapped: Vec<Partial> = partials.into_par_iter().map(|partial| dataset.remap(partial, &acls)).collect();
        for partial in remapped {
            dataset.take(partial);
        }
        if dataset.chunks.is_empty() {
            dataset.chunks.push(rows::frame(Traffic::default()));
        }
        dataset.sort();
        dataset
    }

    /// The distinct addresses, ascending; an address's number is its index here.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The distinct rules, ascending by ACL, then rule. Spellings of one ACL's id that differ in case or by a leading slash are
    /// one ACL, shown by the smallest of them: a VNet log keeps the case of an id that an NSG log writes upper-case.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The text of an encryption code of the rows; empty for "not stated".
    pub fn encryption(&self, code: u8) -> &str {
        let own = || self.encryptions.get(usize::from(code.checked_sub(Encryption::FIRST_UNKNOWN)?));
        Encryption::KNOWN.get(usize::from(code)).copied().or_else(|| own().map(|text| &**text)).unwrap_or(OTHER_ENCRYPTION)
    }

    /// The distinct capture points, ascending by log resource, MAC, target resource and format. `forwards` is true if
    /// it is for any capture point of that MAC.
    pub fn capture_points(&self) -> &[CapturePoint] {
        &self.capture_points
    }

    /// The distinct MACs of the capture points, ascending; a NIC's number is its index here.
    pub fn macs(&self) -> &[Box<str>] {
        &self.macs
    }

    /// The NIC of each capture point.
    pub fn nic_of_capture_point(&self) -> &[u32] {
        &self.nic_of_capture_point
    }

    /// The contacts, in as many pieces as there were Partials and in no particular order.
    pub fn contacts(&self) -> &[Contacts] {
        &self.contacts
    }

    /// Flows that begin or end in another unit of work, in no particular order.
    pub fn open_flows(&self) -> &[OpenFlow] {
        &self.open_flows
    }

    /// One row per capture point and hour, ascending.
    pub fn coverage(&self) -> &[Coverage] {
        &self.coverage
    }

    /// The rows of rejects.csv, by blob, record and position.
    pub fn rejects(&self) -> &[RejectRow] {
        &self.rejects
    }

    /// Blobs that could not be read whole, by name.
    pub fn problems(&self) -> &[BlobProblem] {
        &self.problems
    }

    /// What was read.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The length of the intervals of the rows.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// First and last tuple kept, ms since the epoch; `None` without any tuple.
    pub fn window(&self) -> Option<(i64, i64)> {
        let first = self.coverage.iter().map(|c| c.first_time).min()?;
        let last = self.coverage.iter().map(|c| c.last_time).max()?;
        Some((first, last))
    }

    /// How many rows of traffic there are.
    pub fn traffic_rows(&self) -> usize {
        self.chunks.iter().map(DataFrame::height).sum()
    }

    /// The traffic as frames, at least one, see [`rows::frame`].
    pub(super) fn chunks(&self) -> &[DataFrame] {
        &self.chunks
    }

    /// The traffic as slices, chunk by chunk.
    pub(super) fn rows(&self) -> Vec<Rows<'_>> {
        self.chunks.iter().map(Rows::of).collect()
    }

    /// Gives every reference of `partial` its number in the dataset.
    fn remap(&self, mut partial: Partial, acls: &Acls) -> Partial {
        let addresses: Vec<u32> = partial.addresses.iter().map(|a| rank(&self.addresses, a)).collect();
        let rules: Vec<u32> = partial.rules.iter().map(|r| rank(&self.rules, &acls.rule(r))).collect();
        let points: Vec<u32> = partial.capture_points.iter().map(|c| self.capture_point(c)).collect();
        replace(&mut partial.traffic.src_ip, &addresses);
        replace(&mut partial.traffic.dst_ip, &addresses);
        replace(&mut partial.traffic.rule, &rules);
        replace(&mut partial.traffic.capture_point, &points);
        let codes: Vec<u8> = partial.encryptions.iter().map(|text| self.encryption_code(text)).collect();
        for code in partial.traffic.encryption.iter_mut().filter(|code| **code >= Encryption::FIRST_UNKNOWN) {
            *code = codes.get(usize::from(*code - Encryption::FIRST_UNKNOWN)).copied().unwrap_or(u8::MAX);
        }
        replace(&mut partial.contacts.src_ip, &addresses);
        replace(&mut partial.contacts.dst_ip, &addresses);
        replace(&mut partial.contacts.capture_point, &points);
        for flow in &mut partial.open_flows {
            flow.src_ip = addresses[flow.src_ip as usize];
            flow.dst_ip = addresses[flow.dst_ip as usize];
            flow.capture_point = points[flow.capture_point as usize];
        }
        for row in &mut partial.coverage {
            row.capture_point = points[row.capture_point as usize];
        }
        partial
    }

    /// The code of a text that is not documented; texts that the codes do not suffice for share the last one.
    fn encryption_code(&self, text: &str) -> u8 {
        let place = self.encryptions.binary_search_by(|held| (**held).cmp(text)).ok();
        place.and_then(|place| u8::try_from(place).ok()?.checked_add(Encryption::FIRST_UNKNOWN)).unwrap_or(u8::MAX)
    }

    /// The number of the capture point with the key of `point`.
    fn capture_point(&self, point: &CapturePoint) -> u32 {
        self.capture_points.binary_search_by(|c| key(c).cmp(&key(point))).expect("every capture point is in the union") as u32
    }

    /// Appends a remapped Partial.
    fn take(&mut self, partial: Partial) {
        if partial.traffic.rows() > 0 {
            self.chunks.push(rows::frame(partial.traffic));
        }
        if partial.contacts.rows() > 0 {
            self.contacts.push(partial.contacts);
        }
        self.open_flows.extend(partial.open_flows);
        self.coverage.extend(partial.coverage);
        self.rejects.extend(partial.rejects);
        self.problems.extend(partial.problems);
        self.counts.add(&partial.counts);
    }

    /// Makes what was appended independent of the order in which it came.
    fn sort(&mut self) {
        self.coverage.sort_unstable_by_key(|c| (c.capture_point, c.hour));
        self.coverage.dedup_by(|next, kept| {
            let same = (next.capture_point, next.hour) == (kept.capture_point, kept.hour);
            if same {
                kept.add(next);
            }
            same
        });
        self.rejects.par_sort_unstable_by(|a, b| reject_order(a).cmp(&reject_order(b)));
        self.problems.sort_unstable_by(|a, b| (&a.blob, &a.problem).cmp(&(&b.blob, &b.problem)));
    }
}

/// A total order of rejects: blob, record, position, then what was wrong.
fn reject_order(row: &RejectRow) -> impl Ord + '_ {
    let reject = &row.reject;
    let place = (reject.record, reject.flow, reject.group, reject.tuple, reject.byte_offset);
    (&row.blob, place, reject.reason, &reject.text)
}

/// What stands for the undocumented encryption texts that the codes of a byte do not suffice for.
const OTHER_ENCRYPTION: &str = "other";

/// The distinct undocumented encryption texts, ascending, as many as codes are left.
fn encryptions(partials: &[Partial]) -> Vec<Box<str>> {
    let mut texts = distinct(partials.iter().flat_map(|p| p.encryptions.iter().cloned()).collect());
    texts.truncate(usize::from(u8::MAX - Encryption::FIRST_UNKNOWN));
    texts
}

/// What makes a capture point one.
fn key(point: &CapturePoint) -> impl Ord + '_ {
    (&point.log_resource, &point.mac, &point.target_resource, point.format)
}

/// The distinct capture points of all Partials, their records added up.
fn capture_points(partials: &[Partial]) -> Vec<CapturePoint> {
    let mut points: Vec<CapturePoint> = partials.iter().flat_map(|p| p.capture_points.iter().cloned()).collect();
    points.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let forwarding = distinct(points.iter().filter(|c| c.forwards).map(|c| c.mac.clone()).collect());
    points.dedup_by(|next, kept| {
        let same = key(next) == key(kept);
        if same {
            kept.records += next.records;
        }
        same
    });
    for point in &mut points {
        point.forwards = forwarding.binary_search(&point.mac).is_ok();
    }
    points
}

/// Sorts and drops repeats.
fn distinct<T: Ord + Send>(mut all: Vec<T>) -> Vec<T> {
    all.par_sort_unstable();
    all.dedup();
    all
}

/// The index of `item` in `sorted`, which holds it.
fn rank<T: Ord>(sorted: &[T], item: &T) -> u32 {
    sorted.binary_search(item).expect("every item is in the union") as u32
}

/// Replaces every index by what `map` has for it.
fn replace(column: &mut [u32], map: &[u32]) {
    for index in column {
        *index = map[*index as usize];
    }
}
