//! A heat map: sources down, destinations across, a colour and a number in each cell.
//!
//! A cell without a flow stays empty; one whose flows carried nothing says so.

use plotters::style::RGBColor;

use crate::report::chart::canvas::{
    ABSENT, Align, Area, Canvas, Ink, LABEL, MARGIN, TEXT_ON_DARK, TEXT_ON_LIGHT, TICK, Type, VERMILLION, WIDTH,
};
use crate::report::chart::scale::Unit;

/// Most names on a side; the rest is one more. More do not leave room for a number in each cell.
pub const NAMES_MAX: usize = 12;

/// Unit: pixels.
const ROW: i32 = 32;
const CELL_WIDTH_MAX: i32 = 130;
const LABEL_WIDTH_MAX: i32 = 190;
const HEAD_UPRIGHT_MAX: i32 = 130;
const CAPTION: i32 = 22;
const LEGEND: i32 = 40;

/// Light to dark, from the least value to the greatest.
const RAMP: [Ink; 3] = [RGBColor(0xE1, 0xEE, 0xF8), RGBColor(0x6B, 0xAE, 0xD9), RGBColor(0x06, 0x4A, 0x86)];

/// From this depth (0 to 1) on, text is light. Chosen by contrast: below 0.753 light text, above 0.762 dark text, has less than 4.5
/// to its cell. A greater one keeps dark text on darker cells.
const DARK_FROM: f64 = 0.757;

/// The data of the cells.
#[derive(Clone, Debug)]
pub struct Grid {
    pub unit: Unit,
    /// What stands down the side and across the top.
    pub axes: [&'static str; 2],
    /// The same names down and across.
    pub names: Vec<String>,
    /// `cells[row][column]`; `None` where there is no flow.
    pub cells: Vec<Vec<Option<Cell>>>,
}

/// One cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub value: u64,
    /// Flows allowed and denied.
    pub allowed: u64,
    pub denied: u64,
}

impl Cell {
    /// Whether every flow was denied.
    fn is_refused(self) -> bool {
        self.value == 0 && self.allowed == 0 && self.denied > 0
    }
}

impl Grid {
    pub fn height(&self) -> i32 {
        CAPTION + self.head() + ROW * self.names.len() as i32 + LEGEND
    }

    fn label_width(&self) -> i32 {
        self.names.iter().map(|name| LABEL.width(&LABEL.fit(name, LABEL_WIDTH_MAX))).max().unwrap_or(0)
    }

    fn cell_width(&self) -> i32 {
        let room = WIDTH - 2 * MARGIN - self.label_width() - 10;
        (room / self.names.len().max(1) as i32).min(CELL_WIDTH_MAX)
    }

    /// Whether names do not fit above their columns and stand upright.
    fn is_upright(&self) -> bool {
        self.names.iter().any(|name| TICK.width(name) > self.cell_width() - 6)
    }

    fn head(&self) -> i32 {
        if !self.is_upright() {
            return 24;
        }
        self.names.iter().map(|name| TICK.width(name)).max().unwrap_or(0).min(HEAD_UPRIGHT_MAX) + 12
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let left = MARGIN + self.label_width() + 10;
        let cell_width = self.cell_width();
        let first = top + CAPTION + self.head();
        let [down, across] = self.axes;
        canvas.text(&format!("{across} →"), (left, top + CAPTION / 2), Align::Left, TICK);
        canvas.text(&format!("{down} ↓"), (left - 10, first - 12), Align::Right, TICK);
        for (i, name) in self.names.iter().enumerate() {
            let middle = left + cell_width * i as i32 + cell_width / 2;
            if self.is_upright() {
                canvas.text_upwards(&TICK.fit(name, HEAD_UPRIGHT_MAX), (middle, first - 8), TICK);
            } else {
                canvas.text(name, (middle, first - 12), Align::Center, TICK);
            }
            let row = Area { left, top: first + ROW * i as i32, width: cell_width, height: ROW };
            canvas.text(&LABEL.fit(name, LABEL_WIDTH_MAX), (left - 10, row.middle()), Align::Right, LABEL);
            for (j, cell) in self.cells[i].iter().enumerate() {
                self.cell(canvas, *cell, Area { left: left + cell_width * j as i32, ..row });
            }
        }
        self.legend(canvas, (left, first + ROW * self.names.len() as i32 + LEGEND / 2 + 4));
    }

