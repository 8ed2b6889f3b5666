//! Reads hours of a workspace back as the Partials that went in, for the tables of a report.
//!
//! Goes in: a range of hours. Comes out: Partials with every row of these hours, or what is asked of them where a window is read slice by
//! slice. Rows of a blob that was read in pieces are summed, so that it has the rows it would have had if it had been read at once.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::Path;

use super::cells::Cells;
use super::error::StoreError;
use super::part_file;
use super::partial_tables::{MEASURES, NAMES, PARTIAL_TABLES, PAST, PartialTable, Reading};
use super::partition::Part;
use super::rows::KeptRows;
use super::threads;
use super::unit_tables::{self, BlobRow};
use super::workspace::Workspace;
use crate::rollup::{PartialBuilder, merge_contacts, merge_traffic};
use crate::schema::Partial;
use crate::schema::kept::{BLOBS, CAPTURE_POINTS, COVERAGE, KeptTable, PROBLEMS, REJECTS, TRAFFIC};
use crate::schema::partial::Counts;
use crate::schema::units::HOURS_A_DAY;

/// What is read of the rows of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Traffic, contacts and open flows, whole.
    Everything,
    /// Of traffic who was seen where, allowed or denied: what a survey of a window looks at.
    Names,
    /// Of traffic when, who, where to, and how much, without its rules.
    Measures,
}

impl Workspace {
    /// The first hour with a row and the first after the last, from the epoch; `None` without any row.
    pub fn hours(&self) -> Option<Range<u32>> {
        let mut hours = self.parts(COVERAGE.name, 0..=u32::MAX).map(|part| part.hour);
        let first = hours.next()?;
        Some(first..hours.last().unwrap_or(first) + 1)
    }

