//! A table as the page shows it: cells as text with the number they sort by, columns that say nothing left out.

use crate::report::words;

/// Most rows of a table on the page; the CSV has all.
pub const ROWS_MAX: usize = 50;

/// The heading of tuples without counters.
pub const UNMEASURED: &str = "#Unmeasured";
/// The heading of flows with a peer of a threat list.
pub const MALICIOUS: &str = "#Malicious";

/// A table of the page.
#[derive(Default)]
pub struct TableView {
    /// What it lists, for its heading and for screen readers.
    pub label: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Sums and the like of all rows of the table, shown or not; as many cells as columns.
    pub footer: Vec<Row>,
    /// Name of the CSV, or empty.
    pub file: &'static str,
    /// `1,204 rows`
    pub total: String,
    /// How it is sorted and counted.
    pub source: String,
    /// What to say instead if it is empty.
    pub none: &'static str,
}

/// A column's heading.
pub struct Column {
    pub name: &'static str,
    pub is_number: bool,
}

/// A row; `is_rest` marks the one that sums what a bounded table left out.
pub struct Row {
    pub cells: Vec<Cell>,
    pub is_rest: bool,
}

/// A cell.
pub struct Cell {
    pub text: String,
    /// The number it sorts by; `None` for text.
    pub key: Option<u64>,
}

/// Longest text that stays on one line. Unit: characters; a moment and most names fit.
const LINE_CHARS_MAX: usize = 32;

impl Cell {
    /// Whether it may break over several lines.
    pub fn is_long(&self) -> bool {
        self.text.chars().count() > LINE_CHARS_MAX
    }
}

impl Row {
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, is_rest: false }
    }
}

/// A text, at most 300 characters of it.
pub fn text(text: &str) -> Cell {
    Cell { text: words::shorten(text, 300), key: None }
}

/// A count.
pub fn count(number: u64) -> Cell {
    Cell { text: words::count(number), key: Some(number) }
}

/// A size.
pub fn bytes(number: u64) -> Cell {
    Cell { text: words::bytes(number), key: Some(number) }
}

/// A part of a whole, sorted in hundredths of a percent.
pub fn share(part: u64, whole: u64) -> Cell {
    let key = if whole == 0 { 0 } else { (part as f64 / whole as f64 * 10_000.0) as u64 };
    Cell { text: if whole == 0 { String::new() } else { words::share(part, whole) }, key: Some(key) }
}

/// A moment, ms since the epoch.
pub fn time(ms: i64) -> Cell {
    Cell { text: words::minute(ms), key: None }
}

/// A moment that may not be known.
pub fn maybe_time(ms: Option<i64>) -> Cell {
    ms.map_or_else(|| text(""), time)
}

/// Bytes per second.
pub fn rate(bytes_per_second: u64) -> Cell {
    Cell { text: format!("{}/s", words::bytes(bytes_per_second)), key: Some(bytes_per_second) }
}

/// A moment in RFC 3339.
pub fn time_of_rfc3339(moment: &str) -> Cell {
    Cell { text: words::minute_of_rfc3339(moment), key: None }
}

impl TableView {
    /// Whether it shows every row that there is, which its label says otherwise.
    pub fn is_whole(&self) -> bool {
        !self.label.starts_with("the ")
    }

    /// Sets headings; a name that begins with `#` heads numbers.
    pub fn with_columns(mut self, names: &[&'static str]) -> Self {
        self.columns =
            names.iter().map(|name| Column { name: name.trim_start_matches('#'), is_number: name.starts_with('#') }).collect();
        self
    }

    /// Leaves out every column of texts that are all empty, and [`UNMEASURED`] and [`MALICIOUS`] where they are zero throughout.
    pub fn without_empty_columns(mut self) -> Self {
        let is_optional = |name: &str| [UNMEASURED, MALICIOUS].iter().any(|heading| heading.trim_start_matches('#') == name);
        let says = |i: usize, row: &Row| match self.columns[i].is_number {
            true => !is_optional(self.columns[i].name) || row.cells[i].key != Some(0),
            false => !row.cells[i].text.is_empty(),
        };
        let keep: Vec<bool> = (0..self.columns.len()).map(|i| self.rows.iter().any(|row| says(i, row))).collect();
        let mut kept = keep.iter();
        self.columns.retain(|_| *kept.next().unwrap_or(&true));
        for row in self.rows.iter_mut().chain(&mut self.footer) {
            let mut kept = keep.iter();
            row.cells.retain(|_| *kept.next().unwrap_or(&true));
        }
        self
    }
}
