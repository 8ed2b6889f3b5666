//! Feeds arbitrary bytes to the decoder, whole and in arbitrary pieces.
//!
//! Goes in: bytes; the first eight choose the pieces. Must hold: no panic; the decoder makes progress and ends; a
//! blob in pieces decodes to what it decodes to whole. Tuples that are read are either in a batch or rejected, so equal
//! counts of both say that none is lost between pieces.

#![no_main]

use azflow::decode::{Decoder, decode_all};
use azflow::schema::names::Dictionary;
use azflow::schema::{FlowBatch, FlowTuple, Reject};
use libfuzzer_sys::fuzz_target;

/// What a blob decoded to: records, tuples and rejects in order.
#[derive(Debug, Default, PartialEq)]
struct Decoded {
    records: Vec<(u64, u64, u128)>,
    tuples: Vec<FlowTuple>,
    rejects: Vec<Reject>,
}

impl Decoded {
    fn add(&mut self, batch: &FlowBatch, dictionary: &Dictionary) {
        let grouped: usize = batch.groups.iter().map(|group| group.tuples.len()).sum();
        assert_eq!(grouped, batch.tuples.len(), "every tuple stands in one group");
        for group in &batch.groups {
            // Each id must come from this dictionary.
            for name in [group.acl, group.rule, group.mac] {
                let _ = dictionary.names.get(name);
            }
        }
        self.records.push((batch.record.index, batch.record.byte_offset, batch.record.content));
        self.tuples.extend_from_slice(&batch.tuples);
        self.rejects.extend_from_slice(&batch.rejects);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let (seed, blob) = bytes.split_at(bytes.len().min(8));
    let mut whole = Decoded::default();
    let _ = decode_all(blob, &mut |batch: &FlowBatch, dictionary: &Dictionary| whole.add(batch, dictionary));
    assert_eq!(decode_in_pieces(blob, seed), whole, "pieces decode to what the whole does");
});

/// Feeds `blob` with the pieces' lengths taken from `seed` in turn; what is not consumed is fed again with more.
fn decode_in_pieces(blob: &[u8], seed: &[u8]) -> Decoded {
    let mut decoder = Decoder::default();
    let mut decoded = Decoded::default();
    let mut pieces = seed.iter().cycle().map(|length| 1 + usize::from(*length) * 7);
    let (mut from, mut to) = (0, 0);
    loop {
        to = (to + pieces.next().unwrap_or(1)).min(blob.len());
        let last = to == blob.len();
        let window = &blob[from..to];
        let consumed = decoder.decode(window, last, &mut |batch: &FlowBatch, dictionary: &Dictionary| {
            decoded.add(batch, dictionary);
        });
        assert!(consumed <= window.len(), "no more is consumed than was given");
        from += consumed;
        if last {
            let _ = decoder.end_blob();
            return decoded;
        }
    }
}
