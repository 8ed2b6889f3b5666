//! What an entry of a list names: an address, a prefix or a range, perhaps on one port.
//!
//! Goes in: a text such as `203.0.113.9`, `203.0.113.0/24`, `203.0.113.4-203.0.113.9`, `203.0.113.9:443`, `[2001:db8::9]:443`.
//! Comes out: the prefixes that make it up, each with what is to be said of it: public, reserved, or too wide to mean anything.
//! Resolves no names. Numbers with leading zeros are no address: some programs read them as octal.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};

/// Shortest IPv4 prefix that an entry may have. Unit: bits; range 0 to 32. No network operator holds more than a /8; raising it refuses real entries.
const SHORTEST_V4: u8 = 8;

/// Shortest IPv6 prefix that an entry may have. Unit: bits; range 0 to 128. Registries hold /12 and give out /16 at most; raising it refuses real entries.
const SHORTEST_V6: u8 = 16;

/// IPv4 that is never a public address (IANA's special-purpose registry). Ranges that are only reserved for documentation are
/// no part of it, as everywhere in azflow.
static NEVER_PUBLIC: [Ipv4Net; 8] = [
    Ipv4Net::new_assert(Ipv4Addr::new(0, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(100, 64, 0, 0), 10),
    Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8),
    Ipv4Net::new_assert(Ipv4Addr::new(169, 254, 0, 0), 16),
    Ipv4Net::new_assert(Ipv4Addr::new(172, 16, 0, 0), 12),
    Ipv4Net::new_assert(Ipv4Addr::new(192, 168, 0, 0), 16),
    // Multicast, and what is reserved above it.
    Ipv4Net::new_assert(Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// All IPv6 addresses that are public.
const PUBLIC_V6: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What an entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    first: IpAddr,
    /// Of the family of `first`, and not below it.
    last: IpAddr,
    /// The only port that is meant; `None` for every port.
    pub port: Option<u16>,
}

/// Whether a prefix can name public addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    /// Public addresses only.
    Public,
    /// No public address.
    Reserved,
    /// Public and private addresses, or more than anybody holds.
    TooWide,
}

impl Target {
    /// What a text names; `None` if it is no address, prefix or range.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Self::between(address, address);
        }
        if let Ok(prefix) = text.parse::<IpNet>() {
            return Self::between(prefix.network(), prefix.broadcast());
        }
        if let Some((first, last)) = text.split_once('-') {
            return Self::between(first.trim().parse().ok()?, last.trim().parse().ok()?);
        }
        let (host, port) = text.rsplit_once(':')?;
        let address = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().ok()?.into(),
            None => host.parse::<Ipv4Addr>().ok()?.into(),
        };
        Self::between(address, address)?.on_text(port)
    }

    /// The same on the port of a text; `None` if that is no port.
    pub(super) fn on_text(self, port: &str) -> Option<Self> {
        let port: u16 = port.trim().parse().ok()?;
        (port > 0).then_some(self.on(port))
    }

    /// The same on one port.
    pub(super) fn on(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    fn between(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last, port: None })
    }

    /// The fewest prefixes that make it up: one, or for a range at most 62 of IPv4 and 254 of IPv6.
    pub(super) fn prefixes(self) -> impl Iterator<Item = IpNet> {
        let (v4, v6) = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (Some(Ipv4Subnets::new(first, last, 0)), None),
            (IpAddr::V6(first), IpAddr::V6(last)) => (None, Some(Ipv6Subnets::new(first, last, 0))),
            _ => (None, None),
        };
        v4.into_iter().flatten().map(IpNet::V4).chain(v6.into_iter().flatten().map(IpNet::V6))
    }
}

