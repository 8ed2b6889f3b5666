//! Traffic along time: bytes received upwards and sent downwards, and below them flows allowed upwards and denied downwards.
//!
//! A step without data is a grey band, not a bar of zero. The period before, where it is known, is a dashed line over the bars;
//! anomalies are marks above the step in which they begin.

use crate::report::chart::canvas::{ABSENT, Align, Area, Canvas, GRID, Ink, MARGIN, MUTED, TEXT, TICK, Type, WIDTH};
use crate::report::chart::scale::{Steps, TimeTick, Unit, pixels, time_ticks};

/// Most steps of time; each is then at least two pixels wide.
pub const STEPS_MAX: usize = 400;
/// Most marks on a time axis.
pub const TIME_TICKS_MAX: usize = 10;

/// Unit: pixels.
const LEGEND: i32 = 30;
const AXIS: i32 = 44;
const LEFT: i32 = MARGIN + 74;
/// Heights of the two plots.
const PLOTS: [i32; 2] = [230, 110];
/// Room for the marks of anomalies.
const MARKS: i32 = 18;
/// Marks nearer than this are one.
const MARK_PITCH: i32 = 26;
/// The smaller half keeps at least this part of the height, so that it can be seen.
const HALF_MIN: f64 = 0.12;

/// The data along time.
#[derive(Clone, Debug)]
pub struct Mirror {
    pub steps: Steps,
    /// One below the other, over one time axis.
    pub plots: [Plot; 2],
    /// How many anomalies begin in each step; steps without are left out. In order.
    pub anomalies: Vec<(usize, u64)>,
}

