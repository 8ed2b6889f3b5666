//! Rules that hold over whole runs: order, place, threads, splits and compression change nothing, and tables add up.

mod counting;
mod estates;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use azflow::app::analyze::{AnalyzeSettings, analyze};
use azflow::app::exit::Outcome;
use azflow::app::progress::Silent;
use azflow::sample;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::Value;
use tempfile::TempDir;

use crate::logs::{HOUR, blob, gzip, nsg, put, vnet, vnet_path};
use crate::run::{self, Table, files, number, numbers};

/// The settings that most runs need: no lists, no window, one thread.
pub fn settings(inputs: Vec<String>, out: &Path) -> AnalyzeSettings {
    AnalyzeSettings { threads: Some(1), ..AnalyzeSettings::new(inputs, out.to_path_buf()) }
}

/// Every file of the report over `inputs`, and how the run ended.
fn report(inputs: &[&Path], change: impl FnOnce(&mut AnalyzeSettings)) -> (BTreeMap<String, Vec<u8>>, Outcome) {
    let out = folder();
    let mut settings = settings(inputs.iter().map(|path| path.display().to_string()).collect(), &out.path().join("report"));
    change(&mut settings);
    let outcome = analyze(&settings, &Silent).expect("the report is written");
    (files(&settings.out), outcome)
}

/// A folder of its own.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Names the first file that differs, rather than printing both folders.
fn assert_same(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>, what: &str) {
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in a {
        if *bytes != b[name] {
            let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>();
            let (a, b) = (lines(bytes), lines(&b[name]));
            let differing = a.iter().zip(&b).find(|(a, b)| a != b);
            panic!("{what}: {name} differs: {differing:?}, {} and {} lines", a.len(), b.len());
        }
    }
}

/// A tuple of a small world: few addresses and ports, so that flows meet and repeat.
fn tuples(is_vnet: bool) -> impl Strategy<Value = Vec<String>> {
    let one =
        (0i64..3 * 3600, 0u8..6, 0u8..6, 0u8..4, 0u8..8, 0u64..5_000).prop_map(move |(second, src, dst, port, kind, bytes)| {
            let ip = |n: u8| ["10.0.0.4", "10.0.0.5", "10.0.1.6", "203.0.113.7", "2001:db8::8", "168.63.129.16"][n as usize];
            let (src, dst, port) = (ip(src), ip(dst), [443, 22, 53, 8080][port as usize]);
            let direction = if kind % 2 == 0 { "I" } else { "O" };
            let time = HOUR + second;
            if is_vnet {
                let state = ["B", "C", "E", "D"][kind as usize / 2];
                let encryption = if bytes % 7 == 0 { "NX_ODD" } else { "NX" };
                let counters =
                    if "CE".contains(state) { format!("{},{bytes},1,{}", bytes / 50 + 1, bytes * 2) } else { "0,0,0,0".into() };
                format!(
                    "{time}{:03},{src},{dst},4000{},{port},6,{direction},{state},{encryption},{counters}",
                    bytes % 1000,
                    bytes % 3
                )
            } else {
                let state = ["A,B", "A,C", "A,E", "D,B"][kind as usize / 2];
                let counters =
                    if state.ends_with('B') { ",,,".into() } else { format!("{},{bytes},1,{}", bytes / 50 + 1, bytes * 2) };
                format!("{time},{src},{dst},4000{},{port},T,{direction},{state},{counters}", bytes % 3)
            }
        });
    prop::collection::vec(one, 0..12)
}

/// A record of one of three NICs, in one of both formats, sometimes with a bad tuple.
fn record(nic: u8) -> impl Strategy<Value = String> {
    (any::<bool>(), 0u8..3, 0u8..40, 0u8..8).prop_flat_map(move |(is_vnet, rule, minute, damage)| {
        tuples(is_vnet).prop_map(move |mut tuples| {
            if damage == 0 {
                tuples.push("1724086811,10.0.0.4,256.1.1.1,1,2,T,O,A,B,,,,".to_owned());
            }
            let (mac, time) = (format!("000D3A00000{nic}"), format!("2024-08-19T17:{minute:02}:00.0000000Z"));
            let rule = format!("Rule{rule}");
            if is_vnet { vnet(&mac, &time, &rule, &tuples) } else { nsg(&mac, &time, &rule, &tuples) }
        })
    })
}

