//! Finds and reads blobs: folders, files, globs and standard input, plain or compressed.
//!
//! Goes in: the INPUT texts of a command. Comes out: units of work ([`Listing`]), and readers of decompressed bytes
//! ([`BlobReader`]). Knows nothing of what the bytes mean, and never touches the network.

pub mod archive;
pub mod blob;
mod error;
mod folder;
pub mod layout;
pub mod listing;

pub use archive::BlobReader;
pub use blob::Blob;
pub use error::SourceError;
pub use layout::CapturePath;
pub use listing::{ListOptions, Listing, Unit, is_topology, list};
