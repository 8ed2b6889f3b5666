//! Numbers, sizes, times and names as people read them: in titles, labels and the page, never in CSV or JSON.
//!
//! Decides nothing about layout; text that must fit a width is cut by the chart's canvas.

pub use crate::schema::amount::{bytes, count};
use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS, date};

/// What `bytes` in `ms` are per second: `168 kbit/s`; one decimal below 100, units of 1,000, as networks are sold.
pub fn bit_rate(bytes: u64, ms: i64) -> String {
    let mut rate = bytes as f64 * 8_000.0 / ms.max(1) as f64;
    let mut unit = 0;
    const UNITS: [&str; 6] = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "Pbit/s"];
    while rate >= 999.5 && unit + 1 < UNITS.len() {
        rate /= 1_000.0;
        unit += 1;
    }
    if rate >= 99.95 || (rate * 10.0).round() % 10.0 == 0.0 {
        format!("{rate:.0} {}", UNITS[unit])
    } else {
        format!("{rate:.1} {}", UNITS[unit])
    }
}

/// A count and its noun: `1 flow`, `2 flows`, `2 addresses`.
pub fn counted(number: u64, noun: &str) -> String {
    let ending = match noun {
        _ if number == 1 => "",
        _ if noun.ends_with('s') => "es",
        _ if noun.ends_with("country") => return format!("{} {}ies", count(number), noun.trim_end_matches('y')),
        _ => "s",
    };
    format!("{} {noun}{ending}", count(number))
}

/// The share of `part` in `whole`: `41 %`, and never 0 % or 100 % unless it is.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let percent = part as f64 * 100.0 / whole as f64;
    if part == 0 || part >= whole || (1.0..99.5).contains(&percent) {
        format!("{percent:.0} %")
    } else if percent < 1.0 {
        "under 1 %".into()
    } else {
        "over 99 %".into()
    }
}

/// As [`share`], at the beginning of a sentence: `Under 1 %`.
pub fn leading_share(part: u64, whole: u64) -> String {
    let said = share(part, whole);
    match said.split_once(' ') {
        Some(("under", rest)) => format!("Under {rest}"),
        Some(("over", rest)) => format!("Over {rest}"),
        _ => said,
    }
}

/// A moment to the minute: `2024-08-19 17:59`. UTC, which the place it stands in says.
pub fn minute(time: i64) -> String {
    format!("{} {}", day(time), clock(time))
}

/// A date: `2024-08-19`.
pub fn day(time: i64) -> String {
    let (year, month, day) = date(time);
    format!("{year:04}-{month:02}-{day:02}")
}

/// A time of day: `17:59`.
pub fn clock(time: i64) -> String {
    let ms = time.rem_euclid(DAY_MS);
    format!("{:02}:{:02}", ms / HOUR_MS, ms / MINUTE_MS % 60)
}

/// A moment of summary.json (RFC 3339) to the minute.
pub fn minute_of_rfc3339(text: &str) -> String {
    text.get(..16).map_or_else(|| text.to_owned(), |minute| minute.replace('T', " "))
}

/// A length of time: `10 min`, `6 h`, `2 days`; whole minutes.
pub fn length(ms: i64) -> String {
    if ms >= 2 * DAY_MS && ms % DAY_MS == 0 {
        format!("{} days", ms / DAY_MS)
    } else if ms >= 10 * DAY_MS {
        format!("{} days", (ms + DAY_MS / 2) / DAY_MS)
    } else if ms >= 10 * HOUR_MS || (ms >= HOUR_MS && ms % HOUR_MS == 0) {
        format!("{} h", (ms + HOUR_MS / 2) / HOUR_MS)
    } else if ms >= HOUR_MS {
        format!("{} h {} min", ms / HOUR_MS, ms % HOUR_MS / MINUTE_MS)
    } else {
        format!("{} min", (ms / MINUTE_MS).max(1))
    }
}

/// A short length of time, either way: `850 ms`, `61 s`, `-3 s`, `12 min`.
pub fn lag(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    match ms.unsigned_abs() {
        ms if ms < 1_000 => format!("{sign}{ms} ms"),
        ms if ms < 120_000 => format!("{sign}{} s", ms / 1_000),
        ms => format!("{sign}{}", length(i64::try_from(ms).unwrap_or(i64::MAX))),
    }
}

/// The name of an IP protocol, or its number: `tcp`, `udp`, `icmp`, `proto 47`.
pub fn protocol(number: u8) -> String {
    match number {
        1 => "icmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        58 => "icmpv6".into(),
        _ => format!("proto {number}"),
    }
}

