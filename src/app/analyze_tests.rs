//! What the detectors make of whole sample logs: every labelled attack, and nothing else that matters.

#![allow(clippy::unwrap_used)]

use std::fs;

use rayon::prelude::*;

use super::*;
use crate::aggregate::{self, Dataset};
use crate::app::progress::Silent;
use crate::app::units::roll_up;
use crate::detect;
use crate::enrich::Topology;
use crate::enrich::endpoints;
use crate::rollup;
use crate::sample;
use crate::schema::finding::Finding;

/// What `labels.json` says of an attack, as far as it is held here.
#[derive(serde::Deserialize)]
struct Label {
    kind: String,
    actor: String,
    targets: Vec<String>,
    detector: String,
}

/// The findings of the logs of `folder`, whose topology lies in it; nothing is drawn.
fn findings_of(folder: &Path) -> Vec<Finding> {
    let listing = source::list(&[folder.display().to_string()], &ListOptions::default()).unwrap();
    let mut topology = Topology::default();
    for file in &listing.topology {
        topology.add(&file.display().to_string(), &fs::read(file).unwrap()).unwrap();
    }
    let knowledge = crate::enrich::Knowledge { topology, ..crate::enrich::Knowledge::default() };
    let partials = roll_up(&listing.units, rollup::Settings::default(), &Silent).unwrap();
    let mut dataset = Dataset::from_partials(partials, Interval::TenMinutes);
    let owners = dataset.owners(&|mac| knowledge.topology.addresses_of(mac));
    let endpoints = endpoints(dataset.addresses(), &owners, &knowledge, dataset.window().unwrap());
    dataset.drop_local_contacts(&endpoints);
    let inventory = knowledge.topology.inventory();
    let estate = aggregate::Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
    let aggregates = aggregate::tables(&dataset, &estate, &aggregate::Settings::default());
    detect::findings(&aggregates.tables, &detect::Settings::default()).findings
}

/// Whether a finding is about one of the hosts of an attack.
fn concerns(finding: &Finding, label: &Label) -> bool {
    let hosts = |host: &String| *host == finding.actor || finding.targets.contains(host);
    hosts(&label.actor) || label.targets.iter().any(hosts)
}

/// What is wrong with the findings of one seed: attacks that were not found, and findings of medium or more about no attack.
fn wrong(seed: u64) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let settings = sample::Settings {
        out: folder.path().join("logs"),
        seed,
        format: sample::SampleFormat::Both,
        start: 1_772_409_600_000,
        hours: 24,
        interfaces: 12,
        size: None,
        attacks: true,
    };
    sample::write(&settings).unwrap();
    let labels: Vec<Label> = serde_json::from_slice(&fs::read(settings.out.join("labels.json")).unwrap()).unwrap();
    let findings = findings_of(&settings.out);
    let is_found = |label: &Label| findings.iter().any(|f| f.detector == label.detector && concerns(f, label));
    // An anomaly of a subnet, interface or rule has no host to compare: it must be the detector's own label.
    let is_named = |label: &Label| {
        findings.iter().any(|f| f.detector == label.detector && f.actor_kind != crate::schema::finding::ActorKind::Ip)
    };
    let missed = labels.iter().filter(|label| !is_found(label) && !is_named(label));
    let mut wrong: Vec<String> = missed.map(|label| format!("seed {seed}: {} is not found", label.kind)).collect();
    let others = findings.iter().filter(|f| f.severity >= Severity::Medium && !labels.iter().any(|label| concerns(f, label)));
    wrong.extend(others.map(|f| format!("seed {seed}: {} {}: {}", f.severity.name(), f.detector, f.title)));
    wrong
}

#[test]
fn the_attacks_of_ten_samples_are_found_and_nothing_else_of_medium_or_more() {
    let seeds: Vec<u64> = (1..=10).collect();
    let wrong: Vec<String> = seeds.into_par_iter().flat_map_iter(wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
