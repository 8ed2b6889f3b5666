//! report.html: one file that opens offline and asks the network for nothing.
//!
//! Goes in: the report's data and its charts. Comes out: a page whose every text from a log is escaped by the template
//! and cleaned of characters that no document may hold. Its one script sorts tables; without it the page reads the same.

mod facts;
mod findings;
mod subjects;
mod table;
#[cfg(test)]
mod tests;

use askama::Template;

use super::chart::Drawn;
use super::{OutputFile, ReportError, ReportInput, words};
use facts::{Quality, Tile};
use findings::FindingsView;
use table::TableView;

const STYLE: &str = include_str!("../../../templates/report.css");
const SCRIPT: &str = include_str!("../../../templates/report.js");

/// What the page's policy lets run: exactly [`STYLE`] and [`SCRIPT`]. A test computes them anew.
const STYLE_HASH: &str = "sha256-MKBT1JNnm+xR1T5yCLm7ZGuML3WKdQebd2iSIgeH/Tg=";
const SCRIPT_HASH: &str = "sha256-G7v1X/yudH5y8QrPkfSOYqusdlnCxaSB8TTuJSh8Jgw=";

/// Everything the template shows.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    style: &'static str,
    style_hash: &'static str,
    script: &'static str,
    script_hash: &'static str,
    version: &'a str,
    window: String,
    length: String,
    read_line: String,
    has_topology: bool,
    tiles: Vec<Tile>,
    warnings: Vec<String>,
    findings: FindingsView,
    sections: Vec<Section<'a>>,
    exposed_title: String,
    exposed: TableView,
    quality: Quality,
}

/// One chart with the table it is drawn from.
struct Section<'a> {
    id: &'static str,
    topic: &'static str,
    title: &'a str,
    svg: String,
    table: TableView,
}

/// The page.
pub fn file(input: &ReportInput, charts: &[Drawn]) -> Result<OutputFile, ReportError> {
    let sections = charts
        .iter()
        .map(|drawn| Section {
            id: drawn.entry.name,
            topic: drawn.entry.topic,
            title: &drawn.title,
            svg: drawn.inline(),
            table: subjects::table(drawn.entry.table, input),
        })
        .collect();
    let page = Page {
        style: STYLE,
        style_hash: STYLE_HASH,
        script: SCRIPT,
        script_hash: SCRIPT_HASH,
        version: input.version,
        window: super::chart::window(input),
        length: facts::length(input),
        read_line: facts::read_line(input),
        has_topology: input.has_topology,
        tiles: facts::tiles(input),
        warnings: facts::warnings(input),
        findings: findings::view(input.findings, input.summary.tuples.kept > 0),
        sections,
        exposed_title: subjects::exposed_title(input),
        exposed: subjects::table("exposed_ports", input),
        quality: facts::quality(input),
    };
    Ok(OutputFile::new("report.html", without_hidden(&page.render()?)))
}

/// `html` with every character that [`words::shown`] refuses replaced; line feeds stay.
fn without_hidden(html: &str) -> String {
    html.chars().map(|c| if c == '\n' { c } else { words::shown(c) }).collect()
}
