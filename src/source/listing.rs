//! From INPUT texts to units of work.
//!
//! Goes in: files, folders, globs and `-`. Comes out: each blob once, grouped into units, and the topology files that
//! lie beside them. Opens no blob and does not schedule: units come in the order of their names.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use super::blob::{Blob, ENDINGS};
use super::error::SourceError;
use super::layout::CapturePath;

/// The folder directly under an INPUT folder that holds topology.
const TOPOLOGY_FOLDER: &str = "topology";

/// What a sample says of its own attacks; no input.
const LABELS_FILE: &str = "labels.json";

/// The endings of topology files, in lower case.
static TOPOLOGY_ENDINGS: &[&str] = &[".json", ".ndjson", ".jsonl", ".toml"];

/// What the INPUTs hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By the name of their first blob; blobs of equal names in the order of their INPUTs.
    pub units: Vec<Unit>,
    /// The files of `topology/` folders: in the order of the INPUTs, then by name.
    pub topology: Vec<PathBuf>,
}

/// Blobs that must be read together, since a record may repeat in them: all that name one capture point and hour, or
/// one blob that names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// By name; never empty.
    pub blobs: Vec<Blob>,
    /// Bytes as stored.
    pub bytes: u64,
}

/// Lists what the INPUTs hold. A file that is reached twice, by whatever path or link, is listed once.
///
/// Folders are read at any depth: files that end in `.json`, `.json.gz` or `.json.zst`, but no names that begin with a
/// dot. A file that is named itself is taken whatever its ending. A file that vanishes or is refused later is no error here.
pub fn list(inputs: &[String]) -> Result<Listing, SourceError> {
    let mut search = Search::default();
    for input in inputs {
        search.input(input)?;
    }
    Ok(search.finish())
}

#[derive(Default)]
struct Search {
    blobs: Vec<Found>,
    topology: Vec<PathBuf>,
    seen: HashSet<PathBuf>,
}

struct Found {
    blob: Blob,
    capture: Option<CapturePath>,
}

