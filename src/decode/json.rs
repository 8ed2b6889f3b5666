//! The little JSON that walking a record needs: white space, strings, and skipping whole values.
//!
//! Every function takes the bytes at hand and a position, and stops with [`Stop::More`] where they end too early.
//! It checks structure (brackets, quotes), not every rule of JSON: what is skipped is not judged.

use memchr::{memchr_iter, memchr2, memchr3};

/// Why a walk could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes at hand end inside the value.
    More,
    /// This is not JSON.
    Malformed,
    /// Values nest deeper than [`DEPTH_MAX`].
    TooDeep,
}

/// Deepest nesting that is followed. Unit: levels; a flow-log record has seven. The bound keeps hostile
/// nesting from costing more than its length.
pub const DEPTH_MAX: u32 = 64;

/// The content of a JSON string, between its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// First byte after the opening quote.
    pub start: usize,
    /// The closing quote.
    pub end: usize,
}

/// Returns the first position at or after `pos` that is no white space.
pub fn skip_space(bytes: &[u8], mut pos: usize) -> usize {
    while matches!(bytes.get(pos), Some(b' ' | b'\n' | b'\r' | b'\t')) {
        pos += 1;
    }
    pos
}

/// Returns the byte at the first position that is no white space, and that position.
pub fn peek(bytes: &[u8], pos: usize) -> Result<(u8, usize), Stop> {
    let pos = skip_space(bytes, pos);
    bytes.get(pos).map(|byte| (*byte, pos)).ok_or(Stop::More)
}

/// Steps over `byte`, which must be the next one after white space; returns the position behind it.
pub fn expect(bytes: &[u8], pos: usize, byte: u8) -> Result<usize, Stop> {
    let (found, pos) = peek(bytes, pos)?;
    if found == byte { Ok(pos + 1) } else { Err(Stop::Malformed) }
}

/// Reads the string whose opening quote is the next byte after white space.
pub fn string(bytes: &[u8], pos: usize) -> Result<Text, Stop> {
    let start = expect(bytes, pos, b'"')?;
    let end = string_end(bytes, start)?;
    Ok(Text { start, end })
}

/// Returns the position of the quote that closes the string whose content begins at `pos`.
pub fn string_end(bytes: &[u8], mut pos: usize) -> Result<usize, Stop> {
    loop {
        let rest = bytes.get(pos..).ok_or(Stop::More)?;
        let found = pos + memchr2(b'"', b'\\', rest).ok_or(Stop::More)?;
        if bytes[found] == b'"' {
            return Ok(found);
        }
        pos = found + 2;
    }
}

/// Skips one value of any kind that begins at or after `pos`; returns the position behind it.
pub fn skip_value(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let (first, pos) = peek(bytes, pos)?;
    match first {
        b'"' => Ok(string_end(bytes, pos + 1)? + 1),
        b'{' | b'[' => skip_nested(bytes, pos),
        _ => skip_scalar(bytes, pos),
    }
}

/// Skips the object or array whose opening bracket is at `pos`.
fn skip_nested(bytes: &[u8], mut pos: usize) -> Result<usize, Stop> {
    let mut depth = 0;
    loop {
        match bytes.get(pos).ok_or(Stop::More)? {
            b'"' => pos = string_end(bytes, pos + 1)?,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Stop::TooDeep);
                }
            }
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(pos + 1);
                }
            }
            _ => {}
        }
        pos += 1;
    }
}

/// Skips a number or word. It ends at a delimiter, which must be at hand.
fn skip_scalar(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let length = bytes[pos..].iter().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')));
    match length {
        None => Err(Stop::More),
        Some(0) => Err(Stop::Malformed),
        Some(length) => Ok(pos + length),
    }
}

/// Finds the `]` that ends the array whose content begins at `pos`.
///
/// An array of plain strings, which every `flowTuples` is, is settled by two searches of whole words: up to the first
/// `]` with no `[` or backslash before it, and for the number of quotes before it (even). Any other array is walked.
pub fn array_end(bytes: &[u8], pos: usize) -> Result<usize, Stop> {
    let rest = bytes.get(pos..).ok_or(Stop::More)?;
    let length = memchr3(b']', b'[', b'\\', rest).ok_or(Stop::More)?;
    if rest[length] == b']' && memchr_iter(b'"', &rest[..length]).count().is_multiple_of(2) {
        return Ok(pos + length);
    }
    Ok(skip_nested(bytes, pos - 1)? - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_kind_are_skipped() {
        for value in ["1", "-1.5e3", "true", "null", "\"a\\\"]b\"", "[1,[2,\"]\"]]", "{\"a\":{\"b\":[]}}", "[]", "{}"] {
            let text = format!(" {value},");
            assert_eq!(skip_value(text.as_bytes(), 0), Ok(value.len() + 1), "{value}");
        }
    }

    #[test]
    fn values_that_end_early_ask_for_more() {
        for value in ["", " ", "12", "\"abc", "\"abc\\\"", "\"abc\\", "[1,2", "{\"a\":"] {
            assert_eq!(skip_value(value.as_bytes(), 0), Err(Stop::More), "{value}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = "[".repeat(100_000);
        assert_eq!(skip_value(deep.as_bytes(), 0), Err(Stop::TooDeep));
    }

    #[test]
    fn the_end_of_an_array_is_no_bracket_in_a_string() {
        for content in ["", "\"a\",\"b\"", "\"a]b\"", "\"a\\\"]b\"", "[\"]\"],{\"a\":[]}", "1 , 2 "] {
            let text = format!("[{content}]}}");
            assert_eq!(array_end(text.as_bytes(), 1), Ok(1 + content.len()), "{content}");
        }
    }
}
