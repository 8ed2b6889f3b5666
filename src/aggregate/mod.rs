//! Turns Partials into the tables of a report: the dataset, who owns which address, counting, and every query plan.
//!
//! Goes in: Partials, then what `enrich` knows of their addresses. Comes out: sorted tables of plain rows. The way: number
//! everything ([`Dataset`]), learn owners, decide which rows supply deduplicated numbers (`dedup`, `denied`), sum the pairs
//! in one pass (`pairs`) and the rest with plans (`plans`) or passes of their own (`supply`), name the rows (`entities`, `listings`).
//! Knows no files and no output formats.

mod acls;
mod activity;
mod attributes;
mod balancers;
mod behaviour;
mod changes;
mod contacts;
mod cube;
mod dataset;
mod deal;
mod dedup;
mod denied;
mod encryption;
mod endpoint_rows;
mod entities;
mod exposed;
mod fan_out;
mod gateways;
mod groups;
mod history;
pub mod identities;
mod internet;
mod listings;
mod named;
pub mod nta;
mod owners;
mod pair_sums;
mod pairs;
mod places;
mod plans;
mod quality;
mod rows;
mod rule_hits;
mod rule_pairs;
mod rule_usage;
mod seen;
mod senders;
mod sums;
mod supply;
#[cfg(test)]
mod tests;
mod top;

pub use changes::{changes, ranking};
pub use dataset::Dataset;
pub use history::HistoryBuilder;

use polars::prelude::{IntoLazy, col};

use crate::enrich::{Endpoints, Inventory, Owners};
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{Measures, PortRow, Tables, TimeRow};
use behaviour::Behaviour;
use entities::Names;
use owners::Ownership;
use pair_sums::PairSums;
use places::Places;
use seen::Span;
use supply::Supply;

/// What the user may choose.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rows that the tables of pairs and ports keep. Unit: rows; range 0 and up; the rest is one row, `other`.
    pub top_rows: usize,
    /// Whether the tables that only detectors read are made. A benchmark leaves them out, to tell what they cost.
    pub for_detectors: bool,
    /// Whether a [`HistoryBuilder`] adds what came before the window: then no window is too short to compare.
    pub has_history: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { top_rows: 100_000, for_detectors: true, has_history: false }
    }
}

/// All tables, and the totals that they are held against.
#[derive(Clone, Debug, Default)]
pub struct Aggregates {
    /// The tables.
    pub tables: Tables,
    /// As logged.
    pub observed: TrafficTotals,
    /// Counted once.
    pub deduplicated: TrafficTotals,
}

/// What the rows are counted by.
#[derive(Clone, Copy)]
pub struct Estate<'a> {
    /// Which logged NIC owns which address.
    pub owners: &'a Owners,
    /// One per address of the dataset, in its order.
    pub endpoints: &'a Endpoints,
    /// What exists whether it has rows or not.
    pub inventory: &'a Inventory,
}

/// Counts everything.
pub fn tables(dataset: &Dataset, estate: &Estate<'_>, settings: &Settings) -> Aggregates {
    let Estate { owners, endpoints, .. } = *estate;
    let ownership = Ownership::new(dataset, owners);
    let rows = dataset.rows();
    let deduplicated = dedup::deduplicate(dataset, &rows, &ownership);
    let places = Places::new(endpoints);
    let supply = Supply { dataset, chunks: &rows, deduplicated: &deduplicated, endpoints, flow_types: &places.flow_types };
    let has_history = settings.has_history;
    let source = behaviour::Source { dataset, rows: &rows, deduplicated: &deduplicated, estate, places: &places, has_history };
    // This keeps all threads busy by itself. What follows has many steps that only one takes, beside which behaviour is made:
    // neither reads the other.
    let sums = pairs::sum_pairs(&rows, &deduplicated, &places, settings.top_rows);
    let (mut aggregates, behaviour) = rayon::join(
        || counted(&supply, (estate, &ownership, &places), sums, settings),
        || if settings.for_detectors { Behaviour::of(&source) } else { Behaviour::default() },
    );
    aggregates.tables = behaviour.among(aggregates.tables);
    debug_assert_eq!(identities::check(&aggregates), Ok(()));
    aggregates
}

