//! Estates and flows from proptest, and the logs that their NICs write of them.
//!
//! Goes in: proptest's choices. Comes out: what happened, and for each NIC the blob it logged: begins, the traffic since
//! its last tick at every tick, the rest at the end. Counts nothing.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr};

use azflow::schema::units::Interval;
use proptest::prelude::*;

use crate::logs::{HOUR, blob, nsg, vnet};

/// Source, destination, destination port, protocol.
pub type Key = (String, String, u16, u8);

/// The NIC of an appliance that flows pass through; it owns none of their addresses.
pub const APPLIANCE: &str = "000D3A0000FF";

/// Seconds between two tuples of a flow that goes on.
const TICK: i64 = 300;

/// Destination ports and protocols.
const PORTS: [(u16, u8); 4] = [(443, 6), (1433, 6), (53, 17), (8080, 6)];

/// Which flow logs a NIC appears in.
#[derive(Clone, Copy, Debug)]
pub enum Logs {
    Nsg,
    Vnet,
    Both,
}

/// A NIC of the estate.
#[derive(Clone, Debug)]
pub struct Nic {
    pub mac: String,
    pub v4: String,
    pub v6: String,
    pub logs: Logs,
    /// Second of its ticks within [`TICK`].
    pub phase: i64,
}

/// An end of a flow: a NIC by its index, or an address elsewhere.
#[derive(Clone, Debug)]
pub struct End {
    pub nic: Option<usize>,
    pub address: String,
}

/// Traffic of one second.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    pub second: i64,
    pub packets_there: u64,
    pub bytes_there: u64,
    pub packets_back: u64,
    pub bytes_back: u64,
}

/// A flow as it happened.
#[derive(Clone, Debug)]
pub struct Flow {
    pub src: End,
    pub dst: End,
    pub src_port: u16,
    pub port: (u16, u8),
    pub start: i64,
    /// In order of time; the last is the end.
    pub events: Vec<Event>,
    /// Whether the destination's NIC denied it. What its source had sent counts nonetheless.
    pub is_denied: bool,
}

/// An estate and what happened in it.
#[derive(Clone, Debug)]
pub struct Generated {
    pub nics: Vec<Nic>,
    pub flows: Vec<Flow>,
    pub interval: Interval,
}

/// Which ends log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    Sources,
    Destinations,
    Both,
}

impl Flow {
    pub fn key(&self) -> Key {
        (self.src.address.clone(), self.dst.address.clone(), self.port.0, self.port.1)
    }

    /// Traffic that a capture point can know of: none where the only one is the NIC that denied.
    pub fn left(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|_| !self.is_denied || self.src.nic.is_some())
    }

    /// Whether it passes the appliance: a part of those between NICs, if they are let through.
    pub fn is_on_the_way(&self) -> bool {
        !self.is_denied && self.src_port.is_multiple_of(2)
    }
}

impl Generated {
    /// The estate in azflow's own TOML.
    pub fn topology(&self) -> String {
        let mut text = String::new();
        for vnet in 0..3 {
            let _ = write!(text, "[[vnet]]\nname = \"vnet-{vnet}\"\nprefixes = [\"10.{vnet}.0.0/16\", \"fd00:{vnet}::/48\"]\n");
            for subnet in 0..2 {
                let prefixes = format!("[\"10.{vnet}.{subnet}.0/24\", \"fd00:{vnet}:0:{subnet}::/64\"]");
                let _ = write!(text, "[[vnet.subnet]]\nname = \"subnet-{subnet}\"\nprefixes = {prefixes}\n");
            }
        }
        for nic in &self.nics {
            let Nic { mac, v4, v6, .. } = nic;
            let _ = write!(text, "[[interface]]\nname = \"nic-{mac}\"\nmac = \"{mac}\"\naddresses = [\"{v4}\", \"{v6}\"]\n");
        }
        let _ = write!(text, "[[interface]]\nname = \"appliance\"\nmac = \"{APPLIANCE}\"\naddresses = [\"10.0.1.250\"]\n");
        text
    }
}

/// The VNet of an address of [`Generated::topology`]; `None` for one elsewhere.
pub fn vnet_of(address: &str) -> Option<u16> {
    match address.parse().ok()? {
        IpAddr::V4(v4) => (v4.octets()[0] == 10).then(|| u16::from(v4.octets()[1])),
        IpAddr::V6(v6) => (v6.segments()[0] == 0xfd00).then(|| v6.segments()[1]),
    }
}

