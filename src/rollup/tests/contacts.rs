//! Contacts and open flows, order by order.

use super::*;
use crate::schema::partial::{OpenFlow, STARTS_MAX};

/// What the flows of a unit came to: contacts by outcome, and open flows as (begun, ended).
#[derive(Debug, PartialEq)]
struct Seen {
    answered: u32,
    unanswered: u32,
    unknown: u32,
    open: Vec<(bool, bool)>,
}

fn seen(partial: &Partial) -> Seen {
    let c = &partial.contacts;
    let outcomes = c.answered.iter().sum::<u32>() + c.unanswered.iter().sum::<u32>() + c.unknown.iter().sum::<u32>();
    assert_eq!(c.begins.iter().sum::<u32>(), outcomes);
    Seen {
        answered: c.answered.iter().sum(),
        unanswered: c.unanswered.iter().sum(),
        unknown: c.unknown.iter().sum(),
        open: partial.open_flows.iter().map(|flow| (flow.begun, flow.ended)).collect(),
    }
}

#[test]
fn every_order_of_begins_and_ends_gives_the_same_contacts() {
    let both = |n| Seen { answered: n, unanswered: 0, unknown: 0, open: vec![] };
    for (orders, expected) in [
        (vec!["B0 E60", "E0 B0", "B0 C10 C20 E30", "C5 B5 E9", "E60 B0"], both(1)),
        (vec!["B0 E60 B100 E160", "B0 E0 B1 E1"], both(2)),
        // Equal 5-tuples of one millisecond are one contact, which must end as often as it begins.
        (vec!["B0 E0 B0 B0 E5 E9", "B0 B0 E0 E0", "B0 B0 E5 E5", "E0 B0 E0", "B0 E0 B0 E5"], both(1)),
        // Not ended until open flows are stitched.
        (vec!["B0", "B0 C5", "B0 B0 E0"], Seen { answered: 0, unanswered: 0, unknown: 1, open: vec![(true, false)] }),
        (vec!["B0 B50 E60"], Seen { answered: 1, unanswered: 0, unknown: 1, open: vec![(true, false)] }),
        (vec!["E0 B10 E20"], Seen { answered: 1, unanswered: 0, unknown: 0, open: vec![(false, true)] }),
        (vec!["E0", "C0 E5", "C0 C1 E2"], Seen { answered: 0, unanswered: 0, unknown: 0, open: vec![(false, true)] }),
        (vec!["C0", "C0 C9"], Seen { answered: 0, unanswered: 0, unknown: 0, open: vec![(false, false)] }),
    ] {
        for order in orders {
            assert_eq!(seen(&roll_flow(order)), expected, "{order}");
        }
    }
}

#[test]
fn a_begin_repeated_around_its_end_is_one_contact() {
    // BEBBEB as logged: the first end and the second begin carry the millisecond of the first begin.
    let partial = roll_flow("B0 E0 B0 B7 E7 B7");
    assert_eq!(seen(&partial), Seen { answered: 0, unanswered: 0, unknown: 2, open: vec![(true, false), (true, false)] });
    assert_eq!(partial.contacts.starts, [0, 7]);
}

#[test]
fn an_end_in_an_earlier_group_than_its_begin_is_of_one_contact() {
    let across = roll(Settings::default(), &[record(1, &[flow("E8"), flow("B8")])]);
    assert_eq!(seen(&across), Seen { answered: 1, unanswered: 0, unknown: 0, open: vec![] });
    assert_eq!(across.traffic.rows(), 2);
}

#[test]
fn nothing_or_a_reset_coming_back_is_unanswered() {
    for (sent, back, answered) in [(1, 0, 0), (9, 0, 0), (1, 1, 0), (2, 1, 0), (3, 1, 1), (2, 2, 1)] {
        let mut tuples = flow("B0 E60");
        tuples[1].counters.packets_src_to_dst = sent;
        tuples[1].counters.packets_dst_to_src = back;
        let partial = roll(Settings::default(), &[record(1, &[tuples])]);
        assert_eq!((partial.contacts.answered[0], partial.contacts.unanswered[0]), (answered, 1 - answered), "{sent} {back}");
    }
}

#[test]
fn each_denied_attempt_is_an_unanswered_contact_and_never_an_open_flow() {
    let partial = roll_flow("D0 D3000 D3000 D9000");
    assert_eq!(seen(&partial), Seen { answered: 0, unanswered: 3, unknown: 0, open: vec![] });
    assert_eq!(partial.contacts.starts, [0, 3000, 9000]);
    assert_eq!(partial.traffic.flows_started, [4]);
}

#[test]
fn an_attempt_denied_at_first_and_allowed_later_is_of_two_rows() {
    let partial = roll_flow("D0 B3000 E4000");
    assert_eq!(seen(&partial), Seen { answered: 1, unanswered: 1, unknown: 0, open: vec![] });
    assert_eq!(partial.contacts.status.len(), 2);
}

#[test]
fn v1_contacts_are_unknown_and_never_open() {
    let mut tuples = flow("U0 U0 U1000 U2000");
    tuples[3].status = Status::Denied;
    let partial = roll(Settings::default(), &[in_format(record(1, &[tuples]), Format::NsgV1)]);
    assert_eq!(seen(&partial), Seen { answered: 0, unanswered: 1, unknown: 2, open: vec![] });
    let states = partial.counts.by_state;
    assert_eq!((states.unstated, states.denied, states.begin), (3, 1, 0));
    assert_eq!(partial.traffic.flows_started, [3, 1]);
    assert_eq!(partial.traffic.tuples_unmeasured, [3, 1]);
}

