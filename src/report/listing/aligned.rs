//! Rows as a table for people: columns aligned under their names, numbers to the right.
//!
//! A column is as wide as the widest of its first cells; a wider one further down moves what follows it, and is not cut. Control
//! characters become replacement characters, since a line feed would break the table.

use std::io::Write;

use super::plain;
use crate::schema::cell::Cell;

/// Rows that tell how wide columns are. Unit: rows; these are held in memory.
const MEASURED_ROWS: usize = 1_000;

/// Widest column that others are aligned behind. Unit: characters; a resource id has some 150.
const WIDTH_MAX: usize = 160;

/// A table that is being written.
pub struct Aligned<'w> {
    out: &'w mut dyn Write,
    columns: Vec<Column>,
    /// Rows that wait for the widths; `None` once those are known.
    waiting: Option<Vec<Vec<String>>>,
}

struct Column {
    name: String,
    width: usize,
    is_number: bool,
}

impl<'w> Aligned<'w> {
    /// Nothing is written before the widths are known.
    pub fn new(columns: &[String], out: &'w mut dyn Write) -> Self {
        let columns = columns.iter().map(|name| {
            let name = printable(name);
            Column { width: length(&name), name, is_number: false }
        });
        Self { out, columns: columns.collect(), waiting: Some(Vec::new()) }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> csv::Result<()> {
        let texts: Vec<String> = cells.iter().map(|cell| printable(&plain(cell))).collect();
        let Some(waiting) = &mut self.waiting else { return self.line(&texts) };
        for ((column, cell), text) in self.columns.iter_mut().zip(cells).zip(&texts) {
            column.width = column.width.max(length(text).min(WIDTH_MAX));
            column.is_number |= matches!(cell, Cell::Integer(_) | Cell::Real(_));
        }
        waiting.push(texts);
        if waiting.len() == MEASURED_ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes what waits.
    pub fn finish(mut self) -> csv::Result<()> {
        self.flush()?;
        Ok(self.out.flush()?)
    }

    fn flush(&mut self) -> csv::Result<()> {
        let Some(waiting) = self.waiting.take() else { return Ok(()) };
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let rules: Vec<String> = self.columns.iter().map(|column| "-".repeat(column.width)).collect();
        [names, rules].iter().chain(&waiting).try_for_each(|texts| self.line(texts))
    }

    fn line(&mut self, texts: &[String]) -> csv::Result<()> {
        let mut line = String::new();
        for (column, text) in self.columns.iter().zip(texts) {
            let padding = " ".repeat(column.width.saturating_sub(length(text)));
            let (before, after) = if column.is_number { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.extend([before, text, after, "  "]);
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        Ok(self.out.write_all(line.as_bytes())?)
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
