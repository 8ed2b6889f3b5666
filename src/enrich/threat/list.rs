//! A list that was read: what names an address, within a window of time.
//!
//! Goes in: entries and the prefixes that make them up. Comes out: the entries that name an address, the longest prefix first, and
//! what is odd about the list in the light of a window. Knows no format. Texts stand in one string, and moments apart,
//! because most entries state none: an entry takes some fifty bytes with its text.

use ipnet::IpNet;

use super::draft::{counted, day};
use crate::enrich::prefix_map::PrefixMap;
use crate::schema::Address;
use crate::schema::units::DAY_MS;

/// How far a list may be dated from the window without a warning. Unit: days; range 0 and up. Lists are published daily, and addresses
/// of hosting providers change hands within weeks; raising it hides lists that name yesterday's tenants.
const AGE_DAYS_MAX: i64 = 30;

/// Most entries of one prefix that are kept, of different ports or times. Unit: entries; range 1 and up. Real lists have a handful;
/// raising it makes a lookup slower in a list made to be slow.
const SAME_PREFIX_MAX: usize = 1000;

/// No further node.
const NONE: u32 = u32::MAX;

/// When an entry was stated and when it holds, ms since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Times {
    /// What it is dated to.
    pub date: Option<i64>,
    /// When it begins to hold.
    pub from: Option<i64>,
    /// When it no longer holds.
    pub until: Option<i64>,
}

/// An entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Where its text ends; it begins where that of the entry before ends.
    pub end: usize,
    /// The only port it is about.
    pub port: Option<u16>,
    /// Index into [`List::times`].
    pub times: u32,
}

/// A prefix of an entry.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Index into [`List::entries`].
    entry: u32,
    /// The next entry of the same prefix, else the first one of the next shorter prefix, else [`NONE`].
    next: u32,
}

/// A list.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    /// Name of its file.
    pub name: String,
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// Texts of the entries, one after the other.
    pub text: String,
    /// Distinct neighbours.
    pub times: Vec<Times>,
    /// The date it states.
    pub dated: Option<i64>,
    /// The newest date of its entries.
    pub newest: Option<i64>,
    /// When it must be fetched anew.
    pub expires: Option<i64>,
    /// How many indicators its source took back; they are no entries.
    pub revoked: u64,
    nodes: Vec<Node>,
    map: PrefixMap<u32>,
}

/// A group of nodes of one prefix, while the index is built.
struct Group {
    prefix: IpNet,
    first: u32,
    len: usize,
}

impl List {
    /// Makes the entries findable by their prefixes, given as prefix and index of the entry.
    pub(super) fn index(&mut self, mut prefixes: Vec<(IpNet, u32)>) {
        // Equal prefixes: an entry for every port first, then by port and time, so that doubles are neighbours.
        let rank = |number: u32| {
            let entry = self.entries[number as usize];
            (entry.port, self.times[entry.times as usize], number)
        };
        prefixes.sort_unstable_by(|(one, a), (other, b)| one.cmp(other).then_with(|| rank(*a).cmp(&rank(*b))));
        let mut open: Vec<Group> = Vec::new();
        let mut heads: Vec<(IpNet, u32)> = Vec::new();
        for (prefix, entry) in prefixes {
            let node = self.nodes.len() as u32;
            while open.last().is_some_and(|group| !group.prefix.contains(&prefix)) {
                open.pop();
            }
            match open.last_mut() {
                Some(group) if group.prefix == prefix => {
                    let tail = node as usize - 1;
                    if group.len < SAME_PREFIX_MAX && !self.are_doubles(self.nodes[tail].entry, entry) {
                        group.len += 1;
                        let next = std::mem::replace(&mut self.nodes[tail].next, node);
                        self.nodes.push(Node { entry, next });
                    }
                }
                outer => {
                    let next = outer.map_or(NONE, |group| group.first);
                    self.nodes.push(Node { entry, next });
                    open.push(Group { prefix, first: node, len: 1 });
                    heads.push((prefix, node));
                }
            }
        }
        self.map = PrefixMap::new(heads);
    }

    fn are_doubles(&self, one: u32, other: u32) -> bool {
        let (one, other) = (self.entries[one as usize], self.entries[other as usize]);
        let (a, b) = (self.times[one.times as usize], self.times[other.times as usize]);
        one.port == other.port && (a.from, a.until) == (b.from, b.until)
    }

    /// The entries that name an address and hold within the window, by index; the longest prefix first, of one prefix those
    /// for every port first.
    pub(super) fn matches(&self, address: Address, window: (i64, i64)) -> impl Iterator<Item = usize> {
        let mut at = self.map.get(address).unwrap_or(NONE);
        let nodes = std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some(node.entry as usize)
        });
        nodes.filter(move |entry| {
            let times = self.times_of(*entry);
            !has_expired(times, window) && !is_to_come(times, window)
        })
    }

    /// The port that an entry is only about.
    pub(super) fn port_of(&self, entry: usize) -> Option<u16> {
        self.entries[entry].port
    }

    /// When an entry was stated and holds.
    pub(super) fn times_of(&self, entry: usize) -> Times {
        self.times[self.entries[entry].times as usize]
    }

    /// An entry as written, with what the list says of it in brackets.
    pub(super) fn text_of(&self, entry: usize) -> &str {
        let start = entry.checked_sub(1).map_or(0, |before| self.entries[before].end);
        &self.text[start..self.entries[entry].end]
    }

    /// What is odd about the list in the light of a window, and how many of its entries do not count in it.
    pub(super) fn warnings(&self, window: (i64, i64)) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(expires) = self.expires.filter(|expires| *expires < window.0) {
            warnings.push(format!("expired on {} before the window begins", day(expires)));
        }
        if let Some(dated) = self.dated.or(self.newest) {
            let (before, after) = (window.0.saturating_sub(dated), dated.saturating_sub(window.1));
            let (on, days) = (day(dated), before.max(after) / DAY_MS);
            if before > AGE_DAYS_MAX * DAY_MS {
                warnings.push(format!("dated {on}, {days} days before the window begins: addresses may have changed hands"));
            } else if after > AGE_DAYS_MAX * DAY_MS {
                warnings.push(format!("dated {on}, {days} days after the window ends: its addresses may not have been bad then"));
            }
        }
        let of = |is: fn(Times, (i64, i64)) -> bool| {
            (0..self.entries.len()).filter(|entry| is(self.times_of(*entry), window)).count() as u64
        };
        for (count, what) in [
            (of(has_expired), "expired before the window begins"),
            (of(is_to_come), "not valid before the window ends"),
            (self.revoked, "revoked by the source"),
        ] {
            if count > 0 {
                let indicators = counted(count, "indicator passed over", "indicators passed over");
                warnings.push(format!("{indicators}: {what}"));
            }
        }
        warnings
    }
}

fn has_expired(times: Times, window: (i64, i64)) -> bool {
    times.until.is_some_and(|until| until <= window.0)
}

fn is_to_come(times: Times, window: (i64, i64)) -> bool {
    times.from.is_some_and(|from| from > window.1)
}
