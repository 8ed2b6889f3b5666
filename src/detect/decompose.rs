//! Splits a series into what is expected and what is left, and scores what is left.
//!
//! Goes in: one number per interval, gaps left out. Comes out: expected values, the band of the usual rest, a score per interval. Like
//! `series_decompose_anomalies` of KQL (seasonal medians, line, Tukey's fence on the 10th and 90th percentiles), not equal to it: its scale
//! is not published. Names nothing and knows no thresholds of detectors.

/// Least correlation of a series with itself one period later. Unit: coefficient; range 0 to 1; KQL's default. Raising it sees fewer
/// seasons, and then calls each morning an anomaly; lowering it takes noise for a season.
const SEASON_MIN: f64 = 0.6;

/// What a longer period must explain more than a shorter one. Unit: coefficient; range 0 to 1. Raising it prefers days to weeks.
const SEASON_GAIN_MIN: f64 = 0.1;

/// Least period that is looked for where there is no calendar. Unit: intervals; KQL's bound.
const PERIOD_MIN: usize = 4;

/// Least cycles of a period that is looked for. Unit: cycles; two would find a period in most noise.
const CYCLES_MIN: usize = 3;

/// Values beyond so many ranges outside the percentiles count as at that fence when season and line are learnt, so that an anomaly does
/// not explain itself. Unit: ranges; Tukey's mild fence.
const FENCE: f64 = 1.5;

/// Share of the median that the range is at least. Unit: share; range 0 and up. A series that hardly moves is not anomalous when it moves
/// a little: at a score of 5 it is from three and a half times the usual on. Raising it hides small rises of steady series.
const SPREAD_SHARE_MIN: f64 = 0.5;

/// A series taken apart. The vectors have one entry per interval.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decomposition {
    /// Intervals of the season; `None` without one.
    pub period: Option<usize>,
    /// Season and line.
    pub expected: Vec<f64>,
    /// The 10th and the 90th percentile of value - expected.
    pub band: (f64, f64),
    /// The range between them, at least its floors.
    pub spread: f64,
    /// How many `spread`s value - expected lies above the band (below it: negative); 0 inside, and in gaps.
    pub scores: Vec<f64>,
}

/// How a series is taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Intervals of a day.
    pub day: usize,
    /// The least range that counts, in the unit of the values.
    pub spread_min: f64,
}

/// Takes `values` apart; `None` stands for a gap.
pub(super) fn decompose(values: &[Option<f64>], shape: Shape) -> Decomposition {
    let known = sorted(values.iter().flatten().copied());
    let clipped = clip(values, &known);
    let period = period(&clipped, shape.day);
    let season = period.map_or_else(Vec::new, |period| season(&clipped, period));
    let seasonal = |at: usize| period.map_or(0.0, |period| season[at % period]);
    let rest: Vec<Option<f64>> = clipped.iter().enumerate().map(|(at, value)| Some((*value)? - seasonal(at))).collect();
    // Once more: what is high for its hour may be within the fences of the day.
    let ordered = sorted(rest.iter().flatten().copied());
    let line = line(&clip(&rest, &ordered), shape.day);
    let expected: Vec<f64> = (0..values.len()).map(|at| seasonal(at) + line.0 + line.1 * at as f64).collect();
    let residuals: Vec<Option<f64>> = values.iter().zip(&expected).map(|(value, expected)| Some((*value)? - expected)).collect();
    let ordered = sorted(residuals.iter().flatten().copied());
    let band = (percentile(&ordered, 0.1), percentile(&ordered, 0.9));
    let median = percentile(&known, 0.5).max(0.0);
    let floors = [shape.spread_min, median.sqrt(), median * SPREAD_SHARE_MIN];
    let spread = floors.into_iter().fold(band.1 - band.0, f64::max);
    let scores = residuals.iter().map(|residual| residual.map_or(0.0, |residual| distance(residual, band, spread))).collect();
    Decomposition { period, expected, band, spread, scores }
}

/// How many spreads outside the band.
fn distance(residual: f64, (low, high): (f64, f64), spread: f64) -> f64 {
    let outside = if residual > high { residual - high } else { (residual - low).min(0.0) };
    if outside == 0.0 { 0.0 } else { outside / spread }
}

