//! Tests of whole blobs: what records may be wrapped in, what is refused, and where a blob may be cut.

use proptest::prelude::*;

use super::*;
use crate::decode::decode_all;
use crate::schema::{Format, State};

/// Reason, byte offset, flow, group, tuple.
type Refused = (Reason, u64, Option<u32>, Option<u32>, Option<u32>);

/// What a blob decodes to, as far as these tests look.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    tuples: Vec<(Option<Format>, String, i64)>,
    rejects: Vec<Refused>,
    texts: Vec<String>,
    read: u64,
    rejected: u64,
    unwalked: u64,
    records: u64,
    contents: Vec<u128>,
}

impl Seen {
    fn add(&mut self, batch: &FlowBatch, dictionary: &Dictionary) {
        self.records += 1;
        self.unwalked += u64::from(batch.is_unwalked);
        self.read += batch.tuples_read();
        self.rejected += batch.tuples_rejected();
        self.contents.push(batch.record.content);
        for group in &batch.groups {
            let rule = dictionary.names.get(group.rule);
            let mac = dictionary.names.get(group.mac);
            for tuple in &batch.tuples[group.tuples.clone()] {
                self.tuples.push((batch.record.format, format!("{mac} {rule}"), tuple.time));
            }
        }
        self.texts.extend(batch.rejects.iter().map(|r| r.text.clone()));
        self.rejects.extend(batch.rejects.iter().map(|r| (r.reason, r.byte_offset, r.flow, r.group, r.tuple)));
    }
}

fn see(blob: &[u8]) -> (Seen, BlobEnd) {
    let mut seen = Seen::default();
    let end = decode_all(blob, &mut |batch, dictionary| seen.add(batch, dictionary));
    (seen, end)
}

/// Decodes in windows that grow by `step` bytes only when nothing could be taken.
fn see_in_steps(blob: &[u8], step: usize) -> (Seen, BlobEnd) {
    let mut seen = Seen::default();
    let mut decoder = Decoder::default();
    let (mut start, mut end) = (0, 0);
    loop {
        end = (end + step).min(blob.len());
        let last = end == blob.len();
        start += decoder.decode(&blob[start..end], last, &mut |batch, dictionary| seen.add(batch, dictionary));
        if last {
            return (seen, decoder.end_blob());
        }
    }
}

const T1: &str = r#""1542110377,10.5.16.4,13.67.143.118,59831,443,T,O,A,B,,,,""#;
const T2: &str = r#""1542110379,10.5.16.4,13.67.143.117,59932,443,T,O,A,E,1,66,1,66""#;
const V1: &str = r#""1663146003599,10.0.0.6,192.0.2.180,23956,443,6,O,B,NX,0,0,0,0""#;

fn nsg(tuples: &str) -> String {
    format!(
        r#"{{"time":"2018-11-13T12:00:35.38Z","systemId":"x","macAddress":"000D3AF87856","category":"NetworkSecurityGroupFlowEvent","resourceId":"/SUBSCRIPTIONS/S/NSG","operationName":"NetworkSecurityGroupFlowEvents","properties":{{"Version":2,"flows":[{{"rule":"UserRule_é\u0041","flows":[{{"mac":"000d3af87857","flowTuples":[{tuples}]}}]}}]}}}}"#
    )
}

fn vnet(tuples: &str) -> String {
    format!(
        r#"{{"flowRecords":{{"flows":[{{"flowGroups":[{{"flowTuples":[{tuples}],"rule":"PlatformRule"}}],"aclID":"a"}}]}},"time":"2022-09-14T09:00:52.5625085Z","macAddress":"00-22-48-71-C2-05","category":"FlowLogFlowEvent","targetResourceID":"/t","flowLogResourceID":"/f","flowLogVersion":4}}"#
    )
}

