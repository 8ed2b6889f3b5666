//! Configurations end to end: options from a file or the environment, `config check` and `config show`.

use std::fs;
use std::path::Path;

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{Ran, azflow, command};

const SECRET: [&str; 3] = ["tOkEn", "sIgNaTuRe", "sig="];

fn assert_nothing_secret(ran: &Ran) {
    assert!(SECRET.iter().all(|secret| !ran.stderr.contains(secret) && !ran.stdout.contains(secret)), "{ran:?}");
}

fn config(folder: &Path, text: &str) -> String {
    put(folder, "etc/azflow.toml", text).display().to_string()
}

#[test]
fn a_file_alone_makes_a_report() {
    let folder = folder();
    put(folder.path(), "logs/a.json", small_blob());
    let path = config(folder.path(), "inputs = [\"../logs\"]\nout = \"../report\"\ntitle = \"Of the file\"\nquiet = true\n");
    let ran = azflow(["analyze", "--config", &path]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let page = fs::read_to_string(folder.path().join("report/report.md")).expect("a report");
    assert!(page.starts_with("# Of the file"), "{page}");
    let ran = azflow(["flows", "--config", &path]);
    assert_eq!((ran.code, ran.stdout.lines().count(), ran.stderr.as_str()), (0, 9, ""), "{ran:?}");
}

#[test]
fn the_environment_names_a_file_and_the_current_folder_does_not() {
    let folder = folder();
    put(folder.path(), "a.json", small_blob());
    let path = put(folder.path(), "azflow.toml", "inputs = [\"a.json\"]\nquiet = true\n");
    let run = |variable: Option<&Path>| {
        let mut command = command();
        command.arg("flows").current_dir(folder.path());
        command.envs(variable.map(|path| ("AZFLOW_CONFIG", path)));
        command.output().expect("the binary ends").status.code()
    };
    assert_eq!((run(None), run(Some(&path))), (Some(2), Some(0)));
    assert_eq!(run(Some(&folder.path().join("missing.toml"))), Some(2));
}

#[test]
fn settings_of_detectors_and_the_allow_list_of_a_file_still_hold() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let path = config(folder.path(), "[[allow]]\nactor = \"10.9.9.9\"\nwhy = \"nobody\"\n");
    let out = folder.path().join("out").display().to_string();
    let ran = azflow(["analyze", &input.display().to_string(), "--out", &out, "--config", &path]);
    assert!(ran.code == 0 && ran.stderr.contains("the entry of azflow.toml line 1 matches no finding"), "{ran:?}");
}

#[test]
fn a_wrong_line_is_told_with_its_place_as_text_and_as_json() {
    let folder = folder();
    let path = config(folder.path(), "\nfail_on = \"hihg\"\n");
    let ran = azflow(["analyze", "x", "--out", "y", "--config", &path]);
    let expected = format!(
        "error: {path}:2: cannot read configuration: fail_on: \"hihg\" is none of info, low, medium, high, critical\nhint: did you mean high?\n"
    );
    assert_eq!((ran.code, ran.stderr), (2, expected));
    let ran = azflow(["analyze", "x", "--out", "y", "--config", &path, "--log-format", "json"]);
    assert!(ran.code == 2 && ran.stderr.contains("\"hint\":\"did you mean high?\",\"exit_code\":2}"), "{ran:?}");
}

