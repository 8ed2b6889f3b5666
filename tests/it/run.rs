//! Runs the binary and reads what it wrote.
//!
//! Goes in: arguments and standard input. Comes out: exit code, both outputs, and the files of a report. Judges nothing.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// The binary, ready for arguments; nothing of the caller's environment changes what it prints.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azflow"));
    let of_proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
    for name in ["NO_COLOR", "RUST_BACKTRACE", "AZFLOW_CONFIG"].iter().chain(&of_proxies) {
        command.env_remove(name);
    }
    command
}

/// Runs the binary with empty standard input.
pub fn azflow<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Ran {
    azflow_reading(b"", args)
}

/// Runs the binary with `stdin` as its standard input.
pub fn azflow_reading<A: AsRef<OsStr>>(stdin: &[u8], args: impl IntoIterator<Item = A>) -> Ran {
    let mut command = command();
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut pipe = child.stdin.take().expect("standard input is piped");
    let output = std::thread::scope(|scope| {
        // A run that does not read its input closes the pipe.
        scope.spawn(move || pipe.write_all(stdin));
        child.wait_with_output().expect("the binary ends")
    });
    Ran {
        code: output.status.code().expect("no signal ends the binary"),
        stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
    }
}

/// A report in a folder of its own.
#[derive(Debug)]
pub struct Report {
    pub ran: Ran,
    pub out: PathBuf,
    _folder: TempDir,
}

/// Analyses `inputs` with further `options` into a folder of its own.
pub fn analyze<A: AsRef<OsStr>>(inputs: impl IntoIterator<Item = A>, options: &[&str]) -> Report {
    analyze_reading(b"", inputs, options)
}

/// As [`analyze`], with `stdin` as standard input.
pub fn analyze_reading<A: AsRef<OsStr>>(stdin: &[u8], inputs: impl IntoIterator<Item = A>, options: &[&str]) -> Report {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("report");
    let mut args = vec![OsStr::new("analyze").to_owned(), "--out".into(), out.clone().into(), "--quiet".into()];
    args.extend(options.iter().map(|option| OsStr::new(option).to_owned()));
    args.extend(inputs.into_iter().map(|input| input.as_ref().to_owned()));
    Report { ran: azflow_reading(stdin, args), out, _folder: folder }
}

impl Report {
    /// A JSON file of the report.
    pub fn json(&self, name: &str) -> Value {
        let bytes = std::fs::read(self.out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}; {:?}", self.ran));
        serde_json::from_slice(&bytes).expect("a JSON file of the report is JSON")
    }

    /// `summary.json`.
    pub fn summary(&self) -> Value {
        self.json("summary.json")
    }

    /// A table by its name without ending.
    pub fn table(&self, name: &str) -> Table {
        Table::read(&self.out.join("tables").join(name).with_extension("csv"))
    }
}

/// A CSV file: its columns, and its rows by column.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<BTreeMap<String, String>>,
}

impl Table {
    /// Reads a CSV file.
    pub fn read(path: &Path) -> Self {
        Self::parse(&std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    }

    /// Reads the text of a CSV file.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut reader = csv::Reader::from_reader(bytes);
        let columns: Vec<String> = reader.headers().expect("a header row").iter().map(str::to_owned).collect();
        let rows = reader
            .records()
            .map(|row| {
                let row = row.expect("every row has the header's cells");
                columns.iter().cloned().zip(row.iter().map(str::to_owned)).collect()
            })
            .collect();
        Self { columns, rows }
    }

    /// The sum of a column of numbers.
    pub fn sum(&self, column: &str) -> u64 {
        self.rows.iter().map(|row| row[column].parse::<u64>().unwrap_or_else(|_| panic!("{column}: {row:?}"))).sum()
    }

    /// The sums of several columns, added up.
    pub fn sums(&self, columns: &[&str]) -> u64 {
        columns.iter().map(|column| self.sum(column)).sum()
    }
}

/// Every file below `folder`, by its path from there, with its bytes.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("the folder can be listed")) {
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(folder).expect("it lies below").to_string_lossy().into_owned();
            found.insert(name, std::fs::read(entry.path()).expect("the file can be read"));
        }
    }
    found
}

/// The number at a place such as `tuples.read`.
pub fn number(value: &Value, place: &str) -> u64 {
    let found = place.split('.').fold(value, |value, key| &value[key]);
    found.as_u64().unwrap_or_else(|| panic!("{place} is no number: {found}"))
}

/// The numbers at several places.
pub fn numbers<const N: usize>(value: &Value, places: [&str; N]) -> [u64; N] {
    places.map(|place| number(value, place))
}
