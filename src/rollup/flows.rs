//! The state of every flow of a unit, from which contacts, open flows and forwarding NICs are learnt.
//!
//! Goes in: kept tuples with the indexes of their addresses and capture point. Comes out: contacts and open flows.
//! It holds one entry per 5-tuple and direction, however many tuples that has, and needs no order inside a record:
//! groups are not in the order of time, and an end may stand before a begin of the same millisecond.
//!
//! A flow that is over for [`OVER_MS`] when a record begins is settled: a later tuple of its 5-tuple begins another one. So what a flow
//! comes to depends on the order of the records alone, and a unit may be suspended between two of them and read on from the
//! flows that are not settled yet.

use crate::schema::partial::{FlowInFlight, OpenFlow};
use crate::schema::units::MINUTE_MS;
use crate::schema::{Direction, FlowTuple, State, Status};

use super::Place;
use super::builder::Translation;
use super::contacts::{Contact, ContactRows, Outcome, keeps};
use super::index::{Index, Seed, forget};

/// Most entries before those that are settled are dropped. Unit: entries of 96 bytes; range 1 and up: a few minutes of a busy NIC, and
/// little enough to stay in the second cache of a processor.
pub(super) const STATES_MAX: usize = 1 << 12;

/// How long before the newest tuple of the records before a flow must have ended to be settled. Unit: ms. Two minutes:
/// each host logs a minute at a time, so that what belongs to a flow is at most two ticks apart.
const OVER_MS: i64 = 2 * MINUTE_MS;

/// Most packets of a flow to which one packet back is a reset rather than an answer (SYN, its repeat; RST).
const RESET_PACKETS_SENT_MAX: u64 = 2;

/// What an entry is found by. The format needs no place in it: it belongs to the capture point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    /// src, dst.
    pair: u64,
    /// Capture point, source port, destination port.
    path: u64,
    protocol: u8,
    direction: Direction,
    status: Status,
}

/// One flow: its current contact, which is all tuples since the last begin at another time.
#[derive(Clone, Copy, Debug)]
pub(super) struct FlowState {
    key: Key,
    /// Whether the format states no states: then every tuple is a contact and none is open.
    unstated: bool,
    /// Begins of the contact, all of them at `begin_time`; 0 when it began in another unit.
    begins: u32,
    ends: u32,
    unmeasured: u32,
    begin_time: i64,
    first_time: i64,
    last_time: i64,
    packets_src_to_dst: u64,
    bytes_src_to_dst: u64,
    packets_dst_to_src: u64,
    bytes_dst_to_src: u64,
}

/// Where a tuple's flow is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ahead {
    /// Whether it is at all.
    is_wanted: bool,
    /// The hash of its key. Of a flow that is not looked for it is 0, and read ahead all the same: asking would cost more.
    hash: u32,
}

/// The flows of one unit.
#[derive(Debug)]
pub(super) struct FlowStates {
    pub contacts: ContactRows,
    /// Flows whose begin or end is not in the unit; addresses and capture point are indexes of the unit.
    pub open: Vec<OpenFlow>,
    states: Vec<FlowState>,
    index: Index,
    seed: Seed,
    /// Per address the directions of the flows that it is the source of, a bit each.
    source_ways: Vec<u8>,
    newest: i64,
    /// Flows that are over and have no tuple from this moment on are settled.
    settled_before: i64,
    states_max: usize,
    /// How many entries there may be before the next drop.
    drop_at: usize,
}

impl FlowStates {
    /// No flows yet; flows that are over are dropped when there are more than `states_max`.
    pub fn new(states_max: usize) -> Self {
        Self {
            contacts: ContactRows::default(),
            open: Vec::new(),
            states: Vec::new(),
            index: Index::default(),
            seed: Seed::default(),
            source_ways: Vec::new(),
            newest: i64::MIN,
            settled_before: i64::MIN,
            states_max,
            drop_at: states_max,
        }
    }

    /// Begins the next record.
    pub fn begin_record(&mut self) {
        self.settled_before = self.newest.saturating_sub(OVER_MS);
    }

    /// Where the flow of a tuple is looked for.
    ///
    /// Tuples that can tell nothing are skipped: denied ones that begin no flow, and denied inbound ones on ports whose
    /// contacts are not kept (they went nowhere, so that they cannot have been forwarded either).
    #[inline]
    pub fn ahead(&self, place: Place, tuple: &FlowTuple) -> Ahead {
        if tuple.status == Status::Denied && !(tuple.state.begins_flow() && keeps(tuple.direction, tuple.dst_port)) {
            return Ahead { is_wanted: false, hash: 0 };
        }
        Ahead { is_wanted: true, hash: hash(self.seed, &key(place, tuple)) }
    }

