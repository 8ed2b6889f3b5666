//! The flow type of two endpoints.
//!
//! Goes in: endpoints. Comes out: a [`FlowType`] per pair and port. The rules, first match: both ends in VNets (the same:
//! IntraVNet, two: InterVNet); one end in a VNet and the other a VPN client (P2S), behind a gateway (S2S), of a threat list
//! (MaliciousFlow), Azure's platform or in a service tag (AzurePublic), public (ExternalPublic), private (UnknownPrivate); else
//! Unknown. Source: Microsoft Learn, "Schema and data aggregation in Traffic Analytics".

use super::{Endpoint, Endpoints};
use crate::schema::FlowType;
use crate::schema::tables::Scope;

/// What matters of each endpoint, packed so that millions of pairs are told quickly.
#[derive(Clone, Debug, Default)]
pub struct FlowTypes {
    classes: Vec<Class>,
    /// The ports of each threat, ascending, by its index in [`Endpoints::threats`].
    ports: Vec<Vec<u16>>,
}

/// One endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// In the VNet of this number.
    Vnet(u32),
    /// Anything else: its type where the other end is in a VNet.
    Outside(FlowType),
    /// Named by a threat list for the ports of this index; its type for other ports.
    MaliciousOn(u32, FlowType),
}

impl FlowTypes {
    /// The classes of these endpoints.
    pub fn new(endpoints: &Endpoints) -> Self {
        let ports = endpoints.threats.iter().map(|threat| {
            let mut ports: Vec<u16> = threat.port.into_iter().chain(threat.other_ports.iter().copied()).collect();
            ports.sort_unstable();
            ports
        });
        Self { classes: endpoints.rows.iter().map(|row| class(row, endpoints)).collect(), ports: ports.collect() }
    }

    /// The type of a flow from `src` to `dst`, by their index in [`Endpoints::rows`], towards `dst_port`.
    pub fn of(&self, src: u32, dst: u32, dst_port: u16) -> FlowType {
        match (self.classes[src as usize], self.classes[dst as usize]) {
            (Class::Vnet(one), Class::Vnet(other)) if one == other => FlowType::IntraVNet,
            (Class::Vnet(_), Class::Vnet(_)) => FlowType::InterVNet,
            (Class::Vnet(_), outside) | (outside, Class::Vnet(_)) => self.towards_vnet(outside, dst_port),
            _ => FlowType::Unknown,
        }
    }

    fn towards_vnet(&self, outside: Class, dst_port: u16) -> FlowType {
        match outside {
            Class::Outside(flow_type) => flow_type,
            Class::MaliciousOn(ports, _) if self.ports[ports as usize].binary_search(&dst_port).is_ok() => {
                FlowType::MaliciousFlow
            }
            Class::MaliciousOn(_, flow_type) => flow_type,
            Class::Vnet(_) => FlowType::InterVNet,
        }
    }
}

fn class(endpoint: &Endpoint, endpoints: &Endpoints) -> Class {
    if let Some(vnet) = endpoint.vnet {
        return Class::Vnet(vnet);
    }
    if let Some(site) = endpoint.site {
        let is_client = endpoints.sites[site as usize].is_point_to_site;
        return Class::Outside(if is_client { FlowType::P2S } else { FlowType::S2S });
    }
    let by_scope = match endpoint.scope {
        Scope::Platform | Scope::AzurePublic => FlowType::AzurePublic,
        Scope::ExternalPublic => FlowType::ExternalPublic,
        Scope::OnPremises => FlowType::S2S,
        // Of the estate, but in a VNet that no file names.
        Scope::Local | Scope::Vnet => FlowType::InterVNet,
        Scope::UnknownPrivate => FlowType::UnknownPrivate,
    };
    match endpoint.threat {
        None => Class::Outside(by_scope),
        Some(threat) if endpoints.threats[threat as usize].port.is_none() => Class::Outside(FlowType::MaliciousFlow),
        Some(threat) => Class::MaliciousOn(threat, by_scope),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrich::{Site, ThreatHit};

    /// Endpoints: two in VNet 0, one in VNet 1, a site, a VPN client, Azure, external, two of threat lists, private.
    fn estate() -> FlowTypes {
        let row = |scope: Scope| Endpoint { scope, ..Endpoint::default() };
        let site = |is_point_to_site| Site {
            gateway: "gw".into(),
            gateway_type: "Vpn".into(),
            connection: "hq".into(),
            connection_type: "IPsec".into(),
            is_point_to_site,
        };
        let threat = |port| ThreatHit { port, ..ThreatHit::default() };
        FlowTypes::new(&Endpoints {
            rows: vec![
                Endpoint { vnet: Some(0), ..row(Scope::Local) },
                Endpoint { vnet: Some(0), ..row(Scope::Vnet) },
                Endpoint { vnet: Some(1), ..row(Scope::Vnet) },
                Endpoint { site: Some(0), ..row(Scope::OnPremises) },
                Endpoint { site: Some(1), ..row(Scope::OnPremises) },
                row(Scope::AzurePublic),
                row(Scope::ExternalPublic),
                Endpoint { threat: Some(0), ..row(Scope::AzurePublic) },
                Endpoint { threat: Some(1), ..row(Scope::ExternalPublic) },
                row(Scope::UnknownPrivate),
                row(Scope::Platform),
            ],
            sites: vec![site(false), site(true)],
            threats: vec![threat(None), ThreatHit { other_ports: vec![4444], ..threat(Some(8443)) }],
            ..Endpoints::default()
        })
    }

    #[test]
    fn each_pair_has_its_documented_type_in_both_directions() {
        let types = estate();
        for (a, b, port, expected) in [
            (0, 1, 443, FlowType::IntraVNet),
            (0, 2, 443, FlowType::InterVNet),
            (0, 3, 443, FlowType::S2S),
            (0, 4, 443, FlowType::P2S),
            (0, 5, 443, FlowType::AzurePublic),
            (0, 6, 443, FlowType::ExternalPublic),
            (0, 7, 443, FlowType::MaliciousFlow),
            (0, 8, 8443, FlowType::MaliciousFlow),
            (0, 8, 4444, FlowType::MaliciousFlow),
            (0, 8, 443, FlowType::ExternalPublic),
            (0, 9, 443, FlowType::UnknownPrivate),
            (0, 10, 53, FlowType::AzurePublic),
            (6, 9, 443, FlowType::Unknown),
            (3, 4, 443, FlowType::Unknown),
        ] {
            assert_eq!(types.of(a, b, port), expected, "{a} to {b}");
            assert_eq!(types.of(b, a, port), expected, "{b} to {a}");
        }
    }
}
