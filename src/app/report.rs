//! `report`: the report of `analyze`, over the rows that a workspace keeps.

use std::path::PathBuf;

use anyhow::Result;

use crate::app::analyze::{AnalyzeSettings, write_report};
use crate::app::beside::Beside;
use crate::app::exit::Outcome;
use crate::app::logs::Logs;
use crate::app::progress::Progress;
use crate::app::remote::{local, refuse_remote};
use crate::store::Workspace;

/// What `report` was asked for.
#[derive(Clone, Debug)]
pub struct ReportSettings {
    /// The workspace.
    pub workspace: PathBuf,
    /// What `analyze` would be asked for; inputs and the length of the intervals are those of the workspace.
    pub analyze: AnalyzeSettings,
}

/// Writes the report. Nothing is left in the output folder when it fails.
pub fn report(settings: &ReportSettings, progress: &dyn Progress) -> Result<Outcome> {
    local("workspace", &settings.workspace)?;
    refuse_remote(&settings.analyze)?;
    let workspace = Workspace::open(&settings.workspace)?;
    let settings = AnalyzeSettings { interval: workspace.interval(), ..settings.analyze.clone() };
    let beside = Beside::read(&settings, &[])?;
    write_report(&settings, &Logs::Kept(&workspace), (beside, settings.threads.unwrap_or(0)), progress)
}
