//! Series measured some hours at a time, held against a plain look at all their contacts at once.

use proptest::prelude::*;

use super::*;
use crate::schema::tables::{BURST_MS, ContactThresholds, FailingHours, RegularWindow, WINDOW_HOURS};
use crate::schema::units::{HOUR_MS, MINUTE_MS, SECOND_MS};
use regularity::score_at_least;

/// Asks for little, so that random contacts have windows.
const LAX: ContactThresholds =
    ContactThresholds { window_contacts_min: 5, window_scores_min: [0.3, 0.25, 0.2], unanswered_share_min: 0.5 };

/// A row of contacts: its hour, its begins, how many of them were answered, its start times (or counts a minute).
fn contacts(rows: &[(u32, u32, u32, Vec<u32>)]) -> Contacts {
    let mut contacts = Contacts::default();
    for (hour, begins, answered, starts) in rows {
        contacts.hour.push(*hour);
        contacts.status.push(Status::Allowed as u8);
        contacts.begins.push(*begins);
        contacts.answered.push(*answered);
        contacts.unanswered.push(begins - answered);
        contacts.unknown.push(0);
        contacts.bytes_src_to_dst.push(u64::from(*begins) * 100);
        contacts.bytes_dst_to_src.push(7);
        contacts.starts.extend(starts);
        contacts.sizes.extend(starts.iter().map(|start| u64::from(start % 3)));
        contacts.starts_end.push(contacts.starts.len() as u32);
    }
    contacts
}

fn begun(rows: &[(u32, u32, u32, Vec<u32>)]) -> Begun {
    let contacts = contacts(rows);
    Begun::of((0..rows.len()).map(|row| (&contacts, row)))
}

#[test]
fn rows_of_an_hour_are_one_and_their_starts_ascend() {
    let begun = begun(&[(3, 2, 1, vec![9, 30]), (3, 1, 1, vec![11]), (5, 1, 0, vec![4])]);
    assert_eq!(begun.starts, [3 * HOUR_MS + 9, 3 * HOUR_MS + 11, 3 * HOUR_MS + 30, 5 * HOUR_MS + 4]);
    assert_eq!(begun.sizes, [0, 2, 0, 1]);
    let told: Vec<_> =
        begun.hours.iter().map(|(hour, of)| (*hour, of.begins, of.answered, of.unanswered, of.bytes_sent)).collect();
    assert_eq!(told, [(3, 3, 2, 1, 300), (5, 1, 0, 1, 100)]);
}

#[test]
fn counts_per_minute_become_starts_spread_over_the_minute() {
    let mut minutes = vec![0; 60];
    (minutes[0], minutes[1]) = (2, 719);
    let begun = begun(&[(0, 721, 0, minutes)]);
    assert_eq!((begun.starts.len(), begun.sizes.len()), (14, 14));
    assert_eq!(begun.starts[..4], [0, 30_000, MINUTE_MS, MINUTE_MS + 5_000]);
    assert_eq!(begun.hours[0].1.begins, 721);
}

/// The best window of each length of contacts that are all known.
fn regular(all: &Begun, thresholds: &ContactThresholds) -> Vec<RegularWindow> {
    let Some((first, last)) = all.starts.first().zip(all.starts.last()) else { return Vec::new() };
    let mut regular = Vec::new();
    for (hours, least) in WINDOW_HOURS.into_iter().zip(thresholds.window_scores_min) {
        let length = i64::from(hours) * HOUR_MS;
        let mut best: Option<RegularWindow> = None;
        let mut from = *first;
        while from == *first || from + length / 2 <= *last {
            let within: Vec<usize> =
                (0..all.starts.len()).filter(|at| (from..from + length).contains(&all.starts[*at])).collect();
            let starts: Vec<i64> = within.iter().map(|at| all.starts[*at]).collect();
            let seconds: Vec<i64> = starts.iter().map(|start| start.div_euclid(SECOND_MS)).collect();
            let mut sizes: Vec<u64> = within.iter().map(|at| all.sizes[*at]).collect();
            if sizes.iter().all(|size| *size == 0) {
                sizes.clear();
            }
            let second = from.div_euclid(SECOND_MS);
            let of_window =
                regularity::Contacts { starts: &seconds, sizes: &sizes, from: second, to: second + length / SECOND_MS };
            if let Some(score) = score_at_least(&of_window, least, &mut Vec::new())
                && within.len() >= thresholds.window_contacts_min
                && best.as_ref().is_none_or(|best| score.total > best.score.total)
            {
                best = Some(RegularWindow { hours, least, score, starts });
            }
            from += length / 2;
        }
        regular.extend(best);
    }
    regular
}