    /// See [`Index::read_ahead`].
    #[inline]
    pub fn read_ahead(&self, ahead: Ahead) -> u64 {
        self.index.read_ahead(ahead.hash)
    }

    /// Adds one tuple and says whether its flow is new.
    #[inline]
    pub fn add(&mut self, (place, ahead): (Place, Ahead), tuple: &FlowTuple, unmeasured: bool) -> bool {
        let Ahead { is_wanted: true, hash } = ahead else { return false };
        let begins = tuple.state.begins_flow();
        let (row, mut is_new) = self.row(key(place, tuple), hash, tuple.state);
        let state = &mut self.states[row];
        if !is_new && state.is_settled(self.settled_before) {
            finish_contact(state, &mut self.contacts, &mut self.open);
            state.reset();
            is_new = true;
        }
        if begins {
            if !state.takes_begin(tuple.time) {
                finish_contact(state, &mut self.contacts, &mut self.open);
                state.reset();
            }
            state.begin_time = tuple.time;
            state.begins = state.begins.saturating_add(1);
        }
        state.add(tuple, unmeasured);
        self.newest = self.newest.max(tuple.time);
        is_new
    }

    /// Whether the 5-tuple, its ends being different, also went the other way at one of `nic_points`, the capture points
    /// of its NIC.
    pub fn went_both_ways(&self, (place, ahead): (Place, Ahead), tuple: &FlowTuple, nic_points: &[u32]) -> bool {
        let direction = match tuple.direction {
            Direction::Inbound => Direction::Outbound,
            Direction::Outbound => Direction::Inbound,
        };
        // Of a NIC that does not forward, hardly any address is a source in both directions.
        let may_be = self.source_ways.get(place.src as usize).is_some_and(|ways| ways & way(direction) != 0);
        may_be
            && tuple.src_ip != tuple.dst_ip
            && nic_points.iter().any(|point| {
                let twin = Key { direction, ..key(Place { point: *point, ..place }, tuple) };
                let is_twin = |row: usize| {
                    let state = &self.states[row];
                    Key { status: twin.status, ..state.key } == twin && !state.is_settled(self.settled_before)
                };
                let own = (ahead.is_wanted && *point == place.point).then(|| twin_hash(ahead.hash));
                self.index.find(own.unwrap_or_else(|| hash(self.seed, &twin)), is_twin).is_some()
            })
    }

    /// Finishes all flows; `contacts` and `open` are complete then.
    pub fn finish(&mut self) {
        for state in &self.states {
            finish_contact(state, &mut self.contacts, &mut self.open);
        }
        self.states.clear();
    }

    /// Finishes the flows that are settled once the next record begins; the others are in flight.
    pub fn suspend(&mut self) {
        self.begin_record();
        self.states.retain(|state| {
            let is_settled = state.is_settled(self.settled_before);
            if is_settled {
                finish_contact(state, &mut self.contacts, &mut self.open);
            }
            !is_settled
        });
    }

    /// The flows in flight, in the order first met.
    pub fn in_flight(&self) -> &[FlowState] {
        &self.states
    }

    /// Forgets the contacts and open flows found so far.
    pub fn clear_results(&mut self) {
        self.contacts.clear();
        self.open.clear();
    }

    /// Takes a flow up again, at the capture point and with the addresses of `place`.
    pub fn resume(&mut self, place: Place, flow: &FlowInFlight) {
        let key = Key {
            pair: place.pair(),
            path: u64::from(place.point) << 32 | u64::from(flow.src_port) << 16 | u64::from(flow.dst_port),
            protocol: flow.protocol,
            direction: flow.direction,
            status: flow.status,
        };
        let hash = hash(self.seed, &key);
        let (row, _) = self.row(key, hash, if flow.unstated { State::Unstated } else { State::Continuing });
        self.states[row] = FlowState {
            key,
            unstated: flow.unstated,
            begins: flow.begins,
            ends: flow.ends,
            unmeasured: flow.tuples_unmeasured,
            begin_time: flow.begin_time,
            first_time: flow.first_time,
            last_time: flow.last_time,
            packets_src_to_dst: flow.packets_src_to_dst,
            bytes_src_to_dst: flow.bytes_src_to_dst,
            packets_dst_to_src: flow.packets_dst_to_src,
            bytes_dst_to_src: flow.bytes_dst_to_src,
        };
    }