    /// The newest tuple kept, ms since the epoch; `None` without any.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn newest_time(&self) -> Result<Option<i64>, StoreError> {
        let Some(hours) = self.hours() else { return Ok(None) };
        let mut newest = None;
        for part in self.parts(COVERAGE.name, hours.end - 1..=hours.end - 1) {
            let path = self.path(part);
            let frame = part_file::read(&path, Some(&["last_time"]))?;
            newest = newest.max(Cells { frame: &frame, path: &path }.known_times("last_time")?.into_iter().max());
        }
        Ok(newest)
    }

    /// Every row of `hours`, in as many Partials as suit, and what was read of the blobs that have a row among them.
    ///
    /// # Errors
    /// A file cannot be read, or does not hold what a run wrote.
    pub fn load(&self, hours: Range<u32>) -> Result<Vec<Partial>, StoreError> {
        if hours.is_empty() {
            return Ok(Vec::new());
        }
        let mut partials = self.rows_of(hours.clone(), |_| true)?;
        let kept = kept_tuples(&partials);
        partials.push(self.unit_rows(hours, kept)?);
        Ok(partials)
    }

    /// What a history is reduced from: of the traffic of `hours` when, by which rule, who, where to, how many flows and bytes, and its
    /// coverage; in as many Partials as suit.
    ///
    /// # Errors
    /// As [`Workspace::load`].
    pub fn load_past(&self, hours: Range<u32>) -> Result<Vec<Partial>, StoreError> {
        let mut partials = self.rows_as(hours.clone(), |table| (table.name == TRAFFIC.name).then_some(PAST))?;
        partials.extend(self.rows_of(hours, |table| table.table.name == COVERAGE.name)?);
        Ok(partials)
    }

    /// Whatever is no row of traffic, contacts or open flows of `hours`; those are loaded slice by slice.
    ///
    /// # Errors
    /// As [`Workspace::load`].
    pub fn load_rest(&self, hours: Range<u32>) -> Result<Vec<Partial>, StoreError> {
        // Every hour names its capture points anew: day by day they are soon the same ones.
        let mut coverage = PartialBuilder::default();
        for day in hours.clone().step_by(HOURS_A_DAY as usize) {
            let of_day = day..hours.end.min(day + HOURS_A_DAY);
            let rows = self.rows_of(of_day, |table| table.table.name == COVERAGE.name)?;
            rows.into_iter().for_each(|partial| coverage.append(partial));
        }
        let mut partials = vec![coverage.take()];
        let kept = kept_tuples(&partials);
        partials.push(self.unit_rows(hours, kept)?);
        Ok(partials)
    }

    /// What `asked` says of the rows of a slice.
    ///
    /// # Errors
    /// As [`Workspace::load`].
    pub fn load_slice(&self, hours: Range<u32>, asked: Asked) -> Result<Vec<Partial>, StoreError> {
        match asked {
            Asked::Everything => self.rows_of(hours, |table| table.table.name != COVERAGE.name),
            Asked::Names => self.rows_as(hours, |table| (table.name == TRAFFIC.name).then_some(NAMES)),
            Asked::Measures => self.rows_as(hours, |table| (table.name == TRAFFIC.name).then_some(MEASURES)),
        }
    }

    /// The rows of the tables asked for, in these hours.
    fn rows_of(&self, hours: Range<u32>, is_asked: impl Fn(&PartialTable) -> bool) -> Result<Vec<Partial>, StoreError> {
        let asked: Vec<&PartialTable> = PARTIAL_TABLES.iter().filter(|table| is_asked(table)).collect();
        let reading = |table: &KeptTable| Some(asked.iter().find(|asked| asked.table.name == table.name)?.reading());
        self.rows_as(hours, reading)
    }

    /// The rows of these hours of the tables that `reading` says how to read.
    fn rows_as(&self, hours: Range<u32>, reading: impl Fn(&KeptTable) -> Option<Reading>) -> Result<Vec<Partial>, StoreError> {
        if hours.is_empty() {
            return Ok(Vec::new());
        }
        let mut work: Vec<(Vec<&Part>, Reading)> = Vec::new();
        for table in PARTIAL_TABLES {
            let Some(reading) = reading(table.table) else { continue };
            let parts: Vec<&Part> = self.parts(table.table.name, hours.start..=hours.end - 1).collect();
            // Rows that are not read whole have no key by which they could be summed, and who asks for them needs no sums.
            let are_summed = |a: &&Part, b: &&Part| reading.columns.is_none() && a.hour == b.hour;
            work.extend(parts.chunk_by(are_summed).map(|parts| (parts.to_vec(), reading)));
        }
        threads::each(&work, |(parts, reading)| self.read_merged(parts, *reading).map(|rows| rows.partial))
    }

    /// The rows of one table and hour, those of a blob that was read in pieces summed.
    pub(super) fn read_merged(&self, parts: &[&Part], reading: Reading) -> Result<KeptRows, StoreError> {
        let mut all = Vec::with_capacity(parts.len());
        for part in parts {
            let path = self.path(part);
            let frame = part_file::read_as_texts(&path, reading.columns)?;
            all.push((reading.read)(Cells { frame: &frame, path: &path }, self.interval())?);
        }
        Ok(merged(all))
    }

    /// What belongs to units as a whole: capture points, rejects, problems and counts of those with a row in `hours`.
    fn unit_rows(&self, hours: Range<u32>, kept: Counts) -> Result<Partial, StoreError> {
        let overlaps = |span: (u32, u32)| span.0 < hours.end && span.1 >= hours.start;
        let units = self.checkpoint().units.values().filter(|unit| overlaps(unit.span));
        let (ids, unit_hours): (HashSet<u32>, BTreeSet<u32>) = units.map(|unit| (unit.id, unit.hour)).unzip();
        let mut points = PartialBuilder::default();
        self.each(CAPTURE_POINTS.name, &unit_hours, |cells| {
            let of_hour = unit_tables::read_points(cells)?.into_iter().filter(|(id, _)| ids.contains(id));
            points.append(Partial { capture_points: of_hour.map(|(_, point)| point).collect(), ..Partial::default() });
            Ok(())
        })?;
        let mut partial = Partial { counts: kept, ..points.take() };
        let mut read: Counts = Counts::default();
        self.each(REJECTS.name, &unit_hours, |cells| {
            let rows = unit_tables::read_rejects(cells)?;
            partial.rejects.extend(rows.into_iter().filter(|(id, _)| ids.contains(id)).map(|(_, row)| row));
            Ok(())
        })?;
        self.each(PROBLEMS.name, &unit_hours, |cells| {
            let rows = unit_tables::read_problems(cells)?;
            partial.problems.extend(rows.into_iter().filter(|(id, _)| ids.contains(id)).map(|(_, row)| row));
            Ok(())
        })?;
        self.each(BLOBS.name, &unit_hours, |cells| {
            let rows = unit_tables::read_blobs(cells)?;
            rows.iter().filter(|row| ids.contains(&row.blob_id)).for_each(|BlobRow { counts, .. }| read.add(counts));
            Ok(())
        })?;
        // Tuples of the same blobs that lie in other hours were kept, but not for this window.
        read.tuples_outside_window = read.tuples_kept.saturating_sub(kept.tuples_kept);
        read.tuples_kept = 0;
        partial.counts.add(&read);
        Ok(partial)
    }

    /// Hands on the frames of a table in these hours.
    fn each(
        &self,
        table: &str,
        hours: &BTreeSet<u32>,
        mut take: impl FnMut(Cells<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for part in hours.iter().flat_map(|hour| self.parts(table, *hour..=*hour)) {
            let path = self.path(part);
            let frame = part_file::read(&path, None)?;
            take(Cells { frame: &frame, path: Path::new(&path) })?;
        }
        Ok(())
    }
}

/// The rows of several files as one, those of a blob that was read in pieces summed.
fn merged(mut all: Vec<KeptRows>) -> KeptRows {
    if all.len() <= 1 {
        return all.pop().unwrap_or_default();
    }
    let mut builder = PartialBuilder::default();
    let mut blob_ids = Vec::new();
    for rows in all {
        builder.append(rows.partial);
        blob_ids.extend(rows.blob_ids);
    }
    let mut partial = builder.take();
    if partial.traffic.rows() > 0 {
        merge_traffic(&mut partial.traffic, &mut blob_ids);
    } else if partial.contacts.rows() > 0 {
        merge_contacts(&mut partial.contacts, &mut blob_ids);
    }
    KeptRows { partial, blob_ids }
}

/// What the coverage of `partials` counts: tuples kept, by state and by format.
fn kept_tuples(partials: &[Partial]) -> Counts {
    let mut counts = Counts::default();
    for partial in partials {
        for row in &partial.coverage {
            row.tuples.iter().for_each(|states| counts.by_state.add(states));
            let tuples: u64 = row.tuples.iter().map(|states| states.total()).sum();
            counts.by_format[partial.capture_points[row.capture_point as usize].format as usize] += tuples;
        }
    }
    counts.tuples_kept = counts.by_state.total();
    counts
}
