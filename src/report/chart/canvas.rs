//! A surface of pixels that plotters draws as SVG: rectangles, lines, text that is measured, cleaned and cut to fit.
//!
//! Holds the palette and the embedded font. Knows nothing of data. The first failure is kept and returned at the end, so
//! that drawing code reads as drawing.

use std::sync::LazyLock;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::report::words;

/// Families a viewer tries, in order. Verdana is as wide as DejaVu Sans, by whose embedded copy text is measured.
pub const FONT_FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// Width of every chart. Unit: pixels of the SVG; a PNG has twice as many.
pub const WIDTH: i32 = 960;
/// Empty border on every side. Unit: pixels.
pub const MARGIN: i32 = 24;

/// plotters writes `size / 1.24` as the font size of an SVG text.
const PLOTTERS_TEXT_SCALE: f64 = 1.24;

/// Longest text that is measured. Unit: characters; nothing longer fits any place of a chart.
const TEXT_CHARS_MAX: usize = 160;

/// A colour. The data colours are those of Okabe and Ito, which people with colour vision deficiency tell apart;
/// the page maps them to their dark counterparts by their exact values.
pub type Ink = RGBColor;
/// Behind everything.
pub const PAPER: Ink = RGBColor(0xFF, 0xFF, 0xFF);
/// Titles and labels.
pub const TEXT: Ink = RGBColor(0x1B, 0x27, 0x33);
/// Subtitles, ticks, notes.
pub const MUTED: Ink = RGBColor(0x55, 0x64, 0x73);
/// Grid lines.
pub const GRID: Ink = RGBColor(0xDF, 0xE5, 0xEB);
/// Where there is no data.
pub const ABSENT: Ink = RGBColor(0xED, 0xF0, 0xF3);
/// Text on a light cell of the heat map, the same on any page. Almost black: of lighter inks none is read on middle shades.
pub const TEXT_ON_LIGHT: Ink = RGBColor(0x00, 0x00, 0x01);
/// Text on a dark cell of the heat map.
pub const TEXT_ON_DARK: Ink = RGBColor(0xFF, 0xFF, 0xFE);
/// Received bytes, allowed flows.
pub const BLUE: Ink = RGBColor(0x00, 0x72, 0xB2);
/// Sent bytes.
pub const SKY: Ink = RGBColor(0x56, 0xB4, 0xE9);
/// Denied flows, gaps in coverage.
pub const VERMILLION: Ink = RGBColor(0xD5, 0x5E, 0x00);
/// Flows with a peer of a threat list.
pub const PURPLE: Ink = RGBColor(0xCC, 0x79, 0xA7);
/// Ended flows, where begun and continued ones stand beside them.
pub const GREEN: Ink = RGBColor(0x00, 0x9E, 0x73);
/// Dashed lines, until [`dashed`] writes them in the colour of [`TEXT`].
const DASHED: Ink = RGBColor(0x1B, 0x27, 0x35);
/// What a top list leaves out.
pub const GREY: Ink = RGBColor(0x9A, 0xA5, 0xB1);

/// Where a text's anchor lies. Vertically it is always the middle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Type {
    /// Unit: pixels.
    pub size: i32,
    pub bold: bool,
    pub ink: Ink,
}

/// The title of a chart.
pub const TITLE: Type = Type { size: 17, bold: true, ink: TEXT };
/// Below the title, and notes.
pub const SUBTITLE: Type = Type { size: 12, bold: false, ink: MUTED };
/// Labels of bars, rows and columns.
pub const LABEL: Type = Type { size: 13, bold: false, ink: TEXT };
/// Ticks and legends.
pub const TICK: Type = Type { size: 12, bold: false, ink: MUTED };

impl Type {
    fn font(self) -> TextStyle<'static> {
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        (FONT_FAMILY, f64::from(self.size) * PLOTTERS_TEXT_SCALE, style).into_font().color(&self.ink)
    }

    /// The width of `text`. Unit: pixels, about 6 % more than it takes, which leaves room for other fonts.
    pub fn width(self, text: &str) -> i32 {
        LazyLock::force(&FONTS);
        self.font().font.box_size(text).map_or(0, |(width, _)| width as i32)
    }

    /// `text`, cleaned, and with its middle replaced by `…` until it is no wider than `width` pixels.
    pub fn fit(self, text: &str, width: i32) -> String {
        let text = words::shorten(text, TEXT_CHARS_MAX);
        if self.width(&text) <= width {
            return text;
        }
        let (mut fits, mut too_wide) = (1, text.chars().count());
        while fits + 1 < too_wide {
            let middle = usize::midpoint(fits, too_wide);
            if self.width(&words::shorten(&text, middle)) <= width { fits = middle } else { too_wide = middle }
        }
        words::shorten(&text, fits)
    }

    /// `text` in at most `lines` lines of `width` pixels, broken at spaces; the last line is cut where it is too long.
    pub fn wrap(self, text: &str, width: i32, lines: usize) -> Vec<String> {
        let text = words::clean(text);
        let mut wrapped: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if line.is_empty() || wrapped.len() + 1 == lines || self.width(&longer) <= width {
                line = longer;
            } else {
                wrapped.push(std::mem::replace(&mut line, word.to_owned()));
            }
        }
        wrapped.push(line);
        wrapped.iter().map(|line| self.fit(line, width)).collect()
    }
}

