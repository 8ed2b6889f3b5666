//! Allowed and denied flows by rule, with the share that each denies.

use std::collections::BTreeMap;

use super::{Amounts, Chart, Picture, Scope, name, nothing};
use crate::report::{ReportInput, words};
use crate::schema::tables::{Counting, RuleRow};

pub fn chart(input: &ReportInput) -> Chart {
    let scope = Scope::new(input, Counting::Observed).in_flows();
    let rules = by_rule(&input.tables.traffic_by_rule);
    if rules.is_empty() {
        return nothing(input, "Rules");
    }
    let several_acls = rules.iter().any(|((acl, _), _)| *acl != rules[0].0.0);
    let label = |(acl, rule): (&str, &str)| {
        let rule = name(words::rule(rule), "(no rule named)");
        if several_acls { format!("{rule} · {}", acl_name(acl)) } else { rule }
    };
    Chart {
        title: title(&scope, &rules),
        subtitle: scope.subtitle("Rules, flows begun"),
        notes: vec!["A denied flow is an attempt; one client that retries makes many.".to_owned()],
        picture: Picture::Bars(scope.bars(rules.iter().map(|(key, amounts)| (label(*key), *amounts)), "rule")),
    }
}

/// The NSG's name; of a GUID the first part, which tells it from others and leaves room for the rule.
fn acl_name(acl: &str) -> String {
    let name = words::resource(acl);
    let is_guid = name.len() == 36 && name.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    match name.split_once('-') {
        Some((first, _)) if is_guid => format!("{}…", words::clean(first)),
        _ => words::shorten(name, 24),
    }
}

fn title(scope: &Scope, rules: &[((&str, &str), Amounts)]) -> String {
    let (flows, denied) = (scope.totals.flows(), scope.totals.flows_denied());
    let worst = rules.iter().max_by(|a, b| a.1.denied().cmp(&b.1.denied()).then(b.0.cmp(&a.0)));
    match worst {
        Some(((_, rule), most)) if most.denied() > 0 => format!(
            "{} of {} are denied, {} of those by {}",
            words::leading_share(denied, flows),
            words::counted(flows, "flow"),
            words::share(most.denied(), denied),
            name(rule, "(no rule named)")
        ),
        _ => {
            format!("None of {} is denied; {} allows most", words::counted(flows, "flow"), name(rules[0].0.1, "(no rule named)"))
        }
    }
}

/// Most flows first, then by ACL and rule.
fn by_rule(rows: &[RuleRow]) -> Vec<((&str, &str), Amounts)> {
    let mut sums: BTreeMap<(&str, &str), Amounts> = BTreeMap::new();
    for row in rows {
        sums.entry((&row.acl, &row.rule)).or_default().add(Amounts::from(&row.measures));
    }
    let mut rules: Vec<_> = sums.into_iter().collect();
    rules.sort_by_key(|(_, amounts)| std::cmp::Reverse(amounts.flows()));
    rules
}
