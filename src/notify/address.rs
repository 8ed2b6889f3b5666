//! Where a webhook listens.
//!
//! Goes in: a text that a user wrote. Comes out: an [`Address`], which no message and no debug output repeats whole: its path or query is
//! often the only secret of the receiver.

use std::fmt;

use crate::schema::web_address::{is_host, told};

/// Longest address. Unit: bytes; what servers accept at most in practice.
const BYTES_MAX: usize = 8 << 10;

/// An address of a webhook: http or https, a host, and whatever stands around it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

/// A text that is no address of a webhook. The text is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("it begins with neither https:// nor http://; hint: give the whole address of the receiver")]
    Scheme,
    /// What stands where the host should.
    #[error("it names no host; hint: write it like https://host/path")]
    Host,
    /// Letters that no address holds.
    #[error("it holds a space or a letter that no address holds; hint: write such a letter as %XX")]
    Letter,
    /// Beyond the bound.
    #[error("it is longer than 8 KiB; hint: check that it is the address that was meant")]
    Length,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// Why it is none, without repeating it.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let (Some("http" | "https"), Some((_, rest))) = (scheme.as_deref(), text.split_once("://")) else {
            return Err(AddressError::Scheme);
        };
        if text.len() > BYTES_MAX {
            return Err(AddressError::Length);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)) {
            return Err(AddressError::Letter);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if is_host(authority.rsplit('@').next().unwrap_or_default()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(AddressError::Host)
        }
    }

    /// The whole address, to connect to it and for nothing else.
    pub(super) fn whole(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_host_alone() {
        let address = Address::parse("https://user:secret@hooks.example:8443/T0/secret?token=secret").expect("an address");
        assert_eq!((format!("{address}"), format!("{address:?}")), (address.to_string(), "https://hooks.example:8443/…".into()));
        assert!(address.whole().ends_with("?token=secret"));
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        let long = format!("https://host/{}", "secret".repeat(2_000));
        for (text, why) in [
            ("", AddressError::Scheme),
            ("hooks.example/secret", AddressError::Scheme),
            ("ftp://hooks.example/secret", AddressError::Scheme),
            ("https:/hooks.example/secret", AddressError::Scheme),
            ("https://", AddressError::Host),
            ("https:///secret", AddressError::Host),
            ("https://host:secret/", AddressError::Host),
            ("https://host/a secret", AddressError::Letter),
            ("https://host/secret\n", AddressError::Letter),
            ("https://hö.example/secret", AddressError::Letter),
            (long.as_str(), AddressError::Length),
        ] {
            let error = Address::parse(text).expect_err(text);
            assert_eq!(error, why, "{text}");
            assert!(!error.to_string().contains("secret") && error.to_string().contains("; hint: "), "{error}");
        }
        for right in ["http://localhost", "HTTPS://host.example/x", "http://[::1]:80/x?y#z", "https://host/%20'()*"] {
            assert!(Address::parse(right).is_ok(), "{right}");
        }
    }
}
