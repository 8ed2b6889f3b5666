//! Makes realistic flow logs in Azure's layout from a seed, with labelled attacks on request.
//!
//! Goes in: [`Settings`]. Comes out: a folder with blobs as Azure names and writes them, `topology/` as the Azure CLI prints
//! it and, with attacks, `labels.json`. The same settings give the same bytes on every machine, whatever the threads.
//! What happens (`traffic`, `attacks`) is kept apart from what each NIC's host writes about it (`capture`) and from how that
//! is written (`writer`). Reads no clock and no input; imitates logs, not packets.

mod attacks;
mod capture;
mod estate;
mod random;
mod service;
mod size;
mod topology;
mod traffic;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use crate::schema::units::HOUR_MS;
use crate::schema::{Address, Format};
use attacks::Attack;
pub use attacks::Label;
use capture::{CapturePoint, Tuple};
use estate::{Estate, INTERFACES_MAX, Vnet};
use service::Decision;
pub use traffic::Volume;
use traffic::{Connection, Edge};
use writer::{Clock, Writer};

/// Which kinds of flow log the sample has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SampleFormat {
    /// NSG flow logs of version 2 for every NIC.
    Nsg,
    /// VNet flow logs of version 4 for every NIC.
    Vnet,
    /// The hub by NSG logs, the spoke by a VNet log, and one NIC of the spoke by both.
    #[default]
    Both,
}

/// What to make.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder to write into; it must not exist or be empty.
    pub out: PathBuf,
    /// Another seed is another estate with other traffic.
    pub seed: u64,
    /// Which logs.
    pub format: SampleFormat,
    /// First hour, ms since the epoch; must be a full hour.
    pub start: i64,
    /// How many hours, from 1 to [`HOURS_MAX`].
    pub hours: u32,
    /// How many NICs, from 1 to 20,000.
    pub interfaces: u32,
    /// Bytes of blobs to aim for; `None` is a quiet estate: about 10 KB per NIC and hour.
    pub size: Option<u64>,
    /// Whether attacks happen and `labels.json` says which.
    pub attacks: bool,
}

/// Most hours of a sample: ten years.
pub const HOURS_MAX: u32 = 87_660;

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Blobs.
    pub blobs: u64,
    /// Bytes of blobs.
    pub bytes: u64,
    /// Flow tuples.
    pub tuples: u64,
    /// Connections that begin in the window, each counted once wherever it was captured.
    pub connections: u64,
}

impl std::ops::Add for Written {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            blobs: self.blobs + other.blobs,
            bytes: self.bytes + other.bytes,
            tuples: self.tuples + other.tuples,
            connections: self.connections + other.connections,
        }
    }
}

/// How long before the window traffic begins, so that its first hour holds C and E of flows that began earlier.
const WARM_UP_HOURS: i64 = 3;

/// Shorter windows have no gap in their coverage.
const GAP_HOURS_LEAST: i64 = 6;

/// Writes a sample, which appears whole or not at all.
///
/// Errors: settings out of range; a folder that is not empty; whatever writing meets.
pub fn write(settings: &Settings) -> Result<Written> {
    check(settings)?;
    check_empty(settings)?;
    let cannot = || format!("cannot write a sample into {}", settings.out.display());
    let out = std::path::absolute(&settings.out).with_context(cannot)?;
    // Inside the folder if there is one: what lies around it may be read-only, or on another file system.
    let place = if out.exists() { Some(out.as_path()) } else { out.parent() }.with_context(cannot)?;
    fs::create_dir_all(place).with_context(cannot)?;
    let staging = tempfile::Builder::new().prefix(".azflow-").tempdir_in(place).with_context(cannot)?;
    let staged = Settings { out: staging.path().join("sample"), ..settings.clone() };
    fs::create_dir(&staged.out).with_context(cannot)?;
    let written = write_files(&staged)?;
    if out.exists() {
        for entry in fs::read_dir(&staged.out).with_context(cannot)? {
            let entry = entry.with_context(cannot)?;
            fs::rename(entry.path(), out.join(entry.file_name())).with_context(cannot)?;
        }
    } else {
        fs::rename(&staged.out, &out).with_context(cannot)?;
    }
    Ok(written)
}

/// Writes every file of the sample.
fn write_files(settings: &Settings) -> Result<Written> {
    let world = World::new(settings);
    let points = world.capture_points(settings.format);
    write_json(settings, &world)?;
    let written: Vec<Written> = points
        .par_iter()
        .map(|point| {
            world.log(*point, |path, bytes| {
                let path = settings.out.join(path);
                let folder = path.parent().unwrap_or(&settings.out);
                fs::create_dir_all(folder).with_context(|| format!("cannot create folder {}", folder.display()))?;
                fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
            })
        })
        .collect::<Result<_>>()?;
    Ok(written.into_iter().fold(Written::default(), |sum, part| sum + part))
}

