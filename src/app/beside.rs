//! What a run reads beside the logs: files that enrich, allow-lists, the configuration.
//!
//! Goes in: paths. Comes out: [`Beside`], before any log is read, so that a wrong file fails at once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::app::analyze::{AnalyzeSettings, UserFileError};
use crate::app::enrichment::Enrichment;
use crate::detect::{self, allow_list::AllowList};
use crate::source;

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
        let detectors = read_config(settings.config.as_deref())?;
        Ok(Self { enrichment, allow_list: read_allow_lists(&settings.allow_lists)?, detectors })
    }
}

/// Reads every allow-list given.
fn read_allow_lists(paths: &[PathBuf]) -> Result<AllowList> {
    let mut list = AllowList::default();
    for path in paths {
        list.add(&path.display().to_string(), &read_text(path, "allow-list")?)?;
    }
    Ok(list)
}

/// The settings of the configuration, if one is given.
fn read_config(path: Option<&Path>) -> Result<detect::Settings> {
    let Some(path) = path else { return Ok(detect::Settings::default()) };
    Ok(detect::config::read(&path.display().to_string(), &read_text(path, "configuration")?)?)
}

/// The text of a file that the user wrote; `what` it is.
fn read_text(path: &Path, what: &'static str) -> Result<String> {
    if !path.exists() {
        return Err(source::SourceError::Missing { path: path.to_owned() }.into());
    }
    fs::read_to_string(path).map_err(|error| UserFileError { what, path: path.to_owned(), why: error.to_string() }.into())
}
