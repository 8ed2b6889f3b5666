//! Who came to the exposed ports: flows by source, over all ports together.

use std::collections::BTreeMap;

use super::{Amounts, Chart, Picture, Scope, absent, name};
use crate::report::{ReportInput, words};
use crate::schema::Address;
use crate::schema::tables::{Counting, ExposedSourceRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.exposed_sources;
    let scope = Scope::new(input, Counting::Deduplicated).in_flows();
    let sources = by_source(rows);
    let Some((_, first, lead)) = sources.first() else {
        return absent(input, "Who comes", "no public address was let in");
    };
    let mut total = Amounts::default();
    rows.iter().for_each(|row| total.add(Amounts::from(&row.measures)));
    let malicious = sources.iter().filter(|(_, row, _)| !row.threat_list.is_empty()).count() as u64;
    let mut title = format!(
        "{} came most to what is exposed: {} of {}",
        label(first),
        words::share(lead.flows(), total.flows()),
        words::counted(total.flows(), "flow")
    );
    if malicious > 0 {
        title.push_str(&format!("; {} on a threat list", words::counted(malicious, "source")));
    }
    // The rest of each port may hold a source that another port names, so that it has no count of its own here.
    let mut rest: Option<Amounts> = None;
    for row in rows.iter().filter(|row| row.src_ip.is_none()) {
        rest.get_or_insert_default().add(Amounts::from(&row.measures));
    }
    let bars = scope.bars_and_rest(sources.iter().map(|(_, row, amounts)| (label(row), *amounts)), "source", rest);
    let mut notes = vec![
        "Flows of the public addresses that were let in, Azure's platform apart, over every exposed port together.".to_owned(),
    ];
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.subtitle("Flows to exposed ports by source"), notes, picture: Picture::Bars(bars) }
}

/// Every source once, most flows first, then by address; the row is its first.
fn by_source(rows: &[ExposedSourceRow]) -> Vec<(Address, &ExposedSourceRow, Amounts)> {
    let mut sums: BTreeMap<Address, (&ExposedSourceRow, Amounts)> = BTreeMap::new();
    for row in rows {
        if let Some(src_ip) = row.src_ip {
            sums.entry(src_ip).or_insert((row, Amounts::default())).1.add(Amounts::from(&row.measures));
        }
    }
    let mut sources: Vec<_> = sums.into_iter().map(|(ip, (row, amounts))| (ip, row, amounts)).collect();
    sources.sort_by_key(|(_, _, amounts)| std::cmp::Reverse(amounts.flows()));
    sources
}

/// The source and what is known of it: threat list, service tag, country.
fn label(row: &ExposedSourceRow) -> String {
    let Some(ip) = row.src_ip else { return String::new() };
    let known = [&row.threat_list, &row.service_tag, &row.country];
    match known.into_iter().find(|text| !text.is_empty()) {
        Some(text) => format!("{ip} ({})", name(text, "")),
        None => ip.to_string(),
    }
}
