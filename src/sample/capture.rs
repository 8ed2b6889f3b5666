//! What a NIC's host writes about a connection: its flow tuples.
//!
//! Goes in: one connection and one capture point. Comes out: the tuples, with counters that add up to the connection's.
//! Each NIC that a connection touches sees it for itself, a little later than the one before and on its own 5-minute tick.
//! Knows nothing of records, files or of how traffic comes about.

use super::estate::{Estate, Vnet};
use super::random::key;
use super::service::{Acl, Decision, Rule};
use super::traffic::{Connection, Volume};
use crate::schema::codes::{TCP, UDP};
use crate::schema::units::MINUTE_MS;
use crate::schema::{Address, Direction, Format};

/// One NIC as seen by one flow log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CapturePoint {
    pub nic: u32,
    /// NSG v2 or VNet v4.
    pub format: Format,
    /// Whether another log captures the same NIC and stands before it.
    pub repeats: bool,
}

/// Where in its life a flow stands, as the log says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Begin,
    Continuing,
    End,
    Denied,
}

/// One flow tuple, not yet written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuple {
    /// Milliseconds since the epoch; NSG logs will state whole seconds.
    pub time: i64,
    pub src_ip: Address,
    pub dst_ip: Address,
    pub src_port: u16,
    pub dst_port: u16,
    pub protocol: u8,
    pub direction: Direction,
    pub phase: Phase,
    pub encrypted: bool,
    pub rule: Rule,
    pub sent: Volume,
    pub received: Volume,
}

/// How often hosts write C tuples.
const TICK_MS: i64 = 5 * MINUTE_MS;
/// When SYNs are sent again after the first, ms.
static RETRIES_MS: &[i64] = &[0, 1_010, 3_020, 7_040];
/// A connection nobody answered is given up after this many ms.
const GIVE_UP_MS: i64 = 15_000;
/// A SYN with options.
const SYN_BYTES: u64 = 66;
/// Of a thousand TCP connections in a VNet log: logged plainly as B, E; re-created as B, E, B, E; the others as E, B, E.
const PLAIN_PER_THOUSAND: u64 = 250;
const RECREATED_PER_THOUSAND: u64 = 650;
/// Of a thousand load-balanced connections of at least this length, re-created by the platform half-way.
const PLATFORM_RECREATED_PER_THOUSAND: u64 = 150;
const PLATFORM_RECREATED_LEAST_MS: i64 = 2_000;

/// Adds the tuples of `connection` at `point`, in the order in which its host writes them.
pub(super) fn capture(estate: &Estate, point: CapturePoint, connection: &Connection, out: &mut Vec<Tuple>) {
    let seen = |place: Option<u32>| place == Some(point.nic);
    if seen(connection.source) {
        Host::new(estate, point, connection, Direction::Outbound, connection.rule_out, 0).log(out);
    }
    if seen(connection.via) {
        Host::new(estate, point, connection, Direction::Inbound, Rule::ForwardIn, 1).log(out);
        Host::new(estate, point, connection, Direction::Outbound, Rule::ForwardOut, 2).log(out);
    }
    if seen(connection.destination) {
        Host::new(estate, point, connection, Direction::Inbound, connection.rule_in, 3).log(out);
    }
}

/// A NIC's view of one connection, in one direction.
struct Host<'a> {
    connection: &'a Connection,
    format: Format,
    template: Tuple,
    tick_phase_ms: i64,
    /// How much later than the source this NIC sees each packet, ms.
    delay_ms: i64,
    /// Random bits of this connection at this NIC.
    bits: u64,
    /// UDP that this host's NSG log states no counters for.
    is_unmeasured: bool,
    /// What the tuples so far have stated.
    sent: Volume,
    received: Volume,
}

impl<'a> Host<'a> {
    fn new(estate: &Estate, point: CapturePoint, connection: &'a Connection, direction: Direction, rule: Rule, hop: u64) -> Self {
        let nic = &estate.nics[point.nic as usize];
        let is_vnet = point.format.is_vnet();
        let bits = key(&[connection.id, u64::from(point.nic), hop]);
        // NSG logs know no admin rules: there, the NSG's own rule drops it.
        let rule = if !is_vnet && rule.acl() == Acl::Admin { Rule::DenyAllIn } else { rule };
        let template = Tuple {
            time: 0,
            src_ip: connection.src_ip,
            dst_ip: connection.dst_ip,
            src_port: connection.src_port,
            dst_port: connection.dst_port,
            protocol: connection.protocol,
            direction,
            phase: Phase::Begin,
            encrypted: is_vnet && is_encrypted(estate, connection),
            rule,
            sent: Volume::default(),
            received: Volume::default(),
        };
        Self {
            connection,
            format: point.format,
            template,
            tick_phase_ms: nic.tick_phase_ms,
            delay_ms: if hop == 0 { 0 } else { hop as i64 + (bits % 6) as i64 },
            bits,
            is_unmeasured: !is_vnet && connection.protocol == UDP && !nic.measures_udp,
            sent: Volume::default(),
            received: Volume::default(),
        }
    }

