//! Allow-lists and configurations: what ends a run before anything is read, and what the report tells of entries.

use std::path::Path;

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{Ran, analyze, azflow};

/// A file that ends the run: what it is called here, its bytes, and what the message says behind its name.
type Wrong = (&'static str, &'static [u8], &'static str);

/// Files that are wrong as either.
const WRONG: &[Wrong] = &[
    ("syntax", b"\n[[allow\n", ":2: cannot read "),
    ("latin", b"# a\n# caf\xe9\n", ":2: cannot read "),
    ("utf16", b"\xff\xfe[\0[\0", ":1: cannot read "),
    ("unknown", b"\xef\xbb\xbf\r\n[alow]\r\n", ":2: cannot read "),
    ("kind", b"allow = 3\n", ":1: cannot read "),
    ("field", b"[[allow]]\r\nwhy = \"x\"\r\nprot = 1\r\n", ":3: cannot read "),
    ("port", b"[[allow]]\nwhy = \"x\"\nport = \"443\"\n", ":3: cannot read "),
    ("reason", b"[[allow]]\nport = 443\nwhy = \"\"\n", ":3: cannot read "),
    ("host bits", b"[[allow]]\nwhy = \"x\"\nnetwork = \"10.0.0.1/8\"\n", ":3: cannot read "),
    ("twice", b"[[allow]]\nwhy = \"x\"\nwhy = \"y\"\n", ":3: cannot read "),
];

/// Files that are wrong as a configuration.
const WRONG_SETTINGS: &[Wrong] = &[
    ("range", b"[detectors.beacon]\nscore_min_1h = 2\n", ":2: cannot read configuration: detectors.beacon.score_min_1h is 2"),
    (
        "text",
        b"[detectors.beacon]\nscore_min_1h = \"2\"\n",
        ":2: cannot read configuration: detectors.beacon.score_min_1h is a text",
    ),
    ("setting", b"[detectors.beacon]\n\nscore = 1\n", ":3: cannot read configuration: there is no setting \"score\""),
    ("detector", b"[detectors.becon]\n", ":1: cannot read configuration: there is no detector \"becon\""),
    (
        "double",
        b"[detectors.dos]\npause_hours = 2\npause_hours = 2\n",
        ":3: cannot read configuration: \"pause_hours\" is set twice",
    ),
];

fn run_with(folder: &Path, option: &str, file: &Path) -> Ran {
    let log = put(folder, "log.json", small_blob());
    let out = folder.join("out");
    let ran = azflow(["analyze".as_ref(), log.as_os_str(), "--out".as_ref(), out.as_os_str(), option.as_ref(), file.as_os_str()]);
    assert!(ran.code == 0 || !out.exists(), "{option} {}", file.display());
    ran
}

#[test]
fn a_wrong_allow_list_or_configuration_ends_the_run_with_2_and_names_the_line() {
    let folder = folder();
    let both = WRONG.iter().flat_map(|wrong| [("--allow-list", wrong), ("--config", wrong)]);
    for (option, (name, bytes, expected)) in both.chain(WRONG_SETTINGS.iter().map(|wrong| ("--config", wrong))) {
        let file = put(folder.path(), name, bytes);
        let ran = run_with(folder.path(), option, &file);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option} {name}: {}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].starts_with(&format!("error: {}{expected}", file.display())), "{option}: {}", ran.stderr);
        assert!(lines.len() == 2 && lines[1].starts_with("hint: "), "{option}: {}", ran.stderr);
    }
}

#[test]
fn a_list_that_is_empty_missing_or_too_large_ends_the_run_with_2() {
    let folder = folder();
    let empty = put(folder.path(), "empty", "");
    let large = put(folder.path(), "large", "#\n".repeat(2 << 20) + "\n");
    for (option, file, expected) in [
        ("--allow-list", empty.as_path(), ":1: cannot read allow-list: the file holds no entry"),
        ("--allow-list", &large, ":2097153: cannot read allow-list: the file goes on after 4 MiB"),
        ("--config", &large, ":2097153: cannot read configuration: the file goes on after 4 MiB"),
        ("--config", folder.path(), ": is a folder, not a file"),
        ("--allow-list", &folder.path().join("missing"), ": there is no such file"),
    ] {
        let ran = run_with(folder.path(), option, file);
        assert_eq!(ran.code, 2, "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains(&format!("{}{expected}", file.display())), "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains("\nhint: "), "{option}: {}", ran.stderr);
    }
    assert_eq!(run_with(folder.path(), "--config", &empty).code, 0, "a configuration may leave every default");
}

#[test]
fn entries_of_both_files_are_told_of_in_the_report() {
    let folder = folder();
    let log = put(folder.path(), "log.json", small_blob());
    let config = put(folder.path(), "azflow.toml", "\u{feff}[[allow]]\r\nactor = \"2001:DB8::1\"\r\nwhy = \"x\"\r\n");
    let list = put(folder.path(), "allow.toml", "\n[[allow]]\nport = 9\nuntil = 2001-12-31\nwhy = \"y\"\n");
    let (config, list) = (config.to_str().expect("UTF-8"), list.to_str().expect("UTF-8"));
    let notes = |options: &[&str]| {
        let report = analyze([&log], &[&["--allow-list", list, "--config", config], options].concat());
        let notes = report.json("findings.json")["notes"].as_array().expect("a list").clone();
        let mut notes: Vec<String> = notes.iter().map(|note| note.as_str().expect("a text").to_owned()).collect();
        notes.retain(|note| note.contains("entr"));
        (report.ran.code, notes)
    };
    let idle = [
        "allow-list: the entry of azflow.toml line 1 matches no finding",
        "allow-list: the entry of allow.toml line 2 has expired before the window's end and was not applied",
    ];
    assert_eq!(notes(&[]), (0, idle.map(str::to_owned).to_vec()));
    let unchecked = "allow-list: 2 entries could not be checked: no traffic was read".to_owned();
    assert_eq!(notes(&["--from", "2100-01-01"]), (5, vec![unchecked]));
}

#[test]
fn notes_on_entries_are_said_on_standard_error_whatever_the_file_is_named() {
    let folder = folder();
    let list = put(folder.path(), "expected.toml", "\n[[allow]]\nport = 9\nwhy = \"y\"\n");
    let ran = run_with(folder.path(), "--allow-list", &list);
    let said = ran.stderr.lines().filter(|line| line.contains("entry")).collect::<Vec<_>>();
    assert_eq!((ran.code, said), (0, vec!["allow-list: the entry of expected.toml line 2 matches no finding"]));
}
