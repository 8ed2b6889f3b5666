//! Tuples into records, records into the text of a blob, as Azure writes them.
//!
//! Goes in: the tuples of one capture point that its records of one hour state. Comes out: the blob's bytes.
//! Records follow each other about a minute apart, lag behind their tuples, and are cut at 32 KB.
//! Knows nothing of files and of how tuples come about.

use super::capture::{CapturePoint, Phase, Tuple};
use super::estate::{Estate, Nic, guid, nsg_name};
use super::random::key;
use super::service::{Acl, RULES, Rule};
use crate::schema::codes::{TCP, UDP};
use crate::schema::units::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, date};
use crate::schema::{Address, Direction, Format};

/// A record never grows beyond this; the overflow stands in another record of the same time.
///
/// Unit: bytes. The largest records seen in real logs have 32,184 to 32,270 bytes.
pub(super) const RECORD_BYTES_MAX: usize = 32_256;

/// What closes a rule's tuples, and then the record; the same text in both formats.
const RULE_CLOSER: &[u8] = b"]}]}";
const RECORD_CLOSER: &[u8] = b"]}}";
/// No tuple is longer: two IPv6 addresses, four counters, quotes and a comma. Unit: bytes.
const TUPLE_BYTES_MAX: usize = 220;

/// A record states no tuple younger than this, ms.
const LAG_LEAST_MS: i64 = 2_000;

/// When the records of a NIC are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// The time of record 0.
    first: i64,
    cadence: i64,
}

impl Clock {
    /// The clock of `nic` for a window at `start`.
    pub(super) fn new(nic: &Nic, start: i64) -> Self {
        Self { first: start + nic.record_offset_ms, cadence: nic.record_cadence_ms }
    }

    /// The number of the record that states a tuple of that time; negative before the window.
    pub(super) fn record(&self, tuple_time: i64) -> i64 {
        -((self.first - tuple_time - LAG_LEAST_MS).div_euclid(self.cadence))
    }

    /// When record `number` is written, ms since the epoch.
    pub(super) fn time(&self, number: i64) -> i64 {
        self.first + number * self.cadence
    }
}

/// Writes the blobs of one capture point, reusing its buffers.
pub(super) struct Writer {
    format: Format,
    seed: u64,
    /// A record's text between its time and its first rule.
    after_time: String,
    /// What opens each rule's tuples, in the order of [`Rule`].
    rule_openers: Vec<String>,
    /// The blob's name up to the date, and after it.
    path_head: String,
    path_tail: String,
    order: Vec<(u64, u32)>,
    blob: Vec<u8>,
}

