//! Names of the services behind well-known ports.
//!
//! Goes in: a destination port and a protocol. Comes out: the service's name, or nothing. A name is what a port is
//! registered for, not what was spoken on it.

use super::codes::{TCP, UDP};

/// Which protocols a port is known on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum On {
    Tcp,
    Udp,
    Both,
}

/// Ascending by port.
///
/// Source: IANA, "Service Name and Transport Protocol Port Number Registry"; where the registered name is not the common
/// one (3389 `ms-wbt-server`, 5985 `wsman`, 8443 `pcsync-https`, …) the common one stands.
static SERVICES: &[(u16, On, &str)] = &[
    (20, On::Tcp, "ftp-data"),
    (21, On::Tcp, "ftp"),
    (22, On::Tcp, "ssh"),
    (23, On::Tcp, "telnet"),
    (25, On::Tcp, "smtp"),
    (53, On::Both, "domain"),
    (67, On::Udp, "bootps"),
    (68, On::Udp, "bootpc"),
    (69, On::Udp, "tftp"),
    (80, On::Tcp, "http"),
    (88, On::Both, "kerberos"),
    (110, On::Tcp, "pop3"),
    (111, On::Both, "sunrpc"),
    (123, On::Udp, "ntp"),
    (135, On::Both, "epmap"),
    (137, On::Udp, "netbios-ns"),
    (138, On::Udp, "netbios-dgm"),
    (139, On::Tcp, "netbios-ssn"),
    (143, On::Tcp, "imap"),
    (161, On::Udp, "snmp"),
    (162, On::Udp, "snmptrap"),
    (179, On::Tcp, "bgp"),
    (389, On::Both, "ldap"),
    (443, On::Both, "https"),
    (445, On::Tcp, "microsoft-ds"),
    (464, On::Both, "kpasswd"),
    (465, On::Tcp, "submissions"),
    (500, On::Udp, "isakmp"),
    (514, On::Udp, "syslog"),
    (587, On::Tcp, "submission"),
    (636, On::Tcp, "ldaps"),
    (853, On::Both, "domain-s"),
    (873, On::Tcp, "rsync"),
    (989, On::Tcp, "ftps-data"),
    (990, On::Tcp, "ftps"),
    (993, On::Tcp, "imaps"),
    (995, On::Tcp, "pop3s"),
    (1194, On::Both, "openvpn"),
    (1433, On::Tcp, "ms-sql-s"),
    (1434, On::Udp, "ms-sql-m"),
    (1521, On::Tcp, "oracle"),
    (1688, On::Tcp, "kms"),
    (1723, On::Tcp, "pptp"),
    (1812, On::Udp, "radius"),
    (1883, On::Tcp, "mqtt"),
    (1900, On::Udp, "ssdp"),
    (2049, On::Both, "nfs"),
    (3268, On::Tcp, "msft-gc"),
    (3269, On::Tcp, "msft-gc-ssl"),
    (3306, On::Tcp, "mysql"),
    (3389, On::Both, "rdp"),
    (3478, On::Both, "stun"),
    (4500, On::Udp, "ipsec-nat-t"),
    (5060, On::Both, "sip"),
    (5061, On::Tcp, "sips"),
    (5353, On::Udp, "mdns"),
    (5432, On::Tcp, "postgresql"),
    (5671, On::Tcp, "amqps"),
    (5672, On::Tcp, "amqp"),
    (5900, On::Tcp, "rfb"),
    (5985, On::Tcp, "winrm"),
    (5986, On::Tcp, "winrm-https"),
    (6379, On::Tcp, "redis"),
    (6443, On::Tcp, "kubernetes-api"),
    (8080, On::Tcp, "http-alt"),
    (8443, On::Tcp, "https-alt"),
    (8883, On::Tcp, "secure-mqtt"),
    (9092, On::Tcp, "kafka"),
    (9200, On::Tcp, "elasticsearch"),
    (11211, On::Both, "memcached"),
    (27017, On::Tcp, "mongodb"),
];

/// The name of the service that `port` is known for, or the empty text.
///
/// `protocol` is the IANA number; only TCP and UDP have ports.
pub fn service_name(port: u16, protocol: u8) -> &'static str {
    let Ok(place) = SERVICES.binary_search_by_key(&port, |(port, _, _)| *port) else { return "" };
    let (_, on, name) = SERVICES[place];
    match (on, protocol) {
        (On::Tcp | On::Both, TCP) | (On::Udp | On::Both, UDP) => name,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_ascend_and_every_one_has_a_name() {
        assert!(SERVICES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(SERVICES.iter().all(|(_, _, name)| !name.is_empty()));
    }

    #[test]
    fn a_service_has_its_name_only_on_its_protocol() {
        assert_eq!([service_name(22, TCP), service_name(22, UDP), service_name(53, UDP)], ["ssh", "", "domain"]);
        assert_eq!([service_name(443, 1), service_name(40_000, TCP)], ["", ""]);
    }
}
