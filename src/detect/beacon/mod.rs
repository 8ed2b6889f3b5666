//! Finds hosts that call an outside peer at regular times.

mod score;

pub use score::{Contacts, Score, score};
