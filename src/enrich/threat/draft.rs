//! A list while it is read: what its format's reader found in it, entry by entry.
//!
//! Goes in: entries, dates and oddities, in the order of the file. Comes out: a [`List`] that answers lookups, and the
//! [`InputInfo`] that tells a reader what became of everything. Knows no format.

use ipnet::IpNet;

use super::error::{Failure, ThreatReason};
use super::list::{Entry, List, Times};
use super::target::{Space, Target, space};
use crate::enrich::topology::quote;
use crate::schema::inputs::{InputInfo, InputKind};
use crate::schema::units::date;

/// Most prefixes of a list. Unit: prefixes; range 1 to 2^32 - 2. The largest public lists hold a few hundred thousand; five million take
/// about 500 MB while they are read. Raising it costs memory.
const PREFIXES_MAX: usize = 5_000_000;

/// Most characters of an entry as written, and of its label. Unit: characters; range 91 (the longest range of IPv6) and up. Names of malware and
/// indicators are shorter; raising it widens tables.
const TEXT_CHARS_MAX: usize = 100;

/// An entry as a format's reader found it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'a> {
    /// As written.
    pub written: &'a str,
    /// What it names.
    pub target: Target,
    /// What the list says of it; may be empty.
    pub label: &'a str,
    /// When it was stated and holds.
    pub times: Times,
}

/// How many of a kind were passed over, and the first of them.
#[derive(Clone, Debug, Default)]
pub(super) struct PassedOver {
    count: u64,
    /// The line or place, and the text, quoted.
    first: String,
    /// The line of the first, where the format has lines.
    line: Option<usize>,
}

impl PassedOver {
    /// Counts the text of a line, from 1.
    pub(super) fn line(&mut self, line: usize, text: &str) {
        self.count(Some(line), || format!("line {line}, {}", quote(text)));
    }

    /// Counts a text of a list without lines.
    pub(super) fn text(&mut self, text: &str) {
        self.count(None, || quote(text));
    }

    fn count(&mut self, line: Option<usize>, first: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = first();
            self.line = line;
        }
        self.count += 1;
    }
}

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    list: List,
    prefixes: Vec<(IpNet, u32)>,
    /// When the list says it was made, ms since the epoch.
    pub dated: Option<i64>,
    /// The day that its title tells, which counts where it states no date beside.
    pub titled: Option<i64>,
    /// When the list says it must be fetched anew, ms since the epoch.
    pub expires: Option<i64>,
    /// What names no address although it should.
    pub unreadable: PassedOver,
    /// Indicators of other things than addresses, such as files and domains.
    pub of_others: PassedOver,
    /// Indicators that their source took back.
    pub revoked: u64,
    /// Whether the file says what it is, so that no entry is a statement and not a failed download.
    pub is_known_format: bool,
    /// What else a reader must know.
    pub notes: Vec<String>,
    reserved: u64,
    too_wide: PassedOver,
}

impl Draft {
    /// Adds an entry, or counts why it cannot be used.
    ///
    /// # Errors
    /// [`ThreatReason::TooMany`], if the list holds too many.
    pub(super) fn add(&mut self, found: &Found<'_>) -> Result<(), ThreatReason> {
        let before = self.prefixes.len();
        let number = self.list.entries.len() as u32;
        for prefix in found.target.prefixes() {
            match space(prefix) {
                Space::Public => self.prefixes.push((prefix, number)),
                Space::Reserved => {}
                Space::TooWide => {
                    self.prefixes.truncate(before);
                    self.too_wide.text(found.written);
                    return Ok(());
                }
            }
        }
        if self.prefixes.len() == before {
            self.reserved += 1;
            return Ok(());
        }
        if self.prefixes.len() > PREFIXES_MAX {
            return Err(ThreatReason::TooMany(PREFIXES_MAX));
        }
        self.push(found);
        Ok(())
    }

    fn push(&mut self, found: &Found<'_>) {
        let list = &mut self.list;
        if list.times.last() != Some(&found.times) {
            list.times.push(found.times);
        }
        list.newest = list.newest.max(found.times.date);
        push_cut(&mut list.text, found.written);
        if !found.label.is_empty() {
            list.text.push_str(" (");
            push_cut(&mut list.text, found.label);
            list.text.push(')');
        }
        let times = (list.times.len() - 1) as u32;
        list.entries.push(Entry { end: list.text.len(), port: found.target.port, times });
    }

    /// The finished list and what is to be told of it. `file` is its name without its folder.
    ///
    /// # Errors
    /// [`ThreatReason::Empty`] and [`ThreatReason::NothingUsable`], the latter with the line of the first entry that cannot be read.
    pub(super) fn finish(self, file: &str) -> Result<(List, InputInfo), Failure> {
        let mut warnings = self.warnings();
        if self.list.entries.is_empty() && self.revoked == 0 {
            let line = self.unreadable.line;
            match (self.is_known_format, warnings.is_empty()) {
                (true, true) => warnings.push("holds no entry".to_owned()),
                (false, true) => return Err(ThreatReason::Empty.into()),
                (_, false) => return Err(ThreatReason::NothingUsable(warnings.join("; ")).at(line)),
            }
        }
        let mut list = self.list;
        list.name = file.to_owned();
        list.dated = self.dated.or(self.titled);
        list.expires = self.expires;
        list.revoked = self.revoked;
        list.index(self.prefixes);
        let info = InputInfo {
            kind: InputKind::ThreatList,
            file: file.to_owned(),
            version: version(list.dated.or(list.newest), list.expires),
            entries: list.entries.len() as u64,
            warnings,
        };
        Ok((list, info))
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.notes.clone();
        if self.unreadable.count > 0 {
            let PassedOver { count, first, .. } = &self.unreadable;
            let entries = counted(*count, "entry names", "entries name");
            warnings.push(format!("{entries} no address and {} passed over, the first is {first}", was(*count)));
        }
        if self.of_others.count > 0 {
            let PassedOver { count, first, .. } = &self.of_others;
            let indicators = counted(*count, "indicator is", "indicators are");
            warnings.push(format!(
                "{indicators} about other things than addresses and {} passed over, the first is {first}",
                was(*count)
            ));
        }
        if self.reserved > 0 {
            let prefixes = counted(self.reserved, "private or reserved prefix", "private or reserved prefixes");
            let what = if self.reserved == 1 { "it matches" } else { "they match" };
            warnings.push(format!("{prefixes} {} passed over: {what} no public address", was(self.reserved)));
        }
        if self.too_wide.count > 0 {
            let PassedOver { count, first, .. } = &self.too_wide;
            let prefixes = counted(*count, "prefix", "prefixes");
            let what = if *count == 1 { "it holds" } else { "they hold" };
            warnings.push(format!(
                "{prefixes} {} refused: {what} private space or more than anybody owns, the first is {first}",
                was(*count)
            ));
        }
        warnings
    }
}

/// `1 entry`, `3 entries`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn was(count: u64) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

/// `2026-11-20`.
pub(super) fn day(time: i64) -> String {
    let (year, month, day) = date(time);
    format!("{year:04}-{month:02}-{day:02}")
}

fn version(dated: Option<i64>, expires: Option<i64>) -> String {
    let expires = expires.map(|time| format!("expires {}", day(time)));
    dated.map(day).into_iter().chain(expires).collect::<Vec<_>>().join(", ")
}

/// Appends a text on one line, cut.
fn push_cut(text: &mut String, more: &str) {
    let mut chars = more.trim().chars();
    text.extend(chars.by_ref().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }));
    if chars.next().is_some() {
        text.push('…');
    }
}
