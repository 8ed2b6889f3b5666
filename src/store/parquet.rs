//! Writes a Parquet file row by row.
//!
//! Goes in: the names and kinds of columns, then rows of values. Comes out: bytes on a writer, a row group at a time. Texts
//! are never missing (unknown is empty); of other kinds unknown is null. Notes no time of writing, so that the same rows
//! are the same bytes.

use std::fmt::Write as _;
use std::io::Write;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, DataFrame, DataType, Field, Float64Type, Int32Type, Int64Type, IntoColumn,
    IntoSeries, ParquetCompression, ParquetWriter, PolarsError, PrimitiveChunkedBuilder, Schema, StringChunkedBuilder, TimeUnit,
    TimeZone,
};

use crate::schema::column::{Kind, Value};
use crate::schema::units::rfc3339;

/// Rows of a row group. Unit: rows; range 1 and up; some hundred bytes each while they wait. More packs a little better and
/// needs more memory.
const GROUP_ROWS: usize = 65_536;

/// Why a Parquet file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write parquet: {0}")]
pub struct ParquetError(#[from] PolarsError);

/// A file that is being written.
pub struct ParquetFile<W: Write> {
    writer: BatchedWriter<W>,
    columns: Vec<Waiting>,
    names: Vec<(&'static str, Kind)>,
    rows: usize,
}

impl<W: Write> ParquetFile<W> {
    /// Begins a file with these columns.
    ///
    /// # Errors
    /// What the writer says.
    pub fn new(writer: W, columns: impl IntoIterator<Item = (&'static str, Kind)>) -> Result<Self, ParquetError> {
        let names: Vec<(&'static str, Kind)> = columns.into_iter().collect();
        let schema: Schema = names.iter().map(|(name, kind)| Field::new((*name).into(), data_type(*kind))).collect();
        let writer = ParquetWriter::new(writer).with_compression(ParquetCompression::Zstd(None)).batched(&schema)?;
        let mut file = Self { writer, columns: Vec::new(), names, rows: 0 };
        file.renew();
        Ok(file)
    }

    /// Adds a row; missing values at its end are unknown.
    ///
    /// # Errors
    /// What the writer says, whenever a row group is full.
    pub fn row<'v>(&mut self, values: impl IntoIterator<Item = Value<'v>>) -> Result<(), ParquetError> {
        let mut values = values.into_iter();
        for column in &mut self.columns {
            column.push(values.next().unwrap_or(Value::Empty));
        }
        self.rows += 1;
        if self.rows == GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes what waits, and the file's end.
    ///
    /// # Errors
    /// What the writer says.
    pub fn finish(mut self) -> Result<(), ParquetError> {
        self.flush()?;
        self.writer.finish()?;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ParquetError> {
        if self.rows == 0 {
            return Ok(());
        }
        let columns = self.columns.drain(..).map(Waiting::finish).collect::<Result<Vec<Column>, PolarsError>>()?;
        self.writer.write_batch(&DataFrame::new(self.rows, columns)?)?;
        self.renew();
        Ok(())
    }

    /// Empty columns.
    fn renew(&mut self) {
        self.columns = self.names.iter().map(|(name, kind)| Waiting::new(name, *kind)).collect();
        self.rows = 0;
    }
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::String,
        Kind::Long => DataType::Int64,
        Kind::Int => DataType::Int32,
        Kind::Real => DataType::Float64,
        Kind::Time => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        Kind::Flag => DataType::Boolean,
    }
}

/// The values of a column that wait for their row group.
enum Waiting {
    Text(StringChunkedBuilder, String),
    Long(PrimitiveChunkedBuilder<Int64Type>),
    Int(PrimitiveChunkedBuilder<Int32Type>),
    Real(PrimitiveChunkedBuilder<Float64Type>),
    Time(PrimitiveChunkedBuilder<Int64Type>),
    Flag(BooleanChunkedBuilder),
}

impl Waiting {
    fn new(name: &'static str, kind: Kind) -> Self {
        let name = name.into();
        match kind {
            Kind::Text => Self::Text(StringChunkedBuilder::new(name, 0), String::new()),
            Kind::Long => Self::Long(PrimitiveChunkedBuilder::new(name, 0)),
            Kind::Int => Self::Int(PrimitiveChunkedBuilder::new(name, 0)),
            Kind::Real => Self::Real(PrimitiveChunkedBuilder::new(name, 0)),
            Kind::Time => Self::Time(PrimitiveChunkedBuilder::new(name, 0)),
            Kind::Flag => Self::Flag(BooleanChunkedBuilder::new(name, 0)),
        }
    }

    /// A value of another kind than the column's is unknown.
    fn push(&mut self, value: Value<'_>) {
        let number = if let Value::Number(number) = value { Some(number) } else { None };
        match self {
            Self::Text(column, _) if let Value::Text(text) = value => column.append_value(text),
            Self::Text(column, scratch) => {
                scratch.clear();
                write_text(scratch, value);
                column.append_value(scratch);
            }
            Self::Long(column) => column.append_option(number.and_then(|number| i64::try_from(number).ok())),
            Self::Int(column) => column.append_option(number.and_then(|number| i32::try_from(number).ok())),
            Self::Real(column) => column.append_option(number.map(|number| number as f64)),
            Self::Time(column) => column.append_option(if let Value::Time(time) = value { Some(time) } else { None }),
            Self::Flag(column) => column.append_option(if let Value::Flag(flag) = value { Some(flag) } else { None }),
        }
    }

    fn finish(self) -> Result<Column, PolarsError> {
        Ok(match self {
            Self::Text(column, _) => column.finish().into_column(),
            Self::Long(column) => column.finish().into_column(),
            Self::Int(column) => column.finish().into_column(),
            Self::Real(column) => column.finish().into_column(),
            Self::Time(column) => column.finish().into_series().cast(&data_type(Kind::Time))?.into_column(),
            Self::Flag(column) => column.finish().into_column(),
        })
    }
}

/// A value in a column of texts. Writing to a string cannot fail.
fn write_text(text: &mut String, value: Value<'_>) {
    let _ = match value {
        Value::Empty => Ok(()),
        Value::Text(own) => text.write_str(own),
        Value::Address(address) => write!(text, "{address}"),
        Value::Number(number) => write!(text, "{number}"),
        Value::Time(time) => text.write_str(&rfc3339(time)),
        Value::Flag(flag) => write!(text, "{flag}"),
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use polars::prelude::{ParquetReader, SerReader};

    use super::*;

    const COLUMNS: [(&str, Kind); 6] = [
        ("text", Kind::Text),
        ("long", Kind::Long),
        ("int", Kind::Int),
        ("real", Kind::Real),
        ("time", Kind::Time),
        ("flag", Kind::Flag),
    ];

    fn file(rows: &[[Value<'_>; 6]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut file = ParquetFile::new(&mut bytes, COLUMNS).unwrap();
        rows.iter().for_each(|row| file.row(*row).unwrap());
        file.finish().unwrap();
        bytes
    }

    fn read(bytes: Vec<u8>) -> DataFrame {
        ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap()
    }

    #[test]
    fn a_row_comes_back_with_its_kinds() {
        use Value::*;
        let known = [Text("a"), Number(7), Number(443), Number(2), Time(1_724_090_346_000), Flag(true)];
        let frame = read(file(&[known, [Empty; 6], [Number(89); 6]]));
        assert_eq!(frame.height(), 3);
        let text = frame.column("text").unwrap().str().unwrap();
        assert_eq!(text.iter().collect::<Vec<_>>(), [Some("a"), Some(""), Some("89")]);
        assert_eq!(frame.column("long").unwrap().i64().unwrap().iter().collect::<Vec<_>>(), [Some(7), None, Some(89)]);
        let time = frame.column("time").unwrap();
        assert_eq!(time.dtype(), &data_type(Kind::Time));
        let physical = time.to_physical_repr();
        assert_eq!(physical.i64().unwrap().iter().collect::<Vec<_>>(), [Some(1_724_090_346_000), None, None]);
        assert_eq!(frame.column("flag").unwrap().bool().unwrap().get(0), Some(true));
    }

    #[test]
    fn more_rows_than_a_group_holds_are_several_groups_and_the_same_bytes_each_time() {
        let rows: Vec<[Value<'_>; 6]> = (0..GROUP_ROWS as u64 + 1).map(|number| [Value::Number(number); 6]).collect();
        let bytes = file(&rows);
        assert_eq!(bytes, file(&rows));
        assert_eq!(read(bytes).height(), GROUP_ROWS + 1);
    }

    #[test]
    fn a_file_without_rows_has_its_columns() {
        assert_eq!(read(file(&[])).get_column_names(), COLUMNS.map(|(name, _)| name));
    }
}
