//! The public addresses at the far end, and what is known of them.

use super::{Amounts, Chart, Picture, Scope, absent, name};
use crate::report::{ReportInput, words};
use crate::schema::FlowType;
use crate::schema::tables::{Counting, PublicAddressRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.public_addresses;
    let scope = Scope::new(input, Counting::Deduplicated);
    let Some(first) = rows.first() else {
        return absent(input, "Public addresses", "no public address took part");
    };
    let malicious = rows.iter().filter(|row| row.flow_type == FlowType::MaliciousFlow).count() as u64;
    let lead = scope.value(&Amounts::from(&first.measures));
    let listed = match malicious {
        0 => String::new(),
        1 => "; 1 of them is on a threat list".into(),
        n => format!("; {} of them are on a threat list", words::count(n)),
    };
    let title = format!(
        "{} take part, most {}: {} of {}{listed}",
        words::counted(rows.len() as u64, "public address"),
        first.ip,
        words::share(lead, scope.total()),
        scope.unit.said(scope.total())
    );
    let bars = scope.bars(rows.iter().map(|row| (label(row), Amounts::from(&row.measures))), "address");
    let mut notes = vec!["Received is towards the public address.".to_owned()];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured("Public addresses"), notes, picture: Picture::Bars(bars) }
}

/// The address and what matters most of it: threat list, service tag, network, place.
fn label(row: &PublicAddressRow) -> String {
    let known = [&row.threat_list, &row.service_tag, &row.as_name, &row.location];
    match known.into_iter().find(|text| !text.is_empty()) {
        Some(text) => format!("{} ({})", row.ip, name(text, "")),
        None => row.ip.to_string(),
    }
}
