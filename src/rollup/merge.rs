//! Sums rows of one unit that were written in pieces, so that it has the rows it would have had if it had been read at once.
//!
//! Goes in: rows and, for each, the number of its unit. Comes out: one row per unit and key, in the order first met. Counts stop at the
//! largest value of their column, as they do within a piece. Rows of different units are never summed.

use crate::schema::partial::{Contacts, STARTS_MAX, Traffic};
use crate::schema::units::MINUTE_MS;

use super::index::{Index, Seed};

/// Minutes of an hour.
const MINUTES: usize = 60;

/// Finds the first row of a key.
#[derive(Default)]
struct Rows {
    index: Index,
    seed: Seed,
    /// For each row kept, where it stood.
    kept: Vec<usize>,
}

impl Rows {
    /// The number of the kept row that `row` belongs to; `None` if it is the first of its key.
    fn find(&mut self, row: usize, key: [u64; 4], key_of: impl Fn(usize) -> [u64; 4]) -> Option<usize> {
        let hash = self.seed.hash_three(key[0], key[1], key[2] ^ key[3].rotate_left(32));
        let (next, kept) = (self.kept.len(), &self.kept);
        let found = self.index.find_or_insert(hash, next, |number| key_of(kept[number]) == key);
        if found.is_none() {
            self.kept.push(row);
        }
        found
    }
}

/// Sums rows of traffic of equal unit and key; `units` has the unit of each row and is shortened with them.
pub fn merge_traffic(t: &mut Traffic, units: &mut Vec<u32>) {
    let mut rows = Rows::default();
    for row in 0..t.rows() {
        let of = |row| traffic_key(t, units, row);
        let Some(number) = rows.find(row, of(row), of) else { continue };
        let into = rows.kept[number];
        for column in [&mut t.flows_started, &mut t.flows_ended, &mut t.tuples, &mut t.tuples_unmeasured] {
            column[into] = column[into].saturating_add(column[row]);
        }
        for column in [&mut t.packets_src_to_dst, &mut t.bytes_src_to_dst, &mut t.packets_dst_to_src, &mut t.bytes_dst_to_src] {
            column[into] = column[into].saturating_add(column[row]);
        }
        t.first_offset[into] = t.first_offset[into].min(t.first_offset[row]);
        t.last_offset[into] = t.last_offset[into].max(t.last_offset[row]);
    }
    keep_traffic(t, &rows.kept);
    keep(units, &rows.kept);
}

fn traffic_key(t: &Traffic, units: &[u32], row: usize) -> [u64; 4] {
    let codes = [t.direction[row], t.status[row], t.protocol[row], t.encryption[row]];
    [
        u64::from(t.src_ip[row]) << 32 | u64::from(t.dst_ip[row]),
        u64::from(t.capture_point[row]) << 32 | u64::from(t.rule[row]),
        u64::from(units[row]) << 32 | u64::from(t.interval[row]),
        u64::from(u32::from_le_bytes(codes)) << 16 | u64::from(t.dst_port[row]),
    ]
}

fn keep_traffic(t: &mut Traffic, kept: &[usize]) {
    for column in [
        &mut t.interval,
        &mut t.capture_point,
        &mut t.rule,
        &mut t.src_ip,
        &mut t.dst_ip,
        &mut t.flows_started,
        &mut t.flows_ended,
        &mut t.tuples,
        &mut t.tuples_unmeasured,
        &mut t.first_offset,
        &mut t.last_offset,
    ] {
        keep(column, kept);
    }
    for column in [&mut t.direction, &mut t.status, &mut t.protocol, &mut t.encryption] {
        keep(column, kept);
    }
    keep(&mut t.dst_port, kept);
    for column in [&mut t.packets_src_to_dst, &mut t.bytes_src_to_dst, &mut t.packets_dst_to_src, &mut t.bytes_dst_to_src] {
        keep(column, kept);
    }
}