#[test]
fn a_check_says_ok_with_what_it_found() {
    let folder = folder();
    put(folder.path(), "etc/drop.txt", "203.0.113.0/24\n198.51.100.7\n");
    put(folder.path(), "etc/allow.toml", "[[allow]]\nport = 1\nwhy = \"x\"\n");
    let text = "\
# Neither the logs nor the folder for the report need to be there.
inputs = [\"/logs/tOkEn\"]
out = \"report\"
threat_list = \"drop.txt\"
allow_list = [\"allow.toml\"]
metrics = \"azflow.prom\"
webhook = \"https://hooks.example/tOkEn\"
[detectors.port_scan]
ports_min = 20
[[allow]]
port = 2
why = \"y\"
";
    let path = config(folder.path(), text);
    let ran = azflow(["config", "check", "--config", &path]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_nothing_secret(&ran);
    let place = |name: &str| folder.path().join("etc").join(name).display().to_string();
    let expected = [
        format!("configuration {path}: 6 options, 1 changed settings of detectors, 1 entries of [[allow]]"),
        "threat list drop.txt: 2 entries".to_owned(),
        format!("allow-list {}: 1 entries", place("allow.toml")),
        format!("metrics {}: its folder is there", place("azflow.prom")),
        "webhook https://hooks.example/…: not told".to_owned(),
        "ok".to_owned(),
    ];
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), expected);
    assert_eq!(fs::read_dir(folder.path().join("etc")).expect("a folder").count(), 3, "nothing is written");
}

#[test]
fn a_check_tells_every_error_and_not_the_first_alone() {
    let folder = folder();
    put(folder.path(), "etc/allow.toml", "[[allow]]\nport = 1\n");
    let text = "\
topology = [\"missing.json\"]
geo = \"geo.csv\"
allow_list = \"allow.toml\"
metrics = \"metrics.txt\"
webhook = \"ftp://host/tOkEn\"
last = \"24\"
threat_list = [\"https://lists.example/drop?sig=sIgNaTuRe\"]
";
    let path = config(folder.path(), text);
    put(folder.path(), "etc/geo.csv", "neither,nor\n");
    let ran = azflow(["config", "check", "--config", &path]);
    assert_eq!(ran.code, 2);
    assert_nothing_secret(&ran);
    let errors: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    for (line, what) in [
        (1, "cannot read topology"),
        (2, "geo.csv"),
        (3, "the entry states no reason"),
        (4, "cannot write metrics"),
        (5, "webhook: it begins with neither"),
        (6, "no duration"),
        (7, "cannot use threat list: https://…"),
    ] {
        let begins = format!("error: {path}:{line}: ");
        assert!(errors.iter().any(|error| error.starts_with(&begins) && error.contains(what)), "{line} {what}: {errors:#?}");
    }
    assert_eq!(errors.len(), 7, "each is told once: {errors:#?}");
    assert!(!ran.stdout.lines().any(|line| line == "ok"), "{ran:?}");
}

#[test]
fn options_that_mean_nothing_together_are_told_once() {
    let folder = folder();
    let path = config(folder.path(), "from = 2024-08-20\nto = 2024-08-19\n");
    let ran = azflow(["config", "check", "--config", &path]);
    assert_eq!((ran.code, ran.stderr.matches("the window is empty").count()), (2, 1), "{ran:?}");
    let path = config(folder.path(), "compare = \"previous\"\n");
    let ran = azflow(["config", "check", "--config", &path]);
    assert!(ran.code == 2 && ran.stderr.contains("nothing lies before a window without a beginning"), "{ran:?}");
    let ran = azflow(["config", "check"]);
    assert!(ran.code == 2 && ran.stderr.contains("no configuration is named\nhint: give --config PATH"), "{ran:?}");
}

#[test]
fn what_is_shown_is_what_a_run_would_do() {
    let folder = folder();
    let path = config(folder.path(), "out = \"report\"\ntop = 5\nwebhook = \"https://hooks.example/tOkEn\"\n");
    let ran = azflow([
        "config",
        "show",
        "--config",
        &path,
        "analyze",
        "logs",
        "--top",
        "7",
        "--webhook",
        "https://other.example/tOkEn",
    ]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_nothing_secret(&ran);
    let report = serde_json::Value::from(folder.path().join("etc/report").display().to_string());
    for line in [
        format!("out = {report}  # file, line 1"),
        "top = 7  # command line".to_owned(),
        "# webhook = \"https://other.example/…\"  # command line; not shown whole".to_owned(),
    ] {
        assert!(ran.stdout.lines().any(|shown| shown == line), "{line}\n{}", ran.stdout);
    }
    let all = azflow(["config", "show"]);
    assert!(
        all.code == 0 && all.stdout.starts_with(&format!("# azflow {}, no configuration", env!("CARGO_PKG_VERSION"))),
        "{all:?}"
    );
    assert_eq!(azflow(["config", "show", "sample"]).code, 2);
}
