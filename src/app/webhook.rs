//! `--webhook`: tells a receiver how a run ended, once its files are in place.
//!
//! Goes in: an address, and how the run ended. Comes out: whether it was told. A message that does not arrive changes nothing about the
//! run: the report is as good as before.

use std::fmt;

use crate::app::metrics::Measures;
use crate::app::notice::{self, Ended};
use crate::notify::{self, address::Address, address::AddressError, failure::Failure, settings::Settings};

/// A receiver, its address known to be one.
#[derive(Clone, Debug)]
pub struct Webhook(Address);

/// A webhook that cannot be told. Nothing of its address stands in it but its host.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Not an address.
    #[error("cannot use webhook: {0}")]
    Address(AddressError),
    /// A build without webhooks.
    #[error("cannot use webhook: {0}")]
    LeftOut(Failure),
    /// A message that did not arrive.
    #[error("cannot tell webhook {0}: {1}")]
    Unsent(Webhook, Failure),
}

impl WebhookError {
    /// What is wrong, and what to do.
    pub fn why(&self) -> String {
        match self {
            Self::Address(error) => error.to_string(),
            Self::LeftOut(failure) | Self::Unsent(_, failure) => failure.to_string(),
        }
    }
}

impl Webhook {
    /// Reads an address, before the work begins.
    ///
    /// # Errors
    /// What is wrong with it, or that this build sends none.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let address = Address::parse(text).map_err(WebhookError::Address)?;
        if notify::IS_BUILT { Ok(Self(address)) } else { Err(WebhookError::LeftOut(Failure::LeftOut)) }
    }

    /// Tells the receiver.
    ///
    /// # Errors
    /// Why it did not arrive, after as many tries as there are.
    pub fn tell(&self, run: &Ended<'_>, measures: Option<&Measures>) -> Result<(), WebhookError> {
        notify::post(&self.0, &notice::body(run, measures), &Settings::default())
            .map_err(|failure| WebhookError::Unsent(self.clone(), failure))
    }
}

impl fmt::Display for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
