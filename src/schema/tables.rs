//! The tables of a report as plain rows: what `aggregate` yields, and what `detect` and `report` read.
//!
//! Every table is sorted by its stated order, then flows, then its key. Unknown attributes are empty texts.

use super::codes::{Direction, Format, Status};
use super::{Address, Reject};

/// How the traffic of a table is counted (ARCHITECTURE.md, "Counting in one page").
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// Each capture point's rows as logged.
    Observed,
    /// Traffic seen at several capture points counts once.
    Deduplicated,
}

impl Counting {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::Deduplicated => "deduplicated",
        }
    }
}

/// Where an address belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Scope {
    /// Owned by a logged NIC.
    Local,
    /// In a known subnet.
    Vnet,
    /// Behind a known gateway.
    OnPremises,
    /// Azure's own: 168.63.129.16, 169.254.0.0/16.
    Platform,
    /// In a service tag.
    AzurePublic,
    /// Any other public address.
    ExternalPublic,
    /// A private address that nothing explains.
    #[default]
    UnknownPrivate,
}

impl Scope {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Vnet => "vnet",
            Self::OnPremises => "on_premises",
            Self::Platform => "platform",
            Self::AzurePublic => "azure_public",
            Self::ExternalPublic => "external_public",
            Self::UnknownPrivate => "unknown_private",
        }
    }
}

/// The measures of most tables, in the order of their columns. What inbound and received mean stands at each table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Measures {
    /// Flows.
    pub flows_inbound_allowed: u64,
    /// Flows.
    pub flows_inbound_denied: u64,
    /// Flows.
    pub flows_outbound_allowed: u64,
    /// Flows.
    pub flows_outbound_denied: u64,
    /// Bytes.
    pub bytes_received: u64,
    /// Bytes.
    pub bytes_sent: u64,
    /// Packets.
    pub packets_received: u64,
    /// Packets.
    pub packets_sent: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
}

impl Measures {
    /// All flows.
    pub fn flows(&self) -> u64 {
        self.flows_inbound_allowed + self.flows_inbound_denied + self.flows_outbound_allowed + self.flows_outbound_denied
    }

    /// Denied flows.
    pub fn flows_denied(&self) -> u64 {
        self.flows_inbound_denied + self.flows_outbound_denied
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_received + self.bytes_sent
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.flows_inbound_allowed += other.flows_inbound_allowed;
        self.flows_inbound_denied += other.flows_inbound_denied;
        self.flows_outbound_allowed += other.flows_outbound_allowed;
        self.flows_outbound_denied += other.flows_outbound_denied;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.packets_received += other.packets_received;
        self.packets_sent += other.packets_sent;
        self.tuples_unmeasured += other.tuples_unmeasured;
    }
}

/// The measures of the tables of pairs, ports and the matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct PairMeasures {
    /// Flows.
    pub flows_allowed: u64,
    /// Flows.
    pub flows_denied: u64,
    /// Bytes.
    pub bytes_received: u64,
    /// Bytes.
    pub bytes_sent: u64,
    /// Packets.
    pub packets_received: u64,
    /// Packets.
    pub packets_sent: u64,
    /// Tuples whose traffic is unknown.
    pub tuples_unmeasured: u64,
}

impl PairMeasures {
    /// All flows.
    pub fn flows(&self) -> u64 {
        self.flows_allowed + self.flows_denied
    }

    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.bytes_received + self.bytes_sent
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.flows_allowed += other.flows_allowed;
        self.flows_denied += other.flows_denied;
        self.bytes_received += other.bytes_received;
        self.bytes_sent += other.bytes_sent;
        self.packets_received += other.packets_received;
        self.packets_sent += other.packets_sent;
        self.tuples_unmeasured += other.tuples_unmeasured;
    }
}

