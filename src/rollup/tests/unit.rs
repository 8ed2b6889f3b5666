//! Windows, repeats, rejects, forwarders, coverage and the bounds of dictionaries.

use super::super::{OTHER_ENCRYPTION, append};
use super::*;
use crate::schema::partial::{REJECT_ROWS_MAX, Rule};
use crate::schema::units::Interval;

#[test]
fn traffic_is_summed_per_interval_and_key() {
    let t = roll_flow("B0 C599999 E600000 E1199999").traffic;
    assert_eq!((t.interval.clone(), t.tuples.clone()), (vec![2_873_478, 2_873_479], vec![2, 2]));
    assert_eq!((t.flows_started, t.flows_ended), (vec![1, 0], vec![0, 2]));
    assert_eq!((t.first_offset, t.last_offset), (vec![0, 0], vec![599_999, 599_999]));
    assert_eq!((t.bytes_src_to_dst, t.bytes_dst_to_src), (vec![100, 200], vec![300, 600]));
    let hourly = roll(Settings { interval: Interval::Hour, ..Settings::default() }, &[record(1, &[flow("B0 E3599999")])]);
    assert_eq!(hourly.traffic.last_offset, [3_599_999]);
}

#[test]
fn counters_of_a_begin_do_not_count() {
    let mut begin = tuple('B', 0);
    begin.counters = tuple('E', 0).counters;
    let partial = roll(Settings::default(), &[record(1, &[vec![begin]])]);
    assert_eq!((partial.traffic.bytes_src_to_dst, partial.contacts.bytes_dst_to_src), (vec![0], vec![0]));
}

#[test]
fn sums_stop_at_the_largest_value() {
    let mut end = tuple('E', 0);
    end.counters.bytes_src_to_dst = u64::MAX / 2 + 1;
    let partial = roll(Settings::default(), &[record(1, &[vec![end; 3]])]);
    assert_eq!((partial.traffic.bytes_src_to_dst, partial.open_flows[0].bytes_src_to_dst), (vec![u64::MAX], u64::MAX));
}

#[test]
fn the_window_is_half_open() {
    let settings = Settings { from: Some(HOUR + 10), to: Some(HOUR + 20), ..Settings::default() };
    let partial = roll(settings, &[record(1, &[flow("B9 B10 B19 B20")]), record(2, &[flow("B5")])]);
    assert_eq!((partial.counts.tuples_kept, partial.counts.tuples_outside_window, partial.counts.tuples_read), (2, 3, 5));
    assert_eq!((partial.traffic.first_offset, partial.traffic.last_offset), (vec![10], vec![19]));
    assert_eq!((partial.capture_points[0].records, partial.coverage[0].records), (1, 1));
}

#[test]
fn a_record_wholly_outside_the_window_leaves_no_trace_but_its_counts() {
    let settings = Settings { to: Some(HOUR), ..Settings::default() };
    let partial = roll(settings, &[record(1, &[flow("B0 E9")])]);
    assert_eq!((partial.counts.records, partial.counts.tuples_outside_window), (1, 2));
    assert!(partial.capture_points.is_empty() && partial.rules.is_empty() && partial.addresses.is_empty());
}

#[test]
fn a_repeated_record_counts_once_in_its_unit_and_again_in_the_next() {
    let mut repeated = record(7, &[flow("B0 E9")]);
    repeated.refuse(reject(Reason::Port, Some(2)));
    let mut unit = UnitRollup::new(Settings::default());
    let mut builder = PartialBuilder::default();
    for _ in 0..2 {
        roll_into(&mut unit, &[repeated.clone(), repeated.clone()], &mut builder);
    }
    let partial = builder.take();
    let c = partial.counts;
    assert_eq!((c.records, c.records_duplicate), (4, 2));
    assert_eq!((c.tuples_kept, c.tuples_rejected, c.tuples_duplicate, c.tuples_read), (4, 2, 6, 12));
    assert_eq!((partial.traffic.tuples, partial.rejects.len()), (vec![2, 2], 2));
    assert_eq!((partial.addresses.len(), partial.rules.len(), partial.capture_points.len()), (2, 1, 1));
    assert_eq!(partial.capture_points[0].records, 2);
}

