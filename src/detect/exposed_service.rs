//! Finds ports of the user's hosts that public addresses were let through to.
//!
//! Goes in: `exposed_ports`, and for the sources `traffic_by_pair`. Comes out: a finding per port of the worst ports of an
//! address, and one for the rest. Does not look at how often a source tried.

use std::collections::{BTreeMap, BTreeSet};

use super::campaign::{TCP, is_public, listed, most_tried, scopes};
use super::{Detector, LISTED_MAX, Setting, counted, id, score};
use crate::schema::Address;
use crate::schema::finding::{ActorKind, Evidence, Finding, Severity};
use crate::schema::tables::{ExposedRow, Measures, Tables};
use crate::schema::units::rfc3339;

/// A port of a host of yours that public addresses were let through to.
///
/// # What it finds
///
/// Ports that a rule let public addresses reach, and whether something there answered. The worst `ports_apart` ports of an address
/// have a finding each; the rest is one finding.
///
/// # Why it matters
///
/// A management port or a database open to the Internet is found within hours and is how most break-ins begin.
/// A port that is let through but answers nothing is a rule wider than it need be: the next service started there is public.
///
/// # How
///
/// Per address, port and protocol, over all rules and NICs of the exposed ports: flows f let through, packets p and bytes b
/// back. TCP answered if p > 2 f (a reset or a lone SYN-ACK is one packet, and VNet logs may begin a connection twice) or
/// b > 80 p (more than bare headers); UDP if b > 0. A port that is measured and did not answer is an attempt let through, one severity
/// lower. Where nothing was measured the port counts as answering, and the finding says so. A port to which no flow began in the
/// window, only went on or ended, is info: its begin may have been the host's own, logged the other way round. Score = s / (s + `sources_many`)
/// with s the distinct public sources.
///
/// | port | severity if it answered |
/// |---|---|
/// | remote administration (21, 22, 23, 135, 139, 161, 445, 512, 513, 514, 623, 2375, 2376, 3389, 5900, 5985, 5986, 6443, 10250) | high |
/// | databases and unprotected interfaces (69, 111, 137, 138, 389, 873, 1433, 1434, 1521, 2049, 2379, 3306, 5432, 5984, 6379, 9042, 9200, 9300, 11211, 27017, 27018) | high |
/// | web: 80, 443, 8080, 8443 | info |
/// | mail, name and time service, VPN (25, 53, 110, 123, 143, 465, 500, 587, 993, 995, 1194, 1701, 4500, 51820) | low |
/// | others | medium from `sources_many` sources, else low |
///
/// The finding of the rest has the worst severity of its ports, and is at least medium from `ports_open_rule` ports: the rule
/// lets everything in. Ports to which no flow began do not count there.
///
/// # Settings
///
/// - `ports_apart`: default 4, range 0 to 1000, findings per address. Raising it shows more ports one by one.
/// - `sources_many`: default 10, range 1 to 1000000, distinct public sources: more than the partners one knows by name. Raising it
///   makes fewer findings medium and lowers every score.
/// - `ports_open_rule`: default 10, range 2 to 65535, ports folded together. Raising it makes fewer findings medium.
///
/// # Known false positives
///
/// Services meant to be public: leave them, or narrow the rule to the partners who use them. A jump host or VPN gateway is high or
/// low by its port, whatever it asks of users. A service of which only half-open probes were logged looks unanswered. Sources in
/// Azure count as public, your own subscriptions' addresses too.
///
/// # References
///
/// ATT&CK T1133 (external remote services), T1190 (exploit public-facing application). AWS GuardDuty `Recon:EC2/PortProbeUnprotectedPort`; Elastic
/// detection rules for RDP, RPC, SMB and telnet from the Internet.
pub struct ExposedService;

/// Thresholds of [`ExposedService`], with unit, range and reason in its documentation.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Findings per address.
    pub ports_apart: usize,
    /// Distinct public sources.
    pub sources_many: u64,
    /// Ports folded together.
    pub ports_open_rule: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ports_apart: 4, sources_many: 10, ports_open_rule: 10 }
    }
}

/// What listens on a port, as far as its number says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A person or tool administers the host over it.
    Administration,
    /// Data, or an interface that by default asks for no password.
    Data,
}

/// Ports that nobody should reach from the Internet: number, kind, name. Sorted by number. Whatever the protocol, as an
/// IANA port is registered for both. Source: IANA service names; the port lists of GuardDuty, Elastic and Maltrail.
static SENSITIVE: &[(u16, Kind, &str)] = &[
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
const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Ports of mail, name and time service and of VPNs, public by purpose and worth a look.
const PUBLIC_PORTS: [u16; 14] = [25, 53, 110, 123, 143, 465, 500, 587, 993, 995, 1194, 1701, 4500, 51_820];

/// Whether something on the port answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Answered,
    Unanswered,
    Unmeasured,
}

