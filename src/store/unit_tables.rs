//! Tables whose rows belong to a unit of work as a whole: what was read, who captured, what was refused, what could not be read.
//!
//! Goes in: plain rows. Comes out: frames with the columns of `schema::kept`, and the rows back from them.

use std::sync::Arc;

use polars::prelude::{
    Categorical32Type, CategoricalChunked, Column, DataFrame, DataType, IntoColumn, IntoSeries, PolarsError, UInt32Chunked,
};

use super::cells::Cells;
use super::column::{categories, flags, i64s, texts, times, u64_lists, u64s};
use super::error::StoreError;
use super::rows::capture_points;
use crate::schema::partial::{BlobProblem, CapturePoint, Counts, RejectRow};
use crate::schema::{Reason, Reject};

/// What was read of a unit in one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// The unit.
    pub blob_id: u32,
    /// Name of its first blob.
    pub blob: Arc<str>,
    /// What was counted; formats and states are in `coverage`.
    pub counts: Counts,
    /// First and last tuple kept, ms since the epoch.
    pub window: Option<(i64, i64)>,
}

/// The frame of `blobs`.
pub(super) fn blobs(rows: &[BlobRow]) -> Result<DataFrame, PolarsError> {
    let sum = |name: &str, value: fn(&Counts) -> u64| u64s(name, rows.iter().map(|row| value(&row.counts)).collect());
    let reasons: Vec<&[u64]> = rows.iter().map(|row| &row.counts.rejected_by_reason[..]).collect();
    DataFrame::new(
        rows.len(),
        vec![
            ids(rows.iter().map(|row| row.blob_id)),
            texts("blob", rows.iter().map(|row| &*row.blob)),
            sum("blobs", |c| c.blobs),
            sum("blobs_failed", |c| c.blobs_failed),
            sum("blobs_ignored", |c| c.blobs_ignored),
            sum("bytes", |c| c.bytes),
            sum("records", |c| c.records),
            sum("records_duplicate", |c| c.records_duplicate),
            sum("records_rejected", |c| c.records_rejected),
            sum("tuples_read", |c| c.tuples_read),
            sum("tuples_kept", |c| c.tuples_kept),
            sum("tuples_rejected", |c| c.tuples_rejected),
            sum("tuples_duplicate", |c| c.tuples_duplicate),
            u64_lists("rejected_by_reason", reasons.into_iter(), rows.len() * Reason::COUNT),
            times("first_time", rows.iter().map(|row| row.window.map(|(first, _)| first)).collect()),
            times("last_time", rows.iter().map(|row| row.window.map(|(_, last)| last)).collect()),
        ],
    )
}

/// The rows of `blobs`.
pub(super) fn read_blobs(cells: Cells<'_>) -> Result<Vec<BlobRow>, StoreError> {
    let (blob_ids, names) = (cells.u32s("blob_id")?, cells.texts("blob")?);
    let columns = [
        cells.u64s("blobs")?,
        cells.u64s("blobs_failed")?,
        cells.u64s("blobs_ignored")?,
        cells.u64s("bytes")?,
        cells.u64s("records")?,
        cells.u64s("records_duplicate")?,
        cells.u64s("records_rejected")?,
        cells.u64s("tuples_read")?,
        cells.u64s("tuples_kept")?,
        cells.u64s("tuples_rejected")?,
        cells.u64s("tuples_duplicate")?,
    ];
    let (reasons, _) = cells.u64_lists("rejected_by_reason")?;
    if reasons.len() != blob_ids.len() * Reason::COUNT {
        return Err(cells.wrong("rejected_by_reason", "it does not hold one number per reason"));
    }
    let (first, last) = (cells.times("first_time")?, cells.times("last_time")?);
    let row = |row: usize| {
        let [blobs, failed, ignored, bytes, records, duplicate, rejected, read, kept, tuples_rejected, tuples_duplicate] =
            columns.each_ref().map(|column| column[row]);
        let mut rejected_by_reason = [0; Reason::COUNT];
        rejected_by_reason.copy_from_slice(&reasons[row * Reason::COUNT..][..Reason::COUNT]);
        let counts = Counts {
            blobs,
            blobs_failed: failed,
            blobs_ignored: ignored,
            bytes,
            records,
            records_duplicate: duplicate,
            records_rejected: rejected,
            tuples_read: read,
            tuples_kept: kept,
            tuples_rejected,
            tuples_duplicate,
            rejected_by_reason,
            ..Counts::default()
        };
        BlobRow { blob_id: blob_ids[row], blob: Arc::from(&*names[row]), counts, window: first[row].zip(last[row]) }
    };
    Ok((0..blob_ids.len()).map(row).collect())
}

/// The frame of `capture_points`; `file` is what the file is called.
pub(super) fn points(rows: &[(u32, CapturePoint)], file: &str) -> Result<DataFrame, PolarsError> {
    let name = |name: &str, text: fn(&CapturePoint) -> &str| names(file, name, rows.iter().map(|(_, point)| text(point)));
    DataFrame::new(
        rows.len(),
        vec![
            ids(rows.iter().map(|(id, _)| *id)),
            name("log_resource", |point| &point.log_resource)?,
            name("target_resource", |point| &point.target_resource)?,
            name("mac", |point| &point.mac)?,
            name("format", |point| point.format.name())?,
            flags("forwards", rows.iter().map(|(_, point)| point.forwards).collect()),
            u64s("records", rows.iter().map(|(_, point)| point.records).collect()),
        ],
    )
}

