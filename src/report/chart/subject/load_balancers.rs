//! What load balancers and application gateways took and passed on.

use super::{Amounts, Chart, Picture, Scope, absent, name, reason};
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::tables::{BalancerRow, Counting};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.load_balancers;
    let Some(first) = rows.first() else {
        let given = "the topology given has no load balancer and no application gateway";
        let why = reason(input, InputKind::Topology, super::NO_TOPOLOGY, given);
        return absent(input, "Load balancers", why);
    };
    let scope = Scope::new(input, Counting::Deduplicated);
    let silent = rows.iter().filter(|row| !row.is_active).count() as u64;
    let balancers = words::counted(rows.len() as u64, "balancer");
    let title = match silent {
        0 => format!("All {balancers} are in use, most {}", label(first)),
        n if n == rows.len() as u64 => format!("No traffic at {balancers}"),
        n => format!("{} of {balancers} had no traffic; most went through {}", words::count(n), label(first)),
    };
    let bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "balancer");
    let mut notes =
        vec!["Received is towards a frontend or backend. A balancer's flows are seen where its backends are logged.".to_owned()];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Load balancers and application gateways"), notes, picture: Picture::Bars(bars) }
}

fn label(row: &BalancerRow) -> String {
    let name = name(&row.name, "(no name)");
    if row.kind == "application_gateway" { format!("{name} (application gateway)") } else { name }
}
