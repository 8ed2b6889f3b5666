//! What is known of one address as texts: what its endpoint refers to, resolved.
//!
//! Goes in: the endpoints and the number of an address. Comes out: its attributes, absent ones as empty texts. Counts nothing.

use crate::enrich::{Endpoint, Endpoints, Network, Resource, ServiceTag, Site, ThreatHit};
use crate::schema::units::DAY_MS;

/// One address with what it refers to.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a> {
    pub endpoint: &'a Endpoint,
    pub network: Option<&'a Network>,
    pub threat: Option<&'a ThreatHit>,
    endpoints: &'a Endpoints,
}

impl<'a> Attributes<'a> {
    /// The attributes of an address by its number.
    pub fn of(endpoints: &'a Endpoints, address: usize) -> Self {
        let endpoint = &endpoints.rows[address];
        Self {
            endpoint,
            network: endpoint.network.map(|number| &endpoints.networks[number as usize]),
            threat: endpoint.threat.map(|number| &endpoints.threats[number as usize]),
            endpoints,
        }
    }

    /// Name of its subnet.
    pub fn subnet(&self) -> &'a str {
        self.endpoint.subnet.map_or("", |number| &self.endpoints.subnets[number as usize].name)
    }

    /// Name of its VNet.
    pub fn vnet(&self) -> &'a str {
        self.endpoint.vnet.map_or("", |number| &self.endpoints.vnets[number as usize].name)
    }

    /// Code of its country.
    pub fn country(&self) -> &'a str {
        self.endpoint.country.as_ref().map_or("", |country| country.code())
    }

    /// What it is reached through.
    pub fn site(&self) -> Option<&'a Site> {
        self.endpoint.site.map(|number| &self.endpoints.sites[number as usize])
    }

    /// A text of its service tag.
    pub fn service_tag(&self, text: impl Fn(&'a ServiceTag) -> &'a str) -> &'a str {
        self.endpoint.service_tag.map_or("", |number| text(&self.endpoints.service_tags[number as usize]))
    }

    /// A text of what the topology knows of it.
    pub fn resource(&self, text: impl Fn(&'a Resource) -> &'a str) -> &'a str {
        self.endpoint.resource.as_deref().map_or("", text)
    }

    /// Its autonomous system: `AS64500 Name`, or `AS64500` where the name is unknown.
    pub fn asn(&self) -> String {
        match self.network {
            Some(network) if network.name.is_empty() => format!("AS{}", network.asn),
            Some(network) => format!("AS{} {}", network.asn, network.name),
            None => String::new(),
        }
    }

    /// Name of its autonomous system.
    pub fn as_name(&self) -> String {
        self.network.map(|network| network.name.clone()).unwrap_or_default()
    }

    /// The threat list and the entry that name it: `list: entry`.
    pub fn threat(&self) -> String {
        self.threat.map(|hit| format!("{}: {}", hit.list, hit.entry)).unwrap_or_default()
    }

    /// The threat list that names it.
    pub fn threat_list(&self) -> String {
        self.threat.map(|hit| hit.list.clone()).unwrap_or_default()
    }

    /// The entry of that list.
    pub fn threat_entry(&self) -> String {
        self.threat.map(|hit| hit.entry.clone()).unwrap_or_default()
    }

    /// Age of the threat's entry at `window_end` (ms since the epoch). Unit: whole days, rounded down, negative for an entry
    /// younger than the logs; `None` where it states no date.
    pub fn threat_age_days(&self, window_end: i64) -> Option<i64> {
        Some(window_end.saturating_sub(self.threat?.date?).div_euclid(DAY_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoints(network: Network, threat: ThreatHit) -> Endpoints {
        let row = Endpoint { network: Some(0), threat: Some(0), ..Endpoint::default() };
        Endpoints { rows: vec![row, Endpoint::default()], networks: vec![network], threats: vec![threat], ..Endpoints::default() }
    }

    #[test]
    fn a_network_without_a_name_is_its_number() {
        let asn = |name: &str| {
            let network = Network { asn: 64_500, name: name.to_owned() };
            Attributes::of(&endpoints(network, ThreatHit::default()), 0).asn()
        };
        assert_eq!((asn(""), asn("Example")), ("AS64500".to_owned(), "AS64500 Example".to_owned()));
    }

    #[test]
    fn the_age_of_a_threat_is_whole_days_to_the_windows_end() {
        let age = |date: Option<i64>, end: i64| {
            let threat = ThreatHit { list: "list".into(), entry: "203.0.113.9".into(), date, ..ThreatHit::default() };
            let endpoints = endpoints(Network::default(), threat);
            assert_eq!(Attributes::of(&endpoints, 0).threat(), "list: 203.0.113.9");
            Attributes::of(&endpoints, 0).threat_age_days(end)
        };
        assert_eq!(age(Some(0), 3 * DAY_MS - 1), Some(2));
        assert_eq!(age(Some(DAY_MS), DAY_MS - 1), Some(-1));
        assert_eq!(age(Some(i64::MIN), i64::MAX), Some(i64::MAX / DAY_MS));
        assert_eq!(age(None, DAY_MS), None);
    }

    #[test]
    fn an_address_of_which_nothing_is_known_has_empty_texts() {
        let endpoints = endpoints(Network::default(), ThreatHit::default());
        let unknown = Attributes::of(&endpoints, 1);
        let texts = [unknown.subnet(), unknown.vnet(), unknown.country(), unknown.service_tag(|t| &t.name)];
        assert!(texts.iter().all(|text| text.is_empty()) && unknown.asn().is_empty() && unknown.threat().is_empty());
        assert_eq!((unknown.threat_age_days(9), unknown.resource(|r| &r.region)), (None, ""));
    }
}
