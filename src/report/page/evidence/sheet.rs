//! A small SVG: boxes, lines, discs and text, in the inks of the charts.
//!
//! Goes in: places in pixels. Comes out: an SVG whose colours are attributes, since the page's policy allows no style of their own; the page's
//! rules for dark mode go by the charts' exact inks. Marks of one ink are one path, so that hundreds of them stay small. Knows nothing of data.

use std::fmt::Write as _;

use crate::report::chart::canvas::Ink;
use crate::report::words;

/// Width of every picture. Unit: pixels of the SVG.
pub const WIDTH: f64 = 720.0;
/// Height of a line of text. Unit: pixels.
pub const LINE: f64 = 16.0;
/// About the width of a character at the size of the texts. Unit: pixels.
pub const CHARACTER: f64 = 6.8;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// Where a text's anchor lies; vertically it is the middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// A picture being drawn.
pub struct Sheet {
    svg: String,
}

impl Sheet {
    /// An empty picture; `label` is what screen readers say.
    pub fn new(height: f64, label: &str) -> Self {
        let label = escaped(label);
        Self {
            svg: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" preserveAspectRatio=\"xMinYMin meet\" \
                 role=\"img\" aria-label=\"{label}\" font-size=\"12\">"
            ),
        }
    }

    /// Filled boxes of one ink.
    pub fn boxes(&mut self, boxes: impl IntoIterator<Item = Mark>, ink: Ink) {
        self.filled(boxes, &format!("fill=\"{}\"", hex(ink)));
    }

    /// Boxes of one ink through which the rest is seen.
    pub fn veil(&mut self, boxes: impl IntoIterator<Item = Mark>, ink: Ink) {
        self.filled(boxes, &format!("fill=\"{}\" fill-opacity=\"0.4\"", hex(ink)));
    }

    /// Boxes in the colour that the page gives the class `class`.
    pub fn classed(&mut self, boxes: impl IntoIterator<Item = Mark>, class: &'static str) {
        self.filled(boxes, &format!("class=\"{class}\" fill=\"currentColor\" fill-opacity=\"0.5\""));
    }

    fn filled(&mut self, boxes: impl IntoIterator<Item = Mark>, attributes: &str) {
        let mut path = String::new();
        for Mark { x, y, width, height } in boxes {
            let _ = write!(path, "M{x:.1} {y:.1}h{width:.1}v{height:.1}h-{width:.1}z");
        }
        if !path.is_empty() {
            let _ = write!(self.svg, "<path d=\"{path}\" {attributes}/>");
        }
    }

    /// A disc with a number in it, in the colour of the class `class`.
    pub fn disc(&mut self, (x, y): (f64, f64), number: usize, class: &'static str) {
        let _ = write!(
            self.svg,
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"8.5\" fill=\"currentColor\"/><text x=\"{x:.1}\" y=\"{:.1}\" \
             text-anchor=\"middle\" font-size=\"10\" font-weight=\"700\" fill=\"#FFFFFF\">{number}</text>",
            y + 3.5
        );
    }

    /// A line, one pixel thick.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        self.stroke(&[from, to], ink, "");
    }

    /// A dashed line, for what was expected or asked.
    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink) {
        self.stroke(&[from, to], ink, " stroke-width=\"1.5\" stroke-dasharray=\"5 3\"");
    }

    /// A thick line through `points`.
    pub fn curve(&mut self, points: &[(f64, f64)], ink: Ink) {
        self.stroke(points, ink, " stroke-width=\"2\"");
    }

    fn stroke(&mut self, points: &[(f64, f64)], ink: Ink, more: &str) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        if points.len() > 1 {
            let _ = write!(self.svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\"{more}/>", points.join(" "), hex(ink));
        }
    }

    /// A text, cleaned and escaped; `at` is the middle of its height.
    pub fn text(&mut self, text: &str, (x, y): (f64, f64), anchor: Anchor, ink: Ink) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let _ =
            write!(self.svg, "<text x=\"{x:.1}\" y=\"{:.1}\"{anchor} fill=\"{}\">{}</text>", y + 4.0, hex(ink), escaped(text));
    }

    /// The whole SVG.
    pub fn finish(self) -> String {
        self.svg + "</svg>"
    }
}

/// An ink as the charts write it.
pub fn hex(ink: Ink) -> String {
    format!("#{:02X}{:02X}{:02X}", ink.0, ink.1, ink.2)
}

/// `text` as XML says it.
fn escaped(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    for c in words::clean(text).chars() {
        match c {
            '&' => said.push_str("&#38;"),
            '<' => said.push_str("&#60;"),
            '>' => said.push_str("&#62;"),
            '"' => said.push_str("&#34;"),
            _ => said.push(c),
        }
    }
    said
}
