//! Contacts that local addresses begin to others, joined over hours, with their start times: what beacons are found in.
//!
//! Goes in: contacts of all pieces, at once or slice of time by slice. Comes out: one series per source, destination, port and protocol with at least
//! [`SERIES_CONTACTS_MIN`] contacts, by key. Each hour counts at the NIC that supplies its pair. Scores nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::contacts::picked;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::aggregate::pairs::Pair;
use crate::aggregate::sums::hash;
use crate::schema::Status;
use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::tables::{ContactHour, ContactSeries, SERIES_CONTACTS_MIN, ServiceKey};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// Counters that keep keys with few contacts from being collected. Unit: counters of a byte; a power of two; fewer let more such keys
/// share one and be collected in vain.
const COUNTERS: usize = 1 << 22;

/// Start times that stand for one minute of an hour that is kept as counts. Unit: starts a minute; [`STARTS_MAX`] an hour.
const STARTS_A_MINUTE_MAX: u32 = (STARTS_MAX / 60) as u32;

/// One row of contacts that belongs to a series.
#[derive(Clone, Copy)]
struct Part {
    key: u128,
    hour: u32,
    piece: u32,
    row: u32,
}

/// Whether a row of contacts belongs to a series: it is seen by the NIC that supplies its pair, and leaves the estate.
fn counts(source: &Source<'_>, suppliers: &Suppliers<'_>, contacts: &Contacts, row: usize) -> bool {
    let is_local = |address: u32| source.places.is_local[address as usize];
    is_local(contacts.src_ip[row]) && !is_local(contacts.dst_ip[row]) && suppliers.supplies(Sight::of_contacts(contacts, row))
}

