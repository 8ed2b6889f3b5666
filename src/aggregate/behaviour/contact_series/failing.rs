//! Hours in which contacts failed, summed while contacts come in the order of time.
//!
//! Goes in: hours with their contacts and start times, some at a time. Comes out: [`FailingHours`]. Of the start times those are kept that a burst may
//! still reach.

use std::collections::VecDeque;

use super::begun::Begun;
use crate::schema::tables::{BURST_MS, ContactCounts, ContactThresholds, FailingHours};
use crate::schema::units::HOUR_MS;

/// The failing hours of one series so far.
#[derive(Debug, Default)]
pub(super) struct Failing {
    hours: FailingHours,
    /// Start times of the latest failing hours within [`BURST_MS`], ms since the epoch, ascending.
    recent: VecDeque<i64>,
}

impl Failing {
    /// Adds hours, all of which are later than those before.
    pub fn add(&mut self, begun: &Begun, thresholds: &ContactThresholds) {
        let mut rest = begun.starts.as_slice();
        for (hour, contacts) in begun.hours.iter().filter(|(_, contacts)| fails(contacts, thresholds)) {
            let start = i64::from(*hour) * HOUR_MS;
            rest = &rest[rest.partition_point(|time| *time < start)..];
            let (of_hour, later) = rest.split_at(rest.partition_point(|time| *time < start + HOUR_MS));
            rest = later;
            self.hours.hours += 1;
            self.hours.contacts.add(contacts);
            self.add_starts(of_hour);
        }
    }

    fn add_starts(&mut self, starts: &[i64]) {
        let Self { hours, recent } = self;
        let (Some(first), Some(last)) = (starts.first(), starts.last()) else { return };
        if hours.burst == 0 {
            hours.first_time = *first;
        }
        hours.last_time = *last;
        for start in starts {
            recent.push_back(*start);
            while recent.front().is_some_and(|first| start - first >= BURST_MS) {
                recent.pop_front();
            }
            hours.burst = hours.burst.max(recent.len() as u64);
        }
    }

    pub fn finish(self) -> FailingHours {
        self.hours
    }
}

/// Whether most of an hour's contacts got no answer.
fn fails(contacts: &ContactCounts, thresholds: &ContactThresholds) -> bool {
    contacts.unanswered > 0 && contacts.unanswered as f64 >= thresholds.unanswered_share_min * contacts.begins as f64
}