/// Sums rows of contacts of equal unit and key; `units` has the unit of each row and is shortened with them.
pub fn merge_contacts(c: &mut Contacts, units: &mut Vec<u32>) {
    let mut rows = Rows::default();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for row in 0..c.rows() {
        let of = |row| contacts_key(c, units, row);
        let Some(number) = rows.find(row, of(row), of) else {
            members.push(vec![row]);
            continue;
        };
        members[number].push(row);
    }
    if rows.kept.len() == c.rows() {
        return;
    }
    let mut merged = Contacts::default();
    for members in &members {
        let starts = members.iter().flat_map(|row| c.starts_of(*row).map(|at| (c.starts[at], c.sizes[at])).collect::<Vec<_>>());
        let begins = members.iter().fold(0, |sum: u32, row| sum.saturating_add(c.begins[*row]));
        if members.len() == 1 || begins as usize <= STARTS_MAX {
            let mut starts: Vec<(u32, u64)> = starts.collect();
            if members.len() > 1 {
                starts.sort_unstable();
            }
            merged.starts.extend(starts.iter().map(|(offset, _)| offset));
            merged.sizes.extend(starts.iter().map(|(_, size)| size));
        } else {
            merged.starts.extend(per_minute(c, members));
            merged.sizes.extend([0; MINUTES]);
        }
        merged.starts_end.push(merged.starts.len() as u32);
    }
    let sum = |column: &[u32]| -> Vec<u32> {
        members.iter().map(|rows| rows.iter().fold(0, |sum: u32, row| sum.saturating_add(column[*row]))).collect()
    };
    let sum_bytes = |column: &[u64]| -> Vec<u64> {
        members.iter().map(|rows| rows.iter().fold(0, |sum: u64, row| sum.saturating_add(column[*row]))).collect()
    };
    (merged.begins, merged.answered) = (sum(&c.begins), sum(&c.answered));
    (merged.unanswered, merged.unknown) = (sum(&c.unanswered), sum(&c.unknown));
    merged.bytes_src_to_dst = sum_bytes(&c.bytes_src_to_dst);
    merged.bytes_dst_to_src = sum_bytes(&c.bytes_dst_to_src);
    for (to, from) in [
        (&mut merged.hour, &mut c.hour),
        (&mut merged.capture_point, &mut c.capture_point),
        (&mut merged.src_ip, &mut c.src_ip),
        (&mut merged.dst_ip, &mut c.dst_ip),
    ] {
        keep(from, &rows.kept);
        *to = std::mem::take(from);
    }
    for (to, from) in
        [(&mut merged.direction, &mut c.direction), (&mut merged.status, &mut c.status), (&mut merged.protocol, &mut c.protocol)]
    {
        keep(from, &rows.kept);
        *to = std::mem::take(from);
    }
    keep(&mut c.dst_port, &rows.kept);
    merged.dst_port = std::mem::take(&mut c.dst_port);
    keep(units, &rows.kept);
    *c = merged;
}

fn contacts_key(c: &Contacts, units: &[u32], row: usize) -> [u64; 4] {
    let codes = [c.direction[row], c.status[row], c.protocol[row], 0];
    [
        u64::from(c.src_ip[row]) << 32 | u64::from(c.dst_ip[row]),
        u64::from(c.capture_point[row]),
        u64::from(units[row]) << 32 | u64::from(c.hour[row]),
        u64::from(u32::from_le_bytes(codes)) << 16 | u64::from(c.dst_port[row]),
    ]
}

/// Begins per minute of several rows, some of which may be kept per minute already.
fn per_minute(c: &Contacts, members: &[usize]) -> [u32; MINUTES] {
    let mut minutes = [0_u32; MINUTES];
    for row in members {
        let starts = &c.starts[c.starts_of(*row)];
        if c.begins[*row] as usize > STARTS_MAX {
            minutes.iter_mut().zip(starts).for_each(|(sum, count)| *sum = sum.saturating_add(*count));
        } else {
            for offset in starts {
                let minute = &mut minutes[((i64::from(*offset) / MINUTE_MS) as usize).min(MINUTES - 1)];
                *minute = minute.saturating_add(1);
            }
        }
    }
    minutes
}

/// Leaves the elements at `kept`, which ascends.
fn keep<T: Copy>(column: &mut Vec<T>, kept: &[usize]) {
    for (to, from) in kept.iter().enumerate() {
        column[to] = column[*from];
    }
    column.truncate(kept.len());
}
