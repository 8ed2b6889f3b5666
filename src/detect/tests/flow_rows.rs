//! Rows of `long_flows` and `floods` from the JSON of `tests/data/detect`, and endpoints with their first time.

use std::net::IpAddr;

use serde_json::Value;

use crate::schema::tables::{EndpointRow, FloodRow, LongFlowRow, Scope, ServiceKey, Tables};
use crate::schema::units::{HOUR_MS, MINUTE_MS};

/// All rows of a case; absent members are empty or 0.
pub fn tables(case: &Value) -> Tables {
    let rows = |table: &str| case[table].as_array().cloned().unwrap_or_default();
    let mut tables = super::rows::tables(case);
    tables.long_flows = rows("long_flows").iter().map(long_flow).collect();
    tables.floods = rows("floods").iter().map(flood).collect();
    tables.endpoints = rows("endpoints").iter().map(endpoint).collect();
    tables.endpoints.sort_by_key(|row| row.ip);
    tables
}

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or(0)
}

fn ip(row: &Value, key: &str) -> crate::schema::Address {
    row[key].as_str().unwrap().parse::<IpAddr>().unwrap().into()
}

/// Times of endpoints are hours from the epoch.
fn endpoint(row: &Value) -> EndpointRow {
    let scopes = [
        Scope::Local,
        Scope::Vnet,
        Scope::OnPremises,
        Scope::Platform,
        Scope::AzurePublic,
        Scope::ExternalPublic,
        Scope::UnknownPrivate,
    ];
    let scope = scopes.into_iter().find(|scope| scope.name() == row["scope"]).unwrap();
    let service_tag = row["service_tag"].as_str().unwrap_or_default().to_owned();
    EndpointRow { ip: ip(row, "ip"), scope, service_tag, first_time: hour(row, "first_hour"), ..EndpointRow::default() }
}

fn hour(row: &Value, key: &str) -> i64 {
    number(row, key) as i64 * HOUR_MS
}

fn key(row: &Value) -> ServiceKey {
    let (dst_port, protocol) = (number(row, "dst_port") as u16, number(row, "protocol") as u8);
    ServiceKey { src_ip: ip(row, "src_ip"), dst_ip: ip(row, "dst_ip"), dst_port, protocol }
}

/// `hours` are those from which to which a connection of a local host lasted; else `first_time` and `last_time`.
fn long_flow(row: &Value) -> LongFlowRow {
    LongFlowRow {
        key: key(row),
        src_port: number(row, "src_port") as u16,
        mac: "000D3AF87856".to_owned(),
        src_is_local: row["src_is_local"] != false,
        dst_is_local: row["dst_is_local"] == true,
        first_time: row["hours"][0].as_i64().map_or_else(|| number(row, "first_time") as i64, |hour| hour * HOUR_MS),
        last_time: row["hours"][1].as_i64().map_or_else(|| number(row, "last_time") as i64, |hour| hour * HOUR_MS),
        is_begun: true,
        is_ended: row["is_ended"] != false,
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        ..LongFlowRow::default()
    }
}

/// `minute` is that in which an interval of ten minutes starts.
fn flood(row: &Value) -> FloodRow {
    let interval_start = number(row, "minute") as i64 * MINUTE_MS;
    FloodRow {
        interval_start,
        step: 10 * MINUTE_MS,
        key: key(row),
        ports: number(row, "ports").max(1),
        mac: "000D3AF87856".to_owned(),
        flows: number(row, "flows"),
        flows_denied: number(row, "flows_denied"),
        connections: number(row, "flows"),
        connections_minute_max: number(row, "minute_max"),
        packets_sent: number(row, "packets_sent"),
        packets_received: number(row, "packets_received"),
        tuples_unmeasured: number(row, "tuples_unmeasured"),
        first_time: interval_start + 1_000,
        last_time: interval_start + 31_000,
        ..FloodRow::default()
    }
}