    /// The time of the newest tuple, ms since the epoch; `i64::MIN` before the first.
    pub fn newest(&self) -> i64 {
        self.newest
    }

    /// Says what the newest tuple of the records before was.
    pub fn set_newest(&mut self, newest: i64) {
        self.newest = newest;
    }

    /// Forgets everything, keeping the memory of a usual unit.
    pub fn clear(&mut self) {
        self.contacts.clear();
        forget(&mut self.open);
        forget(&mut self.states);
        self.index.clear();
        forget(&mut self.source_ways);
        self.newest = i64::MIN;
        self.settled_before = i64::MIN;
        self.drop_at = self.states_max;
    }

    /// The entry of `key`, which has this hash, and whether it is new.
    #[inline(always)]
    fn row(&mut self, key: Key, hash: u32, state: State) -> (usize, bool) {
        let (next, states) = (self.states.len(), &self.states);
        if let Some(row) = self.index.find_or_insert(hash, next, |row| states[row].key == key) {
            return (row, false);
        }
        self.enter(key, state);
        (self.states.len() - 1, true)
    }

    /// Makes the entry of `key`, which the index has already. Apart from the search, which most tuples need alone.
    #[inline(never)]
    fn enter(&mut self, key: Key, state: State) {
        let src = (key.pair >> 32) as usize;
        if self.source_ways.len() <= src {
            self.source_ways.resize(src + 1, 0);
        }
        self.source_ways[src] |= way(key.direction);
        self.states.push(FlowState::new(key, state == State::Unstated));
        if self.states.len() > self.drop_at {
            self.drop_over();
        }
    }

    /// Finishes and drops the flows that are settled, the entry pushed last apart.
    ///
    /// If most are not settled, twice as many may gather before the next try, so that a tuple costs a constant.
    #[cold]
    fn drop_over(&mut self) {
        let last = self.states.len() - 1;
        let mut kept = 0;
        for row in 0..=last {
            let state = self.states[row];
            if row < last && state.is_settled(self.settled_before) {
                finish_contact(&state, &mut self.contacts, &mut self.open);
            } else {
                self.states[kept] = state;
                kept += 1;
            }
        }
        self.states.truncate(kept);
        self.index.clear();
        for (row, state) in self.states.iter().enumerate() {
            self.index.find_or_insert(hash(self.seed, &state.key), row, |_| false);
        }
        self.drop_at = self.states_max.max(kept * 2);
    }
}

impl FlowState {
    fn new(key: Key, unstated: bool) -> Self {
        Self {
            key,
            unstated,
            begins: 0,
            ends: 0,
            unmeasured: 0,
            begin_time: i64::MIN,
            first_time: i64::MAX,
            last_time: i64::MIN,
            packets_src_to_dst: 0,
            bytes_src_to_dst: 0,
            packets_dst_to_src: 0,
            bytes_dst_to_src: 0,
        }
    }

    fn reset(&mut self) {
        *self = Self::new(self.key, self.unstated);
    }

    /// Whether a begin at `time` belongs to the current contact: it repeats its begin, or the contact has none yet and
    /// nothing of it lies before.
    #[inline]
    fn takes_begin(&self, time: i64) -> bool {
        if self.begins > 0 { self.begin_time == time } else { self.first_time >= time }
    }

    #[inline]
    fn add(&mut self, tuple: &FlowTuple, unmeasured: bool) {
        self.first_time = self.first_time.min(tuple.time);
        self.last_time = self.last_time.max(tuple.time);
        self.unmeasured = self.unmeasured.saturating_add(u32::from(unmeasured));
        if matches!(tuple.state, State::Continuing | State::End) {
            let c = &tuple.counters;
            self.ends = self.ends.saturating_add(u32::from(tuple.state == State::End));
            self.packets_src_to_dst = self.packets_src_to_dst.saturating_add(c.packets_src_to_dst);
            self.bytes_src_to_dst = self.bytes_src_to_dst.saturating_add(c.bytes_src_to_dst);
            self.packets_dst_to_src = self.packets_dst_to_src.saturating_add(c.packets_dst_to_src);
            self.bytes_dst_to_src = self.bytes_dst_to_src.saturating_add(c.bytes_dst_to_src);
        }
    }

    fn is_ended(&self) -> bool {
        self.ends >= self.begins.max(1)
    }

    /// Whether nothing more can come of the current contact.
    fn is_over(&self) -> bool {
        self.key.status == Status::Denied || self.unstated || self.is_ended()
    }

