//! Blobs that grow record by record, as Azure writes them.
//!
//! Goes in: finished blobs. Comes out: a folder with the first records of each, block by block longer.

use std::fs;
use std::path::{Path, PathBuf};

use azflow::sample::{self, SampleFormat};

/// A blob and its records.
pub struct Growing {
    path: PathBuf,
    records: Vec<String>,
}

/// Makes a sample of `hours` hours of `interfaces` NICs and hands out its blobs, by path from `root`.
pub fn sample_blobs(root: &Path, hours: u32, interfaces: u32) -> Vec<Growing> {
    let made = tempfile::tempdir().expect("a temporary folder");
    let out = made.path().join("sample");
    sample::write(&sample::Settings {
        out: out.clone(),
        seed: 7,
        format: SampleFormat::Both,
        start: 1_772_409_600_000,
        hours,
        interfaces,
        size: None,
        attacks: false,
    })
    .expect("the sample can be written");
    let mut blobs = Vec::new();
    for entry in walkdir::WalkDir::new(&out).sort_by_file_name() {
        let entry = entry.expect("the sample can be listed");
        if entry.file_name() == "PT1H.json" {
            let text = fs::read_to_string(entry.path()).expect("a blob is text");
            let relative = entry.path().strip_prefix(&out).expect("it lies below");
            blobs.push(Growing { path: root.join(relative), records: records(&text) });
        }
    }
    assert!(!blobs.is_empty());
    blobs
}

impl Growing {
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn count(&self) -> usize {
        self.records.len()
    }

    /// Writes the blob with its first `count` records.
    pub fn write(&self, count: usize) {
        fs::create_dir_all(self.path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&self.path, self.text(count)).expect("the blob can be written");
    }

    pub fn text(&self, count: usize) -> String {
        format!("{{\"records\":[{}]}}", self.records[..count.min(self.records.len())].join(","))
    }
}

/// The records of a blob, as they stand in it.
fn records(text: &str) -> Vec<String> {
    let inner = text.trim().strip_prefix("{\"records\":[").and_then(|text| text.strip_suffix("]}")).expect("Azure's form");
    let mut records = Vec::new();
    let (mut depth, mut from, mut in_text) = (0, 0, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'"' => in_text = !in_text,
            b'{' if !in_text => {
                if depth == 0 {
                    from = at;
                }
                depth += 1;
            }
            b'}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    records.push(inner[from..=at].to_owned());
                }
            }
            _ => {}
        }
    }
    records
}
