//! azflow: offline analysis of Azure Network Watcher flow logs.
//!
//! The floors, from the bottom: [`schema`]; [`decode`], [`notify`] and [`source`]; [`rollup`]; then, with the feature `analysis`,
//! `enrich` with `store`, `aggregate`, `detect`, `report`, `app` with `sample`, and `cli`.
//! ARCHITECTURE.md says what each knows and must not know.

#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "analysis")]
pub mod aggregate;
#[cfg(feature = "analysis")]
pub mod app;
#[cfg(feature = "analysis")]
pub mod cli;
pub mod decode;
#[cfg(feature = "analysis")]
pub mod detect;
#[cfg(feature = "analysis")]
pub mod enrich;
#[cfg(feature = "notify")]
pub mod notify;
#[cfg(not(feature = "notify"))]
#[path = "notify/absent.rs"]
pub mod notify;
#[cfg(feature = "analysis")]
pub mod report;
pub mod rollup;
#[cfg(feature = "analysis")]
pub mod sample;
pub mod schema;
pub mod source;
#[cfg(feature = "analysis")]
pub mod store;
