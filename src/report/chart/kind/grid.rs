//! A heat map: sources down, destinations across, a colour and a number in each cell.
//!
//! A cell without a flow stays empty; one whose flows carried nothing says so.

use super::ramp::Ramp;
use crate::report::chart::canvas::{
    ABSENT, Align, Area, Canvas, LABEL, MARGIN, TEXT_ON_DARK, TEXT_ON_LIGHT, TICK, Type, VERMILLION, WIDTH,
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
        let ramp = self.ramp();
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
                self.cell(canvas, *cell, &ramp, Area { left: left + cell_width * j as i32, ..row });
            }
        }
        self.legend(canvas, &ramp, (left, first + ROW * self.names.len() as i32 + LEGEND / 2 + 4));
    }

    fn ramp(&self) -> Ramp {
        Ramp::new(self.unit, self.cells.iter().flatten().flatten().map(|cell| cell.value))
    }

    fn cell(&self, canvas: &mut Canvas, cell: Option<Cell>, ramp: &Ramp, area: Area) {
        let inner = Area { width: area.width - 2, height: area.height - 2, ..area };
        let Some(cell) = cell else {
            canvas.fill(inner, ABSENT);
            return;
        };
        let middle = (inner.left + inner.width / 2, inner.middle());
        if cell.is_refused() {
            canvas.fill(inner, ramp.ink(0));
            canvas.fill(Area { width: 4, ..inner }, VERMILLION);
            canvas.text(&Unit::Flows.label(cell.denied), middle, Align::Center, Type { ink: TEXT_ON_LIGHT, size: 11, ..TICK });
            return;
        }
        canvas.fill(inner, ramp.ink(cell.value));
        let ink = if ramp.is_dark(cell.value) { TEXT_ON_DARK } else { TEXT_ON_LIGHT };
        canvas.text(&self.unit.label(cell.value), middle, Align::Center, Type { ink, size: 11, ..TICK });
    }

    fn legend(&self, canvas: &mut Canvas, ramp: &Ramp, at: (i32, i32)) {
        let x = ramp.legend(canvas, at);
        let mut entries = vec![("no flow", ABSENT)];
        if self.cells.iter().flatten().flatten().any(|cell| cell.is_refused()) {
            entries.push(("only denied: number of flows", VERMILLION));
        }
        canvas.legend(&entries, (x, at.1));
    }
}
