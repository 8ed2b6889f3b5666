//! How much of the topology was seen: regions, VNets, subnets and interfaces, active, silent or not logged.

use super::{Chart, Picture, absent, reason, subtitle};
use crate::report::chart::canvas::{BLUE, GREY, SKY, VERMILLION};
use crate::report::chart::kind::bars::{Bar, Bars};
use crate::report::chart::scale::Unit;
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::tables::{Activity, Counting, PlaceKind};

/// The kinds, in the order of their bars.
const KINDS: [(PlaceKind, &str); 4] = [
    (PlaceKind::Region, "Regions"),
    (PlaceKind::Vnet, "VNets"),
    (PlaceKind::Subnet, "Subnets"),
    (PlaceKind::Interface, "Interfaces"),
];
/// What can be said of a place, in the order of the parts.
const STATES: [(Activity, &str); 4] = [
    (Activity::Active, "active"),
    (Activity::Silent, "silent"),
    (Activity::NotLogged, "not logged"),
    (Activity::Unknown, "not seen, unknown whether logged"),
];

pub fn chart(input: &ReportInput) -> Chart {
    let rows = &input.tables.activity;
    if rows.is_empty() {
        let why = reason(input, InputKind::Topology, super::NO_TOPOLOGY, "the topology given names no VNet and no interface");
        return absent(input, "Activity", why);
    }
    let number = |kind, activity| rows.iter().filter(|row| row.kind == kind && row.activity == activity).count() as u64;
    let bars: Vec<Bar> = KINDS
        .iter()
        .map(|(kind, label)| {
            let values: Vec<u64> = STATES.iter().map(|(activity, _)| number(*kind, *activity)).collect();
            let said = values.iter().zip(STATES).filter(|(value, _)| **value > 0);
            let note: Vec<String> = said.map(|(value, (_, word))| format!("{} {word}", words::count(*value))).collect();
            Bar { label: (*label).into(), values, note: note.join(" · ") }
        })
        .filter(|bar| bar.values.iter().any(|value| *value > 0))
        .collect();
    let of = |kind, noun| {
        let total: u64 = STATES.iter().map(|(activity, _)| number(kind, *activity)).sum();
        format!("{} of {}", words::count(number(kind, Activity::Active)), words::counted(total, noun))
    };
    let title = format!("{} and {} have traffic", of(PlaceKind::Subnet, "subnet"), of(PlaceKind::Interface, "interface"));
    let parts = STATES.iter().map(|(_, word)| *word).zip([BLUE, SKY, VERMILLION, GREY]).collect();
    Chart {
        title,
        subtitle: subtitle(input, "What of the topology was seen", Counting::Deduplicated),
        notes: vec![
            "Silent: logged, but without a tuple. Not logged: no enabled flow log covers it, so it may have traffic.".to_owned(),
        ],
        picture: Picture::Bars(Bars { unit: Unit::Count("place"), parts, bars, other: None }),
    }
}
