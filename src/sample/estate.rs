//! The invented estate whose traffic is logged: two VNets, their subnets, NSGs and interfaces.
//!
//! Goes in: a seed and how many interfaces. Comes out: every name, address and MAC, fixed by the two.
//! Knows nothing of traffic or of files. Every name and GUID is made up.

use std::collections::BTreeSet;

use super::random::{Random, key};
use crate::schema::Address;

/// What a machine is for, which settles its subnet, its rules and its traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    Web,
    App,
    Sql,
    Batch,
    Directory,
    Jump,
    /// Forwards traffic between the VNets and to the Internet: seen inbound and outbound at one NIC.
    Appliance,
}

/// What a role is called, in the order of [`Role`].
static ROLES: &[(Role, &str)] = &[
    (Role::Web, "web"),
    (Role::App, "app"),
    (Role::Sql, "sql"),
    (Role::Batch, "batch"),
    (Role::Directory, "dc"),
    (Role::Jump, "jump"),
    (Role::Appliance, "nva"),
];

impl Role {
    pub fn name(self) -> &'static str {
        ROLES[self as usize].1
    }

    /// Whether Internet clients and scanners reach it.
    pub fn is_public(self) -> bool {
        matches!(self, Self::Web | Self::Jump)
    }
}

/// The two VNets: the hub, whose workload is the ERP, and a spoke with the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Vnet {
    Hub,
    Spoke,
}

impl Vnet {
    pub const ALL: [Self; 2] = [Self::Hub, Self::Spoke];

    pub fn name(self) -> &'static str {
        ["vnet-hub-weu", "vnet-shop-weu"][self as usize]
    }

    pub fn resource_group(self) -> &'static str {
        ["rg-hub-weu", "rg-shop-weu"][self as usize]
    }

    pub fn workload(self) -> &'static str {
        ["erp", "shop"][self as usize]
    }

    /// The second byte of its addresses, 10.x.0.0/16.
    pub fn octet(self) -> u32 {
        [20, 21][self as usize]
    }

    /// Its IPv6 prefix, a unique local /48.
    pub fn prefix6(self) -> u128 {
        [0xfd4c_19a7_0020_u128, 0xfd4c_19a7_0021][self as usize] << 80
    }
}

/// Where the first twelve machines stand: a whole estate as early as possible.
static FIRST: &[(Vnet, Role)] = &[
    (Vnet::Spoke, Role::Web),
    (Vnet::Spoke, Role::App),
    (Vnet::Spoke, Role::Sql),
    (Vnet::Hub, Role::Directory),
    (Vnet::Hub, Role::Jump),
    (Vnet::Hub, Role::Appliance),
    (Vnet::Spoke, Role::Web),
    (Vnet::Hub, Role::Web),
    (Vnet::Hub, Role::App),
    (Vnet::Hub, Role::Sql),
    (Vnet::Spoke, Role::Batch),
    (Vnet::Spoke, Role::App),
];

/// Where the others stand, over and over.
static OTHERS: &[(Vnet, Role)] = &[
    (Vnet::Spoke, Role::Web),
    (Vnet::Hub, Role::App),
    (Vnet::Spoke, Role::App),
    (Vnet::Hub, Role::Web),
    (Vnet::Spoke, Role::Sql),
    (Vnet::Hub, Role::Batch),
    (Vnet::Spoke, Role::Web),
    (Vnet::Hub, Role::Web),
    (Vnet::Spoke, Role::App),
    (Vnet::Hub, Role::App),
    (Vnet::Spoke, Role::Batch),
    (Vnet::Hub, Role::Sql),
];

/// The MAC prefixes that Azure gives its NICs.
static MAC_PREFIXES: &[u64] = &[0x000d_3a00_0000, 0x6045_bd00_0000, 0x0022_4800_0000];

/// One network interface of one machine.
#[derive(Clone, Debug)]
pub struct Nic {
    pub role: Role,
    pub vnet: Vnet,
    /// Number within its VNet and role, from 1.
    pub number: u32,
    pub mac: String,
    pub address: Address,
    /// Web machines of the spoke are dual-stack.
    pub address6: Option<Address>,
    /// Log-normal factor on the traffic it begins and serves.
    pub activity: f64,
    /// When its host writes C tuples: this many ms after each full 5 minutes.
    pub tick_phase_ms: i64,
    /// When its records are written: this many ms after the minute at the window's start.
    pub record_offset_ms: i64,
    /// Time between two records, ms: a little over a minute, so the second drifts about 1 s in an hour.
    pub record_cadence_ms: i64,
    /// Whether its host's NSG log has real counters for UDP (else zeros).
    pub measures_udp: bool,
}

impl Nic {
    pub fn vm(&self) -> String {
        format!("vm-{}-{}-{:02}", self.vnet.workload(), self.role.name(), self.number)
    }
}

/// A subnet: the machines of one role in one VNet.
#[derive(Clone, Debug)]
pub struct Subnet {
    pub vnet: Vnet,
    pub role: Role,
    pub network: Address,
    pub length: u8,
    pub network6: Option<Address>,
}

/// The whole estate.
#[derive(Clone, Debug)]
pub struct Estate {
    pub seed: u64,
    pub subscription: String,
    pub nics: Vec<Nic>,
    /// Sorted by VNet, then role.
    pub subnets: Vec<Subnet>,
}

