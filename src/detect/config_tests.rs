//! Tests of configurations: what is read, and every way to be wrong.

#![allow(clippy::unwrap_used)]

use super::*;

/// The settings of this text, and the allow-list, which must stay empty.
fn settings(text: &str) -> Result<Settings, String> {
    let read = TomlFile::parse("configuration", "azflow.toml", text.as_bytes())
        .and_then(|toml| read(&toml, &[], &mut AllowList::default()));
    read.map_err(|error| error.to_string())
}

#[test]
fn what_is_set_is_read_and_the_rest_keeps_its_default() {
    let read = settings("[detectors.beacon]\nscore_min_1h = 0.75\n\n[detectors.port_scan]\nports_min = 20\n").unwrap();
    let defaults = Settings::default();
    assert_eq!((read.beacon.score_min_1h, read.port_scan.ports_min), (0.75, 20));
    assert_eq!((read.beacon.contacts_min, &read.dos), (defaults.beacon.contacts_min, &defaults.dos));
    for nothing in ["", "# nothing set\n", "\u{feff}", "[detectors]\n", "[detectors.beacon]\n", "allow = []\n"] {
        assert_eq!(settings(nothing).unwrap(), defaults, "{nothing:?}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_change_nothing() {
    let text = "\u{feff}[detectors.port_scan]\r\nports_min = 20\r\n";
    assert_eq!(settings(text).unwrap().port_scan.ports_min, 20);
    assert_eq!(settings("detectors.port_scan.ports_min = 0x14\n").unwrap().port_scan.ports_min, 20);
    assert_eq!(settings("detectors = { port_scan = { ports_min = 2_0 } }\n").unwrap().port_scan.ports_min, 20);
    let wrong = settings("\u{feff}[detectors.port_scan]\r\n\r\nports = 20\r\n").unwrap_err();
    assert!(wrong.starts_with("azflow.toml:3: "), "{wrong}");
}

#[test]
fn a_configuration_may_hold_an_allow_list() {
    let mut list = AllowList::default();
    list.add("first.toml", b"[[allow]]\nport = 1\nwhy = \"x\"\n").unwrap();
    let text = "[detectors.beacon]\ncontacts_min = 20\n\n[[allow]]\nport = 2\nwhy = \"y\"\n";
    let toml = TomlFile::parse("configuration", "etc/azflow.toml", text.as_bytes()).unwrap();
    assert_eq!(read(&toml, &[], &mut list).unwrap().beacon.contacts_min, 20);
    let (_, notes) = list.apply(&mut Vec::new(), Some(0));
    let expected = [
        "allow-list: the entry of first.toml line 1 matches no finding",
        "allow-list: the entry of azflow.toml line 4 matches no finding",
    ];
    assert_eq!(notes, expected);
    let wrong = settings("\n[[allow]]\nport = 2\n").unwrap_err();
    assert!(wrong.starts_with("azflow.toml:2: cannot read configuration: the entry states no reason; hint: "), "{wrong}");
}

#[test]
fn wrong_settings_are_refused_with_their_line() {
    for (text, expected) in [
        (
            "[detectors.beacon]\nscore_min = 1\n",
            "azflow.toml:2: cannot read configuration: there is no setting \"score_min\"; hint: did you mean score_min_1h?",
        ),
        (
            "\n[detectors.beacons]\n",
            ":2: cannot read configuration: there is no detector \"beacons\"; hint: did you mean beacon?",
        ),
        ("[detect.beacon]\n", ":1: cannot read configuration: there is no table \"detect\"; hint: did you mean detectors?"),
        ("detector = 1\n", ":1: cannot read configuration: there is no option \"detector\"; hint: did you mean detectors?"),
        ("[beacon]\n", ":1: cannot read configuration: there is no table \"beacon\"; hint: did you mean detectors.beacon?"),
        (
            "[detectors.beacon]\n\n\nscore_min_1h = 2\n",
            ":4: cannot read configuration: detectors.beacon.score_min_1h is 2, outside of its range 0 to 1; hint: docs/detectors.md",
        ),
        (
            "[detectors.beacon]\nscore_min_1h = nan\n",
            ":2: cannot read configuration: detectors.beacon.score_min_1h is nan, outside",
        ),
        ("[detectors.beacon]\nscore_min_1h = -inf\n", "detectors.beacon.score_min_1h is -inf, outside"),
        (
            "[detectors.beacon]\ncontacts_min = 99999999999999999999\n",
            "detectors.beacon.contacts_min is 99999999999999999999, outside",
        ),
        ("[detectors.port_scan]\nports_min = -5\n", "detectors.port_scan.ports_min is -5, outside of its range"),
        ("[detectors.port_scan]\nports_min = 20.5\n", ":2: cannot read configuration: \"20.5\" is no whole number; hint: "),
        ("[detectors.port_scan]\nports_min = 2e1\n", ":2: cannot read configuration: \"2e1\" is no whole number; hint: "),
        (
            "[detectors.beacon]\nscore_min_1h = \"high\"\n",
            ":2: cannot read configuration: detectors.beacon.score_min_1h is a text; hint: write a number from 0 to 1, without quotes",
        ),
        ("[detectors.beacon]\nscore_min_1h = [1]\n", "detectors.beacon.score_min_1h is a list; hint: "),
        ("detectors = 3\n", "detectors is a number; hint: write [detectors.NAME], and settings below it"),
        ("[[detectors.beacon]]\n", "detectors.beacon is a list; hint: write [detectors.beacon], and settings below it"),
        (
            "[detectors.dos]\npause_hours = 2\npause_hours = 3\n",
            ":3: cannot read configuration: \"pause_hours\" is set twice; hint: ",
        ),
        ("[detectors.dos]\n[detectors.dos]\n", ":2: cannot read configuration: \"dos\" is set twice; hint: "),
        ("detectors = [\n", "azflow.toml:"),
    ] {
        let message = settings(text).unwrap_err();
        assert!(message.contains(expected) && message.contains("; hint: "), "{text:?}: {message}");
    }
}

#[test]
fn every_documented_setting_can_be_set_and_no_other() {
    for detector in DETECTORS {
        let known = detector.settings(&Settings::default());
        for Setting { name, value, .. } in &known {
            let text = format!("[detectors.{}]\n{name} = {value}\n", detector.name());
            assert_eq!(settings(&text), Ok(Settings::default()), "{text}");
        }
        // What can be set beside them would be refused here and read by the detector.
        let wrong = toml::from_str::<Settings>(&format!("[{}]\nno_setting = 1\n", detector.name())).unwrap_err();
        let fields = wrong.message().matches('`').count() / 2 - 1;
        assert_eq!(fields, known.len(), "{}: {}", detector.name(), wrong.message());
    }
}
