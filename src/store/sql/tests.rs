//! Queries over files as a workspace keeps them: what is refused, what is named, which files are opened, in which order rows come.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{
    BooleanChunked, Categories, Column, DataFrame, DataType, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, ParquetReader,
    ParquetWriter, SerReader, Series, TimeUnit, TimeZone,
};

use super::*;
use crate::schema::cell::Cell;
use crate::schema::kept::{self, Kept, KeptTable};
use crate::schema::queried::{self, tables};
use crate::schema::units::HOUR_MS;

/// 2026-03-02, ms since the epoch.
const DAY: i64 = 1_772_409_600_000;

/// A folder of kept tables.
struct Kit {
    folder: tempfile::TempDir,
}

/// A row of traffic: interval (10 minutes from the day's begin), source, destination port, bytes.
type Row = (i64, &'static str, u16, u64);

impl Kit {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, table: &str, hour: i64, name: &str) -> PathBuf {
        let folder = self.folder.path().join("env=prod").join(table).join("date=2026-03-02").join(format!("hour={hour:02}"));
        fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    fn traffic(&self, hour: i64, name: &str, rows: &[Row]) {
        let set = |column: &str| -> Option<Series> {
            Some(match column {
                "interval_start" => Series::new("".into(), rows.iter().map(|row| DAY + row.0 * 600_000).collect::<Vec<i64>>()),
                "src_ip" => Series::new("".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()),
                "dst_port" => Series::new("".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()),
                "bytes_src_to_dst" => Series::new("".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()),
                _ => return None,
            })
        };
        write(&self.path("traffic", hour, name), &kept::TRAFFIC, rows.len(), &set);
    }

    fn files(&self, table: &str) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = walkdir::WalkDir::new(self.folder.path())
            .into_iter()
            .map(|entry| entry.unwrap().into_path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"))
            .filter(|path| path.components().any(|part| part.as_os_str() == table))
            .collect();
        files.sort();
        files
    }

    fn ask(&self, sql: &str) -> Result<Vec<Vec<Cell<'static>>>, QueryError> {
        let tables = tables();
        let Statement::Select(select) = Statement::read(sql, &tables)? else { panic!("no rows") };
        let source = |name: &&'static str| {
            let table = kept::TABLES.iter().find(|table| table.name == *name);
            let source = match table {
                Some(table) => scan(table, &self.files(name)),
                None => computed(if *name == "findings" { queried::FINDINGS } else { queried::ENDPOINTS }, &[]),
            };
            (*name, source.unwrap())
        };
        let sources = select.tables.iter().map(source).collect();
        let answer = select.plan(sources, &tables)?;
        let mut rows = Vec::new();
        answer.for_each_row(|cells| {
            rows.push(cells.iter().map(|cell| format!("{cell:?}")).collect::<Vec<_>>());
            Ok::<_, QueryError>(())
        })?;
        Ok(rows.into_iter().map(|row| row.into_iter().map(Cell::text).collect()).collect())
    }

    /// The rows as texts.
    fn rows(&self, sql: &str) -> Vec<String> {
        let rows = self.ask(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let text = |cell: &Cell<'_>| if let Cell::Text(text) = cell { text.to_string() } else { String::new() };
        rows.iter().map(|row| row.iter().map(text).collect::<Vec<_>>().join(" ")).collect()
    }
}

/// Writes rows of `table` as the workspace keeps them; columns that `set` does not know hold nothing.
fn write(path: &Path, table: &KeptTable, rows: usize, set: &dyn Fn(&str) -> Option<Series>) {
    let columns: Vec<Column> =
        table.columns.iter().map(|column| stored(column.kind, column.name, set(column.name), rows)).collect();
    let mut frame = DataFrame::new(rows, columns).unwrap();
    ParquetWriter::new(fs::File::create(path).unwrap()).finish(&mut frame).unwrap();
}

