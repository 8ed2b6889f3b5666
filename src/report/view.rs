//! How a report is presented: its title, how many names it shows, which parts its page has.
//!
//! Goes in: what was asked for. Comes out: a [`View`] that charts, page and report.md follow. Decides nothing about what is counted:
//! tables, findings and charts as files are always whole.

use std::collections::BTreeSet;

use super::{page, words};

/// Longest title. Unit: characters; more does not fit two lines of a heading.
pub const TITLE_CHARS_MAX: usize = 200;
/// Most bars that may be asked for. Unit: bars of a chart; more are no longer read, and the table has them.
pub const TOP_MAX: usize = 50;
/// Bars of a chart unless asked otherwise. Unit: bars; fewer hide names, more do not fit a screen.
pub const BARS: usize = 12;
/// Rows of a table on the page. Unit: rows, 10 to 200; more make the page heavy, and the CSV has all.
pub const ROWS: usize = 200;
/// Rows of each list of report.md unless asked otherwise. Unit: rows; a mail shows five without scrolling.
pub const LIST_ROWS: usize = 5;

/// Options of presentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Heading of the page and of report.md, cleaned; `None`: the usual one.
    pub title: Option<String>,
    /// Most bars of a chart, and names on a side of a grid.
    pub bars: usize,
    /// Most rows of a table on the page.
    pub rows: usize,
    /// Most rows of a list of report.md.
    pub list_rows: usize,
    /// The parts of the page, by id; `None`: all.
    pub sections: Option<BTreeSet<&'static str>>,
}

impl Default for View {
    fn default() -> Self {
        Self { title: None, bars: BARS, rows: ROWS, list_rows: LIST_ROWS, sections: None }
    }
}

impl View {
    /// A view; `top` is held to 1 to [`TOP_MAX`], a title of nothing but spaces is none.
    pub fn new(title: Option<&str>, top: Option<usize>, sections: Option<BTreeSet<&'static str>>) -> Self {
        let title = title.map(|text| words::shorten(text.trim(), TITLE_CHARS_MAX)).filter(|text| !text.is_empty());
        let top = top.map(|top| top.clamp(1, TOP_MAX));
        Self { title, bars: top.unwrap_or(BARS), rows: ROWS, list_rows: top.unwrap_or(LIST_ROWS), sections }
    }

    /// What the report is called.
    pub fn heading(&self) -> &str {
        self.title.as_deref().unwrap_or("Azure flow log report")
    }

    /// Whether the page has the part `id`.
    pub fn shows(&self, id: &str) -> bool {
        self.sections.as_ref().is_none_or(|sections| sections.contains(id))
    }
}

/// The part of the page called `name`; otherwise the nearest name that there is.
pub fn section(name: &str) -> Result<&'static str, &'static str> {
    let ids: Vec<&'static str> = page::sections().collect();
    match ids.iter().find(|id| **id == name) {
        Some(id) => Ok(id),
        None => Err(ids.into_iter().min_by_key(|id| distance(id, name)).unwrap_or_default()),
    }
}

/// How many characters must be added, taken away or replaced to make `a` from `b`; whatever the case. Bounded by cutting `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            row.push((last[j] + usize::from(x != *y)).min(last[j + 1] + 1).min(row[j] + 1));
        }
        last = row;
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_cleaned_and_cut() {
        assert_eq!(View::new(Some(" a\u{202E}b\n "), None, None).heading(), "a\u{FFFD}b");
        assert_eq!(View::new(Some("  "), None, None).heading(), "Azure flow log report");
        let long = View::new(Some(&"x".repeat(500)), None, None);
        assert_eq!(long.heading().chars().count(), TITLE_CHARS_MAX);
    }

    #[test]
    fn top_sets_bars_and_lists_but_never_the_rows_of_tables() {
        let view = View::new(None, Some(3), None);
        assert_eq!((view.bars, view.list_rows, view.rows), (3, 3, 200));
        assert_eq!(View::new(None, Some(9_999), None).bars, 50);
        assert_eq!((View::default().bars, View::default().list_rows), (12, 5));
    }

    #[test]
    fn an_unknown_part_is_answered_with_the_nearest_one() {
        assert_eq!(section("security"), Ok("security"));
        assert_eq!(section("Securty"), Err("security"));
        assert_eq!(section("overveiw"), Err("overview"));
        assert_eq!(section("appendices"), Err("appendix"));
        assert!(section("").is_err());
    }
}
