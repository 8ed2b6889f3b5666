//! Rows of the tables from the JSON of `tests/data/detect`.

use std::net::IpAddr;

use serde_json::Value;

use super::day_rows;
use crate::aggregate::{Begun, measured};
use crate::schema::tables::*;
use crate::schema::units::HOUR_MS;
use crate::schema::{Address, Direction};

/// The rows of a case; absent members are empty or 0.
pub fn tables(case: &Value) -> Tables {
    let rows = |table: &str| case[table].as_array().cloned().unwrap_or_default();
    Tables {
        traffic_by_ip: rows("traffic_by_ip").iter().map(ip_row).collect(),
        traffic_by_pair: rows("traffic_by_pair").iter().map(pair_row).collect(),
        exposed_ports: rows("exposed_ports").iter().map(exposed_row).collect(),
        port_fan_out: rows("port_fan_out").iter().map(|row| fan_out_row(row, ports(&row["unanswered"]))).collect(),
        host_fan_out: rows("host_fan_out").iter().map(|row| fan_out_row(row, hosts(&row["unanswered"]))).collect(),
        endpoints: rows("endpoints").iter().map(endpoint_row).collect(),
        contact_series: rows("contact_series").iter().map(contact_series).collect(),
        sender_hours: rows("sender_hours").iter().flat_map(sender_hours).collect(),
        peer_hours: rows("peer_hours").iter().map(peer_hour).collect(),
        exposed_days: rows("exposed_days").iter().map(day_rows::exposed_day).collect(),
        denied_days: rows("denied_days").iter().map(day_rows::denied_day).collect(),
        peer_history: rows("peer_history").iter().map(day_rows::peer_history).collect(),
        threat_contacts: rows("threat_contacts").iter().map(threat_contact).collect(),
        series: rows("series").iter().map(series_row).collect(),
        logon_attempts: logon_rows(&rows("logon_attempts")),
        traffic_over_time: rows("traffic_over_time").iter().map(time_row).collect(),
        ..Tables::default()
    }
}

fn address(value: &Value) -> Address {
    value.as_str().unwrap().parse::<IpAddr>().unwrap().into()
}

