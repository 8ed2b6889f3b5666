//! What rows of `NTANetAnalytics` say of capture points, rules and addresses, each put into words once.
//!
//! Goes in: the dataset's dictionaries and the endpoints. Comes out: names in the forms that the workbooks split. Sums nothing.

use std::collections::BTreeMap;

use super::ids::{lower, name, part, path};
use crate::aggregate::{Dataset, Estate};
use crate::enrich::{Country, Endpoint, Endpoints, Inventory, Owners, Resource, Site};
use crate::schema::nta::{NtaCapture, NtaPlace, NtaRule};
use crate::schema::partial::{CapturePoint, Rule};
use crate::schema::{Address, FlowType};

/// The connection of a row.
#[derive(Clone, Debug, Default)]
pub(super) struct Connection {
    pub name: String,
    pub kind: &'static str,
}

/// Every name.
pub(super) struct Naming {
    captures: Vec<NtaCapture>,
    rules: Vec<NtaRule>,
    /// The first says nothing.
    places: Vec<NtaPlace>,
    /// Into `places`.
    place_of_address: Vec<u32>,
    /// The first is none; VPN clients have their own each.
    connections: Vec<Connection>,
    /// Into `connections`.
    connection_of_address: Vec<u32>,
    is_in_vnet: Vec<bool>,
}

impl Naming {
    pub fn new(dataset: &Dataset, estate: &Estate<'_>) -> Self {
        let endpoints = estate.endpoints;
        let homes = homes(dataset.capture_points());
        let acl_ids = acl_ids(estate.inventory);
        let mut naming = Self {
            captures: dataset.capture_points().iter().map(capture).collect(),
            rules: dataset.rules().iter().map(|of| rule(of, &acl_ids)).collect(),
            places: vec![NtaPlace::default()],
            place_of_address: Vec::with_capacity(endpoints.rows.len()),
            connections: vec![Connection::default()],
            connection_of_address: Vec::with_capacity(endpoints.rows.len()),
            is_in_vnet: endpoints.rows.iter().map(|row| row.vnet.is_some()).collect(),
        };
        for row in &endpoints.rows {
            let place = place(row, endpoints, &homes);
            naming.place_of_address.push(kept(&mut naming.places, (place != NtaPlace::default()).then_some(place)));
            let connection = row.site.map(|site| connection(&endpoints.sites[site as usize], row.address));
            naming.connection_of_address.push(kept(&mut naming.connections, connection));
        }
        naming
    }

    pub fn capture(&self, number: u32) -> &NtaCapture {
        &self.captures[number as usize]
    }

    pub fn rule(&self, number: u32) -> &NtaRule {
        &self.rules[number as usize]
    }

    /// What is known of an address; nothing for packed ones.
    pub fn place(&self, address: Option<u32>) -> &NtaPlace {
        &self.places[address.map_or(0, |address| self.place_of_address[address as usize] as usize)]
    }

    /// Of two ends the one in no VNet, the destination where both or neither are.
    pub fn outside(&self, src: u32, dst: u32) -> u32 {
        if self.is_in_vnet[dst as usize] && !self.is_in_vnet[src as usize] { src } else { dst }
    }

    /// The connection that one of two ends is behind.
    pub fn connection(&self, src: u32, dst: u32) -> &Connection {
        let [src, dst] = [src, dst].map(|end| self.connection_of_address[end as usize] as usize);
        &self.connections[if src > 0 { src } else { dst }]
    }

