//! Every table but those of behaviour, from what rows add up to.
//!
//! Goes in: what is counted interval by interval (`timed`), and everything else summed (`folded`). Comes out: tables and totals, then, once the
//! rows are handed on by time, the cube. Decides nothing about counting.

use super::cube::{self, EachSlice};
use super::dataset::Dataset;
use super::entities::{self, Names};
use super::folded::Folded;
use super::owners::Ownership;
use super::pair_sums::AddressSums;
use super::places::Places;
use super::sums::Sums;
use super::timed::Timed;
use super::{
    Aggregates, Estate, activity, balancers, encryption, endpoint_rows, exposed, gateways, internet, listings, named, quality,
    rule_pairs, rule_usage,
};
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{Cube, Measures, PairMeasures, PortRow, Tables, TimeRow};

/// What is counted, and by what.
#[derive(Clone, Copy)]
pub(super) struct Count<'a> {
    /// What the numbers stand for, and what is known of the window beside its traffic.
    pub dataset: &'a Dataset,
    pub estate: &'a Estate<'a>,
    pub ownership: &'a Ownership,
    pub places: &'a Places<'a>,
    /// The (hour, capture point) whose rows no other log of the NIC replaces; ascending.
    pub counting: &'a [(u32, u32)],
}

/// Tables and totals without the cube, and what a cube is ranked by.
pub(super) struct Counted {
    pub aggregates: Aggregates,
    by_ip: Vec<AddressSums>,
    by_port: Sums<PairMeasures>,
}

impl Count<'_> {
    /// Names everything but behaviour and the cube; the tables of pairs and ports have `top_rows` rows.
    pub fn tables(&self, folded: Folded, timed: Timed, top_rows: usize) -> Counted {
        let Self { dataset, estate, places, .. } = *self;
        let endpoints = estate.endpoints;
        let Folded { pairs: sums, by_rule, by_point, seen, exposed, rule_pairs, last_times, gateways, balancers } = folded;
        let names = Names::new(dataset, estate);
        let mut tables = Tables {
            data_quality: quality::data_quality(dataset, self.counting),
            endpoints: endpoint_rows::endpoint_rows(dataset, endpoints, &seen),
            public_addresses: internet::public_addresses(dataset, endpoints, &sums, (places, &seen)),
            internet_senders: internet::senders(dataset, endpoints, &sums, places),
            traffic_by_ip: names.by_ip(&sums),
            traffic_by_subnet: names.by_subnet(&sums),
            traffic_by_port: entities::by_port(&sums, top_rows),
            subnet_matrix: names.matrix(&sums),
            encryption: encryption::encryption(dataset, endpoints, (timed.by_code.as_ref(), &sums.matrix)),
            capture_points: listings::capture_points(dataset),
            coverage: listings::coverage(dataset),
            rejects: listings::rejects(dataset),
            ..Tables::default()
        };
        named::fill(&mut tables, &sums, places, endpoints);
        tables.traffic_by_pair = names.by_pair(sums.pairs, &places.flow_types);
        tables.conversations = names.conversations(sums.conversations);

        let observed = entities::observed(&by_point);
        tables.traffic_over_time = timed.over_time;
        tables.traffic_by_rule = names.by_rule(by_rule);
        tables.traffic_by_interface = names.by_interface(by_point);
        let exposed = exposed::exposed(dataset, endpoints, &exposed, &names);
        (tables.exposed_ports, tables.exposed_sources) = (exposed.ports, exposed.sources);

        // The tables that hold the rows against what exists.
        let inventory = estate.inventory;
        tables.rule_top_pairs = rule_pairs::rule_top_pairs(dataset, &rule_pairs);
        tables.rule_usage = rule_usage::rule_usage(dataset, inventory, &tables.traffic_by_rule, &last_times);
        tables.gateways = gateways::gateways((endpoints, inventory), &gateways, (&timed.crossings, dataset.interval()));
        tables.load_balancers = balancers::load_balancers(inventory, &balancers);
        tables.activity = activity::activity(dataset, (endpoints, inventory), &seen, &tables.traffic_by_ip);
        let deduplicated = deduplicated_totals(&tables.traffic_over_time, &tables.traffic_by_port);
        Counted { aggregates: Aggregates { tables, observed, deduplicated }, by_ip: sums.by_ip, by_port: sums.by_port }
    }

    /// The cube of what was counted, from rows with their intervals.
    pub fn cube<E>(&self, counted: &Counted, each_slice: EachSlice<'_, E>) -> Result<Cube, E> {
        let Self { dataset, estate, ownership, places, .. } = *self;
        let tables = &counted.aggregates.tables;
        let source = cube::Source {
            dataset,
            endpoints: estate.endpoints,
            flow_types: &places.flow_types,
            ownership,
            places: &places.of,
            by_ip: &counted.by_ip,
            by_port: &counted.by_port,
            interfaces: &tables.traffic_by_interface,
            over_time: &tables.traffic_over_time,
        };
        cube::cube(&source, each_slice)
    }
}

/// Flows by locality as in the table over time, traffic from source to destination as in the table of ports.
fn deduplicated_totals(over_time: &[TimeRow], by_port: &[PortRow]) -> TrafficTotals {
    let mut total = Measures::default();
    over_time.iter().for_each(|row| total.add(&row.measures));
    let mut totals = TrafficTotals {
        flows_inbound_allowed: total.flows_inbound_allowed,
        flows_inbound_denied: total.flows_inbound_denied,
        flows_outbound_allowed: total.flows_outbound_allowed,
        flows_outbound_denied: total.flows_outbound_denied,
        tuples_unmeasured: total.tuples_unmeasured,
        ..TrafficTotals::default()
    };
    for PortRow { measures, .. } in by_port {
        totals.bytes_src_to_dst += measures.bytes_received;
        totals.bytes_dst_to_src += measures.bytes_sent;
        totals.packets_src_to_dst += measures.packets_received;
        totals.packets_dst_to_src += measures.packets_sent;
    }
    totals
}
