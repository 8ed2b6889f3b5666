//! STIX patterns: which addresses they name, and on which ports.
//!
//! Goes in: a pattern such as `[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 443]`. Comes out: each address
//! that a match can have, with the destination ports it is bound to. Conditions on anything else (files, domains, protocols, times) are
//! not judged; what a pattern excludes (`NOT`, `!=`) is not named. Source: OASIS, STIX 2.1, section 9.

/// Longest pattern. Unit: bytes; range 1 and up. One that lists ten thousand addresses has 200,000; raising it costs memory, some thirty bytes
/// for each of the pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Deepest nesting of brackets. Unit: levels; range 1 and up. Real patterns have three; raising it deepens the recursion.
const DEPTH_MAX: usize = 64;

/// Most ports that an address is bound to. Unit: ports; range 1 and up. Above it the address counts on every port; raising it makes more entries
/// of one pattern.
const PORTS_MAX: usize = 100;

/// An address of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// As written: an address or a prefix.
    pub address: String,
    /// The ports it is bound to; empty for every port.
    pub ports: Vec<u16>,
}

/// The addresses that a pattern names; `None` if it is no pattern, or too long.
pub(super) fn named(pattern: &str) -> Option<Vec<Named>> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return None;
    }
    let tokens = tokens(pattern)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let named = parser.observations()?;
    (parser.at == tokens.len()).then_some(named)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A path, a keyword or a number.
    Word(String),
    /// A text in quotes, without them.
    Text(String),
    /// `[ ] ( ) ,` and operators.
    Sign(&'static str),
}

/// Longer signs before their beginnings.
static SIGNS: &[&str] = &["!=", "<>", "<=", ">=", "==", "=", "<", ">", "[", "]", "(", ")", ","];

fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.trim_start();
    while !rest.is_empty() {
        if let Some(text) = rest.strip_prefix('\'') {
            let (text, after) = quoted(text)?;
            tokens.push(Token::Text(text));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let (word, after) = word(rest)?;
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

/// A text up to its closing quote, and what follows; a backslash escapes.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(c),
        }
    }
    None
}

/// A path such as `file:hashes.'SHA-256'` or `domain-name:resolves_to_refs[*].value`, a keyword, a number or a date.
fn word(text: &str) -> Option<(&str, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_:.+/".contains(c);
    let mut end = 0;
    while let Some(c) = text[end..].chars().next() {
        if is_part(c) {
            end += c.len_utf8();
        } else if c == '\'' && (text[..end].ends_with('.') || ["t", "h", "b"].contains(&&text[..end])) {
            // A quoted step of a path, or a literal such as t'2026-11-20T00:00:00Z'.
            let (_, after) = quoted(&text[end + 1..])?;
            end = text.len() - after.len();
        } else if c == '[' && text[..end].contains(':') {
            end += text[end..].find(']')? + 1;
        } else {
            break;
        }
    }
    (end > 0).then(|| text.split_at(end))
}

/// What an expression names: addresses, and ports that are not yet bound to one.
#[derive(Default)]
struct Terms {
    named: Vec<Named>,
    ports: Vec<u16>,
}

impl Terms {
    /// Both hold: the ports of each side bind the addresses of the other.
    fn and(mut self, mut other: Self) -> Self {
        bind(&mut self.named, &other.ports);
        bind(&mut other.named, &self.ports);
        self.named.append(&mut other.named);
        self.ports.append(&mut other.ports);
        self
    }

    /// One of both holds: a port binds only if either side has one.
    fn or(mut self, mut other: Self) -> Self {
        self.named.append(&mut other.named);
        if self.ports.is_empty() || other.ports.is_empty() {
            self.ports.clear();
        } else {
            self.ports.append(&mut other.ports);
        }
        self
    }
}

