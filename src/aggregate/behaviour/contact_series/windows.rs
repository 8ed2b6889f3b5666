//! The most regular window of each length, found while contacts come in the order of time.
//!
//! Goes in: start times with their sizes, some at a time. Comes out: of each length of [`WINDOW_HOURS`] the window that scores best, of equal
//! ones the first, if any passes. Windows of a length begin with the first contact and move by half their length, as long as there are contacts after
//! their middle. Of the contacts those are kept that an open window may still reach.

use std::ops::Range;

use super::begun::Begun;
use super::regularity::{Contacts, score_at_least};
use crate::schema::tables::{ContactThresholds, RegularWindow, RegularityScore, WINDOW_HOURS};
use crate::schema::units::{HOUR_MS, SECOND_MS};

/// How many times the room that a series needs it may have. Unit: times; range 3 and up: a day comes to the day and a half that is kept. Less
/// moves thousands of series to other places every day, which leaves gaps.
const ROOM_TIMES: usize = 4;

/// The windows of one series.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Start times from the first open window on, ms since the epoch, ascending.
    starts: Vec<i64>,
    /// The size of each.
    sizes: Vec<u64>,
    lengths: [OfLength; WINDOW_HOURS.len()],
}

/// The windows of one length.
#[derive(Debug, Default)]
struct OfLength {
    /// Where the next window begins, ms since the epoch; `None` before the first one, which begins with the first contact.
    next: Option<i64>,
    best: Option<RegularWindow>,
}

/// Which windows are looked at.
#[derive(Clone, Copy)]
enum Due {
    /// Those that end before the last contact: whatever comes later does not change them.
    Ended,
    /// All whose middle is not after the last contact, and the first.
    All,
}

/// Memory to work in.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The start times. Unit: seconds since the epoch.
    seconds: Vec<i64>,
    values: Vec<u64>,
}

impl Windows {
    /// Adds contacts, none of which is earlier than those before.
    pub fn add(&mut self, begun: &mut Begun) {
        if self.starts.is_empty() {
            (self.starts, self.sizes) = (std::mem::take(&mut begun.starts), std::mem::take(&mut begun.sizes));
        } else {
            self.starts.append(&mut begun.starts);
            self.sizes.append(&mut begun.sizes);
        }
    }

    /// Looks at the windows that have ended, and lets go of the contacts that no other reaches.
    pub fn settle(&mut self, thresholds: &ContactThresholds, scratch: &mut Scratch) {
        self.look(Due::Ended, thresholds, scratch);
        let nexts = self.lengths.iter().map(|of| of.next);
        // Before any window of some length has ended, each contact may be in it.
        let open = nexts.min().flatten().unwrap_or(i64::MIN);
        let over = self.starts.partition_point(|start| *start < open);
        forget(&mut self.starts, over);
        forget(&mut self.sizes, over);
    }

    /// Looks at the windows that are left, and gives the best of each length.
    pub fn finish(mut self, thresholds: &ContactThresholds, scratch: &mut Scratch) -> Vec<RegularWindow> {
        self.look(Due::All, thresholds, scratch);
        self.lengths.into_iter().filter_map(|of| of.best).collect()
    }

    #[cfg(test)]
    pub fn contacts_kept(&self) -> usize {
        self.starts.len()
    }

    fn look(&mut self, due: Due, thresholds: &ContactThresholds, scratch: &mut Scratch) {
        let (Some(first), Some(last)) = (self.starts.first().copied(), self.starts.last().copied()) else { return };
        if self.starts.len() < thresholds.window_contacts_min {
            return;
        }
        scratch.seconds.clear();
        scratch.seconds.extend(self.starts.iter().map(|start| start.div_euclid(SECOND_MS)));
        let Self { starts, sizes, lengths } = self;
        for (of, (hours, least)) in lengths.iter_mut().zip(WINDOW_HOURS.into_iter().zip(thresholds.window_scores_min)) {
            let length = i64::from(hours) * HOUR_MS;
            let mut range = 0..0;
            loop {
                let from = of.next.unwrap_or(first);
                let is_due = match due {
                    Due::Ended => from + length <= last,
                    Due::All => of.next.is_none() || from + length / 2 <= last,
                };
                if !is_due {
                    break;
                }
                // Windows move forward, and so do their ends.
                let before = |end: usize, time: i64| end + starts[end..].iter().take_while(|start| **start < time).count();
                range = before(range.start, from)..before(range.end.max(range.start), from + length);
                if range.len() >= thresholds.window_contacts_min {
                    let asked = of.best.as_ref().map_or(least, |best| best.score.total);
                    let score = score_range((&scratch.seconds, sizes), range.clone(), (from, length), asked, &mut scratch.values);
                    if let Some(score) = score.filter(|score| of.best.as_ref().is_none_or(|best| score.total > best.score.total))
                    {
                        of.best = Some(RegularWindow { hours, least, score, starts: starts[range.clone()].to_vec() });
                    }
                }
                of.next = Some(following(from, length, starts.get(range.end).filter(|_| range.is_empty())));
            }
        }
    }
}

/// Where the window after one begins that begins at `from`: half a length later or, this one being empty, with the first that holds `start`. A log
/// may hold times that lie ages apart.
fn following(from: i64, length: i64, start: Option<&i64>) -> i64 {
    let empty = start.map_or(0, |start| (start - length - from).div_euclid(length / 2));
    from + (empty.max(0) + 1) * (length / 2)
}

/// Lets go of the first `over` items; their memory is for the next day's, unless that is far more than is needed.
fn forget<T>(items: &mut Vec<T>, over: usize) {
    items.drain(..over);
    if items.capacity() > ROOM_TIMES * items.len() {
        items.shrink_to_fit();
    }
}

/// The score of some contacts (start seconds and sizes) in a window (begin and length in ms), if it is at least `least`.
fn score_range(
    (seconds, sizes): (&[i64], &[u64]),
    range: Range<usize>,
    (from, length): (i64, i64),
    least: f64,
    scratch: &mut Vec<u64>,
) -> Option<RegularityScore> {
    let sizes = &sizes[range.clone()];
    let sizes = if sizes.iter().all(|size| *size == 0) { &[] } else { sizes };
    let from = from.div_euclid(SECOND_MS);
    score_at_least(&Contacts { starts: &seconds[range], sizes, from, to: from + length / SECOND_MS }, least, scratch)
}
