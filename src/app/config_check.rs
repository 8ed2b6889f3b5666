//! `config check`: reads everything that a configuration names, but no log.
//!
//! Goes in: a configuration that was read. Comes out: what was found, a line each, and every error rather than the first alone. Whether an
//! option takes its value is the command line's to say. Writes nothing, connects to nothing.

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::app::beside::add_allow_list;
use crate::app::config_file::{ConfigFile, SetOption};
use crate::app::enrichment::Enrichment;
use crate::app::metrics_file::Recording;
use crate::app::remote::local;
use crate::app::webhook::Webhook;
use crate::detect::allow_list::AllowList;
use crate::detect::{self, DETECTORS};
use crate::schema::amount::count;
use crate::schema::inputs::InputKind;

/// What came of a check.
#[derive(Debug, Default)]
pub struct Checked {
    /// What was found, a line each.
    pub found: Vec<String>,
    /// What is odd about a file that can be read.
    pub warnings: Vec<String>,
    /// What is wrong.
    pub errors: Vec<anyhow::Error>,
}

/// The options that name files which enrich a report.
const LISTS: [(&str, InputKind); 5] = [
    ("topology", InputKind::Topology),
    ("geo", InputKind::Geo),
    ("asn", InputKind::Asn),
    ("service_tags", InputKind::ServiceTags),
    ("threat_list", InputKind::ThreatList),
];

/// Checks everything that the file names.
pub fn check(config: &ConfigFile) -> Checked {
    let mut checked = Checked::default();
    checked.found.push(own(config));
    let mut entries = config.allow_list.clone();
    for set in config.all() {
        for value in &set.values {
            if let Err(error) = one(set, value, &mut entries, &mut checked) {
                checked.errors.push(error.context(format!("{}:{}", config.path.display(), set.line)));
            }
        }
    }
    checked
}

/// What the file itself holds.
fn own(config: &ConfigFile) -> String {
    let values = |settings: &detect::Settings| -> Vec<f64> {
        DETECTORS.iter().flat_map(|detector| detector.settings(settings)).map(|setting| setting.value).collect()
    };
    let defaults = values(&detect::Settings::default());
    let changed = values(&config.detectors).into_iter().zip(defaults).filter(|(one, other)| one != other).count();
    format!(
        "configuration {}: {} options, {} changed settings of detectors, {} entries of [[allow]]",
        config.path.display(),
        config.all().len(),
        changed,
        count(config.allow_list.count() as u64),
    )
}

/// Checks one value of an option.
fn one(set: &SetOption, value: &str, entries: &mut AllowList, checked: &mut Checked) -> Result<()> {
    let path = Path::new(value);
    if let Some((_, kind)) = LISTS.iter().find(|(name, _)| *name == set.option.name) {
        local(kind.name(), path)?;
        for info in Enrichment::check(*kind, path)? {
            let version = if info.version.is_empty() { String::new() } else { format!(" ({})", info.version) };
            checked.found.push(format!("{} {}: {} entries{version}", kind.name(), info.file, count(info.entries)));
            checked.warnings.extend(info.warnings.iter().map(|warning| format!("{} {}: {warning}", kind.name(), info.file)));
        }
        return Ok(());
    }
    match set.option.name {
        "allow_list" => {
            local("allow-list", path)?;
            let before = entries.count();
            add_allow_list(entries, path)?;
            checked.found.push(format!("allow-list {value}: {} entries", count((entries.count() - before) as u64)));
        }
        "out" => {
            local("output folder", path)?;
            if path.is_file() {
                return Err(anyhow!("cannot write to {value}: it is a file; hint: give a folder, or a name that is free"));
            }
        }
        "metrics" => {
            local("metrics", path)?;
            drop(Recording::start(path)?);
            checked.found.push(format!("metrics {value}: its folder is there"));
        }
        // What is wrong with an address is told where values are judged.
        "webhook" => checked.found.extend(Webhook::parse(value).map(|webhook| format!("webhook {webhook}: not told"))),
        _ => {}
    }
    Ok(())
}
