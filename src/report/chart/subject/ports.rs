//! Allowed and denied flows by destination port. Flows, not bytes: a port that is only probed carries none.

use super::{Amounts, Chart, Picture, Scope, nothing};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, PortRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_port;
    let scope = Scope::new(input, Counting::Deduplicated).in_flows();
    let named = || rows.iter().filter(|row| row.key.is_some());
    let Some(first) = named().next() else {
        return nothing(input, "Destination ports");
    };
    let rest = rows.iter().find(|row| row.key.is_none()).map(|row| Amounts::from(&row.measures));
    let bars = scope.bars_and_rest(named().map(|row| (label(row), Amounts::from(&row.measures))), "port", rest);
    let flows = scope.totals.flows();
    let lead = first.measures.flows();
    let title = format!("{} is asked for most: {} of {}", label(first), words::share(lead, flows), words::counted(flows, "flow"));
    Chart { title, subtitle: scope.subtitle("Destination ports, flows"), notes: scope.notes(), picture: Picture::Bars(bars) }
}

/// `443/tcp https`
fn label(row: &PortRow) -> String {
    let Some((port, protocol)) = row.key else { return String::new() };
    let name = format!("{port}/{}", words::protocol(protocol));
    if row.l7_protocol.is_empty() { name } else { format!("{name} {}", words::shorten(&row.l7_protocol, 20)) }
}
