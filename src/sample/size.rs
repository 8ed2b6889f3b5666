//! How busy the estate must be for its blobs to have the size asked for.
//!
//! Goes in: a world and a number of bytes. Comes out: its scale of activity. Makes the blobs of some NICs and hours to see
//! how large they get, and keeps none.

use rayon::prelude::*;

use super::World;
use super::capture::CapturePoint;
use super::random::mix;
use super::traffic;
use crate::schema::units::HOUR_MS;

/// What an estate is given where nobody asks for a size: quiet machines, each in a few minutes of the hour.
///
/// Unit: bytes per NIC and hour. A day of twelve NICs is then about 3 MB.
pub(super) const QUIET_BYTES: u64 = 10_500;
/// Most capture points that are tried, and how many of their hours in all.
const POINTS_MAX: usize = 40;
const POINT_HOURS: usize = 160;
/// A trial should make no more than this, or this part of the size asked for. Unit: bytes. Beyond it, size is taken to grow
/// in proportion to activity.
const TRIAL_BYTES: f64 = 24_000_000.0;
const TRIAL_PART: f64 = 0.125;
/// The quietest estate.
const SCALE_LEAST: f64 = 0.02;
/// Trials, each of which uses the ratio that the one before missed by, and the miss that is small enough.
const TRIALS: usize = 6;
const MISS: f64 = 0.04;
/// About what a connection of an attack takes in the logs. Unit: bytes.
const ATTACK_BYTES: usize = 150;

/// The scale at which the blobs of `points` hold about `bytes` bytes, within 25 %, where the estate can be that quiet.
pub(super) fn scale(world: &World, points: &[CapturePoint], bytes: u64) -> f64 {
    let attack_bytes: usize = world.attacks.iter().map(|attack| attack.connections.len() * ATTACK_BYTES).sum();
    let wanted = (bytes as f64 - attack_bytes as f64).max(1.0);
    let trial = Trial::new(world, points);
    let most = (wanted * TRIAL_PART).max(TRIAL_BYTES) / trial.part.max(1e-9);
    let mut scale = 1.0;
    for _ in 0..TRIALS {
        let made = trial.bytes(scale).max(1.0);
        let ratio = wanted / made;
        if (1.0 - MISS..1.0 + MISS).contains(&ratio) {
            break;
        }
        if made > most / 2.0 && ratio > 2.0 {
            let slope = (made - trial.bytes(scale / 2.0)).max(1.0) / (scale / 2.0);
            return scale + (wanted - made) / slope;
        }
        scale = (scale * ratio.min(most / made)).max(SCALE_LEAST);
    }
    scale
}

/// Some NICs in some hours, standing for all.
struct Trial<'a> {
    world: &'a World,
    points: Vec<CapturePoint>,
    hours: Vec<i64>,
    /// How much of the whole they are, by the tuples expected.
    part: f64,
}

impl<'a> Trial<'a> {
    fn new(world: &'a World, points: &[CapturePoint]) -> Self {
        let mut chosen = points.to_vec();
        chosen.sort_by_key(|point| mix(u64::from(point.nic)));
        chosen.truncate(POINTS_MAX);
        let count = world.hours.min((POINT_HOURS / chosen.len().max(1)) as i64);
        let hours: Vec<i64> = (0..count).map(|i| world.start + (world.hours * (2 * i + 1) / (2 * count)) * HOUR_MS).collect();
        // Services keep the days of the week: a week of hours says as much as ten years of them.
        let all: Vec<i64> = (0..world.hours.min(168)).map(|i| world.start + i * HOUR_MS).collect();
        let weeks = world.hours as f64 / all.len() as f64;
        let part = expected(world, &chosen, &hours) / (expected(world, points, &all) * weeks).max(1e-9);
        Self { world, points: chosen, hours, part }
    }

    /// The bytes of the whole at that scale, by the part that is tried.
    fn bytes(&self, scale: f64) -> f64 {
        let hour = |start: &i64| {
            let world = World {
                estate: self.world.estate.clone(),
                edges: self.world.edges.clone(),
                edges_of: self.world.edges_of.clone(),
                attacks: Vec::new(),
                scale,
                start: *start,
                hours: 1,
            };
            let bytes = |point: &CapturePoint| world.log(*point, |_, _| Ok(())).map_or(0, |written| written.bytes);
            self.points.par_iter().map(bytes).sum::<u64>()
        };
        self.hours.iter().map(hour).sum::<u64>() as f64 / self.part
    }
}

/// Tuples expected at those points in those hours, at scale 1, of the services that grow.
fn expected(world: &World, points: &[CapturePoint], hours: &[i64]) -> f64 {
    let edges = points.iter().flat_map(|point| &world.edges_of[point.nic as usize]).map(|edge| &world.edges[*edge as usize]);
    edges.map(|edge| hours.iter().map(|hour| traffic::expected_tuples(edge, *hour)).sum::<f64>()).sum()
}
