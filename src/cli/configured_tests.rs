//! Tests of the command line and the configuration put together, and of the table of options against the command line itself.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;

use clap::ValueHint;

use super::*;
use crate::app::analyze::AnalyzeSettings;
use crate::app::options::{OPTIONS, OptionFact};
use crate::cli::args::Command;
use crate::cli::log::LogFormat;
use crate::schema::units::{DAY_MS, HOUR_MS, Interval};

/// A folder with a configuration, and its path.
fn file(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azflow.toml");
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

fn words(line: &[&str]) -> Vec<OsString> {
    std::iter::once(&"azflow").chain(line).map(OsString::from).collect()
}

fn parse_line(line: &[&str]) -> Result<Line, String> {
    parse(&words(line), None).map_err(|refused| match refused {
        Refused::Usage(error) => error.to_string(),
        Refused::Config(error) => format!("{error:#}"),
    })
}

fn analyze(line: Line) -> AnalyzeSettings {
    let Command::Analyze(args) = line.args.command else { panic!("no analyze") };
    args.settings(line.config).unwrap()
}

#[test]
fn the_file_wins_over_the_default_and_what_is_typed_over_the_file() {
    let (folder, path) =
        file("out = \"r\"\ninputs = [\"a\", \"b\"]\nlast = \"24h\"\ninterval = \"60m\"\ntop_rows = 5\nstrict = true\n");
    let place = |name: &str| folder.path().join(name).display().to_string();
    let read = analyze(parse_line(&["analyze", "--config", &path]).unwrap());
    assert_eq!((read.inputs, read.out.display().to_string()), (vec![place("a"), place("b")], place("r")));
    assert_eq!((read.last, read.interval, read.top_rows, read.strict), (Some(DAY_MS), Interval::Hour, 5, true));
    let typed = ["analyze", "c", "--config", &path, "--last", "1h", "--strict=false", "--interval=10m", "--out", "o"];
    let read = analyze(parse_line(&typed).unwrap());
    assert_eq!((read.inputs, read.out), (vec!["c".to_owned()], PathBuf::from("o")));
    assert_eq!((read.last, read.interval, read.top_rows, read.strict), (Some(HOUR_MS), Interval::TenMinutes, 5, false));
}

#[test]
fn without_a_file_nothing_changes() {
    let read = analyze(parse_line(&["analyze", "a", "--out", "o"]).unwrap());
    assert_eq!((read.strict, read.top_rows, read.config.is_none()), (false, 100_000, true));
    assert!(parse_line(&["analyze", "a"]).unwrap_err().contains("--out <DIR>"));
}

#[test]
fn a_list_that_is_typed_takes_the_place_of_the_file_s() {
    let (_folder, path) = file("out = \"r\"\ninputs = [\"a\"]\ngeo = [\"g1\", \"g2\"]\nreport_sections = [\"who\", \"what\"]\n");
    let read = analyze(parse_line(&["analyze", "--config", &path, "--geo", "mine"]).unwrap());
    assert_eq!((read.geo, read.view.shows("who"), read.view.shows("rules")), (vec![PathBuf::from("mine")], true, false));
}

#[test]
fn inputs_of_the_file_may_begin_like_options_and_stand_behind_the_typed_dashes() {
    let (folder, path) = file("inputs = [\"-\"]\n[analyze]\nout = \"r\"\n");
    assert_eq!(analyze(parse_line(&["analyze", "--config", &path]).unwrap()).inputs, ["-"]);
    assert_eq!(analyze(parse_line(&["analyze", "--config", &path, "--"]).unwrap()).inputs, ["-"]);
    let typed = analyze(parse_line(&["analyze", "--config", &path, "--", "--x"]).unwrap());
    assert_eq!((typed.inputs, typed.out), (vec!["--x".to_owned()], folder.path().join("r")));
}

#[test]
fn flags_and_the_log_format_of_the_file_hold_before_anything_is_said() {
    let (_folder, path) =
        file("inputs = [\"a\"]\nout = \"r\"\nquiet = true\nlog_format = \"json\"\n[flows]\nlog_format = \"text\"\n");
    let line = parse_line(&["analyze", "--config", &path]).unwrap();
    assert_eq!((line.args.is_quiet(), line.args.log_format), (true, LogFormat::Json));
    let line = parse_line(&["flows", "--config", &path, "-q=false"]).unwrap();
    assert_eq!((line.args.is_quiet(), line.args.log_format), (false, LogFormat::Text));
    let line = parse_line(&["--log-format", "text", "analyze", "--config", &path]).unwrap();
    assert_eq!(line.args.log_format, LogFormat::Text);
}

#[test]
fn the_variable_names_a_file_where_no_option_does() {
    let (_folder, path) = file("inputs = [\"a\"]\nout = \"r\"\ntop_rows = 5\n");
    let (_other, typed) = file("top_rows = 6\ninputs = [\"a\"]\nout = \"r\"\n");
    let rows = |line: &[&str], variable: &str| {
        analyze(parse(&words(line), Some(variable.into())).unwrap_or_else(|refused| panic!("{refused:?}"))).top_rows
    };
    assert_eq!(rows(&["analyze"], &path), 5);
    assert_eq!(rows(&["analyze", "--config", &typed], &path), 6);
    assert_eq!(rows(&["analyze", "a", "--out", "r"], ""), 100_000);
    let Err(Refused::Config(error)) = parse(&words(&["analyze"]), Some("missing.toml".into())) else { panic!("refused") };
    assert!(format!("{error:#}").starts_with("AZFLOW_CONFIG: cannot read configuration: missing.toml: "), "{error:#}");
    // Other commands do not ask for it.
    assert!(parse(&words(&["sample", "--out", "x"]), Some("missing.toml".into())).is_ok());
}

#[test]
fn a_value_that_its_option_does_not_take_is_told_with_its_line() {
    for (text, expected) in [
        ("last = \"24\"\n", ":1: cannot read configuration: last: \"24\": '24' is no duration such as 90m, 24h or 7d; hint: "),
        ("\nfrom = \"yesterday\"\n", ":2: cannot read configuration: from: \"yesterday\": 'yesterday' is no UTC date"),
        ("from = 18:00:00\n", ":1: cannot read configuration: from: \"18:00:00\": "),
        ("top = 51\n", ":1: cannot read configuration: top: \"51\": 51 is not in 1..=50; hint: azflow analyze --help"),
        ("top = -1\n", ":1: cannot read configuration: top: \"-1\": "),
        ("top = 99999999999999999999999999999999999999999\n", ":1: cannot read configuration: top: "),
        ("threads = 0\n", ":1: cannot read configuration: threads: \"0\": 0 is not in 1..=1024"),
        ("fail_on = \"hihg\"\n", ": fail_on: \"hihg\" is none of info, low, medium, high, critical; hint: did you mean high?"),
        ("last = \"https://host/secret\"\n", ": last: \"https://host/…\": 'https://host/…' is no duration"),
        ("interval = \"5m\"\n", ": interval: \"5m\" is none of 10m, 60m; hint: "),
        ("export = [\"csv\"]\n", ": export: \"csv\" is none of nta; hint: write one of nta"),
        ("log_format = \"xml\"\n", ": log_format: \"xml\" is none of text, json; hint: write one of text, json"),
        (
            "report_sections = [\"who\", \"secrity\"]\n",
            ": report_sections: \"secrity\": no part of the report has this name; hint: try 'security'",
        ),
        (
            "[flows]\nip = \"10.0.0\"\n",
            ":2: cannot read configuration: ip: \"10.0.0\": invalid IP address syntax; hint: azflow flows --help",
        ),
        ("webhook = \"ftp://host/secret\"\n", ": webhook: it begins with neither https:// nor http://; hint: "),
    ] {
        let (_folder, path) = file(text);
        let message = parse_line(&["analyze", "a", "--out", "r", "--config", &path]).unwrap_err();
        assert!(message.contains(expected) && message.contains("; hint: ") && !message.contains("secret"), "{text:?}: {message}");
    }
}

#[test]
fn every_wrong_value_is_found() {
    let (_folder, path) = file("last = \"24\"\ntop = 5\n[flows]\nport = 70000\nformat = \"xml\"\n");
    let lines: Vec<usize> = wrong_values(&ConfigFile::read(Path::new(&path)).unwrap()).iter().map(|error| error.line).collect();
    assert_eq!(lines, [1, 4, 5]);
}

/// The commands that no configuration is for, and why.
const UNCONFIGURED: [(&str, &str); 4] = [
    ("sample", "the same seed and options give the same bytes: none may come from elsewhere"),
    ("config", "it is about the configuration"),
    ("completions", "nothing to set"),
    ("man", "nothing to set"),
];

fn args_of(name: &str) -> Vec<clap::Arg> {
    let mut commands = command();
    commands.build();
    let command = commands.find_subcommand(name).unwrap_or_else(|| panic!("{name}"));
    // What is asked of `query` is typed: it is no setting.
    let set_elsewhere = ["help", "version", "config", "sql", "saved", "list"];
    command.get_arguments().filter(|arg| !set_elsewhere.contains(&arg.get_id().as_str())).cloned().collect()
}

#[test]
fn every_command_is_configured_or_said_not_to_be() {
    let all: BTreeSet<String> = Args::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let known = COMMANDS.iter().copied().chain(UNCONFIGURED.map(|(name, _)| name)).map(str::to_owned).collect();
    assert_eq!(all, known, "src/app/options.rs lists the commands that a configuration is for");
}

#[test]
fn every_option_of_the_command_line_can_be_set_in_a_file_and_no_other() {
    for name in COMMANDS {
        let key = |arg: &clap::Arg| arg.get_long().unwrap_or(arg.get_id().as_str()).replace('-', "_");
        let typed: BTreeSet<String> = args_of(name).iter().map(key).collect();
        let set: BTreeSet<String> = options::of(name).map(|option| option.name.to_owned()).collect();
        assert_eq!(typed, set, "options of {name}: src/app/options.rs and the command line differ");
        assert!(args_of(name).iter().all(|arg| key(arg) == arg.get_id().as_str()), "{name}: an option is found by its name");
    }
}

#[test]
fn the_kind_of_every_option_is_that_of_the_command_line() {
    let as_declared = Args::command();
    for OptionFact { name, commands, kind, .. } in OPTIONS {
        for command in *commands {
            let args = args_of(command);
            let arg = args.iter().find(|arg| arg.get_id() == name).unwrap();
            let declared = as_declared.find_subcommand(command).unwrap().get_arguments().find(|arg| arg.get_id() == name);
            let is_flag = declared.is_some_and(|arg| matches!(arg.get_action(), ArgAction::SetTrue));
            assert_eq!(*kind == Kind::Flag, is_flag, "{command} {name}");
            let takes_several =
                matches!(arg.get_action(), ArgAction::Append) || arg.get_num_args().is_some_and(|n| n.max_values() > 1);
            assert_eq!(kind.is_list(), takes_several, "{command} {name}");
            let is_path = arg.get_value_hint() == ValueHint::AnyPath;
            assert_eq!(matches!(kind, Kind::Path | Kind::Paths), is_path, "{command} {name}");
            let is_address = arg.get_value_names().is_some_and(|names| names.iter().any(|name| *name == "URL"));
            assert_eq!(*kind == Kind::Address, is_address, "{command} {name}");
        }
    }
}

/// The options as `docs/configuration.md` lists them.
fn documented_options() -> String {
    let mut lines = vec!["| key | commands | value | default | what it does |".to_owned(), "|---|---|---|---|---|".to_owned()];
    for OptionFact { name, commands, kind, is_shared } in OPTIONS {
        let args = args_of(commands[0]);
        let arg = args.iter().find(|arg| arg.get_id() == name).unwrap();
        let help = arg.get_long_help().or(arg.get_help()).unwrap().to_string().replace('\n', " ").replace('|', "\\|");
        let default: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let default = if default.is_empty() { String::new() } else { format!("`{}`", default.join(", ")) };
        let commands = if *is_shared { commands.join(", ") } else { format!("below [{}]", commands.join("], [")) };
        let kind = kind.written().split(',').next().unwrap_or_default();
        lines.push(format!("| `{name}` | {commands} | {kind} | {default} | {help} |"));
    }
    lines.join("\n") + "\n"
}

fn documentation() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = fs::read_to_string(&path).unwrap();
    (path, text)
}

#[test]
fn the_documented_options_are_those_of_the_code() {
    let (path, text) = documentation();
    let (start, end) = ("<!-- options: made from the code -->\n\n", "\n<!-- end of options -->");
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    let made = format!("{before}{start}{}{end}{after}", documented_options());
    if std::env::var_os("AZFLOW_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    } else {
        assert!(made == text, "docs/configuration.md is stale: AZFLOW_BLESS=1 cargo test --lib documented_options");
    }
}

#[test]
fn the_example_of_the_documentation_is_a_configuration() {
    let (_, text) = documentation();
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    // Options that stand as comments, to be taken out of them, are right as well.
    let whole: String = example.lines().map(|line| format!("{}\n", line.strip_prefix("#: ").unwrap_or(line))).collect();
    for text in [example, &whole] {
        let (_folder, path) = file(text);
        let config = ConfigFile::read(Path::new(&path)).unwrap();
        assert_eq!(wrong_values(&config), [], "{text}");
        let read = analyze(parse_line(&["analyze", "--config", &path]).unwrap());
        assert!(read.last == Some(DAY_MS) && read.config.is_some_and(|config| config.allow_list.count() == 1));
    }
}
