//! `--webhook`: what a receiver is told of a run, as JSON.
//!
//! Goes in: how a run ended, and what it measured. Comes out: the body of one message, at most 64 KiB. Texts from logs stand in it as JSON
//! texts, cut, and in no other field than those of findings. Sends nothing; the clock's readings are given.

use std::path::Path;

use serde::Serialize;

use crate::app::exit::Exit;
use crate::app::metrics::Measures;
use crate::app::summary;
use crate::schema::finding::{Finding, Findings, Severity};
use crate::schema::summary::{FindingCounts, Input, SCHEMA_VERSION, Tuples, Window};
use crate::schema::units::rfc3339;

/// Largest body. Unit: bytes; receivers commonly refuse more than some hundred KiB.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// Most findings that a message names. Unit: findings; a message is to be read at a glance, the report has the rest.
const WORST_MAX: usize = 10;

/// Most characters of a text in a message. Unit: characters; titles have fewer, unless a log holds a crafted name.
const TEXT_CHARS_MAX: usize = 500;

/// A finding, as a message names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorstFinding {
    /// As in `findings.json`.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// Public name of the detector.
    pub detector: &'static str,
    /// Who it is about, cut.
    pub actor: String,
    /// One line, cut.
    pub title: String,
}

/// The worst findings, the worst first.
pub fn worst(findings: &Findings) -> Vec<WorstFinding> {
    let named = |finding: &Finding| WorstFinding {
        id: finding.id.clone(),
        severity: finding.severity,
        detector: finding.detector,
        actor: cut(&finding.actor),
        title: cut(&finding.title),
    };
    findings.findings.iter().take(WORST_MAX).map(named).collect()
}

/// How a run ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended<'a> {
    /// The command.
    pub command: &'static str,
    /// When it began, ms since the epoch.
    pub began: i64,
    /// When it ended, ms since the epoch.
    pub ended: i64,
    /// How.
    pub exit: Exit,
    /// The page it wrote.
    pub report: Option<&'a Path>,
    /// Why it failed.
    pub error: Option<&'a str>,
}

/// The message, its keys in this order. What a run that failed has not is left out.
#[derive(Serialize)]
struct Notice<'a> {
    schema_version: u32,
    azflow_version: &'static str,
    text: String,
    command: &'static str,
    exit_code: u8,
    exit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    start_time: String,
    end_time: String,
    #[serde(flatten)]
    measured: Option<Measured<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<String>,
}

/// What a run that did not fail measured: the keys of `summary.json`, and the worst findings.
#[derive(Serialize)]
struct Measured<'a> {
    window: Window,
    input: Input,
    tuples: Tuples,
    findings: FindingCounts,
    worst_findings: &'a [WorstFinding],
}

/// The message of a run. Without its worst findings it would be too long only if they were; so the last of them go first.
pub fn body(run: &Ended<'_>, measures: Option<&Measures>) -> Vec<u8> {
    let mut named = measures.map_or(0, |measures| measures.worst.len());
    loop {
        let body = serde_json::to_vec(&notice(run, measures, named)).expect("texts and numbers are JSON");
        if body.len() <= BODY_BYTES_MAX || named == 0 {
            return body;
        }
        named -= 1;
    }
}

fn notice<'a>(run: &Ended<'_>, measures: Option<&'a Measures>, named: usize) -> Notice<'a> {
    Notice {
        schema_version: SCHEMA_VERSION,
        azflow_version: env!("CARGO_PKG_VERSION"),
        text: text(run, measures),
        command: run.command,
        exit_code: run.exit.code(),
        exit: run.exit.name(),
        error: run.error.map(cut),
        start_time: rfc3339(run.began),
        end_time: rfc3339(run.ended),
        measured: measures.map(|measures| Measured {
            window: summary::window_of(measures.oldest, measures.newest),
            input: summary::input(&measures.counts),
            tuples: summary::tuples(&measures.counts),
            findings: measures.findings,
            worst_findings: &measures.worst[..named],
        }),
        report: run.report.map(|report| cut(&report.display().to_string())),
    }
}

