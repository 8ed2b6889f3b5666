//! The allow-list: findings that the user has looked at and expects.
//!
//! Goes in: the bytes of TOML files, and findings. Comes out: the findings that no entry expects, those that one does with the entry's
//! reason, and notes on entries that took nothing. Reads no clock: an entry expires by the logs' window.

use std::collections::BTreeMap;

use toml::de::DeValue;

use super::allow_entry::{Entry, FIELDS, Party, Subject};
use super::file_error::{FileError, FileReason};
use super::toml_file::{TomlFile, in_order};
use crate::enrich::topology::quote;
use crate::schema::finding::{AllowedFinding, Finding};
use crate::schema::nearest::nearest;

/// Most entries of all files. Unit: entries; raising it costs memory, and time with entries that state neither detector nor actor,
/// which every finding is held against.
const ENTRIES_MAX: usize = 10_000;

/// Most entries that are named in notes; the rest are counted. Unit: notes.
const NOTES_MAX: usize = 100;

/// What every note on the allow-list begins with.
pub const NOTE: &str = "allow-list: ";

/// Entries of all files given, in the order read.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    entries: Vec<Entry>,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    /// No finding meets it.
    None,
    /// An earlier entry took what meets it; holds that entry's number.
    Covered(usize),
    /// It took a finding.
    Taken,
}

/// What an entry must share with a finding before it is looked at; nothing where it states neither.
type Group = (Option<&'static str>, Option<Party>);

impl AllowList {
    /// How many entries it has.
    pub fn count(&self) -> usize {
        self.entries.len()
    }

    /// Adds the entries of an allow-list.
    ///
    /// # Errors
    /// The file, the line in it, and the reason; then nothing of the file is added.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), FileError> {
        let toml = TomlFile::parse("allow-list", file, bytes)?;
        for (key, _) in in_order(&toml.table) {
            let reason = match key.get_ref().as_ref() {
                "allow" => continue,
                "detectors" => FileReason::SettingsInList,
                name if FIELDS.contains(&name) => FileReason::NoHeader(quote(name)),
                name => FileReason::Unknown("table", quote(name), nearest(name, ["allow"]).to_owned()),
            };
            return Err(toml.fail(key.span().start, reason));
        }
        match self.add_entries(&toml)? {
            0 => Err(toml.fail(0, FileReason::Empty)),
            _ => Ok(()),
        }
    }

    /// Adds each `[[allow]]` of a file, and tells how many there are.
    pub(super) fn add_entries(&mut self, toml: &TomlFile<'_>) -> Result<usize, FileError> {
        let Some(value) = toml.table.get("allow") else { return Ok(0) };
        let DeValue::Array(tables) = value.get_ref() else {
            return Err(toml.wrong_kind("allow", value, "[[allow]], with two brackets, above each entry"));
        };
        let mut entries = Vec::new();
        for value in tables.iter() {
            let start = value.span().start;
            if self.entries.len() + entries.len() >= ENTRIES_MAX {
                return Err(toml.fail(start, FileReason::TooMany(ENTRIES_MAX)));
            }
            let DeValue::Table(table) = value.get_ref() else {
                return Err(toml.wrong_kind("allow", value, "[[allow]], and the entry's fields below it"));
            };
            entries.push(Entry::read(toml, start, table)?);
        }
        let added = entries.len();
        self.entries.append(&mut entries);
        Ok(added)
    }

    /// Takes the findings that an entry expects out of `findings`, the first of several; also tells what is odd about entries.
    /// `window_end` is the last tuple, ms since the epoch; without one nothing can be said of any entry.
    pub(super) fn apply(&self, findings: &mut Vec<Finding>, window_end: Option<i64>) -> (Vec<AllowedFinding>, Vec<String>) {
        let Some(window_end) = window_end else { return (Vec::new(), self.unchecked()) };
        let mut allowed = Vec::new();
        let mut uses = vec![Use::None; self.entries.len()];
        let groups = self.groups(window_end);
        findings.retain(|finding| {
            let taken = self.take(&groups, finding, &mut uses);
            allowed.extend(taken.map(|at| allowed_finding(finding, &self.entries[at])));
            taken.is_none()
        });
        allowed.sort_by(|a, b| (&a.first_time, &a.id).cmp(&(&b.first_time, &b.id)));
        (allowed, self.notes(&uses, window_end))
    }

    /// The entries that hold, by what a finding must have to be looked at.
    fn groups(&self, window_end: i64) -> BTreeMap<Group, Vec<usize>> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate().filter(|(_, entry)| !has_expired(entry, window_end)) {
            groups.entry((entry.detector, entry.actor.clone())).or_default().push(at);
        }
        groups
    }

    /// The first entry that expects the finding; later ones that would are marked as covered by it.
    fn take(&self, groups: &BTreeMap<Group, Vec<usize>>, finding: &Finding, uses: &mut [Use]) -> Option<usize> {
        if groups.is_empty() {
            return None;
        }
        let subject = Subject::of(finding);
        let actor = || Some(subject.actor.clone());
        let of = [(Some(finding.detector), actor()), (Some(finding.detector), None), (None, actor()), (None, None)];
        let mut near: Vec<usize> = of.iter().filter_map(|group| groups.get(group)).flatten().copied().collect();
        // Four sorted runs, which a stable sort merges.
        near.sort();
        let mut near = near.into_iter();
        let first = near.find(|at| self.entries[*at].expects(&subject))?;
        uses[first] = Use::Taken;
        for at in near {
            if uses[at] == Use::None && self.entries[at].expects(&subject) {
                uses[at] = Use::Covered(first);
            }
        }
        Some(first)
    }

    /// One note per entry that took nothing, and why; those beyond the bound are counted.
    fn notes(&self, uses: &[Use], window_end: i64) -> Vec<String> {
        let idle = self.entries.iter().zip(uses).filter(|(_, used)| **used != Use::Taken);
        let mut notes: Vec<String> = idle
            .clone()
            .take(NOTES_MAX)
            .map(|(entry, used)| match used {
                _ if has_expired(entry, window_end) => {
                    format!("{NOTE}the entry of {} has expired before the window's end and was not applied", entry.place())
                }
                Use::Covered(by) => {
                    let by = &self.entries[*by];
                    let by = if by.file == entry.file { format!("at line {}", by.line) } else { format!("of {}", by.place()) };
                    format!("{NOTE}the entry of {} takes no finding: covered by the entry {by}", entry.place())
                }
                _ => format!("{NOTE}the entry of {} matches no finding", entry.place()),
            })
            .collect();
        let more = idle.count().saturating_sub(NOTES_MAX);
        if more > 0 {
            notes.push(format!("{NOTE}{} more took no finding", entries(more)));
        }
        notes
    }

    fn unchecked(&self) -> Vec<String> {
        if self.entries.is_empty() {
            return Vec::new();
        }
        vec![format!("{NOTE}{} could not be checked: no traffic was read", entries(self.entries.len()))]
    }
}

