//! Logs for benchmarks that are given none.

use std::path::{Path, PathBuf};

use azflow::sample::{self, SampleFormat};

/// Bytes of generated logs.
const GENERATED_BYTES: u64 = 200_000_000;

/// Writes ten hours of logs of 100 interfaces, in both formats, below `folder`; returns where.
pub fn generate(folder: &Path) -> PathBuf {
    let out = folder.join("logs");
    let settings = sample::Settings {
        out: out.clone(),
        seed: 1,
        format: SampleFormat::Both,
        start: 1_772_409_600_000,
        hours: 10,
        interfaces: 100,
        size: Some(GENERATED_BYTES),
        attacks: false,
    };
    sample::write(&settings).expect("a sample");
    out
}