/// Every table of a report.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Deduplicated; one row per address.
    pub traffic_by_ip: Vec<IpRow>,
    /// Observed; one row per NIC.
    pub traffic_by_interface: Vec<InterfaceRow>,
    /// One row per capture point.
    pub capture_points: Vec<CapturePointRow>,
    /// Deduplicated; one row per subnet, one for addresses in none.
    pub traffic_by_subnet: Vec<SubnetRow>,
    /// Deduplicated; the top rows, then one `other` row.
    pub traffic_by_pair: Vec<PairRow>,
    /// Deduplicated; the top rows, then one `other` row.
    pub traffic_by_port: Vec<PortRow>,
    /// Observed.
    pub traffic_by_rule: Vec<RuleRow>,
    /// Deduplicated.
    pub traffic_by_flow_type: Vec<NamedRow>,
    /// Deduplicated.
    pub traffic_by_country: Vec<NamedRow>,
    /// Deduplicated; intervals without traffic have no row.
    pub traffic_over_time: Vec<TimeRow>,
    /// Deduplicated.
    pub subnet_matrix: Vec<MatrixRow>,
    /// What public addresses reach.
    pub exposed_ports: Vec<ExposedRow>,
    /// One row per log resource, NIC and hour of the tuples.
    pub coverage: Vec<CoverageRow>,
    /// By position.
    pub rejects: Vec<RejectedRow>,
    /// Sources that got no answer from many ports of one host within an hour; for detectors, no file.
    pub port_fan_out: Vec<FanOutRow<u16>>,
    /// Sources that got no answer from many hosts on one port within an hour; for detectors, no file.
    pub host_fan_out: Vec<FanOutRow<Address>>,
}

/// A row of traffic_by_ip.
#[derive(Clone, Debug, Default)]
pub struct IpRow {
    /// The address.
    pub ip: Address,
    /// Where it belongs.
    pub scope: Scope,
    /// Name of its subnet.
    pub subnet: String,
    /// Name of its interface, or its MAC.
    pub interface: String,
    /// Name of its VM.
    pub vm: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Autonomous system.
    pub asn: String,
    /// Service tag.
    pub service_tag: String,
    /// Threat list and entry.
    pub threat: String,
    /// Measures.
    pub measures: Measures,
}

/// A row of traffic_by_interface.
#[derive(Clone, Debug, Default)]
pub struct InterfaceRow {
    /// MAC of the NIC.
    pub mac: String,
    /// Its name in the topology.
    pub interface: String,
    /// Addresses it owns, ascending.
    pub ips: Vec<Address>,
    /// Its subnet.
    pub subnet: String,
    /// Flow logs it appears in, ascending.
    pub log_resources: Vec<String>,
    /// Measures.
    pub measures: Measures,
}

/// A row of capture_points.
#[derive(Clone, Debug)]
pub struct CapturePointRow {
    /// The flow log or NSG.
    pub log_resource: String,
    /// What the flow log is aimed at.
    pub target_resource: String,
    /// MAC of the NIC.
    pub mac: String,
    /// Format.
    pub format: Format,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Records kept.
    pub records: u64,
    /// Tuples kept.
    pub tuples: u64,
}

/// A row of traffic_by_subnet.
#[derive(Clone, Debug, Default)]
pub struct SubnetRow {
    /// The subnet; empty for addresses in none.
    pub subnet: String,
    /// Its VNet.
    pub vnet: String,
    /// Its prefixes, space separated.
    pub prefix: String,
    /// Measures.
    pub measures: Measures,
}

/// The key of a pair row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PairKey {
    /// Source.
    pub src_ip: Address,
    /// Destination.
    pub dst_ip: Address,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
}

/// A row of traffic_by_pair.
#[derive(Clone, Debug)]
pub struct PairRow {
    /// The pair; `None` for the row `other`.
    pub key: Option<PairKey>,
    /// Service name of the port.
    pub l7_protocol: String,
    /// Flow type.
    pub flow_type: String,
    /// Measures; sent = src to dst.
    pub measures: PairMeasures,
}

