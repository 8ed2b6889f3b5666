//! The text of metrics, held against the grammar of the format.

use std::collections::BTreeMap;

use super::*;

/// A small run, with numbers that differ from each other.
fn measures() -> Measures {
    let mut counts = Counts {
        blobs: 10,
        blobs_failed: 2,
        blobs_ignored: 1,
        records: 50,
        records_duplicate: 4,
        records_rejected: 3,
        tuples_read: 100,
        tuples_kept: 80,
        tuples_rejected: 11,
        tuples_duplicate: 6,
        tuples_outside_window: 3,
        ..Counts::default()
    };
    counts.rejected_by_reason[Reason::Time as usize] = 11;
    counts.rejected_by_reason[Reason::MalformedJson as usize] = 3;
    let findings = FindingCounts { critical: 1, high: 2, medium: 3, low: 4, info: 5 };
    Measures { counts, findings, newest: Some(1_724_090_346_250), ..Measures::default() }
}

fn run(exit: Exit) -> Run {
    Run { ended: 1_724_093_946_500, took: 1_234, exit, last_success: Some(1_724_000_000_000) }
}

/// Whether a text is `[a-zA-Z_][a-zA-Z0-9_]*`.
fn is_name(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.chars().all(is_word) && text.chars().next().is_some_and(|first| !first.is_ascii_digit())
}

/// Every value by its name and labels, after each line was held against the grammar.
fn parse(text: &str) -> BTreeMap<String, f64> {
    assert!(text.ends_with('\n'), "the last line ends too");
    let mut values = BTreeMap::new();
    let mut lines = text.lines().peekable();
    while let Some(help) = lines.next() {
        let (name, words) = help.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')).expect("HELP comes first");
        assert!(is_name(name) && !words.is_empty() && !words.contains('\\'), "{help}");
        assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
        let before = values.len();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let (series, value) = line.rsplit_once(' ').expect("a series and its value");
            let labels = series.strip_prefix(name).expect("series stand below their name");
            if !labels.is_empty() {
                let inner = labels.strip_prefix('{').and_then(|rest| rest.strip_suffix("\"}")).expect("labels in braces");
                let (label, word) = inner.split_once("=\"").expect("a label and its value");
                // Such words need no escape.
                assert!(is_name(label) && is_name(word), "{line}");
            }
            let number: f64 = value.parse().expect("a number");
            assert!(values.insert(series.to_owned(), number).is_none(), "{series} stands twice");
        }
        assert!(values.len() > before, "{name} has no value");
    }
    values
}

#[test]
fn the_text_keeps_to_the_grammar_and_says_what_was_measured() {
    let values = parse(&text(&run(Exit::Findings), Some(&measures())));
    for (series, value) in [
        ("azflow_last_run_timestamp_seconds", 1_724_093_946.5),
        ("azflow_last_success_timestamp_seconds", 1_724_093_946.5),
        ("azflow_last_run_duration_seconds", 1.234),
        ("azflow_last_run_exit_code", 3.0),
        ("azflow_blobs{result=\"read\"}", 7.0),
        ("azflow_blobs{result=\"failed\"}", 2.0),
        ("azflow_blobs{result=\"ignored\"}", 1.0),
        ("azflow_records{result=\"read\"}", 43.0),
        ("azflow_records{result=\"duplicate\"}", 4.0),
        ("azflow_records{result=\"rejected\"}", 3.0),
        ("azflow_tuples{result=\"kept\"}", 80.0),
        ("azflow_tuples{result=\"rejected\"}", 11.0),
        ("azflow_tuples{result=\"duplicate\"}", 6.0),
        ("azflow_tuples{result=\"outside_window\"}", 3.0),
        ("azflow_rejects{reason=\"time\"}", 11.0),
        ("azflow_rejects{reason=\"malformed_json\"}", 3.0),
        ("azflow_rejects{reason=\"port\"}", 0.0),
        ("azflow_newest_tuple_timestamp_seconds", 1_724_090_346.25),
        ("azflow_lag_seconds", 3_600.25),
        ("azflow_findings{severity=\"critical\"}", 1.0),
        ("azflow_findings{severity=\"info\"}", 5.0),
    ] {
        assert_eq!(values.get(series), Some(&value), "{series}");
    }
    assert_eq!(values.len(), 4 + 3 + 3 + 4 + Reason::COUNT + 2 + 5);
}

#[test]
fn a_failed_run_keeps_the_last_success_and_claims_no_input() {
    for exit in [Exit::Failed, Exit::Usage, Exit::NoFlowLog] {
        let values = parse(&text(&run(exit), None));
        assert_eq!(values["azflow_last_success_timestamp_seconds"], 1_724_000_000.0, "{exit:?}");
        assert_eq!(values["azflow_last_run_exit_code"], f64::from(exit.code()));
        assert_eq!(values.len(), 4);
    }
    let never = Run { last_success: None, ..run(Exit::Failed) };
    assert!(!parse(&text(&never, None)).contains_key("azflow_last_success_timestamp_seconds"));
}

#[test]
fn the_last_success_is_read_back_as_written() {
    for exit in [Exit::Done, Exit::Findings, Exit::Partial] {
        assert_eq!(last_success(&text(&run(exit), None)), Some(1_724_093_946_500));
    }
    assert_eq!(last_success("azflow_last_success_timestamp_seconds 1.7240939465e9\n"), Some(1_724_093_946_500));
    for wrong in ["", "NaN", "+Inf", "-1", "1e300", "x", "1 2"] {
        assert_eq!(last_success(&format!("azflow_last_success_timestamp_seconds {wrong}\n")), None, "{wrong}");
    }
    assert_eq!(last_success("azflow_last_success_timestamp_seconds_more 5\n"), None);
}

#[test]
fn a_lag_may_be_negative_where_a_clock_goes_wrong() {
    let measures = Measures { newest: Some(1_724_093_947_750), ..measures() };
    let values = parse(&text(&run(Exit::Done), Some(&measures)));
    assert_eq!(values["azflow_lag_seconds"], -1.25);
}
