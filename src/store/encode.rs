//! Writes picked rows as Parquet.
//!
//! Goes in: how the columns of a table are made, and rows. Comes out: the bytes of a file, the same ones whatever the threads. Every column of
//! a row group is made, laid out and compressed before the next one: what is large stays in cache, and memory is used again. On the thread
//! that asks, since many files are written at once.

use std::io::Write;

use polars::prelude::{ArrowSchema, CompatLevel, DataType, PolarsError, TimeUnit, TimeZone};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::compression::Compression;
use polars_parquet::parquet::page::{CompressedDictPage, DataPageHeader, DataPageHeaderV1};
use polars_parquet::parquet::statistics::ParquetStatistics;
use polars_parquet::parquet::write::{DynIter, DynStreamingIterator};
use polars_parquet::write::{
    CompressedDataPage, CompressedPage, CompressionOptions, Descriptor, Encoding, FallibleStreamingIterator, FileWriter,
    KeyValue, SchemaDescriptor, StatisticsOptions, Version, WriteOptions, schema_to_metadata_key, to_parquet_schema,
};
use zstd::bulk::Compressor;

use super::column::categories;
use super::pages::{self, Bounds, Dictionary, Integers, Layout};
use super::picked::{ColumnOf, Columns, Rows, Values};
use crate::schema::kept::Kept;

/// Where the rows go, and how.
pub(super) struct Target<'a, W: Write> {
    /// Takes the bytes.
    pub out: W,
    /// What the file is called: no two files of a process share the numbers of their texts.
    pub file: &'a str,
    /// What it says of itself.
    pub metadata: Vec<(String, String)>,
    /// How hard zstd tries.
    pub level: i32,
    /// Most rows of a row group.
    pub group_rows: usize,
}

/// Bytes of a column by which it is told whether packing it is worth its time. Unit: bytes; range 4 to 64 KiB; what is not longer is packed.
const SAMPLE_BYTES: usize = 16 * 1024;

/// What packing must save of those: one byte of so many. Unit: bytes; range 4 to 32. Times and sizes of contacts, whose differences are packed bit by
/// bit before, have a fifteenth to give, bytes of traffic a fifth, and zstd takes as long for them as for anything else.
const SAVED_ONE_IN: usize = 4;

/// Most values of a list column in a page; rows are not split. Unit: values. A reader holds whole pages.
const PAGE_VALUES: usize = 1 << 18;

/// Writes the columns of `rows`.
pub(super) fn write<W: Write>(target: Target<'_, W>, columns: &Columns, rows: &Rows<'_>) -> Result<(), PolarsError> {
    let fields = columns.list.iter().map(|column| {
        let field = data_type(column, target.file).to_arrow_field(column.name.into(), CompatLevel::newest());
        (column.name.into(), field)
    });
    let schema: ArrowSchema = fields.collect();
    let leaves = to_parquet_schema(&schema)?;
    let mut metadata = vec![schema_to_metadata_key(&schema)];
    metadata.extend(target.metadata.into_iter().map(|(key, value)| KeyValue { key, value: Some(value) }));
    let options = WriteOptions {
        statistics: StatisticsOptions::default(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(None),
        data_page_size: None,
    };
    let mut writer = FileWriter::try_new(target.out, schema, options)?;
    let mut compressor = Compressor::new(target.level)?;
    for group in rows.groups(target.group_rows) {
        let columns = columns.list.iter().enumerate().map(|(at, column)| {
            let mut chunk = Chunk::new(descriptor(&leaves, at), &mut compressor);
            chunk.write((column.build)(&group), group.count())?;
            Ok::<_, PolarsError>(DynStreamingIterator::new(Pages { next: chunk.pages.into_iter(), current: None }))
        });
        writer.write(group.count() as u64, DynIter::new(columns))?;
    }
    writer.end(Some(metadata))?;
    Ok(())
}

/// What Parquet knows of the column `at`; every column of a workspace has one leaf.
fn descriptor(leaves: &SchemaDescriptor, at: usize) -> Descriptor {
    leaves.columns()[at].descriptor.clone()
}

/// A column of a row group.
struct Chunk<'c> {
    descriptor: Descriptor,
    compressor: &'c mut Compressor<'static>,
    /// How all its pages are packed, once the first is written.
    compression: Option<Compression>,
    pages: Vec<CompressedPage>,
}

