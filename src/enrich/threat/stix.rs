//! STIX 2.0 and 2.1: indicators that name addresses.
//!
//! Goes in: the objects of a bundle or of a TAXII envelope. Comes out: a [`Draft`]. Of several versions of an indicator the last one counts. Addresses that stand as
//! objects of their own are read only where there is no indicator: beside indicators they are evidence, not a verdict. Relationships,
//! sightings and markings are not read. Source: OASIS, STIX 2.1, section 4.7.

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::{Draft, Found};
use super::error::Failure;
use super::list::Times;
use super::target::Target;
use super::{date, pattern};

/// Whether JSON is an object of STIX: its id begins with its type.
pub(super) fn is_object(value: &Value) -> bool {
    let (kind, id) = (text(value, "type"), text(value, "id"));
    !kind.is_empty() && id.strip_prefix(kind).is_some_and(|rest| rest.starts_with("--"))
}

/// Reads objects.
pub(super) fn read(objects: &[Value]) -> Result<Draft, Failure> {
    let mut draft = Draft::default();
    let indicators = last_versions(objects.iter().filter(|object| text(object, "type") == "indicator"));
    if indicators.is_empty() {
        let addresses = objects.iter().filter(|object| ["ipv4-addr", "ipv6-addr"].contains(&text(object, "type")));
        for object in addresses {
            let value = text(object, "value");
            match Target::parse(value) {
                Some(target) => draft.add(&Found { written: value, target, label: "", times: Times::default() })?,
                None => draft.unreadable.text(value),
            }
        }
    }
    for indicator in indicators {
        add(indicator, &mut draft)?;
    }
    Ok(draft)
}

/// The last version of each indicator, in the order in which each is first met; those without an id all count.
fn last_versions<'a>(indicators: impl Iterator<Item = &'a Value>) -> Vec<&'a Value> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut last: Vec<&Value> = Vec::new();
    for indicator in indicators {
        let id = text(indicator, "id");
        let place = if id.is_empty() { last.len() } else { *places.entry(id).or_insert(last.len()) };
        match last.get_mut(place) {
            Some(known) if date_of(known, "modified") <= date_of(indicator, "modified") => *known = indicator,
            Some(_) => {}
            None => last.push(indicator),
        }
    }
    last
}

fn add(indicator: &Value, draft: &mut Draft) -> Result<(), Failure> {
    let name = text(indicator, "name");
    let kind = text(indicator, "pattern_type");
    let written = text(indicator, "pattern");
    if indicator.get("revoked").and_then(Value::as_bool) == Some(true) {
        draft.revoked += 1;
        return Ok(());
    }
    // STIX 2.0 has no `pattern_type`.
    if !["", "stix"].contains(&kind) {
        draft.of_others.text(if name.is_empty() { kind } else { name });
        return Ok(());
    }
    let Some(named) = pattern::named(written) else {
        draft.unreadable.text(written);
        return Ok(());
    };
    if named.is_empty() {
        draft.of_others.text(if name.is_empty() { written } else { name });
        return Ok(());
    }
    let date = date_of(indicator, "modified").or_else(|| date_of(indicator, "created"));
    let (from, until) = (date_of(indicator, "valid_from"), date_of(indicator, "valid_until"));
    let times = Times { date: date.or(from), from, until };
    let label = label(indicator);
    for one in &named {
        let Some(target) = Target::parse(&one.address) else {
            draft.unreadable.text(&one.address);
            continue;
        };
        let found = Found { written: &one.address, target, label: &label, times };
        if one.ports.is_empty() {
            draft.add(&found)?;
        }
        for port in &one.ports {
            draft.add(&Found { target: target.on(*port), ..found })?;
        }
    }
    Ok(())
}

/// Its name, else its types (in STIX 2.0 its labels), and how sure its source is.
fn label(indicator: &Value) -> String {
    let types = ["indicator_types", "labels"].iter().find_map(|key| indicator.get(key)?.as_array());
    let types: Vec<&str> = types.into_iter().flatten().filter_map(Value::as_str).collect();
    let name = text(indicator, "name").trim();
    let name = if name.is_empty() { types.join(" ") } else { name.to_owned() };
    let confidence = indicator.get("confidence").and_then(Value::as_u64).map(|percent| format!("confidence {percent}"));
    [name].into_iter().filter(|name| !name.is_empty()).chain(confidence).collect::<Vec<_>>().join(", ")
}

fn date_of(value: &Value, key: &str) -> Option<i64> {
    date::parse(value.get(key)?.as_str()?)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
