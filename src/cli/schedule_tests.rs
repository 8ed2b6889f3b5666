//! The examples of docs/schedule, held against the options and exit codes that there are.

use std::path::Path;

use clap::Parser;

use super::args::{Args, Command};
use super::log::LogFormat;
use crate::app::exit::Exit;

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schedule").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What `start` begins in a line of `text`, without it.
fn after<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines().find_map(|line| line.trim().strip_prefix(start)).unwrap_or_else(|| panic!("no line begins with {start}"))
}

/// Parses the words of an `analyze`, and hands back whether it asks for metrics, and its log format.
fn parse(words: &[String]) -> (bool, LogFormat) {
    let args = Args::try_parse_from(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let Command::Analyze(analyze) = args.command else { panic!("{words:?}: no analyze") };
    let has_metrics = analyze.watch.metrics.is_some();
    let settings = analyze.settings(None).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    assert!(settings.last.is_some() && settings.out.is_absolute(), "{words:?}");
    (has_metrics, args.log_format)
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_unit_of_systemd_runs_options_that_exist() {
    let unit = example("azflow.service");
    let line = after(&unit, "ExecStart=");
    assert_eq!(parse(&words(line)), (true, LogFormat::Json));
    assert_eq!(after(&unit, "SuccessExitStatus="), Exit::Partial.code().to_string());
    // What the command writes is what the hardening leaves writable.
    let writable = words(after(&unit, "ReadWritePaths="));
    for option in ["--out ", "--metrics "] {
        let path = line.split(option).nth(1).and_then(|rest| rest.split(' ').next()).expect("a path");
        assert!(writable.iter().any(|folder| path.starts_with(&format!("{folder}/"))), "{path}");
    }
    assert!(example("azflow.timer").contains("\nOnCalendar="));
}

#[test]
fn the_line_of_crontab_runs_options_that_exist() {
    let table = example("crontab");
    let line = table.lines().find(|line| !line.starts_with('#')).expect("a line");
    assert!(!line.contains('%'), "cron ends the command at a percent sign");
    let at = line.find("/azflow analyze").expect("the command");
    let command = line[at..].split(" >").next().expect("words");
    assert_eq!(parse(&words(command)), (true, LogFormat::Text));
}

#[test]
fn the_job_of_kubernetes_runs_options_that_exist_and_knows_the_exit_codes() {
    let job = example("cronjob.yaml");
    let list = |start| -> Vec<serde_json::Value> { serde_json::from_str(after(&job, start)).expect("a list in one line") };
    let texts = [list("command: "), list("args: ")].concat();
    let words: Vec<String> = texts.iter().map(|text| text.as_str().expect("a text").to_owned()).collect();
    assert_eq!(parse(&words), (false, LogFormat::Json));
    let given_up = [Exit::Usage, Exit::Findings, Exit::Partial, Exit::NoFlowLog].map(Exit::code);
    assert_eq!(list("values: "), given_up.map(serde_json::Value::from));
    assert!(job.contains("restartPolicy: Never"), "which podFailurePolicy needs");
}
