//! The kinds of picture. Each holds plain data, says how high it is, and draws itself from a given top.

pub mod bars;
pub mod grid;
pub mod map;
pub mod mirror;
mod ramp;
pub mod sankey;
pub mod strips;
