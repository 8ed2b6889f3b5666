//! From INPUT texts to units of work.
//!
//! Goes in: files, folders, globs, addresses and `-`. Comes out: each blob once, grouped into units, and the topology files that
//! lie beside them. Opens no blob and does not schedule: units come in the order of their names.

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use xxhash_rust::xxh3::xxh3_128;

use super::blob::{Blob, ENDINGS};
use super::error::SourceError;
use super::folder::{Walk, absolute, canonical, glob};
use super::layout::{CapturePath, TimeFolder};
use super::remote::{Remote, RemoteBlob};

/// The folder directly under an INPUT folder that holds topology.
const TOPOLOGY_FOLDER: &str = "topology";

/// What a sample says of its own attacks; no input.
const LABELS_FILE: &str = "labels.json";

/// The endings of topology files, in lower case.
static TOPOLOGY_ENDINGS: &[&str] = &[".json", ".ndjson", ".jsonl", ".toml"];

/// Files that a walk hands over at once, and how many such batches it may be ahead. Unit: files of about half a KiB; waking a thread
/// costs as much as a few of them.
const BATCH: usize = 256;
const BATCHES_AHEAD: usize = 8;

/// What a listing may leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ListOptions {
    /// First moment of interest, ms since the epoch. Blobs whose paths name an hour that is over by then are left out, and
    /// folders `y=/m=/d=/h=` of a time that is over by then are not looked into. A blob holds no tuple later than its hour.
    /// Other blobs are always listed.
    pub since: Option<i64>,
}

impl ListOptions {
    /// Whether the blob of an hour is left out.
    fn leaves_out(&self, capture: &CapturePath) -> bool {
        self.since.is_some_and(|since| capture.end() <= since)
    }

    /// Whether a folder is not looked into; `path` is asked for only if that depends on it.
    pub(super) fn passes_by(&self, path: impl FnOnce() -> String) -> bool {
        self.since.is_some_and(|since| TimeFolder::parse(&path()).is_some_and(|folder| folder.times.end <= since))
    }
}

/// What the INPUTs hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By the name of their first blob; blobs of equal names in the order of their INPUTs.
    pub units: Vec<Unit>,
    /// The files of `topology/` folders: in the order of the INPUTs, then by name.
    pub topology: Vec<PathBuf>,
    /// Where topology lies in a store, which is not read.
    pub topology_ignored: Vec<String>,
}

/// Blobs that must be read together, since a record may repeat in them: all that name one capture point and hour, or
/// one blob that names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// By name; never empty.
    pub blobs: Vec<Blob>,
    /// Bytes as stored.
    pub bytes: u64,
    /// The capture point and hour that the paths of its blobs name; `None` of a blob whose path names none.
    pub capture: Option<CapturePath>,
}

/// Lists what the INPUTs hold, less what `options` leave out. A file that is reached twice, by whatever path or link, is listed once.
///
/// Folders are read at any depth: files that end in `.json`, `.json.gz` or `.json.zst`, but no names that begin with a
/// dot. A file that is named itself is taken whatever its ending. A file that vanishes or is refused later is no error here.
/// What lies below an address is taken as from a folder.
pub fn list(inputs: &[String], options: &ListOptions) -> Result<Listing, SourceError> {
    let mut search = Search { options: *options, ..Search::default() };
    for input in inputs {
        search.input(input)?;
    }
    Ok(search.finish())
}

/// What was found so far.
#[derive(Default)]
struct Search {
    options: ListOptions,
    found: Vec<Found>,
    topology: Vec<PathBuf>,
    topology_ignored: Vec<String>,
    remote: Remote,
    /// Hashes of where everything found lies: a hash is a tenth of a path.
    seen: HashSet<u128>,
    /// Resources and MACs, each held once.
    texts: HashSet<Arc<str>>,
}

struct Found {
    blob: Blob,
    capture: Option<CapturePath>,
}

/// A file that a folder or an INPUT names.
pub struct FoundFile {
    /// Relative to the INPUT, separated by `/`.
    pub name: String,
    /// As given.
    pub path: PathBuf,
    /// Absolute, without links.
    pub canonical: PathBuf,
}

/// A blob that lies at an address.
pub struct FoundBlob {
    /// Relative to the INPUT; the last part of its name if the INPUT names the blob itself.
    pub name: String,
    /// Its bytes as stored.
    pub bytes: u64,
    /// Its ETag.
    pub version: Box<str>,
    /// Where it lies.
    pub blob: RemoteBlob,
    /// Whether the INPUT names it itself.
    pub is_named: bool,
}

