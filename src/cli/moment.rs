//! Moments and durations as a user types them.

use crate::schema;
use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Parses a moment as [`schema::moment`] does; returns ms since the epoch.
pub fn moment(text: &str) -> Result<i64, String> {
    schema::moment::moment(text)
        .ok_or_else(|| format!("'{text}' is no UTC date or time such as 2024-08-19 or 2024-08-19T17:30:00Z"))
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
