//! What each connection of a VPN or ExpressRoute gateway carried, and how fast at most.

use super::{Amounts, Chart, Picture, Scope, absent, name, reason};
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::tables::{Counting, GatewayRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.gateways;
    let Some(first) = rows.first() else {
        let why = reason(input, InputKind::Topology, super::NO_TOPOLOGY, "the topology given has no VPN or ExpressRoute gateway");
        return absent(input, "Gateways", why);
    };
    let scope = Scope::new(input, Counting::Deduplicated);
    let mut bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "connection");
    for (bar, row) in bars.bars.iter_mut().zip(rows).filter(|(_, row)| row.bytes_per_second_max > 0) {
        bar.note = format!("{} · at most {}/s", bar.note, words::bytes(row.bytes_per_second_max));
    }
    let quiet = rows.iter().filter(|row| Amounts::from(&row.measures) == Amounts::default()).count() as u64;
    let title = if scope.value(&Amounts::from(&first.measures)) == 0 {
        format!("No traffic on {} of a gateway", words::counted(rows.len() as u64, "connection"))
    } else {
        let lead = scope.unit.said(scope.value(&Amounts::from(&first.measures)));
        let quiet = match quiet {
            0 => String::new(),
            n => format!("; {} of {} without traffic", words::count(n), words::counted(rows.len() as u64, "connection")),
        };
        format!("{} carries most, {lead}{quiet}", label(first))
    };
    let mut notes = vec![
        "Received is from behind the gateway into the VNet. The rate is that of the busiest interval, averaged over it."
            .to_owned(),
    ];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Gateway connections"), notes, picture: Picture::Bars(bars) }
}

/// `vpn-hub · to-berlin`
fn label(row: &GatewayRow) -> String {
    let gateway = name(&row.gateway, "(no gateway)");
    if row.connection.is_empty() { gateway } else { format!("{gateway} · {}", name(&row.connection, "")) }
}
