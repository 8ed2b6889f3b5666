//! The allow-list: findings that the user has looked at and expects.
//!
//! Goes in: the text of a TOML file, and findings. Comes out: the findings that no entry expects, those that one does with the entry's
//! reason, and notes on entries that have expired or match nothing. Reads no clock: an entry expires by the logs' window.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::Deserialize;
use toml::Spanned;

use super::{DETECTORS, LISTED_MAX};
use crate::schema::Address;
use crate::schema::codes::Direction;
use crate::schema::finding::{AllowedFinding, Finding};
use crate::schema::moment::moment;
use crate::schema::units::DAY_MS;

/// Entries of all files given.
#[derive(Clone, Debug, Default)]
pub struct AllowList {
    entries: Vec<Entry>,
}

/// One entry. A finding must meet every condition that it states.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// `FILE line N`.
    place: String,
    actor: Option<String>,
    peer: Option<Address>,
    network: Option<IpNet>,
    port: Option<u16>,
    detector: Option<String>,
    /// `Inbound` or `Outbound`, in any case.
    direction: Option<String>,
    /// First moment from which it no longer holds, ms since the epoch.
    until: Option<i64>,
    why: String,
}

/// An allow-list that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read allow-list: {file} line {line}: {reason}")]
pub struct AllowListError {
    /// Name of the file, as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Why.
    pub reason: AllowListReason,
}

/// Why an allow-list cannot be read. Texts of the file are quoted and escaped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowListReason {
    /// The parser's own words.
    #[error("{0}")]
    Syntax(String),
    /// Nothing in it.
    #[error("holds no entry; hint: begin each with [[allow]], docs/allow-list.md has examples")]
    Empty,
    /// An entry that would allow everything.
    #[error("states no condition; hint: give an actor, peer, network, port or detector")]
    NoCondition,
    /// An entry without a reason.
    #[error("states no reason; hint: why = \"who expects this, and since when\"")]
    NoWhy,
    /// An address that is none.
    #[error("{0} is no IP address")]
    Address(String),
    /// A network that is none.
    #[error("{0} is no network such as 203.0.113.0/24")]
    Network(String),
    /// A network with bits beyond its length.
    #[error("{0} has host bits set; hint: did you mean {1}?")]
    HostBits(IpNet, IpNet),
    /// A date that is none.
    #[error("{0} is no UTC date or time such as 2026-12-31")]
    Until(String),
    /// A direction that is none.
    #[error("{0} is no direction; hint: Inbound or Outbound")]
    Direction(String),
    /// A detector that does not exist, and the name nearest to it.
    #[error("there is no detector {0}; hint: did you mean {1}?")]
    Detector(String, &'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Spanned<FileEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEntry {
    actor: Option<String>,
    peer: Option<Spanned<String>>,
    network: Option<Spanned<String>>,
    port: Option<u16>,
    detector: Option<Spanned<String>>,
    direction: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    #[serde(default)]
    why: String,
}

impl AllowList {
    /// Adds the entries of a file.
    ///
    /// # Errors
    /// The file, the line in it, and the reason; then nothing of the file is added.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), AllowListError> {
        let line = |offset: usize| text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        let fail = |(offset, reason)| AllowListError { file: file.to_owned(), line: line(offset), reason };
        let parsed: File = toml::from_str(text).map_err(|error| {
            fail((error.span().map_or(0, |span| span.start), AllowListReason::Syntax(error.message().replace('\n', " "))))
        })?;
        if parsed.allow.is_empty() {
            return Err(fail((0, AllowListReason::Empty)));
        }
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let mut entries = Vec::new();
        for spanned in parsed.allow {
            let start = spanned.span().start;
            let mut entry = entry(start, spanned.into_inner()).map_err(fail)?;
            entry.place = format!("{name} line {}", line(start));
            entries.push(entry);
        }
        self.entries.extend(entries);
        Ok(())
    }

    /// Takes the findings that an entry expects out of `findings`; also tells what is odd about entries. `window_end` is the last
    /// tuple, ms since the epoch.
    pub(super) fn apply(&self, findings: &mut Vec<Finding>, window_end: i64) -> (Vec<AllowedFinding>, Vec<String>) {
        let mut allowed = Vec::new();
        let mut uses = vec![0_u64; self.entries.len()];
        let holds = |entry: &Entry| entry.until.is_none_or(|until| window_end < until);
        findings.retain(|finding| {
            let found = self.entries.iter().position(|entry| holds(entry) && entry.expects(finding));
            if let Some(at) = found {
                uses[at] += 1;
                allowed.push(allowed_finding(finding, &self.entries[at]));
            }
            found.is_none()
        });
        allowed.sort_by(|a, b| (&a.first_time, &a.id).cmp(&(&b.first_time, &b.id)));
        let notes = self.entries.iter().zip(&uses).filter_map(|(entry, uses)| match (holds(entry), *uses) {
            (false, _) => Some(format!("the entry of {} has expired before the window's end and was not applied", entry.place)),
            (true, 0) => Some(format!("the entry of {} matches no finding", entry.place)),
            (true, _) => None,
        });
        (allowed, notes.collect())
    }
}

