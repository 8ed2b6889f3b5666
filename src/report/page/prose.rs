//! Sentences of findings as the page shows them: what stands between back-quotes is code, sizes have units, and moments stop at the minute.
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
        pieces.push(Piece { text: said(before), is_code: false });
        pieces.push(Piece { text: code.to_owned(), is_code: true });
        rest = after;
    }
    pieces.push(Piece { text: said(rest), is_code: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

fn said(sentence: &str) -> String {
    timed(&sized(sentence))
}

/// How long a moment is as RFC 3339 with milliseconds, as detectors write it. Unit: bytes.
const MOMENT_BYTES: usize = "2024-08-19T17:59:00.000Z".len();

/// `text` with `2024-08-19T17:59:00.000Z` as `2024-08-19 17:59 UTC`. Whatever else looks like a part of one stays.
fn timed(text: &str) -> String {
    let is_moment = |word: &str| {
        word.bytes().zip("dddd-dd-ddTdd:dd:dd.dddZ".bytes()).all(|(byte, asked)| match asked {
            b'd' => byte.is_ascii_digit(),
            _ => byte == asked,
        })
    };
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("T") {
        let moment = at.checked_sub("2024-08-19".len()).and_then(|from| Some((from, rest.get(from..from + MOMENT_BYTES)?)));
        match moment.filter(|(_, word)| is_moment(word)) {
            Some((from, word)) => {
                said.push_str(&rest[..from]);
                said.push_str(&words::minute_of_rfc3339(word));
                said.push_str(" UTC");
                rest = &rest[from + MOMENT_BYTES..];
            }
            None => {
                said.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    said + rest
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
    fn moments_stop_at_the_minute_outside_of_code() {
        let sentence = "From 2026-03-02T16:00:00.000Z on; `--from 2026-03-02T16:00:00.000Z`, TCP 2026-03-02T16:00Z é-2026-03-02T";
        let texts: Vec<String> = pieces(sentence).into_iter().map(|piece| piece.text).collect();
        let expected =
            ["From 2026-03-02 16:00 UTC on; ", "--from 2026-03-02T16:00:00.000Z", ", TCP 2026-03-02T16:00Z é-2026-03-02T"];
        assert_eq!(texts, expected);
    }

    #[test]
    fn many_bytes_have_a_unit_and_few_stay_exact() {
        assert_eq!(sized("it answered with 153720 bytes."), "it answered with 150 KiB.");
        assert_eq!(sized("153 bytes, 2048 bytes, no bytes"), "153 bytes, 2 KiB, no bytes");
        assert_eq!(sized("99999999999999999999999 bytes"), "99999999999999999999999 bytes");
        assert_eq!(sized("10.0.0.4"), "10.0.0.4");
    }
}
