//! Settings of detectors from a file: `azflow.toml`.
//!
//! Goes in: the text. Comes out: settings within their ranges, or the place that is wrong. A key that is misspelt is an error, so
//! that no threshold is thought to be set that is not.

use serde::Deserialize;

use super::{DETECTORS, Settings};

/// A configuration that cannot be read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("cannot read configuration: {file}{place}: {reason}")]
pub struct ConfigError {
    /// Name of the file, as given.
    pub file: String,
    /// ` line N`, or empty where the value is whole but outside of its range.
    pub place: String,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    detectors: Settings,
}

/// Reads the settings of `[detectors.NAME]`; what is not set keeps its default.
///
/// # Errors
/// The file, the line or key, and the reason.
pub fn read(file: &str, text: &str) -> Result<Settings, ConfigError> {
    let fail = |place: String, reason: String| ConfigError { file: file.to_owned(), place, reason };
    let read: File = toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        fail(format!(" line {line}"), error.message().replace('\n', " "))
    })?;
    for detector in DETECTORS {
        for setting in detector.settings(&read.detectors) {
            if !(setting.least..=setting.most).contains(&setting.value) {
                let key = format!("detectors.{}.{}", detector.name(), setting.name);
                let range = format!("{} to {}", setting.least, setting.most);
                return Err(fail(
                    String::new(),
                    format!(
                        "{key} is {}, outside of its range {range}; hint: docs/detectors.md has its unit and default",
                        setting.value
                    ),
                ));
            }
        }
    }
    Ok(read.detectors)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_set_is_read_and_the_rest_keeps_its_default() {
        let settings =
            read("azflow.toml", "[detectors.beacon]\nscore_min_1h = 0.75\n\n[detectors.port_scan]\nports_min = 20\n").unwrap();
        let defaults = Settings::default();
        assert_eq!((settings.beacon.score_min_1h, settings.port_scan.ports_min), (0.75, 20));
        assert_eq!((settings.beacon.contacts_min, &settings.dos), (defaults.beacon.contacts_min, &defaults.dos));
        assert_eq!(read("azflow.toml", "").unwrap(), defaults);
    }

    #[test]
    fn wrong_settings_are_refused_with_their_place() {
        for (text, expected) in [
            (
                "[detectors.beacon]\nscore_min = 1\n",
                "azflow.toml line 2: unknown field `score_min`, expected one of `contacts_min`",
            ),
            ("[detectors.beacons]\n", "line 1: unknown field `beacons`, expected one of `beacon`"),
            ("[output]\n", "line 1: unknown field `output`, expected `detectors`"),
            (
                "[detectors.beacon]\nscore_min_1h = 2\n",
                "azflow.toml: detectors.beacon.score_min_1h is 2, outside of its range 0 to 1",
            ),
            ("[detectors.beacon]\nscore_min_1h = \"high\"\n", "line 2: invalid type"),
            ("[detectors.port_scan]\nports_min = -5\n", "line 2: invalid value"),
            ("detectors = [\n", "line 1"),
        ] {
            let message = read("azflow.toml", text).unwrap_err().to_string();
            assert!(message.contains(expected), "{text:?}: {message}");
        }
    }
}