/// One line for chats that show the key `text` alone: fixed words and numbers, nothing from a log.
fn text(run: &Ended<'_>, measures: Option<&Measures>) -> String {
    let how = format!("azflow {}: exit code {} ({})", run.command, run.exit.code(), run.exit.name());
    let Some(Measures { findings, counts, .. }) = measures else { return how };
    let FindingCounts { critical, high, medium, low, info } = findings;
    format!(
        "{how}; findings: {critical} critical, {high} high, {medium} medium, {low} low, {info} info; tuples kept: {}",
        counts.tuples_kept
    )
}

/// A text, cut to the bound.
fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Ended<'static> = Ended {
        command: "analyze",
        began: 1_724_090_346_000,
        ended: 1_724_090_347_250,
        exit: Exit::Findings,
        report: None,
        error: None,
    };

    fn finding(text: &str) -> WorstFinding {
        let text = cut(text);
        WorstFinding { id: "1".into(), severity: Severity::High, detector: "beacon", actor: text.clone(), title: text }
    }

    fn json(run: &Ended<'_>, measures: Option<&Measures>) -> serde_json::Value {
        serde_json::from_slice(&body(run, measures)).expect("JSON")
    }

    #[test]
    fn a_message_has_its_keys_in_this_order() {
        let mut measures = Measures { oldest: Some(0), newest: Some(60_000), ..Measures::default() };
        measures.counts.tuples_kept = 7;
        measures.findings.high = 1;
        measures.worst = vec![finding("10.0.0.4")];
        let run = Ended { report: Some(Path::new("out/report.html")), ..RUN };
        let body = String::from_utf8(body(&run, Some(&measures))).expect("UTF-8");
        let start = concat!(
            "{\"schema_version\":1,\"azflow_version\":\"",
            env!("CARGO_PKG_VERSION"),
            "\",\"text\":\"azflow analyze: exit code 3 (findings); findings: 0 critical, 1 high, 0 medium, 0 low, 0 info; ",
            "tuples kept: 7\",\"command\":\"analyze\",\"exit_code\":3,\"exit\":\"findings\",",
            "\"start_time\":\"2024-08-19T17:59:06.000Z\",\"end_time\":\"2024-08-19T17:59:07.250Z\",",
            "\"window\":{\"first_time\":\"1970-01-01T00:00:00.000Z\",\"last_time\":\"1970-01-01T00:01:00.000Z\"},\"input\":{\"blobs\":0,"
        );
        assert!(body.starts_with(start), "{body}");
        let end = concat!(
            "\"findings\":{\"critical\":0,\"high\":1,\"medium\":0,\"low\":0,\"info\":0},\"worst_findings\":[{\"id\":\"1\",",
            "\"severity\":\"high\",\"detector\":\"beacon\",\"actor\":\"10.0.0.4\",\"title\":\"10.0.0.4\"}],\"report\":\"out/report.html\"}"
        );
        assert!(body.ends_with(end), "{body}");
    }

    #[test]
    fn a_failed_run_says_why_and_leaves_out_what_it_has_not() {
        let told = json(&Ended { exit: Exit::Failed, error: Some("cannot write out: disk full"), ..RUN }, None);
        let keys: Vec<&String> = told.as_object().expect("an object").keys().collect();
        assert_eq!(told["error"], "cannot write out: disk full");
        assert_eq!(told["text"], "azflow analyze: exit code 1 (failed)");
        assert!(
            ["window", "tuples", "findings", "worst_findings", "report"].iter().all(|key| !keys.contains(&&(*key).to_owned()))
        );
    }

    #[test]
    fn a_body_keeps_its_bound_whatever_the_logs_hold() {
        // Six bytes of JSON for each character.
        let crafted = "\u{1}".repeat(10_000);
        let measures = Measures { worst: vec![finding(&crafted); 30], ..Measures::default() };
        let path = crafted.clone();
        let run = Ended { error: Some(&crafted), report: Some(Path::new(&path)), ..RUN };
        let body = body(&run, Some(&measures));
        assert!(body.len() <= BODY_BYTES_MAX, "{}", body.len());
        let told: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        let named = told["worst_findings"].as_array().expect("a list").len();
        assert!((1..30).contains(&named), "{named}");
    }

    #[test]
    fn no_text_of_a_log_stands_in_the_line_for_chats() {
        let measures = Measures { worst: vec![finding("<!channel> rule")], ..Measures::default() };
        let told = json(&RUN, Some(&measures));
        assert!(told["worst_findings"][0]["title"] == "<!channel> rule" && !told["text"].to_string().contains("channel"));
    }
}