fn stored(kind: Kept, name: &'static str, values: Option<Series>, rows: usize) -> Column {
    let numbers = |values: Option<Series>| values.unwrap_or_else(|| Series::new("".into(), vec![0u64; rows]));
    let texts = |values: Option<Series>| values.unwrap_or_else(|| Series::new("".into(), vec![""; rows]));
    let series = match kind {
        Kept::Name => {
            // Each file and column has categories of its own.
            let categories = Categories::random("kept".into(), polars::prelude::CategoricalPhysical::U32);
            texts(values).cast(&DataType::from_categories(categories)).unwrap()
        }
        Kept::Text => texts(values),
        Kept::U8 => numbers(values).cast(&DataType::UInt8).unwrap(),
        Kept::U16 => numbers(values).cast(&DataType::UInt16).unwrap(),
        Kept::U32 => numbers(values).cast(&DataType::UInt32).unwrap(),
        Kept::U64 => numbers(values),
        Kept::I64 => numbers(values).cast(&DataType::Int64).unwrap(),
        Kept::Time => numbers(values).cast(&DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))).unwrap(),
        Kept::Flag => BooleanChunked::from_slice("".into(), &vec![false; rows]).into_series(),
        Kept::U32List => Series::new("".into(), vec![Series::new("".into(), &[1u32, 2]); rows]),
        Kept::U64List => Series::new("".into(), vec![Series::new("".into(), &[1u64, 2]); rows]),
    };
    series.with_name(name.into()).into_column()
}

fn kit() -> Kit {
    let kit = Kit::new();
    kit.traffic(7, "a.parquet", &[(42, "10.0.0.4", 443, 10), (43, "10.0.0.5", 22, 20)]);
    kit.traffic(7, "b.parquet", &[(42, "10.0.0.4", 443, 1)]);
    kit.traffic(8, "a.parquet", &[(48, "10.0.0.6", 80, 5), (53, "10.0.0.4", 80, 7)]);
    kit
}

/// What is said of a wrong query.
fn said(sql: &str) -> String {
    if let Err(error) = Statement::read(sql, &tables()) {
        return error.to_string();
    }
    kit().ask(sql).map(|rows| panic!("{sql}: {rows:?}")).map_err(|error| error.to_string()).unwrap_err()
}

#[test]
fn texts_numbers_and_folders_of_several_files_are_one_table() {
    let kit = kit();
    assert_eq!(
        kit.rows("SELECT src_ip, SUM(bytes_src_to_dst) AS bytes FROM traffic GROUP BY src_ip ORDER BY bytes DESC, src_ip"),
        ["Text(\"10.0.0.5\") Integer(20)", "Text(\"10.0.0.4\") Integer(18)", "Text(\"10.0.0.6\") Integer(5)"]
    );
    assert_eq!(
        kit.rows("SELECT date, hour, SUM(bytes_src_to_dst) FROM traffic GROUP BY date, hour"),
        ["Text(\"2026-03-02\") Integer(7) Integer(31)", "Text(\"2026-03-02\") Integer(8) Integer(12)"]
    );
    assert_eq!(
        kit.rows("SELECT interval_start, dst_port FROM traffic WHERE src_ip = '10.0.0.6'"),
        ["Time(1772438400000) Integer(80)"]
    );
    assert_eq!(
        kit.rows("SELECT SUM(bytes_src_to_dst) - 100 AS less, MIN(dst_port) - 1024 FROM traffic"),
        ["Integer(-57) Integer(-1002)"]
    );
    assert_eq!(kit.rows("SELECT COUNT(*) FROM traffic WHERE direction = ''"), ["Integer(5)"]);
    assert_eq!(kit.rows("SELECT MAX(bytes_src_to_dst) / 8 FROM traffic"), ["Real(2.5)"]);
}

#[test]
fn every_table_is_read_with_every_column() {
    let kit = Kit::new();
    for table in kept::TABLES {
        write(&kit.path(table.name, 3, "a.parquet"), table, 2, &|_| None);
    }
    for table in tables() {
        let rows = kit.rows(&format!("SELECT * FROM {}", table.name));
        assert_eq!(rows.len(), if table.is_computed { 0 } else { 2 }, "{}", table.name);
        for column in &table.columns {
            kit.rows(&format!("SELECT \"{}\" FROM {} LIMIT 1", column.name, table.name));
        }
    }
    assert_eq!(
        kit.rows("SELECT starts, sizes FROM contacts LIMIT 1"),
        ["List([Integer(1), Integer(2)]) List([Integer(1), Integer(2)])"]
    );
}

