//! One numbering of the addresses, rules, capture points and encryptions of all rows that are counted together.
//!
//! Goes in: the dictionaries of Partials in any order. Comes out: numbers that are ranks: the smaller number is the smaller address,
//! rule or capture point. So no table depends on the order in which Partials came. Holds no rows.

use std::sync::Arc;

use rayon::prelude::*;

use super::acls::Acls;
use super::add_up::add_up;
use crate::schema::partial::{CapturePoint, Rule};
use crate::schema::{Address, Encryption, Partial};

/// What the numbers of rows stand for.
#[derive(Debug, Default)]
pub struct Numbering {
    addresses: Vec<Address>,
    acls: Acls,
    rules: Vec<Rule>,
    encryptions: Vec<Box<str>>,
    capture_points: Vec<CapturePoint>,
    macs: Vec<Arc<str>>,
    nic_of_capture_point: Vec<u32>,
}

/// What stands for the undocumented encryption texts that the codes of a byte do not suffice for.
const OTHER_ENCRYPTION: &str = "other";

impl Numbering {
    /// The numbering of what `partials` refer to.
    pub(super) fn of(partials: &[Partial]) -> Self {
        Self::new(
            partials.iter().flat_map(|p| p.addresses.iter().copied()).collect(),
            partials.iter().flat_map(|p| p.rules.iter().cloned()).collect(),
            partials.iter().flat_map(|p| p.encryptions.iter().cloned()).collect(),
            partials.iter().flat_map(|p| p.capture_points.iter().cloned()).collect(),
        )
    }

    /// The numbering of everything that any of `all` numbers.
    pub(super) fn joined(all: &[&Self]) -> Self {
        Self::new(
            all.iter().flat_map(|n| n.addresses.iter().copied()).collect(),
            all.iter().flat_map(|n| n.rules.iter().cloned()).collect(),
            all.iter().flat_map(|n| n.encryptions.iter().cloned()).collect(),
            all.iter().flat_map(|n| n.capture_points.iter().cloned()).collect(),
        )
    }

    fn new(addresses: Vec<Address>, rules: Vec<Rule>, encryptions: Vec<Box<str>>, points: Vec<CapturePoint>) -> Self {
        let rules = distinct(rules);
        let acls = Acls::of(rules.iter());
        let rules = distinct(rules.iter().map(|rule| acls.rule(rule)).collect());
        let mut encryptions = distinct(encryptions);
        // As many as codes are left.
        encryptions.truncate(usize::from(u8::MAX - Encryption::FIRST_UNKNOWN));
        let capture_points = distinct_points(points);
        let macs = distinct(capture_points.iter().map(|c| c.mac.clone()).collect());
        let nic_of_capture_point = capture_points.iter().map(|c| rank(&macs, &c.mac)).collect();
        let macs = macs.into_iter().map(Arc::from).collect();
        Self { addresses: distinct(addresses), acls, rules, encryptions, capture_points, macs, nic_of_capture_point }
    }

    /// The distinct addresses, ascending; an address's number is its index here.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// The distinct rules, ascending by ACL, then rule. Spellings of one ACL's id that differ in case or by a leading slash are
    /// one ACL, shown by the smallest of them: a VNet log keeps the case of an id that an NSG log writes upper-case.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The text of an encryption code of the rows; empty for "not stated".
    pub fn encryption(&self, code: u8) -> &str {
        let own = || self.encryptions.get(usize::from(code.checked_sub(Encryption::FIRST_UNKNOWN)?));
        Encryption::KNOWN.get(usize::from(code)).copied().or_else(|| own().map(|text| &**text)).unwrap_or(OTHER_ENCRYPTION)
    }

    /// The distinct capture points, ascending by log resource, MAC, target resource and format. `forwards` is true if
    /// it is for any capture point of that MAC.
    pub fn capture_points(&self) -> &[CapturePoint] {
        &self.capture_points
    }

