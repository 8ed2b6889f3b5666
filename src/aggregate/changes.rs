//! What changed since an earlier period: which names are new, gone, have more or less traffic.
//!
//! Goes in: the tables of a period, or those of the window and what is kept of the earlier period. Comes out: amounts by name, or one
//! row per name that differs. Says nothing of names whose traffic is the same, nor of traffic that has no name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::schema::previous::{Amount, Previous, Ranking, rule_key};
use crate::schema::tables::{Change, ChangeKind, ChangeRow, Tables};

/// The amounts of one kind of names.
struct Amounts {
    of: BTreeMap<String, Amount>,
    /// Whether names were left out.
    is_cut: bool,
}

/// What the names of a kind have in `tables`, as far as an earlier period is remembered: most traffic first.
pub fn ranking(tables: &Tables, kind: ChangeKind) -> Ranking {
    let mut ranking = Ranking::of(rows(tables, kind).into_iter());
    ranking.is_cut |= has_rest(tables, kind);
    ranking
}

/// Every name that differs, by kind and change, then most difference of bytes and of flows, then name. Empty unless both periods hold
/// data: without, nothing is known to be new or gone.
pub fn changes(tables: &Tables, previous: &Previous) -> Vec<ChangeRow> {
    if !previous.has_data() || tables.coverage.is_empty() {
        return Vec::new();
    }
    ChangeKind::ALL.into_iter().flat_map(|kind| of_kind(tables, previous.ranking(kind), kind)).collect()
}

fn of_kind(tables: &Tables, before: &Ranking, kind: ChangeKind) -> Vec<ChangeRow> {
    let mut now = Amounts { of: BTreeMap::new(), is_cut: has_rest(tables, kind) };
    rows(tables, kind).into_iter().for_each(|(name, amount)| now.of.entry(name).or_default().add(amount));
    let names: BTreeSet<&String> = now.of.keys().chain(before.amounts.keys()).filter(|name| !name.is_empty()).collect();
    let mut rows: Vec<ChangeRow> = Vec::new();
    for name in names {
        let now = now.of.get(name).copied().or((!now.is_cut).then(Amount::default));
        let before = before.amount(name);
        if let Some(change) = change(before, now) {
            rows.push(ChangeRow { kind, name: name.replace('\n', " "), change, before, now });
        }
    }
    let most = |difference: Option<i64>| Reverse(difference.map(i64::unsigned_abs));
    // The sort is stable, and names ascend.
    rows.sort_by_key(|row| (row.change, most(row.bytes_difference()), most(row.flows_difference())));
    rows
}

/// `None` where nothing is known to differ.
fn change(before: Option<Amount>, now: Option<Amount>) -> Option<Change> {
    let (Some(before), Some(now)) = (before, now) else { return Some(Change::Unknown) };
    let none = Amount::default();
    if before == none || now == none {
        return match (before == none, now == none) {
            (true, true) => None,
            (true, false) => Some(Change::New),
            _ => Some(Change::Gone),
        };
    }
    let bytes = now.known_bytes().zip(before.known_bytes()).map_or(std::cmp::Ordering::Equal, |(now, before)| now.cmp(&before));
    match bytes.then(now.flows.cmp(&before.flows)) {
        std::cmp::Ordering::Greater => Some(Change::More),
        std::cmp::Ordering::Less => Some(Change::Less),
        std::cmp::Ordering::Equal => None,
    }
}

/// The rows of the table of a kind, in its order, by name.
fn rows(tables: &Tables, kind: ChangeKind) -> Vec<(String, Amount)> {
    match kind {
        ChangeKind::Subnet => {
            tables.traffic_by_subnet.iter().map(|row| (row.subnet.clone(), Amount::of(&row.measures))).collect()
        }
        ChangeKind::Interface => {
            tables.traffic_by_interface.iter().map(|row| (row.mac.clone(), Amount::of(&row.measures))).collect()
        }
        ChangeKind::Address => tables.traffic_by_ip.iter().map(|row| (row.ip.to_string(), Amount::of(&row.measures))).collect(),
        ChangeKind::Port => {
            let named = tables.traffic_by_port.iter().filter_map(|row| Some((row.key?, Amount::of_pairs(&row.measures))));
            named.map(|((port, protocol), amount)| (format!("{port}/{protocol}"), amount)).collect()
        }
        ChangeKind::Rule => {
            let key =
                |row: &crate::schema::tables::RuleRow| rule_key(&row.acl, &row.rule, row.direction.name(), row.status.name());
            tables.traffic_by_rule.iter().map(|row| (key(row), Amount::of(&row.measures))).collect()
        }
        ChangeKind::Country => {
            tables.traffic_by_country.iter().map(|row| (row.name.clone(), Amount::of(&row.measures))).collect()
        }
    }
}

