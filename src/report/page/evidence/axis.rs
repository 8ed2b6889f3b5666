//! The frame of a picture: a scale of values with its unit, a scale of time, and notes beside lines.
//!
//! Goes in: the greatest value, the first and last moment. Comes out: places in pixels, and the axes on a sheet. Knows no finding.

use super::sheet::{Anchor, CHARACTER, LINE, Mark, Sheet, WIDTH};
use crate::report::chart::canvas::{GRID, Ink, MUTED, TEXT};
use crate::report::chart::scale::{Unit, time_ticks};
use crate::report::words;

/// Height of a picture with a plot. Unit: pixels.
pub const HEIGHT: f64 = 210.0;
/// Most marks on an axis of time: one in about 75 pixels.
const TIME_TICKS_MAX: usize = 7;
/// Least distance of a mark's text from the ends of its axis, which have texts of their own line. Unit: pixels.
const TICK_ROOM: f64 = 16.0;

/// Where values are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
    /// The value at the top.
    pub most: f64,
}

impl Plot {
    /// A plot of values up to `most`, with room for notes at its right.
    pub fn new(most: f64) -> Self {
        Self { left: 74.0, right: WIDTH - 144.0, top: 32.0, bottom: HEIGHT - 44.0, most: most.max(f64::MIN_POSITIVE) * 1.04 }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Where a value lies.
    pub fn y(&self, value: f64) -> f64 {
        self.bottom - (value / self.most).min(1.0) * (self.bottom - self.top)
    }

    /// A bar from zero to `value`; what is not zero can be seen.
    pub fn bar(&self, x: f64, width: f64, value: f64) -> Mark {
        let height = self.bottom - self.y(value);
        let height = if value > 0.0 { height.max(1.0) } else { 0.0 };
        Mark { x, y: self.bottom - height, width, height }
    }

    /// Lines and labels of the values, and what they are.
    pub fn values(&self, sheet: &mut Sheet, unit: Unit, said: &str) {
        sheet.text(said, (0.0, 10.0), Anchor::Start, TEXT);
        for tick in unit.ticks(self.most as u64, 4) {
            let y = self.y(tick as f64);
            sheet.line((self.left, y), (self.right, y), GRID);
            sheet.text(&unit.label(tick), (self.left - 8.0, y), Anchor::End, MUTED);
        }
        sheet.line((self.left, self.bottom), (self.right, self.bottom), MUTED);
    }

    /// Two texts below the plot, at its ends.
    pub fn ends(&self, sheet: &mut Sheet, first: &str, last: &str) {
        let y = self.bottom + 2.0 * LINE + 2.0;
        sheet.text(first, (self.left, y), Anchor::Start, MUTED);
        sheet.text(last, (self.right, y), Anchor::End, MUTED);
    }
}

/// Where moments are drawn.
#[derive(Clone, Copy, Debug)]
pub struct TimeAxis {
    pub plot: Plot,
    /// First moment and the one after the last. Unit: ms since the epoch.
    pub from: i64,
    pub to: i64,
}

impl TimeAxis {
    /// Where a moment lies.
    pub fn x(&self, time: i64) -> f64 {
        let span = (self.to.saturating_sub(self.from)).max(1) as f64;
        let part = (time.saturating_sub(self.from) as f64 / span).clamp(0.0, 1.0);
        self.plot.left + part * self.plot.width()
    }

    /// Round moments below the plot, and the first and last one whole.
    pub fn draw(&self, sheet: &mut Sheet) {
        let ticks = time_ticks(self.from, self.to, TIME_TICKS_MAX);
        // Of millennia there are more ticks than asked for.
        let every = ticks.len().div_ceil(TIME_TICKS_MAX + 1).max(1);
        for tick in ticks.into_iter().step_by(every) {
            let x = self.x(tick.time);
            sheet.line((x, self.plot.bottom), (x, self.plot.bottom + 4.0), MUTED);
            if x > self.plot.left - TICK_ROOM && x < self.plot.right + TICK_ROOM {
                sheet.text(&tick.label, (x, self.plot.bottom + 13.0), Anchor::Middle, MUTED);
            }
        }
        self.plot.ends(sheet, &words::minute(self.from), &format!("{} UTC", words::minute(self.to)));
    }
}

/// A text beside a line, at the right of the plot.
pub struct Note {
    pub y: f64,
    pub text: String,
}

/// Draws notes from top to bottom, none over another.
pub fn notes(sheet: &mut Sheet, plot: &Plot, mut notes: Vec<Note>) {
    notes.sort_by(|a, b| a.y.total_cmp(&b.y));
    let mut least = 0.0;
    let mut rest = notes.len() as f64;
    for note in notes {
        let y = note.y.max(least).min(plot.bottom - (rest - 1.0) * LINE);
        sheet.text(&note.text, (plot.right + 8.0, y), Anchor::Start, TEXT);
        (least, rest) = (y + LINE, rest - 1.0);
    }
}

/// A row of coloured squares with their names, at the right of the unit.
pub fn legend(sheet: &mut Sheet, entries: &[(&str, Ink)]) {
    let mut x = WIDTH;
    for (name, ink) in entries.iter().rev() {
        x -= name.chars().count() as f64 * CHARACTER;
        sheet.text(name, (x, 10.0), Anchor::Start, MUTED);
        x -= 16.0;
        sheet.boxes([Mark { x, y: 5.0, width: 10.0, height: 10.0 }], *ink);
        x -= 16.0;
    }
}
