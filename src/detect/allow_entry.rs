//! One entry of an allow-list: its conditions as they are written, and whether a finding meets them.
//!
//! Goes in: a table of the file. Comes out: an [`Entry`], or the line that is wrong. Knows no other entry.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};
use toml::de::{DeTable, DeValue};

use super::file_error::{FileError, FileReason};
use super::toml_file::{TomlFile, Value, in_order};
use super::{DETECTORS, LISTED_MAX};
use crate::enrich::topology::quote;
use crate::schema::Address;
use crate::schema::codes::Direction;
use crate::schema::finding::Finding;
use crate::schema::moment::moment;
use crate::schema::nearest::nearest;
use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS};

/// Every field of an entry.
pub(super) static FIELDS: [&str; 8] = ["detector", "actor", "peer", "network", "port", "direction", "until", "why"];

/// Most characters of a reason. Unit: characters; it is repeated with each finding that the entry takes.
const WHY_CHARS_MAX: usize = 1_000;

/// Who a finding is about: an address in its one form, or a name whose case says nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    /// `10.0.0.4`, however it was written.
    Address(Address),
    /// A subnet, interface or rule, in lower case.
    Name(String),
}

impl Party {
    /// What a text names.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        text.parse::<IpAddr>().map_or_else(|_| Self::Name(text.to_lowercase()), |ip| Self::Address(ip.into()))
    }

    fn is_inside(&self, network: &IpNet) -> bool {
        matches!(self, Self::Address(address) if network.contains(&address.to_ip()))
    }
}

/// A finding with its addresses read, once for all entries.
pub(super) struct Subject<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// Its actor.
    pub actor: Party,
    targets: Vec<Party>,
}

impl<'a> Subject<'a> {
    /// Reads the addresses of a finding.
    pub fn of(finding: &'a Finding) -> Self {
        let targets = finding.targets.iter().map(|target| Party::of(target)).collect();
        Self { finding, actor: Party::of(&finding.actor), targets }
    }
}

/// One entry. A finding must meet every condition that it states.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    /// Name of the file, without its folders.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Public name of the detector.
    pub detector: Option<&'static str>,
    /// Who began it.
    pub actor: Option<Party>,
    /// The only target.
    pub peer: Option<Party>,
    network: Option<IpNet>,
    port: Option<u16>,
    direction: Option<&'static str>,
    /// First moment from which it no longer holds, ms since the epoch.
    pub until: Option<i64>,
    /// Who expects it.
    pub why: String,
}

impl Entry {
    /// Reads the entry that begins at `start`.
    ///
    /// # Errors
    /// The line in the file, and the reason.
    pub fn read(toml: &TomlFile<'_>, start: usize, table: &DeTable<'_>) -> Result<Self, FileError> {
        let mut entry = Self { file: toml.name().to_owned(), line: toml.line(start), ..Self::default() };
        for (key, value) in in_order(table) {
            entry.set(toml, key.get_ref(), value).map_err(|wrong| match wrong {
                Wrong::Value(reason) => toml.fail(value.span().start, reason),
                Wrong::Kind(write) => toml.wrong_kind(key.get_ref(), value, write),
                Wrong::Key => {
                    let right = nearest(key.get_ref(), FIELDS).to_owned();
                    toml.fail(key.span().start, FileReason::Unknown("field", quote(key.get_ref()), right))
                }
            })?;
        }
        if entry.why.is_empty() {
            return Err(toml.fail(start, FileReason::NoWhy));
        }
        let has_party = entry.actor.is_some() || entry.peer.is_some() || entry.network.is_some();
        if !has_party && entry.port.is_none() && entry.detector.is_none() {
            return Err(toml.fail(start, FileReason::NoCondition));
        }
        Ok(entry)
    }

    fn set(&mut self, toml: &TomlFile<'_>, key: &str, value: &Value<'_>) -> Result<(), Wrong> {
        let text = |write| value.get_ref().as_str().ok_or(Wrong::Kind(write));
        match key {
            "detector" => self.detector = Some(detector(text("the name of a detector, in quotes")?)?),
            "actor" => self.actor = Some(party("actor", text("an address or a name, in quotes")?)?),
            "peer" => self.peer = Some(party("peer", text("an address or a name, in quotes")?)?),
            "network" => self.network = Some(network(text("a network such as \"203.0.113.0/24\", in quotes")?)?),
            "port" => self.port = Some(port(toml, value)?),
            "direction" => self.direction = Some(direction(text("\"Inbound\" or \"Outbound\"")?)?),
            "until" => self.until = Some(until(value.get_ref())?),
            "why" => self.why = why(text("a sentence, in quotes")?)?,
            _ => return Err(Wrong::Key),
        }
        Ok(())
    }

    /// Whether a finding meets every condition. A peer must be the finding's only target, a network hold its actor or all its targets,
    /// a port be its only one: an entry never allows more than it names.
    pub fn expects(&self, subject: &Subject<'_>) -> bool {
        let finding = subject.finding;
        let is_inside = |network: &IpNet| {
            // A finding that lists as many targets as it may can have others.
            let is_whole = (1..LISTED_MAX).contains(&subject.targets.len());
            subject.actor.is_inside(network) || (is_whole && subject.targets.iter().all(|target| target.is_inside(network)))
        };
        self.detector.is_none_or(|name| name == finding.detector)
            && self.direction.is_none_or(|name| name == finding.direction)
            && self.port.is_none_or(|port| finding.ports == [port])
            && self.actor.as_ref().is_none_or(|actor| *actor == subject.actor)
            && self.peer.as_ref().is_none_or(|peer| matches!(subject.targets.as_slice(), [one] if one == peer))
            && self.network.as_ref().is_none_or(is_inside)
    }