/// Rows of a page, their values, and what is known of these.
struct Page {
    rows: usize,
    values: usize,
    encoding: Encoding,
    statistics: ParquetStatistics,
}

impl<'c> Chunk<'c> {
    fn new(descriptor: Descriptor, compressor: &'c mut Compressor<'static>) -> Self {
        Self { descriptor, compressor, compression: None, pages: Vec::new() }
    }

    /// Writes the pages of `values`.
    fn write(&mut self, values: Values, rows: usize) -> Result<(), PolarsError> {
        match values {
            Values::Named(numbers, dictionary) => self.flat(Layout::Numbered(numbers, dictionary), rows),
            Values::Integers(integers) => self.flat(integers.layout(), rows),
            Values::Optional(values) => self.optional(&values),
            Values::Flags(flags) => {
                let mut bytes = Vec::new();
                pages::equal_levels((1, rows), &mut bytes);
                pages::bits(&flags, &mut bytes);
                self.page(&bytes, Page { rows, values: rows, encoding: Encoding::Plain, statistics: statistics(0, &None) })
            }
            Values::Lists(lengths, integers) => self.lists(&lengths, integers),
        }
    }

    /// One value per row, none missing.
    fn flat(&mut self, layout: Layout, rows: usize) -> Result<(), PolarsError> {
        let (encoding, statistics) = self.begin(&layout)?;
        let mut bytes = Vec::with_capacity(rows);
        pages::equal_levels((1, rows), &mut bytes);
        layout.write(0..rows, &mut bytes);
        self.page(&bytes, Page { rows, values: rows, encoding, statistics })
    }

    /// One value per row, some missing.
    fn optional(&mut self, values: &[Option<i64>]) -> Result<(), PolarsError> {
        let mut bytes = Vec::new();
        let levels: Vec<u32> = values.iter().map(|value| u32::from(value.is_some())).collect();
        pages::varied_levels(&levels, 1, &mut bytes);
        values.iter().flatten().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        let (rows, missing) = (values.len(), values.iter().filter(|value| value.is_none()).count());
        let statistics = statistics(missing, &None);
        self.page(&bytes, Page { rows, values: rows, encoding: Encoding::Plain, statistics })
    }

    /// Lists of values, none missing; some of the lists may be empty.
    fn lists(&mut self, lengths: &[usize], integers: Integers) -> Result<(), PolarsError> {
        let layout = integers.layout();
        let (encoding, statistics) = self.begin(&layout)?;
        let (mut row, mut value) = (0, 0);
        while row < lengths.len() {
            // A value begins a list (0) or goes on with one (1); an empty list has a level and no value.
            let (mut repeats, mut defined): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
            let (from, mut to) = (row, value);
            while row < lengths.len() && (row == from || to - value + lengths[row] <= PAGE_VALUES) {
                let length = lengths[row];
                repeats.push(0);
                repeats.resize(repeats.len() + length.saturating_sub(1), 1);
                defined.resize(repeats.len(), if length == 0 { 1 } else { 3 });
                to += length;
                row += 1;
            }
            let mut bytes = Vec::with_capacity(4 * (to - value));
            pages::varied_levels(&repeats, 1, &mut bytes);
            pages::varied_levels(&defined, 2, &mut bytes);
            layout.write(value..to, &mut bytes);
            let statistics = statistics.clone();
            self.page(&bytes, Page { rows: row - from, values: repeats.len(), encoding, statistics })?;
            value = to;
        }
        Ok(())
    }