/// Two measures, one upwards and one downwards.
#[derive(Clone, Debug)]
pub struct Plot {
    pub unit: Unit,
    /// What is drawn upwards and downwards, and its colour.
    pub names: [(&'static str, Ink); 2],
    /// One per step; `None` where nothing was logged.
    pub values: Vec<Option<[u64; 2]>>,
    /// The same of the period before, moved into this window; empty where there is none.
    pub before: Vec<Option<[u64; 2]>>,
}

impl Mirror {
    pub fn height(&self) -> i32 {
        self.marks_height() + PLOTS.iter().map(|height| LEGEND + height).sum::<i32>() + AXIS
    }

    fn marks_height(&self) -> i32 {
        if self.anomalies.is_empty() { 0 } else { MARKS }
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let mut area =
            Area { left: LEFT, top: top + LEGEND + self.marks_height(), width: WIDTH - MARGIN - LEFT, height: PLOTS[0] };
        let first = area;
        for (i, plot) in self.plots.iter().enumerate() {
            area.height = PLOTS[i];
            let legend_top = if i == 0 { top } else { area.top - LEGEND };
            let x = canvas.legend(&plot.names, (area.left, legend_top + LEGEND / 2 - 3));
            if i == 0 {
                self.further_legend(canvas, (x, legend_top + LEGEND / 2 - 3));
            }
            self.gaps(canvas, plot, area);
            self.halves(canvas, plot, area);
            if i == 0 {
                area.top = area.bottom() + LEGEND;
            }
        }
        self.marks(canvas, first);
        time_axis(canvas, self.steps, Area { height: area.bottom() - first.top, ..first });
    }

    /// What else is drawn, where it is.
    fn further_legend(&self, canvas: &mut Canvas, (left, middle): (i32, i32)) {
        let mut x = left;
        if !self.plots[0].before.is_empty() {
            canvas.dashes(vec![(x, middle), (x + 18, middle)]);
            canvas.text("period before", (x + 24, middle), Align::Left, TICK);
            x += 24 + TICK.width("period before") + 22;
        }
        if !self.anomalies.is_empty() {
            mark(canvas, (x + 5, middle + 5));
            canvas.text("anomalies", (x + 17, middle), Align::Left, TICK);
            x += 17 + TICK.width("anomalies") + 22;
        }
        if self.plots[0].values.contains(&None) {
            canvas.legend(&[("nothing logged", ABSENT)], (x, middle));
        }
    }

    /// Left and right edge of a run of steps.
    fn span(&self, from: usize, to: usize, plot: Area) -> (i32, i32) {
        let x = |i: usize| plot.left + (i as i64 * i64::from(plot.width) / self.steps.count as i64) as i32;
        (x(from), x(to))
    }

    fn gaps(&self, canvas: &mut Canvas, plot: &Plot, area: Area) {
        let mut i = 0;
        while i < plot.values.len() {
            let run = plot.values[i..].iter().take_while(|step| step.is_none()).count();
            if run > 0 {
                let (left, right) = self.span(i, i + run, area);
                canvas.fill(Area { left, width: right - left, ..area }, ABSENT);
            }
            i += run + 1;
        }
    }

    fn halves(&self, canvas: &mut Canvas, plot: &Plot, area: Area) {
        let most = [0, 1].map(|half| plot.values.iter().chain(&plot.before).flatten().map(|step| step[half]).max().unwrap_or(0));
        let larger = most[0].max(most[1]).max(1);
        // Both halves share one scale; each gets the height its largest value needs.
        let needs = most.map(|max| (max as f64 / larger as f64).max(HALF_MIN));
        let full = (f64::from(area.height) / (needs[0] + needs[1])) as i32;
        let zero = area.top + (f64::from(full) * needs[0]) as i32;
        let wanted = (area.height / 55).max(2) as u64;
        for (sign, max) in [(-1, most[0]), (1, most[1])] {
            for tick in plot.unit.ticks(larger, wanted).into_iter().filter(|tick| *tick <= max) {
                let y = zero + sign * pixels(tick, larger, full);
                canvas.line((area.left, y), (area.right(), y), GRID);
                if tick > 0 || sign < 0 {
                    canvas.text(&plot.unit.label(tick), (area.left - 8, y), Align::Right, TICK);
                }
            }
        }
        for (i, step) in plot.values.iter().enumerate().filter_map(|(i, step)| step.map(|step| (i, step))) {
            let (left, right) = self.span(i, i + 1, area);
            let width = bar_width(right - left);
            let (above, below) = (pixels(step[0], larger, full), pixels(step[1], larger, full));
            canvas.fill(Area { left, top: zero - above, width, height: above }, plot.names[0].1);
            canvas.fill(Area { left, top: zero, width, height: below }, plot.names[1].1);
        }
        for (half, sign) in [(0, -1), (1, 1)] {
            // What is hardly more than nothing would only fray the line of zero, which is drawn over it.
            let height = |step: &[u64; 2]| Some(pixels(step[half], larger, full)).filter(|height| *height > 1).unwrap_or(0);
            self.before(canvas, plot, area, |step| zero + sign * height(step));
        }
        canvas.line((area.left, zero), (area.right(), zero), MUTED);
    }

    /// A line of steps, which breaks where nothing was logged.
    fn before(&self, canvas: &mut Canvas, plot: &Plot, area: Area, y: impl Fn(&[u64; 2]) -> i32) {
        let mut points = Vec::new();
        for (i, step) in plot.before.iter().enumerate() {
            match step {
                Some(step) => {
                    let (left, right) = self.span(i, i + 1, area);
                    points.extend([(left, y(step)), (right, y(step))]);
                }
                None => canvas.dashes(std::mem::take(&mut points)),
            }
        }
        canvas.dashes(points);
    }

    /// The anomalies above `plot`, with how many there are where several begin together.
    fn marks(&self, canvas: &mut Canvas, plot: Area) {
        let mut merged: Vec<(i32, u64)> = Vec::new();
        for (step, count) in &self.anomalies {
            let (left, right) = self.span(*step, step + 1, plot);
            let x = i32::midpoint(left, right);
            match merged.last_mut() {
                Some((last, sum)) if x - *last < MARK_PITCH => *sum += count,
                _ => merged.push((x, *count)),
            }
        }
        for (x, count) in merged {
            mark(canvas, (x, plot.top - 3));
            if count > 1 {
                let label = if count > 99 { "99+".to_owned() } else { count.to_string() };
                let (at, align) = if x + 36 > WIDTH { (x - 8, Align::Right) } else { (x + 8, Align::Left) };
                canvas.text(&label, (at, plot.top - 8), align, Type { ink: TEXT, ..TICK });
            }
        }
    }
}

/// A triangle whose tip points down to `at`.
fn mark(canvas: &mut Canvas, (x, y): (i32, i32)) {
    canvas.polygon(vec![(x, y), (x - 5, y - 10), (x + 5, y - 10)], TEXT);
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