fn nics(count: usize) -> impl Strategy<Value = Vec<Nic>> {
    let logs = prop_oneof![Just(Logs::Nsg), Just(Logs::Vnet), Just(Logs::Both)];
    prop::collection::vec((0u16..3, 0u16..2, logs, 0i64..TICK), count).prop_map(|nics| {
        let nic = |(index, (vnet, subnet, logs, phase)): (usize, (u16, u16, Logs, i64))| Nic {
            mac: format!("000D3A0000{index:02}"),
            v4: format!("10.{vnet}.{subnet}.{}", 4 + index),
            v6: Ipv6Addr::new(0xfd00, vnet, 0, subnet, 0, 0, 0, 4 + index as u16).to_string(),
            logs,
            phase,
        };
        nics.into_iter().enumerate().map(nic).collect()
    })
}

/// A flow without its ends: places to pick them by, and what happened.
type Happened = (usize, usize, bool, usize, i64, Vec<(i64, u64, u64)>, u8);

/// Starts within an hour and a half, goes on for at most forty minutes: no hour lies wholly between begin and end.
fn happened() -> impl Strategy<Value = Happened> {
    let events = prop::collection::vec((0i64..480, 1u64..2_000, 0u64..4_000), 1..6);
    (0usize..64, 0usize..64, any::<bool>(), 0usize..PORTS.len(), 0i64..5_400, events, 0u8..8)
}

fn flow(index: usize, (src, dst): (End, End), (_, _, _, port, start, steps, kind): Happened) -> Flow {
    let mut second = start;
    let events = steps.into_iter().map(|(gap, there, back)| {
        second += gap;
        Event {
            second,
            packets_there: there.div_ceil(1_000),
            bytes_there: there,
            packets_back: back.div_ceil(1_000),
            bytes_back: back,
        }
    });
    let src_port = 10_000 + index as u16;
    let is_denied = kind == 0 && dst.nic.is_some();
    Flow { events: events.collect(), src, dst, src_port, port: PORTS[port], start, is_denied }
}

fn end(nics: &[Nic], nic: usize, is_v6: bool) -> End {
    End { nic: Some(nic), address: if is_v6 { nics[nic].v6.clone() } else { nics[nic].v4.clone() } }
}

fn elsewhere(number: usize, is_v6: bool) -> End {
    let address = if is_v6 { format!("2001:db8::{}", 1 + number % 3) } else { format!("203.0.113.{}", 1 + number % 3) };
    End { nic: None, address }
}

fn interval() -> impl Strategy<Value = Interval> {
    prop_oneof![Just(Interval::TenMinutes), Just(Interval::Hour)]
}

/// NICs of which the first half only begin flows and the others only take them; every flow is let through.
pub fn client_of_server() -> impl Strategy<Value = Generated> {
    (2usize..5, 1usize..4).prop_flat_map(|(clients, servers)| {
        (nics(clients + servers), prop::collection::vec(happened(), 1..12), interval()).prop_map(
            move |(nics, happened, interval)| {
                let flows = happened.into_iter().enumerate().map(|(index, happened)| {
                    let (src, dst, is_v6) = (happened.0 % clients, clients + happened.1 % servers, happened.2);
                    let ends = (end(&nics, src, is_v6), end(&nics, dst, is_v6));
                    Flow { is_denied: false, ..flow(index, ends, happened) }
                });
                Generated { flows: flows.collect(), nics, interval }
            },
        )
    })
}

/// NICs that talk with each other and with addresses elsewhere; some flows are denied where they arrive.
pub fn estate() -> impl Strategy<Value = Generated> {
    (2usize..6).prop_flat_map(|count| {
        (nics(count), prop::collection::vec(happened(), 1..14), interval()).prop_map(move |(nics, happened, interval)| {
            let flows = happened.into_iter().enumerate().map(|(index, happened)| {
                let (one, other, is_v6) = (happened.0 % count, happened.1, happened.2);
                // One step further round than `one`, so that no NIC talks with itself.
                let peer = || end(&nics, (one + 1 + other % (count - 1)) % count, is_v6);
                let ends = match other % 5 {
                    0 => (end(&nics, one, is_v6), elsewhere(other, is_v6)),
                    1 => (elsewhere(other, is_v6), end(&nics, one, is_v6)),
                    _ => (end(&nics, one, is_v6), peer()),
                };
                flow(index, ends, happened)
            });
            Generated { flows: flows.collect(), nics, interval }
        })
    })
}

