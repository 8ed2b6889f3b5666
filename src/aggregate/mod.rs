//! Turns Partials into the tables of a report: the dataset, who owns which address, counting, and every query plan.
//!
//! Knows no files and no output formats.