    /// Writes the dictionary, if there is one. Comes out: how the values are encoded, and their bounds.
    fn begin(&mut self, layout: &Layout) -> Result<(Encoding, ParquetStatistics), PolarsError> {
        let (encoding, bounds) = match layout {
            Layout::Deltas(_, bounds) => (Encoding::DeltaBinaryPacked, bounds),
            Layout::Numbered(_, Dictionary { bytes, count, bounds }) => {
                // Numbers of a dictionary are the better packed the fewer there are; whoever has none is told by its first page.
                self.compression = Some(Compression::Zstd);
                let (compression, page) = self.packed(bytes)?;
                let page = CompressedDictPage::new(page, compression, bytes.len(), *count, false);
                self.pages.push(CompressedPage::Dict(page));
                (Encoding::RleDictionary, bounds)
            }
        };
        Ok((encoding, statistics(0, bounds)))
    }

    /// The bytes of a page, packed as those of the first one or, this being the first, as is worth it.
    fn packed(&mut self, bytes: &[u8]) -> Result<(Compression, CowBuffer), PolarsError> {
        let compression = match self.compression {
            Some(compression) => compression,
            None => {
                let saves = bytes.len() <= SAMPLE_BYTES
                    || self.compressor.compress(sample(bytes))?.len() <= SAMPLE_BYTES - SAMPLE_BYTES / SAVED_ONE_IN;
                if saves { Compression::Zstd } else { Compression::Uncompressed }
            }
        };
        self.compression = Some(compression);
        let packed = if compression == Compression::Zstd { self.compressor.compress(bytes)? } else { bytes.to_vec() };
        Ok((compression, CowBuffer::Owned(packed)))
    }

    fn page(&mut self, bytes: &[u8], page: Page) -> Result<(), PolarsError> {
        let header = DataPageHeaderV1 {
            num_values: page.values as i32,
            encoding: page.encoding.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics: Some(page.statistics),
        };
        let (compression, packed) = self.packed(bytes)?;
        self.pages.push(CompressedPage::Data(CompressedDataPage::new(
            DataPageHeader::V1(header),
            packed,
            compression,
            bytes.len(),
            self.descriptor.clone(),
            page.rows,
        )));
        Ok(())
    }
}

/// Some bytes from the middle of a page.
fn sample(bytes: &[u8]) -> &[u8] {
    &bytes[(bytes.len() - SAMPLE_BYTES) / 2..][..SAMPLE_BYTES]
}

/// What is said of the values of a column: the least and the greatest, where they are known.
fn statistics(missing: usize, bounds: &Option<Bounds>) -> ParquetStatistics {
    let (least, greatest) = bounds.clone().unzip();
    ParquetStatistics {
        max: None,
        min: None,
        null_count: Some(missing as i64),
        distinct_count: None,
        max_value: greatest,
        min_value: least,
        is_max_value_exact: None,
        is_min_value_exact: None,
    }
}

/// Hands out pages one after another.
struct Pages {
    next: std::vec::IntoIter<CompressedPage>,
    current: Option<CompressedPage>,
}

impl FallibleStreamingIterator for Pages {
    type Item = CompressedPage;
    type Error = PolarsError;

    fn advance(&mut self) -> Result<(), PolarsError> {
        self.current = self.next.next();
        Ok(())
    }

    fn get(&self) -> Option<&CompressedPage> {
        self.current.as_ref()
    }
}

