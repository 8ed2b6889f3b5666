//! Reads the files that enrich a report: topology, geo and ASN databases, service tags, threat lists.
//!
//! Goes in: paths. Comes out: [`Knowledge`] and one [`InputInfo`] per file. Understands no content: `enrich` does.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::app::analyze::AnalyzeSettings;
use crate::app::progress::Progress;
use crate::enrich::Knowledge;
use crate::schema::inputs::{InputInfo, InputKind};
use crate::source;

/// Largest file. Unit: bytes; 10,000 NICs are about 30 MB of JSON, a city database 120 MB; JSON takes some twenty times
/// as much memory while it is read.
const FILE_BYTES_MAX: [(InputKind, u64); 5] = [
    (InputKind::Topology, 64 << 20),
    (InputKind::Geo, 512 << 20),
    (InputKind::Asn, 512 << 20),
    (InputKind::ServiceTags, 64 << 20),
    (InputKind::ThreatList, 256 << 20),
];

/// A file beside the logs that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {}: {}: {reason}", kind.name(), path.display())]
pub struct EnrichmentError {
    /// What it was given as.
    pub kind: InputKind,
    /// The path as given.
    pub path: PathBuf,
    /// Why.
    pub reason: EnrichmentReason,
}

/// Why a file beside the logs cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EnrichmentReason {
    /// No file or folder has this name.
    #[error("there is no such file or folder; hint: check the path")]
    Missing,
    /// Of all options only `--topology` takes folders.
    #[error("is a folder; hint: give the file itself")]
    Folder,
    /// A folder without a file that is named like a topology.
    #[error("holds no .json, .ndjson, .jsonl or .toml file; hint: docs/topology.md names the exports that are read")]
    NoTopology,
    /// The bound, in MiB.
    #[error("it is larger than {0} MiB; hint: check that it is the file that was meant")]
    TooLarge(u64),
    /// What the system says.
    #[error("{0}; hint: check the permissions of the path")]
    Unreadable(io::Error),
}

/// What was read.
#[derive(Default)]
pub struct Enrichment {
    /// What it tells of addresses.
    pub knowledge: Knowledge,
    /// One per file, in the order read.
    pub inputs: Vec<InputInfo>,
}

impl Enrichment {
    /// Reads everything that the settings name, and the topology files found in the inputs.
    pub fn read(settings: &AnalyzeSettings, found: &[PathBuf]) -> Result<Self> {
        let mut read = Self::default();
        let mut topology = found.to_vec();
        for path in &settings.topology {
            topology.extend(topology_files(path)?);
        }
        let lists = [
            (InputKind::Topology, &topology),
            (InputKind::Geo, &settings.geo),
            (InputKind::Asn, &settings.asn),
            (InputKind::ServiceTags, &settings.service_tags),
            (InputKind::ThreatList, &settings.threat_lists),
        ];
        for (kind, paths) in lists {
            for path in paths {
                read.add(kind, path)?;
            }
        }
        Ok(read)
    }

    /// Reads what one option names, on its own, to see whether it can be read.
    pub fn check(kind: InputKind, path: &Path) -> Result<Vec<InputInfo>> {
        let mut read = Self::default();
        let paths = if kind == InputKind::Topology { topology_files(path)? } else { vec![path.to_owned()] };
        paths.iter().try_for_each(|path| read.add(kind, path))?;
        Ok(read.inputs)
    }

    /// Adds what the window tells of the lists: those that were expired or old by then. Tells every warning of every file.
    pub fn judge(&mut self, window: (i64, i64), progress: &dyn Progress) {
        let lists = self.inputs.iter_mut().filter(|input| input.kind == InputKind::ThreatList);
        for (input, warnings) in lists.zip(self.knowledge.threats.warnings(window)) {
            input.warnings.extend(warnings);
        }
        for input in &self.inputs {
            for warning in &input.warnings {
                progress.warn(&format!("{} {}: {warning}", input.kind.name(), input.file));
            }
        }
    }

    fn add(&mut self, kind: InputKind, path: &Path) -> Result<()> {
        let bytes = read_file(kind, path)?;
        let file = path.display().to_string();
        let mut info = match kind {
            InputKind::Topology => self.knowledge.topology.add(&file, &bytes)?,
            InputKind::Geo | InputKind::Asn => self.knowledge.geo.add(kind, &file, bytes)?,
            InputKind::ServiceTags => self.knowledge.service_tags.add(&file, &bytes)?,
            InputKind::ThreatList => self.knowledge.threats.add(&file, &bytes)?,
        };
        info.file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.inputs.push(info);
        Ok(())
    }
}

/// The bytes of a file, a pipe too, which states no size before it was read.
fn read_file(kind: InputKind, path: &Path) -> Result<Vec<u8>, EnrichmentError> {
    let fail = |reason| EnrichmentError { kind, path: path.to_owned(), reason };
    if !path.exists() {
        return Err(fail(EnrichmentReason::Missing));
    }
    if path.is_dir() {
        return Err(fail(EnrichmentReason::Folder));
    }
    let most = FILE_BYTES_MAX.iter().find(|(of, _)| *of == kind).map_or(u64::MAX, |(_, most)| *most);
    let unreadable = |cause| fail(EnrichmentReason::Unreadable(cause));
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(file.metadata().map_or(0, |of| of.len().min(most) as usize));
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(fail(EnrichmentReason::TooLarge(most >> 20)));
    }
    Ok(bytes)
}

/// The file itself, or the topology files of a folder by name.
fn topology_files(path: &Path) -> Result<Vec<PathBuf>, EnrichmentError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let fail = |reason| EnrichmentError { kind: InputKind::Topology, path: path.to_owned(), reason };
    let unreadable = |cause| fail(EnrichmentReason::Unreadable(cause));
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if source::is_topology(&path.to_string_lossy()) {
            files.push(path);
        }
    }
    if files.is_empty() {
        return Err(fail(EnrichmentReason::NoTopology));
    }
    files.sort();
    Ok(files)
}
