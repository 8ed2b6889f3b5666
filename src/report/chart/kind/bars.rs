//! Horizontal stacked bars, one per name, longest first, with what was left out as a grey bar at the end.

use crate::report::chart::canvas::{Align, Area, Canvas, GREY, GRID, Ink, LABEL, MARGIN, PAPER, TICK, WIDTH};
use crate::report::chart::scale::{Unit, pixels};

/// Unit: pixels.
const BAR: i32 = 18;
const PITCH: i32 = 27;
const LEGEND: i32 = 30;
const AXIS: i32 = 26;
const LABEL_WIDTH_MAX: i32 = 320;
/// Bars keep at least this much room, whatever is written beside them.
const PLOT_WIDTH_MIN: i32 = 180;
const NOTE_WIDTH_MAX: i32 = 500;
/// A grey bar longer than this many times the longest bar is cut, so that the names can still be compared.
const CUT_RATIO: u64 = 2;

/// The data of the bars.
#[derive(Clone, Debug)]
pub struct Bars {
    pub unit: Unit,
    /// Names and colours of the stacked parts.
    pub parts: Vec<(&'static str, Ink)>,
    pub bars: Vec<Bar>,
    /// What the bars leave out.
    pub other: Option<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    pub label: String,
    /// One value per part.
    pub values: Vec<u64>,
    /// Said after the bar.
    pub note: String,
}

impl Bar {
    fn total(&self) -> u64 {
        self.values.iter().sum()
    }
}

impl Bars {
    pub fn height(&self) -> i32 {
        LEGEND + PITCH * self.rows().count() as i32 + AXIS
    }

    fn rows(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().chain(&self.other)
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let plot = self.plot(top);
        let longest = self.bars.iter().map(Bar::total).max().unwrap_or(0);
        let other = self.other.as_ref().map_or(0, Bar::total);
        let max = if other > longest.saturating_mul(CUT_RATIO) && longest > 0 { longest } else { longest.max(other) };

        canvas.legend(&self.parts, (plot.left, top + LEGEND / 2 - 3));
        for tick in self.unit.ticks(max, (plot.width / 110).max(2) as u64) {
            let x = plot.left + pixels(tick, max, plot.width);
            canvas.line((x, plot.top), (x, plot.bottom()), GRID);
            canvas.text(&self.unit.label(tick), (x, plot.bottom() + 14), Align::Center, TICK);
        }
        for (i, bar) in self.rows().enumerate() {
            let row = Area { top: plot.top + PITCH * i as i32 + (PITCH - BAR) / 2, height: BAR, ..plot };
            let label = LABEL.fit(&bar.label, plot.left - MARGIN - 10);
            let note = TICK.fit(&bar.note, NOTE_WIDTH_MAX);
            canvas.text(&label, (plot.left - 10, row.middle()), Align::Right, LABEL);
            let end = if i < self.bars.len() { self.stack(canvas, bar, row, max) } else { rest(canvas, bar, row, max) };
            // Grid lines must not run through the note.
            canvas.fill(Area { left: end + 6, width: TICK.width(&note), ..row }, PAPER);
            canvas.text(&note, (end + 8, row.middle()), Align::Left, TICK);
        }
    }

    /// Between the longest label and the longest note, which leave room for the bars.
    fn plot(&self, top: i32) -> Area {
        let note = self.rows().map(|bar| TICK.width(&TICK.fit(&bar.note, NOTE_WIDTH_MAX))).max().unwrap_or(0);
        let beside = 2 * MARGIN + note + 24;
        let label_max = LABEL_WIDTH_MAX.min(WIDTH - beside - PLOT_WIDTH_MIN);
        let label = self.rows().map(|bar| LABEL.width(&LABEL.fit(&bar.label, label_max))).max().unwrap_or(0);
        let rows = self.rows().count() as i32;
        Area { left: MARGIN + label + 10, top: top + LEGEND, width: WIDTH - beside - label, height: PITCH * rows }
    }

    fn stack(&self, canvas: &mut Canvas, bar: &Bar, row: Area, max: u64) -> i32 {
        let mut sum = 0;
        let mut x = row.left;
        for (value, (_, ink)) in bar.values.iter().zip(&self.parts) {
            sum += value;
            // The sum is scaled, not the parts, so that rounding does not add up. A part that is there can be seen.
            let end = (row.left + pixels(sum, max, row.width)).max(x + i32::from(*value > 0));
            canvas.fill(Area { left: x, width: end - x, ..row }, *ink);
            x = end;
        }
        x
    }
}

/// The grey bar of what is left out; with a slanted gap if it is longer than the axis.
fn rest(canvas: &mut Canvas, bar: &Bar, row: Area, max: u64) -> i32 {
    let total = bar.total();
    let width = pixels(total, max, row.width);
    canvas.fill(Area { width, ..row }, GREY);
    if total > max {
        let x = row.left + width * 2 / 3;
        let (top, bottom) = (row.top - 2, row.bottom() + 2);
        canvas.polygon(vec![(x, bottom), (x + 8, top), (x + 14, top), (x + 6, bottom)], PAPER);
    }
    row.left + width
}
