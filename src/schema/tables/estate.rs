//! Rows about the estate: what is known of each address, who talks with whom, and what of the topology is used.

use super::{Measures, PairMeasures, Scope};
use crate::schema::codes::{Direction, Status};
use crate::schema::{Address, FlowType};

/// A row of endpoints: what is known of one address. Sorted by address.
#[derive(Clone, Debug, Default)]
pub struct EndpointRow {
    /// The address.
    pub ip: Address,
    /// Where it belongs.
    pub scope: Scope,
    /// Name of its subnet.
    pub subnet: String,
    /// Name of its VNet; for a customer's own public address that of its owner.
    pub vnet: String,
    /// Name of its interface, or its MAC.
    pub interface: String,
    /// Name of its VM or scale-set instance.
    pub vm: String,
    /// Name of its scale set.
    pub scale_set: String,
    /// Names of the load balancers whose frontend or backend it is, space separated.
    pub load_balancer: String,
    /// Names of the application gateways whose frontend, backend or instance it is, space separated.
    pub application_gateway: String,
    /// The gateway it is an address of, or that it is reached through.
    pub gateway: String,
    /// The connection it is reached through.
    pub connection: String,
    /// The private endpoint it is the address of.
    pub private_endpoint: String,
    /// Azure region of its own resource.
    pub region: String,
    /// Subscription of its own resource.
    pub subscription: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Number of its autonomous system; `None` where unknown.
    pub asn: Option<u32>,
    /// Name of that autonomous system.
    pub as_name: String,
    /// Service tag.
    pub service_tag: String,
    /// Azure region of the service tag.
    pub service_tag_region: String,
    /// The threat list that names it.
    pub threat_list: String,
    /// The entry of that list, and what the list says of it.
    pub threat_entry: String,
    /// Age of the entry (else of the list) at the window's end, in days; `None` where it states no date.
    pub threat_age_days: Option<i64>,
    /// First tuple with this address at either end, ms since the epoch.
    pub first_time: i64,
    /// Last tuple, ms since the epoch.
    pub last_time: i64,
}

/// A row of conversations: two addresses, whichever began. Sorted by bytes.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// The smaller and the greater address; `None` for the row `other`.
    pub ips: Option<(Address, Address)>,
    /// Flow type of the conversation; MaliciousFlow if any flow of it is.
    pub flow_type: Option<FlowType>,
    /// Distinct destination ports and protocols.
    pub ports: u64,
    /// The destination port and protocol with the most bytes, then flows, then the smaller.
    pub top_port: Option<(u16, u8)>,
    /// Measures; sent = from the smaller address to the greater.
    pub measures: PairMeasures,
}

/// A row of rule_top_pairs. Sorted by ACL, rule, direction, status, rank.
#[derive(Clone, Debug)]
pub struct RulePairRow {
    /// The ACL.
    pub acl: String,
    /// The rule.
    pub rule: String,
    /// Direction at the NIC.
    pub direction: Direction,
    /// Allowed or denied.
    pub status: Status,
    /// 1 for the pair with the most flows, then bytes, then the smaller key.
    pub rank: u8,
    /// Source.
    pub src_ip: Address,
    /// Destination.
    pub dst_ip: Address,
    /// Measures of this pair under this rule, observed; sent = src to dst.
    pub measures: PairMeasures,
}

/// A row of gateways: one connection of a gateway. Sorted by bytes.
#[derive(Clone, Debug, Default)]
pub struct GatewayRow {
    /// Name of the VPN or ExpressRoute gateway.
    pub gateway: String,
    /// `Vpn` or `ExpressRoute`.
    pub gateway_type: String,
    /// Name of the connection; `point-to-site` for VPN clients; empty for a gateway without one.
    pub connection: String,
    /// `IPsec`, `Vnet2Vnet`, `ExpressRoute`, `VPNClient`, as Azure names it.
    pub connection_type: String,
    /// Distinct addresses behind the connection that were seen.
    pub peers: u64,
    /// Most bytes both ways in one interval. Unit: bytes per second, rounded down.
    pub bytes_per_second_max: u64,
    /// The start of that interval, the earliest of equal ones, ms since the epoch; `None` where no byte passed.
    pub busiest_interval: Option<i64>,
    /// Inbound: begun behind the gateway. Received: from behind the gateway into the VNet.
    pub measures: Measures,
}

