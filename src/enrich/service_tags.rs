//! Microsoft's service tags: which service and region a public address of Azure belongs to.
//!
//! Goes in: the bytes of the weekly file, or what Azure CLI and PowerShell print of it (docs/lists.md). Comes out: the tag of an
//! address. Keeps names, regions and prefixes only; knows no files, no network, and not which tags a rule may name.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::{Deserialize, Deserializer, Visitor};

use super::ServiceTag;
use super::prefix_map::PrefixMap;
use super::topology::{decode, quote};
use crate::schema::Address;
use crate::schema::inputs::{InputInfo, InputKind};

/// Service tags by prefix; by default none.
#[derive(Clone, Debug, Default)]
pub struct ServiceTags {
    files: Vec<Tags>,
}

/// The tags of one file, the most specific first, and the place of each in that order by its prefixes.
#[derive(Clone, Debug)]
struct Tags {
    tags: Vec<ServiceTag>,
    by_prefix: PrefixMap<u32>,
}

/// A service-tag file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read service tags: {file}{reason}")]
pub struct ServiceTagError {
    /// Name of the file, as given.
    pub file: String,
    /// Why.
    pub reason: ServiceTagReason,
}

/// Why a service-tag file cannot be read; begins with the place in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceTagReason {
    /// Nothing in it.
    #[error(": is empty; hint: the download failed, repeat it")]
    Empty,
    /// Neither UTF-8 nor UTF-16 with a byte order mark.
    #[error(": is not UTF-8, nor UTF-16 with a byte order mark; hint: give the JSON as text, unpacked")]
    Encoding,
    /// Ends inside the JSON; holds the line.
    #[error(" line {0}: the file ends too early; hint: download it again")]
    CutShort(usize),
    /// No JSON, or JSON of another shape: the line and the parser's own words.
    #[error(
        " line {0}: {1}; hint: give ServiceTags_Public.json or the output of 'az network list-service-tags', \
         from PowerShell with 'ConvertTo-Json -Depth 10'"
    )]
    Syntax(usize, String),
    /// JSON of something else.
    #[error(
        ": has no 'values' with prefixes; hint: give ServiceTags_Public.json or the output of 'az network list-service-tags'"
    )]
    NoPrefix,
}

impl ServiceTags {
    /// Adds a file. Earlier files are asked first.
    ///
    /// # Errors
    /// The file, the line in it, and the reason. The tags then are as they were before.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<InputInfo, ServiceTagError> {
        let fail = |reason| ServiceTagError { file: file.to_owned(), reason };
        let text = decode(bytes).ok_or_else(|| fail(ServiceTagReason::Encoding))?;
        let list = parse(&text).map_err(fail)?;
        let version = list.version();
        let prefixes = || list.values.iter().flat_map(|tag| tag.properties.prefixes.iter().map(move |prefix| (tag, prefix)));
        let entries = prefixes().filter(|(_, prefix)| matches!(prefix, Prefix::Good(_))).count() as u64;
        let mut bad = prefixes().filter_map(|(tag, prefix)| match prefix {
            Prefix::Good(_) => None,
            Prefix::Bad(text) => Some((tag, text)),
        });
        let warnings = bad.next().map(|(tag, text)| {
            let (text, name) = (quote(text), quote(&tag.name));
            format!("{} prefixes cannot be read and are passed over, the first is {text} of {name}", 1 + bad.count())
        });
        let warnings = warnings.into_iter().collect();
        if entries == 0 {
            return Err(fail(ServiceTagReason::NoPrefix));
        }
        self.files.push(Tags::new(list.values));
        Ok(InputInfo { kind: InputKind::ServiceTags, file: file.to_owned(), version, entries, warnings })
    }

    /// Whether no file was given.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The most specific tag of an address: longest prefix, then regional service, service, regional cloud, cloud.
    pub fn get(&self, address: Address) -> Option<&ServiceTag> {
        self.files.iter().find_map(|file| Some(&file.tags[file.by_prefix.get(address)? as usize]))
    }
}

impl Tags {
    fn new(values: Vec<Tag>) -> Self {
        let mut values: Vec<(Rank, ServiceTag, Vec<Prefix>)> = values
            .into_iter()
            .map(|Tag { name, properties }| {
                let region = region(&properties.region);
                let name: String = name.chars().take(NAME_MAX).collect();
                (rank(&name, &region), ServiceTag { name, region }, properties.prefixes)
            })
            .collect();
        // The order decides between tags of one prefix: rank, then name and region, then the place in the file.
        values.sort_by(|(rank, tag, _), (other_rank, other, _)| (rank, tag).cmp(&(other_rank, other)));
        let mut tags = Vec::with_capacity(values.len());
        let mut pairs = Vec::new();
        for ((_, tag, prefixes), number) in values.into_iter().zip(0..) {
            tags.push(tag);
            pairs.extend(prefixes.into_iter().filter_map(|prefix| match prefix {
                Prefix::Good(prefix) => Some((prefix, number)),
                Prefix::Bad(_) => None,
            }));
        }
        Self { tags, by_prefix: PrefixMap::new(pairs) }
    }
}

