//! What load balancers and application gateways carry.
//!
//! Goes in: the supplying rows, the corrections, and the balancers that exist. Comes out: load_balancers, one row per balancer
//! with or without traffic. A row of traffic counts at most once per balancer, as inbound where it could be either; several
//! balancers may count the same row.

use std::cmp::Reverse;

use super::plans::{self, status};
use super::rows::Rows;
use super::supply::Supply;
use crate::enrich::Inventory;
use crate::enrich::inventory::{Balancer, BalancerKind};
use crate::schema::tables::{BalancerRow, Counting, Measures};
use crate::schema::{Address, Direction};

/// What an address is to a balancer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Frontend,
    /// On this port; 0 for every port.
    Backend(u16),
    /// Of the subnet of an application gateway.
    Instance,
}

/// The parts that addresses play.
struct Parts {
    /// Address, balancer, part; ascending.
    all: Vec<(u32, u32, Part)>,
    /// Per address: whether it plays any.
    plays: Vec<bool>,
}

impl Parts {
    /// Of the addresses that appear in rows.
    fn of(addresses: &[Address], balancers: &[Balancer]) -> Self {
        let number = |address: &Address| addresses.binary_search(address).ok().map(|number| number as u32);
        let mut all = Vec::new();
        for (balancer, of) in (0..).zip(balancers) {
            let frontends = of.frontends.iter().filter_map(number);
            all.extend(frontends.map(|address| (address, balancer, Part::Frontend)));
            let backends = of.backends.iter().filter_map(|(address, port)| Some((number(address)?, *port)));
            all.extend(backends.map(|(address, port)| (address, balancer, Part::Backend(port))));
            if !of.instances.is_empty() {
                let lies_within = |address: &Address| of.instances.iter().any(|prefix| prefix.contains(&address.to_ip()));
                let instances = (0..).zip(addresses).filter(|(_, address)| lies_within(address));
                all.extend(instances.map(|(address, _)| (address, balancer, Part::Instance)));
            }
        }
        all.sort_unstable();
        all.dedup();
        let mut plays = vec![false; addresses.len()];
        all.iter().for_each(|(address, _, _)| plays[*address as usize] = true);
        Self { all, plays }
    }

    fn of_address(&self, address: u32) -> &[(u32, u32, Part)] {
        let from = self.all.partition_point(|part| part.0 < address);
        let length = self.all[from..].partition_point(|part| part.0 == address);
        &self.all[from..from + length]
    }

    /// Calls `count` once for every balancer that a row is traffic of.
    fn each_balancer(&self, (src, dst): (u32, u32), dst_port: u16, mut count: impl FnMut(u32, Direction)) {
        if !self.plays[src as usize] && !self.plays[dst as usize] {
            return;
        }
        let receives = |part: Part| match part {
            Part::Frontend => true,
            Part::Backend(port) => port == 0 || port == dst_port,
            Part::Instance => false,
        };
        let towards = || self.of_address(dst).iter().filter(|(_, _, part)| receives(*part)).map(|(_, balancer, _)| *balancer);
        let begins = |part: Part| matches!(part, Part::Frontend | Part::Instance);
        let from = self.of_address(src).iter().filter(|(_, _, part)| begins(*part)).map(|(_, balancer, _)| *balancer);
        // Balancers ascend, so repeats are neighbours.
        let mut last = None;
        for balancer in towards() {
            if last.replace(balancer) != Some(balancer) {
                count(balancer, Direction::Inbound);
            }
        }
        last = None;
        for balancer in from {
            if last.replace(balancer) != Some(balancer) && !towards().any(|counted| counted == balancer) {
                count(balancer, Direction::Outbound);
            }
        }
    }
}

/// What the supplying rows and the corrections come to, per balancer that exists.
pub(super) fn carried(supply: &Supply<'_>, inventory: &Inventory) -> Vec<Measures> {
    let balancers = &inventory.balancers;
    if balancers.is_empty() {
        return Vec::new();
    }
    let parts = Parts::of(supply.dataset.addresses(), balancers);
    let mut sums = sum(supply, &parts, balancers.len());
    for correction in &supply.deduplicated.corrections {
        let is_malicious = supply.is_malicious(correction.src_ip, correction.dst_ip, correction.dst_port);
        parts.each_balancer((correction.src_ip, correction.dst_ip), correction.dst_port, |balancer, direction| {
            plans::correct(&mut sums[balancer as usize], direction, correction, is_malicious);
        });
    }
    sums
}

/// What different rows come to together.
pub(super) fn joined(mut all: Vec<Measures>, more: Vec<Measures>) -> Vec<Measures> {
    all.iter_mut().zip(&more).for_each(|(sum, more)| sum.add(more));
    all
}

/// The table, most bytes first.
pub(super) fn load_balancers(inventory: &Inventory, carried: &[Measures]) -> Vec<BalancerRow> {
    let balancers = inventory.balancers.iter().zip(carried);
    let mut rows: Vec<BalancerRow> = balancers.map(|(balancer, measures)| row(balancer, *measures)).collect();
    rows.sort_by(|a, b| {
        let most = |row: &BalancerRow| (Reverse(row.measures.bytes()), Reverse(row.measures.flows()));
        most(a).cmp(&most(b)).then_with(|| (&a.name, a.kind, &a.frontends).cmp(&(&b.name, b.kind, &b.frontends)))
    });
    rows
}

fn sum(supply: &Supply<'_>, parts: &Parts, balancers: usize) -> Vec<Measures> {
    let add = |sums: &mut Vec<Measures>, rows: &Rows<'_>, row: usize| {
        parts.each_balancer((rows.src_ip[row], rows.dst_ip[row]), rows.dst_port[row], |balancer, direction| {
            let measures = supply.sums(rows, row).measures(direction, status(u32::from(rows.status[row])));
            sums[balancer as usize].add(&measures);
        });
    };
    supply.fold(Counting::Deduplicated, || vec![Measures::default(); balancers], add, joined)
}

fn row(balancer: &Balancer, measures: Measures) -> BalancerRow {
    let kind = match balancer.kind {
        BalancerKind::LoadBalancer => "load_balancer",
        BalancerKind::ApplicationGateway => "application_gateway",
    };
    let mut backends: Vec<Address> = balancer.backends.iter().map(|(address, _)| *address).collect();
    backends.sort_unstable();
    backends.dedup();
    BalancerRow {
        name: balancer.name.clone(),
        kind,
        frontends: balancer.frontends.clone(),
        backends: backends.len() as u64,
        is_active: measures.flows() > 0 || measures.bytes() > 0,
        measures,
    }
}
