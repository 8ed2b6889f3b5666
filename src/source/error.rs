//! What can go wrong with an INPUT, each with its place and what to do about it.

use std::io;
use std::path::PathBuf;

use super::store_error::{AddressFault, StoreError};

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
    /// The INPUT is an address that nothing can be asked for.
    #[error("cannot read input: {scheme}://…: {fault}")]
    Address {
        /// What stands before `://`.
        scheme: String,
        /// What is wrong.
        fault: AddressFault,
    },
    /// A store that was asked does not give what it was asked for.
    #[error("cannot read input: {place}: {cause}")]
    Store {
        /// Where, without any credential: an address, or a blob's name.
        place: String,
        /// Why.
        cause: StoreError,
    },
}

impl SourceError {
    /// Why, without where: for a message that names the blob itself.
    pub fn cause(&self) -> String {
        match self {
            Self::Unreadable { cause, .. } => cause.to_string(),
            Self::Store { cause, .. } => cause.to_string(),
            Self::Changed { .. } => StoreError::Changed.to_string(),
            other => other.to_string(),
        }
    }

    /// Whether the same may well be read in a while: the store throttles.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Store { cause: StoreError::Throttled { .. }, .. })
    }

    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "check the path; a folder is read at any depth",
            Self::Unreadable { .. } => "check the permissions of the path",
            Self::Changed { .. } => StoreError::Changed.hint(),
            Self::NotAFile { .. } => "give a file or a folder, or pipe the blob into the input -",
            Self::NoMatch { .. } => "quote the glob, let ** stand for any depth, or give the folder itself",
            Self::BadGlob { .. } => "a glob knows ?, *, **/ and [ab]; a file whose name holds these can be given as it is",
            Self::Remote { .. } => "download the container with azcopy, then give the folder",
            Self::Address { fault, .. } => fault.hint(),
            Self::Store { cause, .. } => cause.hint(),
        }
    }
}