impl Answer {
    fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Unanswered => "unanswered",
            Self::Unmeasured => "not measured",
        }
    }
}

/// A port of an address, over all rules and NICs.
struct Port<'a> {
    port: u16,
    protocol: u8,
    rows: Vec<&'a ExposedRow>,
    measures: Measures,
    /// Distinct sources over all rules.
    sources: u64,
    answer: Answer,
    severity: Severity,
}

impl Detector for ExposedService {
    fn name(&self) -> &'static str {
        "exposed_service"
    }

    fn tables(&self) -> &'static [&'static str] {
        &["exposed_ports", "traffic_by_interface", "traffic_by_ip", "traffic_by_pair"]
    }

    fn settings(&self, settings: &super::Settings) -> Vec<Setting> {
        let s = &settings.exposed_service;
        vec![
            Setting { name: "ports_apart", value: s.ports_apart as f64, least: 0.0, most: 1000.0 },
            Setting { name: "sources_many", value: s.sources_many as f64, least: 1.0, most: 1_000_000.0 },
            Setting { name: "ports_open_rule", value: s.ports_open_rule as f64, least: 2.0, most: 65_535.0 },
        ]
    }

    fn find(&self, tables: &Tables, settings: &super::Settings) -> Vec<Finding> {
        let s = &settings.exposed_service;
        let mut addresses: BTreeMap<Address, BTreeMap<(u16, u8), Vec<&ExposedRow>>> = BTreeMap::new();
        for row in &tables.exposed_ports {
            addresses.entry(row.ip).or_default().entry((row.dst_port, row.protocol)).or_default().push(row);
        }
        let mut groups: Vec<(Address, Vec<Port>)> = Vec::new();
        for (ip, ports) in addresses {
            let mut ports: Vec<Port> = ports.into_values().map(|rows| port(rows, s)).collect();
            ports.sort_by_key(|p| (std::cmp::Reverse((p.severity, p.sources)), p.port, p.protocol));
            let rest = if ports.len() > s.ports_apart + 1 { ports.split_off(s.ports_apart) } else { Vec::new() };
            groups.extend(ports.into_iter().map(|port| (ip, vec![port])));
            if !rest.is_empty() {
                groups.push((ip, rest));
            }
        }
        let sources = sources(tables);
        groups.iter().map(|(ip, ports)| finding(self.name(), *ip, ports, tables, &sources, s)).collect()
    }
}

/// One port from its rows, of which there is at least one.
fn port<'a>(rows: Vec<&'a ExposedRow>, s: &Settings) -> Port<'a> {
    let mut measures = Measures::default();
    rows.iter().for_each(|row| measures.add(&row.measures));
    let (port, protocol) = (rows[0].dst_port, rows[0].protocol);
    let sources = rows.iter().map(|row| row.sources_of_port).max().unwrap_or(0);
    let answer = answer(protocol, &measures);
    let severity = match measures.flows_inbound_allowed {
        0 => Severity::Info,
        _ => severity(port, sources, answer, s),
    };
    Port { port, protocol, rows, measures, sources, answer, severity }
}

/// Whether something answered, by the packets and bytes that came back.
fn answer(protocol: u8, measures: &Measures) -> Answer {
    let (packets, bytes) = (measures.packets_sent, measures.bytes_sent);
    let answered = match protocol {
        TCP => packets > measures.flows_inbound_allowed.saturating_mul(2) || bytes > packets.saturating_mul(80),
        _ => bytes > 0,
    };
    match answered {
        true => Answer::Answered,
        false if measures.tuples_unmeasured > 0 => Answer::Unmeasured,
        false => Answer::Unanswered,
    }
}

/// How much a port matters, as the documentation's table says.
fn severity(port: u16, sources: u64, answer: Answer, s: &Settings) -> Severity {
    let answered = if sensitive(port).is_some() {
        Severity::High
    } else if WEB_PORTS.contains(&port) {
        Severity::Info
    } else if PUBLIC_PORTS.contains(&port) || sources < s.sources_many {
        Severity::Low
    } else {
        Severity::Medium
    };
    match (answer, answered) {
        (Answer::Answered | Answer::Unmeasured, _) => answered,
        (Answer::Unanswered, Severity::High) => Severity::Medium,
        (Answer::Unanswered, Severity::Medium) => Severity::Low,
        (Answer::Unanswered, _) => Severity::Info,
    }
}

