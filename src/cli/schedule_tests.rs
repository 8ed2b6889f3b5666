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

/// What a command of an example asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    command: &'static str,
    has_metrics: bool,
    log_format: LogFormat,
}

/// Parses the words of a command.
fn parse(words: &[String]) -> Asked {
    let args = Args::try_parse_from(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    let log_format = args.log_format;
    let (command, has_metrics) = match args.command {
        Command::Ingest(ingest) => {
            let has_metrics = ingest.watch.metrics.is_some();
            let settings = ingest.settings().unwrap_or_else(|error| panic!("{words:?}: {error}"));
            assert!(settings.workspace.is_absolute() && !settings.inputs.is_empty(), "{words:?}");
            ("ingest", has_metrics)
        }
        Command::Report(report) => {
            let has_metrics = report.watch.metrics.is_some();
            let settings = report.settings(None).unwrap_or_else(|error| panic!("{words:?}: {error}"));
            let analyze = &settings.analyze;
            assert!(settings.workspace.is_absolute() && analyze.out.is_absolute() && analyze.last.is_some(), "{words:?}");
            ("report", has_metrics)
        }
        Command::Prune(prune) => {
            assert!(prune.settings().workspace.is_absolute(), "{words:?}");
            ("prune", false)
        }
        _ => panic!("{words:?}: no command for a schedule"),
    };
    Asked { command, has_metrics, log_format }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_unit_of_systemd_runs_options_that_exist() {
    let unit = example("azflow.service");
    let lines: Vec<&str> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
    let asked: Vec<Asked> = lines.iter().map(|line| parse(&words(line))).collect();
    assert_eq!(asked.iter().map(|asked| asked.command).collect::<Vec<_>>(), ["ingest", "report", "prune"]);
    assert!(asked[0].has_metrics && asked.iter().all(|asked| asked.log_format == LogFormat::Json));
    assert_eq!(after(&unit, "SuccessExitStatus="), Exit::Partial.code().to_string());
    // What the commands write is what the hardening leaves writable.
    let writable = words(after(&unit, "ReadWritePaths="));
    for option in ["--out ", "--metrics ", "--workspace "] {
        let paths: Vec<&str> = lines.iter().filter_map(|line| line.split(option).nth(1)?.split(' ').next()).collect();
        assert!(!paths.is_empty(), "{option}");
        for path in paths {
            assert!(writable.iter().any(|folder| path.starts_with(&format!("{folder}/"))), "{path}");
        }
    }
    assert!(example("azflow.timer").contains("\nOnCalendar="));
}

#[test]
fn the_lines_of_crontab_run_options_that_exist() {
    let table = example("crontab");
    let mut commands = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        assert!(!line.contains('%'), "cron ends the command at a percent sign");
        let at = line.find("/usr/local/bin/azflow").expect("the command");
        let command = line[at..].split(" >").next().expect("words");
        let asked = parse(&words(command));
        assert_eq!(asked.log_format, LogFormat::Text);
        commands.push(asked.command);
    }
    assert_eq!(commands, ["ingest", "report", "prune"]);
}

#[test]
fn the_jobs_of_kubernetes_run_options_that_exist_and_know_the_exit_codes() {
    let jobs = example("cronjob.yaml");
    let mut commands = Vec::new();
    for job in jobs.split("\n---\n") {
        let list = |start| -> Vec<serde_json::Value> { serde_json::from_str(after(job, start)).expect("a list in one line") };
        let texts = [list("command: "), list("args: ")].concat();
        let words: Vec<String> = texts.iter().map(|text| text.as_str().expect("a text").to_owned()).collect();
        let asked = parse(&words);
        assert_eq!(asked.log_format, LogFormat::Json);
        commands.push(asked.command);
        // Failing to write and a workspace that is held may pass.
        let given_up = [Exit::Usage, Exit::Findings, Exit::Partial, Exit::NoFlowLog].map(Exit::code);
        assert_eq!(list("values: "), given_up.map(serde_json::Value::from));
        assert!(job.contains("restartPolicy: Never"), "which podFailurePolicy needs");
    }
    assert_eq!(commands, ["ingest", "report"]);
}
