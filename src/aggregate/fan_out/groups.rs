//! Which tries of a source share a host, or a port, that enough of them got no answer from.
//!
//! Goes in: the summed tries of one source, hour and protocol. Comes out: per such host its ports without an answer, per such port its hosts.
//! Counts by number of address and of port, so that only what belongs to a fan-out is sorted.

use super::tries::{Target, Try};

/// What a try is known by, packed, and what is known of it.
pub(super) type Summed = (u128, Try);

/// Tries of one host or port.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    unanswered: u32,
    answered: u32,
}

/// Counts tries; keeps its memory.
pub(super) struct Groups {
    /// By number of the address.
    of_host: Vec<Count>,
    /// By number of the port.
    of_port: Vec<Count>,
}

/// Tries without an answer that share a host or a port.
pub(super) struct Group<'a> {
    /// By port or host, ascending; never empty.
    pub unanswered: Vec<&'a Summed>,
    /// How many others were answered.
    pub answered: u64,
}

impl Groups {
    /// For so many addresses.
    pub fn new(addresses: usize) -> Self {
        let counts = |numbers: usize| vec![Count::default(); numbers];
        Self { of_host: counts(addresses), of_port: counts(usize::from(u16::MAX) + 1) }
    }

    /// The groups of at least `least` unanswered tries, of a host and of a port, each ascending by that. `tries` are of one source, hour and
    /// protocol, and no two of one target.
    pub fn of<'a>(&mut self, tries: &[&'a Summed], least: usize) -> (Vec<Group<'a>>, Vec<Group<'a>>) {
        for (key, tried) in tries {
            let target = Target::of_packed(*key);
            let (unanswered, answered) = (u32::from(tried.is_unanswered()), u32::from(tried.is_answered()));
            for count in [&mut self.of_host[target.dst_ip as usize], &mut self.of_port[usize::from(target.dst_port)]] {
                count.unanswered += unanswered;
                count.answered += answered;
            }
        }
        let host = |target: Target| target.dst_ip;
        let port = |target: Target| u32::from(target.dst_port);
        let groups = (grouped(tries, &self.of_host, least, host, port), grouped(tries, &self.of_port, least, port, host));
        for (key, _) in tries {
            let target = Target::of_packed(*key);
            self.of_host[target.dst_ip as usize] = Count::default();
            self.of_port[usize::from(target.dst_port)] = Count::default();
        }
        groups
    }
}

/// The unanswered tries of every `one` that has enough of them, ascending by it, each ascending by `other`.
fn grouped<'a>(
    tries: &[&'a Summed],
    counts: &[Count],
    least: usize,
    one: impl Fn(Target) -> u32,
    other: impl Fn(Target) -> u32,
) -> Vec<Group<'a>> {
    let mut unanswered: Vec<(u64, &'a Summed)> = Vec::new();
    for summed in tries.iter().copied() {
        let target = Target::of_packed(summed.0);
        if counts[one(target) as usize].unanswered as usize >= least && summed.1.is_unanswered() {
            unanswered.push((u64::from(one(target)) << 32 | u64::from(other(target)), summed));
        }
    }
    unanswered.sort_unstable_by_key(|(order, _)| *order);
    let of_one = unanswered.chunk_by(|a, b| a.0 >> 32 == b.0 >> 32);
    let group = |of_one: &[(u64, &'a Summed)]| Group {
        unanswered: of_one.iter().map(|(_, summed)| *summed).collect(),
        answered: u64::from(counts[(of_one[0].0 >> 32) as usize].answered),
    };
    of_one.map(group).collect()
}
