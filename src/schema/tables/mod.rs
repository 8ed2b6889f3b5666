//! The tables of a report as plain rows: what `aggregate` yields, and what `detect` and `report` read.
//!
//! Every table is sorted by its stated order, then flows, then its key. Unknown attributes are empty texts.

mod behaviour;
mod changes;
mod contact_series;
mod cube;
mod estate;
mod fan_out;
mod history;
mod measures;
mod public;
mod quality;

pub use behaviour::*;
pub use changes::*;
pub use contact_series::*;
pub use cube::*;
pub use estate::*;
pub use fan_out::*;
pub use history::*;
pub use measures::*;
pub use public::*;
pub use quality::*;

use std::sync::Arc;

use super::codes::{Direction, Format, Status};
use super::{Address, FlowType, Reject};

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
    /// Whether an address there is public and neither the customer's nor the platform's.
    pub const fn is_public(self) -> bool {
        matches!(self, Self::AzurePublic | Self::ExternalPublic)
    }

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
    /// What is known of each address; no measures.
    pub endpoints: Vec<EndpointRow>,
    /// Deduplicated; both directions of a pair of addresses joined; the top rows, then one `other` row.
    pub conversations: Vec<ConversationRow>,
    /// Deduplicated; one row per VNet, one for addresses in none; both ends have theirs.
    pub traffic_by_vnet: Vec<NamedRow>,
    /// Deduplicated; one row per scale set, one for addresses in none; both ends have theirs.
    pub traffic_by_scale_set: Vec<NamedRow>,
    /// Deduplicated; by the Azure region of the end that is not local; one row for those without.
    pub traffic_by_azure_region: Vec<NamedRow>,
    /// Observed; the pairs that hit each rule most.
    pub rule_top_pairs: Vec<RulePairRow>,
    /// Deduplicated; one row per public peer.
    pub public_addresses: Vec<PublicAddressRow>,
    /// Deduplicated; one row per gateway connection, with or without traffic.
    pub gateways: Vec<GatewayRow>,
    /// Deduplicated; one row per load balancer and application gateway, with or without traffic.
    pub load_balancers: Vec<BalancerRow>,
    /// Who reached the exposed ports; per port the top sources, then one `other` row.
    pub exposed_sources: Vec<ExposedSourceRow>,
    /// Deduplicated; local addresses that begin allowed flows to public ones.
    pub internet_senders: Vec<SenderRow>,
    /// Regions, VNets, subnets and interfaces, active or silent.
    pub activity: Vec<ActivityRow>,
    /// Deduplicated; one row per pair of subnets and encryption status.
    pub encryption: Vec<EncryptionRow>,
    /// Observed; every rule of the NSG export, hit or not.
    pub rule_usage: Vec<RuleUsageRow>,
    /// One row per capture point: gaps, record types, lags, doubles.
    pub data_quality: Vec<QualityRow>,
    /// Sources that got no answer from many ports of one host within an hour; for detectors, no file.
    pub port_fan_out: Vec<FanOutRow<u16>>,
    /// Sources that got no answer from many hosts on one port within an hour; for detectors, no file.
    pub host_fan_out: Vec<FanOutRow<Address>>,
    /// Contacts to addresses that are not local, with how regular they are and what failed; for detectors, no file.
    pub contact_series: Vec<ContactSeries>,
    /// Contacts with management and database ports by hour; for detectors, no file.
    pub logon_attempts: Vec<LogonRow>,
    /// Connections of an hour and more; for detectors, no file.
    pub long_flows: Vec<LongFlowRow>,
    /// Floods from local addresses; for detectors, no file.
    pub floods: Vec<FloodRow>,
    /// What local addresses sent to public ones by hour; for detectors, no file.
    pub sender_hours: Vec<SenderHour>,
    /// The larger parts of those by peer; for detectors, no file.
    pub peer_hours: Vec<PeerHour>,
    /// Traffic with addresses of threat lists; for detectors, no file.
    pub threat_contacts: Vec<ThreatContactRow>,
    /// Subnets, interfaces and rules over time; for detectors, no file.
    pub series: Vec<SeriesRow>,
    /// Ports that public addresses were let through to by UTC day; for detectors, no file.
    pub exposed_days: Vec<ExposedDay>,
    /// What public addresses were denied by UTC day; for detectors, no file.
    pub denied_days: Vec<DeniedDay>,
    /// Public peers of local addresses, first and last seen; for detectors, no file.
    pub peer_history: Vec<PeerHistoryRow>,
    /// What the tables of behaviour hold of the time before the window; `None` where they hold the window alone; for detectors, no file.
    pub history: Option<History>,
    /// What changed since an earlier period, by kind, change and difference; empty without a comparison. Interfaces and rules observed,
    /// the rest deduplicated.
    pub changes: Vec<ChangeRow>,
    /// Deduplicated; what the page filters over; no file.
    pub cube: Cube,
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
    /// Flow type; `None` for the row `other`.
    pub flow_type: Option<FlowType>,
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
    /// Distinct public sources that are not Azure's platform, through this rule.
    pub sources: u64,
    /// Distinct such sources of this address, port and protocol, through whichever rule; no column.
    pub sources_of_port: u64,
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
    pub log_resource: Arc<str>,
    /// MAC of the NIC.
    pub mac: Arc<str>,
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
