//! The one place that asks what time it is: for metrics and for log lines, never for a report.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now. Unit: ms since the epoch; 0 where the machine's clock stands before it.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