/// The values ascending.
fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// A percentile, between two values in proportion; 0 of nothing.
pub(super) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let at = share * last as f64;
    let below = at as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (at - below as f64)
}

/// The values within the fences.
fn clip(values: &[Option<f64>], known: &[f64]) -> Vec<Option<f64>> {
    let (low, high) = (percentile(known, 0.1), percentile(known, 0.9));
    let margin = (high - low) * FENCE;
    values.iter().map(|value| value.map(|value| value.clamp(low - margin, high + margin))).collect()
}

/// The season's period: a day where there are two, a week where there are two, else what repeats within the series; if it explains enough.
fn period(values: &[Option<f64>], day: usize) -> Option<usize> {
    let flat = without_line(values);
    let mut best: Option<(usize, f64)> = None;
    let mut take = |period: usize, gain: f64| {
        let found = correlation(&flat, period);
        if found >= SEASON_MIN && best.is_none_or(|(_, before)| found > before + gain) {
            best = Some((period, found));
        }
    };
    if values.len() < 2 * day {
        let all: Vec<f64> = (0..=values.len() / CYCLES_MIN).map(|lag| correlation(&flat, lag)).collect();
        let is_peak = |lag: &usize| all[*lag] > all[*lag - 1] && all.get(*lag + 1).is_none_or(|next| all[*lag] >= *next);
        (PERIOD_MIN..all.len()).filter(is_peak).for_each(|lag| take(lag, 0.0));
    } else {
        take(day, 0.0);
        if values.len() >= 2 * 7 * day {
            take(7 * day, SEASON_GAIN_MIN);
        }
    }
    best.map(|(period, _)| period)
}

/// The values about their line, so that growth does not look like a season.
fn without_line(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let (start, slope) = fit(values);
    values.iter().enumerate().map(|(at, value)| Some((*value)? - start - slope * at as f64)).collect()
}

/// How much a series resembles itself `lag` intervals later, over the pairs without a gap: from -1 to 1; 0 where nothing moves.
fn correlation(flat: &[Option<f64>], lag: usize) -> f64 {
    let (mut product, mut one, mut other) = (0.0, 0.0, 0.0);
    for (a, b) in flat.iter().zip(flat.iter().skip(lag)) {
        if let (Some(a), Some(b)) = (a, b) {
            product += a * b;
            one += a * a;
            other += b * b;
        }
    }
    let power: f64 = one * other;
    if power > 0.0 { product / power.sqrt() } else { 0.0 }
}