fn bind(named: &mut [Named], ports: &[u16]) {
    if !ports.is_empty() && ports.len() <= PORTS_MAX {
        for address in named.iter_mut().filter(|address| address.ports.is_empty()) {
            ports.clone_into(&mut address.ports);
        }
    }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn takes_sign(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(sign)) if *sign == wanted);
        self.at += usize::from(found);
        found
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn enters(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH_MAX).then_some(())
    }

    /// Observations, joined in any way: each of them names addresses of its own.
    fn observations(&mut self) -> Option<Vec<Named>> {
        self.enters()?;
        let mut all = Vec::new();
        loop {
            if self.takes_sign("[") {
                all.append(&mut self.either()?.named);
                self.takes_sign("]").then_some(())?;
            } else {
                self.takes_sign("(").then_some(())?;
                all.append(&mut self.observations()?);
                self.takes_sign(")").then_some(())?;
            }
            self.qualifiers();
            if !["AND", "OR", "FOLLOWEDBY"].iter().any(|word| self.takes_word(word)) {
                self.depth -= 1;
                return Some(all);
            }
        }
    }

    /// `WITHIN 5 SECONDS`, `REPEATS 3 TIMES`, `START t'…' STOP t'…'`.
    fn qualifiers(&mut self) {
        while ["WITHIN", "REPEATS", "START"].iter().any(|word| self.takes_word(word)) {
            while matches!(self.peek(), Some(Token::Word(word)) if !is_joint(word)) {
                self.at += 1;
            }
        }
    }

    fn either(&mut self) -> Option<Terms> {
        let mut terms = self.both()?;
        while self.takes_word("OR") {
            terms = terms.or(self.both()?);
        }
        Some(terms)
    }

    fn both(&mut self) -> Option<Terms> {
        let mut terms = self.comparison()?;
        while self.takes_word("AND") {
            terms = terms.and(self.comparison()?);
        }
        Some(terms)
    }

    fn comparison(&mut self) -> Option<Terms> {
        if self.takes_sign("(") {
            self.enters()?;
            let terms = self.either()?;
            self.depth -= 1;
            return self.takes_sign(")").then_some(terms);
        }
        if self.takes_word("EXISTS") {
            return matches!(self.take()?, Token::Word(_)).then(Terms::default);
        }
        let Token::Word(path) = self.take()? else { return None };
        let is_excluded = self.takes_word("NOT");
        let operator = match self.take()? {
            Token::Sign(sign) => sign.to_owned(),
            Token::Word(word) => word.to_ascii_uppercase(),
            Token::Text(_) => return None,
        };
        let values = self.values()?;
        let names = ["=", "==", "IN", "ISSUBSET"].contains(&operator.as_str());
        Some(if names && !is_excluded { compared(&path, values) } else { Terms::default() })
    }

    /// One value, or several in brackets.
    fn values(&mut self) -> Option<Vec<String>> {
        let mut values = Vec::new();
        let is_set = self.takes_sign("(");
        loop {
            match self.take()? {
                Token::Word(value) | Token::Text(value) => values.push(value),
                Token::Sign(_) => return None,
            }
            if !is_set || self.takes_sign(")") {
                return Some(values);
            }
            self.takes_sign(",").then_some(())?;
        }
    }
}

fn is_joint(word: &str) -> bool {
    ["AND", "OR", "FOLLOWEDBY", "WITHIN", "REPEATS", "START"].iter().any(|joint| word.eq_ignore_ascii_case(joint))
}