/// A row of traffic_by_port.
#[derive(Clone, Debug)]
pub struct PortRow {
    /// Destination port and protocol; `None` for the row `other`.
    pub key: Option<(u16, u8)>,
    /// Service name of the port.
    pub l7_protocol: String,
    /// Measures; received = towards the port.
    pub measures: PairMeasures,
}

/// A row of traffic_by_rule.
#[derive(Clone, Debug)]
pub struct RuleRow {
    /// The ACL.
    pub acl: String,
    /// The rule.
    pub rule: String,
    /// Direction at the NIC.
    pub direction: Direction,
    /// Allowed or denied.
    pub status: Status,
    /// Measures.
    pub measures: Measures,
}

/// A row of a table with one text as key.
#[derive(Clone, Debug, Default)]
pub struct NamedRow {
    /// The key.
    pub name: String,
    /// Measures.
    pub measures: Measures,
}

/// A row of traffic_over_time.
#[derive(Clone, Debug, Default)]
pub struct TimeRow {
    /// Start of the interval, ms since the epoch.
    pub interval_start: i64,
    /// Measures.
    pub measures: Measures,
}

/// A row of subnet_matrix.
#[derive(Clone, Debug, Default)]
pub struct MatrixRow {
    /// Subnet of the source; empty for none.
    pub src_subnet: String,
    /// Subnet of the destination; empty for none.
    pub dst_subnet: String,
    /// Measures; sent = src to dst.
    pub measures: PairMeasures,
}

/// A row of exposed_ports: a port that public addresses were allowed to.
#[derive(Clone, Debug)]
pub struct ExposedRow {
    /// The address reached.
    pub ip: Address,
    /// Its subnet.
    pub subnet: String,
    /// Its interface.
    pub interface: String,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// The rule that allowed it.
    pub rule: String,
    /// Distinct public sources that are not Azure's platform.
    pub sources: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Measures of the traffic of those sources at the NIC.
    pub measures: Measures,
}

/// A row of coverage.
#[derive(Clone, Debug)]
pub struct CoverageRow {
    /// The flow log or NSG.
    pub log_resource: String,
    /// MAC of the NIC.
    pub mac: String,
    /// Hour of the tuples, from the epoch.
    pub hour: u32,
    /// Records with a tuple of this hour.
    pub records: u64,
    /// Tuples.
    pub tuples: u64,
}

/// A row of rejects.
#[derive(Clone, Debug)]
pub struct RejectedRow {
    /// Name of the blob.
    pub blob: String,
    /// Place and reason.
    pub reject: Reject,
}

/// What one source tried within an hour without an answer: many ports of one host, or many hosts on one port.
///
/// Deduplicated: contacts seen at two NICs count once. Without an answer: denied, or allowed with at most one packet
/// back per flow.
#[derive(Clone, Debug)]
pub struct FanOutRow<Many> {
    /// Hour, from the epoch.
    pub hour: u32,
    /// Who tried.
    pub src_ip: Address,
    /// The one host; `None` where the hosts are the many.
    pub dst_ip: Option<Address>,
    /// The one port; `None` where the ports are the many.
    pub dst_port: Option<u16>,
    /// IANA number.
    pub protocol: u8,
    /// The many, distinct, ascending.
    pub unanswered: Vec<Many>,
    /// How many of the many were answered in the same hour.
    pub answered: u64,
    /// Flows tried without an answer.
    pub flows: u64,
    /// How many of them were denied.
    pub flows_denied: u64,
    /// Bytes from source to destination.
    pub bytes_sent: u64,
    /// Bytes from destination to source.
    pub bytes_received: u64,
    /// Whether the source is local.
    pub src_is_local: bool,
    /// Whether a destination is local.
    pub dst_is_local: bool,
    /// MAC of the NIC that supplied the rows (the smallest, if several).
    pub mac: String,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// Least distinct unanswered ports or hosts for a row of fan-out. Below it no detector looks.
/// Unit: ports or hosts per hour; range 2 and up; raising it hides slow scans, lowering it costs memory.
pub const FAN_OUT_MIN: usize = 10;