/// The median of each phase; of two cycles the lesser one, so that an anomaly in one of them is not expected. 0 where all are gaps.
fn season(values: &[Option<f64>], period: usize) -> Vec<f64> {
    let phase = |from: usize| {
        let of_phase = sorted(values.iter().skip(from).step_by(period).flatten().copied());
        of_phase.get(of_phase.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    };
    (0..period).map(phase).collect()
}

/// Start and slope: a line from two days on, the mean before.
fn line(values: &[Option<f64>], day: usize) -> (f64, f64) {
    if values.iter().flatten().count() >= 2 * day { fit(values) } else { (mean(values), 0.0) }
}

fn mean(values: &[Option<f64>]) -> f64 {
    let count = values.iter().flatten().count();
    values.iter().flatten().sum::<f64>() / count.max(1) as f64
}

/// The line of least squares: its value at the first interval, and its slope per interval.
fn fit(values: &[Option<f64>]) -> (f64, f64) {
    let points = || values.iter().enumerate().filter_map(|(at, value)| Some((at as f64, (*value)?)));
    let count = points().count().max(1) as f64;
    let (x, y) = (points().map(|point| point.0).sum::<f64>() / count, mean(values));
    let spread: f64 = points().map(|point| (point.0 - x).powi(2)).sum();
    let slope = if spread > 0.0 { points().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / spread } else { 0.0 };
    (y - slope * x, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Shape = Shape { day: 24, spread_min: 0.0 };

    fn all(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    fn rounded(values: &[f64]) -> Vec<f64> {
        values.iter().map(|value| (value * 100.0).round() / 100.0).collect()
    }

    #[test]
    fn the_example_of_the_kql_documentation_has_its_anomalies_at_the_same_places() {
        // Sorted 5 25 27 28 28.. 80: the 10th percentile is 25, the 90th 38; the median of 30 makes a range of at least 15.
        let found = decompose(&all(&[30.0, 28.0, 5.0, 27.0, 31.0, 38.0, 29.0, 80.0, 25.0, 37.0, 30.0]), PLAIN);
        assert_eq!((found.period, found.spread), (None, 15.0));
        assert_eq!(rounded(&found.scores), [0.0, 0.0, -1.33, 0.0, 0.0, 0.0, 0.0, 2.8, 0.0, 0.0, 0.0]);
        // (5 - 25) / 15 and (80 - 38) / 15; the mean is of the values with 80 taken as 57.5 (38 + 1.5 x 13) and 5 as 5.5: 338 / 11.
        assert_eq!(rounded(&found.expected[..1]), [30.73]);
        assert_eq!(rounded(&[found.band.0 + found.expected[0], found.band.1 + found.expected[0]]), [25.0, 38.0]);
    }

    #[test]
    fn a_peak_of_every_day_is_expected_and_one_at_night_is_not() {
        let mut values: Vec<f64> = (0..72).map(|hour| if (9..17).contains(&(hour % 24)) { 1000.0 } else { 10.0 }).collect();
        values[50] = 900.0;
        let found = decompose(&all(&values), PLAIN);
        assert_eq!(found.period, Some(24));
        let anomalies: Vec<usize> = (0..72).filter(|hour| found.scores[*hour].abs() > 3.0).collect();
        assert_eq!(anomalies, [50]);
    }

    #[test]
    fn growth_is_a_line_and_no_anomaly() {
        let values: Vec<f64> = (0..96).map(|hour| 100.0 + 10.0 * f64::from(hour)).collect();
        let found = decompose(&all(&values), PLAIN);
        assert_eq!((found.period, rounded(&found.expected[..2])), (None, vec![100.0, 110.0]));
        assert!(found.scores.iter().all(|score| score.abs() < 0.001));
    }

    #[test]
    fn a_week_is_a_season_where_it_explains_more_than_a_day() {
        let of_week = |hour: usize| if (hour / 24) % 7 < 5 && (9..17).contains(&(hour % 24)) { 500.0 } else { 20.0 };
        let values: Vec<f64> = (0..21 * 24).map(of_week).collect();
        assert_eq!(decompose(&all(&values), PLAIN).period, Some(168));
        let daily: Vec<f64> = (0..21 * 24).map(|hour| of_week(hour % 24)).collect();
        assert_eq!(decompose(&all(&daily), PLAIN).period, Some(24));
    }

    #[test]
    fn a_short_series_has_the_period_that_repeats_in_it() {
        let values: Vec<f64> = (0..30).map(|hour| if hour % 6 == 0 { 80.0 } else { 10.0 }).collect();
        assert_eq!(decompose(&all(&values), PLAIN).period, Some(6));
        let noise = [7.0, 1.0, 4.0, 9.0, 2.0, 8.0, 5.0, 3.0, 1.0, 9.0, 6.0, 2.0, 7.0, 7.0, 1.0, 5.0, 8.0, 2.0];
        assert_eq!(decompose(&all(&noise), PLAIN).period, None);
    }

    #[test]
    fn a_series_that_never_moves_is_judged_by_the_floors() {
        let mut values = vec![0.0; 30];
        values[20] = 60.0;
        let found = decompose(&all(&values), Shape { day: 24, spread_min: 10.0 });
        assert_eq!((found.spread, found.scores[20], found.scores[0]), (10.0, 6.0, 0.0));
        assert_eq!(decompose(&all(&values), PLAIN).scores[20], f64::INFINITY);
    }

    #[test]
    fn gaps_score_nothing_and_teach_nothing() {
        let mut values = all(&[100.0; 30]);
        values[3] = None;
        let found = decompose(&values, PLAIN);
        assert_eq!((found.expected[3], found.scores[3], found.spread), (100.0, 0.0, 50.0));
        assert_eq!(decompose(&[], PLAIN).scores, Vec::<f64>::new());
        assert_eq!(decompose(&[Some(5.0)], PLAIN).scores, [0.0]);
        assert_eq!(decompose(&[None, None], PLAIN).scores, [0.0, 0.0]);
    }
}
