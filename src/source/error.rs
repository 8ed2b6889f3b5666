//! What can go wrong with an INPUT, each with its place and what to do about it.

use std::io;
use std::path::PathBuf;

/// Why an INPUT cannot be listed, or a blob cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No file or folder has this name.
    #[error("cannot read input: {}: there is no such file or folder", path.display())]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The system refuses a file or folder.
    #[error("cannot read input: {}: {cause}", path.display())]
    Unreadable {
        /// The path that was refused.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A blob is no longer what it was when it was listed.
    #[error("cannot read input: {}: it changed while it was read", path.display())]
    Changed {
        /// Its name.
        path: PathBuf,
    },
    /// A pipe, socket, device, or a folder where a blob was expected.
    #[error("cannot read input: {}: it is neither a regular file nor a folder", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// No blob matches a glob.
    #[error("cannot read input: {pattern}: no .json, .json.gz or .json.zst file matches")]
    NoMatch {
        /// The glob as given.
        pattern: String,
    },
    /// A glob is malformed.
    #[error("cannot read input: {pattern}: {cause}")]
    BadGlob {
        /// The glob as given.
        pattern: String,
        /// What is wrong with it.
        cause: globset::Error,
    },
    /// The INPUT is an address, not a path. Its rest may hold a credential, and is not repeated.
    #[error("cannot read input: {scheme}://…: this build reads local files only")]
    Remote {
        /// What stands before `://`.
        scheme: String,
    },
}

impl SourceError {
    /// What the user can do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "check the path; a folder is read at any depth",
            Self::Unreadable { .. } => "check the permissions of the path",
            Self::Changed { .. } => "run again; a blob of the running hour grows every minute",
            Self::NotAFile { .. } => "give a file or a folder, or pipe the blob into the input -",
            Self::NoMatch { .. } => "quote the glob, let ** stand for any depth, or give the folder itself",
            Self::BadGlob { .. } => "a glob knows ?, *, **/ and [ab]; a file whose name holds these can be given as it is",
            Self::Remote { .. } => "download the container with azcopy, then give the folder",
        }
    }
}
