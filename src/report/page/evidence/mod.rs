//! The pictures of a finding's evidence: what was measured, when, and beside what was expected.
//!
//! Goes in: a finding. Comes out: small SVGs with their captions, and the keys of the evidence that they show. Draws numbers, parsed addresses and
//! fixed words alone, so that no text of a log reaches a picture. Decides nothing about what a finding means.

pub mod axis;
mod band;
mod gaps;
mod hours;
pub mod measured;
mod reading;
mod scan;
pub mod sheet;
#[cfg(test)]
mod tests;

use crate::schema::finding::Finding;

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What it shows, for its frame.
    pub topic: &'static str,
    pub svg: String,
    pub caption: String,
    /// Keys of the evidence that it shows whole, so that no text needs to.
    pub drawn: &'static [&'static str],
}

/// Draws one kind of evidence; `None` where the finding holds none of it.
type Draw = fn(&Finding) -> Option<Picture>;

/// Every kind of picture, in the order of the page. What a finding's evidence holds decides, not its detector.
static PICTURES: &[Draw] = &[gaps::strip, gaps::scores, scan::picture, hours::picture, band::picture, measured::picture];

/// The pictures of `finding`.
pub fn pictures(finding: &Finding) -> Vec<Picture> {
    PICTURES.iter().filter_map(|draw| draw(finding)).collect()
}
