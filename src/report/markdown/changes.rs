//! What changed since the period before, in report.md: how many names of each kind, and the new and gone ones with most traffic.

use std::cmp::Reverse;

use super::escape::code;
use crate::report::{ReportInput, change, page, words};
use crate::schema::previous::Amount;
use crate::schema::tables::{Change, ChangeKind, ChangeRow};

/// Longest name. Unit: characters.
const NAME_CHARS: usize = 64;

/// The block; empty where there is nothing to compare.
pub fn changes(input: &ReportInput) -> String {
    let Some(previous) = change::comparable(input) else { return String::new() };
    let mut text = format!("## What changed since the {}\n\n", change::period(previous));
    let all = &input.tables.changes;
    if all.is_empty() {
        return text + "Nothing: every name has the traffic that it had.\n\n";
    }
    text.push_str("| |");
    Change::ALL.iter().for_each(|change| text.push_str(&format!(" {} |", change.name())));
    text.push_str("\n|---|--:|--:|--:|--:|--:|\n");
    for kind in ChangeKind::ALL.into_iter().filter(|kind| all.iter().any(|row| row.kind == *kind)) {
        text.push_str(&format!("| {} |", kind.name()));
        for change in Change::ALL {
            let count = all.iter().filter(|row| row.kind == kind && row.change == change).count();
            text.push_str(&format!(" {} |", words::count(count as u64)));
        }
        text.push('\n');
    }
    let mut moved: Vec<&ChangeRow> = all.iter().filter(|row| matches!(row.change, Change::New | Change::Gone)).collect();
    let most = |difference: Option<i64>| Reverse(difference.map(i64::unsigned_abs));
    // The sort is stable, and the table has a total order.
    moved.sort_by_key(|row| (most(row.bytes_difference()), most(row.flows_difference())));
    if !moved.is_empty() {
        text.push_str("\n| New or gone | | Bytes | Flows |\n|---|---|--:|--:|\n");
    }
    moved.iter().take(input.view.list_rows).for_each(|row| text.push_str(&line(input, row)));
    text + "\nAll of them: tables/changes.csv.\n\n"
}

fn line(input: &ReportInput, row: &ChangeRow) -> String {
    let seen = if row.change == Change::Gone { row.before } else { row.now };
    let Amount { flows, .. } = seen.unwrap_or_default();
    let bytes = seen.and_then(|seen| seen.known_bytes()).map_or_else(|| "–".to_owned(), words::bytes);
    let name = code(&page::changed_name(input, row), NAME_CHARS);
    format!("| {} {name} | {} | {bytes} | {} |\n", row.kind.name(), row.change.name(), words::count(flows))
}
