//! How regular contacts are: four sub-scores and their mean.
//!
//! Goes in: start times, sizes and the span that they are looked at in. Comes out: a [`RegularityScore`]. Knows no hosts.
//! The arithmetic is that of RITA 5 (Active Countermeasures), whose published test pair it reproduces.

use crate::schema::tables::RegularityScore;

/// Contacts within a span, and the span.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contacts<'a> {
    /// Start times. Unit: seconds since the epoch, ascending.
    pub starts: &'a [i64],
    /// Bytes from source to destination, in any order; empty where they are unknown.
    pub sizes: &'a [u64],
    /// First second of the span.
    pub from: i64,
    /// Last second of the span.
    pub to: i64,
}

/// Parts that a span is cut into; RITA cuts a day into hours. Unit: bins.
const BINS: usize = 24;
/// Gaps of different length that the timestamps are scored by at least. Unit: gaps; quartiles of fewer say nothing.
const GAPS_MIN: usize = 3;
/// Bins with a start from which the duration is scored. Unit: bins; a quarter of the span.
const DURATION_BINS_MIN: usize = 6;
/// Bins with a start in a row that count as lasting. Unit: bins; half of the span.
const RUN_BINS_IDEAL: usize = 12;
/// Bins with a start from which two levels are looked for. Unit: bins; with fewer nearly everything has two levels.
const LEVEL_BINS_MIN: usize = 11;
/// Bins that may lie off both levels.
const LEVEL_OUTLIERS: usize = 1;
/// Heights this close to each other are one level. Unit: share of the highest bin.
const LEVEL_WIDTH: f64 = 0.05;
/// Levels that there can be: from none to the highest bin in steps of [`LEVEL_WIDTH`].
const LEVELS: usize = 1 + (1.0 / LEVEL_WIDTH) as usize;
/// Least spread between quartiles that has a skew. Unit: that of the values; seconds or bytes below it are noise.
const SPREAD_MIN: f64 = 10.0;

/// Scores contacts; `None` with fewer than four distinct start times, over an empty span, or where the total is below `least`. What is cheap to
/// know is known first, and most contacts fall short by that. `scratch` is memory to work in.
///
/// Source: RITA 5, "beacon scoring": Bowley skewness and median absolute deviation of gaps and sizes, coefficient of variation or
/// bimodal fit of the histogram, coverage or longest run.
pub(super) fn score_at_least(contacts: &Contacts<'_>, least: f64, scratch: &mut Vec<u64>) -> Option<RegularityScore> {
    if contacts.to <= contacts.from {
        return None;
    }
    let has_sizes = contacts.sizes.len() >= GAPS_MIN;
    let total = |timestamps: f64, sizes: f64, histogram: f64, duration: f64| match has_sizes {
        true => rounded((timestamps + sizes + histogram + duration) / 4.0),
        false => rounded((timestamps + histogram + duration) / 3.0),
    };
    let bins = bins(contacts);
    let duration = duration(contacts, &bins);
    if total(1.0, 1.0, 1.0, duration) < least {
        return None;
    }
    let histogram = flatness(&bins).max(two_levels(&bins));
    if total(1.0, 1.0, histogram, duration) < least {
        return None;
    }
    scratch.clear();
    scratch.extend(contacts.starts.windows(2).map(|pair| pair[1].abs_diff(pair[0])).filter(|gap| *gap > 0));
    if scratch.len() < GAPS_MIN {
        return None;
    }
    let timestamps = evenness(scratch, 1.0);
    if total(timestamps, 1.0, histogram, duration) < least {
        return None;
    }
    scratch.clear();
    scratch.extend_from_slice(contacts.sizes);
    let sizes = has_sizes.then(|| evenness(scratch, 0.0));
    let total = total(timestamps, sizes.unwrap_or(0.0), histogram, duration);
    (total >= least).then_some(RegularityScore { total, timestamps, sizes, histogram, duration })
}

/// Half for symmetry about the median, half for closeness to it; `closeness_of_small` where the median is below 1.
fn evenness(values: &mut [u64], closeness_of_small: f64) -> f64 {
    values.sort_unstable();
    let middle = median(values);
    let (lower, upper) = (median(&values[..values.len() / 2]), median(&values[values.len().div_ceil(2)..]));
    let spread = upper - lower;
    let has_skew = spread >= SPREAD_MIN && middle != lower && middle != upper;
    let skew = if has_skew { (lower + upper - 2.0 * middle) / spread } else { 0.0 };
    let closeness = if middle < 1.0 { closeness_of_small } else { ((middle - deviation(values, middle)) / middle).max(0.0) };
    rounded((1.0 - skew.abs() + closeness) / 2.0)
}

/// The middle of `sorted`, as `median::median` has it of floats.
fn median(sorted: &[u64]) -> f64 {
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (count, middle) if count % 2 == 1 => sorted[middle] as f64,
        (_, middle) => (sorted[middle - 1] as f64 + sorted[middle] as f64) / 2.0,
    }
}

