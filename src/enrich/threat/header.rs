//! Dates in the comments that lists begin with.
//!
//! Goes in: a comment line of FireHOL, Spamhaus, Feodo Tracker, ipsum or DShield. Comes out: the date of the list and the day it expires, set in the
//! draft. All other comments say nothing.

use super::date;
use super::draft::Draft;

/// The words before the colon, in lower case, and whether they tell when the list expires rather than when it was made.
static DATES: &[(&str, bool)] = &[
    // Spamhaus DROP.
    ("expires", true),
    ("last-modified", false),
    // ipsum.
    ("last update", false),
    // Feodo Tracker, and other lists of abuse.ch.
    ("last updated", false),
    // FireHOL.
    ("this file date", false),
    // DShield.
    ("updated", false),
];

/// Words that a title begins with, in lower case, which then has the date as `2026/11/20`.
static TITLES: &[&str] = &["spamhaus drop list", "spamhaus edrop list"];

/// Reads a comment line with its marks; the first date of a kind that is stated stands.
pub(super) fn read(line: &str, draft: &mut Draft) {
    let comment = line.trim_matches(['#', ';', ' ', '\t']);
    let lower = comment.to_ascii_lowercase();
    let (key, value) = lower.split_once(':').unwrap_or_default();
    let title = TITLES.iter().find_map(|title| lower.strip_prefix(title));
    if let Some((_, is_expiry)) = DATES.iter().find(|(name, _)| *name == key.trim()) {
        let place = if *is_expiry { &mut draft.expires } else { &mut draft.dated };
        *place = place.or(date::parse(value));
    } else if let Some(title) = title {
        draft.titled = draft.titled.or_else(|| title.split_whitespace().find_map(date::parse));
    }
}
