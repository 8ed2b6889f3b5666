//! Contacts that one local address began to one service within some hours: what series are measured from.
//!
//! Goes in: rows of contacts of one key, by hour. Comes out: the same, summed by hour, with all start times. Measures nothing.

use super::add_row;
use crate::schema::partial::{Contacts, STARTS_MAX};
use crate::schema::tables::ContactCounts;
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// Start times that stand for one minute of an hour that is kept as counts. Unit: starts a minute; [`STARTS_MAX`] an hour.
const STARTS_A_MINUTE_MAX: u32 = (STARTS_MAX / 60) as u32;

/// Contacts of one key within some hours.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun {
    /// Hours from the epoch with a contact, ascending, and the contacts of each.
    pub hours: Vec<(u32, ContactCounts)>,
    /// Start times, ms since the epoch, ascending.
    pub starts: Vec<i64>,
    /// Bytes from source to destination of each start; 0 where unknown.
    pub sizes: Vec<u64>,
}

impl Begun {
    /// The contacts of rows, each of a piece, that ascend by hour.
    pub fn of<'a>(rows: impl Iterator<Item = (&'a Contacts, usize)> + Clone) -> Self {
        let mut begun = Self::default();
        begun.hours.reserve_exact(rows.clone().count());
        let starts = rows.clone().map(|(contacts, row)| contacts.starts_of(row).len()).sum();
        begun.starts.reserve_exact(starts);
        begun.sizes.reserve_exact(starts);
        for (contacts, row) in rows {
            begun.add_hour(contacts, row);
            begun.add_starts(contacts, row);
        }
        begun.sort_starts();
        begun
    }

    fn add_hour(&mut self, contacts: &Contacts, row: usize) {
        let hour = contacts.hour[row];
        if self.hours.last().is_none_or(|(last, _)| *last != hour) {
            self.hours.push((hour, ContactCounts::default()));
        }
        if let Some((_, counts)) = self.hours.last_mut() {
            add_row(counts, contacts, row);
        }
    }

    /// Adds the start times of a row with their sizes.
    fn add_starts(&mut self, contacts: &Contacts, row: usize) {
        let hour = i64::from(contacts.hour[row]) * HOUR_MS;
        let times = &contacts.starts[contacts.starts_of(row)];
        if contacts.begins[row] as usize <= STARTS_MAX {
            self.starts.extend(times.iter().map(|time| hour + i64::from(*time)));
            self.sizes.extend_from_slice(&contacts.sizes[contacts.starts_of(row)]);
            return;
        }
        for (minute, count) in (0..).zip(times) {
            let shown = (*count).min(STARTS_A_MINUTE_MAX);
            let step = MINUTE_MS / i64::from(shown.max(1));
            self.starts.extend((0..i64::from(shown)).map(|i| hour + minute * MINUTE_MS + i * step));
        }
        self.sizes.resize(self.starts.len(), 0);
    }

    /// Sorts starts with their sizes. They lie in order unless several rows are of one hour.
    fn sort_starts(&mut self) {
        let Self { starts, sizes, .. } = self;
        let pair = |at: usize| (starts[at], sizes[at]);
        if (1..starts.len()).all(|at| pair(at - 1) <= pair(at)) {
            return;
        }
        let mut pairs: Vec<(i64, u64)> = starts.drain(..).zip(sizes.drain(..)).collect();
        pairs.sort_unstable();
        starts.extend(pairs.iter().map(|(start, _)| *start));
        sizes.extend(pairs.iter().map(|(_, size)| *size));
    }
}
