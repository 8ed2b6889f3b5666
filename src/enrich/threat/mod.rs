//! Threat lists: public addresses known for attacks.
//!
//! Goes in: the bytes of lists as their publishers hand them out (docs/threat-lists.md); the format is told by the content, never by
//! the name. Comes out: for an address the entry that names it, judged by the window of the logs. Fetches nothing, knows no
//! domains, files or autonomous systems, and says nothing of private addresses.

mod date;
mod draft;
mod drop;
mod error;
mod feodo;
mod header;
mod json;
mod list;
mod misp;
mod pattern;
mod plain;
#[cfg(test)]
mod samples_tests;
mod stix;
mod target;
#[cfg(test)]
mod tests;

use std::path::Path;

use self::error::Failure;
pub use self::error::{ThreatError, ThreatReason};
use self::list::List;
use super::{ThreatHit, scope};
use crate::schema::Address;
use crate::schema::inputs::InputInfo;
use crate::schema::tables::Scope;

/// Threat lists; by default none.
#[derive(Clone, Debug, Default)]
pub struct ThreatLists {
    /// In the order added.
    lists: Vec<List>,
}

impl ThreatLists {
    /// Adds a list: UTF-8, with or without byte order mark, lines ended as on any system.
    ///
    /// # Errors
    /// The file, the line in it, and the reason. The lists then are as they were before.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<InputInfo, ThreatError> {
        let name = Path::new(file).file_name().map_or_else(|| file.into(), |name| name.to_string_lossy());
        let read = read(bytes).and_then(|draft| draft.finish(&name));
        let (list, info) = read.map_err(|Failure { line, reason }| ThreatError { file: file.to_owned(), line, reason })?;
        self.lists.push(list);
        Ok(info)
    }

    /// The hit of a public address, by the first list given that names it; entries that had expired before the window, or
    /// were not yet valid at its end, are passed over. `window` is the first and the last tuple, ms since the epoch.
    ///
    /// Within a list the longest prefix wins. An entry for every port wins over entries for one, of whatever list: what is bad on
    /// every port is bad on that one too. If there are only entries for one port each, the first tells, and the ports of all are told.
    pub fn get(&self, address: Address, window: (i64, i64)) -> Option<ThreatHit> {
        if scope::of_unknown(address) != Scope::ExternalPublic {
            return None;
        }
        let mut first: Option<(&List, usize)> = None;
        let mut ports: Vec<u16> = Vec::new();
        for list in &self.lists {
            for entry in list.matches(address, window) {
                let Some(port) = list.port_of(entry) else { return Some(hit(list, entry)) };
                first.get_or_insert((list, entry));
                ports.push(port);
            }
        }
        let mut hit = first.map(|(list, entry)| hit(list, entry))?;
        ports.sort_unstable();
        ports.dedup();
        ports.retain(|port| Some(*port) != hit.port);
        hit.other_ports = ports;
        Some(hit)
    }

    /// What is odd about each list in the light of the window, in the order given: expired before it, much older or newer than it, and how
    /// many entries do not count in it.
    pub fn warnings(&self, window: (i64, i64)) -> Vec<Vec<String>> {
        self.lists.iter().map(|list| list.warnings(window)).collect()
    }
}

fn hit(list: &List, entry: usize) -> ThreatHit {
    ThreatHit {
        list: list.name.clone(),
        entry: list.text_of(entry).to_owned(),
        port: list.port_of(entry),
        other_ports: Vec::new(),
        date: list.times_of(entry).date.or(list.dated),
    }
}

/// Reads a list of any format.
fn read(bytes: &[u8]) -> Result<draft::Draft, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        ThreatReason::Encoding.at(line)
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.trim_start();
    match start.chars().next() {
        None => Err(ThreatReason::Empty.into()),
        Some('<') if ["<?xml", "<stix"].iter().any(|tag| start.starts_with(tag)) => Err(ThreatReason::Xml.into()),
        Some('<') => Err(ThreatReason::Html.into()),
        Some('{') => json::read(text),
        // `[2001:db8::9]:443` is a line.
        Some('[') if start[1..].trim_start().starts_with(['{', ']', '"']) || start.len() == 1 => json::read(text),
        Some(_) => plain::read(text),
    }
}
