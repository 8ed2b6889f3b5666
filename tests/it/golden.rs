//! Small hand-made blobs, one for each trait of the formats and each way to be wrong, and all that is decoded from them.
//!
//! Goes in: `tests/data/golden/NAME.json`. Comes out: every row and reject as text, held against `tests/it/snapshots`.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::Path;

use azflow::decode::decode_all;
use azflow::schema::units::rfc3339;
use azflow::schema::{Counters, Dictionary, FlowBatch, FlowTuple, Reject};

use crate::run::{analyze, files, number, numbers};

/// Decodes the blob and holds what came out against its snapshot.
fn check(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden").join(name).with_extension("json");
    let blob = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!(name, decoded(&blob));
    });
}

/// All that `blob` yields. Positions are checked: each reject's offset is where its text stands.
fn decoded(blob: &[u8]) -> String {
    let mut text = String::new();
    let mut first_seen = HashMap::new();
    let end = decode_all(blob, &mut |batch, dictionary| {
        let at = blob[batch.record.byte_offset as usize];
        assert!(batch.is_unwalked || at == b'{', "record {} does not stand at its offset", batch.record.index);
        write_record(&mut text, batch, dictionary);
        if !batch.is_unwalked {
            let first = *first_seen.entry(batch.record.content).or_insert(batch.record.index);
            if first != batch.record.index {
                let _ = writeln!(text, "  repeats record {first}");
            }
        }
        for reject in &batch.rejects {
            let at = &blob[reject.byte_offset as usize..];
            let at = if at.starts_with(b"\"") { &at[1..] } else { at };
            assert!(at.starts_with(reject.text.as_bytes()), "{reject:?} does not stand at its offset");
        }
    });
    let _ = writeln!(text, "end: {end:?}");
    text
}

fn write_record(text: &mut String, batch: &FlowBatch, dictionary: &Dictionary) {
    let name = |id| dictionary.names.get(id);
    let record = &batch.record;
    let format = record.format.map_or("no format", |format| format.name());
    let _ = writeln!(text, "record {} at {}: {format}", record.index, record.byte_offset);
    for (key, value) in [("log", record.log_resource), ("target", record.target_resource), ("mac", record.mac)] {
        if !name(value).is_empty() {
            let _ = writeln!(text, "  {key} {:?}", name(value));
        }
    }
    for group in &batch.groups {
        let acl = if group.acl == record.log_resource { "that of the log".into() } else { format!("{:?}", name(group.acl)) };
        let _ = writeln!(text, "  rule {:?} acl {acl} mac {:?}", name(group.rule), name(group.mac));
        for tuple in &batch.tuples[group.tuples.clone()] {
            let is_unmeasured = record.format.is_some_and(|format| tuple.is_unmeasured(format));
            let unmeasured = if is_unmeasured { ", unmeasured" } else { "" };
            let _ = writeln!(text, "    {}{unmeasured}", row(tuple, dictionary));
        }
    }
    for reject in &batch.rejects {
        let place = match (reject.flow, reject.group, reject.tuple) {
            (Some(flow), Some(group), Some(tuple)) => format!("flow {flow} group {group} tuple {tuple}"),
            (Some(flow), None, Some(tuple)) => format!("flow {flow} tuple {tuple}"),
            _ => "whole".to_owned(),
        };
        let _ = writeln!(text, "  reject {place} at {}: {} {:?}", reject.byte_offset, reject.reason.name(), reject.text);
    }
    assert_eq!(batch.rejects.len() as u64, batch.rejected.iter().sum::<u64>());
    assert_eq!(batch.tuples_read(), batch.tuples.len() as u64 + batch.tuples_rejected());
}

