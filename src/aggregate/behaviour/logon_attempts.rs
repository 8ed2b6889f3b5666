//! Contacts with management and database ports by hour: what guessed passwords and lateral movement are found in.
//!
//! Goes in: contacts of all pieces. Comes out: one row per hour, source, destination, port and protocol, by hour and key. Each hour counts
//! at the NIC that supplies its pair. What public sources tried in vain is left out: tables of exposure and fan-out tell it. Judges nothing.

use std::sync::Arc;

use rayon::prelude::*;

use super::Source;
use super::contact_series::add_row;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::aggregate::pairs::Pair;
use crate::rollup::is_contact_port;
use crate::schema::Direction;
use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::tables::{LOGON_EARLY, LogonRow, ServiceKey};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// One row of contacts that belongs to the table.
#[derive(Clone, Copy)]
struct Part {
    hour: u32,
    key: u128,
    piece: u32,
    row: u32,
}

/// All rows.
pub(super) fn logon_attempts(source: &Source<'_>, suppliers: &Suppliers<'_>) -> Vec<LogonRow> {
    let pieces = source.dataset.contacts();
    let parts: Vec<Vec<Part>> =
        pieces.par_iter().enumerate().map(|(piece, contacts)| parts(source, suppliers, (contacts, piece as u32))).collect();
    let mut parts = parts.concat();
    // Rows of one hour and key add up in any order.
    parts.par_sort_unstable_by_key(|part| u128::from(part.hour) << Pair::KEY_BITS | part.key);
    let groups = parts.par_chunk_by(|a, b| (a.hour, a.key) == (b.hour, b.key));
    let mut rows: Vec<LogonRow> = groups.map_init(Vec::new, |starts, group| logon_row(source, group, starts)).collect();
    rows.par_sort_unstable_by_key(|row| (row.hour, row.key));
    rows
}

/// The rows of a piece that belong to the table.
fn parts(source: &Source<'_>, suppliers: &Suppliers<'_>, (contacts, piece): (&Contacts, u32)) -> Vec<Part> {
    let is_port = |row: &usize| is_contact_port(contacts.dst_port[*row]);
    let mut parts = Vec::new();
    for row in (0..contacts.rows()).filter(is_port) {
        let (src_ip, dst_ip) = (contacts.src_ip[row], contacts.dst_ip[row]);
        if contacts.unanswered[row] == contacts.begins[row] && source.places.is_public[src_ip as usize] {
            continue;
        }
        if suppliers.supplies(Sight::of_contacts(contacts, row)) {
            let key = Pair { src_ip, dst_ip, dst_port: contacts.dst_port[row], protocol: contacts.protocol[row] }.key();
            parts.push(Part { hour: contacts.hour[row], key, piece, row: row as u32 });
        }
    }
    parts
}

/// The row of one hour and key. `starts` is memory to work in.
fn logon_row(source: &Source<'_>, group: &[Part], starts: &mut Vec<(u32, u64)>) -> LogonRow {
    let dataset = source.dataset;
    let Pair { src_ip, dst_ip, dst_port, protocol } = Pair::of_key(group[0].key);
    let address = |number: u32| dataset.addresses()[number as usize];
    let is_local = |number: u32| source.places.is_local[number as usize];
    let mut logon = LogonRow {
        hour: group[0].hour,
        key: ServiceKey { src_ip: address(src_ip), dst_ip: address(dst_ip), dst_port, protocol },
        src_is_local: is_local(src_ip),
        dst_is_local: is_local(dst_ip),
        first_time: i64::MAX,
        last_time: i64::MIN,
        ..LogonRow::default()
    };
    let (mut nic, mut is_outbound) = (u32::MAX, false);
    starts.clear();
    let mut is_exact = true;
    for part in group {
        let (contacts, row) = (&dataset.contacts()[part.piece as usize], part.row as usize);
        nic = nic.min(dataset.nic_of_capture_point()[contacts.capture_point[row] as usize]);
        is_outbound |= contacts.direction[row] == Direction::Outbound as u8;
        add_row(&mut logon.contacts, contacts, row);
        is_exact &= contacts.begins[row] as usize <= STARTS_MAX;
        add_times(&mut logon, contacts, row);
        let (times, sizes) = (&contacts.starts[contacts.starts_of(row)], &contacts.sizes[contacts.starts_of(row)]);
        starts.extend(times.iter().copied().zip(sizes.iter().copied()));
    }
    logon.direction = Some(if is_outbound { Direction::Outbound } else { Direction::Inbound });
    logon.mac = Arc::clone(&dataset.macs()[nic as usize]);
    if is_exact {
        add_sizes(&mut logon, starts);
    }
    logon
}

/// Widens the row's time to that of a row of contacts.
fn add_times(logon: &mut LogonRow, contacts: &Contacts, row: usize) {
    let hour = i64::from(contacts.hour[row]) * HOUR_MS;
    let times = &contacts.starts[contacts.starts_of(row)];
    let (first, last) = if contacts.begins[row] as usize <= STARTS_MAX {
        (times.first().map(|time| i64::from(*time)), times.last().map(|time| i64::from(*time)))
    } else {
        let is_busy = |count: &u32| *count > 0;
        let minute = |at: usize| at as i64 * MINUTE_MS;
        (times.iter().position(is_busy).map(minute), times.iter().rposition(is_busy).map(minute))
    };
    logon.first_time = logon.first_time.min(hour + first.unwrap_or(0));
    logon.last_time = logon.last_time.max(hour + last.unwrap_or(0));
}

/// What the sizes of contacts say, which come as (ms from the hour, bytes); a size of 0 is unknown.
fn add_sizes(logon: &mut LogonRow, starts: &mut Vec<(u32, u64)>) {
    starts.sort_unstable();
    logon.size_max_late = starts.iter().skip(LOGON_EARLY).map(|(_, size)| *size).max().unwrap_or(0);
    starts.retain(|(_, size)| *size > 0);
    starts.sort_unstable_by_key(|(_, size)| *size);
    logon.size_max = starts.last().map_or(0, |(_, size)| *size);
    logon.size_median = starts.get(starts.len().saturating_sub(1) / 2).map_or(0, |(_, size)| *size);
}

#[cfg(test)]
#[path = "logon_attempts_tests.rs"]
mod tests;