    fn log(mut self, out: &mut Vec<Tuple>) {
        let is_destination = self.template.direction == Direction::Inbound;
        match self.connection.decision {
            Decision::Allowed if self.template.rule == Rule::Platform && !self.format.is_vnet() => {}
            Decision::Allowed => self.log_allowed(out),
            Decision::DeniedAtDestination if !is_destination => self.log_unanswered(out),
            Decision::DeniedAtDestination | Decision::DeniedAtSource => {
                let attempts = (self.connection.attempts as usize).min(RETRIES_MS.len());
                for retry_ms in &RETRIES_MS[..attempts] {
                    out.push(self.tuple(self.connection.start + retry_ms + self.delay_ms, Phase::Denied));
                }
            }
        }
    }

    /// The source's view of packets that are dropped elsewhere: they leave, nothing comes back.
    fn log_unanswered(&mut self, out: &mut Vec<Tuple>) {
        let attempts = self.connection.attempts.min(RETRIES_MS.len() as u64);
        out.push(self.tuple(self.connection.start, Phase::Begin));
        let mut end = self.tuple(self.connection.start + GIVE_UP_MS, Phase::End);
        if !self.is_unmeasured {
            end.sent = Volume { packets: attempts, bytes: attempts * SYN_BYTES };
        }
        out.push(end);
    }

    fn log_allowed(&mut self, out: &mut Vec<Tuple>) {
        let start = self.connection.start + self.delay_ms;
        let end = self.connection.end + self.delay_ms;
        let style = if self.format.is_vnet() && self.connection.protocol == TCP { self.bits >> 20 & 1_023 } else { 0 };
        // The handshake goes the slow way; then the flow is created again on the fast one.
        if style >= PLAIN_PER_THOUSAND && self.connection.received.packets > 1 {
            if style < PLAIN_PER_THOUSAND + RECREATED_PER_THOUSAND {
                out.push(self.tuple(start, Phase::Begin));
            }
            let handshake = Volume { packets: 1, bytes: SYN_BYTES };
            out.push(self.report(start, Phase::End, handshake, handshake));
        }
        out.push(self.tuple(start, Phase::Begin));

        let mut middle = self.platform_recreation();
        let mut tick = start + 1 + (self.tick_phase_ms - start - 1).rem_euclid(TICK_MS);
        while tick < end || middle.is_some() {
            match middle.filter(|time| *time <= tick) {
                Some(time) => {
                    self.template.rule = Rule::Platform;
                    out.push(self.report_until(time, Phase::End));
                    out.push(self.tuple(time, Phase::Begin));
                    middle = None;
                }
                None => {
                    out.push(self.report_until(tick, Phase::Continuing));
                    tick += TICK_MS;
                }
            }
        }
        out.push(self.report_until(end, Phase::End));
    }

    /// When the platform re-creates this load-balanced connection, if it does.
    fn platform_recreation(&self) -> Option<i64> {
        let connection = self.connection;
        let length = connection.active_end - connection.start;
        let happens = self.format.is_vnet()
            && connection.rule_in == Rule::HttpsIn
            && length >= PLATFORM_RECREATED_LEAST_MS
            && self.bits >> 40 & 1_023 < PLATFORM_RECREATED_PER_THOUSAND;
        happens.then(|| connection.start + self.delay_ms + length / 2)
    }

    fn tuple(&self, time: i64, phase: Phase) -> Tuple {
        Tuple { time, phase, ..self.template }
    }

    /// A C or E tuple at `time`, with what has passed since the last one.
    fn report_until(&mut self, time: i64, phase: Phase) -> Tuple {
        let elapsed = time - self.delay_ms - self.connection.start;
        let length = self.connection.active_end - self.connection.start;
        let passed = |total: Volume, stated: Volume| {
            // At least the last packet comes at the end.
            let packets = share(total.packets, elapsed, length).max(stated.packets);
            let bytes = share(total.bytes, elapsed, length).max(stated.bytes);
            Volume { packets, bytes }
        };
        let sent = passed(self.connection.sent, self.sent);
        let received = passed(self.connection.received, self.received);
        self.report(time, phase, sent, received)
    }

    /// A C or E tuple that brings what is stated in all to `sent` and `received`.
    fn report(&mut self, time: i64, phase: Phase, sent: Volume, received: Volume) -> Tuple {
        let mut tuple = self.tuple(time, phase);
        if !self.is_unmeasured {
            tuple.sent = difference(sent, self.sent);
            tuple.received = difference(received, self.received);
        }
        (self.sent, self.received) = (sent, received);
        tuple
    }
}

/// The part of `total` that has passed after `elapsed` of `length`.
fn share(total: u64, elapsed: i64, length: i64) -> u64 {
    if elapsed >= length {
        return total;
    }
    (u128::from(total) * elapsed.max(0) as u128 / length.max(1) as u128) as u64
}

fn difference(now: Volume, before: Volume) -> Volume {
    Volume { packets: now.packets - before.packets, bytes: now.bytes - before.bytes }
}

/// Virtual network encryption works between capable machines of the spoke: every second pair.
fn is_encrypted(estate: &Estate, connection: &Connection) -> bool {
    match (connection.source, connection.destination) {
        (Some(source), Some(destination)) => {
            let both_in_spoke = [source, destination].iter().all(|n| estate.nics[*n as usize].vnet == Vnet::Spoke);
            both_in_spoke && (source + destination) % 2 == 1
        }
        _ => false,
    }
}
