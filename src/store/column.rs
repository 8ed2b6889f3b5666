//! Columns of a workspace's files, built from rows that are picked from several Partials.
//!
//! Goes in: Partials, and which of their rows belong into a file. Comes out: polars columns of the kinds that `schema::kept` names.
//! Knows no table.

use std::borrow::Cow;
use std::sync::Arc;

use polars::prelude::{
    BooleanChunked, Categorical32Type, CategoricalChunked, CategoricalPhysical, Categories, Column, DataType, Int64Chunked,
    IntoColumn, IntoSeries, ListBuilderTrait, ListPrimitiveChunkedBuilder, NewChunkedArray, PolarsError, StringChunked, TimeUnit,
    TimeZone, UInt8Chunked, UInt16Chunked, UInt32Chunked, UInt32Type, UInt64Chunked, UInt64Type,
};

use crate::schema::Partial;

/// Rows of one Partial.
pub(super) struct Pick<'a> {
    /// Where the rows stand.
    pub partial: &'a Partial,
    /// Their numbers in the table.
    pub rows: Vec<u32>,
    /// The blob of each.
    pub blob_ids: Vec<u32>,
}

/// The rows of a file.
pub(super) struct Picks<'a> {
    /// What the file is called: no two files of a process share the numbers of their texts.
    pub file: &'a str,
    /// The rows, Partial by Partial.
    pub picks: Vec<Pick<'a>>,
}

/// Marks a text that has no number yet.
const UNSEEN: u32 = u32::MAX;

impl Picks<'_> {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.picks.iter().map(|pick| pick.rows.len()).sum()
    }

    /// One value per row.
    pub fn values<T>(&self, value: impl Fn(&Partial, usize) -> T) -> Vec<T> {
        let mut values = Vec::with_capacity(self.count());
        for pick in &self.picks {
            values.extend(pick.rows.iter().map(|row| value(pick.partial, *row as usize)));
        }
        values
    }

    /// The values of a column of a Partial.
    pub fn gather<T: Copy, U: From<T>>(&self, column: impl Fn(&Partial) -> &[T]) -> Vec<U> {
        let mut values = Vec::with_capacity(self.count());
        for pick in &self.picks {
            let column = column(pick.partial);
            values.extend(pick.rows.iter().map(|row| U::from(column[*row as usize])));
        }
        values
    }

    /// The blob of each row.
    pub fn blob_ids(&self) -> Column {
        UInt32Chunked::from_vec("blob_id".into(), self.picks.iter().flat_map(|pick| pick.blob_ids.iter().copied()).collect())
            .into_column()
    }

    /// A column of texts that repeat: `index` numbers the text of a row among the `count` of its Partial.
    pub fn names(
        &self,
        name: &str,
        count: impl Fn(&Partial) -> usize,
        index: impl Fn(&Partial, usize) -> usize,
        text: impl for<'p> Fn(&'p Partial, usize) -> Cow<'p, str>,
    ) -> Result<Column, PolarsError> {
        let categories = categories(self.file, name);
        let mapping = categories.mapping();
        let mut numbers: Vec<u32> = Vec::with_capacity(self.count());
        for pick in &self.picks {
            let mut known = vec![UNSEEN; count(pick.partial)];
            for row in &pick.rows {
                let known = &mut known[index(pick.partial, *row as usize)];
                if *known == UNSEEN {
                    *known = mapping.insert_cat(&text(pick.partial, index(pick.partial, *row as usize)))?;
                }
                numbers.push(*known);
            }
        }
        let numbers = UInt32Chunked::from_vec(name.into(), numbers);
        Ok(CategoricalChunked::<Categorical32Type>::from_cats_and_dtype(numbers, DataType::from_categories(categories))
            .into_series()
            .into_column())
    }
}

/// The texts of a column of a file, numbered by themselves: no two files share them.
pub(super) fn categories(file: &str, name: &str) -> Arc<Categories> {
    Categories::new(format!("{file}:{name}").into(), "azflow".into(), CategoricalPhysical::U32)
}

/// Numbers of 8 bits.
pub(super) fn u8s(name: &str, values: Vec<u8>) -> Column {
    UInt8Chunked::from_vec(name.into(), values).into_column()
}

/// Numbers of 16 bits.
pub(super) fn u16s(name: &str, values: Vec<u16>) -> Column {
    UInt16Chunked::from_vec(name.into(), values).into_column()
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

/// Moments, ms since the epoch.
pub(super) fn known_times(name: &str, values: Vec<i64>) -> Column {
    moments(Int64Chunked::from_vec(name.into(), values))
}

fn moments(values: Int64Chunked) -> Column {
    values.into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)).into_series().into_column()
}

/// Texts of their own.
pub(super) fn texts<'t>(name: &str, values: impl Iterator<Item = &'t str>) -> Column {
    StringChunked::from_iter_values(name.into(), values).into_column()
}

/// Lists of numbers of 32 bits.
pub(super) fn u32_lists<'l>(name: &str, lists: impl ExactSizeIterator<Item = &'l [u32]>, values: usize) -> Column {
    let mut builder = ListPrimitiveChunkedBuilder::<UInt32Type>::new(name.into(), lists.len(), values, DataType::UInt32);
    lists.for_each(|list| builder.append_slice(list));
    builder.finish().into_column()
}

/// Lists of numbers of 64 bits.
pub(super) fn u64_lists<'l>(name: &str, lists: impl ExactSizeIterator<Item = &'l [u64]>, values: usize) -> Column {
    let mut builder = ListPrimitiveChunkedBuilder::<UInt64Type>::new(name.into(), lists.len(), values, DataType::UInt64);
    lists.for_each(|list| builder.append_slice(list));
    builder.finish().into_column()
}