/// The failing hours of contacts that are all known.
fn failing(all: &Begun, thresholds: &ContactThresholds) -> FailingHours {
    let mut sum = FailingHours::default();
    let fails =
        |of: &ContactCounts| of.unanswered > 0 && of.unanswered as f64 >= thresholds.unanswered_share_min * of.begins as f64;
    let hours: Vec<&(u32, ContactCounts)> = all.hours.iter().filter(|(_, of)| fails(of)).collect();
    hours.iter().for_each(|(_, of)| sum.contacts.add(of));
    let is_failing = |start: &&i64| hours.iter().any(|(hour, _)| start.div_euclid(HOUR_MS) == i64::from(*hour));
    let starts: Vec<i64> = all.starts.iter().filter(is_failing).copied().collect();
    let burst = |at: usize| starts[at..].iter().take_while(|start| *start - starts[at] < BURST_MS).count() as u64;
    FailingHours {
        hours: hours.len() as u64,
        first_time: starts.first().copied().unwrap_or(0),
        last_time: starts.last().copied().unwrap_or(0),
        burst: (0..starts.len()).map(burst).max().unwrap_or(0),
        ..sum
    }
}

/// Contacts as hours of a week with gaps between them, starts of each, and how many were answered.
fn any_contacts() -> impl Strategy<Value = Vec<(u32, u32, u32, Vec<u32>)>> {
    let starts = prop_oneof![
        prop::collection::vec(0..HOUR_MS as u32, 1..8),
        // A beat, by seconds.
        (1..40_u32, 20..300_u32)
            .prop_map(|(phase, gap)| (0..3_600 / gap).map(|at| (phase + at * gap).min(3_599) * 1_000).collect()),
    ];
    let hour = (prop_oneof![4 => Just(1_u32), 1 => 1..60_u32], starts, 0..3_u32);
    prop::collection::vec(hour, 1..60).prop_map(|hours| {
        let mut at = 100;
        let row = |(gap, mut starts, answered): (u32, Vec<u32>, u32)| {
            at += gap;
            starts.sort_unstable();
            let begins = starts.len() as u32;
            (at, begins, begins * answered / 2, starts)
        };
        hours.into_iter().map(row).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(17), ..ProptestConfig::default() })]

    #[test]
    fn contacts_that_come_some_hours_at_a_time_are_measured_as_all_at_once(rows in any_contacts(), cuts in prop::collection::vec(1..9_usize, 60)) {
        let all = begun(&rows);
        for thresholds in [LAX, ContactThresholds::default()] {
            let mut scratch = Scratch::default();
            let (mut measured, mut rest) = (Measured::default(), rows.as_slice());
            for cut in &cuts {
                let (some, later) = rest.split_at((*cut).min(rest.len()));
                rest = later;
                measured.add(begun(some), &thresholds);
                measured.settle(&thresholds, &mut scratch);
            }
            measured.add(begun(rest), &thresholds);
            let series = measured.finish(&thresholds, &mut scratch);
            prop_assert_eq!(series.contacts.begins, rows.iter().map(|row| u64::from(row.1)).sum::<u64>());
            prop_assert_eq!(&series.regular, &regular(&all, &thresholds));
            prop_assert_eq!(series.failing, failing(&all, &thresholds));
            let mostly = |row: &&(u32, u32, u32, Vec<u32>)| row.2 * 2 > row.1;
            prop_assert_eq!(series.answered_hours().collect::<Vec<_>>(), rows.iter().filter(mostly).map(|row| row.0).collect::<Vec<_>>());
        }
    }
}

#[test]
fn of_a_month_of_contacts_those_of_a_day_and_a_half_are_kept() {
    let mut measured = Measured::default();
    let mut most = 0;
    for day in 0..30 {
        let rows: Vec<_> =
            (0..24).map(|hour| (day * 24 + hour, 60, 60, (0..60).map(|minute| minute * 60_000).collect())).collect();
        measured.add(begun(&rows), &LAX);
        measured.settle(&LAX, &mut Scratch::default());
        most = most.max(measured.contacts_kept());
    }
    assert!(most <= 36 * 60, "{most}");
    let series = measured.finish(&LAX, &mut Scratch::default());
    assert_eq!(series.regular.iter().map(|window| window.starts.len()).collect::<Vec<_>>(), [60, 360, 1_440]);
    assert_eq!((series.days.len(), series.contacts.begins), (30, 30 * 1_440));
}

#[test]
fn contacts_that_lie_ages_apart_are_measured_at_once() {
    let beat = |hour: u32| (hour, 60, 0, (0..60).map(|minute| minute * 60_000).collect());
    let rows = [beat(0), beat(1), beat(u32::MAX - 1), beat(u32::MAX)];
    let mut measured = Measured::default();
    for row in &rows {
        measured.add(begun(std::slice::from_ref(row)), &LAX);
        measured.settle(&LAX, &mut Scratch::default());
    }
    let series = measured.finish(&LAX, &mut Scratch::default());
    assert_eq!((series.contacts.begins, series.days.len(), series.failing.hours), (240, 2, 4));
    assert_eq!(series.regular.iter().map(|window| window.hours).next(), Some(1));
}
