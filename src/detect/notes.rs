//! What could not be judged: a detector that stays silent for want of data must not read as "nothing is wrong".
//!
//! Goes in: data quality and the window. Comes out: a sentence per gap. Finds nothing itself.

use super::{Settings, counted};
use crate::schema::Format;
use crate::schema::tables::{QualityRow, Tables};
use crate::schema::units::HOUR_MS;

/// Most interfaces that a note names. Unit: interfaces.
const NAMED_MAX: usize = 5;

/// Continuing and ending tuples from which a log without begins is filtered rather than short. Unit: tuples; of twenty flows in real captures hardly
/// one began before the log.
const STATED_MIN: u64 = 20;

/// Something that a capture point lacks, and what detectors cannot judge without it.
type Gap = (fn(&QualityRow) -> bool, &'static str);

/// What a capture point may lack.
static GAPS: &[Gap] = &[
    (
        |row| row.states.begin == 0 && row.states.unstated == 0 && row.states.continuing + row.states.end >= STATED_MIN,
        "their logs hold no begin, so that beacons, retries, scans and log-ins cannot be judged",
    ),
    (
        |row| row.format == Format::NsgV1,
        "version 1 states no bytes and no ends, so that answers, volumes and long connections cannot be judged",
    ),
    (
        |row| row.format == Format::NsgV2 && row.tuples_unmeasured > 0,
        "some tuples carry no counters (as a rule UDP), so that their answers and volumes cannot be judged",
    ),
];

/// Most capture points whose missing hours have a note each. Unit: notes; the longest gaps; raising it lengthens the list of quiet estates.
const HOURS_NOTED_MAX: usize = 5;

/// Most characters of a log's name in a note. Unit: characters.
const NAME_MAX: usize = 80;

/// One note per gap, then those of missing hours, then one per detector whose history is longer than the window.
pub(super) fn notes(tables: &Tables, settings: &Settings) -> Vec<String> {
    let mut notes = Vec::new();
    for (is_so, what) in GAPS {
        let mut macs: Vec<&str> = tables.data_quality.iter().filter(|row| is_so(row)).map(|row| row.mac.as_str()).collect();
        macs.sort_unstable();
        macs.dedup();
        if !macs.is_empty() {
            let more = macs.len().saturating_sub(NAMED_MAX);
            let named = macs[..macs.len() - more].join(", ");
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.push(format!("interfaces {named}{more}: {what}"));
        }
    }
    notes.extend(missing_hours(&tables.data_quality));
    let Some(hours) = known_hours(tables) else { return notes };
    let known = if tables.history.is_some() { "the window and its history have" } else { "the window has" };
    let histories = [
        ("new_peer", settings.new_peer.learning_hours.unsigned_abs()),
        ("exfiltration", settings.exfiltration.history_hours_min + 1),
        ("volume_anomaly", settings.volume_anomaly.history_hours_min + 1),
        ("deny_anomaly", settings.deny_anomaly.history_hours_min + 1),
    ];
    for (detector, needed) in histories.iter().filter(|(_, needed)| hours < *needed) {
        notes
            .push(format!("{detector} learns for {needed} hours, and {known} {hours}: what it finds is low at most, or nothing"));
    }
    notes
}

/// A note per capture point with hours missing between others, the longest gap first, then one for the rest.
fn missing_hours(rows: &[QualityRow]) -> Vec<String> {
    let mut rows: Vec<&QualityRow> = rows.iter().filter(|row| row.gap_hours_max > 0).collect();
    rows.sort_by(|a, b| {
        let lengths = |row: &QualityRow| std::cmp::Reverse((row.gap_hours_max, row.hours_without));
        lengths(a).cmp(&lengths(b)).then_with(|| (&a.mac, &a.log_resource).cmp(&(&b.mac, &b.log_resource)))
    });
    let rest = rows.split_off(rows.len().min(HOURS_NOTED_MAX));
    let note = |row: &&QualityRow| {
        let name: String = row.log_resource.rsplit('/').next().unwrap_or_default().chars().take(NAME_MAX).collect();
        format!(
            "interface {} in the log {name:?}: up to {} in a row without a tuple ({} of {} in all): what happened then, and beacons, series and histories across it, \
             cannot be judged",
            row.mac,
            counted(row.gap_hours_max, "hour"),
            row.hours_without,
            row.hours,
        )
    };
    let mut notes: Vec<String> = rows.iter().map(note).collect();
    if let Some(longest) = rest.first() {
        notes.push(format!(
            "{} with missing hours, up to {} in a row: data_quality lists them",
            counted(rest.len() as u64, "more capture point"),
            counted(longest.gap_hours_max, "hour"),
        ));
    }
    notes
}

/// Hours from the first to the last interval, and those of the history before; `None` without any interval.
fn known_hours(tables: &Tables) -> Option<u64> {
    let (first, last) = (tables.traffic_over_time.first()?, tables.traffic_over_time.last()?);
    let start = tables.history.as_ref().map_or(first.interval_start, |history| history.from.min(first.interval_start));
    Some(((last.interval_start.div_euclid(HOUR_MS)) - start.div_euclid(HOUR_MS) + 1).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::partial::StateCounts;
    use crate::schema::tables::TimeRow;

    fn row(mac: &str, format: Format, states: StateCounts) -> QualityRow {
        QualityRow {
            log_resource: String::new(),
            mac: mac.into(),
            format,
            hours: 1,
            hours_without: 0,
            gap_hours_max: 0,
            states,
            tuples_unmeasured: 0,
            tuples_late: 0,
            tuples_early: 0,
            lag_min_ms: None,
            lag_max_ms: None,
            hours_replaced: 0,
            remarks: String::new(),
        }
    }

    #[test]
    fn a_log_without_begins_cannot_be_judged_and_one_with_them_can() {
        let filtered = |mac: &str| row(mac, Format::VnetV4, StateCounts { end: 20, ..StateCounts::default() });
        let whole = row("B", Format::VnetV4, StateCounts { begin: 3, end: 3, ..StateCounts::default() });
        let macs = ["A", "C", "D", "E", "F", "G", "H"];
        let tables = Tables { data_quality: macs.iter().map(|mac| filtered(mac)).chain([whole]).collect(), ..Tables::default() };
        let notes = notes(&tables, &Settings::default());
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("interfaces A, C, D, E, F and 2 more: their logs hold no begin"), "{}", notes[0]);
    }

    #[test]
    fn missing_hours_are_noted_longest_first_and_the_rest_in_one() {
        let gap = |mac: &str, gap_hours_max| QualityRow {
            log_resource: "/subscriptions/s/networkSecurityGroups/web-nsg\n".into(),
            hours: 24,
            hours_without: gap_hours_max + 1,
            gap_hours_max,
            ..row(mac, Format::VnetV4, StateCounts::default())
        };
        let whole = QualityRow { hours_without: 9, ..gap("W", 0) };
        let told = |rows: Vec<QualityRow>| notes(&Tables { data_quality: rows, ..Tables::default() }, &Settings::default());
        assert_eq!(
            told(vec![gap("A", 1), whole.clone(), gap("B", 3)]),
            [
                "interface B in the log \"web-nsg\\n\": up to 3 hours in a row without a tuple (4 of 24 in all): what happened then, and beacons, series and histories across it, cannot be judged",
                "interface A in the log \"web-nsg\\n\": up to 1 hour in a row without a tuple (2 of 24 in all): what happened then, and beacons, series and histories across it, cannot be judged",
            ]
        );
        let many = told(["A", "B", "C", "D", "E", "F", "G"].map(|mac| gap(mac, 2)).to_vec());
        assert_eq!(many.len(), 6);
        assert_eq!(many[5], "2 more capture points with missing hours, up to 2 hours in a row: data_quality lists them");
        assert!(told(vec![whole]).is_empty());
    }

    #[test]
    fn a_window_shorter_than_a_history_is_said() {
        let hour = |hour: i64| TimeRow { interval_start: hour * HOUR_MS, ..TimeRow::default() };
        let tables = Tables { traffic_over_time: vec![hour(5), hour(14)], ..Tables::default() };
        let notes = notes(&tables, &Settings::default());
        assert!(notes.iter().any(|note| note.starts_with("new_peer learns for 168 hours, and the window has 10")), "{notes:?}");
        assert!(super::notes(&Tables::default(), &Settings::default()).is_empty());
    }
}
