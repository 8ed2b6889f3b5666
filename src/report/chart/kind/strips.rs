//! Hours with and without data, one line per capture point: a full block is an hour with tuples, a thin mark one without.

use super::mirror::time_axis;
use crate::report::chart::canvas::{Align, Area, BLUE, Canvas, LABEL, MARGIN, SKY, TICK, Type, VERMILLION, WIDTH};
use crate::report::chart::scale::Steps;

/// Most lines; the rest is said in a note.
pub const LINES_MAX: usize = 40;
/// Most steps of time; each is then at least three pixels wide.
pub const STEPS_MAX: usize = 200;

/// Unit: pixels.
const LEGEND: i32 = 30;
const PITCH: i32 = 20;
const BLOCK: i32 = 13;
const AXIS: i32 = 44;
const LABEL_WIDTH_MAX: i32 = 300;

/// The data of the lines.
#[derive(Clone, Debug)]
pub struct Strips {
    pub steps: Steps,
    /// Hours in a step.
    pub hours_per_step: u32,
    pub lines: Vec<Line>,
}

/// One capture point.
#[derive(Clone, Debug)]
pub struct Line {
    pub label: String,
    /// Hours with tuples, per step.
    pub hours: Vec<u32>,
    /// Said after the line.
    pub note: String,
}

impl Strips {
    pub fn height(&self) -> i32 {
        LEGEND + PITCH * self.lines.len() as i32 + AXIS + 6
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let small = Type { size: 12, ..LABEL };
        let label = self.lines.iter().map(|line| small.width(&small.fit(&line.label, LABEL_WIDTH_MAX))).max().unwrap_or(0);
        let note = self.lines.iter().map(|line| TICK.width(&line.note)).max().unwrap_or(0);
        let left = MARGIN + label + 10;
        let height = PITCH * self.lines.len() as i32;
        let plot = Area { left, top: top + LEGEND, width: WIDTH - MARGIN - left - note - 10, height };

        let mut entries = vec![("tuples logged", BLUE)];
        if self.hours_per_step > 1 {
            entries.push(("in part of the step", SKY));
        }
        entries.push(("no tuples", VERMILLION));
        canvas.legend(&entries, (left, top + LEGEND / 2 - 3));
        for (i, line) in self.lines.iter().enumerate() {
            let row = Area { top: plot.top + PITCH * i as i32 + (PITCH - BLOCK) / 2, height: BLOCK, ..plot };
            canvas.text(&small.fit(&line.label, LABEL_WIDTH_MAX), (left - 10, row.middle()), Align::Right, small);
            self.blocks(canvas, line, row);
            canvas.text(&line.note, (plot.right() + 10, row.middle()), Align::Left, TICK);
        }
        time_axis(canvas, self.steps, plot);
    }

    /// One rectangle per run of equal steps.
    fn blocks(&self, canvas: &mut Canvas, line: &Line, row: Area) {
        let x = |i: usize| row.left + (i as i64 * i64::from(row.width) / self.steps.count as i64) as i32;
        let state = |hours: u32| (hours > 0, hours >= self.hours_per_step);
        let mut i = 0;
        while i < line.hours.len() {
            let here = state(line.hours[i]);
            let run = line.hours[i..].iter().take_while(|hours| state(**hours) == here).count();
            let area = Area { left: x(i), width: x(i + run) - x(i), ..row };
            match here {
                (true, true) => canvas.fill(area, BLUE),
                (true, false) => canvas.fill(area, SKY),
                _ => canvas.fill(Area { top: row.middle() - 1, height: 3, ..area }, VERMILLION),
            }
            i += run;
        }
    }
}
