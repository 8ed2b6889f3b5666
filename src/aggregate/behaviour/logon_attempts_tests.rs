//! Logon attempts, held against contacts written by hand and against a plain twin.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::aggregate::tests::build::{Row, address, analyse, inbound, outbound, partial};
use crate::schema::Status;
use crate::schema::partial::Partial;

const VM: &str = "10.0.0.4";
const OUTSIDE: &str = "203.0.113.9";

/// Contacts of one row in hour 0, one a second from `from` on (in ms), each of the given size.
struct Tries<'a> {
    row: Row,
    from: u32,
    sizes: &'a [u64],
    answered: u32,
}

/// The Partial of the tries' traffic, with their contacts.
fn with_contacts(tries: &[Tries<'_>]) -> Partial {
    let rows: Vec<Row> = tries.iter().map(|tries| tries.row.clone()).collect();
    let mut all = partial(&rows);
    let contacts = &mut all.contacts;
    for (row, tries) in tries.iter().enumerate() {
        let begins = tries.sizes.len() as u32;
        contacts.hour.push(all.traffic.interval[row] / 6);
        contacts.capture_point.push(all.traffic.capture_point[row]);
        contacts.direction.push(all.traffic.direction[row]);
        contacts.status.push(all.traffic.status[row]);
        contacts.protocol.push(all.traffic.protocol[row]);
        contacts.src_ip.push(all.traffic.src_ip[row]);
        contacts.dst_ip.push(all.traffic.dst_ip[row]);
        contacts.dst_port.push(all.traffic.dst_port[row]);
        contacts.begins.push(begins);
        contacts.answered.push(tries.answered);
        contacts.unanswered.push(begins - tries.answered);
        contacts.unknown.push(0);
        contacts.bytes_src_to_dst.push(tries.sizes.iter().sum());
        contacts.bytes_dst_to_src.push(0);
        contacts.starts.extend((0..begins).map(|i| tries.from + i * 1_000));
        contacts.sizes.extend(tries.sizes);
        contacts.starts_end.push(contacts.starts.len() as u32);
    }
    all
}

fn logons(tries: &[Tries<'_>]) -> Vec<LogonRow> {
    analyse(vec![with_contacts(tries)], 100).tables.logon_attempts
}

#[test]
fn nine_small_contacts_and_a_large_one_are_one_row() {
    let sizes = [1_900, 1_900, 1_900, 2_000, 2_000, 1_900, 1_900, 1_900, 1_900, 90_000];
    let rows = logons(&[Tries { row: inbound("A", OUTSIDE, VM, 22), from: 500, sizes: &sizes, answered: 10 }]);
    let [row] = &rows[..] else { panic!("one row, not {}", rows.len()) };
    assert_eq!((row.key.src_ip, row.key.dst_ip, row.key.dst_port), (address(OUTSIDE), address(VM), 22));
    assert_eq!((row.src_is_local, row.dst_is_local, row.direction, &*row.mac), (false, true, Some(Direction::Inbound), "A"));
    assert_eq!((row.contacts.begins, row.contacts.answered, row.contacts.bytes_sent), (10, 10, 107_300));
    assert_eq!((row.size_median, row.size_max, row.size_max_late), (1_900, 90_000, 90_000));
    assert_eq!((row.first_time, row.last_time), (500, 9_500));
}

#[test]
fn a_large_contact_among_the_first_nine_is_not_late() {
    let sizes = [90_000, 1_900, 1_900, 1_900, 1_900, 1_900, 1_900, 1_900, 1_900, 1_800];
    let rows = logons(&[Tries { row: inbound("A", OUTSIDE, VM, 22), from: 0, sizes: &sizes, answered: 10 }]);
    assert_eq!((rows[0].size_max, rows[0].size_max_late), (90_000, 1_800));
}

#[test]
fn what_the_outside_tried_in_vain_is_left_out_and_what_a_vm_tried_is_kept() {
    let denied = inbound("A", OUTSIDE, VM, 22).denied();
    let vain = Tries { row: denied, from: 0, sizes: &[0, 0], answered: 0 };
    let web = Tries { row: outbound("A", VM, OUTSIDE, 443), from: 0, sizes: &[9], answered: 1 };
    let east_west = Tries { row: outbound("A", VM, "10.0.0.5", 445), from: 0, sizes: &[60], answered: 0 };
    let rows = logons(&[vain, web, east_west]);
    assert_eq!(rows.iter().map(|row| (row.key.dst_port, row.contacts.unanswered)).collect::<Vec<_>>(), [(445, 1)]);
}

#[test]
fn a_contact_that_both_ends_logged_counts_once() {
    let there = Tries { row: outbound("A", VM, "10.0.0.5", 22), from: 0, sizes: &[100, 200, 300], answered: 3 };
    let back = Tries { row: inbound("B", VM, "10.0.0.5", 22), from: 0, sizes: &[100, 200, 300], answered: 3 };
    let rows = logons(&[there, back]);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].contacts.begins, rows[0].size_median, &*rows[0].mac), (3, 200, "A"));
    assert_eq!(rows[0].direction, Some(Direction::Outbound));
}

