//! The cells of a CSV file: quoting, numbers, times, and the guard against spreadsheet formulas.

use std::borrow::Cow;
use std::fmt::{Display, Write};

use crate::schema::tables::{Measures, PairMeasures};
use crate::schema::units::rfc3339;

/// First characters that make a spreadsheet read a cell as a formula.
/// Source: OWASP, "CSV Injection".
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text as a cell: with a leading `'` where a spreadsheet would run it.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Writes one CSV file into memory, cell by cell.
pub struct Cells {
    writer: csv::Writer<Vec<u8>>,
    scratch: String,
}

impl Default for Cells {
    fn default() -> Self {
        let writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
        Self { writer, scratch: String::new() }
    }
}

impl Cells {
    /// A text, [`guarded`].
    pub fn text(&mut self, text: &str) -> csv::Result<()> {
        self.writer.write_field(guarded(text).as_bytes())
    }

    /// A number or an address.
    pub fn value(&mut self, value: impl Display) -> csv::Result<()> {
        self.scratch.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.scratch, "{value}");
        self.writer.write_field(&self.scratch)
    }

    /// A number that may not be known.
    pub fn known(&mut self, value: Option<impl Display>) -> csv::Result<()> {
        match value {
            Some(value) => self.value(value),
            None => self.writer.write_field(""),
        }
    }

    /// A moment, ms since the epoch.
    pub fn time(&mut self, time: i64) -> csv::Result<()> {
        self.writer.write_field(rfc3339(time))
    }

    /// A moment that may not be known.
    pub fn known_time(&mut self, time: Option<i64>) -> csv::Result<()> {
        self.known(time.map(rfc3339))
    }

    /// The key of the row that holds what a bounded table left out: `other`, then `empty` empty cells.
    pub fn other(&mut self, empty: usize) -> csv::Result<()> {
        self.writer.write_field("other")?;
        (0..empty).try_for_each(|_| self.writer.write_field(""))
    }

    /// Several values in one cell, space separated.
    pub fn list(&mut self, values: &[impl Display]) -> csv::Result<()> {
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        self.text(&texts.join(" "))
    }

    /// The measure columns of most tables.
    pub fn measures(&mut self, m: &Measures) -> csv::Result<()> {
        let values = [
            m.flows_inbound_allowed,
            m.flows_inbound_denied,
            m.flows_outbound_allowed,
            m.flows_outbound_denied,
            m.bytes_received,
            m.bytes_sent,
            m.packets_received,
            m.packets_sent,
            m.tuples_unmeasured,
            m.flows_malicious_allowed,
            m.flows_malicious_denied,
        ];
        values.into_iter().try_for_each(|value| self.value(value))
    }

    /// The measure columns of pairs, ports and the matrix.
    pub fn pair_measures(&mut self, m: &PairMeasures) -> csv::Result<()> {
        let values = [
            m.flows_allowed,
            m.flows_denied,
            m.bytes_received,
            m.bytes_sent,
            m.packets_received,
            m.packets_sent,
            m.tuples_unmeasured,
            m.flows_malicious_allowed,
            m.flows_malicious_denied,
        ];
        values.into_iter().try_for_each(|value| self.value(value))
    }

    /// Ends the row.
    pub fn end_row(&mut self) -> csv::Result<()> {
        self.writer.write_record(None::<&[u8]>)
    }

    /// The whole file.
    pub fn finish(self) -> csv::Result<Vec<u8>> {
        self.writer.into_inner().map_err(|failed| failed.into_error().into())
    }
}
