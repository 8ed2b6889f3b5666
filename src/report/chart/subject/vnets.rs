//! Received and sent bytes by VNet.

use super::names::{self, Names, Unnamed};
use super::{BOTH_ENDS, Chart, reason};
use crate::report::ReportInput;
use crate::schema::inputs::InputKind;

pub fn chart(input: &ReportInput) -> Chart {
    let missing = super::NO_TOPOLOGY;
    names::chart(
        input,
        Names {
            topic: "VNets",
            noun: "VNet",
            rows: &input.tables.traffic_by_vnet,
            verb: None,
            unnamed: Unnamed::Bar("(in no VNet)"),
            why: reason(input, InputKind::Topology, missing, "no address of a VNet of the topology took part"),
            notes: vec![BOTH_ENDS.to_owned()],
        },
    )
}
