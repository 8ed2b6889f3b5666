//! Where the rows of a report come from: blobs that are read once, or a workspace that holds them.
//!
//! Goes in: a window. Comes out: Partials. A workspace keeps rows of whole hours, so that its windows begin and end with one.

use std::ops::Range;

use anyhow::Result;

use crate::app::analyze::AnalyzeSettings;
use crate::app::newest::newest_time;
use crate::app::previous::Window;
use crate::app::progress::Progress;
use crate::app::sliced::Sliced;
use crate::app::units::roll_up;
use crate::rollup;
use crate::schema::Partial;
use crate::schema::tables::HISTORY_DAYS_MAX;
use crate::schema::units::{HOUR_MS, Interval};
use crate::source::Unit;
use crate::store::Workspace;

/// Logs, as rows.
pub enum Logs<'a> {
    /// Blobs.
    Blobs(&'a [Unit]),
    /// What an earlier run kept of blobs.
    Kept(&'a Workspace),
}

impl Logs<'_> {
    /// The length of the rows' intervals.
    pub fn interval(&self, settings: &AnalyzeSettings) -> Interval {
        match self {
            Self::Blobs(_) => settings.interval,
            Self::Kept(workspace) => workspace.interval(),
        }
    }

    /// The shortest window that can be told apart and holds the one given: in a workspace, one of whole hours.
    pub fn whole(&self, (from, to): Window) -> Window {
        match self {
            Self::Blobs(_) => (from, to),
            Self::Kept(_) => {
                let before = |time: i64| time.div_euclid(HOUR_MS).saturating_mul(HOUR_MS);
                (from.map(before), to.map(|to| before(to.saturating_add(HOUR_MS - 1))))
            }
        }
    }

    /// The time of the newest tuple before `to`, ms since the epoch. In a workspace that of the newest hour's end.
    pub fn newest(&self, to: Option<i64>) -> Result<Option<i64>> {
        match self {
            Self::Blobs(units) => Ok(newest_time(units, to)?),
            Self::Kept(workspace) => {
                let end = workspace.hours().map(|hours| i64::from(hours.end) * HOUR_MS);
                Ok(end.map(|end| to.map_or(end, |to| end.min(to)) - 1))
            }
        }
    }

    /// The hours before a window from `from` on that its history is made of; `None` where nothing before it is kept.
    pub fn history(&self, from: Option<i64>) -> Option<Range<u32>> {
        let (Self::Kept(workspace), Some(from)) = (self, from) else { return None };
        let end = u32::try_from(from.div_euclid(HOUR_MS)).ok()?;
        let all = workspace.hours()?;
        let hours = all.start.max(end.saturating_sub(HISTORY_DAYS_MAX * 24))..end.min(all.end);
        (!hours.is_empty()).then_some(hours)
    }

    /// The rows of `hours` that a history is reduced from.
    pub fn past(&self, hours: Range<u32>) -> Result<Vec<Partial>> {
        match self {
            Self::Blobs(_) => Ok(Vec::new()),
            Self::Kept(workspace) => Ok(workspace.load_past(hours)?),
        }
    }

    /// The slices of a window that may be too long to be held.
    pub fn sliced(&self, window: Window) -> Option<Sliced<'_>> {
        match self {
            Self::Blobs(_) => None,
            Self::Kept(workspace) => Sliced::of(workspace, hours(workspace, window)),
        }
    }

    /// The rows of a window.
    pub fn partials(&self, (from, to): Window, interval: Interval, progress: &dyn Progress) -> Result<Vec<Partial>> {
        match self {
            Self::Blobs(units) => {
                progress.start(units.iter().map(|unit| unit.bytes).sum(), units.iter().map(|unit| unit.blobs.len() as u64).sum());
                let partials = roll_up(units, rollup::Settings { interval, from, to }, progress)?;
                progress.finish();
                Ok(partials)
            }
            Self::Kept(workspace) => Ok(workspace.load(hours(workspace, (from, to)))?),
        }
    }
}

/// The hours of a workspace that a window touches, from the epoch.
pub fn hours(workspace: &Workspace, (from, to): Window) -> Range<u32> {
    let all = workspace.hours().unwrap_or(0..0);
    let number = |hour: i64| u32::try_from(hour.max(0)).unwrap_or(u32::MAX);
    let start = from.map_or(all.start, |from| number(from.div_euclid(HOUR_MS)).max(all.start));
    let end = to.map_or(all.end, |to| number(to.saturating_add(HOUR_MS - 1).div_euclid(HOUR_MS)).min(all.end));
    start..end.max(start)
}