/// The records of one capture point and hour.
fn records() -> impl Strategy<Value = (u8, i64, Vec<String>)> {
    (0u8..3, 0i64..3).prop_flat_map(|(nic, hour)| {
        prop::collection::vec(record(nic), 1..5).prop_map(move |mut records| {
            if records.len() > 2 {
                // A record that repeats in its unit.
                records.push(records[0].clone());
            }
            (nic, hour, records)
        })
    })
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: Some(Box::new(FileFailurePersistence::Off)), ..ProptestConfig::default() }
}

/// Writes the blobs in Azure's layout, the pieces of a unit beside each other.
fn write_units(folder: &Path, units: &[(u8, i64, Vec<String>)], pieces: usize) {
    for (index, (nic, hour, records)) in units.iter().enumerate() {
        let base = vnet_path(&format!("000D3A00000{nic}"), *hour);
        let base = base.strip_suffix("PT1H.json").expect("it ends so");
        let length = records.len().div_ceil(pieces);
        for (piece, records) in records.chunks(length.max(1)).enumerate() {
            put(folder, &format!("{base}{index}-{piece}.json"), blob(records));
        }
    }
}

/// `summary.json` without what a split may change.
fn summary_but_input(files: &BTreeMap<String, Vec<u8>>) -> Value {
    let mut summary: Value = serde_json::from_slice(&files["summary.json"]).expect("JSON");
    let input = summary["input"].as_object_mut().expect("an object");
    input.clear();
    summary
}

