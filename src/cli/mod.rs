//! The command line: arguments, help, terminal output and exit codes.