/// Registers the embedded faces with plotters, once, before anything is measured.
static FONTS: LazyLock<bool> = LazyLock::new(|| {
    register_font(FONT_FAMILY, FontStyle::Normal, dejavu::sans::regular()).is_ok()
        && register_font(FONT_FAMILY, FontStyle::Bold, dejavu::sans::bold()).is_ok()
});

/// A box of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    pub left: i32,
    pub top: i32,
    pub width: i32,
    pub height: i32,
}

impl Area {
    pub fn right(self) -> i32 {
        self.left + self.width
    }

    pub fn bottom(self) -> i32 {
        self.top + self.height
    }

    pub fn middle(self) -> i32 {
        self.top + self.height / 2
    }
}

/// One picture being drawn.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
    failed: Option<String>,
}

impl<'a> Canvas<'a> {
    /// A white surface [`WIDTH`] wide; the SVG goes to `svg`, which is whole after [`Canvas::finish`].
    pub fn new(svg: &'a mut String, height: i32) -> Self {
        let size = (WIDTH as u32, height.max(1) as u32);
        let area = SVGBackend::with_string(svg, size).into_drawing_area();
        let mut canvas = Self { area, failed: None };
        canvas.fill(Area { left: 0, top: 0, width: WIDTH, height }, PAPER);
        canvas
    }

    /// A filled rectangle.
    pub fn fill(&mut self, area: Area, ink: Ink) {
        if area.width > 0 && area.height > 0 {
            let corners = [(area.left, area.top), (area.right(), area.bottom())];
            let drawn = self.area.draw(&Rectangle::new(corners, ink.filled()));
            self.keep(drawn);
        }
    }

    /// A straight line, one pixel thick.
    pub fn line(&mut self, from: (i32, i32), to: (i32, i32), ink: Ink) {
        self.outline(vec![from, to], ink);
    }

    /// A dashed line through `points`; nothing for fewer than two.
    pub fn dashes(&mut self, points: Vec<(i32, i32)>) {
        if points.len() > 1 {
            let drawn = self.area.draw(&PathElement::new(points, DASHED.stroke_width(1)));
            self.keep(drawn);
        }
    }

    /// A filled polygon.
    pub fn polygon(&mut self, points: Vec<(i32, i32)>, ink: Ink) {
        let drawn = self.area.draw(&Polygon::new(points, ink.filled()));
        self.keep(drawn);
    }

    /// A filled polygon that lets through what is under it; `opacity` is from 0 to 1.
    pub fn veil(&mut self, points: Vec<(i32, i32)>, ink: Ink, opacity: f64) {
        let drawn = self.area.draw(&Polygon::new(points, ink.mix(opacity).filled()));
        self.keep(drawn);
    }

    /// A line through `points`, one pixel thick.
    pub fn outline(&mut self, points: Vec<(i32, i32)>, ink: Ink) {
        let drawn = self.area.draw(&PathElement::new(points, ink.stroke_width(1)));
        self.keep(drawn);
    }

    /// A filled circle around `at`.
    pub fn dot(&mut self, at: (i32, i32), radius: i32, ink: Ink) {
        let drawn = self.area.draw(&Circle::new(at, radius, ink.filled()));
        self.keep(drawn);
    }

    /// A text, cleaned. `at` is the middle of its height.
    pub fn text(&mut self, text: &str, at: (i32, i32), align: Align, style: Type) {
        self.styled_text(text, at, align, style.font());
    }

    /// A text that reads upwards. `at` is its lower end.
    pub fn text_upwards(&mut self, text: &str, at: (i32, i32), style: Type) {
        self.styled_text(text, at, Align::Left, style.font().transform(FontTransform::Rotate270));
    }

    fn styled_text(&mut self, text: &str, (x, y): (i32, i32), align: Align, style: TextStyle) {
        LazyLock::force(&FONTS);
        let horizontal = match align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        // The backend centres on half the height of an x; digits and capitals stand higher, by one pixel.
        let drawn = self.area.draw_text(&words::clean(text), &style.pos(Pos::new(horizontal, VPos::Center)), (x, y + 1));
        self.keep(drawn);
    }

    /// A row of coloured squares with their names, from `left`; returns where it ends.
    pub fn legend(&mut self, entries: &[(&str, Ink)], (left, middle): (i32, i32)) -> i32 {
        let mut x = left;
        for (name, ink) in entries {
            self.fill(Area { left: x, top: middle - 5, width: 11, height: 11 }, *ink);
            self.text(name, (x + 17, middle), Align::Left, TICK);
            x += 17 + TICK.width(name) + 22;
        }
        x
    }

    /// Ends the picture; the first failure, if any.
    pub fn finish(mut self) -> Result<(), String> {
        let drawn = self.area.present();
        self.keep(drawn);
        self.failed.map_or(Ok(()), Err)
    }

    fn keep<E: std::error::Error + Send + Sync>(&mut self, drawn: Result<(), DrawingAreaErrorKind<E>>) {
        if let (Err(error), None) = (drawn, &self.failed) {
            self.failed = Some(error.to_string());
        }
    }
}

/// `svg` with the lines that [`Canvas::dashes`] drew dashed; plotters has no word for it. No text can hold the attribute: its
/// quotation marks are escaped.
pub fn dashed(svg: &str) -> String {
    let of = |ink: Ink| format!("stroke=\"#{:02X}{:02X}{:02X}\"", ink.0, ink.1, ink.2);
    svg.replace(&of(DASHED), &format!("{} stroke-dasharray=\"5 3\"", of(TEXT)))
}
