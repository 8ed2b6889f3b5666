//! One series, measured while its contacts come in the order of time.
//!
//! Goes in: contacts of some hours at a time. Comes out: its row but for the names.

use super::begun::Begun;
use super::failing::Failing;
use super::windows::{Scratch, Windows};
use crate::schema::tables::{ContactCounts, ContactDay, ContactSeries, ContactThresholds};
use crate::schema::units::HOURS_A_DAY;

/// What is known of a series so far.
#[derive(Debug, Default)]
pub(super) struct Measured {
    contacts: ContactCounts,
    days: Vec<ContactDay>,
    windows: Windows,
    failing: Failing,
}

impl Measured {
    /// Adds contacts, whose hours are all later than those before.
    pub fn add(&mut self, mut begun: Begun, thresholds: &ContactThresholds) {
        for (hour, contacts) in &begun.hours {
            self.contacts.add(contacts);
            let day = hour / HOURS_A_DAY;
            if self.days.last().is_none_or(|last| last.day != day) {
                self.days.push(ContactDay { day, answered: 0 });
            }
            if let Some(day) = self.days.last_mut()
                && contacts.answered * 2 > contacts.begins
            {
                day.answered |= 1 << (hour % HOURS_A_DAY);
            }
        }
        self.failing.add(&begun, thresholds);
        self.windows.add(&mut begun);
    }

    /// Lets go of what later contacts cannot change.
    pub fn settle(&mut self, thresholds: &ContactThresholds, scratch: &mut Scratch) {
        self.windows.settle(thresholds, scratch);
    }

    /// Contacts begun so far.
    pub fn begins(&self) -> u64 {
        self.contacts.begins
    }

    /// The row, without key and NIC.
    pub fn finish(self, thresholds: &ContactThresholds, scratch: &mut Scratch) -> ContactSeries {
        let Self { contacts, days, windows, failing } = self;
        let (regular, failing) = (windows.finish(thresholds, scratch), failing.finish());
        ContactSeries { contacts, days, regular, failing, ..ContactSeries::default() }
    }

    #[cfg(test)]
    pub fn contacts_kept(&self) -> usize {
        self.windows.contacts_kept()
    }
}