/// Most interfaces: subnets of the large layout are /20.
pub const INTERFACES_MAX: u32 = 20_000;
/// Up to here subnets are /24, which read better.
const SMALL_ESTATE: u32 = 250;
/// Azure keeps the first four addresses of a subnet.
const FIRST_HOST: u32 = 4;

impl Estate {
    /// Builds the estate of that seed with `interfaces` NICs, 1 to [`INTERFACES_MAX`].
    pub fn new(seed: u64, interfaces: u32) -> Self {
        let (length, spacing) = if interfaces <= SMALL_ESTATE { (24, 1) } else { (20, 16) };
        let mut macs = BTreeSet::new();
        let mut counts = [[0u32; 7]; 2];
        let mut nics = Vec::with_capacity(interfaces as usize);
        let mut subnets: Vec<Subnet> = Vec::new();
        for index in 0..interfaces as usize {
            let (vnet, role) = match FIRST.get(index) {
                Some(place) => *place,
                None => OTHERS[(index - FIRST.len()) % OTHERS.len()],
            };
            let subnet = subnet(vnet, role, length, spacing);
            let number = &mut counts[vnet as usize][role as usize];
            *number += 1;
            nics.push(nic(seed, index, &subnet, *number, &mut macs));
            if *number == 1 {
                subnets.push(subnet);
            }
        }
        subnets.sort_by_key(|s| (s.vnet, s.role));
        Self { seed, subscription: guid(seed, "subscription", 0), nics, subnets }
    }

    /// The resource id of something in the resource group of `vnet`; `kind` is e.g. `Microsoft.Network/virtualNetworks`.
    pub fn resource_id(&self, vnet: Vnet, kind: &str, name: &str) -> String {
        format!("/subscriptions/{}/resourceGroups/{}/providers/{kind}/{name}", self.subscription, vnet.resource_group())
    }

    /// The NSG of a role's subnet.
    pub fn nsg_id(&self, vnet: Vnet, role: Role) -> String {
        self.resource_id(vnet, "Microsoft.Network/networkSecurityGroups", &nsg_name(vnet, role))
    }

    /// The NICs of one role, of one VNet or of both.
    pub fn of_role(&self, role: Role, vnet: Option<Vnet>) -> Vec<u32> {
        let fits = |nic: &Nic| nic.role == role && vnet.is_none_or(|v| nic.vnet == v);
        (0..self.nics.len()).filter(|i| fits(&self.nics[*i])).map(|i| i as u32).collect()
    }
}

/// The name of the NSG of a role's subnet.
pub fn nsg_name(vnet: Vnet, role: Role) -> String {
    format!("nsg-{}-{}", vnet.workload(), role.name())
}

fn subnet(vnet: Vnet, role: Role, length: u8, spacing: u32) -> Subnet {
    let third = (role as u32 + 1) * spacing;
    let network6 = vnet.prefix6() | (role as u128 + 1) << 64;
    Subnet {
        vnet,
        role,
        network: Address::from_v4(10 << 24 | vnet.octet() << 16 | third << 8),
        length,
        network6: (vnet == Vnet::Spoke && role == Role::Web).then(|| Address::from_bits(network6)),
    }
}

fn nic(seed: u64, index: usize, subnet: &Subnet, number: u32, macs: &mut BTreeSet<u64>) -> Nic {
    let mut random = Random::keyed(&[seed, key_of("nic"), index as u64]);
    let mac = loop {
        let mac = random.pick(MAC_PREFIXES) | random.below(1 << 24);
        if macs.insert(mac) {
            break mac;
        }
    };
    let host = FIRST_HOST + number - 1;
    Nic {
        role: subnet.role,
        vnet: subnet.vnet,
        number,
        mac: format!("{mac:012X}"),
        address: Address::from_bits(subnet.network.bits() + u128::from(host)),
        address6: subnet.network6.map(|n| Address::from_bits(n.bits() + u128::from(host))),
        activity: random.log_normal(),
        tick_phase_ms: random.below(300_000) as i64,
        record_offset_ms: random.below(60_000) as i64,
        record_cadence_ms: 60_000 + random.below(20) as i64,
        measures_udp: random.chance(300),
    }
}

/// A made-up GUID of version 4, upper and lower case as its user needs it; here lower.
pub fn guid(seed: u64, what: &str, number: u64) -> String {
    let mut random = Random::keyed(&[seed, key_of(what), number]);
    let (high, low) = (random.bits(), random.bits());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48 & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// A number for a word, to name random streams by.
pub fn key_of(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| key(&[hash, u64::from(byte)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_macs_are_distinct_at_every_size() {
        for interfaces in [1, 12, 250, 251, 20_000] {
            let estate = Estate::new(5, interfaces);
            let addresses: BTreeSet<Address> = estate.nics.iter().map(|n| n.address).collect();
            let macs: BTreeSet<&str> = estate.nics.iter().map(|n| n.mac.as_str()).collect();
            assert_eq!((addresses.len(), macs.len()), (interfaces as usize, interfaces as usize));
            for nic in &estate.nics {
                let subnet = estate.subnets.iter().find(|s| s.vnet == nic.vnet && s.role == nic.role).expect("has a subnet");
                assert_eq!(nic.address.network(subnet.length), subnet.network);
            }
        }
    }

    #[test]
    fn roles_are_named_in_their_order() {
        assert!(ROLES.iter().enumerate().all(|(i, (role, _))| *role as usize == i));
    }

    #[test]
    fn a_guid_has_the_shape_of_version_4() {
        let text = guid(1, "x", 2);
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "4");
        assert_ne!(text, guid(2, "x", 2));
    }
}
