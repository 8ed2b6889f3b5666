//! The order of the steps of each command. Knows no clap and prints nothing: it tells a [`progress::Progress`].

pub mod analyze;
mod beside;
pub mod clock;
pub mod config_check;
pub mod config_file;
pub mod enrichment;
pub mod exit;
pub mod export;
pub mod flows;
mod ingestion;
pub mod metrics;
pub mod metrics_file;
mod newest;
pub mod notice;
pub mod options;
pub mod output;
mod period;
mod previous;
pub mod progress;
mod reading;
pub mod remote;
mod stopwatch;
mod summary;
pub mod webhook;
