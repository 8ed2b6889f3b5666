//! Every kind of cell in every format, and texts that are hostile to one of them.

use super::*;

fn written(format: ListingFormat, columns: &[&str], rows: &[Vec<Cell<'_>>]) -> String {
    let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
    let mut out = Vec::new();
    let mut listing = Listing::new(format, &columns, &mut out).expect("begins");
    rows.iter().for_each(|row| listing.row(row).expect("writes"));
    listing.finish().expect("ends");
    String::from_utf8(out).expect("UTF-8")
}

const COLUMNS: [&str; 6] = ["text", "number", "real", "time", "flag", "list"];

fn rows() -> Vec<Vec<Cell<'static>>> {
    let list = Cell::List(vec![Cell::Integer(1), Cell::Unknown, Cell::text("a\"b")]);
    vec![
        vec![
            Cell::text("web"),
            Cell::Integer(i128::from(u64::MAX)),
            Cell::Real(0.5),
            Cell::Time(1_724_090_346_000),
            Cell::Flag(true),
            list,
        ],
        vec![Cell::Unknown; 6],
        vec![Cell::text("=1+1"), Cell::Integer(-1), Cell::Real(f64::NAN), Cell::Time(0), Cell::Flag(false), Cell::List(vec![])],
    ]
}

#[test]
fn csv_is_guarded_and_unknown_is_empty() {
    assert_eq!(
        written(ListingFormat::Csv, &COLUMNS, &rows()),
        "text,number,real,time,flag,list\n\
         web,18446744073709551615,0.5,2024-08-19T17:59:06.000Z,true,\"[1,null,\"\"a\\\"\"b\"\"]\"\n\
         ,,,,,\n\
         '=1+1,-1,NaN,1970-01-01T00:00:00.000Z,false,[]\n"
    );
    assert_eq!(written(ListingFormat::Csv, &["=x"], &[]), "'=x\n");
}

#[test]
fn json_is_an_array_of_objects_and_unknown_is_null() {
    let text = written(ListingFormat::Json, &COLUMNS, &rows());
    assert_eq!(
        text,
        "[\n{\"text\":\"web\",\"number\":18446744073709551615,\"real\":0.5,\"time\":\"2024-08-19T17:59:06.000Z\",\"flag\":true,\"list\":[1,null,\"a\\\"b\"]},\n\
         {\"text\":null,\"number\":null,\"real\":null,\"time\":null,\"flag\":null,\"list\":null},\n\
         {\"text\":\"=1+1\",\"number\":-1,\"real\":null,\"time\":\"1970-01-01T00:00:00.000Z\",\"flag\":false,\"list\":[]}\n]\n"
    );
    let parsed: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let lines: Vec<serde_json::Value> =
        written(ListingFormat::Ndjson, &COLUMNS, &rows()).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(parsed, lines);
    assert_eq!(written(ListingFormat::Json, &COLUMNS, &[]), "[]\n");
    assert_eq!(written(ListingFormat::Ndjson, &COLUMNS, &[]), "");
}

#[test]
fn a_table_is_aligned_with_numbers_to_the_right() {
    let rows = [
        vec![Cell::text("10.0.0.4"), Cell::Integer(7)],
        vec![Cell::text("a\nb\u{1b}"), Cell::Integer(1_000)],
        vec![Cell::Unknown, Cell::Unknown],
    ];
    assert_eq!(
        written(ListingFormat::Aligned, &["ip", "bytes"], &rows),
        "ip        bytes\n--------  -----\n10.0.0.4      7\na\u{fffd}b\u{fffd}       1000\n\n"
    );
    assert_eq!(written(ListingFormat::Aligned, &["ip"], &[]), "ip\n--\n");
}

#[test]
fn a_table_goes_on_after_the_rows_that_tell_its_widths() {
    let rows: Vec<Vec<Cell<'_>>> =
        (0..2_500).map(|row| vec![Cell::Integer(row), Cell::text("x".repeat(row as usize / 100))]).collect();
    let text = written(ListingFormat::Aligned, &["n", "x"], &rows);
    assert_eq!(text.lines().count(), 2_502);
    assert!(text.lines().last().is_some_and(|line| line.ends_with(&"x".repeat(24))));
}
