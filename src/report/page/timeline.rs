//! The timeline of an incident as a picture: its findings along time, a lane per tactic in the order of the kill chain.
//!
//! Goes in: the findings of an incident, by time, each with its number in the list below. Comes out: an SVG. Names tactics by fixed words and findings by
//! numbers, so that no text of a log reaches it.

use super::evidence::axis::{Plot, TimeAxis};
use super::evidence::sheet::{Anchor, Mark, Sheet, WIDTH};
use crate::detect::tactics::tactics;
use crate::report::chart::canvas::{GRID, TEXT};
use crate::report::words;
use crate::schema::finding::Finding;
use crate::schema::moment::moment;

/// Lane of findings whose techniques serve no known tactic.
const OTHER: &str = "other";
/// Height of a row of a lane. Unit: pixels.
const ROW: f64 = 22.0;
/// Most rows of a lane; further findings lie over the last one. Unit: rows.
const ROWS_MAX: usize = 6;
/// Where lanes begin. Unit: pixels; the longest tactic fits before.
const LEFT: f64 = 156.0;
/// Room that a number takes. Unit: pixels.
const DISC: f64 = 19.0;

/// A finding on the timeline.
struct Step<'a> {
    number: usize,
    finding: &'a Finding,
    first: i64,
    last: i64,
    lane: &'static str,
}

/// The picture of `findings`; `None` without a time in any. Each finding lies in the lane of its first tactic.
pub fn picture(findings: &[(usize, &Finding)]) -> Option<String> {
    let steps: Vec<Step> = findings.iter().filter_map(|(number, finding)| step(*number, finding)).collect();
    let (from, to) = (steps.iter().map(|step| step.first).min()?, steps.iter().map(|step| step.last).max()?);
    let techniques: Vec<&str> = findings.iter().flat_map(|(_, finding)| finding.techniques.iter().copied()).collect();
    let mut lanes = tactics(&techniques);
    lanes.push(OTHER);
    lanes.retain(|lane| steps.iter().any(|step| step.lane == *lane));
    let plot = Plot { left: LEFT, right: WIDTH - DISC, ..Plot::new(1.0) };
    // A moment in a window of none stands at the left.
    let axis = TimeAxis { plot, from, to: to.max(from + 1) };
    let placed: Vec<(usize, Vec<(usize, &Step)>)> = lanes.iter().map(|lane| rows(&steps, lane, &axis)).collect();
    let height: f64 = placed.iter().map(|(count, _)| lane_height(*count)).sum();
    let axis = TimeAxis { plot: Plot { bottom: height + 8.0, ..plot }, ..axis };
    let label = format!(
        "Timeline of {} from {} to {} UTC",
        words::counted(steps.len() as u64, "finding"),
        words::minute(from),
        words::minute(to)
    );
    let mut sheet = Sheet::new(height + 54.0, &label);
    let mut top = 4.0;
    for (lane, (count, steps)) in lanes.iter().zip(placed) {
        let bottom = top + lane_height(count);
        sheet.text(lane, (0.0, (top + bottom) / 2.0), Anchor::Start, TEXT);
        sheet.line((0.0, bottom), (WIDTH, bottom), GRID);
        for (row, step) in steps {
            let (x, y) = (axis.x(step.first), top + 4.0 + ROW * (row as f64 + 0.5));
            let width = (axis.x(step.last) - x).max(1.0);
            sheet.classed([Mark { x, y: y - 4.0, width, height: 8.0 }], step.finding.severity.name());
            sheet.disc((x, y), step.number, step.finding.severity.name());
        }
        top = bottom;
    }
    axis.draw(&mut sheet);
    Some(sheet.finish())
}

fn step<'a>(number: usize, finding: &'a Finding) -> Option<Step<'a>> {
    let first = moment(&finding.first_time)?;
    let last = moment(&finding.last_time).unwrap_or(first).max(first);
    let lane = tactics(&finding.techniques).first().copied().unwrap_or(OTHER);
    Some(Step { number, finding, first, last, lane })
}

fn lane_height(rows: usize) -> f64 {
    ROW * rows as f64 + 8.0
}

/// How many rows a lane has, and the row of each of its steps: the first that is free.
fn rows<'a>(steps: &'a [Step<'a>], lane: &str, axis: &TimeAxis) -> (usize, Vec<(usize, &'a Step<'a>)>) {
    let mut ends: Vec<f64> = Vec::new();
    let mut placed = Vec::new();
    for step in steps.iter().filter(|step| step.lane == lane) {
        let (begin, end) = (axis.x(step.first) - DISC / 2.0, axis.x(step.last).max(axis.x(step.first) + DISC / 2.0));
        let row = match ends.iter().position(|taken| *taken <= begin) {
            Some(free) => free,
            None if ends.len() < ROWS_MAX => {
                ends.push(end);
                ends.len() - 1
            }
            None => ROWS_MAX - 1,
        };
        ends[row] = ends[row].max(end);
        placed.push((row, step));
    }
    (ends.len().max(1), placed)
}