    fn cell(&self, canvas: &mut Canvas, cell: Option<Cell>, area: Area) {
        let inner = Area { width: area.width - 2, height: area.height - 2, ..area };
        let Some(cell) = cell else {
            canvas.fill(inner, ABSENT);
            return;
        };
        let middle = (inner.left + inner.width / 2, inner.middle());
        if cell.is_refused() {
            canvas.fill(inner, RAMP[0]);
            canvas.fill(Area { width: 4, ..inner }, VERMILLION);
            canvas.text(&Unit::Flows.label(cell.denied), middle, Align::Center, Type { ink: TEXT_ON_LIGHT, size: 11, ..TICK });
            return;
        }
        let depth = self.depth(cell.value);
        canvas.fill(inner, shade(depth));
        let ink = if depth > DARK_FROM { TEXT_ON_DARK } else { TEXT_ON_LIGHT };
        canvas.text(&self.unit.label(cell.value), middle, Align::Center, Type { ink, size: 11, ..TICK });
    }

    /// From 0, nothing, to 1, the greatest; logarithmic, since paths differ by orders of magnitude.
    fn depth(&self, value: u64) -> f64 {
        let greatest = self.greatest();
        if value == 0 || greatest <= 1 {
            return if value == 0 { 0.0 } else { 1.0 };
        }
        let least = self.values().filter(|value| *value > 0).min().unwrap_or(1);
        let span = (greatest as f64 / least as f64).ln();
        if span == 0.0 { 1.0 } else { ((value as f64 / least as f64).ln() / span).clamp(0.0, 1.0) }
    }

    fn values(&self) -> impl Iterator<Item = u64> {
        self.cells.iter().flatten().flatten().map(|cell| cell.value)
    }

    fn greatest(&self) -> u64 {
        self.values().max().unwrap_or(0)
    }

    fn legend(&self, canvas: &mut Canvas, (left, middle): (i32, i32)) {
        let least = self.values().filter(|value| *value > 0).min().unwrap_or(0);
        let mut x = left;
        let low = self.unit.label(least);
        canvas.text(&low, (x, middle), Align::Left, TICK);
        x += TICK.width(&low) + 8;
        for i in 0..60 {
            canvas.fill(Area { left: x + i * 2, top: middle - 5, width: 2, height: 11 }, shade(f64::from(i) / 59.0));
        }
        x += 128;
        let high = format!("{} (log scale)", self.unit.label(self.greatest()));
        canvas.text(&high, (x, middle), Align::Left, TICK);
        x += TICK.width(&high) + 26;
        let mut entries = vec![("no flow", ABSENT)];
        if self.cells.iter().flatten().flatten().any(|cell| cell.is_refused()) {
            entries.push(("only denied: number of flows", VERMILLION));
        }
        canvas.legend(&entries, (x, middle));
    }
}

fn shade(depth: f64) -> Ink {
    let (low, high, part) = if depth < 0.5 { (RAMP[0], RAMP[1], depth * 2.0) } else { (RAMP[1], RAMP[2], depth * 2.0 - 1.0) };
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    RGBColor(mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance as the Web Content Accessibility Guidelines define it.
    fn luminance(ink: Ink) -> f64 {
        let linear = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(ink.0) + 0.7152 * linear(ink.1) + 0.0722 * linear(ink.2)
    }

    #[test]
    fn text_can_be_read_on_every_shade() {
        for depth in (0..=1_000).map(|step| f64::from(step) / 1_000.0) {
            let ink = if depth > DARK_FROM { TEXT_ON_DARK } else { TEXT_ON_LIGHT };
            let (text, cell) = (luminance(ink) + 0.05, luminance(shade(depth)) + 0.05);
            assert!(text.max(cell) / text.min(cell) >= 4.5, "depth {depth}");
        }
    }
}