#[test]
fn a_record_that_could_not_be_walked_counts_as_a_record_only() {
    let mut batch = record(0, &[]);
    batch.record.format = None;
    batch.refuse(reject(Reason::NestedTooDeep, None));
    let partial = roll(Settings::default(), &[batch.clone(), batch]);
    let c = partial.counts;
    assert_eq!((c.records, c.records_rejected, c.records_duplicate, c.tuples_read), (2, 2, 0, 0));
    assert_eq!((c.rejected_by_reason[Reason::NestedTooDeep as usize], partial.rejects.len()), (2, 2));
}

#[test]
fn reject_rows_are_capped_per_blob_and_reason_while_counts_stay_exact() {
    let mut batch = record(1, &[]);
    (0..REJECT_ROWS_MAX + 5).for_each(|_| batch.refuse(reject(Reason::Port, Some(0))));
    batch.refuse(reject(Reason::Time, Some(1)));
    let mut unit = UnitRollup::new(Settings::default());
    for (blob, content) in [("a", 1), ("b", 2)] {
        unit.begin_blob(&Arc::from(blob));
        batch.record.content = content;
        unit.add(&batch);
    }
    let mut builder = PartialBuilder::default();
    unit.finish_into(&dictionary(), &mut builder);
    let partial = builder.take();
    assert_eq!(partial.rejects.len() as u64, 2 * (REJECT_ROWS_MAX + 1));
    assert_eq!(partial.counts.rejected_by_reason[Reason::Port as usize], 2 * (REJECT_ROWS_MAX + 5));
    assert_eq!(partial.counts.tuples_rejected, 2 * (REJECT_ROWS_MAX + 6));
    assert_eq!((&*partial.rejects[0].blob, &*partial.rejects.last().unwrap().blob), ("a", "b"));
}

/// One tuple inbound and the same outbound at MAC0, and one outbound at MAC1.
fn both_ways(change: impl Fn(&mut FlowTuple)) -> Vec<FlowBatch> {
    let (mut inbound, mut outbound) = (tuple('B', 0), tuple('B', 3));
    inbound.direction = Direction::Inbound;
    change(&mut inbound);
    change(&mut outbound);
    let mut other = record(2, &[vec![outbound]]);
    other.groups[0].mac = NameId(7);
    vec![record(1, &[vec![inbound], vec![tuple('B', 9), outbound]]), other]
}

#[test]
fn a_nic_that_passes_a_5_tuple_on_forwards_at_all_its_capture_points() {
    let mut records = both_ways(|t| t.src_port = 7);
    records.push(in_format(record(3, &[flow("B0")]), Format::NsgV2));
    let partial = roll(Settings::default(), &records);
    let forwards: Vec<_> = partial.capture_points.iter().map(|p| (&*p.mac, p.format, p.forwards)).collect();
    let expected = [("MAC0", Format::VnetV4, true), ("MAC1", Format::VnetV4, false), ("MAC0", Format::NsgV2, true)];
    assert_eq!(forwards, expected);
}

#[test]
fn both_directions_in_two_logs_of_one_nic_are_forwarding_too() {
    let mut records = both_ways(|t| t.src_port = 7);
    records.truncate(1);
    let outbound = records[0].groups.pop().unwrap();
    let mut nsg = in_format(records[0].clone(), Format::NsgV2);
    (nsg.groups, nsg.record.content) = (vec![outbound], 9);
    records.push(nsg);
    records[0].tuples.truncate(1);
    let kept: Vec<_> = roll(Settings::default(), &[records[0].clone()]).capture_points;
    assert!(!kept[0].forwards);
    let mut unit = UnitRollup::new(Settings::default());
    for batch in &records {
        unit.add(batch);
    }
    let mut builder = PartialBuilder::default();
    unit.finish_into(&dictionary(), &mut builder);
    assert!(builder.take().capture_points.iter().all(|point| point.forwards));
}

#[test]
fn talking_to_oneself_or_with_other_ports_is_not_forwarding() {
    let own = roll(Settings::default(), &both_ways(|t| t.dst_ip = t.src_ip));
    assert!(own.capture_points.iter().all(|point| !point.forwards));
    let answered = roll(Settings::default(), &both_ways(|t| t.src_port = 7 + t.direction as u16));
    assert!(answered.capture_points.iter().all(|point| !point.forwards));
}

