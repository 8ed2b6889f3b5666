//! A table as the page shows it: cells as text with the number they sort by, columns that say nothing left out.

use crate::report::words;
use crate::schema::finding::Severity;

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
    /// Sums of all rows of the table, shown or not, below the rows; never sorted with them.
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
#[derive(Clone, Default)]
pub struct Cell {
    pub text: String,
    /// The number it sorts by; `None` for text.
    pub key: Option<u64>,
    /// Id of the element that it leads to, or empty.
    pub link: String,
    /// What the text leaves out, shown on pointing at it; or empty.
    pub tip: String,
    /// The severity whose badge it is, or empty.
    pub badge: &'static str,
}

/// Longest text that pointing at a cell shows. Unit: characters; the id of a rule fits.
const TIP_CHARS_MAX: usize = 600;

/// Longest text that stays on one line. Unit: characters; a moment and most names fit.
const LINE_CHARS_MAX: usize = 32;

impl Cell {
    /// Whether it may break over several lines.
    pub fn is_long(&self) -> bool {
        self.text.chars().count() > LINE_CHARS_MAX
    }
}

impl Cell {
    /// Whether it is its text and nothing else.
    pub fn is_plain(&self) -> bool {
        self.link.is_empty() && self.tip.is_empty() && self.badge.is_empty()
    }

    /// The same with a link to the element `id`.
    pub fn leading_to(self, id: String) -> Self {
        Self { link: id, ..self }
    }

    /// The same with what pointing at it shows, unless it says that already.
    pub fn with_tip(self, tip: &str) -> Self {
        let tip = words::shorten(tip, TIP_CHARS_MAX);
        if tip == self.text { self } else { Self { tip, ..self } }
    }
}

impl Row {
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, is_rest: false }
    }
}

/// A text, at most 300 characters of it.
pub fn text(text: &str) -> Cell {
    Cell { text: words::shorten(text, 300), key: None, ..Cell::default() }
}

/// A count.
pub fn count(number: u64) -> Cell {
    Cell { text: words::count(number), key: Some(number), ..Cell::default() }
}

/// A severity, sorted by its rank.
pub fn severity(severity: Severity) -> Cell {
    let rank = Severity::ALL.iter().position(|other| *other == severity).unwrap_or(0) as u64;
    Cell { text: severity.name().to_owned(), key: Some(rank), badge: severity.name(), ..Cell::default() }
}

/// A score from 0 to 1 with two digits, sorted in thousandths.
pub fn score(score: f64) -> Cell {
    Cell { text: format!("{score:.2}"), key: Some((score * 1000.0) as u64), ..Cell::default() }
}

/// A size.
pub fn bytes(number: u64) -> Cell {
    Cell { text: words::bytes(number), key: Some(number), ..Cell::default() }
}

/// A part of a whole, sorted in hundredths of a percent.
pub fn share(part: u64, whole: u64) -> Cell {
    let key = if whole == 0 { 0 } else { (part as f64 / whole as f64 * 10_000.0) as u64 };
    Cell { text: if whole == 0 { String::new() } else { words::share(part, whole) }, key: Some(key), ..Cell::default() }
}

/// A moment, ms since the epoch.
pub fn time(ms: i64) -> Cell {
    Cell { text: words::minute(ms), key: None, ..Cell::default() }
}

/// A moment that may not be known.
pub fn maybe_time(ms: Option<i64>) -> Cell {
    ms.map_or_else(|| text(""), time)
}

/// Bytes per second.
pub fn rate(bytes_per_second: u64) -> Cell {
    Cell { text: format!("{}/s", words::bytes(bytes_per_second)), key: Some(bytes_per_second), ..Cell::default() }
}

/// A moment in RFC 3339.
pub fn time_of_rfc3339(moment: &str) -> Cell {
    Cell { text: words::minute_of_rfc3339(moment), key: None, ..Cell::default() }
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

    /// Adds a row below the others: `label` in the first column, each cell under its heading, if that is still there. A table of one
    /// row has none, which would only repeat it.
    pub fn with_footer(mut self, label: &str, cells: Vec<(&'static str, Cell)>) -> Self {
        if self.rows.len() > 1 || !self.footer.is_empty() {
            let mut row = Vec::with_capacity(self.columns.len());
            for column in self.columns.iter().skip(1) {
                let cell = cells.iter().find(|(name, _)| *name == column.name).map(|(_, cell)| cell.clone());
                row.push(cell.unwrap_or_else(|| text("")));
            }
            row.insert(0, text(label));
            self.footer.push(Row::new(row));
        }
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
