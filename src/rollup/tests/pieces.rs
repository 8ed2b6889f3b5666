//! A unit that is read in pieces comes to the same as one that is read at once, wherever it is cut.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::properties::{any_record, traffic_of};
use super::*;
use crate::rollup::{BlobPosition, UnitMemory, merge_contacts, merge_traffic};
use crate::schema::partial::RejectRow;
use crate::schema::units::MINUTE_MS;

/// A unit as it is found in a workspace: what is settled of every piece, and what is pending of the last one.
#[derive(Default)]
struct Read {
    builder: PartialBuilder,
    memory: Option<UnitMemory>,
    pending: Partial,
    records: u64,
}

impl Read {
    /// Reads `records` on.
    fn go_on(&mut self, records: &[FlowBatch]) {
        let mut unit = UnitRollup::new(Settings::default());
        let mut dictionary = dictionary();
        let blob = Arc::from("PT1H.json");
        match &self.memory {
            None => unit.begin_blob(&blob),
            Some(memory) => {
                let position = BlobPosition { records: self.records, bytes: self.records };
                assert!(unit.resume(&blob, position, memory, &mut dictionary));
            }
        }
        for (batch, index) in records.iter().zip(0..) {
            let mut batch = batch.clone();
            batch.rejects.iter_mut().for_each(|reject| (reject.record, reject.byte_offset) = (index, index));
            unit.add(&batch);
        }
        let mut contents: Vec<u128> = self.memory.take().map(|memory| memory.contents).unwrap_or_default();
        contents.extend(unit.new_contents());
        let (newest, reject_rows) = (unit.newest(), unit.reject_rows());
        let mut pending = PartialBuilder::default();
        let (rows, pending_rows) = unit.suspend_into(&dictionary, &mut self.builder, &mut pending);
        self.records += records.len() as u64;
        self.pending = pending.take();
        assert_eq!(pending_rows.in_flight, 0..self.pending.in_flight.len());
        assert_eq!(rows.counts.records, records.len() as u64);
        let flows = Partial {
            addresses: self.pending.addresses.clone(),
            capture_points: self.pending.capture_points.clone(),
            in_flight: self.pending.in_flight.clone(),
            ..Partial::default()
        };
        self.memory = Some(UnitMemory { newest, reject_rows, contents, flows });
    }

    /// All rows, those of one key summed.
    fn rows(mut self) -> Partial {
        let settled = self.builder.partial_mut();
        assert!(settled.in_flight.is_empty());
        let (counts, points) = (settled.counts, settled.capture_points.clone());
        self.builder.append(std::mem::take(&mut self.pending));
        let mut partial = self.builder.take();
        assert_eq!(partial.counts, counts);
        let (traffic, contacts) = (partial.traffic.rows(), partial.contacts.rows());
        merge_traffic(&mut partial.traffic, &mut vec![0; traffic]);
        merge_contacts(&mut partial.contacts, &mut vec![0; contacts]);
        // The capture points of what is pending are those of the settled rows: their records count once.
        partial.capture_points.iter_mut().zip(points).for_each(|(point, settled)| point.records = settled.records);
        partial
    }
}

/// Everything of a Partial, its indexes resolved, in an order of its own.
fn facts(partial: &Partial) -> BTreeSet<String> {
    let point = |index: u32| {
        let point = &partial.capture_points[index as usize];
        format!("{} {} {:?}", point.log_resource, point.mac, point.format)
    };
    let ends = |src: u32, dst: u32| format!("{:?} {:?}", partial.addresses[src as usize], partial.addresses[dst as usize]);
    let c = &partial.contacts;
    let contacts = (0..c.rows()).map(|row| {
        let at = c.starts_of(row);
        format!(
            "contact {} {} {} {:?} {:?} {:?}",
            point(c.capture_point[row]),
            ends(c.src_ip[row], c.dst_ip[row]),
            c.hour[row],
            (c.direction[row], c.status[row], c.protocol[row], c.dst_port[row]),
            (c.begins[row], c.answered[row], c.unanswered[row], c.unknown[row], c.bytes_src_to_dst[row], c.bytes_dst_to_src[row]),
            (&c.starts[at.clone()], &c.sizes[at]),
        )
    });
    let mut open: Vec<String> = partial
        .open_flows
        .iter()
        .map(|flow| {
            let plain = crate::schema::partial::OpenFlow { capture_point: 0, src_ip: 0, dst_ip: 0, ..*flow };
            format!("open {} {} {plain:?}", point(flow.capture_point), ends(flow.src_ip, flow.dst_ip))
        })
        .collect();
    open.sort();
    let mut coverage: std::collections::BTreeMap<(String, u32), crate::schema::partial::Coverage> = Default::default();
    for row in &partial.coverage {
        let key = (point(row.capture_point), row.hour);
        let row = crate::schema::partial::Coverage { capture_point: 0, ..*row };
        coverage.entry(key).and_modify(|sum| sum.add(&row)).or_insert(row);
    }
    let rejects = partial.rejects.iter().map(|RejectRow { reject, .. }| format!("reject {reject:?}"));
    // A NIC forwards, whichever of its capture points tells it.
    let forwards = |mac: &str| partial.capture_points.iter().any(|point| point.forwards && &*point.mac == mac);
    let points = partial.capture_points.iter().filter(|point| point.records > 0).map(|point| {
        let forwards = forwards(&point.mac);
        format!("point {:?}", crate::schema::partial::CapturePoint { forwards, ..point.clone() })
    });
    let traffic = traffic_of(partial).into_iter().map(|row| format!("traffic {row:?}"));
    let open = open.into_iter().enumerate().map(|(number, flow)| format!("{flow} {number}"));
    let coverage = coverage.into_iter().map(|row| format!("coverage {row:?}"));
    contacts.chain(open).chain(coverage).chain(rejects).chain(points).chain(traffic).collect()
}

