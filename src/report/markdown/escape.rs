//! Texts of logs inside Markdown: as code where they are names, as plain prose where they stand in a sentence.
//!
//! Goes in: any text. Comes out: text that no reader of Markdown, HTML or a chat takes for markup, a mention, a reference or a link.
//! Characters that could mean something are written as an entity or replaced by a look-alike; findings.json has the exact text.

use crate::report::words;

/// A name as code, at most `chars` characters of it; nothing for an empty one.
///
/// Code knows no escapes, so what could end it, split the table or be markup for a lesser reader is replaced.
pub fn code(text: &str, chars: usize) -> String {
    let text: String = defanged(&words::shorten(text, chars))
        .chars()
        .map(|c| match c {
            '`' => '\'',
            '|' => '¦',
            '<' => '‹',
            '>' => '›',
            '&' => '＆',
            '@' => '＠',
            '\\' => '⧵',
            c => c,
        })
        .collect();
    let text = text.trim();
    if text.is_empty() { String::new() } else { format!("`{text}`") }
}

/// A sentence that may hold names, at most `chars` characters of it.
pub fn prose(text: &str, chars: usize) -> String {
    let text: Vec<char> = defanged(&words::shorten(text, chars)).chars().collect();
    let mut escaped = String::with_capacity(text.len());
    let is_word = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
    for (i, c) in text.iter().enumerate() {
        match c {
            // Mentions and references are read after entities are: only another character helps.
            '@' => escaped.push('＠'),
            '#' => escaped.push('＃'),
            // Inside a word it is no emphasis: `DefaultRule_DenyAllInBound`.
            '_' if is_word(i.checked_sub(1)) && is_word(Some(i + 1)) => escaped.push('_'),
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '\\' | '!' | '$' => {
                escaped.push_str(&format!("&#{};", *c as u32));
            }
            c => escaped.push(*c),
        }
    }
    escaped.trim().to_owned()
}

/// `text` with what readers turn into links by themselves taken apart, as reports on threats write it: `http[:]//`, `www[.]`.
fn defanged(text: &str) -> String {
    let text = text.replace("://", "[:]//");
    let mut said = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.to_ascii_lowercase().find("www.") {
        said.push_str(&rest[..at + 3]);
        said.push_str("[.]");
        rest = &rest[at + 4..];
    }
    for scheme in ["mailto:", "xmpp:", "javascript:"] {
        if let Some(at) = rest.to_ascii_lowercase().find(scheme) {
            let colon = at + scheme.len() - 1;
            return said + &rest[..colon] + "[:]" + &rest[colon + 1..].replace(':', "[:]");
        }
    }
    said + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_code_that_nothing_ends() {
        assert_eq!(code("web-nsg", 60), "`web-nsg`");
        assert_eq!(code("a`b|c<d>@e\\f&g", 60), "`a'b¦c‹d›＠e⧵f＆g`");
        assert_eq!(code("x\n## y", 60), "`x ## y`");
        assert_eq!([code("", 60), code(" ", 60)], ["", ""]);
        assert_eq!(code("AllowHttpsFromInternet", 9), "`Allo…rnet`");
    }

    #[test]
    fn a_sentence_keeps_its_words_and_loses_its_markup() {
        assert_eq!(prose("DefaultRule_DenyAllInBound met 5 flows", 90), "DefaultRule_DenyAllInBound met 5 flows");
        assert_eq!(
            prose("_a_ **b** [c](d) `e` ~f~", 90),
            "&#95;a&#95; &#42;&#42;b&#42;&#42; &#91;c&#93;(d) &#96;e&#96; &#126;f&#126;"
        );
        assert_eq!(prose("<img src=x> & @team #12 a|b", 90), "&#60;img src=x&#62; &#38; ＠team ＃12 a&#124;b");
    }

    #[test]
    fn no_reader_makes_a_link_of_a_log() {
        for (text, expected) in [
            ("http://evil.example/x", "http&#91;:&#93;//evil.example/x"),
            ("WwW.evil.example www.b", "WwW&#91;.&#93;evil.example www&#91;.&#93;b"),
            ("mailto:a@b.example", "mailto&#91;:&#93;a＠b.example"),
        ] {
            assert_eq!(prose(text, 90), expected);
        }
        assert_eq!(code("https://evil.example", 60), "`https[:]//evil.example`");
    }
}
