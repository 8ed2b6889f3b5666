//! Rules and spans of time as sentences and tables name them: the last part of the ACL's id, and the rule; from when to when.
//!
//! Goes in: an actor, or a text that holds one; moments. Comes out: the text with the short name. The whole id stays in facts and titles of cells.

use crate::report::words;

/// The short name of `/subscriptions/…/NSG RULE`; any other actor as it is.
pub fn actor(actor: &str) -> String {
    match actor.rsplit_once(' ') {
        Some((acl, rule)) if acl.starts_with('/') => format!("{} {rule}", words::resource(acl)),
        _ => actor.to_owned(),
    }
}

/// `text` with the short name of `actor` in place of its whole name.
pub fn sentence(text: &str, actor: &str) -> String {
    let short = self::actor(actor);
    if short == actor { text.to_owned() } else { text.replace(actor, &short) }
}

/// From when to when, of moments as RFC 3339: `2024-08-19 17:00 to 18:00 UTC`; the day stands once where it is the same.
pub fn span(first: &str, last: &str) -> String {
    let [from, to] = [first, last].map(words::minute_of_rfc3339);
    match (from.split_once(' '), to.split_once(' ')) {
        _ if from == to => format!("{from} UTC"),
        (Some((day, _)), Some((same, clock))) if day == same => format!("{from} to {clock} UTC"),
        _ => format!("{from} to {to} UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_its_day_once() {
        let span = |first: &str, last: &str| super::span(&format!("{first}:00.000Z"), &format!("{last}:00.000Z"));
        assert_eq!(span("2024-08-19T17:00", "2024-08-19T18:05"), "2024-08-19 17:00 to 18:05 UTC");
        assert_eq!(span("2024-08-19T17:00", "2024-08-20T01:00"), "2024-08-19 17:00 to 2024-08-20 01:00 UTC");
        assert_eq!(span("2024-08-19T17:00", "2024-08-19T17:00"), "2024-08-19 17:00 UTC");
        assert_eq!(super::span("?", "!"), "? to ! UTC");
    }

    #[test]
    fn a_rule_is_named_by_the_last_part_of_its_acl_and_others_as_they_are() {
        let rule = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Network/networkSecurityGroups/nsg-app UserRule_Web";
        assert_eq!(actor(rule), "nsg-app UserRule_Web");
        assert_eq!(["10.0.0.4", "vnet/snet a", "", "/x"].map(actor), ["10.0.0.4", "vnet/snet a", "", "/x"]);
        assert_eq!(sentence(&format!("rule {rule} carried 5 GB"), rule), "rule nsg-app UserRule_Web carried 5 GB");
        assert_eq!(sentence("10.0.0.4 sent", "10.0.0.4"), "10.0.0.4 sent");
    }
}