#[test]
fn a_table_without_files_is_empty() {
    let kit = Kit::new();
    assert_eq!(kit.rows("SELECT rejects.date, contacts.hour, blob, starts FROM rejects, contacts"), [""; 0]);
    assert_eq!(kit.rows("SELECT COUNT(*), SUM(tuples) FROM traffic"), ["Integer(0) Unknown"]);
}

#[test]
fn files_outside_the_hours_asked_for_are_not_opened() {
    let kit = kit();
    fs::write(kit.path("traffic", 6, "a.parquet"), "no Parquet").unwrap();
    fs::write(kit.path("traffic", 9, "a.parquet"), "no Parquet").unwrap();
    for condition in [
        "hour = 7",
        "hour IN (7) AND date = '2026-03-02'",
        "hour BETWEEN 7 AND 7",
        "date || ' ' || hour = '2026-03-02 7'",
        "interval_start >= '2026-03-02T07:00:00' AND interval_start < '2026-03-02T08:00:00'",
        "interval_start >= '2026-03-02T07:00:00.000Z' AND '2026-03-02T08:00:00Z' > interval_start",
        "interval_start BETWEEN '2026-03-02 07:00:00' AND '2026-03-02 07:50:00'",
        "interval_start >= '2026-03-02T07:00:00Z' AND hour < 8 AND dst_port > 0",
        "(hour = 7 AND src_ip <> '') OR interval_start = '2026-03-02T07:10:00Z'",
    ] {
        let rows = kit.rows(&format!("SELECT SUM(bytes_src_to_dst) FROM traffic AS t WHERE {condition}"));
        assert_eq!(rows, ["Integer(31)"], "{condition}");
    }
    let nested =
        "WITH hours AS (SELECT hour, bytes_src_to_dst AS bytes FROM traffic) SELECT SUM(bytes) FROM hours WHERE hour = 8";
    assert_eq!(kit.rows(nested), ["Integer(12)"]);
    let error = kit.ask("SELECT SUM(bytes_src_to_dst) FROM traffic").unwrap_err();
    assert!(!error.is_usage() && error.to_string().starts_with("cannot finish query: "), "{error}");
}

#[test]
fn pruning_by_hour_loses_no_row() {
    let kit = kit();
    for minute in (30..150).step_by(30) {
        let time = crate::schema::units::rfc3339(DAY + 6 * HOUR_MS + minute * 60_000);
        for op in ["<", "<=", "=", ">=", ">", "<>"] {
            let pruned = kit.rows(&format!("SELECT COUNT(*) FROM traffic WHERE interval_start {op} '{time}'"));
            let whole = kit.rows(&format!("SELECT SUM(CASE WHEN interval_start {op} '{time}' THEN 1 ELSE 0 END) FROM traffic"));
            assert_eq!(pruned, whole, "{op} {time}");
        }
    }
}

#[test]
fn rows_that_are_left_open_come_in_the_same_order_each_time() {
    let kit = kit();
    let ports = "SELECT dst_port, SUM(bytes_src_to_dst) AS bytes FROM traffic GROUP BY dst_port";
    let sorted = ["Integer(22) Integer(20)", "Integer(80) Integer(12)", "Integer(443) Integer(11)"];
    assert_eq!(kit.rows(ports), sorted);
    assert_eq!(kit.rows(&format!("{ports} LIMIT 2")), sorted[..2]);
    assert_eq!(
        kit.rows("SELECT DISTINCT dst_port % 2 AS odd, src_ip FROM traffic ORDER BY odd DESC"),
        [
            "Integer(1) Text(\"10.0.0.4\")",
            "Integer(0) Text(\"10.0.0.4\")",
            "Integer(0) Text(\"10.0.0.5\")",
            "Integer(0) Text(\"10.0.0.6\")"
        ]
    );
    assert_eq!(
        kit.rows("SELECT dst_port AS p, src_ip FROM traffic ORDER BY 1, p, src_ip, 2 LIMIT 2"),
        ["Integer(22) Text(\"10.0.0.5\")", "Integer(80) Text(\"10.0.0.4\")"]
    );
    assert_eq!(
        kit.rows("SELECT t.dst_port, src_ip FROM traffic AS t ORDER BY -t.dst_port, t.dst_port LIMIT 1"),
        ["Integer(443) Text(\"10.0.0.4\")"]
    );
    let union = "SELECT src_ip FROM traffic WHERE hour = 8 UNION SELECT src_ip FROM traffic WHERE dst_port = 22";
    assert_eq!(kit.rows(union), ["Text(\"10.0.0.4\")", "Text(\"10.0.0.5\")", "Text(\"10.0.0.6\")"]);
    let all = kit.rows("SELECT * FROM traffic ORDER BY hour DESC");
    assert!(all[0].contains("10.0.0.6") && all[4].contains("10.0.0.5"), "{all:#?}");
    let kept: Vec<String> = kit.rows("SELECT src_ip, bytes_src_to_dst FROM traffic");
    assert_eq!(kept[..3], ["Text(\"10.0.0.4\") Integer(10)", "Text(\"10.0.0.5\") Integer(20)", "Text(\"10.0.0.4\") Integer(1)"]);
}