/// A row of load_balancers. Sorted by bytes.
#[derive(Clone, Debug, Default)]
pub struct BalancerRow {
    /// Its name.
    pub name: String,
    /// `load_balancer` or `application_gateway`.
    pub kind: &'static str,
    /// Its frontend addresses.
    pub frontends: Vec<Address>,
    /// How many backend addresses it has.
    pub backends: u64,
    /// Whether any flow or byte is counted below.
    pub is_active: bool,
    /// Inbound: to a frontend, or to a backend on a port that one of its rules forwards to. Outbound: begun by a frontend or, for
    /// an application gateway, by an address of its subnet. Received: towards frontend or backend.
    pub measures: Measures,
}

/// What an activity row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlaceKind {
    /// An Azure region.
    Region,
    /// A VNet.
    Vnet,
    /// A subnet.
    Subnet,
    /// A network interface.
    Interface,
}

impl PlaceKind {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Vnet => "vnet",
            Self::Subnet => "subnet",
            Self::Interface => "interface",
        }
    }
}

/// Whether something of the topology was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Activity {
    /// It has a tuple.
    Active,
    /// It is logged and has none.
    Silent,
    /// No enabled flow log covers it: it may have traffic.
    NotLogged,
    /// It has no tuple, and no flow-log settings were given that tell whether it is logged.
    Unknown,
}

impl Activity {
    /// The word that outputs use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Silent => "silent",
            Self::NotLogged => "not_logged",
            Self::Unknown => "unknown",
        }
    }
}

/// A row of activity. Sorted by kind, then name.
#[derive(Clone, Debug)]
pub struct ActivityRow {
    /// What it is.
    pub kind: PlaceKind,
    /// Its name.
    pub name: String,
    /// Active, silent, not logged.
    pub activity: Activity,
    /// Addresses of it that were seen.
    pub addresses: u64,
    /// First tuple, ms since the epoch; `None` without any.
    pub first_time: Option<i64>,
    /// Last tuple, ms since the epoch; `None` without any.
    pub last_time: Option<i64>,
    /// Deduplicated; both ends have theirs, as in the table by subnet.
    pub measures: Measures,
}

/// A row of encryption. Sorted by bytes. Flows that their destination denied stand where the supplier's rows had most of them.
#[derive(Clone, Debug, Default)]
pub struct EncryptionRow {
    /// Subnet of the source; empty for none.
    pub src_subnet: String,
    /// Subnet of the destination; empty for none.
    pub dst_subnet: String,
    /// The code as logged (`X`, `NX`, `NX_…`); empty where the log states none (NSG).
    pub encryption: String,
    /// Measures; sent = src to dst.
    pub measures: PairMeasures,
}

/// A row of rule_usage: one rule of an NSG of the topology. Sorted by NSG, direction, priority, rule.
#[derive(Clone, Debug)]
pub struct RuleUsageRow {
    /// Name of the NSG.
    pub nsg: String,
    /// Name of the rule.
    pub rule: String,
    /// Its priority; less comes first.
    pub priority: u32,
    /// Its direction.
    pub direction: Direction,
    /// What it decides.
    pub access: Status,
    /// Whether it is one of the six that every NSG has.
    pub is_default: bool,
    /// Active: hit. Silent: never hit though the NSG is logged.
    pub activity: Activity,
    /// Flows that it decided, observed.
    pub flows: u64,
    /// Bytes both ways of what it decided, observed.
    pub bytes: u64,
    /// Last tuple that names it, ms since the epoch; `None` without any.
    pub last_time: Option<i64>,
}
