//! What one conversation adds to which sum: by address, port, pair, conversation, subnets, flow type, country, region, sender.
//!
//! Goes in: all pairs of two addresses at once. Comes out: sums per number, which add up across workers. Knows no names,
//! no rows and no time.

use std::hint::black_box;

use super::pairs::{Pair, port_key};
use super::places::{COUNTRIES, Place, Places};
use super::senders::Senders;
use super::sums::Sums;
use super::top::Top;
use crate::schema::FlowType;
use crate::schema::tables::{Measures, PairMeasures};

/// Sums per key of everything that follows from a pair. Numbers are the dataset's and those of [`Places`].
pub(super) struct PairSums {
    /// Per address.
    pub by_ip: Vec<AddressSums>,
    /// Per [`port_key`].
    pub by_port: Sums<PairMeasures>,
    /// Per subnets of source and destination, the source's in the upper 32 bits.
    pub matrix: Sums<PairMeasures>,
    /// Per code of the flow type; `None` without a pair.
    pub by_flow_type: Vec<Option<Measures>>,
    /// Per country of the end that is not local; `None` without a pair.
    pub by_country: Vec<Option<Measures>>,
    /// Per Azure region of the end that is not local; `None` without a pair.
    pub by_region: Vec<Option<Measures>>,
    /// The top pairs, per [`Pair::key`].
    pub pairs: Top<u128>,
    /// The top conversations.
    pub conversations: Top<Conversation>,
    /// Who sends to the Internet.
    pub senders: Senders,
}

/// The sums of one address.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AddressSums {
    /// Inbound: it is the destination.
    pub measures: Measures,
    /// Distinct addresses it has a pair with; 0 where no row of it counts.
    pub peers: u32,
    /// Whether one of its pairs is of type MaliciousFlow.
    pub is_malicious: bool,
}

/// What tells one conversation from another, and what is said of it. Ordered by its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Conversation {
    /// The smaller address.
    pub least: u32,
    /// The greater address; the same for one that talks to itself.
    pub greatest: u32,
    /// Distinct ports and protocols.
    pub ports: u32,
    /// The [`port_key`] with the most bytes, then flows, then the smaller.
    pub top_port: u32,
    /// MaliciousFlow if any pair of it is.
    pub flow_type: FlowType,
}

impl PairSums {
    /// No sums yet; `top_rows` is how many pairs and conversations are kept.
    pub fn new(places: &Places<'_>, top_rows: usize) -> Self {
        Self {
            by_ip: vec![AddressSums::default(); places.of.len()],
            by_port: Sums::default(),
            matrix: Sums::default(),
            by_flow_type: vec![None; FlowType::ALL.len()],
            by_country: vec![None; COUNTRIES],
            by_region: vec![None; places.regions()],
            pairs: Top::new(top_rows),
            conversations: Top::new(top_rows),
            senders: Senders::default(),
        }
    }

    /// Reads what [`PairSums::add`] will need of a pair's addresses and port.
    pub fn read_ahead(&self, pair: Pair, places: &Places<'_>) {
        self.by_port.read_ahead(u128::from(port_key(pair.dst_port, pair.protocol)));
        black_box(places.flow_types.of(pair.src_ip, pair.dst_ip, pair.dst_port));
        for address in [pair.src_ip as usize, pair.dst_ip as usize] {
            black_box((places.of[address].subnet, self.by_ip[address].measures.flows_inbound_allowed, self.by_ip[address].peers));
        }
    }

