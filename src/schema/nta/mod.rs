//! A row of Traffic Analytics' table `NTANetAnalytics`, as azflow exports it.
//!
//! Goes in: nothing; these are shapes. Comes out: what `aggregate` fills and what the writers of exports read through
//! [`COLUMNS`]. Texts are lower-cased as Traffic Analytics does. Knows no writer, and no way to compute a row.
//! Source: Microsoft Learn, "Azure Monitor Logs reference: NTANetAnalytics", and the workbooks that query it.

mod columns;

pub use self::columns::{COLUMNS, NtaColumn};

use super::{Address, Direction, FlowType, Status};

/// The name of the table, and of its files.
pub const TABLE: &str = "NTANetAnalytics";

/// What the flow log and the NIC of a row are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NtaCapture {
    /// MAC as logged.
    pub mac: String,
    /// The resource that logged: id of the flow log, or of the NSG.
    pub log_resource: String,
    /// `<rg>/<network watcher>/<flow log>`; empty for NSG flow logs.
    pub flow_log: String,
    /// `<rg>/<resource>` of what the flow log is aimed at.
    pub target: String,
    /// `VirtualNetwork`, `Subnet`, `NetworkInterface`, or `NetworkSecurityGroup` for NSG flow logs.
    pub target_type: &'static str,
    /// Whether it is an NSG flow log.
    pub is_nsg: bool,
}

/// The rule that decided a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NtaRule {
    /// Resource id with a leading slash, else what the log says.
    pub acl_group: String,
    /// `<subscription>/<rg>/<nsg>`; empty where the log names no id.
    pub nsg: String,
    /// Its name without the log's prefix.
    pub rule: String,
    /// `User Defined`, `Default`, or empty.
    pub rule_type: &'static str,
}

/// What is known of one end of a row; empty texts where unknown. A part of a name that is unknown is empty between its slashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NtaPlace {
    /// `<rg>/<vnet>/<subnet>`.
    pub subnet: String,
    /// `<rg>/<vm>`.
    pub vm: String,
    /// `<rg>/<nic>`.
    pub nic: String,
    /// Azure region.
    pub region: String,
    /// Subscription id.
    pub subscription: String,
    /// `<subscription>/<rg>/<name>`.
    pub load_balancer: String,
    /// `<subscription>/<rg>/<name>`.
    pub application_gateway: String,
    /// `<rg>/<name>`.
    pub private_endpoint: String,
}

/// One end of a row.
#[derive(Clone, Copy, Debug)]
pub struct NtaEnd<'a> {
    /// The address; `None` where the end is packed into `public_ips`.
    pub ip: Option<Address>,
    /// Packed public addresses, blank separated, each
    /// `ip|flows started|flows ended|packets src to dst|packets dst to src|bytes src to dst|bytes dst to src`.
    pub public_ips: &'a str,
    /// Public addresses by service tag: `<blank separated addresses>|<tag>`, groups blank separated.
    pub service_tags: &'a str,
    /// What else is known.
    pub place: &'a NtaPlace,
}

/// What a row adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct NtaSums {
    /// Tuples that begin a flow.
    pub flows_started: u64,
    /// `E` tuples.
    pub flows_ended: u64,
    /// All tuples.
    pub tuples: u64,
    /// Packets.
    pub packets_src_to_dst: u64,
    /// Packets.
    pub packets_dst_to_src: u64,
    /// Bytes.
    pub bytes_src_to_dst: u64,
    /// Bytes.
    pub bytes_dst_to_src: u64,
    /// First tuple, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

impl NtaSums {
    /// Adds `other`; sums without a tuple take over its times.
    pub fn add(&mut self, other: &Self) {
        let is_first = self.tuples == 0;
        self.first_time = if is_first { other.first_time } else { self.first_time.min(other.first_time) };
        self.last_time = if is_first { other.last_time } else { self.last_time.max(other.last_time) };
        self.flows_started += other.flows_started;
        self.flows_ended += other.flows_ended;
        self.tuples += other.tuples;
        self.packets_src_to_dst += other.packets_src_to_dst;
        self.packets_dst_to_src += other.packets_dst_to_src;
        self.bytes_src_to_dst += other.bytes_src_to_dst;
        self.bytes_dst_to_src += other.bytes_dst_to_src;
    }
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct NtaRow<'a> {
    /// Start of the interval, ms since the epoch.
    pub interval_start: i64,
    /// End of the interval, ms since the epoch.
    pub interval_end: i64,
    /// Flow log and NIC.
    pub capture: &'a NtaCapture,
    /// Rule.
    pub rule: &'a NtaRule,
    /// Direction at the NIC.
    pub direction: Direction,
    /// Allowed or denied.
    pub status: Status,
    /// IANA number.
    pub protocol: u8,
    /// In the words of Traffic Analytics; empty where the log states none.
    pub encryption: &'a str,
    /// How the ends relate.
    pub flow_type: FlowType,
    /// Source.
    pub src: NtaEnd<'a>,
    /// Destination.
    pub dst: NtaEnd<'a>,
    /// Destination port.
    pub dst_port: u16,
    /// Service name of the port.
    pub l7_protocol: &'static str,
    /// ISO 3166-1 alpha-2 of the public end of ExternalPublic and MaliciousFlow.
    pub country: &'a str,
    /// Azure region of the public end of AzurePublic; `Global` for a service without one.
    pub azure_region: &'a str,
    /// Connection that a site is reached through.
    pub connection: &'a str,
    /// `VpnGateway` or `ExpressRoute`.
    pub connection_type: &'static str,
    /// Whether the NIC forwards and owns neither end.
    pub is_at_udr_hop: bool,
    /// Sums.
    pub sums: NtaSums,
}

impl NtaRow<'_> {
    /// Flows of this direction and status; zero for the other three.
    pub fn flows(&self, direction: Direction, status: Status) -> u64 {
        if (self.direction, self.status) == (direction, status) { self.sums.flows_started } else { 0 }
    }
}
