//! A window of a workspace that is read day by day, because it may be too long to be held.
//!
//! Goes in: the workspace and the hours of the window. Comes out: what is known of the window before it is counted, then its tables. Decides
//! what is read of each day, counts nothing.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::aggregate::{Aggregates, Dataset, Estate, Learnt, Need, Settings, Slice, Slices, Spill, Survey, tables_of_slices};
use crate::app::period::UNFIT;
use crate::app::units::CounterSums;
use crate::schema::units::{HOUR_MS, HOURS_A_DAY};
use crate::store::{Asked, Workspace};

/// Hours of a slice. Unit: hours; a UTC day, since some tables have a row per day; a window of no more hours is held whole.
pub const SLICE_HOURS: u32 = HOURS_A_DAY;

/// Most sums of keys that are held between two slices, see [`Spill`]. Unit: sums, of 80 bytes and up to as much again for room; range 10^5 and up:
/// more take more memory, fewer come back in pieces so small that threads wait at their ends.
const SUMS_HELD_MAX: usize = 500_000;

/// The same in slices, see [`Spill`]. Unit: slices; range 2 to 10: a day whose keys all come back is never written with 2.
const SLICES_HELD_MAX: usize = 2;

/// The slices of a window.
pub struct Sliced<'a> {
    workspace: &'a Workspace,
    hours: Range<u32>,
}

impl<'a> Sliced<'a> {
    /// The slices of `hours`; `None` where they are so few that all rows can be held.
    pub fn of(workspace: &'a Workspace, hours: Range<u32>) -> Option<Self> {
        (hours.len() > SLICE_HOURS as usize).then_some(Self { workspace, hours })
    }

    /// The hours of each slice, in the order of time.
    fn slices(&self) -> impl Iterator<Item = Range<u32>> {
        let Range { start, end } = self.hours;
        let days = start / SLICE_HOURS..end.div_ceil(SLICE_HOURS);
        days.map(move |day| (day * SLICE_HOURS).max(start)..((day + 1) * SLICE_HOURS).min(end))
    }

    /// The window's dataset without rows, and what its rows teach of owners.
    pub fn survey(&self) -> Result<(Dataset, Learnt)> {
        let mut survey = Survey::default();
        for hours in self.slices() {
            let names = self.workspace.load_slice(hours, Asked::Names)?;
            if !names.is_empty() {
                survey.add(&Dataset::from_partials(names, self.workspace.interval()));
            }
        }
        Ok(survey.finish(self.workspace.load_rest(self.hours.clone())?, self.workspace.interval()))
    }

    /// The tables; `window` is what [`Sliced::survey`] gave. Sums that are too many to be held wait in a file in `scratch`.
    pub fn tables(&self, window: &Dataset, estate: &Estate<'_>, settings: &Settings, scratch: &Path) -> Result<Aggregates> {
        let interval = self.workspace.interval();
        let numbering = window.numbering();
        let mut sums = CounterSums::default();
        let spill = Spill {
            sums_max: SUMS_HELD_MAX,
            slices_max: SLICES_HELD_MAX,
            place: scratch.display().to_string(),
            file: &mut || Ok(Box::new(tempfile::tempfile_in(scratch)?)),
        };
        let slices: Slices<'_, anyhow::Error> = &mut |need, take| {
            let asked = if need == Need::Everything { Asked::Everything } else { Asked::Measures };
            for hours in self.slices() {
                let end = i64::from(hours.end) * HOUR_MS;
                let partials = self.workspace.load_slice(hours, asked)?;
                // Logs may lie years apart.
                if partials.is_empty() {
                    continue;
                }
                ensure!(need != Need::Everything || sums.add(&partials), UNFIT);
                let mut dataset = Dataset::numbered(numbering.clone(), partials, interval);
                dataset.drop_local_contacts(estate.endpoints);
                take(Slice { dataset, end })?;
            }
            Ok(())
        };
        tables_of_slices(window, estate, settings, (slices, spill))
    }
}