/// What a comparison of a path with values names.
fn compared(path: &str, values: Vec<String>) -> Terms {
    match path {
        "ipv4-addr:value" | "ipv6-addr:value" | "network-traffic:dst_ref.value" | "network-traffic:src_ref.value" => {
            let named = values.into_iter().map(|address| Named { address, ports: Vec::new() });
            Terms { named: named.collect(), ports: Vec::new() }
        }
        "network-traffic:dst_port" => Terms {
            named: Vec::new(),
            ports: values.iter().filter_map(|port| port.parse().ok()).filter(|port| *port > 0).collect(),
        },
        _ => Terms::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each address with its ports, as `203.0.113.9 443 8443`.
    fn read(pattern: &str) -> Option<Vec<String>> {
        let text = |one: &Named| {
            let ports = one.ports.iter().map(u16::to_string);
            [one.address.clone()].into_iter().chain(ports).collect::<Vec<_>>().join(" ")
        };
        named(pattern).map(|all| all.iter().map(text).collect())
    }

    #[test]
    fn each_form_of_a_pattern_names_its_addresses() {
        let cases: &[(&str, &[&str])] = &[
            ("[ipv4-addr:value = '203.0.113.9']", &["203.0.113.9"]),
            ("[ ipv6-addr:value='2001:db8::9' ]", &["2001:db8::9"]),
            ("[ipv4-addr:value ISSUBSET '203.0.113.0/24']", &["203.0.113.0/24"]),
            ("[ipv4-addr:value IN ('203.0.113.1', '203.0.113.2','203.0.113.3')]", &["203.0.113.1", "203.0.113.2", "203.0.113.3"]),
            ("[ipv4-addr:value = '203.0.113.1' OR ipv6-addr:value = '2001:db8::1']", &["203.0.113.1", "2001:db8::1"]),
            ("[ipv4-addr:value = '203.0.113.1'] OR [ipv4-addr:value = '203.0.113.2']", &["203.0.113.1", "203.0.113.2"]),
            (
                "([ipv4-addr:value = '203.0.113.1'] FOLLOWEDBY [ipv4-addr:value = '203.0.113.2']) WITHIN 5 SECONDS",
                &["203.0.113.1", "203.0.113.2"],
            ),
            (
                "[network-traffic:src_ref.value = '203.0.113.1'] START t'2026-11-20T00:00:00Z' STOP t'2026-11-21T00:00:00Z'",
                &["203.0.113.1"],
            ),
            ("[file:hashes.'SHA-256' = 'ab' OR ipv4-addr:value = '203.0.113.1']", &["203.0.113.1"]),
            ("[domain-name:resolves_to_refs[*].value = '203.0.113.1']", &[]),
            ("[ipv4-addr:value != '203.0.113.1' OR ipv4-addr:value NOT IN ('203.0.113.2')]", &[]),
            ("[url:value = 'it\\'s [ipv4-addr:value = 1]']", &[]),
        ];
        for (pattern, expected) in cases {
            let expected = expected.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(read(pattern), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn a_destination_port_binds_the_addresses_it_is_joined_with() {
        for (pattern, expected) in [
            ("[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:dst_port = 443]", "203.0.113.9 443"),
            (
                "[network-traffic:dst_port IN (443, 8443) AND network-traffic:dst_ref.value = '203.0.113.9']",
                "203.0.113.9 443 8443",
            ),
            (
                "[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:protocols[0] = 'tcp' AND network-traffic:dst_port = 443]",
                "203.0.113.9 443",
            ),
            (
                "[(network-traffic:dst_port = 80 OR network-traffic:dst_port = 81) AND ipv4-addr:value = '203.0.113.9']",
                "203.0.113.9 80 81",
            ),
            ("[ipv4-addr:value = '203.0.113.9' OR network-traffic:dst_port = 443]", "203.0.113.9"),
            ("[network-traffic:dst_ref.value = '203.0.113.9' AND network-traffic:src_port = 443]", "203.0.113.9"),
        ] {
            assert_eq!(read(pattern), Some(vec![expected.to_owned()]), "{pattern}");
        }
    }

    #[test]
    fn a_port_of_one_alternative_does_not_bind_the_other() {
        let pattern = "[(ipv4-addr:value = '203.0.113.1' AND network-traffic:dst_port = 80) OR ipv4-addr:value = '203.0.113.2']";
        assert_eq!(read(pattern), Some(vec!["203.0.113.1 80".to_owned(), "203.0.113.2".to_owned()]));
        // AND binds closer than OR.
        let pattern = "[ipv4-addr:value = '203.0.113.1' OR ipv4-addr:value = '203.0.113.2' AND network-traffic:dst_port = 80]";
        assert_eq!(read(pattern), Some(vec!["203.0.113.1".to_owned(), "203.0.113.2 80".to_owned()]));
    }

    #[test]
    fn what_is_no_pattern_is_none() {
        let deep = "(".repeat(100_000);
        let nested = format!("[{deep}");
        for pattern in [
            "",
            "[",
            "[]",
            "ipv4-addr:value = '203.0.113.9'",
            "[ipv4-addr:value = '203.0.113.9",
            "[a:b = 'x'] OR",
            "[a:b]",
            &deep,
            &nested,
            "[é:b = 'x']",
        ] {
            assert_eq!(named(pattern), None, "{pattern:.40}");
        }
    }
}
