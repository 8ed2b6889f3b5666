//! The short lists of report.md: who, which port, which rule, where to, and what is exposed.
//!
//! Goes in: sorted tables. Comes out: Markdown tables of the first rows, with what changed where that is known.

use super::escape::code;
use crate::report::{ReportInput, change, words};
use crate::schema::previous::{Amount, Previous, Ranking, rule_key};
use crate::schema::tables::Measures;

/// Longest name. Unit: characters.
const NAME_CHARS: usize = 48;

/// A row: its name as Markdown, its amount, and the key by which the period before knows it.
struct Line {
    name: String,
    amount: Amount,
    denied: u64,
    is_unmeasured: bool,
    key: String,
}

impl Line {
    fn new(name: String, measures: &Measures, key: String) -> Self {
        let amount = Amount::of(measures);
        let is_unmeasured = measures.bytes() == 0 && measures.tuples_unmeasured > 0;
        Self { name, amount, denied: measures.flows_denied(), is_unmeasured, key }
    }
}

/// Every list with its name; those without a row are left out.
pub fn all(input: &ReportInput) -> Vec<(&'static str, String)> {
    let tables = input.tables;
    let rows = input.view.list_rows;
    let addresses = tables.traffic_by_ip.iter().take(rows).map(|r| {
        let known = [&r.vm, &r.interface, &r.service_tag, &r.country].into_iter().find(|text| !text.is_empty());
        let known = known.map_or_else(String::new, |text| format!(" {}", code(text, NAME_CHARS)));
        Line::new(format!("`{}`{known}", r.ip), &r.measures, r.ip.to_string())
    });
    let subnets = tables.traffic_by_subnet.iter().take(rows);
    let subnets = subnets.map(|r| Line::new(named(&r.subnet, "(no known subnet)"), &r.measures, r.subnet.clone()));
    let ports = tables.traffic_by_port.iter().filter_map(|r| r.key.map(|key| (key, r))).take(rows);
    let ports = ports.map(|((port, protocol), r)| Line {
        name: format!("`{port}/{}` {}", words::protocol(protocol), code(&r.l7_protocol, NAME_CHARS)).trim_end().to_owned(),
        amount: Amount::of_pairs(&r.measures),
        denied: r.measures.flows_denied,
        is_unmeasured: r.measures.bytes() == 0 && r.measures.tuples_unmeasured > 0,
        key: format!("{port}/{protocol}"),
    });
    let rules = tables.traffic_by_rule.iter().take(rows).map(|r| {
        let name = format!(
            "{} in {}, {} {}",
            named(words::rule(&r.rule), "(no rule)"),
            named(words::resource(&r.acl), "(no ACL)"),
            r.direction.name(),
            r.status.name()
        );
        Line::new(name, &r.measures, rule_key(&r.acl, &r.rule, r.direction.name(), r.status.name()))
    });
    let countries = tables.traffic_by_country.iter().filter(|r| !r.name.is_empty()).take(rows);
    let countries = countries.map(|r| Line::new(named(&r.name, ""), &r.measures, r.name.clone()));
    let lists = [
        ("exposed ports", exposed(input)),
        ("addresses", list(input, "Addresses (both ends)", addresses.collect(), |previous| &previous.addresses, false)),
        ("subnets", list(input, "Subnets (both ends)", subnets.collect(), |previous| &previous.subnets, false)),
        ("ports", list(input, "Ports", ports.collect(), |previous| &previous.ports, true)),
        ("rules", list(input, "Rules (as logged)", rules.collect(), |previous| &previous.rules, true)),
        ("countries", list(input, "Countries", countries.collect(), |previous| &previous.countries, false)),
    ];
    lists.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn named(text: &str, nameless: &str) -> String {
    let name = code(text, NAME_CHARS);
    if name.is_empty() { nameless.to_owned() } else { name }
}

/// A list; `by_flows`: whether its change is that of flows, by which it is sorted, rather than bytes.
fn list(input: &ReportInput, title: &str, lines: Vec<Line>, ranking: fn(&Previous) -> &Ranking, by_flows: bool) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let ranking = change::comparable(input).map(ranking);
    let mut text = format!("## {title}\n\n| | Bytes | Flows | Denied |");
    text.push_str(if ranking.is_some() { " Change |\n|---|--:|--:|--:|---|\n" } else { "\n|---|--:|--:|--:|\n" });
    for line in lines {
        let bytes = if line.is_unmeasured { "–".to_owned() } else { words::bytes(line.amount.bytes) };
        let (flows, denied) = (words::count(line.amount.flows), words::count(line.denied));
        text.push_str(&format!("| {} | {bytes} | {flows} | {denied} |", line.name));
        if let Some(ranking) = ranking {
            text.push_str(&format!(" {} |", changed(&line, ranking, by_flows)));
        }
        text.push('\n');
    }
    text + "\n"
}

fn changed(line: &Line, ranking: &Ranking, by_flows: bool) -> String {
    match ranking.amount(&line.key) {
        Some(before) if before == Amount::default() && line.amount.flows > 0 => "new".into(),
        Some(before) if by_flows => change::relative(line.amount.flows, before.flows),
        Some(_) if line.is_unmeasured => "unknown".into(),
        Some(before) => change::relative(line.amount.bytes, before.bytes),
        None => "unknown".into(),
    }
}

/// Ports that public addresses were let in to.
fn exposed(input: &ReportInput) -> String {
    let all = &input.tables.exposed_ports;
    if all.is_empty() {
        return String::new();
    }
    let mut text = String::from("## Exposed ports\n\n| Address | Port | Rule | Sources | Flows |\n|---|---|---|--:|--:|\n");
    for row in all.iter().take(input.view.list_rows) {
        text.push_str(&format!(
            "| `{}` | `{}/{}` | {} | {} | {} |\n",
            row.ip,
            row.dst_port,
            words::protocol(row.protocol),
            named(words::rule(&row.rule), "(no rule)"),
            words::count(row.sources),
            words::count(row.measures.flows_inbound_allowed)
        ));
    }
    let more = all.len().saturating_sub(input.view.list_rows);
    if more > 0 {
        text.push_str(&format!("\n{} more in tables/exposed_ports.csv.\n", words::count(more as u64)));
    }
    text + "\n"
}
