//! Walks one JSON object: finds its end, its head, and where its `flowTuples` arrays lie. Decodes nothing yet, because
//! keys may stand in any order and the version may follow the tuples.

use super::json::{Stop, Text, array_end, expect, peek, skip_value, string};

/// What an object turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Walked {
    /// A whole object; ends before this position.
    Object(usize),
    /// It has a key `records`; its value begins at this position.
    Wrapper(usize),
}

/// Which kind of log the object's containers belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Containers {
    /// `properties.flows`, as in NSG logs.
    pub nsg: bool,
    /// `flowRecords`, as in VNet logs.
    pub vnet: bool,
}

/// Where everything lies that a record is decoded from. Positions are indexes into the bytes walked.
#[derive(Debug, Default)]
pub struct Outline {
    /// `time`.
    pub time: Option<Text>,
    /// `macAddress`.
    pub mac: Option<Text>,
    /// `category`.
    pub category: Option<Text>,
    /// `resourceId`.
    pub resource: Option<Text>,
    /// `flowLogResourceID`.
    pub flow_log_resource: Option<Text>,
    /// `targetResourceID`.
    pub target_resource: Option<Text>,
    /// `properties.Version`, as written.
    pub nsg_version: Option<Text>,
    /// `flowLogVersion`, as written.
    pub vnet_version: Option<Text>,
    /// Containers of flows that were there, even if empty.
    pub containers: Containers,
    /// The `flowTuples` arrays in order.
    pub arrays: Vec<TupleArray>,
}

/// One `flowTuples` array.
#[derive(Clone, Copy, Debug, Default)]
pub struct TupleArray {
    /// First byte after `[`.
    pub start: usize,
    /// The `]`.
    pub end: usize,
    /// Index of the outer element.
    pub flow: u32,
    /// Index of the inner element; `None` where the array stands in the outer one.
    pub group: Option<u32>,
    /// `aclID` of the outer element.
    pub acl: Option<Text>,
    /// `rule` of the inner or outer element.
    pub rule: Option<Text>,
    /// `mac` of the inner or outer element.
    pub mac: Option<Text>,
}

impl Outline {
    /// Walks the object whose `{` is at `pos`, replacing what this outline held.
    pub fn walk(&mut self, bytes: &[u8], pos: usize) -> Result<Walked, Stop> {
        let mut arrays = std::mem::take(&mut self.arrays);
        arrays.clear();
        *self = Self { arrays, ..Self::default() };
        let mut pos = pos + 1;
        loop {
            let Some((key, value)) = next_key(bytes, pos, b'}')? else {
                return Ok(Walked::Object(expect(bytes, pos_of_close(bytes, pos), b'}')?));
            };
            let name = &bytes[key.start..key.end];
            if is(name, "records") && matches!(peek(bytes, value)?.0, b'[' | b'{') {
                return Ok(Walked::Wrapper(value));
            }
            pos = if is(name, "properties") {
                self.properties(bytes, value)?
            } else if is(name, "flowRecords") {
                self.containers.vnet = true;
                self.flow_records(bytes, value)?
            } else {
                self.head_field(bytes, name, value)?
            };
        }
    }

    fn head_field(&mut self, bytes: &[u8], name: &[u8], value: usize) -> Result<usize, Stop> {
        let slot = if is(name, "time") {
            &mut self.time
        } else if is(name, "macAddress") {
            &mut self.mac
        } else if is(name, "category") {
            &mut self.category
        } else if is(name, "resourceId") {
            &mut self.resource
        } else if is(name, "flowLogResourceID") {
            &mut self.flow_log_resource
        } else if is(name, "targetResourceID") {
            &mut self.target_resource
        } else if is(name, "flowLogVersion") {
            return scalar(bytes, value, &mut self.vnet_version);
        } else {
            return skip_value(bytes, value);
        };
        scalar(bytes, value, slot)
    }

    /// `properties` of an NSG record: the version and the flows.
    fn properties(&mut self, bytes: &[u8], value: usize) -> Result<usize, Stop> {
        if peek(bytes, value)?.0 != b'{' {
            return skip_value(bytes, value);
        }
        let mut pos = peek(bytes, value)?.1 + 1;
        while let Some((key, value)) = next_key(bytes, pos, b'}')? {
            let name = &bytes[key.start..key.end];
            pos = if is(name, "Version") {
                scalar(bytes, value, &mut self.nsg_version)?
            } else if is(name, "flows") {
                self.containers.nsg = true;
                self.outer_flows(bytes, value)?
            } else {
                skip_value(bytes, value)?
            };
        }
        expect(bytes, pos_of_close(bytes, pos), b'}')
    }

    /// `flowRecords` of a VNet record.
    fn flow_records(&mut self, bytes: &[u8], value: usize) -> Result<usize, Stop> {
        if peek(bytes, value)?.0 != b'{' {
            return skip_value(bytes, value);
        }
        let mut pos = peek(bytes, value)?.1 + 1;
        while let Some((key, value)) = next_key(bytes, pos, b'}')? {
            pos =
                if is(&bytes[key.start..key.end], "flows") { self.outer_flows(bytes, value)? } else { skip_value(bytes, value)? };
        }
        expect(bytes, pos_of_close(bytes, pos), b'}')
    }

