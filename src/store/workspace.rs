//! A workspace on disk: made, opened, held by one run at a time, and brought back to its last checkpoint after a run that died.
//!
//! ```text
//! WORKSPACE/workspace.json                      format version and length of the intervals; never changes
//! WORKSPACE/checkpoint.zst                      what was read how far, and which files are live
//! WORKSPACE/lock                                held while a run works
//! WORKSPACE/running                             there while files that no checkpoint names may be
//! WORKSPACE/TABLE/date=2026-03-02/hour=07/…     the rows, as Parquet
//! ```
//!
//! Goes in: a path. Comes out: what is live in it. What rows mean is left to the modules beside.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::checkpoint::{self, Checkpoint};
use super::error::StoreError;
use super::part_file::{self, TEMPORARY};
use super::partition::{Part, PartKind};
use super::state;
use crate::schema::kept::TABLES;
use crate::schema::units::Interval;

/// The format of workspaces that this build reads and writes. It grows with every change that an older build would misread.
pub const FORMAT_VERSION: u64 = 1;

/// The file that says what a folder is.
const IDENTITY: &str = "workspace.json";
/// The file that a run locks.
const LOCK: &str = "lock";
/// The file that is there while a run writes.
const RUNNING: &str = "running";

#[derive(Serialize, Deserialize)]
struct Identity {
    format_version: u64,
    interval: String,
}

/// A workspace, locked for as long as the value lives.
#[derive(Debug)]
pub struct Workspace {
    root: PathBuf,
    interval: Interval,
    checkpoint: Checkpoint,
    /// Held by its lock; `None` where a reader may not even lock.
    _lock: Option<File>,
}

/// Files that are to become live, and those that end to be, with the next commit.
#[derive(Debug, Default)]
pub(super) struct Change {
    /// Written in full.
    pub added: Vec<Part>,
    /// No longer needed.
    pub retired: Vec<Part>,
}

impl Workspace {
    /// Opens a workspace for reading. Others may read it at the same time, none may write.
    ///
    /// # Errors
    /// It is none, has another format, or a run that writes holds it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing { path: path.into() });
        }
        let interval = identity(path)?;
        let lock = match File::open(path.join(LOCK)) {
            Ok(file) => match file.try_lock_shared() {
                Ok(()) => Some(file),
                Err(TryLockError::WouldBlock) => return Err(StoreError::Held { path: path.into() }),
                // A file system that knows no locks.
                Err(TryLockError::Error(_)) => None,
            },
            Err(_) => None,
        };
        let checkpoint = Checkpoint::read(path)?;
        Ok(Self { root: path.into(), interval, checkpoint, _lock: lock })
    }

    /// Opens a workspace for writing, or makes one whose intervals are of length `interval` (10 minutes where none is asked for).
    ///
    /// What a run that died has left is removed.
    ///
    /// # Errors
    /// The folder is not empty and no workspace, has another format or other intervals, or another run holds it.
    pub fn open_or_create(path: &Path, interval: Option<Interval>) -> Result<Self, StoreError> {
        if !path.join(IDENTITY).exists() {
            refuse_foreign(path)?;
        }
        fs::create_dir_all(path).map_err(StoreError::write(path))?;
        let lock_path = path.join(LOCK);
        let lock =
            File::options().create(true).truncate(false).write(true).open(&lock_path).map_err(StoreError::write(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { path: path.into() }),
            Err(TryLockError::Error(cause)) => return Err(StoreError::Write { path: lock_path, cause }),
        }
        if !path.join(checkpoint::FILE).exists() {
            Checkpoint::default().write(path)?;
        }
        let has = identity_or_make(path, interval)?;
        if let Some(asked) = interval.filter(|asked| *asked != has) {
            return Err(StoreError::Interval { path: path.into(), has: name(has), asked: name(asked) });
        }
        let checkpoint = Checkpoint::read(path)?;
        let workspace = Self { root: path.into(), interval: has, checkpoint, _lock: Some(lock) };
        if workspace.root.join(RUNNING).exists() {
            workspace.remove_dead()?;
        }
        Ok(workspace)
    }

    /// The length of its intervals.
    pub fn interval(&self) -> Interval {
        self.interval
    }

    /// Its folder, as given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What was read how far, and what is live.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The live files of a table, by hour.
    pub fn files(&self, table: &str) -> Vec<PathBuf> {
        self.parts(table, 0..=u32::MAX).map(|part| self.path(part)).collect()
    }

    /// The live files of a table whose rows lie in `hours`, by hour.
    pub(super) fn parts(&self, table: &str, hours: std::ops::RangeInclusive<u32>) -> impl Iterator<Item = &Part> {
        let bound = |hour, run, number, kind| Part { table: table.into(), hour, run, number, kind };
        let from = bound(*hours.start(), 0, 0, PartKind::Settled);
        let to = bound(*hours.end(), u64::MAX, u32::MAX, PartKind::Pending);
        let is_empty = hours.is_empty();
        (!is_empty).then(|| self.checkpoint.parts.range(from..=to)).into_iter().flatten()
    }

    /// Where a part lies.
    pub(super) fn path(&self, part: &Part) -> PathBuf {
        self.root.join(part.to_string())
    }

    /// Says that files will be written that no checkpoint names yet.
    pub(super) fn begin(&self) -> Result<(), StoreError> {
        let path = self.root.join(RUNNING);
        if !path.exists() {
            File::create(&path).and_then(|file| file.sync_all()).map_err(StoreError::write(&path))?;
            part_file::sync_folder(&self.root)?;
        }
        Ok(())
    }

    /// Makes a change the state of the workspace, whose `edit` is made to the checkpoint beside it.
    pub(super) fn commit(&mut self, change: Change, edit: impl FnOnce(&mut Checkpoint)) -> Result<(), StoreError> {
        let next = &mut self.checkpoint;
        next.run += 1;
        for part in &change.retired {
            next.parts.remove(part);
        }
        next.parts.extend(change.added);
        edit(next);
        if let Err(error) = next.write(&self.root) {
            self.checkpoint = Checkpoint::read(&self.root)?;
            return Err(error);
        }
        for part in &change.retired {
            let path = self.path(part);
            remove(&path)?;
            // Folders that are empty now; others stay.
            let _ = path.parent().map(fs::remove_dir);
            let _ = path.parent().and_then(Path::parent).map(fs::remove_dir);
        }
        remove(&self.root.join(RUNNING))
    }

    /// Removes the files of tables that the checkpoint does not name.
    fn remove_dead(&self) -> Result<(), StoreError> {
        let tables = TABLES.iter().chain([&state::FLOWS, &state::RECORDS]);
        for folder in tables.map(|table| self.root.join(table.name)).filter(|folder| folder.exists()) {
            for entry in WalkDir::new(&folder) {
                let entry = entry.map_err(|error| StoreError::read(&folder)(error.into()))?;
                let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
                let name = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                let is_dead = Part::parse(&name).is_some_and(|part| !self.checkpoint.parts.contains(&part))
                    || entry.file_name().to_string_lossy().starts_with(TEMPORARY);
                if entry.file_type().is_file() && is_dead {
                    remove(entry.path())?;
                }
            }
        }
        remove(&self.root.join(format!("{TEMPORARY}{}", checkpoint::FILE)))?;
        remove(&self.root.join(RUNNING))
    }
}

