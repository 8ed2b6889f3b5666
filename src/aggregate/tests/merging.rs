//! Partials under one numbering.

use super::build::*;
use crate::aggregate::Dataset;
use crate::schema::partial::{BlobProblem, Contacts, Partial, RejectRow};
use crate::schema::{Reason, Reject};

const RANDOM: [u64; 4] = [3, 11, 5, 7];

/// A few hundred rows, different in everything, from a small generator.
fn rows() -> Vec<Row> {
    const IPS: [&str; 6] = ["10.0.0.4", "10.0.0.5", "10.0.1.6", "203.0.113.9", "198.51.100.7", "2001:db8::1"];
    const MACS: [&str; 3] = ["A", "B", "C"];
    let mut state = RANDOM[0];
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(RANDOM[1]);
        ((state >> 33) % below) as usize
    };
    let mut row = |_| {
        let nic = next(3);
        let (own, peer, port) = (IPS[nic], IPS[next(6)], [22, 443][next(2)]);
        let row = if next(2) == 0 { outbound(MACS[nic], own, peer, port) } else { inbound(MACS[nic], peer, own, port) };
        let row =
            Row { rule: ["r", "s", "t"][next(3)], acl: ["x", "y"][next(2)], ..row.at(next(20) as u32).flows(next(9) as u32) };
        let row = row.log(["NSG-A", "NSG-B", "VNET-A"][next(3)]);
        if next(4) == 0 { row.denied() } else { row }
    };
    (0..400).map(&mut row).collect()
}

#[test]
fn tables_do_not_depend_on_how_rows_are_spread_over_partials() {
    let rows = rows();
    let whole = format!("{:?}", analyse(vec![partial(&rows)], 5));
    for size in RANDOM {
        let mut partials: Vec<_> = rows.chunks(size as usize * 10).map(partial).collect();
        partials.reverse();
        let mut spread = analyse(partials, 5);
        // Each literal Partial says that its capture points have one record.
        let records: Vec<u64> = analyse(vec![partial(&rows)], 5).tables.capture_points.iter().map(|r| r.records).collect();
        spread.tables.capture_points.iter_mut().zip(records).for_each(|(row, records)| row.records = records);
        assert_eq!(format!("{spread:?}"), whole);
    }
}

#[test]
fn numbers_are_ranks_of_what_they_stand_for() {
    let dataset = dataset(vec![
        partial(&[outbound("B", "10.0.0.9", "2001:db8::1", 22)]),
        partial(&[
            outbound("A", "9.0.0.1", "10.0.0.9", 22).log("VNET-A"),
            Row { rule: "a", ..outbound("A", "9.0.0.1", "9.0.0.1", 1) },
        ]),
    ]);
    assert_eq!(dataset.addresses(), ["9.0.0.1", "10.0.0.9", "2001:db8::1"].map(address));
    assert_eq!(dataset.rules().iter().map(|r| &*r.rule).collect::<Vec<_>>(), ["a", "rule"]);
    let points: Vec<_> = dataset.capture_points().iter().map(|c| (&*c.log_resource, &*c.mac)).collect();
    assert_eq!(points, [("NSG-A", "A"), ("NSG-A", "B"), ("VNET-A", "A")]);
    assert_eq!(dataset.nic_of_capture_point(), [0, 1, 0]);
    assert_eq!(dataset.rows()[1].src_ip, [0, 0]);
    assert_eq!(dataset.window(), Some((1, 2)));
    assert_eq!(dataset.traffic_rows(), 3);
}