    /// The outer list: one element per rule (NSG) or ACL (VNet).
    fn outer_flows(&mut self, bytes: &[u8], value: usize) -> Result<usize, Stop> {
        let mut flow = 0;
        each_element(bytes, value, |pos| {
            let first = self.arrays.len();
            let mut names = TupleArray { flow, ..TupleArray::default() };
            let end = self.element(bytes, pos, &mut names)?;
            for array in &mut self.arrays[first..] {
                array.acl = array.acl.or(names.acl);
                array.rule = array.rule.or(names.rule);
                array.mac = array.mac.or(names.mac);
            }
            flow += 1;
            Ok(end)
        })
    }

    /// The inner list: one element per MAC (NSG) or rule (VNet).
    fn inner_flows(&mut self, bytes: &[u8], value: usize, flow: u32) -> Result<usize, Stop> {
        let mut group = 0;
        each_element(bytes, value, |pos| {
            let first = self.arrays.len();
            let mut names = TupleArray { flow, group: Some(group), ..TupleArray::default() };
            let end = self.element(bytes, pos, &mut names)?;
            for array in &mut self.arrays[first..] {
                *array = TupleArray { start: array.start, end: array.end, ..names };
            }
            group += 1;
            Ok(end)
        })
    }

    /// One element of the outer or inner list, whose `{` is at `pos`; its names go to `names`.
    fn element(&mut self, bytes: &[u8], pos: usize, names: &mut TupleArray) -> Result<usize, Stop> {
        let mut pos = pos + 1;
        while let Some((key, value)) = next_key(bytes, pos, b'}')? {
            let name = &bytes[key.start..key.end];
            pos = if is(name, "flowTuples") {
                self.tuple_array(bytes, value, names)?
            } else if is(name, "rule") {
                scalar(bytes, value, &mut names.rule)?
            } else if is(name, "mac") {
                scalar(bytes, value, &mut names.mac)?
            } else if is(name, "aclID") {
                scalar(bytes, value, &mut names.acl)?
            } else if (is(name, "flows") || is(name, "flowGroups")) && names.group.is_none() {
                self.inner_flows(bytes, value, names.flow)?
            } else {
                skip_value(bytes, value)?
            };
        }
        expect(bytes, pos_of_close(bytes, pos), b'}')
    }

    fn tuple_array(&mut self, bytes: &[u8], value: usize, names: &TupleArray) -> Result<usize, Stop> {
        let (first, pos) = peek(bytes, value)?;
        if first != b'[' {
            return skip_value(bytes, value);
        }
        let end = array_end(bytes, pos + 1)?;
        self.arrays.push(TupleArray { start: pos + 1, end, ..*names });
        Ok(end + 1)
    }
}

/// Whether a key is `name`; collectors change the case of keys.
fn is(key: &[u8], name: &str) -> bool {
    key.eq_ignore_ascii_case(name.as_bytes())
}

/// Returns the next key of an object and where its value begins; `None` at `close`, which is not stepped over.
pub fn next_key(bytes: &[u8], pos: usize, close: u8) -> Result<Option<(Text, usize)>, Stop> {
    let (mut byte, mut pos) = peek(bytes, pos)?;
    if byte == b',' {
        (byte, pos) = peek(bytes, pos + 1)?;
    }
    if byte == close {
        return Ok(None);
    }
    let key = string(bytes, pos)?;
    Ok(Some((key, expect(bytes, key.end + 1, b':')?)))
}

/// Where the closing bracket that [`next_key`] saw is: behind a comma that some collectors leave.
fn pos_of_close(bytes: &[u8], pos: usize) -> usize {
    match peek(bytes, pos) {
        Ok((b',', pos)) => pos + 1,
        _ => pos,
    }
}

/// Calls `element` with the position of each object in the array at `value`; anything else in it is skipped.
fn each_element(bytes: &[u8], value: usize, mut element: impl FnMut(usize) -> Result<usize, Stop>) -> Result<usize, Stop> {
    let (first, pos) = peek(bytes, value)?;
    if first != b'[' {
        return skip_value(bytes, value);
    }
    let mut pos = pos + 1;
    loop {
        let (byte, at) = peek(bytes, pos)?;
        pos = match byte {
            b']' => return Ok(at + 1),
            b',' => at + 1,
            b'{' => element(at)?,
            _ => skip_value(bytes, at)?,
        };
    }
}

/// Notes the text of a string, number or word in `slot`; other values are skipped.
fn scalar(bytes: &[u8], value: usize, slot: &mut Option<Text>) -> Result<usize, Stop> {
    let (first, pos) = peek(bytes, value)?;
    let end = skip_value(bytes, pos)?;
    match first {
        b'"' => *slot = Some(Text { start: pos + 1, end: end - 1 }),
        b'{' | b'[' => {}
        _ => *slot = Some(Text { start: pos, end }),
    }
    Ok(end)
}
