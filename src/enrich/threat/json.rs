//! Tells the format of a list that is JSON, and hands it to its reader.
//!
//! Goes in: text that begins like JSON. Comes out: a [`Draft`] of STIX, MISP, Feodo Tracker or Spamhaus DROP. MISP's warninglists are refused: they name
//! what is harmless, and taken for a threat list they would turn good addresses bad.

use serde_json::Value;

use super::draft::Draft;
use super::error::{Failure, ThreatReason};
use super::{drop, feodo, misp, stix};

/// Longest first line that may be one of Spamhaus DROP. Unit: bytes; range 200 and up. Its lines have some 60; raising it parses JSON that stands
/// on one line twice.
const DROP_LINE_BYTES_MAX: usize = 4096;

/// Reads a list.
pub(super) fn read(text: &str) -> Result<Draft, Failure> {
    let first_line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let is_drop = |line: &str| serde_json::from_str(line).is_ok_and(|value: Value| value.is_object() && drop::is_line(&value));
    if first_line.len() <= DROP_LINE_BYTES_MAX && is_drop(first_line) {
        return drop::read(text);
    }
    let root: Value = serde_json::from_str(text).map_err(|error| ThreatReason::json(&error, 1))?;
    match &root {
        Value::Array(values) => array(values),
        _ if root.get("list").is_some() && root.get("matching_attributes").is_some() => Err(ThreatReason::Warninglist.into()),
        _ if is_envelope(&root) => {
            let objects = root.get("objects").and_then(Value::as_array);
            let mut draft = stix::read(objects.map_or(&[], Vec::as_slice))?;
            if root.get("more").and_then(Value::as_bool) == Some(true) {
                draft.notes.push("is one page of several: fetch the others too".to_owned());
            }
            Ok(draft)
        }
        _ if stix::is_object(&root) => stix::read(std::slice::from_ref(&root)),
        _ if misp::is_event(&root) => misp::read(&[&root]),
        _ => match root.get("response") {
            Some(Value::Array(values)) => array(values),
            _ => Err(ThreatReason::UnknownJson.into()),
        },
    }
}

/// A bundle of STIX, or what a TAXII server answers.
fn is_envelope(root: &Value) -> bool {
    root.get("objects").is_some_and(Value::is_array) || root.get("type").and_then(Value::as_str) == Some("bundle")
}

/// An array is told by its first element.
fn array(values: &[Value]) -> Result<Draft, Failure> {
    match values.first() {
        None => Err(ThreatReason::Empty.into()),
        Some(first) if first.get("ip_address").is_some() => feodo::read(values),
        Some(first) if drop::is_line(first) => drop::read_array(values),
        Some(first) if misp::is_event(first) => misp::read(&values.iter().collect::<Vec<_>>()),
        Some(first) if stix::is_object(first) => stix::read(values),
        Some(_) => Err(ThreatReason::UnknownJson.into()),
    }
}
