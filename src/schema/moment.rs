//! Moments read from text: the times of records, and what users and lists write.
//!
//! Goes in: a text. Comes out: milliseconds since the epoch, UTC, or nothing. Knows no time zone but UTC.

use super::units::{HOUR_MS, MINUTE_MS, SECOND_MS, date, date_start};

/// Most digits of a fraction of a second; records have seven.
const FRACTION_DIGITS_MAX: usize = 9;

/// Reads `2024-08-19`, `2024-08-19T17:30`, `2024-08-19T17:30:00` or `…:00.2500000`, each with or without `Z`, as UTC.
///
/// Returns ms since the epoch, rounded down; `None` for any other text.
pub fn moment(text: &str) -> Option<i64> {
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (day, clock) = plain.split_once(['T', 't', ' ']).unwrap_or((plain, "00:00"));
    let mut parts = day.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || !(1..=12).contains(&month) {
        return None;
    }
    let start = date_start(i64::from(year), month, day);
    if date(start) != (i64::from(year), month, day) {
        return None;
    }
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let mut part = |limit: u32| match parts.next() {
        None => Some(0),
        Some(text) => number(text, 2).filter(|value| *value < limit).map(i64::from),
    };
    let (hours, minutes, seconds) = (part(24)?, part(60)?, part(60)?);
    if parts.next().is_some() || !(1..=FRACTION_DIGITS_MAX).contains(&fraction.len()) {
        return None;
    }
    number(fraction, fraction.len())?;
    let ms = (0..3).fold(0, |ms, at| ms * 10 + fraction.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0')));
    Some(start + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + ms)
}

/// A number of exactly `digits` digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_states_seven_digits_of_a_second() {
        assert_eq!(moment("2020-07-08T20:04:43.4178856Z"), Some(1_594_238_683_417));
        assert_eq!(moment("2024-08-19T17:59:06.25Z"), Some(1_724_090_346_250));
        assert_eq!(moment("2024-08-19T17:59:06.999999999"), Some(1_724_090_346_999));
    }

    #[test]
    fn what_is_no_moment_of_utc_is_refused() {
        for wrong in ["", "x", "2024-08-19T17:59:06.", "2024-08-19T17:59:06.0123456789Z", "2024-08-19T17:59:06.1x", "2024-08-1é"]
        {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }
}