impl Writer {
    pub(super) fn new(estate: &Estate, point: CapturePoint) -> Self {
        let nic = &estate.nics[point.nic as usize];
        let mac = &nic.mac;
        let nsg = estate.nsg_id(nic.vnet, nic.role);
        let admin = guid(estate.seed, "admin configuration", 0);
        let head = if point.format.is_vnet() { vnet_head(estate, nic) } else { nsg_head(estate, nic, &nsg) };
        let opener = |rule: Rule| match point.format {
            Format::VnetV4 => {
                let acl = acl_id(rule, &nsg, &admin);
                format!(r#"{{"aclID":"{acl}","flowGroups":[{{"rule":"{}","flowTuples":["#, rule.name())
            }
            _ => format!(r#"{{"rule":"{}","flows":[{{"mac":"{mac}","flowTuples":["#, rule.name()),
        };
        Self {
            format: point.format,
            seed: estate.seed,
            after_time: head.after_time,
            rule_openers: RULES.iter().map(|(rule, _, _)| opener(*rule)).collect(),
            path_head: head.path,
            path_tail: format!("m=00/macAddress={mac}/PT1H.json"),
            order: Vec::new(),
            blob: Vec::new(),
        }
    }

    /// The name of the blob of the hour at `hour_start`.
    pub(super) fn path(&self, hour_start: i64) -> String {
        let (year, month, day) = date(hour_start);
        let hour = hour_start.rem_euclid(DAY_MS) / HOUR_MS;
        format!("{}/y={year:04}/m={month:02}/d={day:02}/h={hour:02}/{}", self.path_head, self.path_tail)
    }

    /// The text of the blob that states `tuples`, which may stand in any order. Empty for no tuples.
    pub(super) fn blob(&mut self, clock: Clock, tuples: &[Tuple]) -> &[u8] {
        self.blob.clear();
        let Some(first) = tuples.iter().map(|t| clock.record(t.time)).min() else { return &self.blob };
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(tuples.iter().zip(0..).map(|(tuple, index)| (sort_key(clock, tuple, first), index)));
        order.sort_unstable();
        self.blob.extend_from_slice(b"{\"records\":[");
        let mut open = None;
        for (_, index) in &order {
            open = Some(self.push(clock, &tuples[*index as usize], open));
        }
        self.blob.extend_from_slice(RULE_CLOSER);
        self.blob.extend_from_slice(RECORD_CLOSER);
        self.blob.extend_from_slice(b"]}");
        self.order = order;
        &self.blob
    }

    /// Adds one tuple after what is open, and returns what is open then.
    fn push(&mut self, clock: Clock, tuple: &Tuple, open: Option<Open>) -> Open {
        let number = clock.record(tuple.time);
        let opener_bytes = self.rule_openers[tuple.rule as usize].len();
        let most = RULE_CLOSER.len() + 1 + opener_bytes + TUPLE_BYTES_MAX + RULE_CLOSER.len() + RECORD_CLOSER.len();
        let fits = |o: &Open| o.number == number && self.blob.len() - o.start + most <= RECORD_BYTES_MAX;
        match open.filter(fits) {
            Some(open) if open.rule == tuple.rule => {
                self.blob.push(b',');
                self.push_tuple(tuple);
                open
            }
            Some(open) => {
                self.blob.extend_from_slice(RULE_CLOSER);
                self.blob.push(b',');
                self.blob.extend_from_slice(self.rule_openers[tuple.rule as usize].as_bytes());
                self.push_tuple(tuple);
                Open { rule: tuple.rule, ..open }
            }
            None => {
                if open.is_some() {
                    self.blob.extend_from_slice(RULE_CLOSER);
                    self.blob.extend_from_slice(RECORD_CLOSER);
                    self.blob.push(b',');
                }
                let start = self.blob.len();
                self.blob.extend_from_slice(b"{\"time\":\"");
                self.push_time(clock.time(number), number);
                self.blob.extend_from_slice(self.after_time.as_bytes());
                self.blob.extend_from_slice(self.rule_openers[tuple.rule as usize].as_bytes());
                self.push_tuple(tuple);
                Open { number, rule: tuple.rule, start }
            }
        }
    }

    /// A record's time: seven decimals, of which the last four are noise.
    fn push_time(&mut self, time: i64, number: i64) {
        let (year, month, day) = date(time);
        let of_day = time.rem_euclid(DAY_MS);
        let (hour, minute, second) = (of_day / HOUR_MS, of_day / MINUTE_MS % 60, of_day / SECOND_MS % 60);
        let fraction = of_day % SECOND_MS * 10_000 + (key(&[self.seed, number as u64]) % 10_000) as i64;
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z");
        self.blob.extend_from_slice(text.as_bytes());
    }

    fn push_tuple(&mut self, tuple: &Tuple) {
        let is_vnet = self.format.is_vnet();
        let out = &mut self.blob;
        out.push(b'"');
        push_number(out, (if is_vnet { tuple.time } else { tuple.time / SECOND_MS }) as u64);
        out.push(b',');
        push_address(out, tuple.src_ip);
        out.push(b',');
        push_address(out, tuple.dst_ip);
        out.push(b',');
        push_number(out, u64::from(tuple.src_port));
        out.push(b',');
        push_number(out, u64::from(tuple.dst_port));
        out.push(b',');
        match (is_vnet, tuple.protocol) {
            (false, TCP) => out.push(b'T'),
            (false, UDP) => out.push(b'U'),
            (_, protocol) => push_number(out, u64::from(protocol)),
        }
        out.extend_from_slice(if tuple.direction == Direction::Inbound { b",I," } else { b",O," });
        out.extend_from_slice(match (is_vnet, tuple.phase) {
            (true, Phase::Begin) => b"B,",
            (true, Phase::Continuing) => b"C,",
            (true, Phase::End) => b"E,",
            (true, Phase::Denied) => b"D,",
            (false, Phase::Begin) => b"A,B,",
            (false, Phase::Continuing) => b"A,C,",
            (false, Phase::End) => b"A,E,",
            (false, Phase::Denied) => b"D,B,",
        });
        if is_vnet {
            out.extend_from_slice(if tuple.encrypted { b"X," } else { b"NX," });
        }
        if !is_vnet && matches!(tuple.phase, Phase::Begin | Phase::Denied) {
            out.extend_from_slice(b",,,\"");
            return;
        }
        let counters = [tuple.sent.packets, tuple.sent.bytes, tuple.received.packets, tuple.received.bytes];
        for (index, counter) in counters.into_iter().enumerate() {
            push_number(out, counter);
            out.push(if index < 3 { b',' } else { b'"' });
        }
    }
}

/// The record, rule and place that the writer is in.
#[derive(Clone, Copy)]
struct Open {
    number: i64,
    rule: Rule,
    /// Where the record begins in the blob.
    start: usize,
}

/// Orders tuples by record, rule and time; `first` is the number of the blob's first record.
fn sort_key(clock: Clock, tuple: &Tuple, first: i64) -> u64 {
    let number = clock.record(tuple.time);
    let since = (tuple.time - clock.time(number - 2)).clamp(0, 0xffff_ffff);
    ((number - first) as u64) << 40 | (tuple.rule as u64) << 32 | since as u64
}

/// Container and key, resource, and the rest of a record's head, of an NSG flow log.
struct Head {
    path: String,
    after_time: String,
}

fn nsg_head(estate: &Estate, nic: &Nic, nsg: &str) -> Head {
    let resource = nsg.to_uppercase();
    let system = guid(estate.seed, &nsg_name(nic.vnet, nic.role), 0);
    Head {
        path: format!("insights-logs-networksecuritygroupflowevent/resourceId={resource}"),
        after_time: format!(
            r#"","systemId":"{system}","macAddress":"{}","category":"NetworkSecurityGroupFlowEvent","resourceId":"{resource}","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":2,"flows":["#,
            nic.mac
        ),
    }
}

fn vnet_head(estate: &Estate, nic: &Nic) -> Head {
    let subscription = estate.subscription.to_uppercase();
    let name = format!("{}-{}-flowlog", nic.vnet.name(), nic.vnet.resource_group()).to_uppercase();
    let guid = guid(estate.seed, nic.vnet.name(), 1);
    let target = estate.resource_id(nic.vnet, "Microsoft.Network/virtualNetworks", nic.vnet.name());
    let resource = format!(
        "/SUBSCRIPTIONS/{subscription}/RESOURCEGROUPS/NETWORKWATCHERRG/PROVIDERS/MICROSOFT.NETWORK/NETWORKWATCHERS/NETWORKWATCHER_WESTEUROPE/FLOWLOGS/{name}"
    );
    Head {
        path: format!(
            "insights-logs-flowlogflowevent/flowLogResourceID=/{subscription}_NETWORKWATCHERRG/NETWORKWATCHER_WESTEUROPE_{name}"
        ),
        after_time: format!(
            r#"","flowLogGUID":"{guid}","macAddress":"{}","category":"FlowLogFlowEvent","flowLogResourceID":"{resource}","targetResourceID":"{target}","flowLogVersion":4,"operationName":"FlowLogFlowEvent","flowRecords":{{"flows":["#,
            nic.mac
        ),
    }
}

/// The `aclID` of a rule in a VNet log; `admin` is the GUID of the admin configuration.
fn acl_id<'a>(rule: Rule, nsg: &'a str, admin: &'a str) -> &'a str {
    match rule.acl() {
        Acl::Nsg => nsg,
        Acl::Admin => admin,
        Acl::Platform => "00000000-0000-0000-0000-000000000000",
    }
}

fn push_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

fn push_address(out: &mut Vec<u8>, address: Address) {
    match address.v4() {
        Some(bits) => {
            for (index, byte) in bits.to_be_bytes().into_iter().enumerate() {
                if index > 0 {
                    out.push(b'.');
                }
                push_number(out, u64::from(byte));
            }
        }
        None => out.extend_from_slice(address.to_string().as_bytes()),
    }
}
