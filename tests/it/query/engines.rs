//! DuckDB, which knows nothing of azflow, answers every shipped query over the same files with the same rows.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::workspace;
use crate::run::azflow;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Python that may have DuckDB: the one that the environment names, or the one that `.ci/run` makes.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("AZFLOW_PYTHON").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")));
    named.or_else(|| cache.map(|cache| cache.join("azflow-python/bin/python"))).filter(|python| python.exists())
}

/// DuckDB's answers by the query's name; `None`, with a printed note, where there is none.
fn duckdb(workspace: &Path) -> Option<Value> {
    let skipped = || eprintln!("skipped: no Python with duckdb; .ci/run makes one, or name it by AZFLOW_PYTHON");
    let Some(python) = python() else {
        skipped();
        return None;
    };
    let script = root().join("tests/it/query/answers.py");
    let output = Command::new(python).arg(script).arg(workspace).arg(root().join("queries")).output().expect("Python starts");
    if output.status.code() == Some(3) {
        skipped();
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn duckdb_answers_every_shipped_query_with_the_same_rows() {
    let workspace = workspace();
    let Some(expected) = duckdb(&workspace.path()) else { return };
    let expected = expected.as_object().expect("answers by name");
    assert!(expected.len() >= 12, "{:?}", expected.keys());
    for (name, rows) in expected {
        let ran = azflow(["query", "--workspace", &workspace.text(), "--saved", name, "--format", "json"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}");
        let answer: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let answer = answer.as_array().expect("rows");
        let rows = rows.as_array().expect("rows");
        assert!(!rows.is_empty(), "{name} has no row to compare");
        for (own, other) in answer.iter().zip(rows) {
            assert_eq!(own, other, "{name}");
        }
        assert_eq!(answer.len(), rows.len(), "{name}");
    }
}