    /// File and line, as reports tell them.
    pub fn place(&self) -> String {
        format!("{} line {}", self.file, self.line)
    }
}

/// What is wrong with a field of an entry.
enum Wrong {
    /// No entry has it.
    Key,
    /// Its value is of another kind; holds how it is written.
    Kind(&'static str),
    /// Its value is of the right kind, and wrong.
    Value(FileReason),
}

impl From<FileReason> for Wrong {
    fn from(reason: FileReason) -> Self {
        Self::Value(reason)
    }
}

fn detector(text: &str) -> Result<&'static str, FileReason> {
    let names = || DETECTORS.iter().map(|detector| detector.name());
    let found = names().find(|name| *name == text);
    found.ok_or_else(|| FileReason::Unknown("detector", quote(text), nearest(text, names()).to_owned()))
}

fn party(field: &'static str, text: &str) -> Result<Party, FileReason> {
    let party = Party::of(text);
    let Party::Name(name) = &party else { return Ok(party) };
    if name.is_empty() {
        return Err(FileReason::EmptyName(field));
    }
    if name.parse::<IpNet>().is_ok() {
        return Err(FileReason::NetworkAsParty(quote(text), field));
    }
    // A name of digits and dots, or with the two colons of IPv6, is an address that was mistyped.
    let is_v4 = name.contains('.') && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_v6 = name.contains("::") && name.bytes().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(&byte));
    if is_v4 || is_v6 { Err(FileReason::Address(quote(text))) } else { Ok(party) }
}

fn network(text: &str) -> Result<IpNet, FileReason> {
    let network: IpNet = text.trim().parse().map_err(|_| FileReason::Network(quote(text)))?;
    if network.trunc() != network {
        return Err(FileReason::HostBits(network, network.trunc()));
    }
    Ok(plain(network))
}

/// A network of IPv4 addresses that was written as IPv6 (`::ffff:10.0.0.0/104`) in its own form.
fn plain(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let length = v6.prefix_len().checked_sub(96);
    let v4 = v6.network().to_ipv4_mapped().zip(length).and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    v4.map_or(network, IpNet::V4)
}

fn port(toml: &TomlFile<'_>, value: &Value<'_>) -> Result<u16, Wrong> {
    match value.get_ref() {
        DeValue::Integer(number) => {
            u16::from_str_radix(number.as_str(), number.radix()).map_err(|_| FileReason::Port(toml.quoted(value)).into())
        }
        DeValue::Float(_) => Err(FileReason::Port(toml.quoted(value)).into()),
        _ => Err(Wrong::Kind("a number from 0 to 65535, without quotes")),
    }
}

fn direction(text: &str) -> Result<&'static str, FileReason> {
    let found = Direction::ALL.into_iter().find(|direction| direction.name().eq_ignore_ascii_case(text.trim()));
    found.map(Direction::name).ok_or_else(|| FileReason::Direction(quote(text)))
}

fn why(text: &str) -> Result<String, FileReason> {
    let text = text.trim();
    if text.is_empty() {
        return Err(FileReason::EmptyWhy);
    }
    if text.chars().nth(WHY_CHARS_MAX).is_some() { Err(FileReason::LongWhy(WHY_CHARS_MAX)) } else { Ok(text.to_owned()) }
}

/// The first moment that a date or time no longer holds, with or without quotes.
fn until(value: &DeValue<'_>) -> Result<i64, Wrong> {
    let text = match value {
        DeValue::String(text) => text.trim().to_owned(),
        DeValue::Datetime(written) => written.to_string(),
        _ => return Err(Wrong::Kind("a date such as 2026-12-31")),
    };
    end_of(&text).ok_or_else(|| FileReason::Until(quote(&text)).into())
}

/// A date holds to its end, UTC; a time may state its distance from UTC, as in `2026-12-31T18:00:00+01:00`.
fn end_of(text: &str) -> Option<i64> {
    let Some((_, clock)) = text.split_once(['T', 't', ' ']) else { return moment(text).map(|start| start + DAY_MS) };
    let Some(at) = clock.rfind(['+', '-']) else { return moment(text) };
    let (sign, offset) = (if clock.as_bytes()[at] == b'+' { 1 } else { -1 }, &clock[at + 1..]);
    let (hours, minutes) = offset.split_once(':')?;
    let part = |text: &str, limit: i64| {
        let is_plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|value| is_plain && *value < limit)
    };
    let ahead = part(hours, 24)? * HOUR_MS + part(minutes, 60)? * MINUTE_MS;
    let local = &text[..text.len() - offset.len() - 1];
    // `Z` and a distance exclude each other.
    if local.ends_with(['Z', 'z']) { None } else { Some(moment(local)? - sign * ahead) }
}

#[cfg(test)]
#[path = "allow_entry_tests.rs"]
mod tests;
