//! The charts of a report: what each shows ([`subject`]), how each kind is drawn ([`kind`]), as SVG and PNG.
//!
//! Goes in: the tables. Comes out: one [`Drawn`] per entry of [`CHARTS`], whose title says what the data say.
//! Draws nothing that was not measured: gaps stay gaps, and where there is no data the picture says why.

pub(super) mod canvas;
mod frame;
mod kind;
mod png;
pub(super) mod scale;
mod subject;
#[cfg(test)]
mod tests;
mod world;

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
    /// Bands between bars in columns.
    Sankey(kind::sankey::Sankey),
    /// Countries by shade.
    Map(kind::map::Map),
    /// Nothing to draw, and why.
    Nothing(String),
}

/// The question that a chart helps to answer: a part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// How much, when.
    Overview,
    /// Hosts, subnets, VNets, scale sets, conversations.
    WhoTalks,
    /// Countries, Azure regions, public addresses, gateways, load balancers.
    WhereTo,
    /// Ports, flow types.
    What,
    /// Rules, hit and not.
    Rules,
    /// What the Internet reaches, and what reaches the Internet.
    Exposure,
    /// Findings.
    Security,
    /// Encryption, and how good the logs are.
    Hygiene,
    /// Method, inputs, what was read.
    Appendix,
}

/// A chart's name, what it shows, and where it stands.
pub struct Entry {
    /// Name of the files.
    pub name: &'static str,
    /// What it shows in two or three words, for headings and links.
    pub topic: &'static str,
    /// Where it stands on the page.
    pub group: Group,
    /// Computes it.
    chart: fn(&ReportInput) -> Chart,
}

/// Every chart, in the order of the page.
pub static CHARTS: &[Entry] = &[
    Entry { name: "traffic_over_time", topic: "Traffic over time", group: Group::Overview, chart: subject::over_time::chart },
    Entry { name: "top_addresses", topic: "Addresses", group: Group::WhoTalks, chart: subject::addresses::chart },
    Entry { name: "top_subnets", topic: "Subnets", group: Group::WhoTalks, chart: subject::subnets::chart },
    Entry { name: "subnet_matrix", topic: "Subnet to subnet", group: Group::WhoTalks, chart: subject::matrix::chart },
    Entry { name: "vnets", topic: "VNets", group: Group::WhoTalks, chart: subject::vnets::chart },
    Entry { name: "scale_sets", topic: "Scale sets", group: Group::WhoTalks, chart: subject::scale_sets::chart },
    Entry { name: "top_interfaces", topic: "Interfaces", group: Group::WhoTalks, chart: subject::interfaces::chart },
    Entry {
        name: "conversations_internal",
        topic: "Conversations inside",
        group: Group::WhoTalks,
        chart: subject::conversations::internal,
    },
    Entry {
        name: "conversations_external",
        topic: "Conversations with public addresses",
        group: Group::WhoTalks,
        chart: subject::conversations::external,
    },
    Entry { name: "activity", topic: "Activity", group: Group::WhoTalks, chart: subject::activity::chart },
    Entry { name: "flows_sankey", topic: "From where to where", group: Group::WhereTo, chart: subject::flows_sankey::chart },
    Entry { name: "world", topic: "World", group: Group::WhereTo, chart: subject::world::chart },
    Entry { name: "countries", topic: "Countries", group: Group::WhereTo, chart: subject::countries::chart },
    Entry { name: "azure_regions", topic: "Azure regions", group: Group::WhereTo, chart: subject::azure_regions::chart },
    Entry { name: "public_addresses", topic: "Public addresses", group: Group::WhereTo, chart: subject::public_addresses::chart },
    Entry { name: "gateways", topic: "Gateways", group: Group::WhereTo, chart: subject::gateways::chart },
    Entry { name: "load_balancers", topic: "Load balancers", group: Group::WhereTo, chart: subject::load_balancers::chart },
    Entry { name: "top_ports", topic: "Ports", group: Group::What, chart: subject::ports::chart },
    Entry { name: "flow_types", topic: "Flow types", group: Group::What, chart: subject::flow_types::chart },
    Entry { name: "top_rules", topic: "Rules", group: Group::Rules, chart: subject::rules::chart },
    Entry { name: "rule_usage", topic: "Unused rules", group: Group::Rules, chart: subject::rule_usage::chart },
    Entry { name: "exposed_sources", topic: "Who comes", group: Group::Exposure, chart: subject::exposed_sources::chart },
    Entry {
        name: "internet_senders",
        topic: "Senders to the Internet",
        group: Group::Exposure,
        chart: subject::internet_senders::chart,
    },
    Entry { name: "encryption", topic: "Encryption", group: Group::Hygiene, chart: subject::encryption::chart },
    Entry { name: "coverage", topic: "Coverage", group: Group::Hygiene, chart: subject::coverage::chart },
    Entry { name: "data_quality", topic: "Capture points", group: Group::Hygiene, chart: subject::data_quality::chart },
];

/// A chart, drawn.
pub struct Drawn {
    /// Its entry in [`CHARTS`].
    pub entry: &'static Entry,
    /// The conclusion, cleaned.
    pub title: String,
    /// Why the picture has nothing in it, cleaned; `None` where it has.
    pub absent: Option<String>,
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

/// Hands on `charts/NAME.svg` and `charts/NAME.png` of every chart.
pub fn each_file<E: From<ReportError> + Send>(
    charts: &[Drawn],
    take: &(impl Fn(OutputFile) -> Result<(), E> + Sync),
) -> Result<(), E> {
    charts.par_iter().try_for_each(|drawn| {
        let name = drawn.entry.name;
        let png = png::png(&drawn.svg).map_err(|reason| ReportError::Chart { chart: name, reason })?;
        take(OutputFile::new(format!("charts/{name}.svg"), drawn.svg.as_bytes()))?;
        take(OutputFile::new(format!("charts/{name}.png"), png))
    })
}
