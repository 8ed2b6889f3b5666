//! Keeps rows in files of columns: Parquet for exports, and the workspace that keeps Partials between runs.
//!
//! Goes in: columns and values, or Partials and whose their rows are. Comes out: Parquet, and the same Partials back. What a workspace
//! holds is told by its checkpoint, which is swapped last: a run counts whole or not at all. Knows no arguments, no reports, and does not
//! decide which blob is to be read.

mod add;
mod cells;
mod checkpoint;
mod column;
mod compact;
mod encode;
mod error;
mod load;
mod numbered;
mod pages;
mod parquet;
mod part_file;
mod partial_tables;
mod partition;
mod picked;
mod prune;
mod retire;
mod rows;
pub mod sql;
mod state;
mod state_of;
mod threads;
mod unit_tables;
mod workspace;

pub use self::add::{Block, UnitRead};
pub use self::checkpoint::{Checkpoint, KeptBlob, KeptUnit, Tail, UnitKey};
pub use self::error::StoreError;
pub use self::load::Asked;
pub use self::parquet::{ParquetError, ParquetFile};
pub use self::prune::Pruned;
pub use self::workspace::{FORMAT_VERSION, Workspace};

/// How many hours before the newest one a blob may still be read on; an older one that changes is read anew. Unit: hours; range 1 and up.
/// Azure writes a blob within its hour and a few minutes; two days leave room for forwarders that fall behind.
pub const STATE_HOURS: u32 = 48;
