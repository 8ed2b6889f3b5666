//! Which rules of each NSG were never hit.

use std::collections::BTreeMap;

use super::{Chart, Picture, absent, name, reason, subtitle};
use crate::report::chart::canvas::{BLUE, GREY, VERMILLION};
use crate::report::chart::kind::bars::{Bar, Bars};
use crate::report::chart::scale::Unit;
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::tables::{Activity, Counting, RuleUsageRow};

/// Rules named beside a bar; the table has all.
const NAMED_MAX: usize = 2;

/// The rules of one NSG, the six that every NSG has apart.
#[derive(Default)]
struct Usage<'a> {
    hit: u64,
    never: Vec<&'a str>,
    unknown: u64,
}

pub fn chart(input: &ReportInput) -> Chart {
    let nsgs = by_nsg(&input.tables.rule_usage);
    if nsgs.is_empty() {
        let given = "the topology given has no NSG with rules of its own";
        return absent(input, "Unused rules", reason(input, InputKind::Topology, super::NO_TOPOLOGY, given));
    }
    let never: u64 = nsgs.iter().map(|(_, usage)| usage.never.len() as u64).sum();
    let logged: u64 = never + nsgs.iter().map(|(_, usage)| usage.hit).sum::<u64>();
    let title = match (never, nsgs.first()) {
        (0, _) if logged == 0 => "Unknown: no NSG of the topology is logged".to_owned(),
        (0, _) => format!("Every one of {} that are logged was hit", words::counted(logged, "rule")),
        (n, Some((nsg, usage))) => format!(
            "{} of {} were never hit; most in {} ({})",
            words::count(n),
            words::counted(logged, "logged rule"),
            name(nsg, "(no NSG)"),
            usage.never.len()
        ),
        (_, None) => String::new(),
    };
    let bars = nsgs.iter().take(input.view.bars).map(|(nsg, usage)| bar(name(nsg, "(no NSG)"), usage)).collect();
    let other = nsgs.get(input.view.bars..).filter(|rest| !rest.is_empty()).map(|rest| {
        let sum = |of: fn(&Usage) -> u64| rest.iter().map(|(_, usage)| of(usage)).sum::<u64>();
        let values = vec![sum(|usage| usage.hit), sum(|usage| usage.never.len() as u64), sum(|usage| usage.unknown)];
        let note = words::counted(values.iter().sum(), "rule");
        Bar { label: format!("other ({})", words::counted(rest.len() as u64, "NSG")), values, note }
    });
    let parts = vec![("hit", BLUE), ("never hit", VERMILLION), ("not logged, or unknown", GREY)];
    Chart {
        title,
        subtitle: subtitle(input, "Rules of each NSG of the topology", Counting::Observed),
        notes: vec![
            "The six default rules of every NSG are left out. A rule that was not hit in this window may still be needed."
                .to_owned(),
        ],
        picture: Picture::Bars(Bars { unit: Unit::Count("rule"), parts, bars, other }),
    }
}

fn bar(label: String, usage: &Usage) -> Bar {
    let named: Vec<String> = usage.never.iter().take(NAMED_MAX).map(|rule| words::shorten(rule, 22)).collect();
    let more = usage.never.len().saturating_sub(NAMED_MAX);
    let note = match (usage.never.len(), more) {
        (0, _) if usage.hit == 0 => "not logged".to_owned(),
        (0, _) => format!("all {} hit", usage.hit),
        (never, 0) => format!("{never} never hit: {}", named.join(", ")),
        (never, more) => format!("{never} never hit: {} and {more} more", named.join(", ")),
    };
    Bar { label, values: vec![usage.hit, usage.never.len() as u64, usage.unknown], note }
}

/// Most rules never hit first, then by NSG.
fn by_nsg(rows: &[RuleUsageRow]) -> Vec<(&str, Usage<'_>)> {
    let mut sums: BTreeMap<&str, Usage> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_default) {
        let usage = sums.entry(&row.nsg).or_default();
        match row.activity {
            Activity::Active => usage.hit += 1,
            Activity::Silent => usage.never.push(&row.rule),
            Activity::NotLogged | Activity::Unknown => usage.unknown += 1,
        }
    }
    let mut nsgs: Vec<_> = sums.into_iter().collect();
    nsgs.sort_by_key(|(_, usage)| std::cmp::Reverse((usage.never.len(), usage.hit)));
    nsgs
}