fn number(row: &Value, key: &str) -> u64 {
    row[key].as_u64().unwrap_or(0)
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

fn ip_row(row: &Value) -> IpRow {
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
    IpRow { ip: address(&row["ip"]), scope, ..IpRow::default() }
}

fn pair_row(row: &Value) -> PairRow {
    let key = PairKey {
        src_ip: address(&row["src_ip"]),
        dst_ip: address(&row["dst_ip"]),
        dst_port: number(row, "dst_port") as u16,
        protocol: number(row, "protocol") as u8,
    };
    let measures = PairMeasures { flows_allowed: number(row, "flows_allowed"), ..PairMeasures::default() };
    PairRow { key: Some(key), l7_protocol: String::new(), flow_type: None, measures }
}

fn exposed_row(row: &Value) -> ExposedRow {
    let measures = Measures {
        flows_inbound_allowed: number(row, "flows_inbound_allowed"),
        bytes_received: number(row, "bytes_received"),
        bytes_sent: number(row, "bytes_sent"),
        packets_sent: number(row, "packets_sent"),
        tuples_unmeasured: number(row, "tuples_unmeasured"),
        ..Measures::default()
    };
    ExposedRow {
        ip: address(&row["ip"]),
        subnet: text(row, "subnet"),
        interface: text(row, "interface"),
        dst_port: number(row, "dst_port") as u16,
        protocol: number(row, "protocol") as u8,
        rule: text(row, "rule"),
        sources: number(row, "sources"),
        sources_of_port: number(row, if row["sources_of_port"].is_null() { "sources" } else { "sources_of_port" }),
        first_time: number(row, "first_time") as i64,
        last_time: number(row, "last_time") as i64,
        measures,
    }
}

/// A list of ports, or as many as `count` from `first` on.
fn ports(many: &Value) -> Vec<u16> {
    match many.as_array() {
        Some(list) => list.iter().map(|port| port.as_u64().unwrap() as u16).collect(),
        None => (0..number(many, "count") as u16).map(|i| number(many, "first") as u16 + i).collect(),
    }
}

/// As many addresses as `count` from `first` on.
fn hosts(many: &Value) -> Vec<Address> {
    let first = address(&many["first"]).bits();
    (0..number(many, "count")).map(|i| Address::from_bits(first + u128::from(i))).collect()
}

fn fan_out_row<Many>(row: &Value, unanswered: Vec<Many>) -> FanOutRow<Many> {
    FanOutRow {
        hour: number(row, "hour") as u32,
        src_ip: address(&row["src_ip"]),
        dst_ip: row.get("dst_ip").map(address),
        dst_port: row.get("dst_port").map(|port| port.as_u64().unwrap() as u16),
        protocol: number(row, "protocol") as u8,
        unanswered,
        answered: number(row, "answered"),
        flows: number(row, "flows"),
        flows_denied: number(row, "flows_denied"),
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        src_is_local: row["src_is_local"] == true,
        dst_is_local: row["dst_is_local"] == true,
        mac: text(row, "mac").into(),
        first_time: number(row, "first_time") as i64,
        last_time: number(row, "last_time") as i64,
    }
}

fn endpoint_row(row: &Value) -> EndpointRow {
    let IpRow { ip, scope, .. } = ip_row(row);
    EndpointRow { ip, scope, service_tag: text(row, "service_tag"), ..EndpointRow::default() }
}

fn service_key(row: &Value) -> ServiceKey {
    ServiceKey {
        src_ip: address(&row["src_ip"]),
        dst_ip: address(&row["dst_ip"]),
        dst_port: number(row, "dst_port") as u16,
        protocol: number(row, "protocol") as u8,
    }
}

/// Starts from `first` on at `gaps_ms`, over and over, `count` in all, each of `size` bytes (or of `sizes`, over and over), all `outcome`.
fn contact_series(row: &Value) -> ContactSeries {
    let list = |key: &str| row[key].as_array().map(|list| list.iter().map(|item| item.as_i64().unwrap()).collect::<Vec<i64>>());
    let (gaps, sizes) = (list("gaps_ms").unwrap(), list("sizes").unwrap_or_else(|| vec![number(row, "size") as i64]));
    let mut begun = Begun::default();
    let mut start = number(row, "first") as i64;
    for at in 0..number(row, "count") as usize {
        let size = sizes[at % sizes.len()] as u64;
        begun.starts.push(start);
        begun.sizes.push(size);
        add_contact(&mut begun.hours, (start / HOUR_MS) as u32, row["outcome"].as_str().unwrap(), size);
        start += gaps[at % gaps.len()];
    }
    ContactSeries { key: service_key(row), mac: "000D3AF87856".into(), ..measured(begun) }
}

fn add_contact(hours: &mut Vec<(u32, ContactCounts)>, number: u32, outcome: &str, size: u64) {
    if hours.last().is_none_or(|(last, _)| *last != number) {
        hours.push((number, ContactCounts::default()));
    }
    let (_, hour) = hours.last_mut().unwrap();
    hour.begins += 1;
    hour.bytes_sent += size;
    match outcome {
        "answered" => hour.answered += 1,
        "unanswered" => hour.unanswered += 1,
        "denied" => (hour.unanswered, hour.denied) = (hour.unanswered + 1, hour.denied + 1),
        _ => hour.unknown += 1,
    }
}

/// `count` hours from `hour` on, each with the same bytes.
fn sender_hours(row: &Value) -> Vec<SenderHour> {
    let hour = |hour: u64| SenderHour {
        ip: address(&row["ip"]),
        hour: (number(row, "hour") + hour) as u32,
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        flows: 1,
        mac: "000D3AF87856".into(),
    };
    (0..row["count"].as_u64().unwrap_or(1)).map(hour).collect()
}

fn peer_hour(row: &Value) -> PeerHour {
    PeerHour {
        ip: address(&row["ip"]),
        peer: address(&row["peer"]),
        hour: number(row, "hour") as u32,
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        flows: 1,
        ports: vec![443],
    }
}

fn threat_contact(row: &Value) -> ThreatContactRow {
    ThreatContactRow {
        ip: address(&row["ip"]),
        threat_ip: address(&row["threat_ip"]),
        is_outbound: row["is_outbound"].as_bool().unwrap(),
        list: "drop.txt".into(),
        entry: "203.0.113.0/24 (SBL1)".into(),
        age_days: row["age_days"].as_i64(),
        ports: vec![443],
        mac: "000D3AF87856".into(),
        flows_allowed: number(row, "flows_allowed"),
        flows_denied: number(row, "flows_denied"),
        bytes_sent: number(row, "bytes_sent"),
        bytes_received: number(row, "bytes_received"),
        first_time: 1_724_076_000_000,
        last_time: 1_724_076_060_000,
    }
}

/// Hour by hour from `start` on, `hours` in all: each measure is a list, over and over, and `at` sets single hours of it. `gaps` are not covered.
fn series_row(row: &Value) -> SeriesRow {
    let hours = number(row, "hours") as usize;
    let counts = |measure: &str| -> Vec<u64> {
        let values = row[measure]["of"].as_array().cloned().unwrap_or_else(|| vec![Value::from(0)]);
        let at = |hour: usize| row[measure]["at"][hour.to_string()].as_u64();
        (0..hours).map(|hour| at(hour).unwrap_or_else(|| values[hour % values.len()].as_u64().unwrap())).collect()
    };
    let gaps = row["gaps"].as_array().cloned().unwrap_or_default();
    let kinds = [("subnet", SeriesKind::Subnet), ("interface", SeriesKind::Interface), ("rule", SeriesKind::Rule)];
    SeriesRow {
        kind: kinds.into_iter().find(|(name, _)| row["kind"] == *name).unwrap().1,
        name: text(row, "name"),
        start: number(row, "start") as i64,
        step: HOUR_MS,
        bytes: counts("bytes"),
        bytes_sent: counts("bytes_sent"),
        flows_allowed: counts("flows_allowed"),
        flows_denied: counts("flows_denied"),
        flows_denied_outbound: counts("flows_denied_outbound"),
        is_covered: (0..hours).map(|hour| !gaps.iter().any(|gap| *gap == hour)).collect(),
    }
}

fn time_row(row: &Value) -> TimeRow {
    TimeRow { interval_start: number(row, "hour") as i64 * HOUR_MS, measures: Measures::default() }
}

/// By hour and key. Each row stands for `hours` (or the one `hour`), and for `sources` and `targets` addresses from `src_ip` and `dst_ip` on;
/// those begin one minute after each other.
fn logon_rows(rows: &[Value]) -> Vec<LogonRow> {
    let mut logons = Vec::new();
    for row in rows {
        let hours: Vec<u64> = match row["hours"].as_array() {
            Some(hours) => hours.iter().map(|hour| hour.as_u64().unwrap()).collect(),
            None => vec![number(row, "hour")],
        };
        let many = |key: &str| row[key].as_u64().unwrap_or(1);
        let addresses = (0..many("sources")).flat_map(|src| (0..many("targets")).map(move |dst| (src, dst)));
        for (src, dst) in addresses {
            logons.extend(hours.iter().map(|hour| logon_row(row, *hour as u32, src, dst)));
        }
    }
    logons.sort_by_key(|row| (row.hour, row.key));
    logons
}

fn logon_row(row: &Value, hour: u32, src: u64, dst: u64) -> LogonRow {
    let mut key = service_key(row);
    key.src_ip = Address::from_bits(key.src_ip.bits() + u128::from(src));
    key.dst_ip = Address::from_bits(key.dst_ip.bits() + u128::from(dst));
    let (answered, unanswered) = (number(row, "answered"), number(row, "unanswered"));
    let begins = answered + unanswered;
    let src_is_local = row["src_is_local"] == true;
    let first_time = i64::from(hour) * HOUR_MS + (src + dst) as i64 * 60_000;
    let size = number(row, "size");
    let size_max = row["size_max"].as_u64().unwrap_or(size);
    LogonRow {
        key,
        src_is_local,
        dst_is_local: row["dst_is_local"] == true,
        direction: Some(if src_is_local { Direction::Outbound } else { Direction::Inbound }),
        mac: "000D3AF87856".into(),
        hour,
        contacts: ContactCounts { begins, answered, unanswered, bytes_sent: size * begins, ..ContactCounts::default() },
        first_time,
        last_time: first_time + 30_000,
        size_max,
        size_median: size,
        size_max_late: size_max,
    }
}
