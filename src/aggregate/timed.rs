//! What tables say of time, and what is settled interval by interval: counted from rows of whole intervals, a slice after the other.
//!
//! Goes in: rows with their intervals, and the corrections of these. Comes out: traffic over time, encryption, the bytes of each interval
//! at gateways. All other tables that are counted from rows need no interval, see `condensed`.

use polars::prelude::{DataFrame, IntoLazy, col};

use super::gateways::{self, Crossings};
use super::sums::Sums;
use super::supply::Supply;
use super::{encryption, entities, plans};
use crate::schema::tables::{PairMeasures, TimeRow};

/// What is known of the slices so far.
#[derive(Default)]
pub(super) struct Timed {
    /// Ascending, as long as slices come in the order of time.
    pub over_time: Vec<TimeRow>,
    /// See [`encryption::by_code`]; `None` where nothing is stated.
    pub by_code: Option<Sums<PairMeasures>>,
    /// See [`gateways::crossings`].
    pub crossings: Crossings,
}

impl Timed {
    /// Counts a slice, whose rows are those of `frame` too. `is_stated`: whether any slice states an encryption.
    pub fn of(supply: &Supply<'_>, frame: DataFrame, is_local: &[bool], is_stated: bool) -> Self {
        let groups = plans::sum_by(frame.lazy().filter(col("supplies")), ["interval", "inbound", "status"]);
        Self {
            over_time: entities::over_time(supply, groups, is_local),
            by_code: is_stated.then(|| encryption::by_code(supply)),
            crossings: gateways::crossings(supply),
        }
    }

    /// Adds a later slice.
    pub fn add(&mut self, later: Self) {
        self.over_time.extend(later.over_time);
        if let Some(more) = later.by_code {
            let sums = self.by_code.get_or_insert_default();
            more.rows().iter().for_each(|(key, more)| sums.entry(*key).add(more));
        }
        self.crossings = gateways::joined(std::mem::take(&mut self.crossings), later.crossings);
    }
}
