//! What the estate logged, tuple by tuple, so that a reader can add it up.
//!
//! Goes in: nothing. Comes out: records of the flow logs `FL-HUB` (VNet hub), `FL-DB` (subnet spoke/db) and of the NSG nsg-web.
//! Counts nothing. A number in brackets is the flow's number in the list below.
//!
//! | | from | to | port | type | packets/bytes sent | packets/bytes back |
//! |---|---|---|---|---|---|---|
//! | 1 | web-1 | appliance | 53 UDP | IntraVNet | 1/80 | 1/160 |
//! | 2 | web-1 | db-1 | 1433 | InterVNet | 15/1500 | 14/14000 |
//! | 3 | web-1 | 198.51.100.10 | 443 | AzurePublic | 20/2000 | 30/30000 |
//! | 4 | web-1 | 203.0.113.9 | 443 | ExternalPublic | 4+2/400+220 | 5+1/5000+110 |
//! | 5 | web-1 | 203.0.113.66 | 4444 | MaliciousFlow | 3/300 | 2/200 |
//! | 6 | 203.0.113.130 | web-1 | 22 | MaliciousFlow, denied twice | | |
//! | 7 | 203.0.113.20 | web-1 | 443 | ExternalPublic | 6/600 | 7/7000 |
//! | 8 | 203.0.113.21 | web-1 | 443 | ExternalPublic | 2/200 | 2/2000 |
//! | 9 | 203.0.113.130 | web-1 | 443 | MaliciousFlow | 1/100 | 1/1000 |
//! | 10 | 192.168.1.10 | web-1 | 8443 | S2S | 8+8/800+4000 | 9+9/9000+20000 |
//! | 11 | 172.16.200.5 | web-1 | 3389 | P2S | 12/1200 | 13/13000 |
//! | 12 | web-1 | 10.99.0.1 | 8080 | UnknownPrivate | 1/60 | 0/0 |
//! | 13 | db-1 | 10.0.1.100 (lb-web) | 443 | InterVNet | 9/900 | 10/10000 |
//! | 14 | db-1 | 192.0.2.4 (web-1's own public address) | 443 | InterVNet | 2/250 | 2/350 |
//! | 15 | db-1 by IPv6 | 2001:db8:f::7 | 443 | ExternalPublic | 5/555 | 6/666 |
//! | 16 | workers | db-1 | 5432 | IntraVNet | 3/333 | 4/4444 |
//! | 17 | web-1 | 10.1.1.20 (pe-storage) | 443 | InterVNet | 7/700 | 8/8000 |
//! | 18 | workers | web-1 | 22 | InterVNet, denied at web-1 | 1/60 | 0/0 |
//! | 19 | web-2 | 203.0.113.9 | 443 | ExternalPublic, two flows, one E without counters | 10/1000 | 11/11000 |
//! | 20 | 203.0.113.20 | web-2 | 80 | ExternalPublic, denied | | |
//! | 21 | 192.168.1.10 | 198.51.100.10 | 443 | Unknown, seen by the appliance alone | 1/110 | 2/220 |
//! | 22 | web-1 | workers | 8080 | InterVNet | 1/40 | 1/50 |
//!
//! Deduplicated: 20 flows allowed (19 has two, 18 is denied), 4 denied (6 twice, 18, 20), 151,608 bytes, 260 packets.

use crate::logs::{Decided, nsg, vnet_by_rules};

pub const WEB_1: &str = "000D3A000001";
pub const WEB_2: &str = "000D3A000002";
const APPLIANCE: &str = "000D3A000003";
const DB_1: &str = "000D3A000004";
const WORKERS: &str = "000D3A000005";

/// nsg-web as a VNet flow log writes it; the NSG flow log writes the same id in capitals.
const NSG_WEB: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg-web";
/// The GUID of nsg-db, as other VNet flow logs name an NSG.
const NSG_DB: &str = "aaaaaaaa-0000-0000-0000-000000000002";
/// What stands where no NSG decides.
const NO_NSG: &str = "00000000-0000-0000-0000-000000000000";

