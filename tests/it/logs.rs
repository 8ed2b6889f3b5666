//! Small flow logs as texts, for tests of the whole binary.
//!
//! Goes in: tuples and names. Comes out: records and blobs in the shape that Azure writes. Compresses, but decodes nothing.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The MAC of most records.
pub const MAC: &str = "000D3AF87856";

/// 2024-08-19T17:00Z, in seconds since the epoch.
pub const HOUR: i64 = 1_724_086_800;

const LOG: &str = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NW/FLOWLOGS/LOG";
const NSG: &str = "/SUBSCRIPTIONS/S/RESOURCEGROUPS/RG/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/NSG-WEB";

/// Four tuples of a VNet flow log: begin, continuing, end, and a denied one.
pub const VNET_TUPLES: [&str; 4] = [
    "1724086810123,10.0.0.4,10.0.0.5,45321,443,6,O,B,NX,0,0,0,0",
    "1724086870123,10.0.0.4,10.0.0.5,45321,443,6,O,C,NX,10,1000,9,9000",
    "1724086930123,10.0.0.4,10.0.0.5,45321,443,6,O,E,NX,1,60,1,54",
    "1724086940123,198.51.100.9,10.0.0.4,50000,3389,6,I,D,NX,0,0,0,0",
];

/// Four tuples of an NSG flow log of version 2, of other addresses than [`VNET_TUPLES`].
pub const NSG_TUPLES: [&str; 4] = [
    "1724086811,10.0.1.4,192.0.2.10,45322,443,T,O,A,B,,,,",
    "1724086871,10.0.1.4,192.0.2.10,45322,443,T,O,A,C,20,2000,19,19000",
    "1724086931,10.0.1.4,192.0.2.10,45322,443,T,O,A,E,2,120,2,108",
    "1724086941,198.51.100.9,10.0.1.4,50001,22,T,I,D,B,,,,",
];

fn tuple_array(tuples: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = tuples.iter().map(|tuple| format!("\"{}\"", tuple.as_ref())).collect();
    format!("[{}]", quoted.join(","))
}

/// A record of a VNet flow log with one rule; `rule` is JSON text between quotes.
pub fn vnet(mac: &str, time: &str, rule: &str, tuples: &[impl AsRef<str>]) -> String {
    format!(
        r#"{{"time":"{time}","flowLogVersion":4,"macAddress":"{mac}","category":"FlowLogFlowEvent","flowLogResourceID":"{LOG}","targetResourceID":"/vnet","flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"{rule}","flowTuples":{}}}]}}]}}}}"#,
        tuple_array(tuples)
    )
}

/// What one rule decided, for [`vnet_by_rules`].
#[derive(Clone, Copy)]
pub struct Decided<'a> {
    pub acl: &'a str,
    pub rule: &'a str,
    pub tuples: &'a [&'a str],
}

/// A record of the VNet flow log `log` with one flow group per rule.
pub fn vnet_by_rules(log: &str, mac: &str, time: &str, decided: &[Decided<'_>]) -> String {
    let flow = |group: &Decided<'_>| {
        let tuples = tuple_array(group.tuples);
        format!(r#"{{"aclID":"{}","flowGroups":[{{"rule":"{}","flowTuples":{tuples}}}]}}"#, group.acl, group.rule)
    };
    let flows: Vec<String> = decided.iter().map(flow).collect();
    let resource = LOG.replace("FLOWLOGS/LOG", &format!("FLOWLOGS/{log}"));
    format!(
        r#"{{"time":"{time}","flowLogVersion":4,"macAddress":"{mac}","category":"FlowLogFlowEvent","flowLogResourceID":"{resource}","targetResourceID":"/target","flowRecords":{{"flows":[{}]}}}}"#,
        flows.join(",")
    )
}

/// A record of an NSG flow log of version 2 with one rule; `rule` is JSON text between quotes.
pub fn nsg(mac: &str, time: &str, rule: &str, tuples: &[impl AsRef<str>]) -> String {
    format!(
        r#"{{"time":"{time}","macAddress":"{mac}","category":"NetworkSecurityGroupFlowEvent","resourceId":"{NSG}","properties":{{"Version":2,"flows":[{{"rule":"{rule}","flows":[{{"mac":"{mac}","flowTuples":{}}}]}}]}}}}"#,
        tuple_array(tuples)
    )
}

/// A blob of these records.
pub fn blob(records: &[impl AsRef<str>]) -> String {
    let records: Vec<&str> = records.iter().map(AsRef::as_ref).collect();
    format!("{{\"records\":[{}]}}", records.join(","))
}

/// A blob of one VNet record with [`VNET_TUPLES`], and one NSG record with [`NSG_TUPLES`].
pub fn small_blob() -> String {
    let time = "2024-08-19T17:01:00.0000000Z";
    blob(&[vnet(MAC, time, "AllowWeb", &VNET_TUPLES), nsg("000D3AF87899", time, "UserRule_Out", &NSG_TUPLES)])
}

/// Where Azure puts the blob of a VNet flow log for a NIC and an hour, counted from [`HOUR`]. The hours are of one day.
pub fn vnet_path(mac: &str, hour: i64) -> String {
    assert!((0..7).contains(&hour), "an hour of 2024-08-19");
    let hour = 17 + hour;
    format!("flowLogResourceID={LOG}/y=2024/m=08/d=19/h={hour:02}/m=00/macAddress={mac}/PT1H.json")
}

/// Writes a file at a path with `/` below `folder`, and returns where it is.
pub fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
    std::fs::write(&path, bytes).expect("the file is written");
    path
}

/// The bytes as gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
