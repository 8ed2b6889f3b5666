//! Every CSV: its header, a row, and what becomes of names that a spreadsheet would run.

use super::*;
use crate::report::fixture::{self, HOSTILE};
use crate::schema::tables::{IpRow, PairMeasures, PairRow, RuleRow};
use crate::schema::{Direction, Status};

const M: &str = "flows_inbound_allowed,flows_inbound_denied,flows_outbound_allowed,flows_outbound_denied,bytes_received,bytes_sent,packets_received,packets_sent,tuples_unmeasured,flows_malicious_allowed,flows_malicious_denied";
const P: &str = "flows_allowed,flows_denied,bytes_received,bytes_sent,packets_received,packets_sent,tuples_unmeasured,flows_malicious_allowed,flows_malicious_denied";

/// Name, header before the measures, the measures, and the first row of the day's fixture (its first cells).
const GOLDEN: &[(&str, &str, &str, &str)] = &[
    ("activity", "kind,name,activity,addresses,first_time,last_time", M, "region,northeurope,silent,0,,,0,0,0,0,0,0,0,0,0,0,0"),
    (
        "capture_points",
        "log_resource,target_resource,mac,format,first_time,last_time,records,tuples",
        "",
        "NETWORKSECURITYGROUPS/WEB-NSG,,000D3AF87850,nsg_v2,2024-08-19T00:00:06.000Z,2024-08-19T23:59:51.000Z,1440,20000",
    ),
    (
        "changes",
        "kind,name,change,bytes_before,bytes_now,bytes_difference,flows_before,flows_now,flows_difference",
        "",
        "subnet,hub/app,more,",
    ),
    (
        "conversations",
        "ip_a,ip_b,flow_type,ports,top_port,top_protocol,top_l7_protocol",
        P,
        "10.0.1.5,10.0.3.5,IntraVNet,2,5432,6,postgresql,880,100,3203305600,1425846400,3414400,2147200,1,0,0",
    ),
    ("coverage", "log_resource,mac,hour,records,tuples", "", "APP-NSG,000D3AF87851,2024-08-19T00:00:00.000Z,60,800"),
    (
        "data_quality",
        "log_resource,mac,format,hours,hours_without,gap_hours_max,tuples_begin,tuples_continuing,tuples_end,tuples_denied,tuples_unstated,tuples_unmeasured,tuples_late,tuples_early,lag_min_ms,lag_max_ms,hours_replaced,remarks",
        "",
        "WEB-NSG,000D3AF87850,nsg_v2,24,3,3,9000,1500,8900,600,0,0,0,0,1000,61000,0,",
    ),
    ("encryption", "src_subnet,dst_subnet,encryption", P, "hub/web,hub/app,X,300,0,"),
    (
        "endpoints",
        "ip,scope,subnet,vnet,interface,vm,scale_set,load_balancer,application_gateway,gateway,connection,private_endpoint,region,subscription,country,asn,as_name,service_tag,service_tag_region,threat_list,threat_entry,threat_age_days,first_time,last_time",
        "",
        "10.0.1.4,local,hub/web,hub,nic-web-1,vm-web-1,vmss-web,lb-web,,,,,westeurope,11111111-2222-3333-4444-555555555555,,,,,,,,,2024-08-19T00:00:06.000Z,2024-08-19T23:00:00.000Z",
    ),
    (
        "exposed_ports",
        "ip,subnet,interface,dst_port,protocol,rule,sources,first_time,last_time",
        M,
        "10.0.1.4,hub/web,nic-web-1,443,6,UserRule_AllowHttpsFromInternet,58,2024-08-19T00:01:30.000Z,2024-08-19T23:00:00.000Z,52,",
    ),
    (
        "exposed_sources",
        "ip,dst_port,protocol,src_ip,sources,country,asn,service_tag,threat_list,first_time,last_time",
        M,
        "10.0.1.4,22,6,203.0.113.8,1,CN,64500,,blocklist.txt,2024-08-19T00:01:30.000Z,2024-08-19T23:00:00.000Z,40,0,64,0,",
    ),
    (
        "gateways",
        "gateway,gateway_type,connection,connection_type,peers,bytes_per_second_max,busiest_interval",
        M,
        "vpn-hub,Vpn,to-berlin,IPsec,9,4800000,2024-08-19T18:10:00.000Z,",
    ),
    (
        "internet_senders",
        "ip,vm,interface,subnet,peers,ports,locations",
        M,
        "10.0.1.4,vm-web-1,nic-web-1,hub/web,30,2,US NL westeurope,0,0,480,0,",
    ),
    ("load_balancers", "name,kind,frontends,backends,is_active", M, "lb-web,load_balancer,10.0.1.100 198.51.100.7,2,true,"),
    (
        "public_addresses",
        "ip,flow_type,location,service_tag,asn,as_name,threat_list,threat_entry,threat_age_days,peers,first_time,last_time",
        M,
        "203.0.113.2,ExternalPublic,US,,,,,,,2,2024-08-19T00:01:30.000Z,",
    ),
    (
        "rejects",
        "blob,record,flow,group,tuple,byte_offset,reason,text",
        "",
        "nsg/PT1H.json,3,0,1,17,20481,port,\"1724090346,10.0.0.4,10.0.0.5,70000,443,T,O,A,B,,,,\"",
    ),
    (
        "rule_top_pairs",
        "acl,rule,direction,status,rank,src_ip,dst_ip",
        P,
        "APP-NSG,DefaultRule_AllowVnetOutBound,Outbound,Allowed,1,10.0.2.4,10.0.3.4,300,0,",
    ),
    (
        "rule_usage",
        "nsg,rule,priority,direction,access,is_default,activity,flows,bytes,last_time",
        "",
        "app-nsg,AllowOldVendor,200,Inbound,Allowed,false,silent,0,0,",
    ),
    ("subnet_matrix", "src_subnet,dst_subnet", P, "hub/web,hub/app,"),
    ("traffic_by_azure_region", "azure_region", M, "northeurope,"),
    ("traffic_by_country", "country", M, "NL,"),
    ("traffic_by_flow_type", "flow_type", M, "ExternalPublic,"),
    ("traffic_by_interface", "mac,interface,ip,subnet,log_resource", M, "000D3AF87851,nic-app-1,10.0.2.4,hub/app,/SUB"),
    (
        "traffic_by_ip",
        "ip,scope,subnet,interface,vm,country,asn,service_tag,threat",
        M,
        "10.0.2.4,local,hub/app,nic-app-1,vm-app-1,,,,,990,112,1584,1,3603718800,1604077200,3841200,2415600,1",
    ),
    ("traffic_by_pair", "src_ip,dst_ip,dst_port,protocol,l7_protocol,flow_type", P, "10.0.1.4,10.0.3.4,443,6,https,IntraVNet,"),
    ("traffic_by_port", "dst_port,protocol,l7_protocol", P, "5432,6,postgresql,2200,250,"),
    ("traffic_by_rule", "acl,rule,direction,status", M, "WEB-NSG,DefaultRule_DenyAllInBound,Inbound,Denied,0,6000,0,0,0,0,0,0,0"),
    ("traffic_by_scale_set", "scale_set", M, "vmss-batch,"),
    ("traffic_by_subnet", "subnet,vnet,prefix", M, "hub/app,hub,10.0.2.0/24,"),
    ("traffic_by_vnet", "vnet", M, "spoke,"),
    ("traffic_over_time", "interval_start", M, "2024-08-19T00:00:00.000Z,"),
];

