//! The facts of the traffic: rules, services, Internet endpoints and the hours of the day, as tables.
//!
//! Knows no seed and no machine: what is drawn from these tables is drawn in `traffic`.

use crate::schema::codes::{TCP, UDP};

/// Which list a rule belongs to, and so which `aclID` its tuples stand under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acl {
    /// The NSG of the NIC's subnet.
    Nsg,
    /// A security admin configuration of Virtual Network Manager; NSG logs know nothing of it.
    Admin,
    /// No list: the platform itself, under the zero GUID; VNet logs only.
    Platform,
}

/// A rule, in the order in which records list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rule {
    AllowInternetOut,
    AllowVnetOut,
    HttpsIn,
    WebToApp,
    AppToSql,
    ManagementIn,
    DirectoryIn,
    ForwardIn,
    ForwardOut,
    SshAnyIn,
    RdpAnyIn,
    AllowLoadBalancerIn,
    AllowVnetIn,
    DenyInternetOut,
    DenyAllIn,
    AdminHighRisk,
    Platform,
}

/// Every rule with its name in the log, in the order of [`Rule`].
pub static RULES: &[(Rule, &str, Acl)] = &[
    (Rule::AllowInternetOut, "DefaultRule_AllowInternetOutBound", Acl::Nsg),
    (Rule::AllowVnetOut, "DefaultRule_AllowVnetOutBound", Acl::Nsg),
    (Rule::HttpsIn, "UserRule_Allow-HTTPS-Internet-In", Acl::Nsg),
    (Rule::WebToApp, "UserRule_Allow-Web-To-App-In", Acl::Nsg),
    (Rule::AppToSql, "UserRule_Allow-App-To-Sql-In", Acl::Nsg),
    (Rule::ManagementIn, "UserRule_Allow-Management-In", Acl::Nsg),
    (Rule::DirectoryIn, "UserRule_Allow-Directory-In", Acl::Nsg),
    (Rule::ForwardIn, "UserRule_Allow-Forwarded-In", Acl::Nsg),
    (Rule::ForwardOut, "UserRule_Allow-Forwarded-Out", Acl::Nsg),
    (Rule::SshAnyIn, "UserRule_Temp-SSH-Any", Acl::Nsg),
    (Rule::RdpAnyIn, "UserRule_Temp-RDP-Any", Acl::Nsg),
    (Rule::AllowLoadBalancerIn, "DefaultRule_AllowAzureLoadBalancerInBound", Acl::Nsg),
    (Rule::AllowVnetIn, "DefaultRule_AllowVnetInBound", Acl::Nsg),
    (Rule::DenyInternetOut, "UserRule_Deny-Internet-Out", Acl::Nsg),
    (Rule::DenyAllIn, "DefaultRule_DenyAllInBound", Acl::Nsg),
    (Rule::AdminHighRisk, "BlockHighRiskTCPPortsFromInternet", Acl::Admin),
    (Rule::Platform, "PlatformRule", Acl::Platform),
];

impl Rule {
    pub fn name(self) -> &'static str {
        RULES[self as usize].1
    }

    pub fn acl(self) -> Acl {
        RULES[self as usize].2
    }
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// The source's own NSG drops it: the source alone logs it.
    DeniedAtSource,
    /// The source's NSG lets it out, the destination's drops it.
    DeniedAtDestination,
}

/// When a service is busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Day {
    Flat,
    /// Internet visitors: an evening peak.
    Visitors,
    /// Employees.
    Office,
    /// Jobs.
    Night,
}

/// Activity of each hour of the day (UTC), in hundredths of the mean, in the order of [`Day`].
pub static DAYS: &[[u16; 24]] = &[
    [100; 24],
    [45, 32, 25, 22, 24, 32, 52, 80, 105, 120, 125, 128, 130, 125, 122, 125, 132, 145, 165, 180, 175, 148, 105, 68],
    [12, 10, 10, 10, 12, 25, 70, 160, 240, 255, 250, 225, 180, 225, 240, 230, 190, 120, 60, 35, 25, 20, 16, 12],
    [260, 420, 520, 430, 230, 110, 50, 30, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 30, 60, 140],
];

/// Weekend activity in hundredths of a weekday's, in the order of [`Day`].
pub static WEEKEND: &[u16] = &[100, 110, 25, 90];

