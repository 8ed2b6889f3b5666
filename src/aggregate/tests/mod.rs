//! Counting, held against rows written by hand and against a plain twin.

#![allow(clippy::unwrap_used)]

pub(super) mod build;
mod counting;
mod fan_out;
mod floods;
mod known;
mod long_flows;
mod merging;
mod owning;
mod pair_tables;
mod pair_twin;
mod quality;
mod tables;
mod twin;
