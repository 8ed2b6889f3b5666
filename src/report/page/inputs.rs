//! The files that enriched the report: what each tells, how old it is, and what a reader must know of it.

use super::facts::Fact;
use super::table::{Row, TableView, count, text};
use crate::report::words;
use crate::schema::inputs::{InputInfo, InputKind};

/// Most warnings of one file on the page; summary.json has all.
const WARNINGS_MAX: usize = 20;

/// Every kind, with the option that gives it and what lacks without it.
const KINDS: [(InputKind, &str, &str); 5] = [
    (InputKind::Topology, "--topology PATH", "names of subnets, VNets and interfaces, gateways, load balancers, unused rules"),
    (InputKind::Geo, "--geo PATH.mmdb", "countries"),
    (InputKind::Asn, "--asn PATH", "networks of public addresses"),
    (InputKind::ServiceTags, "--service-tags PATH", "which public addresses are Microsoft's, Azure regions"),
    (InputKind::ThreatList, "--threat-list PATH", "malicious flows"),
];

/// The section.
pub struct InputsView {
    pub title: String,
    pub files: TableView,
    /// File and warning.
    pub warnings: Vec<Fact>,
    /// Option, and what it would add.
    pub missing: Vec<Fact>,
}

/// The section on `files`.
pub fn view(files: &[InputInfo]) -> InputsView {
    let title = match files.len() {
        0 => "No file was given beside the logs".to_owned(),
        number => format!("{} beside the logs", words::counted(number as u64, "file")),
    };
    let rows = files
        .iter()
        .map(|file| {
            let version = if file.version.is_empty() { "(states none)" } else { &file.version };
            Row::new(vec![
                text(&file.file),
                text(file.kind.name()),
                text(version),
                count(file.entries),
                count(file.warnings.len() as u64),
            ])
        })
        .collect();
    let missing = KINDS
        .iter()
        .filter(|(kind, _, _)| files.iter().all(|file| file.kind != *kind))
        .map(|(_, option, adds)| Fact { name: (*option).into(), value: (*adds).into() })
        .collect();
    let files_view = TableView {
        label: "files that enriched the report".into(),
        rows,
        source: "Entries: prefixes, resources or indicators of the file.".into(),
        none: "What is known of addresses is learnt from the logs alone.",
        ..TableView::default()
    }
    .with_columns(&["File", "Kind", "Version or date", "#Entries", "#Warnings"]);
    InputsView { title, files: files_view, warnings: files.iter().flat_map(warnings).collect(), missing }
}

fn warnings(file: &InputInfo) -> Vec<Fact> {
    let shown = file.warnings.iter().take(WARNINGS_MAX);
    let mut facts: Vec<Fact> =
        shown.map(|warning| Fact { name: file.file.clone(), value: words::shorten(warning, 300) }).collect();
    let more = file.warnings.len().saturating_sub(WARNINGS_MAX);
    if more > 0 {
        facts.push(Fact {
            name: file.file.clone(),
            value: format!("{} more in summary.json", words::counted(more as u64, "warning")),
        });
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_given_is_named_with_its_option() {
        let geo = InputInfo {
            kind: InputKind::Geo,
            file: "a.mmdb".into(),
            version: String::new(),
            entries: 7,
            warnings: vec!["w".into(); 25],
        };
        let view = view(&[geo]);
        assert_eq!(view.title, "1 file beside the logs");
        assert_eq!(
            view.missing.iter().map(|fact| fact.name.as_str()).collect::<Vec<_>>(),
            ["--topology PATH", "--asn PATH", "--service-tags PATH", "--threat-list PATH"]
        );
        assert_eq!(view.warnings.len(), 21);
        assert_eq!(view.warnings[20].value, "5 warnings more in summary.json");
    }
}
