//! Endpoints of which much is known: two VNets, a scale set, countries, service tags, threat lists.

use super::super::{Aggregates, Dataset, Estate, Settings, tables};
use super::build::*;
use crate::enrich::{Country, Endpoints, Inventory, Network, Owners, Resource, ServiceTag, Site, ThreatHit, VnetInfo};
use crate::schema::Address;
use crate::schema::partial::Partial;
use crate::schema::tables::Scope;
use crate::schema::units::DAY_MS;

/// What is known of a public address.
pub struct Fact {
    pub ip: &'static str,
    pub country: &'static str,
    /// Index into [`TAGS`].
    tag: Option<u32>,
    /// Index into the threats: 0 for every port, 1 for port 443.
    threat: Option<u32>,
    /// Index into the networks.
    network: Option<u32>,
}

/// Name and region of the service tags.
pub const TAGS: [(&str, &str); 2] = [("AzureCloud", ""), ("Storage.WestEurope", "westeurope")];

pub const FACTS: [Fact; 5] = [
    Fact { ip: "203.0.113.9", country: "NL", tag: None, threat: Some(1), network: Some(0) },
    Fact { ip: "198.51.100.7", country: "US", tag: None, threat: Some(0), network: Some(1) },
    Fact { ip: "2001:db8::1", country: "DE", tag: None, threat: None, network: None },
    Fact { ip: "20.60.0.1", country: "NL", tag: Some(1), threat: None, network: None },
    Fact { ip: "20.60.0.2", country: "", tag: Some(0), threat: None, network: None },
];

/// As `endpoints`, but 10.0.0.0/24 is in VNet `hub` and its addresses in scale set `web`, other local addresses in VNet `spoke`;
/// 172.16.0.0/16 is behind a gateway; and public ones are as in [`FACTS`].
pub fn known(dataset: &Dataset, owners: &Owners) -> Endpoints {
    let mut known = endpoints(dataset, owners);
    known.vnets = ["hub", "spoke"].map(|name| VnetInfo { name: name.into(), region: String::new() }).into();
    for row in &mut known.rows {
        let text = row.address.to_string();
        if row.is_local {
            let in_hub = text.starts_with("10.0.0.");
            row.vnet = Some(u32::from(!in_hub));
            row.resource = in_hub.then(|| Box::new(Resource { scale_set: "web".into(), ..Resource::default() }));
        }
        if text.starts_with("172.16.") {
            (row.scope, row.site) = (Scope::OnPremises, Some(0));
        }
        if let Some(fact) = FACTS.iter().find(|fact| fact.ip == text) {
            row.country = Country::new(fact.country);
            (row.service_tag, row.threat, row.network) = (fact.tag, fact.threat, fact.network);
            row.scope = if fact.tag.is_some() { Scope::AzurePublic } else { Scope::ExternalPublic };
        }
    }
    let tag = |(name, region): (&str, &str)| ServiceTag { name: name.into(), region: region.into() };
    known.service_tags = TAGS.map(tag).into();
    let threat = |port, date| ThreatHit { list: "list".into(), entry: "entry".into(), port, date, ..ThreatHit::default() };
    known.threats = vec![threat(None, Some(-3 * DAY_MS)), threat(Some(443), None)];
    known.networks = vec![Network { asn: 64_500, name: "Example".into() }, Network { asn: 64_501, name: String::new() }];
    known.sites = vec![Site {
        gateway: "gw".into(),
        gateway_type: "Vpn".into(),
        connection: "hq".into(),
        connection_type: "IPsec".into(),
        is_point_to_site: false,
    }];
    known
}

/// The tables with [`known`] endpoints, and who owns what.
pub fn analyse_known(partials: Vec<Partial>, top_rows: usize) -> (Aggregates, Owners) {
    let dataset = dataset(partials);
    let owners = dataset.owners(&no_topology);
    let endpoints = known(&dataset, &owners);
    let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &Inventory::default() };
    (tables(&dataset, &estate, &Settings { top_rows, ..Settings::default() }), owners)
}

/// The tables of one Partial with [`known`] endpoints.
pub fn count_known(rows: &[Row]) -> Aggregates {
    analyse_known(vec![partial(rows)], 100_000).0
}

/// The fact about an address.
pub fn fact(ip: Address) -> Option<&'static Fact> {
    FACTS.iter().find(|fact| address(fact.ip) == ip)
}

impl Fact {
    /// Region of its service tag; `Global` for a tag without one.
    pub fn region(&self) -> &'static str {
        match self.tag.map(|tag| TAGS[tag as usize].1) {
            Some("") => "Global",
            region => region.unwrap_or_default(),
        }
    }

    pub fn is_azure(&self) -> bool {
        self.tag.is_some()
    }

    /// Whether a flow towards `port` is malicious.
    pub fn is_malicious(&self, port: u16) -> bool {
        self.threat == Some(0) || (self.threat == Some(1) && port == 443)
    }
}