fn row(tuple: &FlowTuple, dictionary: &Dictionary) -> String {
    let Counters { packets_src_to_dst, bytes_src_to_dst, packets_dst_to_src, bytes_dst_to_src, stated } = tuple.counters;
    let counter = |index: u8, value: u64| if stated >> index & 1 == 1 { value.to_string() } else { "-".to_owned() };
    let words = [
        rfc3339(tuple.time),
        format!("{} {} > {} {}", tuple.src_ip, tuple.src_port, tuple.dst_ip, tuple.dst_port),
        tuple.protocol.to_string(),
        tuple.direction.name().to_owned(),
        tuple.status.name().to_owned(),
        tuple.state.name().to_owned(),
        dictionary.encryptions.text(tuple.encryption).to_owned(),
        format!("sent {}/{}", counter(0, packets_src_to_dst), counter(1, bytes_src_to_dst)),
        format!("received {}/{}", counter(2, packets_dst_to_src), counter(3, bytes_dst_to_src)),
    ];
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A test for each blob, named as a sentence.
mod blobs {
    use super::check;

    #[test]
    fn version_1_has_eight_fields_and_states_nothing() {
        check("nsg_v1");
    }

    #[test]
    fn version_2_has_states_and_counters() {
        check("nsg_v2");
    }

    #[test]
    fn vnet_flow_logs_have_numbers_states_and_encryption() {
        check("vnet_v4");
    }

    #[test]
    fn keys_stand_in_any_order() {
        check("keys_in_any_order");
    }

    #[test]
    fn keys_are_known_in_any_case() {
        check("keys_in_any_case");
    }

    #[test]
    fn white_space_changes_nothing() {
        check("white_space");
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        check("byte_order_mark");
    }

    #[test]
    fn a_bare_array_is_read() {
        check("bare_array");
    }

    #[test]
    fn a_single_record_is_read() {
        check("single_record");
    }

    #[test]
    fn one_record_a_line_is_read() {
        check("one_record_a_line");
    }

    #[test]
    fn nested_records_are_read() {
        check("nested_records");
    }

    #[test]
    fn one_blob_may_mix_versions() {
        check("mixed_versions");
    }

    #[test]
    fn a_split_record_counts_in_both_halves() {
        check("split_record");
    }

    #[test]
    fn times_are_seconds_or_milliseconds() {
        check("seconds_and_milliseconds");
    }

    #[test]
    fn protocols_are_letters_or_numbers() {
        check("protocols");
    }

    #[test]
    fn addresses_are_of_both_families_and_mapped_ones_are_ipv4() {
        check("ipv6_and_mapped_addresses");
    }

    #[test]
    fn counters_are_empty_zero_or_partly_there() {
        check("counters");
    }

    #[test]
    fn unknown_encryption_codes_are_kept() {
        check("encryption_codes");
    }

    #[test]
    fn the_platform_rule_has_no_acl() {
        check("platform_rule");
    }

    #[test]
    fn an_acl_may_repeat() {
        check("repeated_acl");
    }

    #[test]
    fn names_hold_escapes_and_any_script() {
        check("escapes_and_non_ascii_names");
    }

    #[test]
    fn the_inner_mac_wins() {
        check("inner_mac_wins");
    }

    #[test]
    fn a_record_may_lack_its_mac() {
        check("no_record_mac");
    }

    #[test]
    fn bad_tuples_of_version_1_are_rejects() {
        check("bad_tuples_v1");
    }

    #[test]
    fn bad_tuples_of_version_2_are_rejects() {
        check("bad_tuples_v2");
    }

    #[test]
    fn bad_tuples_of_vnet_flow_logs_are_rejects() {
        check("bad_tuples_v4");
    }

    #[test]
    fn what_is_no_string_is_no_tuple() {
        check("elements_that_are_no_tuples");
    }

    #[test]
    fn a_blob_cut_off_in_a_record_yields_its_whole_records() {
        check("cut_off_in_a_record");
    }

    #[test]
    fn a_blob_cut_off_between_records_yields_them() {
        check("cut_off_between_records");
    }

    #[test]
    fn a_blob_cut_off_in_its_first_record_is_still_a_flow_log() {
        check("cut_off_in_the_first_record");
    }

    #[test]
    fn empty_records_are_a_flow_log_that_has_just_begun() {
        check("empty_records");
    }

    #[test]
    fn another_log_is_no_flow_log() {
        check("no_flow_log");
    }

    #[test]
    fn what_is_no_json_is_no_flow_log() {
        check("no_json");
    }

    #[test]
    fn nothing_is_no_flow_log() {
        check("empty");
    }

    #[test]
    fn nsg_tuples_in_a_vnet_envelope_are_refused() {
        check("hybrid_vnet_envelope");
    }

    #[test]
    fn vnet_tuples_in_an_nsg_envelope_are_refused() {
        check("hybrid_nsg_envelope");
    }

    #[test]
    fn a_record_of_both_kinds_is_refused() {
        check("hybrid_both_containers");
    }

    #[test]
    fn a_missing_version_is_refused_by_name() {
        check("missing_version");
    }

    #[test]
    fn an_unknown_version_is_refused_by_name() {
        check("unknown_version");
    }

    #[test]
    fn a_repeat_is_told_whatever_the_white_space() {
        check("repeated_record");
    }

    #[test]
    fn a_record_without_flows_is_a_reject_of_a_flow_log() {
        check("a_record_without_flows");
    }

    #[test]
    fn broken_json_costs_no_other_record() {
        check("broken_json_between_records");
    }

    #[test]
    fn nesting_without_end_costs_no_other_record() {
        check("nested_too_deep");
    }

    #[test]
    fn a_name_that_is_too_long_is_refused() {
        check("long_names");
    }
}

#[test]
fn every_blob_has_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    let source = include_str!("golden.rs");
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(source.contains(&format!("check(\"{name}\")")), "{name} is checked by no test");
    }
}

#[test]
fn a_run_over_all_blobs_counts_and_lists_what_each_yields() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/golden");
    let report = analyze([&folder], &[]);
    assert_eq!(report.ran.code, 4, "some are cut off");
    let (mut expected, mut read) = (Vec::new(), 0);
    for (name, blob) in files(&folder) {
        let mut seen = HashSet::new();
        decode_all(&blob, &mut |batch, _| {
            read += batch.tuples_read();
            if !batch.is_unwalked && !seen.insert(batch.record.content) {
                return;
            }
            let cell = |number: Option<u32>| number.map_or(String::new(), |number| number.to_string());
            expected.extend(batch.rejects.iter().map(|reject| {
                let Reject { record, flow, group, tuple, byte_offset, reason, .. } = reject;
                let (flow, group, tuple) = (cell(*flow), cell(*group), cell(*tuple));
                format!("{name},{record},{flow},{group},{tuple},{byte_offset},{}", reason.name())
            }));
        });
    }
    let columns = ["blob", "record", "flow", "group", "tuple", "byte_offset", "reason"];
    let rows = report.table("rejects").rows;
    let listed: Vec<String> = rows.iter().map(|row| columns.map(|column| row[column].as_str()).join(",")).collect();
    assert_eq!(listed, expected);
    let summary = report.summary();
    assert_eq!(number(&summary, "tuples.read"), read);
    let [kept, rejected, duplicate] = numbers(&summary, ["tuples.kept", "tuples.rejected", "tuples.duplicate"]);
    assert_eq!((kept + rejected + duplicate, duplicate), (read, 3));
    assert_eq!(rejected + number(&summary, "input.records_rejected"), listed.len() as u64);
    assert_eq!(numbers(&summary, ["input.blobs_failed", "input.blobs_ignored"]), [5, 3]);
}
