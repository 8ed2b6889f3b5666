//! Reads the head of a walked record and decodes its tuples into a batch.

use xxhash_rust::xxh3::Xxh3;

use super::json::{Text, skip_space, skip_value, string_end};
use super::record::{Outline, TupleArray};
use super::swar::Last;
use super::{swar, text, tuple};
use crate::schema::moment::moment;
use crate::schema::{Dictionary, FlowBatch, FlowGroup, FlowTuple, Format, Reason, Record, Reject};

/// A walked record and where it stands.
pub struct Source<'a> {
    /// The bytes that the outline's positions index.
    pub bytes: &'a [u8],
    /// Where `bytes` begins in its blob.
    pub window_offset: u64,
    /// Where the record's `{` is in `bytes`.
    pub start: usize,
    /// Which record of its blob it is.
    pub index: u64,
}

/// Decodes the record into `batch`, replacing what it held.
pub fn decode(source: &Source<'_>, outline: &Outline, batch: &mut FlowBatch, dictionary: &mut Dictionary) {
    clear(batch);
    batch.record.index = source.index;
    batch.record.byte_offset = source.window_offset + source.start as u64;
    let format = format(source.bytes, outline);
    batch.record.format = format.ok();
    match (read_head(source.bytes, outline, batch, dictionary), format) {
        (Some(()), Ok(format)) => {
            let mut last = Last::default();
            for (group, array) in outline.arrays.iter().enumerate() {
                decode_array(source, array, (format, &mut last), batch, dictionary);
                let end = batch.tuples.len();
                let start = group.checked_sub(1).map_or(0, |before| batch.groups[before].tuples.end);
                batch.groups[group].tuples = start..end;
            }
        }
        (Some(()), Err(reason)) => refuse_all(source, outline, reason, batch),
        (None, _) => refuse_all(source, outline, Reason::Names, batch),
    }
}

/// Makes `batch` the one reject of a record that could not be walked.
pub fn refuse_record(batch: &mut FlowBatch, reject: Reject) {
    clear(batch);
    batch.record.index = reject.record;
    batch.record.byte_offset = reject.byte_offset;
    batch.refuse(reject);
}

fn clear(batch: &mut FlowBatch) {
    batch.record = Record::default();
    batch.groups.clear();
    batch.tuples.clear();
    batch.rejects.clear();
    batch.rejected = [0; Reason::COUNT];
    batch.is_unwalked = false;
}

/// The format that version and containers agree on.
fn format(bytes: &[u8], outline: &Outline) -> Result<Format, Reason> {
    let text = |version: Option<Text>| version.map(|text| &bytes[text.start..text.end]);
    let (nsg, vnet) = (text(outline.nsg_version), text(outline.vnet_version));
    match (outline.containers.nsg, outline.containers.vnet) {
        (true, true) => Err(Reason::Hybrid),
        (true, false) => match nsg {
            Some(b"1" | b"1.0") => Ok(Format::NsgV1),
            Some(b"2" | b"2.0") => Ok(Format::NsgV2),
            Some(_) => Err(Reason::VersionUnknown),
            None if vnet.is_some() => Err(Reason::Hybrid),
            None => Err(Reason::VersionMissing),
        },
        (false, _) => match vnet {
            Some(b"4" | b"4.0") => Ok(Format::VnetV4),
            Some(_) => Err(Reason::VersionUnknown),
            None if nsg.is_some() => Err(Reason::Hybrid),
            None => Err(Reason::VersionMissing),
        },
    }
}

/// Reads names into the batch's record and groups; `None` when the unit's dictionary refuses one.
fn read_head(bytes: &[u8], outline: &Outline, batch: &mut FlowBatch, dictionary: &mut Dictionary) -> Option<()> {
    let names = &mut dictionary.names;
    let raw = |text: Option<Text>| text.map_or(&[][..], |text| &bytes[text.start..text.end]);
    let resource = text::unescape(raw(outline.flow_log_resource.or(outline.resource))).to_ascii_uppercase();
    let mac = text::mac(&text::unescape(raw(outline.mac)));
    batch.record.log_resource = names.intern(&resource)?;
    batch.record.target_resource = names.intern(&text::unescape(raw(outline.target_resource)))?;
    batch.record.mac = names.intern(&mac)?;
    batch.record.time = moment(&text::unescape(raw(outline.time)));
    let mut content = Content::default();
    content.text(resource.as_bytes());
    content.text(mac.as_bytes());
    content.text(raw(outline.time));
    // Nearly every group is of the MAC before it.
    let mut last_mac = (raw(outline.mac), batch.record.mac);
    for array in &outline.arrays {
        let is_vnet = outline.containers.vnet;
        if array.mac.is_some() && raw(array.mac) != last_mac.0 {
            last_mac = (raw(array.mac), names.intern(&text::mac(&text::unescape(raw(array.mac))))?);
        }
        batch.groups.push(FlowGroup {
            acl: if is_vnet { names.intern(&text::unescape(raw(array.acl)))? } else { batch.record.log_resource },
            rule: names.intern(&text::unescape(raw(array.rule)))?,
            mac: if array.mac.is_some() { last_mac.1 } else { batch.record.mac },
            tuples: 0..0,
        });
        content.text(raw(array.acl));
        content.text(raw(array.rule));
        content.text(raw(array.mac));
        content.tuples(&bytes[array.start..array.end]);
    }
    batch.record.content = content.hash.digest128();
    Some(())
}

