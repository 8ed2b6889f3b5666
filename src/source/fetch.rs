//! Tells the system which bytes of a file are read soon, so that the disk brings them while others are decoded.
//!
//! Goes in: a file, and which of its bytes are read. Comes out: nothing. It saves time alone: what is not fetched is read when its turn comes, and
//! whatever is wrong with a file is told then. Its twin for systems other than Linux, `fetch_none`, leaves them to guess.

use std::fs::File;
use std::num::NonZeroU64;
use std::ops::Range;

use rustix::fs::{Advice, fadvise};

/// Most bytes of a blob that are fetched; behind them the system, which sees that it is read from one end to the other, reads ahead by itself. Unit: bytes.
const FETCH_BYTES_MAX: u64 = 16 << 20;

/// How much is asked for at a time. Unit: bytes; range 128 KiB to 1 MiB. Linux leaves out what goes beyond the most that its disk takes at once.
const AT_ONCE_BYTES: u64 = 512 << 10;

/// Asks for these bytes of `file`, without waiting for them.
pub(super) fn fetch(file: &File, bytes: Range<u64>) {
    let end = bytes.end.min(bytes.start.saturating_add(FETCH_BYTES_MAX));
    let mut from = bytes.start;
    while from < end {
        let to = end.min(from.saturating_add(AT_ONCE_BYTES));
        if fadvise(file, from, NonZeroU64::new(to - from), Advice::WillNeed).is_err() {
            return;
        }
        from = to;
    }
}
