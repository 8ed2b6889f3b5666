//! Lists inputs and groups their blobs to units of work.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;
use walkdir::{DirEntry, WalkDir};

use super::layout::{self, CapturePath};
use super::{BlobReader, SourceError};

/// Endings of blobs in a folder; a file that is named itself may have any.
const BLOB_ENDINGS: [&str; 3] = [".json", ".json.gz", ".json.zst"];

/// The folder directly under an INPUT folder that holds topology.
const TOPOLOGY_FOLDER: &str = "topology";

/// Ground truth that the sample generator leaves beside its logs.
const LABELS_FILE: &str = "labels.json";

/// One file, or standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Relative to its INPUT, with `/` between segments; `-` is standard input.
    pub name: Arc<str>,
    /// Where it is; `None` is standard input.
    pub(super) path: Option<PathBuf>,
    /// Size as stored; 0 where it is not known.
    pub bytes: u64,
}

impl Blob {
    /// Opens the blob for reading from its start.
    pub fn open(&self) -> Result<BlobReader, SourceError> {
        BlobReader::open(self)
    }
}

/// Blobs that are read one after the other by one worker: those of one capture point and hour, or a single one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// In the order of their names.
    pub blobs: Vec<Blob>,
    /// Size of all as stored.
    pub bytes: u64,
}

/// Everything the inputs name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// In the order of their first blob's name.
    pub units: Vec<Unit>,
    /// Topology files found in INPUT folders, sorted.
    pub topology: Vec<PathBuf>,
}

/// Lists `inputs`: files, folders at any depth, patterns, `-`. A file named twice is listed once.
pub fn list(inputs: &[String]) -> Result<Listing, SourceError> {
    let mut found = Found::default();
    for input in inputs {
        found.add(input)?;
    }
    Ok(found.into_listing())
}

/// What was found so far.
#[derive(Default)]
struct Found {
    blobs: Vec<(Blob, Option<CapturePath>)>,
    topology: BTreeSet<PathBuf>,
    /// Canonical paths, so that a file counts once however it is named.
    seen: BTreeSet<PathBuf>,
}

impl Found {
    fn add(&mut self, input: &str) -> Result<(), SourceError> {
        if input == "-" {
            if self.seen.insert("-".into()) {
                self.blobs.push((Blob { name: "-".into(), path: None, bytes: 0 }, None));
            }
            return Ok(());
        }
        let path = Path::new(input);
        if path.is_dir() {
            return self.add_folder(path);
        }
        if path.exists() {
            let name = path.file_name().unwrap_or(OsStr::new(input)).to_string_lossy().into_owned();
            return self.add_file(path, name);
        }
        if let Some((scheme, _)) = input.split_once("://") {
            return Err(SourceError::Remote { scheme: scheme.to_owned() });
        }
        if input.contains(['*', '?', '[', '{']) {
            return self.add_pattern(input);
        }
        Err(SourceError::Missing { path: path.to_owned() })
    }

    fn add_folder(&mut self, folder: &Path) -> Result<(), SourceError> {
        for entry in walk(folder) {
            let entry = entry.map_err(|error| unreadable(folder, error))?;
            if !entry.file_type().is_file() {
                continue;
            }
            let relative = slashed(entry.path().strip_prefix(folder).unwrap_or(entry.path()));
            if relative.strip_prefix(TOPOLOGY_FOLDER).is_some_and(|rest| rest.starts_with('/')) {
                if has_ending(&relative, &[".json", ".toml"]) {
                    self.topology.insert(entry.into_path());
                }
            } else if has_ending(&relative, &BLOB_ENDINGS) && entry.file_name() != LABELS_FILE {
                self.add_file(entry.path(), relative)?;
            }
        }
        Ok(())
    }

