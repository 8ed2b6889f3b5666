//! The picture of a finding's evidence: what was measured, one bar a value, beside what was expected.
//!
//! Goes in: a finding. Comes out: a small SVG, or nothing where its evidence holds no series. Draws numbers alone, so that no text of a
//! log reaches the picture; colours are attributes, since the page's policy allows no style of their own.

use std::fmt::Write as _;

use crate::report::words;
use crate::schema::finding::{Evidence, Finding};

/// Size of a picture. Unit: CSS pixels; its width follows the page.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;
/// Colours of the first and the second series, and of what was expected: those of the charts.
const FIRST: &str = "#0072b2";
const SECOND: &str = "#56b4e9";
const EXPECTED: &str = "#d55e00";

/// Which evidence of a detector is drawn, and how.
struct Sketch {
    detectors: &'static [&'static str],
    caption: &'static str,
    first: &'static str,
    /// A second bar beside each, or an empty name.
    second: &'static str,
    /// A line over the bars: one value each, or one for all.
    expected: &'static str,
}

/// Every picture, by the keys of the evidence.
static SKETCHES: &[Sketch] = &[
    Sketch {
        detectors: &["beacon"],
        caption: "Gaps between contacts in seconds, in order (line: median)",
        first: "intervals_seconds",
        second: "",
        expected: "interval_seconds_median",
    },
    Sketch {
        detectors: &["exfiltration"],
        caption: "Bytes by hour: sent (dark) and received (light); line: what counts at least",
        first: "sent_by_hour",
        second: "received_by_hour",
        expected: "bytes_min",
    },
    Sketch {
        detectors: &["volume_anomaly", "deny_anomaly"],
        caption: "Measured by hour (line: expected)",
        first: "series_values",
        second: "",
        expected: "series_expected",
    },
];

/// The picture of `finding` and its caption; `None` where there is nothing to draw.
pub fn picture(finding: &Finding) -> Option<(String, String)> {
    if let Some(Evidence::List(tried)) = finding.evidence.get("tried") {
        return scatter(tried);
    }
    let sketch = SKETCHES.iter().find(|sketch| sketch.detectors.contains(&finding.detector))?;
    let values = |key: &str| finding.evidence.get(key).map(numbers).unwrap_or_default();
    let (first, second, expected) = (values(sketch.first), values(sketch.second), values(sketch.expected));
    if first.len() < 2 {
        return None;
    }
    let most = [&first, &second, &expected].into_iter().flatten().copied().fold(0.0_f64, f64::max);
    if most <= 0.0 {
        return None;
    }
    let svg = draw(&Drawn { first: &first, second: &second, expected: &expected, most }, sketch.caption);
    let most = match sketch.first {
        "sent_by_hour" => words::bytes(most as u64),
        _ => words::count(most as u64),
    };
    Some((svg, format!("{}; highest: {most}.", sketch.caption)))
}

/// Width of a mark of a scatter. Unit: CSS pixels.
const MARK: f64 = 2.0;

/// Ports from left (the least) to right (the greatest), one line per host in the order of addresses; `tried` holds `ADDRESS PORT`.
fn scatter(tried: &[String]) -> Option<(String, String)> {
    let pairs: Vec<(&str, u16)> = tried
        .iter()
        .filter_map(|text| text.split_once(' '))
        .filter_map(|(host, port)| Some((host, port.parse().ok()?)))
        .collect();
    let mut hosts: Vec<&str> = pairs.iter().map(|(host, _)| *host).collect();
    hosts.dedup();
    if pairs.len() < 2 {
        return None;
    }
    let ports = || pairs.iter().map(|(_, port)| *port);
    let (least, greatest) = (ports().min().unwrap_or(0), ports().max().unwrap_or(0));
    let caption = format!("Ports from {least} to {greatest} that gave no answer, one line per host");
    let mut svg = opened(&caption);
    let line = HEIGHT / hosts.len() as f64;
    let range = f64::from((greatest - least).max(1));
    for (host, port) in &pairs {
        let at = hosts.iter().position(|other| other == host).unwrap_or(0);
        let (x, y) = (f64::from(port - least) / range * (WIDTH - MARK), line * (at as f64 + 0.1));
        let _ = write!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{MARK}\" height=\"{:.1}\" fill=\"{FIRST}\"/>", line * 0.8);
    }
    svg.push_str("</svg>");
    Some((svg, format!("{caption}: {} shown.", words::counted(pairs.len() as u64, "pair"))))
}

