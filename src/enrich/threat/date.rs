//! Reads the dates that threat lists state, as moments.
//!
//! Goes in: a text such as `2026-11-20T08:00:00Z`, `2026/11/20`, `Fri, 20 Nov 2026 08:00:00 GMT` or `Fri Nov 20 08:00:00 UTC 2026`.
//! Comes out: milliseconds since the epoch. A time zone that is no offset counts as UTC: it moves a date by less than a day,
//! and ages are told in days.

use crate::schema::units::{HOUR_MS, MINUTE_MS, SECOND_MS, date, date_start};

/// Names of the months, by their first three letters.
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The moment that a text states, ms since the epoch, between the years 1970 and 9999; `None` if it states none.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let starts_with_year = text.len() >= 10 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    if starts_with_year && matches!(text.as_bytes()[4], b'-' | b'/') { iso(text) } else { words(text) }
}

/// The moment of seconds since the epoch, as MISP and Spamhaus write it.
pub(super) fn seconds(seconds: i64) -> Option<i64> {
    let last = date_start(10_000, 1, 1) / SECOND_MS;
    (1..last).contains(&seconds).then(|| seconds * SECOND_MS)
}

/// `YYYY-MM-DD` or `YYYY/MM/DD`, then perhaps `T` or a blank and a time, then perhaps a zone.
fn iso(text: &str) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let mut parts = day.split(['-', '/']).map(str::parse::<u32>);
    let start = day_start(i64::from(parts.next()?.ok()?), parts.next()?.ok()?, parts.next()?.ok()?)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).unwrap_or(rest).trim();
    if rest.is_empty() {
        return Some(start);
    }
    let end = rest.find(['Z', 'z', '+', '-', ' ']).unwrap_or(rest.len());
    let (time, zone) = rest.split_at(end);
    Some(start + time_of_day(time)? - offset(zone.trim()))
}

/// A date of words in any order: a month's name, a day, a year, a time, a zone.
fn words(text: &str) -> Option<i64> {
    let (mut year, mut month, mut day, mut time, mut zone) = (None, None, None, 0, 0);
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        let letters = word.get(..3).unwrap_or_default().to_ascii_lowercase();
        if let Some(at) = MONTHS.iter().position(|name| *name == letters) {
            month = u32::try_from(at + 1).ok();
        } else if word.contains(':') {
            time = time_of_day(word)?;
        } else if word.starts_with(['+', '-']) {
            zone = offset(word);
        } else if let Ok(number) = word.parse::<u32>() {
            if word.len() == 4 {
                year = Some(i64::from(number));
            } else {
                day = Some(number);
            }
        }
    }
    Some(day_start(year?, month?, day?)? + time - zone)
}

/// When a day begins; `None` for a day that does not exist.
fn day_start(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let start = date_start(year, month, day);
    (date(start) == (year, month, day)).then_some(start)
}

/// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`, in ms; a leap second is the second after.
fn time_of_day(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let last = parts.next().unwrap_or("0");
    let (seconds, fraction) = last.split_once('.').unwrap_or((last, ""));
    let seconds: i64 = seconds.parse().ok()?;
    let thousandths = fraction.bytes().take_while(u8::is_ascii_digit).chain(*b"000").take(3);
    let ms = thousandths.fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
    let is_time = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..=60).contains(&seconds);
    is_time.then_some(hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + ms)
}

/// How far a zone such as `+02:00` or `-0530` is ahead of UTC, in ms; 0 for `Z`, `GMT` and names.
fn offset(zone: &str) -> i64 {
    let Some(sign) = zone.strip_prefix('+').map(|_| 1).or_else(|| zone.strip_prefix('-').map(|_| -1)) else { return 0 };
    let digits: Vec<i64> = zone.bytes().filter(u8::is_ascii_digit).map(|digit| i64::from(digit - b'0')).collect();
    match digits[..] {
        [a, b, c, d] => sign * ((a * 10 + b) * HOUR_MS + (c * 10 + d) * MINUTE_MS),
        [a, b] => sign * (a * 10 + b) * HOUR_MS,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::units::rfc3339;

    fn read(text: &str) -> Option<String> {
        parse(text).map(rfc3339)
    }

    #[test]
    fn each_way_that_lists_write_a_date_is_read() {
        for (text, moment) in [
            ("2026-11-20", "2026-11-20T00:00:00.000Z"),
            ("2026/11/20", "2026-11-20T00:00:00.000Z"),
            ("2026-11-20 08:15:30 UTC", "2026-11-20T08:15:30.000Z"),
            ("2026-11-20 08:15", "2026-11-20T08:15:00.000Z"),
            ("2026-11-20T08:15:30Z", "2026-11-20T08:15:30.000Z"),
            ("2026-11-20T08:15:30.123456Z", "2026-11-20T08:15:30.123Z"),
            ("2026-11-20T08:15:30.5Z", "2026-11-20T08:15:30.500Z"),
            ("2026-11-20T01:15:30+02:00", "2026-11-19T23:15:30.000Z"),
            ("Fri, 20 Nov 2026 08:15:30 GMT", "2026-11-20T08:15:30.000Z"),
            ("Fri, 20 Nov 2026 03:00:36 +0100", "2026-11-20T02:00:36.000Z"),
            ("Thu Oct  8 04:41:57 UTC 2026", "2026-10-08T04:41:57.000Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "soon",
            "2026",
            "2026-13-01",
            "2026-02-30",
            "2026-11-20T25:00:00Z",
            "20 Nov",
            "2026-1",
            "1066-10-14",
            "ööööööööö",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!((seconds(0), seconds(i64::MAX), seconds(1)), (None, None, Some(1000)));
    }
}
