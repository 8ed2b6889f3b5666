//! The values of a frame that was read, checked: a file may be damaged, or written by somebody else.
//!
//! Goes in: a frame and where it came from. Comes out: plain columns, or what is wrong with the file. Knows no table.

use std::path::Path;

use polars::prelude::{ChunkedArray, Column, DataFrame, DataType, PolarsNumericType, TimeUnit, UInt32Type, UInt64Type};

use super::error::StoreError;
use super::numbered::numbered;

/// A frame and the file that it came from.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    /// The rows.
    pub frame: &'a DataFrame,
    /// The file.
    pub path: &'a Path,
}

/// A column of texts that repeat.
#[derive(Debug, Default)]
pub(super) struct NameCells {
    /// Per row, the number of its text.
    pub numbers: Vec<u32>,
    /// The texts; numbers that no row has may be empty.
    pub texts: Vec<Box<str>>,
}

impl Cells<'_> {
    /// Numbers of 8 bits.
    pub fn u8s(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let column = self.of_type(name, &DataType::UInt8)?;
        self.numbers(name, column.u8())
    }

    /// Numbers of 16 bits.
    pub fn u16s(&self, name: &str) -> Result<Vec<u16>, StoreError> {
        let column = self.of_type(name, &DataType::UInt16)?;
        self.numbers(name, column.u16())
    }

    /// Numbers of 32 bits.
    pub fn u32s(&self, name: &str) -> Result<Vec<u32>, StoreError> {
        let column = self.of_type(name, &DataType::UInt32)?;
        self.numbers(name, column.u32())
    }

    /// Numbers of 64 bits.
    pub fn u64s(&self, name: &str) -> Result<Vec<u64>, StoreError> {
        let column = self.of_type(name, &DataType::UInt64)?;
        self.numbers(name, column.u64())
    }

    /// Numbers that fit 32 bits, kept in 64 so that queries can sum them.
    pub fn counts(&self, name: &str) -> Result<Vec<u32>, StoreError> {
        Ok(self.u64s(name)?.into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX)).collect())
    }

    /// Signed numbers of 64 bits that may be unknown.
    pub fn i64s(&self, name: &str) -> Result<Vec<Option<i64>>, StoreError> {
        let column = self.of_type(name, &DataType::Int64)?;
        Ok(column.i64().map_err(|error| self.wrong(name, error))?.iter().collect())
    }

    /// Moments, ms since the epoch, that may be unknown.
    pub fn times(&self, name: &str) -> Result<Vec<Option<i64>>, StoreError> {
        let column = self.column(name)?;
        if !matches!(column.dtype(), DataType::Datetime(TimeUnit::Milliseconds, _)) {
            return Err(self.wrong(name, format_args!("it holds {}, not moments", column.dtype())));
        }
        let numbers = column.to_physical_repr();
        Ok(numbers.i64().map_err(|error| self.wrong(name, error))?.iter().collect())
    }

    /// Moments, ms since the epoch.
    pub fn known_times(&self, name: &str) -> Result<Vec<i64>, StoreError> {
        let times = self.times(name)?;
        times.into_iter().collect::<Option<Vec<i64>>>().ok_or_else(|| self.wrong(name, "a value is missing"))
    }

    /// Truths.
    pub fn flags(&self, name: &str) -> Result<Vec<bool>, StoreError> {
        let column = self.of_type(name, &DataType::Boolean)?;
        let flags = column.bool().map_err(|error| self.wrong(name, error))?;
        Ok(flags.iter().map(|flag| flag.unwrap_or(false)).collect())
    }

    /// Texts of their own.
    pub fn texts(&self, name: &str) -> Result<Vec<Box<str>>, StoreError> {
        let column = self.of_type(name, &DataType::String)?;
        let texts = column.str().map_err(|error| self.wrong(name, error))?;
        Ok(texts.iter().map(|text| text.unwrap_or_default().into()).collect())
    }

    /// Texts that repeat.
    pub fn names(&self, name: &str) -> Result<NameCells, StoreError> {
        let column = self.column(name)?;
        let mapping = match column.dtype() {
            DataType::Categorical(_, mapping) => mapping,
            DataType::String => {
                let texts = column.str().map_err(|error| self.wrong(name, error))?;
                return numbered(texts).ok_or_else(|| self.wrong(name, "a text is missing"));
            }
            other => return Err(self.wrong(name, format_args!("it holds {other}, not texts"))),
        };
        let bound = mapping.num_cats_upper_bound();
        let texts = (0..bound).map(|number| mapping.cat_to_str(number as u32).unwrap_or_default().into()).collect();
        let physical = column.to_physical_repr().cast(&DataType::UInt32).map_err(|error| self.wrong(name, error))?;
        let numbers = self.numbers(name, physical.u32())?;
        if numbers.iter().any(|number| *number as usize >= bound) {
            return Err(self.wrong(name, "a text is missing"));
        }
        Ok(NameCells { numbers, texts })
    }

    /// Lists of numbers of 32 bits, joined, and where each ends.
    pub fn u32_lists(&self, name: &str) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
        self.lists::<UInt32Type>(name, DataType::UInt32)
    }

    /// Lists of numbers of 64 bits, joined, and where each ends.
    pub fn u64_lists(&self, name: &str) -> Result<(Vec<u64>, Vec<u32>), StoreError> {
        self.lists::<UInt64Type>(name, DataType::UInt64)
    }

    fn lists<T>(&self, name: &str, inner: DataType) -> Result<(Vec<T::Native>, Vec<u32>), StoreError>
    where
        T: PolarsNumericType,
    {
        let column = self.of_type(name, &DataType::List(Box::new(inner)))?;
        let lists = column.list().map_err(|error| self.wrong(name, error))?;
        let mut ends = Vec::with_capacity(lists.len());
        let mut end = 0_u32;
        for list in lists.amortized_iter() {
            let length = list.map_or(0, |list| list.as_ref().len());
            end = u32::try_from(length)
                .ok()
                .and_then(|length| end.checked_add(length))
                .ok_or_else(|| self.wrong(name, "it is too long"))?;
            ends.push(end);
        }
        let inner = lists.get_inner();
        let values: &ChunkedArray<T> = inner.as_ref().as_ref();
        let values: Vec<T::Native> = values.iter().flatten().collect();
        if values.len() != end as usize {
            return Err(self.wrong(name, "a value is missing"));
        }
        Ok((values, ends))
    }

    fn numbers<T>(
        &self,
        name: &str,
        column: Result<&ChunkedArray<T>, polars::prelude::PolarsError>,
    ) -> Result<Vec<T::Native>, StoreError>
    where
        T: PolarsNumericType,
    {
        let column = column.map_err(|error| self.wrong(name, error))?;
        if column.null_count() > 0 {
            return Err(self.wrong(name, "a value is missing"));
        }
        let mut values = Vec::with_capacity(column.len());
        column.downcast_iter().for_each(|chunk| values.extend_from_slice(chunk.values()));
        Ok(values)
    }

    fn column(&self, name: &str) -> Result<&Column, StoreError> {
        self.frame.column(name).map_err(|_| StoreError::damaged(self.path, format_args!("it has no column {name}")))
    }

    fn of_type(&self, name: &str, kind: &DataType) -> Result<&Column, StoreError> {
        let column = self.column(name)?;
        if column.dtype() != kind {
            return Err(self.wrong(name, format_args!("it holds {}, not {kind}", column.dtype())));
        }
        Ok(column)
    }

    /// What is wrong with a column.
    pub fn wrong(&self, name: &str, why: impl std::fmt::Display) -> StoreError {
        StoreError::damaged(self.path, format_args!("column {name}: {why}"))
    }
}
