//! Blobs of Azure Blob Storage as INPUT: against Azurite where it is installed, and against stores that misbehave.

mod azurite;
mod credentials;
mod failing;
mod fake;
mod growing;
mod ingesting;
mod pruning;
mod reading;
mod throttling;

use std::ffi::OsStr;

use crate::run::{Ran, command};

/// Runs the binary with these variables, and without any other that says where a store is or how to get at it.
fn azflow_with<A: AsRef<OsStr>>(variables: &[(&'static str, String)], args: impl IntoIterator<Item = A>) -> Ran {
    let mut command = command();
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited
        .filter(|name| name.to_str().is_some_and(|name| name.starts_with("AZ") || name.to_lowercase().ends_with("_proxy")))
    {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().cloned()).args(args).output().expect("the binary runs");
    Ran {
        code: output.status.code().expect("no signal ends the binary"),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}
