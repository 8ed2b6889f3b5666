//! An address of the network as it may be told: what stands behind its host, or before it, may be a credential.
//!
//! Goes in: a text. Comes out: the same text, or of an address its scheme and host alone. Connects to nothing.

use std::borrow::Cow;

/// Whether a text is an address: something stands before `://`.
pub fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| !scheme.is_empty())
}

/// Whether an address carries what may be a credential: a user, or a query such as a shared access signature.
pub fn has_credential(text: &str) -> bool {
    is_address(text) && text.contains(['@', '?', '#'])
}

/// An address as `https://host/…`, or as `https://…` where what should be its host is none; any other text as it is.
pub fn told(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let is_plain = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    match (is_plain, is_host(host)) {
        (true, true) if host.len() == rest.len() => Cow::Borrowed(text),
        (true, true) => Cow::Owned(format!("{scheme}://{host}/…")),
        (true, false) => Cow::Owned(format!("{scheme}://…")),
        (false, _) => Cow::Borrowed("…://…"),
    }
}

/// Whether a text is a name or address of a host, with or without a port.
pub fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (text, None),
    };
    let is_name = match name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)),
    };
    is_name && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scheme_and_host_of_an_address_are_told() {
        for (text, expected) in [
            ("https://hooks.example/services/T0/B0/secret", "https://hooks.example/…"),
            ("https://account.blob.core.windows.net/logs?sv=1&sig=secret", "https://account.blob.core.windows.net/…"),
            ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/…"),
            ("http://[::1]:8080/x", "http://[::1]:8080/…"),
            ("https://user:secret@host.example", "https://host.example/…"),
            ("https://host.example?secret", "https://host.example/…"),
            ("https://host.example", "https://host.example"),
            // A password with a slash in it, a host that is none, a scheme that is none.
            ("https://user:sec/ret@host.example/", "https://…"),
            ("https://se cret/", "https://…"),
            ("https:///secret", "https://…"),
            ("se/cret://host/x", "…://…"),
            ("logs/2024", "logs/2024"),
        ] {
            assert_eq!(told(text), expected, "{text}");
            assert!(!told(text).contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_user_or_a_query_may_be_a_credential() {
        for text in ["https://a.example/c?sig=x", "https://u:p@a.example/", "https://a.example/#t", "az://c@a/p"] {
            assert!(has_credential(text), "{text}");
        }
        for text in ["az://container/prefix", "https://a.example/c", "logs?sig=x", "what?", "a@b"] {
            assert!(!has_credential(text), "{text}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        assert!(["a.example", "10.0.0.4", "[::1]", "[::1]:80", "localhost:65535", "a_b-c"].iter().all(|text| is_host(text)));
        assert!(["", ":80", "a:", "a:x", "a:65536", "a:+1", "a b", "[x]", "::1", "a/b"].iter().all(|text| !is_host(text)));
    }
}
