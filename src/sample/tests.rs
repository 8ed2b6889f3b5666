//! What holds for every sample.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::*;

/// Microsoft's probers always come from this port, so that their 5-tuples repeat.
const PROBER_PORT: u16 = 23_456;

/// Twelve NICs over the hours from 2025-06-02T08:00Z, a Monday.
fn settings(out: &Path, hours: u32) -> Settings {
    let start = 1_748_851_200_000;
    let format = SampleFormat::Both;
    Settings { out: out.to_path_buf(), seed: 7, format, start, hours, interfaces: 12, size: None, attacks: false }
}

/// Every file below a folder, by its relative name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
        let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_string();
        found.insert(name, fs::read_to_string(entry.path()).unwrap());
    }
    found
}

/// One record of a blob, taken apart.
struct Record {
    blob: String,
    is_vnet: bool,
    mac: String,
    time: String,
    bytes: usize,
    /// Each rule with its tuples, split at commas.
    rules: Vec<(String, Vec<Vec<String>>)>,
}

fn records(folder: &Path) -> Vec<Record> {
    let mut all = Vec::new();
    for (blob, text) in files(folder).into_iter().filter(|(name, _)| name.ends_with("PT1H.json")) {
        let json: Value = serde_json::from_str(&text).unwrap();
        assert!(text.starts_with(r#"{"records":["#) && text.ends_with("]}"));
        for record in json["records"].as_array().unwrap() {
            let is_vnet = record["flowLogVersion"] == 4;
            let (outer, inner) = if is_vnet { ("flowRecords", "flowGroups") } else { ("properties", "flows") };
            let mut rules = Vec::new();
            for flow in record[outer]["flows"].as_array().unwrap() {
                for group in flow[inner].as_array().unwrap() {
                    let rule = if is_vnet { &group["rule"] } else { &flow["rule"] };
                    let tuples = group["flowTuples"].as_array().unwrap().iter();
                    let split = |t: &Value| t.as_str().unwrap().split(',').map(str::to_string).collect();
                    rules.push((rule.as_str().unwrap().to_string(), tuples.map(split).collect()));
                }
            }
            let text_of = |key: &str| record[key].as_str().unwrap().to_string();
            let (mac, time, bytes) = (text_of("macAddress"), text_of("time"), serde_json::to_vec(record).unwrap().len());
            all.push(Record { blob: blob.clone(), is_vnet, mac, time, bytes, rules });
        }
    }
    all
}

#[test]
fn the_same_settings_give_the_same_bytes_whatever_the_threads() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let with = |folder: &Path| Settings { attacks: true, ..settings(folder, 2) };
    let written = write(&with(one.path())).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(pool.install(|| write(&with(two.path())).unwrap()), written);
    assert_eq!(files(one.path()), files(two.path()));
    let bytes: usize = files(one.path()).iter().filter(|(name, _)| name.ends_with("PT1H.json")).map(|f| f.1.len()).sum();
    assert_eq!(bytes as u64, written.bytes);
    let other = tempfile::tempdir().unwrap();
    write(&Settings { seed: 8, ..with(other.path()) }).unwrap();
    assert_ne!(files(one.path()), files(other.path()));
}

#[test]
fn every_tuple_has_thirteen_fields_and_its_formats_codes() {
    let folder = tempfile::tempdir().unwrap();
    write(&Settings { attacks: true, ..settings(folder.path(), 2) }).unwrap();
    for record in records(folder.path()) {
        for (rule, tuple) in record.rules.iter().flat_map(|(rule, tuples)| tuples.iter().map(move |t| (rule, t))) {
            assert_eq!(tuple.len(), 13, "{tuple:?}");
            assert!(matches!(tuple[6].as_str(), "I" | "O"));
            let counters = tuple[9..].join(",");
            if record.is_vnet {
                assert_eq!(tuple[0].len(), 13);
                assert!(matches!(tuple[5].as_str(), "6" | "17"));
                assert!(matches!(tuple[8].as_str(), "X" | "NX"));
                assert!(matches!(tuple[7].as_str(), "C" | "E") || counters == "0,0,0,0", "{tuple:?}");
            } else {
                assert_eq!(tuple[0].len(), 10);
                assert!(matches!(tuple[5].as_str(), "T" | "U"));
                assert!(matches!((tuple[7].as_str(), tuple[8].as_str()), ("A", "B" | "C" | "E") | ("D", "B")));
                assert_eq!(tuple[8] == "B", counters == ",,,");
                assert!(rule != "PlatformRule" && !rule.starts_with("Block"));
            }
        }
    }
}

#[test]
fn records_stay_within_32_kb_lag_behind_their_tuples_and_are_cut_where_they_overflow() {
    let folder = tempfile::tempdir().unwrap();
    write(&Settings { size: Some(8_000_000), interfaces: 2, ..settings(folder.path(), 1) }).unwrap();
    let all = records(folder.path());
    assert!(all.iter().all(|r| r.bytes <= 32_768));
    let cut = all.windows(2).filter(|pair| pair[0].blob == pair[1].blob && pair[0].time == pair[1].time).count();
    assert!(cut > 5, "{cut}");
    for record in &all {
        let seconds = record.time[14..16].parse::<i64>().unwrap() * 60 + record.time[17..19].parse::<i64>().unwrap();
        for (_, tuples) in &record.rules {
            let times: Vec<i64> = tuples.iter().map(|t| t[0].parse().unwrap()).collect();
            assert!(times.is_sorted());
            let unit = if record.is_vnet { 1_000 } else { 1 };
            let lag = times.iter().map(|time| (seconds - time / unit % 3_600).rem_euclid(3_600));
            assert!(lag.clone().all(|lag| (1..=64).contains(&lag)), "{:?}", lag.max());
        }
    }
}

#[test]
fn counters_of_every_nic_add_up_to_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 4);
    write(&settings).unwrap();
    let mut sums = BTreeMap::<(bool, String, String), [u64; 4]>::new();
    for record in records(folder.path()) {
        for tuple in record.rules.iter().flat_map(|(_, tuples)| tuples) {
            let key = (record.is_vnet, record.mac.clone(), format!("{} {}", tuple[6], tuple[1..5].join(" ")));
            let sum = sums.entry(key).or_default();
            for (sum, counter) in sum.iter_mut().zip(&tuple[9..]) {
                *sum += counter.parse::<u64>().unwrap_or(0);
            }
        }
    }
    // A record lags up to a minute; what ends later may not have been stated.
    let last = settings.start + 4 * HOUR_MS - 120_000;
    let mut checked = [0; 3];
    let is_whole = |t: &&Truth| t.is_allowed && t.protocol == 6 && t.end < last && t.src_port != PROBER_PORT;
    for truth in truth(&settings).unwrap().iter().filter(is_whole) {
        let expected = [truth.sent.packets, truth.sent.bytes, truth.received.packets, truth.received.bytes];
        let five = format!("{} {} {} {}", truth.src_ip, truth.dst_ip, truth.src_port, truth.dst_port);
        let sides = [(&truth.source, "O"), (&truth.destination, "I"), (&truth.via, "I"), (&truth.via, "O")];
        let mut seen = 0;
        for (mac, direction) in sides.into_iter().filter_map(|(mac, direction)| Some((mac.as_ref()?, direction))) {
            for is_vnet in [false, true] {
                if let Some(sum) = sums.get(&(is_vnet, mac.clone(), format!("{direction} {five}"))) {
                    assert_eq!(*sum, expected, "{truth:?}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 0, "{truth:?}");
        checked[usize::min(seen, 3) - 1] += 1;
    }
    assert!(checked.iter().all(|count| *count > 5), "{checked:?}");
}

#[test]
fn the_size_asked_for_is_met_within_a_quarter() {
    for (bytes, hours) in [(1_500_000, 6), (12_000_000, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let written = write(&Settings { size: Some(bytes), ..settings(folder.path(), hours) }).unwrap();
        let ratio = written.bytes as f64 / bytes as f64;
        assert!((0.75..1.25).contains(&ratio), "{ratio}");
    }
}

#[test]
fn labels_name_actors_and_targets_that_the_logs_show() {
    let folder = tempfile::tempdir().unwrap();
    write(&Settings { attacks: true, ..settings(folder.path(), 6) }).unwrap();
    let mut pairs = BTreeSet::new();
    for tuple in records(folder.path()).iter().flat_map(|r| &r.rules).flat_map(|(_, tuples)| tuples) {
        pairs.insert((tuple[1].clone(), tuple[2].clone(), tuple[4].clone()));
    }
    let labels: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("labels.json")).unwrap()).unwrap();
    let labels = labels.as_array().unwrap();
    assert_eq!(labels.len(), 8);
    for label in labels {
        let actor = label["actor"].as_str().unwrap();
        for target in label["targets"].as_array().unwrap() {
            let target = target.as_str().unwrap();
            let meets = |(src, dst, port): &(String, String, String)| {
                let is_port = label["ports"].as_array().unwrap().iter().any(|p| p.as_u64() == port.parse().ok());
                is_port && ((src == actor && dst == target) || (src == target && dst == actor))
            };
            assert!(pairs.iter().any(meets), "{} {actor} {target}", label["kind"]);
        }
    }
}

#[test]
fn without_attacks_nobody_reaches_for_ten_that_do_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    for size in [None, Some(20_000_000)] {
        let mut failed = BTreeMap::<_, BTreeSet<_>>::new();
        for truth in truth(&Settings { size, ..settings(folder.path(), 24) }).unwrap() {
            let answers = truth.received.packets > 1 || truth.src_port == PROBER_PORT;
            if !answers {
                failed.entry((truth.src_ip, truth.start / HOUR_MS)).or_default().insert((truth.dst_ip, truth.dst_port));
            }
        }
        assert!(failed.len() > 50);
        assert!(failed.values().all(|peers| peers.len() < 10));
    }
}

#[test]
fn one_nic_misses_an_hour_and_one_is_logged_by_both_kinds() {
    let folder = tempfile::tempdir().unwrap();
    write(&settings(folder.path(), 6)).unwrap();
    let mut hours = BTreeMap::<(bool, String), BTreeSet<String>>::new();
    for record in records(folder.path()) {
        hours.entry((record.is_vnet, record.mac)).or_default().insert(record.time[..13].to_string());
    }
    assert_eq!(hours.len(), 13);
    let gaps: Vec<_> = hours.values().filter(|h| !h.contains("2025-06-02T12")).collect();
    assert_eq!(gaps.len(), 1);
    let both = hours.keys().filter(|(is_vnet, mac)| !is_vnet && hours.contains_key(&(true, mac.clone())));
    assert_eq!(both.count(), 1);
}

#[test]
fn one_format_alone_logs_every_nic_in_it() {
    for (format, is_vnet) in [(SampleFormat::Nsg, false), (SampleFormat::Vnet, true)] {
        let folder = tempfile::tempdir().unwrap();
        write(&Settings { format, ..settings(folder.path(), 1) }).unwrap();
        let all = records(folder.path());
        assert!(all.iter().all(|r| r.is_vnet == is_vnet));
        assert_eq!(all.iter().map(|r| r.mac.as_str()).collect::<BTreeSet<_>>().len(), 12);
    }
}

#[test]
fn settings_out_of_range_and_folders_in_use_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = settings(&folder.path().join("new"), 1);
    for bad in [
        Settings { interfaces: 0, ..good.clone() },
        Settings { interfaces: 20_001, ..good.clone() },
        Settings { hours: 0, ..good.clone() },
        Settings { start: good.start + 1, ..good.clone() },
        Settings { start: -3_600_000, ..good.clone() },
    ] {
        assert!(write(&bad).is_err());
    }
    write(&good).unwrap();
    assert!(write(&good).is_err());
}

#[test]
fn estates_of_any_size_can_be_made() {
    for interfaces in [1, 2, 5, 40] {
        let folder = tempfile::tempdir().unwrap();
        let written = write(&Settings { interfaces, attacks: true, ..settings(folder.path(), 1) }).unwrap();
        assert!(written.blobs > 0);
    }
}
