//! Rows whose columns are known only when they are asked for, such as the answer to a query: as an aligned table, CSV or JSON.
//!
//! Goes in: the names of the columns, then rows of cells one by one, and a writer that another opened. Comes out: bytes on it. An answer
//! may be larger than memory: nothing is held but the first rows of an aligned table.

mod aligned;
mod csv_rows;
mod json_rows;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::Write;

use crate::schema::cell::Cell;
use crate::schema::units::rfc3339;

use aligned::Aligned;
use csv_rows::CsvRows;
use json_rows::JsonRows;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingFormat {
    /// Aligned columns under their names.
    Aligned,
    /// A header and one line per row.
    Csv,
    /// An array with one object per row.
    Json,
    /// One object per line.
    Ndjson,
}

/// Rows that are being written.
pub struct Listing<'w>(Writer<'w>);

enum Writer<'w> {
    Aligned(Aligned<'w>),
    Csv(Box<CsvRows<'w>>),
    Json(JsonRows<'w>),
}

impl<'w> Listing<'w> {
    /// Begins with these columns.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(format: ListingFormat, columns: &[String], out: &'w mut dyn Write) -> csv::Result<Self> {
        Ok(Self(match format {
            ListingFormat::Aligned => Writer::Aligned(Aligned::new(columns, out)),
            ListingFormat::Csv => Writer::Csv(Box::new(CsvRows::new(columns, out)?)),
            ListingFormat::Json => Writer::Json(JsonRows::array(columns, out)?),
            ListingFormat::Ndjson => Writer::Json(JsonRows::lines(columns, out)),
        }))
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What the writer says.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> csv::Result<()> {
        match &mut self.0 {
            Writer::Aligned(rows) => rows.row(cells),
            Writer::Csv(rows) => rows.row(cells),
            Writer::Json(rows) => rows.row(cells),
        }
    }

    /// Writes what waits.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(self) -> csv::Result<()> {
        match self.0 {
            Writer::Aligned(rows) => rows.finish(),
            Writer::Csv(rows) => rows.finish(),
            Writer::Json(rows) => rows.finish(),
        }
    }
}

/// A cell as plain text: unknown is empty, a list is JSON.
fn plain<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell {
        Cell::Unknown => Cow::Borrowed(""),
        Cell::Text(text) => Cow::Borrowed(text),
        Cell::Integer(number) => Cow::Owned(number.to_string()),
        Cell::Real(number) => Cow::Owned(number.to_string()),
        Cell::Time(time) => Cow::Owned(rfc3339(*time)),
        Cell::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Cell::List(_) => Cow::Owned(json_rows::text(cell)),
    }
}
