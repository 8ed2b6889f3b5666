//! Decodes flow-log bytes into batches of tuples and rejects, one record at a time.
//!
//! A pure function of bytes: knows no files, no threads, no polars, and never fails on a tuple.
