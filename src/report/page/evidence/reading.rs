//! Numbers and series out of evidence, with a gap where a value cannot be read.
//!
//! Goes in: a finding and a key. Comes out: numbers, or nothing. Draws nothing.

use crate::schema::finding::{Evidence, Finding};
use crate::schema::moment::moment;

/// Most values of a series that are drawn. Unit: values; what detectors list is shorter.
const VALUES_MAX: usize = 100;

/// A number that can be drawn.
fn drawable(number: f64) -> Option<f64> {
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// The number of `key`.
pub fn number(finding: &Finding, key: &str) -> Option<f64> {
    match finding.evidence.get(key)? {
        Evidence::Count(number) => Some(*number as f64),
        Evidence::Number(number) => drawable(*number),
        _ => None,
    }
}

/// The values of `key` in order; what cannot be read keeps its place.
pub fn series(finding: &Finding, key: &str) -> Vec<Option<f64>> {
    match finding.evidence.get(key) {
        Some(Evidence::Counts(numbers)) => numbers.iter().take(VALUES_MAX).map(|number| Some(*number as f64)).collect(),
        Some(Evidence::List(texts)) => texts.iter().take(VALUES_MAX).map(|text| text.parse().ok().and_then(drawable)).collect(),
        _ => Vec::new(),
    }
}

/// The moments of `key`, ms since the epoch; what cannot be read keeps its place.
pub fn times(finding: &Finding, key: &str) -> Vec<Option<i64>> {
    match finding.evidence.get(key) {
        Some(Evidence::List(texts)) => texts.iter().take(VALUES_MAX).map(|text| moment(text)).collect(),
        _ => Vec::new(),
    }
}

/// The entries `TIME VALUE` of `key`; one without a time or a value is left out, since the others keep their own time.
pub fn timed(finding: &Finding, key: &str) -> Vec<(i64, f64)> {
    let entry = |text: &String| {
        let (time, value) = text.split_once(' ')?;
        Some((moment(time)?, value.parse().ok().and_then(drawable)?))
    };
    match finding.evidence.get(key) {
        Some(Evidence::List(texts)) => texts.iter().take(VALUES_MAX).filter_map(entry).collect(),
        _ => Vec::new(),
    }
}

/// The greatest of `values`, or 0.
pub fn greatest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(0.0, f64::max)
}
