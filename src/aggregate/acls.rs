//! One spelling per access control list: logs of different kinds write the id of one NSG differently.
//!
//! Goes in: the rules of all Partials. Comes out: the same rules under one spelling of their ACL. Knows no topology: an NSG that
//! one log names by its GUID and another by its id stays two.

use crate::schema::partial::Rule;

/// What makes two spellings one ACL: lower case, without a leading slash.
pub(super) fn acl_key(acl: &str) -> String {
    acl.strip_prefix('/').unwrap_or(acl).to_ascii_lowercase()
}

/// The spelling shown of each ACL.
#[derive(Debug, Default)]
pub(super) struct Acls {
    /// [`acl_key`] and spelling, ascending by key.
    shown: Vec<(String, Box<str>)>,
}

impl Acls {
    /// Of several spellings the smallest.
    pub fn of<'a>(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut spellings: Vec<&str> = rules.map(|rule| &*rule.acl).collect();
        spellings.sort_unstable();
        spellings.dedup();
        let mut shown: Vec<(String, Box<str>)> = spellings.into_iter().map(|acl| (acl_key(acl), acl.into())).collect();
        shown.sort_unstable();
        shown.dedup_by(|next, kept| next.0 == kept.0);
        Self { shown }
    }

    /// A rule with its ACL as shown.
    pub fn rule(&self, rule: &Rule) -> Rule {
        let place = self.shown.binary_search_by(|(key, _)| (**key).cmp(&acl_key(&rule.acl)));
        let acl = place.map_or(&rule.acl, |place| &self.shown[place].1);
        Rule { acl: acl.clone(), rule: rule.rule.clone() }
    }
}
