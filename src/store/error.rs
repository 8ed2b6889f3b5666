//! What can go wrong with a workspace, each with its place and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use polars::prelude::PolarsError;

/// Why a workspace cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is nothing at this path.
    #[error("cannot open workspace: {}: there is no such folder; hint: azflow ingest INPUT --workspace {} makes one", path.display(), path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The folder is not a workspace.
    #[error("cannot open workspace: {}: {why}; hint: give a folder that azflow ingest made, or a new one", path.display())]
    NotAWorkspace {
        /// The path as given.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// It was written by a newer or older format.
    #[error(
        "cannot open workspace: {}: it has format {found}, this build reads {expected}; hint: ingest into a new workspace, or use the \
         azflow that wrote it",
        path.display()
    )]
    Version {
        /// The path as given.
        path: PathBuf,
        /// The format that it has.
        found: u64,
        /// The format of this build.
        expected: u64,
    },
    /// Its intervals are of another length than was asked for.
    #[error("cannot ingest into {}: its intervals are of {has}, not {asked}; hint: leave --interval away, or use a new workspace", path.display())]
    Interval {
        /// The path as given.
        path: PathBuf,
        /// The length that it has.
        has: &'static str,
        /// The length asked for.
        asked: &'static str,
    },
    /// Another run uses it.
    #[error("cannot use workspace: {}: another run holds it; hint: try again when that run has ended", path.display())]
    Held {
        /// The path as given.
        path: PathBuf,
    },
    /// The system refuses a read.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The system refuses a write.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A file does not hold what a run wrote.
    #[error("cannot read {}: {why}; hint: restore it from a backup, or ingest into a new workspace", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl StoreError {
    /// Whether it is the caller's to mend: a path or an option is wrong.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::Missing { .. } | Self::NotAWorkspace { .. } | Self::Version { .. } | Self::Interval { .. })
    }

    /// A refused read of `path`.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |cause| Self::Read { path: path.into(), cause }
    }

    /// A refused write of `path`.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |cause| Self::Write { path: path.into(), cause }
    }

    /// A file that is not what it should be.
    pub(super) fn damaged(path: &Path, why: impl ToString) -> Self {
        Self::Damaged { path: path.into(), why: why.to_string() }
    }

    /// What polars says while it writes `path`.
    pub(super) fn polars_write(path: &Path) -> impl FnOnce(PolarsError) -> Self + '_ {
        move |error| Self::Write { path: path.into(), cause: io::Error::other(error.to_string()) }
    }

    /// What polars says while it reads `path`.
    pub(super) fn polars_read(path: &Path) -> impl FnOnce(PolarsError) -> Self + '_ {
        move |error| match error {
            PolarsError::IO { error, .. } => {
                Self::Read { path: path.into(), cause: io::Error::new(error.kind(), error.to_string()) }
            }
            other => Self::damaged(path, other),
        }
    }
}
