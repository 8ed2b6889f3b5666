//! `--log-format json`: every line of standard error is an object, and nothing else changes.

use serde_json::Value;

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{Ran, azflow};

/// The lines of standard error; each must be an object of the promised keys.
fn lines(ran: &Ran) -> Vec<Value> {
    let lines: Vec<Value> = ran.stderr.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect();
    for line in &lines {
        let keys = line.as_object().expect("an object").keys().map(String::as_str);
        assert!(keys.into_iter().all(|key| ["time", "level", "message", "hint", "exit_code"].contains(&key)), "{line}");
        assert!(azflow::schema::moment::moment(line["time"].as_str().expect("a time")).is_some(), "{line}");
        assert!(["info", "warning", "error"].contains(&line["level"].as_str().expect("a level")), "{line}");
    }
    lines
}

#[test]
fn closing_lines_are_objects_and_standard_output_stays_as_it_is() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let out = folder.path().join("out");
    let words = ["analyze".as_ref(), input.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let ran = azflow(words.into_iter().chain(["--log-format".as_ref(), "json".as_ref()]));
    assert_eq!((ran.code, ran.stdout.as_str()), (0, format!("{}\n", out.join("report.html").display()).as_str()));
    let told = lines(&ran);
    let messages: Vec<&str> = told.iter().filter_map(|line| line["message"].as_str()).collect();
    assert!(messages[0].starts_with("read 8 tuples in 2 records") && messages.len() == 3, "{messages:?}");
    assert!(told.iter().all(|line| line["level"] == "info"));
    // The option may stand before the command too; rows are not touched.
    let flows = |options: &[&str]| azflow(options.iter().map(AsRef::as_ref).chain(["flows".as_ref(), input.as_os_str()]));
    let (json, text) = (flows(&["--log-format=json"]), flows(&[]));
    assert_eq!((json.code, &json.stdout), (0, &text.stdout));
    assert_eq!(lines(&json)[0]["message"], text.stderr.trim_end());
}

#[test]
fn errors_and_warnings_are_objects_with_the_same_exit_codes() {
    let missing = azflow(["flows", "no\u{7}such", "--log-format", "json"]);
    let told = lines(&missing);
    assert_eq!((missing.code, told.len()), (2, 1), "{missing:?}");
    assert_eq!((&told[0]["level"], &told[0]["exit_code"]), (&"error".into(), &2.into()));
    assert_eq!(told[0]["message"], "cannot read input: no\u{fffd}such: there is no such file or folder");
    assert!(told[0]["hint"].as_str().is_some_and(|hint| hint.len() > 10), "{told:?}");
    let folder = folder();
    let cut = put(folder.path(), "a.json", "{\"records\":[{\"time\":");
    let ran = azflow(["flows".as_ref(), cut.as_os_str(), "--quiet".as_ref(), "--log-format=json".as_ref()]);
    let told = lines(&ran);
    assert_eq!((ran.code, told.len(), &told[0]["level"]), (4, 1, &"warning".into()), "{told:?}");
}

#[test]
fn a_wrong_command_line_is_an_object_too() {
    let ran = azflow(["analyze", "x", "--log-format", "json"]);
    let told = lines(&ran);
    assert_eq!((ran.code, told.len(), &told[0]["exit_code"]), (2, 1, &2.into()), "{ran:?}");
    assert!(told[0]["message"].as_str().is_some_and(|message| message.contains("--out <DIR>")), "{told:?}");
    let help = azflow(["analyze", "--help", "--log-format", "json"]);
    assert!(help.code == 0 && help.stderr.is_empty() && help.stdout.contains("--log-format <FORMAT>"));
}
