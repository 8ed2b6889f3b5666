//! What a query asks for, judged before anything runs: one SELECT over the tables that there are, and nothing that reads or writes files
//! or changes anything.
//!
//! Goes in: the text, and the tables that it may name. Comes out: a [`Statement`]. Parses with the parser, dialect and options that polars
//! uses, so that polars sees what was judged. Runs nothing.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, ObjectName, OrderBy, OrderByKind, Query, Select as SelectBody, SelectItem, SetExpr,
    Statement as Parsed, TableAlias, TableFactor, Value, ValueWithSpan, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::error::{QueryError, short};
use super::stack::on_a_deep_stack;
use crate::schema::queried::Table;

/// Longest query. Unit: bytes; a list of ten thousand addresses has two thirds of it.
const SQL_BYTES_MAX: usize = 256 << 10;

/// How deep an expression may be nested. Unit: levels; longest chain of `+` or `OR`. More needs more stack when it is planned.
const DEPTH_MAX: usize = 500;

/// What a query asks for.
#[derive(Debug)]
pub enum Statement {
    /// Rows.
    Select(Box<Select>),
    /// Which tables there are.
    ShowTables,
    /// Which columns this table has.
    Describe(&'static str),
}

/// A query for rows, found harmless.
#[derive(Debug)]
pub struct Select {
    pub(super) query: Query,
    /// Its text.
    pub(super) sql: String,
    /// The tables that it reads, sorted by name.
    pub tables: Vec<&'static str>,
    /// Names that it gives to columns.
    pub(super) aliases: Vec<String>,
}

impl Statement {
    /// Judges `sql`, which may name `tables`.
    ///
    /// # Errors
    /// What is wrong with it, or not allowed.
    pub fn read(sql: &str, tables: &[Table]) -> Result<Self, QueryError> {
        if sql.len() > SQL_BYTES_MAX {
            return Err(refused(format!("it is longer than {SQL_BYTES_MAX} bytes"), "ask for less at once"));
        }
        on_a_deep_stack(|| Self::judge(sql, tables))?
    }

    fn judge(sql: &str, tables: &[Table]) -> Result<Self, QueryError> {
        match parse(sql)? {
            Parsed::Query(query) => Select::judge(*query, sql, tables).map(|select| Self::Select(Box::new(select))),
            Parsed::ShowTables { .. } => Ok(Self::ShowTables),
            Parsed::ExplainTable { describe_alias, table_name, .. } if !describe_alias.to_string().starts_with("EXPLAIN") => {
                let name = single(&table_name)?;
                let table = tables.iter().find(|table| table.name == name);
                let unknown = || QueryError::no_table(name, tables.iter().map(|table| table.name));
                table.map(|table| Self::Describe(table.name)).ok_or_else(unknown)
            }
            _ => Err(refused(format!("{} is not allowed", first_words(sql)), ONLY_SELECT)),
        }
    }
}

const CHANGES: &str = "a statement inside a query is not allowed";

const ONLY_SELECT: &str = "SELECT, WITH … SELECT, SHOW TABLES and DESCRIBE TABLE are; a query changes nothing";

/// The one statement of `sql`.
fn parse(sql: &str) -> Result<Parsed, QueryError> {
    let syntax = |error: sqlparser::parser::ParserError| {
        let message = error.to_string();
        QueryError::Syntax(short(message.split_once(": ").map_or(message.as_str(), |(_, why)| why)))
    };
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let parser = Parser::new(&GenericDialect).with_options(options);
    let mut statements = parser.try_with_sql(sql).and_then(|mut parser| parser.parse_statements()).map_err(syntax)?;
    match (statements.pop(), statements.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(refused("more than one statement is not allowed".to_owned(), "ask one question at a time")),
        (None, _) => Err(QueryError::Syntax("it is empty".to_owned())),
    }
}

impl Select {
    /// Judges a query for rows.
    fn judge(query: Query, sql: &str, tables: &[Table]) -> Result<Self, QueryError> {
        let mut guard = Guard { tables, ..Guard::default() };
        guard.allowed_with(&query)?;
        if let ControlFlow::Break(error) = query.visit(&mut guard) {
            return Err(*error);
        }
        let Guard { read, aliases, .. } = guard;
        Ok(Self { query, sql: sql.to_owned(), tables: read.into_iter().collect(), aliases })
    }
}

/// Walks a query, and stops at what is not allowed.
#[derive(Default)]
struct Guard<'a> {
    tables: &'a [Table],
    /// Names of WITH.
    ctes: BTreeSet<String>,
    /// Queries that may begin with WITH, less those seen that do.
    withs: usize,
    /// Tables that are read.
    read: BTreeSet<&'static str>,
    aliases: Vec<String>,
    depth: usize,
}

type Verdict = ControlFlow<Box<QueryError>>;

const GO_ON: Verdict = ControlFlow::Continue(());

fn refused(what: String, hint: &'static str) -> QueryError {
    QueryError::Refused { what, hint }
}

fn stop(what: impl Into<String>, hint: &'static str) -> Verdict {
    ControlFlow::Break(Box::new(refused(what.into(), hint)))
}