fn check(settings: &Settings) -> Result<()> {
    if settings.interfaces == 0 || settings.interfaces > INTERFACES_MAX {
        bail!("cannot make a sample: {} interfaces: must be 1 to {INTERFACES_MAX}", settings.interfaces);
    }
    if settings.hours == 0 || settings.hours > HOURS_MAX {
        bail!("cannot make a sample: {} hours: must be 1 to {HOURS_MAX}", settings.hours);
    }
    // From 1970 to 9000, so that every moment has a year of four digits and an epoch that is not negative.
    if settings.start % HOUR_MS != 0 || !(WARM_UP_HOURS * HOUR_MS * 2..221_845_392_000_000).contains(&settings.start) {
        bail!("cannot make a sample: start {}: must be a full hour from 1970 on", settings.start);
    }
    Ok(())
}

/// Refuses a folder that has something in it.
fn check_empty(settings: &Settings) -> Result<()> {
    if fs::read_dir(&settings.out).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("cannot write a sample into {}: the folder is not empty", settings.out.display());
    }
    Ok(())
}

fn write_json(settings: &Settings, world: &World) -> Result<()> {
    let put = |path: PathBuf, value: &serde_json::Value| {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    };
    let folder = settings.out.join("topology");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create folder {}", folder.display()))?;
    for document in topology::topology(&world.estate) {
        put(folder.join(document.name), &document.json)?;
    }
    if settings.attacks {
        let labels: Vec<&Label> = world.attacks.iter().map(|attack| &attack.label).collect();
        put(settings.out.join("labels.json"), &serde_json::to_value(labels)?)?;
    }
    Ok(())
}

/// The estate with its traffic, over the window.
struct World {
    estate: Estate,
    edges: Vec<Edge>,
    /// Which edges each NIC sees, as indexes.
    edges_of: Vec<Vec<u32>>,
    attacks: Vec<Attack>,
    scale: f64,
    start: i64,
    hours: i64,
}

impl World {
    fn new(settings: &Settings) -> Self {
        let estate = Estate::new(settings.seed, settings.interfaces);
        let edges = traffic::edges(&estate);
        let mut edges_of = vec![Vec::new(); estate.nics.len()];
        for (edge, index) in edges.iter().zip(0u32..) {
            edge.nics().for_each(|nic| edges_of[nic as usize].push(index));
        }
        let (start, hours) = (settings.start, i64::from(settings.hours));
        let attacks = if settings.attacks { attacks::attacks(&estate, start, hours) } else { Vec::new() };
        let mut world = Self { estate, edges, edges_of, attacks, scale: 1.0, start, hours };
        let points = world.capture_points(settings.format);
        let quiet = size::QUIET_BYTES * u64::from(settings.hours) * u64::from(settings.interfaces);
        world.scale = size::scale(&world, &points, settings.size.unwrap_or(quiet));
        world
    }

    /// The NIC whose log misses an hour, and which hour: the second machine, two thirds into a window of some length.
    fn is_gap(&self, nic: u32, hour: i64) -> bool {
        self.hours >= GAP_HOURS_LEAST && nic == 1 && hour == self.hours * 2 / 3
    }

