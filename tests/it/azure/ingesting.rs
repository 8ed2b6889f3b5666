//! A workspace over a container whose blobs grow between runs.

use std::path::Path;

use super::azflow_with;
use super::azurite::{Azurite, signature};
use crate::logs::{MAC, VNET_TUPLES, put, vnet, vnet_path};
use crate::run::Ran;
use crate::workspace::{assert_same_reports, ingest, said};

/// Hours whose blobs grow, one after the other.
const HOURS: usize = 2;

/// Minutes of each hour that are written.
const MINUTES: usize = 4;

fn record(hour: usize, minute: usize) -> String {
    vnet(MAC, &format!("2024-08-19T{:02}:{minute:02}:00Z", 17 + hour), "AllowWeb", &VNET_TUPLES)
}

fn ingest_remote(azurite: &Azurite, input: &str, workspace: &Path) -> Ran {
    let workspace = workspace.display().to_string();
    azflow_with(&azurite.variables(), ["ingest", input, "--workspace", &workspace])
}

#[test]
fn a_container_that_grows_block_by_block_comes_to_its_download() {
    let Some(azurite) = Azurite::start() else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (logs, workspace) = (folder.path().join("logs"), folder.path().join("workspace"));
    let container = azurite.container("ingested");
    for hour in 0..HOURS {
        let path = vnet_path(MAC, hour as i64);
        for minute in 1..=MINUTES {
            container.grow(&path, &[record(hour, minute)]);
            let ran = ingest_remote(azurite, "az://ingested", &workspace);
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            if minute > 1 {
                // A comma and a record; the closer only moved.
                assert_eq!(said(&ran, " grown,"), 1, "{}", ran.stderr);
                assert_eq!(said(&ran, " bytes,"), 1 + record(hour, minute).len() as u64, "{}", ran.stderr);
            }
        }
        let records: Vec<String> = (1..=MINUTES).map(|minute| record(hour, minute)).collect();
        put(&logs, &path, format!("{{\"records\":[{}]}}", records.join(",")));
    }
    let ran = ingest_remote(azurite, "az://ingested", &workspace);
    assert_eq!((ran.code, said(&ran, " bytes,"), said(&ran, " unchanged")), (0, 0, HOURS as u64), "{}", ran.stderr);
    let fresh = folder.path().join("fresh");
    assert_eq!(ingest(&logs, &fresh).code, 0);
    assert_same_reports(&workspace, &fresh);
    // Reading and listing are rights enough, and nothing of them is kept.
    let signed = format!("{}?{}", container.address(""), signature("rl"));
    let signed_workspace = folder.path().join("signed");
    assert_eq!(ingest_remote(azurite, &signed, &signed_workspace).code, 0);
    assert_same_reports(&signed_workspace, &fresh);
    let kept = std::fs::File::open(signed_workspace.join("checkpoint.zst")).expect("a checkpoint");
    let kept = zstd::decode_all(kept).expect("it is packed");
    let kept = String::from_utf8_lossy(&kept).into_owned();
    assert!(kept.contains("PT1H.json") && !kept.contains("sig="), "{kept}");
}
