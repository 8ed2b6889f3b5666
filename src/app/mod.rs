//! The order of the steps of each command. Knows no clap and prints nothing.
