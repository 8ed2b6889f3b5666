//! Finds and reads blobs: folders, files, globs, standard input and Azure Blob Storage, plain or compressed.
//!
//! Goes in: the INPUT texts of a command. Comes out: units of work ([`Listing`]), and readers of decompressed bytes
//! ([`BlobReader`]). Knows nothing of what the bytes mean. Only [`remote`] touches the network; without the feature `azure` its twin
//! stands there and refuses addresses. `fetch` has a twin for systems other than Linux.

pub mod archive;
pub mod blob;
mod error;
#[cfg(target_os = "linux")]
mod fetch;
#[cfg(not(target_os = "linux"))]
#[path = "fetch_none.rs"]
mod fetch;
mod folder;
pub mod layout;
pub mod listing;
#[cfg(feature = "azure")]
pub mod remote;
#[cfg(not(feature = "azure"))]
#[path = "remote_none.rs"]
pub mod remote;
mod store_error;

pub use archive::BlobReader;
pub use blob::{Blob, Opening};
pub use error::SourceError;
pub use layout::CapturePath;
pub use listing::{ListOptions, Listing, Unit, is_topology, list};
pub use store_error::{AddressFault, StoreError};
