//! Received and sent bytes by interface, as each logged them.

use super::{Amounts, Chart, Picture, Scope, name, nothing};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, InterfaceRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_interface;
    let scope = Scope::new(input, Counting::Observed);
    let Some(first) = rows.first() else {
        return nothing(input, "Interfaces");
    };
    let bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "interface");
    let lead = bars.bars.first().map_or(0, |bar| bar.values.iter().sum());
    let title = format!(
        "{} logs {} of the {} that {} saw",
        name(called(first), "(no MAC)"),
        words::share(lead, scope.total()),
        scope.unit.said(scope.total()),
        words::counted(rows.len() as u64, "interface")
    );
    Chart { title, subtitle: scope.measured("Interfaces"), notes: scope.notes(), picture: Picture::Bars(bars) }
}

fn called(row: &InterfaceRow) -> &str {
    if row.interface.is_empty() { &row.mac } else { &row.interface }
}

/// Its name or MAC, and the first address it owns.
fn label(row: &InterfaceRow) -> String {
    let name = name(called(row), "(no MAC)");
    match row.ips.as_slice() {
        [] => name,
        [only] => format!("{name} ({only})"),
        [first, others @ ..] => format!("{name} ({first} +{})", others.len()),
    }
}
