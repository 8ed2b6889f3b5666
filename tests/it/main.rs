//! The integration tests: the binary end to end, and rules that hold over the whole tree.

#![allow(clippy::print_stderr, reason = "a test that skips says so")]

mod architecture;
mod azure;
mod browser;
mod cli;
mod counting_example;
mod estate;
mod golden;
mod logs;
mod nta;
mod page;
mod properties;
mod query;
mod receiver;
mod run;
mod sample;
mod shared_samples;
mod truth;
mod webhook;
mod workspace;
