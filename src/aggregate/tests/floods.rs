//! Floods, by hand and held against a plain twin.

use std::collections::BTreeMap;

use super::build::*;
use crate::schema::partial::Partial;
use crate::schema::tables::FloodRow;

const A: &str = "10.0.0.4";
const B: &str = "10.0.0.5";
const PUBLIC: &str = "203.0.113.9";

/// An allowed TCP row of A with so many flows, each of one packet of 40 bytes, and so many packets back.
fn syns(flows: u32, received: u64) -> Row {
    let row = outbound("A", A, PUBLIC, 80).flows(flows);
    Row { packets: (u64::from(flows), received), bytes: (u64::from(flows) * 40, received * 40), ..row }
}

fn floods(rows: &[Row]) -> Vec<FloodRow> {
    count(rows).tables.floods
}

/// Flows, connections, most of them in a minute, packets sent and received.
fn facts(rows: &[FloodRow]) -> Vec<(u64, u64, u64, u64, u64)> {
    rows.iter().map(|r| (r.flows, r.connections, r.connections_minute_max, r.packets_sent, r.packets_received)).collect()
}

#[test]
fn unanswered_flows_to_two_ports_are_one_flood() {
    let rows = floods(&[syns(600, 0), Row { port: 81, ..syns(700, 9) }, syns(999, 0).at(1)]);
    assert_eq!(facts(&rows), [(1300, 1300, 130, 1300, 9)]);
    let row = &rows[0];
    assert_eq!((row.interval_start, row.step, row.key.dst_port, row.ports), (0, 600_000, 0, 2));
    assert_eq!((row.bytes_sent, row.bytes_received, row.mac.as_str(), row.dst_is_local), (52_000, 360, "A", false));
    assert_eq!((row.first_time, row.last_time), (1, 2));
    assert_eq!(floods(&[syns(1000, 0)])[0].key.dst_port, 80);
}

#[test]
fn a_busy_client_that_is_answered_floods_nobody() {
    assert_eq!(facts(&floods(&[syns(50_000, 200_000)])), []);
    let dns = Row { protocol: 17, port: 53, ..syns(50_000, 50_000) };
    assert_eq!(facts(&floods(&[dns])), []);
    let bulk = Row { packets: (1_000_000, 60_000), ..syns(3, 0) };
    assert_eq!(facts(&floods(&[bulk])), []);
    assert_eq!(facts(&floods(&[syns(999, 0)])), []);
}

#[test]
fn packets_without_an_answer_are_a_flood_of_few_flows() {
    let stream = Row { protocol: 17, packets: (10_000, 0), ..syns(1, 0) };
    assert_eq!(facts(&floods(std::slice::from_ref(&stream))), [(1, 1, 0, 10_000, 0)]);
    assert_eq!(facts(&floods(&[Row { packets: (9_999, 0), ..stream }])), []);
}

#[test]
fn what_comes_in_from_outside_is_no_flood_of_ours() {
    assert_eq!(facts(&floods(&[inbound("A", PUBLIC, A, 80).flows(5_000), outbound("A", A, PUBLIC, 443)])), []);
}

#[test]
fn a_vnet_log_tells_of_each_connection_twice() {
    let vnet = |flows| syns(flows, 0).log("VNET-A");
    assert_eq!(facts(&floods(&[vnet(1_998)])), []);
    assert_eq!(facts(&floods(&[vnet(2_001)])), [(2_001, 1_001, 100, 2_001, 0)]);
    assert_eq!(facts(&floods(&[vnet(1_000).denied(), vnet(1).at(1)])), [(1_000, 1_000, 100, 0, 0)]);
}

#[test]
fn what_the_destination_denied_is_denied_and_counts_once() {
    let own = outbound("B", B, PUBLIC, 443);
    let rows = [Row { dst: B, ..syns(1_500, 0) }, inbound("B", A, B, 80).flows(1_400).denied(), own];
    let rows = floods(&rows);
    assert_eq!(facts(&rows), [(1_500, 1_500, 150, 1_500, 0)]);
    assert_eq!((rows[0].flows_denied, rows[0].dst_is_local), (1_400, true));
}

