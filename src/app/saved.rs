//! Saved queries: those that come with azflow, and those of a folder.
//!
//! Goes in: a folder, perhaps. Comes out: queries by name, with the title and question that stand in the comments they begin with. Runs
//! nothing.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::schema::nearest::nearest;

/// The queries that come with azflow, sorted by name; `queries` holds their files.
static SHIPPED: &[(&str, &str)] = &[
    ("brute_force_candidates", include_str!("../../queries/brute_force_candidates.sql")),
    ("busiest_ports", include_str!("../../queries/busiest_ports.sql")),
    ("coverage_gaps", include_str!("../../queries/coverage_gaps.sql")),
    ("denied_by_rule", include_str!("../../queries/denied_by_rule.sql")),
    ("denied_pairs", include_str!("../../queries/denied_pairs.sql")),
    ("encryption_status", include_str!("../../queries/encryption_status.sql")),
    ("exposed_ports", include_str!("../../queries/exposed_ports.sql")),
    ("long_flows", include_str!("../../queries/long_flows.sql")),
    ("new_pairs", include_str!("../../queries/new_pairs.sql")),
    ("rejects_by_reason", include_str!("../../queries/rejects_by_reason.sql")),
    ("top_talkers", include_str!("../../queries/top_talkers.sql")),
    ("top_talkers_by_day", include_str!("../../queries/top_talkers_by_day.sql")),
    ("traffic_by_hour", include_str!("../../queries/traffic_by_hour.sql")),
    ("traffic_by_network", include_str!("../../queries/traffic_by_network.sql")),
    ("unanswered_contacts", include_str!("../../queries/unanswered_contacts.sql")),
    ("volume_by_flow_log", include_str!("../../queries/volume_by_flow_log.sql")),
];

/// Largest file of a query. Unit: bytes; the longest of ours has two thousand.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// A query that is asked for by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name: that of its file, without `.sql`.
    pub name: String,
    /// What its answer is, in a few words; empty where it does not say.
    pub title: String,
    /// The question that it answers; empty where it does not say.
    pub question: String,
    /// The query.
    pub sql: String,
}

/// A saved query that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// No query has this name; the nearest that is one.
    #[error("no saved query '{name}'; hint: did you mean {nearest}? azflow query --list names them all")]
    Unknown {
        /// The name.
        name: String,
        /// The nearest.
        nearest: String,
    },
    /// The folder, or a file of it.
    #[error("cannot read saved queries: {}: {why}; hint: --queries takes a folder with files NAME.sql", path.display())]
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

/// Every saved query, sorted by name: those of `folder`, and those that come with azflow unless the folder has one of that name.
///
/// # Errors
/// A folder or a file that cannot be read.
pub fn all(folder: Option<&Path>) -> Result<Vec<Saved>, SavedError> {
    let mut all: Vec<Saved> = SHIPPED.iter().map(|(name, sql)| Saved::new(name, sql)).collect();
    for saved in folder.map(of_folder).transpose()?.unwrap_or_default() {
        match all.iter_mut().find(|shipped| shipped.name == saved.name) {
            Some(shipped) => *shipped = saved,
            None => all.push(saved),
        }
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// The saved query called `name`.
///
/// # Errors
/// No query of that name, and what [`all`] says.
pub fn find(name: &str, folder: Option<&Path>) -> Result<Saved, SavedError> {
    let all = all(folder)?;
    let nearest = nearest(name, all.iter().map(|saved| saved.name.as_str())).to_owned();
    all.into_iter().find(|saved| saved.name == name).ok_or_else(|| SavedError::Unknown { name: name.to_owned(), nearest })
}

fn of_folder(folder: &Path) -> Result<Vec<Saved>, SavedError> {
    let unreadable = |path: &Path, why: String| SavedError::Unreadable { path: path.to_owned(), why };
    let mut saved = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error.to_string()))? {
        let path = entry.map_err(|error| unreadable(folder, error.to_string()))?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".sql")) else { continue };
        let mut sql = String::new();
        let read = fs::File::open(&path).and_then(|file| file.take(FILE_BYTES_MAX + 1).read_to_string(&mut sql));
        match read {
            Err(error) => return Err(unreadable(&path, error.to_string())),
            Ok(bytes) if bytes as u64 > FILE_BYTES_MAX => {
                return Err(unreadable(&path, format!("it is longer than {FILE_BYTES_MAX} bytes")));
            }
            Ok(_) => saved.push(Saved::new(name, &sql)),
        }
    }
    Ok(saved)
}

impl Saved {
    fn new(name: &str, sql: &str) -> Self {
        let comments = || sql.lines().map_while(|line| line.trim().strip_prefix("--"));
        let said = |word: &str| {
            let said = comments().find_map(|comment| comment.trim().strip_prefix(word)?.strip_prefix(':'));
            said.map(|text| text.trim().to_owned()).unwrap_or_default()
        };
        Self { name: name.to_owned(), title: said("title"), question: said("question"), sql: sql.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_queries_is_shipped_with_its_title_and_question() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
        assert!(SHIPPED.len() >= 12 && SHIPPED.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let shipped = all(None).expect("shipped");
        assert_eq!(all(Some(&folder)).expect("readable"), shipped, "what is shipped is what the folder holds");
        assert_eq!(of_folder(&folder).expect("readable").len(), shipped.len());
        for Saved { name, title, question, sql } in shipped {
            assert!(!title.is_empty() && question.ends_with('?'), "{name}: {title}: {question}");
            assert!(!title.contains(['|', '`']) && !question.contains(['|', '`']) && sql.is_ascii(), "{name}");
        }
    }

    #[test]
    fn a_folder_adds_queries_and_replaces_shipped_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("mine.sql"), "--title: Mine\n-- question: What?\nSELECT 1 -- title: no").expect("writes");
        fs::write(folder.path().join("top_talkers.sql"), "SELECT 2").expect("writes");
        fs::write(folder.path().join("notes.txt"), "no query").expect("writes");
        let all = all(Some(folder.path())).expect("readable");
        assert_eq!(all.len(), SHIPPED.len() + 1);
        let mine = find("mine", Some(folder.path())).expect("there");
        assert_eq!((mine.title.as_str(), mine.question.as_str()), ("Mine", "What?"));
        let replaced = find("top_talkers", Some(folder.path())).expect("there");
        assert_eq!((replaced.title.as_str(), replaced.sql.as_str()), ("", "SELECT 2"));
    }

    #[test]
    fn a_wrong_name_is_answered_with_the_nearest() {
        let said = |name| find(name, None).map_err(|error| error.to_string()).expect_err("unknown");
        assert!(said("top-talker").starts_with("no saved query 'top-talker'; hint: did you mean top_talkers?"));
        assert!(said("../../etc/passwd").starts_with("no saved query '../../etc/passwd'"));
        let missing = all(Some(Path::new("no/such"))).map_err(|error| error.to_string()).expect_err("missing");
        assert!(missing.starts_with("cannot read saved queries: no/such: "), "{missing}");
    }
}
