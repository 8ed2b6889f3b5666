//! Longest-prefix match over IPv4 and IPv6 prefixes.
//!
//! Goes in: (prefix, value) pairs, once. Comes out: the value of the longest prefix that holds an address.
//! The prefixes are flattened into disjoint intervals, sorted by their start, so that a lookup is one binary search.
//! Knows no names, no files, and no update: another set is another map.

use std::ops::Add;

use ipnet::IpNet;

use crate::schema::Address;

/// Bits of an IPv4 address that the bucket index leaves to the binary search.
const BUCKET_SHIFT: u32 = 16;

/// From this many intervals on, IPv4 lookups go through a bucket per leading 16 bits. Unit: intervals; range 1 and up.
/// Below it the search is short anyway, and the 256 KiB of buckets would be the larger part of the map.
const BUCKETS_MIN: usize = 1024;

/// A map from prefixes to values; IPv4-mapped IPv6 prefixes count as IPv4, as [`Address`] does.
#[derive(Clone, Debug)]
pub struct PrefixMap<V> {
    v4: Intervals<u32, V>,
    /// For each leading 16 bits the number of intervals that start below them, and the number of all; empty for a small map.
    buckets: Vec<u32>,
    v6: Intervals<u128, V>,
}

impl<V: Copy> PrefixMap<V> {
    /// The map of these pairs, in any order; of equal prefixes the first one given wins. Host bits are ignored.
    pub fn new(pairs: impl IntoIterator<Item = (IpNet, V)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (prefix, value) in pairs {
            let first = Address::from(prefix.network());
            let last = Address::from(prefix.broadcast());
            match (first.v4(), last.v4()) {
                (Some(first), Some(last)) => v4.push(Prefix { first, last, value }),
                _ => v6.push(Prefix { first: first.bits(), last: last.bits(), value }),
            }
        }
        let v4 = Intervals::new(v4, u32::MAX);
        Self { buckets: buckets(&v4.starts), v4, v6: Intervals::new(v6, u128::MAX) }
    }

    /// The value of the longest prefix that holds `address`.
    pub fn get(&self, address: Address) -> Option<V> {
        let Some(bits) = address.v4() else { return self.v6.get(address.bits(), 0, self.v6.starts.len()) };
        let bucket = (bits >> BUCKET_SHIFT) as usize;
        match self.buckets.get(bucket..bucket + 2) {
            Some(&[low, high]) => self.v4.get(bits, low as usize, high as usize),
            _ => self.v4.get(bits, 0, self.v4.starts.len()),
        }
    }
}

impl<V: Copy> Default for PrefixMap<V> {
    fn default() -> Self {
        Self::new([])
    }
}

/// A prefix as the addresses it reaches, both ends included.
struct Prefix<K, V> {
    first: K,
    last: K,
    value: V,
}

/// Disjoint intervals: interval `i` reaches from `starts[i]` to before `starts[i + 1]`, the last one to the end.
#[derive(Clone, Debug)]
struct Intervals<K, V> {
    starts: Vec<K>,
    /// `None` where no prefix reaches.
    values: Vec<Option<V>>,
}

impl<K: Copy + Ord + Add<Output = K> + From<u8>, V: Copy> Intervals<K, V> {
    /// Sweeps over the prefixes by their first address; `open` holds those that reach over the current one, the longest last.
    fn new(mut prefixes: Vec<Prefix<K, V>>, max: K) -> Self {
        // Stable, so that of equal prefixes the first one given comes first; shorter prefixes before those they hold.
        prefixes.sort_by_key(|prefix| (prefix.first, std::cmp::Reverse(prefix.last)));
        let mut intervals = Self { starts: Vec::new(), values: Vec::new() };
        let mut open: Vec<Prefix<K, V>> = Vec::new();
        for prefix in prefixes {
            intervals.close(&mut open, prefix.first, max);
            if open.last().is_some_and(|top| (top.first, top.last) == (prefix.first, prefix.last)) {
                continue;
            }
            intervals.begin(prefix.first, Some(prefix.value));
            open.push(prefix);
        }
        while let Some(top) = open.pop() {
            intervals.end(top.last, &open, max);
        }
        intervals
    }

    /// Ends the open prefixes that do not reach `next`.
    fn close(&mut self, open: &mut Vec<Prefix<K, V>>, next: K, max: K) {
        while let Some(top) = open.pop_if(|top| top.last < next) {
            self.end(top.last, open, max);
        }
    }

    fn end(&mut self, last: K, open: &[Prefix<K, V>], max: K) {
        if last < max {
            self.begin(last + K::from(1), open.last().map(|outer| outer.value));
        }
    }

    /// Begins an interval; one that begins at the same address replaces the one before, which is empty.
    fn begin(&mut self, start: K, value: Option<V>) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.values.pop();
        }
        self.starts.push(start);
        self.values.push(value);
    }

    /// The value at `key`, where the first interval that starts above it is known to be in `low..=high`.
    fn get(&self, key: K, low: usize, high: usize) -> Option<V> {
        let above = low + self.starts[low..high].partition_point(|start| *start <= key);
        above.checked_sub(1).and_then(|index| self.values[index])
    }
}