/// Whether an entry holds no longer at the window's end.
fn has_expired(entry: &Entry, window_end: i64) -> bool {
    entry.until.is_some_and(|until| window_end >= until)
}

/// `1 entry`, `12 entries`.
fn entries(count: usize) -> String {
    format!("{count} {}", if count == 1 { "entry" } else { "entries" })
}

fn allowed_finding(finding: &Finding, entry: &Entry) -> AllowedFinding {
    AllowedFinding {
        id: finding.id.clone(),
        detector: finding.detector,
        severity: finding.severity,
        actor: finding.actor.clone(),
        title: finding.title.clone(),
        first_time: finding.first_time.clone(),
        entry: entry.place(),
        why: entry.why.clone(),
    }
}

/// The entry that would allow `finding` and little else, ready for the file; the reason is left to the user.
pub(super) fn entry_for(finding: &Finding) -> String {
    // A JSON text is a TOML text, but for the one control character that JSON leaves as it is.
    let text = |text: &str| serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f");
    let mut lines = vec![
        "[[allow]]".to_owned(),
        format!("detector = {}", text(finding.detector)),
        format!("actor = {}", text(&finding.actor)),
    ];
    if !finding.direction.is_empty() {
        // Without it the entry for what comes to a host would also allow what the host begins.
        lines.push(format!("direction = {}", text(finding.direction)));
    }
    if let [peer] = finding.targets.as_slice() {
        lines.push(format!("peer = {}", text(peer)));
    }
    if let [port] = finding.ports.as_slice() {
        lines.push(format!("port = {port}"));
    }
    lines.push("why = \"\"".to_owned());
    lines.join("\n")
}

#[cfg(test)]
#[path = "allow_list_tests.rs"]
mod tests;
