//! What detectors read of behaviour, held against rows and contacts written by hand.

use super::build::*;
use crate::enrich::Inventory;
use crate::schema::partial::{CapturePoint, Partial};
use crate::schema::tables::{ContactDay, ContactSeries, FailingHours, PeerHour, SenderHour, Tables};
use crate::schema::{Direction, Format, Status};

/// One row of contacts: who logged it, which way, its ends, its hour and its starts (ms in the hour).
struct Contact {
    mac: &'static str,
    direction: Direction,
    src: &'static str,
    dst: &'static str,
    hour: u32,
    starts: Vec<u32>,
    begins: u32,
}

fn out(mac: &'static str, src: &'static str, dst: &'static str, hour: u32, starts: &[u32]) -> Contact {
    Contact { mac, direction: Direction::Outbound, src, dst, hour, starts: starts.to_vec(), begins: starts.len() as u32 }
}

/// The place of an item, which is added if it is new.
fn place<T: PartialEq>(all: &mut Vec<T>, item: T) -> u32 {
    let at = all.iter().position(|seen| *seen == item).unwrap_or(all.len());
    if at == all.len() {
        all.push(item);
    }
    at as u32
}

/// A Partial of `rows` and `contacts`, each contact answered and of 100 bytes.
fn with_contacts(rows: &[Row], contacts: &[Contact]) -> Partial {
    let mut partial = partial(rows);
    for contact in contacts {
        let point = CapturePoint {
            log_resource: "NSG-A".into(),
            mac: contact.mac.into(),
            target_resource: "".into(),
            format: Format::NsgV2,
            forwards: false,
            records: 1,
        };
        let point = place(&mut partial.capture_points, point);
        let (src, dst) =
            (place(&mut partial.addresses, address(contact.src)), place(&mut partial.addresses, address(contact.dst)));
        let to = &mut partial.contacts;
        to.hour.push(contact.hour);
        to.capture_point.push(point);
        to.direction.push(contact.direction as u8);
        to.status.push(Status::Allowed as u8);
        to.protocol.push(6);
        to.src_ip.push(src);
        to.dst_ip.push(dst);
        to.dst_port.push(443);
        to.begins.push(contact.begins);
        to.answered.push(contact.begins);
        to.unanswered.push(0);
        to.unknown.push(0);
        to.bytes_src_to_dst.push(100 * u64::from(contact.begins));
        to.bytes_dst_to_src.push(0);
        to.starts.extend(&contact.starts);
        to.sizes.extend(contact.starts.iter().map(|_| 100));
        to.starts_end.push(to.starts.len() as u32);
    }
    partial
}

fn series(rows: &[Row], contacts: &[Contact]) -> Vec<ContactSeries> {
    analyse(vec![with_contacts(rows, contacts)], 10).tables.contact_series
}

/// Rows that make 10.0.0.4 of A local in the hours 0 and 1.
fn of_a() -> [Row; 2] {
    [0, 6].map(|interval| outbound("A", "10.0.0.4", "203.0.113.9", 443).at(interval))
}

#[test]
fn contacts_of_a_pair_are_one_series_over_hours() {
    let contacts = [out("A", "10.0.0.4", "203.0.113.9", 1, &[5, 9]), out("A", "10.0.0.4", "203.0.113.9", 0, &[7, 60_000])];
    let found = series(&of_a(), &contacts);
    let [one] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((one.contacts.begins, one.contacts.answered, one.contacts.bytes_sent, &*one.mac), (4, 4, 400, "A"));
    assert_eq!(
        (one.days.as_slice(), one.answered_hours().collect::<Vec<_>>()),
        (&[ContactDay { day: 0, answered: 3 }][..], vec![0, 1])
    );
    assert_eq!((one.regular.len(), one.failing), (0, FailingHours::default()));
}

