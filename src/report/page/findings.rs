//! Findings as the page shows them: a table of all, then each with its full text and its evidence.
//!
//! Goes in: findings. Comes out: the section on them. Draws nothing itself, and leaves incidents to their own file.

use super::evidence::{self, Picture, measured};
use super::facts::Fact;
use super::incidents::{self, IncidentsView};
use super::prose::{Piece, pieces, sized};
use super::table::{Row, TableView, score, severity, text, time_of_rfc3339};
use crate::detect;
use crate::report::naming;
use crate::report::words;
use crate::schema::finding::{AllowedFinding, EndedFinding, Evidence, Finding, Findings, Severity, Since};

/// Most findings on the page; findings.json has all.
const FINDINGS_MAX: usize = 200;
/// Longest title of a finding in the table; below it is whole. Unit: characters.
const TITLE_CHARS_MAX: usize = 120;
/// Findings that stand open at first.
const OPEN_MAX: usize = 3;
/// Findings whose evidence is drawn.
const PICTURES_MAX: usize = 50;
/// Peers, ports and techniques that are named.
const LISTED_MAX: usize = 12;

/// The section on findings.
pub struct FindingsView {
    pub title: String,
    pub incidents: IncidentsView,
    pub table: TableView,
    pub shown: Vec<FindingView>,
    /// What is left out.
    pub more: String,
    /// What the allow-list expects.
    pub allowed: TableView,
    /// What could not be judged, and what is odd about the allow-list.
    pub notes: Vec<String>,
    /// What was found in the period before only; no row where nothing is compared.
    pub ended: TableView,
}

/// A finding that the page names first.
pub struct FirstView {
    pub severity: &'static str,
    pub title: String,
    pub lasts: String,
    /// Id of the finding on the page.
    pub link: String,
}

/// Most findings that the overview names.
const FIRST_MAX: usize = 5;

/// How many of `findings` are more than worth a glance.
pub fn first_title(findings: &Findings) -> String {
    let of = |severity: Severity| findings.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let worth = [Severity::Critical, Severity::High, Severity::Medium].map(|severity| (of(severity), severity.name()));
    let said: Vec<String> =
        worth.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!("{} {name}", words::count(*count))).collect();
    let some = words::count(worth.iter().map(|(count, _)| count).sum());
    format!("{some} of {} to look into: {}", words::counted(findings.findings.len() as u64, "finding"), said.join(", "))
}

/// The worst of `findings`, without those that are no more than worth a glance.
pub fn first(findings: &Findings) -> Vec<FirstView> {
    let worth = findings.findings.iter().filter(|finding| finding.severity >= Severity::Medium).take(FIRST_MAX);
    let view = |finding: &Finding| FirstView {
        severity: finding.severity.name(),
        title: words::shorten(&title(finding), TITLE_CHARS_MAX),
        lasts: naming::span(&finding.first_time, &finding.last_time),
        link: format!("finding-{}", finding.id),
    };
    worth.map(view).collect()
}

/// One finding.
pub struct FindingView {
    pub id: String,
    pub severity: &'static str,
    pub detector: String,
    pub title: String,
    /// `new` or `ongoing`; empty where nothing is compared.
    pub since: &'static str,
    pub why: Vec<Piece>,
    pub next_step: Vec<Piece>,
    pub facts: Vec<Fact>,
    /// Its evidence as pictures.
    pub pictures: Vec<Picture>,
    /// The entry of an allow-list that would allow it.
    pub allow_entry: String,
    pub is_open: bool,
    /// Whether it is no more than worth a glance: paper leaves its evidence out.
    pub is_slight: bool,
}

/// The section of `findings`; `has_data`: whether there was anything to find something in.
pub fn view(findings: &Findings, has_data: bool) -> FindingsView {
    let all = &findings.findings;
    let title = match all.first() {
        None if has_data => "No finding: no detector found anything odd".to_owned(),
        None => "No finding: there was nothing to look at".to_owned(),
        Some(worst) => {
            format!("{}, worst: {}", words::counted(all.len() as u64, "finding"), words::shorten(&self::title(worst), 160))
        }
    };
    let shown = &all[..all.len().min(FINDINGS_MAX)];
    let left_out = all.len() - shown.len();
    FindingsView {
        title,
        incidents: incidents::view(findings, shown),
        table: table(shown, left_out),
        shown: shown.iter().enumerate().map(|(i, finding)| one(finding, i)).collect(),
        allowed: allowed(findings),
        notes: findings.notes.clone(),
        ended: ended(findings),
        more: if left_out > 0 { format!("{} more in findings.json.", words::count(left_out as u64)) } else { String::new() },
    }
}

fn one(finding: &Finding, index: usize) -> FindingView {
    // Pictures in each of hundreds of folded findings would only make the page heavy.
    let pictures = if index < PICTURES_MAX { evidence::pictures(finding) } else { Vec::new() };
    let drawn: Vec<&str> = pictures.iter().flat_map(|picture| picture.drawn.iter().copied()).collect();
    FindingView {
        allow_entry: finding.allow_entry.clone(),
        id: finding.id.clone(),
        severity: finding.severity.name(),
        detector: detector(finding),
        title: title(finding),
        since: finding.since.map_or("", Since::name),
        why: pieces(&naming::sentence(&finding.why, &finding.actor)),
        next_step: pieces(&finding.next_step),
        facts: facts(finding, &drawn),
        pictures,
        is_slight: finding.severity < Severity::Medium,
        is_open: index < OPEN_MAX && finding.severity >= Severity::High,
    }
}

