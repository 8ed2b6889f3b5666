//! Tests of reading TOML: lines, encodings, bounds, and text that is no TOML.

#![allow(clippy::unwrap_used)]

use super::*;

fn refused(bytes: &[u8]) -> String {
    let read = TomlFile::parse("allow-list", "allow.toml", bytes);
    read.err().map_or_else(String::new, |error| error.to_string())
}

#[test]
fn lines_are_counted_from_one_and_a_line_end_belongs_to_its_line() {
    let toml = TomlFile::parse("allow-list", "x/y\\allow.toml", b"a = 1\nb = 2\r\n\nc = 3").unwrap();
    let lines: Vec<usize> = [0, 5, 6, 12, 13, 14, 19, 99].into_iter().map(|at| toml.line(at)).collect();
    assert_eq!(lines, [1, 1, 2, 2, 3, 4, 4, 4]);
    assert_eq!(toml.name(), "allow.toml");
}

#[test]
fn keys_come_as_they_stand_in_the_file() {
    let toml = TomlFile::parse("allow-list", "allow.toml", b"z = 1\na = 2\nm = 3\n").unwrap();
    let keys: Vec<&str> = in_order(&toml.table).iter().map(|(key, _)| key.get_ref().as_ref()).collect();
    assert_eq!(keys, ["z", "a", "m"]);
}

#[test]
fn bytes_that_are_no_utf_8_are_told_with_their_line() {
    let expected = "cannot read allow-list: the text is not UTF-8; hint: save the file as UTF-8";
    assert_eq!(refused(b"a = 1\nb = \"\xff\"\n"), format!("allow.toml:2: {expected}"));
    assert_eq!(refused(b"\xff\xfe[\0[\0"), format!("allow.toml:1: {expected}"), "UTF-16");
    assert_eq!(refused(b"\xef\xbb\xbfa = 1\n"), "", "a byte order mark");
}

#[test]
fn a_file_beyond_the_bound_is_told_with_the_line_that_crosses_it() {
    let line = format!("#{}\n", "x".repeat(1_022));
    let whole = line.repeat(FILE_BYTES_MAX / 1_024);
    assert_eq!((whole.len(), refused(whole.as_bytes())), (FILE_BYTES_MAX, String::new()));
    let more = whole + "\n";
    let expected =
        "allow.toml:4097: cannot read allow-list: the file goes on after 4 MiB; hint: check that it is the file that was meant";
    assert_eq!(refused(more.as_bytes()), expected);
}

#[test]
fn what_is_no_toml_is_told_with_its_line_and_an_example_to_read() {
    for text in
        ["[allow\n", "a\n", "a = \n", "a = web\n", "a = \"x\n", "a = 1 b = 2\n", "= 1\n", "a = 1\rb = 2", "\0", "[[a]]\n]"]
    {
        let message = refused(text.as_bytes());
        assert!(message.starts_with("allow.toml:") && message.contains(": cannot read allow-list: "), "{text:?}: {message}");
        assert!(message.contains("; hint: ") && !message.contains('\n'), "{text:?}: {message}");
    }
    assert!(refused(b"a = 1\n\na = 2\n").starts_with("allow.toml:3: cannot read allow-list: \"a\" is set twice"));
}

#[test]
fn a_key_of_too_many_parts_is_refused_and_not_nested() {
    let deep = "a.".repeat(500_000) + "a";
    let expected = "allow.toml:3: cannot read allow-list: a key has too many parts; hint: write each setting as key = value";
    for key in [format!("{deep} = 1"), format!("[{deep}]"), format!("[[{deep}]]"), format!("x = {{ {deep} = 1 }}")] {
        assert_eq!(refused(format!("# a.b.c\ny = 'a.b'\n{key}\nz = 1.5\n").as_bytes()), expected, "{}", &key[..8]);
    }
    let harmless = format!("x = \"{}\"\n", ".".repeat(1_000));
    assert_eq!(refused(harmless.as_bytes()), "");
}

#[test]
fn nested_values_end_in_an_error_and_not_in_the_stack() {
    for open in ["[", "{a=", "[{a.a.a.a="] {
        assert!(refused(format!("a = {}", open.repeat(100_000)).as_bytes()).starts_with("allow.toml:1: "), "{open}");
    }
}
