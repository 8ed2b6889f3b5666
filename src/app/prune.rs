//! `prune`: takes old rows out of a workspace, counted back from its newest one.

use std::path::PathBuf;

use anyhow::Result;

use crate::app::exit::{Exit, Outcome};
use crate::app::remote::local;
use crate::schema::units::{HOUR_MS, rfc3339};
use crate::store::Workspace;

/// What `prune` was asked for.
#[derive(Clone, Debug)]
pub struct PruneSettings {
    /// The workspace.
    pub workspace: PathBuf,
    /// How long before the end of the newest hour rows are kept, ms; whole hours, rounded up.
    pub keep: i64,
    /// The same for contacts and open flows; as long as everything else by default.
    pub contacts: Option<i64>,
}

/// Removes what is older.
pub fn prune(settings: &PruneSettings) -> Result<Outcome> {
    local("workspace", &settings.workspace)?;
    // Only what exists is pruned: nothing is made where the path is wrong.
    drop(Workspace::open(&settings.workspace)?);
    let mut workspace = Workspace::open_or_create(&settings.workspace, None)?;
    let Some(hours) = workspace.hours() else {
        return Ok(done(vec!["the workspace holds no rows".to_owned()]));
    };
    let before = |keep: i64| hours.end.saturating_sub(u32::try_from((keep + HOUR_MS - 1) / HOUR_MS).unwrap_or(u32::MAX));
    let (rows, contacts) = (before(settings.keep), before(settings.contacts.unwrap_or(settings.keep)));
    let pruned = workspace.prune(rows, contacts)?;
    let start = |hour: u32| rfc3339(i64::from(hour) * HOUR_MS);
    let mut lines = vec![format!("removed {} files, {} bytes: rows before {}", pruned.files, pruned.bytes, start(rows))];
    if contacts > rows {
        lines.push(format!("contacts and open flows before {}", start(contacts)));
    }
    Ok(done(lines))
}

fn done(lines: Vec<String>) -> Outcome {
    Outcome { exit: Exit::Done, report: None, lines, measures: None }
}