/// Counts everything but behaviour; `sums` are those of the pairs.
fn counted(
    supply: &Supply<'_>,
    (estate, ownership, places): (&Estate<'_>, &Ownership, &Places<'_>),
    sums: PairSums,
    settings: &Settings,
) -> Aggregates {
    let Supply { dataset, chunks, deduplicated, endpoints, .. } = *supply;
    let names = Names::new(dataset, estate);
    let seen = seen::seen(dataset, chunks);
    let mut tables = Tables {
        data_quality: quality::data_quality(dataset, deduplicated.suppliers.counting()),
        endpoints: endpoint_rows::endpoint_rows(dataset, endpoints, &seen),
        public_addresses: internet::public_addresses(dataset, endpoints, &sums, (places, &seen)),
        internet_senders: internet::senders(dataset, endpoints, &sums, places),
        traffic_by_ip: names.by_ip(&sums),
        traffic_by_subnet: names.by_subnet(&sums),
        traffic_by_port: entities::by_port(&sums, settings.top_rows),
        subnet_matrix: names.matrix(&sums),
        encryption: encryption::encryption(supply, &sums.matrix),
        capture_points: listings::capture_points(dataset),
        coverage: listings::coverage(dataset),
        rejects: listings::rejects(dataset),
        ..Tables::default()
    };
    named::fill(&mut tables, &sums, places, endpoints);
    tables.traffic_by_pair = names.by_pair(sums.pairs, &places.flow_types);
    tables.conversations = names.conversations(sums.conversations);

    let is_local: Vec<bool> = endpoints.rows.iter().map(|e| e.is_local).collect();
    let frame = plans::frame(supply, &is_local);
    let over_time = plans::sum_by(frame.clone().lazy().filter(col("supplies")), ["interval", "inbound", "status"]);
    tables.traffic_over_time = entities::over_time(supply, over_time, &is_local);
    tables.traffic_by_rule = names.by_rule(plans::sum_by(frame.clone().lazy(), ["rule", "direction", "status"]));
    let by_point = plans::sum_by(frame.lazy(), ["capture_point", "direction", "status"]);
    let observed = entities::observed(&by_point);
    tables.traffic_by_interface = names.by_interface(by_point);
    let exposed = exposed::exposed(supply, &names, places);
    (tables.exposed_ports, tables.exposed_sources) = (exposed.ports, exposed.sources);
    estate_tables(supply, estate.inventory, &seen, &mut tables);
    let source = cube::Source {
        supply,
        ownership,
        places: &places.of,
        by_ip: &sums.by_ip,
        by_port: &sums.by_port,
        interfaces: &tables.traffic_by_interface,
        over_time: &tables.traffic_over_time,
    };
    tables.cube = cube::cube(&source);
    let deduplicated = deduplicated_totals(&tables.traffic_over_time, &tables.traffic_by_port);
    Aggregates { tables, observed, deduplicated }
}

/// The tables that hold the rows against what exists. Reads traffic_by_ip and traffic_by_rule.
fn estate_tables(supply: &Supply<'_>, inventory: &Inventory, seen: &[Span], tables: &mut Tables) {
    tables.rule_top_pairs = rule_pairs::rule_top_pairs(supply);
    tables.rule_usage = rule_usage::rule_usage(supply, inventory, &tables.traffic_by_rule);
    tables.gateways = gateways::gateways(supply, inventory);
    tables.load_balancers = balancers::load_balancers(supply, inventory);
    tables.activity = activity::activity(supply, inventory, seen, &tables.traffic_by_ip);
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
