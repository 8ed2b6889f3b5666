//! What an address may carry, a shared access signature, is in no output and no error, wherever the address was given. What a store says
//! to one that is understood is held by `azure`.

use super::folder;
use crate::logs::{put, small_blob};
use crate::run::{azflow, files};

const ADDRESS: &str = "https://account.example/insights-logs-flowlogflowevent?sv=2024-11-04&sp=rl&sig=tEsT%2FsEcReT%3D";

/// What nobody may read: the signature, and what stands around it.
const SECRET: [&str; 4] = ["sig=", "tEsT", "account.example", "sv=2024"];

/// The options of `analyze` that take a path.
const OPTIONS: [&str; 8] =
    ["--topology", "--geo", "--asn", "--service-tags", "--threat-list", "--allow-list", "--config", "--metrics"];

fn assert_refused_without_repeating(args: &[&str]) {
    let ran = azflow(args);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {ran:?}");
    assert!(ran.stderr.starts_with("error: cannot ") && ran.stderr.contains("https://…: "), "{ran:?}");
    assert!(ran.stderr.contains("\nhint: "), "{ran:?}");
    for secret in SECRET {
        assert!(!ran.stderr.contains(secret), "{args:?} repeats {secret}: {}", ran.stderr);
    }
}

#[test]
fn a_signature_is_not_repeated_wherever_an_address_is_given() {
    let folder = folder();
    let input = put(folder.path(), "a.json", small_blob());
    let (input, out) = (input.to_str().expect("UTF-8"), folder.path().join("out"));
    let to = out.to_str().expect("UTF-8");
    assert_refused_without_repeating(&["flows", ADDRESS]);
    assert_refused_without_repeating(&["flows", input, ADDRESS]);
    assert_refused_without_repeating(&["analyze", ADDRESS, "--out", to]);
    assert_refused_without_repeating(&["analyze", input, ADDRESS, "--out", to]);
    for option in OPTIONS {
        assert_refused_without_repeating(&["analyze", input, "--out", to, option, ADDRESS]);
    }
    assert_refused_without_repeating(&["analyze", input, "--out", ADDRESS]);
    assert_refused_without_repeating(&["sample", "--out", ADDRESS]);
    assert!(!out.exists(), "nothing is written");
}

#[test]
fn no_file_of_a_report_says_where_its_logs_were_read_from() {
    let folder = folder();
    // A folder that a downloader named after the whole address.
    put(folder.path(), "logs?sv=2024-11-04&sig=tEsT/PT1H.json", small_blob());
    put(folder.path(), "logs?sv=2024-11-04&sig=tEsT/whole.json", small_blob());
    let logs = folder.path().join("logs?sv=2024-11-04&sig=tEsT");
    let out = folder.path().join("out");
    let ran = azflow([std::ffi::OsStr::new("analyze"), logs.as_os_str(), "--out".as_ref(), out.as_os_str()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for (name, bytes) in files(&out) {
        assert!(!String::from_utf8_lossy(&bytes).contains("sig="), "{name}");
    }
}
