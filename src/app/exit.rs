//! How a command ended, and the code that says so.

use std::path::PathBuf;

use crate::app::metrics::Measures;

/// Every way a command can end. The codes are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Failed while running.
    Failed,
    /// The command line or the configuration is wrong, or a path does not exist.
    Usage,
    /// Findings of at least the severity asked for.
    Findings,
    /// Done, but some input could not be read.
    Partial,
    /// No flow log in the input or window.
    NoFlowLog,
    /// Another run holds the workspace, or the store throttles: try again.
    Again,
}

impl Exit {
    /// In the order in which the first that applies wins.
    const ORDER: [Self; 7] = [Self::Usage, Self::Again, Self::Failed, Self::Findings, Self::Partial, Self::NoFlowLog, Self::Done];

    /// The process's exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Partial => 4,
            Self::NoFlowLog => 5,
            Self::Again => 75,
        }
    }

    /// The word that a webhook is told beside the code.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::Findings => "findings",
            Self::Partial => "partial",
            Self::NoFlowLog => "no_flow_log",
            Self::Again => "again",
        }
    }

    /// The one of `all` that wins; done if there is none.
    pub fn first(all: &[Self]) -> Self {
        Self::ORDER.into_iter().find(|exit| all.contains(exit)).unwrap_or(Self::Done)
    }
}

/// What a command that did not fail leaves to say.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub exit: Exit,
    /// The page it wrote.
    pub report: Option<PathBuf>,
    /// What it read and found, a line each, for the terminal.
    pub lines: Vec<String>,
    /// What it measured, for `--metrics` and `--webhook`; `None` of a command that has neither.
    pub measures: Option<Measures>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_applies_wins() {
        assert_eq!(Exit::first(&[Exit::NoFlowLog, Exit::Partial, Exit::Findings]), Exit::Findings);
        assert_eq!(Exit::first(&[Exit::NoFlowLog, Exit::Partial, Exit::Done]), Exit::Partial);
        assert_eq!(Exit::first(&[Exit::Failed, Exit::Again]), Exit::Again);
        assert_eq!(Exit::first(&[]), Exit::Done);
        assert_eq!(Exit::ORDER.map(Exit::code), [2, 75, 1, 3, 4, 5, 0]);
    }
}