/// The title with units and short names of rules.
fn title(finding: &Finding) -> String {
    sized(&naming::sentence(&finding.title, &finding.actor))
}

fn detector(finding: &Finding) -> String {
    finding.detector.replace('_', " ")
}

/// The findings that are shown, as a table that sorts.
fn table(shown: &[Finding], left_out: usize) -> TableView {
    let row = |finding: &Finding| {
        let peers = listed(finding.targets.iter().map(String::as_str), finding.targets.len());
        let peer = match finding.targets.as_slice() {
            [] => String::new(),
            [peer] => peer.clone(),
            [peer, rest @ ..] => format!("{peer} +{}", rest.len()),
        };
        Row::new(vec![
            severity(finding.severity),
            text(&words::shorten(&title(finding), TITLE_CHARS_MAX)).leading_to(format!("finding-{}", finding.id)),
            text(&detector(finding)),
            text(&naming::actor(&finding.actor)).with_tip(&finding.actor),
            text(&peer).with_tip(&peers),
            time_of_rfc3339(&finding.first_time),
            time_of_rfc3339(&finding.last_time),
            score(finding.score),
            text(finding.since.map_or("", Since::name)),
        ])
    };
    let more = if left_out > 0 { format!(" {} more in findings.json.", words::count(left_out as u64)) } else { String::new() };
    TableView {
        label: words::counted(shown.len() as u64, "finding"),
        rows: shown.iter().map(row).collect(),
        source: format!("Worst first; each leads to its evidence below.{more}"),
        ..TableView::default()
    }
    .with_columns(&["#Severity", "Finding", "Detector", "Actor", "Peers", "First (UTC)", "Last (UTC)", "#Score", "Since"])
    .without_empty_columns()
}

/// What was found in the period before and no longer is.
fn ended(findings: &Findings) -> TableView {
    let all = findings.ended.as_deref().unwrap_or_default();
    let row = |ended: &EndedFinding| {
        let title = sized(&naming::sentence(&ended.title, &ended.actor));
        Row::new(vec![
            severity(ended.severity),
            text(&words::shorten(&title, TITLE_CHARS_MAX)),
            text(&ended.detector.replace('_', " ")),
            text(&naming::actor(&ended.actor)).with_tip(&ended.actor),
            time_of_rfc3339(&ended.last_time),
        ])
    };
    TableView {
        label: words::counted(all.len() as u64, "ended finding"),
        rows: all.iter().take(FINDINGS_MAX).map(row).collect(),
        source: "Found in the period before, and not in this window; findings.json has all.".into(),
        ..TableView::default()
    }
    .with_columns(&["#Severity", "Finding", "Detector", "Actor", "Last (UTC)"])
}

/// What a finding says beside its sentences: whom, when, how much, and its evidence with the thresholds of each number.
fn facts(finding: &Finding, drawn: &[&str]) -> Vec<Fact> {
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let mut facts = vec![
        fact("Actor", finding.actor.clone()),
        fact("Peers", listed(finding.targets.iter().map(String::as_str), finding.targets.len())),
        fact("Ports", listed(finding.ports.iter().map(u16::to_string), finding.ports.len())),
        fact("Protocol", finding.protocol.map_or_else(String::new, words::protocol)),
        fact("Direction", finding.direction.to_owned()),
        fact("Interface", finding.interface.clone()),
        fact("Time", naming::span(&finding.first_time, &finding.last_time)),
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
    let limits = measured::limits(finding);
    let is_limit = |name: &str| limits.iter().any(|limit| limit.limit == name);
    let evidence = finding.evidence.iter().filter(|(name, _)| !is_limit(name));
    facts.extend(evidence.map(|(name, evidence)| {
        // What a picture shows whole needs no text.
        let value = if drawn.contains(name) { String::new() } else { shown(finding, name, evidence) };
        let asked = measured::asked(finding, &limits, name);
        fact(&name.replace('_', " "), if asked.is_empty() || value.is_empty() { value } else { format!("{value} ({asked})") })
    }));
    facts.retain(|fact| !fact.value.is_empty());
    facts
}

/// A piece of evidence.
fn shown(finding: &Finding, name: &str, evidence: &Evidence) -> String {
    match evidence {
        Evidence::Count(_) | Evidence::Number(_) => measured::said(finding, name).unwrap_or_default(),
        Evidence::Text(text) => text.clone(),
        Evidence::List(texts) => listed(texts.iter().map(|text| naming::actor(text)), texts.len()),
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
        let title = naming::sentence(&allowed.title, &allowed.actor);
        let cells = [&title, &allowed.why, &allowed.entry].map(|said| text(said));
        let first = time_of_rfc3339(&allowed.first_time);
        Row::new([severity(allowed.severity)].into_iter().chain(cells).chain([first]).collect())
    };
    TableView {
        label: words::counted(all.len() as u64, "allowed finding"),
        rows: all.iter().take(FINDINGS_MAX).map(row).collect(),
        source: "Taken out by entries of the allow-list; findings.json has all.".into(),
        ..TableView::default()
    }
    .with_columns(&["#Severity", "Finding", "Why it is expected", "Entry", "First (UTC)"])
}
