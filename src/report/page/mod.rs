//! stub
use super::chart::Drawn;
use super::{OutputFile, ReportError, ReportInput};
pub fn file(_input: &ReportInput, _charts: &[Drawn]) -> Result<OutputFile, ReportError> {
    Ok(OutputFile::new("report.html", "stub"))
}
