//! Finds records in whatever they are wrapped in, in windows of bytes that may end anywhere.
//!
//! Accepted: `{"records":[…]}` (also nested), a bare array, a single record, one record a line, fragments that begin
//! with a comma or lack the closing brackets, a byte order mark. A record that cannot be walked is one reject; the search
//! goes on behind it.

use std::ops::Range;

use super::batch::{self, Source};
use super::json::{Stop, expect, peek, skip_space, skip_value, string};
use super::record::{Outline, Walked};
use super::{Sink, text};
use crate::schema::reject::REJECT_TEXT_BYTES_MAX;
use crate::schema::{Dictionary, FlowBatch, Reason, Reject};

/// Largest record. Unit: bytes; Azure splits records at 32 KiB, so this leaves room for collectors that join them,
/// and bounds the memory of a crafted file.
pub const RECORD_BYTES_MAX: usize = 64 << 20;

/// Most brackets that may wrap records. Unit: levels.
const WRAPPERS_MAX: usize = 64;

/// Most objects without flows that are held back until a flow record shows that the file is a flow log.
/// Unit: objects; a file that begins with more of them is no flow log.
const FOREIGN_MAX: usize = 65_536;

/// What some tools write before the text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How a blob ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobEnd {
    /// Everything in it was read.
    Whole,
    /// It ends inside a record or before its `records` close; whole records were kept.
    CutOff,
    /// It is no flow log; nothing of it counts.
    NotFlowLog,
}

/// What the next value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapper {
    Array,
    /// An object with a key `records`.
    Object,
}

/// What would be a reject if the file turned out to be a flow log.
#[derive(Clone, Debug)]
struct Foreign {
    index: u64,
    byte_offset: u64,
    reason: Reason,
    text: String,
}

/// Decodes blobs of one unit of work, window by window. The dictionary lives as long as the decoder.
#[derive(Default)]
pub struct Decoder {
    /// The names that batches refer to.
    pub dictionary: Dictionary,
    batch: FlowBatch,
    outline: Outline,
    state: BlobState,
}

/// What is known of the blob so far.
#[derive(Default)]
struct BlobState {
    /// Bytes of the blob before the window.
    offset: u64,
    /// Objects met, wrappers apart.
    records: u64,
    wrappers: Vec<Wrapper>,
    /// Skipping the rest of an object that could not be walked.
    skipping: Option<Skipper>,
    foreign: Vec<Foreign>,
    is_flow_log: bool,
    /// A key `records` was seen.
    has_records: bool,
    is_foreign: bool,
    is_cut: bool,
    /// The last value was a run of bytes that are none.
    is_garbled: bool,
    /// Inside such a run.
    is_in_garbage: bool,
    /// The window is the blob's last one.
    is_last: bool,
}

impl BlobState {
    /// Whether the blob, now that all of it was seen, is a flow log. Event hubs wrap other logs in `records` too, but an
    /// empty list is a flow log that has just begun.
    fn is_flow_log_at_end(&self) -> bool {
        let holds_others = self.foreign.iter().any(|foreign| foreign.reason == Reason::NoFlows);
        !self.is_foreign && (self.is_flow_log || self.is_cut || (self.has_records && !holds_others))
    }
}

impl Decoder {
    /// Decodes the whole records in `window`, which continues the blob where the last call stopped.
    ///
    /// Returns how many bytes are done with; the next window must begin behind them. While more bytes are to come, a
    /// window that returns 0 must be made longer, up to [`RECORD_BYTES_MAX`] and a bit. The `last` window is consumed whole.
    pub fn decode(&mut self, window: &[u8], last: bool, sink: &mut Sink<'_>) -> usize {
        let mut pos = 0;
        self.state.is_last = last;
        if self.state.offset == 0 && !window.is_empty() {
            if window.starts_with(BYTE_ORDER_MARK) {
                pos = BYTE_ORDER_MARK.len();
            } else if !last && BYTE_ORDER_MARK.starts_with(window) {
                return 0;
            }
        }
        while pos < window.len() && !self.state.is_foreign {
            let step = match &mut self.state.skipping {
                Some(skipper) => match skipper.skip(&window[pos..]) {
                    Some(length) => {
                        self.state.skipping = None;
                        Ok(pos + length)
                    }
                    None => Ok(window.len()),
                },
                None => self.step(window, pos, sink),
            };
            match step {
                Ok(next) => pos = next,
                Err(Stop::More) if last => {
                    self.cut(&window[pos..]);
                    pos = window.len();
                }
                Err(_) => break,
            }
        }
        if self.state.is_foreign {
            pos = window.len();
        }
        if last && self.state.is_flow_log_at_end() {
            self.confirm(sink);
        }
        self.state.offset += pos as u64;
        pos
    }

