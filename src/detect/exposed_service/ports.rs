//! What a port number says of the service behind it.
//!
//! Goes in: a port. Comes out: whether it is sensitive, and its name; which ports are public by purpose. Judges no traffic.

/// What listens on a port, as far as its number says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A person or tool administers the host over it.
    Administration,
    /// Data, or an interface that by default asks for no password.
    Data,
}

/// Ports that nobody should reach from the Internet: number, kind, name. Sorted by number. Whatever the protocol, as an
/// IANA port is registered for both. Source: IANA service names; the port lists of GuardDuty, Elastic and Maltrail.
pub(super) static SENSITIVE: &[(u16, Kind, &str)] = &[
    (21, Kind::Administration, "FTP"),
    (22, Kind::Administration, "SSH"),
    (23, Kind::Administration, "Telnet"),
    (69, Kind::Data, "TFTP"),
    (111, Kind::Data, "RPC portmapper"),
    (135, Kind::Administration, "MS RPC"),
    (137, Kind::Data, "NetBIOS"),
    (138, Kind::Data, "NetBIOS"),
    (139, Kind::Administration, "NetBIOS"),
    (161, Kind::Administration, "SNMP"),
    (389, Kind::Data, "LDAP"),
    (445, Kind::Administration, "SMB"),
    (512, Kind::Administration, "rexec"),
    (513, Kind::Administration, "rlogin"),
    (514, Kind::Administration, "rsh"),
    (623, Kind::Administration, "IPMI"),
    (873, Kind::Data, "rsync"),
    (1433, Kind::Data, "SQL Server"),
    (1434, Kind::Data, "SQL Server"),
    (1521, Kind::Data, "Oracle"),
    (2049, Kind::Data, "NFS"),
    (2375, Kind::Administration, "Docker"),
    (2376, Kind::Administration, "Docker"),
    (2379, Kind::Data, "etcd"),
    (3306, Kind::Data, "MySQL"),
    (3389, Kind::Administration, "RDP"),
    (5432, Kind::Data, "PostgreSQL"),
    (5900, Kind::Administration, "VNC"),
    (5984, Kind::Data, "CouchDB"),
    (5985, Kind::Administration, "WinRM"),
    (5986, Kind::Administration, "WinRM"),
    (6379, Kind::Data, "Redis"),
    (6443, Kind::Administration, "Kubernetes"),
    (9042, Kind::Data, "Cassandra"),
    (9200, Kind::Data, "Elasticsearch"),
    (9300, Kind::Data, "Elasticsearch"),
    (10250, Kind::Administration, "kubelet"),
    (11211, Kind::Data, "memcached"),
    (27017, Kind::Data, "MongoDB"),
    (27018, Kind::Data, "MongoDB"),
];

/// Ports of web servers, which are public by purpose.
pub(super) const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Ports of mail, name and time service and of VPNs, public by purpose and worth a look.
pub(super) const PUBLIC_PORTS: [u16; 14] = [25, 53, 110, 123, 143, 465, 500, 587, 993, 995, 1194, 1701, 4500, 51_820];

/// What a sensitive port is for, and its name; `None` of any other.
pub(super) fn sensitive(port: u16) -> Option<(Kind, &'static str)> {
    let at = SENSITIVE.binary_search_by_key(&port, |entry| entry.0).ok()?;
    Some((SENSITIVE[at].1, SENSITIVE[at].2))
}

/// `port 22 (SSH)`, `port 8000`.
pub(super) fn named(port: u16) -> String {
    match sensitive(port) {
        Some((_, name)) => format!("port {port} ({name})"),
        None => format!("port {port}"),
    }
}
