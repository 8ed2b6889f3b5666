//! What public addresses reached and were denied day by day, held against rows written by hand and a plain twin.

use std::collections::{BTreeMap, BTreeSet};

use super::build::*;
use crate::schema::tables::{DAY_LISTED_MAX, DeniedPort, Tables};
use crate::schema::{Address, Status};

const A: &str = "10.0.0.4";
const B: &str = "10.0.1.5";
const ONE: &str = "198.51.100.7";
const TWO: &str = "203.0.113.9";
/// Intervals of ten minutes in a day.
const DAY: u32 = 144;

/// Sources, ports and flows that were denied.
type DeniedSets = (BTreeSet<&'static str>, BTreeSet<u16>, u64);

fn tables_of(rows: &[Row]) -> Tables {
    count(rows).tables
}

#[test]
fn a_port_is_one_row_a_day_with_its_sources_counted_once() {
    let rows = [
        inbound("A", ONE, A, 22).flows(2).at(3),
        Row { rule: "other", ..inbound("A", ONE, A, 22).at(5) },
        inbound("A", TWO, A, 22).flows(9).at(DAY - 1),
        inbound("A", TWO, A, 22).at(DAY),
        inbound("A", "10.0.0.9", A, 22),
        inbound("A", "168.63.129.16", A, 22),
        outbound("A", A, ONE, 443),
    ];
    let days = tables_of(&rows).exposed_days;
    let told: Vec<_> = days.iter().map(|d| (d.ip, d.day, d.dst_port, d.protocol, d.sources, d.flows)).collect();
    assert_eq!(told, [(address(A), 0, 22, 6, 2, 12), (address(A), 1, 22, 6, 1, 1)]);
    let first = &days[0];
    assert_eq!((first.bytes_received, first.bytes_sent, first.packets_sent, first.mac.as_str()), (300, 150, 6, "A"));
    assert_eq!((first.first_time, first.last_time), (3 * 600_000 + 1, i64::from(DAY - 1) * 600_000 + 2));
    assert_eq!(first.top_sources, [TWO, ONE].map(address), "most flows first");
}

#[test]
fn what_was_denied_is_one_row_per_address_and_day() {
    let rows = [
        inbound("A", ONE, A, 22).flows(5).denied(),
        inbound("A", ONE, A, 23).flows(2).denied().at(1),
        inbound("A", TWO, A, 23).flows(1).denied().at(2),
        Row { protocol: 17, ..inbound("A", TWO, A, 23).denied().at(2) },
        inbound("A", "10.0.0.9", A, 25).flows(7).denied(),
        inbound("A", TWO, A, 22).flows(4).denied().at(DAY),
        outbound("A", A, ONE, 443),
        outbound("A", A, TWO, 25).denied(),
    ];
    let tables = tables_of(&rows);
    assert!(tables.exposed_days.is_empty());
    let told: Vec<_> = tables.denied_days.iter().map(|d| (d.ip, d.day, d.flows, d.sources, d.ports)).collect();
    assert_eq!(told, [(address(A), 0, 9, 2, 3), (address(A), 1, 4, 1, 1)]);
    let port = |dst_port, protocol, flows| DeniedPort { dst_port, protocol, flows };
    assert_eq!(tables.denied_days[0].top_ports, [port(22, 6, 5), port(23, 6, 3), port(23, 17, 1)]);
    assert_eq!(tables.denied_days[0].top_sources, [ONE, TWO].map(address));
}

#[test]
fn a_log_that_another_replaces_counts_nowhere() {
    let rows = [
        inbound("A", ONE, A, 22).flows(5),
        inbound("A", ONE, A, 22).flows(3).log("VNET-A"),
        inbound("A", ONE, A, 23).flows(5).denied(),
    ];
    let tables = tables_of(&rows);
    assert_eq!(tables.exposed_days.iter().map(|d| d.flows).collect::<Vec<_>>(), [3]);
    assert!(tables.denied_days.is_empty());
}

#[test]
fn random_rows_are_counted_as_by_sets_of_sources_and_the_lists_are_bounded() {
    let sources: Vec<&'static str> = (0..150).map(|i| &*format!("203.0.113.{i}").leak()).collect();
    let mut state = 7_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut rows = vec![outbound("A", A, ONE, 53), outbound("B", B, ONE, 53)];
    for _ in 0..4_000 {
        let (mac, ip) = [("A", A), ("B", B)][random(2) as usize];
        let row = inbound(mac, sources[random(150) as usize], ip, 20 + random(3) as u16).flows(random(4)).at(random(3 * DAY));
        rows.push(if random(2) == 0 { row.denied() } else { row });
    }
    let mut exposed: BTreeMap<(Address, u32, u16), (BTreeSet<&str>, u64)> = BTreeMap::new();
    let mut denied: BTreeMap<(Address, u32), DeniedSets> = BTreeMap::new();
    for row in &rows[2..] {
        let (ip, day, flows) = (address(row.dst), row.interval / DAY, u64::from(row.flows));
        if row.status == Status::Denied {
            let (sources, ports, sum) = denied.entry((ip, day)).or_default();
            sources.insert(row.src);
            ports.insert(row.port);
            *sum += flows;
        } else {
            let (sources, sum) = exposed.entry((ip, day, row.port)).or_default();
            sources.insert(row.src);
            *sum += flows;
        }
    }
    let tables = tables_of(&rows);
    let told: Vec<_> = tables.exposed_days.iter().map(|d| ((d.ip, d.day, d.dst_port), (d.sources, d.flows))).collect();
    let twin: Vec<_> = exposed.into_iter().map(|(key, (sources, flows))| (key, (sources.len() as u64, flows))).collect();
    assert_eq!(told, twin);
    let told: Vec<_> = tables.denied_days.iter().map(|d| ((d.ip, d.day), (d.sources, d.ports, d.flows))).collect();
    let sizes = |(key, (sources, ports, flows)): (_, DeniedSets)| (key, (sources.len() as u64, ports.len() as u64, flows));
    assert_eq!(told, denied.into_iter().map(sizes).collect::<Vec<_>>());
    assert!(tables.denied_days.iter().all(|d| d.sources > 100 && d.top_sources.len() == DAY_LISTED_MAX));
}

#[test]
fn the_sources_with_most_flows_are_listed_however_many_there_are() {
    let sources = |i: usize| &*format!("203.0.{}.{}", i / 250, 1 + i % 250).leak();
    for count in [1, DAY_LISTED_MAX, 2 * DAY_LISTED_MAX, 2 * DAY_LISTED_MAX + 1, 7 * DAY_LISTED_MAX] {
        let flows = |i: usize| (i * i % 7 + i / 90) as u32;
        // Each has two rows, one of which may tell of no flow that began.
        let rows = (0..count).flat_map(|i| [0, 1].map(|half| inbound("A", sources(i), A, 22).flows(flows(i) * half).at(half)));
        let tables = tables_of(&rows.clone().chain(rows.map(Row::denied)).collect::<Vec<_>>());
        let mut plain: Vec<(u32, Address)> = (0..count).map(|i| (flows(i), address(sources(i)))).collect();
        plain.sort_by_key(|(flows, ip)| (std::cmp::Reverse(*flows), *ip));
        let best: Vec<Address> = plain.into_iter().map(|(_, ip)| ip).take(DAY_LISTED_MAX).collect();
        let (exposed, denied) = (&tables.exposed_days[0], &tables.denied_days[0]);
        assert_eq!((exposed.sources, &exposed.top_sources), (count as u64, &best));
        assert_eq!((denied.sources, &denied.top_sources), (count as u64, &best));
    }
}

#[test]
fn a_peer_has_the_first_time_and_the_traffic_of_each_port() {
    let rows = [
        outbound("A", A, ONE, 443),
        outbound("A", A, ONE, 8443).flows(2).at(DAY),
        outbound("A", A, ONE, 8443).at(DAY + 5),
        outbound("A", A, ONE, 443).at(2 * DAY),
    ];
    let history = tables_of(&rows).peer_history;
    let told: Vec<_> = history[0].ports.iter().map(|p| (p.dst_port, p.flows, p.bytes_sent, p.first_time, p.last_time)).collect();
    let at = |interval: u32, offset: i64| i64::from(interval) * 600_000 + offset;
    assert_eq!(told, [(443, 2, 200, 1, at(2 * DAY, 2)), (8443, 3, 200, at(DAY, 1), at(DAY + 5, 2))]);
    let many: Vec<Row> = (0..150).map(|port| outbound("A", A, ONE, 1_000 - port).at(u32::from(port) * 2)).collect();
    let ports = &tables_of(&many).peer_history[0].ports;
    assert_eq!((ports.len(), ports[0].dst_port, ports[99].dst_port, ports[99].first_time), (100, 851, 950, at(100, 1)));
}