    /// Adds a conversation: all pairs of two addresses, ascending by port and protocol.
    pub fn add(&mut self, pairs: impl Iterator<Item = (Pair, PairMeasures)>, places: &Places<'_>) {
        let mut pairs = pairs.peekable();
        let Some(&(Pair { src_ip, dst_ip, .. }, _)) = pairs.peek() else { return };
        let (least, greatest) = (src_ip.min(dst_ip), src_ip.max(dst_ip));
        let mut ways = [Way::default(), Way::default()];
        let mut ports = Ports::default();
        for (pair, mut measures) in pairs {
            let flow_type = places.flow_types.of(pair.src_ip, pair.dst_ip, pair.dst_port);
            if flow_type == FlowType::MaliciousFlow {
                measures.flows_malicious_allowed = measures.flows_allowed;
                measures.flows_malicious_denied = measures.flows_denied;
            }
            let port = port_key(pair.dst_port, pair.protocol);
            ports.add(port, &measures);
            ways[usize::from(pair.src_ip > pair.dst_ip)].add(flow_type, &measures);
            self.by_port.entry(u128::from(port)).add(&measures);
            self.senders.add_port(&pair, &measures, places);
            self.pairs.push(pair.key(), measures);
        }
        let [there, back] = ways;
        let flow_type = Way::flow_type(&there, &back);
        let mut both = PairMeasures::default();
        if let Some(sums) = self.add_way(&there, (least, greatest), places) {
            both.add(&sums);
        }
        if let Some(sums) = self.add_way(&back, (greatest, least), places) {
            both.add(&turned(&sums));
        }
        self.meet(least, greatest, flow_type);
        let (ports, top_port) = ports.finish();
        self.conversations.push(Conversation { least, greatest, ports, top_port, flow_type }, both);
    }

    /// Adds what `src` began with `dst`, and gives its sum; `None` if there is nothing.
    fn add_way(&mut self, way: &Way, (src, dst): (u32, u32), places: &Places<'_>) -> Option<PairMeasures> {
        let (at_src, at_dst) = (&places.of[src as usize], &places.of[dst as usize]);
        let end = End::by_locality(at_src, at_dst);
        let mut sum: Option<PairMeasures> = None;
        for (flow_type, measures) in [way.benign, way.malicious].into_iter().flatten() {
            add_at(self.by_flow_type[flow_type as usize].get_or_insert_default(), &measures, end);
            sum.get_or_insert_default().add(&measures);
        }
        let sum = sum?;
        add_at(&mut self.by_ip[src as usize].measures, &sum, End::Source);
        add_at(&mut self.by_ip[dst as usize].measures, &sum, End::Destination);
        self.matrix.entry(u128::from(at_src.subnet) << 32 | u128::from(at_dst.subnet)).add(&sum);
        let (country, region) = match (at_src.is_local, at_dst.is_local) {
            (_, false) => (at_dst.country, at_dst.region),
            (false, true) => (at_src.country, at_src.region),
            (true, true) => (0, 0),
        };
        add_at(self.by_country[usize::from(country)].get_or_insert_default(), &sum, end);
        add_at(self.by_region[region as usize].get_or_insert_default(), &sum, end);
        self.senders.add_peer((src, dst), &sum, places);
        Some(sum)
    }

    /// Both addresses have one peer more.
    fn meet(&mut self, least: u32, greatest: u32, flow_type: FlowType) {
        let ends = if least == greatest { &[least][..] } else { &[least, greatest] };
        for address in ends {
            let sums = &mut self.by_ip[*address as usize];
            sums.peers += 1;
            sums.is_malicious |= flow_type == FlowType::MaliciousFlow;
        }
    }

    /// Adds what another worker summed of other conversations.
    pub fn merge(mut self, other: Self) -> Self {
        for (sum, more) in self.by_ip.iter_mut().zip(&other.by_ip) {
            sum.measures.add(&more.measures);
            sum.peers += more.peers;
            sum.is_malicious |= more.is_malicious;
        }
        other.by_port.rows().iter().for_each(|(key, more)| self.by_port.entry(*key).add(more));
        other.matrix.rows().iter().for_each(|(key, more)| self.matrix.entry(*key).add(more));
        for (sums, others) in [
            (&mut self.by_flow_type, other.by_flow_type),
            (&mut self.by_country, other.by_country),
            (&mut self.by_region, other.by_region),
        ] {
            for (sum, more) in sums.iter_mut().zip(others) {
                if let Some(more) = more {
                    sum.get_or_insert_default().add(&more);
                }
            }
        }
        self.pairs.merge(other.pairs);
        self.conversations.merge(other.conversations);
        self.senders.merge(other.senders);
        self
    }
}

