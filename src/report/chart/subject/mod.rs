//! What each chart shows: the rows of one table, chosen, summed and concluded from.
//!
//! One file per chart; here stands what they say alike: the window, the way of counting, what was not measured.

pub mod activity;
pub mod addresses;
mod amounts;
pub mod azure_regions;
pub mod conversations;
pub mod countries;
pub mod coverage;
pub mod data_quality;
pub mod encryption;
pub mod exposed_sources;
pub mod flow_types;
pub mod flows_sankey;
pub mod gateways;
pub mod interfaces;
pub mod internet_senders;
pub mod load_balancers;
pub mod matrix;
mod names;
pub mod over_time;
#[cfg(test)]
mod places_tests;
pub mod ports;
pub mod public_addresses;
pub mod rule_usage;
pub mod rules;
pub mod scale_sets;
pub mod subnets;
pub mod vnets;
pub mod world;

use super::canvas::{BLUE, Ink, PURPLE, SKY, VERMILLION};
use super::kind::bars::{Bar, Bars};
use super::scale::Unit;
use super::{Chart, Picture};
use crate::report::{ReportInput, words};
use crate::schema::inputs::InputKind;
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{Counting, Measures};
use amounts::Amounts;

/// Longest name in a title. Unit: characters; an IPv6 address fits.
const NAME_CHARS_MAX: usize = 40;

/// The parts of a bar of bytes.
const BYTE_PARTS: [(&str, Ink); 2] = [("bytes received", BLUE), ("bytes sent", SKY)];
/// The parts of a bar of flows.
const FLOW_PARTS: [(&str, Ink); 2] = [("flows allowed", BLUE), ("flows denied", VERMILLION)];
/// What follows them where a peer is on a threat list: those flows, which the other parts then leave out.
const MALICIOUS_PART: (&str, Ink) = ("flows with a peer of a threat list", PURPLE);

/// How the charts of one way of counting measure: its totals, and bytes unless none were measured.
struct Scope<'a> {
    input: &'a ReportInput<'a>,
    counting: Counting,
    totals: TrafficTotals,
    unit: Unit,
}

impl<'a> Scope<'a> {
    fn new(input: &'a ReportInput<'a>, counting: Counting) -> Self {
        let totals = match counting {
            Counting::Observed => input.summary.traffic.observed,
            Counting::Deduplicated => input.summary.traffic.deduplicated,
        };
        let unit = if totals.bytes() > 0 { Unit::Bytes } else { Unit::Flows };
        Self { input, counting, totals, unit }
    }

    /// The same, but drawing flows whether or not bytes were measured.
    fn in_flows(self) -> Self {
        Self { unit: Unit::Flows, ..self }
    }

    /// All bytes, or all flows.
    fn total(&self) -> u64 {
        match self.unit {
            Unit::Bytes => self.totals.bytes(),
            _ => self.totals.flows(),
        }
    }

    /// `… moves most: it receives … and sends …`, after a name.
    fn moves_most(&self, measures: &Measures) -> String {
        let what = match self.unit {
            Unit::Bytes => {
                let (received, sent) = (words::bytes(measures.bytes_received), words::bytes(measures.bytes_sent));
                format!("receives {received} and sends {sent}")
            }
            _ => format!("takes part in {}", words::counted(measures.flows(), "flow")),
        };
        format!(" moves most: it {what}")
    }

    /// `what`, the window, and how it is counted.
    fn subtitle(&self, what: &str) -> String {
        subtitle(self.input, what, self.counting)
    }

    /// `what` with the unit of the bars, the window, and how it is counted.
    fn measured(&self, what: &str) -> String {
        let unit = if self.unit == Unit::Bytes { "bytes" } else { "flows" };
        self.subtitle(&format!("{what}, {unit}"))
    }

    /// What the bytes lack.
    fn notes(&self) -> Vec<String> {
        let unmeasured = self.totals.tuples_unmeasured;
        let mut notes = Vec::new();
        if self.totals.bytes() == 0 && self.totals.flows() > 0 {
            notes.push("No bytes were measured in this window, so flows are drawn.".to_owned());
        }
        if unmeasured > 0 {
            let carry = if unmeasured == 1 { "tuple carries" } else { "tuples carry" };
            notes.push(format!("{} {carry} no counters: their bytes are unknown, not zero.", words::count(unmeasured)));
        }
        notes
    }

    /// What a bar of these amounts is as long as.
    fn value(&self, amounts: &Amounts) -> u64 {
        match self.unit {
            Unit::Bytes => amounts.bytes(),
            _ => amounts.flows(),
        }
    }

    /// A bar of the chosen unit.
    fn bar(&self, label: String, amounts: &Amounts) -> Bar {
        let values = match self.unit {
            Unit::Bytes => vec![amounts.received, amounts.sent],
            _ => amounts.flow_parts().to_vec(),
        };
        Bar { label, values, note: amounts.note(self.unit) }
    }

