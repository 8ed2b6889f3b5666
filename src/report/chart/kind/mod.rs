//! The kinds of picture. Each holds plain data, says how high it is, and draws itself from a given top.

pub mod bars;
pub mod grid;
pub mod mirror;
pub mod strips;
