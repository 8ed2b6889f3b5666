//! The countries at the far end.

use super::names::{self, Names, Unnamed};
use super::{Chart, reason};
use crate::report::ReportInput;
use crate::schema::inputs::InputKind;

pub fn chart(input: &ReportInput) -> Chart {
    let missing = "no geo database was given: --geo PATH.mmdb";
    let given = "the geo database knows none of the addresses at the far end";
    names::chart(
        input,
        Names {
            topic: "Countries",
            noun: "country",
            rows: &input.tables.traffic_by_country,
            verb: Some("is at the far end of"),
            unnamed: Unnamed::Note("without a country: both ends are local, or the database does not know the far one."),
            why: reason(input, InputKind::Geo, missing, given),
            notes: vec!["The country is that of the end that is not local, as two letters of ISO 3166-1.".to_owned()],
        },
    )
}
