//! Sentences of findings as the page shows them: what stands between back-quotes is code, and sizes have units.
//!
//! Goes in: a sentence of a detector, which may hold names of a log. Comes out: pieces that the template escapes.

use crate::report::words;

/// Least digits of a count of bytes that is rewritten; `153 bytes` reads well as it is.
const DIGITS_MIN: usize = 4;

/// A piece of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub is_code: bool,
}

/// The pieces of `sentence`. A back-quote without its partner stays as it is.
pub fn pieces(sentence: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = sentence;
    while let Some((before, quoted)) = rest.split_once('`') {
        let Some((code, after)) = quoted.split_once('`') else { break };
        pieces.push(Piece { text: sized(before), is_code: false });
        pieces.push(Piece { text: code.to_owned(), is_code: true });
        rest = after;
    }
    pieces.push(Piece { text: sized(rest), is_code: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// `text` with `153720 bytes` as `150 KiB`.
pub fn sized(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(" bytes") {
        let (before, after) = rest.split_at(at);
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (head, number) = before.split_at(before.len() - digits);
        match number.parse::<u64>() {
            Ok(number) if digits >= DIGITS_MIN => {
                said.push_str(head);
                said.push_str(&words::bytes(number));
            }
            _ => {
                said.push_str(before);
                said.push_str(" bytes");
            }
        }
        rest = &after[" bytes".len()..];
    }
    said + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, is_code: bool) -> Piece {
        Piece { text: text.into(), is_code }
    }

    #[test]
    fn commands_between_back_quotes_are_code() {
        let sentence = "List it with `azflow flows --ip 10.0.0.4 INPUT`, then look.";
        let expected =
            [piece("List it with ", false), piece("azflow flows --ip 10.0.0.4 INPUT", true), piece(", then look.", false)];
        assert_eq!(pieces(sentence), expected);
        assert_eq!(pieces("rule a`b"), [piece("rule a`b", false)]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn many_bytes_have_a_unit_and_few_stay_exact() {
        assert_eq!(sized("it answered with 153720 bytes."), "it answered with 150 KiB.");
        assert_eq!(sized("153 bytes, 2048 bytes, no bytes"), "153 bytes, 2 KiB, no bytes");
        assert_eq!(sized("99999999999999999999999 bytes"), "99999999999999999999999 bytes");
        assert_eq!(sized("10.0.0.4"), "10.0.0.4");
    }
}