    /// The distinct MACs of the capture points, ascending; a NIC's number is its index here.
    pub fn macs(&self) -> &[Arc<str>] {
        &self.macs
    }

    /// The NIC of each capture point.
    pub fn nic_of_capture_point(&self) -> &[u32] {
        &self.nic_of_capture_point
    }

    /// Gives every reference of `partial` its number. A Partial without rules was read without them: its rows keep theirs, 0.
    pub(super) fn remap(&self, mut partial: Partial) -> Partial {
        let addresses: Vec<u32> = partial.addresses.iter().map(|a| rank(&self.addresses, a)).collect();
        let rules: Vec<u32> = partial.rules.iter().map(|r| rank(&self.rules, &self.acls.rule(r))).collect();
        let points: Vec<u32> = partial.capture_points.iter().map(|c| self.capture_point(c)).collect();
        replace(&mut partial.traffic.src_ip, &addresses);
        replace(&mut partial.traffic.dst_ip, &addresses);
        if !rules.is_empty() {
            replace(&mut partial.traffic.rule, &rules);
        }
        replace(&mut partial.traffic.capture_point, &points);
        let codes: Vec<u8> = partial.encryptions.iter().map(|text| self.encryption_code(text)).collect();
        for code in partial.traffic.encryption.iter_mut().filter(|code| **code >= Encryption::FIRST_UNKNOWN) {
            *code = codes.get(usize::from(*code - Encryption::FIRST_UNKNOWN)).copied().unwrap_or(u8::MAX);
        }
        replace(&mut partial.contacts.src_ip, &addresses);
        replace(&mut partial.contacts.dst_ip, &addresses);
        replace(&mut partial.contacts.capture_point, &points);
        for flow in &mut partial.open_flows {
            flow.src_ip = addresses[flow.src_ip as usize];
            flow.dst_ip = addresses[flow.dst_ip as usize];
            flow.capture_point = points[flow.capture_point as usize];
        }
        for row in &mut partial.coverage {
            row.capture_point = points[row.capture_point as usize];
        }
        partial
    }

    /// The code of a text that is not documented; texts that the codes do not suffice for share the last one.
    fn encryption_code(&self, text: &str) -> u8 {
        let place = self.encryptions.binary_search_by(|held| (**held).cmp(text)).ok();
        place.and_then(|place| u8::try_from(place).ok()?.checked_add(Encryption::FIRST_UNKNOWN)).unwrap_or(u8::MAX)
    }

    /// The number of the capture point with the key of `point`.
    fn capture_point(&self, point: &CapturePoint) -> u32 {
        self.capture_points.binary_search_by(|c| key(c).cmp(&key(point))).expect("every capture point is in the union") as u32
    }
}

/// What makes a capture point one.
fn key(point: &CapturePoint) -> impl Ord + '_ {
    (&point.log_resource, &point.mac, &point.target_resource, point.format)
}

/// The distinct capture points, their records added up.
fn distinct_points(mut points: Vec<CapturePoint>) -> Vec<CapturePoint> {
    points.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
    let forwarding = distinct(points.iter().filter(|c| c.forwards).map(|c| c.mac.clone()).collect());
    add_up(&mut points, |a, b| key(a) == key(b), |kept, next| kept.records += next.records);
    for point in &mut points {
        point.forwards = forwarding.binary_search(&point.mac).is_ok();
    }
    points
}

/// Sorts and drops repeats.
fn distinct<T: Ord + Send>(mut all: Vec<T>) -> Vec<T> {
    all.par_sort_unstable();
    all.dedup();
    all
}

/// The index of `item` in `sorted`, which holds it.
fn rank<T: Ord>(sorted: &[T], item: &T) -> u32 {
    sorted.binary_search(item).expect("every item is in the union") as u32
}

/// Replaces every index by what `map` has for it.
fn replace(column: &mut [u32], map: &[u32]) {
    for index in column {
        *index = map[*index as usize];
    }
}
