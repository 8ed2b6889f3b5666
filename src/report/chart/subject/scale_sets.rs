//! Received and sent bytes by virtual machine scale set.

use super::names::{self, Lead, Names, Unnamed};
use super::{Chart, reason};
use crate::report::ReportInput;
use crate::schema::inputs::InputKind;

pub fn chart(input: &ReportInput) -> Chart {
    let missing = super::NO_TOPOLOGY;
    names::chart(
        input,
        Names {
            topic: "Scale sets",
            noun: "scale set",
            rows: &input.tables.traffic_by_scale_set,
            lead: Lead::Moves,
            unnamed: Unnamed::Note("at addresses of no scale set."),
            why: reason(input, InputKind::Topology, missing, "no address of a scale set took part"),
            notes: vec!["Traffic between two instances counts at both its ends.".to_owned()],
        },
    )
}