    /// A pattern: names are relative to the longest folder without a wildcard.
    fn add_pattern(&mut self, pattern: &str) -> Result<(), SourceError> {
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| SourceError::BadPattern { pattern: pattern.to_owned(), why: error.kind().to_string() })?
            .compile_matcher();
        let first = pattern.find(['*', '?', '[', '{']).unwrap_or(pattern.len());
        let base = pattern[..first].rsplit_once('/').map_or("", |(base, _)| if base.is_empty() { "/" } else { base });
        let root = if base.is_empty() { Path::new(".") } else { Path::new(base) };
        let mut is_matched = false;
        for entry in walk(root) {
            let entry = entry.map_err(|error| unreadable(root, error))?;
            let path = entry.path().strip_prefix(".").unwrap_or(entry.path());
            if !matcher.is_match(path) || entry.file_name() == LABELS_FILE {
                continue;
            }
            is_matched = true;
            if entry.file_type().is_file() {
                self.add_file(path, slashed(path.strip_prefix(base).unwrap_or(path)))?;
            } else if entry.file_type().is_dir() {
                self.add_folder(path)?;
            }
        }
        if is_matched { Ok(()) } else { Err(SourceError::NoMatch { pattern: pattern.to_owned() }) }
    }

    fn add_file(&mut self, path: &Path, name: String) -> Result<(), SourceError> {
        let unreadable = |why| SourceError::Unreadable { path: path.to_owned(), why };
        let canonical = fs::canonicalize(path).map_err(unreadable)?;
        let bytes = fs::metadata(path).map_err(unreadable)?.len();
        let layout = layout::parse(&slashed(&canonical));
        if self.seen.insert(canonical) {
            self.blobs.push((Blob { name: name.into(), path: Some(path.to_owned()), bytes }, layout));
        }
        Ok(())
    }

    fn into_listing(self) -> Listing {
        let mut units: BTreeMap<(Option<CapturePath>, usize), Vec<Blob>> = BTreeMap::new();
        for (index, (blob, layout)) in self.blobs.into_iter().enumerate() {
            let alone = if layout.is_some() { 0 } else { index };
            units.entry((layout, alone)).or_default().push(blob);
        }
        let mut units: Vec<Unit> = units
            .into_values()
            .map(|mut blobs| {
                blobs.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
                Unit { bytes: blobs.iter().map(|blob| blob.bytes).sum(), blobs }
            })
            .collect();
        units.sort_by(|a, b| (&a.blobs[0].name, &a.blobs[0].path).cmp(&(&b.blobs[0].name, &b.blobs[0].path)));
        Listing { units, topology: self.topology.into_iter().collect() }
    }
}

/// All entries below `root`, hidden ones left out, in the order of their names.
fn walk(root: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
    let is_shown = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".");
    WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().filter_entry(is_shown)
}

fn unreadable(root: &Path, error: walkdir::Error) -> SourceError {
    let path = error.path().unwrap_or(root).to_owned();
    let why = error.to_string();
    SourceError::Unreadable { path, why: error.into_io_error().unwrap_or_else(|| std::io::Error::other(why)) }
}

/// A path as text with `/` between segments.
fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: &str = "c/resourceId=/S/NSG/y=2024/m=08/d=19/h=17/m=00/macAddress=000D3AF87856";

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("folder");
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, b"{}").expect("file");
        }
        folder
    }

    fn names(listing: &Listing) -> Vec<Vec<String>> {
        listing.units.iter().map(|unit| unit.blobs.iter().map(|blob| blob.name.to_string()).collect()).collect()
    }

    fn list_in(folder: &tempfile::TempDir, inputs: &[&str]) -> Result<Listing, SourceError> {
        let inputs: Vec<String> = inputs.iter().map(|input| format!("{}/{input}", folder.path().display())).collect();
        list(&inputs)
    }

    #[test]
    fn blobs_of_one_capture_point_and_hour_are_one_unit_in_name_order() {
        let folder =
            folder(&[&format!("{HOUR}/PT1H.json"), &format!("{HOUR}/PT1H-2.json.gz"), "other.json", "notes.txt", ".hidden.json"]);
        let listing = list_in(&folder, &["."]).expect("lists");
        let hour = vec![format!("{HOUR}/PT1H-2.json.gz"), format!("{HOUR}/PT1H.json")];
        assert_eq!(names(&listing), [hour, vec!["other.json".to_owned()]]);
        assert_eq!(listing.units[0].bytes, 4);
    }

    #[test]
    fn a_file_is_listed_once_however_it_is_named() {
        let folder = folder(&["a/x.json", "a/y.json"]);
        let listing = list_in(&folder, &["a", "a/x.json", "a/../a/x.json", "a/*.json"]).expect("lists");
        assert_eq!(names(&listing), [["x.json"], ["y.json"]]);
    }

    #[test]
    fn topology_and_labels_are_no_blobs() {
        let folder = folder(&[
            "topology/vnets.json",
            "topology/own.toml",
            "topology/readme.md",
            "deep/topology/z.json",
            "labels.json",
            "a.json",
        ]);
        let listing = list_in(&folder, &["."]).expect("lists");
        assert_eq!(names(&listing), [["a.json"], ["deep/topology/z.json"]]);
        assert_eq!(listing.topology.len(), 2);
    }

    #[test]
    fn patterns_match_within_and_across_folders() {
        let folder = folder(&["a/x.json", "b/y.json", "b/c/z.json", "b/c/z.txt"]);
        assert_eq!(names(&list_in(&folder, &["*/?.json"]).expect("lists")), [["a/x.json"], ["b/y.json"]]);
        assert_eq!(names(&list_in(&folder, &["b/**/*.json"]).expect("lists")), [["c/z.json"], ["y.json"]]);
    }

    #[test]
    fn inputs_that_name_nothing_are_errors() {
        let folder = folder(&["a.json"]);
        assert!(matches!(list_in(&folder, &["none"]), Err(SourceError::Missing { .. })));
        assert!(matches!(list_in(&folder, &["*.csv"]), Err(SourceError::NoMatch { .. })));
        assert!(matches!(list_in(&folder, &["{a"]), Err(SourceError::BadPattern { .. })));
        let error = list(&["az://logs/x?sig=secret".to_owned()]).expect_err("remote");
        assert!(!error.to_string().contains("secret"));
    }
}
