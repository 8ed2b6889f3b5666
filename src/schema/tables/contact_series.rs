//! Rows about the contacts that a local address begins to a service outside; no files. Measured as the contacts come, so that a row is small
//! however long the window is.

use std::sync::Arc;

use super::behaviour::{ContactCounts, ServiceKey};
use crate::schema::units::{HOURS_A_DAY, MINUTE_MS};

/// A row of contact_series: contacts that a local address began to one that is not local. Sorted by key.
#[derive(Clone, Debug, Default)]
pub struct ContactSeries {
    /// From whom to whom.
    pub key: ServiceKey,
    /// MAC of the NIC that supplied (the smallest, if several).
    pub mac: Arc<str>,
    /// Its contacts.
    pub contacts: ContactCounts,
    /// UTC days with a contact, ascending.
    pub days: Vec<ContactDay>,
    /// The most regular window of each length of [`WINDOW_HOURS`] that has one, by length.
    pub regular: Vec<RegularWindow>,
    /// Hours in which contacts failed.
    pub failing: FailingHours,
}

impl ContactSeries {
    /// The hours from the epoch in which more than half of the contacts were answered, ascending.
    pub fn answered_hours(&self) -> impl Iterator<Item = u32> {
        let of_day = |day: &ContactDay| {
            let ContactDay { day, answered } = *day;
            (0..HOURS_A_DAY).filter(move |hour| answered >> hour & 1 == 1).map(move |hour| day * HOURS_A_DAY + hour)
        };
        self.days.iter().flat_map(of_day)
    }
}

/// A UTC day with a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContactDay {
    /// Day, from the epoch.
    pub day: u32,
    /// The hours in which more than half of the contacts were answered, a bit each, midnight's the lowest.
    pub answered: u32,
}

/// Lengths of the windows that regularity is looked for in. Unit: hours; each moves by half its length. A day's window, as RITA has it, misses
/// a compromise of an hour.
pub const WINDOW_HOURS: [u32; 3] = [1, 6, 24];

/// A window in which contacts are regular.
#[derive(Clone, Debug, PartialEq)]
pub struct RegularWindow {
    /// Its length, one of [`WINDOW_HOURS`].
    pub hours: u32,
    /// The least score that windows of this length were asked for.
    pub least: f64,
    /// How regular.
    pub score: RegularityScore,
    /// The start times in it, ms since the epoch, ascending. In an hour with over 720 begins only counts per minute are known: each
    /// minute's begins are then spread over it, at most 12.
    pub starts: Vec<i64>,
}

/// How regular contacts are. Each part is from 0 (irregular) to 1, rounded to three places.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RegularityScore {
    /// The mean of the four, or of the other three where sizes are unknown.
    pub total: f64,
    /// How alike the gaps between starts are.
    pub timestamps: f64,
    /// How alike the sizes are; `None` where they are unknown.
    pub sizes: Option<f64>,
    /// How evenly the starts spread over the window, or over two levels.
    pub histogram: f64,
    /// How much of the window the starts reach over.
    pub duration: f64,
}

/// Hours in which at least [`ContactThresholds::unanswered_share_min`] of the contacts got no answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailingHours {
    /// How many.
    pub hours: u64,
    /// Their contacts.
    pub contacts: ContactCounts,
    /// Their first contact, ms since the epoch; 0 without any.
    pub first_time: i64,
    /// Their last contact, ms since the epoch; 0 without any.
    pub last_time: i64,
    /// The most of their contacts that began within [`BURST_MS`].
    pub burst: u64,
}

/// How long a burst is. Unit: ms.
pub const BURST_MS: i64 = 10 * MINUTE_MS;

/// From when on a measure of contacts is kept. The settings of the detectors `beacon` and `failed_retries`, which document unit, range and
/// reason of each; the defaults are theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContactThresholds {
    /// Contacts in a regular window.
    pub window_contacts_min: usize,
    /// Score of a regular window, by length as in [`WINDOW_HOURS`].
    pub window_scores_min: [f64; WINDOW_HOURS.len()],
    /// Share of a failing hour's contacts.
    pub unanswered_share_min: f64,
}

impl Default for ContactThresholds {
    fn default() -> Self {
        Self { window_contacts_min: 12, window_scores_min: [0.8, 0.85, 0.9], unanswered_share_min: 0.6 }
    }
}

/// Least contacts of a series. Unit: contacts in the whole window; range 1 and up. RITA scores no pair with fewer than 4 start
/// times; raising it hides slow beacons.
pub const SERIES_CONTACTS_MIN: u64 = 4;