/// How a service's connections look.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub port: u16,
    pub protocol: u8,
    pub day: Day,
    /// Connections of one visit, at most.
    pub burst: u64,
    /// Payload from source to destination of the least connection, bytes, and how often it may double.
    pub sent: u64,
    pub sent_octaves: u32,
    /// The same from destination to source.
    pub received: u64,
    pub received_octaves: u32,
    /// Least time with traffic, ms, and how often it may double.
    pub duration_ms: u64,
    pub duration_octaves: u32,
    /// How many of a thousand connections end by timeout, and that timeout in ms.
    pub idle_per_thousand: u64,
    pub idle_ms: u64,
    /// The rule that decides at the source's NIC, and at the destination's.
    pub rule_out: Rule,
    pub rule_in: Rule,
    pub decision: Decision,
    /// Whether a busier estate has more of it.
    pub grows: bool,
}

/// What the others are written as a difference from: HTTPS of Internet visitors.
pub const HTTPS: Service = Service {
    port: 443,
    protocol: TCP,
    day: Day::Visitors,
    burst: 6,
    sent: 700,
    sent_octaves: 4,
    received: 2_500,
    received_octaves: 11,
    duration_ms: 400,
    duration_octaves: 6,
    idle_per_thousand: 120,
    idle_ms: 60_000,
    rule_out: Rule::AllowInternetOut,
    rule_in: Rule::HttpsIn,
    decision: Decision::Allowed,
    grows: true,
};

/// Calls of the web tier to the app tier.
pub const APP_API: Service = Service {
    port: 8443,
    burst: 4,
    sent: 1_200,
    received: 3_000,
    received_octaves: 8,
    duration_ms: 900,
    duration_octaves: 8,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::WebToApp,
    ..HTTPS
};

/// Pooled database connections: few and long.
pub const SQL: Service = Service {
    port: 1433,
    day: Day::Visitors,
    burst: 2,
    sent: 9_000,
    sent_octaves: 6,
    received: 60_000,
    received_octaves: 8,
    duration_ms: 240_000,
    duration_octaves: 5,
    idle_per_thousand: 50,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::AppToSql,
    ..HTTPS
};

/// Nightly jobs on the databases.
pub const SQL_JOB: Service =
    Service { day: Day::Night, sent: 40_000, received: 2_000_000, received_octaves: 7, duration_ms: 60_000, ..SQL };

/// Administrators' SSH sessions from the jump host.
pub const SSH: Service = Service {
    port: 22,
    day: Day::Office,
    burst: 1,
    sent: 6_000,
    sent_octaves: 5,
    received: 14_000,
    received_octaves: 7,
    duration_ms: 90_000,
    duration_octaves: 4,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::ManagementIn,
    grows: false,
    ..HTTPS
};

/// Name lookups at the domain controllers; an A and an AAAA question each.
pub const DNS: Service = Service {
    port: 53,
    protocol: UDP,
    day: Day::Flat,
    burst: 2,
    sent: 76,
    sent_octaves: 0,
    received: 150,
    received_octaves: 2,
    duration_ms: 4,
    duration_octaves: 3,
    idle_per_thousand: 1_000,
    idle_ms: 30_000,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::DirectoryIn,
    ..HTTPS
};

/// What the domain controllers ask outside.
pub const DNS_UPSTREAM: Service = Service { rule_out: Rule::AllowInternetOut, ..DNS };

/// Kerberos tickets.
pub const KERBEROS: Service = Service {
    port: 88,
    day: Day::Office,
    burst: 1,
    sent: 1_500,
    sent_octaves: 1,
    received: 1_600,
    received_octaves: 1,
    duration_ms: 8,
    duration_octaves: 2,
    idle_per_thousand: 0,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::DirectoryIn,
    ..HTTPS
};

/// Directory queries, some kept open.
pub const LDAP: Service =
    Service { port: 389, sent: 2_500, received: 8_000, received_octaves: 5, duration_octaves: 13, ..KERBEROS };

/// Clock synchronisation.
pub const NTP: Service = Service {
    port: 123,
    burst: 1,
    sent: 192,
    sent_octaves: 0,
    received: 192,
    received_octaves: 0,
    duration_ms: 2_000,
    duration_octaves: 1,
    grows: false,
    ..DNS_UPSTREAM
};

/// Agents that report to Microsoft.
pub const AGENT: Service = Service {
    day: Day::Flat,
    burst: 3,
    sent: 2_200,
    sent_octaves: 5,
    received: 4_500,
    received_octaves: 2,
    duration_ms: 150,
    duration_octaves: 8,
    ..HTTPS
};

/// Operating system updates.
pub const UPDATES: Service = Service {
    port: 80,
    day: Day::Flat,
    burst: 2,
    sent: 900,
    received: 180_000,
    received_octaves: 10,
    duration_ms: 900,
    grows: false,
    ..HTTPS
};

/// Reads from object storage.
pub const STORAGE: Service = Service { day: Day::Night, burst: 3, sent: 1_500, received: 400_000, received_octaves: 9, ..HTTPS };

