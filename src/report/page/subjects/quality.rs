//! The logs themselves: hours covered, and what each capture point is like.

use super::super::table::{Cell, Row, TableView, count, share, text};
use super::{Said, totals, view};
use crate::report::{ReportInput, words};
use crate::schema::tables::{CoverageRow, QualityRow};

/// Hours and tuples per capture point, fewest hours first.
pub fn coverage(input: &ReportInput) -> TableView {
    let all = &input.tables.coverage;
    let mut points: std::collections::BTreeMap<(&str, &str), (u64, u64, u64)> = std::collections::BTreeMap::new();
    for r in all {
        let sum = points.entry((&r.log_resource, &r.mac)).or_default();
        *sum = (sum.0 + 1, sum.1 + r.records, sum.2 + r.tuples);
    }
    let first = all.iter().map(|r| r.hour).min().unwrap_or(0);
    let hours = all.iter().map(|r| u64::from(r.hour - first) + 1).max().unwrap_or(0);
    let total = points.len();
    let mut sorted: Vec<_> = points.into_iter().collect();
    sorted.sort_by_key(|(_, sum)| sum.0);
    let rows = sorted
        .into_iter()
        .take(input.view.rows)
        .map(|((resource, mac), (covered, records, tuples))| {
            let keys = [text(words::resource(resource)), text(mac)];
            let numbers =
                [count(covered), count(hours.saturating_sub(covered)), share(covered, hours), count(records), count(tuples)];
            Row::new(keys.into_iter().chain(numbers).collect())
        })
        .collect();
    let source = "One row per capture point, most gaps first; the CSV has one per hour.".into();
    let said = Said { noun: "capture point", order: "gaps", file: "coverage", source, none: "No hour has tuples." };
    let names = ["Log resource", "MAC", "#Hours with tuples", "#Hours without", "#Covered", "#Records", "#Tuples"];
    let mut view = view(input, said, total, rows, &names);
    view.total = words::counted(all.len() as u64, "row");
    let sum = |of: fn(&CoverageRow) -> u64| all.iter().map(of).sum();
    totals::counted(
        view,
        &[("Hours with tuples", all.len() as u64), ("Records", sum(|r| r.records)), ("Tuples", sum(|r| r.tuples))],
    )
}

pub fn data_quality(input: &ReportInput) -> TableView {
    let all = &input.tables.data_quality;
    let mut odd: Vec<_> = all.iter().collect();
    // Stable: the order of the table, which is total, decides equals.
    odd.sort_by_key(|r| (r.remarks.is_empty(), std::cmp::Reverse(r.hours_without)));
    let rows = odd
        .into_iter()
        .take(input.view.rows)
        .map(|r| {
            let keys = [text(words::resource(&r.log_resource)), text(&r.mac), text(&r.format.name().replace('_', " "))];
            let s = &r.states;
            let numbers = [
                r.hours_without,
                r.gap_hours_max,
                s.begin,
                s.continuing,
                s.end,
                s.denied,
                s.unstated,
                r.tuples_unmeasured,
                r.tuples_late,
                r.tuples_early,
                r.hours_replaced,
            ];
            let lags = [lag(r.lag_min_ms), lag(r.lag_max_ms)];
            Row::new(keys.into_iter().chain([text(&r.remarks)]).chain(numbers.map(count)).chain(lags).collect())
        })
        .collect();
    let source = "Late: later than flow logs write. Early: younger than their record. Lag: from a tuple to its record. \
                  Doubled: hours in which another log of the same interface is counted instead. Those with remarks first."
        .into();
    let said = Said { noun: "capture point", order: "remarks", file: "data_quality", source, none: "No capture point logged." };
    let hours = ["#Hours without", "#Longest gap (h)"];
    let states = ["#Begin", "#Continuing", "#End", "#Denied", "#Unstated"];
    let odd = ["#Unmeasured", "#Late", "#Early", "#Doubled (h)", "Least lag", "Most lag"];
    let names: Vec<&'static str> =
        ["Log resource", "MAC", "Format", "Remarks"].into_iter().chain(hours).chain(states).chain(odd).collect();
    let sum = |of: fn(&QualityRow) -> u64| all.iter().map(of).sum();
    let sums = [
        ("Begin", sum(|r| r.states.begin)),
        ("Continuing", sum(|r| r.states.continuing)),
        ("End", sum(|r| r.states.end)),
        ("Denied", sum(|r| r.states.denied)),
        ("Unstated", sum(|r| r.states.unstated)),
        ("Unmeasured", sum(|r| r.tuples_unmeasured)),
        ("Late", sum(|r| r.tuples_late)),
        ("Early", sum(|r| r.tuples_early)),
    ];
    totals::counted(view(input, said, all.len(), rows, &names), &sums)
}

fn lag(ms: Option<i64>) -> Cell {
    text(&ms.map_or_else(String::new, words::lag))
}