/// The numbers of a piece of evidence; of a text its last word. What is no number is left out.
fn numbers(evidence: &Evidence) -> Vec<f64> {
    let of_text = |text: &String| text.rsplit(' ').next().and_then(|word| word.parse::<f64>().ok());
    let all: Vec<f64> = match evidence {
        Evidence::Count(number) => vec![*number as f64],
        Evidence::Number(number) => vec![*number],
        Evidence::Counts(numbers) => numbers.iter().map(|number| *number as f64).collect(),
        Evidence::List(texts) => texts.iter().filter_map(of_text).collect(),
        Evidence::Text(_) => Vec::new(),
    };
    all.into_iter().filter(|number| number.is_finite() && *number >= 0.0).collect()
}

/// What is drawn; `most` is the greatest of all.
struct Drawn<'a> {
    first: &'a [f64],
    second: &'a [f64],
    expected: &'a [f64],
    most: f64,
}

/// The begin of a picture.
fn opened(label: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"100%\" height=\"{HEIGHT}\" \
         preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"{label}\">"
    )
}

fn draw(drawn: &Drawn<'_>, label: &str) -> String {
    let mut svg = opened(label);
    let slot = WIDTH / drawn.first.len() as f64;
    let bars = if drawn.second.is_empty() { 1.0 } else { 2.0 };
    let height = |value: f64| value / drawn.most * (HEIGHT - 4.0);
    for (series, colour, place) in [(drawn.first, FIRST, 0.0), (drawn.second, SECOND, 1.0)] {
        for (at, value) in series.iter().take(drawn.first.len()).enumerate() {
            let (x, width) = (slot * at as f64 + slot * 0.1 + place * slot * 0.4, slot * 0.8 / bars);
            let tall = height(*value);
            let _ = write!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{tall:.1}\" fill=\"{colour}\"/>",
                HEIGHT - tall
            );
        }
    }
    let level = |at: usize| drawn.expected.get(at).or(drawn.expected.first().filter(|_| drawn.expected.len() == 1));
    let points = (0..drawn.first.len()).filter_map(|at| Some((slot * (at as f64 + 0.5), HEIGHT - height(*level(at)?))));
    let points: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    if points.len() > 1 {
        let _ = write!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{EXPECTED}\" stroke-width=\"2\"/>", points.join(" "));
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn finding(detector: &'static str, evidence: &[(&'static str, Evidence)]) -> Finding {
        let mut finding = fixture::day().findings.findings.remove(0);
        finding.detector = detector;
        finding.evidence = evidence.iter().cloned().collect();
        finding
    }

    #[test]
    fn each_sketch_draws_its_series_and_nothing_of_an_evidence_without_one() {
        let texts = |texts: &[&str]| Evidence::List(texts.iter().map(ToString::to_string).collect());
        let beacon = finding(
            "beacon",
            &[("intervals_seconds", texts(&["60", "61", "59"])), ("interval_seconds_median", Evidence::Number(60.0))],
        );
        let (svg, caption) = picture(&beacon).unwrap_or_default();
        assert_eq!((svg.matches("<rect").count(), svg.matches("<polyline").count()), (3, 1));
        assert!(caption.ends_with("highest: 61."), "{caption}");
        let sent = texts(&["2024-08-19T00:00:00.000Z 100", "2024-08-19T01:00:00.000Z 2048"]);
        let received = texts(&["2024-08-19T00:00:00.000Z 5", "2024-08-19T01:00:00.000Z 6"]);
        let leak = finding(
            "exfiltration",
            &[("sent_by_hour", sent), ("received_by_hour", received), ("bytes_min", Evidence::Count(10))],
        );
        let (svg, caption) = picture(&leak).unwrap_or_default();
        assert_eq!(svg.matches("<rect").count(), 4);
        assert!(caption.ends_with("highest: 2 KiB."), "{caption}");
        let series = [("series_values", Evidence::Counts(vec![1, 2, 9])), ("series_expected", Evidence::Counts(vec![1, 1, 1]))];
        assert!(picture(&finding("deny_anomaly", &series)).is_some());
        assert!(picture(&finding("beacon", &[])).is_none() && picture(&finding("port_scan", &series)).is_none());
    }

    #[test]
    fn a_scan_is_one_dot_per_host_and_port() {
        let tried = Evidence::List(vec!["10.0.0.4 22".into(), "10.0.0.4 80".into(), "10.0.0.5 22".into(), "<b> x".into()]);
        let (svg, caption) = picture(&finding("port_scan", &[("tried", tried)])).unwrap_or_default();
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(caption.ends_with(": 3 pairs shown.") && !svg.contains("<b>"), "{caption}");
    }

    #[test]
    fn texts_of_a_log_never_reach_the_picture() {
        let hostile = Evidence::List(vec!["<script>alert(1)</script>".into(), "NaN".into(), "1".into(), "2".into()]);
        let (svg, _) = picture(&finding("beacon", &[("intervals_seconds", hostile)])).unwrap_or_default();
        assert_eq!(svg.matches("<rect").count(), 2);
        assert!(!svg.contains("script") && !svg.contains("NaN"));
    }
}