    /// The country of the public end of external and malicious flows.
    pub fn country<'a>(&self, endpoints: &'a Endpoints, flow_type: FlowType, outside: u32) -> &'a str {
        match flow_type {
            FlowType::ExternalPublic | FlowType::MaliciousFlow => {
                endpoints.rows[outside as usize].country.as_ref().map_or("", Country::code)
            }
            _ => "",
        }
    }

    /// The Azure region of the public end of flows to Azure; `Global` for a service without one, as Traffic Analytics says of
    /// 168.63.129.16.
    pub fn azure_region<'a>(&self, endpoints: &'a Endpoints, flow_type: FlowType, outside: u32) -> &'a str {
        let row = &endpoints.rows[outside as usize];
        if flow_type != FlowType::AzurePublic {
            return "";
        }
        let region = row.service_tag.map(|tag| &*endpoints.service_tags[tag as usize].region);
        region.filter(|region| !region.is_empty()).unwrap_or("Global")
    }

    /// Whether a NIC passes on what it logged: it forwards and owns neither end.
    pub fn is_udr_hop(&self, dataset: &Dataset, owners: &Owners, capture_point: u32, ends: [u32; 2]) -> bool {
        let point = &dataset.capture_points()[capture_point as usize];
        if !point.forwards {
            return false;
        }
        let owned = owners.interfaces.binary_search_by(|owned| (*owned.mac).cmp(&point.mac));
        let owned = owned.map(|place| &*owners.interfaces[place].addresses).unwrap_or_default();
        ends.iter().all(|end| owned.binary_search(&dataset.addresses()[*end as usize]).is_err())
    }
}

/// The index of `item` after it was appended; 0 for none.
fn kept<T>(items: &mut Vec<T>, item: Option<T>) -> u32 {
    let Some(item) = item else { return 0 };
    items.push(item);
    items.len() as u32 - 1
}

/// The subscription and resource group of a VNet.
type Home = (String, String);

/// Where the VNets are that flow logs are aimed at, by name in lower case; those of equal names are left out.
fn homes(points: &[CapturePoint]) -> BTreeMap<String, Option<Home>> {
    let mut homes: BTreeMap<String, Option<Home>> = BTreeMap::new();
    for target in points.iter().map(|point| &*point.target_resource) {
        let vnet = part(target, "virtualNetworks").to_lowercase();
        if vnet.is_empty() {
            continue;
        }
        let home = (part(target, "subscriptions").to_lowercase(), part(target, "resourceGroups").to_lowercase());
        let known = homes.entry(vnet).or_insert_with(|| Some(home.clone()));
        if known.as_ref().is_some_and(|known| *known != home) {
            *known = None;
        }
    }
    homes
}

fn place(row: &Endpoint, endpoints: &Endpoints, homes: &BTreeMap<String, Option<Home>>) -> NtaPlace {
    let nothing = Resource::default();
    let resource = row.resource.as_deref().unwrap_or(&nothing);
    let subnet = row.subnet.map(|subnet| &endpoints.subnets[subnet as usize]);
    let (subscription, group) = subnet.and_then(|of| homes.get(&of.vnet.to_lowercase())?.as_ref()).cloned().unwrap_or_default();
    let own = if resource.subscription.is_empty() { &subscription } else { &resource.subscription };
    let region = row.vnet.map(|vnet| &*endpoints.vnets[vnet as usize].region).unwrap_or_default();
    NtaPlace {
        subnet: subnet.map(|of| path(&[&group, &of.vnet, subnet_name(&of.name, &of.vnet)])).unwrap_or_default(),
        vm: path(&["", &row.vm]),
        nic: path(&["", &row.interface]),
        region: if resource.region.is_empty() { region } else { &resource.region }.to_lowercase(),
        subscription: own.to_lowercase(),
        load_balancer: path(&[own, "", first(&resource.load_balancer)]),
        application_gateway: path(&[own, "", first(&resource.application_gateway)]),
        private_endpoint: path(&["", &resource.private_endpoint]),
    }
}

/// Of several names the first: queries split a path, and take its last part for one name.
fn first(names: &str) -> &str {
    names.split(' ').next().unwrap_or(names)
}

/// The name of a subnet without that of its VNet, which stands before it.
fn subnet_name<'a>(subnet: &'a str, vnet: &str) -> &'a str {
    subnet.strip_prefix(vnet).and_then(|rest| rest.strip_prefix(['/', ' '])).unwrap_or(subnet)
}

