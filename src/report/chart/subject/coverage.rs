//! Which capture point logged in which hour, and where the gaps are.

use std::collections::BTreeMap;

use super::{Chart, Picture, name, nothing, subtitle};
use crate::report::chart::kind::strips::{LINES_MAX, Line, STEPS_MAX, Strips};
use crate::report::chart::scale::Steps;
use crate::report::{ReportInput, words};
use crate::schema::tables::Counting;
use crate::schema::units::HOUR_MS;

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.coverage;
    let hour = |number: u32| i64::from(number) * HOUR_MS;
    let (Some(first), Some(last)) = (rows.iter().map(|row| row.hour).min(), rows.iter().map(|row| row.hour).max()) else {
        return nothing(input, "Coverage");
    };
    let hours = last - first + 1;
    let steps = Steps::covering(hour(first), hour(last), HOUR_MS, STEPS_MAX);
    let hours_per_step = (steps.step / HOUR_MS) as u32;
    let mut points: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for row in rows {
        let line = points.entry((&row.log_resource, &row.mac)).or_insert_with(|| vec![0; steps.count]);
        line[steps.index(hour(row.hour))] += 1;
    }
    let covered = |line: &[u32]| line.iter().sum::<u32>();
    let (count, whole) = (points.len(), points.values().filter(|line| covered(line) >= hours).count());
    let silent: u64 = points.values().map(|line| u64::from(hours.saturating_sub(covered(line)))).sum();
    let mut shown: Vec<_> = points.into_iter().collect();
    shown.sort_by_key(|(_, line)| covered(line));
    shown.truncate(LINES_MAX);
    shown.sort_by_key(|(key, _)| *key);

    let lines = shown
        .into_iter()
        .map(|((log_resource, mac), mut hours_of_step)| {
            let note = format!("{} of {} h", words::count(u64::from(covered(&hours_of_step))), words::count(u64::from(hours)));
            clip(&mut hours_of_step, steps, hour(first), hour(last) + HOUR_MS);
            Line { label: label(log_resource, mac), hours: hours_of_step, note }
        })
        .collect();
    let points = words::counted(count as u64, "capture point");
    let title = match (silent, whole) {
        (0, _) => format!("{points} logged in every one of {}", words::counted(u64::from(hours), "hour")),
        (_, 0) => format!("None of {points} logged in every hour: together they lack {}", lacking(silent, count, hours)),
        _ => format!(
            "{} of {points} logged in every hour: the others lack {}",
            words::count(whole as u64),
            lacking(silent, count, hours)
        ),
    };
    let step = words::length(steps.step);
    let mut notes =
        vec!["An hour without tuples is either silence or a blob that is missing; the logs do not say which.".to_owned()];
    if count > LINES_MAX {
        let more = count - LINES_MAX;
        notes.push(format!(
            "The {LINES_MAX} capture points with most gaps; {} more in tables/coverage.csv.",
            words::count(more as u64)
        ));
    }
    let subtitle = subtitle(input, &format!("Hours with tuples by capture point, in steps of {step}"), Counting::Observed);
    Chart { title, subtitle, notes, picture: Picture::Strips(Strips { steps, hours_per_step, lines }) }
}

/// `48 of 288 hours`: what `count` capture points lack of what they could have.
fn lacking(silent: u64, count: usize, hours: u32) -> String {
    format!("{} of {}", words::count(silent), words::counted(count as u64 * u64::from(hours), "hour"))
}

/// Hours of the first and last step that lie outside the window count as covered where the rest of the step is.
fn clip(hours_of_step: &mut [u32], steps: Steps, start: i64, end: i64) {
    let outside = [((start - steps.start) / HOUR_MS) as u32, ((steps.end() - end).max(0) / HOUR_MS) as u32];
    for (i, outside) in [(0, outside[0]), (steps.count - 1, outside[1])] {
        if hours_of_step[i] > 0 {
            hours_of_step[i] += outside;
        }
    }
}

/// The flow log's or NSG's name, and the NIC's MAC.
fn label(log_resource: &str, mac: &str) -> String {
    format!("{} · {}", name(words::resource(log_resource), "(no resource)"), name(mac, "(no MAC)"))
}