/// Every record, one blob each. All tuples but two are of 17:00:01 to 17:00:50; those are of 17:15 and 19:05.
pub fn records() -> Vec<String> {
    let mut records = vec![web_1(), web_1_later(), web_1_last(), appliance(), db_1(), workers()];
    records.extend(nsg_web());
    records
}

fn web_1() -> String {
    let out_vnet = [
        "1724086801000,10.0.1.4,10.0.2.4,40001,53,17,O,B,X,0,0,0,0", // (1)
        "1724086802000,10.0.1.4,10.0.2.4,40001,53,17,O,E,X,1,80,1,160",
        "1724086803000,10.0.1.4,10.1.1.4,40002,1433,6,O,B,X,0,0,0,0", // (2)
        "1724086823000,10.0.1.4,10.1.1.4,40002,1433,6,O,C,X,10,1000,9,9000",
        "1724086843000,10.0.1.4,10.1.1.4,40002,1433,6,O,E,X,5,500,5,5000",
        "1724086804000,10.0.1.4,10.1.1.20,40017,443,6,O,B,X,0,0,0,0", // (17)
        "1724086805000,10.0.1.4,10.1.1.20,40017,443,6,O,E,X,7,700,8,8000",
        "1724086806000,10.0.1.4,10.1.1.10,40022,8080,6,O,B,X,0,0,0,0", // (22)
        "1724086807000,10.0.1.4,10.1.1.10,40022,8080,6,O,E,X,1,40,1,50",
    ];
    let out_internet = [
        "1724086808000,10.0.1.4,198.51.100.10,40003,443,6,O,B,NX,0,0,0,0", // (3)
        "1724086809000,10.0.1.4,198.51.100.10,40003,443,6,O,E,NX,20,2000,30,30000",
        "1724086810000,10.0.1.4,203.0.113.9,40004,443,6,O,B,NX,0,0,0,0", // (4)
        "1724086811000,10.0.1.4,203.0.113.9,40004,443,6,O,C,NX,4,400,5,5000",
        "1724086812000,10.0.1.4,203.0.113.66,40005,4444,6,O,B,NX,0,0,0,0", // (5)
        "1724086813000,10.0.1.4,203.0.113.66,40005,4444,6,O,E,NX,3,300,2,200",
        "1724086814000,10.0.1.4,10.99.0.1,40012,8080,6,O,B,NX,0,0,0,0", // (12)
        "1724086815000,10.0.1.4,10.99.0.1,40012,8080,6,O,E,NX,1,60,0,0",
    ];
    let in_https = [
        "1724086816000,203.0.113.20,10.0.1.4,50007,443,6,I,B,NX,0,0,0,0", // (7)
        "1724086817000,203.0.113.20,10.0.1.4,50007,443,6,I,E,NX,6,600,7,7000",
        "1724086818000,203.0.113.21,10.0.1.4,50008,443,6,I,B,NX,0,0,0,0", // (8)
        "1724086819000,203.0.113.21,10.0.1.4,50008,443,6,I,E,NX,2,200,2,2000",
        "1724086820000,203.0.113.130,10.0.1.4,50009,443,6,I,B,NX,0,0,0,0", // (9)
        "1724086821000,203.0.113.130,10.0.1.4,50009,443,6,I,E,NX,1,100,1,1000",
    ];
    let in_vnet = [
        "1724086822000,192.168.1.10,10.0.1.4,50010,8443,6,I,B,NX,0,0,0,0", // (10)
        "1724086823000,192.168.1.10,10.0.1.4,50010,8443,6,I,C,NX,8,800,9,9000",
        "1724086824000,172.16.200.5,10.0.1.4,50011,3389,6,I,B,NX,0,0,0,0", // (11)
        "1724086825000,172.16.200.5,10.0.1.4,50011,3389,6,I,E,NX,12,1200,13,13000",
        "1724086826000,10.1.1.4,10.0.1.4,50013,8443,6,I,B,X,0,0,0,0", // (13) behind the load balancer
        "1724086827000,10.1.1.4,10.0.1.4,50013,8443,6,I,E,X,9,900,10,10000",
    ];
    let in_denied = [
        "1724086828000,203.0.113.130,10.0.1.4,50006,22,6,I,D,NX,0,0,0,0", // (6)
        "1724086829000,203.0.113.130,10.0.1.4,50106,22,6,I,D,NX,0,0,0,0",
        "1724086850000,10.1.1.10,10.0.1.4,50018,22,6,I,D,NX,0,0,0,0", // (18)
    ];
    let by = |rule, tuples| Decided { acl: NSG_WEB, rule, tuples };
    let decided = [
        by("DefaultRule_AllowVnetOutBound", &out_vnet[..]),
        by("DefaultRule_AllowInternetOutBound", &out_internet),
        by("UserRule_AllowHttps", &in_https),
        by("DefaultRule_AllowVnetInBound", &in_vnet),
        by("DefaultRule_DenyAllInBound", &in_denied),
    ];
    vnet_by_rules("FL-HUB", WEB_1, "2024-08-19T17:01:00.0000000Z", &decided)
}

