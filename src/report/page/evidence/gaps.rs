//! A beacon's gaps in order, and the parts of its score.
//!
//! Goes in: a finding with `intervals_seconds` or `score_timestamps`. Comes out: the interval strip, and bars from 0 to 1.

use super::Picture;
use super::axis::{HEIGHT, Note, Plot, legend, notes};
use super::reading::{greatest, number, series};
use super::sheet::{Anchor, LINE, Mark, Sheet, WIDTH};
use crate::report::chart::canvas::{BLUE, GREEN, GRID, MUTED, SKY, TEXT, VERMILLION};
use crate::report::chart::scale::Unit;
use crate::report::words;
use crate::schema::finding::Finding;

/// Gaps in order, with their median and the band in which half of them lie.
pub fn strip(finding: &Finding) -> Option<Picture> {
    let gaps = series(finding, "intervals_seconds");
    let most = greatest(gaps.iter().flatten().copied());
    if gaps.iter().flatten().count() < 2 || most <= 0.0 {
        return None;
    }
    let median = number(finding, "interval_seconds_median");
    let near = number(finding, "interval_seconds_deviation");
    let reach = median.unwrap_or(0.0) + near.unwrap_or(0.0);
    let plot = Plot::new(most.max(reach));
    let mut sheet = Sheet::new(HEIGHT, &format!("{} gaps between contacts, the longest {most:.0} seconds", gaps.len()));
    plot.values(&mut sheet, Unit::Count("second"), "Seconds between contacts, in order");
    legend(&mut sheet, &[("gap", BLUE), ("half lie here", SKY)]);
    let slot = plot.width() / gaps.len() as f64;
    let bars = gaps
        .iter()
        .enumerate()
        .filter_map(|(at, gap)| Some(plot.bar(plot.left + slot * (at as f64 + 0.15), slot * 0.7, (*gap)?)));
    sheet.boxes(bars, BLUE);
    let mut said = Vec::new();
    if let Some(median) = median {
        if let Some(near) = near {
            let (top, bottom) = (plot.y(median + near), plot.y((median - near).max(0.0)));
            let band = Mark { x: plot.left, y: top, width: plot.width(), height: (bottom - top).max(1.0) };
            sheet.veil([band], SKY);
        }
        let y = plot.y(median);
        sheet.dashed((plot.left, y), (plot.right, y), VERMILLION);
        let tolerance = near.map_or_else(String::new, |near| format!(" ± {near:.0}"));
        said.push(Note { y, text: format!("median {median:.0}{tolerance} s") });
    }
    notes(&mut sheet, &plot, said);
    plot.ends(&mut sheet, "first gap", &format!("gap {}", gaps.len()));
    sheet.text(
        &format!("from {} UTC", words::minute_of_rfc3339(&finding.first_time)),
        (plot.left, plot.bottom + 14.0),
        Anchor::Start,
        MUTED,
    );
    let contacts = number(finding, "window_contacts").map_or(0, |contacts| contacts as u64);
    let which = match contacts > gaps.len() as u64 + 1 {
        true => format!("The first {} gaps between {}", gaps.len(), words::counted(contacts, "contact")),
        false => words::counted(gaps.len() as u64, "gap"),
    };
    Some(Picture {
        topic: "Gaps between contacts",
        svg: sheet.finish(),
        caption: format!("{which} in seconds, in order; the longest is {} s.", words::count(most as u64)),
        drawn: &["intervals_seconds"],
    })
}

/// The parts of the score, by key, with what each says.
const PARTS: [(&str, &str); 5] = [
    ("score_timestamps", "how alike the gaps are"),
    ("score_sizes", "how alike the sizes are"),
    ("score_histogram", "how even over the window"),
    ("score_duration", "how long over the window"),
    ("score", "score: the mean"),
];

/// The score and its parts from 0 to 1, with its threshold.
pub fn scores(finding: &Finding) -> Option<Picture> {
    number(finding, "score_timestamps")?;
    let parts: Vec<(&str, &str, f64)> =
        PARTS.iter().filter_map(|(key, said)| Some((*key, *said, number(finding, key)?.min(1.0)))).collect();
    let (left, right, top) = (200.0, WIDTH - 144.0, 22.0);
    let bottom = top + 22.0 * parts.len() as f64;
    let mut sheet = Sheet::new(bottom + 24.0, "The score and its parts, from 0 to 1");
    sheet.text("Parts of the score, 0 to 1", (0.0, 10.0), Anchor::Start, TEXT);
    let x = |value: f64| left + value * (right - left);
    for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
        sheet.line((x(value), top), (x(value), bottom), GRID);
        sheet.text(label, (x(value), bottom + 10.0), Anchor::Middle, MUTED);
    }
    for (at, (key, said, value)) in parts.iter().enumerate() {
        let y = top + 22.0 * at as f64 + 3.0;
        let ink = if *key == "score" { GREEN } else { BLUE };
        sheet.boxes([Mark { x: left, y, width: x(*value) - left, height: LINE }], ink);
        sheet.text(said, (left - 8.0, y + 8.0), Anchor::End, TEXT);
        sheet.text(&format!("{value:.3}"), (right + 8.0, y + 8.0), Anchor::Start, TEXT);
    }
    if let Some(least) = number(finding, "score_min") {
        sheet.dashed((x(least), top - 4.0), (x(least), bottom), TEXT);
        sheet.text(&format!("at least {least}"), (x(least), top - 11.0), Anchor::Middle, TEXT);
    }
    Some(Picture {
        topic: "Parts of the score",
        svg: sheet.finish(),
        caption: "The score is the mean of its parts; the dashed line is what it takes to be a finding.".into(),
        drawn: &["score_timestamps", "score_sizes", "score_histogram", "score_duration"],
    })
}
