//! Properties over random records, held against a plain twin that keeps every key in a tree.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::rollup::append;
use crate::schema::units::MINUTE_MS;

/// Interval, format, mac, rule, direction, status, protocol, encryption text, src, dst, destination port.
pub(super) type Key = (u32, Format, String, String, u8, u8, u8, String, Address, Address, u16);

/// Flows started, flows ended, tuples, unmeasured, the four sums, first and last offset.
pub(super) type Measures = [u64; 10];

prop_compose! {
    pub(super) fn any_tuple()(
        (minute, millisecond) in (0..90_i64, 0..3_i64),
        (state, ends) in (0..4_usize, 0..6_u8),
        (src_port, dst_port) in (0..3_u16, prop::sample::select(vec![22, 443])),
        protocol in prop::sample::select(vec![6, 17]),
        outbound in any::<bool>(),
        encryption in prop::sample::select(vec![0, 2, Encryption::FIRST_UNKNOWN]),
        counters in prop::array::uniform4(0..4_u64),
        all_stated in any::<bool>(),
    ) -> FlowTuple {
        let mut tuple = tuple(['B', 'C', 'E', 'D'][state], minute / 30 * 30 * MINUTE_MS + millisecond);
        (tuple.src_ip, tuple.dst_ip) = (address(ends / 3), address(ends % 3));
        (tuple.src_port, tuple.dst_port, tuple.protocol) = (src_port, dst_port, protocol);
        tuple.direction = Direction::ALL[usize::from(outbound)];
        tuple.encryption = Encryption(encryption);
        let [a, b, c, d] = counters;
        let stated = if all_stated { Counters::ALL_STATED } else { 0b0111 };
        tuple.counters = Counters { packets_src_to_dst: a, bytes_src_to_dst: b, packets_dst_to_src: c, bytes_dst_to_src: d, stated };
        tuple
    }
}

prop_compose! {
    pub(super) fn any_record()(
        groups in prop::collection::vec(prop::collection::vec(any_tuple(), 0..8), 0..5),
        format in prop::sample::select(vec![Format::NsgV2, Format::VnetV4]),
        (content, mac, rejects) in (1..40_u128, 6..8_u32, 0..3_usize),
    ) -> FlowBatch {
        let mut batch = in_format(record(content, &groups), format);
        batch.groups.iter_mut().for_each(|group| group.mac = NameId(mac));
        (0..rejects).for_each(|_| batch.refuse(reject(Reason::Address, Some(0))));
        batch
    }
}

fn any_records() -> impl Strategy<Value = Vec<FlowBatch>> {
    prop::collection::vec(any_record(), 0..12)
}

/// The traffic of a Partial with its indexes resolved; rows of one key are added up.
pub(super) fn traffic_of(partial: &Partial) -> BTreeMap<Key, Measures> {
    let t = &partial.traffic;
    let mut rows = BTreeMap::new();
    for i in 0..t.rows() {
        let point = &partial.capture_points[t.capture_point[i] as usize];
        let encryption = match t.encryption[i].checked_sub(Encryption::FIRST_UNKNOWN) {
            Some(unknown) => partial.encryptions[usize::from(unknown)].to_string(),
            None => Encryption::KNOWN[usize::from(t.encryption[i])].to_string(),
        };
        let key = (
            t.interval[i],
            point.format,
            point.mac.to_string(),
            partial.rules[t.rule[i] as usize].rule.to_string(),
            t.direction[i],
            t.status[i],
            t.protocol[i],
            encryption,
            partial.addresses[t.src_ip[i] as usize],
            partial.addresses[t.dst_ip[i] as usize],
            t.dst_port[i],
        );
        let measures = [
            t.flows_started[i].into(),
            t.flows_ended[i].into(),
            t.tuples[i].into(),
            t.tuples_unmeasured[i].into(),
            t.packets_src_to_dst[i],
            t.bytes_src_to_dst[i],
            t.packets_dst_to_src[i],
            t.bytes_dst_to_src[i],
            t.first_offset[i].into(),
            t.last_offset[i].into(),
        ];
        add_measures(&mut rows, key, measures);
    }
    rows
}

fn add_measures(rows: &mut BTreeMap<Key, Measures>, key: Key, measures: Measures) {
    let sums = rows.entry(key).or_insert([0, 0, 0, 0, 0, 0, 0, 0, u64::MAX, 0]);
    sums.iter_mut().zip(measures).take(8).for_each(|(sum, measure)| *sum += measure);
    sums[8] = sums[8].min(measures[8]);
    sums[9] = sums[9].max(measures[9]);
}

