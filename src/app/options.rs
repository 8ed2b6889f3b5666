//! Every option that a configuration can set, for the commands that read flow logs.
//!
//! A table of facts: what an option is called, who takes it, and how its value is written. What it does stands in the help of the command
//! line, and is told from there; a test of `cli` holds both against each other, option by option.

/// One option of one or several commands.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionFact {
    /// The key: the long option with `_` for `-`, or `inputs`.
    pub name: &'static str,
    /// The commands that take it.
    pub commands: &'static [&'static str],
    /// How its value is written.
    pub kind: Kind,
    /// Whether it may stand at the top of the file, for every command that takes it: it means the same to all.
    pub is_shared: bool,
}

/// How the value of an option is written in TOML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count,
    /// A text.
    Text,
    /// A list of texts; a single text is a list of one.
    Texts,
    /// A date or time, with or without quotes.
    Moment,
    /// A path; relative ones start from the file's folder.
    Path,
    /// A list of paths; a single path is a list of one.
    Paths,
    /// As [`Kind::Paths`], but `-` and addresses are left as they are.
    Inputs,
    /// An address that may hold a secret: only its host is ever told.
    Address,
}

impl Kind {
    /// How a value is written, for a message.
    pub const fn written(self) -> &'static str {
        match self {
            Self::Flag => "true or false",
            Self::Count => "a whole number, without quotes",
            Self::Text => "a text in quotes",
            Self::Texts => "a list of texts, such as [\"one\", \"two\"]",
            Self::Moment => "a UTC date or time, such as 2026-12-31 or 2026-12-31T18:00:00Z",
            Self::Path => "a path in quotes",
            Self::Paths | Self::Inputs => "a list of paths, such as [\"one\", \"two\"]",
            Self::Address => "an address in quotes",
        }
    }

    /// Whether it holds several values.
    pub const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Paths | Self::Inputs)
    }
}

/// The commands whose options a configuration can set.
pub static COMMANDS: &[&str] = &["analyze", "flows", "ingest", "report", "query", "prune"];

const ANALYZE: &[&str] = &["analyze"];
const FLOWS: &[&str] = &["flows"];
const READERS: &[&str] = &["analyze", "flows", "ingest"];
const WINDOWED: &[&str] = &["analyze", "flows", "report"];
const REPORTERS: &[&str] = &["analyze", "report"];
const WATCHED: &[&str] = &["analyze", "ingest", "report"];
const KEEPERS: &[&str] = &["ingest", "report", "query", "prune"];
const ENRICHED: &[&str] = &["analyze", "report", "query"];
const QUERY: &[&str] = &["query"];
const INGEST: &[&str] = &["ingest"];
const PRUNE: &[&str] = &["prune"];

/// Every option, in the order of the documentation.
pub static OPTIONS: &[OptionFact] = &[
    shared("inputs", READERS, Kind::Inputs),
    shared("workspace", KEEPERS, Kind::Path),
    shared("out", REPORTERS, Kind::Path),
    shared("topology", ENRICHED, Kind::Paths),
    shared("geo", ENRICHED, Kind::Paths),
    shared("asn", ENRICHED, Kind::Paths),
    shared("service_tags", ENRICHED, Kind::Paths),
    shared("threat_list", ENRICHED, Kind::Paths),
    shared("allow_list", ENRICHED, Kind::Paths),
    shared("from", WINDOWED, Kind::Moment),
    shared("to", WINDOWED, Kind::Moment),
    shared("last", ENRICHED, Kind::Text),
    shared("compare", REPORTERS, Kind::Text),
    shared("title", REPORTERS, Kind::Text),
    shared("top", REPORTERS, Kind::Count),
    shared("report_sections", REPORTERS, Kind::Texts),
    shared("interval", &["analyze", "ingest"], Kind::Text),
    shared("top_rows", REPORTERS, Kind::Count),
    shared("export", ANALYZE, Kind::Texts),
    shared("metrics", WATCHED, Kind::Path),
    shared("webhook", WATCHED, Kind::Address),
    shared("fail_on", REPORTERS, Kind::Text),
    shared("strict", &["analyze", "flows", "ingest", "report"], Kind::Flag),
    shared("threads", WATCHED, Kind::Count),
    shared("quiet", COMMANDS, Kind::Flag),
    shared("log_format", COMMANDS, Kind::Text),
    own("since", INGEST, Kind::Moment),
    own("keep", PRUNE, Kind::Text),
    own("contacts", PRUNE, Kind::Text),
    own("ip", FLOWS, Kind::Text),
    own("port", FLOWS, Kind::Count),
    own("denied", FLOWS, Kind::Flag),
    own("rule", FLOWS, Kind::Text),
    own("format", &["flows", "query"], Kind::Text),
    own("queries", QUERY, Kind::Path),
    own("limit", QUERY, Kind::Count),
];

/// An option that means the same to every command that takes it.
const fn shared(name: &'static str, commands: &'static [&'static str], kind: Kind) -> OptionFact {
    OptionFact { name, commands, kind, is_shared: true }
}

/// An option that stands below the name of a command only: what it asks for, or how, is that command's own.
const fn own(name: &'static str, commands: &'static [&'static str], kind: Kind) -> OptionFact {
    OptionFact { name, commands, kind, is_shared: false }
}

/// The options of a command.
pub fn of(command: &str) -> impl Iterator<Item = &'static OptionFact> {
    OPTIONS.iter().filter(move |option| option.commands.contains(&command))
}

/// Every key that may stand at the top of a configuration, of options and of commands.
pub fn top_keys() -> Vec<&'static str> {
    let shared = OPTIONS.iter().filter(|option| option.is_shared).map(|option| option.name);
    shared.chain(COMMANDS.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_belongs_to_a_command_and_no_name_means_two_things() {
        for option in OPTIONS {
            assert!(
                !option.commands.is_empty() && option.commands.iter().all(|command| COMMANDS.contains(command)),
                "{option:?}"
            );
        }
        let mut keys: Vec<&str> = OPTIONS.iter().map(|option| option.name).chain(COMMANDS.iter().copied()).collect();
        keys.extend(crate::detect::config::KEYS);
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }

    #[test]
    fn only_what_is_shared_stands_at_the_top() {
        let keys = top_keys();
        assert!(["inputs", "webhook", "analyze", "flows"].iter().all(|key| keys.contains(key)));
        assert!(!keys.contains(&"format") && of("flows").any(|option| option.name == "format"));
    }
}
