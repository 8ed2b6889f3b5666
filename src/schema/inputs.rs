//! What a report was enriched with: one entry per file given beside the logs.

/// What a file tells of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// VNets, NICs, NSGs, gateways and other Azure resources.
    Topology,
    /// Countries of public addresses.
    Geo,
    /// Autonomous systems of public addresses.
    Asn,
    /// Microsoft's service tags.
    ServiceTags,
    /// Addresses known for attacks.
    ThreatList,
}

impl InputKind {
    /// The words that pages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Topology => "topology",
            Self::Geo => "geo database",
            Self::Asn => "ASN database",
            Self::ServiceTags => "service tags",
            Self::ThreatList => "threat list",
        }
    }
}

/// A file that enriched the report, as `summary.json` lists it under `enrichment`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InputInfo {
    /// What it tells.
    pub kind: InputKind,
    /// Name of the file without its folder, so that the same file gives the same bytes from any place.
    pub file: String,
    /// Its own version or date, as it states it (`change number 360`, `2026-11-20`); empty where it states none.
    pub version: String,
    /// What it holds, counted: prefixes, resources, indicators.
    pub entries: u64,
    /// What a reader must know: lines passed over, an expired list, a page that was cut.
    pub warnings: Vec<String>,
}
