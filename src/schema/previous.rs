//! What is kept of the period that the window is compared with, to say what changed.
//!
//! Goes in: the tables of that period, which are then dropped. Comes out: totals, the traffic over time, and the amounts of the
//! names with most traffic. Knows nothing of the window it is compared with but how far it lies away.

use std::collections::BTreeMap;

use serde::Serialize;

use super::finding::EndedFinding;
use super::summary::{FindingCounts, Traffic};
use super::tables::{ChangeKind, Measures, PairMeasures, TimeRow};

/// Most names kept of a ranking. Unit: names; a name beyond has an unknown change, not none. More only cost memory.
pub const RANKING_NAMES_MAX: usize = 10_000;

/// A period of the window's length before it.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// First moment, ms since the epoch.
    pub from: i64,
    /// First moment after it, ms since the epoch.
    pub to: i64,
    /// First moment of the window, ms since the epoch: not before `to`.
    pub window: i64,
    /// What its intervals must be moved by to lie in the window, in whole intervals. Unit: ms.
    pub shift: i64,
    /// Totals, as summary.json has them.
    pub summary: PreviousSummary,
    /// Its traffic by interval, at its own times, deduplicated.
    pub over_time: Vec<TimeRow>,
    /// By address, as text.
    pub addresses: Ranking,
    /// By subnet.
    pub subnets: Ranking,
    /// By MAC of the NIC, as logged.
    pub interfaces: Ranking,
    /// By port and protocol, as `443/6`.
    pub ports: Ranking,
    /// By rule: [`rule_key`].
    pub rules: Ranking,
    /// By country.
    pub countries: Ranking,
    /// Its findings.
    pub findings: Vec<PastFinding>,
}

impl Previous {
    /// Whether anything was logged in it. Without, nothing is known of it, and no number of it is a zero.
    pub fn has_data(&self) -> bool {
        self.summary.tuples_kept > 0
    }

    /// How long it is. Unit: ms.
    pub fn length(&self) -> i64 {
        self.to - self.from
    }

    /// The names of a kind.
    pub fn ranking(&self, kind: ChangeKind) -> &Ranking {
        match kind {
            ChangeKind::Subnet => &self.subnets,
            ChangeKind::Interface => &self.interfaces,
            ChangeKind::Address => &self.addresses,
            ChangeKind::Port => &self.ports,
            ChangeKind::Rule => &self.rules,
            ChangeKind::Country => &self.countries,
        }
    }

    /// The names of a kind, to be filled.
    pub fn ranking_mut(&mut self, kind: ChangeKind) -> &mut Ranking {
        match kind {
            ChangeKind::Subnet => &mut self.subnets,
            ChangeKind::Interface => &mut self.interfaces,
            ChangeKind::Address => &mut self.addresses,
            ChangeKind::Port => &mut self.ports,
            ChangeKind::Rule => &mut self.rules,
            ChangeKind::Country => &mut self.countries,
        }
    }
}

/// The object `previous` of summary.json.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PreviousSummary {
    /// First moment of the period, RFC 3339 UTC.
    pub from: String,
    /// First moment after it, RFC 3339 UTC.
    pub to: String,
    /// Tuples kept of it; with 0, all that follows is unknown.
    pub tuples_kept: u64,
    /// Totals in both ways of counting.
    pub traffic: Traffic,
    /// Flows with a peer of a threat list, deduplicated, allowed and denied.
    pub flows_malicious: u64,
    /// Ports of addresses that public sources reached.
    pub exposed_ports: u64,
    /// Findings by severity.
    pub findings: FindingCounts,
}

/// What is kept of a finding, to tell it in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFinding {
    /// What is told of it if it has ended.
    pub finding: EndedFinding,
    /// Direction at the NIC.
    pub direction: &'static str,
    /// Destination ports.
    pub ports: Vec<u16>,
    /// IANA number; `None` where several.
    pub protocol: Option<u8>,
}

/// Amounts by name.
#[derive(Clone, Debug, Default)]
pub struct Ranking {
    /// By name.
    pub amounts: BTreeMap<String, Amount>,
    /// Whether names were left out.
    pub is_cut: bool,
}

/// What a name had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Both ways.
    pub bytes: u64,
    /// Allowed and denied.
    pub flows: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
}

impl Amount {
    /// What `measures` come to.
    pub fn of(measures: &Measures) -> Self {
        Self { bytes: measures.bytes(), flows: measures.flows(), tuples_unmeasured: measures.tuples_unmeasured }
    }

    /// What the measures of pairs come to.
    pub fn of_pairs(measures: &PairMeasures) -> Self {
        Self { bytes: measures.bytes(), flows: measures.flows(), tuples_unmeasured: measures.tuples_unmeasured }
    }

    /// Its bytes; `None` where none is known though there are tuples that carry none.
    pub fn known_bytes(&self) -> Option<u64> {
        (self.bytes > 0 || self.tuples_unmeasured == 0).then_some(self.bytes)
    }

    /// Adds `other`.
    pub fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.flows += other.flows;
        self.tuples_unmeasured += other.tuples_unmeasured;
    }
}

impl Ranking {
    /// The first [`RANKING_NAMES_MAX`] of `rows`; amounts of a name that comes twice add up.
    pub fn of(rows: impl Iterator<Item = (String, Amount)>) -> Self {
        let mut ranking = Self::default();
        for (name, amount) in rows {
            if ranking.amounts.len() >= RANKING_NAMES_MAX && !ranking.amounts.contains_key(&name) {
                ranking.is_cut = true;
                continue;
            }
            ranking.amounts.entry(name).or_default().add(amount);
        }
        ranking
    }

    /// What `name` had; zero where it was not seen, `None` where that is not known.
    pub fn amount(&self, name: &str) -> Option<Amount> {
        match self.amounts.get(name) {
            Some(amount) => Some(*amount),
            None if self.is_cut => None,
            None => Some(Amount::default()),
        }
    }
}

/// The name of a rule in [`Previous::rules`]: its ACL, its name, direction and status.
pub fn rule_key(acl: &str, rule: &str, direction: &str, status: &str) -> String {
    [acl, rule, direction, status].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_not_seen_is_zero_only_where_every_name_is_known() {
        let one = Amount { bytes: 1, flows: 2, tuples_unmeasured: 0 };
        let few = Ranking::of([("a".to_owned(), one), ("a".to_owned(), one)].into_iter());
        assert_eq!(few.amount("a"), Some(Amount { bytes: 2, flows: 4, tuples_unmeasured: 0 }));
        assert_eq!(few.amount("b"), Some(Amount::default()));
        let many = Ranking::of((0..=RANKING_NAMES_MAX).map(|i| (i.to_string(), one)));
        assert_eq!((many.amount("0"), many.amount("b")), (Some(one), None));
    }
}
