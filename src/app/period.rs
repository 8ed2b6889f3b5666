//! One period of the logs, from rows to findings: the steps that a run takes for its window and for the period before alike.
//!
//! Goes in: where the rows are, and the window. Comes out: the dataset, its tables and its findings. Writes nothing
//! but what memory should not hold meanwhile.

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::aggregate::{self, Aggregates, Dataset, Estate, HistoryBuilder};
use crate::app::analyze::AnalyzeSettings;
use crate::app::beside::Beside;
use crate::app::logs::Logs;
use crate::app::previous::Window;
use crate::app::progress::Progress;
use crate::app::sliced::SLICE_HOURS;
use crate::app::stopwatch::Stopwatch;
use crate::app::units::CounterSums;
use crate::detect;
use crate::enrich::{Endpoints, Inventory, Knowledge, Owners, endpoints};
use crate::schema::finding::Findings;
use crate::schema::tables::Tables;
use crate::schema::units::Interval;

/// Said of counters that do not fit.
pub(super) const UNFIT: &str =
    "cannot add up the traffic: the counters of the input come to more than 2^62: a log is damaged or crafted";

/// What a period holds.
pub struct Period {
    /// Its rows; without those of traffic where it was read slice by slice.
    pub dataset: Dataset,
    owners: Owners,
    endpoints: Endpoints,
    inventory: Inventory,
    /// Its tables and totals.
    pub aggregates: Aggregates,
    /// What the detectors find in it.
    pub findings: Findings,
}

/// How a period is read.
pub struct Reading<'a> {
    /// Told how far it is.
    pub progress: &'a dyn Progress,
    /// Notes what each step took.
    pub stopwatch: &'a mut Stopwatch,
    /// A folder for what memory should not hold meanwhile.
    pub scratch: &'a Path,
    /// Whether it is the period reported on, for which warnings of lists are told.
    pub is_main: bool,
}

impl Period {
    /// Reads and counts the tuples of a window.
    pub fn read(
        settings: &AnalyzeSettings,
        logs: &Logs<'_>,
        window: Window,
        beside: &mut Beside,
        reading: Reading<'_>,
    ) -> Result<Self> {
        let Reading { progress, stopwatch, scratch, is_main } = reading;
        let interval = logs.interval(settings);
        let past = logs.history(window.0);
        let begin = window.0;
        let sliced = logs.sliced(window);
        let (mut dataset, learnt) = match &sliced {
            Some(sliced) => sliced.survey()?,
            None => {
                let partials = logs.partials(window, interval, progress)?;
                ensure!(CounterSums::default().add(&partials), UNFIT);
                let dataset = Dataset::from_partials(partials, interval);
                let learnt = dataset.learnt();
                (dataset, learnt)
            }
        };
        stopwatch.lap(if is_main { "reading" } else { "reading the period before" });
        let window = dataset.window().unwrap_or_default();
        if is_main {
            beside.enrichment.judge(window, progress);
        }
        let knowledge = &beside.enrichment.knowledge;
        let owners = learnt.owners(dataset.numbering(), &|mac| knowledge.topology.addresses_of(mac));
        let endpoints = endpoints(dataset.addresses(), &owners, knowledge, window);
        let inventory = knowledge.topology.inventory();
        let estate = Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory };
        let asked = aggregate::Settings {
            top_rows: settings.top_rows,
            contacts: beside.detectors.contacts(),
            has_history: past.is_some(),
            ..aggregate::Settings::default()
        };
        let end = dataset.window().map(|(_, last)| last);
        let judge = |tables: &Tables| detect::judge(tables, &beside.detectors, &beside.allow_list, end);
        let (mut aggregates, findings) = match sliced {
            Some(sliced) => (sliced.tables(&dataset, &estate, &asked, scratch)?, None),
            None => {
                dataset.drop_local_contacts(&endpoints);
                aggregate::tables_and(&dataset, &estate, &asked, |tables| past.is_none().then(|| judge(tables)))
            }
        };
        if let (Some(hours), Some(begin)) = (past, begin) {
            add_history(&mut aggregates.tables, logs, (hours, begin), knowledge, interval)?;
            stopwatch.lap(if is_main { "reading the history" } else { "reading the history of the period before" });
        }
        let findings = findings.unwrap_or_else(|| judge(&aggregates.tables));
        stopwatch.lap(if is_main { "counting" } else { "counting the period before" });
        Ok(Self { dataset, owners, endpoints, inventory, aggregates, findings })
    }

    /// What its addresses are, for an export.
    pub fn estate(&self) -> Estate<'_> {
        Estate { owners: &self.owners, endpoints: &self.endpoints, inventory: &self.inventory }
    }
}

/// Adds what the workspace knows of `hours` before the window, which begins at `begin`, to its tables; day by day, so that memory does not
/// grow with their number.
fn add_history(
    tables: &mut Tables,
    logs: &Logs<'_>,
    (hours, begin): (Range<u32>, i64),
    knowledge: &Knowledge,
    interval: Interval,
) -> Result<()> {
    let mut history = HistoryBuilder::new(tables, hours.start, begin);
    for start in hours.clone().step_by(SLICE_HOURS as usize) {
        let partials = logs.past(start..hours.end.min(start + SLICE_HOURS))?;
        ensure!(CounterSums::default().add(&partials), UNFIT);
        let dataset = Dataset::from_partials(partials, interval);
        let Some(window) = dataset.window() else { continue };
        let owners = dataset.owners(&|mac| knowledge.topology.addresses_of(mac));
        let endpoints = endpoints(dataset.addresses(), &owners, knowledge, window);
        let inventory = knowledge.topology.inventory();
        history.add(&dataset, &Estate { owners: &owners, endpoints: &endpoints, inventory: &inventory });
    }
    history.finish();
    Ok(())
}