/// The name of an interval, as options spell it.
pub fn name(interval: Interval) -> &'static str {
    match interval {
        Interval::TenMinutes => "10m",
        Interval::Hour => "60m",
    }
}

/// Refuses a folder that holds something else.
fn refuse_foreign(path: &Path) -> Result<(), StoreError> {
    let not = |why: &str| StoreError::NotAWorkspace { path: path.into(), why: why.into() };
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(not("it is a file, not a folder")),
        Err(cause) => Err(StoreError::Read { path: path.into(), cause }),
        Ok(entries) => {
            let is_own = |name: &str| [LOCK, checkpoint::FILE, RUNNING].contains(&name) || name.starts_with(TEMPORARY);
            let foreign = entries.flatten().any(|entry| !is_own(&entry.file_name().to_string_lossy()));
            if foreign { Err(not("the folder holds other files and no workspace.json")) } else { Ok(()) }
        }
    }
}

/// Reads what the folder says it is; makes it anew where a run died between checkpoint and identity.
fn identity_or_make(path: &Path, interval: Option<Interval>) -> Result<Interval, StoreError> {
    let identity_path = path.join(IDENTITY);
    if !identity_path.exists() {
        let identity = Identity { format_version: FORMAT_VERSION, interval: name(interval.unwrap_or_default()).into() };
        part_file::replace(&identity_path, |out| {
            serde_json::to_writer_pretty(out, &identity).map_err(|error| StoreError::write(&identity_path)(error.into()))
        })?;
    }
    identity(path)
}

/// Reads what the folder says it is.
fn identity(path: &Path) -> Result<Interval, StoreError> {
    let file = path.join(IDENTITY);
    let not = |why: String| StoreError::NotAWorkspace { path: path.into(), why };
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(not("it holds no workspace.json".into()));
        }
        Err(cause) => return Err(StoreError::Read { path: file, cause }),
    };
    let identity: Identity = serde_json::from_str(&text).map_err(|error| not(format!("workspace.json: {error}")))?;
    if identity.format_version != FORMAT_VERSION {
        return Err(StoreError::Version { path: path.into(), found: identity.format_version, expected: FORMAT_VERSION });
    }
    let interval = [Interval::TenMinutes, Interval::Hour].into_iter().find(|interval| name(*interval) == identity.interval);
    interval.ok_or_else(|| not(format!("workspace.json: no intervals of length '{}'", identity.interval)))
}

/// Removes a file, if it is there.
fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::Write { path: path.into(), cause: error }),
        _ => Ok(()),
    }
}
