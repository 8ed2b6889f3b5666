//! Runs a query on the streaming engine and hands out its answer row by row, batch after batch: what is not asked to be sorted or grouped
//! is never held whole.
//!
//! Goes in: a judged query and the tables that it reads. Comes out: the names of its columns, then rows of cells or a Parquet file.
//! Knows no other format.

use std::cell::RefCell;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use polars::lazy::dsl::Engine;
use polars::prelude::{
    AnyValue, Column, DataFrame, IntoLazy, LazyFrame, ParquetCompression, ParquetWriter, PlanCallback, PolarsError, PolarsResult,
    Schema, Series, TimeUnit,
};
use polars::sql::SQLContext;
use sqlparser::ast::Query;

use super::error::QueryError;
use super::rewrite::{moments, ordered};
use super::scan::Source;
use super::stack::{STACK_BYTES, broken, on_a_deep_stack};
use super::statement::{Select, Statement};
use crate::schema::cell::Cell;
use crate::schema::queried::{Kind, Table};

/// Most rows of a batch. Unit: rows; one batch is read while the next is computed.
const BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

/// An answer that has not been computed yet.
pub struct Answer {
    frame: LazyFrame,
    columns: Vec<String>,
}

impl Select {
    /// Plans the query over `sources`, the tables that it reads by name; `tables` are all that it might have named.
    ///
    /// # Errors
    /// What is wrong with the query; nothing is read yet.
    pub fn plan(self, sources: Vec<(&'static str, Source)>, tables: &[Table]) -> Result<Answer, QueryError> {
        on_a_deep_stack(move || {
            let sources: Vec<(&str, LazyFrame)> = sources.into_iter().map(|(name, source)| (name, source.0)).collect();
            let select = self;
            let read = || tables.iter().filter(|table| select.tables.contains(&table.name)).flat_map(|table| &table.columns);
            let times: Vec<&str> = read().filter(|column| column.kind == Kind::Time).map(|column| column.name).collect();
            let columns: Vec<&str> = read().map(|column| column.name).collect();
            let known = || columns.iter().copied().chain(select.aliases.iter().map(String::as_str));
            let query = moments(&select.query, &times);
            let sql = query.as_ref().and_then(|query| text(query, tables)).unwrap_or(select.sql);
            let planned = plan(&sql, &sources);
            let (mut frame, schema) = planned.map_err(|error| QueryError::unplanned(&error, &select.tables, known()))?;
            let query = ordered(query.as_ref().unwrap_or(&select.query), &sortable(&schema));
            // Where polars cannot sort by every column, the order of equal rows stays open.
            if let Some(Ok((sorted, _))) = query.and_then(|query| text(&query, tables)).map(|sql| plan(&sql, &sources)) {
                frame = sorted;
            }
            Ok(Answer { frame, columns: schema.iter_names().map(|name| name.to_string()).collect() })
        })?
    }
}

/// The text of a query that was rewritten, judged once more: what polars parses must be what was judged.
fn text(query: &Query, tables: &[Table]) -> Option<String> {
    let text = query.to_string();
    matches!(Statement::read(&text, tables), Ok(Statement::Select(_))).then_some(text)
}

fn plan(sql: &str, sources: &[(&str, LazyFrame)]) -> PolarsResult<(LazyFrame, Schema)> {
    let mut context = SQLContext::new();
    for (name, frame) in sources {
        context.register(name, frame.clone());
    }
    let mut frame = context.execute(sql)?;
    let schema = frame.collect_schema()?;
    Ok((frame, schema.as_ref().clone()))
}

/// The names of the columns, `None` for one that cannot be sorted by.
fn sortable(schema: &Schema) -> Vec<Option<&str>> {
    schema.iter().map(|(name, kind)| (!kind.is_nested()).then_some(name.as_str())).collect()
}

/// Every table, with what a row of it is.
pub fn show_tables(tables: &[Table]) -> Answer {
    texts(&["table_name", "meaning"], &tables.iter().map(|table| vec![table.name, table.doc]).collect::<Vec<_>>())
}

/// The columns of the table `name`, with their types and what they mean.
pub fn describe(name: &str, tables: &[Table]) -> Answer {
    let columns = tables.iter().filter(|table| table.name == name).flat_map(|table| &table.columns);
    let rows: Vec<Vec<&str>> = columns.map(|column| vec![column.name, column.kind.sql(), column.doc]).collect();
    texts(&["column_name", "column_type", "meaning"], &rows)
}

/// An answer that is known already.
fn texts(names: &[&str], rows: &[Vec<&str>]) -> Answer {
    let column = |(at, name): (usize, &&str)| Column::new((*name).into(), rows.iter().map(|row| row[at]).collect::<Vec<&str>>());
    let frame = DataFrame::new(rows.len(), names.iter().enumerate().map(column).collect());
    let frame = frame.expect("columns of one length under different names").lazy();
    Answer { frame, columns: names.iter().map(ToString::to_string).collect() }
}

impl Answer {
    /// The names of its columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Only its first `rows` rows.
    pub fn first(self, rows: u32) -> Self {
        Self { frame: self.frame.limit(rows), columns: self.columns }
    }

