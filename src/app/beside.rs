//! What a run knows beside the logs: files that enrich, allow-lists, and what the configuration says of detectors.
//!
//! Goes in: paths. Comes out: [`Beside`], before any log is read, so that a wrong file fails at once.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::app::analyze::{AnalyzeSettings, UserFileError};
use crate::app::enrichment::Enrichment;
use crate::detect::{self, allow_list::AllowList, toml_file::FILE_BYTES_MAX};

/// What was read beside the logs.
pub struct Beside {
    /// What the lists tell of addresses.
    pub enrichment: Enrichment,
    /// Findings that are expected.
    pub allow_list: AllowList,
    /// Settings of detectors.
    pub detectors: detect::Settings,
}

impl Beside {
    /// Reads everything that the settings name, and the topology files `found` in the inputs.
    pub fn read(settings: &AnalyzeSettings, found: &[PathBuf]) -> Result<Self> {
        let enrichment = Enrichment::read(settings, found)?;
        // The entries of the configuration come first, then those of every allow-list given beside it.
        let (detectors, mut allow_list) = match &settings.config {
            Some(config) => (config.detectors.clone(), config.allow_list.clone()),
            None => Default::default(),
        };
        for path in &settings.allow_lists {
            add_allow_list(&mut allow_list, path)?;
        }
        Ok(Self { enrichment, allow_list, detectors })
    }
}

/// Adds the entries of a file.
pub fn add_allow_list(list: &mut AllowList, path: &Path) -> Result<()> {
    list.add(&path.display().to_string(), &read_bytes(path, "allow-list")?)?;
    Ok(())
}

/// The bytes of a file that the user wrote, `what` it is; at most one more than such a file may have.
pub fn read_bytes(path: &Path, what: &'static str) -> Result<Vec<u8>, UserFileError> {
    let fail = |why: String| UserFileError { what, path: path.to_owned(), why };
    if !path.exists() {
        return Err(fail("there is no such file".to_owned()));
    }
    if path.is_dir() {
        return Err(fail("is a folder, not a file".to_owned()));
    }
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| fail(error.to_string()))?;
    Ok(bytes)
}