/// Flow 10 in the next interval: 24,000 bytes in ten minutes.
fn web_1_later() -> String {
    let tuples = ["1724087700000,192.168.1.10,10.0.1.4,50010,8443,6,I,E,NX,8,4000,9,20000"];
    let decided = [Decided { acl: NSG_WEB, rule: "DefaultRule_AllowVnetInBound", tuples: &tuples }];
    vnet_by_rules("FL-HUB", WEB_1, "2024-08-19T17:16:00.0000000Z", &decided)
}

/// Flow 4 two hours later; 18:00 has no tuple.
fn web_1_last() -> String {
    let tuples = ["1724094300000,10.0.1.4,203.0.113.9,40004,443,6,O,E,NX,2,220,1,110"];
    let decided = [Decided { acl: NSG_WEB, rule: "DefaultRule_AllowInternetOutBound", tuples: &tuples }];
    vnet_by_rules("FL-HUB", WEB_1, "2024-08-19T19:06:00.0000000Z", &decided)
}

/// The appliance forwards: each of its flows comes in and goes out, and all but 1 belong to others.
fn appliance() -> String {
    let tuples = [
        "1724086801500,10.0.1.4,10.0.2.4,40001,53,17,I,B,X,0,0,0,0", // (1)
        "1724086802500,10.0.1.4,10.0.2.4,40001,53,17,I,E,X,1,80,1,160",
        "1724086803500,10.0.1.4,10.1.1.4,40002,1433,6,I,B,X,0,0,0,0", // (2) in
        "1724086843500,10.0.1.4,10.1.1.4,40002,1433,6,I,E,X,15,1500,14,14000",
        "1724086803501,10.0.1.4,10.1.1.4,40002,1433,6,O,B,X,0,0,0,0", // (2) out
        "1724086843501,10.0.1.4,10.1.1.4,40002,1433,6,O,E,X,15,1500,14,14000",
        "1724086830000,192.168.1.10,198.51.100.10,50021,443,6,I,B,NX,0,0,0,0", // (21) in
        "1724086831000,192.168.1.10,198.51.100.10,50021,443,6,I,E,NX,1,110,2,220",
        "1724086830001,192.168.1.10,198.51.100.10,50021,443,6,O,B,NX,0,0,0,0", // (21) out
        "1724086831001,192.168.1.10,198.51.100.10,50021,443,6,O,E,NX,1,110,2,220",
    ];
    let decided = [Decided { acl: NO_NSG, rule: "platformrule", tuples: &tuples }];
    vnet_by_rules("FL-HUB", APPLIANCE, "2024-08-19T17:01:00.0000000Z", &decided)
}