    /// The first rows as bars, the others as one; `rows` are sorted and `noun` names them.
    fn bars(&self, rows: impl Iterator<Item = (String, Amounts)>, noun: &str) -> Bars {
        self.bars_and_rest(rows, noun, None)
    }

    /// As [`Scope::bars`], with what the table itself left out.
    fn bars_and_rest(&self, rows: impl Iterator<Item = (String, Amounts)>, noun: &str, rest: Option<Amounts>) -> Bars {
        let mut bars = Vec::new();
        let mut sum = Amounts::default();
        let mut others = rest.unwrap_or_default();
        let mut left_out = 0;
        for (label, amounts) in rows {
            sum.add(amounts);
            if bars.len() < self.input.view.bars {
                bars.push(self.bar(label, &amounts));
            } else {
                others.add(amounts);
                left_out += 1;
            }
        }
        sum.add(rest.unwrap_or_default());
        let other = match (rest, left_out) {
            (None, 0) => None,
            (None, _) => Some(self.bar(format!("other ({})", words::counted(left_out, noun)), &others)),
            (Some(_), _) => Some(self.bar("all others".into(), &others)),
        };
        let mut parts = if self.unit == Unit::Bytes { BYTE_PARTS } else { FLOW_PARTS }.to_vec();
        if self.unit == Unit::Flows && sum.malicious() > 0 {
            parts.push(MALICIOUS_PART);
        }
        Bars { unit: self.unit, parts, bars, other }
    }
}

/// `what`, the window, and how it is counted: the line under every title.
fn subtitle(input: &ReportInput, what: &str, counting: Counting) -> String {
    let counting = match counting {
        Counting::Observed => "observed: as each capture point logged it",
        Counting::Deduplicated => "deduplicated: traffic seen at several capture points counts once",
    };
    format!("{what} · {} · {counting}", window(input))
}

/// The window of the tuples kept: `2024-08-19 17:59 to 2024-08-20 17:58 UTC`, one date where both are on one day.
pub fn window(input: &ReportInput) -> String {
    match (&input.summary.window.first_time, &input.summary.window.last_time) {
        (Some(first), Some(last)) => {
            let (first, last) = (words::minute_of_rfc3339(first), words::minute_of_rfc3339(last));
            let same_day = first.get(..10) == last.get(..10);
            let last = if same_day { last.get(11..).unwrap_or(&last).to_owned() } else { last };
            format!("{first} to {last} UTC")
        }
        _ => "no tuple in the window".into(),
    }
}

/// A chart with nothing in it: what was to be shown, and why there is nothing.
fn nothing(input: &ReportInput, topic: &str) -> Chart {
    let tuples = &input.summary.tuples;
    let why = if input.summary.input.blobs == 0 {
        "no blob was read".to_owned()
    } else if tuples.read == 0 {
        format!("no tuple in {}", words::counted(input.summary.input.blobs, "blob"))
    } else if tuples.kept == 0 {
        format!(
            "of {} read, {} rejected, {} outside the window, {} duplicate",
            words::counted(tuples.read, "tuple"),
            words::count(tuples.rejected),
            words::count(tuples.outside_window),
            words::count(tuples.duplicate)
        )
    } else {
        format!("this table is empty, though {} were kept", words::counted(tuples.kept, "tuple"))
    };
    Chart { title: format!("{topic}: no data"), subtitle: window(input), notes: vec![], picture: Picture::Nothing(why) }
}

/// A chart for whose picture something was not given or does not exist, though tuples were kept: `why`, and what to give.
fn absent(input: &ReportInput, topic: &str, why: &str) -> Chart {
    if input.summary.tuples.kept == 0 {
        return nothing(input, topic);
    }
    let title = format!("{topic}: no data");
    Chart { title, subtitle: window(input), notes: vec![], picture: Picture::Nothing(why.to_owned()) }
}

/// `missing` where no file of `kind` was given, else `given`.
fn reason<'a>(input: &ReportInput, kind: InputKind, missing: &'a str, given: &'a str) -> &'a str {
    let is_given = match kind {
        InputKind::Topology => input.has_topology,
        _ => input.summary.enrichment.iter().any(|file| file.kind == kind),
    };
    if is_given { given } else { missing }
}

/// What to say where only a topology could tell.
const NO_TOPOLOGY: &str = "no topology was given: --topology PATH";
/// Said where both ends of a flow have their bar.
const BOTH_ENDS: &str = "Traffic counts at both its ends, so the bars add up to twice the total.";

/// A name short enough for a title; `nameless` where it is empty.
fn name(text: &str, nameless: &str) -> String {
    if text.is_empty() { nameless.to_owned() } else { words::shorten(text, NAME_CHARS_MAX) }
}

/// A subnet as charts name it.
fn subnet_name(text: &str) -> String {
    name(text, "(no known subnet)")
}

/// What to say of subnets that no topology named.
fn subnet_notes(input: &ReportInput) -> Option<String> {
    (!input.has_topology).then(|| "No topology was given: subnets are inferred from the addresses that NICs own.".to_owned())
}