fn sensitive(port: u16) -> Option<(Kind, &'static str)> {
    let at = SENSITIVE.binary_search_by_key(&port, |entry| entry.0).ok()?;
    Some((SENSITIVE[at].1, SENSITIVE[at].2))
}

/// Public sources that were let through, per address, port and protocol, with their flows.
type Sources = BTreeMap<(Address, u16, u8), Vec<(Address, u64)>>;

fn sources(tables: &Tables) -> Sources {
    let exposed: BTreeSet<_> = tables.exposed_ports.iter().map(|row| (row.ip, row.dst_port, row.protocol)).collect();
    let pairs = tables.traffic_by_pair.iter().filter_map(|row| row.key.map(|key| (key, row.measures.flows_allowed)));
    let pairs: Vec<_> =
        pairs.filter(|(key, flows)| *flows > 0 && exposed.contains(&(key.dst_ip, key.dst_port, key.protocol))).collect();
    let scopes = scopes(tables, pairs.iter().map(|(key, _)| key.src_ip).collect());
    let mut sources = Sources::new();
    for (key, flows) in pairs {
        if scopes.get(&key.src_ip).copied().is_some_and(is_public) {
            sources.entry((key.dst_ip, key.dst_port, key.protocol)).or_default().push((key.src_ip, flows));
        }
    }
    sources
}

/// The finding of one port, or of several that are folded together; `ports` is not empty, the worst is its first.
fn finding(detector: &'static str, ip: Address, ports: &[Port], tables: &Tables, sources: &Sources, s: &Settings) -> Finding {
    let rows = || ports.iter().flat_map(|port| port.rows.iter());
    let first = rows().map(|row| row.first_time).min().unwrap_or(0);
    let last = rows().map(|row| row.last_time).max().unwrap_or(0);
    let most_sources = ports.iter().map(|port| port.sources).max().unwrap_or(0);
    let mut measures = Measures::default();
    ports.iter().for_each(|port| measures.add(&port.measures));
    let protocols: BTreeSet<u8> = ports.iter().map(|port| port.protocol).collect();
    let day = rfc3339(first).chars().take(10).collect::<String>();
    let key = match ports {
        [port] => format!("port {} protocol {} day {day}", port.port, port.protocol),
        _ => format!("other ports day {day}"),
    };
    let peers = most_tried(ports.iter().filter_map(|p| sources.get(&(ip, p.port, p.protocol))).flatten().copied());
    let actor = ip.to_string();
    let words = if let [port] = ports { words_of_port(&actor, port) } else { words_of_rest(&actor, ports) };
    Finding {
        id: id(detector, &actor, &key),
        incident: String::new(),
        allow_entry: String::new(),
        detector,
        title: words.title,
        severity: severity_of(ports, s),
        score: score(most_sources, s.sources_many),
        actor_kind: ActorKind::Ip,
        targets: peers.iter().take(LISTED_MAX).map(Address::to_string).collect(),
        ports: listed(most_tried(ports.iter().map(|p| (p.port, 1 + p.severity as u64)))),
        protocol: if protocols.len() == 1 { protocols.first().copied() } else { None },
        direction: "Inbound",
        interface: interface(tables, ip, ports),
        first_time: rfc3339(first),
        last_time: rfc3339(last),
        flows: measures.flows_inbound_allowed,
        bytes_sent: measures.bytes_sent,
        bytes_received: measures.bytes_received,
        techniques: techniques(ports),
        evidence: evidence(ports, &measures, most_sources, s),
        why: words.why,
        next_step: format!(
            "List who came with `azflow flows --ip {actor} --port {} INPUT`. If the port need not be public, narrow its rule: `az network \
             nsg rule update --source-address-prefixes`, or for administration use Azure Bastion or just-in-time access.",
            ports[0].port
        ),
        actor,
    }
}

/// The worst of the ports, and at least medium where a rule seems to let everything in.
fn severity_of(ports: &[Port], s: &Settings) -> Severity {
    let worst = ports.iter().map(|port| port.severity).max().unwrap_or(Severity::Info);
    let begun = ports.iter().filter(|port| port.measures.flows_inbound_allowed > 0).count();
    if begun >= s.ports_open_rule { worst.max(Severity::Medium) } else { worst }
}

/// T1133 where a port serves administration, T1190 where one serves anything else.
fn techniques(ports: &[Port]) -> Vec<&'static str> {
    let technique = |port: &Port| match sensitive(port.port) {
        Some((Kind::Administration, _)) => "T1133",
        _ => "T1190",
    };
    ports.iter().map(technique).collect::<BTreeSet<_>>().into_iter().collect()
}