impl Search {
    fn input(&mut self, input: &str) -> Result<(), SourceError> {
        if input == "-" {
            if self.seen.insert(PathBuf::from("-")) {
                self.blobs.push(Found { blob: Blob::stdin(), capture: None });
            }
            return Ok(());
        }
        let path = Path::new(input);
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.folder(path, None).map(|_| ()),
            Ok(meta) if meta.is_file() => {
                let name = path.file_name().map_or_else(|| input.into(), |name| name.to_string_lossy());
                self.blob(&name, path, meta.len());
                Ok(())
            }
            Ok(_) => Err(SourceError::NotAFile { path: path.into() }),
            Err(_) if let Some((scheme, _)) = input.split_once("://") => Err(SourceError::Remote { scheme: scheme.into() }),
            Err(_) if input.contains(['*', '?', '[', '{']) => self.glob(input),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SourceError::Missing { path: path.into() }),
            Err(cause) => Err(SourceError::Unreadable { path: path.into(), cause }),
        }
    }

    /// Searches the part of the glob that stands before its first special character. What it matches is taken as from
    /// a folder: a matching file, and everything below a matching folder.
    fn glob(&mut self, pattern: &str) -> Result<(), SourceError> {
        let components = Path::new(pattern).components();
        let is_special = |component: &Component| component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        let base: PathBuf = components.clone().take_while(|c| !is_special(c)).collect();
        let rest: PathBuf = components.skip_while(|c| !is_special(c)).collect();
        let matcher = GlobBuilder::new(&slashed(&rest))
            .literal_separator(true)
            .build()
            .map_err(|cause| SourceError::BadGlob { pattern: pattern.into(), cause })?
            .compile_matcher();
        let base = if base.as_os_str().is_empty() { PathBuf::from(".") } else { base };
        if !base.is_dir() {
            return Err(SourceError::Missing { path: base });
        }
        let found = self.folder(&base, Some(&matcher))?;
        if found { Ok(()) } else { Err(SourceError::NoMatch { pattern: pattern.into() }) }
    }

    /// Says whether the folder holds anything to read, also if it was listed before.
    fn folder(&mut self, folder: &Path, matcher: Option<&GlobMatcher>) -> Result<bool, SourceError> {
        let mut found = false;
        let is_visible = |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
        for entry in walk.into_iter().filter_entry(is_visible) {
            let (path, bytes) = match entry {
                Ok(entry) if entry.file_type().is_dir() => continue,
                Ok(entry) => {
                    let bytes = entry.metadata().map_or(0, |meta| meta.len());
                    (entry.into_path(), bytes)
                }
                // A link to a folder above holds nothing new.
                Err(error) if error.loop_ancestor().is_some() => continue,
                // A link to nothing: if it is named like a blob, the reader will say so, as for any unreadable blob.
                Err(error) if error.depth() > 0 && error.path().is_some_and(Path::is_symlink) => {
                    (error.path().unwrap_or(folder).to_path_buf(), 0)
                }
                Err(error) => {
                    let path = error.path().unwrap_or(folder).to_path_buf();
                    return Err(SourceError::Unreadable { path, cause: error.into() });
                }
            };
            let relative = path.strip_prefix(folder).unwrap_or(&path);
            if matcher.is_none_or(|m| matches_with_folders(m, relative)) {
                found |= self.file(&slashed(relative), &path, bytes);
            }
        }
        Ok(found)
    }

    /// Takes a file of a folder for what its name, relative to the folder, says it is; `false` if it is nothing to read.
    fn file(&mut self, name: &str, path: &Path, bytes: u64) -> bool {
        let lower = name.to_lowercase();
        if name.split_once('/').is_some_and(|(first, _)| first == TOPOLOGY_FOLDER) {
            let taken = is_topology(name);
            if taken && self.seen.insert(canonical(path)) {
                self.topology.push(path.to_path_buf());
            }
            taken
        } else {
            let taken = ENDINGS.iter().any(|ending| lower.ends_with(ending)) && lower.rsplit('/').next() != Some(LABELS_FILE);
            if taken {
                self.blob(name, path, bytes);
            }
            taken
        }
    }

    fn blob(&mut self, name: &str, path: &Path, bytes: u64) {
        let canonical = canonical(path);
        if self.seen.contains(&canonical) {
            return;
        }
        // The path as given comes first: behind a link the bytes may lie under a name that says nothing.
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let capture = [&absolute, &canonical].into_iter().find_map(|p| CapturePath::parse(&p.to_string_lossy()));
        self.blobs.push(Found { blob: Blob::file(name, path.to_path_buf(), bytes), capture });
        self.seen.insert(canonical);
    }

    fn finish(self) -> Listing {
        let mut units: Vec<Unit> = Vec::new();
        let mut unit_of: BTreeMap<CapturePath, usize> = BTreeMap::new();
        let mut blobs = self.blobs;
        // Stable: blobs of equal names stay in the order of their INPUTs.
        blobs.sort_by(|a, b| a.blob.name.cmp(&b.blob.name));
        for Found { blob, capture } in blobs {
            let next = units.len();
            let index = capture.map_or(next, |capture| *unit_of.entry(capture).or_insert(next));
            if index == next {
                units.push(Unit { blobs: Vec::new(), bytes: 0 });
            }
            units[index].bytes += blob.bytes;
            units[index].blobs.push(blob);
        }
        Listing { units, topology: self.topology }
    }
}

/// Whether a file of a folder is named like a topology.
pub fn is_topology(name: &str) -> bool {
    let lower = name.to_lowercase();
    TOPOLOGY_ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Whether the glob matches the file or a folder above it.
fn matches_with_folders(matcher: &GlobMatcher, relative: &Path) -> bool {
    relative.ancestors().filter(|path| !path.as_os_str().is_empty()).any(|path| matcher.is_match(path))
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn slashed(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|component| component.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
