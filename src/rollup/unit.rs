//! The rollup of one unit of work: its records in, its rows out.
//!
//! Goes in: decoded records, one after the other. Comes out: rows in a `PartialBuilder`. Everything inside refers to
//! addresses and texts by indexes of the unit, which are translated once, when the unit is finished or suspended.

use std::collections::HashSet;
use std::hint::{black_box, select_unpredictable};
use std::sync::Arc;

use crate::schema::partial::{CapturePoint, Counts, REJECT_ROWS_MAX, RejectRow, Rule};
use crate::schema::{Address, Dictionary, Direction, FlowBatch, FlowGroup, Format, Partial, Reason, Reject};

use super::addresses::{Addresses, LastAddress};
use super::builder::{PartialBuilder, Translation};
use super::coverage::{CoverageRows, Seen};
use super::flows::{FlowState, FlowStates, STATES_MAX};
use super::memory::{BlobPosition, UnitMemory, UnitPoint, UnitRows};
use super::origins::Origins;
use super::traffic::TrafficRows;
use super::{Place, RecordCounts, Settings, flows, traffic};

/// Most records whose place is kept for the next unit. Unit: records; a NIC's hour has 60, split at 32 KB a few hundred.
const CONTENTS_KEPT: usize = 1 << 14;

/// How many tuples of a record are looked up together, whatever their groups, of which many have few. Unit: tuples.
const TUPLES_AT_ONCE: usize = 64;

/// A tuple that waits to be added: where it stands in its batch, where it belongs, and where its rows are looked for.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    tuple: usize,
    place: Place,
    row: traffic::Ahead,
    flow: flows::Ahead,
}

/// Of source and destination the one at the capturing NIC and the other, or the reverse of it. The direction cannot be foreseen: nothing
/// here branches on it.
#[inline]
fn own_and_peer<T: Copy>(direction: Direction, src: T, dst: T) -> (T, T) {
    let is_outbound = direction == Direction::Outbound;
    (select_unpredictable(is_outbound, src, dst), select_unpredictable(is_outbound, dst, src))
}

/// Rolls one unit of work up after the other, keeping its memory.
#[derive(Debug)]
pub struct UnitRollup {
    settings: Settings,
    origins: Origins,
    addresses: Addresses,
    last_own: LastAddress,
    traffic: TrafficRows,
    flows: FlowStates,
    coverage: CoverageRows,
    /// Less than [`TUPLES_AT_ONCE`] of the record at hand.
    waiting: Vec<Waiting>,
    /// Contents of the unit's records.
    contents: HashSet<u128>,
    /// Those of them that it had when it was taken up.
    known_contents: HashSet<u128>,
    blob: Arc<str>,
    /// Where in the blob its first record stands.
    position: BlobPosition,
    /// Reject rows of the blob, by reason.
    reject_rows: [u64; Reason::COUNT],
    rejects: Vec<RejectRow>,
    counts: Counts,
}

impl UnitRollup {
    /// An empty unit.
    pub fn new(settings: Settings) -> Self {
        Self::with_states_max(settings, STATES_MAX)
    }

