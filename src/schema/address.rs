//! An IP address as one integer: IPv4 and IPv6 in one column, ordered as outputs order them.

use std::cmp::Ordering;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The prefix of IPv4-mapped IPv6 addresses, `::ffff:0:0/96`.
const MAPPED_PREFIX: u128 = 0xffff_0000_0000;

/// An IPv4 or IPv6 address, held as the 128 bits of its IPv6 form.
///
/// IPv4 is held IPv4-mapped, so that `::ffff:a.b.c.d` and `a.b.c.d` are one address.
/// Ordered numerically, every IPv4 address before every IPv6 address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Address(u128);

impl Address {
    /// The address of four IPv4 bytes, the first one in the highest bits.
    pub const fn from_v4(bits: u32) -> Self {
        Self(MAPPED_PREFIX | bits as u128)
    }

    /// The address of 128 IPv6 bits; mapped addresses become IPv4.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// The 128 bits of the IPv6 form; IPv4 is mapped.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The 32 bits of an IPv4 address; `None` for IPv6.
    pub const fn v4(self) -> Option<u32> {
        if self.0 >> 32 == MAPPED_PREFIX >> 32 { Some(self.0 as u32) } else { None }
    }

    /// Whether this is an IPv4 address.
    pub const fn is_v4(self) -> bool {
        self.v4().is_some()
    }

    /// The same address in the standard library's type.
    pub fn to_ip(self) -> IpAddr {
        match self.v4() {
            Some(bits) => IpAddr::V4(Ipv4Addr::from(bits)),
            None => IpAddr::V6(Ipv6Addr::from(self.0)),
        }
    }

    /// The network this address lies in: the address with all but `length` leading bits cleared.
    ///
    /// `length` counts bits of the address's own family (0 to 32, or 0 to 128) and is clamped to it.
    pub fn network(self, length: u8) -> Self {
        let (host_bits, keep) = match self.v4() {
            Some(_) => (32 - u32::from(length.min(32)), MAPPED_PREFIX),
            None => (128 - u32::from(length.min(128)), 0),
        };
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        Self((self.0 & mask) | keep)
    }
}

impl From<IpAddr> for Address {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(v4) => Self::from_v4(u32::from(v4)),
            IpAddr::V6(v6) => Self(u128::from(v6)),
        }
    }
}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        (!self.is_v4(), self.0).cmp(&(!other.is_v4(), other.0))
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_ip().fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().expect("test address").into()
    }

    #[test]
    fn a_mapped_address_is_ipv4() {
        assert_eq!(address("::ffff:10.0.0.4"), address("10.0.0.4"));
        assert_eq!(address("::ffff:10.0.0.4").to_string(), "10.0.0.4");
    }

    #[test]
    fn ipv4_comes_before_ipv6() {
        let mut all =
            [address("::1"), address("255.255.255.255"), address("2001:db8::1"), address("9.0.0.1"), address("10.0.0.1")];
        all.sort();
        assert_eq!(all.map(|a| a.to_string()), ["9.0.0.1", "10.0.0.1", "255.255.255.255", "::1", "2001:db8::1"]);
    }

    #[test]
    fn a_network_clears_the_host_bits_of_its_own_family() {
        assert_eq!(address("10.0.1.77").network(24), address("10.0.1.0"));
        assert_eq!(address("10.0.1.77").network(32), address("10.0.1.77"));
        assert_eq!(address("10.0.1.77").network(0), address("0.0.0.0"));
        assert_eq!(address("2001:db8:1:2:3::9").network(64), address("2001:db8:1:2::"));
        assert_eq!(address("2001:db8::9").network(0), address("::"));
    }
}
