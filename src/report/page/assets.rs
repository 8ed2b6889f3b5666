//! What every page carries: its style, its scripts, and the hashes by which its policy lets exactly these run.
//!
//! Goes in: the files under `templates/report`. Comes out: texts and hashes, the same for one build. Knows nothing of a report.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A text of the page and its hash, as a policy names it: `sha256-…`.
pub struct Asset {
    pub text: &'static str,
    pub hash: String,
}

impl Asset {
    fn new(text: &'static str) -> Self {
        Self { text, hash: format!("sha256-{}", STANDARD.encode(Sha256::digest(text))) }
    }
}

/// The style: of the page, then of findings.
pub static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(concat!(
        include_str!("../../../templates/report/page.css"),
        include_str!("../../../templates/report/findings.css")
    ))
});

/// The script of every page: words, tables, and what ties them to filters and live charts where there is a cube.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(concat!(
        "\"use strict\";\n",
        include_str!("../../../templates/report/js/words.js"),
        include_str!("../../../templates/report/js/cube.js"),
        include_str!("../../../templates/report/js/state.js"),
        include_str!("../../../templates/report/js/filters.js"),
        include_str!("../../../templates/report/js/charts.js"),
        include_str!("../../../templates/report/js/chart_bars.js"),
        include_str!("../../../templates/report/js/chart_time.js"),
        include_str!("../../../templates/report/js/chart_flows.js"),
        include_str!("../../../templates/report/js/tables.js"),
        include_str!("../../../templates/report/js/live_tables.js"),
        include_str!("../../../templates/report/js/page.js"),
    ))
});

/// The library that draws live charts, for pages with a cube.
pub static ENGINE: LazyLock<Asset> = LazyLock::new(|| Asset::new(include_str!("../../../templates/vendor/echarts.min.js")));

/// The shapes of the countries, GeoJSON.
pub static WORLD: &str = include_str!("../../../templates/vendor/world.json");
