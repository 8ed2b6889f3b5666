//! What was measured hour by hour, on a true axis of time: hours without an entry stay empty.
//!
//! Goes in: a finding whose evidence lists `TIME VALUE`. Comes out: bars at their hours, with the threshold of an hour. A band of what was
//! expected is another picture.

use super::Picture;
use super::axis::{HEIGHT, Note, Plot, TimeAxis, legend, notes};
use super::reading::{greatest, number, timed};
use super::sheet::Sheet;
use crate::report::chart::canvas::{BLUE, Ink, SKY, VERMILLION};
use crate::report::chart::scale::Unit;
use crate::report::words;
use crate::schema::finding::Finding;
use crate::schema::units::HOUR_MS;

/// Widest bar. Unit: pixels.
const BAR_MAX: f64 = 36.0;

/// A series by hour, by the keys of the evidence.
struct Sketch {
    topic: &'static str,
    unit: Unit,
    said: &'static str,
    /// One or two series: key, name, ink.
    series: &'static [(&'static str, &'static str, Ink)],
    /// Key of what an hour must have to count; empty where no number is asked of an hour.
    least: &'static str,
    /// What an hour without an entry means.
    empty: &'static str,
    drawn: &'static [&'static str],
}

static SKETCHES: &[Sketch] = &[
    Sketch {
        topic: "Sent and received by hour",
        unit: Unit::Bytes,
        said: "Bytes an hour, to and from this peer",
        series: &[("sent_by_hour", "sent", BLUE), ("received_by_hour", "received", SKY)],
        least: "bytes_min",
        empty: "hours with less than 1 MB sent are empty",
        drawn: &["sent_by_hour", "received_by_hour"],
    },
    Sketch {
        topic: "Attempts by hour",
        unit: Unit::Count("attempt"),
        said: "Attempts an hour, of all peers",
        series: &[("attempts_by_hour", "attempts", BLUE)],
        least: "",
        empty: "hours without attempts that count are empty",
        drawn: &["attempts_by_hour"],
    },
];

/// The first series that the evidence holds.
pub fn picture(finding: &Finding) -> Option<Picture> {
    SKETCHES.iter().find_map(|sketch| draw(finding, sketch))
}

fn draw(finding: &Finding, sketch: &Sketch) -> Option<Picture> {
    let series: Vec<Vec<(i64, f64)>> = sketch.series.iter().map(|(key, ..)| timed(finding, key)).collect();
    let times = || series.iter().flatten().map(|(time, _)| *time);
    let (first, last) = (times().min()?, times().max()?);
    let highest = greatest(series.iter().flatten().map(|(_, value)| *value));
    if highest <= 0.0 {
        return None;
    }
    let least = number(finding, sketch.least);
    let plot = Plot::new(highest.max(least.unwrap_or(0.0)));
    let axis = TimeAxis { plot, from: first, to: last.saturating_add(HOUR_MS) };
    let mut sheet = Sheet::new(HEIGHT, &format!("{}, highest {}", sketch.said, sketch.unit.said(highest as u64)));
    plot.values(&mut sheet, sketch.unit, sketch.said);
    if sketch.series.len() > 1 {
        legend(&mut sheet, &sketch.series.iter().map(|(_, name, ink)| (*name, *ink)).collect::<Vec<_>>());
    }
    let slot = axis.x(first.saturating_add(HOUR_MS)) - plot.left;
    let width = (slot * 0.8 / series.len() as f64).clamp(1.0, BAR_MAX);
    let margin = (slot - width * series.len() as f64) / 2.0;
    for (at, (values, (_, _, ink))) in series.iter().zip(sketch.series).enumerate() {
        let bars = values.iter().map(|(time, value)| plot.bar(axis.x(*time) + margin + width * at as f64, width, *value));
        sheet.boxes(bars, *ink);
    }
    if let Some(least) = least {
        let y = plot.y(least);
        sheet.dashed((plot.left, y), (plot.right, y), VERMILLION);
        notes(&mut sheet, &plot, vec![Note { y, text: format!("at least {}", sketch.unit.label(least as u64)) }]);
    }
    axis.draw(&mut sheet);
    let hours = series.iter().map(Vec::len).max().unwrap_or(0) as u64;
    let has_gaps = last.saturating_sub(first) / HOUR_MS + 1 > hours as i64;
    let caption = format!(
        "{}{}; highest: {}.",
        words::counted(hours, "hour"),
        if has_gaps { format!(", {}", sketch.empty) } else { String::new() },
        sketch.unit.said(highest as u64)
    );
    Some(Picture { topic: sketch.topic, svg: sheet.finish(), caption, drawn: sketch.drawn })
}