/// MAC of the NIC that owns the address, else what the row names.
fn interface(tables: &Tables, ip: Address, ports: &[Port]) -> String {
    let owners = tables.traffic_by_interface.iter().filter(|row| row.ips.contains(&ip)).map(|row| row.mac.as_str());
    let named = ports.iter().flat_map(|port| &port.rows).map(|row| row.interface.as_str());
    owners.min().or(named.min()).unwrap_or_default().to_owned()
}

fn evidence(ports: &[Port], measures: &Measures, sources: u64, s: &Settings) -> BTreeMap<&'static str, Evidence> {
    let rules: BTreeSet<&str> = ports.iter().flat_map(|port| &port.rows).map(|row| row.rule.as_str()).collect();
    let count = |answer: Answer| Evidence::Count(ports.iter().filter(|port| port.answer == answer).count() as u64);
    let mut evidence = BTreeMap::from([
        ("sources", Evidence::Count(sources)),
        ("sources_many", Evidence::Count(s.sources_many)),
        ("flows", Evidence::Count(measures.flows_inbound_allowed)),
        ("packets_back", Evidence::Count(measures.packets_sent)),
        ("bytes_back", Evidence::Count(measures.bytes_sent)),
        ("rules", Evidence::List(rules.into_iter().take(LISTED_MAX).map(str::to_owned).collect())),
    ]);
    if let [port] = ports {
        evidence.insert("answer", Evidence::Text(port.answer.name().to_owned()));
    } else {
        evidence.insert("ports", Evidence::Count(ports.len() as u64));
        evidence.insert("ports_answered", count(Answer::Answered));
        evidence.insert("ports_unanswered", count(Answer::Unanswered));
        evidence.insert("ports_unmeasured", count(Answer::Unmeasured));
    }
    evidence
}

/// Title and reason.
struct Words {
    title: String,
    why: String,
}

fn words_of_port(actor: &str, port: &Port) -> Words {
    let name = match sensitive(port.port) {
        Some((_, name)) => format!("port {} ({name})", port.port),
        None => format!("port {}", port.port),
    };
    let sources = counted(port.sources, "public source");
    let flows = counted(port.measures.flows_inbound_allowed, "flow");
    let bytes = counted(port.measures.bytes_sent, "byte");
    if port.measures.flows_inbound_allowed == 0 {
        return Words {
            title: format!("{actor} has traffic of {sources} on {name} that began elsewhere"),
            why: format!(
                "Flows of {sources} with {name} of {actor} went on or ended, and it sent {bytes}, but none began in this window: they began \
                 before it, or the host began them itself."
            ),
        };
    }
    match port.answer {
        Answer::Answered => Words {
            title: format!("{actor} serves {name} to {sources}"),
            why: format!("A rule let {sources} through to {name} of {actor} in {flows}, and it answered with {bytes}."),
        },
        Answer::Unanswered => Words {
            title: format!("{actor} lets {sources} through to {name}, which does not answer"),
            why: format!(
                "A rule let {sources} through to {name} of {actor} in {flows}, but {bytes} came back: no service, only an open rule."
            ),
        },
        Answer::Unmeasured => Words {
            title: format!("{actor} lets {sources} through to {name}"),
            why: format!(
                "A rule let {sources} through to {name} of {actor} in {flows}; this log does not measure whether it answered."
            ),
        },
    }
}

fn words_of_rest(actor: &str, ports: &[Port]) -> Words {
    let answered = ports.iter().filter(|port| port.answer != Answer::Unanswered).count();
    let flows = ports.iter().map(|port| port.measures.flows_inbound_allowed).sum::<u64>();
    let (count, flows) = (counted(ports.len() as u64, "more port"), counted(flows, "flow"));
    Words {
        title: format!("Public sources let through to {count} of {actor}"),
        why: format!(
            "Public sources were let through to {count} of {actor} in {flows}; {answered} of them answered or were not measured."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_lists_every_port_of_the_tables() {
        assert!(SENSITIVE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let source = include_str!("exposed_service.rs");
        let (table, _) = source.split_once("/// | others |").expect("the table ends with the others");
        let numbers: BTreeSet<u16> =
            table.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
        let ports = SENSITIVE.iter().map(|entry| entry.0).chain(WEB_PORTS).chain(PUBLIC_PORTS);
        assert_eq!(ports.filter(|port| !numbers.contains(port)).collect::<Vec<u16>>(), Vec::<u16>::new());
    }
}