#[test]
fn coverage_counts_records_and_tuples_per_hour_of_the_tuples() {
    let records = [record(1, &[flow("B0 E5 D9"), flow("C3600000")]), record(2, &[flow("C3600001")])];
    let partial = roll(Settings::default(), &records);
    let [first, second] = partial.coverage.as_slice() else { panic!("{:?}", partial.coverage) };
    assert_eq!((first.records, first.tuples[1].begin, first.tuples[1].end, first.tuples[1].denied), (1, 1, 1, 1));
    assert_eq!((first.hour, first.first_time, first.last_time), (478_913, HOUR, HOUR + 9));
    assert_eq!((second.records, second.tuples[1].continuing, second.tuples[0].total()), (2, 2, 0));
    assert_eq!(partial.capture_points[0].records, 2);
    assert_eq!(partial.counts.by_state.total(), 5);
    assert_eq!(partial.counts.by_format, [0, 0, 5]);
}

#[test]
fn coverage_tells_how_long_records_trail_their_tuples() {
    let mut on_time = record(1, &[flow("B0 E60000")]);
    on_time.record.time = Some(HOUR + 64_000);
    let mut late = record(2, &[flow("B1 E300002")]);
    late.record.time = Some(HOUR + 300_002);
    let mut skewed = record(3, &[flow("B900000")]);
    skewed.record.time = Some(HOUR + 898_999);
    let mut unread = record(4, &[flow("B5")]);
    unread.record.time = None;
    let coverage = roll(Settings::default(), &[on_time, late, skewed, unread]).coverage[0];
    // Lags: 64,000 and 4,000; 300,001 (late: over 300,000) and 0; -1,001 (early: below -1,000); none.
    assert_eq!((coverage.lag, coverage.tuples_late, coverage.tuples_early), (Some((-1_001, 300_001)), 1, 1));
    assert_eq!(roll_flow("B0").coverage[0].lag, None);
}

#[test]
fn rows_name_their_rule_and_encryption() {
    let mut odd = tuple('B', 0);
    odd.encryption = Encryption(Encryption::FIRST_UNKNOWN);
    let partial = roll(Settings::default(), &[record(1, &[flow("B0"), vec![odd]])]);
    let rule = |rule: &str| Rule { acl: "VNET".into(), rule: rule.into() };
    assert_eq!(partial.rules, [rule("RULE0"), rule("RULE1")]);
    assert_eq!((partial.traffic.rule, partial.traffic.encryption), (vec![0, 1], vec![2, Encryption::FIRST_UNKNOWN]));
    assert_eq!(*partial.encryptions, ["NX_ODD".into()]);
}

#[test]
fn encryption_texts_beyond_the_codes_share_the_last_one() {
    let mut builder = PartialBuilder::default();
    let texts: Vec<Box<str>> = (0..200).map(|i| format!("A{i}").into()).collect();
    let more: Vec<Box<str>> = (0..200).map(|i| format!("B{i}").into()).collect();
    let (first, second) = (builder.encryption_codes(&texts), builder.encryption_codes(&more));
    let unknown = usize::from(Encryption::FIRST_UNKNOWN);
    assert_eq!((first[0], first[unknown], second[unknown], second[unknown + 199]), (0, 9, 209, 255));
    let partial = builder.take();
    assert_eq!((partial.encryptions.len(), &*partial.encryptions[246]), (247, OTHER_ENCRYPTION));
    let mut again = partial.clone();
    append(&mut again, partial);
    assert_eq!(again.encryptions.len(), 247);
}

#[test]
fn an_address_that_a_partial_holds_twice_keeps_its_indexes() {
    let mut twice = Partial { addresses: vec![address(4), address(4), address(9)], ..Partial::default() };
    append(&mut twice, roll_flow("B0"));
    assert_eq!(twice.addresses, [address(4), address(4), address(9)]);
    assert_eq!((twice.traffic.src_ip, twice.traffic.dst_ip), (vec![0], vec![2]));
}
