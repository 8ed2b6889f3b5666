//! Units of time and their text, and the sizes that bound an interval.

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Hours of a day.
pub const HOURS_A_DAY: u32 = (DAY_MS / HOUR_MS) as u32;

/// How long an interval of the traffic table is. Half-open, aligned to the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Interval {
    /// Ten minutes, the default.
    #[default]
    TenMinutes,
    /// One hour.
    Hour,
}

impl Interval {
    /// The length in milliseconds.
    pub const fn ms(self) -> i64 {
        match self {
            Self::TenMinutes => 10 * MINUTE_MS,
            Self::Hour => HOUR_MS,
        }
    }

    /// The number of the interval that holds `time` (ms since the epoch), counted from the epoch.
    pub const fn number(self, time: i64) -> u32 {
        (time / self.ms()) as u32
    }

    /// When interval `number` starts, ms since the epoch.
    pub const fn start(self, number: u32) -> i64 {
        number as i64 * self.ms()
    }

    /// The hour (counted from the epoch) in which interval `number` lies.
    pub const fn hour(self, number: u32) -> u32 {
        (self.start(number) / HOUR_MS) as u32
    }
}

/// A moment as RFC 3339 UTC with milliseconds, e.g. `2024-08-19T17:59:06.000Z`.
///
/// `time`: ms since the epoch, from year 0 to 9999.
pub fn rfc3339(time: i64) -> String {
    let (year, month, day) = date(time);
    let ms = time.rem_euclid(DAY_MS);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        ms / HOUR_MS,
        ms / MINUTE_MS % 60,
        ms / SECOND_MS % 60,
        ms % SECOND_MS
    )
}

/// Year, month (1 to 12) and day (1 to 31) of a moment, UTC, in the proleptic Gregorian calendar.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn date(time: i64) -> (i64, u32, u32) {
    let days = time.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The moment a date begins, ms since the epoch, UTC. The inverse of [`date`].
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
pub const fn date_start(year: i64, month: u32, day: u32) -> i64 {
    let year = year - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (if month > 2 { month - 3 } else { month + 9 }) as i64;
    let day_of_year = (153 * shifted_month + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_print_as_rfc_3339_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_724_090_346_000), "2024-08-19T17:59:06.000Z");
        assert_eq!(rfc3339(1_709_210_096_789), "2024-02-29T12:34:56.789Z");
    }

    #[test]
    fn dates_round_trip() {
        for day in (-200_000..200_000).step_by(17) {
            let (y, m, d) = date(day * DAY_MS);
            assert_eq!(date_start(y, m, d), day * DAY_MS);
        }
    }

    #[test]
    fn intervals_are_half_open_and_lie_in_one_hour() {
        let i = Interval::TenMinutes;
        assert_eq!(i.number(i.start(7)), 7);
        assert_eq!(i.number(i.start(8) - 1), 7);
        assert_eq!(i.hour(11), 1);
        assert_eq!(Interval::Hour.hour(11), 11);
    }
}