/// Checks that `records`, cut before each of `cuts`, come to what they come to at once.
fn check(records: &[FlowBatch], cuts: &[usize]) {
    let mut at_once = Read::default();
    at_once.go_on(records);
    let mut cut = Read::default();
    let mut from = 0;
    for until in cuts.iter().copied().filter(|cut| *cut <= records.len()).chain([records.len()]) {
        let until = until.max(from);
        cut.go_on(&records[from..until]);
        from = until;
    }
    let (at_once, cut) = (at_once.rows(), cut.rows());
    assert_eq!(at_once.counts, cut.counts);
    let (at_once, cut) = (facts(&at_once), facts(&cut));
    let differ: Vec<_> = at_once.symmetric_difference(&cut).collect();
    assert!(differ.is_empty(), "{differ:#?}");
}

/// Records of one flow each, a minute apart.
fn minutes(flows: &[&str]) -> Vec<FlowBatch> {
    (flows.iter().zip(1..))
        .map(|(text, content)| {
            let mut tuples = flow(text);
            tuples.iter_mut().for_each(|tuple| tuple.time += (content as i64 - 1) * MINUTE_MS);
            record(content, &[tuples])
        })
        .collect()
}

#[test]
fn a_flow_that_goes_on_in_the_next_piece_is_one_contact() {
    check(&minutes(&["B10", "C0", "E5"]), &[1, 2]);
    check(&minutes(&["B10 E20", "B10 E20", "E30"]), &[1]);
}

#[test]
fn an_end_that_stands_before_the_next_begin_ends_the_contact_of_the_piece_before() {
    check(&minutes(&["B10", "E20 B20", "E5"]), &[1]);
}

#[test]
fn a_begin_that_repeats_in_the_next_piece_is_the_same_contact() {
    let mut records = minutes(&["B10", "B10 E90"]);
    records[1].tuples.iter_mut().for_each(|tuple| tuple.time -= MINUTE_MS);
    check(&records, &[1]);
}

#[test]
fn contacts_of_two_pieces_turn_into_counts_per_minute_together() {
    let many = |from: i64| (0..500).map(|i| format!("B{} E{}", from + i * 100, from + i * 100 + 1)).collect::<Vec<_>>().join(" ");
    let (first, second) = (many(0), many(0));
    check(&minutes(&[&first, &second]), &[1]);
}

#[test]
fn a_repeated_record_is_dropped_also_when_it_comes_in_the_next_piece() {
    let record = record(7, &[flow("B1 E2")]);
    check(&[record.clone(), record], &[1]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cut_between_records_comes_to_the_same(
        records in prop::collection::vec(any_record(), 0..12),
        mut cuts in prop::collection::vec(0..12_usize, 0..4),
    ) {
        cuts.sort_unstable();
        check(&records, &cuts);
    }

    #[test]
    fn flows_that_are_over_may_be_dropped_at_any_time(
        records in prop::collection::vec(any_record(), 0..12),
        states_max in 1..8_usize,
    ) {
        let mut builder = PartialBuilder::default();
        roll_into(&mut UnitRollup::with_states_max(Settings::default(), states_max), &records, &mut builder);
        prop_assert_eq!(facts(&builder.take()), facts(&roll(Settings::default(), &records)));
    }
}
