//! The files of a kept table as rows that are read when they are asked for, with the day and hour of their folders as columns.
//!
//! Goes in: the table, its columns and its files. Comes out: a [`Source`]. No file is opened before a query runs, and none whose folder
//! the query leaves out: the folders tell the least and the greatest moment of what lies in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::io::HiveOptions;
use polars::lazy::dsl::{
    CastColumnsPolicy, DslBuilder, ExtraColumnsPolicy, MissingColumnsPolicy, ScanSources, TableStatistics, UnifiedScanArgs,
};
use polars::prelude::{
    Column, DataFrame, DataType, Field, IDX_DTYPE, IntoColumn, IntoLazy, LazyFrame, NamedFrom, ParquetOptions, PlRefPath,
    PolarsResult, Schema, SchemaExt, Series, TimeUnit, TimeZone, cast, col,
};

use crate::schema::kept::{Kept, KeptTable, PARTITIONS};
use crate::schema::moment::moment;
use crate::schema::queried::Kind;
use crate::schema::units::HOUR_MS;

use super::error::QueryError;

/// The rows of a table, read when they are asked for.
pub struct Source(pub(super) LazyFrame);

/// Columns whose moment lies in the hour of the row's folder.
const IN_THE_HOUR: [&str; 2] = ["interval_start", "hour_start"];

/// The rows of `files`, which lie in folders `date=…/hour=…`.
///
/// # Errors
/// A path that is no UTF-8.
pub fn scan(table: &KeptTable, files: &[PathBuf]) -> Result<Source, QueryError> {
    lazy(table, files).map(Source).map_err(|error| QueryError::failed(&error))
}

fn lazy(table: &KeptTable, files: &[PathBuf]) -> PolarsResult<LazyFrame> {
    let stored: Schema = table.columns.iter().map(|column| Field::new(column.name.into(), stored_type(column.kind))).collect();
    let folders: Vec<Folder> = files.iter().map(|file| Folder::of(file)).collect();
    let rows = if files.is_empty() {
        let partitions = PARTITIONS.iter().map(|column| Field::new(column.name.into(), partition_type(column.kind)));
        DataFrame::empty_with_schema(&stored.iter_fields().chain(partitions).collect()).lazy()
    } else {
        let paths = files.iter().map(|file| PlRefPath::try_from_path(file)).collect::<PolarsResult<Vec<_>>>()?;
        let arguments = UnifiedScanArgs {
            hive_options: HiveOptions {
                enabled: Some(true),
                hive_start_idx: 0,
                schema: Some(Arc::new(hive_schema(&files[0]))),
                try_parse_dates: false,
            },
            glob: false,
            cast_columns_policy: CastColumnsPolicy {
                integer_upcast: true,
                categorical_to_string: true,
                ..CastColumnsPolicy::ERROR_ON_MISMATCH
            },
            missing_columns_policy: MissingColumnsPolicy::Insert,
            extra_columns_policy: ExtraColumnsPolicy::Ignore,
            table_statistics: Some(TableStatistics(Arc::new(statistics(&stored, &folders)?))),
            ..UnifiedScanArgs::default()
        };
        let options = ParquetOptions { schema: Some(Arc::new(stored.clone())), ..ParquetOptions::default() };
        LazyFrame::from(DslBuilder::scan_parquet(ScanSources::Paths(paths.into()), options, arguments)?.build())
    };
    let wider = table.columns.iter().filter_map(|column| {
        let queried = queried_type(column.kind);
        (queried != stored_type(column.kind)).then(|| cast(col(column.name), queried))
    });
    let names = table.columns.iter().chain(PARTITIONS).map(|column| col(column.name));
    Ok(rows.with_columns(wider.collect::<Vec<_>>()).select(names.collect::<Vec<_>>()))
}

/// The type that a column has when its files are read: narrow numbers are made wider there, whatever the reader can.
fn stored_type(kind: Kept) -> DataType {
    match kind {
        Kept::U64 => DataType::UInt64,
        Kept::U32List => DataType::List(Box::new(DataType::UInt32)),
        Kept::U64List => DataType::List(Box::new(DataType::UInt64)),
        kind => queried_type(kind),
    }
}

