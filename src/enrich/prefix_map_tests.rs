//! Prefixes and ranges, held against a linear scan.

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
        (any::<u32>(), 0..=32u8).prop_map(|(bits, n)| IpNet::new(Ipv4Addr::from(bits & 0x8003_0003).into(), n).unwrap().trunc()),
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

    #[test]
    fn ranges_that_nest_touch_and_overlap_answer_like_a_linear_scan(
        ends in proptest::collection::vec((0..64u32, 0..64u32), 0..30),
        is_v6 in any::<bool>(),
    ) {
        let at = |bits: u32| if is_v6 { Address::from_bits(u128::from(bits)) } else { Address::from_v4(u32::MAX - 63 + bits) };
        let ranges: Vec<Range<usize>> =
            ends.iter().enumerate().map(|(value, (a, b))| Range { first: at(*a), last: at(*b), value }).collect();
        let map = PrefixMap::of_ranges(ranges.iter().copied());
        for bits in 0..64 {
            let holding = ends.iter().enumerate().filter(|(_, (a, b))| (*a..=*b).contains(&bits));
            let smallest = holding.min_by_key(|(value, (a, b))| (b - a, *a, *value)).map(|(value, _)| value);
            prop_assert_eq!(map.get(at(bits)), smallest, "{}", bits);
        }
    }
}

#[test]
fn a_range_need_not_be_a_prefix_and_backwards_or_across_families_it_holds_nothing() {
    let range = |first: &str, last: &str, value| Range { first: address(first), last: address(last), value };
    let map = PrefixMap::of_ranges([
        range("1.0.0.1", "1.0.2.6", 1),
        range("2.0.0.9", "2.0.0.1", 2),
        range("3.0.0.0", "2001:db8::", 3),
        range("2001:db8::5", "2001:db8::7", 4),
    ]);
    for (ip, value) in [
        ("1.0.0.0", None),
        ("1.0.0.1", Some(1)),
        ("1.0.2.6", Some(1)),
        ("1.0.2.7", None),
        ("2.0.0.5", None),
        ("3.0.0.1", None),
        ("2001:db8::4", None),
        ("2001:db8::6", Some(4)),
        ("2001:db8::8", None),
    ] {
        assert_eq!(map.get(address(ip)), value, "{ip}");
    }
}
