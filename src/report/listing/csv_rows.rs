//! Rows as CSV: a header, LF, unknown is empty, texts guarded against spreadsheets.

use std::io::Write;

use super::plain;
use crate::report::tables::guarded;
use crate::schema::cell::Cell;

/// CSV that is being written.
pub struct CsvRows<'w> {
    writer: csv::Writer<&'w mut dyn Write>,
}

impl<'w> CsvRows<'w> {
    /// Writes the header.
    pub fn new(columns: &[String], out: &'w mut dyn Write) -> csv::Result<Self> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
        writer.write_record(columns.iter().map(|column| guarded(column).into_owned()))?;
        Ok(Self { writer })
    }

    /// Adds a row. A number is no text: `-1` stays one.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> csv::Result<()> {
        for cell in cells {
            let text = plain(cell);
            match cell {
                Cell::Text(_) => self.writer.write_field(guarded(&text).as_bytes())?,
                _ => self.writer.write_field(text.as_bytes())?,
            }
        }
        self.writer.write_record(None::<&[u8]>)
    }

    /// Writes what waits.
    pub fn finish(mut self) -> csv::Result<()> {
        Ok(self.writer.flush()?)
    }
}
