//! Turns Partials into the tables of a report: the dataset, who owns which address, counting, and every query plan.
//!
//! Goes in: Partials, then what `enrich` knows of their addresses. Comes out: sorted tables of plain rows. The way: number
//! everything ([`Dataset`]), learn owners, decide which rows supply deduplicated numbers (`dedup`, `denied`), sum the pairs
//! in one pass (`pairs`) and the rest with plans (`plans`) or passes of their own (`supply`), name the rows (`entities`, `listings`).
//! Knows no files and no output formats.

mod acls;
mod activity;
mod add_up;
mod attributes;
mod balancers;
mod behaviour;
mod changes;
mod condensed;
mod contacts;
mod count;
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
mod folded;
mod gateways;
mod groups;
mod history;
pub mod identities;
mod internet;
mod listings;
mod named;
pub mod nta;
mod numbering;
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
mod sliced;
mod spill;
mod sums;
mod supply;
mod survey;
#[cfg(test)]
mod tests;
mod timed;
mod top;

#[cfg(test)]
pub(crate) use behaviour::{Begun, measured};
pub use changes::{changes, ranking};
pub use dataset::Dataset;
pub use history::HistoryBuilder;
pub use numbering::Numbering;
pub use owners::Learnt;
pub use sliced::{Need, Slice, Slices, tables_of_slices};
pub use spill::{Spill, SpillError, SpillFile};
pub use survey::Survey;

use std::convert::Infallible;

use crate::enrich::{Endpoints, Inventory, Owners};
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{ContactThresholds, Tables};
use behaviour::Behaviour;
use count::Count;
use folded::Folded;
use owners::Ownership;
use pairs::Summing;
use places::Places;
use supply::Supply;
use timed::Timed;

/// What the user may choose.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Rows that the tables of pairs and ports keep. Unit: rows; range 0 and up; the rest is one row, `other`.
    pub top_rows: usize,
    /// Whether the tables that only detectors read are made. A benchmark leaves them out, to tell what they cost.
    pub for_detectors: bool,
    /// From when on measures of contacts are kept.
    pub contacts: ContactThresholds,
    /// Whether a [`HistoryBuilder`] adds what came before the window: then no window is too short to compare.
    pub has_history: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { top_rows: 100_000, for_detectors: true, contacts: ContactThresholds::default(), has_history: false }
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
    tables_and(dataset, estate, settings, |_| ()).0
}

/// Counts everything, and does `more` with the tables while their cube is made, which it does not see: not all steps of either keep all threads
/// busy.
pub fn tables_and<T: Send>(
    dataset: &Dataset,
    estate: &Estate<'_>,
    settings: &Settings,
    more: impl FnOnce(&Tables) -> T + Send,
) -> (Aggregates, T) {
    let Estate { owners, endpoints, .. } = *estate;
    let ownership = Ownership::new(dataset, owners);
    let rows = dataset.rows();
    let (deduplicated, suppliers) = dedup::deduplicate(dataset, &rows, &ownership);
    let places = Places::new(endpoints);
    let supply = Supply { dataset, chunks: &rows, deduplicated: &deduplicated, endpoints, flow_types: &places.flow_types };
    let source = behaviour::Source {
        dataset,
        window: dataset.window(),
        rows: &rows,
        deduplicated: &deduplicated,
        estate,
        places: &places,
        has_history: settings.has_history,
        thresholds: &settings.contacts,
    };
    let count = Count { dataset, estate, ownership: &ownership, places: &places, counting: suppliers.counting() };
    let tables = |pairs| {
        let frame = plans::frame(&supply, &places.is_local);
        let timed = Timed::of(&supply, frame.clone(), &places.is_local, encryption::is_stated(&supply));
        count.tables(Folded::of(&supply, pairs, frame, (&places, estate.inventory)), timed, settings.top_rows)
    };
    let behave = || if settings.for_detectors { Behaviour::of(&source, &suppliers) } else { Behaviour::default() };
    // Summing the pairs keeps all threads busy. What follows has many steps that only one takes, beside which behaviour is made: neither
    // reads the other.
    let summing = Summing { chunks: &rows, deduplicated: &deduplicated, places: &places, top_rows: settings.top_rows };
    let (mut counted, behaviour) = summing.sums_and(tables, behave);
    counted.aggregates.tables = behaviour.among(counted.aggregates.tables);
    let add_all = &mut |add: &mut dyn FnMut(&Supply<'_>)| {
        add(&supply);
        Ok::<(), Infallible>(())
    };
    let (Ok(cube), more) = rayon::join(|| count.cube(&counted, add_all), || more(&counted.aggregates.tables));
    let mut aggregates = counted.aggregates;
    aggregates.tables.cube = cube;
    debug_assert_eq!(identities::check(&aggregates), Ok(()));
    (aggregates, more)
}
