//! Names out of JSON strings: escapes resolved, invalid UTF-8 replaced, MACs and resource ids in one spelling.

use std::borrow::Cow;

use crate::schema::reject::REJECT_TEXT_BYTES_MAX;

/// The text of a JSON string's content: escapes resolved, invalid UTF-8 and lone surrogates replaced.
pub fn unescape(content: &[u8]) -> Cow<'_, str> {
    if !content.contains(&b'\\') {
        return String::from_utf8_lossy(content);
    }
    let mut text = Vec::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..at]);
        let (character, length) = escaped(&rest[at..]);
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[at + length..];
    }
    text.extend_from_slice(rest);
    Cow::Owned(String::from_utf8_lossy(&text).into_owned())
}

/// The character of the escape that `bytes` begins with, and how long the escape is.
fn escaped(bytes: &[u8]) -> (char, usize) {
    let simple = match bytes.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'u') => return unicode(bytes),
        Some(other @ (b'"' | b'\\' | b'/')) => char::from(*other),
        Some(_) => return (char::REPLACEMENT_CHARACTER, 2),
        None => return (char::REPLACEMENT_CHARACTER, 1),
    };
    (simple, 2)
}

/// The character of `\uXXXX`, or of two of them that are a surrogate pair.
fn unicode(bytes: &[u8]) -> (char, usize) {
    let Some(high) = hex4(bytes) else { return (char::REPLACEMENT_CHARACTER, 2) };
    if let Some(character) = char::from_u32(high) {
        return (character, 6);
    }
    let low = bytes.get(6..).filter(|rest| rest.starts_with(b"\\u")).and_then(hex4);
    match low {
        Some(low) if high < 0xdc00 && (0xdc00..0xe000).contains(&low) => {
            let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12)
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The four hex digits after `\u`.
fn hex4(escape: &[u8]) -> Option<u32> {
    let digits = escape.get(2..6)?;
    digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}

/// A MAC in one spelling: 12 upper-case hex digits if it has 12, else the text in upper case.
pub fn mac(text: &str) -> String {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ':' | '.')).collect();
    let is_mac = digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if is_mac { digits.to_ascii_uppercase() } else { text.to_ascii_uppercase() }
}

/// The start of refused bytes as text, at most [`REJECT_TEXT_BYTES_MAX`] bytes long.
pub fn excerpt(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(REJECT_TEXT_BYTES_MAX)]).into_owned();
    let end = text.floor_char_boundary(REJECT_TEXT_BYTES_MAX);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved() {
        assert_eq!(unescape(br#"a\"b\\c\/d\n\u00e9\ud83d\ude00"#), "a\"b\\c/d\né😀");
        assert_eq!(unescape("é plain".as_bytes()), "é plain");
    }

    #[test]
    fn broken_escapes_and_bytes_become_replacement_characters() {
        assert_eq!(unescape(br"\ud83d!"), "\u{fffd}!");
        assert_eq!(unescape(br"\u12"), "\u{fffd}12");
        assert_eq!(unescape(br"\x"), "\u{fffd}");
        assert_eq!(unescape(b"\\"), "\u{fffd}");
        assert_eq!(unescape(b"a\xffb"), "a\u{fffd}b");
    }

    #[test]
    fn macs_have_one_spelling() {
        assert_eq!(mac("00-0d-3a-f8-78-56"), "000D3AF87856");
        assert_eq!(mac("000d3af87856"), "000D3AF87856");
        assert_eq!(mac("nic-1"), "NIC-1");
    }

    #[test]
    fn an_excerpt_is_short_and_valid() {
        assert_eq!(excerpt(&[0xff; 500]).len() / 3, REJECT_TEXT_BYTES_MAX / 3);
        assert_eq!(excerpt("é".repeat(150).as_bytes()), "é".repeat(100));
    }
}
