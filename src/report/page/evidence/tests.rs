//! Pictures of evidence: hand-checked places, gaps that stay gaps, thinned scans, and hostile texts that never get in.

use super::measured::{Limit, asked, limits};
use super::sheet::hex;
use super::*;
use crate::report::chart::canvas::{BLUE, SKY, VERMILLION};
use crate::report::fixture;
use crate::schema::finding::Evidence;

fn finding(detector: &'static str, evidence: &[(&'static str, Evidence)]) -> Finding {
    let mut finding = fixture::day().findings.findings.remove(0);
    finding.detector = detector;
    finding.evidence = evidence.iter().cloned().collect();
    finding
}

fn list(texts: &[&str]) -> Evidence {
    Evidence::List(texts.iter().map(ToString::to_string).collect())
}

/// The boxes of an ink: x, y, width, height of each.
fn boxes(svg: &str, ink: crate::report::chart::canvas::Ink) -> Vec<[f64; 4]> {
    let paths = svg.split("<path d=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let of_ink = paths.filter(|(_, rest)| rest.starts_with(&format!(" fill=\"{}\"/>", hex(ink))));
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let read = |mark: &str| {
        let (place, size) = mark.split_once('h').expect("a width");
        let (x, y) = place.split_once(' ').expect("two places");
        let (width, rest) = size.split_once('v').expect("a height");
        [number(x), number(y), number(width), number(rest.split_once('h').expect("a way back").0)]
    };
    of_ink.flat_map(|(path, _)| path.split('M').skip(1).map(read).collect::<Vec<_>>()).collect()
}

#[test]
fn gaps_stand_in_order_and_one_that_cannot_be_read_keeps_its_place() {
    let beacon = finding(
        "beacon",
        &[
            ("intervals_seconds", list(&["50", "<b>", "100", "NaN", "-3"])),
            ("interval_seconds_median", Evidence::Number(75.0)),
            ("interval_seconds_deviation", Evidence::Number(25.0)),
        ],
    );
    let picture = &pictures(&beacon)[0];
    let bars = boxes(&picture.svg, BLUE);
    // Five slots of (576 - 74) / 5 = 100.4 pixels; 134 pixels high for 104 seconds. The first box is that of the legend.
    assert_eq!(bars[1..].iter().map(|bar| bar[0]).collect::<Vec<_>>(), [89.1, 289.9]);
    assert_eq!(bars[1..].iter().map(|bar| bar[3]).collect::<Vec<_>>(), [64.4, 128.8]);
    assert!(picture.svg.contains("median 75 ± 25 s") && picture.svg.contains("stroke-dasharray"));
    assert!(!picture.svg.contains("<b>") && !picture.svg.contains("NaN"));
    assert_eq!(picture.drawn, ["intervals_seconds"]);
}

#[test]
fn the_parts_of_a_score_are_bars_from_0_to_1_beside_its_threshold() {
    let score = |key, value| (key, Evidence::Number(value));
    let parts = [score("score", 0.75), score("score_min", 0.5), score("score_timestamps", 0.5), score("score_duration", 1.0)];
    let picture = &pictures(&finding("beacon", &parts))[0];
    // 0 lies at 200, 1 at 576.
    assert_eq!(boxes(&picture.svg, BLUE).iter().map(|bar| bar[2]).collect::<Vec<_>>(), [188.0, 376.0]);
    assert!(picture.svg.contains("at least 0.5") && picture.svg.contains(">0.750<"));
}

#[test]
fn hours_without_an_entry_stay_empty_on_the_axis_of_time() {
    let sent = ["2024-08-19T00:00:00.000Z 1024", "2024-08-19T04:00:00.000Z 2048", "soon 7", "2024-08-19T05:00:00.000Z many"];
    let received = ["2024-08-19T00:00:00.000Z 0"];
    let evidence = [("sent_by_hour", list(&sent)), ("received_by_hour", list(&received)), ("bytes_min", Evidence::Count(512))];
    let picture = &pictures(&finding("exfiltration", &evidence))[0];
    let bars = boxes(&picture.svg, BLUE);
    assert_eq!(bars.len(), 3, "the legend and two hours");
    // Five hours in 502 pixels: 100.4 each, with two bars of 36 in their middle.
    assert_eq!((bars[1][0], bars[2][0]), (88.2, 489.8));
    assert!(picture.svg.contains("at least 512 B") && picture.svg.contains("2024-08-19 00:00"));
    assert!(picture.svg.contains("2024-08-19 05:00 UTC"));
    assert!(picture.caption.ends_with("highest: 2 KiB."), "{}", picture.caption);
}

#[test]
fn odd_hours_are_marked_and_hours_that_nobody_logged_are_left_out() {
    let times = ["2024-08-19T00:00:00.000Z", "2024-08-19T01:00:00.000Z", "?", "2024-08-19T04:00:00.000Z"];
    let mut odd = finding(
        "deny_anomaly",
        &[
            ("series_times", list(&times)),
            ("series_values", Evidence::Counts(vec![1, 2, 99, 100])),
            ("series_expected", Evidence::Counts(vec![2, 2, 2, 2])),
            ("series_band_low", Evidence::Counts(vec![0, 0, 0, 0])),
            ("series_band_high", Evidence::Counts(vec![4, 4, 4, 4])),
        ],
    );
    (odd.first_time, odd.last_time) = ("2024-08-19T04:00:00.000Z".into(), "2024-08-19T04:59:59.999Z".into());
    let picture = &pictures(&odd)[0];
    // Two usual hours and an odd one, beside the squares of the legend; the hour whose time is none is not drawn.
    assert_eq!((boxes(&picture.svg, BLUE).len(), boxes(&picture.svg, VERMILLION).len()), (3, 2));
    assert_eq!(boxes(&picture.svg, VERMILLION)[1][0], 495.7);
    assert_eq!(boxes(&picture.svg, SKY).len(), 1, "the band is seen through");
    assert!(picture.caption.starts_with("3 hours logged, 1 of them odd; highest: 100 flows"), "{}", picture.caption);
}

