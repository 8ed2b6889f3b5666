//! Longest-prefix match over IPv4 and IPv6 prefixes, and over ranges of addresses that are no prefixes.
//!
//! Goes in: (prefix, value) pairs or ranges, once. Comes out: the value of the longest prefix, or of the smallest range, that holds
//! an address. Both are flattened into disjoint intervals, sorted by their start, so that a lookup is one binary search; of IPv4
//! only inside the bucket of its leading 16 bits. Knows no names, no files, and no update: another set is another map.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{Add, Sub};

use ipnet::IpNet;

use crate::schema::Address;

/// Bits of an IPv4 address that the bucket index leaves to the binary search.
const BUCKET_SHIFT: u32 = 16;

/// From this many intervals on, IPv4 lookups go through a bucket per leading 16 bits. Unit: intervals; range 1 and up.
/// Below it the search is short anyway, and the 256 KiB of buckets would be the larger part of the map.
const BUCKETS_MIN: usize = 1024;

/// Addresses of one family from `first` to `last`, both included, and their value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range<V> {
    /// The first address.
    pub first: Address,
    /// The last address.
    pub last: Address,
    /// What is known of them.
    pub value: V,
}

/// A map from prefixes or ranges to values; IPv4-mapped IPv6 prefixes count as IPv4, as [`Address`] does.
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
        Self::of_ranges(pairs.into_iter().map(|(prefix, value)| Range {
            first: prefix.network().into(),
            last: prefix.broadcast().into(),
            value,
        }))
    }

    /// The map of these ranges, in any order; of several that hold an address the smallest wins, of equally large ones the one
    /// that begins first, then the first one given. A range that ends before it begins, or begins as IPv4 and ends as IPv6, holds nothing.
    pub fn of_ranges(ranges: impl IntoIterator<Item = Range<V>>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for Range { first, last, value } in ranges {
            match (first.v4(), last.v4()) {
                (Some(first), Some(last)) if first <= last => v4.push(Span { first, last, value }),
                // The last address of `::/80` is a mapped one: the family is that of the first.
                (None, _) if first.bits() <= last.bits() => v6.push(Span { first: first.bits(), last: last.bits(), value }),
                _ => {}
            }
        }
        let v4 = Intervals::new(v4, u32::MAX);
        Self { buckets: buckets(&v4.starts), v4, v6: Intervals::new(v6, u128::MAX) }
    }

    /// The value of the longest prefix, or smallest range, that holds `address`.
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

/// A range as the bits of its family.
struct Span<K, V> {
    first: K,
    last: K,
    value: V,
}

/// Disjoint intervals: interval `i` reaches from `starts[i]` to before `starts[i + 1]`, the last one to the end.
#[derive(Clone, Debug)]
struct Intervals<K, V> {
    starts: Vec<K>,
    /// `None` where nothing reaches.
    values: Vec<Option<V>>,
}

impl<K: Copy + Ord + Add<Output = K> + Sub<Output = K> + From<u8>, V: Copy> Intervals<K, V> {
    /// Sweeps over all points where a span begins or one has just ended; `open` holds those that may reach over the current
    /// point, the smallest on top. Spans that have ended leave it when they come to the top.
    fn new(mut spans: Vec<Span<K, V>>, max: K) -> Self {
        // Stable, so that of equally large spans the one that begins first, then the first one given, has the least place.
        spans.sort_by_key(|span| span.first);
        let after = spans.iter().filter(|span| span.last < max).map(|span| span.last + K::from(1));
        let mut points: Vec<K> = spans.iter().map(|span| span.first).chain(after).collect();
        points.sort_unstable();
        points.dedup();
        let mut intervals = Self { starts: Vec::with_capacity(points.len()), values: Vec::with_capacity(points.len()) };
        let mut open: BinaryHeap<Reverse<(K, usize)>> = BinaryHeap::new();
        let mut next = 0;
        for point in points {
            while let Some(span) = spans.get(next).filter(|span| span.first == point) {
                open.push(Reverse((span.last - span.first, next)));
                next += 1;
            }
            while open.peek().is_some_and(|Reverse((_, place))| spans[*place].last < point) {
                open.pop();
            }
            intervals.starts.push(point);
            intervals.values.push(open.peek().map(|Reverse((_, place))| spans[*place].value));
        }
        intervals
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
#[path = "prefix_map_tests.rs"]
mod tests;
