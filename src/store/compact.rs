//! Closes days: one file per table and hour, with one row per blob and key.
//!
//! Goes in: a workspace after a run. Comes out: the same rows in fewer files. A day is closed two days after it ended; a blob with rows in
//! it is read whole from then on ([`super::Checkpoint::is_open`]).

use polars::prelude::{DataFrame, DataType, PolarsError};

use super::STATE_HOURS;
use super::column::categories;
use super::error::StoreError;
use super::part_file;
use super::partial_tables::PARTIAL_TABLES;
use super::partition::{DAY_HOURS, Part, PartKind};
use super::picked::{Rows, Run};
use super::retire::table;
use super::threads;
use super::workspace::{Change, Workspace};
use crate::schema::kept::{Kept, KeptTable, TABLES};

impl Workspace {
    /// Closes every day that can be closed, one commit a day.
    ///
    /// # Errors
    /// A file cannot be read or written; the day is then as before.
    pub fn close_days(&mut self) -> Result<(), StoreError> {
        let Some(before) = self.checkpoint().newest_hour.and_then(|newest| newest.checked_sub(STATE_HOURS)) else {
            return Ok(());
        };
        let before = before / DAY_HOURS;
        let days = self.checkpoint().parts.iter().map(Part::day).filter(|day| *day < before);
        let mut days: Vec<u32> = days.filter(|day| *day >= self.checkpoint().closed_before).collect();
        // Rows that came late open a day anew.
        days.extend(self.late_days(before));
        days.sort_unstable();
        days.dedup();
        for day in days {
            self.close(day)?;
        }
        if self.checkpoint().closed_before < before {
            self.commit(Change::default(), |checkpoint| checkpoint.closed_before = before)?;
        }
        Ok(())
    }

    /// Closed days with an hour that has several files of a table again.
    fn late_days(&self, before: u32) -> Vec<u32> {
        let parts: Vec<&Part> = self.checkpoint().parts.iter().collect();
        let several = parts.chunk_by(|a, b| a.table == b.table && a.hour == b.hour).filter(|parts| parts.len() > 1);
        several.map(|parts| parts[0].day()).filter(|day| *day < before).collect()
    }

    fn close(&mut self, day: u32) -> Result<(), StoreError> {
        let hours = day * DAY_HOURS..=day * DAY_HOURS + (DAY_HOURS - 1);
        let run = self.checkpoint().run + 1;
        let mut work: Vec<Vec<Part>> = Vec::new();
        for table in TABLES {
            let parts: Vec<Part> = self.parts(table.name, hours.clone()).cloned().collect();
            let hours = parts.chunk_by(|a, b| a.hour == b.hour);
            work.extend(hours.filter(|parts| parts.len() > 1 || parts[0].kind == PartKind::Pending).map(<[Part]>::to_vec));
        }
        if work.is_empty() {
            return Ok(());
        }
        self.begin()?;
        let added = threads::each(&work, |parts| {
            let part = Part { run, number: 0, kind: PartKind::Settled, ..parts[0].clone() };
            let path = self.path(&part);
            let table = table(&part.table).ok_or_else(|| StoreError::damaged(&path, "it belongs to no table"))?;
            match PARTIAL_TABLES.iter().find(|kept| kept.table.name == table.name) {
                Some(kept) => {
                    let read = self.read_merged(&parts.iter().collect::<Vec<_>>(), kept.reading())?;
                    let rows = Rows { partials: vec![&read.partial], runs: runs(&read.blob_ids) };
                    let columns = (kept.columns)(self.interval());
                    part_file::write_rows((&path, &part.to_string()), table, &columns, &rows)?;
                }
                None => part_file::write(&path, table, &mut self.joined(table, parts, &part)?)?,
            }
            Ok::<_, StoreError>(part)
        })?;
        self.sync_folders(&added)?;
        // Said in the same commit: a run that dies after it must not read on what it merged.
        self.commit(Change { added, retired: work.concat() }, |checkpoint| {
            checkpoint.closed_before = checkpoint.closed_before.max(day + 1)
        })
    }

    /// The rows of several files of a table and hour as one frame.
    fn joined(&self, table: &'static KeptTable, parts: &[Part], to: &Part) -> Result<DataFrame, StoreError> {
        let file = to.to_string();
        let mut stack: Option<DataFrame> = None;
        for part in parts {
            let path = self.path(part);
            let mut frame = part_file::read(&path, None)?;
            // Each file numbers its texts by itself.
            recast(table, &mut frame, |_| DataType::String).map_err(StoreError::polars_read(&path))?;
            stack = Some(match stack {
                Some(stack) => stack.vstack(&frame).map_err(StoreError::polars_read(&path))?,
                None => frame,
            });
        }
        let path = self.path(to);
        let mut frame = stack.ok_or_else(|| StoreError::damaged(&path, "there is nothing to write"))?;
        frame.rechunk_mut();
        recast(table, &mut frame, |name| DataType::from_categories(categories(&file, name)))
            .map_err(StoreError::polars_write(&path))?;
        Ok(frame)
    }
}

/// All rows of a Partial, of these blobs.
fn runs(blob_ids: &[u32]) -> Vec<Run> {
    let mut from = 0;
    let same = blob_ids.chunk_by(|a, b| a == b);
    same.map(|ids| {
        let run = Run { partial: 0, from, to: from + ids.len() as u32, blob_id: ids[0] };
        from = run.to;
        run
    })
    .collect()
}

/// Gives every column of repeating texts another type.
fn recast(table: &KeptTable, frame: &mut DataFrame, to: impl Fn(&str) -> DataType) -> Result<(), PolarsError> {
    for column in table.columns.iter().filter(|column| column.kind == Kept::Name) {
        let recast = frame.column(column.name)?.cast(&to(column.name))?;
        frame.with_column(recast)?;
    }
    Ok(())
}
