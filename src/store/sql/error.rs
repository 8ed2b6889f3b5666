//! Why a query has no answer, with the name that was meant where one is near.
//!
//! Goes in: what the judge of queries refuses, and what polars says. Comes out: one line that names what is wrong in the query's own
//! words; plans, schemas and paths that polars tells as well stay away.

use polars::error::PolarsError;
use polars::sql::keywords::all_functions;

use crate::schema::nearest::nearest;

/// Most characters of a name or a message that an error repeats. Unit: characters.
const SHOWN_MAX: usize = 300;

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// It is no SQL; what the parser says.
    #[error("cannot read query: {0}")]
    Syntax(String),
    /// What a query must not hold, and what to do instead.
    #[error("cannot run query: {what}; hint: {hint}")]
    Refused {
        /// What it is.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A table, column or function that does not exist, and the nearest that does.
    #[error("cannot run query: no {what} '{name}'{place}{}", hint(nearest))]
    NoSuch {
        /// `table`, `column` or `function`.
        what: &'static str,
        /// The name.
        name: String,
        /// ` in TABLE` for a column; empty otherwise.
        place: String,
        /// The nearest right name; empty where there is none.
        nearest: String,
    },
    /// SQL that the engine does not know, or that does not fit the columns.
    #[error("cannot run query: {0}")]
    Unsupported(String),
    /// What went wrong while it ran.
    #[error("cannot finish query: {0}")]
    Failed(String),
}

fn hint(nearest: &str) -> String {
    if nearest.is_empty() { String::new() } else { format!("; hint: did you mean {nearest}?") }
}

impl QueryError {
    /// Whether the query is what is wrong, rather than the run.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Failed(_))
    }

    /// What went wrong while the query ran.
    pub(super) fn failed(error: &PolarsError) -> Self {
        Self::Failed(one_line(&error.to_string()))
    }

    /// What is wrong with a query that could not be planned. `tables` are the tables that it names, `columns` every column that it may
    /// have meant.
    pub(super) fn unplanned<'a>(error: &PolarsError, tables: &[&str], columns: impl Iterator<Item = &'a str>) -> Self {
        let message = error.to_string();
        if let Some(name) = between(&message, "unsupported function '", "'") {
            let nearest = nearest(name, all_functions()).to_owned();
            return Self::NoSuch { what: "function", name: short(name), place: String::new(), nearest };
        }
        let column = ["unable to find column \"", "no column named '", "could not find \""]
            .iter()
            .find_map(|start| between(&message, start, &start[start.len() - 1..]))
            .or_else(|| message.strip_prefix("not found: ").and_then(bare_column));
        match column {
            Some(name) => {
                let nearest = nearest(name, columns).to_owned();
                Self::NoSuch { what: "column", name: short(name), place: format!(" in {}", tables.join(", ")), nearest }
            }
            None => Self::Unsupported(one_line(&message)),
        }
    }

    /// A table that does not exist; `known` are those that do.
    pub(super) fn no_table<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        Self::NoSuch { what: "table", name: short(name), place: String::new(), nearest: nearest(name, known).to_owned() }
    }
}

/// A message of polars that is a name and nothing else, perhaps in quotes.
fn bare_column(message: &str) -> Option<&str> {
    let name = message.lines().next()?.trim_end_matches(" not found").trim_matches('"');
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(name, _)| name)
}

/// The first line of a message; what follows is a plan or a schema.
fn one_line(message: &str) -> String {
    short(message.lines().next().unwrap_or_default())
}

/// A text, cut where it is long.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
