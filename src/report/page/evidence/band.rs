//! A series beside the band that was expected of it, with the odd hours marked.
//!
//! Goes in: a finding with `series_times`, `series_values` and the band. Comes out: bars over the band, on a true axis of time; an hour that nobody
//! logged, or whose value cannot be read, stays empty.

use super::Picture;
use super::axis::{HEIGHT, Note, Plot, TimeAxis, legend, notes};
use super::measured::is_bytes;
use super::reading::{greatest, number, series, times};
use super::sheet::{Mark, Sheet};
use crate::report::chart::canvas::{BLUE, GREEN, SKY, VERMILLION};
use crate::report::chart::scale::Unit;
use crate::schema::finding::Finding;
use crate::schema::moment::moment;
use crate::schema::units::HOUR_MS;

/// An hour of the series.
struct Hour {
    time: i64,
    value: Option<f64>,
    expected: Option<f64>,
    band: Option<(f64, f64)>,
    is_odd: bool,
}

/// The series around an anomaly.
pub fn picture(finding: &Finding) -> Option<Picture> {
    let hours = hours(finding);
    let (first, last) = (hours.first()?.time, hours.iter().map(|hour| hour.time).max()?);
    let highest = greatest(hours.iter().filter_map(|hour| hour.value));
    if hours.len() < 2 || highest <= 0.0 {
        return None;
    }
    let unit = if is_bytes(finding, "value") { Unit::Bytes } else { Unit::Flows };
    let said = match (unit, finding.detector) {
        (Unit::Bytes, _) => "Bytes an hour",
        (_, "deny_anomaly") => "Denied flows an hour",
        _ => "Flows an hour",
    };
    let least = number(finding, "value_min");
    let band_most = greatest(hours.iter().filter_map(|hour| hour.band.map(|(_, high)| high)));
    let plot = Plot::new(highest.max(least.unwrap_or(0.0)).max(band_most));
    let axis = TimeAxis { plot, from: first, to: last.saturating_add(HOUR_MS) };
    let mut sheet = Sheet::new(HEIGHT, &format!("{said}, beside what was expected; highest {}", unit.said(highest as u64)));
    plot.values(&mut sheet, unit, said);
    legend(&mut sheet, &[("measured", BLUE), ("odd", VERMILLION), ("expected", GREEN), ("usual band", SKY)]);
    let slot = axis.x(first.saturating_add(HOUR_MS)) - plot.left;
    let band = hours.iter().filter_map(|hour| {
        let (low, high) = hour.band?;
        let (top, bottom) = (plot.y(high), plot.y(low));
        Some(Mark { x: axis.x(hour.time), y: top, width: slot, height: (bottom - top).max(1.0) })
    });
    sheet.veil(band, SKY);
    for (is_odd, ink) in [(false, BLUE), (true, VERMILLION)] {
        let bars = hours.iter().filter(|hour| hour.is_odd == is_odd);
        let bars = bars.filter_map(|hour| Some(plot.bar(axis.x(hour.time) + slot * 0.2, (slot * 0.6).max(1.0), hour.value?)));
        sheet.boxes(bars, ink);
    }
    let points: Vec<(f64, f64)> =
        hours.iter().filter_map(|hour| Some((axis.x(hour.time) + slot / 2.0, plot.y(hour.expected?)))).collect();
    sheet.curve(&points, GREEN);
    let mut said_beside = Vec::new();
    if let Some(least) = least {
        let y = plot.y(least);
        sheet.dashed((plot.left, y), (plot.right, y), VERMILLION);
        said_beside.push(Note { y, text: format!("at least {}", unit.label(least as u64)) });
    }
    if let Some(expected) = number(finding, "expected") {
        said_beside.push(Note { y: plot.y(expected), text: format!("expected {}", unit.label(expected as u64)) });
    }
    notes(&mut sheet, &plot, said_beside);
    axis.draw(&mut sheet);
    let odd = hours.iter().filter(|hour| hour.is_odd).count();
    Some(Picture {
        topic: "The series around it",
        svg: sheet.finish(),
        caption: format!(
            "{} logged, {odd} of them odd; highest: {}. Hours that nobody logged are empty.",
            crate::report::words::counted(hours.len() as u64, "hour"),
            unit.said(highest as u64)
        ),
        drawn: &["series_times", "series_values", "series_expected", "series_band_low", "series_band_high"],
    })
}

fn hours(finding: &Finding) -> Vec<Hour> {
    let of = |key: &str| series(finding, key);
    let (values, expected) = (of("series_values"), of("series_expected"));
    let (low, high) = (of("series_band_low"), of("series_band_high"));
    let odd = moment(&finding.first_time).zip(moment(&finding.last_time));
    let at = |series: &[Option<f64>], at: usize| series.get(at).copied().flatten();
    let hour = |(place, time): (usize, Option<i64>)| {
        let time = time?;
        Some(Hour {
            time,
            value: at(&values, place),
            expected: at(&expected, place),
            band: at(&low, place).zip(at(&high, place)),
            is_odd: odd.is_some_and(|(from, to)| (from..=to).contains(&time)),
        })
    };
    let mut hours: Vec<Hour> = times(finding, "series_times").into_iter().enumerate().filter_map(hour).collect();
    hours.sort_by_key(|hour| hour.time);
    hours
}
