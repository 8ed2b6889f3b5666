//! Who sends to the Internet: local addresses that begin flows to public ones.
//!
//! Goes in: pairs and what one address began with another. Comes out: per sender its traffic, its peers, ports and the
//! locations it sends to. Azure's platform is no public address. Names nothing.

use super::pairs::{Pair, port_key};
use super::places::Places;
use super::sums::Sums;
use crate::schema::tables::PairMeasures;

/// Sums per sender, by the number of its address.
#[derive(Default)]
pub(super) struct Senders {
    /// Traffic and peers.
    pub totals: Sums<SenderSums>,
    /// Distinct (sender, [`port_key`]) that something was sent to, as sender times 2^24 and port.
    ports: Sums<()>,
    /// Bytes per sender, in the upper 32 bits, and number of a location.
    locations: Sums<u64>,
}

/// The sums of one sender.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SenderSums {
    /// All flows that it began to public addresses, denied ones too.
    pub measures: PairMeasures,
    /// Distinct public addresses that it sent to.
    pub peers: u64,
}

impl Senders {
    /// Notes the port of a pair.
    pub fn add_port(&mut self, pair: &Pair, measures: &PairMeasures, places: &Places<'_>) {
        if places.goes_out(pair.src_ip, pair.dst_ip) && sends(measures) {
            let port = u128::from(port_key(pair.dst_port, pair.protocol));
            self.ports.entry(u128::from(pair.src_ip) << 24 | port);
        }
    }

    /// Adds everything that `src` began with `dst`.
    pub fn add_peer(&mut self, (src, dst): (u32, u32), measures: &PairMeasures, places: &Places<'_>) {
        if !places.goes_out(src, dst) {
            return;
        }
        let sums = self.totals.entry(u128::from(src));
        sums.measures.add(measures);
        if sends(measures) {
            sums.peers += 1;
            let location = Places::location_number(&places.of[dst as usize]);
            *self.locations.entry(u128::from(src) << 32 | u128::from(location)) += measures.bytes();
        }
    }

    /// Adds what was summed of other conversations.
    pub fn merge(&mut self, other: Self) {
        for (sender, more) in other.totals.rows() {
            let sums = self.totals.entry(*sender);
            sums.measures.add(&more.measures);
            sums.peers += more.peers;
        }
        for (key, ()) in other.ports.rows() {
            self.ports.entry(*key);
        }
        for (key, bytes) in other.locations.rows() {
            *self.locations.entry(*key) += bytes;
        }
    }

    /// The senders of all ports, ascending: one entry per distinct port.
    pub fn senders_of_ports(&self) -> Vec<u32> {
        let mut senders: Vec<u32> = self.ports.rows().iter().map(|(key, ())| (key >> 24) as u32).collect();
        senders.sort_unstable();
        senders
    }

    /// Sender, number of the location, bytes; ascending by sender and location.
    pub fn locations(&self) -> Vec<(u32, u32, u64)> {
        let mut rows: Vec<_> =
            self.locations.rows().iter().map(|(key, bytes)| ((key >> 32) as u32, *key as u32, *bytes)).collect();
        rows.sort_unstable();
        rows
    }
}

/// Whether anything was let through: a denied flow sends nothing.
pub(super) fn sends(measures: &PairMeasures) -> bool {
    measures.flows_allowed > 0 || measures.bytes() > 0
}
