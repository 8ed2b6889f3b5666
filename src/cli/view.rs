//! Options of how a report is presented, shared by the commands that write one.
//!
//! Goes in: what is typed. Comes out: a [`View`]. Decides nothing about what is counted.

use std::collections::BTreeSet;

use clap::Args as ClapArgs;

use crate::report::{self, TITLE_CHARS_MAX, TOP_MAX, View};

/// Presentation of a report.
#[derive(Debug, ClapArgs)]
pub struct ViewArgs {
    /// Heading of report.html and report.md (at most 200 characters)
    #[arg(long, value_name = "TEXT", value_parser = title)]
    title: Option<String>,
    /// Bars of each chart and rows of each list in report.md, 1 to 50 [default: 12 bars, 5 rows]; tables and CSV keep theirs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=TOP_MAX as i64))]
    top: Option<u16>,
    /// Parts of report.html, by comma: overview, who, where, what, rules, exposure, security, hygiene, appendix
    /// [default: all]; charts, tables and JSON are always all written
    #[arg(long, value_name = "PARTS", value_delimiter = ',', value_parser = section)]
    report_sections: Vec<&'static str>,
}

impl ViewArgs {
    /// What these arguments mean.
    pub fn view(self) -> View {
        let sections: BTreeSet<&'static str> = self.report_sections.into_iter().collect();
        View::new(self.title.as_deref(), self.top.map(usize::from), (!sections.is_empty()).then_some(sections))
    }
}

fn title(text: &str) -> Result<String, String> {
    match text.chars().count() {
        _ if text.trim().is_empty() => Err("a title needs at least one character".into()),
        length if length > TITLE_CHARS_MAX => {
            Err(format!("a title has at most {TITLE_CHARS_MAX} characters, this one {length}; hint: shorten it"))
        }
        _ => Ok(text.to_owned()),
    }
}

fn section(name: &str) -> Result<&'static str, String> {
    report::section(name.trim()).map_err(|nearest| format!("no part of the report has this name; hint: try '{nearest}'"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        view: ViewArgs,
    }

    fn view(args: &[&str]) -> Option<View> {
        Line::try_parse_from(std::iter::once(&"azflow").chain(args)).ok().map(|line| line.view.view())
    }

    #[test]
    fn nothing_typed_is_the_usual_view() {
        assert_eq!(view(&[]), Some(View::default()));
    }

    #[test]
    fn what_is_typed_is_checked() {
        let all = view(&["--title", "Night shift", "--top", "50", "--report-sections", "security,overview"]);
        let all = all.expect("parses");
        assert_eq!((all.heading(), all.bars, all.shows("overview"), all.shows("rules")), ("Night shift", 50, true, false));
        let long = "x".repeat(201);
        for wrong in [["--title", " "], ["--title", &long], ["--top", "0"], ["--top", "51"], ["--report-sections", "all"]] {
            assert_eq!(view(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_help_names_every_part() {
        let help = <Line as clap::CommandFactory>::command().render_long_help().to_string();
        let lines: Vec<&str> = help.split_whitespace().map(|word| word.trim_end_matches(',')).collect();
        let typed = ["overview", "who", "where", "what", "rules", "exposure", "security", "hygiene", "appendix"];
        assert!(typed.iter().all(|part| report::section(part).is_ok() && lines.contains(part)), "{help}");
    }
}
