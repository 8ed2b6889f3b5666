//! Attacks on and from the estate, and the labels that say what a detector should find.
//!
//! Goes in: an estate and the window. Comes out: a few thousand connections at most, and one label for each attack.
//! Attackers with an address of their own live in documentation ranges (RFC 5737), so that nobody real is accused; crowds
//! come from made-up public addresses, as visitors do.

use serde::Serialize;

use super::estate::{Estate, Role, Vnet, key_of};
use super::random::{Random, key};
use super::service::{Decision, Rule};
use super::traffic::{Connection, Volume, visitor, volume};
use crate::schema::Address;
use crate::schema::codes::TCP;
use crate::schema::units::{HOUR_MS, MINUTE_MS, SECOND_MS, rfc3339};

/// One entry of `labels.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// What happens, in a word.
    pub kind: &'static str,
    /// Who begins it; for an exposure, or a service attacked by many, the address attacked.
    pub actor: String,
    /// Its peers, ascending.
    pub targets: Vec<String>,
    /// Destination ports, ascending.
    pub ports: Vec<u16>,
    /// Of its first connection; RFC 3339 UTC.
    pub first_time: String,
    /// Of its last packet; RFC 3339 UTC.
    pub last_time: String,
    /// The public name of the detector that should find it.
    pub detector: &'static str,
}

/// One attack.
pub(super) struct Attack {
    pub label: Label,
    pub connections: Vec<Connection>,
}

/// What is fixed of each attack.
struct Plot {
    kind: &'static str,
    detector: &'static str,
    /// When it begins, in hundredths of the window.
    at: i64,
    /// How long it goes on: at most this many minutes, and this many hundredths of the window.
    minutes: i64,
    part: i64,
    act: fn(&mut Scene),
}

static PLOTS: &[Plot] = &[
    Plot { kind: "inbound_scan", detector: "port_scan", at: 8, minutes: 20, part: 12, act: inbound_scan },
    Plot { kind: "exposed_rdp", detector: "exposed_service", at: 12, minutes: 4_320, part: 80, act: exposed_rdp },
    Plot { kind: "ssh_brute_force", detector: "brute_force", at: 22, minutes: 100, part: 12, act: ssh_brute_force },
    Plot { kind: "beacon", detector: "beacon", at: 35, minutes: 4_320, part: 64, act: beacon },
    Plot { kind: "internal_sweep", detector: "host_sweep", at: 45, minutes: 10, part: 8, act: internal_sweep },
    Plot { kind: "outbound_scan", detector: "port_scan", at: 55, minutes: 15, part: 8, act: outbound_scan },
    Plot { kind: "exfiltration", detector: "exfiltration", at: 66, minutes: 25, part: 10, act: exfiltration },
    Plot { kind: "denied_spike", detector: "deny_anomaly", at: 80, minutes: 8, part: 8, act: denied_spike },
];

const SCANNER: Address = Address::from_v4(0xc633_6417); // 198.51.100.23
const BRUTE: Address = Address::from_v4(0xcb00_7163); // 203.0.113.99
const CONTROL: Address = Address::from_v4(0xc633_64c8); // 198.51.100.200
/// A port of nothing in particular: on 443 regular calls are as a rule updates and telemetry.
const CONTROL_PORT: u16 = 8_445;
const SCANNED: Address = Address::from_v4(0xcb00_714d); // 203.0.113.77
const DROP_BOX: Address = Address::from_v4(0xcb00_7196); // 203.0.113.150

/// Every attack on `estate` in the window of `hours` from `start` (ms since the epoch).
pub(super) fn attacks(estate: &Estate, start: i64, hours: i64) -> Vec<Attack> {
    let window = hours * HOUR_MS;
    PLOTS
        .iter()
        .map(|plot| {
            let mut scene = Scene {
                estate,
                random: Random::keyed(&[estate.seed, key_of(plot.kind)]),
                start: start + window * plot.at / 100,
                length: (window * plot.part / 100).min(plot.minutes * MINUTE_MS),
                connections: Vec::new(),
            };
            (plot.act)(&mut scene);
            scene.end(plot, start + window)
        })
        .collect()
}

/// Whether a rule that an attack uses lets this connection in, so that it is not noise that is denied.
pub(super) fn is_let_in(estate: &Estate, connection: &Connection) -> bool {
    let Some(nic) = connection.destination else { return false };
    (nic == jump(estate) && connection.dst_port == 22) || (nic == exposed(estate) && connection.dst_port == 3_389)
}

