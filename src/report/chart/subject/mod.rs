//! What each chart shows: the rows of one table, chosen, summed and concluded from.
//!
//! One file per chart; here stands what they say alike: the window, the way of counting, what was not measured.

pub mod addresses;
pub mod coverage;
pub mod interfaces;
pub mod matrix;
pub mod over_time;
pub mod ports;
pub mod rules;
pub mod subnets;

use super::canvas::{BLUE, Ink, SKY, VERMILLION};
use super::kind::bars::{BARS_MAX, Bar, Bars};
use super::scale::Unit;
use super::{Chart, Picture};
use crate::report::{ReportInput, words};
use crate::schema::summary::TrafficTotals;
use crate::schema::tables::{Counting, Measures};

/// Longest name in a title. Unit: characters; an IPv6 address fits.
const NAME_CHARS_MAX: usize = 40;

/// The parts of a bar of bytes.
const BYTE_PARTS: [(&str, Ink); 2] = [("bytes received", BLUE), ("bytes sent", SKY)];
/// The parts of a bar of flows.
const FLOW_PARTS: [(&str, Ink); 2] = [("flows allowed", BLUE), ("flows denied", VERMILLION)];

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
        let unit = if total_bytes(&totals) > 0 { Unit::Bytes } else { Unit::Flows };
        Self { input, counting, totals, unit }
    }

    /// All bytes, or all flows.
    fn total(&self) -> u64 {
        match self.unit {
            Unit::Bytes => total_bytes(&self.totals),
            Unit::Flows => total_flows(&self.totals),
        }
    }

    /// `what`, the window, and how it is counted.
    fn subtitle(&self, what: &str) -> String {
        let counting = match self.counting {
            Counting::Observed => "observed: as each capture point logged it",
            Counting::Deduplicated => "deduplicated: traffic seen at several capture points counts once",
        };
        format!("{what} · {} · {counting}", window(self.input))
    }

    /// What the bytes lack.
    fn notes(&self) -> Vec<String> {
        let unmeasured = self.totals.tuples_unmeasured;
        let mut notes = Vec::new();
        if self.unit == Unit::Flows && total_flows(&self.totals) > 0 {
            notes.push("No bytes were measured in this window, so flows are drawn.".to_owned());
        }
        if unmeasured > 0 {
            let carry = if unmeasured == 1 { "tuple carries" } else { "tuples carry" };
            notes.push(format!("{} {carry} no counters: their bytes are unknown, not zero.", words::count(unmeasured)));
        }
        notes
    }

    /// A bar of the chosen unit.
    fn bar(&self, label: String, measures: &Measures) -> Bar {
        let denied = measures.flows_denied();
        let values = match self.unit {
            Unit::Bytes => vec![measures.bytes_received, measures.bytes_sent],
            Unit::Flows => vec![measures.flows() - denied, denied],
        };
        let note = self.unit.label(values.iter().sum());
        Bar { label, values, note }
    }

    fn parts(&self) -> Vec<(&'static str, Ink)> {
        match self.unit {
            Unit::Bytes => BYTE_PARTS.to_vec(),
            Unit::Flows => FLOW_PARTS.to_vec(),
        }
    }

    /// The first rows as bars, the others as one; `rows` are sorted and `noun` names them.
    fn bars<'r>(&self, rows: impl Iterator<Item = (String, &'r Measures)>, noun: &str) -> Bars {
        let mut bars = Vec::new();
        let mut rest = Measures::default();
        let mut left_out = 0;
        for (label, measures) in rows {
            if bars.len() < BARS_MAX {
                bars.push(self.bar(label, measures));
            } else {
                rest.add(measures);
                left_out += 1;
            }
        }
        let other = (left_out > 0).then(|| self.bar(format!("other ({})", words::counted(left_out, noun)), &rest));
        Bars { unit: self.unit, parts: self.parts(), bars, other }
    }
}

fn total_bytes(totals: &TrafficTotals) -> u64 {
    totals.bytes_src_to_dst + totals.bytes_dst_to_src
}

fn total_flows(totals: &TrafficTotals) -> u64 {
    totals.flows_inbound_allowed + totals.flows_inbound_denied + totals.flows_outbound_allowed + totals.flows_outbound_denied
}

fn total_denied(totals: &TrafficTotals) -> u64 {
    totals.flows_inbound_denied + totals.flows_outbound_denied
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

/// A name short enough for a title; `nameless` where it is empty.
fn name(text: &str, nameless: &str) -> String {
    if text.is_empty() { nameless.to_owned() } else { words::shorten(text, NAME_CHARS_MAX) }
}

/// A subnet as charts name it. That inferred ones are inferred is said once per chart.
fn subnet_name(text: &str) -> String {
    name(text.strip_prefix("inferred ").unwrap_or(text), "(no known subnet)")
}

/// What to say of subnets that no topology named.
fn subnet_notes(input: &ReportInput) -> Option<String> {
    (!input.has_topology).then(|| "No topology was given: subnets are inferred from the addresses that NICs own.".to_owned())
}
