//! What a run reads beside the logs: files that enrich, allow-lists, the configuration.
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
        let (detectors, allow_list) = read_detection(settings.config.as_deref(), &settings.allow_lists)?;
        Ok(Self { enrichment, allow_list, detectors })
    }
}

/// Reads the configuration, if one is given, with its allow-list, and every allow-list given after it.
fn read_detection(config: Option<&Path>, allow_lists: &[PathBuf]) -> Result<(detect::Settings, AllowList)> {
    let mut list = AllowList::default();
    let detectors = match config {
        Some(path) => detect::config::read(&path.display().to_string(), &read_bytes(path, "configuration")?, &mut list)?,
        None => detect::Settings::default(),
    };
    for path in allow_lists {
        list.add(&path.display().to_string(), &read_bytes(path, "allow-list")?)?;
    }
    Ok((detectors, list))
}

/// The bytes of a file that the user wrote, `what` it is; at most one more than such a file may have.
fn read_bytes(path: &Path, what: &'static str) -> Result<Vec<u8>, UserFileError> {
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