impl Guard<'_> {
    /// Notes the names of WITH where it may stand: at the beginning of the query, and of a query of WITH. Elsewhere polars would leave it
    /// out without a word.
    fn allowed_with(&mut self, query: &Query) -> Result<(), QueryError> {
        let Some(with) = &query.with else { return Ok(()) };
        self.withs += 1;
        for cte in &with.cte_tables {
            let name = &cte.alias.name.value;
            if !self.ctes.insert(name.clone()) {
                return Err(refused(format!("two queries of WITH have the name '{}'", short(name)), "name each otherwise"));
            }
            if let ControlFlow::Break(error) = self.fresh(&cte.alias.name) {
                return Err(*error);
            }
            self.aliases.extend(cte.alias.columns.iter().map(|column| column.name.value.clone()));
            self.allowed_with(&cte.query)?;
        }
        Ok(())
    }

    /// Refuses a new name that a table has: polars would take now the one, now the other.
    fn fresh(&self, name: &Ident) -> Verdict {
        if self.tables.iter().any(|table| table.name == name.value) {
            return stop(format!("'{}' is a table and cannot be the name of something else", name.value), "give it another name");
        }
        GO_ON
    }

    /// As [`Self::fresh`], for the name of a subquery, which must not be one of WITH either.
    fn fresh_alias(&self, alias: Option<&TableAlias>) -> Verdict {
        let Some(TableAlias { name, .. }) = alias else { return GO_ON };
        if self.ctes.contains(&name.value) {
            return stop(format!("'{}' is a query of WITH already", short(&name.value)), "give it another name");
        }
        self.fresh(name)
    }

    fn body(&self, body: &SetExpr) -> Verdict {
        match body {
            // Selects and queries are visited on their own.
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) => GO_ON,
            SetExpr::SetOperation { left, right, .. } => {
                self.body(left)?;
                self.body(right)
            }
            SetExpr::Table(_) => stop("TABLE is not allowed", "write SELECT * FROM"),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => stop(CHANGES, ONLY_SELECT),
        }
    }
}

impl Visitor for Guard<'_> {
    type Break = Box<QueryError>;

    fn pre_visit_statement(&mut self, _: &Parsed) -> Verdict {
        stop(CHANGES, ONLY_SELECT)
    }

    fn pre_visit_query(&mut self, query: &Query) -> Verdict {
        if query.with.is_some() {
            let Some(left) = self.withs.checked_sub(1) else {
                return stop("WITH inside a query is not allowed", "begin the whole query with it");
            };
            self.withs = left;
        }
        if let Some(OrderBy { kind: OrderByKind::Expressions(exprs), .. }) = &query.order_by {
            exprs.iter().try_for_each(|by| from_one(&by.expr))?;
        }
        self.body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &SelectBody) -> Verdict {
        if select.into.is_some() {
            return stop("SELECT INTO is not allowed", ONLY_SELECT);
        }
        if let GroupByExpr::Expressions(exprs, _) = &select.group_by {
            exprs.iter().try_for_each(from_one)?;
        }
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                self.aliases.push(alias.value.clone());
            }
        }
        GO_ON
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Verdict {
        match factor {
            TableFactor::Table { args: Some(_), name, .. } => stop(
                format!("{}() is not allowed: a query reads no files", short(&name.to_string())),
                "SHOW TABLES lists what it may read",
            ),
            TableFactor::Table { alias: Some(alias), name, .. } if name.to_string() != alias.name.value => {
                self.fresh(&alias.name)
            }
            TableFactor::Table { .. } => GO_ON,
            TableFactor::Derived { alias, .. } | TableFactor::NestedJoin { alias, .. } | TableFactor::UNNEST { alias, .. } => {
                if let Some(alias) = alias {
                    self.aliases.extend(alias.columns.iter().map(|column| column.name.value.clone()));
                }
                self.fresh_alias(alias.as_ref())
            }
            _ => stop("FROM holds what is no table, subquery or join", "SHOW TABLES lists what a query may read"),
        }
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Verdict {
        let name = match single(relation) {
            Ok(name) => name,
            Err(error) => return ControlFlow::Break(Box::new(error)),
        };
        if let Some(table) = self.tables.iter().find(|table| table.name == name) {
            self.read.insert(table.name);
            return GO_ON;
        }
        if self.ctes.contains(name) {
            return GO_ON;
        }
        let known = self.tables.iter().map(|table| table.name).chain(self.ctes.iter().map(String::as_str));
        ControlFlow::Break(Box::new(QueryError::no_table(name, known)))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Verdict {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return stop(format!("an expression is nested more than {DEPTH_MAX} levels deep"), "use IN (…) for a list of values");
        }
        if let Expr::Value(ValueWithSpan { value: Value::Placeholder(name), .. }) = expr {
            return stop(format!("'{}' stands for a value that is not given", short(name)), "write the value");
        }
        GO_ON
    }

    fn post_visit_expr(&mut self, _: &Expr) -> Verdict {
        self.depth -= 1;
        GO_ON
    }
}

/// Refuses the place 0 in an order or a grouping.
fn from_one(expr: &Expr) -> Verdict {
    match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(place, _), .. }) if place.bytes().all(|digit| digit == b'0') => {
            stop("there is no column 0", "columns are counted from 1")
        }
        _ => GO_ON,
    }
}

/// The name of a table, which has one part.
fn single(name: &ObjectName) -> Result<&str, QueryError> {
    match name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.as_str()),
        _ => None,
    }
    .ok_or_else(|| {
        refused(format!("'{}' is no table", short(&name.to_string())), "SHOW TABLES lists them; their names have one part")
    })
}

/// The words of SQL that a statement begins with, at most two.
fn first_words(sql: &str) -> String {
    let tokens = Tokenizer::new(&GenericDialect, sql).tokenize().unwrap_or_default();
    let words = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).map_while(|token| match token {
        Token::Word(word) if word.keyword != Keyword::NoKeyword => Some(word.value.to_ascii_uppercase()),
        _ => None,
    });
    let words: Vec<String> = words.take(2).collect();
    if words.is_empty() { "this".to_owned() } else { words.join(" ") }
}
