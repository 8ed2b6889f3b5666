//! Columns of the small files of a workspace, built from plain values.
//!
//! Goes in: values. Comes out: polars columns of the kinds that `schema::kept` names. Knows no table.

use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, CategoricalPhysical, Categories, Column, DataType, Int64Chunked, IntoColumn, IntoSeries, ListBuilderTrait,
    ListPrimitiveChunkedBuilder, NewChunkedArray, StringChunked, TimeUnit, TimeZone, UInt64Chunked, UInt64Type,
};

/// The texts of a column of a file, numbered by themselves: no two files share them.
pub(super) fn categories(file: &str, name: &str) -> Arc<Categories> {
    Categories::new(format!("{file}:{name}").into(), "azflow".into(), CategoricalPhysical::U32)
}

/// Numbers of 64 bits.
pub(super) fn u64s(name: &str, values: Vec<u64>) -> Column {
    UInt64Chunked::from_vec(name.into(), values).into_column()
}

/// Numbers of 64 bits that may be unknown.
pub(super) fn i64s(name: &str, values: Vec<Option<i64>>) -> Column {
    Int64Chunked::from_iter_options(name.into(), values.into_iter()).into_column()
}

/// Truths.
pub(super) fn flags(name: &str, values: Vec<bool>) -> Column {
    BooleanChunked::from_slice(name.into(), &values).into_column()
}

/// Moments, ms since the epoch, that may be unknown.
pub(super) fn times(name: &str, values: Vec<Option<i64>>) -> Column {
    moments(Int64Chunked::from_iter_options(name.into(), values.into_iter()))
}

fn moments(values: Int64Chunked) -> Column {
    values.into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_series().into_column()
}

/// Texts of their own.
pub(super) fn texts<'t>(name: &str, values: impl Iterator<Item = &'t str>) -> Column {
    StringChunked::from_iter_values(name.into(), values).into_column()
}

/// Lists of numbers of 64 bits.
pub(super) fn u64_lists<'l>(name: &str, lists: impl ExactSizeIterator<Item = &'l [u64]>, values: usize) -> Column {
    let mut builder = ListPrimitiveChunkedBuilder::<UInt64Type>::new(name.into(), lists.len(), values, DataType::UInt64);
    lists.for_each(|list| builder.append_slice(list));
    builder.finish().into_column()
}