/// Adds to a Partial of one capture point a row of contacts of hour 0: `counts` contacts in its first minutes, all without an answer.
fn contacts(partial: &mut Partial, counts: [u32; 3], answered: u32) {
    let contacts = &mut partial.contacts;
    let begins = counts.iter().sum();
    contacts.hour.push(0);
    contacts.capture_point.push(0);
    contacts.direction.push(1);
    contacts.status.push(0);
    contacts.protocol.push(6);
    contacts.src_ip.push(0);
    contacts.dst_ip.push(1);
    contacts.dst_port.push(80);
    contacts.begins.push(begins);
    contacts.answered.push(answered);
    contacts.unanswered.push(begins - answered);
    contacts.unknown.push(0);
    contacts.bytes_src_to_dst.push(0);
    contacts.bytes_dst_to_src.push(0);
    if begins > 720 {
        contacts.starts.extend((0..60).map(|minute| counts.get(minute).copied().unwrap_or(0)));
    } else {
        let starts = counts.iter().zip(0..).flat_map(|(count, minute)| vec![minute * 60_000 + 59_999; *count as usize]);
        contacts.starts.extend(starts);
    }
    contacts.sizes.resize(contacts.starts.len(), 0);
    contacts.starts_end.push(contacts.starts.len() as u32);
}

#[test]
fn the_busiest_minute_comes_from_the_contacts() {
    let peak = |rows: [([u32; 3], u32); 2]| {
        let mut partial = partial(&[syns(2_000, 0)]);
        rows.iter().for_each(|(counts, answered)| contacts(&mut partial, *counts, *answered));
        analyse(vec![partial], 100).tables.floods[0].connections_minute_max
    };
    // Kept as counts, and as times: minute 1 has 900 + 300.
    assert_eq!(peak([([500, 900, 100], 0), ([10, 300, 20], 0)]), 1_200);
    // A port that mostly answered does not count, and the mean is the least: 2,000 in ten minutes.
    assert_eq!(peak([([500, 900, 100], 0), ([10, 300, 20], 166)]), 900);
    assert_eq!(peak([([50, 90, 100], 0), ([0, 0, 1], 0)]), 200);
}

#[test]
fn contacts_with_local_addresses_tell_no_minute_whether_they_were_dropped_or_not() {
    let mut partial = partial(&[Row { dst: B, ..syns(2_000, 0) }, outbound("B", B, PUBLIC, 443)]);
    contacts(&mut partial, [500, 900, 100], 0);
    assert_eq!(analyse(vec![partial], 100).tables.floods[0].connections_minute_max, 200);
}

/// Connections, packets sent and received by interval, destination and protocol, of rows that one NSG logged at their source.
fn twin(rows: &[Row]) -> Vec<(u32, &'static str, u8, u64, u64, u64)> {
    let mut sums: BTreeMap<(u32, &str, u8), (u64, u64, u64)> = BTreeMap::new();
    for row in rows {
        let (flows, (sent, received)) = (u64::from(row.flows), row.packets);
        let of_flows = if row.protocol == 6 { received <= flows } else { received * 10 <= flows };
        if flows > 0 && of_flows || sent > 0 && received * 20 <= sent {
            let sum = sums.entry((row.interval, row.dst, row.protocol)).or_default();
            *sum = (sum.0 + flows, sum.1 + sent, sum.2 + received);
        }
    }
    let much = sums.into_iter().filter(|(_, sum)| sum.0 >= 1_000 || sum.1 >= 10_000);
    much.map(|((interval, dst, protocol), sum)| (interval, dst, protocol, sum.0, sum.1, sum.2)).collect()
}

#[test]
fn random_rows_flood_as_the_twin_says() {
    const PEERS: [&str; 3] = ["198.51.100.7", "203.0.113.7", "203.0.113.9"];
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(11);
        (state >> 33) % below
    };
    let mut found = 0;
    for _ in 0..40 {
        let mut random = |_| {
            let row = syns(next(900) as u32, 0).at(next(3) as u32);
            let received = [0, 3, 500, 5_000][next(4) as usize];
            let protocol = [6, 17][next(2) as usize];
            Row { dst: PEERS[next(3) as usize], port: next(3) as u16 + 80, protocol, packets: (next(6_000), received), ..row }
        };
        let rows: Vec<Row> = (0..60).map(&mut random).collect();
        let key = |row: &FloodRow| {
            let dst = PEERS.into_iter().find(|peer| address(peer) == row.key.dst_ip).unwrap();
            let interval = (row.interval_start / 600_000) as u32;
            (interval, dst, row.key.protocol, row.connections, row.packets_sent, row.packets_received)
        };
        let halves = rows.chunks(30).map(partial).collect();
        let mut floods: Vec<_> = analyse(halves, 100).tables.floods.iter().map(key).collect();
        floods.sort_unstable();
        assert_eq!(floods, twin(&rows));
        found += floods.len();
    }
    assert!(found > 100, "{found}");
}
