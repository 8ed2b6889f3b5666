//! Exports for other tools: goes over the rows once and writes every file of a format beside the report.
//!
//! Goes in: the dataset and what is known of it. Comes out: files in the output folder. Knows neither the columns' meaning nor the
//! files' formats.

use std::io::BufWriter;

use anyhow::{Context, Result};

use crate::aggregate::{Dataset, Estate, nta};
use crate::app::output::OutputFolder;
use crate::report::export::NtaCsv;
use crate::schema::nta::{COLUMNS, TABLE};
use crate::store::ParquetFile;

/// The folder of exports.
pub const FOLDER: &str = "export";

/// What may be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// Traffic Analytics' table `NTANetAnalytics`, as CSV and Parquet.
    Nta,
}

/// The names that exports have, without their endings.
pub static STEMS: &[&str] = &[TABLE];

/// Writes `exports` into `out`.
pub fn export(exports: &[Export], dataset: &Dataset, estate: &Estate<'_>, out: &OutputFolder) -> Result<()> {
    for export in exports {
        match export {
            Export::Nta => write_nta(dataset, estate, out)?,
        }
    }
    Ok(())
}

fn write_nta(dataset: &Dataset, estate: &Estate<'_>, out: &OutputFolder) -> Result<()> {
    let [csv_name, parquet_name] = ["csv", "parquet"].map(|ending| format!("{FOLDER}/{TABLE}.{ending}"));
    let csv_context = || format!("cannot write {csv_name}");
    let parquet_context = || format!("cannot write {parquet_name}");
    let mut csv = NtaCsv::new(out.create_file(&csv_name)?).with_context(csv_context)?;
    let file = BufWriter::new(out.create_file(&parquet_name)?);
    let columns = COLUMNS.iter().map(|column| (column.name, column.kind));
    let mut parquet = ParquetFile::new(file, columns).with_context(parquet_context)?;
    nta::for_each_row(dataset, estate, |row| {
        csv.row(row).with_context(csv_context)?;
        parquet.row(COLUMNS.iter().map(|column| (column.value)(row))).with_context(parquet_context)
    })?;
    csv.finish().with_context(csv_context)?;
    parquet.finish().with_context(parquet_context)
}