/// All series of the contacts of `source`.
pub(super) fn contact_series(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<ContactSeries> {
    let pieces = source.dataset.contacts();
    let counters = Counters::new();
    // Of most keys there are few contacts: their rows are kept by number alone until it is known.
    let rows: Vec<Vec<u32>> =
        pieces.par_iter().map(|contacts| counters.count(contacts, |row| counts(source, suppliers, contacts, row))).collect();
    let parts = parts(pieces, rows, &counters);
    let groups = parts.par_chunk_by(|a, b| a.key == b.key);
    groups.filter(|group| begins(pieces, group) >= SERIES_CONTACTS_MIN).map(|group| series(source, pieces, group)).collect()
}

/// Contacts per hashed key, as many as matter.
struct Counters(Vec<AtomicU8>);

impl Counters {
    fn new() -> Self {
        Self((0..COUNTERS).map(|_| AtomicU8::new(0)).collect())
    }

    fn of(&self, key: u128) -> &AtomicU8 {
        &self.0[hash(key) as usize & (COUNTERS - 1)]
    }

    /// Counts the rows of a piece that belong to series, and hands out their numbers.
    fn count(&self, contacts: &Contacts, counts: impl Fn(usize) -> bool) -> Vec<u32> {
        let mut rows = Vec::new();
        for row in (0..contacts.rows()).filter(|row| counts(*row)) {
            let counter = self.of(key(contacts, row));
            // Threads may pass the threshold together, by far less than the byte still holds.
            if u64::from(counter.load(Ordering::Relaxed)) < SERIES_CONTACTS_MIN {
                counter.fetch_add(u64::from(contacts.begins[row]).min(SERIES_CONTACTS_MIN) as u8, Ordering::Relaxed);
            }
            rows.push(row as u32);
        }
        rows
    }

    /// Whether a key may have enough contacts for a series.
    fn has_many(&self, key: u128) -> bool {
        u64::from(self.of(key).load(Ordering::Relaxed)) >= SERIES_CONTACTS_MIN
    }
}

/// Of `rows` of each piece those whose key may have enough contacts, by key and hour.
fn parts(pieces: &[Contacts], rows: Vec<Vec<u32>>, counters: &Counters) -> Vec<Part> {
    let parts = |((contacts, rows), piece): ((&Contacts, Vec<u32>), usize)| -> Vec<Part> {
        let part =
            |row: u32| Part { key: key(contacts, row as usize), hour: contacts.hour[row as usize], piece: piece as u32, row };
        rows.into_iter().map(part).filter(|part| counters.has_many(part.key)).collect()
    };
    let parts: Vec<Vec<Part>> = pieces.par_iter().zip(rows).zip(0..pieces.len()).map(parts).collect();
    let mut parts = parts.concat();
    // Rows of one key and hour add up in any order.
    parts.par_sort_unstable_by_key(|part| part.key << u32::BITS | u128::from(part.hour));
    parts
}

/// The series of a window that is read slice by slice. Rows of contacts take twice the memory of a series: only those of keys with few
/// contacts so far wait as they are.
pub(super) struct SeriesOfSlices {
    counters: Counters,
    waiting: Vec<Contacts>,
    series: BTreeMap<u128, ContactSeries>,
}

impl Default for SeriesOfSlices {
    fn default() -> Self {
        Self { counters: Counters::new(), waiting: Vec::new(), series: BTreeMap::new() }
    }
}

impl SeriesOfSlices {
    /// Adds a slice, which is later than those before.
    pub fn add(&mut self, source: &Source<'_>, suppliers: &Suppliers<'_>) {
        let pieces = source.dataset.contacts();
        let counters = &self.counters;
        let rows: Vec<Vec<u32>> =
            pieces.par_iter().map(|contacts| counters.count(contacts, |row| counts(source, suppliers, contacts, row))).collect();
        let wait = |(contacts, rows): (&Contacts, &Vec<u32>)| {
            let waits: Vec<u32> = rows.iter().copied().filter(|row| !counters.has_many(key(contacts, *row as usize))).collect();
            picked(contacts, &waits)
        };
        let waiting: Vec<Contacts> = pieces.par_iter().zip(&rows).map(wait).filter(|contacts| contacts.rows() > 0).collect();
        let parts = parts(pieces, rows, counters);
        let groups = parts.par_chunk_by(|a, b| a.key == b.key);
        let of_slice: Vec<(u128, ContactSeries)> = groups.map(|group| (group[0].key, series(source, pieces, group))).collect();
        self.waiting.extend(waiting);
        for (key, later) in of_slice {
            match self.series.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(later)),
                Entry::Occupied(mut entry) => append(entry.get_mut(), later),
            }
        }
    }

    /// All series, of which `source` knows the names.
    pub fn finish(self, source: &Source<'_>) -> Vec<ContactSeries> {
        let Self { counters, waiting, series: mut all } = self;
        let rows = waiting.iter().map(|contacts| (0..contacts.rows() as u32).collect()).collect();
        // What waits of a key that has many by now is earlier than what did not wait.
        for group in parts(&waiting, rows, &counters).chunk_by(|a, b| a.key == b.key) {
            let mut earlier = series(source, &waiting, group);
            if let Some(later) = all.remove(&group[0].key) {
                append(&mut earlier, later);
            }
            all.insert(group[0].key, earlier);
        }
        let contacts = |series: &ContactSeries| series.hours.iter().map(|hour| hour.begins).sum::<u64>();
        all.into_values().filter(|series| contacts(series) >= SERIES_CONTACTS_MIN).collect()
    }
}

/// Adds the later hours of a series.
fn append(series: &mut ContactSeries, later: ContactSeries) {
    extend(&mut series.hours, later.hours);
    extend(&mut series.starts, later.starts);
    extend(&mut series.sizes, later.sizes);
    series.is_exact &= later.is_exact;
    if later.mac < series.mac {
        series.mac = later.mac;
    }
}

/// Adds `more`, with little room to spare: series are the largest part of what is kept of a long window.
fn extend<T>(all: &mut Vec<T>, more: Vec<T>) {
    if all.capacity() - all.len() < more.len() {
        all.reserve_exact(more.len() + all.len() / 8);
    }
    all.extend(more);
}

/// Source, destination, port and protocol of a row, as one integer.
fn key(contacts: &Contacts, row: usize) -> u128 {
    let (src_ip, dst_ip) = (contacts.src_ip[row], contacts.dst_ip[row]);
    Pair { src_ip, dst_ip, dst_port: contacts.dst_port[row], protocol: contacts.protocol[row] }.key()
}

fn begins(pieces: &[Contacts], group: &[Part]) -> u64 {
    group.iter().map(|part| u64::from(pieces[part.piece as usize].begins[part.row as usize])).sum()
}

