//! Finds what is odd in the tables: one detector per file.
//!
//! Goes in: tables. Comes out: findings with evidence, grouped into incidents. Knows no files and no clock.
//!
//! A new detector is one file, its lines in this one (module, [`Settings`], [`DETECTORS`]), its cases in `tests/data/detect`
//! and its chapter in `docs/detectors.md`, which is made from the doc comment of its struct.

mod allow_entry;
pub mod allow_list;
mod anomaly;
pub mod beacon;
pub mod brute_force;
mod campaign;
pub mod config;
mod decompose;
pub mod deny_anomaly;
pub mod dos;
pub mod exfiltration;
pub mod exposed_service;
pub mod failed_retries;
pub mod file_error;
mod history;
pub mod host_sweep;
mod inbound;
mod incident;
mod known_good;
pub mod lateral_fan_out;
mod logons;
pub mod long_connection;
mod median;
pub mod new_peer;
mod notes;
mod peers;
pub mod port_scan;
mod series_finding;
pub mod since;
pub mod tactics;
#[cfg(test)]
mod tests;
pub mod threat_contact;
pub mod toml_file;
pub mod volume_anomaly;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use allow_list::AllowList;

use crate::schema::amount;
use crate::schema::finding::{Finding, Findings};
use crate::schema::tables::{ContactThresholds, Tables};

/// Most peers that a finding lists as targets, and most ports. Unit: entries; the contract's bound of a finding's size.
pub const LISTED_MAX: usize = 100;

/// Something that looks for one kind of oddity.
pub trait Detector: Sync {
    /// The public name: that of its file, and never changed.
    fn name(&self) -> &'static str;

    /// The tables it reads, by the names of [`Tables`]'s fields.
    fn tables(&self) -> &'static [&'static str];

    /// What can be set, with the values of `settings`.
    fn settings(&self, settings: &Settings) -> Vec<Setting>;

    /// What it finds, in any order that depends on the tables alone.
    ///
    /// `incident` stays empty: [`findings`] fills it. Ids come from `id`.
    fn find(&self, tables: &Tables, settings: &Settings) -> Vec<Finding>;
}

/// Every detector, sorted by name.
pub static DETECTORS: &[&dyn Detector] = &[
    &beacon::Beacon,
    &brute_force::BruteForce,
    &deny_anomaly::DenyAnomaly,
    &dos::Dos,
    &exfiltration::Exfiltration,
    &exposed_service::ExposedService,
    &failed_retries::FailedRetries,
    &host_sweep::HostSweep,
    &lateral_fan_out::LateralFanOut,
    &long_connection::LongConnection,
    &new_peer::NewPeer,
    &port_scan::PortScan,
    &threat_contact::ThreatContact,
    &volume_anomaly::VolumeAnomaly,
];

/// The settings of every detector. The defaults are the documented ones.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Of `beacon`.
    pub beacon: beacon::Settings,
    /// Of `exfiltration`.
    pub exfiltration: exfiltration::Settings,
    /// Of `deny_anomaly`.
    pub deny_anomaly: deny_anomaly::Settings,
    /// Of `dos`.
    pub dos: dos::Settings,
    /// Of `brute_force`.
    pub brute_force: brute_force::Settings,
    /// Of `exposed_service`.
    pub exposed_service: exposed_service::Settings,
    /// Of `failed_retries`.
    pub failed_retries: failed_retries::Settings,
    /// Of `host_sweep`.
    pub host_sweep: host_sweep::Settings,
    /// Of `new_peer`.
    pub new_peer: new_peer::Settings,
    /// Of `long_connection`.
    pub long_connection: long_connection::Settings,
    /// Of `lateral_fan_out`.
    pub lateral_fan_out: lateral_fan_out::Settings,
    /// Of `port_scan`.
    pub port_scan: port_scan::Settings,
    /// Of `threat_contact`.
    pub threat_contact: threat_contact::Settings,
    /// Of `volume_anomaly`.
    pub volume_anomaly: volume_anomaly::Settings,
}

impl Settings {
    /// What measures of contacts are asked for, which are taken before any detector looks at them.
    pub fn contacts(&self) -> ContactThresholds {
        let beacon::Settings { contacts_min, score_min_1h, score_min_6h, score_min_24h, .. } = self.beacon;
        ContactThresholds {
            window_contacts_min: contacts_min,
            window_scores_min: [score_min_1h, score_min_6h, score_min_24h],
            unanswered_share_min: self.failed_retries.unanswered_share_min,
        }
    }
}

/// One number that a detector can be set by. Unit and meaning stand in the detector's documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Name of the field.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// The least value that makes sense.
    pub least: f64,
    /// The greatest value that makes sense.
    pub most: f64,
}

/// Everything that the detectors find in `tables`, with the incidents it forms, in the order of `findings.json`.
pub fn findings(tables: &Tables, settings: &Settings) -> Findings {
    judge(tables, settings, &AllowList::default(), None)
}

/// As [`findings`], without what `allow_list` expects, which is listed apart. `window_end` is the last tuple kept, ms since the epoch.
pub fn judge(tables: &Tables, settings: &Settings, allow_list: &AllowList, window_end: Option<i64>) -> Findings {
    let found: Vec<Vec<Finding>> = DETECTORS.par_iter().map(|detector| detector.find(tables, settings)).collect();
    let found = found.into_iter().flatten().collect();
    let mut findings = inbound::fold(found, tables);
    history::add(&mut findings, tables);
    findings.iter_mut().for_each(|finding| finding.allow_entry = allow_list::entry_for(finding));
    let (allowed, mut notes) = allow_list.apply(&mut findings, window_end);
    notes.extend(notes::notes(tables, settings));
    let incidents = incident::group(&mut findings);
    findings.sort_by(|a, b| {
        (b.severity.cmp(&a.severity))
            .then_with(|| b.score.total_cmp(&a.score))
            .then_with(|| a.first_time.cmp(&b.first_time))
            .then_with(|| a.id.cmp(&b.id))
    });
    Findings { schema_version: crate::schema::summary::SCHEMA_VERSION, incidents, findings, allowed, notes, ended: None }
}

/// The id of what `detector` found about `actor` in the campaign that `key` names: 32 hex digits, the same from run to run.
fn id(detector: &str, actor: &str, key: &str) -> String {
    format!("{:032x}", xxh3_128(format!("{detector}|{actor}|{key}").as_bytes()))
}

/// How far `observed` lies beyond `threshold`, from 0 to 1: 0.5 at the threshold, 0.667 at twice, 0.9 at nine times of it.
///
/// observed / (observed + threshold), rounded to three places; 0 where both are 0.
fn score(observed: u64, threshold: u64) -> f64 {
    if observed == 0 {
        return 0.0;
    }
    let observed = observed as f64;
    (observed / (observed + threshold as f64) * 1000.0).round() / 1000.0
}

/// `count` and its noun: `1 port`, `1,200 ports`.
fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", amount::count(count), if count == 1 { "" } else { "s" })
}
