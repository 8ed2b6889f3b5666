//! What is known of a peer, for detectors that judge one host's contacts with one address.
//!
//! Goes in: the table of endpoints. Comes out: facts by address. Judges nothing.

use crate::schema::Address;
use crate::schema::tables::{EndpointRow, Tables};

/// How many parts the IPv4 addresses are cut into. Unit: parts; a power of two; by their upper half, so that few of a log share one.
const PARTS: usize = 1 << 16;

/// The endpoints, looked up by address.
pub(super) struct Peers<'a> {
    rows: &'a [EndpointRow],
    /// The addresses of `rows`: a search among these alone stays in the cache.
    ips: Vec<Address>,
    /// Where each part of the IPv4 addresses begins in `ips`, and where the last one ends.
    parts: Vec<u32>,
}

impl<'a> Peers<'a> {
    /// The peers of `tables`, whose endpoints ascend by address.
    pub fn new(tables: &'a Tables) -> Self {
        let ips: Vec<Address> = tables.endpoints.iter().map(|row| row.ip).collect();
        let mut parts = vec![0; PARTS + 1];
        let v4 = ips.iter().filter_map(|ip| ip.v4());
        v4.for_each(|bits| parts[part(bits) + 1] += 1);
        parts[0] = ips.partition_point(|ip| *ip < Address::from_v4(0)) as u32;
        let mut end = 0;
        parts.iter_mut().for_each(|at| {
            end += *at;
            *at = end;
        });
        Self { rows: &tables.endpoints, ips, parts }
    }

    /// What is known of an address; `None` where it is in no row.
    pub fn of(&self, address: Address) -> Option<&'a EndpointRow> {
        let among = address.v4().map_or(0..self.ips.len(), |bits| {
            let part = part(bits);
            self.parts[part] as usize..self.parts[part + 1] as usize
        });
        let at = self.ips[among.clone()].binary_search(&address).ok()?;
        Some(&self.rows[among.start + at])
    }

    /// Whether an address is public and neither the customer's nor the platform's.
    pub fn is_public(&self, address: Address) -> bool {
        self.of(address).is_some_and(|row| row.scope.is_public())
    }
}

/// The part of an IPv4 address.
fn part(bits: u32) -> usize {
    (bits >> 16) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_found_and_no_other() {
        let v4 = [0, 1, 0xffff, 0x1_0000, 0x0a00_0001, 0x0a00_0002, 0x0a01_0001, 0xffff_0000, u32::MAX];
        // Before the IPv4 addresses and behind them.
        let v6 = [0, 7, 0xffff_0000_0000 - 1, 0x1_0000_0000_0000, 0x2001_0db8 << 96, u128::MAX];
        let mut all: Vec<Address> = v4.map(Address::from_v4).into_iter().chain(v6.map(Address::from_bits)).collect();
        all.sort_unstable();
        for left_out in 0..=all.len() {
            let known = all.iter().enumerate().filter(|(at, _)| *at != left_out);
            let endpoints = known.map(|(_, ip)| EndpointRow { ip: *ip, ..EndpointRow::default() }).collect();
            let tables = Tables { endpoints, ..Tables::default() };
            let peers = Peers::new(&tables);
            for (at, ip) in all.iter().enumerate() {
                assert_eq!(peers.of(*ip).map(|row| row.ip), (at != left_out).then_some(*ip), "{ip} without {left_out}");
            }
        }
        assert!(Peers::new(&Tables::default()).of(all[0]).is_none());
    }
}