#[test]
fn fewer_than_four_contacts_and_contacts_to_local_addresses_are_no_series() {
    let of_b = outbound("B", "10.0.0.5", "8.8.8.8", 53);
    let rows = [of_a().to_vec(), vec![of_b]].concat();
    let few = out("A", "10.0.0.4", "203.0.113.9", 0, &[1, 2, 3]);
    let inside = out("A", "10.0.0.4", "10.0.0.5", 0, &[1, 2, 3, 4]);
    assert!(series(&rows, &[few, inside]).is_empty());
}

#[test]
fn contacts_that_a_second_nic_saw_on_the_way_count_once() {
    // C forwards what A sent: it owns neither end, and A logged Outbound rows in the hour.
    let on_the_way = Contact { direction: Direction::Inbound, ..out("C", "10.0.0.4", "203.0.113.9", 0, &[1, 2, 3, 4]) };
    let rows = [of_a().to_vec(), vec![inbound("C", "10.0.0.4", "203.0.113.9", 443).forwards()]].concat();
    let found = series(&rows, &[out("A", "10.0.0.4", "203.0.113.9", 0, &[1, 2, 3, 4]), on_the_way]);
    assert_eq!(found.iter().map(|one| one.contacts.begins).collect::<Vec<_>>(), [4]);
}

/// The tables of behaviour of rows, 203.0.113.9 being on a threat list.
fn behaviour(rows: &[Row]) -> Tables {
    count_with(rows, &Inventory::default(), |endpoints| {
        if endpoints.rows.iter().any(|row| row.address == address("203.0.113.9")) {
            name_threat(endpoints, "203.0.113.9", None);
        }
    })
}

#[test]
fn what_a_host_sends_is_summed_by_hour_and_large_peers_are_told_apart() {
    let sends = |interval, dst, bytes| {
        let row = outbound("A", "10.0.0.4", dst, 443).at(interval);
        Row { bytes: (bytes, 10), ..row }
    };
    let tables = behaviour(&[
        sends(0, "203.0.113.9", 600_000),
        sends(1, "203.0.113.9", 400_000),
        sends(1, "198.51.100.7", 999_999),
        sends(6, "203.0.113.9", 5),
        sends(6, "168.63.129.16", 7),
    ]);
    let told = |row: &SenderHour| (row.hour, row.bytes_sent, row.bytes_received, row.flows, row.mac.clone());
    let hours: Vec<_> = tables.sender_hours.iter().map(told).collect();
    assert_eq!(hours, [(0, 1_999_999, 30, 3, "A".into()), (1, 5, 10, 1, "A".into())]);
    let told = |row: &PeerHour| (row.peer, row.hour, row.bytes_sent, row.flows, row.ports.clone());
    let peers: Vec<_> = tables.peer_hours.iter().map(told).collect();
    assert_eq!(peers, [(address("203.0.113.9"), 0, 1_000_000, 2, vec![443])]);
}

#[test]
fn contacts_with_threats_are_summed_by_who_began() {
    let tables = behaviour(&[
        outbound("A", "10.0.0.4", "203.0.113.9", 443).flows(3),
        outbound("A", "10.0.0.4", "203.0.113.9", 8080).denied(),
        outbound("A", "10.0.0.4", "198.51.100.7", 443),
        inbound("A", "203.0.113.9", "10.0.0.4", 22).flows(2),
    ]);
    let [came, called] = tables.threat_contacts.as_slice() else { panic!("{:?}", tables.threat_contacts) };
    assert_eq!((called.is_outbound, called.flows_allowed, called.flows_denied), (true, 3, 1));
    assert_eq!((called.bytes_sent, called.bytes_received, called.ports.as_slice()), (100, 50, [443, 8080].as_slice()));
    assert_eq!((came.is_outbound, came.flows_allowed, came.bytes_sent, came.bytes_received), (false, 2, 50, 100));
    assert_eq!((called.list.as_str(), called.entry.as_str(), called.age_days), ("list", "203.0.113.9", None));
}
