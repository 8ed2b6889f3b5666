//! Tests of `config show`: what it prints can be read back, and says the same.

#![allow(clippy::unwrap_used)]

use std::fs;

use clap::Parser;

use super::*;
use crate::cli::args::{Args, Command};
use crate::cli::config_args::ConfigCommand;

/// What `config show` prints for these words.
fn shown(words: &[&str]) -> Result<String, String> {
    let args = Args::try_parse_from(["azflow", "config", "show"].iter().chain(words)).unwrap();
    let Command::Config(ConfigCommand::Show(args)) = args.command else { panic!("no show") };
    show(&args, None).map_err(|error| format!("{error:#}"))
}

const FILE: &str = "\
inputs = [\"logs\", \"-\", \"az://container/prefix\"]
out = \"report\"
title = \"Night \\\"shift\\\"\\u202e \\\\ é\"
from = 2024-08-19
geo = []
report_sections = [\"who\", \"what\"]
strict = true
[flows]
port = 443
[detectors.port_scan]
ports_min = 20
";

/// The lines that set something, without where it comes from.
fn values(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.rsplit_once("  # ").map_or(line, |(value, _)| value))
        .collect()
}

#[test]
fn what_is_shown_can_be_read_back_from_anywhere_and_says_the_same() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (file, again) = (one.path().join("azflow.toml"), other.path().join("shown.toml"));
    fs::write(&file, FILE).unwrap();
    let first = shown(&["--config", file.to_str().unwrap()]).unwrap();
    fs::write(&again, &first).unwrap();
    let second = shown(&["--config", again.to_str().unwrap()]).unwrap();
    assert_eq!(values(&first), values(&second));
    let logs = serde_json::Value::from(one.path().join("logs").to_str().unwrap());
    for line in [
        format!("inputs = [{logs}, \"-\", \"az://container/prefix\"]  # file, line 1"),
        "title = \"Night \\\"shift\\\"\\u202E \\\\ é\"  # file, line 3".to_owned(),
        "from = \"2024-08-19\"  # file, line 4".to_owned(),
        "geo = []  # file, line 5".to_owned(),
        "strict = true  # file, line 7".to_owned(),
        "port = 443  # file, line 9".to_owned(),
        "# threads: not set".to_owned(),
        "interval = \"10m\"  # default".to_owned(),
        "quiet = false  # default".to_owned(),
    ] {
        assert!(first.lines().any(|shown| shown == line), "{line}\n{first}");
    }
    assert!(first.contains("\nports_min = 20  # file; default "), "{first}");
}

#[test]
fn what_is_typed_is_shown_as_such() {
    let text = shown(&["analyze", "/logs", "--top", "5", "--strict", "--report-sections", "who,what"]).unwrap();
    for line in [
        "[analyze]",
        "inputs = [\"/logs\"]  # command line",
        "top = 5  # command line",
        "strict = true  # command line",
        "report_sections = [\"who\", \"what\"]  # command line",
        "# out: not set",
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(!text.contains("[flows]") && text.contains("\n[detectors.beacon]\n"), "{text}");
    assert!(!shown(&["flows"]).unwrap().contains("[detectors"));
    assert!(shown(&["analyze", "--top", "51"]).unwrap_err().contains("51 is not in 1..=50"));
}

#[test]
fn of_an_address_only_its_host_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azflow.toml");
    fs::write(&path, "webhook = \"https://hooks.example/secret\"\ninputs = [\"https://a.example/logs?sig=secret\", \"b\"]\n")
        .unwrap();
    let text = shown(&["--config", path.to_str().unwrap(), "analyze"]).unwrap();
    assert!(!text.contains("secret") && toml::from_str::<toml::Table>(&text).is_ok(), "{text}");
    for line in
        ["# webhook = \"https://hooks.example/…\"  # file, line 1; not shown whole", "# inputs = [\"https://a.example/…\", \""]
    {
        assert!(text.lines().any(|shown| shown.starts_with(line)), "{line}\n{text}");
    }
}
