//! Workspaces end to end: what grows, is rewritten, killed or full comes to the same numbers as one run over the whole.

mod faults;
mod formats;
mod growing;
mod growth;
mod history;
mod month;
mod pruning;
mod refusals;
mod seen_before;
mod sliced;

use std::path::{Path, PathBuf};

use crate::run::{Ran, azflow, files};
use tempfile::TempDir;

/// A folder of logs and a workspace, both temporary.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn logs(&self) -> PathBuf {
        self.path().join("logs")
    }

    pub fn workspace(&self) -> PathBuf {
        self.path().join("workspace")
    }

    /// Runs `ingest` of the logs into the workspace.
    pub fn ingest(&self) -> Ran {
        ingest(&self.logs(), &self.workspace())
    }

    /// Checks that the workspace holds what a fresh one of the same logs does.
    pub fn check(&self) {
        let fresh = Place::new();
        let ran = ingest(&self.logs(), &fresh.workspace());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_same_reports(&self.workspace(), &fresh.workspace());
    }
}

/// Runs `ingest`.
pub fn ingest(logs: &Path, workspace: &Path) -> Ran {
    azflow([Path::new("ingest"), logs, Path::new("--workspace"), workspace])
}

/// Runs `report` with further `options` into a folder of its own, which is returned.
pub fn report(workspace: &Path, options: &[&str]) -> (Ran, TempDir) {
    let out = tempfile::tempdir().expect("a temporary folder");
    let target = out.path().join("report");
    let mut args: Vec<&std::ffi::OsStr> = vec![
        "report".as_ref(),
        "--workspace".as_ref(),
        workspace.as_ref(),
        "--out".as_ref(),
        target.as_ref(),
        "--quiet".as_ref(),
    ];
    args.extend(options.iter().map(|option| std::ffi::OsStr::new(*option)));
    (azflow(args), out)
}

/// Checks that two workspaces give the same report, byte for byte.
pub fn assert_same_reports(one: &Path, two: &Path) {
    let (ran, one) = report(one, &[]);
    assert!([0, 4, 5].contains(&ran.code), "{}", ran.stderr);
    let (_, two) = report(two, &[]);
    let (one, two) = (files(one.path()), files(two.path()));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    // Tables first: they tell what differs.
    for (name, bytes) in one.iter().filter(|(name, _)| name.ends_with(".csv")).chain(&one) {
        let (a, b) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&two[name]));
        if a != b {
            let line = a.lines().zip(b.lines()).find(|(a, b)| a != b);
            panic!("{name} differs: {line:?}");
        }
    }
}

/// The number that stands before `word` in what a run said.
pub fn said(ran: &Ran, word: &str) -> u64 {
    let at = ran.stderr.find(word).unwrap_or_else(|| panic!("no '{word}' in {}", ran.stderr));
    let number = ran.stderr[..at].split_whitespace().last().expect("a number");
    number.parse().unwrap_or_else(|_| panic!("'{number}' before '{word}' is no number"))
}
