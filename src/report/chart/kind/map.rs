//! A map of the world: countries shaded by a value, small ones as dots, and the first of them as a list below.
//!
//! Goes in: countries that have a shape, the greatest first. A country without traffic is plain land; the sea is plain paper.

use plotters::style::RGBColor;

use super::ramp::Ramp;
use crate::report::chart::canvas::{
    ABSENT, Align, Area, Canvas, GRID, Ink, LABEL, MARGIN, PAPER, TEXT_ON_DARK, TEXT_ON_LIGHT, TICK, Type, WIDTH,
};
use crate::report::chart::scale::Unit;
use crate::report::chart::world::{self, Country};

/// Most countries in the list. More are only shaded.
pub const LISTED_MAX: usize = 12;

/// Unit: pixels.
const LEGEND: i32 = 34;
const LIST_COLUMNS: usize = 3;
const LIST_ROW: i32 = 22;
const LIST_GAP: i32 = 26;
/// A country smaller than this either way has a dot. Unit: pixels.
const DOT_BELOW: i32 = 8;
const DOT: i32 = 4;
/// A code on its country. Unit: pixels of height.
const CODE: Type = Type { size: 11, ..TICK };
/// Only denied flows: far from every blue, also for the colour-blind.
const REFUSED: Ink = RGBColor(0xF0, 0xB3, 0x7E);

/// The data of the map.
#[derive(Clone, Debug)]
pub struct Map {
    pub unit: Unit,
    /// The greatest first.
    pub marks: Vec<Mark>,
}