#[test]
fn tables_are_joined_by_any_comparison() {
    let kit = kit();
    for (join, pairs) in [
        ("JOIN traffic AS b ON a.bytes_src_to_dst = b.bytes_src_to_dst", 5),
        ("JOIN traffic AS b ON a.bytes_src_to_dst < b.bytes_src_to_dst", 10),
        ("CROSS JOIN traffic AS b WHERE a.bytes_src_to_dst < b.bytes_src_to_dst AND a.dst_port <= b.dst_port", 4),
        ("CROSS JOIN traffic AS b WHERE a.bytes_src_to_dst < b.bytes_src_to_dst AND a.bytes_src_to_dst > b.hour - 3", 5),
        ("LEFT JOIN (SELECT src_ip FROM traffic WHERE hour = 9) AS b ON a.src_ip = b.src_ip", 5),
        ("SEMI JOIN (SELECT src_ip FROM traffic WHERE hour = 8) AS b ON a.src_ip = b.src_ip", 4),
    ] {
        let rows = kit.rows(&format!("SELECT COUNT(*) FROM traffic AS a {join}"));
        assert_eq!(rows, [format!("Integer({pairs})")], "{join}");
    }
}

#[test]
fn nothing_but_questions_over_the_tables_is_let_through() {
    let mut wrong = Vec::new();
    for (sql, what) in [
        ("SELECT * FROM read_csv('/etc/passwd')", "read_csv() is not allowed: a query reads no files"),
        ("SELECT * FROM READ_PARQUET('/etc/passwd') AS t", "READ_PARQUET() is not allowed"),
        ("SELECT * FROM traffic, read_parquet('x')", "read_parquet() is not allowed"),
        ("SELECT * FROM traffic JOIN scan_csv('x') s ON s.a = traffic.src_ip", "scan_csv() is not allowed"),
        ("SELECT * FROM (SELECT * FROM read_json('x')) AS t", "read_json() is not allowed"),
        ("WITH t AS (SELECT * FROM read_ipc('x')) SELECT * FROM t", "read_ipc() is not allowed"),
        ("SELECT src_ip FROM traffic WHERE src_ip IN (SELECT a FROM read_parquet('x'))", "read_parquet() is not allowed"),
        ("SELECT src_ip FROM traffic UNION ALL SELECT a FROM read_parquet('x')", "read_parquet() is not allowed"),
        ("SELECT src_ip FROM traffic EXCEPT (SELECT a FROM read_parquet('x'))", "read_parquet() is not allowed"),
        ("SELECT CASE WHEN EXISTS (SELECT 1 FROM read_parquet('x')) THEN 1 END FROM traffic", "read_parquet() is not allowed"),
        ("SELECT * FROM traffic()", "traffic() is not allowed"),
        ("SELECT * FROM TABLE(read_parquet('x'))", "FROM holds what is no table"),
        ("SELECT * FROM LATERAL read_parquet('x')", "FROM holds what is no table"),
        ("SELECT * FROM 'traffic/date=2026-03-02/hour=07/a.parquet'", "no table 'traffic/date=2026-03-02/hour=07/a.parquet'"),
        ("SELECT * FROM \"/etc/passwd\"", "no table '/etc/passwd'"),
        ("SELECT * FROM main.traffic", "'main.traffic' is no table"),
        ("TABLE traffic", "cannot read query: "),
        ("SELECT * FROM (TABLE traffic) AS t", "cannot "),
        ("SELECT * INTO copy FROM traffic", "SELECT INTO is not allowed"),
        ("COPY traffic TO '/tmp/x'", "COPY is not allowed"),
        ("COPY (SELECT 1) TO '/tmp/x'", "is not allowed"),
        ("CREATE TABLE t AS SELECT * FROM traffic", "CREATE TABLE is not allowed"),
        ("CREATE TABLE t AS SELECT * FROM read_parquet('x')", "CREATE TABLE is not allowed"),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW is not allowed"),
        ("DROP TABLE traffic", "DROP TABLE is not allowed"),
        ("DELETE FROM traffic", "DELETE FROM is not allowed"),
        ("TRUNCATE TABLE traffic", "TRUNCATE TABLE is not allowed"),
        ("INSERT INTO traffic VALUES (1)", "INSERT INTO is not allowed"),
        ("UPDATE traffic SET tuples = 0", "UPDATE is not allowed"),
        ("WITH t AS (DELETE FROM traffic RETURNING *) SELECT * FROM t", "a statement inside a query is not allowed"),
        ("EXPLAIN SELECT * FROM traffic", "EXPLAIN SELECT is not allowed"),
        ("EXPLAIN ANALYZE SELECT * FROM traffic", "EXPLAIN ANALYZE is not allowed"),
        ("SET a = 1", "SET is not allowed"),
        ("PRAGMA table_info('traffic')", "PRAGMA is not allowed"),
        ("ATTACH DATABASE 'x' AS y", "ATTACH DATABASE is not allowed"),
        ("LOAD DATA INPATH 'x' INTO TABLE traffic", "cannot "),
        ("SELECT 1; SELECT 2", "more than one statement is not allowed"),
        ("SELECT 1; DROP TABLE traffic", "more than one statement is not allowed"),
        ("SELECT * FROM traffic WHERE src_ip = ?", "'?' stands for a value that is not given"),
        ("WITH traffic AS (SELECT 1 AS a) SELECT * FROM traffic", "'traffic' is a table"),
        ("SELECT * FROM (SELECT 1 AS a) AS contacts", "'contacts' is a table"),
        ("SELECT * FROM contacts AS traffic", "'traffic' is a table"),
        ("WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a", "two queries of WITH have the name 'a'"),
        ("WITH a AS (SELECT 1) SELECT * FROM (SELECT 2) AS a", "'a' is a query of WITH already"),
        ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) AS b", "WITH inside a query is not allowed"),
        ("SELECT src_ip FROM traffic ORDER BY 0", "counted from 1"),
        ("SELECT src_ip FROM traffic GROUP BY 0", "counted from 1"),
        ("", "cannot read query: it is empty"),
        (";", "cannot read query: it is empty"),
        ("SELEC 1", "cannot read query: "),
        ("SELECT FROM WHERE", "cannot "),
    ] {
        let error = said(sql);
        if !error.contains(what) {
            wrong.push(format!("{sql}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_deep_or_long_query_is_refused_and_overflows_no_stack() {
    let deep = format!("SELECT {}1 FROM traffic", "1+".repeat(100_000));
    assert!(said(&deep).contains("nested more than 500 levels"), "{}", said(&deep));
    let deleted = format!("DELETE FROM traffic WHERE tuples = {}1", "1+".repeat(100_000));
    assert!(said(&deleted).contains("DELETE FROM is not allowed"));
    let brackets = format!("SELECT {}1{}", "(".repeat(50_000), ")".repeat(50_000));
    assert!(said(&brackets).starts_with("cannot "), "{}", said(&brackets));
    let nested = format!("SELECT * FROM {}traffic{}", "(SELECT * FROM ".repeat(2_000), ")".repeat(2_000));
    assert!(said(&nested).starts_with("cannot "));
    assert!(said(&format!("SELECT '{}'", "x".repeat(1 << 20))).contains("longer than 262144 bytes"));
    let wide = format!("SELECT COUNT(*) FROM traffic WHERE dst_port IN (80{})", ",81".repeat(20_000));
    assert_eq!(kit().rows(&wide), ["Integer(2)"]);
    let chain = format!("SELECT COUNT(*) FROM traffic WHERE dst_port = 80{}", " OR dst_port = 81".repeat(400));
    assert_eq!(kit().rows(&chain), ["Integer(2)"]);
}

#[test]
fn a_wrong_name_is_told_with_the_right_one() {
    for (sql, expected) in [
        ("SELECT src_adr FROM traffic", "cannot run query: no column 'src_adr' in traffic; hint: did you mean src_ip?"),
        ("SELECT SRC_IP FROM traffic", "cannot run query: no column 'SRC_IP' in traffic; hint: did you mean src_ip?"),
        ("SELECT t.dst_prt FROM traffic AS t", "cannot run query: no column 'dst_prt' in traffic; hint: did you mean dst_port?"),
        (
            "SELECT COUNT(*) FROM traffic WHERE dstport = 1",
            "cannot run query: no column 'dstport' in traffic; hint: did you mean dst_port?",
        ),
        (
            "SELECT src_ip FROM traffic GROUP BY srcip",
            "cannot run query: no column 'srcip' in traffic; hint: did you mean src_ip?",
        ),
        (
            "SELECT src_ip, SUM(tuples) AS total FROM traffic GROUP BY src_ip ORDER BY totl",
            "cannot run query: no column 'totl' in traffic; hint: did you mean total?",
        ),
        ("SELECT * FROM trafic", "cannot run query: no table 'trafic'; hint: did you mean traffic?"),
        ("SELECT * FROM Traffic", "cannot run query: no table 'Traffic'; hint: did you mean traffic?"),
        ("WITH mine AS (SELECT 1) SELECT * FROM mein", "cannot run query: no table 'mein'; hint: did you mean mine?"),
        ("SELECT lenght(src_ip) FROM traffic", "cannot run query: no function 'lenght'; hint: did you mean length?"),
    ] {
        assert_eq!(said(sql), expected, "{sql}");
    }
    let statement = |sql| Statement::read(sql, &tables()).map(|_| ()).map_err(|error| error.to_string());
    assert_eq!(statement("DESCRIBE trafic").unwrap_err(), "cannot run query: no table 'trafic'; hint: did you mean traffic?");
    assert!(statement("DESCRIBE traffic").is_ok() && statement("SHOW TABLES").is_ok() && statement("DESC contacts;").is_ok());
}

#[test]
fn what_the_engine_does_not_know_is_one_line_without_plans_or_paths() {
    for sql in [
        "SELECT src_ip FROM traffic WHERE src_ip = (SELECT MAX(src_ip) FROM traffic)",
        "SELECT interval_start + 'x' FROM traffic",
        "SELECT SUM(src_ip) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM traffic",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
        "SELECT CAST(src_ip AS INTEGER) FROM traffic",
        "SELECT src_ip FROM traffic TABLESAMPLE (10 PERCENT)",
        "SELECT * FROM traffic NATURAL JOIN contacts FOR UPDATE",
    ] {
        let error = said(sql);
        assert!(error.starts_with("cannot ") && error.lines().count() == 1, "{sql}: {error}");
        assert!(!error.contains(".parquet") && error.len() < 400, "{sql}: {error}");
    }
}

#[test]
fn an_answer_is_a_parquet_file_too() {
    let kit = kit();
    let tables = tables();
    let Ok(Statement::Select(select)) = Statement::read("SELECT src_ip, dst_port FROM traffic ORDER BY 2", &tables) else {
        panic!()
    };
    let answer = select.plan(vec![("traffic", scan(&kept::TRAFFIC, &kit.files("traffic")).unwrap())], &tables).unwrap();
    let mut bytes = Vec::new();
    answer.first(2).write_parquet::<Failure>(&mut bytes).unwrap();
    let frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish().unwrap();
    assert_eq!((frame.height(), frame.width()), (2, 2));
}

#[derive(Debug)]
struct Failure(#[allow(dead_code, reason = "told when a test fails")] String);

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

#[test]
fn a_row_that_is_refused_ends_the_answer() {
    let kit = kit();
    let tables = tables();
    let Ok(Statement::Select(select)) = Statement::read("SELECT src_ip FROM traffic", &tables) else { panic!() };
    let answer = select.plan(vec![("traffic", scan(&kept::TRAFFIC, &kit.files("traffic")).unwrap())], &tables).unwrap();
    let mut rows = 0;
    let ended = answer.for_each_row(|_| {
        rows += 1;
        if rows == 2 { Err(Failure(String::new())) } else { Ok(()) }
    });
    assert!(ended.is_err() && rows == 2);
}
