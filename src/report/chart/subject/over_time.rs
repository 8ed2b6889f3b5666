//! Received and sent bytes along time, with denied flows.

use super::{Chart, Picture, Scope, Unit, nothing, total_denied, total_flows};
use crate::report::chart::kind::mirror::{Mirror, STEPS_MAX, Step};
use crate::report::chart::scale::Steps;
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, Measures};
use crate::schema::units::DAY_MS;

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_over_time;
    let scope = Scope::new(input, Counting::Deduplicated);
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return nothing(input, "Traffic over time");
    };
    let steps = Steps::covering(first.interval_start, last.interval_start, input.interval.ms(), STEPS_MAX);
    let mut values: Vec<Option<Step>> = vec![None; steps.count];
    for row in rows {
        let value = values[steps.index(row.interval_start)].get_or_insert_default();
        let step = step(&row.measures, scope.unit);
        value.up += step.up;
        value.down += step.down;
        value.denied += step.denied;
    }
    let names = match scope.unit {
        Unit::Bytes => ["received by local addresses ↑", "sent ↓"],
        _ => ["inbound flows ↑", "outbound flows ↓"],
    };
    let mut notes = scope.notes();
    if steps.step > input.interval.ms() {
        let (step, interval) = (words::length(steps.step), words::length(input.interval.ms()));
        notes.push(format!("Each bar is {step}; tables/traffic_over_time.csv has every {interval}."));
    }
    Chart {
        title: title(&scope, &values, steps),
        subtitle: scope.subtitle(&format!("{} per {}", unit_name(scope.unit), words::length(steps.step))),
        notes,
        picture: Picture::Mirror(Mirror { unit: scope.unit, steps, values, names }),
    }
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "Bytes",
        _ => "Flows",
    }
}

fn step(measures: &Measures, unit: Unit) -> Step {
    let (up, down) = match unit {
        Unit::Bytes => (measures.bytes_received, measures.bytes_sent),
        _ => (
            measures.flows_inbound_allowed + measures.flows_inbound_denied,
            measures.flows_outbound_allowed + measures.flows_outbound_denied,
        ),
    };
    Step { up, down, denied: measures.flows_denied() }
}

/// How much in how long, the busiest step, and the denied share.
fn title(scope: &Scope, values: &[Option<Step>], steps: Steps) -> String {
    let amount = |step: &Step| step.up + step.down;
    let sum: u64 = values.iter().flatten().map(amount).sum();
    let busiest = values.iter().enumerate().filter_map(|(i, step)| step.as_ref().map(|step| (i, amount(step))));
    let (at, most) = busiest.reduce(|best, next| if next.1 > best.1 { next } else { best }).unwrap_or((0, 0));
    let denied = words::share(total_denied(&scope.totals), total_flows(&scope.totals));
    let start = steps.start + at as i64 * steps.step;
    let when = if steps.step >= DAY_MS { words::day(start) } else { words::minute(start) };
    let peak = match values.len() {
        1 => String::new(),
        _ => format!(", {} in the {} from {when} UTC", words::share(most, sum), words::length(steps.step)),
    };
    format!("{}{peak}; {denied} of flows denied", scope.unit.said(sum))
}
