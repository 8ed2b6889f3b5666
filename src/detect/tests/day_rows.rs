//! Rows of `exposed_days`, `denied_days` and `peer_history` from the JSON of `tests/data/detect`.

use std::net::IpAddr;

use serde_json::Value;

use crate::schema::Address;
use crate::schema::tables::*;
use crate::schema::units::{DAY_MS, HOUR_MS};

const MAC: &str = "000D3AF87856";

fn address(value: &Value) -> Address {
    value.as_str().unwrap().parse::<IpAddr>().unwrap().into()
}

fn addresses(row: &Value, key: &str) -> Vec<Address> {
    row[key].as_array().map_or_else(Vec::new, |all| all.iter().map(address).collect())
}

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or(0)
}

/// The day is that of `first_time`.
pub fn exposed_day(row: &Value) -> ExposedDay {
    let first_time = number(row, "first_time") as i64;
    ExposedDay {
        ip: address(&row["ip"]),
        day: first_time.div_euclid(DAY_MS) as u32,
        dst_port: number(row, "dst_port") as u16,
        protocol: number(row, "protocol") as u8,
        mac: MAC.into(),
        sources: number(row, "sources"),
        top_sources: addresses(row, "top_sources"),
        flows: number(row, "flows"),
        packets_sent: number(row, "packets_sent"),
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        tuples_unmeasured: number(row, "tuples_unmeasured"),
        first_time,
        last_time: number(row, "last_time") as i64,
    }
}

/// `top_ports` are lists of port, protocol and flows.
pub fn denied_day(row: &Value) -> DeniedDay {
    let first_time = number(row, "first_time") as i64;
    let port = |port: &Value| {
        let of = |at: usize| port[at].as_u64().unwrap();
        DeniedPort { dst_port: of(0) as u16, protocol: of(1) as u8, flows: of(2) }
    };
    DeniedDay {
        ip: address(&row["ip"]),
        day: first_time.div_euclid(DAY_MS) as u32,
        mac: MAC.into(),
        flows: number(row, "flows"),
        sources: number(row, "sources"),
        ports: number(row, "ports"),
        top_sources: addresses(row, "top_sources"),
        top_ports: row["top_ports"].as_array().unwrap().iter().map(port).collect(),
        first_time,
        last_time: number(row, "last_time") as i64,
    }
}

/// Times are days from 2024-08-19. `ports` are numbers that were first sent to with the peer, or lists of number, day, and bytes sent.
pub fn peer_history(row: &Value) -> PeerHistoryRow {
    let time = |day: u64| day as i64 * DAY_MS + 1_724_025_600_000;
    let first_time = time(number(row, "day"));
    let port = |port: &Value| PortHistory {
        dst_port: port.as_u64().unwrap_or_else(|| port[0].as_u64().unwrap()) as u16,
        flows: 1,
        bytes_sent: port[2].as_u64().unwrap_or(0),
        bytes_received: 0,
        first_time: port[1].as_u64().map_or(first_time, time),
        last_time: port[1].as_u64().map_or(first_time, time) + HOUR_MS,
    };
    let ports = row["ports"].as_array().cloned().unwrap_or_else(|| vec![443.into()]).iter().map(port).collect();
    PeerHistoryRow {
        ip: address(&row["ip"]),
        peer: address(&row["peer"]),
        country: row["country"].as_str().unwrap_or_default().to_owned(),
        asn: row["asn"].as_u64().map(|asn| asn as u32),
        service_tag: row["service_tag"].as_str().unwrap_or_default().to_owned(),
        ports,
        flows: 1,
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: 0,
        mac: MAC.into(),
        first_time,
        last_time: first_time + HOUR_MS,
    }
}