#[test]
fn a_scan_is_one_mark_per_host_and_port_and_says_what_it_leaves_out() {
    let tried = list(&["10.0.0.4 22", "10.0.0.4 80", "10.0.0.5 22", "<b> 7", "10.0.0.6 x"]);
    let evidence = [
        ("tried", tried),
        ("pairs", Evidence::Count(12_345)),
        ("port_least", Evidence::Count(1)),
        ("port_greatest", Evidence::Count(65_000)),
    ];
    let picture = &pictures(&finding("port_scan", &evidence))[0];
    assert_eq!(boxes(&picture.svg, BLUE).len(), 3);
    assert_eq!(picture.caption, "One mark is a host and port that gave no answer: 3 of 12,345 pairs, ports 1 to 65000.");
    assert!(picture.svg.contains(">10.0.0.5<") && !picture.svg.contains("<b>") && !picture.svg.contains("10.0.0.6"));
}

#[test]
fn a_sweep_of_one_port_spreads_its_hosts_over_the_width() {
    let tried: Vec<String> = (0..50).map(|host| format!("10.0.0.{host} 445")).collect();
    let picture = &pictures(&finding("host_sweep", &[("tried", Evidence::List(tried))]))[0];
    let marks = boxes(&picture.svg, BLUE);
    // Fifty hosts in 560 pixels.
    assert!(marks.windows(2).all(|pair| (pair[1][0] - pair[0][0] - 11.2).abs() < 0.11));
    assert!(marks.iter().all(|mark| mark[3] == 40.0) && picture.svg.contains("Ports (lines) and hosts (across)"));
    assert!(picture.svg.contains(">10.0.0.0<") && picture.svg.contains(">10.0.0.49<") && !picture.svg.contains(">10.0.0.1<"));
}

#[test]
fn each_number_stands_beside_its_own_threshold() {
    let guesses = finding(
        "brute_force",
        &[
            ("attempts", Evidence::Count(500)),
            ("attempts_peak", Evidence::Count(20)),
            ("attempts_min", Evidence::Count(10)),
            ("attempt_bytes_median", Evidence::Count(2_048)),
            ("attempt_bytes_max", Evidence::Count(4_096)),
            ("ratio", Evidence::Number(6.5)),
            ("ratio_min", Evidence::Number(3.0)),
            ("odd_min", Evidence::Number(f64::NAN)),
        ],
    );
    let limit = |measured, limit, word| Limit { measured, limit, word };
    let found = limits(&guesses);
    assert_eq!(
        found,
        [
            limit("attempt_bytes_median", "attempt_bytes_max", "at most"),
            limit("attempts_peak", "attempts_min", "at least"),
            limit("ratio", "ratio_min", "at least"),
        ]
    );
    assert_eq!(asked(&guesses, &found, "attempt_bytes_median"), "at most 4 KiB");
    assert_eq!(asked(&guesses, &found, "attempts"), "");
    let picture = pictures(&guesses).remove(0);
    // The whole length is 244 pixels: half the limit, the greatest, the greatest.
    assert_eq!(boxes(&picture.svg, BLUE).iter().map(|bar| bar[2]).collect::<Vec<_>>(), [122.0, 244.0, 244.0]);
    assert!(picture.svg.contains(">at least 10<") && picture.svg.contains(">6.5<"));
}

#[test]
fn pictures_are_bounded_whatever_the_evidence_holds() {
    let long = |value: &str| Evidence::List(vec![value.to_owned(); 100_000]);
    let tried = (0..100_000_u32).map(|at| format!("2001:db8::{at:x} {}", at % 65_536)).collect();
    let evidence = [
        ("intervals_seconds", long("123456789.123")),
        ("sent_by_hour", long("2024-08-19T00:00:00.000Z 18446744073709551615")),
        ("received_by_hour", long("9999-08-19T00:00:00.000Z 18446744073709551615")),
        ("bytes_min", Evidence::Count(u64::MAX)),
        ("series_times", long("2024-08-19T00:00:00.000Z")),
        ("series_values", Evidence::Counts(vec![u64::MAX; 100_000])),
        ("series_band_low", Evidence::Counts(vec![0; 100_000])),
        ("series_band_high", Evidence::Counts(vec![u64::MAX; 100_000])),
        ("tried", Evidence::List(tried)),
    ];
    let drawn = pictures(&finding("port_scan", &evidence));
    assert_eq!(drawn.len(), 4);
    for picture in drawn {
        assert!(picture.svg.len() <= 12_000, "{}: {} bytes", picture.topic, picture.svg.len());
        assert!(!picture.svg.contains("NaN") && !picture.svg.contains("inf"));
    }
}

#[test]
fn evidence_without_a_series_or_a_threshold_has_no_picture() {
    let hostile = list(&["<script>alert(1)</script>", "NaN"]);
    let evidence = [("intervals_seconds", hostile.clone()), ("tried", hostile.clone()), ("sent_by_hour", hostile)];
    assert!(pictures(&finding("beacon", &evidence)).is_empty());
    assert!(pictures(&finding("beacon", &[])).is_empty());
}
