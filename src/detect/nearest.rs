//! The right name for a misspelt one.
//!
//! Goes in: a name that does not exist, and those that do. Comes out: the one that takes the fewest changes of a letter. Judges
//! nothing: the nearest name may be far away.

/// Letters of a name that are compared. Unit: letters; the longest right name has fewer than 40.
const LETTERS_MAX: usize = 64;

/// The name of `known` that takes the fewest changes of a letter to become `name`, whatever the case; of equal ones the first.
pub fn nearest(name: &str, known: impl IntoIterator<Item = &'static str>) -> &'static str {
    let name = name.to_ascii_lowercase();
    known.into_iter().min_by_key(|other| distance(&name, other)).unwrap_or_default()
}

/// How many letters must be changed, added or dropped (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().take(LETTERS_MAX).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, with) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *with);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_counts_letters_changed_added_and_dropped() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "dos", 3),
            ("dos", "", 3),
            ("beacon", "beacon", 0),
            ("becon", "beacon", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn the_nearest_name_is_told_whatever_the_case() {
        let known = ["beacon", "dos", "port_scan"];
        assert_eq!(nearest("PORT-SCAN", known), "port_scan");
        assert_eq!(nearest("bacon", known), "beacon");
        assert_eq!(nearest(&"x".repeat(100_000), known), "beacon", "of equally far ones the first");
        assert_eq!(nearest("x", []), "");
    }
}