    /// Says how the blob ended, and makes ready for the next one of the unit.
    pub fn end_blob(&mut self) -> BlobEnd {
        let state = std::mem::take(&mut self.state);
        if !state.is_flow_log_at_end() {
            return BlobEnd::NotFlowLog;
        }
        let unfinished = state.is_cut || state.skipping.is_some() || !state.wrappers.is_empty();
        if unfinished { BlobEnd::CutOff } else { BlobEnd::Whole }
    }

    /// Starts over for another unit of work: an empty dictionary.
    pub fn reset(&mut self) {
        self.dictionary = Dictionary::default();
        self.state = BlobState::default();
    }

    /// Takes the next value or bracket; returns the position behind it.
    fn step(&mut self, window: &[u8], pos: usize, sink: &mut Sink<'_>) -> Result<usize, Stop> {
        if self.state.is_in_garbage {
            return Ok(self.skip_garbage(window, pos));
        }
        let pos = skip_space(window, pos);
        let Some(&byte) = window.get(pos) else { return Ok(pos) };
        let wrapper = self.state.wrappers.last().copied();
        let next = match (byte, wrapper) {
            (b',', _) => pos + 1,
            (b'{', _) => self.object(window, pos, sink)?,
            (b'[', _) if self.state.wrappers.len() < WRAPPERS_MAX => {
                self.state.wrappers.push(Wrapper::Array);
                pos + 1
            }
            (b']', Some(Wrapper::Array)) | (b'}', Some(Wrapper::Object)) => {
                self.state.wrappers.pop();
                pos + 1
            }
            // The closers of a fragment whose opener was cut away.
            (b']' | b'}', None) if self.state.is_flow_log => pos + 1,
            (b'"', Some(Wrapper::Object)) => self.wrapper_key(window, pos)?,
            _ => return self.garbage(window, pos, sink),
        };
        self.state.is_garbled = false;
        Ok(next)
    }

    /// A key of a wrapping object; only `records` matters.
    fn wrapper_key(&mut self, window: &[u8], pos: usize) -> Result<usize, Stop> {
        let key = string(window, pos)?;
        let value = expect(window, key.end + 1, b':').or_else(|stop| match stop {
            Stop::Malformed => Ok(key.end + 1),
            other => Err(other),
        })?;
        let is_records = window[key.start..key.end].eq_ignore_ascii_case(b"records");
        if is_records && matches!(peek(window, value)?.0, b'[' | b'{') {
            return Ok(value);
        }
        skip_value(window, value).or_else(|stop| match stop {
            Stop::More if window.len() - pos < RECORD_BYTES_MAX => Err(Stop::More),
            _ => Ok(value),
        })
    }

    /// The object whose `{` is at `pos`: a wrapper, a record, or something else.
    fn object(&mut self, window: &[u8], pos: usize, sink: &mut Sink<'_>) -> Result<usize, Stop> {
        let reason = match self.outline.walk(window, pos) {
            Ok(Walked::Object(end)) if end - pos <= RECORD_BYTES_MAX => {
                self.record(window, pos..end, sink);
                return Ok(end);
            }
            Ok(Walked::Wrapper(value)) if self.state.wrappers.len() < WRAPPERS_MAX => {
                self.state.wrappers.push(Wrapper::Object);
                self.state.has_records = true;
                return Ok(value);
            }
            Err(Stop::More) if window.len() - pos <= RECORD_BYTES_MAX => return Err(Stop::More),
            Ok(Walked::Object(_)) | Err(Stop::More) => Reason::RecordTooLarge,
            Ok(Walked::Wrapper(_)) | Err(Stop::TooDeep) => Reason::NestedTooDeep,
            Err(Stop::Malformed) => Reason::MalformedJson,
        };
        self.needs_excerpt(window, pos)?;
        self.state.skipping = Some(Skipper::default());
        self.refuse(&window[pos..], pos, reason, sink);
        Ok(pos)
    }

    /// A whole object that is no wrapper.
    fn record(&mut self, window: &[u8], place: Range<usize>, sink: &mut Sink<'_>) {
        let containers = self.outline.containers;
        if !containers.nsg && !containers.vnet {
            return self.foreign(window, place, sink);
        }
        self.confirm(sink);
        let source = Source { bytes: window, window_offset: self.state.offset, start: place.start, index: self.state.records };
        self.state.records += 1;
        batch::decode(&source, &self.outline, &mut self.batch, &mut self.dictionary);
        sink(&self.batch, &self.dictionary);
    }