/// Whether the table of a kind has a row for names that it does not name.
fn has_rest(tables: &Tables, kind: ChangeKind) -> bool {
    kind == ChangeKind::Port && tables.traffic_by_port.iter().any(|row| row.key.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::previous::{PreviousSummary, RANKING_NAMES_MAX};
    use crate::schema::tables::{CoverageRow, Measures, NamedRow, PairMeasures, PortRow, SubnetRow};

    fn measures(bytes: u64, flows: u64) -> Measures {
        Measures { bytes_sent: bytes, flows_outbound_allowed: flows, ..Measures::default() }
    }

    fn subnets(all: &[(&str, u64, u64)]) -> Tables {
        let row = |(name, bytes, flows): &(&str, u64, u64)| SubnetRow {
            subnet: (*name).into(),
            measures: measures(*bytes, *flows),
            ..SubnetRow::default()
        };
        let covered = CoverageRow { log_resource: "r".into(), mac: "m".into(), hour: 0, records: 1, tuples: 1 };
        Tables { traffic_by_subnet: all.iter().map(row).collect(), coverage: vec![covered], ..Tables::default() }
    }

    fn previous(tables: &Tables) -> Previous {
        let summary = PreviousSummary { tuples_kept: 1, ..PreviousSummary::default() };
        let mut previous = Previous { summary, ..Previous::default() };
        ChangeKind::ALL.into_iter().for_each(|kind| *previous.ranking_mut(kind) = ranking(tables, kind));
        previous
    }

    fn said(rows: &[ChangeRow]) -> Vec<(&str, &str, Option<i64>, Option<i64>)> {
        rows.iter().map(|row| (row.name.as_str(), row.change.name(), row.bytes_difference(), row.flows_difference())).collect()
    }

    #[test]
    fn names_are_new_gone_more_or_less_and_those_that_are_the_same_are_left_out() {
        let before = subnets(&[("a", 10, 1), ("b", 10, 1), ("c", 10, 1), ("d", 10, 4), ("same", 5, 5), ("", 9, 9)]);
        let now = subnets(&[("b", 15, 1), ("c", 4, 9), ("d", 10, 2), ("e", 0, 3), ("f", 7, 1), ("same", 5, 5), ("", 1, 1)]);
        let rows = changes(&now, &previous(&before));
        let expected = [
            ("f", "new", Some(7), Some(1)),
            ("e", "new", Some(0), Some(3)),
            ("a", "gone", Some(-10), Some(-1)),
            ("b", "more", Some(5), Some(0)),
            ("c", "less", Some(-6), Some(8)),
            ("d", "less", Some(0), Some(-2)),
        ];
        assert_eq!(said(&rows), expected);
    }

    #[test]
    fn a_period_without_data_makes_nothing_new_and_nothing_gone() {
        let now = subnets(&[("a", 1, 1)]);
        assert!(changes(&now, &Previous::default()).is_empty());
        assert!(changes(&Tables::default(), &previous(&now)).is_empty());
    }

    #[test]
    fn what_was_not_remembered_or_not_named_is_unknown() {
        let many: Vec<String> = (0..=RANKING_NAMES_MAX).map(|i| format!("{i:06}")).collect();
        let country = |name: &String| NamedRow { name: name.clone(), measures: measures(1, 1) };
        let mut before = subnets(&[]);
        before.traffic_by_country = many.iter().map(country).collect();
        let mut now = subnets(&[]);
        now.traffic_by_country = vec![country(&many[0]), country(&many[RANKING_NAMES_MAX])];
        let rows = changes(&now, &previous(&before));
        let last = rows.last().map(|row| (row.name.as_str(), row.change, row.before, row.flows_difference()));
        assert_eq!(last, Some(("010000", Change::Unknown, None, None)));
        // A port that went into the row of the rest may still be there.
        let port = |key| PortRow {
            key,
            l7_protocol: String::new(),
            measures: PairMeasures { flows_allowed: 1, ..PairMeasures::default() },
        };
        before.traffic_by_port = vec![port(Some((443, 6)))];
        now.traffic_by_port = vec![port(None)];
        let rows = changes(&now, &previous(&before));
        let port = rows.iter().find(|row| row.kind == ChangeKind::Port).map(|row| (row.name.as_str(), row.change, row.now));
        assert_eq!(port, Some(("443/6", Change::Unknown, None)));
    }

    #[test]
    fn bytes_that_were_not_measured_are_unknown_and_flows_decide() {
        let mut before = subnets(&[("a", 0, 3), ("b", 0, 3)]);
        before.traffic_by_subnet.iter_mut().for_each(|row| row.measures.tuples_unmeasured = 3);
        let now = subnets(&[("a", 100, 2), ("b", 100, 3)]);
        assert_eq!(said(&changes(&now, &previous(&before))), [("a", "less", None, Some(-1))]);
    }
}