/// Checks one entry; `start` is where it begins.
fn entry(start: usize, from: FileEntry) -> Result<Entry, (usize, AllowListReason)> {
    let at = |text: &Spanned<String>, reason: fn(String) -> AllowListReason| (text.span().start, reason(quoted(text.get_ref())));
    if from.why.trim().is_empty() {
        return Err((start, AllowListReason::NoWhy));
    }
    let peer = from.peer.map(|text| address(text.get_ref()).ok_or_else(|| at(&text, AllowListReason::Address))).transpose()?;
    let network = from.network.map(|text| network(&text)).transpose()?;
    let until = from.until.map(|text| end_of(text.get_ref()).ok_or_else(|| at(&text, AllowListReason::Until))).transpose()?;
    if let Some(name) = &from.detector
        && DETECTORS.iter().all(|detector| detector.name() != name.get_ref())
    {
        let reason = AllowListReason::Detector(quoted(name.get_ref()), nearest_detector(name.get_ref()));
        return Err((name.span().start, reason));
    }
    let is_direction = |name: &str| Direction::ALL.iter().any(|direction| direction.name().eq_ignore_ascii_case(name));
    if let Some(name) = from.direction.as_ref().filter(|name| !is_direction(name.get_ref())) {
        return Err(at(name, AllowListReason::Direction));
    }
    let (detector, direction) = (from.detector.map(Spanned::into_inner), from.direction.map(Spanned::into_inner));
    let (actor, port, why) = (from.actor, from.port, from.why);
    let entry = Entry { place: String::new(), actor, peer, network, port, detector, direction, until, why };
    let has_condition = entry.actor.is_some()
        || entry.peer.is_some()
        || entry.network.is_some()
        || entry.port.is_some()
        || entry.detector.is_some();
    if has_condition { Ok(entry) } else { Err((start, AllowListReason::NoCondition)) }
}

/// The first moment that a date or time no longer holds: a date holds to its end.
fn end_of(text: &str) -> Option<i64> {
    let is_date = !text.contains(['T', 't', ' ']);
    moment(text).map(|moment| if is_date { moment + DAY_MS } else { moment })
}

fn network(text: &Spanned<String>) -> Result<IpNet, (usize, AllowListReason)> {
    let at = text.span().start;
    let network: IpNet = text.get_ref().trim().parse().map_err(|_| (at, AllowListReason::Network(quoted(text.get_ref()))))?;
    if network.trunc() == network { Ok(network) } else { Err((at, AllowListReason::HostBits(network, network.trunc()))) }
}

fn address(text: &str) -> Option<Address> {
    text.trim().parse::<IpAddr>().ok().map(Address::from)
}

/// A text of the file for a message: in quotes, control characters escaped, cut.
fn quoted(text: &str) -> String {
    format!("{:?}", text.chars().take(80).collect::<String>())
}

impl Entry {
    /// Whether a finding meets every condition. A peer must be the finding's only target, a network hold its actor or all its targets,
    /// a port be its only one: an entry never allows more than it names.
    fn expects(&self, finding: &Finding) -> bool {
        let is_peer = |peer: Address| matches!(finding.targets.as_slice(), [one] if address(one) == Some(peer));
        let holds = |network: &IpNet, text: &String| text.parse::<IpAddr>().is_ok_and(|ip| network.contains(&ip));
        let is_inside = |network: &IpNet| {
            // A finding that lists as many targets as it may can have others.
            let is_whole = (1..LISTED_MAX).contains(&finding.targets.len());
            let all = is_whole && finding.targets.iter().all(|target| holds(network, target));
            all || holds(network, &finding.actor)
        };
        self.detector.as_ref().is_none_or(|name| name == finding.detector)
            && self.direction.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(finding.direction))
            && self.actor.as_ref().is_none_or(|actor| *actor == finding.actor)
            && self.peer.is_none_or(is_peer)
            && self.network.as_ref().is_none_or(is_inside)
            && self.port.is_none_or(|port| finding.ports == [port])
    }
}

fn allowed_finding(finding: &Finding, entry: &Entry) -> AllowedFinding {
    AllowedFinding {
        id: finding.id.clone(),
        detector: finding.detector,
        severity: finding.severity,
        actor: finding.actor.clone(),
        title: finding.title.clone(),
        first_time: finding.first_time.clone(),
        entry: entry.place.clone(),
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

/// The detector whose name takes the fewest changes of a letter to become `name`; of equal ones the first.
fn nearest_detector(name: &str) -> &'static str {
    let nearest = DETECTORS.iter().map(|detector| detector.name()).min_by_key(|other| distance(name, other));
    nearest.unwrap_or_default()
}

/// How many letters must be changed, added or dropped (Levenshtein); of the first 64 letters.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, with) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *with);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
#[path = "allow_list_tests.rs"]
mod tests;