fn db_1() -> String {
    let in_sql = [
        "1724086803700,10.0.1.4,10.1.1.4,40002,1433,6,I,B,X,0,0,0,0", // (2), ticking at other seconds
        "1724086815700,10.0.1.4,10.1.1.4,40002,1433,6,I,C,X,7,700,6,6000",
        "1724086843700,10.0.1.4,10.1.1.4,40002,1433,6,I,E,X,8,800,8,8000",
        "1724086834100,10.1.1.10,10.1.1.4,50016,5432,6,I,B,X,0,0,0,0", // (16)
        "1724086835100,10.1.1.10,10.1.1.4,50016,5432,6,I,E,X,3,333,4,4444",
    ];
    let out_vnet = [
        "1724086825900,10.1.1.4,10.0.1.100,50013,443,6,O,B,X,0,0,0,0", // (13)
        "1724086826900,10.1.1.4,10.0.1.100,50013,443,6,O,E,X,9,900,10,10000",
    ];
    let out_internet = [
        "1724086832000,10.1.1.4,192.0.2.4,50014,443,6,O,B,NX,0,0,0,0", // (14)
        "1724086833000,10.1.1.4,192.0.2.4,50014,443,6,O,E,NX,2,250,2,350",
        "1724086836000,2001:db8:1:1::4,2001:db8:f::7,50015,443,6,O,B,NX,0,0,0,0", // (15)
        "1724086837000,2001:db8:1:1::4,2001:db8:f::7,50015,443,6,O,E,NX,5,555,6,666",
    ];
    let by = |rule, tuples| Decided { acl: NSG_DB, rule, tuples };
    let decided = [
        by("UserRule_AllowSql", &in_sql[..]),
        by("DefaultRule_AllowVnetOutBound", &out_vnet),
        by("DefaultRule_AllowInternetOutBound", &out_internet),
    ];
    vnet_by_rules("FL-DB", DB_1, "2024-08-19T17:01:00.0000000Z", &decided)
}

fn workers() -> String {
    let out_vnet = [
        "1724086834000,10.1.1.10,10.1.1.4,50016,5432,6,O,B,X,0,0,0,0", // (16)
        "1724086835000,10.1.1.10,10.1.1.4,50016,5432,6,O,E,X,3,333,4,4444",
        "1724086849900,10.1.1.10,10.0.1.4,50018,22,6,O,B,X,0,0,0,0", // (18)
        "1724086850900,10.1.1.10,10.0.1.4,50018,22,6,O,E,X,1,60,0,0",
    ];
    let in_vnet = [
        "1724086806100,10.0.1.4,10.1.1.10,40022,8080,6,I,B,X,0,0,0,0", // (22)
        "1724086807100,10.0.1.4,10.1.1.10,40022,8080,6,I,E,X,1,40,1,50",
    ];
    let by = |rule, tuples| Decided { acl: NSG_DB, rule, tuples };
    let decided = [by("DefaultRule_AllowVnetOutBound", &out_vnet[..]), by("DefaultRule_AllowVnetInBound", &in_vnet)];
    vnet_by_rules("FL-DB", WORKERS, "2024-08-19T17:01:00.0000000Z", &decided)
}

/// The NSG flow log: web-2, and of web-1 a part of what its VNet flow log has too.
fn nsg_web() -> [String; 3] {
    let time = "2024-08-19T17:01:00.0000000Z";
    let web_1 = [
        "1724086810,10.0.1.4,203.0.113.9,40004,443,T,O,A,B,,,,", // (4) once more
        "1724086811,10.0.1.4,203.0.113.9,40004,443,T,O,A,C,4,400,5,5000",
    ];
    let web_2_out = [
        "1724086838,10.0.1.5,203.0.113.9,40019,443,T,O,A,B,,,,", // (19)
        "1724086839,10.0.1.5,203.0.113.9,40019,443,T,O,A,E,10,1000,11,11000",
        "1724086840,10.0.1.5,203.0.113.9,40119,443,T,O,A,B,,,,",
        "1724086841,10.0.1.5,203.0.113.9,40119,443,T,O,A,E,,,,",
    ];
    let web_2_denied = ["1724086842,203.0.113.20,10.0.1.5,50020,80,T,I,D,B,,,,"]; // (20)
    [
        nsg(WEB_1, time, "DefaultRule_AllowInternetOutBound", &web_1),
        nsg(WEB_2, time, "DefaultRule_AllowInternetOutBound", &web_2_out),
        nsg(WEB_2, time, "UserRule_DenyHttp", &web_2_denied),
    ]
}