/// A tuple with its second, as both formats write it.
struct Tuple {
    second: i64,
    vnet: String,
    nsg: String,
}

fn tuple(flow: &Flow, second: i64, direction: char, state: char, traffic: Option<&Event>) -> Tuple {
    let (src, dst, (port, protocol)) = (&flow.src.address, &flow.dst.address, flow.port);
    let ends = format!("{src},{dst},{},{port}", flow.src_port);
    let counters = |empty: &str| match traffic {
        Some(e) => format!("{},{},{},{}", e.packets_there, e.bytes_there, e.packets_back, e.bytes_back),
        None => empty.to_owned(),
    };
    let time = HOUR + second;
    let letter = if protocol == 6 { 'T' } else { 'U' };
    let decision = if state == 'D' { "D,B".to_owned() } else { format!("A,{state}") };
    Tuple {
        second,
        vnet: format!("{time}000,{ends},{protocol},{direction},{state},NX,{}", counters("0,0,0,0")),
        nsg: format!("{time},{ends},{letter},{direction},{decision},{}", counters(",,,")),
    }
}

/// What a NIC whose ticks fall on `phase` logs of a flow that is let through.
fn logged(flow: &Flow, direction: char, phase: i64) -> Vec<Tuple> {
    let mut tuples = vec![tuple(flow, flow.start, direction, 'B', None)];
    let end = flow.events.last().map_or(flow.start, |event| event.second);
    let tick_of = |second: i64| (second - phase).div_euclid(TICK) * TICK + phase + TICK;
    let mut since: Option<Event> = None;
    for event in &flow.events {
        if let Some(sum) = since.take_if(|sum| tick_of(sum.second) <= event.second) {
            tuples.push(tuple(flow, tick_of(sum.second), direction, 'C', Some(&sum)));
        }
        since = Some(since.map_or(*event, |sum| Event {
            packets_there: sum.packets_there + event.packets_there,
            bytes_there: sum.bytes_there + event.bytes_there,
            packets_back: sum.packets_back + event.packets_back,
            bytes_back: sum.bytes_back + event.bytes_back,
            ..sum
        }));
    }
    tuples.push(tuple(flow, end, direction, 'E', since.as_ref()));
    tuples
}

/// The blobs of every NIC that logs, in its formats.
pub fn blobs(nics: &[Nic], flows: &[Flow], capture: Capture) -> Vec<String> {
    let mut blobs = Vec::new();
    for (index, nic) in nics.iter().enumerate() {
        let mut tuples = Vec::new();
        for flow in flows {
            if flow.src.nic == Some(index) && capture != Capture::Destinations {
                tuples.extend(logged(flow, 'O', nic.phase));
            }
            if flow.dst.nic == Some(index) && capture != Capture::Sources {
                match flow.is_denied {
                    true => tuples.push(tuple(flow, flow.start, 'I', 'D', None)),
                    false => tuples.extend(logged(flow, 'I', nic.phase)),
                }
            }
        }
        tuples.sort_by_key(|tuple| tuple.second);
        if tuples.is_empty() {
            continue;
        }
        let texts = |text: fn(&Tuple) -> &String| tuples.iter().map(text).collect::<Vec<&String>>();
        if !matches!(nic.logs, Logs::Nsg) {
            blobs.push(blob(&[vnet(&nic.mac, "t", "Rule", &texts(|tuple| &tuple.vnet))]));
        }
        if !matches!(nic.logs, Logs::Vnet) {
            blobs.push(blob(&[nsg(&nic.mac, "t", "Rule", &texts(|tuple| &tuple.nsg))]));
        }
    }
    blobs
}

/// What an appliance logs of the flows that pass it: each comes in and goes out.
pub fn appliance(flows: &[Flow]) -> String {
    let passing = flows.iter().filter(|flow| flow.is_on_the_way());
    let mut tuples: Vec<Tuple> = passing.flat_map(|flow| logged(flow, 'I', 7).into_iter().chain(logged(flow, 'O', 7))).collect();
    tuples.sort_by_key(|tuple| tuple.second);
    let texts: Vec<&String> = tuples.iter().map(|tuple| &tuple.vnet).collect();
    blob(&[vnet(APPLIANCE, "t", "Rule", &texts)])
}