/// The last part of an ARM resource id: what people call the resource.
pub fn resource(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

/// The name of a rule without the `UserRule_` or `DefaultRule_` that flow logs write before it: as the portal has it, and short enough
/// to tell `AllowVnetOutBound` from `AllowInternetOutBound` beside the name of its NSG.
pub fn rule(logged: &str) -> &str {
    let rest = ["UserRule_", "DefaultRule_"].iter().find_map(|prefix| logged.strip_prefix(prefix));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(logged)
}

/// `text` without characters that no document may hold or that change how others are read: controls, direction marks
/// and non-characters become U+FFFD; tab and line feed become a space.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\t' | '\n') { ' ' } else { shown(c) }).collect()
}

/// `text`, cleaned, with its middle replaced by `…` until it has at most `chars` characters.
pub fn shorten(text: &str, chars: usize) -> String {
    let text = clean(text);
    let length = text.chars().count();
    if length <= chars {
        return text;
    }
    let kept = chars.saturating_sub(1);
    let head: String = text.chars().take(kept.div_ceil(2)).collect();
    let tail: String = text.chars().skip(length - kept / 2).collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// `c`, or U+FFFD if it must not be shown.
pub fn shown(c: char) -> char {
    let steers = matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let unseen = matches!(c, '\u{200B}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}');
    let no_character = (c as u32) & 0xFFFE == 0xFFFE || matches!(c, '\u{FDD0}'..='\u{FDEF}');
    if c.is_control() || steers || unseen || no_character { '\u{FFFD}' } else { c }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(counted(1, "flow"), "1 flow");
        assert_eq!(counted(1204, "tuple"), "1,204 tuples");
        assert_eq!(counted(0, "address"), "0 addresses");
        assert_eq!(counted(2, "country"), "2 countries");
    }

    #[test]
    fn sizes_use_binary_units_and_have_three_digits() {
        let sizes = [0, 1, 1023, 1024, 1536, 102_400, 1_048_575, 1_288_490_189, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "1 B", "1,023 B", "1 KiB", "1.5 KiB", "100 KiB", "1 MiB", "1.2 GiB", "16 EiB"]);
    }

    #[test]
    fn bit_rates_are_decimal_and_per_second() {
        let rates = [0, 75, 125, 125_000, 12_500_000, 131_072].map(|bytes| bit_rate(bytes, 1_000));
        assert_eq!(rates, ["0 bit/s", "600 bit/s", "1 kbit/s", "1 Mbit/s", "100 Mbit/s", "1 Mbit/s"]);
        assert_eq!(bit_rate(90_000_000, 600_000), "1.2 Mbit/s");
    }

    #[test]
    fn shares_are_0_or_100_only_when_they_are() {
        let shares = [(0, 5), (5, 5), (1, 1000), (999, 1000), (41, 100), (0, 0)].map(|(part, whole)| share(part, whole));
        assert_eq!(shares, ["0 %", "100 %", "under 1 %", "over 99 %", "41 %", "0 %"]);
        assert_eq!(
            [(1, 1000), (999, 1000), (1, 2)].map(|(part, whole)| leading_share(part, whole)),
            ["Under 1 %", "Over 99 %", "50 %"]
        );
    }

    #[test]
    fn lengths_use_the_unit_that_fits() {
        let lengths = [10, 60, 90, 360, 1_430, 1_440, 2_880].map(|minutes| length(minutes * MINUTE_MS));
        assert_eq!(lengths, ["10 min", "1 h", "1 h 30 min", "6 h", "24 h", "24 h", "2 days"]);
    }

    #[test]
    fn lags_are_short_and_may_be_negative() {
        assert_eq!([0, 999, 61_000, -3_500, 720_000].map(lag), ["0 ms", "999 ms", "61 s", "-3 s", "12 min"]);
    }

    #[test]
    fn times_print_to_the_minute() {
        assert_eq!(minute(1_724_090_346_000), "2024-08-19 17:59");
        assert_eq!(minute_of_rfc3339("2024-08-19T17:59:06.000Z"), "2024-08-19 17:59");
        assert_eq!(minute_of_rfc3339("?"), "?");
    }

    #[test]
    fn a_resource_is_called_by_its_last_part() {
        assert_eq!(resource("/SUBSCRIPTIONS/X/NETWORKSECURITYGROUPS/WEB-NSG"), "WEB-NSG");
        assert_eq!(resource(""), "");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("AllowHttpsFromInternet", 9), "Allo…rnet");
        assert_eq!(shorten("short", 9), "short");
        assert_eq!(
            ["UserRule_Web", "DefaultRule_DenyAllInBound", "PlatformRule", "UserRule_"].map(rule),
            ["Web", "DenyAllInBound", "PlatformRule", "UserRule_"]
        );
        assert_eq!(shorten("ab", 1), "…");
    }

    #[test]
    fn controls_and_direction_marks_do_not_survive() {
        assert_eq!(clean("a\u{0}b\u{202E}c\td\u{FFFF}é😀"), "a\u{FFFD}b\u{FFFD}c d\u{FFFD}é😀");
    }
}