fn csv_of(name: &str, tables: &Tables) -> String {
    let table = TABLES.iter().find(|table| table.name == name).expect("table");
    String::from_utf8(table.file(tables).expect("written").bytes).expect("UTF-8")
}

#[test]
fn every_table_has_the_header_and_rows_of_the_contract() {
    assert_eq!(TABLES.iter().map(|table| table.name).collect::<Vec<_>>(), GOLDEN.iter().map(|g| g.0).collect::<Vec<_>>());
    let day = fixture::compared();
    for (name, keys, measures, row) in GOLDEN {
        let text = csv_of(name, &day.tables);
        let header = if measures.is_empty() { (*keys).to_owned() } else { format!("{keys},{measures}") };
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some(header.as_str()), "{name}");
        assert!(lines.next().expect("a row").contains(row), "{name}: {text:.600}");
        assert!(text.ends_with('\n') && !text.contains('\r'), "{name}");
        assert_eq!(csv_of(name, &Tables::default()), format!("{header}\n"), "{name} without rows");
    }
}

#[test]
fn every_row_of_a_table_has_as_many_cells_as_its_header() {
    for fixture in [fixture::day(), fixture::hostile(), fixture::vast()] {
        for table in TABLES {
            let text = csv_of(table.name, &fixture.tables);
            let rows =
                csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes()).records().collect::<Result<Vec<_>, _>>();
            assert!(rows.is_ok(), "{}: {rows:?}", table.name);
        }
    }
}

#[test]
fn a_cell_that_a_spreadsheet_would_run_begins_with_an_apostrophe() {
    for start in ["=1", "+1", "-1", "@x", "\tx", "\rx"] {
        let row = RuleRow {
            acl: "a".into(),
            rule: start.into(),
            direction: Direction::Inbound,
            status: Status::Denied,
            measures: crate::schema::tables::Measures::default(),
        };
        let text = csv_of("traffic_by_rule", &Tables { traffic_by_rule: vec![row], ..Tables::default() });
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let record = rows.records().next().expect("a row").expect("CSV");
        assert_eq!(record.get(1), Some(format!("'{start}").as_str()));
    }
    let row = IpRow { vm: HOSTILE.into(), ..IpRow::default() };
    let text = csv_of("traffic_by_ip", &Tables { traffic_by_ip: vec![row], ..Tables::default() });
    assert!(text.contains(&format!("\"'{}\"", HOSTILE.replace('"', "\"\""))), "kept verbatim but quoted: {text}");
}

#[test]
fn the_row_of_the_rest_says_other_and_leaves_its_keys_empty() {
    let rest = PairRow {
        key: None,
        l7_protocol: String::new(),
        flow_type: None,
        measures: PairMeasures { flows_allowed: 7, bytes_sent: 9, ..PairMeasures::default() },
    };
    let text = csv_of("traffic_by_pair", &Tables { traffic_by_pair: vec![rest], ..Tables::default() });
    assert_eq!(text.lines().nth(1), Some("other,,,,,,7,0,0,9,0,0,0,0,0"));
    let ports = csv_of("traffic_by_port", &fixture::day().tables);
    assert!(ports.lines().last().expect("rows").starts_with("other,,,"));
    let conversations = csv_of("conversations", &fixture::day().tables);
    assert!(conversations.lines().last().expect("rows").starts_with("other,,,,,,,"));
}

#[test]
fn the_rest_of_the_sources_of_a_port_keeps_the_port() {
    let sources = csv_of("exposed_sources", &fixture::day().tables);
    assert!(sources.lines().last().expect("rows").starts_with("10.0.1.4,443,6,other,48,,,,,2024-08-19T00:01:30.000Z,"));
}

#[test]
fn a_reject_of_a_whole_record_has_no_tuple() {
    let text = csv_of("rejects", &fixture::day().tables);
    assert_eq!(text.lines().nth(2), Some("nsg/PT1H.json,3,,,,20481,record_too_large,"));
}
