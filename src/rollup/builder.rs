//! A Partial that grows: units are written into it and other Partials appended to it.
//!
//! Goes in: texts, addresses, rows. Comes out: a `Partial` whose dictionaries hold each entry once. Rows are only
//! ever appended; no two are summed into one.

use std::collections::HashMap;

use crate::schema::partial::{CapturePoint, FlowInFlight, OpenFlow, Rule, Traffic};
use crate::schema::{Address, Encryption, Format, Partial};

use super::addresses::Addresses;
use super::append::{append_contacts, append_traffic};

/// How many traffic rows a worker should let gather in one Partial. Unit: rows; 72 bytes each. The columns are made
/// for as many, so that they are not moved as they grow.
pub const BLOCK_ROWS: usize = 1 << 18;

/// Rows beyond [`BLOCK_ROWS`] that the columns have room for, since units are not split. Unit: rows.
const SPARE_ROWS: usize = 1 << 14;

/// What stands for all unknown encryption texts that the codes of a Partial do not suffice for.
pub const OTHER_ENCRYPTION: &str = "OTHER";

/// A Partial and the indexes of its dictionaries.
#[derive(Debug, Default)]
pub struct PartialBuilder {
    pub(super) partial: Partial,
    addresses: Addresses,
    rules: HashMap<Rule, u32>,
    capture_points: HashMap<PointKey, u32>,
}

/// What makes a capture point.
#[derive(Debug, PartialEq, Eq, Hash)]
struct PointKey {
    log_resource: Box<str>,
    mac: Box<str>,
    target_resource: Box<str>,
    format: Format,
}

/// Where the indexes of one Partial or unit lie in another one.
#[derive(Debug)]
pub(super) struct Translation {
    pub addresses: Vec<u32>,
    pub rules: Vec<u32>,
    pub capture_points: Vec<u32>,
    /// By code.
    pub encryptions: [u8; 256],
}

impl PartialBuilder {
    /// How many traffic rows there are.
    pub fn rows(&self) -> usize {
        self.partial.traffic.rows()
    }

    /// The Partial being built, for what is counted beside the rows.
    pub fn partial_mut(&mut self) -> &mut Partial {
        &mut self.partial
    }

    /// Hands out the Partial and starts an empty one.
    pub fn take(&mut self) -> Partial {
        self.rules.clear();
        self.capture_points.clear();
        let addresses = self.addresses.take();
        Partial { addresses, ..std::mem::take(&mut self.partial) }
    }

    /// Adds `from`: dictionaries are unified, rows translated, counts summed.
    pub fn append(&mut self, from: Partial) {
        let translation = Translation {
            addresses: self.addresses(&from.addresses),
            rules: from.rules.into_iter().map(|rule| self.rule(rule)).collect(),
            encryptions: self.encryption_codes(&from.encryptions),
            capture_points: from.capture_points.into_iter().map(|point| self.capture_point(point)).collect(),
        };
        let to = &mut self.partial;
        append_traffic(&mut to.traffic, from.traffic, &translation);
        append_contacts(&mut to.contacts, from.contacts, &translation);
        to.open_flows.extend(from.open_flows.into_iter().map(|flow| translation.open_flow(flow)));
        to.in_flight.extend(from.in_flight.into_iter().map(|flow| translation.in_flight(flow)));
        to.coverage.extend(from.coverage.into_iter().map(|mut row| {
            row.capture_point = translation.capture_point(row.capture_point);
            row
        }));
        to.rejects.extend(from.rejects);
        to.problems.extend(from.problems);
        to.counts.add(&from.counts);
    }

    /// The traffic columns, with room for a whole block before the first `rows` are written.
    pub(super) fn traffic_for(&mut self, rows: usize) -> &mut Traffic {
        let traffic = &mut self.partial.traffic;
        if traffic.rows() == 0 && rows > 0 {
            reserve(traffic, rows.max(BLOCK_ROWS + SPARE_ROWS));
        }
        traffic
    }

    /// The indexes of `addresses`, each added if it is new.
    pub(super) fn addresses(&mut self, addresses: &[Address]) -> Vec<u32> {
        self.addresses.ids(addresses)
    }

    /// The index of `rule`, added if it is new.
    pub(super) fn rule(&mut self, rule: Rule) -> u32 {
        if let Some(id) = self.rules.get(&rule) {
            return *id;
        }
        let id = self.partial.rules.len() as u32;
        self.partial.rules.push(rule.clone());
        self.rules.insert(rule, id);
        id
    }