/// What one of two addresses began with the other. A threat list may name an address for one port, so that a way can have
/// two flow types.
#[derive(Default)]
struct Way {
    benign: Option<(FlowType, PairMeasures)>,
    malicious: Option<(FlowType, PairMeasures)>,
}

impl Way {
    fn add(&mut self, flow_type: FlowType, measures: &PairMeasures) {
        let sum = if flow_type == FlowType::MaliciousFlow { &mut self.malicious } else { &mut self.benign };
        sum.get_or_insert((flow_type, PairMeasures::default())).1.add(measures);
    }

    /// The type of a conversation.
    fn flow_type(there: &Self, back: &Self) -> FlowType {
        let found = there.malicious.or(back.malicious).or(there.benign).or(back.benign);
        found.map_or(FlowType::Unknown, |(flow_type, _)| flow_type)
    }
}

/// Counts the ports of a conversation, which come in ascending order, and finds the top one.
#[derive(Default)]
struct Ports {
    count: u32,
    current: PortSum,
    top: PortSum,
}

#[derive(Clone, Copy, Default)]
struct PortSum {
    key: u32,
    bytes: u64,
    flows: u64,
}

impl Ports {
    fn add(&mut self, key: u32, measures: &PairMeasures) {
        if self.count == 0 || self.current.key != key {
            self.settle();
            self.count += 1;
            self.current = PortSum { key, bytes: 0, flows: 0 };
        }
        self.current.bytes += measures.bytes();
        self.current.flows += measures.flows();
    }

    /// Compares the port whose pairs have all been added; of equal ones the first stays.
    fn settle(&mut self) {
        let rank = |port: &PortSum| (port.bytes, port.flows);
        if self.count <= 1 || rank(&self.current) > rank(&self.top) {
            self.top = self.current;
        }
    }

    /// How many ports, and the key of the top one.
    fn finish(mut self) -> (u32, u32) {
        self.settle();
        (self.count, self.top.key)
    }
}

/// The end whose view of a pair is added.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its flows go out.
    Source,
    /// Its flows come in.
    Destination,
}

impl End {
    /// Inbound is what comes to a local address from one that is not; everything else is outbound.
    fn by_locality(src: &Place, dst: &Place) -> Self {
        if dst.is_local && !src.is_local { Self::Destination } else { Self::Source }
    }
}

/// Adds a pair as one of its ends sees it.
fn add_at(sum: &mut Measures, pair: &PairMeasures, end: End) {
    let seen = if end == End::Source { *pair } else { turned(pair) };
    let (allowed, denied) = match end {
        End::Source => (&mut sum.flows_outbound_allowed, &mut sum.flows_outbound_denied),
        End::Destination => (&mut sum.flows_inbound_allowed, &mut sum.flows_inbound_denied),
    };
    *allowed += seen.flows_allowed;
    *denied += seen.flows_denied;
    sum.bytes_received += seen.bytes_received;
    sum.bytes_sent += seen.bytes_sent;
    sum.packets_received += seen.packets_received;
    sum.packets_sent += seen.packets_sent;
    sum.tuples_unmeasured += seen.tuples_unmeasured;
    sum.flows_malicious_allowed += seen.flows_malicious_allowed;
    sum.flows_malicious_denied += seen.flows_malicious_denied;
}

/// The same traffic seen from the other end.
pub(super) fn turned(pair: &PairMeasures) -> PairMeasures {
    PairMeasures {
        bytes_received: pair.bytes_sent,
        bytes_sent: pair.bytes_received,
        packets_received: pair.packets_sent,
        packets_sent: pair.packets_received,
        ..*pair
    }
}

/// A pair as its source sees it: all of it outbound.
pub(super) fn outbound(pair: &PairMeasures) -> Measures {
    let mut measures = Measures::default();
    add_at(&mut measures, pair, End::Source);
    measures
}