/// An attack in the making.
struct Scene<'a> {
    estate: &'a Estate,
    random: Random,
    start: i64,
    length: i64,
    connections: Vec<Connection>,
}

/// One end: an address, and the NIC that owns it if it is logged.
#[derive(Clone, Copy)]
struct End {
    ip: Address,
    nic: Option<u32>,
}

fn outside(ip: Address) -> End {
    End { ip, nic: None }
}

impl Scene<'_> {
    fn inside(&self, nic: u32) -> End {
        End { ip: self.estate.nics[nic as usize].address, nic: Some(nic) }
    }

    /// A connection that is answered with small packets; the caller changes what differs.
    fn connection(&mut self, from: End, to: End, dst_port: u16, start: i64) -> Connection {
        let number = self.connections.len() as u64;
        let outgoing = if to.nic.is_some() { Rule::AllowVnetOut } else { Rule::AllowInternetOut };
        Connection {
            id: key(&[self.estate.seed, self.random.bits(), number]),
            start,
            active_end: start + 1_200,
            end: start + 1_200,
            src_ip: from.ip,
            dst_ip: to.ip,
            src_port: 32_768 + (self.random.below(4) + number * 7) as u16 % 28_000,
            dst_port,
            protocol: TCP,
            sent: volume(1_400, TCP),
            received: volume(1_600, TCP),
            decision: Decision::Allowed,
            attempts: 1,
            rule_out: outgoing,
            rule_in: Rule::DenyAllIn,
            source: from.nic,
            destination: to.nic,
            via: None,
        }
    }

    /// A moment for each of `count` things, ascending, spread over the scene with jitter.
    fn moment(&mut self, index: u64, count: u64) -> i64 {
        let step = (self.length as u64 / count).max(1);
        self.start + (index * step + self.random.below(step)) as i64
    }

    fn end(self, plot: &Plot, window_end: i64) -> Attack {
        let outward = matches!(plot.kind, "exposed_rdp" | "denied_spike");
        let of = |connection: &Connection| match outward {
            true => (connection.dst_ip, connection.src_ip),
            false => (connection.src_ip, connection.dst_ip),
        };
        let mut targets: Vec<Address> = self.connections.iter().map(|c| of(c).1).collect();
        targets.sort();
        targets.dedup();
        let mut ports: Vec<u16> = self.connections.iter().map(|c| c.dst_port).collect();
        ports.sort();
        ports.dedup();
        let first = self.connections.iter().map(|c| c.start).min().unwrap_or(self.start);
        let last = self.connections.iter().map(|c| c.end).max().unwrap_or(self.start);
        let label = Label {
            kind: plot.kind,
            actor: self.connections.first().map(|c| of(c).0.to_string()).unwrap_or_default(),
            targets: targets.iter().map(Address::to_string).collect(),
            ports,
            first_time: rfc3339(first),
            last_time: rfc3339(last.min(window_end)),
            detector: plot.detector,
        };
        Attack { label, connections: self.connections }
    }
}

/// The first NIC of that role in that VNet, else in any, else the first of all.
fn nic_of(estate: &Estate, vnet: Vnet, role: Role) -> u32 {
    let first = |vnet| estate.of_role(role, vnet).first().copied();
    first(Some(vnet)).or_else(|| first(None)).unwrap_or(0)
}

fn jump(estate: &Estate) -> u32 {
    nic_of(estate, Vnet::Hub, Role::Jump)
}

fn exposed(estate: &Estate) -> u32 {
    nic_of(estate, Vnet::Hub, Role::Web)
}

/// One address tries 600 ports of a web machine.
fn inbound_scan(scene: &mut Scene) {
    let target = scene.inside(nic_of(scene.estate, Vnet::Spoke, Role::Web));
    let offset = scene.random.below(1_000);
    for index in 0..600 {
        let start = scene.moment(index, 600);
        // 7 and 1,000 have no common factor: 600 different ports, in no order.
        let port = 1 + (offset + index * 7) % 1_000;
        let mut connection = scene.connection(outside(SCANNER), target, if port == 443 { 1_443 } else { port as u16 }, start);
        connection.decision = Decision::DeniedAtDestination;
        connection.end = start;
        scene.connections.push(connection);
    }
}

