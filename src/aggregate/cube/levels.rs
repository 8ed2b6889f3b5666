//! How a cube is made small: a ladder of levels from fine to coarse, and the lengths that a step can have.
//!
//! No bound grows from one level to the next, so that what is one in a level is one in all coarser ones: a cube is made coarser
//! from itself, never from the rows again. Folds nothing itself.

use crate::schema::units::{DAY_MS, HOUR_MS, Interval, MINUTE_MS};

/// Most rows of a cube. Unit: rows, 30 to 40 bytes of the page each; range 22,000 (what the last level can need) and up: raising
/// it shows more addresses over finer steps, and makes the page larger and its filters slower.
pub(super) const CUBE_ROWS_MAX: usize = 40_000;

/// What a cube of one level holds at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Addresses told by themselves, half of them local as long as there are enough of both.
    pub addresses: usize,
    /// Folds of the other addresses that tell subnet, interface and country.
    pub interfaces: usize,
    /// Folds of what is left that tell subnet and country.
    pub places: usize,
    /// Ports told by themselves.
    pub ports: usize,
    /// Steps of time. The bounds allow one step more than whole hours, for windows that begin within a step.
    pub steps: u64,
}

const fn level([addresses, interfaces, places, ports]: [usize; 4], steps: u64) -> Level {
    Level { addresses, interfaces, places, ports, steps }
}

/// The levels. Time goes first, down to half an hour for a day; then addresses and ports; then time again. The last level has at
/// most 14 ends (local or not, by scope), one port, nine flow types and 12 steps: 21,168 rows.
pub(super) const LEVELS: &[Level] = &[
    level([4_000, 1_000, 1_000, 2_000], 1_010),
    level([2_000, 400, 400, 400], 1_010),
    level([2_000, 400, 400, 400], 340),
    level([2_000, 400, 400, 400], 170),
    level([2_000, 400, 400, 400], 86),
    level([1_400, 300, 300, 200], 86),
    level([1_000, 200, 200, 120], 86),
    level([700, 150, 150, 80], 86),
    level([500, 120, 120, 60], 86),
    level([400, 100, 100, 50], 50),
    level([300, 80, 80, 40], 50),
    level([220, 70, 70, 30], 50),
    level([160, 60, 60, 25], 50),
    level([120, 50, 50, 20], 50),
    level([90, 40, 40, 20], 50),
    level([70, 35, 35, 16], 50),
    level([70, 35, 35, 16], 26),
    level([50, 30, 30, 12], 26),
    level([40, 20, 20, 12], 26),
    level([30, 16, 16, 10], 26),
    level([30, 16, 16, 10], 14),
    level([20, 12, 12, 8], 14),
    level([10, 10, 10, 8], 14),
    level([0, 0, 0, 0], 12),
];

/// Lengths of a step, each a multiple of the one before. Unit: ms. Beyond the last they double.
const STEPS_MS: [i64; 9] =
    [10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS];

/// The intervals of a step: as few as give at most `most` steps from interval `first` to interval `last`.
pub(super) fn intervals_per_step(interval: Interval, (first, last): (u32, u32), most: u64) -> u64 {
    let fits = |per_step: &u64| u64::from(last) / per_step - u64::from(first) / per_step < most;
    let whole = STEPS_MS.iter().filter(|ms| **ms % interval.ms() == 0).map(|ms| (ms / interval.ms()) as u64);
    let longest = (STEPS_MS[STEPS_MS.len() - 1] / interval.ms()) as u64;
    // 32 doublings exceed every number of an interval.
    let doubled = (1..=32).map(|doublings| longest << doublings);
    whole.chain(doubled).find(fits).unwrap_or(longest << 32)
}

/// In how many levels, from the first on, something of this rank is told by itself; rank 0 is the best.
pub(super) fn levels_that_tell(rank: usize, most: impl Fn(&Level) -> usize) -> u8 {
    LEVELS.partition_point(|level| most(level) > rank) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bound_grows_and_the_last_level_fits_whatever_comes() {
        let bounds = |l: &Level| [l.addresses, l.interfaces, l.places, l.ports, l.steps as usize];
        for pair in LEVELS.windows(2) {
            let (fine, coarse) = (bounds(&pair[0]), bounds(&pair[1]));
            assert!(fine.iter().zip(&coarse).all(|(fine, coarse)| fine >= coarse), "{pair:?}");
            assert_ne!(fine, coarse);
        }
        let last = &LEVELS[LEVELS.len() - 1];
        assert_eq!(bounds(last), [0, 0, 0, 0, 12]);
        const { assert!(14 * 14 * 9 * 12 <= CUBE_ROWS_MAX) };
        assert!(LEVELS.len() < usize::from(u8::MAX));
    }

    #[test]
    fn steps_are_as_short_as_the_window_allows() {
        let day = (0, 143);
        let minutes = |window, most| intervals_per_step(Interval::TenMinutes, window, most) * 10;
        assert_eq!([1_010, 170, 144, 143, 86, 50, 26, 12].map(|most| minutes(day, most)), [10, 10, 10, 30, 30, 30, 60, 120]);
        assert_eq!(minutes((1, 144), 50), 30, "a day that begins within a step has 49");
        assert_eq!(minutes((0, 30 * 144 - 1), 86), 720, "a month");
        assert_eq!(intervals_per_step(Interval::Hour, (0, 23), 86), 1);
        assert_eq!(intervals_per_step(Interval::Hour, (0, 167), 86), 2);
    }

    #[test]
    fn longer_steps_are_multiples_of_shorter_ones_however_long_the_window() {
        for last in [0, 7, 1_000, 1_000_000, u32::MAX] {
            let steps: Vec<u64> =
                LEVELS.iter().map(|level| intervals_per_step(Interval::TenMinutes, (0, last), level.steps)).collect();
            assert!(steps.windows(2).all(|pair| pair[1] % pair[0] == 0), "{steps:?}");
            assert!(LEVELS.iter().zip(&steps).all(|(level, step)| u64::from(last) / step < level.steps));
        }
    }

    #[test]
    fn better_ranks_are_told_in_more_levels() {
        let most = |level: &Level| level.addresses;
        assert_eq!([0, 9, 10, 1_999, 2_000, 4_000].map(|rank| levels_that_tell(rank, most)), [23, 23, 22, 5, 1, 0]);
    }
}
