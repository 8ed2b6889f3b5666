//! Configurations end to end: options from a file or the environment.

use std::fs;
use std::path::Path;

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{azflow, command};

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
