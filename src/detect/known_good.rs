//! What is regular, busy or new without being bad: services that every host talks to.
//!
//! Goes in: a severity, the peer and the service. Comes out: the same or a lower severity, and the reason. Hides nothing: a
//! finding that is lowered still stands in the report, and its evidence says why under `lowered_by`.

use std::net::Ipv4Addr;

use crate::schema::codes::{TCP, UDP};
use crate::schema::finding::Severity;
use crate::schema::tables::{EndpointRow, Scope};

/// A service that calls home by design: protocol, destination port, and what it is.
static SERVICES: &[(u8, u16, &str)] = &[
    (UDP, 53, "DNS"),
    (TCP, 53, "DNS"),
    (TCP, 853, "DNS over TLS"),
    (UDP, 123, "NTP: clocks are set at regular times"),
    (UDP, 67, "DHCP: leases are renewed at regular times"),
    (TCP, 80, "web: updates and telemetry are fetched at regular times"),
    (TCP, 443, "web: updates and telemetry are fetched at regular times"),
    (UDP, 443, "web: updates and telemetry are fetched at regular times"),
    (UDP, 3478, "STUN: calls keep their way through NAT open"),
    (TCP, 5222, "push messages keep their connection open"),
    (TCP, 5223, "push messages keep their connection open"),
    (TCP, 5228, "push messages keep their connection open"),
    (TCP, 5671, "AMQP over TLS: message queues keep their connection open"),
    (TCP, 8883, "MQTT over TLS: devices and agents report at regular times"),
    (UDP, 4500, "IPsec keeps its way through NAT open"),
    (UDP, 500, "IPsec keeps its way through NAT open"),
];

/// Public resolvers, which every host may ask.
static RESOLVERS: &[Ipv4Addr] = &[
    Ipv4Addr::new(1, 1, 1, 1),
    Ipv4Addr::new(1, 0, 0, 1),
    Ipv4Addr::new(8, 8, 8, 8),
    Ipv4Addr::new(8, 8, 4, 4),
    Ipv4Addr::new(9, 9, 9, 9),
    Ipv4Addr::new(208, 67, 222, 222),
    Ipv4Addr::new(208, 67, 220, 220),
];

/// Why a peer and service are known to be harmless as a rule; `None` where nothing is known.
pub(super) fn reason(peer: Option<&EndpointRow>, dst_port: u16, protocol: u8) -> Option<String> {
    if let Some(peer) = peer {
        if peer.scope == Scope::Platform {
            return Some("the peer is Azure's platform".to_owned());
        }
        if !peer.service_tag.is_empty() {
            return Some(format!("the peer is in the service tag {}", peer.service_tag));
        }
        if RESOLVERS.iter().any(|resolver| peer.ip == std::net::IpAddr::V4(*resolver).into()) {
            return Some("the peer is a public resolver".to_owned());
        }
    }
    let service = SERVICES.iter().find(|(of, port, _)| (*of, *port) == (protocol, dst_port));
    service.map(|(_, port, what)| format!("port {port} is {what}"))
}

/// `severity`, at most [`Severity::Low`] where `reason` is known; a severity below that stays.
pub(super) fn lowered(severity: Severity, reason: Option<&String>) -> Severity {
    if reason.is_some() { severity.min(Severity::Low) } else { severity }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_calls_home_is_lowered_and_no_other() {
        let known = reason(None, 123, UDP);
        assert_eq!(lowered(Severity::High, known.as_ref()), Severity::Low);
        assert_eq!(lowered(Severity::Info, known.as_ref()), Severity::Info);
        assert_eq!((reason(None, 123, TCP), reason(None, 6667, TCP)), (None, None));
        assert_eq!(lowered(Severity::High, None), Severity::High);
    }

    #[test]
    fn a_service_tag_is_told_before_the_port() {
        let peer = EndpointRow { service_tag: "Storage.WestEurope".into(), ..EndpointRow::default() };
        assert_eq!(reason(Some(&peer), 443, TCP).as_deref(), Some("the peer is in the service tag Storage.WestEurope"));
    }
}
