//! The Azure regions at the far end, by the service tag of the address.

use super::names::{self, Lead, Names, Unnamed};
use super::{Chart, reason};
use crate::report::ReportInput;
use crate::schema::inputs::InputKind;

pub fn chart(input: &ReportInput) -> Chart {
    let missing = "no service tags were given: --service-tags PATH.json";
    let given = "no address at the far end is Azure's";
    names::chart(
        input,
        Names {
            topic: "Azure regions",
            noun: "region",
            rows: &input.tables.traffic_by_azure_region,
            lead: Lead::Share("is at the far end of"),
            unnamed: Unnamed::Note("without an Azure region: both ends are local, or the far one is not Microsoft's."),
            why: reason(input, InputKind::ServiceTags, missing, given),
            notes: vec!["Global: services without a region of their own, and Azure's platform.".to_owned()],
        },
    )
}
