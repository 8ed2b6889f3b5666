//! What holds for every sample.
#![allow(clippy::unwrap_used)]

use super::*;

/// Twelve NICs over the hours from 2025-06-02T00:00Z, a Monday.
fn settings(out: &Path, hours: u32) -> Settings {
    Settings {
        out: out.to_path_buf(),
        seed: 7,
        format: SampleFormat::Both,
        start: 1_748_822_400_000,
        hours,
        interfaces: 12,
        size: None,
        attacks: false,
    }
}

#[test]
fn a_sample_is_written_once_into_an_empty_folder() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(&settings(folder.path(), 2)).unwrap();
    assert!(written.blobs >= 20 && written.tuples > 500, "{written:?}");
    assert!(write(&settings(folder.path(), 2)).is_err());
}
#[test]
fn zz() {
    let out = PathBuf::from("/tmp/sample-try");
    let _ = fs::remove_dir_all(&out);
    let s = Settings { attacks: true, ..settings(&out, 24) };
    println!("{:?}", write(&s).unwrap());
    for size in [1_000_000, 3_000_000, 10_000_000, 60_000_000] {
        let t = std::time::Instant::now();
        let folder = tempfile::tempdir().unwrap();
        let s = Settings { size: Some(size), ..settings(folder.path(), 24) };
        println!("{size} {:?} {:?}", write(&s).unwrap(), t.elapsed());
    }
    let _ = fs::remove_dir_all("/tmp/sample-clean");
    write(&settings(Path::new("/tmp/sample-clean"), 24)).unwrap();
}
