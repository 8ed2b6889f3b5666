//! Tests of configurations: what is read of options, and every way to be wrong.

#![allow(clippy::unwrap_used)]

use std::fs;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Reads `text` as a file in a folder of its own; a message names the file without that folder.
fn read(text: &str) -> Result<ConfigFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azflow.toml");
    fs::write(&path, text).unwrap();
    let place = format!("{}/", folder.path().display());
    let mut read = ConfigFile::read(&path).map_err(|error| format!("{error:#}").replace(&place, ""))?;
    read.set.iter_mut().flat_map(|set| &mut set.values).for_each(|value| *value = value.replace(&place, ""));
    Ok(read)
}

fn values(config: &ConfigFile, command: &str) -> Vec<(&'static str, Vec<String>)> {
    config.options(command).into_iter().map(|set| (set.option.name, set.values.clone())).collect()
}

fn owned(values: &[(&'static str, &[&str])]) -> Vec<(&'static str, Vec<String>)> {
    values.iter().map(|(name, values)| (*name, values.iter().map(|value| (*value).to_owned()).collect())).collect()
}

#[test]
fn every_kind_of_value_is_read_as_it_would_be_typed() {
    let text = "\
inputs = [\"logs\", \"-\", \"az://container/prefix\"]
out = \"report\"
geo = \"geo.mmdb\"
from = 2024-08-19
to = 2024-08-19T18:00:00Z
last = \"24h\"
top = 0x10
top_rows = 1_000
report_sections = [\"overview\", \"security\"]
strict = true
quiet = false
webhook = \"https://host/x\"
";
    let config = read(text).unwrap();
    let expected: &[(&'static str, &[&str])] = &[
        ("inputs", &["logs", "-", "az://container/prefix"]),
        ("out", &["report"]),
        ("geo", &["geo.mmdb"]),
        ("from", &["2024-08-19"]),
        ("to", &["2024-08-19T18:00:00Z"]),
        ("last", &["24h"]),
        ("top", &["16"]),
        ("report_sections", &["overview", "security"]),
        ("top_rows", &["1000"]),
        ("webhook", &["https://host/x"]),
        ("strict", &["true"]),
        ("quiet", &["false"]),
    ];
    assert_eq!(values(&config, "analyze"), owned(expected));
    assert_eq!(config.all().iter().map(|set| set.line).collect::<Vec<_>>(), (1..=12).collect::<Vec<_>>());
}

#[test]
fn relative_paths_start_from_the_folder_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azflow.toml");
    fs::write(&path, "inputs = [\"logs\"]\nout = \"../report\"\ntopology = [\"/etc/topology\"]\nmetrics = \"a.prom\"\n").unwrap();
    let config = ConfigFile::read(&path).unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let values: Vec<&str> = config.all().iter().flat_map(|set| &set.values).map(String::as_str).collect();
    assert_eq!(values, [&place("logs"), &place("../report"), "/etc/topology", &place("a.prom")]);
}

#[test]
fn the_table_of_a_command_wins_over_the_top_and_each_command_takes_its_own() {
    let config =
        read("strict = true\ntop = 5\n[analyze]\ntop = 7\ninputs = []\n[flows]\nport = 443\nformat = \"ndjson\"\n").unwrap();
    assert_eq!(values(&config, "analyze"), owned(&[("inputs", &[]), ("top", &["7"]), ("strict", &["true"])]));
    assert_eq!(values(&config, "flows"), owned(&[("strict", &["true"]), ("port", &["443"]), ("format", &["ndjson"])]));
    assert_eq!(values(&config, "sample"), []);
}

#[test]
fn settings_of_detectors_and_an_allow_list_stand_beside_options() {
    let text = "top = 5\n[detectors.port_scan]\nports_min = 20\n[[allow]]\nport = 1\nwhy = \"x\"\n[analyze]\nstrict = true\n";
    let config = read(text).unwrap();
    assert_eq!((config.detectors.port_scan.ports_min, config.allow_list.count(), config.all().len()), (20, 1, 2));
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_to_write() {
    for (text, expected) in [
        ("topp = 5\n", "azflow.toml:1: cannot read configuration: there is no option \"topp\"; hint: did you mean top?"),
        ("\ntop-rows = 5\n", ":2: cannot read configuration: there is no option \"top-rows\"; hint: did you mean top_rows?"),
        ("[analyse]\n", ":1: cannot read configuration: there is no table \"analyse\"; hint: did you mean analyze?"),
        ("[flows]\nformt = 1\n", ":2: cannot read configuration: there is no option \"formt\"; hint: did you mean format?"),
        ("[flows]\ntop = 5\n", ":2: cannot read configuration: top is no option of flows; hint: write it at the top"),
        (
            "format = \"csv\"\n",
            ":1: cannot read configuration: format does not stand at the top of the file; hint: write it below [flows]",
        ),
        ("analyze = 5\n", ":1: cannot read configuration: analyze is a number; hint: write [analyze], and options below it"),
        ("strict = \"yes\"\n", ":1: cannot read configuration: strict is a text; hint: write true or false"),
        ("top = \"5\"\n", ":1: cannot read configuration: top is a text; hint: write a whole number, without quotes"),
        ("top = 5.5\n", ":1: cannot read configuration: top is a number; hint: write a whole number"),
        ("title = 5\n", ":1: cannot read configuration: title is a number; hint: write a text in quotes"),
        ("last = 24h\n", "azflow.toml:1: cannot read configuration: "),
        ("out = [\"a\"]\n", ":1: cannot read configuration: out is a list; hint: write a path in quotes"),
        ("geo = [\"a\",\n 5]\n", ":2: cannot read configuration: geo is a number; hint: write a list of paths"),
        ("out = \"\"\n", ":1: cannot read configuration: out is empty; hint: give a value, or leave the line out"),
        ("inputs = [\"\"]\n", ":1: cannot read configuration: inputs is empty; hint: "),
        ("from = 18:00:00\n", "azflow.toml:1"),
        ("top = 5\n\ntop = 6\n", ":3: cannot read configuration: \"top\" is set twice; hint: "),
        ("top = 5\n[detectors.dos]\npause = 1\n", ":3: cannot read configuration: there is no setting \"pause\"; hint: "),
        ("config = \"other.toml\"\n", ":1: cannot read configuration: there is no option \"config\"; hint: "),
    ] {
        match read(text) {
            Err(message) => assert!(message.contains(expected) && message.contains("; hint: "), "{text:?}: {message}"),
            // A time without a day is a moment by its kind; the command line refuses it.
            Ok(config) => assert!(text.contains("18:00:00") && config.all()[0].values == ["18:00:00"], "{text:?}"),
        }
    }
}

#[test]
fn no_message_about_an_address_repeats_it() {
    for text in ["webhook = [\"https://host/secret\"]\n", "webhook = https://host/secret\n", "webhook = \"https://host/secret\n"]
    {
        let message = read(text).unwrap_err();
        assert!(!message.contains("secret") && message.starts_with("azflow.toml:1: "), "{message}");
    }
}

#[test]
fn a_file_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &Path| format!("{:#}", ConfigFile::read(path).unwrap_err());
    assert!(message(&folder.path().join("missing.toml")).contains("there is no such file; hint: "));
    assert!(message(folder.path()).contains("is a folder, not a file; hint: "));
    assert!(message(Path::new("https://host/secret")).starts_with("cannot use configuration: https://…: "));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(pieces in vec(select(PIECES), 0..12)) {
        let text = pieces.concat();
        if let Err(message) = read(&text) {
            prop_assert!(message.starts_with("azflow.toml:") && message.contains("; hint: "), "{}: {}", text, message);
        }
    }
}

/// What configurations are made of, right and wrong.
const PIECES: &[&str] = &[
    "inputs",
    "top",
    "from",
    "[analyze]",
    "[flows]",
    "[[analyze]]",
    "analyze.",
    "format",
    "geo",
    "[detectors.dos]",
    "[[allow]]",
    "why",
    " = ",
    "\n",
    "5",
    "-0x1",
    "1_0",
    "99999999999999999999999",
    "nan",
    "1979-05-27",
    "18:00:00",
    "\"\"",
    "\"a\"",
    "'é'",
    "[",
    "]",
    ", ",
    "{",
    "}",
    "true",
    "\u{feff}",
    "\0",
    "#",
    "https://host/x",
];
