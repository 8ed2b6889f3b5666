//! Changes in words, and what the page's script gets.

use super::*;
use crate::report::fixture::{self, HOSTILE};

#[test]
fn a_change_is_told_in_the_words_that_fit_it() {
    let changes = [(112, 100), (97, 100), (5, 5), (0, 0), (7, 0), (0, 7), (1_400, 100), (1_001, 1_000), (999, 1_000), (1, 1_000)];
    let said = changes.map(|(now, before)| relative(now, before));
    let expected =
        ["+12 %", "-3 %", "unchanged", "unchanged", "new", "none now", "14 times", "+ under 1 %", "- under 1 %", "- over 99 %"];
    assert_eq!(said, expected);
    assert_eq!([(5, 2), (2, 5), (3, 3)].map(|(now, before)| difference(now, before)), ["+3", "-3", "unchanged"]);
    assert_eq!(points((30, 100), (1, 10)), "+20 points");
    assert_eq!(points((11, 100), (1, 10)), "+1 point");
    assert_eq!(points((1, 2), (0, 0)), "unknown");
}

#[test]
fn a_period_without_a_tuple_is_said_and_never_a_zero() {
    let mut fixture = fixture::compared();
    assert_eq!(against(&fixture.input(), |_| relative(112, 100)), "+12 % against the 24 h before");
    assert_eq!(against(&fixture.input(), |_| relative(1, 0)), "new: none in the 24 h before");
    fixture.previous.as_mut().expect("there").summary.tuples_kept = 0;
    assert_eq!(against(&fixture.input(), |_| relative(1, 0)), "no tuple in the 24 h before");
    fixture.previous.as_mut().expect("there").window += 6 * crate::schema::units::DAY_MS;
    assert_eq!(against(&fixture.input(), |_| relative(1, 0)), "no tuple in the 24 h from 2024-08-18 00:00 UTC");
    fixture.previous = None;
    assert_eq!(against(&fixture.input(), |_| relative(1, 0)), "");
}

#[test]
fn the_script_gets_the_period_before_moved_into_the_window() {
    let fixture = fixture::compared();
    let json: serde_json::Value = serde_json::from_str(&previous_json(&fixture.input())).expect("JSON");
    assert_eq!(json["start"], fixture::start());
    assert_eq!(json["step"], 600_000);
    for name in ["received", "sent", "flows", "denied"] {
        let values = json[name].as_array().expect("a list");
        assert_eq!((values.len(), values[30].is_null(), values[0].is_u64()), (144, true, true), "{name}");
    }
    assert_eq!(json["flows"][0], fixture.tables.traffic_over_time[0].measures.flows());
    assert_eq!(previous_json(&fixture::day().input()), "null");
}

#[test]
fn no_title_of_an_anomaly_ends_the_script_element() {
    let mut fixture = fixture::compared();
    for finding in &mut fixture.findings.findings {
        finding.detector = "volume_anomaly";
        finding.title = HOSTILE.into();
    }
    let json = anomalies_json(&fixture.input());
    assert!(!json.contains(['<', '>', '&']) && json.contains("\\u003c/script\\u003e"), "{json}");
    let parsed: Vec<(i64, String, String)> = serde_json::from_str(&json).expect("JSON");
    assert_eq!(parsed.len(), fixture.findings.findings.len());
    assert!(parsed[0].1.contains("</script>"));
}
