//! MISP events: attributes that name addresses.
//!
//! Goes in: events, each alone, wrapped in `Event`, or several of a search. Comes out: a [`Draft`]. Only attributes that are meant for detection
//! (`to_ids`) and not deleted count. Tags, sightings and proposals are not read.

use serde_json::Value;

use super::date;
use super::draft::{Draft, Found};
use super::error::Failure;
use super::list::Times;
use super::target::Target;

/// Which part of a value that `|` divides is the address, and whether the other is the port that the address is meant on.
struct Kind {
    name: &'static str,
    address_is_last: bool,
    has_port: bool,
}

/// Types of attributes that name addresses. The port of `ip-src|port` is the one that an attack comes from, which no flow is sent to.
static KINDS: &[Kind] = &[
    Kind { name: "domain|ip", address_is_last: true, has_port: false },
    Kind { name: "ip-dst", address_is_last: false, has_port: false },
    Kind { name: "ip-dst|port", address_is_last: false, has_port: true },
    Kind { name: "ip-src", address_is_last: false, has_port: false },
    Kind { name: "ip-src|port", address_is_last: false, has_port: false },
];

/// Whether JSON is an event.
pub(super) fn is_event(value: &Value) -> bool {
    let event = value.get("Event").unwrap_or(value);
    ["Attribute", "Object"].iter().any(|key| event.get(key).is_some_and(Value::is_array)) || value.get("Event").is_some()
}

/// Reads events.
pub(super) fn read(events: &[&Value]) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    for event in events {
        let event = event.get("Event").unwrap_or(event);
        let published = ["publish_timestamp", "timestamp"].iter().find_map(|key| moment(event.get(key)));
        let dated = published.or_else(|| date::parse(event.get("date")?.as_str()?));
        draft.dated = draft.dated.max(dated);
        let info = text(event, "info");
        let objects = list(event, "Object").iter();
        for attribute in list(event, "Attribute").iter().chain(objects.flat_map(|object| list(object, "Attribute"))) {
            add(attribute, info, &mut draft)?;
        }
    }
    Ok(draft)
}

fn add(attribute: &Value, info: &str, draft: &mut Draft) -> Result<(), Failure> {
    let is = |key: &str| attribute.get(key).and_then(Value::as_bool).unwrap_or(false);
    if !is("to_ids") || is("deleted") {
        return Ok(());
    }
    let (name, written) = (text(attribute, "type"), text(attribute, "value"));
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        draft.of_others.text(name);
        return Ok(());
    };
    let (left, right) = written.split_once('|').unwrap_or((written, written));
    let target = Target::parse(if kind.address_is_last { right } else { left }.trim());
    let target = if kind.has_port { target.and_then(|target| target.on_text(right)) } else { target };
    let Some(target) = target else {
        draft.unreadable.text(written);
        return Ok(());
    };
    let comment = text(attribute, "comment").trim();
    let label = if comment.is_empty() { info } else { comment };
    let times = Times { date: moment(attribute.get("timestamp")), ..Times::default() };
    draft.add(&Found { written, target, label, times })?;
    Ok(())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Seconds since the epoch, as text or number; 0 means never.
fn moment(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    date::seconds(value.as_i64().or_else(|| value.as_str()?.parse().ok())?)
}
