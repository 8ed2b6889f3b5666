//! docs/query.md holds every table, column and saved query, as the code has them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use azflow::app::saved;
use azflow::schema::queried::tables;

/// What stands between the marks of `part`, made anew.
fn with_part(text: &str, part: &str, content: &str) -> String {
    let (before, rest) = text.split_once(&format!("<!-- {part}:")).expect("the part begins");
    let (mark, rest) = rest.split_once("-->\n").expect("its mark ends");
    let (_, after) = rest.split_once(&format!("<!-- /{part} -->")).expect("the part ends");
    format!("{before}<!-- {part}:{mark}-->\n{content}<!-- /{part} -->{after}")
}

fn saved_queries() -> String {
    let mut text = String::from("\n| name | title | question |\n|---|---|---|\n");
    for saved in saved::all(None).expect("shipped") {
        let name = &saved.name;
        let _ = writeln!(text, "| [`{name}`](../queries/{name}.sql) | {} | {} |", saved.title, saved.question);
    }
    text + "\n"
}

fn tables_and_columns() -> String {
    let mut text = String::new();
    for table in tables() {
        let _ = write!(text, "\n### {}\n\n{}{}.\n\n", table.name, table.doc[..1].to_uppercase(), &table.doc[1..]);
        text += "| column | type | meaning |\n|---|---|---|\n";
        for column in &table.columns {
            let _ = writeln!(text, "| `{}` | {} | {} |", column.name, column.kind.sql(), column.doc);
        }
    }
    text + "\n"
}

#[test]
fn the_committed_page_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/query.md");
    let committed = fs::read_to_string(&path).expect("the page is there");
    let made = with_part(&with_part(&committed, "saved", &saved_queries()), "tables", &tables_and_columns());
    if std::env::var_os("AZFLOW_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &made).expect("writes");
        return;
    }
    assert!(committed == made, "docs/query.md is stale: AZFLOW_BLESS=1 cargo test --test it query::");
}
