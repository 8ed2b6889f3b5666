//! Which end of the cube an address is in each level: itself, or a fold of ever more addresses.
//!
//! Goes in: what is known of each address, and its traffic. Comes out: a tree whose leaves are the addresses: above them folds by
//! interface, by subnet and country, by scope. An address is the first node on its way up that a level tells. Names nothing.

use super::levels::{LEVELS, Level, levels_that_tell};
use super::rank::{Weight, best};
use crate::aggregate::sums::Sums;

/// What addresses of one fold have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traits {
    pub is_local: bool,
    /// Number of the scope, at most 8 bits.
    pub scope: u32,
    /// Number of the subnet; 0 for none.
    pub subnet: u32,
    /// Number of the interface; 0 for none.
    pub interface: u32,
    /// Number of the country; 0 for none.
    pub country: u16,
}

impl Traits {
    fn key(&self) -> u128 {
        let belongs = u128::from(self.scope) << 1 | u128::from(self.is_local);
        belongs << 80 | u128::from(self.subnet) << 48 | u128::from(self.country) << 32 | u128::from(self.interface)
    }
}

/// What of a [`Traits::key`] the folds by subnet and country have in common.
const WITHOUT_INTERFACE: u128 = !0xffff_ffff;
/// What of it the folds by scope have in common.
const SCOPE_ALONE: u128 = !((1 << 80) - 1);

/// An address or a fold.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    /// The fold above.
    parent: u32,
    /// In how many levels, from the first on, it is told.
    levels: u8,
}

/// The tree. A node's number is its index: addresses first, by the numbers of the dataset.
pub(super) struct Ends {
    nodes: Vec<Node>,
}

/// The nodes of one height.
struct Layer {
    keys: Vec<u128>,
    weights: Vec<Weight>,
}

impl Ends {
    /// The tree over addresses with these traits and weights, one of each per address.
    pub fn new(traits: &[Traits], weights: Vec<Weight>) -> Self {
        let mut nodes = vec![Node::default(); traits.len()];
        let [others, local] = [false, true].map(|is_local| {
            let of_kind = |address: &usize| traits[*address].is_local == is_local;
            (0..traits.len()).filter(of_kind).collect::<Vec<usize>>()
        });
        for (own, other) in [(&local, others.len()), (&others, local.len())] {
            let share = |level: &Level| level.addresses.div_ceil(2).max(level.addresses.saturating_sub(other));
            let own_weights: Vec<Weight> = own.iter().map(|address| weights[*address]).collect();
            for (rank, place) in best(&own_weights, share(&LEVELS[0])).into_iter().enumerate() {
                nodes[own[place]].levels = levels_that_tell(rank, share);
            }
        }
        let mut ends = Self { nodes };
        let addresses = Layer { keys: traits.iter().map(Traits::key).collect(), weights };
        let interfaces = ends.fold(&addresses, u128::MAX, |level| level.interfaces);
        let subnets = ends.fold(&interfaces, WITHOUT_INTERFACE, |level| level.places);
        ends.fold(&subnets, SCOPE_ALONE, |_| usize::MAX);
        ends
    }

    /// Puts a fold over each key of the nodes of `layer`, which are the last; of a key counts what `mask` leaves.
    fn fold(&mut self, layer: &Layer, mask: u128, most: impl Fn(&Level) -> usize) -> Layer {
        let first_child = self.nodes.len() - layer.keys.len();
        let first_fold = self.nodes.len() as u32;
        let mut folds: Sums<(Option<u32>, Weight)> = Sums::default();
        for (child, (key, weight)) in layer.keys.iter().zip(&layer.weights).enumerate() {
            let next = folds.rows().len() as u32;
            let (number, sum) = folds.entry(key & mask);
            sum.add(*weight);
            self.nodes[first_child + child].parent = first_fold + *number.get_or_insert(next);
        }
        let keys = folds.rows().iter().map(|(key, _)| *key).collect();
        let weights: Vec<Weight> = folds.rows().iter().map(|(_, (_, weight))| *weight).collect();
        self.nodes.resize(self.nodes.len() + weights.len(), Node::default());
        for (rank, place) in best(&weights, most(&LEVELS[0]).min(weights.len())).into_iter().enumerate() {
            self.nodes[first_fold as usize + place].levels = levels_that_tell(rank, &most);
        }
        Layer { keys, weights }
    }

    /// What `node` is in `level`: itself, or the first fold above it that is told there.
    #[inline]
    pub fn told(&self, mut node: u32, level: usize) -> u32 {
        // Folds by scope are told in every level.
        while usize::from(self.nodes[node as usize].levels) <= level {
            node = self.nodes[node as usize].parent;
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An address in subnet 1 behind interface `interface`, or a public one.
    fn traits(interface: Option<u32>, country: u16) -> Traits {
        match interface {
            Some(interface) => Traits { is_local: true, scope: 0, subnet: 1, interface, country: 0 },
            None => Traits { is_local: false, scope: 5, subnet: 0, interface: 0, country },
        }
    }

    #[test]
    fn heavy_addresses_are_told_longest_and_at_last_only_scopes_are() {
        // 3,500 local addresses of three interfaces and 600 public ones of two countries, the first ones heaviest.
        let all: Vec<Traits> = (0..3_500).map(|i| traits(Some(i % 3), 0)).chain((0..600).map(|i| traits(None, i % 2))).collect();
        let weights = (0..4_100_u64).map(|i| Weight { bytes: 9_000 - i, flows: 1 }).collect();
        let ends = Ends::new(&all, weights);
        // Of 4,000 in level 0 the public ones need only 600, so that 3,400 local ones are told.
        assert_eq!([0, 3_399, 3_500, 4_099].map(|node| ends.told(node, 0)), [0, 3_399, 3_500, 4_099]);
        assert_eq!(ends.told(3_400, 0), ends.told(3_403, 0), "both of interface 1");
        assert_ne!(ends.told(3_400, 0), ends.told(3_401, 0));
        let last = LEVELS.len() - 1;
        let at_last = |node| ends.told(node, last);
        assert_eq!([at_last(0), at_last(3_500)], [at_last(3_499), at_last(4_099)]);
        assert_ne!(at_last(0), at_last(3_500));
    }

    #[test]
    fn what_is_one_in_a_level_is_one_in_coarser_levels() {
        let all: Vec<Traits> =
            (0..6_000).map(|i| if i % 3 == 0 { traits(None, i % 97) } else { traits(Some(u32::from(i) % 501), 0) }).collect();
        let weights = (0..6_000_u64).map(|i| Weight { bytes: i * 7_919 % 1_009, flows: i * 31 % 97 }).collect();
        let ends = Ends::new(&all, weights);
        for address in 0..6_000 {
            for level in 1..LEVELS.len() {
                assert_eq!(ends.told(ends.told(address, level - 1), level), ends.told(address, level));
            }
        }
    }
}
