//! Amounts in words, for prose that people read.
//!
//! Goes in: a number. Comes out: the text of it, the same everywhere.

/// Binary units of bytes, each 1,024 of the one before.
const BYTE_UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A count with thousands separators: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size: `0 B`, `812 KiB`, `1.2 GiB`; one decimal below 100.
pub fn bytes(number: u64) -> String {
    let mut size = number as f64;
    let mut unit = 0;
    // Three digits: 1,003 MiB reads as 1 GiB. Single bytes are exact.
    while size >= if unit == 0 { 1024.0 } else { 999.5 } && unit + 1 < BYTE_UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        return format!("{} B", count(number));
    }
    if size >= 99.95 || (size * 10.0).round() % 10.0 == 0.0 {
        format!("{size:.0} {}", BYTE_UNITS[unit])
    } else {
        format!("{size:.1} {}", BYTE_UNITS[unit])
    }
}
