//! `flows`: the tuples themselves, typed and filtered, in the order of the logs.

use std::collections::HashSet;
use std::io::Write;
use std::net::IpAddr;

use anyhow::{Context, Result};

use crate::app::exit::{Exit, Outcome};
use crate::app::progress::Progress;
use crate::app::reading::{Ahead, Seen, Window};
use crate::decode::Decoder;
use crate::report::guarded;
use crate::schema::units::rfc3339;
use crate::schema::{Address, Counters, Dictionary, FlowBatch, FlowGroup, FlowTuple, Status};
use crate::source::{self, Blob, ListOptions, SourceError, Unit};

/// What `flows` was asked for.
#[derive(Clone, Debug)]
pub struct FlowsSettings {
    /// INPUT texts.
    pub inputs: Vec<String>,
    /// Only tuples with this address at either end.
    pub ip: Option<IpAddr>,
    /// Only tuples with this port at either end.
    pub port: Option<u16>,
    /// Only denied tuples.
    pub denied: bool,
    /// Only tuples of this rule: the whole name or a part of it, whatever the case.
    pub rule: Option<String>,
    /// How rows are written.
    pub format: FlowsFormat,
    /// First moment that counts, ms since the epoch.
    pub from: Option<i64>,
    /// First moment that no longer counts, ms since the epoch.
    pub to: Option<i64>,
    /// Whether any reject is a failure.
    pub strict: bool,
}

/// How `flows` writes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FlowsFormat {
    /// A header and one row per tuple.
    #[default]
    Csv,
    /// One JSON object per tuple.
    Ndjson,
}

/// The columns of a row, in order.
const COLUMNS: [&str; 18] = [
    "time",
    "src_ip",
    "src_port",
    "dst_ip",
    "dst_port",
    "protocol",
    "direction",
    "status",
    "state",
    "encryption",
    "packets_src_to_dst",
    "bytes_src_to_dst",
    "packets_dst_to_src",
    "bytes_dst_to_src",
    "rule",
    "acl",
    "mac",
    "blob",
];

/// Columns that hold numbers; the others hold texts.
const NUMBERS: [bool; 18] =
    [false, false, true, false, true, true, false, false, false, false, true, true, true, true, false, false, false, false];

/// Writes the tuples that match, blob by blob in the order of their names.
pub fn flows(settings: &FlowsSettings, out: &mut dyn Write, progress: &dyn Progress) -> Result<Outcome> {
    let listing = source::list(&settings.inputs, &ListOptions::default())?;
    let filter = Filter::new(settings);
    let mut printer = Printer::new(settings.format, out);
    printer.header().context("cannot write the flows")?;
    progress
        .start(listing.units.iter().map(|unit| unit.bytes).sum(), listing.units.iter().map(|unit| unit.blobs.len() as u64).sum());
    let mut totals = Totals::default();
    let mut reading = Reading { ahead: Ahead::of(&listing.units), window: Window::default(), decoder: Decoder::default() };
    for unit in &listing.units {
        print_unit(unit, &filter, &mut reading, &mut printer, &mut totals, progress)?;
        reading.decoder.reset();
        if let Some(error) = printer.error.take() {
            return Err(error).context("cannot write the flows");
        }
    }
    progress.finish();
    printer.out.flush().context("cannot write the flows")?;
    Ok(totals.outcome(settings.strict))
}

/// What was read, and what matched.
#[derive(Default)]
struct Totals {
    read: u64,
    in_window: u64,
    matched: u64,
    /// Tuples, and records that could not be walked.
    rejected: u64,
    blobs_failed: u64,
}

impl Totals {
    fn outcome(&self, strict: bool) -> Outcome {
        let mut exits = vec![Exit::Done];
        if self.blobs_failed > 0 || (strict && self.rejected > 0) {
            exits.push(Exit::Partial);
        }
        if self.in_window == 0 && self.rejected == 0 {
            exits.push(Exit::NoFlowLog);
        }
        let line = format!("{} of {} tuples match; {} rejected", self.matched, self.read, self.rejected);
        Outcome { exit: Exit::first(&exits), report: None, lines: vec![line], measures: None }
    }
}

/// What blobs are read with, one after the other.
struct Reading<'a> {
    ahead: Ahead<'a>,
    window: Window,
    decoder: Decoder,
}

fn print_unit(
    unit: &Unit,
    filter: &Filter,
    Reading { ahead, window, decoder }: &mut Reading<'_>,
    printer: &mut Printer<'_>,
    totals: &mut Totals,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let mut contents = HashSet::new();
    for opening in ahead.take(unit.blobs.len()) {
        let blob = opening.blob();
        let mut seen = Seen::default();
        let sink = &mut |batch: &FlowBatch, dictionary: &Dictionary| {
            if batch.record.content != 0 && !contents.insert(batch.record.content) {
                return;
            }
            seen.good += batch.tuples.len() as u64;
            seen.refused += batch.rejected.iter().sum::<u64>();
            totals.read += batch.tuples_read();
            totals.in_window += batch.tuples.iter().filter(|tuple| filter.holds(tuple)).count() as u64;
            totals.matched += print_record(batch, dictionary, blob, filter, printer);
        };
        let read = window.read_opening(opening, decoder, sink, &mut |bytes| progress.advance(bytes));
        totals.rejected += seen.refused;
        let Some(why) = read.problem(&seen) else { continue };
        if let Some(stop) = read.stop {
            return Err(stop);
        }
        totals.blobs_failed += 1;
        progress.warn(&format!("cannot read blob {} whole: {why}", blob.name));
    }
    Ok(())
}

