//! The generator of sample logs through its public interface: what its folder holds, and what really happened.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use azflow::sample::{SampleFormat, Settings, truth, write};

/// 2025-06-02T00:00Z, a Monday.
const START: i64 = 1_748_822_400_000;

fn settings(out: &Path) -> Settings {
    Settings {
        out: out.to_path_buf(),
        seed: 42,
        format: SampleFormat::Both,
        start: START,
        hours: 24,
        interfaces: 12,
        size: None,
        attacks: true,
    }
}

#[test]
fn a_day_of_twelve_nics_fits_into_a_repository() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(&settings(folder.path())).unwrap();
    assert!((2_000_000..5_000_000).contains(&written.bytes), "{written:?}");
    for name in [
        "insights-logs-networksecuritygroupflowevent",
        "insights-logs-flowlogflowevent",
        "topology/vnets.json",
        "topology/nics.json",
        "labels.json",
    ] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

#[test]
fn every_connection_of_the_truth_is_counted_once() {
    let folder = tempfile::tempdir().unwrap();
    let truth = truth(&settings(folder.path())).unwrap();
    let written = write(&settings(folder.path())).unwrap();
    assert_eq!(written.connections, truth.len() as u64);
    assert!(truth.iter().all(|t| t.source.is_some() || t.destination.is_some()));
}