#[test]
fn an_unmeasured_contact_is_unknown_though_it_ended() {
    let mut tuples = flow("B0 E60");
    tuples[1].counters = Counters::default();
    let partial = roll(Settings::default(), &[record(1, &[tuples])]);
    assert_eq!(seen(&partial), Seen { answered: 0, unanswered: 0, unknown: 1, open: vec![] });
    assert_eq!(partial.traffic.tuples_unmeasured, [1]);
}

#[test]
fn a_row_of_many_contacts_keeps_counts_per_minute() {
    let begins = |n: usize| (0..n as i64).map(|i| tuple('D', (n as i64 - i) * 4_000)).collect::<Vec<_>>();
    let full = roll(Settings::default(), &[record(1, &[begins(STARTS_MAX)])]).contacts;
    assert_eq!((full.begins[0] as usize, full.starts.len(), full.sizes.len()), (STARTS_MAX, STARTS_MAX, STARTS_MAX));
    assert!(full.starts.is_sorted());

    let over = roll(Settings::default(), &[record(1, &[begins(STARTS_MAX + 80)])]).contacts;
    assert_eq!((over.begins[0] as usize, over.starts.len(), over.sizes.len()), (STARTS_MAX + 80, 60, 60));
    assert_eq!(over.starts.iter().sum::<u32>() as usize, STARTS_MAX + 80);
    assert_eq!((over.starts[0], over.starts[1], over.starts[59]), (14, 15, 0));
}

#[test]
fn starts_of_rows_that_take_turns_are_sorted_and_keep_their_sizes() {
    let mut tuples = Vec::new();
    for (peer, offset) in [(9, 500), (8, 400), (9, 100), (8, 300), (9, 300)] {
        for state in ['B', 'E'] {
            let mut t = tuple(state, offset);
            (t.dst_ip, t.src_port) = (address(peer), offset as u16);
            t.counters.bytes_src_to_dst = if state == 'E' { offset as u64 } else { 0 };
            tuples.push(t);
        }
    }
    let contacts = roll(Settings::default(), &[record(1, &[tuples])]).contacts;
    assert_eq!(contacts.starts, [100, 300, 500, 300, 400]);
    assert_eq!(contacts.sizes, [100, 300, 500, 300, 400]);
    assert_eq!((contacts.starts_of(0), contacts.starts_of(1)), (0..3, 3..5));
    assert_eq!(contacts.bytes_src_to_dst, [900, 700]);
    assert_eq!(contacts.bytes_dst_to_src, [900, 600]);
}

#[test]
fn a_contact_lies_in_the_hour_of_its_begin() {
    let contacts = roll_flow("B3599999 E3600500 B3600600 E3600700").contacts;
    assert_eq!(contacts.hour, [478_913, 478_914]);
    assert_eq!(contacts.starts, [3_599_999, 600]);
}

#[test]
fn inbound_contacts_are_kept_on_management_and_database_ports_only() {
    let inbound = |port| {
        let mut tuples = flow("B0 E9 D20 B50");
        tuples.iter_mut().for_each(|t| (t.direction, t.dst_port) = (Direction::Inbound, port));
        roll(Settings::default(), &[record(1, &[tuples])])
    };
    let seen_at = |port| seen(&inbound(port));
    assert_eq!(seen_at(3389), Seen { answered: 1, unanswered: 1, unknown: 1, open: vec![(true, false)] });
    assert_eq!(seen_at(443), Seen { answered: 0, unanswered: 0, unknown: 0, open: vec![(true, false)] });
}

#[test]
fn an_open_flow_carries_its_5_tuple_times_and_sums() {
    let partial = roll_flow("C10 C40 E70");
    let expected = OpenFlow {
        capture_point: 0,
        src_ip: 0,
        dst_ip: 1,
        src_port: 50_000,
        dst_port: 443,
        protocol: 6,
        direction: 1,
        begun: false,
        ended: true,
        tuples_unmeasured: 0,
        first_time: HOUR + 10,
        last_time: HOUR + 70,
        packets_src_to_dst: 6,
        bytes_src_to_dst: 300,
        packets_dst_to_src: 9,
        bytes_dst_to_src: 900,
    };
    assert_eq!(partial.open_flows, [expected]);
    assert_eq!(partial.addresses, [address(4), address(9)]);
}

#[test]
fn a_full_table_drops_flows_that_are_over_without_changing_the_result() {
    let mut tuples = Vec::new();
    for port in 1..=400_i64 {
        for (state, after) in [('B', 0), ('E', 50)] {
            // Every tenth stays open to the end of the hour.
            let after = if port % 10 == 0 && state == 'E' { 3_000_000 - port * 5_000 } else { after };
            let mut t = tuple(state, port * 5_000 + after);
            t.src_port = port as u16;
            tuples.push(t);
        }
    }
    tuples.sort_by_key(|t| t.time);
    // What is over is told between records.
    let records: Vec<_> = tuples.chunks(50).zip(1..).map(|(tuples, content)| record(content, &[tuples.to_vec()])).collect();
    let mut builder = PartialBuilder::default();
    let mut unit = UnitRollup::with_states_max(Settings::default(), 64);
    roll_into(&mut unit, &records, &mut builder);
    let (small, whole) = (builder.take(), roll(Settings::default(), &records));
    assert_eq!(seen(&small), seen(&whole));
    assert_eq!(seen(&small), Seen { answered: 400, unanswered: 0, unknown: 0, open: vec![] });
    assert_eq!((small.contacts.starts, small.contacts.sizes), (whole.contacts.starts, whole.contacts.sizes));
}