#[test]
fn every_wrapping_yields_the_same_records() {
    let (a, b) = (nsg(&format!("{T1},{T2}")), vnet(V1));
    let expected = see(format!(r#"{{"records":[{a},{b}]}}"#).as_bytes()).0;
    assert_eq!(expected.tuples.len(), 3);
    assert_eq!(expected.tuples[0], (Some(Format::NsgV2), "000D3AF87857 UserRule_éA".into(), 1_542_110_377_000));
    assert_eq!(
        expected.tuples[2],
        (
            Some(Format::VnetV4),
            "002248 71C205 PlatformRule".replace(' ', "").replace("PlatformRule", " PlatformRule"),
            1_663_146_003_599
        )
    );
    for blob in [
        format!("\u{feff}{{ \"records\" : [\n{a} ,\r\n\t{b} ] }}\n"),
        format!("[{a},{b}]"),
        format!("{a}\n{b}\n"),
        format!("{a}{b}"),
        format!(r#"{{"records":[{{"records":[{a}]}},{b}]}}"#),
        format!(r#"{{"x":{{"y":[1]}},"Records":[{a},{b}],"z":"]"}}"#),
        format!(r#"{{"records":{a}}}{{"records":[{b}]}}"#),
        format!(",{a},{b}"),
        format!(",{a},{b}]}}"),
    ] {
        let (seen, end) = see(blob.as_bytes());
        assert_eq!(seen.tuples, expected.tuples, "{blob}");
        assert_eq!((seen.rejects.len(), end), (0, BlobEnd::Whole), "{blob}");
    }
}

#[test]
fn a_repeated_record_has_the_same_content_whatever_its_white_space() {
    let a = nsg(&format!("{T1},{T2}"));
    let pretty = nsg(&format!("\n  {T1},\n  {T2}\n")).replace("\"Version\":2", "\"Version\" : 2");
    let other = nsg(&format!("{T2},{T1}"));
    let contents = see(format!("[{a},{pretty},{other}]").as_bytes()).0.contents;
    assert_eq!(contents[0], contents[1]);
    assert_ne!(contents[0], contents[2]);
}

#[test]
fn a_bad_tuple_is_listed_with_its_place_and_the_rest_goes_on() {
    let blob = format!(r#"{{"records":[{}]}}"#, nsg(&format!("{T1},\"1,2\",17,{T2},[{T1}]")));
    let (seen, end) = see(blob.as_bytes());
    assert_eq!(end, BlobEnd::Whole);
    assert_eq!((seen.read, seen.tuples.len(), seen.rejected), (5, 2, 3));
    let place = |text: &str| blob.find(text).expect("there") as u64;
    assert_eq!(
        seen.rejects,
        [
            (Reason::FieldCount, place("\"1,2\""), Some(0), Some(0), Some(1)),
            (Reason::NotATuple, place(",17,") + 1, Some(0), Some(0), Some(2)),
            (Reason::NotATuple, place(",[\"1542") + 1, Some(0), Some(0), Some(4)),
        ]
    );
}

#[test]
fn a_version_that_is_missing_unknown_or_contradicted_refuses_every_tuple_by_name() {
    for (record, reason) in [
        (nsg(T1).replace("\"Version\":2,", ""), Reason::VersionMissing),
        (nsg(T1).replace("\"Version\":2", "\"Version\":3"), Reason::VersionUnknown),
        (nsg(T1).replace("\"Version\":2", "\"Version\":1"), Reason::FieldCount),
        (vnet(V1).replace(":4}", ":5}"), Reason::VersionUnknown),
        (vnet(V1).replace(",\"flowLogVersion\":4", ""), Reason::VersionMissing),
        (vnet(V1).replace("\"flowLogVersion\":4", "\"properties\":{\"Version\":2}"), Reason::Hybrid),
        (vnet(T1), Reason::Hybrid),
        (nsg(V1), Reason::Hybrid),
    ] {
        let (seen, end) = see(record.as_bytes());
        assert_eq!((seen.rejects.first().map(|r| r.0), seen.read, seen.rejected), (Some(reason), 1, 1), "{record}");
        assert_eq!(end, BlobEnd::Whole);
    }
}

#[test]
fn files_that_are_no_flow_log_say_so() {
    for blob in [
        "",
        "hello",
        "PK\u{3}\u{4}",
        "{\"a\":1}\n{\"a\":2}\n",
        "{\"records\":[{\"category\":\"AuditEvent\",\"properties\":{\"id\":1}}]}",
        "{\"records\":1}",
        "[1,2,3]",
        "{\"category\":\"x\"",
        "\"text\"",
    ] {
        let (seen, end) = see(blob.as_bytes());
        assert_eq!((end, seen), (BlobEnd::NotFlowLog, Seen::default()), "{blob}");
    }
}

#[test]
fn an_empty_list_of_records_is_a_flow_log() {
    assert_eq!(see(b"{\"records\":[]}"), (Seen::default(), BlobEnd::Whole));
}

#[test]
fn an_object_without_flows_among_records_is_a_reject() {
    let blob = format!("{{\"a\":1}}\n{}\n{{\"b\":2}}", nsg(T1));
    let (seen, end) = see(blob.as_bytes());
    assert_eq!(seen.rejects.iter().map(|r| r.0).collect::<Vec<_>>(), [Reason::NoFlows, Reason::NoFlows]);
    assert_eq!((seen.records, seen.unwalked, seen.read, end), (3, 2, 1, BlobEnd::Whole));
}

#[test]
fn a_cut_blob_keeps_its_whole_records() {
    let blob = format!(r#"{{"records":[{},{}]}}"#, nsg(T1), vnet(V1));
    let first = blob.find(",{\"flowRecords\"").expect("there");
    for cut in 9..blob.len() {
        let (seen, end) = see(&blob.as_bytes()[..cut]);
        assert_eq!(end, if cut < 10 && !blob[..cut].ends_with('"') { BlobEnd::NotFlowLog } else { BlobEnd::CutOff }, "{cut}");
        let whole = usize::from(cut >= first) + usize::from(cut >= blob.len() - 2);
        assert_eq!(seen.tuples.len(), whole, "{cut}");
    }
}

#[test]
fn deep_nesting_and_broken_json_are_one_reject_each() {
    let deep = format!("{{\"x\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let blob = format!("[{},{deep},{{\"a\" 1}},{{\"b\":[}}]}},!!,{}]", nsg(T1), vnet(V1));
    let (seen, end) = see(blob.as_bytes());
    assert_eq!(seen.tuples.len(), 2);
    let reasons: Vec<_> = seen.rejects.iter().map(|r| r.0).collect();
    assert_eq!(reasons[..2], [Reason::NestedTooDeep, Reason::MalformedJson]);
    assert!(reasons[2..].iter().all(|r| *r == Reason::MalformedJson), "{reasons:?}");
    assert_eq!(end, BlobEnd::Whole);
}

#[test]
fn a_record_over_64_mib_is_one_reject_and_the_next_one_counts() {
    let huge = nsg(&format!("\"{}\"", "x".repeat(RECORD_BYTES_MAX)));
    let blob = format!("[{huge},{}]", nsg(T1));
    let (seen, end) = see_in_steps(blob.as_bytes(), 16 << 20);
    assert_eq!(seen.rejects.iter().map(|r| r.0).collect::<Vec<_>>(), [Reason::RecordTooLarge]);
    assert_eq!((seen.tuples.len(), seen.unwalked, end), (1, 1, BlobEnd::Whole));
}

#[test]
fn too_many_names_are_rejects() {
    let mut blob = String::from("[");
    for i in 0..70_000 {
        blob.push_str(&vnet(V1).replace("PlatformRule", &format!("r{i}")));
        blob.push(',');
    }
    blob.push(']');
    let (seen, _) = see(blob.as_bytes());
    assert_eq!(seen.read, 70_000);
    assert!(seen.rejected > 4_000);
    assert!(seen.rejects.iter().all(|r| r.0 == Reason::Names));
}

#[test]
fn denied_vnet_tuples_and_states_survive_out_of_order_keys() {
    let mut states = Vec::new();
    let record = vnet(&format!("{V1},{}", V1.replace(",B,", ",E,")));
    decode_all(record.as_bytes(), &mut |batch, _| states.extend(batch.tuples.iter().map(|t| t.state)));
    assert_eq!(states, [State::Begin, State::End]);
}

proptest! {
    #[test]
    fn windows_may_end_anywhere(step in 1usize..400, pretty in any::<bool>()) {
        let space = if pretty { "\n " } else { "" };
        let blob = format!("{}{{\"records\":[{},{space}{},{{\"no\":\"flows\"}},!\"x,{}]}}", "\u{feff}", nsg(&format!("{T1},{T2}")), vnet(V1), nsg("\"bad\""));
        prop_assert_eq!(see_in_steps(blob.as_bytes(), step), see(blob.as_bytes()));
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_reconcile(bytes in prop::collection::vec(any::<u8>(), 0..400), step in 1usize..64) {
        let (seen, _) = see_in_steps(&bytes, step);
        prop_assert_eq!(seen.read, seen.tuples.len() as u64 + seen.rejected);
    }

    #[test]
    fn damaged_blobs_never_panic_and_reconcile(
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"{}[]\",:\\ \x00\xff1a".to_vec())), 1..6),
        step in 1usize..300,
    ) {
        let mut blob = format!(r#"{{"records":[{},{}]}}"#, nsg(&format!("{T1},{T2}")), vnet(V1)).into_bytes();
        for (index, byte) in damage {
            let at = index.index(blob.len());
            blob[at] = byte;
        }
        let (seen, end) = see(&blob);
        prop_assert_eq!(seen.read, seen.tuples.len() as u64 + seen.rejected);
        prop_assert_eq!((seen, end), see_in_steps(&blob, step));
    }
}
