//! The `azflow` binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(azflow::cli::run(std::env::args_os()))
}
