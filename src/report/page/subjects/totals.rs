//! Footers of tables: the sums of all rows, shown or not, and how intervals are spread.
//!
//! Goes in: measures of every row of a table. Comes out: cells by heading. Sums only what may be summed: distinct counts never.

use super::super::table::{Cell, TableView, count, text};
use super::{MEASURES, measures, pair_measures};
use crate::report::words;
use crate::schema::tables::{Measures, PairMeasures, TimeRow};

/// Said of tables in which a flow has a row at each of its ends.
pub const BOTH_ENDS: &str = "Total (both ends)";
/// Said of others.
pub const TOTAL: &str = "Total";

/// The sum of `all` as the footer of `view`, called `label`.
pub fn summed<'a>(view: TableView, label: &str, all: impl Iterator<Item = &'a Measures>) -> TableView {
    let sum = all.fold(Measures::default(), |mut sum, next| {
        sum.add(next);
        sum
    });
    view.with_footer(label, headed(measures(&sum)))
}

/// As [`summed`], of pairs, ports and paths.
pub fn pair_summed<'a>(view: TableView, label: &str, all: impl Iterator<Item = &'a PairMeasures>) -> TableView {
    let sum = all.fold(PairMeasures::default(), |mut sum, next| {
        sum.add(next);
        sum
    });
    view.with_footer(label, headed(pair_measures(&sum)))
}

/// The sums of columns of counts: heading and sum.
pub fn counted(view: TableView, sums: &[(&'static str, u64)]) -> TableView {
    view.with_footer(TOTAL, sums.iter().map(|(name, sum)| (*name, count(*sum))).collect())
}

fn headed(cells: [Cell; 7]) -> Vec<(&'static str, Cell)> {
    MEASURES.iter().map(|name| name.trim_start_matches('#')).zip(cells).collect()
}

/// A statistic of sorted values, and what it is called.
type Statistic = (&'static str, fn(&[u64]) -> u64);

/// Total, least, average, 95th percentile and most of the intervals that have a row; `step` is their length in ms.
///
/// The percentile is the nearest rank, so that it is a value that was measured; the average is rounded to the nearest integer.
pub fn spread(view: TableView, rows: &[TimeRow], step: i64) -> TableView {
    let view = summed(view, TOTAL, rows.iter().map(|row| &row.measures));
    let of: [fn(&Measures) -> u64; 7] = [
        |m| m.bytes_received,
        |m| m.bytes_sent,
        |m| m.packets_received + m.packets_sent,
        |m| m.flows() - m.flows_denied(),
        Measures::flows_denied,
        Measures::flows_malicious,
        |m| m.tuples_unmeasured,
    ];
    let is_unmeasured =
        rows.iter().all(|row| row.measures.bytes() == 0) && rows.iter().any(|row| row.measures.tuples_unmeasured > 0);
    let statistics: [Statistic; 4] = [
        ("Least of an interval", |sorted| sorted.first().copied().unwrap_or(0)),
        ("Average", average),
        ("95th percentile", |sorted| nearest_rank(sorted, 95)),
        ("Most", |sorted| sorted.last().copied().unwrap_or(0)),
    ];
    statistics.into_iter().fold(view, |view, (label, statistic)| {
        let cells = std::array::from_fn(|i| {
            let mut values: Vec<u64> = rows.iter().map(|row| of[i](&row.measures)).collect();
            values.sort_unstable();
            let value = statistic(&values);
            match i {
                0..=2 if is_unmeasured => text("–"),
                0 | 1 => text(&format!("{} · {}", words::bytes(value), words::bit_rate(value, step))),
                _ => count(value),
            }
        });
        view.with_footer(label, headed(cells))
    })
}

fn average(values: &[u64]) -> u64 {
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    let number = values.len().max(1) as u128;
    ((sum + number / 2) / number) as u64
}

/// The smallest of `sorted` that at least `percent` % of them do not exceed.
fn nearest_rank(sorted: &[u64], percent: usize) -> u64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::table::bytes;
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!([nearest_rank(&hundred, 95), nearest_rank(&[1, 2, 30], 95), nearest_rank(&[], 95)], [95, 30, 0]);
        assert_eq!([average(&[1, 2]), average(&[1, 1, 2]), average(&[])], [2, 1, 0]);
    }

    #[test]
    fn intervals_have_their_total_spread_and_bit_rate() {
        let row =
            |received| TimeRow { interval_start: 0, measures: Measures { bytes_received: received, ..Measures::default() } };
        let rows = [row(0), row(75_000_000), row(150_000_000)];
        let view = TableView {
            rows: rows.iter().map(|_| super::super::Row::new(vec![text("x"), bytes(1)])).collect(),
            ..TableView::default()
        };
        let view = spread(view.with_columns(&["Interval", "#Received"]), &rows, 600_000);
        let said: Vec<[&str; 2]> =
            view.footer.iter().map(|row| [row.cells[0].text.as_str(), row.cells[1].text.as_str()]).collect();
        assert_eq!(
            said,
            [
                ["Total", "215 MiB"],
                ["Least of an interval", "0 B · 0 bit/s"],
                ["Average", "71.5 MiB · 1 Mbit/s"],
                ["95th percentile", "143 MiB · 2 Mbit/s"],
                ["Most", "143 MiB · 2 Mbit/s"]
            ]
        );
    }
}
