//! A value of a JSON document with the path that leads to it, and how its fields are found in every encoding.
//!
//! Goes in: a value. Comes out: its fields, or the path that is wrong. Keys are matched in any case, and a field is looked up
//! in the object, then in its `properties`. Knows no resource.

use ipnet::IpNet;
use serde_json::Value;

use crate::enrich::topology::error::{Place, TopologyReason, quote};
use crate::enrich::topology::text::{normalised_id, parse_addresses, parse_prefix, region};
use crate::schema::Address;

/// The place and the reason of an error.
pub(super) type Failure = (Place, TopologyReason);

/// What PowerShell writes in place of objects that lie deeper than it was told to go.
const CUT: [&str; 3] = ["Microsoft.Azure.Commands", "@{", "System."];

/// A value and the path that leads to it.
pub(super) struct Node<'a> {
    pub value: &'a Value,
    pub path: String,
}

impl<'a> Node<'a> {
    pub fn place(&self) -> Place {
        Place::Path(self.path.clone())
    }

    pub fn fail(&self, reason: TopologyReason) -> Failure {
        (self.place(), reason)
    }

    /// A field of the object itself, its key in any case; null counts as absent.
    pub fn own(&self, key: &str) -> Option<Node<'a>> {
        let object = self.value.as_object()?;
        let exact = object.get_key_value(key);
        let (key, value) = exact.or_else(|| object.iter().find(|(other, _)| other.eq_ignore_ascii_case(key)))?;
        let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
        (!value.is_null()).then_some(Node { value, path })
    }

    /// A field of the object, else of its `properties`.
    pub fn field(&self, key: &str) -> Option<Node<'a>> {
        self.own(key).or_else(|| self.own("properties")?.own(key))
    }

    /// The items of an array, or the value itself as the only one.
    pub fn items(&self) -> Vec<Node<'a>> {
        let Some(items) = self.value.as_array() else { return vec![Node { value: self.value, path: self.path.clone() }] };
        items.iter().enumerate().map(|(i, value)| Node { value, path: format!("{}[{i}]", self.path) }).collect()
    }

    /// The items of a field; none if it is absent. PowerShell writes a list of one as the one.
    pub fn list(&self, key: &str) -> Vec<Node<'a>> {
        self.field(key).map(|field| field.items()).unwrap_or_default()
    }

    pub fn expect_object(&self) -> Result<(), Failure> {
        self.expect_whole()?;
        if self.value.is_object() { Ok(()) } else { Err(self.fail(TopologyReason::Expected("an object"))) }
    }

    /// Fails for what PowerShell writes where it was cut.
    fn expect_whole(&self) -> Result<(), Failure> {
        match self.value.as_str().filter(|text| CUT.iter().any(|start| text.starts_with(start))) {
            Some(text) => Err(self.fail(TopologyReason::DepthCut(quote(text)))),
            None => Ok(()),
        }
    }

    pub fn text(&self) -> Result<&'a str, Failure> {
        self.value.as_str().ok_or_else(|| self.fail(TopologyReason::Expected("a text")))
    }

    /// The text as `parse` reads it.
    pub fn parsed<T>(&self, parse: fn(&str) -> Result<T, TopologyReason>) -> Result<T, Failure> {
        self.expect_whole()?;
        parse(self.text()?).map_err(|reason| self.fail(reason))
    }

    /// The text of a field, empty if it is absent.
    pub fn optional_text(&self, key: &str) -> Result<&'a str, Failure> {
        self.expect_object()?;
        self.field(key).map_or(Ok(""), |field| field.text())
    }

    /// The whole number of a field, which may stand as a text; `None` if it is absent.
    pub fn optional_number(&self, key: &str) -> Result<Option<u32>, Failure> {
        let Some(field) = self.field(key) else { return Ok(None) };
        let of_text = || field.value.as_str()?.trim().parse().ok();
        let number = field.value.as_u64().or_else(of_text).and_then(|number| u32::try_from(number).ok());
        number.map(Some).ok_or_else(|| field.fail(TopologyReason::Expected("a whole number")))
    }

    /// The addresses of a field; none if it is absent or empty.
    pub fn addresses(&self, key: &str) -> Result<Vec<Address>, Failure> {
        let lists: Result<Vec<Vec<Address>>, Failure> =
            self.list(key).iter().map(|address| address.parsed(parse_addresses)).collect();
        Ok(lists?.concat())
    }

    /// The prefixes of an object: `addressPrefix`, a text or a list, and `addressPrefixes`.
    pub fn prefixes(&self) -> Result<Vec<IpNet>, Failure> {
        self.expect_object()?;
        let mut prefixes = Vec::new();
        for text in ["addressPrefix", "addressPrefixes"].iter().flat_map(|key| self.list(key)) {
            prefixes.push(text.parsed(parse_prefix)?);
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        Ok(prefixes)
    }

    /// The prefixes of the object under a key; none if it is absent.
    pub fn prefixes_of(&self, key: &str) -> Result<Vec<IpNet>, Failure> {
        self.field(key).map_or(Ok(Vec::new()), |space| space.prefixes())
    }

    pub fn id(&self) -> Result<String, Failure> {
        Ok(normalised_id(self.optional_text("id")?))
    }

    /// The id as told of the object under a key; empty if it is absent.
    pub fn told_reference(&self, key: &str) -> Result<String, Failure> {
        self.field(key).map_or(Ok(String::new()), |other| Ok(other.optional_text("id")?.trim().to_owned()))
    }

    /// The id of the object under a key; empty if it is absent.
    pub fn reference(&self, key: &str) -> Result<String, Failure> {
        Ok(normalised_id(&self.told_reference(key)?))
    }

    /// The ids of the objects of a list; those without one are passed over.
    pub fn references(&self, key: &str) -> Result<Vec<String>, Failure> {
        let mut ids = self.list(key).iter().map(Node::id).collect::<Result<Vec<String>, Failure>>()?;
        ids.retain(|id| !id.is_empty());
        Ok(ids)
    }

    /// The name, else the last part of the id.
    pub fn name(&self) -> Result<String, Failure> {
        let own = self.optional_text("name")?;
        let name = if own.is_empty() { self.optional_text("id")?.rsplit('/').next().unwrap_or_default() } else { own };
        if name.is_empty() { Err(self.fail(TopologyReason::Missing("name"))) } else { Ok(name.to_owned()) }
    }

    /// The id, else the name: what the resource is kept by.
    pub fn key(&self) -> Result<String, Failure> {
        let id = self.id()?;
        if id.is_empty() { Ok(self.name()?.to_lowercase()) } else { Ok(id) }
    }

    /// The Azure region; empty if it is absent.
    pub fn region(&self) -> Result<String, Failure> {
        Ok(region(self.optional_text("location")?))
    }
}
