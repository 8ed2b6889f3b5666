//! Which subnet talks to which: bytes both ways of the flows that the one began to the other.

use std::collections::BTreeMap;

use super::{Chart, Picture, Scope, Unit, nothing, subnet_name, subnet_notes};
use crate::report::chart::kind::grid::{Cell, Grid, NAMES_MAX};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, MatrixRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.subnet_matrix;
    let scope = Scope::new(input, Counting::Deduplicated);
    let value = |row: &MatrixRow| match scope.unit {
        Unit::Bytes => row.measures.bytes(),
        _ => row.measures.flows(),
    };
    let Some(lead) = rows.iter().reduce(|best, row| if value(row) > value(best) { row } else { best }) else {
        return nothing(input, "Subnet to subnet");
    };
    let names = ranked(rows, value);
    let shown = names.len().min(NAMES_MAX).min(input.view.bars);
    let left_out = names.len() - shown;
    let size = shown + usize::from(left_out > 0);
    let places: BTreeMap<&str, usize> = names.iter().enumerate().map(|(i, name)| (*name, i.min(shown))).collect();
    let mut cells: Vec<Vec<Option<Cell>>> = vec![vec![None; size]; size];
    for row in rows {
        let cell = cells[places[row.src_subnet.as_str()]][places[row.dst_subnet.as_str()]].get_or_insert_default();
        cell.value += value(row);
        cell.allowed += row.measures.flows_allowed;
        cell.denied += row.measures.flows_denied;
    }
    let mut labels: Vec<String> = names.iter().take(shown).map(|name| subnet_name(name)).collect();
    if left_out > 0 {
        labels.push(format!("other ({left_out})"));
    }
    let title = format!(
        "{} to {} is the busiest path: {} of {}",
        subnet_name(&lead.src_subnet),
        subnet_name(&lead.dst_subnet),
        words::share(value(lead), scope.total()),
        scope.unit.said(scope.total())
    );
    let what = match scope.unit {
        Unit::Bytes => "Bytes both ways by who began the flow",
        _ => "Flows by who began them",
    };
    let mut notes: Vec<String> = subnet_notes(input).into_iter().collect();
    notes.extend(scope.notes());
    let grid = Grid { unit: scope.unit, axes: ["from", "to"], names: labels, cells };
    Chart { title, subtitle: scope.subtitle(what), notes, picture: Picture::Grid(grid) }
}

/// Every subnet once, the one with most traffic first; then by name.
fn ranked(rows: &[MatrixRow], value: impl Fn(&MatrixRow) -> u64) -> Vec<&str> {
    let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for row in rows {
        for end in [&row.src_subnet, &row.dst_subnet] {
            let sum = sums.entry(end).or_default();
            sum.0 += value(row);
            sum.1 += row.measures.flows();
        }
    }
    let mut names: Vec<_> = sums.into_iter().collect();
    names.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    names.into_iter().map(|(name, _)| name).collect()
}
