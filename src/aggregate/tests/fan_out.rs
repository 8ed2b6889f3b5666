//! Who tried many and got no answer.

use super::build::*;
use crate::schema::tables::FAN_OUT_MIN;

const A: &str = "10.0.0.4";

fn host(number: usize) -> &'static str {
    format!("10.0.7.{number}").leak()
}

/// One packet of a flow goes out and nothing comes back.
fn silent(row: Row) -> Row {
    Row { packets: (1, 0), bytes: (60, 0), ..row }
}

#[test]
fn many_silent_hosts_on_one_port_are_one_row() {
    let tries = (0..FAN_OUT_MIN).map(|i| silent(outbound("A", A, host(i), 445)).at(i as u32 % 6));
    let mut rows: Vec<Row> = tries.collect();
    rows.push(Row { packets: (9, 9), ..outbound("A", A, host(99), 445) });
    let tables = count(&rows).tables;
    assert!(tables.port_fan_out.is_empty());
    let [row] = &tables.host_fan_out[..] else { panic!("one row, not {}", tables.host_fan_out.len()) };
    assert_eq!((row.hour, row.src_ip, row.dst_port, row.dst_ip, row.protocol), (0, address(A), Some(445), None, 6));
    assert_eq!(row.unanswered, (0..FAN_OUT_MIN).map(|i| address(host(i))).collect::<Vec<_>>());
    assert_eq!((row.answered, row.flows, row.flows_denied, row.bytes_sent), (1, 10, 0, 600));
    assert_eq!((row.src_is_local, row.dst_is_local, &*row.mac), (true, false, "A"));
    assert_eq!((row.first_time, row.last_time), (1, 5 * 600_000 + 2));
}

#[test]
fn many_refused_ports_of_one_host_are_one_row() {
    let rows: Vec<Row> = (0..12).map(|i| inbound("A", "203.0.113.9", A, 1_000 + i).flows(2).denied()).collect();
    let tables = count(&rows).tables;
    let [row] = &tables.port_fan_out[..] else { panic!("one row, not {}", tables.port_fan_out.len()) };
    assert_eq!((row.dst_ip, row.dst_port), (Some(address(A)), None));
    assert_eq!(row.unanswered, (1_000..1_012).collect::<Vec<u16>>());
    assert_eq!((row.flows, row.flows_denied), (24, 24));
    assert!(tables.host_fan_out.is_empty());
}

#[test]
fn nine_hosts_or_hosts_of_two_hours_or_answered_ones_are_no_row() {
    let silent_at = |i: usize, interval| silent(outbound("A", A, host(i), 445)).at(interval);
    let nine: Vec<Row> = (0..FAN_OUT_MIN - 1).flat_map(|i| [silent_at(i, 0), silent_at(i, 1), silent_at(i, 2)]).collect();
    let two_hours: Vec<Row> = (0..FAN_OUT_MIN).map(|i| silent_at(i, i as u32 % 2 * 6)).collect();
    let answered: Vec<Row> = (0..FAN_OUT_MIN).map(|i| outbound("A", A, host(i), 445)).collect();
    let unmeasured: Vec<Row> = (0..FAN_OUT_MIN).map(|i| Row { unmeasured: 1, ..silent_at(i, 0) }).collect();
    for rows in [nine, two_hours, answered, unmeasured] {
        assert!(count(&rows).tables.host_fan_out.is_empty());
    }
}

#[test]
fn what_left_allowed_and_was_denied_at_its_destination_counts_once_as_denied() {
    let mut rows = Vec::new();
    for i in 0..FAN_OUT_MIN {
        let mac = format!("N{i}").leak();
        rows.push(inbound(mac, "203.0.113.9", host(i), 443));
        rows.push(silent(outbound("A", A, host(i), 22)).flows(3));
        rows.push(inbound(mac, A, host(i), 22).flows(2).denied());
    }
    let tables = count(&rows).tables;
    let [row] = &tables.host_fan_out[..] else { panic!("one row, not {}", tables.host_fan_out.len()) };
    assert_eq!((row.flows, row.flows_denied, row.bytes_sent, row.dst_is_local), (30, 20, 600, true));
}

#[test]
fn an_answer_in_another_interval_of_the_hour_is_an_answer() {
    let begun = (0..FAN_OUT_MIN).map(|i| silent(outbound("A", A, host(i), 445)));
    let ended = (0..FAN_OUT_MIN).map(|i| Row { packets: (4, 9), ..outbound("A", A, host(i), 445).flows(0).at(1) });
    assert!(count(&begun.chain(ended).collect::<Vec<_>>()).tables.host_fan_out.is_empty());
}

#[test]
fn many_rows_of_few_hosts_are_suspected_and_cleared() {
    // Nine hosts on one port, each in six intervals: more rows than hosts that make a row.
    let few = (0..FAN_OUT_MIN - 1).flat_map(|i| (0..6).map(move |interval| silent(outbound("A", A, host(i), 445)).at(interval)));
    let tables = count(&few.clone().collect::<Vec<_>>()).tables;
    assert!(tables.host_fan_out.is_empty() && tables.port_fan_out.is_empty());
    // A tenth makes one, with a row that two protocols do not share.
    let other = |protocol| Row { protocol, ..silent(outbound("A", A, host(50), 445)) };
    assert!(count(&few.clone().chain([other(17)]).collect::<Vec<_>>()).tables.host_fan_out.is_empty());
    let tables = count(&few.chain([other(6)]).collect::<Vec<_>>()).tables;
    assert_eq!(tables.host_fan_out.iter().map(|row| row.unanswered.len()).collect::<Vec<_>>(), [FAN_OUT_MIN]);
}

#[test]
fn an_outside_source_that_tries_hosts_of_many_interfaces_is_one_row() {
    let tried = (0..FAN_OUT_MIN).map(|i| inbound(format!("N{i}").leak(), "203.0.113.9", host(i), 22).denied().at(i as u32 % 6));
    let tables = count(&tried.collect::<Vec<_>>()).tables;
    let [row] = &tables.host_fan_out[..] else { panic!("one row, not {}", tables.host_fan_out.len()) };
    assert_eq!((&*row.mac, row.flows_denied, row.unanswered.len()), ("N0", 10, FAN_OUT_MIN));
}