    pub(super) fn with_states_max(settings: Settings, states_max: usize) -> Self {
        Self {
            settings,
            origins: Origins::default(),
            addresses: Addresses::default(),
            last_own: LastAddress::default(),
            traffic: TrafficRows::new(settings.interval),
            flows: FlowStates::new(states_max),
            coverage: CoverageRows::default(),
            waiting: Vec::new(),
            contents: HashSet::new(),
            known_contents: HashSet::new(),
            blob: Arc::from(""),
            position: BlobPosition::default(),
            reject_rows: [0; Reason::COUNT],
            rejects: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// How many traffic rows the unit has so far.
    pub fn rows(&self) -> usize {
        self.traffic.count()
    }

    /// Begins the next blob of the unit: rejects that follow are listed under `name`.
    pub fn begin_blob(&mut self, name: &Arc<str>) {
        self.blob = Arc::clone(name);
        self.position = BlobPosition::default();
        self.reject_rows = [0; Reason::COUNT];
    }

    /// Takes up a unit of one blob, `name`, that was suspended: what it remembers goes on at `position` of the blob.
    ///
    /// `dictionary` must be the one that the ids of the following batches belong to. Says whether it could be taken up: names that
    /// the dictionary does not take cannot come from a unit.
    pub fn resume(&mut self, name: &Arc<str>, position: BlobPosition, memory: &UnitMemory, dictionary: &mut Dictionary) -> bool {
        self.begin_blob(name);
        self.position = position;
        self.reject_rows = memory.reject_rows;
        self.contents.extend(&memory.contents);
        self.known_contents.extend(&memory.contents);
        self.flows.set_newest(memory.newest);
        let Partial { addresses, capture_points, in_flight, .. } = &memory.flows;
        let points: Option<Vec<u32>> =
            capture_points.iter().map(|point| self.origins.enter_point(point, &mut dictionary.names)).collect();
        let Some(points) = points else { return false };
        for flow in in_flight {
            let at = |list: &[crate::schema::Address], index: u32| list.get(index as usize).copied();
            let ends = at(addresses, flow.src_ip).zip(at(addresses, flow.dst_ip));
            let Some(((src, dst), point)) = ends.zip(points.get(flow.capture_point as usize)) else { return false };
            let (src, dst) = (self.addresses.id(src), self.addresses.id(dst));
            self.flows.resume(Place { src, dst, point: *point, origin: 0 }, flow);
        }
        true
    }

    /// Adds one record and says what became of its tuples.
    ///
    /// A record that the unit has already seen counts as a repeat, whatever it holds. A record that could
    /// not be walked counts as such, and its tuples do not count at all.
    pub fn add(&mut self, batch: &FlowBatch) -> RecordCounts {
        self.counts.records += 1;
        self.flows.begin_record();
        if batch.is_unwalked {
            self.counts.records_rejected += 1;
            self.reject(batch);
            return RecordCounts::default();
        }
        let counts = if batch.record.content == 0 || self.contents.insert(batch.record.content) {
            self.add_new(batch)
        } else {
            self.counts.records_duplicate += 1;
            RecordCounts { duplicate: batch.tuples_read(), ..RecordCounts::default() }
        };
        self.counts.tuples_read += counts.read();
        self.counts.tuples_kept += counts.kept;
        self.counts.tuples_rejected += counts.rejected;
        self.counts.tuples_duplicate += counts.duplicate;
        self.counts.tuples_outside_window += counts.outside_window;
        counts
    }

    /// Writes the unit's rows behind those of `builder` and begins the next unit.
    ///
    /// `dictionary` must be the one that the ids of the unit's batches belong to.
    pub fn finish_into(&mut self, dictionary: &Dictionary, builder: &mut PartialBuilder) -> UnitRows {
        self.flows.finish();
        let rows = self.write(dictionary, builder);
        self.reset();
        rows
    }

    /// Writes what is settled of the unit behind the rows of `builder`; writes behind those of `pending` what its other flows come to if
    /// nothing more is read, and what must be known of them to read on. Begins the next unit.
    ///
    /// Both together are what [`UnitRollup::finish_into`] writes. `dictionary` is as there.
    pub fn suspend_into(
        &mut self,
        dictionary: &Dictionary,
        builder: &mut PartialBuilder,
        pending: &mut PartialBuilder,
    ) -> (UnitRows, UnitRows) {
        self.flows.suspend();
        let rows = self.write(dictionary, builder);
        let before = UnitRows::before(pending);
        let addresses = self.addresses_in_flight(pending);
        let translation = self.translation(dictionary, pending, addresses);
        pending.partial.in_flight.extend(self.flows.in_flight().iter().map(|state| state.in_flight(&translation)));
        self.flows.clear_results();
        self.flows.finish();
        self.write_flows(&translation, pending);
        let pending_rows = before.until(pending);
        self.reset();
        (rows, pending_rows)
    }

    /// How many records were added since the unit was begun or taken up.
    pub fn records(&self) -> u64 {
        self.counts.records
    }

    /// In how many different hours tuples lie that were added since the unit was begun or taken up.
    pub fn hours(&self) -> usize {
        self.coverage.hours()
    }

    /// Time of the newest tuple, ms since the epoch; `i64::MIN` before the first.
    pub fn newest(&self) -> i64 {
        self.flows.newest()
    }

    /// Reject rows of the blob so far, by the code of `Reason`; those of earlier pieces included.
    pub fn reject_rows(&self) -> [u64; Reason::COUNT] {
        self.reject_rows
    }

    /// Contents of the records that were added since the unit was begun or taken up, ascending.
    pub fn new_contents(&self) -> Vec<u128> {
        let mut contents: Vec<u128> = self.contents.difference(&self.known_contents).copied().collect();
        contents.sort_unstable();
        contents
    }

    fn write(&mut self, dictionary: &Dictionary, builder: &mut PartialBuilder) -> UnitRows {
        let before = UnitRows::before(builder);
        let addresses = builder.addresses(self.addresses.list());
        let translation = self.translation(dictionary, builder, addresses);
        self.traffic.write(&self.origins, &translation, builder.traffic_for(self.traffic.count()));
        self.write_flows(&translation, builder);
        let partial = &mut builder.partial;
        for mut row in self.coverage.rows() {
            row.tuples.iter().for_each(|tuples| self.counts.by_state.add(tuples));
            row.capture_point = translation.capture_point(row.capture_point);
            partial.coverage.push(row);
        }
        partial.rejects.append(&mut self.rejects);
        partial.counts.add(&self.counts);
        let points = self.origins.points.iter().zip(0..).map(|(point, index)| UnitPoint {
            capture_point: translation.capture_point(index),
            forwards: self.origins.forwards(index),
            records: point.records,
        });
        UnitRows { points: points.collect(), counts: self.counts, ..before.until(builder) }
    }

    /// Writes contacts and open flows.
    fn write_flows(&mut self, translation: &Translation, builder: &mut PartialBuilder) {
        let partial = &mut builder.partial;
        self.flows.contacts.write(translation, &mut partial.contacts);
        partial.open_flows.extend(self.flows.open.iter().map(|flow| translation.open_flow(*flow)));
    }

    fn reset(&mut self) {
        self.origins.clear();
        self.addresses.clear();
        self.last_own = LastAddress::default();
        self.traffic.clear();
        self.flows.clear();
        self.coverage.clear();
        self.contents.clear();
        self.known_contents.clear();
        self.contents.shrink_to(CONTENTS_KEPT);
        self.reject_rows = [0; Reason::COUNT];
        self.counts = Counts::default();
    }

    fn add_new(&mut self, batch: &FlowBatch) -> RecordCounts {
        self.reject(batch);
        let mut counts = RecordCounts { rejected: batch.tuples_rejected(), ..RecordCounts::default() };
        if let Some(format) = batch.record.format {
            for group in &batch.groups {
                counts.kept += self.add_group(batch, format, group);
            }
            self.add_waiting(batch, format);
            counts.outside_window = batch.tuples.len() as u64 - counts.kept;
            self.counts.by_format[format as usize] += counts.kept;
        }
        counts
    }

    /// Adds the tuples of one group, the last ones apart, which wait, and returns how many of all lie in the window.
    fn add_group(&mut self, batch: &FlowBatch, format: Format, group: &FlowGroup) -> u64 {
        let tuples = batch.tuples.get(group.tuples.clone()).unwrap_or_default();
        let settings = self.settings;
        let mut held = (group.tuples.start..).zip(tuples).filter(|(_, tuple)| settings.holds(tuple.time)).peekable();
        if held.peek().is_none() {
            return 0;
        }
        let origin = self.origins.enter(self.counts.records, &batch.record, format, group);
        let point = self.origins.origins[origin as usize].point;
        let mut kept = 0;
        for (at, tuple) in held {
            let (own, peer) = own_and_peer(tuple.direction, tuple.src_ip, tuple.dst_ip);
            let (own, peer) = (self.last_own.id(own, &mut self.addresses), self.addresses.id(peer));
            let (src, dst) = own_and_peer(tuple.direction, own, peer);
            let place = Place { src, dst, point, origin };
            let (row, flow) = (self.traffic.ahead(place, tuple), self.flows.ahead(place, tuple));
            self.waiting.push(Waiting { tuple: at, place, row, flow });
            kept += 1;
            if self.waiting.len() == TUPLES_AT_ONCE {
                self.add_waiting(batch, format);
            }
        }
        kept
    }

    /// Adds the tuples that wait. Where their rows are looked for is read ahead, so that none waits for its own memory alone.
    fn add_waiting(&mut self, batch: &FlowBatch, format: Format) {
        let mut waiting = std::mem::take(&mut self.waiting);
        let read = |of: &Waiting| self.traffic.read_ahead(of.row) ^ self.flows.read_ahead(of.flow);
        black_box(waiting.iter().fold(0, |all, of| all ^ read(of)));
        let (record, record_time) = (self.counts.records, batch.record.time);
        for of in &waiting {
            let tuple = &batch.tuples[of.tuple];
            let is_unmeasured = tuple.is_unmeasured(format);
            self.add_tuple(of, Seen { point: of.place.point, record, record_time, tuple, is_unmeasured });
        }
        waiting.clear();
        self.waiting = waiting;
    }

    #[inline]
    fn add_tuple(&mut self, &Waiting { place, row, flow, .. }: &Waiting, seen: Seen<'_>) {
        let Seen { tuple, is_unmeasured, .. } = seen;
        self.traffic.add((place, row), tuple, is_unmeasured);
        self.coverage.add(seen);
        if self.flows.add((place, flow), tuple, is_unmeasured)
            && self.flows.went_both_ways((place, flow), tuple, self.origins.undecided_points(place.point))
        {
            self.origins.set_forwards(place.point);
        }
    }

    /// Counts what the record refused, and lists it up to the blob's bound.
    fn reject(&mut self, batch: &FlowBatch) {
        for (sum, count) in self.counts.rejected_by_reason.iter_mut().zip(batch.rejected) {
            *sum += count;
        }
        for reject in &batch.rejects {
            let rows = &mut self.reject_rows[reject.reason as usize];
            if *rows < REJECT_ROWS_MAX {
                *rows += 1;
                let BlobPosition { records, bytes } = self.position;
                let (record, byte_offset) = (reject.record + records, reject.byte_offset + bytes);
                let reject = Reject { record, byte_offset, ..reject.clone() };
                self.rejects.push(RejectRow { blob: Arc::clone(&self.blob), reject });
            }
        }
    }

    /// Enters the addresses of flows in flight into those of `builder`: where each address of the unit went, 0 for those of no such flow.
    fn addresses_in_flight(&self, builder: &mut PartialBuilder) -> Vec<u32> {
        let list = self.addresses.list();
        let mut is_met = vec![false; list.len()];
        self.flows.in_flight().iter().flat_map(FlowState::ends).for_each(|end| is_met[end] = true);
        let met: Vec<usize> = (0..list.len()).filter(|index| is_met[*index]).collect();
        let ids = builder.addresses(&met.iter().map(|index| list[*index]).collect::<Vec<Address>>());
        let mut all = vec![0; list.len()];
        met.iter().zip(ids).for_each(|(index, id)| all[*index] = id);
        all
    }

    /// Enters the unit's other dictionaries into those of `builder`; `addresses` tells where its addresses went.
    fn translation(&self, dictionary: &Dictionary, builder: &mut PartialBuilder, addresses: Vec<u32>) -> Translation {
        let text = |id| Box::from(dictionary.names.get(id));
        let rule = |origin: &super::origins::Origin| Rule { acl: text(origin.acl), rule: text(origin.rule) };
        Translation {
            addresses,
            // By origin, not by rule: a traffic row names its origin.
            rules: self.origins.origins.iter().map(|origin| builder.rule(rule(origin))).collect(),
            encryptions: builder.encryption_codes(dictionary.encryptions.unknown()),
            capture_points: (self.origins.points.iter().zip(0..))
                .map(|(point, index)| {
                    builder.capture_point(CapturePoint {
                        log_resource: text(point.log_resource),
                        mac: text(point.mac),
                        target_resource: text(point.target_resource),
                        format: point.format,
                        forwards: self.origins.forwards(index),
                        records: point.records,
                    })
                })
                .collect(),
        }
    }
}
