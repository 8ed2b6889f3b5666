//! What can go wrong with an input before anything in it was decoded.

use std::io;
use std::path::PathBuf;

/// An input that cannot be used. Every variant says what, where and why.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The path does not exist.
    #[error("cannot find input {}: no such file or folder", path.display())]
    Missing {
        /// As given.
        path: PathBuf,
    },
    /// The glob matches nothing.
    #[error("cannot find input {pattern}: nothing matches the pattern")]
    NoMatch {
        /// As given.
        pattern: String,
    },
    /// The pattern is none.
    #[error("cannot read input {pattern}: not a valid pattern: {why}")]
    BadPattern {
        /// As given.
        pattern: String,
        /// What the pattern's parser says.
        why: String,
    },
    /// An address of something that is not a local file.
    #[error("cannot read input {scheme}://…: this build reads local files only")]
    Remote {
        /// What stands before `://`. The rest may hold a credential and is not repeated.
        scheme: String,
    },
    /// The file or folder cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// As found.
        path: PathBuf,
        /// What the system says.
        why: io::Error,
    },
    /// The path is neither a file nor a folder.
    #[error("cannot read {}: it is neither a file nor a folder", path.display())]
    Special {
        /// As found.
        path: PathBuf,
    },
}

impl SourceError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("name a blob file, a folder, a pattern in quotes, or - for standard input"),
            Self::NoMatch { .. } => Some("put the pattern in quotes, so that the shell leaves it alone"),
            Self::BadPattern { .. } => Some("* matches within a folder, ** across folders"),
            Self::Remote { .. } => Some("download the container first, for example with azcopy, and name the folder"),
            Self::Unreadable { .. } | Self::Special { .. } => None,
        }
    }
}