/// How polars calls what a column holds; `file` is what its file is called.
fn data_type(column: &ColumnOf, file: &str) -> DataType {
    match column.kind {
        Kept::Name => DataType::from_categories(categories(file, column.name)),
        Kept::Text => DataType::String,
        Kept::U8 => DataType::UInt8,
        Kept::U16 => DataType::UInt16,
        Kept::U32 => DataType::UInt32,
        Kept::U64 => DataType::UInt64,
        Kept::Time => DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)),
        Kept::I64 => DataType::Int64,
        Kept::Flag => DataType::Boolean,
        Kept::U32List => DataType::List(Box::new(DataType::UInt32)),
        Kept::U64List => DataType::List(Box::new(DataType::UInt64)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Cursor;

    use polars::prelude::{DataFrame, ParquetReader, SerReader};

    use super::*;
    use crate::schema::Partial;
    use crate::store::pages::Whole;
    use crate::store::picked::Run;

    const ROWS: [usize; 9] = [1, 7, 31, 32, 33, 64, 257, 1_000, 70_000];

    fn file(columns: &Columns, rows: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let partial = Partial::default();
        let run = Run { partial: 0, from: 0, to: rows as u32, blob_id: 0 };
        let rows = Rows { partials: vec![&partial], runs: vec![run] };
        let target = Target { out: &mut out, file: "a file", metadata: Vec::new(), level: 1, group_rows: 40_000 };
        write(target, columns, &rows).unwrap();
        out
    }

    fn column(name: &'static str, kind: Kept, value: fn(usize) -> u64) -> ColumnOf {
        let build = move |rows: &Rows<'_>| {
            let values = rows.runs.iter().flat_map(|run| run.from as usize..run.to as usize).map(value);
            let (values, width) = match kind {
                Kept::U8 | Kept::U16 => (Whole::Narrow(values.map(|value| value as u32).collect()), 4),
                Kept::Time => (Whole::Signed(values.collect()), 8),
                _ => (Whole::Wide(values.collect()), 8),
            };
            Values::Integers(Integers { values, width })
        };
        ColumnOf { name, kind, build: Box::new(build) }
    }

    fn read(columns: Vec<ColumnOf>, rows: usize) -> DataFrame {
        let bytes = file(&Columns { list: columns }, rows);
        ParquetReader::new(Cursor::new(bytes)).finish().unwrap()
    }

    #[test]
    fn integers_come_back_whatever_their_layout() {
        let sorts: [fn(usize) -> u64; 8] = [
            |_| 7,
            |row| (row / 50) as u64,
            |row| u64::MAX - (row % 3) as u64,
            |row| if row % 97 == 5 { 9 } else { (row / 200 % 2) as u64 },
            |row| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(row as u32 % 64),
            |row| if row == 0 { u64::MAX } else { 0 },
            |row| (row as u64 * 0x9e37_79b9).rotate_left(17) % 60_000,
            |row| row as u64 * 1_000,
        ];
        for (sort, value) in sorts.into_iter().enumerate() {
            for rows in ROWS {
                let frame = read(vec![column("a", Kept::U64, value), column("b", Kept::Time, value)], rows);
                let a: Vec<u64> = frame.column("a").unwrap().u64().unwrap().iter().flatten().collect();
                assert!(a.into_iter().eq((0..rows).map(value)), "sort {sort}, {rows} rows");
                let b = frame.column("b").unwrap().to_physical_repr();
                let b: Vec<i64> = b.i64().unwrap().iter().flatten().collect();
                assert!(b.into_iter().eq((0..rows).map(|row| value(row) as i64)), "sort {sort}, {rows} rows");
            }
        }
    }

    #[test]
    fn narrow_integers_have_their_type() {
        let frame = read(vec![column("a", Kept::U8, |row| row as u64 % 256), column("b", Kept::U16, |row| row as u64)], 65_536);
        assert!(frame.column("a").unwrap().u8().unwrap().iter().flatten().eq((0..65_536).map(|row| row as u8)));
        assert!(frame.column("b").unwrap().u16().unwrap().iter().flatten().eq(0..=65_535));
    }

    #[test]
    fn counts_of_32_bits_come_back_as_64() {
        let sorts: [fn(usize) -> u32; 3] = [|_| 7, |row| row as u32 % 300, |row| (row as u32).wrapping_mul(0x9e37_79b9)];
        for value in sorts {
            for rows in ROWS {
                let build = move |rows: &Rows<'_>| {
                    let values = rows.runs.iter().flat_map(|run| run.from as usize..run.to as usize).map(value).collect();
                    Values::Integers(Integers { values: Whole::Narrow(values), width: 8 })
                };
                let frame = read(vec![ColumnOf { name: "a", kind: Kept::U64, build: Box::new(build) }], rows);
                let read = frame.column("a").unwrap().u64().unwrap().iter().flatten();
                assert!(read.eq((0..rows).map(|row| u64::from(value(row)))), "{rows} rows");
            }
        }
    }

    #[test]
    fn lists_come_back_with_the_empty_ones() {
        let lengths = |row: usize| [0, 1, 5, 0, 0, 40][row % 6] + usize::from(row == 3) * 400_000;
        let build = move |rows: &Rows<'_>| {
            let lengths: Vec<usize> = rows.runs.iter().flat_map(|run| run.from as usize..run.to as usize).map(lengths).collect();
            let values = (0..lengths.iter().sum::<usize>() as u64).map(|value| value * 77_777).collect();
            Values::Lists(lengths, Integers { values: Whole::Wide(values), width: 8 })
        };
        for rows in ROWS.into_iter().filter(|rows| *rows < 40_000) {
            let column = ColumnOf { name: "a", kind: Kept::U64List, build: Box::new(build) };
            let frame = read(vec![column], rows);
            let mut next = 0..;
            for (row, list) in frame.column("a").unwrap().list().unwrap().amortized_iter().enumerate() {
                let list = list.unwrap();
                let values: Vec<u64> = list.as_ref().u64().unwrap().iter().flatten().collect();
                let expected: Vec<u64> = next.by_ref().take(lengths(row)).map(|value: u64| value * 77_777).collect();
                assert_eq!(values, expected, "row {row} of {rows}");
            }
        }
    }

    #[test]
    fn pages_that_have_next_to_nothing_to_give_are_not_packed() {
        let column = |value: fn(usize) -> u64| Columns { list: vec![column("a", Kept::U64, value)] };
        let random = |row: usize| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(row as u32 % 64);
        let codec = |value: fn(usize) -> u64, rows: usize| {
            let mut file = Cursor::new(file(&column(value), rows));
            let metadata = polars_parquet::parquet::read::read_metadata(&mut file).unwrap();
            metadata.row_groups[0].parquet_columns()[0].compression()
        };
        assert_eq!(codec(random, 40_000), Compression::Uncompressed);
        assert_eq!(codec(random, 1_000), Compression::Zstd, "what is short is packed");
        assert_eq!(codec(|row| row as u64 * 1_000_000, 40_000), Compression::Zstd);
        assert_eq!(codec(|row| row as u64 % 7, 40_000), Compression::Zstd);
    }

    #[test]
    fn texts_flags_and_missing_numbers_come_back() {
        let column = |name, kind, build: fn(usize) -> Values| ColumnOf {
            name,
            kind,
            build: Box::new(move |rows: &Rows<'_>| build(rows.count())),
        };
        let texts = |rows: usize| {
            let mut dictionary = Dictionary::default();
            ["b", "", "a long text that stands for itself"].into_iter().for_each(|text| {
                dictionary.push_text(text.as_bytes());
            });
            Values::Named((0..rows as u32).map(|row| row % 3).collect(), dictionary)
        };
        let flags = |rows: usize| Values::Flags((0..rows as u32).map(|row| u32::from(row % 5 == 1)).collect());
        let numbers = |rows: usize| Values::Optional((0..rows as i64).map(|row| (row % 4 != 2).then_some(-row)).collect());
        for rows in ROWS.into_iter().filter(|rows| *rows < 40_000) {
            let columns = vec![column("a", Kept::Name, texts), column("b", Kept::Flag, flags), column("c", Kept::I64, numbers)];
            let frame = read(columns, rows);
            let a = frame.column("a").unwrap().cast(&DataType::String).unwrap();
            let expected = ["b", "", "a long text that stands for itself"].into_iter().cycle();
            assert!(a.str().unwrap().iter().flatten().eq(expected.take(rows)));
            assert!(frame.column("b").unwrap().bool().unwrap().iter().flatten().eq((0..rows).map(|row| row % 5 == 1)));
            let expected = (0..rows as i64).map(|row| (row % 4 != 2).then_some(-row));
            assert!(frame.column("c").unwrap().i64().unwrap().iter().eq(expected));
        }
    }
}