proptest! {
    #![proptest_config(config(5))]

    #[test]
    fn order_threads_and_place_change_no_byte(units in prop::collection::vec(records(), 1..7), seed in any::<u64>()) {
        let (here, there) = (folder(), folder());
        let place = there.path().join("deep/er").join("logs with spaces");
        write_units(here.path(), &units, 1);
        write_units(&place, &units, 1);
        let (first, outcome) = report(&[here.path()], |_| ());
        let (second, other) = report(&[&place], |settings| settings.threads = Some(1 + (seed % 5) as usize));
        assert_same(&first, &second, "other threads and place");
        prop_assert_eq!(outcome.exit, other.exit);

        // One INPUT per blob in a shuffled order: names of blobs are then file names, so compare such runs among each other.
        let mut blobs: Vec<_> = files(here.path()).into_keys().map(|name| here.path().join(name)).collect();
        let (ordered, _) = report(&blobs.iter().map(AsRef::as_ref).collect::<Vec<_>>(), |_| ());
        let by = (seed % blobs.len() as u64) as usize;
        blobs.rotate_left(by);
        blobs.reverse();
        let (shuffled, _) = report(&blobs.iter().map(AsRef::as_ref).collect::<Vec<_>>(), |settings| settings.threads = Some(3));
        assert_same(&ordered, &shuffled, "other order of the INPUTs");
    }

    #[test]
    fn a_split_at_record_boundaries_changes_no_table(units in prop::collection::vec(records(), 1..5), pieces in 2usize..5) {
        let (whole, split) = (folder(), folder());
        write_units(whole.path(), &units, 1);
        write_units(split.path(), &units, pieces);
        let ((whole, _), (split, _)) = (report(&[whole.path()], |_| ()), report(&[split.path()], |_| ()));
        prop_assert_eq!(summary_but_input(&whole), summary_but_input(&split));
        for name in whole.keys().filter(|name| name.ends_with(".csv") || name.ends_with("findings.json")) {
            if name != "tables/rejects.csv" {
                let text = |files: &BTreeMap<String, Vec<u8>>| String::from_utf8_lossy(&files[name]).into_owned();
                prop_assert_eq!(text(&whole), text(&split), "{} differs", name);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn arbitrary_bytes_are_read_without_panic_and_add_up(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        (_, _, records) in records(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        is_raw in any::<bool>(),
    ) {
        let mut text = blob(&records).into_bytes();
        for (index, byte) in damage {
            let at = index.index(text.len());
            text[at] = byte;
        }
        let folder = folder();
        let path = put(folder.path(), "x.json", if is_raw { &bytes } else { &text });
        let window = |settings: &mut AnalyzeSettings| {
            (settings.from, settings.to) = (Some((HOUR + 1_800) * 1_000), Some((HOUR + 7_200) * 1_000));
        };
        let (files, outcome) = report(&[&path], window);
        let summary: Value = serde_json::from_slice(&files["summary.json"]).expect("JSON");
        let [read, kept, rejected, duplicate, outside] =
            numbers(&summary, ["read", "kept", "rejected", "duplicate", "outside_window"].map(|key| format!("tuples.{key}")).each_ref().map(String::as_str));
        prop_assert_eq!(read, kept + rejected + duplicate + outside);
        prop_assert_eq!(number(&summary, "input.blobs_failed") > 0, outcome.exit.code() == 4, "{:?}", outcome);
        let reasons: u64 = summary["tuples"]["rejected_by_reason"].as_object().expect("an object").values().filter_map(Value::as_u64).sum();
        prop_assert_eq!(reasons, rejected + number(&summary, "input.records_rejected"));
    }
}

/// A sample of some hours with attacks, in its folder.
fn sampled() -> TempDir {
    let folder = folder();
    let settings = sample::Settings {
        out: folder.path().join("logs"),
        seed: 11,
        format: sample::SampleFormat::Both,
        start: 1_748_822_400_000,
        hours: 8,
        interfaces: 12,
        size: None,
        attacks: true,
    };
    sample::write(&settings).expect("the sample is written");
    folder
}

#[test]
fn plain_compressed_and_piped_blobs_give_the_same_numbers() {
    let records = [
        vnet("000D3AF87856", "t", "r", &crate::logs::VNET_TUPLES),
        nsg("000D3AF87899", "t", "s", &crate::logs::NSG_TUPLES),
        vnet("000D3AF87856", "t", "r", &crate::logs::VNET_TUPLES),
        nsg("000D3AF87899", "t", "s", &["bad"]),
    ];
    let text = blob(&records);
    let folder = folder();
    let stored = [
        ("a.json", text.clone().into_bytes()),
        ("b.json.gz", gzip(text.as_bytes())),
        ("c.json.zst", zstd::encode_all(text.as_bytes(), 3).expect("memory can be written")),
        ("misnamed.json", gzip(text.as_bytes())),
    ];
    let mut reports: Vec<run::Report> =
        stored.iter().map(|(name, bytes)| run::analyze([put(folder.path(), name, bytes)], &[])).collect();
    reports.push(run::analyze_reading(text.as_bytes(), ["-"], &[]));
    reports.push(run::analyze_reading(&gzip(text.as_bytes()), ["-"], &[]));
    let plain = reports[0].summary();
    assert_eq!(numbers(&plain, ["tuples.kept", "tuples.duplicate", "tuples.rejected"]), [8, 4, 1]);
    for report in &reports {
        assert_eq!(report.ran.code, 0, "{:?}", report.ran);
        let summary = report.summary();
        for key in ["window", "tuples", "traffic", "findings", "tables"] {
            assert_eq!(summary[key], plain[key], "{key}");
        }
        for key in ["input.records", "input.records_duplicate", "input.records_rejected", "input.blobs"] {
            assert_eq!(number(&summary, key), number(&plain, key), "{key}");
        }
        for (name, bytes) in files(&report.out.join("tables")) {
            if name != "rejects.csv" {
                assert_eq!(bytes, files(&reports[0].out.join("tables"))[&name], "{name}");
            }
        }
    }
}

const FLOWS: [&str; 4] = ["flows_inbound_allowed", "flows_inbound_denied", "flows_outbound_allowed", "flows_outbound_denied"];
const INBOUND: [&str; 2] = [FLOWS[0], FLOWS[1]];
const OUTBOUND: [&str; 2] = [FLOWS[2], FLOWS[3]];

/// One of `traffic.observed` and `traffic.deduplicated`, as the sums that tables hold.
struct Total {
    allowed: u64,
    denied: u64,
    by_direction: [u64; 4],
    bytes: [u64; 2],
    packets: [u64; 2],
    unmeasured: u64,
}

impl Total {
    fn of(traffic: &Value) -> Self {
        let by_direction = numbers(traffic, FLOWS);
        Self {
            allowed: by_direction[0] + by_direction[2],
            denied: by_direction[1] + by_direction[3],
            by_direction,
            bytes: numbers(traffic, ["bytes_src_to_dst", "bytes_dst_to_src"]),
            packets: numbers(traffic, ["packets_src_to_dst", "packets_dst_to_src"]),
            unmeasured: number(traffic, "tuples_unmeasured"),
        }
    }

    fn flows(&self) -> u64 {
        self.allowed + self.denied
    }

    fn all_bytes(&self) -> u64 {
        self.bytes.iter().sum()
    }

    fn all_packets(&self) -> u64 {
        self.packets.iter().sum()
    }

    /// What holds for every table that counts each flow once.
    fn check_once(&self, table: &Table, name: &str) {
        assert_eq!(table.sums(&["bytes_received", "bytes_sent"]), self.all_bytes(), "{name}: bytes");
        assert_eq!(table.sums(&["packets_received", "packets_sent"]), self.all_packets(), "{name}: packets");
        assert_eq!(table.sum("tuples_unmeasured"), self.unmeasured, "{name}: unmeasured");
        let (allowed, denied) = if table.columns.iter().any(|column| column == "flows_allowed") {
            (table.sum("flows_allowed"), table.sum("flows_denied"))
        } else {
            (table.sums(&[FLOWS[0], FLOWS[2]]), table.sums(&[FLOWS[1], FLOWS[3]]))
        };
        assert_eq!((allowed, denied), (self.allowed, self.denied), "{name}: flows");
    }

    /// What holds for tables in which both ends of a flow have their row.
    fn check_both_ends(&self, table: &Table, name: &str) {
        assert_eq!(table.sums(&INBOUND), self.flows(), "{name}: inbound");
        assert_eq!(table.sums(&OUTBOUND), self.flows(), "{name}: outbound");
        assert_eq!((table.sum(FLOWS[0]), table.sum(FLOWS[2])), (self.allowed, self.allowed), "{name}: allowed");
        assert_eq!(table.sum("bytes_received"), self.all_bytes(), "{name}: received");
        assert_eq!(table.sum("bytes_sent"), self.all_bytes(), "{name}: sent");
        assert_eq!(table.sum("packets_received"), self.all_packets(), "{name}: packets received");
        assert_eq!(table.sum("packets_sent"), self.all_packets(), "{name}: packets sent");
    }
}

/// The identities of every table of a report.
fn check_tables(report: &run::Report) {
    let summary = report.summary();
    let once = Total::of(&summary["traffic"]["deduplicated"]);
    let observed = Total::of(&summary["traffic"]["observed"]);
    assert!(observed.flows() >= once.flows() && once.flows() > 0);
    for name in ["traffic_by_ip", "traffic_by_subnet"] {
        once.check_both_ends(&report.table(name), name);
    }
    for name in ["traffic_by_pair", "subnet_matrix"] {
        let table = report.table(name);
        once.check_once(&table, name);
        assert_eq!([table.sum("bytes_sent"), table.sum("bytes_received")], once.bytes, "{name}: directions");
        assert_eq!([table.sum("packets_sent"), table.sum("packets_received")], once.packets, "{name}: directions");
    }
    let ports = report.table("traffic_by_port");
    once.check_once(&ports, "traffic_by_port");
    assert_eq!([ports.sum("bytes_received"), ports.sum("bytes_sent")], once.bytes, "received is towards the port");
    for name in ["traffic_over_time", "traffic_by_flow_type", "traffic_by_country"] {
        let table = report.table(name);
        once.check_once(&table, name);
        assert_eq!(FLOWS.map(|column| table.sum(column)), once.by_direction, "{name}: directions");
    }
    for name in ["traffic_by_interface", "traffic_by_rule"] {
        let table = report.table(name);
        observed.check_once(&table, name);
        assert_eq!(FLOWS.map(|column| table.sum(column)), observed.by_direction, "{name}: directions");
    }
    let [kept, records] = numbers(&summary, ["tuples.kept", "input.records"]);
    assert_eq!(report.table("capture_points").sum("tuples"), kept);
    assert_eq!(report.table("coverage").sum("tuples"), kept);
    assert_eq!(report.table("capture_points").sum("records"), records);
    for (name, table) in summary["tables"].as_object().expect("an object") {
        assert_eq!(number(table, "rows"), report.table(name).rows.len() as u64, "{name}: rows");
    }
}

#[test]
fn tables_add_up() {
    let sample = sampled();
    check_tables(&run::analyze([sample.path().join("logs")], &[]));
}

#[test]
fn tables_add_up_with_hours_and_within_a_window() {
    let sample = sampled();
    let window = ["--interval", "60m", "--from", "2025-06-02T01:30:00Z", "--to", "2025-06-02T05:00:00Z"];
    let report = run::analyze([sample.path().join("logs")], &window);
    let summary = report.summary();
    assert!(number(&summary, "tuples.outside_window") > 0);
    assert!(summary["window"]["first_time"].as_str() >= Some("2025-06-02T01:30"));
    assert!(summary["window"]["last_time"].as_str() < Some("2025-06-02T05:00"));
    let once = Total::of(&summary["traffic"]["deduplicated"]);
    once.check_both_ends(&report.table("traffic_by_ip"), "traffic_by_ip");
    once.check_once(&report.table("traffic_over_time"), "traffic_over_time");
    assert_eq!(report.table("traffic_over_time").rows.len(), 4);
}

#[test]
fn the_rest_of_a_shortened_table_is_one_row_and_the_sums_hold() {
    let sample = sampled();
    let report = run::analyze([sample.path().join("logs")], &["--top-rows", "5"]);
    check_tables(&report);
    for (name, first, others) in
        [("traffic_by_pair", "src_ip", &["dst_ip", "dst_port", "protocol"][..]), ("traffic_by_port", "dst_port", &["protocol"])]
    {
        let table = report.table(name);
        let (last, kept) = table.rows.split_last().expect("rows");
        assert_eq!(kept.len(), 5, "{name}");
        assert_eq!(last[first], "other", "{name}");
        assert!(others.iter().all(|column| last[*column].is_empty()), "{name}: {last:?}");
        assert!(kept.iter().all(|row| row[first] != "other"), "{name}");
    }
}

#[test]
fn no_table_has_a_key_twice() {
    let sample = sampled();
    let report = run::analyze([sample.path().join("logs")], &[]);
    for (name, key) in [
        ("traffic_by_ip", &["ip"][..]),
        ("traffic_by_interface", &["mac"]),
        ("traffic_by_subnet", &["subnet", "vnet", "prefix"]),
        ("traffic_by_pair", &["src_ip", "dst_ip", "dst_port", "protocol"]),
        ("traffic_by_port", &["dst_port", "protocol"]),
        ("traffic_by_rule", &["acl", "rule", "direction", "status"]),
        ("traffic_over_time", &["interval_start"]),
        ("subnet_matrix", &["src_subnet", "dst_subnet"]),
        ("coverage", &["log_resource", "mac", "hour"]),
        ("capture_points", &["log_resource", "target_resource", "mac", "format"]),
    ] {
        let table = report.table(name);
        let keys: BTreeSet<Vec<&String>> =
            table.rows.iter().map(|row| key.iter().map(|column| &row[*column]).collect()).collect();
        assert_eq!(keys.len(), table.rows.len(), "{name}");
        assert!(!keys.is_empty(), "{name}");
    }
}
