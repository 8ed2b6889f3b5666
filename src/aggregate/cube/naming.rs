//! Names the ends of a cube, and says what was folded.
//!
//! Goes in: the addresses with traffic, and which node each is told as. Comes out: an end per node that has rows, and what the names
//! lack. A fold tells of its addresses what they have in common. Sums nothing.

use std::collections::BTreeSet;

use super::ends::Traits;
use crate::aggregate::attributes::Attributes;
use crate::aggregate::sums::Sums;
use crate::enrich::Endpoints;
use crate::schema::Address;
use crate::schema::tables::{CubeCut, CubeEnd};

/// What is known of the addresses, by their numbers.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub addresses: &'a [Address],
    pub endpoints: &'a Endpoints,
    pub traits: &'a [Traits],
    /// By the number of an interface; the first is the empty text.
    pub interfaces: &'a [&'a str],
}

/// The addresses of one node.
#[derive(Clone, Copy, Debug)]
struct Members {
    /// The smallest.
    first: usize,
    count: u32,
    same_subnet: bool,
    same_vnet: bool,
    same_interface: bool,
    same_vm: bool,
    same_country: bool,
    has_rows: bool,
}

impl Members {
    fn of(first: usize) -> Self {
        let (same_subnet, same_vnet, same_interface, same_vm, same_country) = (true, true, true, true, true);
        Self { first, count: 0, same_subnet, same_vnet, same_interface, same_vm, same_country, has_rows: false }
    }

    fn add(&mut self, address: usize, known: &Known<'_>) {
        let (first, next) = (&known.traits[self.first], &known.traits[address]);
        let [one, other] = [self.first, address].map(|address| &known.endpoints.rows[address]);
        self.count += 1;
        self.same_subnet &= first.subnet == next.subnet;
        self.same_vnet &= one.vnet == other.vnet;
        self.same_interface &= first.interface == next.interface;
        self.same_vm &= one.vm == other.vm;
        self.same_country &= first.country == next.country;
    }

    fn end(&self, known: &Known<'_>) -> CubeEnd {
        let attributes = Attributes::of(known.endpoints, self.first);
        let told = |same: bool, text: &str| if same { text.to_owned() } else { String::new() };
        CubeEnd {
            ip: (self.count == 1).then(|| known.addresses[self.first]),
            addresses: self.count,
            is_local: attributes.endpoint.is_local,
            scope: attributes.endpoint.scope,
            subnet: told(self.same_subnet, attributes.subnet()),
            vnet: told(self.same_vnet, attributes.vnet()),
            interface: told(self.same_interface, known.interfaces[known.traits[self.first].interface as usize]),
            vm: told(self.same_vm, &attributes.endpoint.vm),
            country: told(self.same_country, attributes.country()),
            is_other: !(self.same_subnet && self.same_country),
        }
    }
}

/// All addresses with traffic, by the node that each is told as; ascending by the smallest of each node.
pub(super) struct Named<'a> {
    known: Known<'a>,
    nodes: Sums<Option<Members>>,
    /// Each address with traffic, with its node.
    told: Vec<(usize, u32)>,
}

impl<'a> Named<'a> {
    /// The addresses `told` (ascending) as the node beside each.
    pub fn new(known: Known<'a>, told: Vec<(usize, u32)>) -> Self {
        let mut nodes: Sums<Option<Members>> = Sums::default();
        for (address, node) in &told {
            nodes.entry(u128::from(*node)).get_or_insert_with(|| Members::of(*address)).add(*address, &known);
        }
        Self { known, nodes, told }
    }

    /// Says that a node is the end of a row.
    pub fn mark(&mut self, node: u32) {
        if let Some(members) = self.nodes.entry(u128::from(node)) {
            members.has_rows = true;
        }
    }

    /// The ends of rows, and the index of each by its node.
    pub fn ends(&self) -> (Vec<CubeEnd>, Sums<u32>) {
        let mut ends = Vec::new();
        let mut indexes: Sums<u32> = Sums::default();
        for (node, members) in self.nodes.rows() {
            if let Some(members) = members.as_ref().filter(|members| members.has_rows) {
                *indexes.entry(*node) = ends.len() as u32;
                ends.push(members.end(&self.known));
            }
        }
        (ends, indexes)
    }

    /// What of addresses, interfaces, subnets and countries is not told.
    pub fn cuts(&mut self) -> [CubeCut; 4] {
        let (mut alone, mut interfaces, mut subnets, mut countries) = (0, Tally::default(), Tally::default(), Tally::default());
        for (address, node) in &self.told {
            let Some(members) = self.nodes.entry(u128::from(*node)) else { continue };
            let Traits { subnet, interface, country, .. } = self.known.traits[*address];
            alone += u64::from(members.count == 1);
            interfaces.add(interface, members.same_interface);
            subnets.add(subnet, members.same_subnet);
            countries.add(u32::from(country), members.same_country);
        }
        [
            CubeCut { kind: "addresses", shown: alone, of: self.told.len() as u64 },
            interfaces.cut("interfaces"),
            subnets.cut("subnets"),
            countries.cut("countries"),
        ]
    }
}

/// Which names of one kind there are, by number, 0 being none; and which of them some end hides.
#[derive(Default)]
struct Tally {
    all: BTreeSet<u32>,
    hidden: BTreeSet<u32>,
}

impl Tally {
    fn add(&mut self, number: u32, is_told: bool) {
        if number != 0 {
            self.all.insert(number);
            if !is_told {
                self.hidden.insert(number);
            }
        }
    }

    fn cut(&self, kind: &'static str) -> CubeCut {
        CubeCut { kind, shown: (self.all.len() - self.hidden.len()) as u64, of: self.all.len() as u64 }
    }
}
