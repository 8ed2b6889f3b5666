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

/// The script; each of its files is told by its first line.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(concat!("\"use strict\";\n", include_str!("../../../templates/report/page.js"))));