/// The rows of `capture_points`.
pub(super) fn read_points(cells: Cells<'_>) -> Result<Vec<(u32, CapturePoint)>, StoreError> {
    let mut known = Vec::new();
    let numbers = capture_points(cells, &mut known)?;
    let (ids, forwards, records) = (cells.u32s("blob_id")?, cells.flags("forwards")?, cells.u64s("records")?);
    let row = |(row, number): (usize, &u32)| {
        let point = CapturePoint { forwards: forwards[row], records: records[row], ..known[*number as usize].clone() };
        (ids[row], point)
    };
    Ok(numbers.iter().enumerate().map(row).collect())
}

/// The frame of `rejects`; `file` is what the file is called.
pub(super) fn rejects(rows: &[(u32, RejectRow)], file: &str) -> Result<DataFrame, PolarsError> {
    let place = |name: &str, value: fn(&Reject) -> Option<u32>| {
        i64s(name, rows.iter().map(|(_, row)| value(&row.reject).map(i64::from)).collect())
    };
    DataFrame::new(
        rows.len(),
        vec![
            ids(rows.iter().map(|(id, _)| *id)),
            names(file, "blob", rows.iter().map(|(_, row)| &*row.blob))?,
            u64s("record", rows.iter().map(|(_, row)| row.reject.record).collect()),
            place("flow", |reject| reject.flow),
            place("group", |reject| reject.group),
            place("tuple", |reject| reject.tuple),
            u64s("byte_offset", rows.iter().map(|(_, row)| row.reject.byte_offset).collect()),
            names(file, "reason", rows.iter().map(|(_, row)| row.reject.reason.name()))?,
            texts("text", rows.iter().map(|(_, row)| &*row.reject.text)),
        ],
    )
}

/// The rows of `rejects`.
pub(super) fn read_rejects(cells: Cells<'_>) -> Result<Vec<(u32, RejectRow)>, StoreError> {
    let (ids, blob, record) = (cells.u32s("blob_id")?, cells.names("blob")?, cells.u64s("record")?);
    let (flow, group, tuple) = (cells.i64s("flow")?, cells.i64s("group")?, cells.i64s("tuple")?);
    let (byte_offset, reason, text) = (cells.u64s("byte_offset")?, cells.names("reason")?, cells.texts("text")?);
    let reasons =
        reason.texts.iter().map(|text| Reason::ALL.iter().find(|(_, name)| *name == &**text).map(|(reason, _)| *reason));
    let reasons: Vec<Option<Reason>> = reasons.collect();
    let blobs: Vec<Arc<str>> = blob.texts.iter().map(|name| Arc::from(&**name)).collect();
    let place = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok());
    (0..ids.len())
        .map(|row| {
            let reason = reasons[reason.numbers[row] as usize];
            let reject = Reject {
                record: record[row],
                flow: place(flow[row]),
                group: place(group[row]),
                tuple: place(tuple[row]),
                byte_offset: byte_offset[row],
                reason: reason.ok_or_else(|| cells.wrong("reason", "it is none that this build knows"))?,
                text: text[row].to_string(),
            };
            Ok((ids[row], RejectRow { blob: Arc::clone(&blobs[blob.numbers[row] as usize]), reject }))
        })
        .collect()
}

/// The frame of `problems`.
pub(super) fn problems(rows: &[(u32, BlobProblem)]) -> Result<DataFrame, PolarsError> {
    DataFrame::new(
        rows.len(),
        vec![
            ids(rows.iter().map(|(id, _)| *id)),
            texts("blob", rows.iter().map(|(_, row)| &*row.blob)),
            texts("problem", rows.iter().map(|(_, row)| &*row.problem)),
        ],
    )
}

/// The rows of `problems`.
pub(super) fn read_problems(cells: Cells<'_>) -> Result<Vec<(u32, BlobProblem)>, StoreError> {
    let (ids, blobs, problems) = (cells.u32s("blob_id")?, cells.texts("blob")?, cells.texts("problem")?);
    let row = |((id, blob), problem): ((u32, Box<str>), Box<str>)| {
        (id, BlobProblem { blob: Arc::from(&*blob), problem: problem.into() })
    };
    Ok(ids.into_iter().zip(blobs).zip(problems).map(row).collect())
}

/// The column of the blobs that rows come from.
pub(super) fn ids(ids: impl Iterator<Item = u32>) -> Column {
    UInt32Chunked::from_vec("blob_id".into(), ids.collect()).into_column()
}

/// A column of texts that repeat.
fn names<'t>(file: &str, name: &str, texts: impl Iterator<Item = &'t str>) -> Result<Column, PolarsError> {
    let column = CategoricalChunked::<Categorical32Type>::from_str_iter(
        name.into(),
        DataType::from_categories(categories(file, name)),
        texts.map(Some).collect::<Vec<_>>(),
    )?;
    Ok(column.into_series().into_column())
}
