//! The median, for every detector that asks what is usual.
//!
//! Goes in: numbers. Comes out: their middle. Knows no tables.

/// Returns the middle of `sorted`, the mean of the two where there are two; 0 of none.
///
/// Shape: ascending. Unit: that of the values.
pub(super) fn median(sorted: &[f64]) -> f64 {
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (count, middle) if count % 2 == 1 => sorted[middle],
        (_, middle) => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// `counts` as [`median`] takes them; exact up to 2^53.
pub(super) fn ascending(counts: impl Iterator<Item = u64>) -> Vec<f64> {
    let mut counts: Vec<f64> = counts.map(|count| count as f64).collect();
    counts.sort_unstable_by(f64::total_cmp);
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_two_in_the_middle() {
        let of = |counts: &[u64]| median(&ascending(counts.iter().copied()));
        assert_eq!([of(&[]), of(&[7]), of(&[4, 1]), of(&[9, 1, 5]), of(&[8, 1, 2, 5])], [0.0, 7.0, 2.5, 5.0, 3.5]);
    }
}
