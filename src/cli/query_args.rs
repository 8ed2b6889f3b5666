//! Arguments of `query`, and its list of saved queries.
//!
//! Goes in: what is typed. Comes out: what it means. Answers nothing.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args as ClapArgs, ValueEnum};

use super::args::UsageError;
use super::moment::duration;
use super::shared_args::{ConfigArg, ListArgs};
use crate::app::analyze::AnalyzeSettings;
use crate::app::config_file::ConfigFile;
use crate::app::query::{QueryFormat, QuerySettings, Question};
use crate::app::saved::{Saved, all};
use crate::report::listing::{Listing, ListingFormat};
use crate::schema::cell::Cell;

/// Arguments of `query`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  azflow query --list
  azflow query --workspace ws --saved top_talkers
  azflow query --workspace ws 'SELECT src_ip, SUM(bytes_src_to_dst) AS bytes FROM traffic GROUP BY src_ip ORDER BY bytes DESC LIMIT 10'
  azflow query --workspace ws --format csv 'DESCRIBE traffic'

SHOW TABLES and DESCRIBE TABLE say what there is. A query reads the tables of the workspace and nothing else, and changes nothing.")]
pub struct QueryArgs {
    /// One SELECT (or WITH … SELECT), SHOW TABLES, or DESCRIBE and a table
    #[arg(value_name = "SQL", required_unless_present_any = ["saved", "list"], conflicts_with_all = ["saved", "list"])]
    sql: Option<String>,
    /// Folder that azflow ingest keeps
    #[arg(long, value_name = "WS", required_unless_present = "list")]
    workspace: Option<PathBuf>,
    /// Ask a saved query, by its name
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    saved: Option<String>,
    /// List the saved queries with their titles and questions
    #[arg(long)]
    list: bool,
    /// Folder with own saved queries, files NAME.sql; one that has the name of a shipped query replaces it
    #[arg(long, value_name = "DIR")]
    queries: Option<PathBuf>,
    /// How the answer is written: table has aligned columns, json is one array, parquet a file for standard output
    #[arg(long, value_enum, default_value = "table")]
    format: FormatArg,
    /// Only the first N rows of the answer
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// For endpoints and findings: topology as for analyze; a file or a folder; may be given several times
    #[arg(long, value_name = "PATH")]
    topology: Vec<PathBuf>,
    #[command(flatten)]
    lists: ListArgs,
    /// For findings: allow-list (TOML) of what is expected; may be given several times
    #[arg(long, value_name = "PATH")]
    allow_list: Vec<PathBuf>,
    #[command(flatten)]
    pub file: ConfigArg,
    /// For endpoints and findings: only the last 24h, 7d … of the workspace, whole hours [default: all of it]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    last: Option<i64>,
    /// No progress and no warnings of lists
    #[arg(long, short)]
    pub quiet: bool,
}

impl QueryArgs {
    /// The list, where it is asked for, written to `out`.
    pub fn write_list(&self, out: &mut dyn Write) -> anyhow::Result<bool> {
        if self.list {
            let listing = match self.format.into() {
                QueryFormat::Listing(format) => format,
                QueryFormat::Parquet => return Err(UsageError("--list has no format parquet").into()),
            };
            list(&all(self.queries.as_deref())?, listing, out)?;
        }
        Ok(self.list)
    }

    /// What these arguments mean, with the settings of detectors and the allow-list of `config`.
    pub fn settings(self, config: Option<ConfigFile>) -> Result<QuerySettings, UsageError> {
        let format = self.format.into();
        if format == QueryFormat::Parquet && io::stdout().is_terminal() {
            return Err(UsageError("a Parquet file is nothing for a terminal; hint: write > answer.parquet behind the command"));
        }
        let question = match (self.sql, self.saved) {
            (Some(sql), _) => Question::Sql(sql),
            (None, Some(name)) => Question::Saved(name),
            (None, None) => return Err(UsageError("nothing is asked: give a query, --saved NAME or --list")),
        };
        let workspace = self.workspace.ok_or(UsageError("no workspace is given: --workspace WS"))?;
        let computed = AnalyzeSettings {
            topology: self.topology,
            geo: self.lists.geo,
            asn: self.lists.asn,
            service_tags: self.lists.service_tags,
            threat_lists: self.lists.threat_list,
            allow_lists: self.allow_list,
            config,
            last: self.last,
            ..AnalyzeSettings::new(Vec::new(), PathBuf::new())
        };
        Ok(QuerySettings { workspace, question, queries: self.queries, format, limit: self.limit, computed })
    }
}

fn list(saved: &[Saved], format: ListingFormat, out: &mut dyn Write) -> csv::Result<()> {
    let columns = ["name", "title", "question"].map(str::to_owned);
    let mut listing = Listing::new(format, &columns, out)?;
    for Saved { name, title, question, .. } in saved {
        listing.row(&[name, title, question].map(|text| Cell::text(text.as_str())))?;
    }
    listing.finish()
}

/// `query --format`.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatArg {
    Table,
    Csv,
    Json,
    Ndjson,
    Parquet,
}

impl From<FormatArg> for QueryFormat {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Table => Self::Listing(ListingFormat::Aligned),
            FormatArg::Csv => Self::Listing(ListingFormat::Csv),
            FormatArg::Json => Self::Listing(ListingFormat::Json),
            FormatArg::Ndjson => Self::Listing(ListingFormat::Ndjson),
            FormatArg::Parquet => Self::Parquet,
        }
    }
}
