//! The integration tests: the binary end to end, and rules that hold over the whole tree.

mod architecture;
mod cli;
mod golden;
mod page;
mod properties;
mod sample;
mod shared_samples;