    /// Whether it is over and has no tuple from `settled_before` on.
    #[inline]
    fn is_settled(&self, settled_before: i64) -> bool {
        self.last_time < settled_before && self.is_over()
    }

    fn is_open(&self) -> bool {
        self.key.status == Status::Allowed && !self.unstated && !(self.begins > 0 && self.is_ended())
    }

    /// Its ends, as indexes of the unit's addresses.
    pub fn ends(&self) -> [usize; 2] {
        [(self.key.pair >> 32) as usize, self.key.pair as u32 as usize]
    }

    /// The flow as it is kept, with the indexes that `translation` gives.
    pub fn in_flight(&self, translation: &Translation) -> FlowInFlight {
        let key = &self.key;
        FlowInFlight {
            capture_point: translation.capture_point((key.path >> 32) as u32),
            src_ip: translation.address((key.pair >> 32) as u32),
            dst_ip: translation.address(key.pair as u32),
            src_port: (key.path >> 16) as u16,
            dst_port: key.path as u16,
            protocol: key.protocol,
            direction: key.direction,
            status: key.status,
            unstated: self.unstated,
            begins: self.begins,
            ends: self.ends,
            tuples_unmeasured: self.unmeasured,
            begin_time: self.begin_time,
            first_time: self.first_time,
            last_time: self.last_time,
            packets_src_to_dst: self.packets_src_to_dst,
            bytes_src_to_dst: self.bytes_src_to_dst,
            packets_dst_to_src: self.packets_dst_to_src,
            bytes_dst_to_src: self.bytes_dst_to_src,
        }
    }

    fn outcome(&self) -> Outcome {
        let reset_at_most =
            self.packets_dst_to_src == 0 || self.packets_dst_to_src == 1 && self.packets_src_to_dst <= RESET_PACKETS_SENT_MAX;
        if self.key.status == Status::Denied {
            Outcome::Unanswered
        } else if self.unmeasured > 0 || !self.is_ended() {
            Outcome::Unknown
        } else if reset_at_most {
            Outcome::Unanswered
        } else {
            Outcome::Answered
        }
    }
}

/// Hands the current contact on: as a contact if it began here, as an open flow if its begin or end is missing.
#[inline]
fn finish_contact(state: &FlowState, contacts: &mut ContactRows, open: &mut Vec<OpenFlow>) {
    let key = &state.key;
    let (point, dst_port) = ((key.path >> 32) as u32, key.path as u16);
    if state.begins > 0 && keeps(key.direction, dst_port) {
        contacts.add(&Contact {
            pair: key.pair,
            point,
            dst_port,
            protocol: key.protocol,
            direction: key.direction,
            status: key.status,
            time: state.begin_time,
            outcome: state.outcome(),
            bytes_src_to_dst: state.bytes_src_to_dst,
            bytes_dst_to_src: state.bytes_dst_to_src,
        });
    }
    if state.is_open() {
        open.push(OpenFlow {
            capture_point: point,
            src_ip: (key.pair >> 32) as u32,
            dst_ip: key.pair as u32,
            src_port: (key.path >> 16) as u16,
            dst_port,
            protocol: key.protocol,
            direction: key.direction as u8,
            begun: state.begins > 0,
            ended: state.is_ended(),
            tuples_unmeasured: state.unmeasured,
            first_time: state.first_time,
            last_time: state.last_time,
            packets_src_to_dst: state.packets_src_to_dst,
            bytes_src_to_dst: state.bytes_src_to_dst,
            packets_dst_to_src: state.packets_dst_to_src,
            bytes_dst_to_src: state.bytes_dst_to_src,
        });
    }
}

#[inline]
fn key(place: Place, tuple: &FlowTuple) -> Key {
    Key {
        pair: place.pair(),
        path: u64::from(place.point) << 32 | u64::from(tuple.src_port) << 16 | u64::from(tuple.dst_port),
        protocol: tuple.protocol,
        direction: tuple.direction,
        status: tuple.status,
    }
}

/// The hash of a key. Both directions of a 5-tuple differ in the last bit alone, so that looking for the other one
/// after an insert reads the same line of the cache; the status is left to the comparison.
#[inline]
fn hash(seed: Seed, key: &Key) -> u32 {
    seed.hash_three(key.pair, key.path, u64::from(key.protocol)) & !1 | key.direction as u32
}

/// The bit of a direction.
#[inline]
fn way(direction: Direction) -> u8 {
    1 << direction as u8
}

/// The hash of the other direction.
#[inline]
fn twin_hash(hash: u32) -> u32 {
    hash ^ 1
}
