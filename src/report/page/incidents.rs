//! Incidents as the page shows them: those of several findings, each with its timeline as a picture and as a list.
//!
//! Goes in: findings and incidents. Comes out: a table and one view per incident. An incident of one finding is that finding, and is only counted.

use std::collections::{BTreeMap, BTreeSet};

use super::table::{Row, TableView, count, severity, text, time_of_rfc3339};
use super::{prose, timeline};
use crate::report::naming;
use crate::report::words;
use crate::schema::finding::{Finding, Findings, Incident};

/// Most incidents on the page; findings.json has all.
const INCIDENTS_MAX: usize = 50;
/// Incidents whose timeline is drawn. Unit: incidents; they are the worst, and each may have a hundred findings.
const PICTURES_MAX: usize = 20;
/// Longest title of an incident in the table. Unit: characters.
const TITLE_CHARS_MAX: usize = 120;

/// The part on incidents.
pub struct IncidentsView {
    pub table: TableView,
    pub shown: Vec<IncidentView>,
}

/// One incident.
pub struct IncidentView {
    pub id: String,
    pub severity: &'static str,
    pub title: String,
    /// From when to when.
    pub lasts: String,
    pub tactics: String,
    pub techniques: String,
    /// SVG, or empty.
    pub picture: String,
    pub steps: Vec<StepView>,
    /// What the list leaves out.
    pub more: String,
}

/// A finding of an incident.
pub struct StepView {
    pub time: String,
    pub severity: &'static str,
    pub title: String,
    pub detector: String,
    /// Id of the finding on the page, or empty where it is not shown.
    pub link: String,
}

/// The incidents of `findings`; `shown` are the findings that the page has.
pub fn view(findings: &Findings, shown: &[Finding]) -> IncidentsView {
    let by_id: BTreeMap<&str, &Finding> = findings.findings.iter().map(|finding| (finding.id.as_str(), finding)).collect();
    let on_page: BTreeSet<&str> = shown.iter().map(|finding| finding.id.as_str()).collect();
    let several: Vec<&Incident> = findings.incidents.iter().filter(|incident| incident.findings.len() > 1).collect();
    let first = || several.iter().take(INCIDENTS_MAX).copied();
    let views = first().enumerate().map(|(at, incident)| one(incident, &by_id, &on_page, at < PICTURES_MAX)).collect();
    let table = TableView {
        label: words::counted(several.len() as u64, "incident"),
        rows: first().map(|incident| row(incident, &by_id)).collect(),
        source: source(several.len(), findings.incidents.len() - several.len()),
        ..TableView::default()
    };
    IncidentsView {
        table: table.with_columns(&["#Severity", "Actor", "What", "#Findings", "First (UTC)", "Last (UTC)", "Tactics"]),
        shown: views,
    }
}

/// What the table holds and what it leaves out.
fn source(several: usize, single: usize) -> String {
    let alone = match single {
        0 => String::new(),
        1 => " 1 finding stands alone.".into(),
        _ => format!(" {} findings stand alone.", words::count(single as u64)),
    };
    match several.saturating_sub(INCIDENTS_MAX) {
        0 if several == 0 => format!("No findings belong together.{alone}"),
        0 => format!("Findings of one actor, or of hosts that it took, at most a day apart.{alone}"),
        more => format!("Findings that belong together. {} more in findings.json.{alone}", words::count(more as u64)),
    }
}

/// The title with short names of rules.
fn title(incident: &Incident, by_id: &BTreeMap<&str, &Finding>) -> String {
    let actors = incident.findings.iter().filter_map(|id| by_id.get(id.as_str())).map(|finding| finding.actor.as_str());
    let named = actors.fold(naming::sentence(&incident.title, &incident.actor), |title, actor| naming::sentence(&title, actor));
    prose::sized(&named)
}

fn row(incident: &Incident, by_id: &BTreeMap<&str, &Finding>) -> Row {
    let title = title(incident, by_id);
    Row::new(vec![
        severity(incident.severity),
        text(&naming::actor(&incident.actor)).with_tip(&incident.actor),
        text(&words::shorten(&title, TITLE_CHARS_MAX)).leading_to(format!("incident-{}", incident.id)),
        count(incident.findings.len() as u64),
        time_of_rfc3339(&incident.first_time),
        time_of_rfc3339(&incident.last_time),
        text(&incident.tactics.join(", ")),
    ])
}

fn one(incident: &Incident, by_id: &BTreeMap<&str, &Finding>, on_page: &BTreeSet<&str>, is_drawn: bool) -> IncidentView {
    let known: Vec<&Finding> = incident.timeline.iter().filter_map(|step| by_id.get(step.finding.as_str()).copied()).collect();
    let numbered: Vec<(usize, &Finding)> = known.iter().enumerate().map(|(at, finding)| (at + 1, *finding)).collect();
    let steps = known.iter().map(|finding| StepView {
        time: format!("{} UTC", words::minute_of_rfc3339(&finding.first_time)),
        severity: finding.severity.name(),
        title: prose::sized(&naming::sentence(&finding.title, &finding.actor)),
        detector: finding.detector.replace('_', " "),
        link: if on_page.contains(finding.id.as_str()) { format!("finding-{}", finding.id) } else { String::new() },
    });
    let more = incident.findings.len().saturating_sub(known.len());
    IncidentView {
        id: incident.id.clone(),
        severity: incident.severity.name(),
        title: title(incident, by_id),
        lasts: naming::span(&incident.first_time, &incident.last_time),
        tactics: incident.tactics.join(", "),
        techniques: incident.techniques.join(", "),
        picture: if is_drawn { timeline::picture(&numbered).unwrap_or_default() } else { String::new() },
        steps: steps.collect(),
        more: if more > 0 { format!("{} more in findings.json.", words::count(more as u64)) } else { String::new() },
    }
}