/// The type that a column has in a query.
fn queried_type(kind: Kept) -> DataType {
    match kind {
        Kept::Name | Kept::Text => type_of(Kind::Text),
        Kept::U8 | Kept::U16 | Kept::U32 | Kept::U64 | Kept::I64 => type_of(Kind::Integer),
        Kept::Time => type_of(Kind::Time),
        Kept::Flag => type_of(Kind::Flag),
        Kept::U32List | Kept::U64List => type_of(Kind::Integers),
    }
}

/// The type of polars for what a query sees.
pub(super) fn type_of(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Integer => DataType::Int64,
        Kind::Real => DataType::Float64,
        Kind::Time => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        Kind::Flag => DataType::Boolean,
        Kind::Texts => DataType::List(Box::new(DataType::String)),
        Kind::Integers => DataType::List(Box::new(DataType::Int64)),
    }
}

fn partition_type(kind: Kept) -> DataType {
    queried_type(kind)
}

/// What the folders of a file's path hold: day and hour, and a text for a folder above the workspace that looks alike, such as `env=prod`.
fn hive_schema(file: &Path) -> Schema {
    let above = file.components().filter_map(|part| part.as_os_str().to_str()?.split_once('=').map(|(name, _)| name.to_owned()));
    let above = above.filter(|name| PARTITIONS.iter().all(|column| column.name != name));
    let partitions = PARTITIONS.iter().map(|column| Field::new(column.name.into(), partition_type(column.kind)));
    above.map(|name| Field::new(name.into(), DataType::String)).chain(partitions).collect()
}

/// The day and hour of the folder that a file lies in, as far as its path tells.
struct Folder {
    date: Option<String>,
    hour: Option<i64>,
}

impl Folder {
    fn of(file: &Path) -> Self {
        let value = |name: &str| {
            let parts = file.components().rev().filter_map(|part| part.as_os_str().to_str());
            parts.filter_map(|part| part.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        };
        Self { date: value("date"), hour: value("hour").and_then(|hour| hour.parse().ok()) }
    }

    /// When the hour begins, ms since the epoch.
    fn start(&self) -> Option<i64> {
        Some(moment(self.date.as_deref()?)? + self.hour? * HOUR_MS)
    }
}

/// What is known of each file before it is opened: least, greatest and missing values of each column, unknown for most.
///
/// The names are those that polars reads: `len`, then `_min`, `_max` and `_nc` of each column.
fn statistics(stored: &Schema, folders: &[Folder]) -> PolarsResult<DataFrame> {
    let files = folders.len();
    let starts: Vec<Option<i64>> = folders.iter().map(Folder::start).collect();
    let mut columns = vec![Column::full_null("len".into(), files, &IDX_DTYPE)];
    let mut add = |name: &str, least: Series, most: Series, is_known: bool| -> PolarsResult<()> {
        columns.push(least.with_name(format!("{name}_min").into()).into_column());
        columns.push(most.with_name(format!("{name}_max").into()).into_column());
        let missing = if is_known { Some(0u32) } else { None };
        columns.push(Series::new(format!("{name}_nc").into(), vec![missing; files]).cast(&IDX_DTYPE)?.into_column());
        Ok(())
    };
    for (name, kind) in stored.iter() {
        if IN_THE_HOUR.contains(&name.as_str()) {
            let last: Vec<Option<i64>> = starts.iter().map(|start| start.map(|start| start + HOUR_MS - 1)).collect();
            add(name, Series::new("".into(), &starts).cast(kind)?, Series::new("".into(), last).cast(kind)?, false)?;
        } else {
            let unknown = Series::full_null("".into(), files, kind);
            add(name, unknown.clone(), unknown, false)?;
        }
    }
    let dates = Series::new("".into(), folders.iter().map(|folder| folder.date.as_deref()).collect::<Vec<_>>());
    let hours = Series::new("".into(), folders.iter().map(|folder| folder.hour).collect::<Vec<_>>());
    for (column, values) in PARTITIONS.iter().zip([dates, hours]) {
        add(column.name, values.clone(), values, true)?;
    }
    DataFrame::new(files, columns)
}
