//! Reads the files that enrich a report: topology, geo and ASN databases, service tags, threat lists.
//!
//! Goes in: paths. Comes out: [`Knowledge`] and one [`InputInfo`] per file. Understands no content: `enrich` does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::app::analyze::AnalyzeSettings;
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

    /// Adds what the window tells of the lists: those that were expired or old by then.
    pub fn judge(&mut self, window: (i64, i64)) {
        let lists = self.inputs.iter_mut().filter(|input| input.kind == InputKind::ThreatList);
        for (input, warnings) in lists.zip(self.knowledge.threats.warnings(window)) {
            input.warnings.extend(warnings);
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

fn read_file(kind: InputKind, path: &Path) -> Result<Vec<u8>> {
    if !path.exists() {
        return Err(source::SourceError::Missing { path: path.to_owned() }.into());
    }
    let name = kind.name();
    let context = || format!("cannot read {name} {}", path.display());
    let size = fs::metadata(path).with_context(context)?.len();
    let most = FILE_BYTES_MAX.iter().find(|(of, _)| *of == kind).map_or(u64::MAX, |(_, most)| *most);
    ensure!(size <= most, "cannot read {name} {}: it is larger than {} MiB", path.display(), most >> 20);
    fs::read(path).with_context(context)
}

fn topology_files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.exists() {
        return Err(source::SourceError::Missing { path: path.to_owned() }.into());
    }
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read topology folder {}", path.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json") || ending.eq_ignore_ascii_case("toml"))
        })
        .collect();
    files.sort();
    Ok(files)
}
