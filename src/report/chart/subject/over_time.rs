//! Received and sent bytes along time, allowed and denied flows below; the period before and anomalies where they are known.

use super::{Chart, Picture, Scope, Unit, nothing};
use crate::report::chart::canvas::{BLUE, SKY, VERMILLION};
use crate::report::chart::kind::mirror::{Mirror, Plot, STEPS_MAX};
use crate::report::chart::scale::Steps;
use crate::report::{ReportInput, anomalies, change, words};
use crate::schema::tables::{Counting, Measures, TimeRow};
use crate::schema::units::DAY_MS;

/// What is drawn of a step: two measures of the upper plot, two of the lower one.
type Step = [[u64; 2]; 2];

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_over_time;
    let scope = Scope::new(input, Counting::Deduplicated);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return nothing(input, "Traffic over time");
    };
    let steps = Steps::covering(first.interval_start, last.interval_start, input.interval.ms(), STEPS_MAX);
    let values = summed(rows, 0, steps, scope.unit);
    let before = match input.previous {
        Some(previous) if previous.has_data() => summed(&previous.over_time, previous.shift, steps, scope.unit),
        _ => Vec::new(),
    };
    let names = match scope.unit {
        Unit::Bytes => [("received by local addresses ↑", BLUE), ("sent ↓", SKY)],
        _ => [("inbound flows ↑", BLUE), ("outbound flows ↓", SKY)],
    };
    let flow_names = [("flows allowed ↑", BLUE), ("flows denied ↓", VERMILLION)];
    let plot = |unit, names, at: usize| {
        let [values, before] = [&values, &before].map(|steps| steps.iter().map(|step| step.map(|step| step[at])).collect());
        Plot { unit, names, values, before }
    };
    let mut notes = scope.notes();
    notes.extend(previous_note(input));
    if steps.step > input.interval.ms() {
        let (step, interval) = (words::length(steps.step), words::length(input.interval.ms()));
        notes.push(format!("Each bar is {step}; tables/traffic_over_time.csv has every {interval}."));
    }
    let mirror =
        Mirror { steps, plots: [plot(scope.unit, names, 0), plot(Unit::Flows, flow_names, 1)], anomalies: marks(input, steps) };
    let what = match scope.unit {
        Unit::Bytes => "Bytes and flows",
        _ => "Flows",
    };
    Chart {
        title: title(&scope, &values, steps),
        subtitle: scope.subtitle(&format!("{what} per {}", words::length(steps.step))),
        notes,
        picture: Picture::Mirror(mirror),
    }
}

/// The rows by step, moved by `shift` ms; rows that then lie outside are left out.
fn summed(rows: &[TimeRow], shift: i64, steps: Steps, unit: Unit) -> Vec<Option<Step>> {
    let mut values: Vec<Option<Step>> = vec![None; steps.count];
    for row in rows {
        let time = row.interval_start + shift;
        if time < steps.start || time >= steps.end() {
            continue;
        }
        let sum = values[steps.index(time)].get_or_insert_default();
        for (sums, values) in sum.iter_mut().zip(step(&row.measures, unit)) {
            sums[0] += values[0];
            sums[1] += values[1];
        }
    }
    values
}

fn step(measures: &Measures, unit: Unit) -> Step {
    let upper = match unit {
        Unit::Bytes => [measures.bytes_received, measures.bytes_sent],
        _ => [
            measures.flows_inbound_allowed + measures.flows_inbound_denied,
            measures.flows_outbound_allowed + measures.flows_outbound_denied,
        ],
    };
    [upper, [measures.flows() - measures.flows_denied(), measures.flows_denied()]]
}

/// How many anomalies begin in which step of the window.
fn marks(input: &ReportInput, steps: Steps) -> Vec<(usize, u64)> {
    let mut marks = std::collections::BTreeMap::<usize, u64>::new();
    for (time, _) in anomalies(input).filter(|(time, _)| (steps.start..steps.end()).contains(time)) {
        *marks.entry(steps.index(time)).or_default() += 1;
    }
    marks.into_iter().collect()
}

/// Which period the dashed line shows, or that there is none.
fn previous_note(input: &ReportInput) -> Option<String> {
    let previous = input.previous?;
    let (from, to) = (words::minute(previous.from), words::minute(previous.to));
    let period = change::period(previous);
    Some(match previous.has_data() {
        true => format!("Dashed: the {period}, {from} to {to} UTC, moved into this window."),
        false => format!("No tuple in the {period} ({from} to {to} UTC): there is nothing to compare with."),
    })
}

/// How much in how long, the busiest step, and the denied share.
fn title(scope: &Scope, values: &[Option<Step>], steps: Steps) -> String {
    let amount = |step: &Step| step[0][0] + step[0][1];
    let sum: u64 = values.iter().flatten().map(amount).sum();
    let busiest = values.iter().enumerate().filter_map(|(i, step)| step.as_ref().map(|step| (i, amount(step))));
    let (at, most) = busiest.reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap_or((0, 0));
    let denied = words::share(scope.totals.flows_denied(), scope.totals.flows());
    let start = steps.start + at as i64 * steps.step;
    let when = if steps.step >= DAY_MS { words::day(start) } else { words::minute(start) };
    let peak = match values.len() {
        1 => String::new(),
        _ => format!(", {} in the {} from {when} UTC", words::share(most, sum), words::length(steps.step)),
    };
    format!("{}{peak}; {denied} of flows denied", scope.unit.said(sum))
}
