//! Which rules of the NSGs are hit, and which never.
//!
//! Goes in: the NSGs of the topology, the table by rule, and the times of the rows. Comes out: rule_usage, one row per rule
//! of an NSG. Rules that logs name and the topology does not are left to the table by rule.

use std::collections::{BTreeMap, BTreeSet};

use super::acls::acl_key;
use super::dataset::Dataset;
use super::plans::direction;
use super::rows::Rows;
use super::supply::Supply;
use crate::enrich::Inventory;
use crate::enrich::inventory::{Logged, Nsg, NsgRule};
use crate::schema::Direction;
use crate::schema::tables::{Activity, Counting, RuleRow, RuleUsageRow};

/// What flow logs write before the name of a rule, by who made it.
const PREFIXES: [&str; 2] = ["UserRule_", "DefaultRule_"];

/// ACL, rule and direction, spelled as they are compared.
type Key = (String, String, Direction);

/// What was seen of a rule.
#[derive(Clone, Copy, Default)]
struct Hits {
    flows: u64,
    bytes: u64,
    last_time: Option<i64>,
}

impl Hits {
    fn add(&mut self, other: &Self) {
        self.flows += other.flows;
        self.bytes += other.bytes;
        self.last_time = self.last_time.max(other.last_time);
    }
}

/// The table, by NSG, direction, priority, rule.
pub(super) fn rule_usage(
    dataset: &Dataset,
    inventory: &Inventory,
    by_rule: &[RuleRow],
    last_times: &LastTimes,
) -> Vec<RuleUsageRow> {
    if inventory.nsgs.is_empty() {
        return Vec::new();
    }
    let hits = hits(dataset, by_rule, last_times);
    let seen: BTreeSet<&str> = hits.keys().map(|(acl, _, _)| acl.as_str()).collect();
    let mut rows = Vec::new();
    for nsg in &inventory.nsgs {
        let is_seen = ids(nsg).any(|id| seen.contains(id));
        rows.extend(nsg.rules.iter().map(|rule| row(nsg, rule, is_seen, &hits)));
    }
    // Two NSGs may share a name; the sort is stable and they stand in the inventory's order.
    rows.sort_by(|a, b| (&a.nsg, a.direction, a.priority, &a.rule).cmp(&(&b.nsg, b.direction, b.priority, &b.rule)));
    rows
}

/// What logs may name an NSG by, as [`acl_key`] spells it.
fn ids(nsg: &Nsg) -> impl Iterator<Item = &str> {
    [nsg.id.as_str(), nsg.guid.as_str()].into_iter().filter(|id| !id.is_empty())
}

/// The name of a rule as it is compared: in lower case, without the prefix that logs write.
fn rule_key(rule: &str) -> String {
    PREFIXES.iter().find_map(|prefix| rule.strip_prefix(prefix)).unwrap_or(rule).to_ascii_lowercase()
}

/// What was seen of each rule that a row names.
fn hits(dataset: &Dataset, by_rule: &[RuleRow], last_times: &LastTimes) -> BTreeMap<Key, Hits> {
    let mut hits: BTreeMap<Key, Hits> = BTreeMap::new();
    for row in by_rule {
        let seen = Hits { flows: row.measures.flows(), bytes: row.measures.bytes(), last_time: None };
        hits.entry((acl_key(&row.acl), rule_key(&row.rule), row.direction)).or_default().add(&seen);
    }
    for (rule, last_times) in dataset.rules().iter().zip(last_times) {
        for (code, last_time) in last_times.iter().copied().enumerate().filter(|(_, last)| last.is_some()) {
            let key = (acl_key(&rule.acl), rule_key(&rule.rule), direction(code as u32));
            hits.entry(key).or_default().add(&Hits { last_time, ..Hits::default() });
        }
    }
    hits
}

/// The last tuple of each rule, by the code of its direction, ms since the epoch.
pub(super) type LastTimes = Vec<[Option<i64>; 2]>;

/// The last tuples of the rows; none where there is no rule to hold them against.
pub(super) fn last_times(supply: &Supply<'_>, inventory: &Inventory) -> LastTimes {
    if inventory.nsgs.is_empty() {
        return LastTimes::new();
    }
    let add = |last: &mut LastTimes, rows: &Rows<'_>, row: usize| {
        let last = &mut last[rows.rule[row] as usize][usize::from(rows.direction[row] & 1)];
        *last = (*last).max(Some(supply.times(rows, row).1));
    };
    supply.fold(Counting::Observed, || vec![[None; 2]; supply.dataset.rules().len()], add, joined)
}

/// The last tuples of different rows together.
pub(super) fn joined(mut all: LastTimes, more: LastTimes) -> LastTimes {
    for (all, more) in all.iter_mut().zip(more) {
        *all = [all[0].max(more[0]), all[1].max(more[1])];
    }
    all
}

fn row(nsg: &Nsg, rule: &NsgRule, is_seen: bool, hits: &BTreeMap<Key, Hits>) -> RuleUsageRow {
    let mut sum = Hits::default();
    for id in ids(nsg) {
        if let Some(hits) = hits.get(&(id.to_owned(), rule_key(&rule.name), rule.direction)) {
            sum.add(hits);
        }
    }
    let activity = match (sum.last_time, nsg.logged) {
        (Some(_), _) => Activity::Active,
        (None, Logged::Yes) => Activity::Silent,
        (None, _) if is_seen => Activity::Silent,
        (None, Logged::No) => Activity::NotLogged,
        (None, Logged::Unknown) => Activity::Unknown,
    };
    RuleUsageRow {
        nsg: nsg.name.clone(),
        rule: rule.name.clone(),
        priority: rule.priority,
        direction: rule.direction,
        access: rule.access,
        is_default: rule.is_default,
        activity,
        flows: sum.flows,
        bytes: sum.bytes,
        last_time: sum.last_time,
    }
}
