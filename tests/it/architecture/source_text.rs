//! Reads Rust source as plain text: blanks out comments and literals, finds functions and module paths.
//!
//! Goes in: the text of a file. Comes out: code of the same length and lines, and places in it. Knows no syntax beyond
//! comments, literals, braces and `fn`; macros are read as they are written.

/// A function: its name, the line of its `fn`, and how many lines it has up to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// The line of `offset` in `text`, from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count()
}

/// Blanks comments out; texts stay.
pub fn without_comments(text: &str) -> String {
    blank(text, false)
}

/// Blanks comments, texts and characters out, so that braces and words that remain are code.
pub fn without_texts(text: &str) -> String {
    blank(text, true)
}

/// Replaces comments, and literals if asked for, by spaces of the same length; line ends stay.
fn blank(text: &str, literals: bool) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let (length, blanked) = match token(&bytes[at..], at > 0 && is_word(bytes[at - 1])) {
            Token::Comment(length) => (length, true),
            Token::Literal(length) => (length, literals),
            Token::Other => (1, false),
        };
        if blanked {
            code[at..at + length].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        at += length;
    }
    String::from_utf8(code).expect("whole comments and literals were replaced")
}

enum Token {
    Comment(usize),
    Literal(usize),
    Other,
}

/// What begins at the start of `rest`; `in_word` says that it continues a word.
fn token(rest: &[u8], in_word: bool) -> Token {
    let to = |length: usize| length.min(rest.len());
    match rest {
        [b'/', b'/', ..] => Token::Comment(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => Token::Comment(block_comment(rest)),
        [b'"', ..] => Token::Literal(to(quoted(rest, b'"'))),
        [b'r', b'"' | b'#', ..] if !in_word => match raw_text(&rest[1..]) {
            Some(length) => Token::Literal(to(1 + length)),
            None => Token::Other,
        },
        [b'b', b'r', b'"' | b'#', ..] if !in_word => match raw_text(&rest[2..]) {
            Some(length) => Token::Literal(to(2 + length)),
            None => Token::Other,
        },
        [b'\'', b'\\', ..] => Token::Literal(to(quoted(rest, b'\''))),
        // A character, which may take several bytes; a lifetime has no closing quote after one character.
        [b'\'', first, ..] => {
            let width = match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            };
            if rest.get(1 + width) == Some(&b'\'') { Token::Literal(2 + width) } else { Token::Other }
        }
        _ => Token::Other,
    }
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal between two `quote`s with backslash escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of `#"…"#` with any number of `#`; `None` for a raw identifier.
fn raw_text(rest: &[u8]) -> Option<usize> {
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return None;
    }
    let end: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[hashes + 1..];
    let length = body.windows(end.len()).position(|window| window == end).unwrap_or(body.len());
    Some(hashes + 1 + length + end.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where `word` stands in `code` as a word of its own.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    let last_is_word = word.bytes().last().is_some_and(is_word);
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let begins = *at == 0 || !is_word(bytes[at - 1]);
        let ends = !last_is_word || !bytes.get(at + word.len()).is_some_and(|byte| is_word(*byte));
        begins && ends
    })
}

/// The first name behind every `root::`, and each first name of `root::{…}`, with its place.
pub fn crate_paths<'a>(code: &'a str, root: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    words(code, root).filter(move |at| code[at + root.len()..].starts_with("::")).flat_map(move |at| {
        let from = at + root.len() + 2;
        let starts = match code[from..].strip_prefix('{') {
            Some(list) => list_items(list).into_iter().map(|item| from + 1 + item).collect(),
            None => vec![from],
        };
        starts.into_iter().map(|start| (start, word_at(&code[start..]))).filter(|(_, name)| !name.is_empty())
    })
}

/// Where the items of a brace list begin that stand in it directly; `list` begins behind its opening brace.
fn list_items(list: &str) -> Vec<usize> {
    let (mut depth, mut items, mut expects) = (0usize, Vec::new(), true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expects = true,
            c if expects && !c.is_whitespace() => {
                items.push(at);
                expects = false;
            }
            _ => {}
        }
    }
    items
}

fn word_at(code: &str) -> &str {
    &code[..code.bytes().position(|byte| !is_word(byte)).unwrap_or(code.len())]
}

/// Every function with a body in `code`, nested ones too.
pub fn functions(code: &str) -> Vec<Function> {
    let found = words(code, "fn").filter_map(|at| {
        let name = word_at(code[at + 2..].trim_start());
        let open = body_start(&code[at..])?;
        let length = body_length(&code[at + open..]);
        let last = code[..at + open + length].bytes().filter(|byte| *byte == b'\n').count();
        let line = line_of(code, at);
        // A function type, as in `&dyn fn(u8)`, has no name.
        (!name.is_empty()).then(|| Function { name: name.to_owned(), line, lines: last + 2 - line })
    });
    found.collect()
}

/// Where the body of a function opens; `None` for a declaration without body.
fn body_start(signature: &str) -> Option<usize> {
    let mut depth = 0i32;
    for (at, byte) in signature.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// How long the block is that `body` opens with.
fn body_length(body: &str) -> usize {
    let mut depth = 0i32;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    body.len()
}

#[test]
fn comments_and_literals_are_blank_and_lines_stay() {
    let text = "let a = \"fn {\\\"\"; // }\n/* { /* } */ */ let b = '{'; let c = r#\"\"}\"#; fn f<'a>(x: &'a str) {}\n";
    let code = without_texts(text);
    assert_eq!((code.len(), code.matches('\n').count()), (text.len(), 2));
    assert_eq!(code.matches(['{', '}']).collect::<String>(), "{}");
    assert!(code.contains("fn f<'a>(x: &'a str) {}"));
    assert!(without_comments("use a; // b \"\nlet c = \"//\";").ends_with("let c = \"//\";"));
}

#[test]
fn functions_are_measured_from_fn_to_closing_brace() {
    let code =
        "trait T { fn a(&self); }\npub fn b(\n    x: [u8; 3],\n) -> u8 {\n    let f: fn(u8) = |_| {};\n    x[0]\n}\nfn c() {}\n";
    let b = Function { name: "b".into(), line: 2, lines: 6 };
    let c = Function { name: "c".into(), line: 8, lines: 1 };
    assert_eq!(functions(code), [b, c]);
}

#[test]
fn paths_are_found_in_lists_and_in_line() {
    let code =
        "use crate::schema::{A, B};\nuse crate::{decode::C, rollup::{D, E}, cli};\nlet x = crate::app::run(); my_crate::no();";
    let names: Vec<&str> = crate_paths(code, "crate").map(|(_, name)| name).collect();
    assert_eq!(names, ["schema", "decode", "rollup", "cli", "app"]);
}
