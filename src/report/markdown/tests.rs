//! report.md: what it holds, its bound, and what becomes of names that try to be markup.

use super::*;
use crate::report::fixture::{self, Fixture};
use crate::report::view::View;

fn text(fixture: &Fixture) -> String {
    String::from_utf8(file(&fixture.input()).bytes).expect("UTF-8")
}

#[test]
fn one_page_holds_what_a_ticket_needs() {
    let text = text(&fixture::compared());
    assert!(text.starts_with("# Azure flow log report\n\n2024-08-19 00:00 to 23:59 UTC (24 h)\n\nRead: 288 blobs, "), "{text}");
    assert!(text.contains("Compared with 2024-08-18 00:00 to 2024-08-19 00:00 UTC."));
    assert!(text.contains("; since the 24 h before 1 new, 3 ongoing, 1 ended.\n"), "{text}");
    assert!(
        text.contains("1. **critical** (new) ") && text.contains("Ended:\n\n- **medium** 10.0.2.5 tries port 445 of 40 hosts\n")
    );
    assert!(text.contains("## What changed since the 24 h before\n\n| | new | gone | more | less | unknown |\n"));
    assert!(
        text.contains("| address | 1 | 1 | 0 | 0 | 0 |\n") && text.contains("`203.0.113.77` | gone | 1,000 B | 3 |"),
        "{text}"
    );
    for part in ["## Findings", "## Exposed ports", "## Addresses", "## Subnets", "## Ports", "## Rules", "## Countries"] {
        assert_eq!(text.matches(part).count(), 1, "{part}");
    }
    assert!(text.contains("| Flows | **") && text.contains("as in the 24 h before |"));
    assert!(text.contains("`report.html`") && text.ends_with("azflow 0.1.0.\n"));
    let first = text.split("## Addresses (both ends)").nth(1).and_then(|rest| rest.lines().nth(4)).expect("a row");
    assert!(first.ends_with("| new |"), "the first address was not there before: {first}");
    assert!(text.len() < 8_000, "{} bytes", text.len());
}

#[test]
fn every_row_of_a_table_has_as_many_cells_as_its_head() {
    for fixture in [fixture::compared(), fixture::hostile(), fixture::unmeasured()] {
        let text = text(&fixture);
        let mut cells = None;
        for line in text.lines() {
            let count = line.starts_with('|').then(|| line.matches('|').count());
            assert!(cells.is_none() || count.is_none() || cells == count, "{line}");
            cells = count;
        }
    }
}

#[test]
fn hostile_names_are_no_markup_no_mention_and_no_link() {
    let mut fixture = fixture::hostile();
    let name = "x`|<script>@team #1 http://evil.example www.evil.example ![a](b)\n# head\n- item ";
    fixture.view = View::new(Some(name), Some(50), None);
    fixture.tables.traffic_by_subnet.iter_mut().for_each(|row| row.subnet = name.into());
    fixture.tables.exposed_ports.iter_mut().for_each(|row| row.rule = name.into());
    for finding in &mut fixture.findings.findings {
        (finding.title, finding.why) = (name.into(), format!("{name} `a{name}`"));
    }
    let text = text(&fixture);
    assert!(text.len() <= BYTES_MAX, "{} bytes", text.len());
    for live in ["<", "@", "://", "www.", "\\"] {
        assert!(!text.contains(live), "{live} in {text}");
    }
    // Every other piece between back-quotes is code, in which brackets mean nothing.
    let plain: String = text.split('`').step_by(2).collect();
    assert!(["![", "](", "#1 "].iter().all(|live| !plain.contains(live)), "{plain}");
    assert!(text.lines().filter(|line| line.starts_with('#')).all(|line| !line.contains("head") || line.starts_with("# x")));
    assert!(text.lines().all(|line| !line.starts_with("- item")));
    assert!(text.chars().all(|c| c == '\n' || words::shown(c) == c));
}

#[test]
fn what_does_not_fit_is_named() {
    let mut fixture = fixture::hostile();
    fixture.view = View::new(None, Some(50), None);
    let finding = fixture.findings.findings[0].clone();
    fixture.findings.findings = vec![finding; 40];
    fixture.findings.findings.iter_mut().for_each(|finding| finding.why = "<&".repeat(600));
    let text = text(&fixture);
    assert!(text.len() <= BYTES_MAX, "{} bytes", text.len());
    assert!(text.contains("Left out, since it would not fit: ") && text.contains("30 more in findings.json."));
    assert!(text.contains("## How this was counted"));
}

#[test]
fn a_run_that_read_nothing_says_so() {
    let text = text(&fixture::empty());
    assert!(text.contains("no tuple in the window") && text.contains("None: there was nothing to look at."));
    assert!(!text.contains("## Addresses"));
}

#[test]
fn commands_in_a_next_step_stay_code() {
    assert_eq!(sentence("Run `azflow flows x` & look.", 90), "Run `azflow flows x` &#38; look.");
    assert_eq!(sentence("abc `def ghi` jkl", 6), "abc…");
    assert_eq!(sentence("`abc` def ghi jkl", 12), "`abc` def ghi…");
    assert_eq!(sentence("one two three", 9), "one two…");
}
