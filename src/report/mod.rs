//! Writes a report: tables as CSV, summary and findings as JSON, charts as SVG and PNG, and the page.
//!
//! Goes in: plain data ([`ReportInput`]). Comes out: files as bytes ([`OutputFile`]), the same bytes for the same input.
//! Knows no store, no query plan, no clock and no disk; it computes nothing that the tables do not already say.

mod change;
mod chart;
pub mod export;
#[cfg(test)]
pub(crate) mod fixture;
mod json;
pub mod listing;
mod markdown;
mod naming;
mod page;
mod tables;
#[cfg(test)]
mod tests;
mod view;
mod words;

use change::anomalies;
pub use page::open_ports;
pub use tables::guarded;
pub use view::{TITLE_CHARS_MAX, TOP_MAX, View, section};

use rayon::prelude::*;

use crate::schema::finding::Findings;
use crate::schema::partial::BlobProblem;
use crate::schema::previous::Previous;
use crate::schema::summary::Summary;
use crate::schema::tables::Tables;
use crate::schema::units::Interval;

/// Everything a report says.
#[derive(Clone, Copy)]
pub struct ReportInput<'a> {
    /// The content of summary.json.
    pub summary: &'a Summary,
    /// The tables, in the order that their files have.
    pub tables: &'a Tables,
    /// Findings and incidents, worst first.
    pub findings: &'a Findings,
    /// Blobs that could not be read whole.
    pub problems: &'a [BlobProblem],
    /// The interval of `tables.traffic_over_time`.
    pub interval: Interval,
    /// Whether a topology named the subnets and interfaces; without one they are inferred.
    pub has_topology: bool,
    /// Version of this build.
    pub version: &'a str,
    /// How it is presented.
    pub view: &'a View,
    /// The period before the window, where it was asked for.
    pub previous: Option<&'a Previous>,
}

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Where it belongs, relative to the report's folder, with `/` between parts.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl OutputFile {
    fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// Why a report could not be written. None of these depends on what the logs hold.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A CSV writer failed.
    #[error("cannot write tables/{table}.csv: {source}")]
    Table {
        /// Name of the table.
        table: &'static str,
        /// Why.
        source: csv::Error,
    },
    /// A JSON writer failed.
    #[error("cannot write {file}: {source}")]
    Json {
        /// Path of the file.
        file: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// A chart could not be drawn.
    #[error("cannot draw chart {chart}: {reason}")]
    Chart {
        /// Name of the chart.
        chart: &'static str,
        /// Why.
        reason: String,
    },
    /// The page's template failed.
    #[error("cannot write report.html: {0}")]
    Page(#[from] askama::Error),
}

/// Renders every file of a report: `tables/*.csv`, `summary.json`, `findings.json`, `charts/*.svg`, `charts/*.png`, `report.html`, `report.md`.
///
/// Hands each to `take` as soon as it is made, in no order, so that none has to be held. Runs on rayon's current pool; the bytes do not depend
/// on how many threads that has.
///
/// # Errors
/// What `take` fails with, or what hinders a file.
pub fn render<E: From<ReportError> + Send>(
    input: &ReportInput,
    take: &(impl Fn(OutputFile) -> Result<(), E> + Sync),
) -> Result<(), E> {
    let (text, pictured) = rayon::join(
        || {
            tables::TABLES.par_iter().try_for_each(|table| take(table.file(input.tables)?))?;
            take(json::file("summary.json", input.summary)?)?;
            take(json::file("findings.json", input.findings)?)?;
            take(markdown::file(input))
        },
        || {
            let charts = chart::draw_all(input)?;
            let (pictures, page) =
                rayon::join(|| chart::each_file(&charts, take), || take(page::file(input, &charts).map_err(E::from)?));
            pictures.and(page)
        },
    );
    text.and(pictured)
}
