//! Moments and durations as a user types them.

use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, date, date_start};

/// Parses `2024-08-19`, `2024-08-19T17:30`, `2024-08-19T17:30:00` or `…:00.250`, each with or without `Z`, as UTC.
///
/// Returns ms since the epoch.
pub fn moment(text: &str) -> Result<i64, String> {
    let wrong = || format!("'{text}' is no UTC date or time such as 2024-08-19 or 2024-08-19T17:30:00Z");
    let plain = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    let (day, clock) = plain.split_once(['T', 't', ' ']).unwrap_or((plain, "00:00"));
    let numbers: Vec<&str> = day.split('-').collect();
    let [year, month, day] = numbers[..] else { return Err(wrong()) };
    let number = |text: &str, digits: usize| {
        let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { text.parse::<u32>().map_err(|_| wrong()) } else { Err(wrong()) }
    };
    let (year, month, day) = (i64::from(number(year, 4)?), number(month, 2)?, number(day, 2)?);
    let start = if (1..=12).contains(&month) { date_start(year, month, day) } else { return Err(wrong()) };
    if date(start) != (year, month, day) {
        return Err(wrong());
    }
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = clock.split(':');
    let mut part = |limit: u32| match parts.next() {
        None => Ok(0),
        Some(text) => number(text, 2).and_then(|value| if value < limit { Ok(i64::from(value)) } else { Err(wrong()) }),
    };
    let (hours, minutes, seconds) = (part(24)?, part(60)?, part(60)?);
    if parts.next().is_some() || fraction.len() > 3 {
        return Err(wrong());
    }
    let ms = i64::from(number(&format!("{fraction:0<3}"), 3)?);
    Ok(start + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS + ms)
}

/// Parses `90m`, `24h` or `7d`; returns ms.
pub fn duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("'{text}' is no duration such as 90m, 24h or 7d");
    let unit = match text.chars().last() {
        Some('m') => MINUTE_MS,
        Some('h') => HOUR_MS,
        Some('d') => DAY_MS,
        _ => return Err(wrong()),
    };
    let count: i64 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    if (1..=100_000).contains(&count) { Ok(count * unit) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc() {
        assert_eq!(moment("2024-08-19"), Ok(1_724_025_600_000));
        assert_eq!(moment("2024-08-19T17:59"), Ok(1_724_090_340_000));
        assert_eq!(moment("2024-08-19T17:59:06.25Z"), Ok(1_724_090_346_250));
        for wrong in [
            "",
            "2024-13-01",
            "2024-02-30",
            "24-01-01",
            "2024-01-01T25:00",
            "2024-01-01T1:00",
            "2024-01-01T00:00:00:00",
            "now",
            "2024-01-01T00:00+02:00",
        ] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("24h"), Ok(DAY_MS));
        assert_eq!(duration("7d"), Ok(7 * DAY_MS));
        for wrong in ["", "24", "h", "-1h", "0d", "1.5h", "1w", "9999999999d", "é"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
