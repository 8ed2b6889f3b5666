//! Which pairs of addresses hit each rule most.
//!
//! Goes in: every row as logged. Comes out: rule_top_pairs, exact: each pair of a rule is summed whole before it is ranked.
//! Keeps no more than the top pairs of each rule.

use std::cmp::Reverse;

use super::dataset::Dataset;
use super::plans::{direction, status};
use super::rows::Rows;
use super::rule_hits::{Hits, each_pair_of_rule};
use super::sums::Sums;
use super::supply::Supply;
use crate::schema::tables::{Counting, PairMeasures, RulePairRow};

/// Pairs shown per ACL, rule, direction and status. Unit: rows; range 1 to 255: the three of Traffic Analytics' workbooks.
/// Raising it lengthens the table.
const PAIRS_SHOWN: usize = 3;

/// A pair of addresses, packed, and its hits.
type Pair = (u64, Hits);

/// Rule, direction and status as an index; ascending as the table is.
fn place(rule: u32, direction: u8, status: u8) -> u64 {
    u64::from(rule) << 2 | u64::from(direction & 1) << 1 | u64::from(status & 1)
}

/// Source and destination as one integer of the same order.
fn pair_of(rows: &Rows<'_>, row: usize) -> u64 {
    u64::from(rows.src_ip[row]) << 32 | u64::from(rows.dst_ip[row])
}

/// Rule, direction, status and pair as one integer.
fn key(place: u64, pair: u64) -> u128 {
    u128::from(place) << 64 | u128::from(pair)
}

/// Per [`place`] the top pairs and their measures, the first one first.
pub(super) type TopPairs = Vec<Vec<(u64, PairMeasures)>>;

/// The top pairs of the rows.
pub(super) fn top(supply: &Supply<'_>) -> TopPairs {
    let tops = top_pairs(supply);
    let measures = measures(supply, &tops);
    let of_pair = |place: u64, pair: u64| (pair, measures.get(key(place, pair)).copied().unwrap_or_default());
    (0_u64..).zip(&tops).map(|(place, pairs)| pairs.iter().map(|(pair, _)| of_pair(place, *pair)).collect()).collect()
}

/// The top pairs of rows that share none.
pub(super) fn joined(mut all: TopPairs, more: TopPairs) -> TopPairs {
    for (place, pairs) in more.into_iter().enumerate() {
        let hits = |(_, measures): &(u64, PairMeasures)| Hits { flows: measures.flows(), bytes: measures.bytes() };
        pairs.into_iter().for_each(|pair| insert(&mut all, place, pair, |pair| rank(pair.0, &hits(pair))));
    }
    all
}

/// The table, by ACL, rule, direction, status, rank.
pub(super) fn rule_top_pairs(dataset: &Dataset, tops: &TopPairs) -> Vec<RulePairRow> {
    let mut rows = Vec::new();
    for (place, pairs) in (0_u64..).zip(tops) {
        rows.extend(pairs.iter().zip(1_u8..).map(|((pair, measures), rank)| row(dataset, place, (rank, *pair), *measures)));
    }
    rows
}

/// Per [`place`] the top pairs, the first one first.
fn top_pairs(supply: &Supply<'_>) -> Vec<Vec<Pair>> {
    let key_of_row =
        |rows: &Rows<'_>, row: usize| key(place(rows.rule[row], rows.direction[row], rows.status[row]), pair_of(rows, row));
    let take = |tops: &mut Vec<Vec<Pair>>, key: u128, hits: &Hits| {
        insert(tops, (key >> 64) as usize, (key as u64, *hits), rank_of);
    };
    let mut tops: Vec<Vec<Pair>> = Vec::new();
    for of_worker in each_pair_of_rule(supply, key_of_row, take) {
        for (place, pairs) in of_worker.into_iter().enumerate() {
            pairs.into_iter().for_each(|pair| insert(&mut tops, place, pair, rank_of));
        }
    }
    tops
}

/// The measures of each of `tops` by [`key`], from a second pass: few rows belong to any.
fn measures(supply: &Supply<'_>, tops: &[Vec<Pair>]) -> Sums<PairMeasures> {
    let add = |sums: &mut Sums<PairMeasures>, rows: &Rows<'_>, row: usize| {
        let place = place(rows.rule[row], rows.direction[row], rows.status[row]);
        let pair = pair_of(rows, row);
        if tops[place as usize].iter().any(|(top, _)| *top == pair) {
            let measures = supply.sums(rows, row).pair_measures(status(u32::from(rows.status[row])));
            sums.entry(key(place, pair)).add(&measures);
        }
    };
    let merge = |mut all: Sums<PairMeasures>, more: Sums<PairMeasures>| {
        more.rows().iter().for_each(|(key, more)| all.entry(*key).add(more));
        all
    };
    supply.fold(Counting::Observed, Sums::default, add, merge)
}

/// Keeps a pair if it is one of the top ones at `place`.
fn insert<P, R: Ord>(tops: &mut Vec<Vec<P>>, place: usize, pair: P, rank: impl Fn(&P) -> R) {
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
fn rank(pair: u64, hits: &Hits) -> impl Ord + use<> {
    (Reverse(hits.flows), Reverse(hits.bytes), pair)
}

fn rank_of((pair, hits): &Pair) -> impl Ord + use<> {
    rank(*pair, hits)
}

fn row(dataset: &Dataset, place: u64, (rank, pair): (u8, u64), measures: PairMeasures) -> RulePairRow {
    let rule = &dataset.rules()[(place >> 2) as usize];
    let address = |number: u64| dataset.addresses()[number as u32 as usize];
    RulePairRow {
        acl: rule.acl.to_string(),
        rule: rule.rule.to_string(),
        direction: direction(place as u32 >> 1 & 1),
        status: status(place as u32 & 1),
        rank,
        src_ip: address(pair >> 32),
        dst_ip: address(pair),
        measures,
    }
}
