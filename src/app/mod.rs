//! The order of the steps of each command. Knows no clap and prints nothing: it tells a [`progress::Progress`].

pub mod analyze;
mod beside;
pub mod clock;
pub mod enrichment;
pub mod exit;
pub mod export;
pub mod flows;
pub mod ingest;
mod logs;
pub mod metrics;
pub mod metrics_file;
mod newest;
pub mod output;
mod period;
mod previous;
pub mod progress;
pub mod prune;
mod reading;
pub mod remote;
pub mod report;
mod stopwatch;
mod summary;
pub mod units;
