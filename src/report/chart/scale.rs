//! Scales: where the ticks of an axis stand and what they say, for bytes, for flows and for time.

use crate::report::words;
use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS, date, date_start};

/// What a length or a colour stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    Flows,
    /// Things of this noun: `rule`, `tuple`.
    Count(&'static str),
}

impl Unit {
    /// `value` as a label: `1.2 GiB`, `12,345`.
    pub fn label(self, value: u64) -> String {
        match self {
            Self::Bytes => words::bytes(value),
            Self::Flows | Self::Count(_) => words::count(value),
        }
    }

    /// `value` as part of a sentence: `1.2 GiB`, `12,345 flows`.
    pub fn said(self, value: u64) -> String {
        match self {
            Self::Bytes => words::bytes(value),
            Self::Flows => words::counted(value, "flow"),
            Self::Count(noun) => words::counted(value, noun),
        }
    }

    /// Round values from 0 to at most `max`, about `wanted` of them, 0 included.
    pub fn ticks(self, max: u64, wanted: u64) -> Vec<u64> {
        // Bytes step by powers of two, so that a label rounded to the next unit still stands where its line is.
        let steps: Vec<u64> = match self {
            Self::Bytes => (0..63).map(|power| 1 << power).collect(),
            Self::Flows | Self::Count(_) => {
                (0..18).flat_map(|power| [1, 2, 5].map(|factor| 10_u64.pow(power) * factor)).collect()
            }
        };
        let step = steps.into_iter().find(|step| max / step <= wanted).unwrap_or(u64::MAX);
        (0..=max / step).map(|i| i * step).collect()
    }
}

/// `value` out of `max` as a part of `length` pixels; at least one pixel unless it is zero.
pub fn pixels(value: u64, max: u64, length: i32) -> i32 {
    if value == 0 || max == 0 {
        return 0;
    }
    ((value as f64 / max as f64 * f64::from(length)).round() as i32).clamp(1, length)
}

/// A run of equal steps of time: step 0 begins at `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Unit: ms since the epoch; a multiple of `step`.
    pub start: i64,
    /// Unit: ms.
    pub step: i64,
    /// How many.
    pub count: usize,
}

/// Lengths of steps to choose from. Unit: ms.
const STEPS: [i64; 17] = [
    10 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    28 * DAY_MS,
    91 * DAY_MS,
    182 * DAY_MS,
    364 * DAY_MS,
    1_820 * DAY_MS,
    3_640 * DAY_MS,
];

impl Steps {
    /// The fewest-merging steps that cover the moments from `first` to `last` in at most `most` steps, none shorter than `shortest`.
    pub fn covering(first: i64, last: i64, shortest: i64, most: usize) -> Self {
        let count = |step: i64| (last.div_euclid(step) - first.div_euclid(step) + 1).max(1) as usize;
        let longest = STEPS[STEPS.len() - 1];
        let step = STEPS.into_iter().find(|step| *step >= shortest && count(*step) <= most).unwrap_or(longest);
        Self { start: first.div_euclid(step) * step, step, count: count(step).min(most) }
    }

    /// Which step holds `time`; times outside fall to the nearest end.
    pub fn index(self, time: i64) -> usize {
        (((time - self.start).div_euclid(self.step)).max(0) as usize).min(self.count - 1)
    }

    /// When the last step ends.
    pub fn end(self) -> i64 {
        self.start + self.step * self.count as i64
    }
}

/// One mark of a time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeTick {
    /// Unit: ms since the epoch.
    pub time: i64,
    /// `18:00`, `19 Aug`, `Aug`.
    pub label: String,
    /// What the label leaves out, where it changes: `19 Aug 2024`, `2024`.
    pub context: String,
}

/// Round moments between `start` and `end`, at most `most` of them.
pub fn time_ticks(start: i64, end: i64, most: usize) -> Vec<TimeTick> {
    let span = end - start;
    let times: Vec<i64> = match STEPS.iter().take(10).find(|step| span / **step < most as i64) {
        Some(step) => (start.div_euclid(*step)..=end.div_euclid(*step))
            .map(|i| i * step)
            .filter(|time| (start..end).contains(time))
            .collect(),
        None => month_starts(start, end, most),
    };
    let by_day = times.len() < 2 || times.windows(2).all(|pair| pair[1] - pair[0] >= DAY_MS);
    let by_month = span >= STEPS[9] * most as i64;
    let mut last_context = String::new();
    times
        .into_iter()
        .map(|time| {
            let (year, month, day) = date(time);
            let name = MONTHS[month as usize - 1];
            let (label, context) = if by_month {
                (name.to_owned(), year.to_string())
            } else if by_day && span >= DAY_MS {
                (format!("{day} {name}"), year.to_string())
            } else {
                (words::clock(time), format!("{day} {name} {year}"))
            };
            let shown = if context == last_context { String::new() } else { context.clone() };
            last_context = context;
            TimeTick { time, label, context: shown }
        })
        .collect()
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// First days of months, every 1, 2, 3, 6 or more months, so that at most `most` remain.
fn month_starts(start: i64, end: i64, most: usize) -> Vec<i64> {
    let month_number = |time: i64| {
        let (year, month, _) = date(time);
        year * 12 + i64::from(month) - 1
    };
    let (first, last) = (month_number(start), month_number(end));
    let every = [1, 2, 3, 6, 12, 24, 60, 120, 240].into_iter().find(|n| (last - first) / n < most as i64).unwrap_or(600);
    (first.div_euclid(every)..=last.div_euclid(every))
        .map(|i| i * every)
        .map(|number| date_start(number.div_euclid(12), number.rem_euclid(12) as u32 + 1, 1))
        .filter(|time| (start..end).contains(time))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_in_their_unit() {
        assert_eq!(Unit::Bytes.ticks(3 * 1024 * 1024, 4), [0, 1 << 20, 2 << 20, 3 << 20]);
        assert_eq!(Unit::Flows.ticks(1_234, 5), [0, 500, 1_000]);
        assert_eq!(Unit::Flows.ticks(0, 5), [0]);
        assert!(Unit::Bytes.ticks(u64::MAX, 5).len() <= 17);
    }

    #[test]
    fn a_value_that_is_not_zero_can_be_seen() {
        assert_eq!([(0, 9), (1, 1_000_000), (9, 9), (5, 0)].map(|(v, max)| pixels(v, max, 100)), [0, 1, 100, 0]);
    }

    #[test]
    fn long_windows_use_longer_steps() {
        let day = Steps::covering(0, DAY_MS - 1, 10 * MINUTE_MS, 400);
        assert_eq!((day.step, day.count), (10 * MINUTE_MS, 144));
        let century = Steps::covering(0, 36_525 * DAY_MS, 10 * MINUTE_MS, 400);
        assert!(century.count <= 400 && century.end() > 36_525 * DAY_MS);
        assert_eq!(century.index(36_525 * DAY_MS), century.count - 1);
    }

    #[test]
    fn time_ticks_are_few_round_and_name_the_day() {
        let start = date_start(2024, 8, 19);
        let ticks = time_ticks(start, start + DAY_MS, 9);
        assert_eq!((ticks[1].label.as_str(), ticks[0].context.as_str()), ("03:00", "19 Aug 2024"));
        for days in [1, 3, 10, 40, 100, 400, 4_000, 36_500] {
            let ticks = time_ticks(start, start + days * DAY_MS, 9);
            assert!((1..=10).contains(&ticks.len()), "{days} days: {ticks:?}");
            assert!(!ticks[0].context.is_empty());
        }
        assert!(!time_ticks(start, start + 10 * MINUTE_MS, 9).is_empty());
    }
}
