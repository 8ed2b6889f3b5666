//! Whose addresses are whose (ARCHITECTURE.md, "Counting in one page").

use super::build::*;
use crate::schema::Address;

fn owned(rows: &[Row]) -> Vec<(String, String)> {
    let owners = dataset(vec![partial(rows)]).owners(&no_topology);
    let text = |addresses: &[Address]| addresses.iter().map(Address::to_string).collect::<Vec<_>>().join(" ");
    owners.interfaces.iter().map(|i| (i.mac.clone(), text(&i.addresses))).collect()
}

fn expect(rows: &[Row], expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(mac, ips)| (mac.to_string(), ips.to_string())).collect();
    assert_eq!(owned(rows), expected);
}

#[test]
fn a_nic_owns_the_sources_of_its_outbound_rows() {
    expect(
        &[
            outbound("A", "10.0.0.9", "8.8.8.8", 53),
            outbound("A", "10.0.0.4", "8.8.8.8", 53),
            inbound("A", "1.1.1.1", "52.1.1.1", 22),
        ],
        &[("A", "10.0.0.4 10.0.0.9")],
    );
}

#[test]
fn a_nic_without_outbound_rows_owns_the_destinations_of_its_inbound_rows() {
    expect(
        &[
            inbound("A", "1.1.1.1", "10.0.0.4", 22),
            inbound("B", "1.1.1.1", "10.0.0.5", 22),
            outbound("B", "10.0.0.6", "1.1.1.1", 1),
        ],
        &[("A", "10.0.0.4"), ("B", "10.0.0.6")],
    );
}

#[test]
fn denied_rows_teach_nothing() {
    expect(&[inbound("A", "1.1.1.1", "10.0.0.4", 22).denied(), outbound("A", "10.9.9.9", "1.1.1.1", 25).denied()], &[("A", "")]);
}

#[test]
fn a_nic_that_forwards_teaches_nothing_whichever_log_shows_it() {
    expect(
        &[outbound("F", "10.0.0.4", "10.0.0.5", 22), outbound("F", "10.0.0.7", "10.0.0.5", 22).log("NSG-Z").forwards()],
        &[("F", "")],
    );
}

#[test]
fn a_nic_of_more_than_256_addresses_teaches_nothing() {
    let texts: Vec<&'static str> = (0..257_u32).map(|i| &*format!("10.1.{}.{}", i / 256, i % 256).leak()).collect();
    let rows: Vec<Row> = texts.iter().map(|ip| outbound("R", ip, "8.8.8.8", 53)).collect();
    assert_eq!(owned(&rows[..256])[0].1.split(' ').count(), 256);
    assert_eq!(owned(&rows)[0].1, "");
    let dataset = dataset(rows.chunks(64).map(partial).collect());
    assert!(dataset.owners(&no_topology).interfaces[0].addresses.is_empty(), "also when no Partial shows them all");
}

#[test]
fn the_topology_knows_better_than_the_rows() {
    let known = |mac: &str| (mac == "F").then(|| vec![address("10.0.0.9"), address("10.0.0.8"), address("10.0.0.8")]);
    let rows = [outbound("F", "10.0.0.4", "10.0.0.5", 22).forwards(), outbound("A", "10.0.0.4", "10.0.0.5", 22)];
    let owners = dataset(vec![partial(&rows)]).owners(&known);
    assert_eq!(owners.interfaces[0].addresses, [address("10.0.0.4")]);
    assert_eq!(owners.interfaces[1].addresses, [address("10.0.0.8"), address("10.0.0.9")]);
}
