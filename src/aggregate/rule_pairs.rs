//! Which pairs of addresses hit each rule most.
//!
//! Goes in: every row as logged. Comes out: rule_top_pairs, exact: each pair of a rule is summed whole before it is ranked.
//! Keeps no more than the top pairs of each rule.

use std::cmp::Reverse;

use super::deal::each_group;
use super::plans::{direction, status};
use super::rows::Rows;
use super::supply::Supply;
use crate::schema::tables::{PairMeasures, RulePairRow};

/// Pairs shown per ACL, rule, direction and status. Unit: rows; range 1 to 255: the three of Traffic Analytics' workbooks.
/// Raising it lengthens the table.
const PAIRS_SHOWN: usize = 3;

/// A pair of addresses, packed, and its sums.
type Pair = (u64, PairMeasures);

/// Rule, direction and status as an index; ascending as the table is.
fn place(rule: u32, direction: u8, status: u8) -> u64 {
    u64::from(rule) << 2 | u64::from(direction & 1) << 1 | u64::from(status & 1)
}

/// The table, by ACL, rule, direction, status, rank.
pub(super) fn rule_top_pairs(supply: &Supply<'_>) -> Vec<RulePairRow> {
    let key = |chunk: usize, row: usize| {
        let rows = &supply.chunks[chunk];
        let pair = u128::from(rows.src_ip[row]) << 32 | u128::from(rows.dst_ip[row]);
        Some(u128::from(place(rows.rule[row], rows.direction[row], rows.status[row])) << 64 | pair)
    };
    let add = |sum: &mut PairMeasures, rows: &Rows<'_>, row: usize| {
        sum.add(&supply.sums(rows, row).pair_measures(status(u32::from(rows.status[row]))));
    };
    let take = |tops: &mut Vec<Vec<Pair>>, key: u128, measures: &PairMeasures| {
        insert(tops, (key >> 64) as usize, (key as u64, *measures));
    };
    let mut tops: Vec<Vec<Pair>> = Vec::new();
    for of_worker in each_group(supply.chunks, key, add, take) {
        for (place, pairs) in of_worker.into_iter().enumerate() {
            pairs.into_iter().for_each(|pair| insert(&mut tops, place, pair));
        }
    }
    let mut rows = Vec::new();
    for (place, pairs) in tops.iter().enumerate() {
        rows.extend(pairs.iter().zip(1_u8..).map(|(pair, rank)| row(supply, place, rank, pair)));
    }
    rows
}

/// Keeps a pair if it is one of the top ones at `place`.
fn insert(tops: &mut Vec<Vec<Pair>>, place: usize, pair: Pair) {
    if tops.len() <= place {
        tops.resize_with(place + 1, Vec::new);
    }
    let top = &mut tops[place];
    let at = top.partition_point(|kept| rank(kept) < rank(&pair));
    if at < PAIRS_SHOWN {
        top.insert(at, pair);
        top.truncate(PAIRS_SHOWN);
    }
}

/// Most flows first, then bytes, then the smaller addresses.
fn rank((pair, measures): &Pair) -> impl Ord + use<> {
    (Reverse(measures.flows()), Reverse(measures.bytes()), *pair)
}

fn row(supply: &Supply<'_>, place: usize, rank: u8, (pair, measures): &Pair) -> RulePairRow {
    let rule = &supply.dataset.rules()[place >> 2];
    let address = |number: u64| supply.dataset.addresses()[number as u32 as usize];
    RulePairRow {
        acl: rule.acl.to_string(),
        rule: rule.rule.to_string(),
        direction: direction(place as u32 >> 1 & 1),
        status: status(place as u32 & 1),
        rank,
        src_ip: address(pair >> 32),
        dst_ip: address(*pair),
        measures: *measures,
    }
}
