//! How busy the estate must be for its blobs to have the size asked for.
//!
//! Goes in: a world and a number of bytes. Comes out: its scale of activity. Makes the blobs of some NICs and hours to see
//! how large they get, and keeps none.

use super::World;
use super::capture::CapturePoint;
use super::random::mix;
use super::traffic::{self, Edge};
use crate::schema::units::HOUR_MS;

/// Most hours and capture points that are tried.
const HOURS_MAX: i64 = 6;
const POINTS_MAX: usize = 100;
/// Largest amount that one trial should make. Unit: bytes. Beyond it, size grows in proportion to activity.
const TRIAL_BYTES: f64 = 24_000_000.0;
/// The quietest estate.
const SCALE_LEAST: f64 = 0.02;
/// Trials, each of which uses the ratio that the one before missed by.
const TRIALS: usize = 5;

/// The scale at which the blobs of `points` hold about `bytes` bytes, within 25 %, where the estate can be that quiet.
pub(super) fn scale(world: &World, points: &[CapturePoint], bytes: u64) -> f64 {
    let attack_bytes: usize = world.attacks.iter().map(|attack| attack.connections.len() * 150).sum();
    let wanted = (bytes as f64 - attack_bytes as f64).max(1.0);
    let trial = Trial::new(world, points);
    let mut scale = 1.0;
    for _ in 0..TRIALS {
        let made = trial.bytes(scale);
        let largest = scale * TRIAL_BYTES / (made * trial.part).max(1.0);
        let next = scale * (wanted / made.max(1.0));
        if next > largest {
            let high = largest.max(2.0);
            let (low_bytes, high_bytes) = (trial.bytes(high / 2.0), trial.bytes(high));
            let slope = ((high_bytes - low_bytes) / (high / 2.0)).max(1.0);
            return (high + (wanted - high_bytes) / slope).max(SCALE_LEAST);
        }
        scale = next.max(SCALE_LEAST);
    }
    scale
}

/// Some NICs in some hours, standing for all.
struct Trial<'a> {
    world: &'a World,
    points: Vec<CapturePoint>,
    hours: Vec<i64>,
    /// How much of the whole they are, by the connections expected.
    part: f64,
}

impl<'a> Trial<'a> {
    fn new(world: &'a World, points: &[CapturePoint]) -> Self {
        let mut chosen = points.to_vec();
        chosen.sort_by_key(|point| mix(u64::from(point.nic)));
        chosen.truncate(POINTS_MAX);
        let count = world.hours.min(HOURS_MAX);
        let hours: Vec<i64> = (0..count).map(|i| world.start + (world.hours * (2 * i + 1) / (2 * count)) * HOUR_MS).collect();
        let all: Vec<i64> = (0..world.hours).map(|i| world.start + i * HOUR_MS).collect();
        let in_time = expected(&world.edges, &hours) / expected(&world.edges, &all).max(1e-9);
        let part = in_time * chosen.len() as f64 / points.len() as f64;
        Self { world, points: chosen, hours, part }
    }

    /// The bytes of the whole at that scale, by the part that is tried.
    fn bytes(&self, scale: f64) -> f64 {
        let mut bytes = 0;
        for hour in &self.hours {
            let world = World {
                estate: self.world.estate.clone(),
                edges: self.world.edges.clone(),
                edges_of: self.world.edges_of.clone(),
                attacks: Vec::new(),
                scale,
                start: *hour,
                hours: 1,
            };
            for point in &self.points {
                bytes += world.log(*point, |_, _| Ok(())).map_or(0, |written| written.bytes);
            }
        }
        bytes as f64 / self.part
    }
}

/// Connections expected in those hours at scale 1.
fn expected(edges: &[Edge], hours: &[i64]) -> f64 {
    hours.iter().map(|hour| edges.iter().map(|edge| traffic::expected(edge, *hour)).sum::<f64>()).sum()
}