    /// Adds the connections of the edges and attacks that begin in the hour at `hour_start`.
    fn connections<'a>(
        &self,
        edges: impl Iterator<Item = &'a Edge>,
        attacks: impl Iterator<Item = &'a Connection>,
        hour_start: i64,
        out: &mut Vec<Connection>,
    ) {
        for edge in edges {
            traffic::connections(&self.estate, edge, self.scale, hour_start, out);
        }
        if !self.attacks.is_empty() {
            out.retain(|connection| connection.decision == Decision::Allowed || !attacks::is_let_in(&self.estate, connection));
        }
        out.extend(attacks.filter(|c| (hour_start..hour_start + HOUR_MS).contains(&c.start)).cloned());
    }

    /// Which NICs are logged by which flow logs, in the order of the NICs.
    fn capture_points(&self, format: SampleFormat) -> Vec<CapturePoint> {
        let moved = (0..self.estate.nics.len()).rev().find(|i| *i <= 6 && self.estate.nics[*i].vnet == Vnet::Spoke);
        let mut points = Vec::new();
        for (index, nic) in self.estate.nics.iter().enumerate() {
            let is_nsg = match format {
                SampleFormat::Nsg => true,
                SampleFormat::Vnet => false,
                SampleFormat::Both => nic.vnet == Vnet::Hub || moved == Some(index),
            };
            let is_vnet = match format {
                SampleFormat::Nsg => false,
                SampleFormat::Vnet => true,
                SampleFormat::Both => nic.vnet == Vnet::Spoke,
            };
            for (is_logged, format) in [(is_nsg, Format::NsgV2), (is_vnet, Format::VnetV4)] {
                if is_logged {
                    let repeats = is_nsg && format.is_vnet();
                    points.push(CapturePoint { nic: index as u32, format, repeats });
                }
            }
        }
        points
    }

    /// Makes the blobs of one capture point, hour by hour; holds one hour's tuples and those of flows in flight.
    fn log(&self, point: CapturePoint, mut put: impl FnMut(&Path, &[u8]) -> Result<()>) -> Result<Written> {
        let clock = Clock::new(&self.estate.nics[point.nic as usize], self.start);
        let edges = || self.edges_of[point.nic as usize].iter().map(|edge| &self.edges[*edge as usize]);
        let attacks: Vec<&Connection> =
            self.attacks.iter().flat_map(|attack| &attack.connections).filter(|c| c.touches(point.nic)).collect();
        let mut writer = Writer::new(&self.estate, point);
        let mut written = Written::default();
        let (mut connections, mut pending, mut stated) = (Vec::new(), Vec::<Tuple>::new(), Vec::new());
        for hour in -WARM_UP_HOURS..self.hours {
            let hour_start = self.start + hour * HOUR_MS;
            connections.clear();
            self.connections(edges(), attacks.iter().copied(), hour_start, &mut connections);
            for connection in &connections {
                capture::capture(&self.estate, point, connection, &mut pending);
            }
            let hour_end = hour_start + HOUR_MS;
            stated.clear();
            pending.retain(|tuple| {
                let is_now = clock.time(clock.record(tuple.time)) < hour_end;
                if is_now {
                    stated.push(*tuple);
                }
                !is_now
            });
            let is_mine = |c: &&Connection| !point.repeats && c.source.or(c.destination) == Some(point.nic);
            if hour >= 0 {
                written.connections += connections.iter().filter(is_mine).count() as u64;
            }
            if hour >= 0 && !self.is_gap(point.nic, hour) && !stated.is_empty() {
                let path = writer.path(hour_start);
                let blob = writer.blob(clock, &stated);
                put(Path::new(&path), blob)?;
                written.bytes += blob.len() as u64;
                written.blobs += 1;
                written.tuples += stated.len() as u64;
            }
        }
        Ok(written)
    }
}

/// A connection as it was, before any NIC captured it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// First packet, ms since the epoch.
    pub start: i64,
    /// When the platform calls it ended, ms since the epoch.
    pub end: i64,
    /// Who began it.
    pub src_ip: Address,
    /// Whom it was for.
    pub dst_ip: Address,
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// IANA number.
    pub protocol: u8,
    /// Whether it came through. What did not has no volume.
    pub is_allowed: bool,
    /// From source to destination.
    pub sent: Volume,
    /// From destination to source.
    pub received: Volume,
    /// MAC of the logged NIC that owns the source.
    pub source: Option<String>,
    /// MAC of the logged NIC that owns the destination.
    pub destination: Option<String>,
    /// MAC of the NIC that forwards it.
    pub via: Option<String>,
}

/// The connections that begin in the window of a sample, each once: what its logs should add up to.
///
/// Errors: settings out of range. `settings.out` is not looked into.
pub fn truth(settings: &Settings) -> Result<Vec<Truth>> {
    check(settings)?;
    let world = World::new(settings);
    let mut connections = Vec::new();
    for hour in 0..world.hours {
        let attacks = world.attacks.iter().flat_map(|attack| &attack.connections);
        world.connections(world.edges.iter(), attacks, world.start + hour * HOUR_MS, &mut connections);
    }
    let mac = |nic: Option<u32>| nic.map(|nic| world.estate.nics[nic as usize].mac.clone());
    let truth = |c: &Connection| {
        let is_allowed = c.decision == Decision::Allowed;
        Truth {
            start: c.start,
            end: c.end,
            src_ip: c.src_ip,
            dst_ip: c.dst_ip,
            src_port: c.src_port,
            dst_port: c.dst_port,
            protocol: c.protocol,
            is_allowed,
            sent: if is_allowed { c.sent } else { Volume::default() },
            received: if is_allowed { c.received } else { Volume::default() },
            source: mac(c.source),
            destination: mac(c.destination),
            via: mac(c.via),
        }
    };
    Ok(connections.iter().map(truth).collect())
}

#[cfg(test)]
mod tests;