#[test]
fn an_hour_of_counts_per_minute_has_times_and_no_sizes() {
    let mut all = with_contacts(&[Tries { row: inbound("A", OUTSIDE, VM, 22), from: 0, sizes: &[0; 60], answered: 60 }]);
    all.contacts.begins[0] = 3_000;
    all.contacts.answered[0] = 3_000;
    all.contacts.starts = (0..60).map(|minute| if (10..20).contains(&minute) { 300 } else { 0 }).collect();
    let rows = analyse(vec![all], 100).tables.logon_attempts;
    assert_eq!((rows[0].contacts.begins, rows[0].size_max, rows[0].size_median, rows[0].size_max_late), (3_000, 0, 0, 0));
    assert_eq!((rows[0].first_time, rows[0].last_time), (600_000, 19 * 60_000));
}

#[test]
fn rows_sum_as_a_plain_loop_does() {
    let mut state = 7_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut expected: BTreeMap<(u32, &str, u16), (u64, u64, u64)> = BTreeMap::new();
    let mut tries = Vec::new();
    let sizes = [60, 80, 1_000, 7, 900, 44];
    for _ in 0..300 {
        let dst = ["10.0.0.5", "10.0.0.6", "203.0.113.9"][next(3) as usize];
        let (port, hour) = ([22, 443, 3_389][next(3) as usize], next(4) as u32);
        let (count, is_denied) = (1 + next(6) as usize, next(2) == 0);
        let row = outbound("A", VM, dst, port).at(hour * 6);
        let row = if is_denied { Row { status: Status::Denied, ..row } } else { row };
        let answered = if is_denied { 0 } else { next(count as u64 + 1) as u32 };
        tries.push(Tries { row, from: next(1_000) as u32, sizes: &sizes[..count], answered });
        if port != 443 {
            let sum = expected.entry((hour, dst, port)).or_default();
            *sum = (sum.0 + count as u64, sum.1 + u64::from(answered), sum.2 + sizes[..count].iter().sum::<u64>());
        }
    }
    let rows = logons(&tries);
    let found: BTreeMap<_, _> = rows
        .iter()
        .map(|row| {
            let dst = ["10.0.0.5", "10.0.0.6", "203.0.113.9"].into_iter().find(|dst| address(dst) == row.key.dst_ip).unwrap();
            let contacts = &row.contacts;
            ((row.hour, dst, row.key.dst_port), (contacts.begins, contacts.answered, contacts.bytes_sent))
        })
        .collect();
    assert_eq!((found.len(), &found), (rows.len(), &expected));
    assert!(rows.is_sorted_by_key(|row| (row.hour, row.key)));
}