    /// Computes it, and hands each row to `row`.
    ///
    /// # Errors
    /// What goes wrong while it is computed, or the first error of `row`, after which nothing more is computed.
    pub fn for_each_row<E: From<QueryError>>(self, mut row: impl FnMut(&[Cell<'_>]) -> Result<(), E>) -> Result<(), E> {
        self.batches(|frame| {
            let series: Vec<Series> = frame.columns().iter().map(|column| column.as_materialized_series().rechunk()).collect();
            let mut values: Vec<_> = series.iter().map(Series::iter).collect();
            let mut cells = Vec::with_capacity(values.len());
            for _ in 0..frame.height() {
                cells.clear();
                cells.extend(values.iter_mut().map(|values| values.next().map_or(Cell::Unknown, cell)));
                row(&cells)?;
            }
            Ok(())
        })
    }

    /// Computes it, and writes it as a Parquet file.
    ///
    /// # Errors
    /// What goes wrong while it is computed or written.
    pub fn write_parquet<E: From<QueryError> + From<io::Error>>(mut self, out: impl Write) -> Result<(), E> {
        let refusal = Rc::new(RefCell::new(None));
        let out = Refusing { out, refusal: Rc::clone(&refusal) };
        let unwritten = |error: PolarsError| match refusal.take() {
            Some(refused) => E::from(refused),
            None => E::from(QueryError::failed(&error)),
        };
        let schema = self.frame.collect_schema().map_err(|error| QueryError::failed(&error))?;
        let writer = ParquetWriter::new(out).with_compression(ParquetCompression::Zstd(None));
        let mut writer = writer.batched(&schema).map_err(unwritten)?;
        self.batches(|frame| writer.write_batch(&frame).map_err(unwritten))?;
        writer.finish().map(drop).map_err(unwritten)
    }

    /// Computes it on a thread of its own, one batch ahead of `take`.
    fn batches<E: From<QueryError>>(self, mut take: impl FnMut(DataFrame) -> Result<(), E>) -> Result<(), E> {
        let (send, receive) = sync_channel(1);
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn(move || run(self.frame, send));
        let thread = thread.map_err(|error| QueryError::Failed(format!("cannot start a thread: {error}")))?;
        let taken = take_all(receive, &mut take);
        let ran = thread.join().map_err(|_| broken())?;
        taken?;
        ran.map_err(|error| E::from(QueryError::failed(&error)))
    }
}

/// Computes a frame, and hands on its batches until nobody receives them.
fn run(frame: LazyFrame, send: SyncSender<DataFrame>) -> PolarsResult<()> {
    // The streaming engine is built without joins by `<` and its like.
    if frame.describe_optimized_plan()?.contains("IEJOIN") {
        let frame = frame.collect_with_engine(Engine::InMemory)?.unwrap_single();
        let _ = send.send(frame);
        return Ok(());
    }
    let sink = PlanCallback::new(move |frame: DataFrame| Ok(send.send(frame).is_err()));
    frame.sink_batches(sink, true, Some(BATCH_ROWS))?.collect_with_engine(Engine::Streaming).map(drop)
}

/// A writer that keeps why it was refused, which polars does not tell.
struct Refusing<W> {
    out: W,
    refusal: Rc<RefCell<Option<io::Error>>>,
}

impl<W: Write> Refusing<W> {
    fn noted<T>(&self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            *self.refusal.borrow_mut() = Some(error);
            kind.into()
        })
    }
}

impl<W: Write> Write for Refusing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.noted(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.noted(flushed)
    }
}

/// Takes batches until there are no more, or one is refused; then nobody receives any more.
fn take_all<E>(batches: Receiver<DataFrame>, take: &mut impl FnMut(DataFrame) -> Result<(), E>) -> Result<(), E> {
    batches.into_iter().try_for_each(take)
}

/// A value of polars as a cell. A length of time is a number of ms.
fn cell(value: AnyValue<'_>) -> Cell<'_> {
    match value {
        AnyValue::Null => Cell::Unknown,
        AnyValue::Boolean(flag) => Cell::Flag(flag),
        AnyValue::String(text) => Cell::text(text),
        AnyValue::Float32(number) => Cell::Real(f64::from(number)),
        AnyValue::Float64(number) => Cell::Real(number),
        AnyValue::Datetime(time, unit, _) => Cell::Time(in_ms(time, unit)),
        AnyValue::Duration(time, unit) => Cell::Integer(in_ms(time, unit).into()),
        AnyValue::List(values) => Cell::List(values.iter().map(|value| owned(cell(value))).collect()),
        value => match integer(&value) {
            Some(number) => Cell::Integer(number),
            None => Cell::text(value.to_string()),
        },
    }
}

fn integer(value: &AnyValue<'_>) -> Option<i128> {
    Some(match value {
        AnyValue::UInt8(number) => (*number).into(),
        AnyValue::UInt16(number) => (*number).into(),
        AnyValue::UInt32(number) => (*number).into(),
        AnyValue::UInt64(number) => (*number).into(),
        AnyValue::Int8(number) => (*number).into(),
        AnyValue::Int16(number) => (*number).into(),
        AnyValue::Int32(number) => (*number).into(),
        AnyValue::Int64(number) => (*number).into(),
        AnyValue::Int128(number) => *number,
        _ => return None,
    })
}

/// Rounded down, as the times of tuples are.
fn in_ms(time: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Milliseconds => time,
        TimeUnit::Microseconds => time.div_euclid(1_000),
        TimeUnit::Nanoseconds => time.div_euclid(1_000_000),
    }
}

/// A cell that borrows nothing.
fn owned(cell: Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Unknown => Cell::Unknown,
        Cell::Text(text) => Cell::Text(text.into_owned().into()),
        Cell::Integer(number) => Cell::Integer(number),
        Cell::Real(number) => Cell::Real(number),
        Cell::Time(time) => Cell::Time(time),
        Cell::Flag(flag) => Cell::Flag(flag),
        Cell::List(cells) => Cell::List(cells.into_iter().map(owned).collect()),
    }
}
