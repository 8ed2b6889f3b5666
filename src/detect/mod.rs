//! Finds what is odd in the tables: one detector per file.
//!
//! Goes in: tables. Comes out: findings with evidence, grouped into incidents. Knows no files and no clock.
