//! Rows of one key as one row.
//!
//! Goes in: rows sorted by key. Comes out: one row per key, to which the others were added. Sorts nothing.

/// Adds every row to the one before it that is the same by `is_same`; `add` takes the row that stays, then the one that goes.
pub(super) fn add_up<T>(rows: &mut Vec<T>, is_same: impl Fn(&T, &T) -> bool, add: impl Fn(&mut T, &mut T)) {
    rows.dedup_by(|next, kept| {
        let same = is_same(next, kept);
        if same {
            add(kept, next);
        }
        same
    });
}
