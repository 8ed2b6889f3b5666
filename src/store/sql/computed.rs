//! Rows that were computed rather than kept, as a table that a query reads.
//!
//! Goes in: the table's columns, and rows of cells. Comes out: a [`Source`] in memory. Knows no table.

use polars::prelude::{
    Column, DataFrame, IntoColumn, IntoLazy, IntoSeries, ListStringChunkedBuilder, NamedFrom, PolarsError, Series,
};
use polars::prelude::{Int64Type, ListBuilderTrait, ListPrimitiveChunkedBuilder};

use super::error::QueryError;
use super::scan::{Source, type_of};
use crate::schema::cell::Cell;
use crate::schema::queried::{Column as Queried, Kind};

/// The rows as a table; a value of another kind than its column's is unknown.
///
/// # Errors
/// What polars says.
pub fn computed(columns: &[Queried], rows: &[Vec<Cell<'_>>]) -> Result<Source, QueryError> {
    let built = columns.iter().enumerate().map(|(at, column)| build(column, rows.iter().map(|row| row.get(at))));
    let frame = built.collect::<Result<Vec<Column>, PolarsError>>().and_then(|columns| DataFrame::new(rows.len(), columns));
    frame.map(|frame| Source(frame.lazy())).map_err(|error| QueryError::failed(&error))
}

fn build<'a>(column: &Queried, cells: impl ExactSizeIterator<Item = Option<&'a Cell<'a>>>) -> Result<Column, PolarsError> {
    let name = column.name.into();
    let length = cells.len();
    let series = match column.kind {
        Kind::Text => Series::new(name, cells.map(|cell| cell.and_then(text)).collect::<Vec<_>>()),
        Kind::Integer => Series::new(name, cells.map(|cell| cell.and_then(integer)).collect::<Vec<_>>()),
        Kind::Real => Series::new(
            name,
            cells.map(|cell| if let Some(Cell::Real(real)) = cell { Some(*real) } else { None }).collect::<Vec<_>>(),
        ),
        Kind::Time => {
            let times = cells.map(|cell| if let Some(Cell::Time(time)) = cell { Some(*time) } else { None });
            Series::new(name, times.collect::<Vec<_>>()).cast(&type_of(Kind::Time))?
        }
        Kind::Flag => Series::new(
            name,
            cells.map(|cell| if let Some(Cell::Flag(flag)) = cell { Some(*flag) } else { None }).collect::<Vec<_>>(),
        ),
        Kind::Texts => {
            let mut lists = ListStringChunkedBuilder::new(name, length, 0);
            for cell in cells {
                match cell {
                    Some(Cell::List(texts)) => lists.append_values_iter(texts.iter().filter_map(text)),
                    _ => lists.append_null(),
                }
            }
            lists.finish().into_series()
        }
        Kind::Integers => {
            let mut lists = ListPrimitiveChunkedBuilder::<Int64Type>::new(name, length, 0, type_of(Kind::Integer));
            for cell in cells {
                match cell {
                    Some(Cell::List(numbers)) => lists.append_values_iter(numbers.iter().filter_map(integer)),
                    _ => lists.append_null(),
                }
            }
            lists.finish().into_series()
        }
    };
    Ok(series.into_column())
}

fn text<'a>(cell: &'a Cell<'_>) -> Option<&'a str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn integer(cell: &Cell<'_>) -> Option<i64> {
    if let Cell::Integer(number) = cell { i64::try_from(*number).ok() } else { None }
}
