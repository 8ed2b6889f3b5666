//! What changed since the period before, a table per kind of name.

use super::super::table::{Cell, Row, TableView, bytes, count, text};
use super::{Said, view};
use crate::report::{ReportInput, change, words};
use crate::schema::previous::Amount;
use crate::schema::tables::{Change, ChangeKind, ChangeRow};

/// What changed, in one sentence; `None` where there is nothing to compare.
pub fn title(input: &ReportInput) -> Option<String> {
    let previous = change::comparable(input)?;
    let of = |change: Change| input.tables.changes.iter().filter(|row| row.change == change).count() as u64;
    let said: Vec<String> = Change::ALL
        .into_iter()
        .filter(|change| of(*change) > 0)
        .map(|change| format!("{} {}", words::count(of(change)), change.name()))
        .collect();
    let period = change::period(previous);
    Some(match said.is_empty() {
        true => format!("Every name has the traffic of the {period}"),
        false => format!("Names since the {period}: {}", said.join(", ")),
    })
}

/// A table per kind with a name that changed.
pub fn tables(input: &ReportInput) -> Vec<TableView> {
    let of = |kind| input.tables.changes.iter().filter(|row| row.kind == kind).collect::<Vec<_>>();
    let kinds = ChangeKind::ALL.into_iter().map(|kind| (kind, of(kind))).filter(|(_, rows)| !rows.is_empty());
    kinds.map(|(kind, rows)| table(input, kind, &rows)).collect()
}

fn table(input: &ReportInput, kind: ChangeKind, all: &[&ChangeRow]) -> TableView {
    let rows = all.iter().take(input.view.rows).map(|row| Row::new(cells(input, row))).collect();
    let counting = if matches!(kind, ChangeKind::Interface | ChangeKind::Rule) { "As logged" } else { "Deduplicated" };
    let said = Said {
        noun: noun(kind),
        order: "changed",
        file: "changes",
        source: format!("{counting}; new, gone, more, less, unknown, and of each the greatest difference first."),
        none: "Nothing changed.",
    };
    let mut table = view(input, said, all.len(), rows, &COLUMNS);
    table.total = words::counted(input.tables.changes.len() as u64, "row");
    table
}

const COLUMNS: [&str; 7] = ["Name", "Change", "Since", "#Bytes before", "#Bytes now", "#Flows before", "#Flows now"];

/// What a name of a kind is called beside its number.
fn noun(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Subnet => "changed subnet",
        ChangeKind::Interface => "changed interface",
        ChangeKind::Address => "changed address",
        ChangeKind::Port => "changed port",
        ChangeKind::Rule => "changed rule",
        ChangeKind::Country => "changed country",
    }
}

fn cells(input: &ReportInput, row: &ChangeRow) -> Vec<Cell> {
    let sized = |amount: Option<Amount>| amount.and_then(|amount| amount.known_bytes()).map_or_else(unknown, bytes);
    let flows = |amount: Option<Amount>| amount.map_or_else(unknown, |amount| count(amount.flows));
    vec![
        text(&name(input, row)).with_tip(&row.name),
        text(row.change.name()),
        text(&relative(row)),
        sized(row.before),
        sized(row.now),
        flows(row.before),
        flows(row.now),
    ]
}

/// A number that is not known.
fn unknown() -> Cell {
    Cell { text: "–".into(), key: Some(0), ..Cell::default() }
}

/// `+12 %` of bytes, or of flows where bytes are not known or the same; empty where the change says it.
pub fn relative(row: &ChangeRow) -> String {
    let (Change::More | Change::Less, Some(before), Some(now)) = (row.change, row.before, row.now) else { return String::new() };
    match (before.known_bytes(), now.known_bytes()) {
        (Some(before), Some(now)) if before != now => change::relative(now, before),
        _ => format!("{} flows", change::relative(now.flows, before.flows)),
    }
}

/// The name as a reader knows it: an interface by its own, a rule without the path of its ACL.
pub fn name(input: &ReportInput, row: &ChangeRow) -> String {
    match row.kind {
        ChangeKind::Interface => {
            let known = input.tables.traffic_by_interface.iter().find(|other| other.mac == row.name);
            let known = known.map(|other| other.interface.as_str()).filter(|name| !name.is_empty() && *name != row.name);
            known.map_or_else(|| row.name.clone(), |name| format!("{name} ({})", row.name))
        }
        ChangeKind::Rule => match row.name.split_once(' ') {
            Some((acl, rest)) => format!("{} {}", words::resource(acl), words::rule(rest)),
            None => row.name.clone(),
        },
        ChangeKind::Port => match row.name.split_once('/').and_then(|(port, protocol)| Some((port, protocol.parse().ok()?))) {
            Some((port, protocol)) => format!("{port}/{}", words::protocol(protocol)),
            None => row.name.clone(),
        },
        _ => row.name.clone(),
    }
}
