//! Which ATT&CK tactic a technique serves, in the order of the kill chain.
//!
//! Goes in: technique ids of findings. Comes out: tactics. Knows no finding.

/// Tactics in the order of the kill chain. Source: ATT&CK Enterprise, by the names of its matrix, in lower case.
static TACTICS: &[&str] = &[
    "reconnaissance",
    "initial access",
    "execution",
    "persistence",
    "credential access",
    "discovery",
    "lateral movement",
    "collection",
    "command and control",
    "exfiltration",
    "impact",
];

/// Techniques that flow logs can show, with the tactic that a finding of them points at; sub-techniques are as their technique. Sorted by id.
/// Source: ATT&CK Enterprise; of the tactics of T1078 and T1133 the one that a flow from outside shows.
static TECHNIQUES: &[(&str, &str)] = &[
    ("T1011", "exfiltration"),
    ("T1018", "discovery"),
    ("T1020", "exfiltration"),
    ("T1021", "lateral movement"),
    ("T1029", "exfiltration"),
    ("T1030", "exfiltration"),
    ("T1039", "collection"),
    ("T1041", "exfiltration"),
    ("T1046", "discovery"),
    ("T1048", "exfiltration"),
    ("T1071", "command and control"),
    ("T1074", "collection"),
    ("T1078", "initial access"),
    ("T1090", "command and control"),
    ("T1095", "command and control"),
    ("T1102", "command and control"),
    ("T1105", "command and control"),
    ("T1110", "credential access"),
    ("T1133", "initial access"),
    ("T1190", "initial access"),
    ("T1203", "execution"),
    ("T1210", "lateral movement"),
    ("T1219", "command and control"),
    ("T1496", "impact"),
    ("T1498", "impact"),
    ("T1499", "impact"),
    ("T1530", "collection"),
    ("T1537", "exfiltration"),
    ("T1567", "exfiltration"),
    ("T1568", "command and control"),
    ("T1571", "command and control"),
    ("T1572", "command and control"),
    ("T1573", "command and control"),
    ("T1595", "reconnaissance"),
];

/// The tactic of a technique or sub-technique; `None` for one that is in no row.
pub(super) fn tactic(technique: &str) -> Option<&'static str> {
    let technique = technique.split('.').next().unwrap_or(technique);
    TECHNIQUES.binary_search_by_key(&technique, |(id, _)| id).ok().map(|at| TECHNIQUES[at].1)
}

/// The tactics of `techniques`, each once, in the order of the kill chain.
pub fn tactics(techniques: &[&str]) -> Vec<&'static str> {
    let serves = |tactic: &&&'static str| techniques.iter().any(|technique| self::tactic(technique) == Some(**tactic));
    TACTICS.iter().filter(serves).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_sorted_and_each_serves_a_tactic_of_the_kill_chain() {
        assert!(TECHNIQUES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TECHNIQUES.iter().all(|(_, tactic)| TACTICS.contains(tactic)));
    }

    #[test]
    fn tactics_come_in_the_order_of_the_kill_chain_and_once() {
        let found = tactics(&["T1498", "T1021.002", "T1046", "T1018", "T9999", "T1595.001"]);
        assert_eq!(found, ["reconnaissance", "discovery", "lateral movement", "impact"]);
    }
}