/// Prints the record's tuples that match; returns how many did.
fn print_record(batch: &FlowBatch, dictionary: &Dictionary, blob: &Blob, filter: &Filter, printer: &mut Printer<'_>) -> u64 {
    let mut matched = 0;
    for group in &batch.groups {
        let rule = dictionary.names.get(group.rule);
        if !filter.takes_rule(rule) {
            continue;
        }
        for tuple in batch.tuples[group.tuples.clone()].iter().filter(|tuple| filter.takes(tuple)) {
            matched += 1;
            printer.row(&cells(tuple, group, dictionary, blob));
        }
    }
    matched
}

/// What `flows` was asked to leave out.
struct Filter {
    ip: Option<Address>,
    port: Option<u16>,
    denied: bool,
    rule: Option<String>,
    from: Option<i64>,
    to: Option<i64>,
}

impl Filter {
    fn new(settings: &FlowsSettings) -> Self {
        Self {
            ip: settings.ip.map(Address::from),
            port: settings.port,
            denied: settings.denied,
            rule: settings.rule.as_ref().map(|rule| rule.to_lowercase()),
            from: settings.from,
            to: settings.to,
        }
    }

    fn takes_rule(&self, rule: &str) -> bool {
        self.rule.as_ref().is_none_or(|part| rule.to_lowercase().contains(part))
    }

    fn takes(&self, tuple: &FlowTuple) -> bool {
        self.ip.is_none_or(|ip| tuple.src_ip == ip || tuple.dst_ip == ip)
            && self.port.is_none_or(|port| tuple.src_port == port || tuple.dst_port == port)
            && (!self.denied || tuple.status == Status::Denied)
            && self.holds(tuple)
    }

    /// Whether the tuple lies in the window.
    fn holds(&self, tuple: &FlowTuple) -> bool {
        self.from.is_none_or(|from| tuple.time >= from) && self.to.is_none_or(|to| tuple.time < to)
    }
}

fn cells(tuple: &FlowTuple, group: &FlowGroup, dictionary: &Dictionary, blob: &Blob) -> [String; 18] {
    let Counters { packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src, stated } = tuple.counters;
    let counter = |index: u8, value: u64| if stated >> index & 1 == 1 { value.to_string() } else { String::new() };
    let name = |id| dictionary.names.get(id).to_owned();
    [
        rfc3339(tuple.time),
        tuple.src_ip.to_string(),
        tuple.src_port.to_string(),
        tuple.dst_ip.to_string(),
        tuple.dst_port.to_string(),
        tuple.protocol.to_string(),
        tuple.direction.name().to_owned(),
        tuple.status.name().to_owned(),
        tuple.state.name().to_owned(),
        dictionary.encryptions.text(tuple.encryption).to_owned(),
        counter(0, packets_src_to_dst),
        counter(1, bytes_src_to_dst),
        counter(2, packets_dst_to_src),
        counter(3, bytes_dst_to_src),
        name(group.rule),
        name(group.acl),
        name(group.mac),
        blob.name.to_string(),
    ]
}

/// Writes rows; the first error stops all further ones.
struct Printer<'a> {
    format: FlowsFormat,
    out: csv::Writer<&'a mut dyn Write>,
    /// As `csv` says it: an `io::Error` made of it would no longer tell a pipe that was closed.
    error: Option<csv::Error>,
}

impl<'a> Printer<'a> {
    fn new(format: FlowsFormat, out: &'a mut dyn Write) -> Self {
        // NDJSON lines are written through the same buffer as fields that need no quotes.
        let quotes = match format {
            FlowsFormat::Csv => csv::QuoteStyle::Necessary,
            FlowsFormat::Ndjson => csv::QuoteStyle::Never,
        };
        Self { format, out: csv::WriterBuilder::new().quote_style(quotes).from_writer(out), error: None }
    }

    fn header(&mut self) -> Result<()> {
        if self.format == FlowsFormat::Csv {
            self.out.write_record(COLUMNS)?;
        }
        Ok(())
    }

    fn row(&mut self, cells: &[String; 18]) {
        if self.error.is_some() {
            return;
        }
        let written = match self.format {
            FlowsFormat::Csv => self.out.write_record(cells.iter().map(|cell| guarded(cell).into_owned())),
            FlowsFormat::Ndjson => self.out.write_record([json_row(cells)]),
        };
        self.error = written.err();
    }
}

/// One JSON object in the order of the columns; a counter that the log does not state is `null`.
fn json_row(cells: &[String; 18]) -> String {
    let mut row = String::from("{");
    for (index, (column, cell)) in COLUMNS.iter().zip(cells).enumerate() {
        if index > 0 {
            row.push(',');
        }
        row.push_str(&format!("\"{column}\":"));
        match (NUMBERS[index], cell.as_str()) {
            (true, "") => row.push_str("null"),
            (true, number) => row.push_str(number),
            (false, text) => row.push_str(&serde_json::Value::from(text).to_string()),
        }
    }
    row.push('}');
    row
}
