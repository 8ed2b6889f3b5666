//! How fast a report is made.

fn main() {}
