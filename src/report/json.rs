//! summary.json and findings.json: what `schema` says, written for people and scripts alike.

use serde::Serialize;

use super::{OutputFile, ReportError};

/// `content` as indented JSON with a final line feed.
pub fn file(path: &'static str, content: &impl Serialize) -> Result<OutputFile, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(content).map_err(|source| ReportError::Json { file: path, source })?;
    bytes.push(b'\n');
    Ok(OutputFile::new(path, bytes))
}
