//! Threads with room for deep queries: parsers and planners recurse once or more for each level of an expression.
//!
//! Goes in: work. Comes out: what it gives; a panic in it, which is a defect of the engine, is an error.

use std::thread;

use super::error::QueryError;

/// Stack of a thread that reads, plans or runs a query. Unit: bytes, taken only where used; dropping an expression of as many levels as the
/// longest query may hold takes a third of it, planning one of the deepest allowed some tens of MiB in builds for tests.
pub(super) const STACK_BYTES: usize = 256 << 20;

/// What `work` gives, on a thread that has room for deep queries.
///
/// # Errors
/// No thread can be started, or `work` panics.
pub(super) fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, QueryError> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let thread = thread.map_err(|error| QueryError::Failed(format!("cannot start a thread: {error}")))?;
        thread.join().map_err(|_| broken())
    })
}

/// What is said of a panic.
pub(super) fn broken() -> QueryError {
    QueryError::Failed("the query engine broke off; hint: ask in another form, and please report it".to_owned())
}