/// The same traffic, tuple by tuple.
fn plain_traffic(settings: Settings, records: &[FlowBatch]) -> BTreeMap<Key, Measures> {
    let dictionary = dictionary();
    let mut seen = Vec::new();
    let mut rows = BTreeMap::new();
    for batch in records {
        if seen.contains(&batch.record.content) {
            continue;
        }
        seen.push(batch.record.content);
        let format = batch.record.format.unwrap();
        for group in &batch.groups {
            for tuple in batch.tuples[group.tuples.clone()].iter().filter(|tuple| settings.holds(tuple.time)) {
                let interval = (tuple.time / settings.interval.ms()) as u32;
                let offset = (tuple.time % settings.interval.ms()) as u64;
                let key = (
                    interval,
                    format,
                    dictionary.names.get(group.mac).to_string(),
                    dictionary.names.get(group.rule).to_string(),
                    tuple.direction as u8,
                    tuple.status as u8,
                    tuple.protocol,
                    dictionary.encryptions.text(tuple.encryption).to_string(),
                    tuple.src_ip,
                    tuple.dst_ip,
                    tuple.dst_port,
                );
                let counted = u64::from(!tuple.state.begins_flow());
                let c = tuple.counters;
                let measures = [
                    tuple.state.begins_flow().into(),
                    (tuple.state == State::End).into(),
                    1,
                    tuple.is_unmeasured(format).into(),
                    c.packets_src_to_dst * counted,
                    c.bytes_src_to_dst * counted,
                    c.packets_dst_to_src * counted,
                    c.bytes_dst_to_src * counted,
                    offset,
                    offset,
                ];
                add_measures(&mut rows, key, measures);
            }
        }
    }
    rows
}

fn sum(column: &[u32]) -> u64 {
    column.iter().map(|value| u64::from(*value)).sum()
}

/// What is left to compare once traffic is: contacts, open flows and coverage of one unit.
fn rest_of(partial: &Partial) -> String {
    let coverage: Vec<_> = partial.coverage.iter().map(|row| (row.capture_point, row.hour, row.tuples)).collect();
    format!("{:?} {:?} {:?} {:?}", partial.contacts, partial.open_flows, coverage, partial.addresses)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn traffic_equals_that_of_a_plain_tree(records in any_records(), hourly in any::<bool>(), windowed in any::<bool>()) {
        let interval = if hourly { crate::schema::units::Interval::Hour } else { crate::schema::units::Interval::TenMinutes };
        let window = windowed.then_some(HOUR + 1);
        let settings = Settings { interval, from: window, to: window.map(|from| from + 31 * MINUTE_MS) };
        let partial = roll(settings, &records);
        let traffic = traffic_of(&partial);
        prop_assert_eq!(partial.traffic.rows(), traffic.len());
        prop_assert_eq!(traffic, plain_traffic(settings, &records));
    }

    #[test]
    fn every_table_adds_up_to_the_tuples_kept(records in any_records()) {
        let partial = roll(Settings::default(), &records);
        let (c, t, contacts) = (&partial.counts, &partial.traffic, &partial.contacts);
        prop_assert_eq!(c.tuples_read, c.tuples_kept + c.tuples_rejected + c.tuples_duplicate + c.tuples_outside_window);
        prop_assert_eq!(c.records, records.len() as u64);
        prop_assert_eq!(sum(&t.tuples), c.tuples_kept);
        prop_assert_eq!(partial.coverage.iter().flat_map(|row| row.tuples).map(|counts| counts.total()).sum::<u64>(), c.tuples_kept);
        prop_assert_eq!(c.by_state.total(), c.tuples_kept);
        prop_assert_eq!(c.by_format.iter().sum::<u64>(), c.tuples_kept);
        prop_assert_eq!(sum(&t.flows_started), c.by_state.begin + c.by_state.denied);
        prop_assert_eq!(sum(&contacts.begins), sum(&contacts.answered) + sum(&contacts.unanswered) + sum(&contacts.unknown));
        prop_assert_eq!(contacts.starts.len(), contacts.begins.iter().sum::<u32>() as usize);
        prop_assert_eq!(contacts.starts_end.last().copied().unwrap_or(0) as usize, contacts.sizes.len());
        let whole = (0..contacts.rows()).all(|row| contacts.starts[contacts.starts_of(row)].is_sorted());
        prop_assert!(whole);
    }

    #[test]
    fn groups_of_a_minute_may_stand_in_one_record_or_in_several(
        mut groups in prop::collection::vec(prop::collection::vec(any_tuple(), 0..8), 0..6),
    ) {
        // Flows that are over for longer are settled between records.
        groups.iter_mut().flatten().for_each(|tuple| tuple.time = HOUR + tuple.time % MINUTE_MS);
        let together = roll(Settings::default(), &[record(1, &groups)]);
        let apart: Vec<_> = (0..groups.len())
            .map(|group| {
                // Only this group holds tuples; the others keep the rules' numbers.
                let only = groups.iter().zip(0..).map(|(tuples, i)| if i == group { tuples.clone() } else { Vec::new() });
                record(group as u128 + 1, &only.collect::<Vec<_>>())
            })
            .collect();
        let apart = roll(Settings::default(), &apart);
        prop_assert_eq!(traffic_of(&together), traffic_of(&apart));
        prop_assert_eq!(rest_of(&together), rest_of(&apart));
    }

    #[test]
    fn units_add_up_however_they_are_appended(units in prop::collection::vec(any_records(), 0..4)) {
        let mut unit = UnitRollup::new(Settings::default());
        let mut builder = PartialBuilder::default();
        let mut appended = Partial::default();
        let mut traffic = BTreeMap::new();
        for records in &units {
            roll_into(&mut unit, records, &mut builder);
            let alone = roll(Settings::default(), records);
            plain_traffic(Settings::default(), records).into_iter().for_each(|(key, measures)| add_measures(&mut traffic, key, measures));
            append(&mut appended, alone);
        }
        let built = builder.take();
        prop_assert_eq!(&format!("{built:?}"), &format!("{appended:?}"));
        prop_assert_eq!(traffic_of(&built), traffic);
    }
}
