//! What each capture point logged, by the state of the tuples, and what is odd about it.

use super::{Chart, Picture, absent, name, subtitle};
use crate::report::chart::canvas::{BLUE, GREEN, GREY, SKY, VERMILLION};
use crate::report::chart::kind::bars::{Bar, Bars};
use crate::report::chart::scale::Unit;
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, QualityRow};

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.data_quality;
    if rows.is_empty() {
        return absent(input, "Capture points", "no capture point logged");
    }
    let mut shown: Vec<&QualityRow> = rows.iter().collect();
    // Stable: within both halves the order of the table, which is total, decides equals.
    shown.sort_by_key(|row| (row.remarks.is_empty(), std::cmp::Reverse(row.states.total())));
    let odd = rows.iter().filter(|row| !row.remarks.is_empty()).count() as u64;
    let points = words::counted(rows.len() as u64, "capture point");
    let title = match odd {
        0 => format!("Nothing is odd at {points}"),
        n => format!("{} of {points} {} remarks: {}", words::count(n), if n == 1 { "has" } else { "have" }, remark(shown[0])),
    };
    let other = shown.get(input.view.bars..).filter(|rest| !rest.is_empty()).map(|rest| {
        let mut values = vec![0; 5];
        rest.iter().for_each(|row| values.iter_mut().zip(states(row)).for_each(|(sum, value)| *sum += value));
        let note = words::counted(values.iter().sum(), "tuple");
        Bar { label: format!("other ({})", words::counted(rest.len() as u64, "capture point")), values, note }
    });
    let bars = shown
        .iter()
        .take(input.view.bars)
        .map(|row| Bar { label: label(row), values: states(row).to_vec(), note: note(row) })
        .collect();
    let words = ["begin", "continuing", "end", "denied", "unstated"];
    let parts = words.into_iter().zip([BLUE, SKY, GREEN, VERMILLION, GREY]).collect();
    let mut notes = vec!["Those with remarks first. The lag is the time from a tuple to the record that holds it.".to_owned()];
    if rows.iter().any(|row| row.hours_replaced > 0) {
        notes.push("Logged twice: another flow log of the interface is counted in those hours.".to_owned());
    }
    Chart {
        title,
        subtitle: subtitle(input, "Tuples of each capture point by their state", Counting::Observed),
        notes,
        picture: Picture::Bars(Bars { unit: Unit::Count("tuple"), parts, bars, other }),
    }
}

fn states(row: &QualityRow) -> [u64; 5] {
    let s = &row.states;
    [s.begin, s.continuing, s.end, s.denied, s.unstated]
}

fn label(row: &QualityRow) -> String {
    format!("{} · {}", name(words::resource(&row.log_resource), "(no resource)"), name(&row.mac, "(no MAC)"))
}

fn remark(row: &QualityRow) -> String {
    format!("{} ({})", words::shorten(&row.remarks, 60), words::shorten(&row.mac, 20))
}

/// `27,031 tuples · gap 3 h · 12 late · lag 1 s to 61 s`
fn note(row: &QualityRow) -> String {
    let mut said = vec![words::counted(row.states.total(), "tuple")];
    if row.gap_hours_max > 0 {
        said.push(format!("gap {} h", words::count(row.gap_hours_max)));
    }
    let odd = [(row.tuples_unmeasured, "unmeasured"), (row.tuples_late, "late"), (row.tuples_early, "early")];
    said.extend(odd.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{} {word}", words::count(*number))));
    if row.hours_replaced > 0 {
        said.push(format!("{} h logged twice", words::count(row.hours_replaced)));
    }
    if let (Some(least), Some(most)) = (row.lag_min_ms, row.lag_max_ms) {
        said.push(format!("lag {} to {}", words::lag(least), words::lag(most)));
    }
    said.join(" · ")
}
