//! Writes a report: tables, JSON, charts and the page. Plain data in, bytes out.
//!
//! Knows no store, no query plan and no disk.