/// What is to be said of a prefix.
pub(super) fn space(prefix: IpNet) -> Space {
    match prefix {
        IpNet::V4(prefix) if NEVER_PUBLIC.iter().any(|range| range.contains(&prefix)) => Space::Reserved,
        IpNet::V4(prefix) if prefix.prefix_len() < SHORTEST_V4 => Space::TooWide,
        IpNet::V4(prefix) if NEVER_PUBLIC.iter().any(|range| prefix.contains(range)) => Space::TooWide,
        IpNet::V6(prefix) if prefix.contains(&PUBLIC_V6) => Space::TooWide,
        IpNet::V6(prefix) if !PUBLIC_V6.contains(&prefix) => Space::Reserved,
        IpNet::V6(prefix) if prefix.prefix_len() < SHORTEST_V6 => Space::TooWide,
        _ => Space::Public,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn prefixes(text: &str) -> Vec<String> {
        Target::parse(text).unwrap().prefixes().map(|prefix| prefix.to_string()).collect()
    }

    #[test]
    fn each_way_to_name_addresses_is_read() {
        for (text, expected, port) in [
            ("203.0.113.9", "203.0.113.9/32", None),
            ("203.0.113.9/24", "203.0.113.0/24", None),
            ("203.0.113.9:443", "203.0.113.9/32", Some(443)),
            ("2001:db8::9", "2001:db8::9/128", None),
            ("2001:db8::/32", "2001:db8::/32", None),
            ("[2001:db8::9]:8443", "2001:db8::9/128", Some(8443)),
            ("::ffff:203.0.113.9", "203.0.113.9/32", None),
            ("203.0.113.0-203.0.113.255", "203.0.113.0/24", None),
        ] {
            assert_eq!(prefixes(text), [expected], "{text}");
            assert_eq!(Target::parse(text).unwrap().port, port, "{text}");
        }
    }

    #[test]
    fn a_range_is_the_fewest_prefixes_that_make_it_up() {
        assert_eq!(prefixes("203.0.113.4 - 203.0.113.10"), ["203.0.113.4/30", "203.0.113.8/31", "203.0.113.10/32"]);
        assert_eq!(prefixes("2001:db8::1-2001:db8::2"), ["2001:db8::1/128", "2001:db8::2/128"]);
        assert_eq!(prefixes("0.0.0.0-255.255.255.255"), ["0.0.0.0/0"]);
    }

    #[test]
    fn what_names_no_address_is_none() {
        for text in [
            "",
            "example.com",
            "203.0.113",
            "203.0.113.256",
            "203.000.113.009",
            "203.0.113.0/33",
            "203.0.113.9:0",
            "203.0.113.9:65536",
            "203.0.113.9-203.0.113.4",
            "203.0.113.9-2001:db8::1",
            "203.0.113.0/24:443",
            "AS64500",
            "-",
            ":",
            "[]:1",
            "[203.0.113.9]:1",
        ] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_public_prefixes_of_a_sane_length_are_usable() {
        for (text, expected) in [
            ("203.0.113.0/24", Space::Public),
            ("240.0.0.0/4", Space::Reserved),
            ("224.0.0.0/3", Space::Reserved),
            ("10.0.0.0/8", Space::Reserved),
            ("172.16.0.0/16", Space::Reserved),
            ("172.32.0.0/16", Space::Public),
            ("11.0.0.0/8", Space::Public),
            ("10.0.0.0/7", Space::TooWide),
            ("192.0.0.0/8", Space::TooWide),
            ("172.0.0.0/11", Space::TooWide),
            ("12.0.0.0/7", Space::TooWide),
            ("0.0.0.0/0", Space::TooWide),
            ("::/0", Space::TooWide),
            ("2000::/3", Space::TooWide),
            ("2400::/12", Space::TooWide),
            ("2001::/16", Space::Public),
            ("fc00::/7", Space::Reserved),
            ("fe80::/10", Space::Reserved),
            ("::1/128", Space::Reserved),
            ("ff00::/8", Space::Reserved),
        ] {
            assert_eq!(space(text.parse().unwrap()), expected, "{text}");
        }
    }
}