impl Search {
    fn input(&mut self, input: &str) -> Result<(), SourceError> {
        if input == "-" {
            if self.is_new(b"-") {
                self.found.push(Found { blob: Blob::stdin(), capture: None });
            }
            return Ok(());
        }
        let path = Path::new(input);
        match std::fs::metadata(path) {
            Ok(meta) if meta.is_dir() => self.walk(Walk::new(path, None, self.options)).map(|_| ()),
            Ok(meta) if meta.is_file() => {
                let name = path.file_name().map_or_else(|| input.into(), |name| name.to_string_lossy().into_owned());
                self.blob(FoundFile { name, path: path.into(), canonical: canonical(path) });
                Ok(())
            }
            Ok(_) => Err(SourceError::NotAFile { path: path.into() }),
            Err(_) if input.contains("://") => {
                let (mut remote, options) = (std::mem::take(&mut self.remote), self.options);
                let listed = remote.list(input, &options, &mut |found| self.remote_blob(found));
                self.remote = remote;
                listed
            }
            Err(_) if input.contains(['*', '?', '[', '{']) => {
                let (base, matcher) = glob(input)?;
                let found = self.walk(Walk::new(&base, Some(matcher), self.options))?;
                if found { Ok(()) } else { Err(SourceError::NoMatch { pattern: input.into() }) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SourceError::Missing { path: path.into() }),
            Err(cause) => Err(SourceError::Unreadable { path: path.into(), cause }),
        }
    }

    /// Says whether the folder holds anything to read, also if it was listed before or is left out.
    ///
    /// Walks on a thread of its own: looking into folders takes as long as looking at their files.
    fn walk(&mut self, mut walk: Walk) -> Result<bool, SourceError> {
        let (send, receive) = sync_channel(BATCHES_AHEAD);
        thread::scope(|scope| {
            let walker = move || {
                loop {
                    let files: Vec<_> = walk.by_ref().take(BATCH).collect();
                    // Nobody listens any more after an error.
                    if files.is_empty() || send.send(files).is_err() {
                        return walk.has_passed_by;
                    }
                }
            };
            let walker = thread::Builder::new().spawn_scoped(scope, walker);
            let walker = walker.map_err(|cause| SourceError::Unreadable { path: ".".into(), cause })?;
            let mut found = false;
            for file in receive.into_iter().flatten() {
                found |= self.file(file?);
            }
            Ok(found | walker.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })
    }

    /// Takes a file of a folder for what its name says it is; `false` if it is nothing to read.
    fn file(&mut self, file: FoundFile) -> bool {
        match Kind::of(&file.name) {
            Some(Kind::Topology) => {
                if self.is_new(file.canonical.as_os_str().as_encoded_bytes()) {
                    self.topology.push(file.path);
                }
            }
            Some(Kind::Blob) => self.blob(file),
            None => return false,
        }
        true
    }

    fn blob(&mut self, file: FoundFile) {
        let FoundFile { name, path, canonical } = file;
        // The path as given comes first: behind a link the bytes may lie under a path that says nothing.
        let given = absolute(&path);
        let capture = [&given, &canonical].into_iter().find_map(|path| CapturePath::parse(&path.to_string_lossy()));
        if capture.as_ref().is_some_and(|capture| self.options.leaves_out(capture)) {
            return;
        }
        if self.is_new(canonical.as_os_str().as_encoded_bytes()) {
            let capture = capture.map(|capture| self.held_once(capture));
            let meta = std::fs::metadata(&canonical).ok();
            self.found.push(Found { blob: Blob::file(name, canonical, meta.as_ref()), capture });
        }
    }

    fn remote_blob(&mut self, FoundBlob { name, bytes, version, blob, is_named }: FoundBlob) {
        let location = blob.location();
        match Kind::of(&name) {
            Some(Kind::Topology) if !is_named => return self.topology_ignored.push(location),
            None if !is_named => return,
            _ => {}
        }
        let capture = CapturePath::parse(&location);
        if capture.as_ref().is_some_and(|capture| self.options.leaves_out(capture)) || !self.is_new(location.as_bytes()) {
            return;
        }
        let capture = capture.map(|capture| self.held_once(capture));
        self.found.push(Found { blob: Blob::remote(name, blob, bytes, version), capture });
    }

    fn is_new(&mut self, location: &[u8]) -> bool {
        self.seen.insert(xxh3_128(location))
    }

    fn held_once(&mut self, CapturePath { resource, mac, hour }: CapturePath) -> CapturePath {
        let mut held = |text: Arc<str>| match self.texts.get(&text) {
            Some(text) => Arc::clone(text),
            None => {
                self.texts.insert(Arc::clone(&text));
                text
            }
        };
        CapturePath { resource: held(resource), mac: held(mac), hour }
    }

    fn finish(self) -> Listing {
        let mut units: Vec<Unit> = Vec::with_capacity(self.found.len());
        let mut unit_of: HashMap<CapturePath, usize> = HashMap::new();
        let mut found = self.found;
        // Stable: blobs of equal names stay in the order of their INPUTs.
        found.sort_by(|a, b| a.blob.name.cmp(&b.blob.name));
        for Found { blob, capture } in found {
            let next = units.len();
            let index = capture.as_ref().map_or(next, |capture| *unit_of.entry(capture.clone()).or_insert(next));
            if index == next {
                units.push(Unit { bytes: blob.bytes, blobs: vec![blob], capture });
            } else {
                units[index].bytes += blob.bytes;
                units[index].blobs.push(blob);
            }
        }
        let mut topology_ignored = self.topology_ignored;
        topology_ignored.sort();
        Listing { units, topology: self.topology, topology_ignored }
    }
}

/// What a file of an INPUT is, by its name alone.
enum Kind {
    Blob,
    Topology,
}

impl Kind {
    /// `None` if it is nothing to read; `name` is relative to the INPUT, separated by `/`.
    fn of(name: &str) -> Option<Self> {
        if name.split_once('/').is_some_and(|(first, _)| first == TOPOLOGY_FOLDER) {
            return is_topology(name).then_some(Self::Topology);
        }
        let is_labels = name.rsplit('/').next().is_some_and(|file| file.eq_ignore_ascii_case(LABELS_FILE));
        (ends_in(name, ENDINGS) && !is_labels).then_some(Self::Blob)
    }
}

/// Whether a file of a folder is named like a topology.
pub fn is_topology(name: &str) -> bool {
    ends_in(name, TOPOLOGY_ENDINGS)
}

/// Whether the name ends in one of the endings, whatever the case.
pub(super) fn ends_in(name: &str, endings: &[&str]) -> bool {
    let tail = |ending: &str| name.len().checked_sub(ending.len()).map(|start| &name.as_bytes()[start..]);
    endings.iter().any(|ending| tail(ending).is_some_and(|tail| tail.eq_ignore_ascii_case(ending.as_bytes())))
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