/// The median distance of the values of `sorted` from their median, `middle`.
///
/// Distances grow to both sides of the middle, so that the nearest half is counted off from there instead of sorted.
fn deviation(sorted: &[u64], middle: f64) -> f64 {
    let mut above = sorted.partition_point(|value| (*value as f64) < middle);
    let mut below = above;
    let (mut last, mut before) = (0.0, 0.0);
    for _ in 0..=sorted.len() / 2 {
        let down = below.checked_sub(1).map(|at| middle - sorted[at] as f64);
        let up = sorted.get(above).map(|value| *value as f64 - middle);
        before = last;
        match (down, up) {
            (Some(down), up) if up.is_none_or(|up| down < up) => (last, below) = (down, below - 1),
            (_, Some(up)) => (last, above) = (up, above + 1),
            _ => {}
        }
    }
    if sorted.len() % 2 == 1 { last } else { (before + last) / 2.0 }
}

/// Starts per bin; those before the span stand in the first bin, those after it in the last.
fn bins(contacts: &Contacts<'_>) -> [u64; BINS] {
    let mut bins = [0; BINS];
    let length = contacts.to.saturating_sub(contacts.from);
    let mut bin = 0;
    let mut end = length;
    for start in contacts.starts {
        // Starts ascend. Times as many as there are bins, each bin ends at a whole number.
        let at = start.saturating_sub(contacts.from).saturating_mul(BINS as i64);
        while at >= end && bin < BINS - 1 {
            bin += 1;
            end = end.saturating_add(length);
        }
        bins[bin] += 1;
    }
    bins
}

/// 1 less the coefficient of variation, at least 0.
fn flatness(bins: &[u64]) -> f64 {
    let mean = bins.iter().sum::<u64>() as f64 / bins.len() as f64;
    let variance = bins.iter().map(|bin| (*bin as f64 - mean).powi(2)).sum::<f64>() / bins.len() as f64;
    rounded((1.0 - variance.sqrt() / mean).max(0.0))
}

/// The share of bins whose heights are of the two most frequent levels.
fn two_levels(bins: &[u64; BINS]) -> f64 {
    let highest = bins.iter().copied().max().unwrap_or(0);
    let width = ((highest as f64 * LEVEL_WIDTH).ceil() as u64).max(1);
    let mut bins_on = [0; LEVELS];
    let mut used = 0;
    for bin in bins.iter().filter(|bin| **bin > 0) {
        let level = if width == 1 { *bin } else { bin / width };
        bins_on[level as usize] += 1;
        used += 1;
    }
    if used < LEVEL_BINS_MIN {
        return 0.0;
    }
    let (mut most, mut second) = (0, 0);
    for count in bins_on {
        (most, second) = if count > most { (count, most) } else { (most, second.max(count)) };
    }
    rounded((most + second) as f64 / (used - LEVEL_OUTLIERS) as f64).min(1.0)
}

/// The larger of coverage and longest run, once enough bins are used.
fn duration(contacts: &Contacts<'_>, bins: &[u64]) -> f64 {
    if bins.iter().filter(|bin| **bin > 0).count() < DURATION_BINS_MIN {
        return 0.0;
    }
    let reach = contacts.starts.last().unwrap_or(&0) - contacts.starts.first().unwrap_or(&0);
    let coverage = rounded_up(reach as f64 / (contacts.to - contacts.from) as f64);
    coverage.max(rounded_up(longest_run(bins) as f64 / RUN_BINS_IDEAL as f64)).min(1.0)
}

