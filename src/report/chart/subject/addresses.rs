//! Top talkers by address: received and sent bytes of each end.

use super::{Amounts, BOTH_ENDS, Chart, Picture, Scope, name, nothing};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, IpRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_ip;
    let scope = Scope::new(input, Counting::Deduplicated);
    let Some(first) = rows.first() else {
        return nothing(input, "Top addresses");
    };
    let bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "address");
    let lead = bars.bars.first().map_or(0, |bar| bar.values.iter().sum());
    let title = format!(
        "{} takes part in {} of {}",
        name(&first.ip.to_string(), ""),
        words::share(lead, scope.total()),
        scope.unit.said(scope.total())
    );
    let mut notes = vec![BOTH_ENDS.to_owned()];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Top addresses"), notes, picture: Picture::Bars(bars) }
}

/// The name in `AS64500 EXAMPLE`, or the number where there is none.
fn as_name(asn: &str) -> &str {
    asn.split_once(' ').map_or(asn, |(_, name)| name)
}

/// The address, and what is best known of it.
fn label(row: &IpRow) -> String {
    let known = [&row.threat, &row.vm, &row.interface, &row.service_tag, as_name(&row.asn), &row.country];
    match known.into_iter().find(|text| !text.is_empty()) {
        Some(text) => format!("{} ({})", row.ip, name(text, "")),
        None => row.ip.to_string(),
    }
}