/// The series of one key, whose parts ascend by hour.
fn series(source: &Source<'_>, pieces: &[Contacts], group: &[Part]) -> ContactSeries {
    let dataset = source.dataset;
    let Pair { src_ip, dst_ip, dst_port, protocol } = Pair::of_key(group[0].key);
    let address = |number: u32| dataset.addresses()[number as usize];
    let mut series = ContactSeries {
        key: ServiceKey { src_ip: address(src_ip), dst_ip: address(dst_ip), dst_port, protocol },
        is_exact: true,
        ..ContactSeries::default()
    };
    let mut nic = u32::MAX;
    series.hours.reserve_exact(group.len());
    let starts = group.iter().map(|part| starts_of(pieces, part)).sum();
    series.starts.reserve_exact(starts);
    series.sizes.reserve_exact(starts);
    for part in group {
        let (contacts, row) = (&pieces[part.piece as usize], part.row as usize);
        nic = nic.min(dataset.nic_of_capture_point()[contacts.capture_point[row] as usize]);
        add_hour(&mut series.hours, contacts, row);
        series.is_exact &= add_starts(&mut series, contacts, row);
    }
    sort_starts(&mut series);
    series.mac = Arc::clone(&dataset.macs()[nic as usize]);
    series
}

/// How many start times a part has.
fn starts_of(pieces: &[Contacts], part: &Part) -> usize {
    pieces[part.piece as usize].starts_of(part.row as usize).len()
}

fn add_hour(hours: &mut Vec<ContactHour>, contacts: &Contacts, row: usize) {
    if hours.last().is_none_or(|last| last.hour != contacts.hour[row]) {
        hours.push(ContactHour { hour: contacts.hour[row], ..ContactHour::default() });
    }
    if let Some(hour) = hours.last_mut() {
        add_row(hour, contacts, row);
    }
}

/// Adds a row to the contacts of its hour.
pub(super) fn add_row(hour: &mut ContactHour, contacts: &Contacts, row: usize) {
    hour.begins += u64::from(contacts.begins[row]);
    hour.answered += u64::from(contacts.answered[row]);
    hour.unanswered += u64::from(contacts.unanswered[row]);
    hour.unknown += u64::from(contacts.unknown[row]);
    if contacts.status[row] == Status::Denied as u8 {
        hour.denied += u64::from(contacts.begins[row]);
    }
    hour.bytes_sent += contacts.bytes_src_to_dst[row];
    hour.bytes_received += contacts.bytes_dst_to_src[row];
}

/// Adds the start times of a row with their sizes; returns whether they are exact.
fn add_starts(ContactSeries { starts, sizes, .. }: &mut ContactSeries, contacts: &Contacts, row: usize) -> bool {
    let hour = i64::from(contacts.hour[row]) * HOUR_MS;
    let times = &contacts.starts[contacts.starts_of(row)];
    if contacts.begins[row] as usize <= STARTS_MAX {
        starts.extend(times.iter().map(|time| hour + i64::from(*time)));
        sizes.extend_from_slice(&contacts.sizes[contacts.starts_of(row)]);
        return true;
    }
    for (minute, count) in (0..).zip(times) {
        let shown = (*count).min(STARTS_A_MINUTE_MAX);
        let step = MINUTE_MS / i64::from(shown.max(1));
        starts.extend((0..i64::from(shown)).map(|i| hour + minute * MINUTE_MS + i * step));
    }
    sizes.resize(starts.len(), 0);
    false
}

/// Sorts starts with their sizes. They lie in order unless several rows are of one hour.
fn sort_starts(ContactSeries { starts, sizes, .. }: &mut ContactSeries) {
    let pair = |at: usize| (starts[at], sizes[at]);
    if (1..starts.len()).all(|at| pair(at - 1) <= pair(at)) {
        return;
    }
    let mut pairs: Vec<(i64, u64)> = starts.drain(..).zip(sizes.drain(..)).collect();
    pairs.sort_unstable();
    starts.extend(pairs.iter().map(|(start, _)| *start));
    sizes.extend(pairs.iter().map(|(_, size)| *size));
}
