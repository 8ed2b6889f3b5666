//! Bars by one name: flow types, countries, regions, VNets, scale sets.
//!
//! Each chart says what its names are, what the leading one does, and why there may be no name at all.

use super::{Amounts, Chart, Picture, Scope, absent, name};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, NamedRow};

/// What a chart of names asks of its table.
pub struct Names<'a> {
    /// Two or three words for the subtitle.
    pub topic: &'static str,
    /// What a row is.
    pub noun: &'static str,
    /// Sorted, the greatest first.
    pub rows: &'a [NamedRow],
    /// What the leading name does with its share: `is at the far end of`; `None` where traffic counts at both its ends.
    pub verb: Option<&'static str>,
    /// What becomes of the row without a name.
    pub unnamed: Unnamed,
    /// Why no row has a name, where none has.
    pub why: &'a str,
    /// What else to say.
    pub notes: Vec<String>,
}

/// What becomes of the row without a name.
pub enum Unnamed {
    /// It is a bar of this label.
    Bar(&'static str),
    /// It would dwarf the bars, so a note says how much it is: `… have no country: …`.
    Note(&'static str),
}

pub fn chart(input: &ReportInput, names: Names) -> Chart {
    let scope = Scope::new(input, Counting::Deduplicated);
    let Some(lead) = names.rows.iter().find(|row| !row.name.is_empty()) else {
        return absent(input, names.topic, names.why);
    };
    let label = match names.unnamed {
        Unnamed::Bar(label) => label,
        Unnamed::Note(_) => "",
    };
    let drawn = names.rows.iter().filter(|row| !row.name.is_empty() || !label.is_empty());
    let bars = scope.bars(drawn.map(|row| (name(&row.name, label), Amounts::from(&row.measures))), names.noun);
    let (lead, amounts) = (name(&lead.name, label), Amounts::from(&lead.measures));
    let title = match names.verb {
        Some(verb) => {
            let share = words::share(scope.value(&amounts), scope.total());
            format!("{lead} {verb} {share} of {}", scope.unit.said(scope.total()))
        }
        None => scope.moves_most(&lead, &amounts),
    };
    let mut notes = names.notes;
    if let (Unnamed::Note(what), Some(row)) = (names.unnamed, names.rows.iter().find(|row| row.name.is_empty())) {
        notes.push(format!("Not drawn: {}, {what}", Amounts::from(&row.measures).note(scope.unit)));
    }
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.subtitle(names.topic), notes, picture: Picture::Bars(bars) }
}
