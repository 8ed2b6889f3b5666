//! Rolls the records of one unit of work up to a Partial, and appends Partials.
//!
//! Goes in: decoded batches. Comes out: a `Partial`. Knows no files, no threads, no polars.
