//! Allowed and denied flows by destination port. Flows, not bytes: a port that is only probed carries none.

use super::{Bar, Bars, Chart, FLOW_PARTS, Picture, Scope, Unit, nothing, total_flows};
use crate::report::chart::kind::bars::BARS_MAX;
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, PairMeasures, PortRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_port;
    let scope = Scope::new(input, Counting::Deduplicated);
    let named: Vec<&PortRow> = rows.iter().filter(|row| row.key.is_some()).collect();
    let Some(first) = named.first() else {
        return nothing(input, "Destination ports");
    };
    let bar = |label: String, m: &PairMeasures| {
        let flows = words::count(m.flows());
        let bytes = m.bytes();
        let note = if bytes > 0 { format!("{flows} · {}", words::bytes(bytes)) } else { flows };
        Bar { label, values: vec![m.flows_allowed, m.flows_denied], note }
    };
    let bars: Vec<Bar> = named.iter().take(BARS_MAX).map(|row| bar(label(row), &row.measures)).collect();
    let left_out: Vec<&PortRow> = named.iter().skip(BARS_MAX).copied().chain(rows.iter().filter(|r| r.key.is_none())).collect();
    let other = (!left_out.is_empty()).then(|| {
        let mut rest = PairMeasures::default();
        left_out.iter().for_each(|row| rest.add(&row.measures));
        let is_bounded = left_out.iter().any(|row| row.key.is_none());
        let ports = words::counted(left_out.len() as u64, "port");
        bar(if is_bounded { "all other ports".into() } else { format!("other ({ports})") }, &rest)
    });
    let flows = total_flows(&scope.totals);
    let lead = first.measures.flows();
    let title = format!("{} is asked for most: {} of {}", label(first), words::share(lead, flows), words::counted(flows, "flow"));
    Chart {
        title,
        subtitle: scope.subtitle("Destination ports, flows · bytes both ways"),
        notes: scope.notes(),
        picture: Picture::Bars(Bars { unit: Unit::Flows, parts: FLOW_PARTS.to_vec(), bars, other }),
    }
}

/// `443/tcp https`
fn label(row: &PortRow) -> String {
    let Some((port, protocol)) = row.key else { return String::new() };
    let name = format!("{port}/{}", words::protocol(protocol));
    if row.l7_protocol.is_empty() { name } else { format!("{name} {}", words::shorten(&row.l7_protocol, 20)) }
}
