//! report.html: one file that opens offline and asks the network for nothing.
//!
//! Goes in: the report's data and its charts. Comes out: a page whose every text from a log is escaped by the template
//! and cleaned of characters that no document may hold. Its scripts filter, chart and sort what it already says; without them
//! the page reads the same.

mod assets;
mod changes;
mod cube;
mod evidence;
mod facts;
mod findings;
mod incidents;
mod inputs;
mod prose;
mod subjects;
mod table;
#[cfg(test)]
mod tests;
mod timeline;

use askama::Template;

use super::chart::{Drawn, Group};
use super::{OutputFile, ReportError, ReportInput, View, change, words};
use crate::schema::tables::Cube;
use assets::Asset;
use changes::ChangedTile;
pub use changes::tiles;
use facts::{Fact, Quality};
pub use facts::{length, open_ports, read_line, warnings};
use findings::{FindingsView, FirstView};
use inputs::InputsView;
pub use prose::{pieces, sized};
pub use subjects::changed_name;
use table::TableView;

/// Everything the template shows.
#[derive(Template)]
#[template(path = "report/page.html")]
struct Page<'a> {
    style: &'static Asset,
    script: &'static Asset,
    /// What filters and live charts need; `None` where there is no traffic to filter.
    live: Option<Live>,
    version: &'a str,
    window: String,
    length: String,
    read_line: String,
    has_topology: bool,
    /// Most bars of a chart.
    bars: usize,
    /// What the page is called.
    heading: &'a str,
    /// The period before, and what the script reads of it and of anomalies.
    previous_period: String,
    previous_json: String,
    anomalies_json: String,
    /// Whether the page says what was read.
    has_appendix: bool,
    tiles: Vec<ChangedTile>,
    warnings: Vec<String>,
    findings: FindingsView,
    /// What changed since the period before; without a title there is nothing to compare.
    changes_title: String,
    changes: Vec<TableView>,
    /// The findings to begin with; empty where the page has none of them.
    first: Vec<FirstView>,
    first_title: String,
    parts: Vec<Part<'a>>,
    exposed_title: String,
    exposed: TableView,
    quality: Quality,
    inputs: InputsView,
}

/// What filters and live charts need.
struct Live {
    engine: &'static Asset,
    /// The cube, JSON that no markup can end.
    cube: String,
    /// The shapes of the countries, JSON; empty where no country is known.
    world: &'static str,
}

fn live(cube: &Cube) -> Option<Live> {
    let has_countries = cube.ends.iter().any(|end| !end.country.is_empty());
    let world = if has_countries { assets::WORLD } else { "" };
    (!cube.rows.is_empty()).then(|| Live { engine: &assets::ENGINE, cube: cube::json(cube), world })
}

/// A part of the page: the charts that help to answer one question.
struct Part<'a> {
    id: &'static str,
    name: &'static str,
    /// What it answers.
    question: &'static str,
    sections: Vec<Section<'a>>,
    /// Charts with nothing in them: topic and reason.
    absent: Vec<Fact>,
}

/// One chart with the tables that belong to it.
struct Section<'a> {
    id: &'static str,
    topic: &'static str,
    title: &'a str,
    svg: String,
    tables: Vec<TableView>,
}

/// The parts of the page, in order: the charts of a group, and what `templates/report/page.html` adds by the id.
const PARTS: [(Group, &str, &str, &str); 9] = [
    (Group::Overview, "overview", "Overview", "How much there was, and when"),
    (Group::WhoTalks, "who", "Who talks", "Hosts, subnets, VNets, scale sets and their conversations"),
    (Group::WhereTo, "where", "Where to", "Countries, Azure regions, public addresses, gateways and load balancers"),
    (Group::What, "what", "What", "Ports and flow types"),
    (Group::Rules, "rules", "Rules", "Which rules are hit, by whom, and which never"),
    (Group::Exposure, "exposure", "Exposure", "What the Internet reaches, who comes, and who sends to it"),
    (Group::Security, "security", "Security", "What stands out, why, and what to do next"),
    (Group::Hygiene, "hygiene", "Hygiene", "Encryption, coverage, and how far to trust the logs"),
    (Group::Appendix, "appendix", "Appendix", "How this was counted, and what was read"),
];

/// The ids of the parts, in order.
pub fn sections() -> impl Iterator<Item = &'static str> {
    PARTS.into_iter().map(|(_, id, _, _)| id)
}

fn part<'a>(
    (group, id, name, question): (Group, &'static str, &'static str, &'static str),
    input: &ReportInput,
    charts: &'a [Drawn],
) -> Part<'a> {
    let mut part = Part { id, name, question, sections: Vec::new(), absent: Vec::new() };
    for drawn in charts.iter().filter(|drawn| drawn.entry.group == group) {
        match &drawn.absent {
            Some(why) => part.absent.push(Fact { name: drawn.entry.topic.into(), value: why.clone() }),
            None => part.sections.push(Section {
                id: drawn.entry.name,
                topic: drawn.entry.topic,
                title: &drawn.title,
                svg: drawn.inline(),
                tables: subjects::tables(drawn.entry.name, input),
            }),
        }
    }
    part
}

/// Largest page. Unit: bytes; larger ones open slowly and are refused by mail servers.
const BYTES_MAX: usize = 10_000_000;
/// Rows of each table where the page would be larger, tried in turn. Unit: rows.
const FEWER_ROWS: [usize; 2] = [50, 10];

/// The page. Where it would be larger than [`BYTES_MAX`], its tables have fewer rows.
pub fn file(input: &ReportInput, charts: &[Drawn]) -> Result<OutputFile, ReportError> {
    let mut html = html(input, charts)?;
    for rows in FEWER_ROWS.into_iter().filter(|rows| *rows < input.view.rows) {
        if html.len() <= BYTES_MAX {
            break;
        }
        let view = View { rows, ..input.view.clone() };
        html = self::html(&ReportInput { view: &view, ..*input }, charts)?;
    }
    Ok(OutputFile::new("report.html", html))
}

fn html(input: &ReportInput, charts: &[Drawn]) -> Result<String, ReportError> {
    let page = Page {
        style: &assets::STYLE,
        script: &assets::SCRIPT,
        live: live(&input.tables.cube),
        version: input.version,
        window: super::chart::window(input),
        length: facts::length(input),
        read_line: facts::read_line(input),
        has_topology: input.has_topology,
        bars: input.view.bars,
        heading: input.view.heading(),
        previous_period: changes::period(input),
        previous_json: change::previous_json(input),
        anomalies_json: change::anomalies_json(input),
        has_appendix: input.view.shows("appendix"),
        tiles: changes::tiles(input),
        warnings: facts::warnings(input),
        changes_title: subjects::changes_title(input).unwrap_or_default(),
        changes: subjects::changes(input),
        first_title: findings::first_title(input.findings),
        first: if input.view.shows("security") { findings::first(input.findings) } else { Vec::new() },
        findings: findings::view(input.findings, input.summary.tuples.kept > 0),
        parts: PARTS.into_iter().filter(|row| input.view.shows(row.1)).map(|row| part(row, input, charts)).collect(),
        exposed_title: subjects::exposed_title(input),
        exposed: subjects::exposed(input),
        quality: facts::quality(input),
        inputs: inputs::view(&input.summary.enrichment),
    };
    Ok(without_hidden(&page.render()?))
}

/// `html` with every character that [`words::shown`] refuses replaced; line feeds stay.
fn without_hidden(html: &str) -> String {
    html.chars().map(|c| if c == '\n' { c } else { words::shown(c) }).collect()
}
