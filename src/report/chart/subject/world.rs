//! The countries at the far end, on a map.

use super::{Amounts, Chart, Picture, Scope, Unit, absent, name, reason};
use crate::report::chart::kind::map::{Map, Mark};
use crate::report::chart::world;
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::tables::{Counting, NamedRow};

const TOPIC: &str = "World";
/// Most countries that are named as having no shape. Unit: countries.
const SHAPELESS_MAX: usize = 8;
/// Longest code, for databases that hold something else than a code. Unit: characters.
const CODE_CHARS_MAX: usize = 16;

pub fn chart(input: &ReportInput) -> Chart {
    let missing = "no geo database was given: --geo PATH.mmdb";
    let given = "the geo database knows none of the addresses at the far end";
    let scope = Scope::new(input, Counting::Deduplicated);
    let value = |row: &NamedRow| scope.value(&Amounts::from(&row.measures));
    let mut rows: Vec<&NamedRow> = input.tables.traffic_by_country.iter().filter(|row| !row.name.is_empty()).collect();
    rows.sort_by(|a, b| value(b).cmp(&value(a)).then(b.measures.flows().cmp(&a.measures.flows())).then(a.name.cmp(&b.name)));
    let Some(lead) = rows.first() else {
        return absent(input, TOPIC, reason(input, InputKind::Geo, missing, given));
    };
    let total: u64 = rows.iter().map(|row| value(row)).sum();
    let mut marks = Vec::new();
    let mut shapeless = Vec::new();
    for row in &rows {
        let said = said(&scope, row, value(row), total);
        match world::country(&row.name) {
            Some(country) => {
                let is_refused = value(row) == 0 && row.measures.flows_denied() == row.measures.flows();
                marks.push(Mark { country, value: value(row), is_refused, note: said });
            }
            None => shapeless.push(format!("{} ({said})", words::shorten(&row.name, CODE_CHARS_MAX))),
        }
    }
    if marks.is_empty() {
        return absent(input, TOPIC, "no country of the geo database has a shape: see tables/traffic_by_country.csv");
    }
    let what = match scope.unit {
        Unit::Bytes => "Bytes both ways by country at the far end",
        _ => "Flows by the country at the far end",
    };
    let notes = notes(input, &scope, &shapeless);
    let title = title(&scope, lead, rows.len());
    Chart { title, subtitle: scope.subtitle(what), notes, picture: Picture::Map(Map { unit: scope.unit, marks }) }
}

/// `Netherlands is the busiest of 5 countries: 2 GiB sent there, 1 GiB received`
fn title(scope: &Scope, lead: &NamedRow, countries: usize) -> String {
    let leader = world::country(&lead.name).map_or_else(|| name(&lead.name, ""), |country| country.name.clone());
    let whole = match countries {
        1 => "the only country".to_owned(),
        _ => format!("the busiest of {}", words::counted(countries as u64, "country")),
    };
    // The measures are those of the end that is not the country's.
    let what = match scope.unit {
        Unit::Bytes => {
            let (to, from) = (words::bytes(lead.measures.bytes_sent), words::bytes(lead.measures.bytes_received));
            format!("{to} sent there, {from} received")
        }
        _ => format!("{} to or from there", words::counted(lead.measures.flows(), "flow")),
    };
    format!("{leader} is {whole}: {what}")
}

/// `1.2 GiB · 41 %`, of what all countries have; for a country without bytes its flows.
fn said(scope: &Scope, row: &NamedRow, value: u64, total: u64) -> String {
    if value > 0 {
        return format!("{} · {}", scope.unit.said(value), words::share(value, total));
    }
    let (flows, denied) = (row.measures.flows(), row.measures.flows_denied());
    let denied = if flows > 0 && denied == flows { " denied" } else { "" };
    format!("{}{denied}", words::counted(flows, "flow"))
}

fn notes(input: &ReportInput, scope: &Scope, shapeless: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if !shapeless.is_empty() {
        let more = match shapeless.len().saturating_sub(SHAPELESS_MAX) {
            0 => String::new(),
            more => format!(" and {} more", words::count(more as u64)),
        };
        notes.push(format!("Without a shape on this map: {}{more}.", shapeless[..shapeless.len().min(SHAPELESS_MAX)].join(", ")));
    }
    if let Some(row) = input.tables.traffic_by_country.iter().find(|row| row.name.is_empty()) {
        let rest = Amounts::from(&row.measures).note(scope.unit);
        notes.push(format!("Not drawn: {rest} without a country: local, or not in the database."));
    }
    notes.push("Shares are of what has a country. Shapes: Natural Earth, coarse; borders are no statement.".to_owned());
    notes.extend(scope.notes());
    notes
}