/// The hash that tells a record that repeats.
#[derive(Default)]
struct Content {
    hash: Xxh3,
    compact: Vec<u8>,
}

impl Content {
    /// Adds a text, its length first, so that no two sequences of texts run together.
    fn text(&mut self, text: &[u8]) {
        self.hash.update(&(text.len() as u64).to_le_bytes());
        self.hash.update(text);
    }

    /// Adds the tuples of an array; white space between them, which collectors add, is not content.
    fn tuples(&mut self, array: &[u8]) {
        if memchr::memchr3(b' ', b'\n', b'\t', array).is_none() {
            return self.text(array);
        }
        let mut compact = std::mem::take(&mut self.compact);
        compact.clear();
        let mut in_string = false;
        let mut escaped = false;
        for &byte in array {
            if in_string || !byte.is_ascii_whitespace() {
                compact.push(byte);
            }
            in_string ^= byte == b'"' && !escaped;
            escaped = in_string && byte == b'\\' && !escaped;
        }
        self.text(&compact);
        self.compact = compact;
    }
}

/// One element of a `flowTuples` array: a string's content, or whatever else stands there.
struct Element {
    start: usize,
    end: usize,
    is_string: bool,
}

/// Calls `each` with the elements of an array; it returns where the search for the next one goes on.
fn for_elements(bytes: &[u8], array: &TupleArray, mut each: impl FnMut(Place) -> usize) {
    let mut tuple = 0;
    let mut pos = array.start;
    loop {
        pos = skip_space(bytes, pos);
        if pos >= array.end {
            return;
        }
        if bytes[pos] == b',' {
            pos += 1;
            continue;
        }
        pos = each(Place { tuple, pos });
        tuple += 1;
    }
}

/// Where an element begins, and which one it is.
#[derive(Clone, Copy)]
struct Place {
    tuple: u32,
    pos: usize,
}

/// The element that begins at `pos`, which ends at `array_end` at the latest.
fn element(bytes: &[u8], pos: usize, array_end: usize) -> Element {
    let within = &bytes[..array_end];
    if bytes[pos] == b'"' {
        let end = string_end(within, pos + 1).unwrap_or(array_end);
        return Element { start: pos + 1, end, is_string: true };
    }
    let end = skip_value(&bytes[..=array_end], pos).unwrap_or(array_end).max(pos + 1);
    Element { start: pos, end, is_string: false }
}

impl Element {
    /// Where the search for the next element goes on.
    fn next(&self) -> usize {
        self.end + usize::from(self.is_string)
    }
}

fn decode_array(
    source: &Source<'_>,
    array: &TupleArray,
    (format, last): (Format, &mut Last),
    batch: &mut FlowBatch,
    dictionary: &mut Dictionary,
) {
    let bytes = source.bytes;
    for_elements(bytes, array, |place| {
        if bytes[place.pos] == b'"' {
            let count = batch.tuples.len();
            match swar::decode(bytes, place.pos + 1, format, &mut batch.tuples, last) {
                Some(end) if end < array.end => return end + 1,
                _ => batch.tuples.truncate(count),
            }
        }
        let element = element(bytes, place.pos, array.end);
        match plain(bytes, &element, format, dictionary) {
            Ok(tuple) => batch.tuples.push(tuple),
            Err(reason) => refuse(source, array, place, &element, reason, batch),
        }
        element.next()
    });
}

fn plain(bytes: &[u8], element: &Element, format: Format, dictionary: &mut Dictionary) -> Result<FlowTuple, Reason> {
    if !element.is_string {
        return Err(Reason::NotATuple);
    }
    let content = &bytes[element.start..element.end];
    if content.contains(&b'\\') {
        return tuple::decode(text::unescape(content).as_bytes(), format, &mut dictionary.encryptions);
    }
    tuple::decode(content, format, &mut dictionary.encryptions)
}

/// Refuses every tuple of the record; there are then no groups.
fn refuse_all(source: &Source<'_>, outline: &Outline, reason: Reason, batch: &mut FlowBatch) {
    batch.groups.clear();
    for array in &outline.arrays {
        for_elements(source.bytes, array, |place| {
            let element = element(source.bytes, place.pos, array.end);
            refuse(source, array, place, &element, reason, batch);
            element.next()
        });
    }
}

fn refuse(source: &Source<'_>, array: &TupleArray, place: Place, element: &Element, reason: Reason, batch: &mut FlowBatch) {
    batch.refuse(Reject {
        record: source.index,
        flow: Some(array.flow),
        group: array.group,
        tuple: Some(place.tuple),
        byte_offset: source.window_offset + place.pos as u64,
        reason,
        text: text::excerpt(&source.bytes[element.start..element.end]),
    });
}
