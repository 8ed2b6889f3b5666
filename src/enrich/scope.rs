//! Where an address belongs when neither a NIC nor the topology tells: by the special ranges of the address space.
//!
//! Goes in: an address. Comes out: its scope. Knows no topology, no gateways and no service tags. Ranges that are
//! only reserved for documentation count as public.

use std::sync::LazyLock;

use super::prefix_map::PrefixMap;
use crate::schema::Address;
use crate::schema::tables::Scope;

/// Ranges that are not public (IANA special-purpose registries; Azure: "What is IP address 168.63.129.16").
static SPECIAL: &[(&str, Scope)] = &[
    // Azure's DNS, DHCP, health probes and agent.
    ("168.63.129.16/32", Scope::Platform),
    // Instance metadata, and addresses that a host gives itself without DHCP.
    ("169.254.0.0/16", Scope::Platform),
    // RFC 1918.
    ("10.0.0.0/8", Scope::UnknownPrivate),
    ("172.16.0.0/12", Scope::UnknownPrivate),
    ("192.168.0.0/16", Scope::UnknownPrivate),
    // Carrier-grade NAT, RFC 6598.
    ("100.64.0.0/10", Scope::UnknownPrivate),
    // Unspecified, loopback, multicast, broadcast.
    ("0.0.0.0/8", Scope::UnknownPrivate),
    ("127.0.0.0/8", Scope::UnknownPrivate),
    ("224.0.0.0/4", Scope::UnknownPrivate),
    ("255.255.255.255/32", Scope::UnknownPrivate),
    ("::/128", Scope::UnknownPrivate),
    ("::1/128", Scope::UnknownPrivate),
    ("ff00::/8", Scope::UnknownPrivate),
    // Unique local (RFC 4193) and link-local.
    ("fc00::/7", Scope::UnknownPrivate),
    ("fe80::/10", Scope::UnknownPrivate),
];

/// The scope of an address that no NIC owns and no topology knows.
pub fn of_unknown(address: Address) -> Scope {
    static MAP: LazyLock<PrefixMap<Scope>> = LazyLock::new(|| {
        PrefixMap::new(SPECIAL.iter().map(|(prefix, scope)| (prefix.parse().expect("a prefix of the table"), *scope)))
    });
    MAP.get(address).unwrap_or(Scope::ExternalPublic)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn each_special_range_has_its_scope() {
        for (ip, scope) in [
            ("168.63.129.16", Scope::Platform),
            ("168.63.129.17", Scope::ExternalPublic),
            ("169.254.169.254", Scope::Platform),
            ("10.255.0.1", Scope::UnknownPrivate),
            ("172.31.255.255", Scope::UnknownPrivate),
            ("172.32.0.0", Scope::ExternalPublic),
            ("192.168.1.1", Scope::UnknownPrivate),
            ("100.127.0.1", Scope::UnknownPrivate),
            ("224.0.0.251", Scope::UnknownPrivate),
            ("255.255.255.255", Scope::UnknownPrivate),
            ("127.0.0.1", Scope::UnknownPrivate),
            ("0.0.0.0", Scope::UnknownPrivate),
            ("203.0.113.9", Scope::ExternalPublic),
            ("2001:db8::1", Scope::ExternalPublic),
            ("fd00::1", Scope::UnknownPrivate),
            ("fe80::1", Scope::UnknownPrivate),
            ("ff02::1", Scope::UnknownPrivate),
            ("::1", Scope::UnknownPrivate),
            ("2603:1030::1", Scope::ExternalPublic),
        ] {
            assert_eq!(of_unknown(ip.parse::<IpAddr>().unwrap().into()), scope, "{ip}");
        }
    }
}