/// One country with traffic.
#[derive(Clone, Debug)]
pub struct Mark {
    pub country: &'static Country,
    pub value: u64,
    /// Whether every flow was denied, so that there is no value to shade by.
    pub is_refused: bool,
    /// Said in the list.
    pub note: String,
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl Map {
    pub fn height(&self) -> i32 {
        world::height() + LEGEND + LIST_ROW * self.list_rows() as i32
    }

    fn list_rows(&self) -> usize {
        self.marks.len().min(LISTED_MAX).div_ceil(LIST_COLUMNS)
    }

    pub fn draw(&self, canvas: &mut Canvas, top: i32) {
        let ramp = Ramp::new(self.unit, self.marks.iter().map(|mark| mark.value)).raised();
        let ink = |mark: &Mark| if mark.is_refused { REFUSED } else { ramp.ink(mark.value) };
        let mut countries: Vec<&Country> = world::countries().iter().collect();
        // A country inside another is the smaller one, and is drawn after it.
        countries.sort_by_key(|country| (std::cmp::Reverse(world::area(&country.rings[0])), &country.code));
        for country in countries {
            let mark = self.marks.iter().find(|mark| mark.country.code == country.code);
            for ring in &country.rings {
                land(canvas, ring, top, mark.map_or(ABSENT, ink));
            }
        }
        for mark in self.marks.iter().rev() {
            self.sign(canvas, mark, &ramp, top, ink(mark));
        }
        let middle = top + world::height() + LEGEND / 2;
        let x = ramp.legend(canvas, (MARGIN, middle));
        let mut entries = vec![("no traffic", ABSENT)];
        if self.marks.iter().any(|mark| mark.is_refused) {
            entries.push(("only denied flows", REFUSED));
        }
        canvas.legend(&entries, (x, middle));
        self.list(canvas, top + world::height() + LEGEND, ink);
    }

    /// A dot on a small country, the code on one where it fits.
    fn sign(&self, canvas: &mut Canvas, mark: &Mark, ramp: &Ramp, top: i32, ink: Ink) {
        let ring = &mark.country.rings[0];
        let bounds = bounds(ring);
        let middle = (bounds.left + bounds.width / 2, bounds.middle());
        let at = (middle.0, middle.1 + top);
        if bounds.width.max(bounds.height) < DOT_BELOW {
            canvas.dot(at, DOT + 1, PAPER);
            canvas.dot(at, DOT, ink);
        } else if has_room(ring, middle, &mark.country.code) {
            let is_dark = !mark.is_refused && ramp.is_dark(mark.value);
            let style = Type { ink: if is_dark { TEXT_ON_DARK } else { TEXT_ON_LIGHT }, ..CODE };
            canvas.text(&mark.country.code, at, Align::Center, style);
        }
    }

    /// The first countries, down and then across.
    fn list(&self, canvas: &mut Canvas, top: i32, ink: impl Fn(&Mark) -> Ink) {
        let rows = self.list_rows().max(1);
        let pitch = (WIDTH - 2 * MARGIN + LIST_GAP) / LIST_COLUMNS as i32;
        for (i, mark) in self.marks.iter().take(LISTED_MAX).enumerate() {
            let left = MARGIN + pitch * (i / rows) as i32;
            let right = left + pitch - LIST_GAP;
            let middle = top + LIST_ROW * (i % rows) as i32 + LIST_ROW / 2;
            canvas.fill(Area { left, top: middle - 5, width: 11, height: 11 }, ink(mark));
            let note_left = right - TICK.width(&mark.note);
            let name = LABEL.fit(&format!("{} {}", mark.country.code, mark.country.name), note_left - left - 26);
            canvas.text(&name, (left + 18, middle), Align::Left, LABEL);
            canvas.text(&mark.note, (right, middle), Align::Right, TICK);
        }
    }
}

/// One part of a country, with its border.
fn land(canvas: &mut Canvas, ring: &[(i32, i32)], top: i32, ink: Ink) {
    let mut points: Vec<(i32, i32)> = ring.iter().map(|(x, y)| (*x, y + top)).collect();
    if points.len() > 2 {
        canvas.polygon(points.clone(), ink);
        points.push(points[0]);
        canvas.outline(points, GRID);
    }
}

/// The box around a ring.
fn bounds(ring: &[(i32, i32)]) -> Area {
    let (mut left, mut top, mut right, mut bottom) = (i32::MAX, i32::MAX, i32::MIN, i32::MIN);
    for (x, y) in ring {
        (left, top, right, bottom) = (left.min(*x), top.min(*y), right.max(*x), bottom.max(*y));
    }
    Area { left, top, width: right - left, height: bottom - top }
}

/// Whether a code around `(x, y)` lies within the ring: its corners and the middles of its sides do.
fn has_room(ring: &[(i32, i32)], (x, y): (i32, i32), code: &str) -> bool {
    let (half_width, half_height) = (CODE.width(code) / 2 + 1, CODE.size / 2 + 1);
    let around = [-1, 0, 1].into_iter().flat_map(|i| [-1, 0, 1].map(|j| (x + i * half_width, y + j * half_height)));
    around.into_iter().all(|at| is_inside(ring, at))
}

/// Whether a ray from `(x, y)` to the right crosses the ring an odd number of times.
fn is_inside(ring: &[(i32, i32)], (x, y): (i32, i32)) -> bool {
    let next = ring.iter().cycle().skip(1);
    let crossings = ring.iter().zip(next).filter(|(a, b)| {
        let is_beside = (a.1 > y) != (b.1 > y);
        // The crossing lies to the right of x: multiplied out, so that it stays whole.
        let (rise, run) = (b.1 - a.1, b.0 - a.0);
        is_beside && ((y - a.1) * run - (x - a.0) * rise) * rise.signum() > 0
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_inside_its_ring_alone() {
        let ring = [(0, 0), (10, 0), (10, 10), (5, 5), (0, 10)];
        assert_eq!([(5, 2), (1, 7), (5, 8), (11, 2), (-1, 2)].map(|at| is_inside(&ring, at)), [true, true, false, false, false]);
        assert_eq!(bounds(&ring), Area { left: 0, top: 0, width: 10, height: 10 });
    }

    #[test]
    fn the_list_has_as_many_rows_as_it_needs() {
        let mark = |code| Mark { country: world::country(code).expect("shape"), value: 1, is_refused: false, note: "1".into() };
        let rows =
            |codes: &[&'static str]| Map { unit: Unit::Bytes, marks: codes.iter().map(|code| mark(code)).collect() }.list_rows();
        assert_eq!([rows(&[]), rows(&["NL"]), rows(&["NL", "DE", "FR", "US"]), rows(&["NL"; 40])], [0, 1, 2, 4]);
    }
}