/// How specific a tag is; the least is the most specific.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    RegionalService,
    Service,
    RegionalCloud,
    Cloud,
}

/// The tag of everything that Azure has, and the first word of its regional ones.
const CLOUD: &str = "AzureCloud";

fn rank(name: &str, region: &str) -> Rank {
    let is_cloud = name.split('.').next().is_some_and(|word| word.eq_ignore_ascii_case(CLOUD));
    match (is_cloud, region.is_empty()) {
        (false, false) => Rank::RegionalService,
        (false, true) => Rank::Service,
        (true, false) => Rank::RegionalCloud,
        (true, true) => Rank::Cloud,
    }
}

/// Regions that the file abbreviates, by the name that every other part of Azure gives them.
const REGIONS: &[(&str, &str)] = &[
    ("brazilne", "brazilnortheast"),
    ("brazilse", "brazilsoutheast"),
    ("centralfrance", "francecentral"),
    ("chilec", "chilecentral"),
    ("germanyn", "germanynorth"),
    ("germanywc", "germanywestcentral"),
    ("norwaye", "norwayeast"),
    ("norwayw", "norwaywest"),
    ("southfrance", "francesouth"),
    ("switzerlandn", "switzerlandnorth"),
    ("switzerlandw", "switzerlandwest"),
    ("usstagec", "southcentralusstg"),
    ("usstagee", "eastusstg"),
];

/// The region as Azure writes it: lower case, no blanks, not abbreviated.
fn region(written: &str) -> String {
    let region: String = written.chars().filter(|c| !c.is_whitespace()).take(NAME_MAX).collect::<String>().to_ascii_lowercase();
    let known = REGIONS.binary_search_by_key(&region.as_str(), |(short, _)| *short).map(|at| REGIONS[at].1.to_owned());
    known.unwrap_or(region)
}

/// Most characters of a tag's name that are kept. Range 1 and up; Microsoft's longest has 60, and longer ones of a crafted
/// file would fill tables.
const NAME_MAX: usize = 120;

/// The file, in Microsoft's and Azure CLI's casing or PowerShell's.
#[derive(serde::Deserialize)]
struct List {
    #[serde(default, rename = "changeNumber", alias = "ChangeNumber")]
    change_number: Option<ChangeNumber>,
    #[serde(default, alias = "Cloud")]
    cloud: Option<String>,
    #[serde(default, alias = "Values")]
    values: Vec<Tag>,
}

/// A number in the file, a text in what the API returns.
#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "the change number is neither a number nor a text")]
enum ChangeNumber {
    Number(u64),
    Text(String),
}

#[derive(serde::Deserialize)]
struct Tag {
    #[serde(alias = "Name")]
    name: String,
    #[serde(alias = "Properties")]
    properties: Properties,
}

#[derive(serde::Deserialize)]
struct Properties {
    #[serde(default, alias = "Region")]
    region: String,
    #[serde(rename = "addressPrefixes", alias = "AddressPrefixes")]
    prefixes: Vec<Prefix>,
}

/// A prefix, parsed while the file is read, so that ninety thousand texts are never held.
enum Prefix {
    Good(IpNet),
    Bad(String),
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PrefixVisitor;
        impl Visitor<'_> for PrefixVisitor {
            type Value = Prefix;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a prefix")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                let parsed = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
                Ok(parsed.map_or_else(|| Prefix::Bad(text.to_owned()), Prefix::Good))
            }
        }
        deserializer.deserialize_str(PrefixVisitor)
    }
}

impl List {
    /// `change number 360`; of another cloud than the public one also its name.
    fn version(&self) -> String {
        let short = |text: &str| text.trim().chars().take(NAME_MAX).collect::<String>();
        let number = self.change_number.as_ref().map(|number| match number {
            ChangeNumber::Number(number) => number.to_string(),
            ChangeNumber::Text(text) => short(text),
        });
        let number = number.filter(|number| !number.is_empty()).map(|number| format!("change number {number}"));
        let is_other = |cloud: &&String| !cloud.is_empty() && !cloud.eq_ignore_ascii_case("Public");
        let cloud = self.cloud.as_ref().filter(is_other).map(|cloud| short(cloud));
        number.into_iter().chain(cloud).collect::<Vec<_>>().join(", ")
    }
}

fn parse(text: &str) -> Result<List, ServiceTagReason> {
    if text.trim().is_empty() {
        return Err(ServiceTagReason::Empty);
    }
    // A list of resources, such as a topology: the parser would take its items for the fields of one object.
    if text.trim_start().starts_with('[') {
        return Err(ServiceTagReason::NoPrefix);
    }
    serde_json::from_str(text).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => ServiceTagReason::CutShort(error.line()),
        _ => {
            // The parser's words may repeat a text of the file, and end in the place that stands before them.
            let words = error.to_string();
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            ServiceTagReason::Syntax(error.line(), words.chars().filter(|c| !c.is_control()).take(200).collect())
        }
    })
}

#[cfg(test)]
#[path = "service_tags_tests.rs"]
mod tests;
