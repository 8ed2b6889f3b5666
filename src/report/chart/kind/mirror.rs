//! Traffic along time: received upwards, sent downwards, denied flows on a strip of their own below.
//!
//! A step without data is a grey band, not a bar of zero.

use crate::report::chart::canvas::{
    ABSENT, Align, Area, BLUE, Canvas, GRID, MARGIN, MUTED, SKY, TEXT, TICK, Type, VERMILLION, WIDTH,
};
use crate::report::chart::scale::{Steps, TimeTick, Unit, pixels, time_ticks};

/// Most steps of time; each is then at least two pixels wide.
pub const STEPS_MAX: usize = 400;
/// Most marks on a time axis.
pub const TIME_TICKS_MAX: usize = 10;

/// Unit: pixels.
const LEGEND: i32 = 30;
const PLOT: i32 = 240;
const BETWEEN: i32 = 30;
const STRIP: i32 = 56;
const AXIS: i32 = 44;
const LEFT: i32 = MARGIN + 74;
/// The smaller half keeps at least this part of the height, so that it can be seen.
const HALF_MIN: f64 = 0.12;

/// The data along time.
#[derive(Clone, Debug)]
pub struct Mirror {
    pub unit: Unit,
    pub steps: Steps,
    /// One per step; `None` where nothing was logged.
    pub values: Vec<Option<Step>>,
    /// What is drawn upwards and downwards.
    pub names: [&'static str; 2],
}

/// One step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    pub up: u64,
    pub down: u64,
    pub denied: u64,
}

impl Mirror {
    pub fn height(&self) -> i32 {
        LEGEND + PLOT + BETWEEN + STRIP + AXIS
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let plot = Area { left: LEFT, top: top + LEGEND, width: WIDTH - MARGIN - LEFT, height: PLOT };
        let strip = Area { top: plot.bottom() + BETWEEN, height: STRIP, ..plot };
        let mut entries = vec![(self.names[0], BLUE), (self.names[1], SKY), ("denied flows", VERMILLION)];
        if self.values.contains(&None) {
            entries.push(("nothing logged", ABSENT));
        }
        canvas.legend(&entries, (plot.left, top + LEGEND / 2 - 3));
        for area in [plot, strip] {
            self.gaps(canvas, area);
        }
        self.halves(canvas, plot);
        self.denied(canvas, strip);
        time_axis(canvas, self.steps, Area { height: strip.bottom() - plot.top, ..plot });
    }

    /// Left and right edge of a run of steps.
    fn span(&self, from: usize, to: usize, plot: Area) -> (i32, i32) {
        let x = |i: usize| plot.left + (i as i64 * i64::from(plot.width) / self.steps.count as i64) as i32;
        (x(from), x(to))
    }

    fn gaps(&self, canvas: &mut Canvas, plot: Area) {
        let mut i = 0;
        while i < self.values.len() {
            let run = self.values[i..].iter().take_while(|step| step.is_none()).count();
            if run > 0 {
                let (left, right) = self.span(i, i + run, plot);
                canvas.fill(Area { left, width: right - left, ..plot }, ABSENT);
            }
            i += run + 1;
        }
    }

    fn halves(&self, canvas: &mut Canvas, plot: Area) {
        let up = self.values.iter().flatten().map(|step| step.up).max().unwrap_or(0);
        let down = self.values.iter().flatten().map(|step| step.down).max().unwrap_or(0);
        let larger = up.max(down).max(1);
        // Both halves share one scale; each gets the height its largest value needs.
        let needs = [up, down].map(|max| (max as f64 / larger as f64).max(HALF_MIN));
        let full = (f64::from(plot.height) / (needs[0] + needs[1])) as i32;
        let zero = plot.top + (f64::from(full) * needs[0]) as i32;
        for (sign, max) in [(-1, up), (1, down)] {
            for tick in self.unit.ticks(larger, 4).into_iter().filter(|tick| *tick <= max) {
                let y = zero + sign * pixels(tick, larger, full);
                canvas.line((plot.left, y), (plot.right(), y), GRID);
                if tick > 0 || sign < 0 {
                    canvas.text(&self.unit.label(tick), (plot.left - 8, y), Align::Right, TICK);
                }
            }
        }
        for (i, step) in self.values.iter().enumerate().filter_map(|(i, step)| step.map(|step| (i, step))) {
            let (left, right) = self.span(i, i + 1, plot);
            let width = bar_width(right - left);
            let (above, below) = (pixels(step.up, larger, full), pixels(step.down, larger, full));
            canvas.fill(Area { left, top: zero - above, width, height: above }, BLUE);
            canvas.fill(Area { left, top: zero, width, height: below }, SKY);
        }
        canvas.line((plot.left, zero), (plot.right(), zero), MUTED);
    }

    fn denied(&self, canvas: &mut Canvas, strip: Area) {
        let max = self.values.iter().flatten().map(|step| step.denied).max().unwrap_or(0);
        let caption = if max == 0 { "denied flows: none" } else { "denied flows" };
        canvas.text(caption, (strip.left, strip.top - 10), Align::Left, Type { ink: TEXT, ..TICK });
        if max > 0 {
            canvas.line((strip.left, strip.top), (strip.right(), strip.top), GRID);
            canvas.text(&Unit::Flows.label(max), (strip.left - 8, strip.top), Align::Right, TICK);
        }
        canvas.text("0", (strip.left - 8, strip.bottom()), Align::Right, TICK);
        for (i, step) in self.values.iter().enumerate().filter_map(|(i, step)| step.map(|step| (i, step))) {
            let (left, right) = self.span(i, i + 1, strip);
            let height = pixels(step.denied, max, strip.height);
            canvas.fill(Area { left, top: strip.bottom() - height, width: bar_width(right - left), height }, VERMILLION);
        }
        canvas.line((strip.left, strip.bottom()), (strip.right(), strip.bottom()), MUTED);
    }
}

/// Wide bars leave a pixel between each other.
fn bar_width(pitch: i32) -> i32 {
    if pitch > 4 { pitch - 1 } else { pitch.max(1) }
}

/// Marks and labels below `plot`, with faint lines through it; the axis names UTC.
pub fn time_axis(canvas: &mut Canvas, steps: Steps, plot: Area) {
    let span = (steps.end() - steps.start).max(1);
    let mut free_from = i32::MIN;
    for TimeTick { time, label, context } in time_ticks(steps.start, steps.end(), TIME_TICKS_MAX) {
        let x = plot.left + ((time - steps.start) as f64 / span as f64 * f64::from(plot.width)) as i32;
        canvas.line((x, plot.bottom()), (x, plot.bottom() + 5), MUTED);
        // The last label must not run over the edge, nor any label into the one before.
        let half = TICK.width(&label) / 2;
        if x - half < free_from || x + half > WIDTH - 4 {
            continue;
        }
        free_from = x + half + 8;
        canvas.text(&label, (x, plot.bottom() + 15), Align::Center, TICK);
        if !context.is_empty() && x + TICK.width(&context) / 2 < WIDTH - 4 {
            canvas.text(&context, (x, plot.bottom() + 32), Align::Center, Type { ink: TEXT, ..TICK });
        }
    }
    canvas.text("UTC", (plot.left - 34, plot.bottom() + 15), Align::Right, TICK);
}
