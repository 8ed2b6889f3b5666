//! Spamhaus DROP as JSON: one object a line, the last one of which tells the date.
//!
//! Goes in: text, or an array of such objects. Comes out: a [`Draft`]. The list of autonomous systems (ASN-DROP) is refused: it names no address.

use serde_json::Value;

use super::date;
use super::draft::{Draft, Found, counted};
use super::error::{Failure, ThreatReason};
use super::list::Times;
use super::target::Target;

/// Whether an object is a line of such a list.
pub(super) fn is_line(value: &Value) -> bool {
    value.get("cidr").is_some() || is_metadata(value) || is_autonomous_system(value)
}

/// Reads a list.
pub(super) fn read(text: &str) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    let mut lines = Lines::default();
    let last = text.trim_end().lines().count();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => lines.add(&value, &mut draft, Some((number, line)))?,
            Err(error) if number == last && error.is_eof() => return Err(ThreatReason::json(&error, number)),
            Err(_) => draft.unreadable.line(number, line),
        }
    }
    Ok(lines.end(draft))
}

/// Reads the same objects as an array.
pub(super) fn read_array(values: &[Value]) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    let mut lines = Lines::default();
    for value in values {
        lines.add(value, &mut draft, None)?;
    }
    Ok(lines.end(draft))
}

/// How many lines were read, and how many the list says it has.
#[derive(Default)]
struct Lines {
    read: u64,
    stated: Option<u64>,
    has_metadata: bool,
}

impl Lines {
    /// Adds an object; `line` is its number and text, where there are lines.
    fn add(&mut self, value: &Value, draft: &mut Draft, line: Option<(usize, &str)>) -> Result<(), Failure> {
        if is_autonomous_system(value) {
            return Err(ThreatReason::AsnDrop.at(line.map(|(number, _)| number)));
        }
        if is_metadata(value) {
            draft.dated = value.get("timestamp").and_then(Value::as_i64).and_then(date::seconds);
            draft.is_known_format = true;
            self.has_metadata = true;
            self.stated = value.get("records").and_then(Value::as_u64);
            return Ok(());
        }
        self.read += 1;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let written = text("cidr");
        match (Target::parse(written), line) {
            (Some(target), _) => {
                draft.add(&Found { written, target, label: text("sblid"), times: Times::default() })?;
            }
            (None, Some((number, line))) => draft.unreadable.line(number, line),
            (None, None) => draft.unreadable.text(written),
        }
        Ok(())
    }

    /// What a list that was cut between two lines shows.
    fn end(self, mut draft: Draft) -> Draft {
        if !self.has_metadata {
            draft.notes.push("lacks its last line, the metadata: it may have been cut off".to_owned());
        }
        if let Some(stated) = self.stated.filter(|stated| *stated != self.read) {
            let records = counted(stated, "record", "records");
            draft.notes.push(format!("says it has {records}, but holds {}: it may have been cut off", self.read));
        }
        draft
    }
}

fn is_metadata(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("metadata")
}

fn is_autonomous_system(value: &Value) -> bool {
    value.get("asn").is_some() && value.get("cidr").is_none()
}
