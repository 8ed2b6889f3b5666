//! Workspaces of every format version are opened by this build: they are kept as they were written and never made anew.

use std::fs;
use std::path::Path;

use azflow::store::FORMAT_VERSION;

use super::{Place, assert_same_reports, ingest, said};

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    for (name, bytes) in crate::run::files(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
        fs::write(path, bytes).expect("the file can be written");
    }
}

#[test]
fn a_workspace_of_each_format_version_opens_and_goes_on() {
    for version in 1..=FORMAT_VERSION {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/workspace/v{version}"));
        let place = Place::new();
        copy(&kept.join("logs"), &place.logs());
        copy(&kept.join("ws"), &place.workspace());
        // What it holds is what this build makes of the same logs.
        place.check();
        let ran = place.ingest();
        assert_eq!((ran.code, said(&ran, " bytes,")), (0, 0), "v{version}: {}", ran.stderr);
        // It is read on from where it ended.
        let (name, _) = crate::run::files(&place.logs()).into_iter().next_back().expect("there are logs");
        let path = place.logs().join(name);
        let text = fs::read_to_string(&path).expect("a blob is text");
        let time = "2026-03-02T01:59:59.9999999Z";
        let record = format!(
            r#",{{"time":"{time}","macAddress":"0022486DC976","category":"FlowLogFlowEvent","flowLogResourceID":"/S/FLOWLOGS/L","targetResourceID":"","flowLogVersion":4,"operationName":"FlowLogFlowEvent","flowRecords":{{"flows":[{{"aclID":"a","flowGroups":[{{"rule":"r","flowTuples":["1772416799000,10.0.0.9,10.0.0.10,50000,443,6,O,B,NX,0,0,0,0"]}}]}}]}}}}]}}"#
        );
        fs::write(&path, format!("{}{record}", text.strip_suffix("]}").expect("Azure's form"))).expect("the blob can be written");
        let ran = ingest(&place.logs(), &place.workspace());
        assert_eq!((ran.code, said(&ran, " grown,"), said(&ran, " bytes,")), (0, 1, record.len() as u64 - 2), "{}", ran.stderr);
        let fresh = Place::new();
        assert_eq!(ingest(&place.logs(), &fresh.workspace()).code, 0);
        assert_same_reports(&place.workspace(), &fresh.workspace());
    }
}
