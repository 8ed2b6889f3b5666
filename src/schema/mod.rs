//! The words of azflow: addresses, codes, rows and units that every other floor speaks in.
//!
//! Knows nothing of files, JSON, threads or polars.

pub mod address;
pub mod amount;
pub mod cell;
pub mod codes;
pub mod column;
pub mod finding;
pub mod flow_batch;
pub mod flow_type;
pub mod inputs;
pub mod kept;
pub mod moment;
pub mod names;
pub mod nearest;
pub mod nta;
pub mod partial;
pub mod previous;
pub mod queried;
pub mod reject;
pub mod service;
pub mod summary;
pub mod tables;
pub mod units;
pub mod web_address;

pub use address::Address;
pub use codes::{Direction, Encryption, Format, State, Status};
pub use flow_batch::{Counters, FlowBatch, FlowGroup, FlowTuple, Record};
pub use flow_type::{FlowType, Reach};
pub use names::{Dictionary, NameId, Names};
pub use partial::Partial;
pub use reject::{Reason, Reject};
