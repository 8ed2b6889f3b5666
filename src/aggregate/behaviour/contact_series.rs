//! Contacts that local addresses begin to others, joined over hours, with their start times: what beacons are found in.
//!
//! Goes in: contacts of all pieces, or of slices of time those that count. Comes out: one series per source, destination, port and protocol with at least
//! [`SERIES_CONTACTS_MIN`] contacts, by key. Each hour counts at the NIC that supplies its pair. Scores nothing.

use std::sync::atomic::{AtomicU8, Ordering};

use rayon::prelude::*;

use super::Source;
use crate::aggregate::contacts::retain;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::aggregate::pairs::Pair;
use crate::aggregate::sums::hash;
use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::tables::{ContactHour, ContactSeries, SERIES_CONTACTS_MIN, ServiceKey};
use crate::schema::units::{HOUR_MS, MINUTE_MS};
use crate::schema::{Direction, Status};

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
    let is_local = |address: u32| source.places.of[address as usize].is_local;
    let (src_ip, dst_ip) = (contacts.src_ip[row], contacts.dst_ip[row]);
    let sight = Sight {
        hour: contacts.hour[row],
        capture_point: contacts.capture_point[row],
        outbound: contacts.direction[row] == Direction::Outbound as u8,
        src_ip,
        dst_ip,
    };
    is_local(src_ip) && !is_local(dst_ip) && suppliers.supplies(sight)
}

/// The contacts of a slice that belong to series.
pub(super) fn counting(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<Contacts> {
    let of_piece = |contacts: &Contacts| {
        let mut kept = contacts.clone();
        retain(&mut kept, |contacts, row| counts(source, suppliers, contacts, row));
        kept
    };
    source.dataset.contacts().par_iter().map(of_piece).filter(|contacts| contacts.rows() > 0).collect()
}

/// All series of the contacts of `source`.
pub(super) fn contact_series(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<ContactSeries> {
    series_of(source, source.dataset.contacts(), |contacts, row| counts(source, suppliers, contacts, row))
}

/// All series of contacts that belong to series.
pub(super) fn of_counting(source: &Source<'_>, pieces: &[Contacts]) -> Vec<ContactSeries> {
    series_of(source, pieces, |_, _| true)
}

fn series_of(source: &Source<'_>, pieces: &[Contacts], counts: impl Fn(&Contacts, usize) -> bool + Sync) -> Vec<ContactSeries> {
    let counters: Vec<AtomicU8> = (0..COUNTERS).map(|_| AtomicU8::new(0)).collect();
    // Of most keys there are few contacts: their rows are kept by number alone until it is known.
    let rows: Vec<Vec<u32>> = pieces.par_iter().map(|contacts| counted(contacts, &counts, &counters)).collect();
    let has_many = |key: u128| u64::from(counters[counter(key)].load(Ordering::Relaxed)) >= SERIES_CONTACTS_MIN;
    let parts = |((contacts, rows), piece): ((&Contacts, Vec<u32>), usize)| -> Vec<Part> {
        let part =
            |row: u32| Part { key: key(contacts, row as usize), hour: contacts.hour[row as usize], piece: piece as u32, row };
        rows.into_iter().map(part).filter(|part| has_many(part.key)).collect()
    };
    let parts: Vec<Vec<Part>> = pieces.par_iter().zip(rows).zip(0..pieces.len()).map(parts).collect();
    let mut parts = parts.concat();
    parts.par_sort_unstable_by_key(|part| (part.key, part.hour, part.piece, part.row));
    let groups = parts.par_chunk_by(|a, b| a.key == b.key);
    groups.filter(|group| begins(pieces, group) >= SERIES_CONTACTS_MIN).map(|group| series(source, pieces, group)).collect()
}

/// The rows of a piece that may belong to series, counted by key.
fn counted(contacts: &Contacts, counts: &(impl Fn(&Contacts, usize) -> bool + Sync), counters: &[AtomicU8]) -> Vec<u32> {
    let mut rows = Vec::new();
    for row in (0..contacts.rows()).filter(|row| counts(contacts, *row)) {
        let counter = &counters[counter(key(contacts, row))];
        // Threads may pass the threshold together, by far less than the byte still holds.
        if u64::from(counter.load(Ordering::Relaxed)) < SERIES_CONTACTS_MIN {
            counter.fetch_add(u64::from(contacts.begins[row]).min(SERIES_CONTACTS_MIN) as u8, Ordering::Relaxed);
        }
        rows.push(row as u32);
    }
    rows
}

/// Source, destination, port and protocol of a row, as one integer.
fn key(contacts: &Contacts, row: usize) -> u128 {
    let (src_ip, dst_ip) = (contacts.src_ip[row], contacts.dst_ip[row]);
    Pair { src_ip, dst_ip, dst_port: contacts.dst_port[row], protocol: contacts.protocol[row] }.key()
}

fn counter(key: u128) -> usize {
    hash(key) as usize & (COUNTERS - 1)
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
    let mut starts: Vec<(i64, u64)> = Vec::with_capacity(group.iter().map(|part| starts_of(pieces, part)).sum());
    for part in group {
        let (contacts, row) = (&pieces[part.piece as usize], part.row as usize);
        nic = nic.min(dataset.nic_of_capture_point()[contacts.capture_point[row] as usize]);
        add_hour(&mut series.hours, contacts, row);
        series.is_exact &= add_starts(&mut starts, contacts, row);
    }
    starts.sort_unstable();
    (series.starts, series.sizes) = starts.into_iter().unzip();
    series.mac = dataset.macs()[nic as usize].to_string();
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
fn add_starts(starts: &mut Vec<(i64, u64)>, contacts: &Contacts, row: usize) -> bool {
    let hour = i64::from(contacts.hour[row]) * HOUR_MS;
    let (times, sizes) = (&contacts.starts[contacts.starts_of(row)], &contacts.sizes[contacts.starts_of(row)]);
    if contacts.begins[row] as usize <= STARTS_MAX {
        starts.extend(times.iter().zip(sizes).map(|(time, size)| (hour + i64::from(*time), *size)));
        return true;
    }
    for (minute, count) in (0..).zip(times) {
        let shown = (*count).min(STARTS_A_MINUTE_MAX);
        let step = MINUTE_MS / i64::from(shown.max(1));
        starts.extend((0..i64::from(shown)).map(|i| (hour + minute * MINUTE_MS + i * step, 0)));
    }
    false
}
