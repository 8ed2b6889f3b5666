//! Rows about the Internet: public peers, who reaches what is exposed, who sends out.

use super::Measures;
use crate::schema::{Address, FlowType};

/// A row of public_addresses: a public peer of the estate. Sorted by bytes.
#[derive(Clone, Debug)]
pub struct PublicAddressRow {
    /// The address.
    pub ip: Address,
    /// AzurePublic, ExternalPublic or MaliciousFlow.
    pub flow_type: FlowType,
    /// As Traffic Analytics: the Azure region for AzurePublic (`Global` where the tag has none), else the country; empty if unknown.
    pub location: String,
    /// Service tag.
    pub service_tag: String,
    /// Number of its autonomous system; `None` where unknown.
    pub asn: Option<u32>,
    /// Name of that autonomous system.
    pub as_name: String,
    /// The threat list that names it.
    pub threat_list: String,
    /// The entry of that list, and what the list says of it.
    pub threat_entry: String,
    /// Age of the entry (else of the list) at the window's end, in days; `None` where it states no date.
    pub threat_age_days: Option<i64>,
    /// Distinct addresses that it exchanged flows with.
    pub peers: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Measures of the address: inbound = to it, received = towards it.
    pub measures: Measures,
}

/// A row of exposed_sources. Sorted by exposed address, port, protocol; then flows, bytes, source.
#[derive(Clone, Debug)]
pub struct ExposedSourceRow {
    /// The address reached.
    pub ip: Address,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// The source; `None` for the row `other`.
    pub src_ip: Option<Address>,
    /// Sources in this row: 1, or how many `other` stands for.
    pub sources: u64,
    /// ISO 3166-1 alpha-2 of the source.
    pub country: String,
    /// Autonomous system of the source; `None` where unknown.
    pub asn: Option<u32>,
    /// Service tag of the source.
    pub service_tag: String,
    /// Threat list that names the source, for this port or every port.
    pub threat_list: String,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
    /// Measures, as in exposed_ports.
    pub measures: Measures,
}

/// A row of internet_senders: a local address that begins allowed flows to public ones. Sorted by bytes sent.
#[derive(Clone, Debug, Default)]
pub struct SenderRow {
    /// The address.
    pub ip: Address,
    /// Name of its VM.
    pub vm: String,
    /// Name of its interface, or its MAC.
    pub interface: String,
    /// Its subnet.
    pub subnet: String,
    /// Distinct public addresses that it sent to.
    pub peers: u64,
    /// Distinct destination ports and protocols.
    pub ports: u64,
    /// Countries or Azure regions of its peers: the three with the most bytes, space separated.
    pub locations: String,
    /// Its flows to public addresses, all outbound; Azure's platform is left out.
    pub measures: Measures,
}