    /// An object without flows: a reject in a flow log, nothing in any other file.
    fn foreign(&mut self, window: &[u8], place: Range<usize>, sink: &mut Sink<'_>) {
        let claims_flows = self.outline.category.is_some_and(|category| {
            let category = &window[category.start..category.end];
            category.eq_ignore_ascii_case(b"NetworkSecurityGroupFlowEvent") || category.eq_ignore_ascii_case(b"FlowLogFlowEvent")
        });
        if claims_flows {
            self.confirm(sink);
        }
        let pos = place.start;
        self.refuse(&window[place], pos, Reason::NoFlows, sink);
    }

    /// The blob is a flow log: what was held back are rejects.
    fn confirm(&mut self, sink: &mut Sink<'_>) {
        self.state.is_flow_log = true;
        for foreign in std::mem::take(&mut self.state.foreign) {
            self.emit(foreign, sink);
        }
    }

    /// Bytes that are no value: one reject per run of them, or the sign that this is no JSON at all.
    fn garbage(&mut self, window: &[u8], pos: usize, sink: &mut Sink<'_>) -> Result<usize, Stop> {
        if !self.state.has_records && !self.state.is_flow_log {
            self.state.is_foreign = true;
            return Ok(pos);
        }
        if !self.state.is_garbled {
            self.needs_excerpt(window, pos)?;
            self.state.is_garbled = true;
            self.refuse(&window[pos..], pos, Reason::MalformedJson, sink);
        }
        self.state.is_in_garbage = true;
        Ok(pos + 1)
    }

    /// Goes to the next byte that a value may begin at.
    fn skip_garbage(&mut self, window: &[u8], pos: usize) -> usize {
        let run = window[pos..].iter().position(|byte| matches!(byte, b'{' | b'[' | b']' | b'}' | b',' | b'\n'));
        self.state.is_in_garbage = run.is_none();
        run.map_or(window.len(), |run| pos + run)
    }

    /// Asks for more bytes where the text of a reject would end with the window, so that it does not depend on it.
    fn needs_excerpt(&self, window: &[u8], pos: usize) -> Result<(), Stop> {
        let is_enough = self.state.is_last || window.len() - pos >= REJECT_TEXT_BYTES_MAX;
        if is_enough { Ok(()) } else { Err(Stop::More) }
    }

    /// Refuses `bytes`, which stand at `pos`, now or once the blob is known to be a flow log.
    fn refuse(&mut self, bytes: &[u8], pos: usize, reason: Reason, sink: &mut Sink<'_>) {
        let (index, byte_offset) = (self.state.records, self.state.offset + pos as u64);
        self.state.records += 1;
        let foreign = Foreign { index, byte_offset, reason, text: text::excerpt(bytes) };
        if self.state.is_flow_log {
            return self.emit(foreign, sink);
        }
        self.state.foreign.push(foreign);
        self.state.is_foreign = self.state.foreign.len() > FOREIGN_MAX;
    }

    fn emit(&mut self, foreign: Foreign, sink: &mut Sink<'_>) {
        let Foreign { index: record, byte_offset, reason, text } = foreign;
        let reject = Reject { record, flow: None, group: None, tuple: None, byte_offset, reason, text };
        batch::refuse_record(&mut self.batch, reject);
        sink(&self.batch, &self.dictionary);
    }

    /// The blob ends inside the value that `rest` begins with.
    fn cut(&mut self, rest: &[u8]) {
        let start = skip_space(rest, 0);
        let names_records = rest.get(start) == Some(&b'{')
            && string(rest, start + 1).is_ok_and(|key| rest[key.start..key.end].eq_ignore_ascii_case(b"records"));
        let holds_tuples = memchr::memmem::find(rest, b"\"flowTuples\"").is_some();
        self.state.is_cut |= self.state.is_flow_log || self.state.has_records || names_records || holds_tuples;
    }
}

/// Skips the rest of an object without holding it: counts brackets outside strings.
#[derive(Clone, Copy, Debug, Default)]
struct Skipper {
    depth: u64,
    in_string: bool,
    escaped: bool,
}

impl Skipper {
    /// Returns the length up to the object's end, or `None` when it goes on behind `bytes`.
    fn skip(&mut self, bytes: &[u8]) -> Option<usize> {
        for (index, byte) in bytes.iter().enumerate() {
            if self.escaped {
                self.escaped = false;
                continue;
            }
            match byte {
                b'\\' => self.escaped = self.in_string,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.depth += 1,
                b'}' | b']' if !self.in_string => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(index + 1);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
