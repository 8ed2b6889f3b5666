//! Which ports a level tells; all others are one.
//!
//! Goes in: the sums per port. Comes out: each port as the levels have it. Names no service.

use super::levels::{LEVELS, Level, levels_that_tell};
use super::rank::{Weight, best};
use crate::aggregate::sums::Sums;
use crate::schema::tables::PairMeasures;

/// Every port that a level does not tell; above every `port_key`.
pub(super) const OTHER_PORTS: u32 = 1 << 24;

/// The ports told in the first level.
pub(super) struct Ports {
    /// Their `port_key`s, ascending.
    keys: Vec<u32>,
    /// In how many levels each is told.
    levels: Vec<u8>,
    /// By port number the index of its first key; as many as there are keys for a port that has none.
    first: Vec<u16>,
}

impl Ports {
    /// The ports of a cube; `sums` is per `port_key`.
    pub fn new(sums: &Sums<PairMeasures>) -> Self {
        let most = |level: &Level| level.ports;
        let mut all: Vec<(u32, Weight)> =
            sums.rows().iter().map(|(key, sum)| (*key as u32, Weight { bytes: sum.bytes(), flows: sum.flows() })).collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        let weights: Vec<Weight> = all.iter().map(|(_, weight)| *weight).collect();
        let ranked = best(&weights, most(&LEVELS[0])).into_iter().enumerate();
        let mut told: Vec<(u32, u8)> = ranked.map(|(rank, place)| (all[place].0, levels_that_tell(rank, most))).collect();
        told.sort_unstable();
        let (keys, levels): (Vec<u32>, Vec<u8>) = told.into_iter().unzip();
        let mut first = vec![keys.len() as u16; 1 << 16];
        for (index, key) in keys.iter().enumerate().rev() {
            first[(key >> 8) as usize] = index as u16;
        }
        Self { keys, levels, first }
    }

    /// What a `port_key` is in `level`: itself or [`OTHER_PORTS`], as which it stays.
    #[inline]
    pub fn told(&self, key: u32, level: usize) -> u32 {
        let Some(first) = self.first.get((key >> 8) as usize) else { return OTHER_PORTS };
        let mut index = usize::from(*first);
        while index < self.keys.len() && self.keys[index] <= key {
            if self.keys[index] == key && usize::from(self.levels[index]) > level {
                return key;
            }
            index += 1;
        }
        OTHER_PORTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::pairs::port_key;

    #[test]
    fn the_ports_with_most_traffic_are_told_by_protocol_and_at_last_none() {
        let mut sums: Sums<PairMeasures> = Sums::default();
        for port in 0..3_000_u16 {
            sums.entry(u128::from(port_key(port, 6))).flows_allowed = u64::from(port);
        }
        sums.entry(u128::from(port_key(53, 17))).flows_denied = 5_000;
        let ports = Ports::new(&sums);
        let told = |port, protocol, level| ports.told(port_key(port, protocol), level);
        let dns = port_key(53, 17);
        assert_eq!([told(53, 17, 0), told(53, 17, LEVELS.len() - 2)], [dns, dns]);
        assert_eq!([told(53, 6, 0), told(53, 1, 0), told(60_000, 6, 0)], [OTHER_PORTS; 3]);
        assert_eq!([told(2_999, 6, 0), told(1_001, 6, 0)], [port_key(2_999, 6), port_key(1_001, 6)]);
        assert_eq!([told(1_000, 6, 0), told(1_001, 6, 1), told(53, 17, LEVELS.len() - 1)], [OTHER_PORTS; 3]);
    }
}
