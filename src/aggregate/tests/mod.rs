//! Counting, held against rows written by hand and against a plain twin.

#![allow(clippy::unwrap_used)]

mod behaviour;
pub(super) mod build;
mod counting;
mod estate_twin;
mod exposed_days;
mod fan_out;
mod floods;
pub(super) mod known;
mod long_flows;
mod merging;
mod owning;
mod pair_tables;
mod pair_twin;
mod places;
mod quality;
mod reach;
mod rules;
mod series;
mod sliced_twin;
mod tables;
pub(super) mod twin;