/// RDP of a machine is open to everybody, and 60 addresses have found it.
fn exposed_rdp(scene: &mut Scene) {
    let target = scene.inside(exposed(scene.estate));
    for index in 0..90 {
        let source = visitor(scene.estate.seed ^ key_of("rdp"), 1 + index % 60);
        let start = scene.moment(index, 90);
        let mut connection = scene.connection(outside(source), target, 3_389, start);
        connection.rule_in = Rule::RdpAnyIn;
        scene.connections.push(connection);
    }
}

/// 240 SSH log-ins from one address; the last one succeeds and stays a while.
fn ssh_brute_force(scene: &mut Scene) {
    let target = scene.inside(jump(scene.estate));
    for index in 0..240 {
        let start = scene.moment(index, 240);
        let mut connection = scene.connection(outside(BRUTE), target, 22, start);
        connection.rule_in = Rule::SshAnyIn;
        (connection.sent, connection.received) =
            (Volume { packets: 14, bytes: 2_270 }, Volume { packets: 15, bytes: 3_050 + scene.random.below(40) });
        if index == 239 {
            (connection.sent, connection.received) =
                (Volume { packets: 900, bytes: 96_000 }, Volume { packets: 1_100, bytes: 480_000 });
            connection.active_end = start + 12 * MINUTE_MS.min(scene.length / 24);
            connection.end = connection.active_end;
        }
        scene.connections.push(connection);
    }
}

/// The jump host calls its controller every 300 s, give or take 8 %.
fn beacon(scene: &mut Scene) {
    let actor = scene.inside(jump(scene.estate));
    let mut start = scene.start;
    while start < scene.start + scene.length {
        let mut connection = scene.connection(actor, outside(CONTROL), CONTROL_PORT, start);
        connection.sent.bytes += scene.random.below(30);
        connection.sent.packets += 6;
        connection.received.packets += 5;
        scene.connections.push(connection);
        start += (276 * SECOND_MS) + scene.random.below(48_000) as i64;
    }
}

/// The jump host looks for SMB on 96 addresses of the spoke; machines drop it, and most addresses are nobody's.
fn internal_sweep(scene: &mut Scene) {
    let actor = scene.inside(jump(scene.estate));
    for index in 0..96 {
        let ip = Address::from_v4(10 << 24 | Vnet::Spoke.octet() << 16 | (1 + index / 24) << 8 | (4 + index % 24));
        let nic = scene.estate.nics.iter().position(|nic| nic.address == ip).map(|nic| nic as u32);
        let start = scene.moment(u64::from(index), 96);
        let mut connection = scene.connection(actor, End { ip, nic }, 445, start);
        connection.rule_out = Rule::AllowVnetOut;
        connection.decision = Decision::DeniedAtDestination;
        connection.attempts = 2;
        scene.connections.push(connection);
    }
}

/// A machine tries 300 ports of a host on the Internet; nothing answers.
fn outbound_scan(scene: &mut Scene) {
    let actor = scene.inside(nic_of(scene.estate, Vnet::Hub, Role::App));
    for index in 0..300 {
        let start = scene.moment(index, 300);
        let mut connection = scene.connection(actor, outside(SCANNED), 20 + (index * 11 % 1_013) as u16, start);
        connection.decision = Decision::DeniedAtDestination;
        scene.connections.push(connection);
    }
}

/// A machine uploads 3.6 GB to an address that it never spoke to before.
fn exfiltration(scene: &mut Scene) {
    let actor = scene.inside(nic_of(scene.estate, Vnet::Spoke, Role::Batch));
    for index in 0..4 {
        let start = scene.start + scene.length / 4 * index;
        let mut connection = scene.connection(actor, outside(DROP_BOX), 443, start);
        connection.active_end = start + scene.length / 5;
        connection.end = connection.active_end;
        connection.sent = volume(900_000_000 + scene.random.below(20_000_000), TCP);
        connection.received = Volume { packets: connection.sent.packets / 2, bytes: connection.sent.packets / 2 * 54 };
        scene.connections.push(connection);
    }
}

/// 500 attempts from 180 addresses on a port that a web machine does not open.
fn denied_spike(scene: &mut Scene) {
    let target = scene.inside(nic_of(scene.estate, Vnet::Spoke, Role::Web));
    for index in 0..2_000 {
        let source = visitor(scene.estate.seed ^ key_of("spike"), 1 + scene.random.below(180));
        let start = scene.moment(index, 2_000);
        let mut connection = scene.connection(outside(source), target, 8_080, start);
        connection.decision = Decision::DeniedAtDestination;
        connection.end = start;
        scene.connections.push(connection);
    }
}
