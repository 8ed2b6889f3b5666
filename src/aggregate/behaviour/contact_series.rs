//! Contacts that local addresses begin to others, joined over hours and measured: what beacons are found in.
//!
//! Goes in: contacts of all pieces, at once or slice of time by slice. Comes out: one series per source, destination, port and protocol with at least
//! [`SERIES_CONTACTS_MIN`] contacts, by key. Each hour counts at the NIC that supplies its pair. What is regular and what fails is measured as the
//! contacts come (`windows`, `failing`), so that no start time is kept for longer than a day or two.

mod begun;
mod failing;
mod measured;
mod regularity;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::contacts::picked;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::aggregate::pairs::Pair;
use crate::aggregate::sums::hash;
use crate::schema::Status;
use crate::schema::partial::Contacts;
use crate::schema::tables::{ContactCounts, ContactSeries, SERIES_CONTACTS_MIN, ServiceKey};
pub(crate) use begun::Begun;
use measured::Measured;
use windows::Scratch;

/// Counters that keep keys with few contacts from being collected. Unit: counters of a byte; a power of two; fewer let more such keys
/// share one and be collected in vain.
const COUNTERS: usize = 1 << 22;

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
    let groups = groups.filter(|group| begins(pieces, group) >= SERIES_CONTACTS_MIN);
    groups
        .map_init(Scratch::default, |scratch, group| {
            let mut series = Series::default();
            series.add(source, pieces, group);
            series.row(source, group[0].key, scratch)
        })
        .collect()
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

/// A series so far.
struct Series {
    measured: Measured,
    /// The smallest number of the NICs that supplied.
    nic: u32,
}

impl Default for Series {
    fn default() -> Self {
        Self { measured: Measured::default(), nic: u32::MAX }
    }
}

impl Series {
    /// Adds parts of its key, which ascend by hour and are later than those before.
    fn add(&mut self, source: &Source<'_>, pieces: &[Contacts], group: &[Part]) {
        let rows = group.iter().map(|part| (&pieces[part.piece as usize], part.row as usize));
        let nic =
            |(contacts, row): (&Contacts, usize)| source.dataset.nic_of_capture_point()[contacts.capture_point[row] as usize];
        self.nic = rows.clone().map(nic).min().unwrap_or(u32::MAX).min(self.nic);
        self.measured.add(Begun::of(rows), source.thresholds);
    }

    /// Its row.
    fn row(self, source: &Source<'_>, key: u128, scratch: &mut Scratch) -> ContactSeries {
        let Pair { src_ip, dst_ip, dst_port, protocol } = Pair::of_key(key);
        let address = |number: u32| source.dataset.addresses()[number as usize];
        ContactSeries {
            key: ServiceKey { src_ip: address(src_ip), dst_ip: address(dst_ip), dst_port, protocol },
            mac: Arc::clone(&source.dataset.macs()[self.nic as usize]),
            ..self.measured.finish(source.thresholds, scratch)
        }
    }
}

/// The series of a window that is read slice by slice.
pub(super) struct SeriesOfSlices {
    counters: Counters,
    /// Rows of keys that have few contacts so far, each too small for memory of its own.
    waiting: Vec<Contacts>,
    series: BTreeMap<u128, Series>,
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
        let groups: Vec<&[Part]> = parts.chunk_by(|a, b| a.key == b.key).collect();
        self.end_waiting(source, &groups);
        self.waiting.extend(waiting);
        let mut touched: Vec<(u128, Series)> =
            groups.iter().map(|group| (group[0].key, self.series.remove(&group[0].key).unwrap_or_default())).collect();
        touched.par_iter_mut().zip(&groups).for_each_init(Scratch::default, |scratch, ((_, series), group)| {
            series.add(source, pieces, group);
            series.measured.settle(source.thresholds, scratch);
        });
        self.series.extend(touched);
    }

    /// Begins the series of `groups` that are none yet with what waits of them.
    fn end_waiting(&mut self, source: &Source<'_>, groups: &[&[Part]]) {
        let Self { counters, waiting, series } = self;
        let new: Vec<u128> = groups.iter().map(|group| group[0].key).filter(|key| !series.contains_key(key)).collect();
        let is_new = |contacts: &Contacts, row: u32| {
            let key = key(contacts, row as usize);
            counters.has_many(key) && new.binary_search(&key).is_ok()
        };
        let rows = |contacts: &Contacts| (0..contacts.rows() as u32).filter(|row| is_new(contacts, *row)).collect();
        let rows: Vec<Vec<u32>> = waiting.par_iter().map(rows).collect();
        for group in parts(waiting, rows, counters).chunk_by(|a, b| a.key == b.key) {
            series.entry(group[0].key).or_default().add(source, waiting, group);
        }
    }

    /// All series, of which `source` knows the names. What still waits has too few contacts.
    pub fn finish(self, source: &Source<'_>) -> Vec<ContactSeries> {
        let series: Vec<(u128, Series)> = self.series.into_iter().collect();
        let series = series.into_par_iter().filter(|(_, series)| series.measured.begins() >= SERIES_CONTACTS_MIN);
        series.map_init(Scratch::default, |scratch, (key, series)| series.row(source, key, scratch)).collect()
    }
}

/// Source, destination, port and protocol of a row, as one integer.
fn key(contacts: &Contacts, row: usize) -> u128 {
    let (src_ip, dst_ip) = (contacts.src_ip[row], contacts.dst_ip[row]);
    Pair { src_ip, dst_ip, dst_port: contacts.dst_port[row], protocol: contacts.protocol[row] }.key()
}

fn begins(pieces: &[Contacts], group: &[Part]) -> u64 {
    group.iter().map(|part| u64::from(pieces[part.piece as usize].begins[part.row as usize])).sum()
}

/// Adds a row to contacts.
pub(super) fn add_row(counts: &mut ContactCounts, contacts: &Contacts, row: usize) {
    counts.begins += u64::from(contacts.begins[row]);
    counts.answered += u64::from(contacts.answered[row]);
    counts.unanswered += u64::from(contacts.unanswered[row]);
    counts.unknown += u64::from(contacts.unknown[row]);
    if contacts.status[row] == Status::Denied as u8 {
        counts.denied += u64::from(contacts.begins[row]);
    }
    counts.bytes_sent += contacts.bytes_src_to_dst[row];
    counts.bytes_received += contacts.bytes_dst_to_src[row];
}

/// The measures of contacts that are written by hand, for tests of detectors.
#[cfg(test)]
pub(crate) fn measured(begun: Begun) -> ContactSeries {
    let mut measured = Measured::default();
    measured.add(begun, &Default::default());
    measured.finish(&Default::default(), &mut Scratch::default())
}
