//! Keeps rows in files of columns: the beginning of what will keep Partials between runs.
//!
//! Goes in: columns and values. Comes out: Parquet, the same bytes for the same rows. Knows no table: what a column is called and
//! what it holds is told by who writes.

mod parquet;

pub use self::parquet::{ParquetError, ParquetFile};
