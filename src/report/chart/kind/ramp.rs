//! Light to dark blue for values that differ by orders of magnitude, and the legend that says so.
//!
//! Goes in: the values of a picture. Comes out: an ink for each. Draws nothing but its own legend.

use plotters::style::RGBColor;

use crate::report::chart::canvas::{Align, Area, Canvas, Ink, TICK};
use crate::report::chart::scale::Unit;

/// From the least value to the greatest.
const INKS: [Ink; 3] = [RGBColor(0xE1, 0xEE, 0xF8), RGBColor(0x6B, 0xAE, 0xD9), RGBColor(0x06, 0x4A, 0x86)];
/// From this depth (0 to 1) on, text is light. Chosen by contrast: below 0.753 light text, above 0.762 dark text, has less than 4.5
/// to its ink. A greater one keeps dark text on darker inks.
const DARK: f64 = 0.757;
/// Strips of the legend, and how wide each is. Unit of the width: pixels.
const STRIPS: i32 = 60;
const STRIP: i32 = 2;

/// A scale of inks.
pub struct Ramp {
    unit: Unit,
    /// Of the values that are not zero; 0 where all are.
    least: u64,
    greatest: u64,
    /// Depth of the least value, from 0 to 1: above 0 it is told from paper without a border.
    floor: f64,
}

impl Ramp {
    /// A scale from the least of `values` that is not zero to the greatest.
    pub fn new(unit: Unit, values: impl Iterator<Item = u64>) -> Self {
        let (mut least, mut greatest) = (0, 0);
        for value in values.filter(|value| *value > 0) {
            least = if least == 0 { value } else { value.min(least) };
            greatest = value.max(greatest);
        }
        Self { unit, least, greatest, floor: 0.0 }
    }

    /// The same, but its lightest ink stands out from paper and from land without traffic.
    pub fn raised(self) -> Self {
        Self { floor: 0.25, ..self }
    }

    /// From 0, nothing, to 1, the greatest; logarithmic.
    fn depth(&self, value: u64) -> f64 {
        if value == 0 || self.greatest == 0 {
            return self.floor;
        }
        let span = (self.greatest as f64 / self.least as f64).ln();
        let depth = if span == 0.0 { 1.0 } else { ((value as f64 / self.least as f64).ln() / span).clamp(0.0, 1.0) };
        self.floor + depth * (1.0 - self.floor)
    }

    /// The ink of `value`.
    pub fn ink(&self, value: u64) -> Ink {
        shade(self.depth(value))
    }

    /// Whether text on the ink of `value` must be light.
    pub fn is_dark(&self, value: u64) -> bool {
        self.depth(value) > DARK
    }

    /// Draws the scale from `left`; returns where the next entry may begin.
    pub fn legend(&self, canvas: &mut Canvas, (left, middle): (i32, i32)) -> i32 {
        let mut x = left;
        let low = self.unit.label(self.least);
        canvas.text(&low, (x, middle), Align::Left, TICK);
        x += TICK.width(&low) + 8;
        for i in 0..STRIPS {
            let depth = self.floor + f64::from(i) / f64::from(STRIPS - 1) * (1.0 - self.floor);
            canvas.fill(Area { left: x + i * STRIP, top: middle - 5, width: STRIP, height: 11 }, shade(depth));
        }
        x += STRIPS * STRIP + 8;
        let high = format!("{} (log scale)", self.unit.label(self.greatest));
        canvas.text(&high, (x, middle), Align::Left, TICK);
        x + TICK.width(&high) + 26
    }
}

fn shade(depth: f64) -> Ink {
    let (low, high, part) = if depth < 0.5 { (INKS[0], INKS[1], depth * 2.0) } else { (INKS[1], INKS[2], depth * 2.0 - 1.0) };
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    RGBColor(mix(low.0, high.0), mix(low.1, high.1), mix(low.2, high.2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::chart::canvas::{TEXT_ON_DARK, TEXT_ON_LIGHT};

    #[test]
    fn the_least_value_is_the_lightest_and_the_greatest_the_darkest() {
        let ramp = Ramp::new(Unit::Bytes, [0, 1_000, 10, 100_000].into_iter());
        assert_eq!([0, 10, 1_000, 100_000].map(|value| ramp.ink(value)), [INKS[0], INKS[0], INKS[1], INKS[2]]);
        assert!(ramp.is_dark(100_000) && !ramp.is_dark(1_000));
        assert_ne!(ramp.raised().ink(10), INKS[0]);
    }

    #[test]
    fn one_value_is_the_greatest_and_no_value_is_nothing() {
        assert_eq!(Ramp::new(Unit::Flows, [7].into_iter()).ink(7), INKS[2]);
        assert_eq!(Ramp::new(Unit::Flows, [0].into_iter()).ink(0), INKS[0]);
    }

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
            let ink = if depth > DARK { TEXT_ON_DARK } else { TEXT_ON_LIGHT };
            let (text, cell) = (luminance(ink) + 0.05, luminance(shade(depth)) + 0.05);
            assert!(text.max(cell) / text.min(cell) >= 4.5, "depth {depth}");
        }
    }
}
