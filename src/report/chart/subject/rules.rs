//! Allowed and denied flows by rule, with the share that each denies.

use std::collections::BTreeMap;

use super::{Bar, Bars, Chart, FLOW_PARTS, Picture, Scope, Unit, name, nothing, total_denied, total_flows};
use crate::report::chart::kind::bars::BARS_MAX;
use crate::report::{ReportInput, words};
use crate::schema::Status;
use crate::schema::tables::{Counting, RuleRow};

/// The flows of one rule, both directions together.
#[derive(Clone, Copy, Default)]
struct Flows {
    allowed: u64,
    denied: u64,
}

pub fn chart(input: &ReportInput) -> Chart {
    let scope = Scope::new(input, Counting::Observed);
    let rules = by_rule(&input.tables.traffic_by_rule);
    if rules.is_empty() {
        return nothing(input, "Rules");
    }
    let several_acls = rules.iter().any(|((acl, _), _)| *acl != rules[0].0.0);
    let bar = |label: String, flows: Flows| {
        let total = flows.allowed + flows.denied;
        let note = match flows.denied {
            0 => words::count(total),
            denied => format!("{} · {} denied", words::count(total), words::share(denied, total)),
        };
        Bar { label, values: vec![flows.allowed, flows.denied], note }
    };
    let label = |(acl, rule): (&str, &str)| {
        let rule = name(rule, "(no rule named)");
        if several_acls { format!("{rule} · {}", words::shorten(words::resource(acl), 24)) } else { rule }
    };
    let bars = rules.iter().take(BARS_MAX).map(|(key, flows)| bar(label(*key), *flows)).collect();
    let left_out = rules.len().saturating_sub(BARS_MAX);
    let other = (left_out > 0).then(|| {
        let rest = rules.iter().skip(BARS_MAX).fold(Flows::default(), |sum, (_, flows)| Flows {
            allowed: sum.allowed + flows.allowed,
            denied: sum.denied + flows.denied,
        });
        bar(format!("other ({})", words::counted(left_out as u64, "rule")), rest)
    });
    Chart {
        title: title(&scope, &rules),
        subtitle: scope.subtitle("Rules, flows begun"),
        notes: vec!["A denied flow is an attempt; one client that retries makes many.".to_owned()],
        picture: Picture::Bars(Bars { unit: Unit::Flows, parts: FLOW_PARTS.to_vec(), bars, other }),
    }
}

fn title(scope: &Scope, rules: &[((&str, &str), Flows)]) -> String {
    let (flows, denied) = (total_flows(&scope.totals), total_denied(&scope.totals));
    let worst = rules.iter().max_by(|a, b| a.1.denied.cmp(&b.1.denied).then(b.0.cmp(&a.0)));
    match worst {
        Some(((_, rule), most)) if most.denied > 0 => format!(
            "{} of {} are denied, {} of those by {}",
            words::share(denied, flows),
            words::counted(flows, "flow"),
            words::share(most.denied, denied),
            name(rule, "(no rule named)")
        ),
        _ => {
            format!("None of {} is denied; {} allows most", words::counted(flows, "flow"), name(rules[0].0.1, "(no rule named)"))
        }
    }
}

/// Most flows first, then by ACL and rule.
fn by_rule(rows: &[RuleRow]) -> Vec<((&str, &str), Flows)> {
    let mut sums: BTreeMap<(&str, &str), Flows> = BTreeMap::new();
    for row in rows {
        let flows = sums.entry((&row.acl, &row.rule)).or_default();
        match row.status {
            Status::Allowed => flows.allowed += row.measures.flows(),
            Status::Denied => flows.denied += row.measures.flows(),
        }
    }
    let mut rules: Vec<_> = sums.into_iter().collect();
    rules.sort_by_key(|(_, flows)| std::cmp::Reverse(flows.allowed + flows.denied));
    rules
}
