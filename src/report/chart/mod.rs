//! The charts of a report: what each shows ([`subject`]), how each kind is drawn ([`kind`]), as SVG and PNG.
//!
//! Goes in: the tables. Comes out: one [`Drawn`] per entry of [`CHARTS`], whose title says what the data say.
//! Draws nothing that was not measured: gaps stay gaps, and where there is no data the picture says why.

mod canvas;
mod frame;
mod kind;
mod png;
mod scale;
mod subject;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::{OutputFile, ReportError, ReportInput};
pub use subject::window;

/// What a chart shows, as plain data.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The conclusion, computed from the data.
    pub title: String,
    /// What is drawn, the window and the way of counting.
    pub subtitle: String,
    /// What the picture leaves out or cannot know.
    pub notes: Vec<String>,
    /// The picture itself.
    pub picture: Picture,
}

/// One kind of picture with its data.
#[derive(Clone, Debug)]
pub enum Picture {
    /// Bars to the right, one per name.
    Bars(kind::bars::Bars),
    /// Bars up and down along time.
    Mirror(kind::mirror::Mirror),
    /// Cells by row and column.
    Grid(kind::grid::Grid),
    /// Hours with and without data, one line per capture point.
    Strips(kind::strips::Strips),
    /// Nothing to draw, and why.
    Nothing(String),
}

/// A chart's name, what it shows, and the table it is drawn from.
pub struct Entry {
    /// Name of the files.
    pub name: &'static str,
    /// What it shows in two or three words, for headings and links.
    pub topic: &'static str,
    /// The CSV with every row.
    pub table: &'static str,
    /// Computes it.
    chart: fn(&ReportInput) -> Chart,
}

/// Every chart, in the order of the page.
pub static CHARTS: &[Entry] = &[
    Entry { name: "traffic_over_time", topic: "Traffic over time", table: "traffic_over_time", chart: subject::over_time::chart },
    Entry { name: "top_addresses", topic: "Addresses", table: "traffic_by_ip", chart: subject::addresses::chart },
    Entry { name: "top_subnets", topic: "Subnets", table: "traffic_by_subnet", chart: subject::subnets::chart },
    Entry { name: "subnet_matrix", topic: "Subnet to subnet", table: "subnet_matrix", chart: subject::matrix::chart },
    Entry { name: "top_interfaces", topic: "Interfaces", table: "traffic_by_interface", chart: subject::interfaces::chart },
    Entry { name: "top_ports", topic: "Ports", table: "traffic_by_port", chart: subject::ports::chart },
    Entry { name: "top_rules", topic: "Rules", table: "traffic_by_rule", chart: subject::rules::chart },
    Entry { name: "coverage", topic: "Coverage", table: "coverage", chart: subject::coverage::chart },
];

/// A chart, drawn.
pub struct Drawn {
    /// Its entry in [`CHARTS`].
    pub entry: &'static Entry,
    /// The conclusion, cleaned.
    pub title: String,
    /// The picture, an XML document that begins with `<svg`.
    pub svg: String,
    /// Where below its top the title ends. Unit: pixels.
    title_height: i32,
    /// Unit: pixels.
    height: i32,
}

impl Drawn {
    /// The picture without its title, for a page that says it above.
    pub fn inline(&self) -> String {
        let (width, top, height) = (canvas::WIDTH, self.title_height, self.height - self.title_height);
        let whole = format!("width=\"{width}\" height=\"{}\" viewBox=\"0 0 {width} {}\"", self.height, self.height);
        self.svg.replacen(&whole, &format!("width=\"{width}\" height=\"{height}\" viewBox=\"0 {top} {width} {height}\""), 1)
    }
}

/// Draws every chart, in the order of [`CHARTS`].
pub fn draw_all(input: &ReportInput) -> Result<Vec<Drawn>, ReportError> {
    CHARTS
        .par_iter()
        .map(|entry| {
            let chart = (entry.chart)(input);
            frame::draw(&chart, entry).map_err(|reason| ReportError::Chart { chart: entry.name, reason })
        })
        .collect()
}

/// `charts/NAME.svg` and `charts/NAME.png` of every chart.
pub fn files(charts: &[Drawn]) -> Result<Vec<OutputFile>, ReportError> {
    let pairs: Vec<[OutputFile; 2]> = charts
        .par_iter()
        .map(|drawn| {
            let name = drawn.entry.name;
            let png = png::png(&drawn.svg).map_err(|reason| ReportError::Chart { chart: name, reason })?;
            Ok([
                OutputFile::new(format!("charts/{name}.svg"), drawn.svg.as_bytes()),
                OutputFile::new(format!("charts/{name}.png"), png),
            ])
        })
        .collect::<Result<_, ReportError>>()?;
    Ok(pairs.into_iter().flatten().collect())
}
