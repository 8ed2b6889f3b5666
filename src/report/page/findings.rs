//! Findings and incidents as the page shows them: worst first, full text, evidence beside it.

use super::evidence;
use super::facts::Fact;
use super::prose::{Piece, pieces, sized};
use super::table::{Row, TableView, count, text, time_of_rfc3339};
use crate::detect;
use crate::report::words;
use crate::schema::finding::{AllowedFinding, Evidence, Finding, Findings, Severity};

/// Most findings and incidents on the page; findings.json has all.
const FINDINGS_MAX: usize = 200;
const INCIDENTS_MAX: usize = 50;
/// Findings that stand open at first.
const OPEN_MAX: usize = 3;
/// Findings whose evidence is drawn.
const PICTURES_MAX: usize = 50;
/// Peers, ports and techniques that are named.
const LISTED_MAX: usize = 12;

/// The section on findings.
pub struct FindingsView {
    pub title: String,
    pub incidents: TableView,
    pub shown: Vec<FindingView>,
    /// What is left out.
    pub more: String,
    /// What the allow-list expects.
    pub allowed: TableView,
    /// What could not be judged, and what is odd about the allow-list.
    pub notes: Vec<String>,
}

/// One finding.
pub struct FindingView {
    pub id: String,
    pub severity: &'static str,
    pub detector: String,
    pub title: String,
    pub why: Vec<Piece>,
    pub next_step: Vec<Piece>,
    pub facts: Vec<Fact>,
    /// Its evidence as SVG, and the caption of that; both empty where there is none.
    pub picture: String,
    pub caption: String,
    /// The entry of an allow-list that would allow it.
    pub allow_entry: String,
    pub is_open: bool,
}

/// The section of `findings`; `has_data`: whether there was anything to find something in.
pub fn view(findings: &Findings, has_data: bool) -> FindingsView {
    let all = &findings.findings;
    let title = match all.first() {
        None if has_data => "No finding: no detector found anything odd".to_owned(),
        None => "No finding: there was nothing to look at".to_owned(),
        Some(worst) => {
            format!("{}, worst: {}", words::counted(all.len() as u64, "finding"), words::shorten(&sized(&worst.title), 160))
        }
    };
    let left_out = all.len().saturating_sub(FINDINGS_MAX);
    FindingsView {
        title,
        incidents: incidents(findings),
        shown: all.iter().take(FINDINGS_MAX).enumerate().map(|(i, finding)| one(finding, i)).collect(),
        allowed: allowed(findings),
        notes: findings.notes.clone(),
        more: if left_out > 0 { format!("{} more in findings.json.", words::count(left_out as u64)) } else { String::new() },
    }
}

fn one(finding: &Finding, index: usize) -> FindingView {
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let mut facts = vec![
        fact("Actor", finding.actor.clone()),
        fact("Peers", listed(finding.targets.iter().map(String::as_str), finding.targets.len())),
        fact("Ports", listed(finding.ports.iter().map(u16::to_string), finding.ports.len())),
        fact("Protocol", finding.protocol.map_or_else(String::new, words::protocol)),
        fact("Direction", finding.direction.to_owned()),
        fact("Interface", finding.interface.clone()),
        fact(
            "Time",
            format!("{} to {} UTC", words::minute_of_rfc3339(&finding.first_time), words::minute_of_rfc3339(&finding.last_time)),
        ),
        fact(
            "Traffic",
            format!(
                "{}, {} sent, {} received",
                words::counted(finding.flows, "flow"),
                words::bytes(finding.bytes_sent),
                words::bytes(finding.bytes_received)
            ),
        ),
        fact("Score", format!("{:.2}", finding.score)),
        fact("ATT&CK", finding.techniques.join(", ")),
    ];
    facts.extend(finding.evidence.iter().map(|(name, evidence)| fact(&name.replace('_', " "), shown(name, evidence))));
    facts.retain(|fact| !fact.value.is_empty());
    // A picture in each of hundreds of folded findings would only make the page heavy.
    let (picture, caption) =
        if index < PICTURES_MAX { evidence::picture(finding).unwrap_or_default() } else { Default::default() };
    FindingView {
        picture,
        caption,
        allow_entry: finding.allow_entry.clone(),
        id: finding.id.clone(),
        severity: finding.severity.name(),
        detector: finding.detector.replace('_', " "),
        title: sized(&finding.title),
        why: pieces(&finding.why),
        next_step: pieces(&finding.next_step),
        facts,
        is_open: index < OPEN_MAX && finding.severity >= Severity::High,
    }
}

/// A piece of evidence; ratios with four digits, which is more than they mean. Its name tells the unit.
fn shown(name: &str, evidence: &Evidence) -> String {
    match evidence {
        Evidence::Count(number) if name.starts_with("bytes") => words::bytes(*number),
        Evidence::Count(number) => words::count(*number),
        Evidence::Number(number) => {
            let text = format!("{number:.4}");
            let trimmed = text.trim_end_matches('0').trim_end_matches('.');
            trimmed.to_owned()
        }
        Evidence::Text(text) => text.clone(),
        Evidence::List(texts) => listed(texts.iter().map(String::as_str), texts.len()),
        Evidence::Counts(numbers) => listed(numbers.iter().map(|number| words::count(*number)), numbers.len()),
    }
}

/// The first of `total` texts, and how many more.
fn listed(texts: impl Iterator<Item = impl AsRef<str>>, total: usize) -> String {
    let first: Vec<String> = texts.take(LISTED_MAX).map(|text| text.as_ref().to_owned()).collect();
    match total.saturating_sub(LISTED_MAX) {
        0 => first.join(", "),
        more if total >= detect::LISTED_MAX => format!("{} and at least {more} more", first.join(", ")),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// What the allow-list expects, with its reason.
fn allowed(findings: &Findings) -> TableView {
    let all = &findings.allowed;
    let row = |allowed: &AllowedFinding| {
        let cells = [&allowed.title, allowed.severity.name(), &allowed.why, &allowed.entry].map(text);
        Row::new(cells.into_iter().chain([time_of_rfc3339(&allowed.first_time)]).collect())
    };
    TableView {
        label: words::counted(all.len() as u64, "allowed finding"),
        rows: all.iter().take(FINDINGS_MAX).map(row).collect(),
        source: "Taken out by entries of the allow-list; findings.json has all.".into(),
        ..TableView::default()
    }
    .with_columns(&["Finding", "Severity", "Why it is expected", "Entry", "First (UTC)"])
}

fn incidents(findings: &Findings) -> TableView {
    let all = &findings.incidents;
    let rows = all
        .iter()
        .take(INCIDENTS_MAX)
        .map(|incident| {
            Row::new(vec![
                text(&incident.actor),
                text(incident.severity.name()),
                text(&incident.title),
                count(incident.findings.len() as u64),
                time_of_rfc3339(&incident.first_time),
                time_of_rfc3339(&incident.last_time),
                text(&incident.tactics.join(", ")),
                text(&incident.techniques.join(", ")),
            ])
        })
        .collect();
    let more = all.len().saturating_sub(INCIDENTS_MAX);
    TableView {
        label: "incidents".into(),
        rows,
        source: if more > 0 {
            format!("Findings that belong together. {} more in findings.json.", words::count(more as u64))
        } else {
            "Findings that belong together.".into()
        },
        ..TableView::default()
    }
    .with_columns(&["Actor", "Severity", "What", "#Findings", "First (UTC)", "Last (UTC)", "Tactics", "ATT&CK"])
}
