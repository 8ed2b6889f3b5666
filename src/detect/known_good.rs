//! What is regular, busy or new without being bad: services that every host talks to.
//!
//! Goes in: a severity, the peer and the service. Comes out: the same or a lower severity, and the reason. Hides nothing: a
//! finding that is lowered still stands in the report, and its evidence says why under `lowered_by`.

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

/// Ports of Azure's platform on 168.63.129.16 and what they are. Source: Azure, "What is IP address 168.63.129.16".
static PLATFORM: &[(u16, &str)] = &[(53, "DNS"), (67, "DHCP"), (80, "the VM agent"), (32526, "the VM agent")];

/// Service tags of services that hosts in Azure call by design, by the part before the region, and what they do. A tag of a whole cloud
/// (`AzureCloud`) is not among them: anyone can rent an address there. Source: Azure, "Virtual network service tags".
static SERVICE_TAGS: &[(&str, &str)] = &[
    ("AzureActiveDirectory", "sign-in"),
    ("AzureActiveDirectoryDomainServices", "directory services"),
    ("AzureArcInfrastructure", "management of the host"),
    ("AzureAttestation", "attestation"),
    ("AzureBackup", "backup"),
    ("AzureConnectors", "connectors of logic apps"),
    ("AzureContainerRegistry", "container images"),
    ("AzureFrontDoor.FirstParty", "content of Microsoft"),
    ("AzureKeyVault", "secrets"),
    ("AzureMonitor", "monitoring"),
    ("AzurePlatformDNS", "DNS"),
    ("AzurePlatformIMDS", "instance metadata"),
    ("AzurePlatformLKM", "Windows licences"),
    ("AzureResourceManager", "management"),
    ("AzureSecurityCenter", "security agents"),
    ("AzureSiteRecovery", "replication"),
    ("AzureUpdateDelivery", "Windows updates"),
    ("EventHub", "events"),
    ("GuestAndHybridManagement", "management of guests"),
    ("MicrosoftCloudAppSecurity", "security"),
    ("MicrosoftContainerRegistry", "container images"),
    ("MicrosoftDefenderForEndpoint", "security agents"),
    ("OneDsCollector", "telemetry"),
    ("ServiceBus", "messages"),
    ("Sql", "databases"),
    ("Storage", "storage"),
    ("WindowsAdminCenter", "management"),
    ("WindowsUpdate", "Windows updates"),
    ("WindowsVirtualDesktop", "virtual desktops"),
];

/// Public resolvers, which every host may ask: Cloudflare, Google, Quad9, OpenDNS. Source: their own documentation.
static RESOLVERS: &[&str] = &[
    "1.1.1.1",
    "1.0.0.1",
    "8.8.8.8",
    "8.8.4.4",
    "9.9.9.9",
    "149.112.112.112",
    "208.67.222.222",
    "208.67.220.220",
    "2606:4700:4700::1111",
    "2606:4700:4700::1001",
    "2001:4860:4860::8888",
    "2001:4860:4860::8844",
    "2620:fe::fe",
    "2620:fe::9",
];

/// Ports on which a resolver is asked: none (echo requests, by which hosts test their way out), DNS, and DNS over HTTPS and TLS. Anything else there is
/// no question to a resolver.
const RESOLVER_PORTS: [u16; 4] = [0, 53, 443, 853];

/// Why a peer and service are known to be harmless as a rule; `None` where nothing is known.
pub(super) fn reason(peer: Option<&EndpointRow>, dst_port: u16, protocol: u8) -> Option<String> {
    let service = SERVICES.iter().find(|(of, port, _)| (*of, *port) == (protocol, dst_port));
    let of_service = || service.map(|(_, port, what)| format!("port {port} is {what}"));
    peer.and_then(|peer| of_peer(peer, dst_port)).or_else(of_service)
}

/// What is known of the peer itself.
fn of_peer(peer: &EndpointRow, dst_port: u16) -> Option<String> {
    if peer.scope == Scope::Platform {
        let what = PLATFORM.iter().find(|(port, _)| *port == dst_port).map(|(_, what)| format!(": {what}"));
        return Some(format!("the peer is Azure's platform{}", what.unwrap_or_default()));
    }
    let is_of = |name: &str| peer.service_tag.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some((_, what)) = SERVICE_TAGS.iter().find(|(name, _)| is_of(name)) {
        return Some(format!("the peer is in the service tag {}: {what}", peer.service_tag));
    }
    let ip = peer.ip.to_string();
    let is_resolver = RESOLVER_PORTS.contains(&dst_port) && RESOLVERS.contains(&ip.as_str());
    is_resolver.then(|| "the peer is a public resolver".to_owned())
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

    fn tagged(service_tag: &str) -> EndpointRow {
        EndpointRow { service_tag: service_tag.into(), ..EndpointRow::default() }
    }

    #[test]
    fn a_service_tag_is_told_before_the_port() {
        let told = |tag: &str, port| reason(Some(&tagged(tag)), port, TCP);
        let storage = "the peer is in the service tag Storage.WestEurope: storage";
        assert_eq!(told("Storage.WestEurope", 443).as_deref(), Some(storage));
        assert_eq!(told("WindowsUpdate", 8443).as_deref(), Some("the peer is in the service tag WindowsUpdate: Windows updates"));
    }

    #[test]
    fn an_address_that_anyone_can_rent_is_not_known_to_be_good() {
        let told = |tag: &str| reason(Some(&tagged(tag)), 8443, TCP);
        let rented = ["", "AzureCloud", "AzureCloud.westeurope", "AzureFrontDoor.Frontend", "StorageSyncService"];
        assert!(rented.iter().all(|tag| told(tag).is_none()));
    }

    #[test]
    fn a_resolver_is_asked_on_its_own_ports() {
        let told = |ip: &str, port| {
            let ip = ip.parse::<std::net::IpAddr>().expect("an address").into();
            reason(Some(&EndpointRow { ip, scope: Scope::ExternalPublic, ..EndpointRow::default() }), port, TCP)
        };
        assert_eq!(told("9.9.9.9", 853).as_deref(), Some("the peer is a public resolver"));
        assert_eq!(told("2620:fe::9", 53).as_deref(), Some("the peer is a public resolver"));
        assert_eq!((told("9.9.9.9", 4444), told("9.9.9.8", 0)), (None, None));
        for resolver in RESOLVERS {
            let ip: std::net::IpAddr = resolver.parse().expect("an address of the table");
            assert_eq!(ip.to_string(), *resolver, "it is written as addresses are printed");
        }
    }

    #[test]
    fn the_platform_is_told_with_its_service() {
        let platform = EndpointRow { scope: Scope::Platform, ..EndpointRow::default() };
        assert_eq!(reason(Some(&platform), 32_526, TCP).as_deref(), Some("the peer is Azure's platform: the VM agent"));
        assert_eq!(reason(Some(&platform), 9_999, TCP).as_deref(), Some("the peer is Azure's platform"));
    }
}
