//! The top groups of a table that is cut, and the sum of all others.
//!
//! Goes in: whole groups, each once, in any order. Comes out: the same top groups and the same rest whatever the order.

use std::cmp::Reverse;

use crate::schema::tables::PairMeasures;

/// Keeps the groups with the most bytes, then flows, then the smaller key.
pub(super) struct Top<Key> {
    limit: usize,
    groups: Vec<(Key, PairMeasures)>,
    /// The least group kept by the last cut; what ranks below it is cut at once.
    least: Option<(Key, PairMeasures)>,
    /// Sum of the groups that were cut, if any was.
    other: Option<PairMeasures>,
}

impl<Key: Ord + Copy> Top<Key> {
    /// Keeps `limit` groups.
    pub fn new(limit: usize) -> Self {
        Self { limit, groups: Vec::new(), least: None, other: None }
    }

    /// Adds a group.
    pub fn push(&mut self, key: Key, measures: PairMeasures) {
        let group = (key, measures);
        if self.least.is_some_and(|least| rank(&group) > rank(&least)) {
            self.other.get_or_insert_default().add(&measures);
            return;
        }
        self.groups.push(group);
        // Cutting at twice the limit makes the cost per group constant.
        if self.groups.len() >= self.limit.saturating_mul(2).max(1_024) {
            self.cut();
        }
    }

    /// Adds what another has kept and cut.
    pub fn merge(&mut self, other: Self) {
        if let Some(cut) = other.other {
            self.other.get_or_insert_default().add(&cut);
        }
        self.groups.extend(other.groups);
        self.cut();
    }

    /// The groups kept, the top one first, and the sum of the others.
    pub fn finish(mut self) -> (Vec<(Key, PairMeasures)>, Option<PairMeasures>) {
        self.cut();
        self.groups.sort_unstable_by_key(rank);
        (self.groups, self.other)
    }

    fn cut(&mut self) {
        if self.groups.len() <= self.limit {
            return;
        }
        self.groups.select_nth_unstable_by_key(self.limit, rank);
        for (_, cut) in self.groups.drain(self.limit..) {
            self.other.get_or_insert_default().add(&cut);
        }
        self.least = self.groups.iter().copied().max_by_key(rank);
    }
}

fn rank<Key: Ord + Copy>((key, measures): &(Key, PairMeasures)) -> impl Ord + use<Key> {
    (Reverse(measures.bytes()), Reverse(measures.flows()), *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: u128, bytes_sent: u64, flows_allowed: u64) -> (u128, PairMeasures) {
        (key, PairMeasures { bytes_sent, flows_allowed, ..PairMeasures::default() })
    }

    #[test]
    fn ties_of_bytes_go_to_more_flows_and_then_to_the_smaller_key() {
        let mut top = Top::new(2);
        for (key, measures) in [group(3, 10, 1), group(2, 10, 1), group(9, 10, 2), group(1, 9, 9)] {
            top.push(key, measures);
        }
        let (kept, other) = top.finish();
        assert_eq!(kept.iter().map(|g| g.0).collect::<Vec<_>>(), [9, 2]);
        assert_eq!(other, Some(PairMeasures { bytes_sent: 19, flows_allowed: 10, ..PairMeasures::default() }));
    }

    #[test]
    fn cutting_on_the_way_keeps_the_same_groups_as_cutting_at_the_end() {
        let groups: Vec<_> = (0..5_000).map(|i| group(i, (i * 7919 % 1_000) as u64, 1)).collect();
        let mut top = Top::new(100);
        groups.iter().for_each(|(key, measures)| top.push(*key, *measures));
        let mut sorted = groups;
        sorted.sort_unstable_by_key(rank);
        let (kept, other) = top.finish();
        assert_eq!(kept, sorted[..100]);
        assert_eq!(other.map(|o| o.flows_allowed), Some(4_900));
    }

    #[test]
    fn nothing_is_cut_from_few_groups() {
        let mut top = Top::new(2);
        top.push(1, PairMeasures::default());
        assert_eq!(top.finish(), (vec![(1, PairMeasures::default())], None));
    }
}
