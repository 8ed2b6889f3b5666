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
    /// What the title says of the leading name.
    pub lead: Lead,
    /// What becomes of the row without a name.
    pub unnamed: Unnamed,
    /// Why no row has a name, where none has.
    pub why: &'a str,
    /// What else to say.
    pub notes: Vec<String>,
}

/// What the title says of the leading name.
pub enum Lead {
    /// Its share of all, after these words: `is at the far end of`.
    Share(&'static str),
    /// What it receives and sends: for tables in which both ends have their row, so that a share could pass 100 %.
    Moves,
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
    let what = match names.lead {
        Lead::Share(verb) => {
            let share = words::share(scope.value(&Amounts::from(&lead.measures)), scope.total());
            format!(" {verb} {share} of {}", scope.unit.said(scope.total()))
        }
        Lead::Moves => scope.moves_most(&lead.measures),
    };
    let title = format!("{}{what}", name(&lead.name, label));
    let mut notes = names.notes;
    if let (Unnamed::Note(what), Some(row)) = (names.unnamed, names.rows.iter().find(|row| row.name.is_empty())) {
        notes.push(format!("Not drawn: {}, {what}", Amounts::from(&row.measures).note(scope.unit)));
    }
    notes.extend(scope.notes());
    Chart { title, subtitle: scope.measured(names.topic), notes, picture: Picture::Bars(bars) }
}
