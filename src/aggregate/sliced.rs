//! The tables of a window that is too long to be held: read slice of time by slice, in memory that grows with its keys, not with its length.
//!
//! Goes in: what a [`super::Survey`] knows of the window, then its slices, whole days in the order of time, twice. Comes out: the tables that
//! [`super::tables`] makes of all rows at once. The way: each slice is deduplicated by itself, as that is a matter of hours; what asks for
//! time is counted at once (`timed`, `behaviour`), everything else from the rows condensed, which are spilled where there are too many and come back
//! piece by piece (`condensed`, `folded`); the cube, which asks for time and for what is only known at the end, goes over the slices once more.

use super::behaviour::{self, BehaviourOfSlices};
use super::condensed::Condensed;
use super::count::Count;
use super::dataset::Dataset;
use super::dedup::{self, Deduplicated};
use super::folded::Folded;
use super::owners::Ownership;
use super::pairs::Summing;
use super::places::Places;
use super::rows::Rows;
use super::spill::{Spill, SpillError};
use super::supply::Supply;
use super::timed::Timed;
use super::{Aggregates, Estate, Settings, identities, plans};
use crate::schema::tables::Cube;

/// What is read of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Traffic, contacts, open flows and coverage.
    Everything,
    /// Traffic alone.
    Traffic,
}

/// A slice: the rows of some hours under the numbering of the window.
#[derive(Debug)]
pub struct Slice {
    /// Its rows.
    pub dataset: Dataset,
    /// When it ends, ms since the epoch: the start of a UTC day, unless it is the last.
    pub end: i64,
}

/// Hands on every slice, in the order of time; may be asked several times.
pub type Slices<'a, E> = &'a mut dyn FnMut(Need, &mut dyn FnMut(Slice) -> Result<(), E>) -> Result<(), E>;

/// Counts everything. `window` is the dataset of the window without the rows of its slices.
///
/// # Errors
/// Those of `slices`, and what hinders the spill.
pub fn tables_of_slices<E: From<SpillError>>(
    window: &Dataset,
    estate: &Estate<'_>,
    settings: &Settings,
    (slices, spill): (Slices<'_, E>, Spill<'_>),
) -> Result<Aggregates, E> {
    let places = Places::new(estate.endpoints);
    let ownership = Ownership::new(window, estate.owners);
    let slicing = Slicing { window, estate, settings, places: &places, ownership: &ownership };
    let mut gathered = Gathered::new(window, spill);
    slices(Need::Everything, &mut |slice| Ok(slicing.gather(&mut gathered, &slice)?))?;
    let aggregates = slicing.count(gathered, slices)?;
    debug_assert_eq!(identities::check(&aggregates), Ok(()));
    Ok(aggregates)
}

/// What slices are counted by.
struct Slicing<'a> {
    window: &'a Dataset,
    estate: &'a Estate<'a>,
    settings: &'a Settings,
    places: &'a Places<'a>,
    ownership: &'a Ownership,
}

/// What is known of the slices so far.
struct Gathered<'a> {
    timed: Timed,
    condensed: Condensed<'a>,
    /// The (hour, capture point) whose rows nothing replaces; ascending.
    counting: Vec<(u32, u32)>,
    behaviour: BehaviourOfSlices,
}

impl<'a> Gathered<'a> {
    fn new(window: &Dataset, spill: Spill<'a>) -> Self {
        Self {
            timed: Timed::default(),
            condensed: Condensed::new(window.interval(), spill),
            counting: Vec::new(),
            behaviour: BehaviourOfSlices::default(),
        }
    }
}

impl Slicing<'_> {
    /// The first pass over a slice.
    fn gather(&self, gathered: &mut Gathered<'_>, slice: &Slice) -> Result<(), SpillError> {
        let dataset = &slice.dataset;
        let rows = dataset.rows();
        let (deduplicated, suppliers) = dedup::deduplicate(dataset, &rows, self.ownership);
        let supply = self.supply(dataset, &rows, &deduplicated);
        // NSG logs state no encryption.
        let is_stated = self.window.capture_points().iter().any(|point| point.format.is_vnet());
        gathered.condensed.add(&rows, &deduplicated)?;
        let Gathered { timed, behaviour, .. } = gathered;
        rayon::join(
            || timed.add(Timed::of(&supply, plans::frame(&supply, &self.places.is_local), &self.places.is_local, is_stated)),
            || {
                if self.settings.for_detectors {
                    behaviour.add(&self.source(dataset, &rows, &deduplicated), &suppliers, slice.end);
                }
            },
        );
        gathered.counting.extend_from_slice(suppliers.counting());
        Ok(())
    }

    /// Counts what was gathered.
    fn count<E: From<SpillError>>(&self, gathered: Gathered<'_>, slices: Slices<'_, E>) -> Result<Aggregates, E> {
        let Gathered { timed, condensed, counting, mut behaviour } = gathered;
        let mut folded = None;
        condensed.each_piece(&mut |traffic, deduplicated| {
            let dataset = self.window.of_traffic(traffic);
            let rows = dataset.rows();
            let piece = self.fold(&dataset, &rows, &deduplicated);
            folded = Some(match folded.take() {
                Some(folded) => Folded::merge(folded, piece),
                None => piece,
            });
            if self.settings.for_detectors {
                behaviour.add_condensed(&self.source(&dataset, &rows, &deduplicated));
            }
        })?;
        let Self { window, estate, ownership, places, settings } = *self;
        let count = Count { dataset: window, estate, ownership, places, counting: &counting };
        let nothing = Deduplicated { roles: vec![Vec::new()], corrections: Vec::new() };
        let rows = window.rows();
        let folded = folded.expect("there is at least one piece");
        let mut counted = count.tables(folded, timed, settings.top_rows);
        let behaviour = behaviour.finish(&self.source(window, &rows, &nothing), &counting);
        let cube: Cube = count.cube(&counted, &mut |add| {
            slices(Need::Traffic, &mut |Slice { dataset, .. }| {
                let rows = dataset.rows();
                let (deduplicated, _) = dedup::deduplicate(&dataset, &rows, self.ownership);
                add(&self.supply(&dataset, &rows, &deduplicated));
                Ok(())
            })
        })?;
        counted.aggregates.tables.cube = cube;
        let mut aggregates = counted.aggregates;
        if settings.for_detectors {
            aggregates.tables = behaviour.among(aggregates.tables);
        }
        Ok(aggregates)
    }

    /// What a piece of the condensed rows adds up to.
    fn fold(&self, dataset: &Dataset, rows: &[Rows<'_>], deduplicated: &Deduplicated) -> Folded {
        let supply = self.supply(dataset, rows, deduplicated);
        let summing = Summing { chunks: rows, deduplicated, places: self.places, top_rows: self.settings.top_rows };
        let frame = plans::frame(&supply, &self.places.is_local);
        Folded::of(&supply, summing.sums(), frame, (self.places, self.estate.inventory))
    }

    fn supply<'s>(&'s self, dataset: &'s Dataset, chunks: &'s [Rows<'s>], deduplicated: &'s Deduplicated) -> Supply<'s> {
        Supply { dataset, chunks, deduplicated, endpoints: self.estate.endpoints, flow_types: &self.places.flow_types }
    }

    fn source<'s>(&'s self, dataset: &'s Dataset, rows: &'s [Rows<'s>], deduplicated: &'s Deduplicated) -> behaviour::Source<'s> {
        behaviour::Source {
            dataset,
            window: self.window.window(),
            rows,
            deduplicated,
            estate: self.estate,
            places: self.places,
            has_history: self.settings.has_history,
            thresholds: &self.settings.contacts,
        }
    }
}