#[test]
fn counts_add_up_and_rejects_and_problems_are_sorted() {
    let reject =
        |record| Reject { record, flow: None, group: None, tuple: None, byte_offset: 0, reason: Reason::Time, text: "x".into() };
    let of_blob = |blob: &str, record| {
        let mut partial = partial(&[]);
        partial.rejects.push(RejectRow { blob: blob.into(), reject: reject(record) });
        partial.problems.push(BlobProblem { blob: blob.into(), problem: "cut off".into() });
        partial.counts.tuples_read = 2;
        partial.counts.rejected_by_reason[Reason::Time as usize] = 1;
        partial
    };
    let dataset = dataset(vec![of_blob("b", 0), of_blob("a", 7), of_blob("a", 5)]);
    let order: Vec<_> = dataset.rejects().iter().map(|r| (&*r.blob, r.reject.record)).collect();
    assert_eq!(order, [("a", 5), ("a", 7), ("b", 0)]);
    assert_eq!(dataset.problems().iter().map(|p| &*p.blob).collect::<Vec<_>>(), ["a", "a", "b"]);
    assert_eq!((dataset.counts().tuples_read, dataset.counts().rejected_by_reason[Reason::Time as usize]), (6, 3));
}

#[test]
fn no_rows_give_empty_tables() {
    let aggregates = analyse(Vec::new(), 10);
    assert!(aggregates.tables.traffic_by_pair.is_empty() && aggregates.tables.traffic_by_flow_type.is_empty());
    assert_eq!(aggregates.observed, Default::default());
}

/// Adds outbound contacts of the first address with these (address, port), two of each.
fn contacts(partial: &mut Partial, peers: &[(u32, u16)]) {
    for (row, (dst_ip, dst_port)) in peers.iter().enumerate() {
        let contacts: &mut Contacts = &mut partial.contacts;
        contacts.hour.push(0);
        contacts.capture_point.push(0);
        contacts.direction.push(1);
        contacts.status.push(0);
        contacts.protocol.push(6);
        contacts.src_ip.push(0);
        contacts.dst_ip.push(*dst_ip);
        contacts.dst_port.push(*dst_port);
        contacts.begins.push(2);
        contacts.answered.push(2);
        contacts.unanswered.push(0);
        contacts.unknown.push(0);
        contacts.bytes_src_to_dst.push(10);
        contacts.bytes_dst_to_src.push(20);
        contacts.starts.extend([row as u32 * 10, row as u32 * 10 + 1]);
        contacts.sizes.extend([5, 5]);
        contacts.starts_end.push(contacts.starts.len() as u32);
    }
}

/// The dataset of two hosts, the first of which had contacts with these (address, port), without those that are dropped.
fn without_local_contacts(peers: &[(u32, u16)]) -> Dataset {
    let mut partial = partial(&[outbound("A", "10.0.0.4", "203.0.113.9", 443), outbound("B", "10.0.0.5", "203.0.113.9", 443)]);
    contacts(&mut partial, peers);
    let mut dataset = dataset(vec![partial]);
    let owners = dataset.owners(&no_topology);
    let endpoints = endpoints(&dataset, &owners);
    dataset.drop_local_contacts(&endpoints);
    dataset
}

/// Numbers of the addresses of [`without_local_contacts`].
const PUBLIC_PEER: u32 = 1;
const LOCAL_PEER: u32 = 2;

#[test]
fn outbound_contacts_to_local_addresses_are_dropped_but_for_kept_ports() {
    let dataset = without_local_contacts(&[(LOCAL_PEER, 443), (PUBLIC_PEER, 443), (LOCAL_PEER, 22)]);
    let [contacts] = dataset.contacts() else { panic!("one piece") };
    assert_eq!((&contacts.dst_port[..], &contacts.starts[..]), (&[443, 22][..], &[10, 11, 20, 21][..]));
    assert_eq!((contacts.starts_of(1), contacts.sizes.len(), contacts.rows()), (2..4, 4, 2));
}

#[test]
fn contacts_are_left_where_few_would_be_dropped() {
    let mut peers = vec![(PUBLIC_PEER, 443); 9];
    peers[4].0 = LOCAL_PEER;
    assert_eq!(without_local_contacts(&peers).contacts()[0].rows(), 9);
    peers[5].0 = LOCAL_PEER;
    assert_eq!(without_local_contacts(&peers).contacts()[0].rows(), 7);
    assert_eq!(without_local_contacts(&[(LOCAL_PEER, 443)]).contacts().len(), 0);
}