fn connection(site: &Site, address: Address) -> Connection {
    let name = if site.is_point_to_site {
        format!("{}_{address}", site.gateway.to_lowercase())
    } else {
        path(&["", "", &site.connection])
    };
    Connection { name, kind: if site.gateway_type == "ExpressRoute" { "ExpressRoute" } else { "VpnGateway" } }
}

fn capture(point: &CapturePoint) -> NtaCapture {
    let log = &*point.log_resource;
    let target = if point.format.is_vnet() { &*point.target_resource } else { log };
    let watcher = part(log, "networkWatchers");
    let flow_log = if watcher.is_empty() { "" } else { name(log) };
    let (kind, target) = target_name(target);
    NtaCapture {
        mac: point.mac.to_string(),
        log_resource: lower(log),
        flow_log: path(&[part(log, "resourceGroups"), watcher, flow_log]),
        target,
        target_type: kind,
        is_nsg: !point.format.is_vnet(),
    }
}

/// The words for what a flow log is aimed at, by the type in its id; the first match counts.
static TARGETS: &[(&str, &str)] = &[
    ("networkInterfaces", "NetworkInterface"),
    ("subnets", "Subnet"),
    ("virtualNetworks", "VirtualNetwork"),
    ("networkSecurityGroups", "NetworkSecurityGroup"),
];

/// What a flow log is aimed at, and its `<rg>/<resource>`.
fn target_name(target: &str) -> (&'static str, String) {
    let group = part(target, "resourceGroups");
    match TARGETS.iter().find(|(key, _)| !part(target, key).is_empty()) {
        Some((_, "Subnet")) => ("Subnet", path(&[group, part(target, "virtualNetworks"), part(target, "subnets")])),
        Some((key, kind)) => (kind, path(&[group, part(target, key)])),
        None => ("", path(&[group, name(target)])),
    }
}

/// Ids of NSGs by their GUID: some flow logs name an ACL by it.
fn acl_ids(inventory: &Inventory) -> BTreeMap<&str, &str> {
    inventory.nsgs.iter().filter(|nsg| !nsg.guid.is_empty() && !nsg.id.is_empty()).map(|nsg| (&*nsg.guid, &*nsg.id)).collect()
}

/// What flow logs write before the names of rules, and what kind it tells.
static PREFIXES: &[(&str, &str)] = &[("userrule_", "User Defined"), ("defaultrule_", "Default")];

fn rule(rule: &Rule, acl_ids: &BTreeMap<&str, &str>) -> NtaRule {
    let acl = lower(&rule.acl);
    let acl_group = acl_ids.get(&*acl).map_or(acl, |id| lower(id));
    let text = rule.rule.to_lowercase();
    let known = PREFIXES.iter().find_map(|(prefix, kind)| Some((text.strip_prefix(prefix)?, *kind)));
    let (name_of_rule, rule_type) = known.filter(|(rest, _)| !rest.is_empty()).unwrap_or((&text, ""));
    let parts = [part(&acl_group, "subscriptions"), part(&acl_group, "resourcegroups"), name(&acl_group)];
    NtaRule { nsg: path(&parts), rule: name_of_rule.to_owned(), rule_type, acl_group }
}

/// The words of Traffic Analytics for the encryption of a flow.
/// Source: Microsoft Learn, "Virtual network flow logs", encryption status.
static ENCRYPTIONS: &[(&str, &str)] = &[
    ("X", "Encrypted"),
    ("NX", "Unencrypted"),
    ("NX_HW_NOT_SUPPORTED", "Unsupported hardware"),
    ("NX_SW_NOT_READY", "Software not ready"),
    ("NX_NOT_ACCEPTED", "Drop due to no encryption"),
    ("NX_NOT_SUPPORTED", "Discovery not supported"),
    ("NX_LOCAL_DST", "Destination on same host"),
    ("NX_FALLBACK", "Fall back to no encryption"),
];

/// A code of flow logs in words; an unknown code stays as it is.
pub(super) fn encryption(code: &str) -> &str {
    ENCRYPTIONS.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}