/// The load balancer's health probe, at a fixed pace.
pub const PROBE: Service = Service {
    day: Day::Flat,
    burst: 1,
    sent: 180,
    sent_octaves: 0,
    received: 240,
    received_octaves: 0,
    duration_ms: 12,
    duration_octaves: 2,
    idle_per_thousand: 0,
    rule_in: Rule::AllowLoadBalancerIn,
    ..HTTPS
};

/// Microsoft's own reachability probe, which no user rule sees.
pub const PLATFORM_PROBE: Service = Service { rule_in: Rule::Platform, ..PROBE };

/// Background noise of the Internet: what scanners try at any public address.
pub const NOISE: Service =
    Service { port: 0, day: Day::Flat, burst: 2, rule_in: Rule::DenyAllIn, decision: Decision::DeniedAtDestination, ..HTTPS };

/// A job whose target port nobody opened.
pub const MISCONFIGURED: Service = Service {
    port: 9_090,
    day: Day::Night,
    burst: 1,
    rule_out: Rule::AllowVnetOut,
    rule_in: Rule::DenyAllIn,
    decision: Decision::DeniedAtDestination,
    grows: false,
    ..HTTPS
};

/// Databases must not reach the Internet; their agents try all the same.
pub const DENIED_OUT: Service = Service {
    day: Day::Flat,
    burst: 1,
    rule_out: Rule::DenyInternetOut,
    decision: Decision::DeniedAtSource,
    grows: false,
    ..HTTPS
};

/// A run of public addresses: the first one as 32 bits, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    pub first: [u8; 4],
    pub count: u32,
}

const fn range(first: [u8; 4], count: u32) -> Range {
    Range { first, count }
}

/// Where agents report to.
pub static MICROSOFT: &[Range] = &[range([20, 42, 73, 24], 4), range([13, 69, 239, 72], 4), range([20, 50, 201, 200], 6)];
/// Where databases' agents try to report to.
pub static TELEMETRY: &[Range] = &[range([52, 178, 17, 2], 2)];
/// Object storage of the region.
pub static BLOB_STORAGE: &[Range] = &[range([20, 60, 26, 4], 4), range([52, 239, 142, 100], 3)];
/// Package mirrors.
pub static MIRRORS: &[Range] = &[range([91, 189, 91, 81], 3), range([185, 125, 190, 36], 3)];
/// Time servers.
pub static CLOCKS: &[Range] = &[range([51, 145, 123, 29], 1), range([185, 125, 190, 56], 2)];
/// Public resolvers.
pub static RESOLVERS: &[Range] = &[range([9, 9, 9, 9], 1), range([1, 1, 1, 1], 1)];
/// Microsoft's reachability probes.
pub static PROBERS: &[Range] = &[range([40, 80, 144, 11], 3), range([40, 87, 160, 20], 2), range([52, 136, 52, 40], 2)];
/// Where the platform's health probes, DNS and DHCP come from.
pub static PLATFORM: &[Range] = &[range([168, 63, 129, 16], 1)];

/// First bytes of the addresses of visitors. No special range starts with one of them.
pub static VISITOR_OCTETS: &[u32] = &[
    2, 5, 31, 37, 46, 62, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 109, 145, 176, 178, 188,
    212, 213, 217,
];
/// First bytes of the addresses of scanners.
pub static SCANNER_OCTETS: &[u32] = &[35, 45, 64, 71, 79, 80, 89, 91, 94, 103, 118, 141, 147, 162, 167, 185, 194, 195, 205, 206];

/// Ports that scanners try most; the others are drawn from all.
pub static SCANNED_PORTS: &[u16] = &[
    22, 23, 3389, 445, 80, 8080, 8728, 5060, 6379, 1433, 3306, 5432, 2375, 8088, 9200, 5900, 21, 25, 81, 8443, 2222, 7547, 5555,
    11211, 27017, 123, 53, 161,
];
/// Ports that the security admin rule drops before any NSG is asked.
pub static HIGH_RISK_PORTS: &[u16] = &[21, 22, 23, 135, 139, 445, 1433, 3306, 3389, 5432, 5900, 6379];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stand_in_the_order_of_their_enums() {
        assert!(RULES.iter().enumerate().all(|(i, (rule, _, _))| *rule as usize == i));
        assert_eq!((DAYS.len(), WEEKEND.len()), (Day::Night as usize + 1, Day::Night as usize + 1));
    }

    #[test]
    fn every_day_has_about_the_mean_activity() {
        for day in DAYS {
            let sum: u32 = day.iter().map(|h| u32::from(*h)).sum();
            assert!((2_200..=2_650).contains(&sum), "{sum}");
        }
    }
}
