//! The arguments of `config check` and `config show`.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Args as ClapArgs, Subcommand};

use super::shared_args::ConfigArg;
use crate::app::options::COMMANDS;

/// Examples of both.
pub const EXAMPLES: &str = "\
Examples:
  azflow config check --config azflow.toml            before a schedule relies on it
  azflow config show --config azflow.toml analyze     what analyze would run with
  azflow config show analyze logs/ --out report --top 5";

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the configuration and everything it names, but no log, and say what is wrong
    Check(ConfigArg),
    /// Print the options that a command would run with, as a configuration; of an address only its host is shown
    Show(ShowArgs),
}

/// Arguments of `config show`.
#[derive(Debug, ClapArgs)]
pub struct ShowArgs {
    #[command(flatten)]
    pub file: ConfigArg,
    /// The command [default: each of them]
    #[arg(value_name = "COMMAND", value_parser = PossibleValuesParser::new(COMMANDS.iter().copied()))]
    pub command: Option<String>,
    /// Inputs and options of the command, as they would be typed
    #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}
