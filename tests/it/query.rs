//! `azflow query` end to end, over a workspace that `azflow ingest` made of sample logs.

mod answers;
mod documents;
mod engines;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::logs::{HOUR, MAC, VNET_TUPLES, blob, put, vnet};
use crate::run::{azflow, files};

/// 2026-03-02T07:00Z, in seconds since the epoch: an hour of the sample.
const SAMPLE_HOUR: i64 = 1_772_434_800;

/// A workspace over two days with attacks, an hour that is missing, and refused tuples.
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    fn path(&self) -> PathBuf {
        self.folder.path().join("ws")
    }

    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Self { folder };
        let logs = workspace.logs();
        let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let sample =
            ["sample", "--quiet", "--seed", "7", "--attacks", "--hours", "27", "--interfaces", "6", "--out", &text(&logs)];
        assert_eq!(azflow(sample).code, 0);
        let blobs: Vec<String> = files(&logs).into_keys().filter(|name| name.contains("h=05")).collect();
        fs::remove_file(logs.join(blobs.first().expect("an hour of an interface"))).expect("removed");
        let refused = ["=bad", "-1,bad", "1724086830123,10.0.0.4,10.0.0.5,1,70000,6,O,B,NX,0,0,0,0"];
        put(&logs, "crafted.json", blob(&[vnet(MAC, "t", "=rule()", &tuples()), vnet(MAC, "t", "\\u001b[2J", &refused)]));
        let ran = azflow(["ingest", "--quiet", "--workspace", &text(&workspace.path()), &text(&logs)]);
        assert_eq!(ran.code, 0, "{ran:?}");
        workspace
    }

    /// The logs that went in.
    fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// Where it lies.
    pub fn text(&self) -> String {
        self.path().to_str().expect("UTF-8").to_owned()
    }
}

/// Tuples at the day of the sample.
fn tuples() -> Vec<String> {
    let moved = |tuple: &&str| {
        let (time, rest) = tuple.split_once(',').expect("a time");
        let time: i64 = time.parse().expect("ms");
        format!("{},{rest}", time + (SAMPLE_HOUR - HOUR) * 1_000)
    };
    VNET_TUPLES.iter().map(moved).collect()
}

/// The workspace that the tests that run now share.
pub fn workspace() -> Arc<Workspace> {
    static SHARED: Mutex<Weak<Workspace>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let made = Arc::new(Workspace::make());
        *shared = Arc::downgrade(&made);
        made
    })
}
