//! Parts of Azure resource ids, and the names that Traffic Analytics makes of them.
//!
//! Goes in: texts as logs and topologies write them, of any form. Comes out: lower-case names, with an empty part where a text
//! has none. Checks no id.

/// The part of an id that follows `key`, whatever the case; empty if there is none.
pub(super) fn part<'a>(id: &'a str, key: &str) -> &'a str {
    let mut parts = id.split('/');
    parts.find(|part| part.eq_ignore_ascii_case(key)).and_then(|_| parts.next()).unwrap_or_default()
}

/// The last part of an id; empty for a text without a slash.
pub(super) fn name(id: &str) -> &str {
    id.rsplit_once('/').map_or("", |(_, name)| name)
}

/// An id in lower case with one leading slash; a text that is no id stays without.
pub(super) fn lower(id: &str) -> String {
    let text = id.trim().to_lowercase();
    match text.trim_start_matches('/') {
        bare if bare.contains('/') => format!("/{bare}"),
        bare => bare.to_owned(),
    }
}

/// Names below each other with slashes between, lower case; empty if the last one is. A slash within a name becomes `_`, so
/// that each name keeps its place.
pub(super) fn path(names: &[&str]) -> String {
    match names.last() {
        None | Some(&"") => String::new(),
        Some(_) => names.iter().map(|name| name.replace('/', "_").to_lowercase()).collect::<Vec<_>>().join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_acl_is_the_eighth_part_of_its_id() {
        let id = lower("subscriptions/S/resourceGroups/RG/providers/Microsoft.Network/networkSecurityGroups/NSG-Web");
        assert_eq!(id.split('/').nth(8), Some("nsg-web"));
        assert_eq!(lower("/SUBSCRIPTIONS/S"), "/subscriptions/s");
        assert_eq!(lower("00000000-0000-0000-0000-00000000000A"), "00000000-0000-0000-0000-00000000000a");
    }

    #[test]
    fn parts_are_found_whatever_the_case() {
        assert_eq!(part("/subscriptions/s/resourceGroups/rg", "RESOURCEGROUPS"), "rg");
        assert_eq!([part("", "x"), part("/x", "x"), name("abc"), name("a/b")], ["", "", "", "b"]);
    }

    #[test]
    fn an_unknown_part_leaves_the_others_in_place() {
        assert_eq!(path(&["", "Hub", "a/b"]), "/hub/a_b");
        assert_eq!(path(&["rg", ""]), "");
    }
}
