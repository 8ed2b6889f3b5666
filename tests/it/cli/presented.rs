//! Options of presentation and the comparison with the period before, from the command line to the files.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder;
use crate::logs::{MAC, VNET_TUPLES, blob, put, small_blob, vnet};
use crate::run::{Report, analyze, azflow, files};

/// The tuples of the small blob an hour later, with twice the bytes.
const LATER: [&str; 4] = [
    "1724090410123,10.0.0.4,10.0.0.5,45321,443,6,O,B,NX,0,0,0,0",
    "1724090470123,10.0.0.4,10.0.0.5,45321,443,6,O,C,NX,20,2000,18,18000",
    "1724090530123,10.0.0.4,10.0.0.5,45321,443,6,O,E,NX,2,120,2,108",
    "1724090540123,198.51.100.9,10.0.0.4,50000,3389,6,I,D,NX,0,0,0,0",
];

/// Two hours, the second with twice the bytes.
fn two_hours(folder: &Path) -> PathBuf {
    let [first, second] = [("2024-08-19T17:10:00Z", VNET_TUPLES), ("2024-08-19T18:10:00Z", LATER)];
    put(folder, "hours.json", blob(&[vnet(MAC, first.0, "r", &first.1), vnet(MAC, second.0, "r", &second.1)]))
}

fn text(report: &Report, name: &str) -> String {
    fs::read_to_string(report.out.join(name)).expect("a file of the report")
}

/// The ids of the parts of the page.
fn parts(report: &Report) -> Vec<String> {
    let page = text(report, "report.html");
    page.split("<div class=\"part\" id=\"").skip(1).filter_map(|rest| Some(rest.split('"').next()?.to_owned())).collect()
}

#[test]
fn a_title_stands_on_the_page_and_in_the_markdown() {
    let folder = folder();
    let report = analyze([put(folder.path(), "a.json", small_blob())], &["--title", "Night shift & <co>"]);
    assert_eq!(report.ran.code, 0, "{:?}", report.ran);
    assert!(text(&report, "report.html").contains("<h1>Night shift &#38; &#60;co&#62;</h1>"));
    assert!(text(&report, "report.md").starts_with("# Night shift &#38; &#60;co&#62;\n"));
}

#[test]
fn parts_are_chosen_for_the_page_and_every_file_is_written_all_the_same() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let some = analyze([&input], &["--report-sections", "security,overview"]);
    let all = analyze([&input], &[]);
    assert_eq!(parts(&some), ["overview", "security"], "in the order of the page");
    assert_eq!(parts(&all).last().map(String::as_str), Some("appendix"));
    assert!(files(&some.out).keys().eq(files(&all.out).keys()));
}

#[test]
fn top_says_how_many_names_charts_and_lists_show() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let svg = |top: &str| text(&analyze([&input], &["--top", top]), "charts/top_addresses.svg");
    assert!(svg("1").contains("other (") && !svg("50").contains("other ("));
    let markdown = text(&analyze([&input], &["--top", "1"]), "report.md");
    let addresses = markdown.split("## Addresses").nth(1).and_then(|rest| rest.split("\n\n").nth(1)).expect("a list");
    assert_eq!(addresses.lines().count(), 3, "{addresses}");
}

#[test]
fn wrong_options_of_presentation_end_with_usage_and_say_what_is_right() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let long = "x".repeat(201);
    for (options, said) in [
        (&["--report-sections", "securty"][..], "hint: try 'security'"),
        (&["--title", " "], "at least one character"),
        (&["--title", &long], "at most 200 characters, this one 201"),
        (&["--top", "0"], "1..=50"),
        (&["--top", "51"], "1..=50"),
        (&["--compare", "previous"], "hint: give --from TIME or --last DURATION"),
        (&["--compare", "previous", "--to", "2024-08-20"], "hint: give --from TIME or --last DURATION"),
        (&["--compare", "yesterday", "--last", "1h"], "is neither previous nor a UTC date or time"),
    ] {
        let ran = analyze([&input], options).ran;
        assert_eq!(ran.code, 2, "{options:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{options:?}: {}", ran.stderr);
    }
    let out = folder.path().join("out");
    let args = ["analyze", "-", "--last", "1h", "--compare", "previous", "--out", out.to_str().expect("UTF-8")];
    assert_eq!(azflow(args).code, 2, "standard input cannot be read twice");
}

#[test]
fn the_period_before_is_read_and_what_changed_is_told() {
    let folder = folder();
    let input = two_hours(folder.path());
    for window in [&["--from", "2024-08-19T18:00:00Z", "--to", "2024-08-19T19:00:00Z"][..], &["--last", "1h"]] {
        let options: Vec<&str> = window.iter().copied().chain(["--compare", "previous"]).collect();
        let report = analyze([&input], &options);
        assert_eq!(report.ran.code, 0, "{:?}", report.ran);
        let summary = report.summary();
        assert_eq!(summary["tuples"]["kept"], 4);
        let previous = &summary["previous"];
        assert_eq!(previous["tuples_kept"], 4, "{window:?}: {previous}");
        assert_eq!(previous["traffic"]["deduplicated"]["bytes_src_to_dst"], 1_060);
        assert_eq!(previous["traffic"]["observed"]["bytes_dst_to_src"], 9_054);
        let page = text(&report, "report.html");
        assert!(page.contains(">+100 % against the 1 h before<") && page.contains(">as in the 1 h before<"));
        let markdown = text(&report, "report.md");
        assert!(markdown.contains("| +100 % against the 1 h before |") && markdown.contains(" | +100 % |"), "{markdown}");
        assert!(text(&report, "charts/traffic_over_time.svg").contains("stroke-dasharray"));
    }
    let alone = analyze([&input], &["--last", "1h"]);
    assert!(alone.summary().get("previous").is_none() && !text(&alone, "report.html").contains("1 h before"));
}

#[test]
fn the_ends_of_both_periods_meet_and_neither_overlaps() {
    let folder = folder();
    let report = analyze([two_hours(folder.path())], &["--from", "2024-08-19T18:00:00Z", "--compare", "previous"]);
    let previous = report.summary()["previous"].clone();
    assert_eq!(previous["to"], "2024-08-19T18:00:00.000Z");
    // From 18:00 to the newest tuple and one millisecond: 140,124 ms, counted back from 18:00.
    assert_eq!(previous["from"], "2024-08-19T17:57:39.876Z");
    assert_eq!(previous["tuples_kept"], 0);
}

#[test]
fn a_period_before_without_a_tuple_is_said_and_not_compared_with() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let report = analyze([input], &["--from", "2024-08-19T17:00:00Z", "--to", "2024-08-19T18:00:00Z", "--compare", "previous"]);
    assert_eq!(report.summary()["previous"]["tuples_kept"], 0);
    let page = text(&report, "report.html");
    assert!(page.contains("no tuple in the 1 h before") && !page.contains("new: none in the 1 h before"));
    assert!(text(&report, "report.md").contains("Compared with 2024-08-19 16:00 to 2024-08-19 17:00 UTC: no tuple."));
}
