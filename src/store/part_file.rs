//! One Parquet file of a workspace: written whole or not at all, and read back.
//!
//! Goes in: rows or a frame, and the table that they are of. Comes out: a file whose metadata say what its columns mean. Knows no table's rows.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    DataFrame, KeyValueMetadata, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter, SerReader,
};

use super::encode::{self, Target};
use super::error::StoreError;
use super::picked::{Columns, Rows};
use crate::schema::kept::KeptTable;

/// Rows of a row group. Unit: rows. As many as a reader on one core takes in a few milliseconds.
const GROUP_ROWS: usize = 1 << 18;

/// How hard zstd tries. Range 1 to 22. The first level packs 7 times; the third 4 % more, at a third of the speed.
const ZSTD_LEVEL: i32 = 1;

/// What names of files that are being written begin with: no reader takes them for parts.
pub(super) const TEMPORARY: &str = ".tmp-";

/// Writes `rows` to `path`, which appears whole; `file` is what it is called.
pub(super) fn write_rows(
    (path, file): (&Path, &str),
    table: &KeptTable,
    columns: &Columns,
    rows: &Rows<'_>,
) -> Result<(), StoreError> {
    replace(path, |out| {
        let target = Target { out, file, metadata: metadata(table), level: ZSTD_LEVEL, group_rows: GROUP_ROWS };
        encode::write(target, columns, rows).map_err(StoreError::polars_write(path))
    })
}

/// Writes the rows of `frame` to `path`, which appears whole.
pub(super) fn write(path: &Path, table: &KeptTable, frame: &mut DataFrame) -> Result<(), StoreError> {
    replace(path, |out| {
        let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(StoreError::polars_write(path))?;
        ParquetWriter::new(out)
            .with_compression(ParquetCompression::Zstd(Some(level)))
            .with_row_group_size(Some(GROUP_ROWS))
            .set_parallel(false)
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(metadata(table))))
            .finish(frame)
            .map_err(StoreError::polars_write(path))?;
        Ok(())
    })
}

/// What a file says of itself: its table, and what each column means.
fn metadata(table: &KeptTable) -> Vec<(String, String)> {
    let columns = table.columns.iter().map(|column| (format!("azflow.column.{}", column.name), column.doc.to_owned()));
    [("azflow.table".to_owned(), format!("{}: {}", table.name, table.doc))].into_iter().chain(columns).collect()
}

/// Reads the rows of `path`; only `columns` if they are given. On the thread that asks: many files are read at once, and a thread that
/// waited for another pool would take up the next file on top of this one, and so on until its stack is full.
pub(super) fn read(path: &Path, columns: Option<&[&str]>) -> Result<DataFrame, StoreError> {
    reader(path, columns)?.finish().map_err(StoreError::polars_read(path))
}

/// The same with texts that repeat as plain texts: polars looks each of them up again to number it, which takes as long as all the
/// rest of reading.
pub(super) fn read_as_texts(path: &Path, columns: Option<&[&str]>) -> Result<DataFrame, StoreError> {
    let mut reader = reader(path, columns)?;
    let mut metadata = (**reader.get_metadata().map_err(StoreError::polars_read(path))?).clone();
    // Only there does it stand that a column of texts is one of categories.
    metadata.key_value_metadata = None;
    reader.set_metadata(Arc::new(metadata));
    reader.finish().map_err(StoreError::polars_read(path))
}

fn reader(path: &Path, columns: Option<&[&str]>) -> Result<ParquetReader<File>, StoreError> {
    let file = File::open(path).map_err(StoreError::read(path))?;
    let columns = columns.map(|columns| columns.iter().map(|column| (*column).to_owned()).collect());
    Ok(ParquetReader::new(file).with_columns(columns).read_parallel(ParallelStrategy::None))
}

/// Writes a file beside `path`, makes sure that the disk has it, and puts it in place.
pub(super) fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(StoreError::damaged(path, "it has no name"));
    };
    fs::create_dir_all(folder).map_err(StoreError::write(folder))?;
    let temporary = folder.join(format!("{TEMPORARY}{}", name.to_string_lossy()));
    let written = File::create(&temporary).map_err(StoreError::write(&temporary)).and_then(|file| {
        let mut out = BufWriter::new(&file);
        write(&mut out)?;
        out.flush().and_then(|()| file.sync_all()).map_err(StoreError::write(path))
    });
    let placed = written.and_then(|()| fs::rename(&temporary, path).map_err(StoreError::write(path)));
    if placed.is_err() {
        // The error that led here is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    placed
}

/// Makes sure that the disk has the names in `folder`.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    match File::open(folder) {
        Ok(opened) => opened.sync_all().map_err(StoreError::write(folder)),
        // A system that lets no folder be opened keeps their names by itself.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(StoreError::write(folder)(error)),
    }
}