fn buckets(starts: &[u32]) -> Vec<u32> {
    if starts.len() < BUCKETS_MIN {
        return Vec::new();
    }
    let mut buckets = Vec::with_capacity((1 << (32 - BUCKET_SHIFT)) + 1);
    let mut below = 0;
    for bucket in 0..=u64::from(u32::MAX >> BUCKET_SHIFT) + 1 {
        below += starts[below..].partition_point(|start| u64::from(*start) < bucket << BUCKET_SHIFT);
        buckets.push(u32::try_from(below).unwrap_or(u32::MAX));
    }
    buckets
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> IpNet {
        text.parse().unwrap()
    }

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    /// The plain twin: every prefix is tried.
    fn scan(pairs: &[(IpNet, u32)], ip: IpAddr) -> Option<u32> {
        let ip = ip.to_canonical();
        let mut best: Option<(u8, u32)> = None;
        for (prefix, value) in pairs {
            if prefix.contains(&ip) && best.is_none_or(|(length, _)| prefix.prefix_len() > length) {
                best = Some((prefix.prefix_len(), *value));
            }
        }
        best.map(|(_, value)| value)
    }

    #[test]
    fn the_longest_prefix_wins_and_gaps_are_empty() {
        let map = PrefixMap::new([(prefix("10.0.0.0/8"), 1), (prefix("10.0.1.0/24"), 2), (prefix("10.0.1.4/32"), 3)]);
        for (ip, value) in [
            ("9.255.255.255", None),
            ("10.0.0.0", Some(1)),
            ("10.0.1.3", Some(2)),
            ("10.0.1.4", Some(3)),
            ("10.0.1.5", Some(2)),
            ("10.0.2.0", Some(1)),
            ("11.0.0.0", None),
            ("::1", None),
        ] {
            assert_eq!(map.get(address(ip)), value, "{ip}");
        }
    }

    #[test]
    fn the_ends_of_the_address_space_are_reached() {
        let map = PrefixMap::new([(prefix("0.0.0.0/0"), 4), (prefix("::/0"), 6), (prefix("255.255.255.255/32"), 5)]);
        assert_eq!(map.get(address("0.0.0.0")), Some(4));
        assert_eq!(map.get(address("255.255.255.255")), Some(5));
        assert_eq!(map.get(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), Some(6));
        assert_eq!(map.get(address("::")), Some(6));
    }

    #[test]
    fn a_mapped_prefix_is_an_ipv4_prefix() {
        let map = PrefixMap::new([(prefix("::ffff:10.0.0.0/104"), 1)]);
        assert_eq!(map.get(address("10.9.9.9")), Some(1));
        assert_eq!(map.get(address("11.0.0.0")), None);
    }

    #[test]
    fn of_equal_prefixes_the_first_one_given_wins() {
        let map = PrefixMap::new([(prefix("10.0.0.0/24"), 1), (prefix("10.0.0.0/24"), 2)]);
        assert_eq!(map.get(address("10.0.0.9")), Some(1));
    }

    #[test]
    fn a_map_large_enough_for_buckets_answers_alike() {
        let pairs: Vec<(IpNet, u32)> = (0..3000u32)
            .map(|i| {
                let bits = i.wrapping_mul(2_654_435_761);
                (IpNet::new(Ipv4Addr::from(bits).into(), 8 + (i % 25) as u8).unwrap().trunc(), i)
            })
            .collect();
        let map = PrefixMap::new(pairs.iter().copied());
        assert!(!map.buckets.is_empty());
        for i in 0..500u32 {
            let (prefix, _) = pairs[i as usize * 6];
            for ip in [prefix.network(), prefix.broadcast(), Ipv4Addr::from(i.wrapping_mul(0x9e37_79b9)).into()] {
                assert_eq!(map.get(ip.into()), scan(&pairs, ip), "{ip}");
            }
        }
    }

    /// Prefixes crowded into few bits, so that they nest and touch.
    fn any_prefix() -> impl Strategy<Value = IpNet> {
        prop_oneof![
            (any::<u32>(), 0..=32u8)
                .prop_map(|(bits, n)| IpNet::new(Ipv4Addr::from(bits & 0x8003_0003).into(), n).unwrap().trunc()),
            (any::<u128>(), 0..=128u8)
                .prop_map(|(bits, n)| { IpNet::new(Ipv6Addr::from(bits & (3 << 126 | 3)).into(), n).unwrap().trunc() }),
        ]
    }

    proptest! {
        #[test]
        fn answers_are_those_of_a_linear_scan(prefixes in proptest::collection::vec(any_prefix(), 0..40), random in any::<u32>()) {
            let pairs: Vec<(IpNet, u32)> = prefixes.into_iter().zip(0..).collect();
            let map = PrefixMap::new(pairs.iter().copied());
            let ends = pairs.iter().flat_map(|(prefix, _)| [prefix.network(), prefix.broadcast()]);
            for ip in ends.chain([Ipv4Addr::from(random).into()]) {
                prop_assert_eq!(map.get(ip.into()), scan(&pairs, ip), "{}", ip);
            }
        }
    }
}
