//! Received and sent bytes by subnet.

use super::{Amounts, BOTH_ENDS, Chart, Picture, Scope, nothing, subnet_name, subnet_notes};
use crate::report::ReportInput;
use crate::schema::tables::Counting;

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.traffic_by_subnet;
    let scope = Scope::new(input, Counting::Deduplicated);
    // What lies in no subnet is drawn, but is no subnet that could lead.
    let Some(lead) = rows.iter().find(|row| !row.subnet.is_empty()).or(rows.first()) else {
        return nothing(input, "Subnets");
    };
    let title = format!("{}{}", subnet_name(&lead.subnet), scope.moves_most(&lead.measures));
    let bars = scope.bars(rows.iter().map(|row| (subnet_name(&row.subnet), Amounts::from(&row.measures))), "subnet");
    let mut notes = vec![BOTH_ENDS.to_owned()];
    notes.extend(subnet_notes(input));
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Subnets"), notes, picture: Picture::Bars(bars) }
}
