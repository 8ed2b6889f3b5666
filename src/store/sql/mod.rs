//! Questions in SQL over the files of a workspace, and over tables that were computed.
//!
//! Goes in: a query, and the tables that it reads. Comes out: its answer, row by row. A query is judged before it runs
//! (`src/store/sql/statement.rs`): it reads the tables that it is given and nothing else, and changes nothing. Knows no table.

mod answer;
mod computed;
mod error;
mod rewrite;
mod scan;
mod stack;
mod statement;
#[cfg(test)]
mod tests;

pub use self::answer::{Answer, describe, show_tables};
pub use self::computed::computed;
pub use self::error::QueryError;
pub use self::scan::{Source, scan};
pub use self::statement::{Select, Statement};
