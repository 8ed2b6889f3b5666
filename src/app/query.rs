//! `query`: a question in SQL over the tables of a workspace, and its answer in the format asked for.
//!
//! Goes in: the settings, and a writer. Comes out: the answer on it, row by row. What is computed from the workspace (endpoints,
//! findings) is computed only if the query names it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::app::analyze::AnalyzeSettings;
use crate::app::beside::Beside;
use crate::app::computed;
use crate::app::exit::{Exit, Outcome};
use crate::app::logs::Logs;
use crate::app::period::{Period, Reading};
use crate::app::previous::windows;
use crate::app::progress::Progress;
use crate::app::remote::{local, refuse_remote};
use crate::app::saved;
use crate::app::stopwatch::Stopwatch;
use crate::report::listing::{Listing, ListingFormat};
use crate::schema::kept;
use crate::schema::queried;
use crate::store::Workspace;
use crate::store::sql::{self, Answer, Source, Statement};

/// What `query` was asked for.
#[derive(Clone, Debug)]
pub struct QuerySettings {
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// What is asked.
    pub question: Question,
    /// A folder of saved queries, beside those that come with azflow.
    pub queries: Option<PathBuf>,
    /// How the answer is written.
    pub format: QueryFormat,
    /// Most rows of it.
    pub limit: Option<u32>,
    /// What `endpoints` and `findings` are computed with: topology, lists, configuration and window.
    pub computed: AnalyzeSettings,
}

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// A query.
    Sql(String),
    /// A saved query, by name.
    Saved(String),
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryFormat {
    /// As text, row by row.
    Listing(ListingFormat),
    /// As a Parquet file.
    Parquet,
}

/// Answers the question on `out`.
pub fn query(settings: &QuerySettings, out: &mut dyn Write, progress: &dyn Progress) -> Result<Outcome> {
    local("workspace", &settings.workspace)?;
    let workspace = Workspace::open(&settings.workspace)?;
    let sql = match &settings.question {
        Question::Sql(sql) => sql.clone(),
        Question::Saved(name) => saved::find(name, settings.queries.as_deref())?.sql,
    };
    let tables = queried::tables();
    let statement = Statement::read(&sql, &tables)?;
    let mut answer = match statement {
        Statement::Select(select) => {
            let sources = sources(settings, &workspace, &select.tables, progress)?;
            select.plan(sources, &tables)?
        }
        Statement::ShowTables => sql::show_tables(&tables),
        Statement::Describe(name) => sql::describe(name, &tables),
    };
    if let Some(rows) = settings.limit {
        answer = answer.first(rows);
    }
    write(answer, settings.format, out)?;
    out.flush()?;
    Ok(Outcome { exit: Exit::Done, report: None, lines: Vec::new(), measures: None })
}

fn write(answer: Answer, format: QueryFormat, out: &mut dyn Write) -> Result<()> {
    let unwritten = "cannot write the answer";
    match format {
        QueryFormat::Listing(format) => {
            let mut listing = Listing::new(format, answer.columns(), out).context(unwritten)?;
            answer.for_each_row(|cells| listing.row(cells).context(unwritten))?;
            listing.finish().context(unwritten)
        }
        QueryFormat::Parquet => answer.write_parquet(out),
    }
}

/// The tables that a query reads.
fn sources(
    settings: &QuerySettings,
    workspace: &Workspace,
    names: &[&'static str],
    progress: &dyn Progress,
) -> Result<Vec<(&'static str, Source)>> {
    let is_computed = |name: &&str| !kept::TABLES.iter().any(|table| table.name == *name);
    let period = if names.iter().any(is_computed) { Some(period(settings, workspace, progress)?) } else { None };
    let mut sources = Vec::new();
    for name in names {
        let source = match (*name, &period) {
            ("endpoints", Some(period)) => sql::computed(queried::ENDPOINTS, &computed::endpoints(&period.aggregates.tables))?,
            ("findings", Some(period)) => sql::computed(queried::FINDINGS, &computed::findings(&period.findings))?,
            (name, _) => {
                let table =
                    kept::TABLES.iter().find(|table| table.name == name).context("a table that is neither kept nor computed")?;
                sql::scan(table, &workspace.files(name))?
            }
        };
        sources.push((*name, source));
    }
    Ok(sources)
}

/// What the workspace comes to in the window asked for.
fn period(settings: &QuerySettings, workspace: &Workspace, progress: &dyn Progress) -> Result<Period> {
    refuse_remote(&settings.computed)?;
    let logs = Logs::Kept(workspace);
    let mut beside = Beside::read(&settings.computed, &[])?;
    let (window, _) = windows(&settings.computed, &logs)?;
    let scratch = std::env::temp_dir();
    let reading = Reading { progress, stopwatch: &mut Stopwatch::start(), scratch: &scratch, is_main: true };
    Period::read(&settings.computed, &logs, window, &mut beside, reading)
}