/// The most used bins in a row, the first one following the last.
fn longest_run(bins: &[u64]) -> usize {
    let (mut longest, mut run) = (0, 0);
    for bin in bins.iter().chain(bins) {
        run = if *bin > 0 { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest.min(bins.len())
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn rounded_up(value: f64) -> f64 {
    (value * 1000.0).ceil() / 1000.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stderr)]
    use std::io::Read;
    use std::path::Path;

    use super::*;

    fn score(contacts: &Contacts<'_>) -> Option<RegularityScore> {
        score_at_least(contacts, 0.0, &mut Vec::new())
    }

    /// The data set of RITA's test pair. Unit: seconds since the epoch.
    const FROM: i64 = 1_713_657_591;
    const TO: i64 = 1_713_743_991;

    /// Start second and bytes sent of RITA's test pair, by start; `None` where the file is absent.
    fn rita_pair() -> Option<Vec<(i64, u64)>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/detection/conformance/rita-pair.csv.gz");
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: no {}", path.display());
            return None;
        };
        let mut text = String::new();
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
        let row = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].parse::<i64>().unwrap() / 1000, cells[8].parse().unwrap())
        };
        let mut rows: Vec<(i64, u64)> = text.lines().skip(1).map(row).collect();
        rows.sort_unstable();
        Some(rows)
    }

    fn score_of(rows: &[(i64, u64)]) -> RegularityScore {
        let (starts, sizes): (Vec<i64>, Vec<u64>) = rows.iter().copied().unzip();
        score(&Contacts { starts: &starts, sizes: &sizes, from: FROM, to: TO }).unwrap()
    }

    #[test]
    fn the_pair_of_ritas_own_test_scores_as_rita_says() {
        let Some(rows) = rita_pair() else { return };
        // RITA reads connections from the start of the first hour on, and bins from the first to the last second.
        assert_eq!(rows.len(), 331);
        let whole = RegularityScore { total: 0.963, timestamps: 0.852, sizes: Some(1.0), histogram: 1.0, duration: 1.0 };
        assert_eq!(score_of(&rows), whole);
        let strict: Vec<(i64, u64)> = rows.into_iter().filter(|(start, _)| *start >= FROM).collect();
        assert_eq!((strict.len(), score_of(&strict).total), (317, 0.950));
    }

    #[test]
    fn a_perfect_clock_scores_one() {
        let starts: Vec<i64> = (0..288).map(|i| i * 300).collect();
        let perfect = score(&Contacts { starts: &starts, sizes: &[100; 288], from: 0, to: 86_400 }).unwrap();
        // 12 starts in each of 24 bins; the reach is 287 × 300 s of 86,400 s, but the run of 24 bins is whole.
        assert_eq!(perfect, RegularityScore { total: 1.0, timestamps: 1.0, sizes: Some(1.0), histogram: 1.0, duration: 1.0 });
        let unsized_score = score(&Contacts { starts: &starts, sizes: &[], from: 0, to: 86_400 }).unwrap();
        assert_eq!((unsized_score.total, unsized_score.sizes), (1.0, None));
    }

    #[test]
    fn a_score_is_given_only_from_what_was_asked_for() {
        let starts: Vec<i64> = (0..50).map(|i| i * 300 + i * i % 97).collect();
        let sizes: Vec<u64> = (0..50).map(|i| 100 + i * i % 31).collect();
        for sizes in [&sizes[..], &[]] {
            let contacts = Contacts { starts: &starts, sizes, from: 0, to: 21_600 };
            let whole = score(&contacts).unwrap();
            assert_eq!(score_at_least(&contacts, whole.total, &mut Vec::new()), Some(whole));
            assert_eq!(score_at_least(&contacts, whole.total + 0.001, &mut Vec::new()), None);
        }
    }

    #[test]
    fn skew_and_spread_are_those_of_the_quartiles() {
        // Sorted 10, 20, 30, 40, 100: quartiles 15, 30, 70, skew (15 + 70 - 60) / 55 = 0.4545; distances from the median
        // 0, 10, 10, 20, 70: deviation 10, closeness 20 / 30.
        let expected = ((1.0 - 25.0 / 55.0 + 20.0 / 30.0) / 2.0 * 1000.0_f64).round() / 1000.0;
        assert_eq!(evenness(&mut [100, 10, 40, 20, 30], 1.0), expected);
        // A spread below 10 has no skew; a median below 1 has the closeness given.
        assert_eq!(evenness(&mut [1, 2, 9], 1.0), 0.75);
        assert_eq!(evenness(&mut [0, 0, 0], 0.0), 0.5);
    }

    #[test]
    fn the_deviation_is_the_median_of_the_sorted_distances() {
        let mut state = 7_u64;
        for count in (1..40).chain([200, 201]) {
            for spread in [1, 3, 50, 100_000] {
                let mut next = || {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (state >> 33) % spread
                };
                let mut values: Vec<u64> = (0..count).map(|_| next()).collect();
                values.sort_unstable();
                let middle = median(&values);
                let mut distances: Vec<f64> = values.iter().map(|value| (*value as f64 - middle).abs()).collect();
                distances.sort_unstable_by(f64::total_cmp);
                let plain = |sorted: &[f64]| (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
                assert_eq!(middle, plain(&values.iter().map(|value| *value as f64).collect::<Vec<_>>()));
                assert_eq!(deviation(&values, middle), plain(&distances), "{values:?}");
            }
        }
    }

    #[test]
    fn fewer_than_three_gaps_have_no_score() {
        let none = |starts: &[i64]| score(&Contacts { starts, sizes: &[], from: 0, to: 3_600 });
        assert_eq!(none(&[]), None);
        assert_eq!(none(&[0, 60, 120]), None);
        assert_eq!(none(&[0, 0, 60, 120]), None);
        assert!(none(&[0, 60, 120, 180]).is_some());
        assert_eq!(score(&Contacts { starts: &[0, 1, 2, 3], sizes: &[], from: 5, to: 5 }), None);
    }

    #[test]
    fn bins_on_two_levels_fit_however_far_apart_the_levels_are() {
        let mut bins = [2; BINS];
        bins[12..].fill(40);
        assert_eq!(two_levels(&bins), 1.0);
        // 6 levels of 4 bins each: 8 of 23.
        let six = std::array::from_fn(|i| 10 * (i as u64 % 6 + 1));
        assert_eq!(two_levels(&six), 0.348);
        let mut ten = [0; BINS];
        ten[..10].fill(1);
        assert_eq!(two_levels(&ten), 0.0);
    }

    #[test]
    fn a_run_goes_on_over_the_end() {
        let mut bins = [0; BINS];
        bins[20..].fill(1);
        bins[..5].fill(1);
        assert_eq!(longest_run(&bins), 9);
        assert_eq!(longest_run(&[1; BINS]), 24);
    }
}