    /// The index of the capture point, added if it is new; what it counts is added to what is there.
    pub(super) fn capture_point(&mut self, point: CapturePoint) -> u32 {
        let key = PointKey {
            log_resource: point.log_resource.clone(),
            mac: point.mac.clone(),
            target_resource: point.target_resource.clone(),
            format: point.format,
        };
        if let Some(id) = self.capture_points.get(&key) {
            let known = &mut self.partial.capture_points[*id as usize];
            known.forwards |= point.forwards;
            known.records += point.records;
            return *id;
        }
        let id = self.partial.capture_points.len() as u32;
        self.partial.capture_points.push(point);
        self.capture_points.insert(key, id);
        id
    }

    /// Which code each code becomes, `unknown` being the texts of the codes from `FIRST_UNKNOWN` on.
    ///
    /// A code is a byte: when the last one is reached it stands for [`OTHER_ENCRYPTION`], whatever the texts.
    pub(super) fn encryption_codes(&mut self, unknown: &[Box<str>]) -> [u8; 256] {
        let mut codes = std::array::from_fn(|code| code as u8);
        for (code, text) in codes[usize::from(Encryption::FIRST_UNKNOWN)..].iter_mut().zip(unknown) {
            *code = self.encryption_code(text);
        }
        codes
    }

    fn encryption_code(&mut self, text: &str) -> u8 {
        let held = &mut self.partial.encryptions;
        let last = usize::from(u8::MAX - Encryption::FIRST_UNKNOWN);
        let index = match held.iter().position(|known| **known == *text) {
            Some(index) => index,
            None if held.len() < last => {
                held.push(text.into());
                held.len() - 1
            }
            None => {
                held.truncate(last);
                held.push(OTHER_ENCRYPTION.into());
                last
            }
        };
        Encryption::FIRST_UNKNOWN + index as u8
    }
}

impl From<Partial> for PartialBuilder {
    fn from(mut partial: Partial) -> Self {
        let addresses = Addresses::from(std::mem::take(&mut partial.addresses));
        let rules = partial.rules.iter().cloned().zip(0..).collect();
        let key = |point: &CapturePoint| PointKey {
            log_resource: point.log_resource.clone(),
            mac: point.mac.clone(),
            target_resource: point.target_resource.clone(),
            format: point.format,
        };
        let capture_points = partial.capture_points.iter().map(key).zip(0..).collect();
        Self { partial, addresses, rules, capture_points }
    }
}

impl Translation {
    /// Where capture point `index` went.
    pub fn capture_point(&self, index: u32) -> u32 {
        self.capture_points[index as usize]
    }

    /// Where address `index` went.
    pub fn address(&self, index: u32) -> u32 {
        self.addresses[index as usize]
    }

    /// The flow with its indexes translated.
    pub fn in_flight(&self, flow: FlowInFlight) -> FlowInFlight {
        FlowInFlight {
            capture_point: self.capture_point(flow.capture_point),
            src_ip: self.address(flow.src_ip),
            dst_ip: self.address(flow.dst_ip),
            ..flow
        }
    }

    /// The flow with its indexes translated.
    pub fn open_flow(&self, flow: OpenFlow) -> OpenFlow {
        OpenFlow {
            capture_point: self.capture_point(flow.capture_point),
            src_ip: self.address(flow.src_ip),
            dst_ip: self.address(flow.dst_ip),
            ..flow
        }
    }
}

/// Makes room for exactly `rows` more rows.
fn reserve(traffic: &mut Traffic, rows: usize) {
    for column in [
        &mut traffic.interval,
        &mut traffic.capture_point,
        &mut traffic.rule,
        &mut traffic.src_ip,
        &mut traffic.dst_ip,
        &mut traffic.flows_started,
        &mut traffic.flows_ended,
        &mut traffic.tuples,
        &mut traffic.tuples_unmeasured,
        &mut traffic.first_offset,
        &mut traffic.last_offset,
    ] {
        column.reserve_exact(rows);
    }
    for column in [&mut traffic.direction, &mut traffic.status, &mut traffic.protocol, &mut traffic.encryption] {
        column.reserve_exact(rows);
    }
    traffic.dst_port.reserve_exact(rows);
    for column in [
        &mut traffic.packets_src_to_dst,
        &mut traffic.bytes_src_to_dst,
        &mut traffic.packets_dst_to_src,
        &mut traffic.bytes_dst_to_src,
    ] {
        column.reserve_exact(rows);
    }
}
