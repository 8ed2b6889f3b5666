//! Counting, held against rows written by hand and against a plain twin.

#![allow(clippy::unwrap_used)]

pub(super) mod build;
mod counting;
mod fan_out;
mod merging;
mod owning;
mod quality;
mod tables;
mod twin;
