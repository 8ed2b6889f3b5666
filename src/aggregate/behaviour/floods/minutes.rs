//! The busiest minute of each flood, from the start times of contacts.
//!
//! Goes in: contacts of all pieces, and the floods by key. Comes out: `minute_max` of each flood. Contacts of ports that mostly answered do
//! not count, nor do those that another NIC supplies. Where no contacts are kept (to local addresses, on most ports) it stays 0.

use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Key, Source, Sum};
use crate::aggregate::contacts::looked_at;
use crate::aggregate::dedup::{Sight, Suppliers};
use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// Minutes of an hour.
const MINUTES: usize = 60;

/// Fills `minute_max` of `sums`.
pub(super) fn count(source: &Source<'_>, suppliers: &Suppliers<'_>, sums: &mut [Sum]) {
    if sums.is_empty() {
        return;
    }
    let interval = source.dataset.interval();
    let hourly = |sum: &Sum| Key { interval: interval.hour(sum.part.key.interval), ..sum.part.key };
    let mut hours: Vec<Key> = sums.iter().map(hourly).collect();
    hours.sort_unstable();
    hours.dedup();
    let mut is_source = vec![false; source.dataset.addresses().len()];
    sums.iter().for_each(|sum| is_source[sum.part.key.src_ip as usize] = true);
    let counts: Vec<[AtomicU64; MINUTES]> = hours.iter().map(|_| std::array::from_fn(|_| AtomicU64::new(0))).collect();
    let of_piece = |contacts: &Contacts| {
        for row in (0..contacts.rows()).filter(|row| is_source[contacts.src_ip[*row] as usize]) {
            if let Some(place) = place(source, suppliers, (contacts, row), &hours) {
                add(&counts[place], contacts, row);
            }
        }
    };
    source.dataset.contacts().par_iter().for_each(of_piece);
    for sum in sums {
        let Ok(place) = hours.binary_search(&hourly(sum)) else { continue };
        let start = interval.start(sum.part.key.interval).rem_euclid(HOUR_MS);
        let of_interval = (start / MINUTE_MS) as usize..((start + interval.ms()) / MINUTE_MS) as usize;
        sum.minute_max = counts[place][of_interval].iter().map(|count| count.load(Ordering::Relaxed)).max().unwrap_or(0);
    }
}

/// Which of `hours`, which ascend, a row of contacts counts towards.
fn place(source: &Source<'_>, suppliers: &Suppliers<'_>, (contacts, row): (&Contacts, usize), hours: &[Key]) -> Option<usize> {
    if !looked_at(contacts, row, &source.places.is_local) {
        return None;
    }
    let (hour, src_ip, dst_ip) = (contacts.hour[row], contacts.src_ip[row], contacts.dst_ip[row]);
    let place = hours.binary_search(&Key { interval: hour, src_ip, dst_ip, protocol: contacts.protocol[row] }).ok()?;
    let is_answered = contacts.answered[row].saturating_mul(2) > contacts.begins[row];
    (!is_answered && suppliers.supplies(Sight::of_contacts(contacts, row))).then_some(place)
}

/// Adds the contacts of a row, by minute of its hour. Sums of 32-bit counts cannot overflow.
fn add(counts: &[AtomicU64; MINUTES], contacts: &Contacts, row: usize) {
    let times = &contacts.starts[contacts.starts_of(row)];
    if contacts.begins[row] as usize > STARTS_MAX {
        counts.iter().zip(times).for_each(|(count, more)| _ = count.fetch_add(u64::from(*more), Ordering::Relaxed));
    } else {
        let minute = |time: &u32| (i64::from(*time) / MINUTE_MS) as usize;
        times.iter().for_each(|time| _ = counts[minute(time).min(MINUTES - 1)].fetch_add(1, Ordering::Relaxed));
    }
}
