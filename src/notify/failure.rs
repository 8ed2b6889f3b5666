//! Why a webhook was not told. Nothing of an address stands in it.

use std::time::Duration;

/// Why a message did not arrive, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// A build without webhooks.
    #[error("this build sends no webhooks; hint: use one that was built with the feature notify")]
    LeftOut,
    /// An answer that is no success.
    #[error("it answered with status {0}; hint: check its address and what it expects")]
    Status(u16),
    /// An answer that leads elsewhere.
    #[error("it answered with status {0}, a redirect, and none is followed; hint: give the address that it leads to")]
    Redirect(u16),
    /// Nothing came in time; holds the time allowed.
    #[error("it did not answer within {} s; hint: check that it is reachable from here", .0.as_secs_f64())]
    Slow(Duration),
    /// The name is not known.
    #[error("there is no host of this name; hint: check the address")]
    Unknown,
    /// No connection, or one that broke.
    #[error("no connection: {0}; hint: check that it is reachable from here")]
    Connection(std::io::ErrorKind),
    /// TLS did not come about.
    #[error("no secure connection came about; hint: check its certificate")]
    Insecure,
    /// Whatever else: a proxy that is none, an answer that is no HTTP.
    #[error("no answer could be understood; hint: check the address, and HTTPS_PROXY if it is set")]
    Other,
}

impl Failure {
    /// Whether another try may end better: the receiver's own trouble, or that of the way to it.
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status >= 500,
            Self::Connection(_) | Self::Unknown => true,
            Self::LeftOut | Self::Redirect(_) | Self::Slow(_) | Self::Insecure | Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let refused = Failure::Connection(std::io::ErrorKind::ConnectionRefused);
        assert!([Failure::Status(500), Failure::Status(503), refused].iter().all(|failure| failure.may_pass()));
        let stays = [Failure::Status(404), Failure::Status(429), Failure::Redirect(302), Failure::Insecure, Failure::LeftOut];
        assert!(stays.iter().all(|failure| !failure.may_pass()));
    }
}
