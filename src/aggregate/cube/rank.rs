//! Which of many deserve a name: those with the most bytes, and those with the most flows.
//!
//! Goes in: bytes and flows of each. Comes out: the best of them in a total order. By bytes alone a denied scan, which has none,
//! would never be seen.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What something is ranked by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    /// Bytes both ways.
    pub bytes: u64,
    /// Flows, allowed or denied.
    pub flows: u64,
}

impl Weight {
    /// Adds `other`.
    pub fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.flows += other.flows;
    }
}

/// The places in `weights` of the best, at most `most`, the best first: by the better of their places in the orders of bytes (then
/// flows) and of flows (then bytes), then by their place in `weights`.
pub(super) fn best(weights: &[Weight], most: usize) -> Vec<usize> {
    let orders = [
        top(weights, most, |weight| (Reverse(weight.bytes), Reverse(weight.flows))),
        top(weights, most, |weight| (Reverse(weight.flows), Reverse(weight.bytes))),
    ];
    let mut ranks: BTreeMap<usize, usize> = BTreeMap::new();
    for (rank, place) in orders.iter().flat_map(|order| order.iter().enumerate()) {
        let least = ranks.entry(*place).or_insert(rank);
        *least = rank.min(*least);
    }
    let mut best: Vec<(usize, usize)> = ranks.into_iter().map(|(place, rank)| (rank, place)).collect();
    best.sort_unstable();
    best.into_iter().map(|(_, place)| place).take(most).collect()
}

/// The first `most` places by `order`, then by place.
fn top<Order: Ord>(weights: &[Weight], most: usize, order: impl Fn(&Weight) -> Order) -> Vec<usize> {
    let key = |place: &usize| (order(&weights[*place]), *place);
    let mut places: Vec<usize> = (0..weights.len()).collect();
    if places.len() > most {
        places.select_nth_unstable_by_key(most, key);
        places.truncate(most);
    }
    places.sort_unstable_by_key(key);
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_by_bytes_and_what_leads_by_flows_alternate() {
        let weights = [(10, 1), (0, 900), (30, 2), (20, 1), (0, 800), (0, 0)].map(|(bytes, flows)| Weight { bytes, flows });
        // By bytes: 2 3 0 1 4 5; by flows: 1 4 2 3 0 5.
        assert_eq!(best(&weights, 6), [1, 2, 3, 4, 0, 5]);
        assert_eq!(best(&weights, 3), [1, 2, 3]);
        assert_eq!(best(&weights, 0), [0_usize; 0]);
        assert_eq!(best(&[], 5), [0_usize; 0]);
    }

    #[test]
    fn fewer_of_the_best_are_the_first_of_more() {
        let weights: Vec<Weight> = (0..500_u64).map(|i| Weight { bytes: i * 7_919 % 101, flows: i * 104_729 % 103 }).collect();
        let all = best(&weights, 500);
        assert_eq!(all.len(), 500);
        for most in [1, 7, 100, 499] {
            assert_eq!(best(&weights, most), all[..most]);
        }
    }
}
